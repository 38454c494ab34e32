// Fits a delay, y(t) = u(t − 15), with a complex and with a real diagonal state space model, both trained by Adam.
// K(l) = Re Σ_n C_n λ_n^l with λ_n = exp(−exp(ν_n) + iθ_n); in the real model every θ_n stays 0 or π, and C_n is real.
using StateSpace.Models.Parameters;
using StateSpace.Tensors;
using StateSpace.Tensors.Autograd;
using StateSpace.Training.Optimizers;
using StateSpace.Training.Schedules;

const int Length = 16, States = 16, Steps = 2000;
using var scope = new TensorScope();
var target = Tensor.Zeros([Length], DType.Float64);
target.SetValue(Length - 1, 1);

var complex = Fit(new DiagonalModel(States, isComplex: true));
var real = Fit(new DiagonalModel(States, isComplex: false));
Console.WriteLine($"squared error after {Steps} steps: complex {complex:G3}, real {real:G3}");
return complex < 0.01 && real > 0.1 ? 0 : 1;

double Fit(DiagonalModel model)
{
    using var adam = new Adam(model.Parameters);
    var schedule = new CosineSchedule(0.02, Steps);
    for (var step = 0; ; step++)
    {
        using var stepScope = new TensorScope();
        using var tape = new Tape();
        var loss = (model.ImpulseResponse(Length) - target).Square().Sum();
        if (step == Steps) return loss.Item();
        adam.ZeroGradient();
        tape.Backward(loss);
        adam.Step(schedule.Rate(step));
    }
}

internal sealed class DiagonalModel : Module
{
    private readonly Parameter _logDecay, _angle, _real, _imaginary;

    public DiagonalModel(int states, bool isComplex)
    {
        _logDecay = Add("nu", n => Math.Log(0.05 + (0.1 * n / states)));
        _angle = Add("theta", n => isComplex ? 2 * Math.PI * n / states : Math.PI * (n % 2));
        _real = Add("C.re", n => Math.Cos(n) / states);
        _imaginary = Add("C.im", n => isComplex ? Math.Sin(n) / states : 0);
        if (!isComplex) _angle.Value.RequiresGradient = _imaginary.Value.RequiresGradient = false;

        Parameter Add(string name, Func<int, double> initial) => base.Add(new Parameter(
            name, Tensor.From([.. Enumerable.Range(0, states).Select(initial)]), ParameterRole.Vector(new(states, AxisGrowth.State))));
    }

    public Tensor ImpulseResponse(int length)
    {
        var time = Tensor.Range(length, DType.Float64).Reshape(length, 1);
        var magnitude = (-(_logDecay.Value.Exp() * time)).Exp();
        var angle = _angle.Value * time;
        return (magnitude * ((_real.Value * angle.Cos()) - (_imaginary.Value * angle.Sin()))).Sum(1);
    }
}
