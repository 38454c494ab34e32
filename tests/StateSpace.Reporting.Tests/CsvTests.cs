using StateSpace.Studies;

namespace StateSpace.Reporting.Tests;

public sealed class CsvTests
{
    [Fact]
    public void Fields_with_commas_quotes_and_line_ends_are_quoted_after_RFC_4180()
    {
        var table = new ResultTable("t", "T", ["plain", "with \"quotes\"", "a,b"], [["x", "line\nend", "line\r\nend"], [1.5, double.NaN, ""]]);
        Assert.Equal("plain,\"with \"\"quotes\"\"\",\"a,b\"\r\nx,\"line\nend\",\"line\r\nend\"\r\n1.5,NaN,\r\n", Csv.Write(table));
    }

    [Fact]
    public void Numbers_are_written_so_that_they_read_back_with_the_same_bits()
    {
        var value = 0.1 + 0.2;
        Assert.Equal("v\r\n0.30000000000000004\r\n", Csv.Write(new ResultTable("t", "T", ["v"], [[value]])));
    }

    [Fact]
    public void A_chart_has_a_line_per_point_of_every_series()
    {
        var chart = new Chart("c", "C", new("t"), new("loss"), [new("a", [1, 2], [3, 4]), new("b", [5], [double.PositiveInfinity])]);
        Assert.Equal("series,t,loss\r\na,1,3\r\na,2,4\r\nb,5,Infinity\r\n", Csv.Write(chart));
    }
}
