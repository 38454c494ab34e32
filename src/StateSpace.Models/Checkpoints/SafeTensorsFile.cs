using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using StateSpace.Tensors;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Memory;
using Tensor = StateSpace.Tensors.Tensor;

namespace StateSpace.Models.Checkpoints;

/// <summary>
/// A safetensors file, open for reading: eight bytes with the length of the header, the header in JSON, the data
/// (github.com/huggingface/safetensors). Opening reads and checks the header alone; a tensor is read when it is loaded.
/// </summary>
/// <remarks>
/// <see cref="Load"/> and <see cref="CopyTo"/> read by position straight into the tensor's memory: a file that another program cuts off
/// meanwhile is an error. <see cref="Map"/> and <see cref="MapRaw"/> take no memory of their own and cost nothing until an element is
/// touched, but touching a mapping of a file that was cut off ends the process: use them for files that nobody shortens in place.
/// </remarks>
public sealed class SafeTensorsFile : IDisposable
{
    private const int PrefixLength = 8;
    private const int StagingBytes = 1 << 16;

    private readonly SafeFileHandle _file;
    private readonly long _dataStart;
    private readonly SafeTensorsHeader _header;
    private readonly Lock _gate = new();
    private Storage? _mapping;

    private SafeTensorsFile(string path, SafeFileHandle file, SafeTensorsHeader header, long dataStart)
    {
        Path = path;
        _file = file;
        _header = header;
        _dataStart = dataStart;
        Entries = [.. header.Entries.Values.OrderBy(entry => entry.Start).ThenBy(entry => entry.Name, StringComparer.Ordinal)];
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Texts that the file carries beside its tensors.</summary>
    public IReadOnlyDictionary<string, string> Metadata => _header.Metadata;

    /// <summary>The tensors in the order of their data.</summary>
    public IReadOnlyList<SafeTensorsEntry> Entries { get; }

    /// <summary>The tensor of a name.</summary>
    /// <exception cref="CheckpointException">The file has no such tensor.</exception>
    public SafeTensorsEntry this[string name] =>
        TryGet(name, out var entry) ? entry : throw new CheckpointException(Path, $"has no tensor '{name}'");

    /// <summary>Opens a file and checks its header.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointException">The file cannot be read, or is not a whole and valid safetensors file.</exception>
    public static SafeTensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        SafeFileHandle? file = null;
        try
        {
            file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            var (header, dataStart) = ReadHeader(path, file);
            return new(path, file, header, dataStart);
        }
        catch (Exception error)
        {
            file?.Dispose();
            if (error is IOException or UnauthorizedAccessException or NotSupportedException) throw new CheckpointException(path, $"cannot be read: {error.Message}", error);
            throw;
        }
    }

    /// <summary>Looks up a tensor.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="entry">The tensor, where the file has it.</param>
    public bool TryGet(string name, [NotNullWhen(true)] out SafeTensorsEntry? entry) => _header.Entries.TryGetValue(name, out entry);

    /// <summary>Reads a tensor. BF16 and F16 become Float32; F64, F32, I64 and I32 stay.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="CheckpointException">The file has no such tensor, its type is not one of these, or it cannot be read.</exception>
    public Tensor Load(string name)
    {
        var (entry, dtype) = Loadable(name);
        Tensor? tensor = null;
        try
        {
            tensor = Tensor.Empty(entry.Shape, dtype);
            Read(entry, tensor);
            return tensor;
        }
        catch (Exception error)
        {
            tensor?.Dispose();
            if (error is OutOfMemoryException) throw new CheckpointException(Path, $"tensor '{name}': {dtype} {entry.Shape} does not fit into memory", error);
            throw;
        }
    }

    /// <summary>Reads a tensor into one that is there, such as a parameter's value.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="target">Takes the values; must have the shape, and the type that the tensor loads as.</param>
    /// <exception cref="CheckpointException">As for <see cref="Load"/>, or the target does not fit. After a failed read its values are undefined.</exception>
    public void CopyTo(string name, Tensor target)
    {
        var (entry, dtype) = Loadable(name);
        if (target.Shape != entry.Shape || target.DType != dtype)
        {
            throw new CheckpointException(Path, $"tensor '{name}' is {entry.Type} {entry.Shape} but what it shall fill is {target}");
        }

        Read(entry, target);
    }

