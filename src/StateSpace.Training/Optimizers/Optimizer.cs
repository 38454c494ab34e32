using System.Numerics;
using StateSpace.Models.Checkpoints;
using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Operations.ParameterUpdate;

namespace StateSpace.Training.Optimizers;

/// <summary>Changes parameters against their gradients, in one parallel pass over all of them.</summary>
/// <remarks>
/// A parameter without a gradient is left alone, and its step is not counted. Element-wise throughout, so that the bits do not
/// depend on the number of threads. States have the type of their parameter. Nothing is allocated after a parameter's first step.
/// </remarks>
public abstract class Optimizer : IDisposable
{
    /// <summary>Elements of a parallel piece: parameter, gradient and two moments in float32 take 256 KiB, within a core's L2 cache.</summary>
    private const long BlockLength = 1 << 14;

    private readonly string[] _stateNames;
    private readonly OptimizerSlot[] _slots;
    private readonly OptimizerBlock[] _blocks;
    private readonly UpdateCoefficients[] _coefficients;
    private readonly Action<int> _updateBlock;
    private DeviceUpdate? _onDevice;
    private UpdateSettings[] _settings = [];
    private ClipResult _clipping = new(0, 1, IsFinite: true);

    private protected Optimizer(IReadOnlyList<ParameterGroup> groups, OptimizerSettings settings, params string[] stateNames)
    {
        Groups = groups;
        _stateNames = stateNames;
        var slots = new List<OptimizerSlot>();
        var blocks = new List<OptimizerBlock>();
        var parts = 0;
        foreach (var group in groups)
        {
            var resolved = settings.For(group);
            foreach (var parameter in group.Parameters)
            {
                AddBlocks(blocks, parameter, slots.Count, parts);
                slots.Add(new(parameter, group, resolved, parts));
                parts += parameter.Parts.Count;
            }
        }

        _slots = [.. slots];
        _blocks = [.. blocks];
        _coefficients = new UpdateCoefficients[parts];
        _updateBlock = UpdateBlock;
        Parameters = [.. _slots.Select(slot => slot.Parameter)];
        if (Parameters.GroupBy(parameter => parameter.Name, StringComparer.Ordinal).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new ArgumentException($"the optimizer is given parameter {twice.Key} twice", nameof(groups));
        }
    }

    /// <summary>Groups in the order given.</summary>
    public IReadOnlyList<ParameterGroup> Groups { get; }

    /// <summary>Parameters of all groups.</summary>
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>Updates every parameter that has a gradient.</summary>
    /// <param name="rate">Learning rate, before the multipliers of groups and parameters.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is negative or not finite.</exception>
    /// <exception cref="NotSupportedException">The parameters are on a GPU and not of one type on one device.</exception>
    public void Step(double rate)
    {
        CheckRate(rate);
        if (IsOnDevice)
        {
            TakeAddresses().Flush(rate);
            LaunchStep(null);
            return;
        }

        foreach (var slot in _slots) Prepare(slot, rate);
        CpuTeam.For(_blocks.Length, _updateBlock);
    }

    /// <summary>
    /// Limits the Euclidean norm of all gradients, as <see cref="GradientClipping.Clip"/> does, and updates; where the norm is not finite nothing
    /// changes. On a GPU the host does not wait, and the gradients themselves stay as they are.
    /// </summary>
    /// <param name="rate">Learning rate, before the multipliers of groups and parameters.</param>
    /// <param name="maximum">Largest norm.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rate is negative or not finite, or the largest norm not positive.</exception>
    /// <exception cref="NotSupportedException">The parameters are on a GPU and not of one type on one device.</exception>
    public void ClipAndStep(double rate, double maximum)
    {
        CheckRate(rate);
        if (!(maximum > 0)) throw new ArgumentOutOfRangeException(nameof(maximum), maximum, "the largest norm must be positive");
        if (IsOnDevice)
        {
            TakeAddresses().Flush(rate);
            LaunchStep(maximum);
            return;
        }

        _clipping = GradientClipping.Clip(Parameters, maximum, NonFiniteGradients.Skip);
        if (_clipping.IsFinite) Step(rate);
    }

    /// <summary>What the last <see cref="ClipAndStep"/> found. Waits for a GPU.</summary>
    public ClipResult ReadClipping() => _onDevice is null ? _clipping : _onDevice.ReadClipping();

    /// <summary>Sets the learning rate for <see cref="LaunchStep"/>, captured or not, and shows it the gradients that are there now. Only on a GPU.</summary>
    internal void SetRate(double rate)
    {
        CheckRate(rate);
        TakeAddresses().Flush(rate);
    }

