using System.Globalization;
using System.Text;
using StateSpace.Models.Tokenization;

namespace StateSpace.Cli.Bench;

/// <summary>
/// Encoding and decoding on one thread, in bytes of text. The text is <c>tinyshakespeare.txt</c> and the vocabulary <c>tokenizer.json</c> of the data
/// folder; without them, made-up words and a vocabulary learned from the text.
/// </summary>
internal static class TokenizerBench
{
    private const int MadeUpWords = 200_000;
    private const int LearnedFrom = 1 << 17;
    private const int LearnedMerges = 500;

    public static IEnumerable<BenchRecord> Run(CancellationToken cancellation)
    {
        var (text, source) = Text();
        var (path, vocabulary) = Vocabulary(text, out var temporary);
        try
        {
            var megabytes = Encoding.UTF8.GetByteCount(text) / 1e6;
            var pairs = BytePairTokenizer.Load(path);
            var bytes = new ByteTokenizer();
            var (pairIds, byteIds) = (pairs.Encode(text), bytes.Encode(text));
            var name = string.Create(CultureInfo.InvariantCulture, $"{source}, {megabytes:F1} MB, {vocabulary}");
            var cases = new (string Name, Action Run)[]
            {
                ("load and encode", () => BytePairTokenizer.Load(path).Encode(text)),
                ("encode", () => pairs.Encode(text)),
                ("decode", () => pairs.Decode(pairIds)),
                ("encode bytes", () => bytes.Encode(text)),
                ("decode bytes", () => bytes.Decode(byteIds)),
            };
            foreach (var (operation, run) in cases)
            {
                yield return new($"{operation}: {name}", "throughput", megabytes / Stopclock.Median(run, cancellation), "MB/s");
            }
        }
        finally
        {
            temporary?.Delete(recursive: true);
        }
    }

    private static (string Text, string Source) Text()
    {
        if (DataFile("tinyshakespeare.txt") is { } path) return (File.ReadAllText(path), "tinyshakespeare");

        // Words of one to ten letters whose frequencies fall as in a language (Zipf).
        var random = new Random(1);
        var words = Enumerable.Range(0, 20_000).Select(_ => Word()).ToArray();
        var text = new StringBuilder();
        for (var i = 0; i < MadeUpWords; i++) text.Append(words[(int)Math.Pow(words.Length, random.NextDouble()) - 1]).Append(i % 12 == 11 ? ".\n" : " ");
        return (text.ToString(), "made-up words");

        string Word() => string.Concat(Enumerable.Range(0, random.Next(1, 11)).Select(_ => "eeetaoinshrdlucmfwyp"[random.Next(20)]));
    }

    private static (string Path, string Name) Vocabulary(string text, out DirectoryInfo? temporary)
    {
        temporary = null;
        if (DataFile("tokenizer.json") is { } given) return (given, "tokenizer.json of the data folder");
        temporary = Directory.CreateTempSubdirectory("ssm-bench-");
        var path = Path.Combine(temporary.FullName, "tokenizer.json");
        File.WriteAllText(path, PairLearner.Learn(text[..Math.Min(text.Length, LearnedFrom)], LearnedMerges));
        return (path, $"{LearnedMerges} learned merges");
    }

    private static string? DataFile(string name) =>
        Environment.GetEnvironmentVariable("SSM_DATA") is { Length: > 0 } folder && Path.Combine(folder, name) is var path && File.Exists(path) ? path : null;
}
