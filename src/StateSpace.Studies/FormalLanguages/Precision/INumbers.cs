namespace StateSpace.Studies.FormalLanguages;

/// <summary>Numbers in which a recurrence is carried out.</summary>
/// <typeparam name="T">How a number is held.</typeparam>
internal interface INumbers<T>
{
    /// <summary>Name for tables.</summary>
    string Name { get; }

    /// <summary>The nearest number.</summary>
    T Of(double value);

    /// <summary>The value, exactly where a double holds it.</summary>
    double ToDouble(T value);

    /// <summary>a·b, rounded once.</summary>
    T Product(T a, T b);

    /// <summary>a + b.</summary>
    T Sum(T a, T b);
}

/// <summary>
/// Multiples of 2^−p with an integer part as far as 64 bits go: the paper's finite precision. Products round to nearest, ties upwards; an overflow throws
/// rather than wraps, since counters that wrap can count modulo an even number with gates that are not negative.
/// </summary>
/// <param name="fractionBits">p.</param>
internal sealed class FixedPoint(int fractionBits) : INumbers<long>
{
    public string Name => $"fixed point, p = {fractionBits}";

    private long Unit => 1L << fractionBits;

    public long Of(double value) => checked((long)Math.Floor((value * Unit) + 0.5));

    public double ToDouble(long value) => (double)value / Unit;

    public long Product(long a, long b) => checked(((a * b) + (Unit >> 1)) >> fractionBits);

    public long Sum(long a, long b) => checked(a + b);
}

/// <summary>IEEE 754 single precision.</summary>
internal sealed class SinglePrecision : INumbers<float>
{
    public string Name => "float32";

    public float Of(double value) => (float)value;

    public double ToDouble(float value) => value;

    public float Product(float a, float b) => a * b;

    public float Sum(float a, float b) => a + b;
}

/// <summary>IEEE 754 double precision.</summary>
internal sealed class DoublePrecision : INumbers<double>
{
    public string Name => "float64";

    public double Of(double value) => value;

    public double ToDouble(double value) => value;

    public double Product(double a, double b) => a * b;

    public double Sum(double a, double b) => a + b;
}
