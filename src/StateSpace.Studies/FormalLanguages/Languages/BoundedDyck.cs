namespace StateSpace.Studies.FormalLanguages;

/// <summary>Dyck(K,h) by a stack, for sizes whose automaton is out of reach: Dyck(8,10) has more than 10⁹ states.</summary>
/// <param name="kinds">Kinds of brackets K, 1 to 8.</param>
/// <param name="depth">Greatest depth h.</param>
public sealed class BoundedDyck(int kinds, int depth) : FormalLanguage(
    $"dyck-{kinds}-{depth}", $"balanced words of {kinds} kinds of brackets, at most {depth} deep", LanguageClass.StarFree, RegularLanguages.DyckAlphabet(kinds))
{
    /// <summary>Kinds of brackets K.</summary>
    public int Kinds => kinds;

    /// <summary>Greatest depth h.</summary>
    public int Depth => depth;

    /// <inheritdoc/>
    public override LanguageReader Read() => new Reader(kinds, depth);

    private sealed class Reader(int kinds, int depth) : LanguageReader
    {
        private int[] _stack = new int[depth];
        private int _height;

        protected override NextSymbols Following
        {
            get
            {
                // Openers are the even symbols.
                var openers = _height < depth ? 0x5555555555555555UL & ((1UL << (2 * kinds)) - 1) : 0;
                return new(_height > 0 ? openers | (2UL << (2 * _stack[_height - 1])) : openers, _height == 0);
            }
        }

        public override LanguageReader Copy()
        {
            var copy = (Reader)base.Copy();
            copy._stack = [.. _stack];
            return copy;
        }

        protected override void Step(int symbol)
        {
            if (symbol % 2 == 0) _stack[_height++] = symbol / 2;
            else _height--;
        }
    }
}
