using StateSpace.Tensors.Cpu;

namespace StateSpace.Tensors.Operations.Reduction;

/// <summary>
/// Pieces of a walk down an axis that is not the last: blocks of columns, which a kernel crosses a few rows at a time, so that it
/// reads along the rows and seldom stores what it carries from row to row.
/// </summary>
internal static class ColumnBlocks
{
    /// <summary>Columns of a block, a multiple of every number of lanes.</summary>
    public const int Width = 512;

    /// <summary>Rows that a kernel takes at once.</summary>
    public const int Rows = 8;

    /// <summary>Handles a block of columns that begins at an offset in elements.</summary>
    public delegate void Body(long offset, long width);

    /// <summary>Runs <paramref name="body"/> for every block of columns of every outer index, in parallel.</summary>
    public static void For(ReductionLayout layout, Body body)
    {
        var (outer, length, inner) = layout;
        var blocks = (inner + Width - 1) / Width;
        CpuTeam.ForBlocks(outer * blocks, Math.Max(1, (1 << 15) / (length * Math.Min(inner, Width))), (start, end) =>
        {
            for (var piece = start; piece < end; piece++)
            {
                var column = piece % blocks * Width;
                body((piece / blocks * length * inner) + column, Math.Min(Width, inner - column));
            }
        });
    }
}
