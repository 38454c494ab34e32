using System.Text.Json;
using StateSpace.Models.Checkpoints;

namespace StateSpace.Models.Tokenization;

/// <summary>Reads the parts of a <c>tokenizer.json</c> and refuses by name what is not supported.</summary>
internal static class TokenizerParser
{
    // Ids become places in an array: they may leave gaps, but not so large ones that a small file takes much memory.
    private const int MostGaps = 1 << 16;

    public static TokenizerDescription Read(JsonPart root, ReadOnlyMemory<byte> json)
    {
        var model = root["model"];
        CheckType(model);
        var vocabulary = ReadVocabulary(model["vocab"]);
        var added = ReadAdded(root["added_tokens"], vocabulary);
        CheckIds(root, vocabulary, added);
        CheckDecoder(root["decoder"]);
        var (prefix, suffix) = ReadTemplate(root["post_processor"]);
        var description = new TokenizerDescription
        {
            Path = root.File,
            Json = json,
            Model = ReadModel(model, vocabulary),
            Added = added,
            Composes = ReadNormalizer(root["normalizer"]),
            Prefix = prefix,
            Suffix = suffix,
        };
        var known = vocabulary.Values.Concat(added.Select(token => token.Id)).ToHashSet();
        foreach (var id in prefix.Concat(suffix))
            if (!known.Contains(id)) throw root["post_processor"].Problem($"names the id {id}, which no token has");
        return PreTokenizerParser.Read(root["pre_tokenizer"], description);
    }

    /// <summary>The error for a part of a type that is not supported.</summary>
    public static CheckpointException Unsupported(JsonPart part, string type, string supported) =>
        part.Problem($"is {SafeTensorsHeader.Short(type)}, which is not supported; {supported}");

    private static void CheckType(JsonPart model)
    {
        // Older files leave the type out; their merges give it away.
        var type = model["type"].OptionalText() ?? (model["merges"].IsNothing ? "unnamed" : "BPE");
        if (type != "BPE") throw Unsupported(model["type"], type, "BPE is");
    }

    private static void CheckDropout(JsonPart part)
    {
        if (part.IsNothing) return;
        if (part.Value.ValueKind != JsonValueKind.Number) throw part.Problem("must be a number");
        if (part.Value.GetDouble() != 0) throw part.Problem("is not supported: the same text must give the same ids");
    }

    private static Dictionary<string, int> ReadVocabulary(JsonPart part)
    {
        if (part.Value.ValueKind != JsonValueKind.Object) throw part.Problem("must be an object of tokens and ids");
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var token in part.Value.EnumerateObject())
        {
            vocabulary.Add(token.Name, new JsonPart(part.File, $"{part.Where}['{token.Name}']", token.Value).Index());
        }

