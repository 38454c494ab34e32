using System.Numerics;
using System.Runtime.Intrinsics;

namespace StateSpace.Tensors.Operations.DiagonalRecurrence;

/// <summary>The states of a group of blocks before each chunk.</summary>
internal readonly unsafe struct Borders<T>(T* memory, long chunks, long states)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    // The real and imaginary parts of the states are adjacent in the modes.
    private readonly int _size = checked((int)(2 * states * Vector512<T>.Count));

    public void Save(Modes<T> modes, long block, long chunk) => State(modes).CopyTo(Border(block, chunk));

    public void Restore(Modes<T> modes, long block, long chunk) => Border(block, chunk).CopyTo(State(modes));

    private Span<T> State(Modes<T> modes) => new(modes.StateRe, _size);

    private Span<T> Border(long block, long chunk) => new(memory + (((block * chunks) + chunk) * _size), _size);
}
