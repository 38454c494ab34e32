using StateSpace.Studies.FormalLanguages.Compiler;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>
/// An automaton in one layer h ← A(x) h whose transition by a symbol is a matrix with a single 1 in each column (PD-SSM, Terzić et al., 2025, prop. 2), in
/// integers. No layer of the library has such matrices.
/// </summary>
internal sealed class OneHotAutomaton : INetworkRun
{
    private readonly FiniteAutomaton _automaton;
    private long[] _h;

    /// <summary>The state before the first letter.</summary>
    public OneHotAutomaton(FiniteAutomaton automaton)
    {
        _automaton = automaton;
        _h = [.. Enumerable.Range(0, automaton.StateCount).Select(state => state == automaton.Start ? 1L : 0)];
    }

    /// <inheritdoc/>
    public NextSymbols? Next
    {
        get
        {
            var state = Array.IndexOf(_h, _h.Max());
            return _automaton.IsLive(state) ? _automaton.After(state) : NextSymbols.None;
        }
    }

    /// <inheritdoc/>
    public void Advance(int letter)
    {
        var next = new long[_h.Length];
        for (var state = 0; state < _h.Length; state++)
        {
            var to = _automaton.Next(state, letter);
            next[to] = checked(next[to] + _h[state]);
        }

        _h = next;
    }

    /// <inheritdoc/>
    public INetworkRun Copy() => (OneHotAutomaton)MemberwiseClone();
}
