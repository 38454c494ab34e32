using StateSpace.Tensors.Cuda.Interop;

namespace StateSpace.Tensors.Cuda.Allocation;

/// <summary>
/// One range of a device's addresses that memory is put behind piece by piece, so that everything in it can be joined; memory behind a part
/// that is free can be given back.
/// </summary>
internal sealed unsafe class GrowingRange
{
    /// <summary>Memory comes and goes in pieces of this size.</summary>
    public const long Piece = 32L << 20;

    private readonly CudaDevice _device;
    private readonly byte* _start;
    private readonly long _reserved;
    private readonly Dictionary<long, ulong> _pieces = [];
    private long _end;

    private GrowingRange(CudaDevice device, byte* start, long reserved)
    {
        _device = device;
        _start = start;
        _reserved = reserved;
    }

    /// <summary>Bytes that have memory behind them.</summary>
    public long MappedBytes => _pieces.Count * Piece;

    /// <summary>Reserves addresses; null where the device or the system does not offer it.</summary>
    public static GrowingRange? TryReserve(CudaDevice device)
    {
        // Addresses cost nothing; after pieces in the middle were given back the range goes on at its end.
        const int TimesTheMemory = 16;
        if (device.Attribute(DeviceAttribute.VirtualMemoryManagementSupported) == 0) return null;
        var bytes = device.MemoryBytes / Piece * Piece * TimesTheMemory;
        return VirtualMemoryApi.cuMemAddressReserve(out var start, (nuint)bytes, (nuint)Piece, null, 0) == 0 ? new(device, start, bytes) : null;
    }

    /// <summary>Puts memory behind the next addresses.</summary>
    /// <param name="bytes">At least so many; more where the pieces are larger.</param>
    /// <param name="start">First new byte.</param>
    /// <returns>Bytes that were added: fewer than asked for, or none, where the memory ends.</returns>
    public long Grow(long bytes, out byte* start)
    {
        start = _start + _end;
        long added = 0;
        while (added < bytes && _end + Piece <= _reserved && Map())
        {
            added += Piece;
            _end += Piece;
        }

        return added;
    }

    /// <summary>Gives back the memory behind whole pieces within a free stretch, which nothing on the device uses any more.</summary>
    /// <returns>The part without memory; empty where no whole piece lies within.</returns>
    public (nint Start, nint End) Release(byte* start, byte* end)
    {
        var first = (start - _start + Piece - 1) / Piece;
        var last = (end - _start) / Piece;
        if (start < _start || end > _start + _end || last <= first) return default;
        for (var piece = first; piece < last; piece++)
        {
            CudaException.Check(VirtualMemoryApi.cuMemUnmap(_start + (piece * Piece), (nuint)Piece), "giving memory back");
            CudaException.Check(VirtualMemoryApi.cuMemRelease(_pieces[piece]), "giving memory back");
            _pieces.Remove(piece);
        }

        return ((nint)(_start + (first * Piece)), (nint)(_start + (last * Piece)));
    }

    private bool Map()
    {
        var location = new MemoryLocation { Type = 1, Id = _device.Handle };
        var properties = new MemoryProperties { Type = 1, Location = location };
        if (VirtualMemoryApi.cuMemCreate(out var handle, (nuint)Piece, properties, 0) != 0) return false;
        var place = _start + _end;
        if (VirtualMemoryApi.cuMemMap(place, (nuint)Piece, 0, handle, 0) != 0)
        {
            _ = VirtualMemoryApi.cuMemRelease(handle);
            return false;
        }

        if (VirtualMemoryApi.cuMemSetAccess(place, (nuint)Piece, new MemoryAccess { Location = location, Flags = 3 }, 1) != 0)
        {
            _ = VirtualMemoryApi.cuMemUnmap(place, (nuint)Piece);
            _ = VirtualMemoryApi.cuMemRelease(handle);
            return false;
        }

        _pieces.Add(_end / Piece, handle);
        return true;
    }
}
