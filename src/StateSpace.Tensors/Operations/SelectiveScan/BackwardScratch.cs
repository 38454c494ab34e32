using System.Numerics;
using System.Runtime.Intrinsics;
using StateSpace.Tensors.Memory;

namespace StateSpace.Tensors.Operations.SelectiveScan;

/// <summary>Where the kernels put gradients: first elements, null where there is no such input. Those of B and C of a step go to the groups' partial sums.</summary>
internal readonly unsafe struct GradientArrays<T>(ScanGradients x, Tensor? bPartial, Tensor? cPartial)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public readonly T* Input = x.Input.Pointer<T>();
    public readonly T* Delta = x.Delta.Pointer<T>();
    public readonly T* ARe = x.ARe.Pointer<T>();
    public readonly T* AIm = ScanArrays<T>.Pointer(x.AIm);
    public readonly T* BRe = x.BRe.Pointer<T>();
    public readonly T* BIm = ScanArrays<T>.Pointer(x.BIm);
    public readonly T* CRe = x.CRe.Pointer<T>();
    public readonly T* CIm = ScanArrays<T>.Pointer(x.CIm);
    public readonly T* Skip = ScanArrays<T>.Pointer(x.Skip);
    public readonly T* Gate = ScanArrays<T>.Pointer(x.Gate);
    public readonly T* DeltaBias = ScanArrays<T>.Pointer(x.DeltaBias);
    public readonly T* InitialRe = ScanArrays<T>.Pointer(x.InitialRe);
    public readonly T* InitialIm = ScanArrays<T>.Pointer(x.InitialIm);
    public readonly T* BPartial = ScanArrays<T>.Pointer(bPartial);
    public readonly T* CPartial = ScanArrays<T>.Pointer(cPartial);
}

