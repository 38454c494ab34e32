using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Operations.FftConvolution;

/// <summary>
/// Blocks of rows, packed, and for each of them transforms, product and transform back without a pass through memory between. Where
/// there are fewer channels than lanes, the sequences share a vector; else each kernel is transformed once for several sequences.
/// </summary>
internal sealed unsafe class FftConvolutionCpu<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const long CacheBytes = 256 << 10;
    private const int FewestPieces = 16;

    private readonly BlockConvolution<T> _method;
    private readonly long _batchInLanes;
    private readonly long _sequences;
    private readonly long _channels;
    private readonly long _kernelLength;
    private readonly int _largestGroup;
    private readonly int _parts;

    public FftConvolutionCpu(Shape u, Shape kernel, ConvolutionMethod method)
    {
        var length = u[1];
        _channels = u[2];
        _kernelLength = kernel[1];
        var taps = Math.Min(length, _kernelLength);
        _method = method == ConvolutionMethod.Fourier ? new FourierConvolution<T>(length, taps) : new DirectConvolution<T>(length, taps);
        var fold = _channels < LaneRows<T>.Lanes;
        (_batchInLanes, _sequences) = fold ? (u[0], 1L) : (1L, u[0]);
        _largestGroup = (int)Math.Clamp(CacheBytes / Math.Max(1, _method.Rows * Vector512<byte>.Count), 1, LaneGroup<T>.LargestGroup);
        var blocks = LaneRows<T>.BlockCount(_batchInLanes, _channels);
        _parts = (int)Math.Clamp((FewestPieces + blocks - 1) / Math.Max(1, blocks), 1, Math.Max(1, _sequences));
    }

    /// <summary>Arrays (D, L_k) whose sum is the kernel's gradient.</summary>
    public long GradientParts => _batchInLanes == 1 ? _parts : _batchInLanes;

    public void Forward(Tensor u, Tensor kernel, Tensor y)
    {
        T* input = u.Pointer<T>(), taps = kernel.Pointer<T>(), output = y.Pointer<T>();
        var (length, rows) = (_method.Length, _method.Rows);
        LaneGroup<T>.ForAll(_batchInLanes, length, _channels, _largestGroup, _parts, (group, part) =>
        {
            var block = _method.PreparedVectors + (2 * rows);
            using var scratch = new VectorScratch<T>((group.Blocks * block) + _method.WorkVectors + rows);
            T* prepared = scratch.Take(group.Blocks * _method.PreparedVectors), work = scratch.Take(_method.WorkVectors);
            T* x = scratch.Take(group.Blocks * rows), z = scratch.Take(group.Blocks * rows);
            Prepare(group, taps, prepared, scratch.Take(rows), work);
            Clear(x, group.Blocks * rows);
            var (first, end) = Sequences(part);
            for (var sequence = first; sequence < end; sequence++)
            {
                var skip = sequence * length * _channels;
                group.LoadSteps(input + skip, 0, length, x, rows);
                for (var i = 0; i < group.Blocks; i++) _method.Forward(At(prepared, i, _method.PreparedVectors), At(x, i, rows), At(z, i, rows), work);
                group.StoreSteps(z, rows, output + skip, 0, length);
            }
        });
    }

    /// <param name="u">Input.</param>
    /// <param name="kernel">Kernel.</param>
    /// <param name="gradient">∂ℓ/∂y.</param>
    /// <param name="du">Is written.</param>
    /// <param name="partial">(<see cref="GradientParts"/>, D, L_k); is written.</param>
    public void Backward(Tensor u, Tensor kernel, Tensor gradient, Tensor du, Tensor partial)
    {
        T* input = u.Pointer<T>(), taps = kernel.Pointer<T>(), upstream = gradient.Pointer<T>(), inputGradient = du.Pointer<T>(), parts = partial.Pointer<T>();
        var (length, rows) = (_method.Length, _method.Rows);
        LaneGroup<T>.ForAll(_batchInLanes, length, _channels, _largestGroup, _parts, (group, part) =>
        {
            var block = _method.PreparedVectors + _method.SumVectors + (3 * rows);
            using var scratch = new VectorScratch<T>((group.Blocks * block) + _method.WorkVectors + rows);
            T* prepared = scratch.Take(group.Blocks * _method.PreparedVectors), sums = scratch.Take(group.Blocks * _method.SumVectors);
            T* work = scratch.Take(_method.WorkVectors), packedKernel = scratch.Take(rows);
            T* x = scratch.Take(group.Blocks * rows), g = scratch.Take(group.Blocks * rows), dx = scratch.Take(group.Blocks * rows);
            Prepare(group, taps, prepared, packedKernel, work);
            Clear(sums, group.Blocks * _method.SumVectors);
            Clear(x, group.Blocks * rows);
            Clear(g, group.Blocks * rows);
            var (first, end) = Sequences(part);
            for (var sequence = first; sequence < end; sequence++)
            {
                var skip = sequence * length * _channels;
                group.LoadSteps(input + skip, 0, length, x, rows);
                group.LoadSteps(upstream + skip, 0, length, g, rows);
                for (var i = 0; i < group.Blocks; i++)
                {
                    _method.Backward(
                        At(prepared, i, _method.PreparedVectors), At(x, i, rows), At(g, i, rows), At(dx, i, rows), At(sums, i, _method.SumVectors), work);
                }

                group.StoreSteps(dx, rows, inputGradient + skip, 0, length);
            }

            for (var i = 0; i < group.Blocks; i++)
            {
                _method.Finish(At(sums, i, _method.SumVectors), packedKernel, work);
                group[i].StoreStates(packedKernel, parts + (part * _channels * _kernelLength), _kernelLength, _method.Taps);
            }
        });
    }

    private static void Clear(T* first, long vectors) => NativeMemory.Clear(first, (nuint)(vectors * Vector512<byte>.Count));

    private static T* At(T* first, int block, long vectors) => first + (block * vectors * Vector512<T>.Count);

    private void Prepare(LaneGroup<T> group, T* kernel, T* prepared, T* packed, T* work)
    {
        Clear(packed, _method.Rows);
        for (var i = 0; i < group.Blocks; i++)
        {
            group[i].LoadParameters(kernel, _kernelLength, _method.Taps, T.One, packed);
            _method.Prepare(packed, At(prepared, i, _method.PreparedVectors), work);
        }
    }

    private (long First, long End) Sequences(int part) => (_sequences * part / _parts, _sequences * (part + 1) / _parts);
}
