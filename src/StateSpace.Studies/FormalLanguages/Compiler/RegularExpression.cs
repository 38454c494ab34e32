using System.Globalization;

namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>
/// Regular expressions in the usual notation: juxtaposition, <c>|</c>, <c>*</c>, <c>+</c>, <c>?</c>, <c>{n}</c>, <c>{n,m}</c>, parentheses, classes such as
/// <c>[a-c]</c> and <c>[^ab]</c>, <c>.</c> for any symbol of the alphabet, and a backslash before a character that stands for itself. Blanks are symbols.
/// </summary>
internal sealed class RegularExpression
{
    private const int MostRepetitions = 256;

    private readonly string _text;
    private readonly string _alphabet;
    private readonly NondeterministicAutomaton _automaton;
    private int _at;

    private RegularExpression(string text, string alphabet)
    {
        (_text, _alphabet) = (text, alphabet);
        _automaton = new(alphabet);
    }

    /// <summary>The minimal automaton of an expression.</summary>
    /// <param name="text">The expression.</param>
    /// <param name="alphabet">Symbols of the language; those that the expression names where null.</param>
    /// <exception cref="StudyInputException">The expression is malformed; the message gives the position, from 1, and the reason.</exception>
    public static FiniteAutomaton Compile(string text, string? alphabet = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length == 0) throw new StudyInputException("the regular expression is empty; () stands for the empty word");

