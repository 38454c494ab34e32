namespace StateSpace.Tensors.Random;

internal readonly struct RandomSource(ulong seed, ulong stream)
{
    public void FillUniform(Span<double> values)
    {
        var r = new System.Random(HashCode.Combine(seed, stream));
        for (var i = 0; i < values.Length; i++) values[i] = r.NextDouble();
    }
}