    /// <summary>
    /// The launches of a step and nothing else, which a graph can capture: the rate is the one of the last <see cref="SetRate"/>, which is also to be
    /// called between a capture and its first run. Moments must be there already, from an earlier step.
    /// </summary>
    /// <param name="maximum">Largest norm of the gradients; null to take them as they are.</param>
    internal void LaunchStep(double? maximum)
    {
        var device = TakeAddresses();
        if (maximum is { } most) device.Measure(most);
        device.Update(isClipped: maximum is not null);
    }

    /// <summary>Releases the gradients: a parameter that the next loss does not reach has none and is not updated.</summary>
    public void ZeroGradient()
    {
        foreach (var slot in _slots)
        {
            var value = slot.Parameter.Value;
            value.Gradient?.Dispose();
            value.Gradient = null;
        }
    }

    /// <summary>
    /// What a later optimizer of the same kind needs to go on to the same bits: for each parameter that was updated, its number of
    /// steps and its moments, named <c>PARAMETER.step</c>, <c>PARAMETER.first_moment</c> and so on.
    /// </summary>
    /// <returns>Tensors, of which all but the step counts share memory with this optimizer: write them before the next step.</returns>
    public IReadOnlyList<(string Name, Tensor Value)> SaveState()
    {
        _onDevice?.ReadSteps();
        var state = new List<(string, Tensor)>();
        foreach (var slot in _slots.Where(slot => slot.Steps > 0))
        {
            state.Add((StepName(slot), Tensor.From<long>([slot.Steps], Shape.Scalar)));
            for (var i = 0; i < slot.State.Length; i++) state.Add((StateName(slot, i), slot.State[i]));
        }

        return state;
    }

    /// <summary>The names that <see cref="SaveState"/> gives a parameter's number of steps and its moments.</summary>
    internal IReadOnlyList<string> StateNames(Parameter parameter) => [$"{parameter.Name}.step", .. _stateNames.Select(name => $"{parameter.Name}.{name}")];

    /// <summary>Takes over a state; what it has replaces what this optimizer had.</summary>
    /// <param name="state">What <see cref="SaveState"/> gave; it is copied.</param>
    /// <exception cref="CheckpointException">A tensor is missing, unknown or of another shape or type. Nothing was changed.</exception>
    public void LoadState(IReadOnlyDictionary<string, Tensor> state)
    {
        CheckState(state);
        foreach (var slot in _slots)
        {
            if (state.TryGetValue(StepName(slot), out var step))
            {
                slot.Allocate(_stateNames.Length);
                slot.Steps = (long)step.Item();
                for (var i = 0; i < slot.State.Length; i++) slot.State[i].CopyFrom(state[StateName(slot, i)]);
            }
            else
            {
                slot.Dispose();
            }
        }

        _onDevice?.WriteSteps();
    }

    /// <summary>Releases the state; the parameters stay.</summary>
    public void Dispose()
    {
        foreach (var slot in _slots) slot.Dispose();
        _onDevice?.Dispose();
        _onDevice = null;
        GC.SuppressFinalize(this);
    }

    /// <summary>The numbers of an update.</summary>
    /// <param name="settings">Settings of the group.</param>
    /// <param name="rate">Learning rate with all multipliers.</param>
    /// <param name="decay">Weight decay with its multiplier.</param>
    /// <param name="step">Number of this step, from 1.</param>
    private protected abstract UpdateCoefficients Coefficients(in OptimizerSettings settings, double rate, double decay, long step);

    /// <summary>The same rule for the kernels of a GPU.</summary>
    private protected abstract UpdateKind Kind { get; }

    /// <summary>Updates a run of elements of a parameter and of its states.</summary>
    private protected abstract unsafe void Update<T>(in UpdateCoefficients coefficients, T* weight, T* gradient, T* first, T* second, long length)
        where T : unmanaged, IFloatingPointIeee754<T>;

    private static void AddBlocks(List<OptimizerBlock> blocks, Parameter parameter, int slot, int firstPart)
    {
        var rows = parameter.Parts.Sum(part => part.Length);
        var rowLength = rows == 0 ? 0 : parameter.Value.Count / rows;
        for (var i = 0; i < parameter.Parts.Count; i++)
        {
            var (start, end) = (parameter.Parts[i].Start * rowLength, (parameter.Parts[i].Start + parameter.Parts[i].Length) * rowLength);
            for (; start < end; start += BlockLength) blocks.Add(new(slot, firstPart + i, start, Math.Min(BlockLength, end - start)));
        }
    }

    private static void CheckRate(double rate)
    {
        if (rate < 0 || !double.IsFinite(rate)) throw new ArgumentOutOfRangeException(nameof(rate), rate, "a learning rate must be finite and at least 0");
    }

