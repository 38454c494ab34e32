using System.Security.Cryptography;
using System.Text;
using StateSpace.Training.Checkpointing;
using StateSpace.Training.LanguageModels;
using StateSpace.Training.LanguageModels.Data;
using StateSpace.Training.LanguageModels.Runs;
using StateSpace.Training.LanguageModels.Settings;

namespace StateSpace.Training.Tests.LanguageModels;

public sealed class TrainingRunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ssm-run-").FullName;

    public static TheoryData<string, BatchMode> Courses()
    {
        var data = new TheoryData<string, BatchMode>();
        foreach (var model in LanguageModelKinds.Names) data.Add(model, BatchMode.Packed);
        foreach (var model in LanguageModelKinds.Names.Where(LanguageModelKinds.IsRecurrent)) data.Add(model, BatchMode.Carried);
        return data;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Courses))]
    public void A_run_that_was_stopped_and_resumed_ends_with_the_same_bits(string model, BatchMode mode)
    {
        var settings = Small(model) with { Mode = mode, Accumulation = 2, Batch = 2, Steps = 9, EvaluateEvery = 4 };
        var whole = Train("whole", model, settings, stopAt: null);
        Assert.True(whole.IsFinished);
        Assert.Equal(9, whole.Metrics.Steps.Count);

        var stops = 0;
        for (var stopAt = 1; !Train("stopped", model, settings, stopAt).IsFinished; stopAt += 2) stops++;
        Assert.InRange(stops, 1, 5);
        Assert.Equal(Bits("whole"), Bits("stopped"));
    }

    [Fact]
    public void The_loss_falls_on_text_that_can_be_learned_and_the_held_out_loss_with_it()
    {
        var result = Train("run", LanguageModelKinds.Default, Small(LanguageModelKinds.Default) with { Steps = 60, Warmup = 5, Rate = 1e-2, EvaluateEvery = 30 }, stopAt: null);
        var first = result.Metrics.Steps[0].Loss;
        Assert.InRange(first, 4, 7);
        Assert.InRange(result.Metrics.Steps[^1].Loss, 0, 0.6 * first);
        Assert.InRange(result.Final!.Value.NatsPerByte, 0, 0.6 * first);
        Assert.Equal(result.Final.Value.NatsPerByte / Math.Log(2), result.Final.Value.BitsPerByte, 12);
        Assert.Equal(result.HeldOutTokens, result.Final.Value.Tokens);
    }

    [Fact]
    public void Both_ways_to_evaluate_predict_every_held_out_token_once()
    {
        foreach (var mode in Enum.GetValues<EvaluationMode>())
        {
            foreach (var (batch, length) in new[] { (1, 16), (3, 17), (7, 15), (200, 8), (2, 63) })
            {
                var settings = Small(LanguageModelKinds.Default) with { Steps = 1, Evaluation = mode, Batch = batch, Length = length };
                var result = Train($"{mode}-{batch}-{length}", LanguageModelKinds.Default, settings, stopAt: null);
                Assert.Equal(result.HeldOutTokens, result.Final!.Value.Tokens);
            }
        }
    }

    [Fact]
    public void A_training_that_diverges_is_given_up_in_one_clear_line()
    {
        var settings = Small(LanguageModelKinds.Default) with { Steps = 200, Warmup = 0, Rate = 10, Decay = 0, Clip = 1e9, Width = 8, Batch = 1 };
        var message = Assert.Throws<TrainingDivergedException>(() =>
        {
            // A weight beyond the range of float32 makes every later loss infinite.
            using var trainer = Trainer(LanguageModelKinds.Default, settings, out var configuration);
            trainer.Model.Parameters[0].Value.Fill(1e38);
            trainer.Run(TrainingFolder.Create(Path.Combine(_folder, "diverged"), configuration), CancellationToken.None);
        }).Message;
        Assert.StartsWith("the training diverged: 20 steps in a row up to step 20 have no finite gradient", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_another_process_has_open_is_refused()
    {
        var settings = Small(LanguageModelKinds.Default);
        using var trainer = Trainer(LanguageModelKinds.Default, settings, out var configuration);
        var folder = TrainingFolder.Create(Path.Combine(_folder, "busy"), configuration);
        using (Journal.Create(folder.MetricsPath))
        {
            Assert.EndsWith("is in use by another process; wait for it or choose another folder", Assert.Throws<RunFolderException>(() => trainer.Run(folder, CancellationToken.None)).Message, StringComparison.Ordinal);
        }

        Assert.Contains("holds a run already", Assert.Throws<RunFolderException>(() => TrainingFolder.Create(folder.Path, configuration)).Message, StringComparison.Ordinal);
        TrainingFolder.Create(folder.Path, configuration, overwrite: true);
    }

    [Fact]
    public void A_time_becomes_a_number_of_steps_before_the_run()
    {
        using var trainer = Trainer(LanguageModelKinds.Default, Small(LanguageModelKinds.Default) with { Steps = 1 }, out var configuration);
        var lines = new List<string>();
        var fitted = TimeBudget.Fit(configuration, Corpus(configuration.Settings), TextTokenizer.Bytes, TimeSpan.FromSeconds(2), lines.Add);
        Assert.InRange(fitted.Settings.Steps, 2, 1_000_000);
        Assert.InRange(fitted.Settings.Warmup, 0, fitted.Settings.Steps / 10);
        Assert.Contains($"{fitted.Settings.Steps} steps fit into 0.03 minutes", Assert.Single(lines), StringComparison.Ordinal);
    }

    private static LanguageModelSettings Small(string model) => Presets.Of("tiny", model) with
    {
        Width = 16, Layers = 2, State = 4, Heads = 2, HeadSize = 8, FeedForward = 32, Batch = 4, Length = 24, Steps = 3, EvaluateEvery = 2, EvaluationTokens = 200,
    };

    private TrainingResult Train(string name, string model, LanguageModelSettings settings, long? stopAt)
    {
        using var trainer = Trainer(model, settings, out var configuration);
        var path = Path.Combine(_folder, name);
        var folder = Directory.Exists(path) ? TrainingFolder.Open(path) : TrainingFolder.Create(path, configuration);
        using var stop = new CancellationTokenSource();
        var watch = new Thread(() =>
        {
            while (stopAt is not null && trainer.Progress.Step < stopAt && !stop.IsCancellationRequested) Thread.Yield();
            if (stopAt is not null) stop.Cancel();
        });
        watch.Start();
        var result = trainer.Run(folder, stop.Token);
        stop.Cancel();
        watch.Join();
        return result;
    }

    private LanguageModelTrainer Trainer(string model, LanguageModelSettings settings, out RunConfiguration configuration)
    {
        var corpus = Corpus(settings);
        configuration = new("test", model, "tiny", 5, "byte", "", null, corpus.Files, settings);
        return new(configuration, corpus, TextTokenizer.Bytes);
    }

    private TextCorpus Corpus(LanguageModelSettings settings)
    {
        var path = Path.Combine(_folder, "text");
        if (!File.Exists(path)) File.WriteAllText(path, string.Concat(Enumerable.Range(0, 300).Select(i => $"line {i % 7} of a text\n")), Encoding.ASCII);
        return TextCorpus.Read([path], TextTokenizer.Bytes.Encode, null, (int)settings.Length);
    }

    /// <summary>Every file whose bits do not come from a clock, by its hash.</summary>
    private SortedDictionary<string, string> Bits(string name)
    {
        var root = Path.Combine(_folder, name);
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Where(file => Path.GetFileName(file) != "timings.jsonl"))
            files.Add(Path.GetRelativePath(root, file), Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file))));
        return files;
    }
}
