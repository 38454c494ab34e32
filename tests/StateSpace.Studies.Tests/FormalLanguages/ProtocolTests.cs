using System.IO.Compression;
using System.Text.Json.Nodes;
using StateSpace.Studies.FormalLanguages;
using StateSpace.Tensors;

namespace StateSpace.Studies.Tests.FormalLanguages;

/// <summary>The published protocol: its table is complete, and it trains on files of the published form.</summary>
public sealed class ProtocolTests
{
    private static readonly StudyOptions Paper = new("paper", 0, 1, new Dictionary<string, string>(StringComparer.Ordinal) { ["data"] = "nowhere" });

    [Fact]
    public void The_table_has_every_language_of_the_suite_with_a_number_a_bin_for_each_depth()
    {
        Assert.Equal(PublishedTask.All.Select(task => task.Language), PublishedCourse.Suite.Select(course => course.Language));
        Assert.All(PublishedCourse.Suite.Zip(PublishedTask.All), pair =>
        {
            Assert.Equal(3, pair.First.Mamba.Count);
            Assert.All(pair.First.Mamba.Append(pair.First.Transformer), accuracy => Assert.Equal(pair.Second.Bins.Count, accuracy.Length));
        });
    }

    [Fact]
    public void Preset_paper_alone_trains_it_three_depths_a_language_and_the_whole_sweep_where_it_is_asked_for()
    {
        ProtocolPart part = new();
        Assert.Empty(part.Plan(Paper with { Preset = "quick" }));
        Assert.Equal(81, part.Plan(Paper).Count);
        Dictionary<string, string> settings = new(StringComparer.Ordinal) { ["data"] = "nowhere", ["sweep"] = "all" };
        Assert.Equal(3 * PublishedCourse.Suite.Sum(course => course.Rates.Count * course.Widths.Count), part.Plan(Paper with { Settings = settings }).Count);
        settings["sweep"] = "some";
        Assert.Equal("--set sweep=some: it must be one or all", Assert.Throws<StudyInputException>(() => part.Plan(Paper with { Settings = settings })).Message);
        settings["epochs"] = "0";
        Assert.StartsWith("--set epochs=0: it must be a number from 1 to 100", Assert.Throws<StudyInputException>(() => part.Plan(Paper with { Settings = settings })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_files_nothing_is_trained_and_nothing_is_claimed()
    {
        ProtocolPart part = new();
        Dictionary<string, JsonNode> outcomes = new(StringComparer.Ordinal);
        foreach (var job in part.Plan(Paper)) outcomes.Add(job.Id, job.Run(new(_ => { }, CancellationToken.None)).Result);
        Assert.Empty(part.Conclude(Paper, outcomes).Claims);
    }

    [Fact]
    public void The_published_numbers_hold_every_claim_and_stand_beside_what_was_trained()
    {
        ProtocolPart part = new();
        Dictionary<string, JsonNode> outcomes = new(StringComparer.Ordinal);
        foreach (var job in part.Plan(Paper))
        {
            var names = job.Id.Split('.');
            var published = PublishedCourse.Suite.First(course => course.Language == names[1]).Mamba[names[2][^1] - '1'];
            outcomes.Add(job.Id, new JsonObject { ["Found"] = true, ["Parameters"] = 1, ["Strict"] = new JsonArray([.. published.Select(value => JsonValue.Create(value))]) });
        }

        var conclusion = part.Conclude(Paper, outcomes);
        Assert.All(conclusion.Claims, claim => Assert.True(claim.Holds, claim.Id));
        Assert.Equal(81, Assert.Single(conclusion.Tables).Rows.Count);

        // Of a sweep the point is shown that is best at training lengths, whatever it does on longer words.
        var options = Paper with { Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["data"] = "nowhere", ["sweep"] = "all" } };
        outcomes.Clear();
        foreach (var job in part.Plan(options))
        {
            var isWide = job.Id.Contains(".width128.", StringComparison.Ordinal);
            outcomes.Add(job.Id, new JsonObject { ["Found"] = true, ["Parameters"] = 1, ["Strict"] = isWide ? new JsonArray(90, 0, 0) : new JsonArray(80, 100, 100) });
        }

        var parity = Assert.Single(part.Conclude(options, outcomes).Tables).Rows.First(row => row[0].Text == "tomita-5");
        Assert.Equal((128, "90 (90)", "0 (0)"), (parity[2].Number, parity[4].Text, parity[5].Text));
    }

    [Theory]
    [InlineData("parity", "Parity", 2e-2)]
    [InlineData("dyck-1", "Dyck1", 2e-2)]
    public void Words_that_are_trained_are_learned_by_either_loss(string name, string folder, double rate)
    {
        var place = Directory.CreateTempSubdirectory("ssm-protocol-").FullName;
        try
        {
            var language = LanguageCatalog.Find(name);
            using (var archive = ZipFile.Open(Path.Combine(place, PublishedFiles.FileName), ZipArchiveMode.Create))
            {
                string[] words = name == "parity" ? ["11", "00", "0110", "101", "0", "1001", "011"] : ["()", "(())", "()()", "((()))", "(()())", "()(())"];
                Write(archive, folder, "train", "", language, words);
                for (var bin = 0; bin < 3; bin++) Write(archive, folder, "val", $"_bin{bin}", language, words);
            }

            ProtocolRun run = new(PublishedCourse.Suite.First(course => course.Language == name) with { Epochs = 150 }, Layers: 1, Width: 16, rate, Percent: 100, Seed: 0);
            var outcome = run.Job(place, Device.Cpu).Run(new(_ => { }, CancellationToken.None)).Result;
            Assert.All(outcome["Strict"]!.AsArray(), accuracy => Assert.Equal(100, (double)accuracy!));
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }

        static void Write(ZipArchive archive, string folder, string set, string bin, FormalLanguage language, string[] words)
        {
            foreach (var (kind, lines) in new[] { ("src", words), ("tgt", [.. words.Select(word => string.Concat(language.Labels(word)))]) })
            {
                using var writer = new StreamWriter(archive.CreateEntry($"{folder}/{set}_{kind}{bin}.txt").Open());
                foreach (var line in lines) writer.WriteLine(line);
            }
        }
    }
}
