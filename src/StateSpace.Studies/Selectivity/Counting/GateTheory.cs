using StateSpace.Models;
using StateSpace.Models.Layers;
using StateSpace.Studies.FormalLanguages;
using StateSpace.Studies.FormalLanguages.Compiler;

namespace StateSpace.Studies.Selectivity;

/// <summary>
/// What gates of a kind can count, whatever is learned: the automaton that counts ones modulo m is compiled into S6 layers, or refused by the group that such
/// gates cannot follow; what is compiled is run on a long text.
/// </summary>
/// <param name="Modulus">m.</param>
/// <param name="Gates">What gates were allowed.</param>
/// <param name="Refusal">Why there is no network; null where there is one.</param>
/// <param name="Layers">S6 layers of the network.</param>
/// <param name="Holds">Whether it tells at every position of the text if the count is 0 modulo m.</param>
/// <param name="HoldsByRotations">The same for the network's rotation form; null where its states are real.</param>
internal sealed record GateTheory(int Modulus, Gates Gates, string? Refusal, int Layers, bool Holds, bool? HoldsByRotations)
{
    /// <summary>Symbols of the text.</summary>
    public const int TextLength = 1000;

    /// <summary>Compiles and runs.</summary>
    /// <param name="modulus">m.</param>
    /// <param name="gates">What gates are allowed.</param>
    public static GateTheory Of(int modulus, Gates gates)
    {
        var compiler = RegularCompiler.Of(Counter(modulus), gates);
        if (compiler.Certificate.Refusal is { } refusal) return new(modulus, gates, refusal, 0, Holds: false, null);
        using var model = compiler.Build();
        var holds = NetworkCheck.RunRandom(model, compiler.Automaton, texts: 1, TextLength) is null;
        using var turning = Rotating(model);
        return new(modulus, gates, null, model.Blocks.Count, holds, turning is null ? null : NetworkCheck.RunRandom(turning, compiler.Automaton, texts: 1, TextLength) is null);
    }

    private static FiniteAutomaton Counter(int modulus)
    {
        var next = new int[modulus, 2];
        for (var count = 0; count < modulus; count++) (next[count, 0], next[count, 1]) = (count, (count + 1) % modulus);
        return new("01", 0, next, [.. Enumerable.Range(0, modulus).Select(count => count == 0)]);
    }

    /// <summary>The same weights in the rotation form; null where no layer is complex.</summary>
    private static SequenceModel? Rotating(SequenceModel model)
    {
        var blocks = model.Configuration.Blocks;
        if (!blocks.Any(block => block.Mixer is S6Settings { Complex: true })) return null;
        var turning = new SequenceModel(
            model.Configuration with { Blocks = [.. blocks.Select(block => block.Mixer is S6Settings { Complex: true } s6 ? block with { Mixer = s6 with { Rotations = true } } : block)] },
            source: null);
        foreach (var (to, from) in turning.Parameters.Zip(model.Parameters)) to.Value.CopyFrom(from.Value);
        return turning;
    }
}
