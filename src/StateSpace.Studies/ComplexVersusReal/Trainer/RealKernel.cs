using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StateSpace.Studies.ComplexVersusReal.Trainer;

/// <summary>
/// Real diagonal SSM: a = s·exp(−e^ν), ŷ_k = Σ_j B_j C_j a_j^k. Powers are a^{4i+r} = (a⁴)^i·a^r, so that a step k costs one fused
/// multiply-add per state forward and two backward.
/// </summary>
internal sealed unsafe class RealKernel<TMode> : TrainingKernel
    where TMode : struct, IGradientMode
{
    // Parameters of a block.
    private const int Nu = 0;
    private const int Input = 1;
    private const int Output = 2;
    private const int Trainable = 3;

    // Working values of a block: a, the coefficient B C a^{16·tile}, e^ν, s.
    private const int Eigenvalue = 0;
    private const int Coefficient = 1;
    private const int Rate = 2;
    private const int Sign = 3;
    private const int Derived = 4;

    // e^ν is cut off at 20.7, so that |a| ≥ 1e-9 and a⁴ stays a normal number; ∂ν is below the optimizer's ε there.
    private const float LargestRate = 20.7f;

    // Blocks whose gradients are computed together.
    private const int Group = 4;

    private readonly AlignedVectors _scratch = new(2 * Group);

    public RealKernel(SsmParameters start, ReadOnlySpan<float> target)
        : base(start.N, Group, Trainable, Derived, new(target, outputFactor: 1, errorFactor: 2))
    {
        Scatter(start.Nu, Parameters, Trainable, Nu);
        Scatter(start.InputRe, Parameters, Trainable, Input);
        Scatter(start.OutputRe, Parameters, Trainable, Output);
        Scatter(start.Sign, Working, Derived, Sign);
        for (var block = 0; block < Blocks; block++)
        {
            var p = Parameters.Pointer + (block * Trainable);
            Derive(p[Nu], p[Input], p[Output], Working.Pointer + (block * Derived));
        }
    }

    public override SsmParameters ToParameters() => new(
        StateField.Real,
        ToDouble(Gather(Parameters, Trainable, Nu)),
        [],
        ToDouble(Gather(Parameters, Trainable, Input)),
        [],
        ToDouble(Gather(Parameters, Trainable, Output)),
        [],
        ToDouble(Gather(Working, Derived, Sign)));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override float Forward()
    {
        var blocks = Blocks;
        var residual = Residual;
        var rows = residual.Rows;
        var tiles = residual.Tiles;
        var tiny = Vector512.Create(Tiny);
        var loss = Vector512<float>.Zero;
        for (var tile = 0; tile < tiles; tile++)
        {
            Vector512<float> y0 = tiny, y1 = tiny, y2 = tiny, y3 = tiny, y4 = tiny, y5 = tiny, y6 = tiny, y7 = tiny;
            Vector512<float> y8 = tiny, y9 = tiny, y10 = tiny, y11 = tiny, y12 = tiny, y13 = tiny, y14 = tiny, y15 = tiny;
            var work = Working.Pointer;
            for (var block = 0; block < blocks; block++, work += Derived)
            {
                var a = work[Eigenvalue];
                var q = work[Coefficient];
                var a2 = a * a;
                var a3 = a2 * a;
                var a4 = a2 * a2;
                y0 += q;
                y1 = Vector512.FusedMultiplyAdd(q, a, y1);
                y2 = Vector512.FusedMultiplyAdd(q, a2, y2);
                y3 = Vector512.FusedMultiplyAdd(q, a3, y3);
                q = Vector512.FusedMultiplyAdd(q, a4, tiny);
                y4 += q;
                y5 = Vector512.FusedMultiplyAdd(q, a, y5);
                y6 = Vector512.FusedMultiplyAdd(q, a2, y6);
                y7 = Vector512.FusedMultiplyAdd(q, a3, y7);
                q = Vector512.FusedMultiplyAdd(q, a4, tiny);
                y8 += q;
                y9 = Vector512.FusedMultiplyAdd(q, a, y9);
                y10 = Vector512.FusedMultiplyAdd(q, a2, y10);
                y11 = Vector512.FusedMultiplyAdd(q, a3, y11);
                q = Vector512.FusedMultiplyAdd(q, a4, tiny);
                y12 += q;
                y13 = Vector512.FusedMultiplyAdd(q, a, y13);
                y14 = Vector512.FusedMultiplyAdd(q, a2, y14);
                y15 = Vector512.FusedMultiplyAdd(q, a3, y15);
                work[Coefficient] = Vector512.FusedMultiplyAdd(q, a4, tiny);
            }

            (rows[0], rows[1], rows[2], rows[3]) = (y0, y1, y2, y3);
            (rows[4], rows[5], rows[6], rows[7]) = (y4, y5, y6, y7);
            (rows[8], rows[9], rows[10], rows[11]) = (y8, y9, y10, y11);
            (rows[12], rows[13], rows[14], rows[15]) = (y12, y13, y14, y15);
            loss += residual.Reduce(tile, tile == tiles - 1);
        }

        return LaneSums.Sum(loss);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void Backward(Vector512<float>* constants)
    {
        var groups = Blocks / Group;
        var scratch = _scratch.Pointer;
        var p = Parameters.Pointer;
        var moments = Moments.Pointer;
        var sums = Sums.Pointer;
        var work = Working.Pointer;
        var tiny = Vector512.Create(Tiny);
        for (var group = 0; group < groups; group++)
        {
            Polynomials(work, scratch);
            for (var block = 0; block < Group; block++)
            {
                var g = scratch[2 * block];
                var h = scratch[(2 * block) + 1];
                var b = p[Input];
                var c = p[Output];

                // Zero in the padding, whose sign is 0: B = C = 0 is a saddle, which any push would leave.
                var push = work[Sign] * tiny;
                var gradientNu = TMode.Take(sums + Nu, Vector512.FusedMultiplyAdd(work[Rate] * h, -(b * c), push));
                var gradientInput = TMode.Take(sums + Input, Vector512.FusedMultiplyAdd(c, g, push));
                var gradientOutput = TMode.Take(sums + Output, Vector512.FusedMultiplyAdd(b, g, push));
                var nu = Descend(p[Nu], gradientNu, moments, constants);
                b = Descend(b, gradientInput, moments + 2, constants);
                c = Descend(c, gradientOutput, moments + 4, constants);
                p[Nu] = nu;
                p[Input] = b;
                p[Output] = c;
                Derive(nu, b, c, work);
                p += Trainable;
                moments += 2 * Trainable;
                sums += Trainable;
                work += Derived;
            }
        }
    }

    // G = Σ e_k a^k and H = Σ k e_k a^k of four blocks by Horner's rule: eight chains hide the latency of each other.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Polynomials(Vector512<float>* work, Vector512<float>* sums)
    {
        var error = Residual.Error;
        var weighted = Residual.WeightedError;
        var a0 = work[Eigenvalue];
        var a1 = work[Derived + Eigenvalue];
        var a2 = work[(2 * Derived) + Eigenvalue];
        var a3 = work[(3 * Derived) + Eigenvalue];
        Vector512<float> g0 = default, g1 = default, g2 = default, g3 = default, h0 = default, h1 = default, h2 = default, h3 = default;
        for (nint k = Residual.Length - 1; k >= 0; k--)
        {
            var e = Vector512.Create(error[k]);
            var w = Vector512.Create(weighted[k]);
            g0 = Vector512.FusedMultiplyAdd(g0, a0, e);
            g1 = Vector512.FusedMultiplyAdd(g1, a1, e);
            g2 = Vector512.FusedMultiplyAdd(g2, a2, e);
            g3 = Vector512.FusedMultiplyAdd(g3, a3, e);
            h0 = Vector512.FusedMultiplyAdd(h0, a0, w);
            h1 = Vector512.FusedMultiplyAdd(h1, a1, w);
            h2 = Vector512.FusedMultiplyAdd(h2, a2, w);
            h3 = Vector512.FusedMultiplyAdd(h3, a3, w);
        }

        (sums[0], sums[1], sums[2], sums[3]) = (g0, h0, g1, h1);
        (sums[4], sums[5], sums[6], sums[7]) = (g2, h2, g3, h3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Derive(Vector512<float> nu, Vector512<float> b, Vector512<float> c, Vector512<float>* work)
    {
        var rate = Vector512.MinNative(LaneMath.Exp(nu), Vector512.Create(LargestRate));
        work[Rate] = rate;
        work[Eigenvalue] = LaneMath.Exp(-rate) * work[Sign];
        work[Coefficient] = Vector512.FusedMultiplyAdd(b, c, Vector512.Create(Tiny));
    }

    private static double[] ToDouble(float[] values) => [.. values.Select(value => (double)value)];
}
