using StateSpace.Tensors;
using StateSpace.Tensors.Cuda;
using StateSpace.Tensors.Operations.ParameterUpdate;

namespace StateSpace.Training.Optimizers;

/// <summary>What an optimizer keeps on a GPU: the table of blocks, step counts, settings and the numbers of the step.</summary>
/// <remarks>
/// The host waits for nothing: step counts are made on the device, which alone knows in time whether a step is left out. Tables are copied
/// when an address or a setting has changed; while a graph is captured that waits until <see cref="Flush"/>, for kernels read tables when they run.
/// </remarks>
internal sealed class DeviceUpdate : IDisposable
{
    private readonly OptimizerSlot[] _slots;
    private readonly OptimizerBlock[] _blocks;
    private readonly Addresses[] _addresses;
    private readonly UpdateSettings[] _settings;
    private readonly Tensor _steps;
    private readonly Tensor _rate;
    private readonly Tensor _coefficients;
    private readonly Tensor _partial;
    private readonly Tensor _table;
    private readonly Tensor _active;
    private readonly Tensor _settingTable;
    private readonly Tensor _clipping;
    private bool _isTableNew = true;
    private bool _areSettingsNew = true;

    /// <param name="slots">Parameters, all of one type on one GPU.</param>
    /// <param name="blocks">Blocks of at most <see cref="ParameterUpdateCuda.BlockLength"/> elements.</param>
    /// <param name="parts">Parts of all parameters.</param>
    /// <exception cref="NotSupportedException">The parameters are of several types or on several devices.</exception>
    public DeviceUpdate(OptimizerSlot[] slots, OptimizerBlock[] blocks, int parts)
    {
        (_slots, _blocks, _addresses, _settings) = (slots, blocks, new Addresses[slots.Length], new UpdateSettings[parts]);
        var first = slots[0].Parameter;
        (Device, Type) = (first.Value.Device, first.Value.DType);
        if (Array.Find(slots, slot => slot.Parameter.Value.Device != Device || slot.Parameter.Value.DType != Type) is { } other)
        {
            throw new NotSupportedException($"an optimizer on a GPU takes parameters of one type on one device, not {first} and {other.Parameter}");
        }

        if (Type == DType.BFloat16) throw new NotSupportedException($"{first} cannot be trained: parameters are {DType.Float32} or {DType.Float64}");
        using var unscoped = TensorScope.Suspend();
        _steps = Tensor.Zeros([slots.Length], DType.Int64, Device);
        _rate = Tensor.Zeros(Shape.Scalar, DType.Float64, Device);
        _coefficients = Tensor.Zeros([parts, ParameterUpdateCuda.CoefficientCount], DType.Float64, Device);
        _partial = Tensor.Zeros([Math.Max(1, blocks.Length)], DType.Float64, Device);
        _table = Tensor.Zeros([Math.Max(1, blocks.Length), ParameterUpdateCuda.WordsOf<UpdateBlock>()], DType.Int64, Device);
        _active = Tensor.Zeros([slots.Length], DType.Int32, Device);
        _settingTable = Tensor.Zeros([parts, ParameterUpdateCuda.WordsOf<UpdateSettings>()], DType.Int64, Device);
        _clipping = Tensor.Zeros([2], DType.Float64, Device);
    }

    public Device Device { get; }

    public DType Type { get; }

    /// <summary>Sets the learning rate of the steps to come, and copies what has changed since they were captured.</summary>
    public void Flush(double rate)
    {
        _rate.Fill(rate);
        CopyTables();
    }

    /// <summary>Takes the addresses of values, gradients and states, and the settings of the parts.</summary>
    public void Take(ReadOnlySpan<UpdateSettings> settings)
    {
        for (var i = 0; i < _slots.Length; i++)
        {
            var addresses = Addresses.Of(_slots[i]);
            if (addresses == _addresses[i]) continue;
            (_addresses[i], _isTableNew) = (addresses, true);
        }

        if (!settings.SequenceEqual(_settings))
        {
            settings.CopyTo(_settings);
            _areSettingsNew = true;
        }

        if (!CudaDevice.Of(Device).IsCapturing) CopyTables();
    }

    /// <summary>Measures the norm of all gradients.</summary>
    public void Measure(double maximum) => ParameterUpdateCuda.Measure(Type, _table, _blocks.Length, _partial, maximum, GradientClipping.Margin, _clipping);

    /// <summary>Makes the step.</summary>
    /// <param name="isClipped">Whether gradients are scaled by what was measured, and the step is left out where that is not finite.</param>
    public void Update(bool isClipped)
    {
        using var factor = isClipped ? _clipping.Alias(Shape.Scalar, 1) : null;
        ParameterUpdateCuda.Update(Type, _table, _blocks.Length, _settingTable, _steps, _active, _rate, _coefficients, factor);
    }

    /// <summary>What was measured last. Waits for the device.</summary>
    public ClipResult ReadClipping() => GradientClipping.Result(_clipping.ToArray<double>());

    /// <summary>Sets the slots' step counts to those on the device. Waits for it.</summary>
    public void ReadSteps()
    {
        var steps = _steps.ToArray<long>();
        for (var i = 0; i < steps.Length; i++) _slots[i].Steps = steps[i];
    }

    /// <summary>Sets the step counts on the device to those of the slots.</summary>
    public void WriteSteps()
    {
        using var host = Tensor.From(_slots.Select(slot => slot.Steps).ToArray());
        _steps.CopyFrom(host);
    }

    public void Dispose()
    {
        foreach (var tensor in new[] { _steps, _rate, _coefficients, _partial, _table, _active, _settingTable, _clipping }) tensor.Dispose();
    }

    private void CopyTables()
    {
        if (_areSettingsNew) ParameterUpdateCuda.Upload<UpdateSettings>(_settings, _settingTable);
        _areSettingsNew = false;
        if (!_isTableNew || _blocks.Length == 0) return;
        var size = (ulong)Type.Size();
        var table = new UpdateBlock[_blocks.Length];
        for (var i = 0; i < table.Length; i++)
        {
            var (slot, part, start, length) = _blocks[i];
            var (weight, gradient, first, second) = _addresses[slot];
            var offset = (ulong)start * size;
            table[i] = new(At(weight), At(gradient), At(first), At(second), length, part);

            ulong At(ulong address) => address == 0 ? 0 : address + offset;
        }

        ParameterUpdateCuda.Upload<UpdateBlock>(table, _table);
        using var active = Tensor.From(_addresses.Select(addresses => addresses.Gradient == 0 ? 0 : 1).ToArray());
        _active.CopyFrom(active);
        _isTableNew = false;
    }

    private readonly record struct Addresses(ulong Weight, ulong Gradient, ulong First, ulong Second)
    {
        public static Addresses Of(OptimizerSlot slot)
        {
            var value = slot.Parameter.Value;
            return slot.IsActive
                ? new(value.Address(), value.Gradient!.Address(), slot.State.Length > 0 ? slot.State[0].Address() : 0, slot.State.Length > 1 ? slot.State[1].Address() : 0)
                : new(value.Address(), 0, 0, 0);
        }
    }
}
