using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.Selectivity.Tasks;

/// <summary>
/// A generated task on tokens: each position of a sequence has a label, and some of the positions are scored. Sequences are drawn afresh, from
/// streams of their own for training, validation and test.
/// </summary>
/// <param name="name">Name of the task, lower case.</param>
/// <param name="vocabulary">Number of tokens V.</param>
/// <param name="length">Length L of a sequence.</param>
/// <param name="scoredFrom">First scored position; all later ones are scored, too.</param>
/// <param name="chance">Accuracy of a guess.</param>
internal abstract class SequenceTask(string name, int vocabulary, int length, int scoredFrom, double chance)
{
    /// <summary>Name, lower case.</summary>
    public string Name => name;

    /// <summary>Number of tokens V.</summary>
    public int Vocabulary => vocabulary;

    /// <summary>Length L.</summary>
    public int Length => length;

    /// <summary>First scored position.</summary>
    public int ScoredFrom => scoredFrom;

    /// <summary>Number of scored positions.</summary>
    public int Scored => length - scoredFrom;

    /// <summary>Accuracy of a guess.</summary>
    public double Chance => chance;

    /// <summary>Draws a sequence.</summary>
    /// <param name="random">Where it comes from.</param>
    /// <param name="input">Takes L tokens.</param>
    /// <param name="labels">Takes the L labels; those of positions that are not scored do not matter.</param>
    public abstract void Draw(RandomSource random, Span<int> input, Span<int> labels);

    /// <summary>Fills with tokens 1 … V − 1; token 0 is kept for a special meaning, as in the published code.</summary>
    protected void FillSymbols(RandomSource random, Span<int> tokens)
    {
        random.FillIntegers(tokens, vocabulary - 1);
        foreach (ref var token in tokens) token++;
    }
}
