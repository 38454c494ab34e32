using StateSpace.Tensors.Verification;

namespace StateSpace.Tensors.Operations.Softmax;

/// <summary>The truth, in double: p_d = e^(x_d − max) / Σ e^(x − max), its logarithm, and log Σ e^x = max + log Σ e^(x − max).</summary>
internal static class SoftmaxReference
{
    public static ReferenceArray Softmax(ReferenceArray x) => ByRow(x, (row, y) =>
    {
        var logarithm = LogSumExp(row);
        for (var d = 0; d < row.Length; d++) y[d] = Math.Exp(row[d] - logarithm);
    });

    public static ReferenceArray LogSoftmax(ReferenceArray x) => ByRow(x, (row, y) =>
    {
        var logarithm = LogSumExp(row);
        for (var d = 0; d < row.Length; d++) y[d] = row[d] - logarithm;
    });

    public static ReferenceArray LogSumExp(ReferenceArray x)
    {
        var length = (int)x.Shape[^1];
        var y = ReferenceArray.Zeros(x.Shape.Without(-1));
        for (var row = 0; row < y.Values.Length; row++) y.Values[row] = LogSumExp(x.Values.AsSpan(row * length, length));
        return y;
    }

    /// <summary>∂x_d = p_d (g_d − Σ g p).</summary>
    public static ReferenceArray SoftmaxGradient(ReferenceArray x, ReferenceArray gradient) => ByRow(x, gradient, (row, g, dx) =>
    {
        var logarithm = LogSumExp(row);
        var mean = 0.0;
        for (var d = 0; d < row.Length; d++) mean += g[d] * Math.Exp(row[d] - logarithm);
        for (var d = 0; d < row.Length; d++) dx[d] = Math.Exp(row[d] - logarithm) * (g[d] - mean);
    });

    /// <summary>∂x_d = g_d − p_d Σ g.</summary>
    public static ReferenceArray LogSoftmaxGradient(ReferenceArray x, ReferenceArray gradient) => ByRow(x, gradient, (row, g, dx) =>
    {
        var logarithm = LogSumExp(row);
        var sum = 0.0;
        foreach (var value in g) sum += value;
        for (var d = 0; d < row.Length; d++) dx[d] = g[d] - (Math.Exp(row[d] - logarithm) * sum);
    });

    /// <summary>∂x_d = g p_d.</summary>
    public static ReferenceArray LogSumExpGradient(ReferenceArray x, ReferenceArray gradient)
    {
        var dx = Softmax(x);
        for (var i = 0; i < dx.Values.Length; i++) dx.Values[i] *= gradient.Values[i / (int)x.Shape[^1]];
        return dx;
    }

    private delegate void Row(ReadOnlySpan<double> x, Span<double> y);

    private delegate void GradientRow(ReadOnlySpan<double> x, ReadOnlySpan<double> gradient, Span<double> dx);

    private static double LogSumExp(ReadOnlySpan<double> row)
    {
        double maximum = double.NegativeInfinity, sum = 0;
        foreach (var value in row) maximum = Math.Max(maximum, value);
        foreach (var value in row) sum += Math.Exp(value - maximum);
        return maximum + Math.Log(sum);
    }

    private static ReferenceArray ByRow(ReferenceArray x, Row body) => ByRow(x, x, (row, _, y) => body(row, y));

    private static ReferenceArray ByRow(ReferenceArray x, ReferenceArray gradient, GradientRow body)
    {
        var length = (int)x.Shape[^1];
        var result = ReferenceArray.Zeros(x.Shape);
        for (var start = 0; start < x.Values.Length; start += length)
        {
            body(x.Values.AsSpan(start, length), gradient.Values.AsSpan(start, length), result.Values.AsSpan(start, length));
        }

        return result;
    }
}
