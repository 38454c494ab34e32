namespace StateSpace.Studies.FormalLanguages.Compiler;

/// <summary>Lays a cascade out as layers: which channels hold what, and the table of each layer.</summary>
/// <remarks>
/// A set-reset level becomes a layer of history cells; the last one needs no history. A level on which a group acts becomes a layer that keeps the
/// product of the permutations, P, and, where the level is also set, a second one that keeps P⁻¹ of what it is set to: its state is P applied to it.
/// </remarks>
internal sealed class LayoutPlanner
{
    private readonly Cascade _cascade;
    private readonly List<CompiledLayer> _layers = [];
    private readonly int[,] _ranks;
    private int _width;

    private LayoutPlanner(Cascade cascade) => (_cascade, _ranks) = (cascade, CompletionOrder.Of(cascade.Automaton));

    private FiniteAutomaton Automaton => _cascade.Automaton;

    /// <summary>The token that ends a text and begins another; the others are the letters.</summary>
    private int End => Automaton.Alphabet.Length;

    /// <summary>Lays a cascade out.</summary>
    public static CompiledLayout Plan(Cascade cascade) => new LayoutPlanner(cascade).Plan();

    private CompiledLayout Plan()
    {
        var tokenBits = Literal.Bits(End + 1);

        // Channel 0 is the constant that fixes the norm.
        _width = 1 + tokenBits;
        var situations = Enumerable.Range(0, End)
            .Select(letter => new Situation([.. Literal.Code(1, tokenBits, letter)], letter, _cascade.Whole, _cascade.Whole)).ToList();
        List<Literal> restart = [.. Literal.Code(1, tokenBits, End)];
        for (var i = 0; i < _cascade.Levels.Count; i++) (situations, restart) = AddLevel(_cascade.Levels[i], situations, restart, isLast: i == _cascade.Levels.Count - 1);
        List<ReadoutUnit> readout = [.. situations.Select(s => Readout(s.Conditions, (int)UInt128.TrailingZeroCount(s.New))), Readout(restart, Automaton.Start)];
        var logits = Take(End + 1);
        return new(End, _width, logits, _layers, readout);
    }

    private ReadoutUnit Readout(IReadOnlyList<Literal> conditions, int state) =>
        new(conditions, [.. CompiledLayout.LogitsOf(Automaton.After(state), End).Select((logit, token) => logit - (CompiledLayout.Preference * _ranks[state, token]))]);

