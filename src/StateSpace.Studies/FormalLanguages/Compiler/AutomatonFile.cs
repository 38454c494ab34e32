using System.Text.Json;

namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>
/// An automaton as JSON: <c>{"alphabet": "ab", "start": "even", "accepting": ["even"], "transitions": {"even": {"a": "odd", "b": "even"}, …}}</c>.
/// </summary>
internal static class AutomatonFile
{
    /// <summary>The minimal automaton of a file.</summary>
    /// <exception cref="StudyInputException">The file cannot be read, or its automaton is not deterministic, not complete or empty. One line says where.</exception>
    public static FiniteAutomaton Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            return Read(document.RootElement).Minimize();
        }
        catch (Exception error) when (error is JsonException or StudyInputException or IOException or UnauthorizedAccessException)
        {
            throw new StudyInputException($"{path}: {error.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static FiniteAutomaton Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object) throw new StudyInputException("must be an object with alphabet, start, accepting and transitions");
        var alphabet = Text(root, "alphabet");
        if (alphabet.Length is 0 or > 64) throw new StudyInputException($"an alphabet has 1 to 64 symbols, not {alphabet.Length}");
        if (alphabet.GroupBy(symbol => symbol).FirstOrDefault(group => group.Count() > 1) is { } twice) throw new StudyInputException($"the alphabet names '{twice.Key}' twice");
        if (!root.TryGetProperty("transitions", out var transitions) || transitions.ValueKind != JsonValueKind.Object)
            throw new StudyInputException("'transitions' is missing: an object from a state to its next states by symbol");
        var states = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var state in transitions.EnumerateObject())
        {
            if (!states.TryAdd(state.Name, states.Count)) throw new StudyInputException($"the automaton is not deterministic: state '{state.Name}' is described twice");
        }

        if (states.Count == 0) throw new StudyInputException("the automaton is empty: it has no states");
        var next = new int[states.Count, alphabet.Length];
        foreach (var state in transitions.EnumerateObject()) ReadRow(state, alphabet, states, next);
        var accepting = new bool[states.Count];
        if (!root.TryGetProperty("accepting", out var ends) || ends.ValueKind != JsonValueKind.Array) throw new StudyInputException("'accepting' is missing: a list of states");
        foreach (var end in ends.EnumerateArray()) accepting[State(end, "accepting", states)] = true;
        if (!root.TryGetProperty("start", out var start)) throw new StudyInputException("'start' is missing: the name of a state");
        return new(alphabet, State(start, "start", states), next, accepting);
    }

    private static void ReadRow(JsonProperty state, string alphabet, Dictionary<string, int> states, int[,] next)
    {
        var where = $"state '{state.Name}'";
        if (state.Value.ValueKind != JsonValueKind.Object) throw new StudyInputException($"{where} must be an object from a symbol to a state");
        var seen = new HashSet<int>();
        foreach (var step in state.Value.EnumerateObject())
        {
            var symbol = step.Name.Length == 1 ? alphabet.IndexOf(step.Name[0], StringComparison.Ordinal) : -1;
            if (symbol < 0) throw new StudyInputException($"{where} has a transition for '{step.Name}', which is not in the alphabet '{alphabet}'");
            if (!seen.Add(symbol) || step.Value.ValueKind == JsonValueKind.Array)
                throw new StudyInputException($"the automaton is not deterministic: {where} has several transitions for '{step.Name}'");
            next[states[state.Name], symbol] = State(step.Value, $"the transition of {where} for '{step.Name}'", states);
        }

        if (seen.Count == alphabet.Length) return;
        var missing = alphabet[Enumerable.Range(0, alphabet.Length).First(symbol => !seen.Contains(symbol))];
        throw new StudyInputException($"the automaton is not complete: {where} has no transition for '{missing}'; give it one, to a dead state if need be");
    }

    private static int State(JsonElement element, string where, Dictionary<string, int> states)
    {
        if (element.ValueKind != JsonValueKind.String) throw new StudyInputException($"{where} must be the name of a state");
        var name = element.GetString()!;
        return states.TryGetValue(name, out var state) ? state : throw new StudyInputException($"{where} names '{name}', which is no state of 'transitions'");
    }

    private static string Text(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new StudyInputException($"'{name}' is missing: a text");
}
