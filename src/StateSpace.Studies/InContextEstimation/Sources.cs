namespace StateSpace.Studies.InContextEstimation;

/// <summary>Where the claims come from.</summary>
internal static class Sources
{
    public const string Proposition = "Li, Rawat, Oymak 2024, Proposition 1";
    public const string Theorem = "Li, Rawat, Oymak 2024, Theorem 1 and eq. 8";
    public const string Retrieval = "own analysis of the data of eq. 9: RetrievalTheory";
    public const string Alignment = "own analysis of the data of eq. 11: AlignmentTheory";
    public const string LowRank = "own analysis: LinearRegressionTheory.LowRankRisk (the paper: optimal risk by the covariance's spectrum)";
    public const string Adaptation = "own analysis: LinearRegressionTheory.AdaptedRisk (the paper: an upper bound)";
    public const string TimeVarying = "own analysis: TimeVaryingTheory (the paper: an experiment)";
    public const string SteadyState = "own analysis: SteadyStateFilter";
    public const string Online = "own analysis: OnlineTheory (the paper: an experiment)";
    public const string Parity = "own analysis: terms of the other parity only add risk";
}
