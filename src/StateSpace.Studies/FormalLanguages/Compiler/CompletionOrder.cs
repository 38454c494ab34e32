namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>Which token a compiled network prefers among those that are allowed: the one that leads to a complete word soonest.</summary>
internal static class CompletionOrder
{
    /// <summary>Ranks from 0 by state and token, the end of a text being the last token.</summary>
    public static int[,] Of(FiniteAutomaton automaton)
    {
        var (states, letters) = (automaton.StateCount, automaton.Alphabet.Length);

        // Letters from each state to a complete word; as many as there are states where there is none.
        var distances = new int[states];
        for (var state = 0; state < states; state++) distances[state] = automaton.IsAccepting(state) ? 0 : states;
        for (var round = 0; round < states; round++)
        {
            for (var state = 0; state < states; state++)
            {
                for (var a = 0; a < letters; a++) distances[state] = Math.Min(distances[state], distances[automaton.Next(state, a)] + 1);
            }
        }

        var ranks = new int[states, letters + 1];
        for (var state = 0; state < states; state++)
        {
            var order = Enumerable.Range(0, letters + 1).OrderBy(token => token == letters ? -1 : distances[automaton.Next(state, token)]).ToList();
            for (var rank = 0; rank <= letters; rank++) ranks[state, order[rank]] = rank;
        }

        return ranks;
    }
}
