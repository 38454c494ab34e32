using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace StateSpace.Studies.ComplexVersusReal.Trainer;

/// <summary>
/// Complex diagonal SSM: λ = exp(−e^ν + iθ), ŷ_k = 2 Re Σ_j B_j C_j λ_j^k, real and imaginary parts apart. Powers are λ^{8i+r} = (λ⁸)^i·λ^r
/// with λ … λ⁸ kept in memory, so that a step k costs two fused multiply-adds per state forward and four backward.
/// </summary>
internal sealed unsafe class ComplexKernel<TMode> : TrainingKernel
    where TMode : struct, IGradientMode
{
    // Parameters of a block.
    private const int Nu = 0;
    private const int Theta = 1;
    private const int InputRe = 2;
    private const int InputIm = 3;
    private const int OutputRe = 4;
    private const int OutputIm = 5;
    private const int Trainable = 6;

    // Working values of a block: the coefficient B C λ^{16·tile}, e^ν, the push (Tiny, but zero in the padding: B = C = 0 is a saddle,
    // which any push would leave), then λ … λ⁸ as pairs.
    private const int CoefficientRe = 0;
    private const int CoefficientIm = 1;
    private const int Rate = 2;
    private const int Push = 3;
    private const int Powers = 4;
    private const int Derived = 20;

    // e^ν is cut off at 10.3, so that |λ| ≥ 3e-5 and λ⁸ stays a normal number.
    private const float LargestRate = 10.3f;

    // e_k = 4(ŷ_k − T_k): twice the derivative, which is the factor 2 of every complex gradient.
    public ComplexKernel(SsmParameters start, ReadOnlySpan<float> target)
        : base(start.N, 1, Trainable, Derived, new(target, outputFactor: 2, errorFactor: 4))
    {
        for (var i = 0; i < Trainable; i++) Scatter(start.Trainable[i], Parameters, Trainable, i);
        Scatter([.. Enumerable.Repeat((double)Tiny, start.N)], Working, Derived, Push);
        for (var block = 0; block < Blocks; block++)
        {
            var p = Parameters.Pointer + (block * Trainable);
            Derive(p[Nu], p[Theta], p[InputRe], p[InputIm], p[OutputRe], p[OutputIm], Working.Pointer + (block * Derived));
        }
    }

    public override SsmParameters ToParameters()
    {
        var values = Enumerable.Range(0, Trainable).Select(i => Gather(Parameters, Trainable, i).Select(value => (double)value).ToArray()).ToArray();
        return new(StateField.Complex, values[Nu], values[Theta], values[InputRe], values[InputIm], values[OutputRe], values[OutputIm], []);
    }

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
                // q and q λ⁸ first: each power is then loaded once, used by both, and needs no register afterwards.
                var power = work + Powers;
                var (re0, im0) = (work[CoefficientRe], work[CoefficientIm]);
                var (re8, im8) = Multiply(re0, im0, power[14], power[15]);
                (work[CoefficientRe], work[CoefficientIm]) = Multiply(re8, im8, power[14], power[15]);
                im0 = -im0;
                im8 = -im8;
                y0 += re0;
                y8 += re8;
                var (p1, i1) = (power[0], power[1]);
                y1 = Vector512.FusedMultiplyAdd(im0, i1, Vector512.FusedMultiplyAdd(re0, p1, y1));
                y9 = Vector512.FusedMultiplyAdd(im8, i1, Vector512.FusedMultiplyAdd(re8, p1, y9));
                var (p2, i2) = (power[2], power[3]);
                y2 = Vector512.FusedMultiplyAdd(im0, i2, Vector512.FusedMultiplyAdd(re0, p2, y2));
                y10 = Vector512.FusedMultiplyAdd(im8, i2, Vector512.FusedMultiplyAdd(re8, p2, y10));
                var (p3, i3) = (power[4], power[5]);
                y3 = Vector512.FusedMultiplyAdd(im0, i3, Vector512.FusedMultiplyAdd(re0, p3, y3));
                y11 = Vector512.FusedMultiplyAdd(im8, i3, Vector512.FusedMultiplyAdd(re8, p3, y11));
                var (p4, i4) = (power[6], power[7]);
                y4 = Vector512.FusedMultiplyAdd(im0, i4, Vector512.FusedMultiplyAdd(re0, p4, y4));
                y12 = Vector512.FusedMultiplyAdd(im8, i4, Vector512.FusedMultiplyAdd(re8, p4, y12));
                var (p5, i5) = (power[8], power[9]);
                y5 = Vector512.FusedMultiplyAdd(im0, i5, Vector512.FusedMultiplyAdd(re0, p5, y5));
                y13 = Vector512.FusedMultiplyAdd(im8, i5, Vector512.FusedMultiplyAdd(re8, p5, y13));
                var (p6, i6) = (power[10], power[11]);
                y6 = Vector512.FusedMultiplyAdd(im0, i6, Vector512.FusedMultiplyAdd(re0, p6, y6));
                y14 = Vector512.FusedMultiplyAdd(im8, i6, Vector512.FusedMultiplyAdd(re8, p6, y14));
                var (p7, i7) = (power[12], power[13]);
                y7 = Vector512.FusedMultiplyAdd(im0, i7, Vector512.FusedMultiplyAdd(re0, p7, y7));
                y15 = Vector512.FusedMultiplyAdd(im8, i7, Vector512.FusedMultiplyAdd(re8, p7, y15));
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
        var blocks = Blocks;
        var error = Residual.Error;
        var weighted = Residual.WeightedError;
        var lastOctet = ((Residual.Length + 7) & ~7) - 8;
        var p = Parameters.Pointer;
        var moments = Moments.Pointer;
        var sums = Sums.Pointer;
        var work = Working.Pointer;
        for (var block = 0; block < blocks; block++)
        {
            var power = work + Powers;
            var (re1, im1, re2, im2) = (power[0], power[1], power[2], power[3]);
            var (re3, im3, re4, im4) = (power[4], power[5], power[6], power[7]);
            var (re5, im5, re6, im6) = (power[8], power[9], power[10], power[11]);
            var (re7, im7, re8, im8) = (power[12], power[13], power[14], power[15]);
            Vector512<float> gRe = default, gIm = default, hRe = default, hIm = default;
            for (nint k = lastOctet; k >= 0; k -= 8)
            {
                var e = Vector512.Create(error[k + 1]);
                var gSumRe = Vector512.FusedMultiplyAdd(re1, e, Vector512.Create(error[k]));
                var gSumIm = im1 * e;
                e = Vector512.Create(error[k + 2]);
                gSumRe = Vector512.FusedMultiplyAdd(re2, e, gSumRe);
                gSumIm = Vector512.FusedMultiplyAdd(im2, e, gSumIm);
                e = Vector512.Create(error[k + 3]);
                gSumRe = Vector512.FusedMultiplyAdd(re3, e, gSumRe);
                gSumIm = Vector512.FusedMultiplyAdd(im3, e, gSumIm);
                e = Vector512.Create(error[k + 4]);
                gSumRe = Vector512.FusedMultiplyAdd(re4, e, gSumRe);
                gSumIm = Vector512.FusedMultiplyAdd(im4, e, gSumIm);
                e = Vector512.Create(error[k + 5]);
                gSumRe = Vector512.FusedMultiplyAdd(re5, e, gSumRe);
                gSumIm = Vector512.FusedMultiplyAdd(im5, e, gSumIm);
                e = Vector512.Create(error[k + 6]);
                gSumRe = Vector512.FusedMultiplyAdd(re6, e, gSumRe);
                gSumIm = Vector512.FusedMultiplyAdd(im6, e, gSumIm);
                e = Vector512.Create(error[k + 7]);
                gSumRe = Vector512.FusedMultiplyAdd(re7, e, gSumRe);
                gSumIm = Vector512.FusedMultiplyAdd(im7, e, gSumIm);
                gSumRe = Vector512.FusedMultiplyAdd(gRe, re8, gSumRe);
                gSumIm = Vector512.FusedMultiplyAdd(gRe, im8, gSumIm);
                gRe = Vector512.FusedMultiplyAdd(-gIm, im8, gSumRe);
                gIm = Vector512.FusedMultiplyAdd(gIm, re8, gSumIm);
                var w = Vector512.Create(weighted[k + 1]);
                var hSumRe = Vector512.FusedMultiplyAdd(re1, w, Vector512.Create(weighted[k]));
                var hSumIm = im1 * w;
                w = Vector512.Create(weighted[k + 2]);
                hSumRe = Vector512.FusedMultiplyAdd(re2, w, hSumRe);
                hSumIm = Vector512.FusedMultiplyAdd(im2, w, hSumIm);
                w = Vector512.Create(weighted[k + 3]);
                hSumRe = Vector512.FusedMultiplyAdd(re3, w, hSumRe);
                hSumIm = Vector512.FusedMultiplyAdd(im3, w, hSumIm);
                w = Vector512.Create(weighted[k + 4]);
                hSumRe = Vector512.FusedMultiplyAdd(re4, w, hSumRe);
                hSumIm = Vector512.FusedMultiplyAdd(im4, w, hSumIm);
                w = Vector512.Create(weighted[k + 5]);
                hSumRe = Vector512.FusedMultiplyAdd(re5, w, hSumRe);
                hSumIm = Vector512.FusedMultiplyAdd(im5, w, hSumIm);
                w = Vector512.Create(weighted[k + 6]);
                hSumRe = Vector512.FusedMultiplyAdd(re6, w, hSumRe);
                hSumIm = Vector512.FusedMultiplyAdd(im6, w, hSumIm);
                w = Vector512.Create(weighted[k + 7]);
                hSumRe = Vector512.FusedMultiplyAdd(re7, w, hSumRe);
                hSumIm = Vector512.FusedMultiplyAdd(im7, w, hSumIm);
                hSumRe = Vector512.FusedMultiplyAdd(hRe, re8, hSumRe);
                hSumIm = Vector512.FusedMultiplyAdd(hRe, im8, hSumIm);
                hRe = Vector512.FusedMultiplyAdd(-hIm, im8, hSumRe);
                hIm = Vector512.FusedMultiplyAdd(hIm, re8, hSumIm);
            }

            var (bRe, bIm, cRe, cIm) = (p[InputRe], p[InputIm], p[OutputRe], p[OutputIm]);
            var (wRe, wIm) = Multiply(bRe, bIm, cRe, cIm);
            var (whRe, whIm) = Multiply(wRe, wIm, hRe, hIm);
            var (cgRe, cgIm) = Multiply(cRe, cIm, gRe, gIm);
            var (bgRe, bgIm) = Multiply(bRe, bIm, gRe, gIm);
            var push = work[Push];
            var gradientNu = TMode.Take(sums + Nu, Vector512.FusedMultiplyAdd(-work[Rate], whRe, push));
            var nu = Descend(p[Nu], gradientNu, moments, constants);
            var theta = Descend(p[Theta], TMode.Take(sums + Theta, push - whIm), moments + 2, constants);
            bRe = Descend(bRe, TMode.Take(sums + InputRe, cgRe + push), moments + 4, constants);
            bIm = Descend(bIm, TMode.Take(sums + InputIm, push - cgIm), moments + 6, constants);
            cRe = Descend(cRe, TMode.Take(sums + OutputRe, bgRe + push), moments + 8, constants);
            cIm = Descend(cIm, TMode.Take(sums + OutputIm, push - bgIm), moments + 10, constants);
            (p[Nu], p[Theta]) = (nu, theta);
            (p[InputRe], p[InputIm]) = (bRe, bIm);
            (p[OutputRe], p[OutputIm]) = (cRe, cIm);
            Derive(nu, theta, bRe, bIm, cRe, cIm, work);
            p += Trainable;
            moments += 2 * Trainable;
            sums += Trainable;
            work += Derived;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> Re, Vector512<float> Im) Multiply(Vector512<float> aRe, Vector512<float> aIm, Vector512<float> bRe, Vector512<float> bIm) =>
        (Vector512.FusedMultiplyAdd(-aIm, bIm, aRe * bRe), Vector512.FusedMultiplyAdd(aIm, bRe, aRe * bIm));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Derive(
        Vector512<float> nu, Vector512<float> theta, Vector512<float> bRe, Vector512<float> bIm, Vector512<float> cRe, Vector512<float> cIm, Vector512<float>* work)
    {
        (work[CoefficientRe], work[CoefficientIm]) = Multiply(bRe, bIm, cRe, cIm);
        var rate = Vector512.MinNative(LaneMath.Exp(nu), Vector512.Create(LargestRate));
        work[Rate] = rate;
        var modulus = LaneMath.Exp(-rate);
        var (sin, cos) = LaneMath.SinCos(theta);
        var power = work + Powers;
        var (re1, im1) = (modulus * cos, modulus * sin);
        var (re2, im2) = Multiply(re1, im1, re1, im1);
        var (re4, im4) = Multiply(re2, im2, re2, im2);
        (power[0], power[1]) = (re1, im1);
        (power[2], power[3]) = (re2, im2);
        (power[4], power[5]) = Multiply(re2, im2, re1, im1);
        (power[6], power[7]) = (re4, im4);
        (power[8], power[9]) = Multiply(re4, im4, re1, im1);
        (power[10], power[11]) = Multiply(re4, im4, re2, im2);
        (power[12], power[13]) = Multiply(re4, im4, power[4], power[5]);
        (power[14], power[15]) = Multiply(re4, im4, re4, im4);
    }
}
