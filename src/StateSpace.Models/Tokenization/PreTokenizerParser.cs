using StateSpace.Models.Checkpoints;

namespace StateSpace.Models.Tokenization;

/// <summary>Reads how a <c>tokenizer.json</c> cuts texts into words.</summary>
internal static class PreTokenizerParser
{
    private const int LongestPattern = 4096;
    private const int MostRules = 64;

    /// <summary>Adds the rules to a description.</summary>
    public static TokenizerDescription Read(JsonPart part, TokenizerDescription description)
    {
        if (part.IsNothing) throw part.Problem("is missing; only byte-level tokenizers, whose pre-tokenizer is or ends with ByteLevel, are supported");
        List<SplitRule> before = [], behind = [];
        var hasBytes = false;
        foreach (var step in Steps(part))
        {
            if (step["type"].Text() != "ByteLevel")
            {
                (hasBytes ? behind : before).Add(Rule(step));
                if (before.Count + behind.Count > MostRules) throw part.Problem($"has more than {MostRules} steps");
                continue;
            }

            if (hasBytes) throw step.Problem("is ByteLevel for the second time");
            hasBytes = true;
            description = description with { AddsPrefixSpace = step["add_prefix_space"].Truth(true), CutsWords = step["use_regex"].Truth(true) };
        }

        return hasBytes
            ? description with { TextRules = before, ByteRules = behind }
            : throw part.Problem("has no ByteLevel step; only byte-level tokenizers are supported");
    }

    private static IEnumerable<JsonPart> Steps(JsonPart part) => part["type"].Text() == "Sequence" ? part["pretokenizers"].Items().SelectMany(Steps) : [part];

    private static SplitRule Rule(JsonPart part) => part["type"].Text() switch
    {
        "Split" => Split(part),
        "Punctuation" => new CharacterRule(CharacterRule.IsPunctuation, Behavior(part["behavior"])),
        "Digits" => new CharacterRule(CharacterRule.IsNumber, part["individual_digits"].Truth(false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous),
        var other => throw TokenizerParser.Unsupported(part, other, "ByteLevel, Split, Digits and Punctuation and a Sequence of them are"),
    };

    private static SplitRule Split(JsonPart part)
    {
        var (behavior, inverts) = (Behavior(part["behavior"]), part["invert"].Truth(false));
        if (part["pattern"]["String"].OptionalText() is { } text)
        {
            return text.Length > 0 ? new TextRule(text, behavior, inverts) : throw part["pattern"].Problem("is empty");
        }

        var pattern = part["pattern"]["Regex"];
        var expression = pattern.Text();
        if (expression.Length > LongestPattern) throw pattern.Problem($"has more than {LongestPattern} characters");
        try
        {
            return new PatternRule(expression, behavior, inverts);
        }
        catch (ArgumentException error)
        {
            throw pattern.Problem($"cannot be used: {error.Message}");
        }
    }

    private static SplitBehavior Behavior(JsonPart part) =>
        part.IsNothing ? SplitBehavior.Isolated
        : Enum.GetNames<SplitBehavior>().Contains(part.Text(), StringComparer.Ordinal) ? Enum.Parse<SplitBehavior>(part.Text())
        : throw part.Problem($"is {SafeTensorsHeader.Short(part.Text())}; {string.Join(", ", Enum.GetNames<SplitBehavior>())} are known");
}
