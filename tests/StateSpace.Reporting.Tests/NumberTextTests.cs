using FsCheck;
using FsCheck.Fluent;

namespace StateSpace.Reporting.Tests;

public sealed class NumberTextTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(-0.0, "0")]
    [InlineData(160, "160")]
    [InlineData(-28800, "-28800")]
    [InlineData(9999999, "9999999")]
    [InlineData(10000000, "1e+7")]
    [InlineData(10827497472, "1.0827e+10")]
    [InlineData(0.1, "0.1")]
    [InlineData(0.123456789, "0.12346")]
    [InlineData(12345.678, "12346")]
    [InlineData(123456.78, "1.2346e+5")]
    [InlineData(0.00123456, "0.0012346")]
    [InlineData(0.000123456, "1.2346e-4")]
    [InlineData(-2.5e-300, "-2.5e-300")]
    [InlineData(99999.99, "1e+5")]
    [InlineData(9.999999, "10")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "∞")]
    [InlineData(double.NegativeInfinity, "-∞")]
    public void Numbers_read_as_people_write_them(double value, string text) => Assert.Equal(text, NumberText.Of(value).ToString());

    [Theory]
    [InlineData(0.4241, "0.42410")]
    [InlineData(31.99, "31.990")]
    [InlineData(4.54e-5, "4.5400e-5")]
    [InlineData(3, "3")]
    public void Padded_numbers_keep_their_zeros(double value, string text) => Assert.Equal(text, NumberText.Of(value, padded: true).ToString());

    [Fact]
    public void Every_text_is_within_half_a_unit_of_the_fifth_digit()
    {
        Prop.ForAll(ArbMap.Default.GeneratorFor<double>().Where(value => Math.Abs(value) <= 1e308).ToArbitrary(), value =>
        {
            var back = double.Parse(NumberText.Of(value).ToString());
            return Math.Abs(back - value) <= 0.50001e-4 * Math.Abs(value);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Theory]
    [InlineData(0.5, true)]
    [InlineData(9999999, true)]
    [InlineData(1.0 / 3, false)]
    [InlineData(10827497472, false)]
    [InlineData(double.NaN, true)]
    public void A_number_is_exact_where_five_digits_say_it(double value, bool exact) => Assert.Equal(exact, NumberText.IsExact(value));
}
