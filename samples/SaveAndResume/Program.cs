// Trains a linear regression for 200 steps; trains it again for 100, writes weights and optimizer state to a safetensors file,
// forgets everything, reads the file and goes on: both runs end with the same bits.
using StateSpace.Models.Checkpoints;
using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Training.Optimizers;
using StateSpace.Training.Schedules;

using var scope = new TensorScope();
var x = Tensor.From([.. Enumerable.Range(0, 64 * 5).Select(i => MathF.Sin(0.7f * i * i))]).Reshape(64, 5);
var y = (x * Tensor.From(1f, -2f, 3f, 0f, 0.5f)).Sum(1);
var schedule = new WarmupSchedule(20, new CosineSchedule(0.1, 180));
var path = Path.Combine(Path.GetTempPath(), $"save-and-resume-{Environment.ProcessId}.safetensors");

var straight = NewWeight();
using (var optimizer = new AdamW([straight])) Train(straight, optimizer, 0, 200);

var first = NewWeight();
using (var optimizer = new AdamW([first]))
{
    Train(first, optimizer, 0, 100);
    SafeTensorsWriter.Write(
        path,
        [("model.weight", first.Value), .. optimizer.SaveState().Select(entry => ($"optimizer.{entry.Name}", entry.Value))],
        new Dictionary<string, string> { ["step"] = "100" });
}

var resumed = NewWeight();
using (var file = SafeTensorsFile.Open(path))
using (var optimizer = new AdamW([resumed]))
{
    foreach (var entry in file.Entries) Console.WriteLine($"{entry.Name}: {entry.Type} {entry.Shape}");
    file.CopyTo("model.weight", resumed.Value);
    var state = file.Entries.Where(entry => entry.Name.StartsWith("optimizer.", StringComparison.Ordinal));
    optimizer.LoadState(state.ToDictionary(entry => entry.Name["optimizer.".Length..], entry => file.Load(entry.Name), StringComparer.Ordinal));
    Train(resumed, optimizer, int.Parse(file.Metadata["step"]), 200);
}

File.Delete(path);
var same = straight.Value.ToArray<float>().SequenceEqual(resumed.Value.ToArray<float>());
Console.WriteLine($"weights {string.Join(", ", resumed.Value.ToArray<float>().Select(w => $"{w:F3}"))}; the same bits as without the break: {same}");
return same ? 0 : 1;

static Parameter NewWeight() => new("weight", Tensor.Zeros([5]), ParameterRole.Vector(new(5, AxisGrowth.Width)));

void Train(Parameter weight, Optimizer optimizer, int from, int to)
{
    for (var step = from; step < to; step++)
    {
        using var stepScope = new TensorScope();
        using var tape = new Tape();
        optimizer.ZeroGradient();
        tape.Backward(((x * weight.Value).Sum(1) - y).Square().Mean());
        GradientClipping.Clip(optimizer.Parameters, 1);
        optimizer.Step(schedule.Rate(step));
    }
}
