namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>A group of permutations of 0 … n − 1.</summary>
internal sealed class PermutationGroup
{
    private const int MostElements = 10_000;

    private readonly List<int[]> _elements;

    private PermutationGroup(int degree, List<int[]> elements) => (Degree, _elements) = (degree, elements);

    /// <summary>n.</summary>
    public int Degree { get; }

    /// <summary>Number of elements; those up to a limit are found.</summary>
    public int Order => _elements.Count;

    /// <summary>Whether the order of any two factors does not matter.</summary>
    public bool IsAbelian => _elements.TrueForAll(x => _elements.TrueForAll(y => Enumerable.Range(0, Degree).All(i => x[y[i]] == y[x[i]])));

    /// <summary>Whether each point goes to each point by just one element.</summary>
    public bool IsRegular => Order == Degree && _elements.Select(x => x[0]).Distinct().Count() == Degree;

    /// <summary>The group that permutations generate.</summary>
    public static PermutationGroup Of(int degree, IReadOnlyCollection<int[]> generators)
    {
        int[] identity = [.. Enumerable.Range(0, degree)];
        var seen = new HashSet<string>(StringComparer.Ordinal) { Key(identity) };
        List<int[]> elements = [identity];
        for (var i = 0; i < elements.Count && elements.Count < MostElements; i++)
        {
            foreach (var generator in generators)
            {
                int[] product = [.. elements[i].Select(point => generator[point])];
                if (seen.Add(Key(product))) elements.Add(product);
            }
        }

        return new(degree, elements);
    }

    /// <summary>
    /// Name of the group: C2×C2 and the like where it is abelian, S or A with the number of points that it moves, or its order.
    /// </summary>
    public string Name()
    {
        if (Order >= MostElements) return $"a group of at least {MostElements} elements";
        if (Order == 1) return "the trivial group";
        if (IsAbelian) return string.Join('×', Basis().Select(factor => $"C{factor.Order}"));
        var moved = Enumerable.Range(0, Degree).Count(i => _elements.Exists(x => x[i] != i));
        var factorial = Enumerable.Range(1, Math.Min(moved, 12)).Aggregate(1, (product, i) => product * i);
        if (Order == factorial) return $"S{moved}";
        return Order * 2 == factorial ? $"A{moved}" : $"a non-abelian group of {Order} elements";
    }

    /// <summary>Elements of an abelian group whose powers make each element in just one way, with their orders, largest first.</summary>
    public List<(int[] Element, int Order)> Basis()
    {
        List<(int[] Element, int Order)> basis = [];
        List<int[]> made = [_elements[0]];
        var known = new HashSet<string>(StringComparer.Ordinal) { Key(_elements[0]) };
        foreach (var (element, order) in _elements.Select(x => (x, Order: OrderOf(x))).OrderByDescending(pair => pair.Order))
        {
            if (made.Count == Order) break;
            if (Enumerable.Range(1, order - 1).Any(power => known.Contains(Key(Power(element, power))))) continue;
            made = [.. made.SelectMany(x => Enumerable.Range(0, order).Select(power => Then(x, Power(element, power))))];
            known = [.. made.Select(Key)];
            basis.Add((element, order));
        }

        return basis;
    }

    /// <summary>The permutation applied several times.</summary>
    public static int[] Power(int[] x, int power)
    {
        int[] result = [.. Enumerable.Range(0, x.Length)];
        for (var i = 0; i < power; i++) result = Then(result, x);
        return result;
    }

    /// <summary>One permutation after another.</summary>
    public static int[] Then(int[] first, int[] second) => [.. first.Select(point => second[point])];

    /// <summary>Cycles as in (0 1)(2 3), fixed points left out.</summary>
    public static string Cycles(IReadOnlyList<int> x)
    {
        var text = "";
        var seen = new bool[x.Count];
        for (var start = 0; start < x.Count; start++)
        {
            if (seen[start] || x[start] == start) continue;
            List<int> cycle = [];
            for (var i = start; !seen[i]; i = x[i])
            {
                seen[i] = true;
                cycle.Add(i);
            }

            text += $"({string.Join(' ', cycle)})";
        }

        return text;
    }

    private static int OrderOf(int[] x)
    {
        var (order, power) = (1, x);
        for (; !power.Select((point, i) => point == i).All(isFixed => isFixed); order++) power = Then(power, x);
        return order;
    }

    private static string Key(int[] x) => string.Join(',', x);
}
