namespace StateSpace.Inference.Sampling;

/// <summary>How the next token is chosen from the logits. The defaults are greedy: the most probable token.</summary>
public sealed record SamplingOptions
{
    /// <summary>Logits are divided by it; 0 takes the most probable token. Above 1 flattens the distribution.</summary>
    public double Temperature { get; init; }

    /// <summary>Only the k most probable tokens; 0 for all.</summary>
    public int TopK { get; init; }

    /// <summary>Only the fewest most probable tokens whose probabilities add up to p (Holtzman et al., 2020, arXiv 1904.09751); 1 for all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Only tokens at least p times as probable as the most probable one (Nguyen et al., 2024, arXiv 2407.01082); 0 for all.</summary>
    public double MinP { get; init; }

    /// <summary>
    /// What the logit of a token that occurred in the text is divided by where positive, and multiplied by where negative (Keskar et al., 2019, arXiv 1909.05858); 1 for nothing.
    /// </summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Seed of the choices; the same seed gives the same text.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether the most probable token is taken, whatever came before.</summary>
    public bool IsGreedy => (Temperature == 0 || TopK == 1) && RepetitionPenalty == 1;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        if (!(Temperature >= 0) || !double.IsFinite(Temperature)) throw new ArgumentException($"the temperature is {Temperature}; it must be a number of at least 0");
        if (TopK < 0) throw new ArgumentException($"top-k is {TopK}; it must be at least 0, where 0 stands for all tokens");
        if (!(TopP is > 0 and <= 1)) throw new ArgumentException($"top-p is {TopP}; it must be above 0 and at most 1");
        if (!(MinP is >= 0 and <= 1)) throw new ArgumentException($"min-p is {MinP}; it must be from 0 to 1");
        if (!(RepetitionPenalty > 0) || !double.IsFinite(RepetitionPenalty)) throw new ArgumentException($"the repetition penalty is {RepetitionPenalty}; it must be above 0");
    }
}
