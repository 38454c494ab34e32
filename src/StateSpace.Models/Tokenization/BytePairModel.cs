using System.Runtime.InteropServices;

namespace StateSpace.Models.Tokenization;

/// <summary>
/// Byte pair encoding: a word begins as its bytes; as long as two neighbours can be merged, those are whose merge was learned first, and of
/// equals the leftmost.
/// </summary>
internal sealed class BytePairModel
{
    private readonly Dictionary<string, int> _vocabulary;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly Dictionary<long, (int Rank, int Id)> _merges;
    private readonly int[] _byteIds = new int[256];
    private readonly bool _prefersWholeWords;

    /// <summary>Takes a vocabulary.</summary>
    /// <param name="vocabulary">Ids of tokens as <see cref="ByteAlphabet"/> spells them.</param>
    /// <param name="merges">For a pair of ids, the order in which it was learned and the id of what it becomes.</param>
    /// <param name="unknown">Id for a byte that the vocabulary lacks, or null where there is none.</param>
    /// <param name="prefersWholeWords">Whether a word that is a token is that token, whatever the merges say.</param>
    public BytePairModel(Dictionary<string, int> vocabulary, Dictionary<long, (int Rank, int Id)> merges, int? unknown, bool prefersWholeWords)
    {
        _vocabulary = vocabulary;
        _lookup = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        _merges = merges;
        _prefersWholeWords = prefersWholeWords;
        for (var value = 0; value < 256; value++) _byteIds[value] = vocabulary.GetValueOrDefault(ByteAlphabet.Letter((byte)value).ToString(), unknown ?? -1);
    }

    public IReadOnlyDictionary<string, int> Vocabulary => _vocabulary;

    public int MergeCount => _merges.Count;

    /// <summary>A pair of ids as one number.</summary>
    public static long Pair(int left, int right) => ((long)left << 32) | (uint)right;

    /// <summary>The first byte of a word that no token stands for, or −1.</summary>
    public int FirstUnknown(ReadOnlySpan<byte> word)
    {
        for (var i = 0; i < word.Length; i++)
            if (_byteIds[word[i]] < 0) return i;
        return -1;
    }

    /// <summary>Appends the ids of a word, each of whose bytes is known.</summary>
    public void Encode(ReadOnlySpan<byte> word, List<int> ids)
    {
        if (_prefersWholeWords && _lookup.TryGetValue(ByteAlphabet.Spell(word), out var whole))
        {
            ids.Add(whole);
            return;
        }

        var start = ids.Count;
        foreach (var value in word) ids.Add(_byteIds[value]);
        if (word.Length > 1) CollectionsMarshal.SetCount(ids, start + Merge(CollectionsMarshal.AsSpan(ids)[start..]));
    }

    /// <summary>Merges in place.</summary>
    /// <returns>The number of ids that are left.</returns>
    private int Merge(Span<int> ids)
    {
        // A list linked by positions; a merge keeps the left position and frees the right one. Offers are ordered by rank, then by position, and
        // one that a merge overtook is recognised by the rank that its place has now.
        var next = new int[ids.Length];
        var previous = new int[ids.Length];
        var offers = new PriorityQueue<int, long>();
        for (var i = 0; i < ids.Length; i++) (next[i], previous[i]) = (i + 1, i - 1);
        for (var i = 0; i < ids.Length - 1; i++) Offer(ids, i);
        while (offers.TryDequeue(out var left, out var priority))
        {
            if (next[left] < 0 || next[left] >= ids.Length) continue;
            var right = next[left];
            if (!_merges.TryGetValue(Pair(ids[left], ids[right]), out var merge) || merge.Rank != (int)(priority >> 32)) continue;
            ids[left] = merge.Id;
            next[left] = next[right];
            if (next[right] < ids.Length) previous[next[right]] = left;
            next[right] = -1;
            Offer(ids, left);
            if (previous[left] >= 0) Offer(ids, previous[left]);
        }

        var count = 0;
        for (var i = 0; i < ids.Length; i = next[i]) ids[count++] = ids[i];
        return count;

        void Offer(Span<int> ids, int left)
        {
            if (next[left] < ids.Length && _merges.TryGetValue(Pair(ids[left], ids[next[left]]), out var merge)) offers.Enqueue(left, Pair(merge.Rank, left));
        }
    }
}
