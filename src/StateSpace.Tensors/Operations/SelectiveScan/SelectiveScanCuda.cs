using StateSpace.Tensors.Cuda;

namespace StateSpace.Tensors.Operations.SelectiveScan;

/// <summary>Runs the kernels of SelectiveScanForward.cu, SelectiveScanBackward.cu and ScanSums.cu.</summary>
internal static class SelectiveScanCuda
{
    private const int Sum = 256;

    /// <summary>Room for the states before each border step, (B, borders, D, N; re and im where complex).</summary>
    public static Tensor EmptyBorders(ScanTensors x)
    {
        var parts = x.IsComplex ? 2 : 1;
        return Tensor.Empty([x.Input.Shape[0], Grid.Cover(x.Input.Shape[1], ScanPlan.Of(x).Border), x.ARe.Shape[0], parts * x.ARe.Shape[1]], x.ARe.DType, x.Input.Device);
    }

    public static void Forward(ScanTensors x, Tensor y, Tensor finalRe, Tensor? finalIm, Tensor? borders)
    {
        var (batch, length, channels, states) = Sizes(x);
        if (batch * channels == 0) return;
        var plan = ScanPlan.Of(x);
        CudaKernel.For(x.Input, "SelectiveScanForward", "selective_scan_forward", plan.ForwardDefines).Launch(
            batch * Grid.Cover(channels, plan.Channels),
            ScanPlan.Threads,
            sharedBytes: plan.ForwardBytes,
            args:
            [
                x.Input, x.Delta, x.ARe, x.AIm, x.BRe, x.BIm, x.CRe, x.CIm, x.Skip, x.Gate, x.DeltaBias, x.InitialRe, x.InitialIm, x.Resets,
                y, finalRe, finalIm, borders, length, channels, states,
            ]);
    }

    /// <returns>The gradients, in the shapes of their inputs.</returns>
    public static ScanGradients Backward(ScanTensors x, Tensor borders, Tensor dy, Tensor? dfinalRe, Tensor? dfinalIm)
    {
        var (batch, length, channels, states) = Sizes(x);
        var result = new ScanGradients(
            x.Input.EmptyLike(),
            x.Delta.EmptyLike(),
            x.ARe.EmptyLike(),
            x.AIm?.EmptyLike(),
            x.BRe.EmptyLike(),
            x.BIm?.EmptyLike(),
            x.CRe.EmptyLike(),
            x.CIm?.EmptyLike(),
            x.Skip?.EmptyLike(),
            x.Gate?.EmptyLike(),
            x.DeltaBias?.EmptyLike(),
            x.InitialRe?.EmptyLike(),
            x.InitialIm?.EmptyLike());
        if (batch * channels == 0)
        {
            foreach (var empty in new[] { result.ARe, result.AIm, result.BRe, result.BIm, result.CRe, result.CIm, result.Skip, result.DeltaBias }) empty?.Clear();
            return result;
        }

        var plan = ScanPlan.Of(x);
        using var scope = new TensorScope();
        var (parameters, blocks) = (x.ARe.DType, Grid.Cover(channels, plan.Channels));
        var (aRe, aIm) = (PerSequence(result.ARe), PerSequence(result.AIm));
        var (bRe, bIm) = x.IsBPerStep ? (null, null) : (PerSequence(result.BRe), PerSequence(result.BIm));
        var (cRe, cIm) = x.IsCPerStep ? (null, null) : (PerSequence(result.CRe), PerSequence(result.CIm));
        var (skip, bias) = (PerSequence(result.Skip), PerSequence(result.DeltaBias));
        var isPerStep = x.IsBPerStep || x.IsCPerStep;
        var parts = isPerStep ? Tensor.Empty([blocks, batch, length, 2 * (x.IsComplex ? 2 : 1) * states], parameters, x.Input.Device) : null;
        CudaKernel.For(x.Input, "SelectiveScanBackward", "selective_scan_backward", plan.BackwardDefines).Launch(
            batch * blocks,
            ScanPlan.Threads,
            sharedBytes: plan.BackwardBytes,
            args:
            [
                x.Input, x.Delta, x.ARe, x.AIm, x.BRe, x.BIm, x.CRe, x.CIm, x.Skip, x.Gate, x.DeltaBias, x.Resets, borders, dy, dfinalRe, dfinalIm,
                result.Input, result.Delta, result.Gate, aRe, aIm, bRe, bIm, cRe, cIm, skip, bias, result.InitialRe, result.InitialIm, parts,
                length, channels, states,
            ]);
        if (parts is { Count: > 0 })
        {
            // As many numbers to a thread as 16 bytes have, where a step's numbers can be divided so.
            var (width, most) = (parts.Shape[3], 16 / parameters.Size());
            CudaKernel.For(x.Input, "ScanSums", "scan_sum_coefficients", plan.SumDefines).Launch(
                Grid.Cover(parts.Count / blocks, Sum * (width % most == 0 ? most : 1)),
                Sum,
                parts,
                x.IsBPerStep ? result.BRe : null,
                x.IsBPerStep ? result.BIm : null,
                x.IsCPerStep ? result.CRe : null,
                x.IsCPerStep ? result.CIm : null,
                blocks,
                batch,
                length,
                states);
        }

        AddUp(aRe, result.ARe);
        AddUp(aIm, result.AIm);
        AddUp(bRe, result.BRe);
        AddUp(bIm, result.BIm);
        AddUp(cRe, result.CRe);
        AddUp(cIm, result.CIm);
        AddUp(skip, result.Skip);
        AddUp(bias, result.DeltaBias);
        return result;

        // One sequence needs no sum over sequences.
        Tensor? PerSequence(Tensor? total) => total is null || batch == 1 ? total : Tensor.Empty([batch, total.Count], parameters, x.Input.Device);

        void AddUp(Tensor? perSequence, Tensor? total)
        {
            if (perSequence is null || batch == 1 || total!.Count == 0) return;
            CudaKernel.For(x.Input, "ScanSums", "scan_sum", plan.SumDefines).Launch(Grid.Cover(total.Count, Sum), Sum, perSequence, total, batch, total.Count);
        }
    }

    private static (long Batch, long Length, long Channels, long States) Sizes(ScanTensors x) =>
        (x.Input.Shape[0], x.Input.Shape[1], x.Input.Shape[2], x.ARe.Shape[1]);
}
