namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>
/// A complex diagonal system of n states as a real one of 2n: each eigenvalue a + bi becomes the block [[a, −b], [b, a]], a rotation and a
/// scaling, with input weights (Re B, Im B) and output weights (Re C, −Im C).
/// </summary>
/// <param name="Transition">A, (2n, 2n), block diagonal, stored dense.</param>
/// <param name="Input">B, (2n).</param>
/// <param name="Output">C, (2n).</param>
internal sealed record RotationForm(double[,] Transition, double[] Input, double[] Output)
{
    public static RotationForm Of(ComplexRealization system)
    {
        var n = system.States;
        var form = new RotationForm(new double[2 * n, 2 * n], new double[2 * n], new double[2 * n]);
        for (var j = 0; j < n; j++)
        {
            var (real, imaginary) = (2 * j, (2 * j) + 1);
            form.Transition[real, real] = form.Transition[imaginary, imaginary] = system.A[j].Real;
            form.Transition[real, imaginary] = -system.A[j].Imaginary;
            form.Transition[imaginary, real] = system.A[j].Imaginary;
            (form.Input[real], form.Input[imaginary]) = (system.B[j].Real, system.B[j].Imaginary);
            (form.Output[real], form.Output[imaginary]) = (system.C[j].Real, -system.C[j].Imaginary);
        }

        return form;
    }

    /// <summary>C Aᵏ B for k below <paramref name="length"/>, by the recurrence with the dense matrix.</summary>
    public double[] ImpulseResponse(int length)
    {
        var state = (double[])Input.Clone();
        var response = new double[length];
        for (var k = 0; k < length; k++)
        {
            var next = new double[state.Length];
            for (var i = 0; i < state.Length; i++)
            {
                response[k] += Output[i] * state[i];
                for (var j = 0; j < state.Length; j++) next[i] += Transition[i, j] * state[j];
            }

            state = next;
        }

        return response;
    }
}
