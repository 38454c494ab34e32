using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.InContextEstimation.Language;

/// <summary>
/// A synthetic task of Fu, Dao et al., 2023, arXiv 2212.14052, section 3.1: a sequence of tokens whose last one follows from the others. The vocabulary has two
/// special tokens, V − 2 (".", which stands for nothing) and V − 1 ("=>", the mark); the others are symbols. Every sequence is drawn afresh.
/// </summary>
/// <param name="name">Name, lower case with hyphens.</param>
/// <param name="title">What a person reads.</param>
/// <param name="vocabulary">Tokens V, the two special ones included.</param>
/// <param name="length">Tokens L that a model reads; the sequence has one more.</param>
/// <param name="chance">Accuracy of a guess, as published.</param>
internal abstract class LanguageTask(string name, string title, int vocabulary, int length, double chance)
{
    /// <summary>Name, lower case with hyphens.</summary>
    public string Name => name;

    /// <summary>What a person reads.</summary>
    public string Title => title;

    /// <summary>Tokens V, the two special ones included.</summary>
    public int Vocabulary => vocabulary;

    /// <summary>Tokens L that a model reads.</summary>
    public int Length => length;

    /// <summary>Accuracy of a guess, as published.</summary>
    public double Chance => chance;

    /// <summary>Symbols 0 … V − 3.</summary>
    public int Symbols => vocabulary - 2;

    /// <summary>The token "=>".</summary>
    public int Mark => vocabulary - 1;

    /// <summary>Draws a sequence.</summary>
    /// <param name="random">Where it comes from.</param>
    /// <param name="tokens">Takes L + 1 tokens.</param>
    public abstract void Draw(RandomSource random, Span<int> tokens);

    /// <summary>Whether the token after a position follows from those before it, for some sequences at least. The last position always is one, and the test.</summary>
    /// <param name="position">0 … L − 1.</param>
    public abstract bool IsAsked(int position);
}

/// <summary>
/// Induction head: S symbols, of which one of the first S − 2 is replaced by the mark; at the end the mark again, and the symbol that followed it the first time.
/// </summary>
/// <param name="vocabulary">V; published: 20.</param>
/// <param name="span">S; published: 30.</param>
internal sealed class InductionHeadTask(int vocabulary, int span)
    : LanguageTask("induction-head", $"induction head, V = {vocabulary}, S = {span}", vocabulary, span + 1, 1.0 / vocabulary)
{
    /// <inheritdoc/>
    public override void Draw(RandomSource random, Span<int> tokens)
    {
        random.FillIntegers(tokens[..span], Symbols);
        var place = (int)random.NextInteger(span - 2);
        tokens[place] = tokens[span] = Mark;
        tokens[span + 1] = tokens[place + 1];
    }

    /// <inheritdoc/>
    public override bool IsAsked(int position) => position == span;
}

/// <summary>
/// Associative recall: S/2 pairs of a key and its value by a map of the sequence's own, then the mark, a key that was there, and its value. Keys are the first
/// half of the symbols, values the second; both are drawn with replacement.
/// </summary>
/// <param name="vocabulary">V, even; published: 10.</param>
/// <param name="span">S, even; published: 20.</param>
internal sealed class AssociativeRecallTask(int vocabulary, int span)
    : LanguageTask("associative-recall", $"associative recall, V = {vocabulary}, S = {span}", vocabulary, span + 2, 2.0 / (vocabulary - 2))
{
    /// <inheritdoc/>
    public override void Draw(RandomSource random, Span<int> tokens)
    {
        var keys = Symbols / 2;
        Span<int> map = stackalloc int[keys], pairs = stackalloc int[span / 2];
        random.FillIntegers(map, keys);
        random.FillIntegers(pairs, keys);
        for (var i = 0; i < pairs.Length; i++) (tokens[2 * i], tokens[(2 * i) + 1]) = (pairs[i], keys + map[pairs[i]]);
        var key = pairs[(int)random.NextInteger(pairs.Length)];
        (tokens[span], tokens[span + 1], tokens[span + 2]) = (Mark, key, keys + map[key]);
    }

    /// <summary>Values are asked for: those after a key's first time cannot be known, the others can.</summary>
    /// <inheritdoc/>
    public override bool IsAsked(int position) => position < span ? position % 2 == 0 : position == span + 1;
}