    /// <summary>Reads every tensor.</summary>
    /// <exception cref="CheckpointException">As for <see cref="Load"/>.</exception>
    public IReadOnlyDictionary<string, Tensor> LoadAll() => Entries.ToDictionary(entry => entry.Name, entry => Load(entry.Name), StringComparer.Ordinal);

    /// <summary>
    /// A tensor in the file's own memory, without a copy: pages are read when they are first touched, and shared with every process that
    /// maps the file. Writing to it changes private copies of the pages, never the file. It lives on when this reader is disposed.
    /// </summary>
    /// <remarks>
    /// If another program makes the file shorter, touching what was cut off ends the process (SIGBUS on Unix), and nothing can catch that;
    /// <see cref="Load"/> is safe. If another program writes into the file, pages that were not touched before may show it. Replacing the
    /// file by a rename, as <see cref="SafeTensorsWriter"/> does, disturbs no mapping. Data that the file does not align to the element
    /// size is copied instead.
    /// </remarks>
    /// <param name="name">Its name.</param>
    /// <exception cref="CheckpointException">The file has no such tensor, no tensor can hold its type, or the system cannot map the file.</exception>
    public Tensor Map(string name)
    {
        var (entry, dtype) = Loadable(name);
        if (entry.MapsAs is null)
        {
            throw new CheckpointException(Path, $"tensor '{name}': no tensor holds {entry.Type} as it lies in the file; Load widens it to {dtype}, MapRaw gives its bytes");
        }

        var start = _dataStart + entry.Start;
        if (entry.Bytes == 0 || start % dtype.Size() != 0) return Load(name);
        return new(Mapping(entry), start / dtype.Size(), entry.Shape, dtype, Device.Cpu);
    }

    /// <summary>A tensor's bytes in the file's own memory, of any type of whole bytes. What <see cref="Map"/> says holds here too.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="CheckpointException">The file has no such tensor, its type has no whole bytes, or the system cannot map the file.</exception>
    public RawWeights MapRaw(string name)
    {
        var entry = this[name];
        var bits = SafeTensorsTypes.Bits(entry.Type) ?? throw new CheckpointException(Path, $"tensor '{name}': elements of type {entry.Type} are not known");
        if (bits % 8 != 0) throw new CheckpointException(Path, $"tensor '{name}': elements of type {entry.Type} are no whole bytes");
        var start = _dataStart + entry.Start;
        return entry.Bytes > 0 && start % (bits / 8) == 0 ? new(entry, Mapping(entry), start, isMapped: true) : CopyRaw(entry);
    }

