using StateSpace.Studies.FormalLanguages.Compiler;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>A network given by hand that tells what may follow each prefix of a language, for words of any length.</summary>
/// <param name="Name">Unique lower-case name.</param>
/// <param name="Language">The language.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Layout">The network; <see cref="NetworkWriter"/> makes layers of the library of it.</param>
/// <param name="Recognizes">Whether words that no member begins with are told, too (as <see cref="NextSymbols.None"/>).</param>
internal sealed record Construction(string Name, FormalLanguage Language, string Source, CompiledLayout Layout, bool Recognizes = false);
