using System.Text;
using StateSpace.Tensors.RandomNumbers;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>
/// Members as the generators of Sarrof et al. (and Bhattamishra et al., whose they are) draw them, with their habits: shuffles come from a nested
/// grammar and never cross; bounded Dyck words repeat nearly the same units; bits are drawn until a coin ends the word.
/// </summary>
/// <param name="language">A language of the suite.</param>
public sealed class PublishedSampler(FormalLanguage language) : WordSampler
{
    /// <inheritdoc/>
    public override string Sample(RandomSource random, int shortest, int longest)
    {
        ArgumentNullException.ThrowIfNull(random);
        int Uniform(int low, int high) => low + (int)random.NextInteger(Math.Max(0, high - low) + 1);
        return Accept(shortest, longest, () => language.Name switch
        {
            "tomita-1" => new('1', Uniform(shortest, longest)),
            "tomita-2" => Repeat("10", Uniform(shortest, longest) / 2),
            "aa-star" => Repeat("aa", Uniform(shortest, longest) / 2),
            "aaaa-star" => Repeat("aaaa", Uniform(shortest, longest) / 4),
            "abab-star" => Repeat("abab", Uniform(shortest, longest) / 4),
            "anbn" or "anbncn" or "anbncndn" => Blocks(Uniform(shortest, longest) / language.Alphabet.Length),
            "tomita-3" => Member(Runs(random, Uniform(shortest, longest))),
            "tomita-4" => NoThreeZeros(random, Uniform(shortest, longest)),
            "tomita-7" => FourRuns(Uniform, longest),
            "abcde-blocks" => FiveBlocks(Uniform, Uniform(shortest, longest)),
            "abd-bc" => Around(random, "ab", 'd', "bc", longest),
            "012-02" => Around(random, "012", '0', "2", longest),
            "parity" => Even(Bits(random, shortest, longest)),
            "tomita-5" or "tomita-6" => Member(Bits(random, shortest, longest)),
            "dyck-1" or "shuffle-2" or "shuffle-4" or "shuffle-6" => Nested(random, longest),
            "boolean-3" => Term(random, 0.5, longest),
            "boolean-5" => Term(random, 0.3, longest),
            _ when language.Name.StartsWith("d-", StringComparison.Ordinal) => Units(random, ((RegularLanguage)language).Automaton.LiveCount - 1, longest),
            _ => throw new StudyInputException($"there is no published sampler of {language.Name}"),
        });
    }

    private static string Repeat(string unit, int count) => string.Concat(Enumerable.Repeat(unit, count));

    private static string Even(string bits) => bits.Count(bit => bit == '1') % 2 == 0 ? bits : bits + '1';

    /// <summary>0 and 1 with chance p each, the end with 1 − 2p, p = L/(2(1 + L)) for the middle L of the window.</summary>
    private static string Bits(RandomSource random, int shortest, int longest)
    {
        var middle = (shortest + longest) / 2;
        var p = middle / (2.0 * (1 + middle));
        StringBuilder word = new();
        while (word.Length < longest && random.NextUniform() is var u && u < 2 * p) word.Append(u < p ? '0' : '1');
        return word.ToString();
    }

    private static string NoThreeZeros(RandomSource random, int length)
    {
        var word = new char[length];
        var zeros = 0;
        for (var i = 0; i < length; i++)
        {
            word[i] = zeros == 2 || random.NextUniform() < 0.5 ? '1' : '0';
            zeros = word[i] == '0' ? zeros + 1 : 0;
        }

        return new(word);
    }

    private static string Runs(RandomSource random, int length)
    {
        StringBuilder word = new();
        var bit = random.NextUniform() < 0.5 ? '0' : '1';
        while (word.Length < length)
        {
            word.Append(bit, 1 + (int)random.NextInteger(length - word.Length));
            bit = bit == '0' ? '1' : '0';
        }

        return word.ToString();
    }

    private static string FourRuns(Func<int, int, int> uniform, int longest)
    {
        StringBuilder word = new();
        for (var run = 0; run < 4; run++) word.Append(run % 2 == 0 ? '0' : '1', uniform(0, longest / 2));
        return word.ToString();
    }

    private static string FiveBlocks(Func<int, int, int> uniform, int length)
    {
        StringBuilder word = new();
        var rest = length - 5;
        foreach (var letter in "abcde")
        {
            var extra = letter == 'e' ? rest : uniform(0, rest);
            word.Append(letter, 1 + extra);
            rest -= extra;
        }

        return word.ToString();
    }

    private static string Around(RandomSource random, string before, char middle, string behind, int longest)
    {
        var first = (int)random.NextInteger(longest - 1);
        var second = (int)random.NextInteger(Math.Max(1, longest - first - 1));
        string Letters(string from, int count) => string.Concat(Enumerable.Range(0, count).Select(_ => from[(int)random.NextInteger(from.Length)]));
        return Letters(before, first) + middle + Letters(behind, second);
    }

    /// <summary>
    /// D_n as units a D_(n−1) b, repeated until a drawn length, int(0.75 max (1 + N(0,1)/10)), is reached; the space of a unit is half its level's.
    /// </summary>
    private static string? Units(RandomSource random, int depth, int longest)
    {
        StringBuilder word = new();
        Level(depth, longest);
        return word.Length <= longest ? word.ToString() : null;

        void Level(int n, int most)
        {
            if (n == 0) return;
            var (start, length) = (word.Length, (int)(most * 0.75 * (1 + (0.1 * random.NextNormal()))));
            do
            {
                word.Append('a');
                Level(n - 1, most / 2);
                word.Append('b');
            }
            while (word.Length - start < length && word.Length <= longest);
        }
    }

    private string Blocks(int n) => string.Concat(language.Alphabet.Select(letter => new string(letter, n)));

    private string? Member(string word) => language.Contains(word) ? word : null;

    /// <summary>S → (S) with chance 1/2, SS with 1/4, nothing with 1/4; null where the word grows beyond its window.</summary>
    private string? Nested(RandomSource random, int longest)
    {
        StringBuilder word = new();
        Stack<char> pending = new("S");
        while (pending.TryPop(out var next))
        {
            if (word.Length + pending.Count(symbol => symbol != 'S') > longest || pending.Count > 4 * longest) return null;
            if (next != 'S')
            {
                word.Append(next);
                continue;
            }

            var u = random.NextUniform();
            if (u < 0.5)
            {
                var kind = (int)random.NextInteger(language.Alphabet.Length / 2);
                word.Append(language.Alphabet[2 * kind]);
                pending.Push(language.Alphabet[(2 * kind) + 1]);
                pending.Push('S');
            }
            else if (u < 0.75)
            {
                pending.Push('S');
                pending.Push('S');
            }
        }

        return word.ToString();
    }

    /// <summary>A literal with chance 1 − p, otherwise an operator of any arity alike; null where the term is not complete in time.</summary>
    private string? Term(RandomSource random, double p, int longest)
    {
        StringBuilder word = new();
        for (var open = 1; open > 0;)
        {
            if (word.Length + open > longest) return null;
            var symbol = random.NextUniform() < p
                ? language.Alphabet[2 + (int)random.NextInteger(language.Alphabet.Length - 2)]
                : language.Alphabet[(int)random.NextInteger(2)];
            word.Append(symbol);
            open += CounterLanguages.Arity(symbol) - 1;
        }

        return word.ToString();
    }
}