    /// <summary>Closes the file; loaded and mapped tensors stay.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (!_file.IsClosed) _mapping?.Release();
            _file.Dispose();
        }
    }

    private static (SafeTensorsHeader Header, long DataStart) ReadHeader(string path, SafeFileHandle file)
    {
        var fileLength = RandomAccess.GetLength(file);
        Span<byte> prefix = stackalloc byte[PrefixLength];
        if (fileLength < PrefixLength || !TryFill(file, prefix, 0)) throw new CheckpointException(path, $"is no safetensors file: it has {fileLength} bytes, not even the length of a header");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > (ulong)(fileLength - PrefixLength))
        {
            throw new CheckpointException(path, $"is no safetensors file, or is cut off: the header is said to have {length} bytes but only {fileLength - PrefixLength} follow");
        }

        if (length > SafeTensorsHeader.MaximumLength) throw new CheckpointException(path, $"the header has {length} bytes; the format allows {SafeTensorsHeader.MaximumLength}");
        var json = new byte[(int)length];
        var dataStart = PrefixLength + (long)length;
        if (!TryFill(file, json, PrefixLength)) throw new CheckpointException(path, "ended within the header");
        return (SafeTensorsHeader.Parse(path, json, fileLength - dataStart), dataStart);
    }

    private static bool TryFill(SafeFileHandle file, Span<byte> target, long position)
    {
        while (target.Length > 0)
        {
            var read = RandomAccess.Read(file, target, position);
            if (read == 0) return false;
            target = target[read..];
            position += read;
        }

        return true;
    }

    private (SafeTensorsEntry Entry, DType DType) Loadable(string name)
    {
        var entry = this[name];
        return entry.LoadsAs is { } dtype
            ? (entry, dtype)
            : throw new CheckpointException(Path, $"tensor '{name}': elements of type {entry.Type} cannot be loaded; {SafeTensorsTypes.Loadable} can");
    }

    /// <summary>The mapping of the whole file, made at its first use, with a reference for the caller.</summary>
    private Storage Mapping(SafeTensorsEntry entry)
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_file.IsClosed, this);
            try
            {
                _mapping ??= MappedFile.Open(_file);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or OutOfMemoryException or ArgumentException)
            {
                // The third and fourth: no address space, and a file that has become empty.
                throw new CheckpointException(Path, $"cannot be mapped into memory: {error.Message}; Load reads it without", error);
            }

            if (_mapping.Capacity < _dataStart + entry.Start + entry.Bytes) throw CutOff(entry);
            _mapping.Retain();
            return _mapping;
        }
    }

    private unsafe RawWeights CopyRaw(SafeTensorsEntry entry)
    {
        Storage? copy = null;
        try
        {
            copy = MemoryPool.Rent(entry.Bytes);
            ReadAsIs(entry, copy.Pointer);
            return new(entry, copy, 0, isMapped: false);
        }
        catch (Exception error)
        {
            copy?.Release();
            if (error is OutOfMemoryException) throw new CheckpointException(Path, $"tensor '{entry.Name}': {entry.Type} {entry.Shape} does not fit into memory", error);
            if (error is IOException) throw new CheckpointException(Path, $"tensor '{entry.Name}' cannot be read: {error.Message}", error);
            throw;
        }
    }

    private unsafe void Read(SafeTensorsEntry entry, Tensor target)
    {
        if (target.Device.Kind != DeviceKind.Cpu) throw new MissingKernelException(nameof(SafeTensorsFile), target.Device.Kind);
        try
        {
            if (SafeTensorsTypes.IsSixteenBitFloat(entry.Type)) ReadWidened(entry, target);
            else ReadAsIs(entry, target.Bytes());
        }
        catch (IOException error)
        {
            throw new CheckpointException(Path, $"tensor '{entry.Name}' cannot be read: {error.Message}", error);
        }
    }

    private unsafe void ReadAsIs(SafeTensorsEntry entry, byte* target)
    {
        for (long done = 0; done < entry.Bytes;)
        {
            var length = (int)Math.Min(entry.Bytes - done, 1 << 30);
            Fill(entry, new(target + done, length), done);
            done += length;
        }
    }

    private static unsafe void WidenBrainFloats(ReadOnlySpan<byte> source, float* target)
    {
        fixed (byte* from = source) BrainFloats.Widen((ushort*)from, source.Length / 2, target);
    }

    private unsafe void ReadWidened(SafeTensorsEntry entry, Tensor target)
    {
        var staging = ArrayPool<byte>.Shared.Rent(StagingBytes);
        try
        {
            var values = target.Pointer<float>();
            for (long done = 0; done < entry.Bytes;)
            {
                var length = (int)Math.Min(entry.Bytes - done, StagingBytes);
                var bytes = staging.AsSpan(0, length);
                Fill(entry, bytes, done);
                if (entry.Type == SafeTensorsTypes.BrainFloat) WidenBrainFloats(bytes, values + (done / 2));
                else TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), new Span<float>(values + (done / 2), length / 2));
                done += length;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(staging);
        }
    }

    private void Fill(SafeTensorsEntry entry, Span<byte> target, long offset)
    {
        if (!TryFill(_file, target, _dataStart + entry.Start + offset))
        {
            throw CutOff(entry);
        }
    }

    private CheckpointException CutOff(SafeTensorsEntry entry) => new(Path, $"tensor '{entry.Name}': the file was cut off after it was opened");
}
