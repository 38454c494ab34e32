namespace StateSpace.Studies.InContextEstimation;

/// <summary>Mean and its standard error of numbers that come in blocks.</summary>
internal sealed class SampleMean
{
    private double _sum;
    private double _squares;
    private long _count;

    public double Mean => _sum / _count;

    public double StandardError => Math.Sqrt(Math.Max((_squares / _count) - (Mean * Mean), 0) / (_count - 1));

    /// <summary>Deviation of the mean from what it should be, in standard errors.</summary>
    public double Deviation(double expected) => (Mean - expected) / StandardError;

    public void Add(ReadOnlySpan<float> values)
    {
        foreach (var value in values) Add(value);
    }

    public void Add(double value)
    {
        _sum += value;
        _squares += value * value;
        _count++;
    }
}
