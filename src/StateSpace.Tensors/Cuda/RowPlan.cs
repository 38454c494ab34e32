using System.Collections.Concurrent;

namespace StateSpace.Tensors.Cuda;

/// <summary>How rows are shared out to threads that hold them in registers (<c>rows.cuh</c>).</summary>
/// <param name="Vector">Neighbouring elements of an access.</param>
/// <param name="Team">Threads on a row: a warp, several of them in a block, or a whole block.</param>
/// <param name="Packs">Accesses of a thread.</param>
/// <param name="Defines">The macros that say so.</param>
internal sealed record RowPlan(int Vector, int Team, int Packs, string[] Defines)
{
    private const int Warp = 32;
    private const int LargestBlock = 1024;

    /// <summary>Accesses of a row that one warp makes by itself: three of each thread.</summary>
    private const int WarpAccesses = 96;

    private static readonly ConcurrentDictionary<(long, int, int, string), RowPlan> Plans = new();

    /// <summary>Threads of a block where a team is a whole one.</summary>
    public int Threads(int ofWarps) => Team == Warp ? ofWarps : Team;

    /// <summary>Teams of a block.</summary>
    public int Teams(int threads) => threads / Team;

    /// <summary>Blocks that give each row a team, but not more than the device holds several times over.</summary>
    public int Blocks(long rows, int threads, CudaDevice device, int threadsPerMultiprocessor)
    {
        var largest = device.Multiprocessors * Math.Max(1, threadsPerMultiprocessor / threads);
        return (int)Math.Clamp((rows + Teams(threads) - 1) / Teams(threads), 1, largest);
    }

    /// <summary>The plan for rows of a width.</summary>
    /// <param name="width">Elements of a row.</param>
    /// <param name="largest">Most elements of an access.</param>
    /// <param name="packs">Accesses of a thread where a row takes a whole block.</param>
    /// <param name="types">Macros of the element types, which go in front; separated by spaces.</param>
    public static RowPlan For(long width, int largest, int packs, string types) => Plans.GetOrAdd((width, largest, packs, types), Make);

    private static RowPlan Make((long Width, int Largest, int Packs, string Types) key)
    {
        var vector = key.Largest;
        while (key.Width % vector != 0) vector /= 2;
        var accesses = Math.Max(1, key.Width / vector);
        var team = Warp;
        if (accesses > WarpAccesses)
        {
            var threads = (accesses + key.Packs - 1) / key.Packs;
            team = (int)Math.Min(LargestBlock, (threads + Warp - 1) / Warp * Warp);
        }

        var packs = checked((int)((accesses + team - 1) / team));
        return new(vector, team, packs, [.. key.Types.Split(' ', StringSplitOptions.RemoveEmptyEntries), $"VEC={vector}", $"TEAM={team}", $"PACKS={packs}"]);
    }
}
