// Realizes a damped oscillation by complex and real diagonal systems, and asks what any real system must pay for it
// (Ran-Milo et al., 2024, arXiv 2410.14067).
using StateSpace.Studies.ComplexVersusReal;

var target = Enumerable.Range(0, 24).Select(k => Math.Pow(0.98, k) * Math.Cos(k * Math.PI / 3)).ToArray();
var report = Realizer.Realize(target);
foreach (var entry in report.Complex)
{
    Console.WriteLine($"complex, {entry.Name}: {entry.System.States} states, sum |C B| {entry.System.TotalMagnitude:G3}, error {entry.Error:G2} ({entry.ErrorInSingle:G2} in float32)");
}

var real = report.Real;
Console.WriteLine($"real: {real.System.States} states, sum |C B| {real.System.TotalMagnitude:G3}, error {real.Error:G2} ({real.ErrorInSingle:G2} in float32)");
Console.WriteLine($"any real system: sum |C B| at least {report.RealBound.Value:G3} ({report.RealBound.Method})");

// Step the smallest complex system as a filter: its response to an impulse is the target.
var filter = report.Complex.MinBy(entry => entry.System.States)!.System;
var state = new System.Numerics.Complex[filter.States];
var worst = target.Select((expected, k) => Math.Abs(filter.Step(state, k == 0 ? 1 : 0) - expected)).Max();
Console.WriteLine($"largest difference between the running filter and the target: {worst:G2}");
return worst < 1e-12 && report.RealBound.Value > filter.TotalMagnitude ? 0 : 1;
