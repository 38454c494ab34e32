namespace StateSpace.Studies.FormalLanguages;

/// <summary>The first paragraph of the report: what came out, in the numbers of the claims.</summary>
internal static class Summary
{
    /// <summary>The conclusion with a paragraph before it.</summary>
    public static StudyConclusion Before(StudyConclusion conclusion)
    {
        var claims = conclusion.Claims.ToDictionary(claim => claim.Id, StringComparer.Ordinal);
        string Of(string id) => claims[id].Measured.Format(3);
        var isExact = claims.Values.Where(claim => claim.Id.StartsWith("compiler.", StringComparison.Ordinal) || claim.Id.StartsWith("constructions.", StringComparison.Ordinal)).All(claim => claim.Holds);
        List<string> text =
        [
            "With gates in [0, 1] a state space model can do the star-free languages, bounded brackets and counters, and no language with a group: "
            + $"networks that were compiled or written down, as layers of the library and in fixed point, {(isExact ? "make no error" : "make errors that are listed below")} on every short word and in "
            + $"{ConstructionsPart.TextLength:N0} symbols, and languages with a group are refused until gates may be negative or complex. Of random networks with gates in [0, 1], "
            + $"{Of("oscillation.nonnegative")} oscillate under a repeated block, as parity asks for; with gates in [−1, 1] a share of {Of("oscillation.signed")} or more.",
            $"What is learned follows: with gates in (−1, 1), {Of("training.parity.signed.long")} % of parity's words of up to five times the training length are answered without an error; with gates in (0, 1), "
            + $"{Of("training.parity.nonnegative")} % of those up to twice as long. Of tomita-4, which is star-free, gates in (0, 1) answer {Of("training.tomita-4")} %. Flip-flop holds in Mamba at ten times the "
            + $"length in {Of("flip-flop.mamba.long")} % of the words, {Of("flip-flop.order")} points more than in a Transformer trained alike.",
        ];
        if (claims.ContainsKey("brackets.depth"))
            text.Add($"On Dyck(8,10) a second layer adds {Of("brackets.depth")} points of close accuracy at equal rates; {Of("brackets.confound")} more are the rate alone where, as published, one layer has a tenth of it.");

        return conclusion with { Sections = [new("What came out", text, [], [], []), .. conclusion.Sections] };
    }
}
