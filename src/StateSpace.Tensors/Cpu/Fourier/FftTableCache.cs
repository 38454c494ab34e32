namespace StateSpace.Tensors.Cpu.Fourier;

/// <summary>
/// Tables by kind and length. Bounded: beyond the capacity, in table elements, those that were asked for longest ago go; the
/// newest always stays. Safe for several threads; the tables themselves never change.
/// </summary>
internal sealed class FftTableCache(long capacity)
{
    private const int Longest = 1 << 29;

    private readonly Lock _gate = new();
    private readonly Dictionary<(Type Kind, int Length), Entry> _entries = [];
    private long _clock;
    private long _size;

    /// <summary>Table elements held now.</summary>
    public long Size
    {
        get
        {
            lock (_gate) return _size;
        }
    }

    /// <summary>The tables of a kind for length n, made on first use.</summary>
    /// <exception cref="ArgumentOutOfRangeException">n is less than 1 or above 2^29.</exception>
    public TTables Get<TTables>(int n, Func<int, TTables> create)
        where TTables : class, IFftTables
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(n, Longest);
        var key = (typeof(TTables), n);
        lock (_gate)
        {
            if (_entries.TryGetValue(key, out var known))
            {
                known.LastUse = ++_clock;
                return (TTables)known.Tables;
            }
        }

        // Made outside the lock: long tables do not hold up others. Two threads may make the same ones; the first stay.
        var tables = create(n);
        lock (_gate)
        {
            if (_entries.TryGetValue(key, out var known)) return (TTables)known.Tables;
            _entries[key] = new(tables) { LastUse = ++_clock };
            _size += tables.TableSize;
            while (_size > capacity && _entries.Count > 1)
            {
                var oldest = _entries.MinBy(entry => entry.Value.LastUse);
                _entries.Remove(oldest.Key);
                _size -= oldest.Value.Tables.TableSize;
            }
        }

        return tables;
    }

    private sealed class Entry(IFftTables tables)
    {
        public IFftTables Tables { get; } = tables;

        public long LastUse { get; set; }
    }
}