    /// <summary>Adds the layers of a level.</summary>
    /// <returns>What may be the case behind it, and how a new text shows.</returns>
    private (List<Situation> Situations, List<Literal> Restart) AddLevel(CascadeLevel level, List<Situation> before, List<Literal> restart, bool isLast)
    {
        // Number 0 is the rule that a new text begins.
        var numbers = level.Rules.Select((rule, i) => (rule, i)).ToDictionary(pair => (pair.rule.Letter, pair.rule.Old, pair.rule.New), pair => pair.i + 1);
        var ruleBits = Literal.Bits(level.Rules.Count + 1);
        var ruleAt = Take(ruleBits);
        var isSet = level.Rules.Any(rule => rule.Action == CellAction.Set);
        var powers = new GroupPowers(level);
        List<int> orders = [.. powers.Basis.Select(factor => factor.Order)];
        var isSign = orders.TrueForAll(order => order == 2);
        var needsCells = isSet || powers.Basis.Count == 0;
        var (phasesRaw, phasesRead) = (-1, -1);
        if (powers.Basis.Count > 0)
        {
            phasesRaw = Take(isSign ? orders.Count : 2 * orders.Count);
            phasesRead = isLast && !needsCells ? -1 : Take(orders.Sum(Literal.Bits));
            _layers.Add(new(isSign ? CellKind.Sign : CellKind.Cyclic, orders, phasesRaw, phasesRead, Table(situation => new(UnitKind.Turn, powers.Of(Rule(situation))))));
        }

        var (bitsRaw, bitsRead) = (-1, -1);
        if (needsCells)
        {
            bitsRaw = Take(level.Bits);
            bitsRead = isLast ? -1 : Take(level.Bits);
            var table = powers.Basis.Count == 0
                ? Table(situation => Set(level, Rule(situation), Rule(situation).Target))
                : [.. level.Rules.Where(rule => rule.Action == CellAction.Set).SelectMany(SetBehindGroup), new(RuleIs(0), UnitAction.Restart, [])];
            _layers.Add(new(isLast ? CellKind.Plain : CellKind.History, [.. Enumerable.Repeat(2, level.Bits)], bitsRaw, bitsRead, table));
        }

        return (Behind().ToList(), [.. RuleIs(0)]);

        CellRule Rule(Situation situation) => level.Rules[numbers[(situation.Letter, situation.Old, situation.New)] - 1];

        List<Literal> RuleIs(int number) => [.. Literal.Code(ruleAt, ruleBits, number)];

        int Number(CellRule rule) => numbers[(rule.Letter, rule.Old, rule.New)];

        List<TableUnit> Table(Func<Situation, UnitAction> action) =>
        [
            .. before.Select(situation => new TableUnit(situation.Conditions, action(situation), [(ruleAt, ruleBits, Number(Rule(situation)))])),
            new(restart, UnitAction.Restart, [(ruleAt, ruleBits, 0)]),
        ];

        // The product P of the permutations is known in front of this layer: what is written is P⁻¹ of the target.
        IEnumerable<TableUnit> SetBehindGroup(CellRule rule) => powers.Elements.Select(element => new TableUnit(
            [.. RuleIs(Number(rule)), .. PhasesAre(element)], Set(level, rule, Array.IndexOf(powers.Permutation(element), rule.Target)), []));

        IEnumerable<Literal> PhasesAre(int[] element)
        {
            var at = phasesRead;
            for (var i = 0; i < orders.Count; at += Literal.Bits(orders[i++]))
            {
                foreach (var literal in Literal.Code(at, Literal.Bits(orders[i]), element[i])) yield return literal;
            }
        }

        // Each rule with each product of permutations and each content of the cells that can occur with it.
        IEnumerable<Situation> Behind()
        {
            foreach (var rule in level.Rules)
            {
                foreach (var element in powers.Elements)
                {
                    var now = powers.Permutation(element);
                    var old = powers.Permutation(powers.Minus(element, powers.Of(rule)));
                    foreach (var conditions in isLast ? Last(rule, element, now) : Inner(rule, element, old)) yield return conditions;
                }
            }
        }

        IEnumerable<Situation> Inner(CellRule rule, int[] element, int[] old)
        {
            List<Literal> known = [.. RuleIs(Number(rule)), .. phasesRead < 0 ? [] : PhasesAre(element)];
            if (!_cascade.Divides(level, rule.Old) && !_cascade.Divides(level, rule.New))
            {
                if (element == powers.Elements[0]) yield return new([.. RuleIs(Number(rule))], rule.Letter, rule.Old, rule.New);
                yield break;
            }

            for (var cell = 0; cell < (needsCells ? level.States : 1); cell++)
            {
                var content = needsCells ? cell : level.Start;
                var state = old[content];
                if (state >= _cascade.Parts(level, rule.Old) && _cascade.Divides(level, rule.Old)) continue;
                List<Literal> conditions = [.. known, .. needsCells && _cascade.Divides(level, rule.Old) ? Literal.Code(bitsRead, level.Bits, content ^ level.Start) : []];
                yield return new(conditions, rule.Letter, _cascade.Part(level, rule.Old, state), _cascade.Part(level, rule.New, Cascade.Next(rule with { Permutation = level.Whole(rule.Permutation) }, state)));
                if (!_cascade.Divides(level, rule.Old)) yield break;
            }
        }

        // Behind the last level only what is the case now matters; cells and phases are read as they come out of the layer.
        IEnumerable<Situation> Last(CellRule rule, int[] element, int[] now)
        {
            if (!_cascade.Divides(level, rule.New))
            {
                if (element == powers.Elements[0]) yield return new([.. RuleIs(Number(rule))], rule.Letter, rule.Old, rule.New);
                yield break;
            }

            for (var content = 0; content < level.States; content++)
            {
                if (!needsCells && content != level.Start) continue;
                if (now[content] >= _cascade.Parts(level, rule.New)) continue;
                List<Literal> conditions = [.. RuleIs(Number(rule))];
                if (phasesRead >= 0) conditions.AddRange(PhasesAre(element));
                else if (phasesRaw >= 0) conditions.AddRange(orders.Select((order, i) => isSign ? Literal.SignCell(phasesRaw + i, element[i] == 0) : Literal.Phase(phasesRaw + (2 * i), order, element[i])));
                if (needsCells) conditions.AddRange(Enumerable.Range(0, level.Bits).Select(bit => Literal.Bit(bitsRaw + bit, ((content ^ level.Start) >> bit & 1) != 0)));
                yield return new(conditions, rule.Letter, rule.Old, _cascade.Part(level, rule.New, now[content]));
            }
        }
    }

    private static UnitAction Set(CascadeLevel level, CellRule rule, int target) => rule.Action == CellAction.Set
        ? new(UnitKind.Set, [.. Enumerable.Range(0, level.Bits).Select(bit => (target ^ level.Start) >> bit & 1)])
        : UnitAction.None;

    private int Take(int channels)
    {
        var first = _width;
        _width += channels;
        return first;
    }

    /// <summary>Something that may be the case: the conditions by which it shows, the letter, and what the levels so far knew and know.</summary>
    private sealed record Situation(IReadOnlyList<Literal> Conditions, int Letter, UInt128 Old, UInt128 New);
}
