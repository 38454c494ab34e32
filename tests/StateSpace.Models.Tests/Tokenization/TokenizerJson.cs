using System.Text.Json;
using System.Text.Json.Nodes;

namespace StateSpace.Models.Tests.Tokenization;

/// <summary>A small <c>tokenizer.json</c>: the 256 bytes as ids 0 to 255 in the alphabet of byte-level vocabularies, and what a test adds.</summary>
internal static class TokenizerJson
{
    /// <summary>Letters of the bytes 0 … 255, written down independently of the code under test.</summary>
    public static string Letter(int value) => value switch
    {
        <= 32 => ((char)(256 + value)).ToString(),
        < 127 or (> 160 and not 173) => ((char)value).ToString(),
        < 161 => ((char)(256 + 33 + value - 127)).ToString(),
        _ => ((char)(256 + 67)).ToString(),
    };

    public static string Make(
        string preTokenizer = """{"type":"ByteLevel","add_prefix_space":false,"use_regex":true}""",
        string merges = "[]",
        string added = "[]",
        string normalizer = "null",
        string processor = "null",
        string model = "{}",
        params string[] tokens)
    {
        var vocabulary = new JsonObject();
        for (var value = 0; value < 256; value++) vocabulary[Letter(value)] = value;
        foreach (var token in tokens) vocabulary[token] = vocabulary.Count;
        var root = new JsonObject
        {
            ["added_tokens"] = JsonNode.Parse(added),
            ["normalizer"] = JsonNode.Parse(normalizer),
            ["pre_tokenizer"] = JsonNode.Parse(preTokenizer),
            ["post_processor"] = JsonNode.Parse(processor),
            ["decoder"] = JsonNode.Parse("""{"type":"ByteLevel"}"""),
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocabulary, ["merges"] = JsonNode.Parse(merges) },
        };
        foreach (var (name, value) in JsonNode.Parse(model)!.AsObject().ToList()) root["model"]![name] = value?.DeepClone();
        return root.ToJsonString(new JsonSerializerOptions());
    }
}
