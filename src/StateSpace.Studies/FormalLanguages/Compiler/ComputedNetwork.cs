using StateSpace.Models;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>A network whose weights are computed from a language, and what compares it with the language.</summary>
public sealed class ComputedNetwork
{
    private readonly FormalLanguage _language;
    private readonly CompiledLayout _layout;
    private readonly bool _recognizes;

    internal ComputedNetwork(FormalLanguage language, CompiledLayout layout, bool recognizes, int? fractionalBits, string certificate) =>
        (_language, _layout, _recognizes, FractionalBits, Certificate) = (language, layout, recognizes, fractionalBits, certificate);

    /// <summary>One character a letter; token i is letter i, the last token ends a text and begins another.</summary>
    public string Alphabet => _language.Alphabet;

    /// <summary>The certificate as JSON.</summary>
    public string Certificate { get; }

    /// <summary>Binary digits behind the point that are enough at every length; null where no number is.</summary>
    public int? FractionalBits { get; }

    /// <summary>Makes the model: its logits are above 0 for what may follow, and greedy choices complete a word.</summary>
    /// <param name="asMamba">Whether it is made of Mamba blocks alone, which transformers can open, in place of S6 layers with an MLP behind each.</param>
    /// <exception cref="StudyInputException">It would be too large, or its gates are not those of Mamba.</exception>
    public SequenceModel Build(bool asMamba = false) => asMamba ? MambaWriter.Write(_layout) : NetworkWriter.Write(_layout);

    /// <summary>Compares a model behind every word up to a length; where it only predicts, behind every prefix of a member.</summary>
    /// <param name="model">The model, as built or as read back.</param>
    /// <param name="length">Length of the words.</param>
    /// <param name="progress">Takes the share that is done; null where nobody wants it.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <returns>Number of prefixes; the first word behind which the network allows something else, null where there is none.</returns>
    /// <exception cref="StudyInputException">There are too many words.</exception>
    public (long Prefixes, string? Mismatch) CheckWords(SequenceModel model, int length, IProgress<double>? progress = null, CancellationToken cancellation = default) =>
        _language is RegularLanguage { Automaton: var automaton } && _recognizes
            ? NetworkCheck.Run(model, automaton, length, progress, cancellation)
            : NetworkCheck.RunPrefixes(model, _language, length, _recognizes, cancellation);

    /// <summary>Compares a model in a random text of letters that may follow, the state carried along.</summary>
    /// <param name="model">The model.</param>
    /// <param name="length">Length of the text.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <returns>The end of the text behind which the network allows something else; null where it does not.</returns>
    public string? CheckText(SequenceModel model, int length, CancellationToken cancellation = default) =>
        NetworkCheck.RunTexts(model, _language, [ConstructionCheck.Walk(_language, length, new RandomSource(0))], cancellation);

    /// <summary>
    /// Carries the network out cell by cell in fixed point, <see cref="FractionalBits"/> digits behind the point and overflow an error, on the same words and text.
    /// </summary>
    /// <param name="length">Length of the words.</param>
    /// <param name="textLength">Length of the text.</param>
    /// <param name="cancellation">Ends the run.</param>
    /// <returns>Behind how many prefixes something else is allowed than the language allows.</returns>
    /// <exception cref="OverflowException">A number does not fit into 64 bits.</exception>
    /// <exception cref="InvalidOperationException">No number of digits is enough.</exception>
    public long CheckFixedPoint(int length, int textLength, CancellationToken cancellation = default)
    {
        var digits = FractionalBits ?? throw new InvalidOperationException("no number of digits is enough for this network");
        JobContext context = new(_ => { }, cancellation);
        LayoutSimulation<long> Start() => new(_layout, new FixedPoint(digits));
        return ConstructionCheck.Exhaustive(_language, Start(), _recognizes, length, context).Wrong
            + ConstructionCheck.Wrong(_language, Start, ConstructionCheck.Walk(_language, textLength, new RandomSource(0)), context);
    }
}