    private bool IsOnDevice => _slots.Length > 0 && !_slots[0].Parameter.Value.Device.IsCpu;

    private DeviceUpdate OnDevice
    {
        get
        {
            var device = _slots[0].Parameter.Value.Device;
            if (_onDevice is not null && _onDevice.Device == device) return _onDevice;
            if (_onDevice is not null) throw new NotSupportedException($"the parameters have moved to {device} since the last step; make a new optimizer and load the state");
            _onDevice = new(_slots, _blocks, _coefficients.Length);
            _onDevice.WriteSteps();
            return _onDevice;
        }
    }

    private DeviceUpdate TakeAddresses()
    {
        if (_settings.Length == 0) _settings = new UpdateSettings[_coefficients.Length];
        for (var i = 0; i < _slots.Length; i++)
        {
            var slot = _slots[i];
            slot.IsActive = slot.Parameter.Value.Gradient is not null;
            if (slot.IsActive) slot.Allocate(_stateNames.Length);
            for (var part = 0; part < slot.Parameter.Parts.Count; part++)
            {
                var (role, settings) = (slot.Parameter.Parts[part].Role, slot.Settings);
                _settings[slot.FirstPart + part] = new(
                    settings.Beta1,
                    settings.Beta2,
                    settings.Epsilon,
                    settings.WeightDecay * role.DecayMultiplier,
                    slot.Group.RateMultiplier * role.RateMultiplier,
                    (long)Kind,
                    i);
            }
        }

        OnDevice.Take(_settings);
        return OnDevice;
    }

    private void Prepare(OptimizerSlot slot, double rate)
    {
        slot.IsActive = slot.Parameter.Value.Gradient is not null;
        if (!slot.IsActive) return;
        slot.Allocate(_stateNames.Length);
        slot.Steps++;
        for (var i = 0; i < slot.Parameter.Parts.Count; i++)
        {
            var role = slot.Parameter.Parts[i].Role;
            _coefficients[slot.FirstPart + i] = Coefficients(
                slot.Settings,
                rate * slot.Group.RateMultiplier * role.RateMultiplier,
                slot.Settings.WeightDecay * role.DecayMultiplier,
                slot.Steps);
        }
    }

    private void UpdateBlock(int index)
    {
        var block = _blocks[index];
        var slot = _slots[block.Slot];
        if (!slot.IsActive) return;
        if (slot.Parameter.Value.DType == DType.Float32) UpdateBlock<float>(slot, block);
        else UpdateBlock<double>(slot, block);
    }

    private unsafe void UpdateBlock<T>(OptimizerSlot slot, OptimizerBlock block)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var value = slot.Parameter.Value;
        Update(
            in _coefficients[block.Part],
            value.Pointer<T>() + block.Start,
            value.Gradient!.Pointer<T>() + block.Start,
            slot.State.Length > 0 ? slot.State[0].Pointer<T>() + block.Start : null,
            slot.State.Length > 1 ? slot.State[1].Pointer<T>() + block.Start : null,
            block.Length);
    }

    private void CheckState(IReadOnlyDictionary<string, Tensor> state)
    {
        const string Source = "optimizer state";
        var known = 0;
        foreach (var slot in _slots)
        {
            if (!state.TryGetValue(StepName(slot), out var step)) continue;
            known += 1 + _stateNames.Length;
            if (step.Count != 1 || step.Item() is not (>= 1 and <= 1L << 53)) throw new CheckpointException(Source, $"{StepName(slot)} must be one positive number, not {step}");
            for (var i = 0; i < _stateNames.Length; i++)
            {
                var name = StateName(slot, i);
                if (!state.TryGetValue(name, out var tensor)) throw new CheckpointException(Source, $"{name} is missing");
                if (tensor.Shape != slot.Parameter.Value.Shape || tensor.DType != slot.Parameter.Value.DType)
                {
                    throw new CheckpointException(Source, $"{name} is {tensor} but the parameter is {slot.Parameter.Value}");
                }
            }
        }

        if (state.Count == known) return;
        var names = _slots.SelectMany(slot => Enumerable.Range(0, _stateNames.Length).Select(i => StateName(slot, i)).Append(StepName(slot)));
        throw new CheckpointException(Source, $"{state.Keys.Except(names, StringComparer.Ordinal).Order(StringComparer.Ordinal).FirstOrDefault("a moment without a step count")} does not belong to this {GetType().Name}");
    }

    private static string StepName(OptimizerSlot slot) => $"{slot.Parameter.Name}.step";

    private string StateName(OptimizerSlot slot, int index) => $"{slot.Parameter.Name}.{_stateNames[index]}";
}