        var expression = new RegularExpression(text, alphabet ?? Named(text));
        if (expression._alphabet.Length > 64) throw new StudyInputException($"an alphabet has 1 to 64 symbols, not {expression._alphabet.Length}");
        if (expression._alphabet.Distinct().Count() != expression._alphabet.Length) throw new StudyInputException($"the alphabet '{expression._alphabet}' names a symbol twice");
        var (start, end) = expression.Alternatives();
        if (expression._at < text.Length) throw expression.Problem("')' without '(' before it");
        if (expression._alphabet.Length == 0) throw new StudyInputException("the regular expression names no symbol; --alphabet gives those of the language");
        return expression._automaton.Determinize(start, end);
    }

    /// <summary>The symbols that an expression names, in the order of their codes.</summary>
    private static string Named(string text)
    {
        var symbols = new SortedSet<char>();
        var inClass = false;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\\' && i + 1 < text.Length) symbols.Add(text[++i]);
            else if (inClass && c == '-' && i > 0 && i + 1 < text.Length && text[i - 1] != '[' && text[i + 1] != ']' && text[i + 1] > text[i - 1])
                for (var symbol = text[i - 1]; symbol < text[i + 1] && symbols.Count <= 64; symbol++) symbols.Add(symbol);
            else if (c == '[' && !inClass) inClass = true;
            else if (c == ']' && inClass) inClass = false;
            else if (c == '{' && !inClass && text.IndexOf('}', i) is > 0 and var close) i = close;
            else if (inClass ? !(c == '^' && text[i - 1] == '[') : !"|*+?().[]{}".Contains(c)) symbols.Add(c);
        }

        return string.Concat(symbols);
    }

    private Fragment Alternatives()
    {
        var (start, end) = Sequence();
        while (Take('|'))
        {
            var (s, e) = Sequence();
            var (first, last) = (_automaton.Add(), _automaton.Add());
            _automaton.Empty(first, start);
            _automaton.Empty(first, s);
            _automaton.Empty(end, last);
            _automaton.Empty(e, last);
            (start, end) = (first, last);
        }

        return new(start, end);
    }

    private Fragment Sequence()
    {
        var start = _automaton.Add();
        var end = start;
        while (_at < _text.Length && _text[_at] is not ('|' or ')'))
        {
            var (s, e) = Repeated(_text.Length);
            _automaton.Empty(end, s);
            end = e;
        }

        return new(start, end);
    }

    /// <summary>One part with what repeats it.</summary>
    /// <param name="limit">Where the reading ends at the latest.</param>
    private Fragment Repeated(int limit)
    {
        var begin = _at;
        var part = Atom();
        while (_at < limit)
        {
            if (Take('*')) part = Loop(part, skippable: true, repeatable: true);
            else if (Take('+')) part = Loop(part, skippable: false, repeatable: true);
            else if (Take('?')) part = Loop(part, skippable: true, repeatable: false);
            else if (_text[_at] == '{') part = Counted(begin, part);
            else break;
        }

        return part;
    }

    private Fragment Loop(Fragment part, bool skippable, bool repeatable)
    {
        var (first, last) = (_automaton.Add(), _automaton.Add());
        _automaton.Empty(first, part.Start);
        _automaton.Empty(part.End, last);
        if (skippable) _automaton.Empty(first, last);
        if (repeatable) _automaton.Empty(part.End, part.Start);
        return new(first, last);
    }

    /// <summary>What stands before <c>{n,m}</c>, n to m times; each copy is read anew from the text.</summary>
    private Fragment Counted(int begin, Fragment part)
    {
        var open = _at++;
        var least = Number();
        var most = least;
        var isOpen = false;
        if (Take(',')) (most, isOpen) = _at < _text.Length && _text[_at] == '}' ? (least, true) : (Number(), false);
        if (!Take('}')) throw Problem(_at < _text.Length ? "'}' or ',' is missing in the number of repetitions" : "'{' is not closed");
        var end = _at;
        if (most < least) throw Problem($"{{{least},{most}}} asks for fewer at most than at least", open);
        if (most > MostRepetitions) throw Problem($"{most} repetitions are more than {MostRepetitions}", open);
        var start = _automaton.Add();
        var last = start;
        var isFirst = true;
        for (var i = 0; i < most + (isOpen ? 1 : 0); i++)
        {
            var copy = part;
            if (!isFirst)
            {
                _at = begin;
                copy = Repeated(open);
            }

            isFirst = false;
            if (i >= least) copy = Loop(copy, skippable: true, repeatable: isOpen);
            _automaton.Empty(last, copy.Start);
            last = copy.End;
        }

        _at = end;
        return new(start, last);
    }

    private Fragment Atom()
    {
        switch (_text[_at])
        {
            case '(':
                var open = _at++;
                var part = Alternatives();
                return Take(')') ? part : throw Problem("'(' is not closed", open);
            case '[': return Symbols(Class());
            case '.':
                _at++;
                return Symbols(_alphabet);
            case '*' or '+' or '?' or '{': throw Problem($"'{_text[_at]}' has nothing before it to repeat");
            case ']' or '}': throw Problem($"'{_text[_at]}' closes nothing; a backslash before it makes it a symbol");
            default: return Symbols([Symbol()]);
        }
    }

    private Fragment Symbols(IEnumerable<char> symbols)
    {
        var (start, end) = (_automaton.Add(), _automaton.Add());
        foreach (var symbol in symbols) _automaton.Step(start, symbol, end);
        return new(start, end);
    }

    private IEnumerable<char> Class()
    {
        var open = _at++;
        var isComplement = Take('^');
        var members = new HashSet<char>();
        while (_at < _text.Length && _text[_at] != ']')
        {
            var first = Symbol();
            members.Add(first);
            if (_at + 1 >= _text.Length || _text[_at] != '-' || _text[_at + 1] == ']') continue;
            var dash = _at++;
            var last = Symbol();
            if (last < first) throw Problem($"the range {first}-{last} runs backwards", dash);
            for (var symbol = first; symbol < last; symbol++) members.Add(symbol);
            members.Add(last);
        }

        if (!Take(']')) throw Problem("'[' is not closed", open);
        if (members.Count == 0 && !isComplement) throw Problem("a class without symbols matches nothing", open);
        return isComplement ? _alphabet.Where(symbol => !members.Contains(symbol)) : members;
    }

    private char Symbol()
    {
        if (_text[_at] == '\\' && ++_at == _text.Length) throw Problem("a backslash at the end; it must stand before a character", _at - 1);
        var symbol = _text[_at++];
        return _alphabet.Contains(symbol) ? symbol : throw Problem($"'{symbol}' is not in the alphabet '{_alphabet}'", _at - 1);
    }

    private int Number()
    {
        var start = _at;
        while (_at < _text.Length && char.IsAsciiDigit(_text[_at])) _at++;
        return int.TryParse(_text.AsSpan(start, _at - start), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= 1_000_000
            ? value
            : throw Problem(_at == start ? "a number is missing" : "the number is too large", start);
    }

    private bool Take(char expected)
    {
        if (_at >= _text.Length || _text[_at] != expected) return false;
        _at++;
        return true;
    }

    private StudyInputException Problem(string reason, int? at = null) =>
        new(string.Create(CultureInfo.InvariantCulture, $"the regular expression is malformed at position {(at ?? _at) + 1}: {reason}"));

    private readonly record struct Fragment(int Start, int End);
}
