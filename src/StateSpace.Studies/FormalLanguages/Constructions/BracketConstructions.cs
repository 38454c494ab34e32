using StateSpace.Studies.FormalLanguages.Compiler;

namespace StateSpace.Studies.FormalLanguages;

/// <summary>Dyck(K,h) in two layers, 1 + h⌈log₂K⌉ channels: the depth; the bracket that was opened last at each depth. Nothing is taken off a stack.</summary>
internal static class BracketConstructions
{
    private const string Source = "Sarrof et al. 2024, Theorem 6 (Dyck(K,h))";

    /// <summary>What may follow prefixes of members.</summary>
    public static Construction Dyck(int kinds, int depth)
    {
        LayoutBuilder network = new(2 * kinds);
        var (counter, brackets) = Layers(network, kinds, depth, (0, depth));
        return new($"dyck-{kinds}-{depth}", new BoundedDyck(kinds, depth), Source, network.Build(Readout(network, counter, brackets, kinds, depth, []), Growth));
    }

    /// <summary>The same with a third layer of one channel, which latches where a bracket is wrong, so that the network recognizes.</summary>
    public static Construction Recognizer(int kinds, int depth)
    {
        LayoutBuilder network = new(2 * kinds);
        var (counter, brackets) = Layers(network, kinds, depth, (-1, depth + 1));
        var wrongKind =
            from level in Enumerable.Range(1, depth)
            from closed in Enumerable.Range(0, kinds)
            from opened in Enumerable.Range(0, kinds)
            where closed != opened
            select (IReadOnlyList<Literal>)[.. network.Token((2 * closed) + 1), .. CountIs(counter, level - 1), .. KindIs(brackets, level, kinds, opened)];
        var latch = network.Add(CellKind.Plain, [2], wrongKind.Append(CountIs(counter, -1)).Append(CountIs(counter, depth + 1)).Select(when => (when, ConstructionCatalog.Set(true))));
        return new(
            $"dyck-{kinds}-{depth}-recognizer", new BoundedDyck(kinds, depth), Source,
            network.Build(
            [
                network.Allow([Literal.Bit(latch.Raw, isOne: true)], 0, end: false),
                .. Readout(network, counter, brackets, kinds, depth, [Literal.Bit(latch.Raw, isOne: false)]),
            ], Growth),
            Recognizes: true);
    }

    /// <summary>That a counter that is read has a value.</summary>
    public static IReadOnlyList<Literal> CountIs(CompiledLayer counter, int value) =>
        [.. Literal.Code(counter.Read, Literal.Bits(counter.Counted.Greatest - counter.Counted.Least + 1), value - counter.Counted.Least)];

    private static (CompiledLayer Counter, CompiledLayer Brackets) Layers(LayoutBuilder network, int kinds, int depth, (int Least, int Greatest) counted)
    {
        var bits = CodeBits(kinds);
        var counter = network.Add(
            CellKind.Counter, [2], Enumerable.Range(0, 2 * kinds).Select(token => (network.Token(token), ConstructionCatalog.Count(token % 2 == 0 ? 1 : -1))), isRead: true, counted);
        var brackets = network.Add(
            CellKind.Plain, [.. Enumerable.Repeat(2, depth * bits)],
            from level in Enumerable.Range(1, depth)
            from kind in Enumerable.Range(0, kinds)
            select (
                (IReadOnlyList<Literal>)[.. network.Token(2 * kind), .. CountIs(counter, level)],
                new UnitAction(UnitKind.Set, [.. Enumerable.Range(0, depth * bits).Select(cell => cell / bits == level - 1 ? kind >> (cell % bits) & 1 : -1)])));
        return (counter, brackets);
    }

    private static IEnumerable<ReadoutUnit> Readout(LayoutBuilder network, CompiledLayer counter, CompiledLayer brackets, int kinds, int depth, Literal[] also)
    {
        var openers = 0x5555555555555555UL & ((1UL << (2 * kinds)) - 1);
        return
        [
            network.Allow([.. CountIs(counter, 0), .. also], openers, end: true),
            .. from level in Enumerable.Range(1, depth)
               from kind in Enumerable.Range(0, kinds)
               select network.Allow([.. CountIs(counter, level), .. KindIs(brackets, level, kinds, kind), .. also], (level < depth ? openers : 0) | (2UL << (2 * kind)), end: false),
        ];
    }

    private static IEnumerable<Literal> KindIs(CompiledLayer brackets, int level, int kinds, int kind) =>
        Enumerable.Range(0, CodeBits(kinds)).Select(bit => Literal.Bit(brackets.Raw + ((level - 1) * CodeBits(kinds)) + bit, (kind >> bit & 1) != 0));

    private static int Growth(int token) => token % 2 == 0 ? 1 : -1;

    private static int CodeBits(int kinds) => Math.Max(1, (int)Math.Ceiling(Math.Log2(kinds)));
}
