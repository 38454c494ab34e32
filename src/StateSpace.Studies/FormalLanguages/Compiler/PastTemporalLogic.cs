namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>
/// Linear temporal logic of the past as an automaton: a word is in the language where the formula holds at its last letter. Such languages are star-free, and
/// all star-free ones are such (Kamp, 1968).
/// </summary>
/// <remarks>
/// A character is the proposition that it is the letter; T, F; !f, f &amp; g, f | g, f -> g; Y f: f held a letter before; O f: once, now or before; H f:
/// historically, now and ever before; f S g: g once, and f ever since. A backslash makes any character a letter. Before the first letter only T, H f and what
/// follows from them by connectives hold, which says whether the empty word is in the language.
/// </remarks>
public sealed class PastTemporalLogic
{
    private const int MostOperators = 12;
    private const string Reserved = "TFYOHS()!&|->\\";

    private readonly string _text;
    private readonly SortedSet<char> _letters = [];
    private int _at;
    private int _memories;

    private PastTemporalLogic(string text) => _text = text;

    private delegate bool Formula(Moment moment);

    /// <summary>The minimal automaton of a formula.</summary>
    /// <param name="formula">The formula.</param>
    /// <param name="alphabet">Symbols of the language; those that the formula names where null.</param>
    /// <exception cref="StudyInputException">The formula is malformed, which the message locates, or has too many operators.</exception>
    public static FiniteAutomaton Compile(string formula, string? alphabet = null)
    {
        ArgumentNullException.ThrowIfNull(formula);
        var parser = new PastTemporalLogic(formula);
        if (parser.Peek() == '\0') throw new StudyInputException("the formula is empty");
        var root = parser.Implication();
        if (parser.Peek() is not '\0' and var rest) throw parser.Malformed(rest == ')' ? "')' without '(' before it" : $"an operator is missing before '{rest}'");
        if (parser._memories > MostOperators) throw new StudyInputException($"the formula has {parser._memories} temporal operators, more than {MostOperators}; take a simpler one");
        alphabet ??= string.Concat(parser._letters);
        if (alphabet.Length == 0) throw new StudyInputException("the formula names no letter; give --alphabet");
        if (parser._letters.FirstOrDefault(letter => !alphabet.Contains(letter)) is not '\0' and var other) throw new StudyInputException($"the formula names '{other}', which is not in the alphabet '{alphabet}'");
        if (alphabet.Length > 64) throw new StudyInputException($"an alphabet has 1 to 64 symbols, not {alphabet.Length}");
        if (alphabet.Distinct().Count() != alphabet.Length) throw new StudyInputException($"the alphabet '{alphabet}' names a symbol twice");

        // A state is what each temporal operator remembers, and whether the formula holds now.
        var nothing = new bool[parser._memories];
        return FiniteAutomaton.Of(alphabet, Name(nothing, root(new('\0', nothing, IsBefore: true))), (state, letter) => After(root, state, letter), state => state[^1] == '1');
    }

    private static string After(Formula root, string state, char letter)
    {
        Moment moment = new(letter, [.. state[..^1].Select(digit => digit == '1')], IsBefore: false);
        var holds = root(moment);
        return Name(moment.Next, holds);
    }

    private static string Name(bool[] memory, bool holds) => string.Concat([.. memory.Select(bit => bit ? '1' : '0'), holds ? '1' : '0']);

    // Right associative.
    private Formula Implication()
    {
        var left = Binary("|", () => Binary("&", Since));
        if (Peek() != '-') return left;
        _at++;
        if (Peek() != '>') throw Malformed("'-' without '>' behind it");
        _at++;
        var right = Implication();
        return moment => !left(moment) | right(moment);
    }

    private Formula Binary(string sign, Func<Formula> operand)
    {
        var all = new List<Formula> { operand() };
        while (Peek() == sign[0])
        {
            _at++;
            all.Add(operand());
        }

        // Every operand is evaluated, since each remembers something.
        return all.Count == 1 ? all[0] : sign == "&" ? moment => all.Aggregate(true, (holds, f) => holds & f(moment)) : moment => all.Aggregate(false, (holds, f) => holds | f(moment));
    }

    private Formula Since()
    {
        var left = Unary();
        while (Peek() == 'S')
        {
            _at++;
            left = Remember(left, Unary());
        }

        return left;
    }

    private Formula Unary()
    {
        var sign = Peek();
        _at++;
        switch (sign)
        {
            case '!':
                var denied = Unary();
                return moment => !denied(moment);
            case 'Y':
                var (before, memory) = (Unary(), _memories++);
                return moment => moment.Recall(memory, before(moment), held: moment.Memory[memory]);
            case 'O':
                return Remember(_ => true, Unary());
            case 'H':
                var broken = Unary();
                var once = Remember(_ => true, moment => !broken(moment));
                return moment => !once(moment);
            case 'T' or 'F':
                return _ => sign == 'T';
            case '(':
                var open = _at;
                var inner = Implication();
                if (Peek() != ')') throw Malformed("'(' is not closed", open);
                _at++;
                return inner;
            case '\\' when _at >= _text.Length:
                throw Malformed("a backslash at the end; it must stand before a character", _at);
            case '\\':
                return Letter(_text[_at++]);
            case '\0':
                throw Malformed("a formula is missing at the end", _text.Length + 1);
            default:
                if (Reserved.Contains(sign, StringComparison.Ordinal)) throw Malformed($"a formula is missing before '{sign}'", _at);
                return Letter(sign);
        }
    }

    private Formula Letter(char letter)
    {
        _letters.Add(letter);
        return moment => moment.Letter == letter;
    }

    /// <summary>left S right.</summary>
    private Formula Remember(Formula left, Formula right)
    {
        var memory = _memories++;
        return moment =>
        {
            var (since, now) = (left(moment), right(moment));
            var holds = now | (since & moment.Memory[memory]);
            return moment.Recall(memory, holds, holds);
        };
    }

    private char Peek()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at])) _at++;
        return _at < _text.Length ? _text[_at] : '\0';
    }

    private StudyInputException Malformed(string reason, int? position = null) => new($"the formula is malformed at position {position ?? _at + 1}: {reason}");

    /// <summary>A letter and what is remembered; what will be remembered is filled while a formula is evaluated.</summary>
    private sealed record Moment(char Letter, bool[] Memory, bool IsBefore)
    {
        public bool[] Next { get; } = new bool[Memory.Length];

        /// <summary>Remembers a value for the next letter; before the first letter nothing was.</summary>
        public bool Recall(int memory, bool kept, bool held)
        {
            Next[memory] = kept;
            return held & !IsBefore;
        }
    }
}
