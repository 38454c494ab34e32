namespace StateSpace.Tensors.Autograd;

/// <summary>Counts the records that still may add to each leaf's gradient.</summary>
/// <remarks>Leaves that a function under <see cref="Tape.Recompute"/> reads are not among a record's inputs; they are never reported.</remarks>
internal sealed class LeafUses
{
    private readonly Dictionary<Tensor, int> _left = new(ReferenceEqualityComparer.Instance);

    public LeafUses(IEnumerable<TapeRecord> records)
    {
        foreach (var leaf in records.SelectMany(record => record.Leaves)) _left[leaf] = _left.GetValueOrDefault(leaf) + 1;
    }

    /// <summary>Reports the leaves that only this record was still to add to.</summary>
    public void Passed(TapeRecord record, Action<Tensor> leafDone)
    {
        foreach (var leaf in record.Leaves)
        {
            if (--_left[leaf] == 0 && leaf.Gradient is not null) leafDone(leaf);
        }
    }
}
