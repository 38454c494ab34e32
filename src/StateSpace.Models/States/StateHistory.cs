namespace StateSpace.Models.States;

/// <summary>States kept by position, to go back to: after a rejected draft, an edited prompt or an undone turn.</summary>
public sealed class StateHistory : IDisposable
{
    private readonly SortedList<long, State> _states = [];

    /// <summary>Positions that are kept, in order.</summary>
    public IReadOnlyList<long> Positions => [.. _states.Keys];

    /// <summary>Memory of the kept states, in bytes; what forks share is counted for each.</summary>
    public long Bytes => _states.Values.Sum(state => state.Bytes);

    /// <summary>Keeps a state under its position, in place of one that is kept there. The given state stays the caller's.</summary>
    /// <param name="state">The state; kept without gradient history.</param>
    public void Add(State state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var kept = state.Keep();
        if (_states.Remove(state.Position, out var old)) old.Dispose();
        _states.Add(kept.Position, kept);
    }

    /// <summary>The newest kept state that has read no more than so many tokens, or null. It stays the history's.</summary>
    /// <param name="position">Tokens read.</param>
    public State? Before(long position) => _states.LastOrDefault(entry => entry.Key <= position).Value;

    /// <summary>Goes back: forgets every state after a kept position and returns the one there, which stays the history's.</summary>
    /// <param name="position">A kept position.</param>
    /// <exception cref="ArgumentException">No state is kept there.</exception>
    public State RollBack(long position)
    {
        if (!_states.TryGetValue(position, out var state))
        {
            throw new ArgumentException($"no state is kept at position {position}; there are states at {string.Join(", ", _states.Keys)}", nameof(position));
        }

        while (_states.Count > 0 && _states.Keys[^1] > position)
        {
            _states.Values[^1].Dispose();
            _states.RemoveAt(_states.Count - 1);
        }

        return state;
    }

    /// <summary>Forgets the states before a position, to bound the memory.</summary>
    /// <param name="position">The first position that may stay.</param>
    public void ForgetBefore(long position)
    {
        while (_states.Count > 0 && _states.Keys[0] < position)
        {
            _states.Values[0].Dispose();
            _states.RemoveAt(0);
        }
    }

    /// <summary>Releases every kept state.</summary>
    public void Dispose()
    {
        foreach (var state in _states.Values) state.Dispose();
        _states.Clear();
    }
}
