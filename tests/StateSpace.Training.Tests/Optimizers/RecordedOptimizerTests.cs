using System.Text.Json;
using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Training.Optimizers;
using StateSpace.Training.Schedules;

namespace StateSpace.Training.Tests.Optimizers;

/// <summary>The optimizers against runs of torch.optim on ½ Σ a w² + ⟨noise, w⟩, 40 steps.</summary>
public sealed class RecordedOptimizerTests
{
    private const double Tolerance = 1e-6;

    private static readonly JsonElement Golden =
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "golden", "optimizers.json"))).RootElement;

    [Theory]
    [InlineData("sgd", 0.05)]
    [InlineData("adam", 0.02)]
    [InlineData("adamw", 0.02)]
    [InlineData("radam", 0.02)]
    public void Weights_and_rates_follow_the_recorded_run(string name, double rate)
    {
        using var scope = new TensorScope();
        using var weight = Weights.Of("w", Numbers(Golden.GetProperty("start")).Select(x => (float)x).ToArray());
        using var optimizer = Make(name, weight);
        var curvature = Tensor.From(Numbers(Golden.GetProperty("curvature"))).Convert(DType.Float32);
        var schedule = new CosineSchedule(rate, 40, 0.001);
        var step = 0;
        foreach (var record in Golden.GetProperty("runs").GetProperty(name).EnumerateArray())
        {
            Assert.Equal(record.GetProperty("lr").GetDouble(), schedule.Rate(step), 1e-15);
            optimizer.ZeroGradient();
            using (var tape = new Tape())
            {
                var noise = Tensor.From(Numbers(record.GetProperty("noise"))).Convert(DType.Float32);
                tape.Backward((weight.Value * weight.Value * curvature * 0.5).Sum() + (noise * weight.Value).Sum());
            }

            optimizer.Step(schedule.Rate(step++));
            var expected = Numbers(record.GetProperty("w"));
            var actual = weight.Values();
            for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], actual[i], Tolerance);
        }

        Assert.Equal(40, step);
    }

    private static Optimizer Make(string name, Parameter weight) => name switch
    {
        "sgd" => new Sgd([weight], momentum: 0.9, weightDecay: 0.01),
        "adam" => new Adam([weight]),
        "adamw" => new AdamW([weight], beta2: 0.95, weightDecay: 0.1),
        _ => new RAdam([weight]),
    };

    private static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetDouble())];
}
