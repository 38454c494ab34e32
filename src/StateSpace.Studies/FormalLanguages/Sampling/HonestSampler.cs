using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>
/// Members without the published samplers' habits: the length is uniform on those in the window that the language has, and at that length a word of a
/// regular language, of Dyck-1 or of aⁿbⁿ… is uniform on all there are.
/// </summary>
/// <remarks>
/// Shuffles: every pair draws its kind, every kind its balanced word, and the words interleave at random, so that crossings such as "([)]" occur.
/// Boolean terms: symbols are drawn so that a term is as likely to grow as to shrink, and turned into the one rotation that is a term (cycle lemma).
/// </remarks>
public sealed class HonestSampler : WordSampler
{
    private readonly FormalLanguage _language;
    private readonly List<double[]> _completions = [];

    /// <summary>A sampler of a language of the suite, of flip-flop, d-N or dyck-K-H.</summary>
    public HonestSampler(FormalLanguage language)
    {
        ArgumentNullException.ThrowIfNull(language);
        if (language is not (RegularLanguage or CounterLanguage))
        {
            throw new StudyInputException($"{language.Name} has neither automaton nor counters, by which its words could be drawn");
        }

        _language = language;
    }

    /// <inheritdoc/>
    public override string Sample(RandomSource random, int shortest, int longest)
    {
        ArgumentNullException.ThrowIfNull(random);
        var lengths = Enumerable.Range(shortest, Math.Max(0, longest - shortest + 1)).Where(Has).ToList();
        if (lengths.Count == 0) throw new StudyInputException($"{_language.Name} has no word of {shortest} to {longest} symbols");
        var length = lengths[(int)random.NextInteger(lengths.Count)];
        if (_language is RegularLanguage regular) return Walk(regular.Automaton, length, random);
        return _language.Name[0] switch
        {
            'd' => Balanced(length / 2, "()", random),
            's' => Shuffle(length / 2, random),
            'b' => Term(length, random),
            _ => string.Concat(_language.Alphabet.Select(letter => new string(letter, length / _language.Alphabet.Length))),
        };
    }

    private bool Has(int length) => _language switch
    {
        RegularLanguage regular => Completions(regular.Automaton, length)[regular.Automaton.Start] > 0,
        _ when _language.Name[0] == 'b' => length >= 1,
        _ when _language.Name[0] == 'a' => length > 0 && length % _language.Alphabet.Length == 0,
        _ => length % 2 == 0,
    };

    /// <summary>Number of ways to end at an accepting state after this many symbols, by state, in units of the largest.</summary>
    private double[] Completions(FiniteAutomaton automaton, int length)
    {
        if (_completions.Count == 0) _completions.Add([.. Enumerable.Range(0, automaton.StateCount).Select(state => automaton.IsAccepting(state) ? 1.0 : 0)]);
        while (_completions.Count <= length)
        {
            var (shorter, ways) = (_completions[^1], new double[automaton.StateCount]);
            for (var state = 0; state < ways.Length; state++)
            {
                for (var a = 0; a < automaton.Alphabet.Length; a++) ways[state] += shorter[automaton.Next(state, a)];
            }

            var largest = Math.Max(ways.Max(), double.Epsilon);
            _completions.Add([.. ways.Select(way => way / largest)]);
        }

        return _completions[length];
    }

    private string Walk(FiniteAutomaton automaton, int length, RandomSource random)
    {
        var word = new char[length];
        var state = automaton.Start;
        for (var i = 0; i < length; i++)
        {
            var ways = Completions(automaton, length - i - 1);
            var rest = random.NextUniform() * Enumerable.Range(0, automaton.Alphabet.Length).Sum(a => ways[automaton.Next(state, a)]);
            var symbol = -1;
            for (var a = 0; a < automaton.Alphabet.Length && (symbol < 0 || rest >= 0); a++)
            {
                var way = ways[automaton.Next(state, a)];
                if (way == 0) continue;
                symbol = a;
                rest -= way;
            }

            word[i] = automaton.Alphabet[symbol];
            state = automaton.Next(state, symbol);
        }

        return new(word);
    }

    /// <summary>A uniform balanced word (Arnold and Sleep, 1980): r brackets are left, of which h close what is open.</summary>
    private static string Balanced(int pairs, string brackets, RandomSource random)
    {
        var word = new char[2 * pairs];
        var height = 0;
        for (var i = 0; i < word.Length; i++)
        {
            double left = word.Length - i;
            var opens = (height + 2) * (left - height) / (2 * left * (height + 1));
            var open = random.NextUniform() < opens;
            word[i] = brackets[open ? 0 : 1];
            height += open ? 1 : -1;
        }

        return new(word);
    }

    private string Shuffle(int pairs, RandomSource random)
    {
        var kinds = _language.Alphabet.Length / 2;
        var of = Enumerable.Range(0, pairs).Select(_ => (int)random.NextInteger(kinds)).ToArray();
        var words = Enumerable.Range(0, kinds).Select(kind => Balanced(of.Count(k => k == kind), _language.Alphabet.Substring(2 * kind, 2), random)).ToArray();
        var order = of.Concat(of).ToArray();
        random.Shuffle<int>(order);
        var at = new int[kinds];
        return string.Concat(order.Select(kind => words[kind][at[kind]++]));
    }

    private string Term(int length, RandomSource random)
    {
        var (alphabet, operators) = (_language.Alphabet, _language.Alphabet.Length - 2);
        if (length == 1) return alphabet[(int)random.NextInteger(2)].ToString();

        // Operators have arity (n + 1) / 2 in the mean, so with this share of them a symbol opens as many operands as it closes.
        var share = 2.0 / (operators + 1);
        while (true)
        {
            var word = new char[length];
            var (open, lowest, start) = (0, 0, 0);
            for (var i = 0; i < length; i++)
            {
                word[i] = random.NextUniform() < share ? alphabet[2 + (int)random.NextInteger(operators)] : alphabet[(int)random.NextInteger(2)];
                open += CounterLanguages.Arity(word[i]) - 1;
                if (open < lowest) (lowest, start) = (open, i + 1);
            }

            // The first lowest point ends the rotated word.
            if (open == -1) return string.Concat(word[(start % length)..].Concat(word[..(start % length)]));
        }
    }
}
