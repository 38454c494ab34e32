using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.MatMul;

/// <summary>The truth, in double: C_mn = Σ_k A_mk B_kn for each element of the batch.</summary>
internal static class MatMulReference
{
    public static ReferenceArray Forward(ReferenceArray left, ReferenceArray right, bool transposeLeft, bool transposeRight)
    {
        long[] leftBatch = left.Shape.ToArray()[..^2], rightBatch = right.Shape.ToArray()[..^2];
        if (!Shape.TryBroadcast(leftBatch, rightBatch, out var batch)) throw new InvalidOperationException("batches do not broadcast");
        var (m, k) = transposeLeft ? (left.Shape[^1], left.Shape[^2]) : (left.Shape[^2], left.Shape[^1]);
        var n = transposeRight ? right.Shape[^2] : right.Shape[^1];
        var result = ReferenceArray.Zeros([.. batch.ToArray(), m, n]);
        for (long b = 0; b < batch.Count; b++)
        {
            long a = ReferenceArray.BroadcastPosition(b, batch, leftBatch) * m * k, c = ReferenceArray.BroadcastPosition(b, batch, rightBatch) * k * n;
            for (long i = 0; i < m; i++)
            {
                for (long j = 0; j < n; j++)
                {
                    var sum = 0.0;
                    for (long l = 0; l < k; l++)
                    {
                        sum += left.Values[a + (transposeLeft ? (l * m) + i : (i * k) + l)] * right.Values[c + (transposeRight ? (j * k) + l : (l * n) + j)];
                    }

                    result.Values[(((b * m) + i) * n) + j] = sum;
                }
            }
        }

        return result;
    }
}
