using System.Text.Json;
using StateSpace.Studies;
using StateSpace.Training.Checkpointing;

namespace StateSpace.Reporting.Tests;

public sealed class ResultJsonTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ssm-test-").FullName;

    private string FilePath => Path.Combine(_folder, "results.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_record_has_the_documented_members_in_order()
    {
        using var json = JsonDocument.Parse(ResultJson.Write(Sample.Result));
        Assert.Equal(["study", "preset", "seed", "elapsed_seconds", "claims", "tables", "charts", "sections"], Names(json.RootElement));
        Assert.Equal(["id", "statement", "source", "expected", "measured", "holds"], Names(json.RootElement.GetProperty("claims")[0]));
        Assert.Equal(["name", "title", "columns", "rows", "note"], Names(json.RootElement.GetProperty("tables")[0]));
        Assert.Equal(["name", "title", "x", "y", "series", "note", "unit_circle"], Names(json.RootElement.GetProperty("charts")[0]));
        Assert.Equal("line_and_points", json.RootElement.GetProperty("charts")[0].GetProperty("series")[1].GetProperty("style").GetString());
        Assert.Equal("Infinity", json.RootElement.GetProperty("tables")[0].GetProperty("rows")[2][1].GetString());
        Assert.Equal(JsonValueKind.Number, json.RootElement.GetProperty("tables")[0].GetProperty("rows")[1][1].ValueKind);
    }

    [Fact]
    public void What_is_read_back_writes_the_same_bytes_and_gives_the_same_report()
    {
        File.WriteAllText(FilePath, ResultJson.Write(Sample.Result));
        var read = ResultJson.Read(FilePath);
        Assert.Equal(File.ReadAllText(FilePath), ResultJson.Write(read));
        Assert.Equal(
            HtmlReport.Write(Sample.Description, Sample.Configuration, Sample.Result),
            HtmlReport.Write(Sample.Description, Sample.Configuration, read));
    }

    [Fact]
    public void Numbers_read_back_with_the_same_bits()
    {
        double[] values = [1.0 / 3, 5e-324, double.MaxValue, -0.0, 0.1 + 0.2, 1e23, double.NaN, double.NegativeInfinity];
        var result = Sample.Result with { Charts = [new("c", "C", new("x"), new("y"), [new("s", values, values)])] };
        File.WriteAllText(FilePath, ResultJson.Write(result));
        Assert.Equal(values.Select(BitConverter.DoubleToInt64Bits), ResultJson.Read(FilePath).Charts[0].Series[0].Y.Select(BitConverter.DoubleToInt64Bits));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("{\"study\":\"s\"}")]
    [InlineData("[1")]
    public void A_damaged_record_is_an_error_that_names_the_file(string content)
    {
        File.WriteAllText(FilePath, content);
        Assert.Equal($"{FilePath}: is damaged: it is not the result of a study; delete it and resume the run", Assert.Throws<RunFolderException>(() => ResultJson.Read(FilePath)).Message);
    }

    private static IEnumerable<string> Names(JsonElement element) => element.EnumerateObject().Select(member => member.Name);
}