/// <summary>The memory of one piece of the reverse pass.</summary>
internal readonly unsafe ref struct BackwardScratch<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private const long Chunk = SelectiveScanCpu.Chunk;
    private const int Size = 4;

    private readonly VectorScratch<T> _storage;

    // For each block, (vectors, lanes).
    private readonly T* _rates;
    private readonly T* _a;
    private readonly T* _states;
    private readonly T* _adjoints;
    private readonly T* _aGradients;
    private readonly T* _b;
    private readonly T* _c;
    private readonly T* _bGradients;
    private readonly T* _cGradients;

    // For each block, one vector.
    private readonly T* _skips;
    private readonly T* _biases;
    private readonly T* _skipSums;
    private readonly T* _biasSums;
    private readonly T* _largestRates;

    private readonly T* _decays;
    private readonly T* _history;

    public BackwardScratch(in ScanArrays<T> x, ScanGroup<T> group)
    {
        long blocks = group.Blocks, vectors = x.Quads.Vectors, rows = x.CoefficientVectors(group, Chunk);
        RowSize = vectors * ScanGroup<T>.Lanes;
        _storage = new((blocks * ((9 * Chunk) + (7 * vectors) + 5)) + (2 * rows) + (Size * ((4 * Chunk) + 1)));
        var scratch = _storage;
        U = scratch.Take(blocks * Chunk);
        Delta = scratch.Take(blocks * Chunk);
        Input = scratch.Take(blocks * Chunk);
        Upstream = scratch.Take(blocks * Chunk);
        Sum = scratch.Take(blocks * Chunk);
        InputSum = scratch.Take(blocks * Chunk);
        DecaySum = scratch.Take(blocks * Chunk);
        Gate = scratch.Take(blocks * Chunk);
        Slope = scratch.Take(blocks * Chunk);
        _rates = scratch.Take(blocks * vectors);
        _a = scratch.Take(blocks * vectors);
        _states = scratch.Take(blocks * vectors);
        _adjoints = scratch.Take(blocks * vectors);
        _aGradients = scratch.Take(blocks * vectors);
        _bGradients = scratch.Take(blocks * vectors);
        _cGradients = scratch.Take(blocks * vectors);
        _b = scratch.Take(rows);
        _c = scratch.Take(rows);
        _skips = scratch.Take(blocks);
        _biases = scratch.Take(blocks);
        _skipSums = scratch.Take(blocks);
        _biasSums = scratch.Take(blocks);
        _largestRates = scratch.Take(blocks);
        _decays = scratch.Take(Size * Chunk);
        _history = scratch.Take(Size * (Chunk + 1));
        BSums = scratch.Take(Size * Chunk);
        CSums = scratch.Take(Size * Chunk);
    }

    /// <summary>Elements of a block's states.</summary>
    public long RowSize { get; }

    // (blocks, steps, lanes); what each holds is said at ScanElements.
    public T* U { get; }

    public T* Delta { get; }

    public T* Input { get; }

    public T* Upstream { get; }

    public T* Sum { get; }

    public T* InputSum { get; }

    public T* DecaySum { get; }

    public T* Gate { get; }

    public T* Slope { get; }

    /// <summary>∂B of a quad and a chunk, lane by lane, (steps, 4, vector).</summary>
    public T* BSums { get; }

    /// <summary>∂C, likewise.</summary>
    public T* CSums { get; }

    private static int Lanes => ScanGroup<T>.Lanes;

    public T* State(int block) => _states + (block * RowSize);

    public T* Adjoint(int block) => _adjoints + (block * RowSize);

    public void Dispose() => _storage.Dispose();

    /// <summary>What a block reads and sums over the whole time.</summary>
    public void LoadBlock(in ScanArrays<T> x, ScanKernel<T> kernel, ScanGroup<T> group, int block, T* endRe, T* endIm)
    {
        var at = block * RowSize;
        x.LoadRates(group, block, _rates + at);
        x.LoadParameters(group, block, x.ARe, x.AIm, _a + at);
        x.LoadStates(group, block, endRe, endIm, _adjoints + at);
        Vector512.Store(group.LoadChannels(x.Skip, block), _skips + (block * Lanes));
        Vector512.Store(group.LoadChannels(x.DeltaBias, block), _biases + (block * Lanes));
        if (!x.IsBPerStep) x.LoadParameters(group, block, x.BRe, x.BIm, _b + at);
        if (!x.IsCPerStep) x.LoadParameters(group, block, x.CRe, x.CIm, _c + at);
        kernel.LargestMagnitudes(_rates + at, x.Quads.Vectors, _largestRates + (block * Lanes));
        Clear(_aGradients + at, RowSize);
        Clear(_bGradients + at, RowSize);
        Clear(_cGradients + at, RowSize);
        Clear(_skipSums + (block * Lanes), Lanes);
        Clear(_biasSums + (block * Lanes), Lanes);
    }

    /// <summary>What the blocks read in a chunk.</summary>
    public void LoadChunk(in ScanArrays<T> x, ScanGroup<T> group, long start, long steps, T* upstream)
    {
        group.LoadSteps(x.Input, start, steps, U, Chunk);
        group.LoadSteps(x.Delta, start, steps, Delta, Chunk);
        group.LoadSteps(upstream, start, steps, Upstream, Chunk);
        if (x.Gate != null) group.LoadSteps(x.Gate, start, steps, Gate, Chunk);
        if (x.IsBPerStep) x.LoadSteps(group, start, steps, x.BRe, x.BIm, _b, Chunk);
        if (x.IsCPerStep) x.LoadSteps(group, start, steps, x.CRe, x.CIm, _c, Chunk);
    }

    /// <summary>Prepares a block's part of a chunk; sums begin at zero.</summary>
    /// <returns>Whether no exponent needs care.</returns>
    public bool PrepareBlock(in ScanArrays<T> x, ScanKernel<T> kernel, int block, long steps)
    {
        var elements = Elements(x, block);
        Clear(elements.Sum, steps * Lanes);
        Clear(elements.InputSum, steps * Lanes);
        Clear(elements.DecaySum, steps * Lanes);
        kernel.PrepareBackward(elements, steps, x.Scale);
        return kernel.PrepareSteps(elements, steps, x.Softplus, _largestRates + (block * Lanes));
    }

    public ScanElements<T> Elements(in ScanArrays<T> x, int block)
    {
        var chunk = block * Chunk * Lanes;
        return new()
        {
            U = U + chunk,
            Delta = Delta + chunk,
            Input = Input + chunk,
            Sum = Sum + chunk,
            Gate = x.Gate == null ? null : Gate + chunk,
            Slope = x.Softplus ? Slope + chunk : null,
            Upstream = Upstream + chunk,
            InputSum = InputSum + chunk,
            DecaySum = DecaySum + chunk,
            Skip = _skips + (block * Lanes),
            Bias = _biases + (block * Lanes),
            SkipSum = _skipSums + (block * Lanes),
            BiasSum = _biasSums + (block * Lanes),
        };
    }

    /// <summary>Begins the sums of a quad over the blocks.</summary>
    public void ClearSums(long steps)
    {
        Clear(BSums, steps * Size * Lanes);
        Clear(CSums, steps * Size * Lanes);
    }

    public ScanQuad<T> Quad(in ScanArrays<T> x, int block, long quad)
    {
        var (at, chunk) = ((block * RowSize) + (quad * Size * Lanes), block * Chunk * Lanes);
        return new()
        {
            Rate = _rates + at,
            A = _a + at,
            State = _states + at,
            Adjoint = _adjoints + at,
            AGradient = _aGradients + at,
            B = x.IsBPerStep ? _b + (quad * Size * Chunk) : _b + at,
            C = x.IsCPerStep ? _c + (quad * Size * Chunk) : _c + at,
            BGradient = x.IsBPerStep ? BSums : _bGradients + at,
            CGradient = x.IsCPerStep ? CSums : _cGradients + at,
            Delta = Delta + chunk,
            Input = Input + chunk,
            Sum = Sum + chunk,
            Upstream = Upstream + chunk,
            InputSum = InputSum + chunk,
            DecaySum = DecaySum + chunk,
            Decays = _decays,
            States = _history,
        };
    }

    /// <summary>The gradients of a block's parameters and initial state.</summary>
    public void StoreBlock(in ScanArrays<T> x, ScanGroup<T> group, int block, GradientArrays<T> to)
    {
        var at = block * RowSize;
        x.StoreStates(group, block, _aGradients + at, to.ARe, to.AIm);
        x.StoreStates(group, block, _adjoints + at, to.InitialRe, to.InitialIm);
        if (!x.IsBPerStep) x.StoreStates(group, block, _bGradients + at, to.BRe, to.BIm);
        if (!x.IsCPerStep) x.StoreStates(group, block, _cGradients + at, to.CRe, to.CIm);
        if (to.Skip != null) group.StoreChannels(Vector512.Load(_skipSums + (block * Lanes)), to.Skip, block);
        if (to.DeltaBias != null) group.StoreChannels(Vector512.Load(_biasSums + (block * Lanes)), to.DeltaBias, block);
    }

    private static void Clear(T* memory, long count) => new Span<T>(memory, checked((int)count)).Clear();
}