        return vocabulary;
    }

    private static BytePairModel ReadModel(JsonPart part, Dictionary<string, int> vocabulary)
    {
        foreach (var name in new[] { "continuing_subword_prefix", "end_of_word_suffix" })
            if (part[name].OptionalText() is { Length: > 0 }) throw part[name].Problem("is not supported; byte-level vocabularies have none");
        foreach (var name in new[] { "byte_fallback", "fuse_unk" })
            if (part[name].Truth(false)) throw part[name].Problem("is not supported; byte-level vocabularies do not need it");
        CheckDropout(part["dropout"]);
        int? unknown = null;
        if (part["unk_token"].OptionalText() is { } token)
        {
            unknown = vocabulary.TryGetValue(token, out var id) ? id : throw part["unk_token"].Problem($"'{SafeTensorsHeader.Short(token)}' is not in the vocabulary");
        }

        return new(vocabulary, ReadMerges(part["merges"], vocabulary), unknown, part["ignore_merges"].Truth(false));
    }

    private static Dictionary<long, (int Rank, int Id)> ReadMerges(JsonPart part, Dictionary<string, int> vocabulary)
    {
        var merges = new Dictionary<long, (int Rank, int Id)>();
        var rank = 0;
        foreach (var item in part.Items())
        {
            var (left, right) = ReadMerge(item);
            merges[BytePairModel.Pair(Id(item, left), Id(item, right))] = (rank++, Id(item, left + right));
        }

        return merges;

        int Id(JsonPart item, string token) =>
            vocabulary.TryGetValue(token, out var id) ? id : throw item.Problem($"needs the token '{SafeTensorsHeader.Short(token)}', which is not in the vocabulary");
    }

    private static (string Left, string Right) ReadMerge(JsonPart part)
    {
        if (part.Value.ValueKind == JsonValueKind.String)
        {
            var text = part.Text();
            var space = text.IndexOf(' ');
            return space > 0 && text.IndexOf(' ', space + 1) < 0 ? (text[..space], text[(space + 1)..]) : throw part.Problem("must be two tokens with a space between");
        }

        return part.Value.ValueKind == JsonValueKind.Array && part.Items().ToList() is [var left, var right]
            ? (left.Text(), right.Text())
            : throw part.Problem("must be a pair of tokens");
    }

    private static List<AddedToken> ReadAdded(JsonPart part, Dictionary<string, int> vocabulary)
    {
        var added = new List<AddedToken>();
        var (contents, ids) = (new HashSet<string>(StringComparer.Ordinal), new Dictionary<int, string>());
        var owners = vocabulary.GroupBy(token => token.Value).ToDictionary(group => group.Key, group => group.First().Key);
        foreach (var item in part.Items())
        {
            var token = new AddedToken(
                item["id"].Index(),
                item["content"].Text(),
                item["special"].Truth(false),
                item["normalized"].Truth(true),
                item["single_word"].Truth(false),
                item["lstrip"].Truth(false),
                item["rstrip"].Truth(false));
            if (token.Content.Length == 0) continue;
            if (!contents.Add(token.Content)) throw item.Problem($"'{SafeTensorsHeader.Short(token.Content)}' occurs twice");
            var owner = owners.GetValueOrDefault(token.Id) ?? ids.GetValueOrDefault(token.Id, token.Content);
            if (owner != token.Content) throw item.Problem($"has the id {token.Id}, which is that of '{SafeTensorsHeader.Short(owner)}'");
            if (vocabulary.TryGetValue(token.Content, out var id) && id != token.Id) throw item.Problem($"has the id {token.Id}, but the vocabulary gives it {id}");
            ids[token.Id] = token.Content;
            added.Add(token);
        }

        return added;
    }

    private static void CheckIds(JsonPart root, Dictionary<string, int> vocabulary, List<AddedToken> added)
    {
        var seen = new HashSet<int>();
        var most = MostGaps + (4L * (vocabulary.Count + added.Count));
        foreach (var (token, id) in vocabulary)
        {
            if (!seen.Add(id)) throw root["model"]["vocab"].Problem($"gives the id {id} twice, also to '{SafeTensorsHeader.Short(token)}'");
            if (id > most) throw root["model"]["vocab"].Problem($"gives '{SafeTensorsHeader.Short(token)}' the id {id}, far beyond the number of tokens");
        }

        foreach (var token in added)
        {
            if (token.Id <= most) continue;
            throw root["added_tokens"].Problem($"gives '{SafeTensorsHeader.Short(token.Content)}' the id {token.Id}, far beyond the number of tokens");
        }
    }

    private static bool ReadNormalizer(JsonPart part)
    {
        if (part.IsNothing) return false;
        switch (part["type"].Text())
        {
            case "NFC":
                return true;
            case "Sequence":
                var composes = false;
                foreach (var item in part["normalizers"].Items()) composes |= ReadNormalizer(item);
                return composes;
            case var other:
                throw Unsupported(part, other, "NFC is, and none");
        }
    }

    private static void CheckDecoder(JsonPart part)
    {
        if (part.IsNothing) return;
        var type = part["type"].Text();
        if (type == "Sequence")
        {
            foreach (var item in part["decoders"].Items()) CheckDecoder(item);
        }
        else if (type != "ByteLevel")
        {
            throw Unsupported(part, type, "ByteLevel is");
        }
    }

    /// <summary>Ids before and behind a single text.</summary>
    private static (List<int> Prefix, List<int> Suffix) ReadTemplate(JsonPart part)
    {
        List<int> prefix = [], suffix = [];
        if (part.IsNothing) return (prefix, suffix);
        switch (part["type"].Text())
        {
            case "ByteLevel":
                // It changes where tokens are said to begin, not which they are.
                break;
            case "Sequence":
                foreach (var item in part["processors"].Items())
                {
                    // Each puts its tokens around what the one before gave.
                    var (before, behind) = ReadTemplate(item);
                    prefix.InsertRange(0, before);
                    suffix.AddRange(behind);
                }

                break;
            case "TemplateProcessing":
                ReadTemplate(part, prefix, suffix);
                break;
            case var other:
                throw Unsupported(part, other, "ByteLevel, TemplateProcessing and a Sequence of them are");
        }

        return (prefix, suffix);
    }

    private static void ReadTemplate(JsonPart part, List<int> prefix, List<int> suffix)
    {
        var target = prefix;
        foreach (var item in part["single"].Items())
        {
            if (!item["Sequence"].IsNothing)
            {
                if (target == suffix) throw item.Problem("has the text twice");
                target = suffix;
                continue;
            }

            var name = item["SpecialToken"]["id"].Text();
            foreach (var id in part["special_tokens"][name]["ids"].Items()) target.Add(id.Index());
        }
    }
}
