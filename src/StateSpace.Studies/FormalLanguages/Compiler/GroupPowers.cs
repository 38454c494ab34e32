namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>The abelian group of a level in coordinates: an element is the powers of a basis.</summary>
internal sealed class GroupPowers
{
    private readonly CascadeLevel _level;
    private readonly Dictionary<string, int[]> _powers = new(StringComparer.Ordinal);

    public GroupPowers(CascadeLevel level)
    {
        _level = level;
        Basis = level.Group?.Basis() ?? [];
        Elements = [[]];
        foreach (var (_, order) in Basis) Elements = [.. Elements.SelectMany(element => Enumerable.Range(0, order).Select(power => (int[])[.. element, power]))];
        foreach (var element in Elements) _powers[string.Join(',', Permutation(element))] = element;
    }

    /// <summary>Permutations whose powers make each element in just one way, and their orders; empty where no group acts.</summary>
    public IReadOnlyList<(int[] Element, int Order)> Basis { get; }

    /// <summary>All elements; one without coordinates where no group acts.</summary>
    public IReadOnlyList<int[]> Elements { get; }

    /// <summary>The permutation of an element.</summary>
    public int[] Permutation(int[] element)
    {
        int[] product = [.. Enumerable.Range(0, _level.States)];
        for (var i = 0; i < element.Length; i++) product = PermutationGroup.Then(product, PermutationGroup.Power(Basis[i].Element, element[i]));
        return product;
    }

    /// <summary>The element by which a rule permutes; the identity where it does not.</summary>
    public int[] Of(CellRule rule) =>
        rule.Action == CellAction.Permute ? _powers[string.Join(',', _level.Whole(rule.Permutation))] : new int[Basis.Count];

    /// <summary>An element times the inverse of another.</summary>
    public int[] Minus(int[] element, int[] other) => [.. element.Select((power, i) => (power - other[i] + Basis[i].Order) % Basis[i].Order)];
}
