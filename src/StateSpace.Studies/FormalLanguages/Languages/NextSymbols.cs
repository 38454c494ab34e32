using System.Numerics;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>What may follow a prefix: what predictive modelling asks for.</summary>
/// <param name="Symbols">Bit i: the symbol i of the alphabet keeps the word completable.</param>
/// <param name="End">Whether the prefix is itself a member.</param>
public readonly record struct NextSymbols(ulong Symbols, bool End)
{
    /// <summary>Nothing: the prefix cannot be completed.</summary>
    public static NextSymbols None => default;

    /// <summary>Number of symbols, the end not counted.</summary>
    public int Count => BitOperations.PopCount(Symbols);

    /// <summary>Whether the symbol with this index may follow.</summary>
    public bool Has(int symbol) => (Symbols >> symbol & 1) != 0;

    /// <summary>One digit a symbol in the order of the alphabet, 1 where it may follow; the end is left out, as in the published labels.</summary>
    /// <param name="symbols">Size of the alphabet.</param>
    public string Bits(int symbols)
    {
        var bits = Symbols;
        return string.Create(symbols, bits, (text, mask) =>
        {
            for (var i = 0; i < text.Length; i++) text[i] = (mask >> i & 1) != 0 ? '1' : '0';
        });
    }
}
