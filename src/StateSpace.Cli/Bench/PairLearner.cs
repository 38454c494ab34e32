using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using StateSpace.Models.Tokenization;

namespace StateSpace.Cli.Bench;

/// <summary>Learns a small byte-level vocabulary from a text, so that tokenizers can be timed where no file describes one.</summary>
internal static class PairLearner
{
    /// <summary>The <c>tokenizer.json</c> of a vocabulary whose merges are the pairs that occur most often, each counted after the one before.</summary>
    public static string Learn(string text, int merges)
    {
        var folder = Directory.CreateTempSubdirectory("ssm-bench-");
        try
        {
            // The byte tokenizer's own file, cut into words and with merges.
            new ByteTokenizer().Save(folder.FullName);
            var json = JsonNode.Parse(File.ReadAllText(Path.Combine(folder.FullName, "tokenizer.json")))!;
            json["pre_tokenizer"]!["use_regex"] = true;
            var vocabulary = json["model"]!["vocab"]!.AsObject();
            var letters = vocabulary.ToDictionary(token => (byte)token.Value!.GetValue<int>(), token => token.Key);
            var words = Words(text).GroupBy(word => word, StringComparer.Ordinal)
                .Select(group => (Symbols: Encoding.UTF8.GetBytes(group.Key).Select(value => letters[value]).ToList(), Count: group.Count())).ToList();
            for (var i = 0; i < merges && MostFrequent(words) is { } pair; i++)
            {
                if (vocabulary.ContainsKey(pair.Left + pair.Right)) break;
                vocabulary[pair.Left + pair.Right] = 257 + i;
                json["model"]!["merges"]!.AsArray().Add(new JsonArray(pair.Left, pair.Right));
                foreach (var (symbols, _) in words) Merge(symbols, pair);
            }

            return json.ToJsonString(new JsonSerializerOptions());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static IEnumerable<string> Words(string text)
    {
        for (int start = 0, length; start < text.Length; start += length)
        {
            length = text.AsSpan(start + 1).IndexOfAny(' ', '\n') is var gap and >= 0 ? gap + 1 : text.Length - start;
            yield return text.Substring(start, length);
        }
    }

    private static (string Left, string Right)? MostFrequent(List<(List<string> Symbols, int Count)> words)
    {
        var counts = new Dictionary<(string, string), int>();
        foreach (var (symbols, count) in words)
            for (var i = 0; i + 1 < symbols.Count; i++) counts[(symbols[i], symbols[i + 1])] = counts.GetValueOrDefault((symbols[i], symbols[i + 1])) + count;
        return counts.Count == 0 ? null : counts.MaxBy(entry => entry.Value).Key;
    }

    private static void Merge(List<string> symbols, (string Left, string Right) pair)
    {
        for (var i = 0; i + 1 < symbols.Count; i++)
        {
            if (symbols[i] != pair.Left || symbols[i + 1] != pair.Right) continue;
            symbols[i] += pair.Right;
            symbols.RemoveAt(i + 1);
        }
    }
}
