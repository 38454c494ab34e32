namespace StateSpace.Studies.ComplexVersusReal;

/// <summary>Where the claims come from: places in Ran-Milo et al., arXiv 2410.14067, or this project's own derivations.</summary>
internal static class Sources
{
    public const string Setting = "paper, section 2.2";
    public const string PropositionOne = "paper, Proposition 1, appendix D.1";
    public const string PropositionTwo = "paper, Proposition 2, section 3.1";
    public const string PropositionThree = "paper, Proposition 3, appendix D.7";
    public const string PropositionFour = "paper, Proposition 4, appendix D.8";
    public const string PropositionFive = "paper, Proposition 5, appendix D.9";
    public const string TheoremOne = "paper, Theorem 1, appendix D.2";
    public const string TheoremTwo = "paper, Theorem 2, appendix D.3";
    public const string CorollaryOne = "paper, Corollary 1, appendix D.4";
    public const string CorollaryTwo = "paper, Corollary 2, appendix D.5";
    public const string CorollaryThree = "paper, Corollary 3, appendix D.6";
    public const string AppendixBilinear = "paper, appendix A.1 and Lemma 13";
    public const string AppendixFeedThrough = "paper, appendix A.2";
    public const string AppendixHybrid = "paper, appendix A.3";
    public const string AppendixLoss = "paper, appendix C";
    public const string Duality = "own analysis: duality of linear programmes, see MinimumMagnitude";
    public const string CorrectedTheoremTwo = "own analysis: Theorem 2 with the index of Lemma 6 mended";
    public const string Truncation = "own analysis: Jacobi's expansion cut off, see TruncatedOscillation";
    public const string AlternationCount = "own analysis: Lemma 4 applied to the response itself";
    public const string Reference = "own analysis: an independent computation's figures";
}
