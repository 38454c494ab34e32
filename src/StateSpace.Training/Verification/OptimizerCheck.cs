using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.RandomNumbers;
using StateSpace.Tensors.Verification;
using StateSpace.Training.Optimizers;

namespace StateSpace.Training.Verification;

/// <summary>Optimizers on a GPU against the same on the CPU: steps with clipping, a step that is left out, a state that moves between devices, the same bits twice.</summary>
internal static class OptimizerCheck
{
    /// <summary>As <see cref="ConformanceCase.Operation"/>.</summary>
    public const string Name = "Optimizers";

    private const int Steps = 9;
    private const int LeftOut = 4;
    private const int Moved = 6;
    private const double Rate = 0.01;

    private static readonly (string Name, Func<Parameter[], Optimizer> Make)[] Kinds =
    [
        ("Sgd", parameters => new Sgd(parameters, weightDecay: 0.1)),
        ("Sgd with momentum", parameters => new Sgd(parameters, 0.9, 0.1)),
        ("Adam", parameters => new Adam(parameters, weightDecay: 0.1)),
        ("AdamW", parameters => new AdamW(parameters, weightDecay: 0.1)),
        ("RAdam", parameters => new RAdam(parameters, weightDecay: 0.1)),
    ];

    /// <summary>Compares on a device.</summary>
    public static IEnumerable<ConformanceFinding> Run(Device device)
    {
        foreach (var (name, make) in Kinds)
        {
            foreach (var (type, tolerance) in new[] { (DType.Float64, 1e-12), (DType.Float32, 2e-6) })
            {
                var (expected, _) = Train(make, type, Device.Cpu, Device.Cpu);
                var (actual, unchanged) = Train(make, type, device, device);
                var (again, _) = Train(make, type, device, device);
                var (moved, _) = Train(make, type, device, Device.Cpu);
                yield return new($"{Name} {name}", type, "weights", Distance(actual, expected), tolerance);
                yield return new($"{Name} {name}", type, "weights after a state moved to the CPU", Distance(moved, expected), tolerance);
                yield return new($"{Name} {name}", type, "weights that a step with an infinite gradient changed", unchanged ? 0 : 1, 0);
                yield return new($"{Name} {name}", type, "weights that differ between runs", again.Zip(actual).Count(pair => !pair.First.Equals(pair.Second)), 0);
            }
        }
    }

    private static (double[] Weights, bool Unchanged) Train(Func<Parameter[], Optimizer> make, DType type, Device device, Device then)
    {
        using var scope = new TensorScope();
        var parameters = Parameters(type, device);
        var optimizer = make(parameters);
        var unchanged = true;
        for (var step = 0; step < Steps; step++)
        {
            if (step == Moved && device != then)
            {
                var state = optimizer.SaveState().ToDictionary(entry => entry.Name, entry => entry.Value.To(then));
                foreach (var parameter in parameters) parameter.Replace(parameter.Value.Detach().To(then));
                optimizer.Dispose();
                optimizer = make(parameters);
                optimizer.LoadState(state);
            }

            var before = step == LeftOut ? Values(parameters) : [];
            SetGradients(parameters, step);
            optimizer.ClipAndStep(Rate, maximum: step % 2 == 0 ? 1 : 1e6);
            if (step == LeftOut) unchanged = Values(parameters).SequenceEqual(before) && !optimizer.ReadClipping().IsFinite;
            optimizer.ZeroGradient();
        }

        var weights = Values(parameters);
        optimizer.Dispose();
        foreach (var parameter in parameters) parameter.Dispose();
        return (weights, unchanged);
    }

    // Lengths that are not multiples of an access, more than a block, and a stacked weight whose second part begins at an odd element.
    private static Parameter[] Parameters(DType type, Device device)
    {
        var fan = new Fan(1, AxisGrowth.Fixed);
        var role = ParameterRole.Matrix(fan, fan, 0);
        return
        [
            new("a", Values([1, 1], 0), role),
            new("b", Values([1025, 17], 1), role),
            new("c", Values([8, 33], 2), [new("first", 0, 3, role), new("second", 3, 5, role with { RateMultiplier = 0.5, DecayMultiplier = 0 })]),
        ];

        Tensor Values(Shape shape, int stream) => Tensor.Uniform(shape, new RandomSource(5, (ulong)stream), -1, 1, type).To(device);
    }

    private static void SetGradients(Parameter[] parameters, int step)
    {
        for (var i = 0; i < parameters.Length; i++)
        {
            // The first parameter misses a step, which is not counted for it.
            if (i == 0 && step == 2) continue;
            var value = parameters[i].Value;
            var gradient = Tensor.Uniform(value.Shape, new RandomSource(6, (ulong)((step * parameters.Length) + i)), -1, 1, value.DType);
            if (step == LeftOut && i == 1) gradient.SetValue(5, double.PositiveInfinity);
            using var unscoped = TensorScope.Suspend();
            value.Gradient = gradient.To(value.Device).Clone();
        }
    }

    private static double[] Values(Parameter[] parameters) => [.. parameters.SelectMany(parameter => parameter.Value.ToArray<double>())];

    private static double Distance(double[] left, double[] right) => left.Zip(right, (a, b) => double.IsNaN(a) ? double.PositiveInfinity : Math.Abs(a - b)).Max();
}
