using System.Numerics;
using StateSpace.Tensors.Cpu;
using StateSpace.Tensors.Cpu.Gemm;

namespace StateSpace.Tensors.Operations.Ssd;

/// <summary>The gradient of one block of heads: one sweep forward for the states, one backward.</summary>
internal sealed unsafe class SsdBackwardPass<T> : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly SsdArrays<T> _x;
    private readonly HeadBlock _block;
    private readonly ChunkScores<T> _scores;
    private readonly SsdBackwardArrays<T> _outputs;
    private readonly int _columns;
    private readonly ChunkScratch<T> _scratch = new();
    private readonly ChunkDecay<T> _decay;
    private readonly DecayGradient<T> _ofDecay;
    private readonly T[] _wholes;
    private readonly double[] _ofA;
    private readonly double[] _ofSkip;

    /// <summary>States before each chunk, one below the other; D, the gradient of the state behind the current chunk.</summary>
    private readonly ChunkMatrix<T> _states;
    private readonly ChunkMatrix<T> _adjoint;

    /// <summary>(Q, columns): Δ x; g; U, with ∂x = Δ U + D̲ g.</summary>
    private readonly ChunkMatrix<T> _steps;
    private readonly ChunkMatrix<T> _gradients;
    private readonly ChunkMatrix<T> _inner;

    /// <summary>(Q, N): g hᵀ of a head.</summary>
    private readonly ChunkMatrix<T> _outer;

    /// <summary>(Q, Q): S where it is not computed ahead; S ∘ L; L; g (Δ x)ᵀ; ∂S.</summary>
    private readonly ChunkMatrix<T> _own;
    private readonly ChunkMatrix<T> _weights;
    private readonly ChunkMatrix<T> _decays;
    private readonly ChunkMatrix<T> _products;
    private readonly ChunkMatrix<T> _ofScores;

    public SsdBackwardPass(SsdArrays<T> x, HeadBlock block, ChunkScores<T> scores, SsdBackwardArrays<T> outputs)
    {
        (_x, _block, _scores, _outputs) = (x, block, scores, outputs);
        _columns = block.Heads * x.HeadSize;
        (_decay, _ofDecay) = (new(x), new(x.Chunk));
        _wholes = new T[block.Heads];
        (_ofA, _ofSkip) = (new double[block.Heads], new double[block.Heads]);
        _states = _scratch.Matrix(Math.Max(1, x.Chunks) * x.States, _columns);
        _adjoint = _scratch.Matrix(x.States, _columns);
        _steps = _scratch.Matrix(x.Chunk, _columns);
        _gradients = _scratch.Matrix(x.Chunk, _columns);
        _inner = _scratch.Matrix(x.Chunk, _columns);
        _outer = _scratch.Matrix(x.Chunk, x.States);
        _own = _scratch.Matrix(x.Chunk, x.Chunk);
        _weights = _scratch.Matrix(x.Chunk, x.Chunk);
        _decays = _scratch.Matrix(x.Chunk, x.Chunk);
        _products = _scratch.Matrix(x.Chunk, x.Chunk);
        _ofScores = _scratch.Matrix(x.Chunk, x.Chunk);
    }

    public void Run()
    {
        ComputeStates();
        var hasAdjoint = _outputs.FinalGradient != null;
        if (hasAdjoint) HeadStates.Load(_x, _block, _outputs.FinalGradient, _adjoint);
        for (var chunk = _x.Chunks - 1; chunk >= 0; chunk--)
        {
            Chunk(chunk, hasAdjoint);
            hasAdjoint = true;
        }

        for (var i = 0; i < _block.Heads; i++)
        {
            var at = (_block.Sequence * _x.Heads) + _block.Head + i;
            if (_outputs.A != null) _outputs.A[at] = T.CreateTruncating(_ofA[i]);
            if (_outputs.Skip != null) _outputs.Skip[at] = T.CreateTruncating(_ofSkip[i]);
        }

        if (_outputs.Initial == null) return;
        if (hasAdjoint) HeadStates.Store(_x, _block, _adjoint, _outputs.Initial);
        else HeadStates.StoreZeros(_x, _block, _outputs.Initial);
    }

    public void Dispose()
    {
        _scratch.Dispose();
        _decay.Dispose();
        _ofDecay.Dispose();
    }

    private ChunkMatrix<T> StateBefore(long chunk) => _states.From(chunk * _x.States, 0);

    private bool HasStateBefore(long chunk) => chunk > 0 || _x.Initial != null;

    private void ComputeStates()
    {
        if (_x.Initial != null) HeadStates.Load(_x, _block, _x.Initial, StateBefore(0));
        for (long chunk = 0; chunk < _x.Chunks - 1; chunk++)
        {
            var (start, count) = (chunk * _x.Chunk, _x.Steps(chunk));
            var next = StateBefore(chunk + 1);
            for (var i = 0; i < _block.Heads; i++)
            {
                _decay.Read(_block.Sequence, _block.Head + i, start, count);
                HeadStates.LoadSteps(_x, _block, i, start, count, _decay, _steps);
                HeadStates.ScaleSteps(_x, i, _decay.ToEnd, count, _steps);
                if (HasStateBefore(chunk)) HeadStates.Decay(_x, i, _decay.Whole, StateBefore(chunk), next);
            }

            HeadStates.AddChunk(_x, _block, start, count, _steps, next, HasStateBefore(chunk));
        }
    }

    /// <param name="chunk">The chunk.</param>
    /// <param name="hasAdjoint">Whether a gradient comes from behind the chunk.</param>
    private void Chunk(long chunk, bool hasAdjoint)
    {
        var (start, count, hasState) = (chunk * _x.Chunk, _x.Steps(chunk), HasStateBefore(chunk));
        var scores = _scores.Of(_block, chunk, _own);
        var ofGroup = _x.AtB(_block.Sequence, start, _block.Group);
        var partial = (_block.Index * _x.Batch * _x.Length * _x.StrideOfB) + ofGroup;
        T* b = _x.B + ofGroup, c = _x.C + ofGroup, db = _outputs.B + partial, dc = _outputs.C + partial;
        for (var t = 0; t < count; t++) new Span<T>(_ofScores.Row(t), Triangle.End(t, count)).Clear();

        // U = B D
        if (hasAdjoint)
        {
            Gemm.Multiply(
                false, false, count, _columns, _x.States, b, _x.StrideOfB, _adjoint.First, _adjoint.Stride, _inner.First, _inner.Stride, accumulate: false);
        }

        for (var i = 0; i < _block.Heads; i++)
        {
            var between = hasState && hasAdjoint ? Dot(i, StateBefore(chunk), _adjoint) : 0;
            _decay.Read(_block.Sequence, _block.Head + i, start, count);
            _wholes[i] = _decay.Whole;
            _ofDecay.Clear(count);
            HeadStates.LoadSteps(_x, _block, i, start, count, _decay, _steps);
            Within(i, start, count, scores, hasAdjoint);
            if (hasState) FromState(i, count, StateBefore(chunk), c, dc);
            Give(i, start, count, between * double.CreateTruncating(_decay.Whole));
            HeadStates.ScaleSteps(_x, i, _decay.FromStart, count, _gradients);
            HeadStates.ScaleSteps(_x, i, _decay.ToEnd, count, _steps);
        }

        // ∂C = ∂S B + exp(s) ∘ g hᵀ and ∂B = ∂Sᵀ C + (exp(s_end − s) ∘ Δ x) Dᵀ, sums over the heads.
        Triangle.Multiply(_ofScores, count, b, _x.StrideOfB, dc, _x.StrideOfB, _x.States, hasState);
        Triangle.MultiplyTransposed(_ofScores, count, c, _x.StrideOfB, db, _x.StrideOfB, _x.States, accumulate: false);
        if (hasAdjoint)
        {
            Gemm.Multiply(
                false, true, count, _x.States, _columns, _steps.First, _steps.Stride, _adjoint.First, _adjoint.Stride, db, _x.StrideOfB, accumulate: true);
        }

        if (!hasState) return;

        // The gradient of the state before: exp(s_end) D + Cᵀ (exp(s) ∘ g).
        for (var i = 0; hasAdjoint && i < _block.Heads; i++) HeadStates.Decay(_x, i, _wholes[i], _adjoint, _adjoint);
        Gemm.Multiply(true, false, _x.States, _columns, count, c, _x.StrideOfB, _gradients.First, _gradients.Stride, _adjoint.First, _adjoint.Stride, hasAdjoint);
    }

    /// <summary>What a head's steps give each other within the chunk, and the outgoing state: U, ∂S and their part of the decay's gradient.</summary>
    private void Within(int head, long start, int count, ChunkMatrix<T> scores, bool hasAdjoint)
    {
        var column = head * _x.HeadSize;
        ChunkMatrix<T> steps = _steps.From(0, column), gradients = _gradients.From(0, column), inner = _inner.From(0, column);
        var gradient = _outputs.Gradient + _x.AtX(_block.Sequence, start, _block.Head + head);
        for (var t = 0; t < count; t++)
        {
            new Span<T>(gradient + (t * _x.StrideOfX), _x.HeadSize).CopyTo(new(gradients.Row(t), _x.HeadSize));
            _decay.Weigh(t, Triangle.End(t, count), scores.Row(t), _weights.Row(t), _decays.Row(t));
        }

        // U = (S ∘ L)ᵀ g + exp(s_end − s) ∘ B D
        if (hasAdjoint)
        {
            HeadStates.ScaleSteps(_x, head, _decay.ToEnd, count, _inner);
            for (var t = 0; t < count; t++) _ofDecay.Outgoing[t] = double.CreateTruncating(Lanes.Dot(steps.Row(t), inner.Row(t), _x.HeadSize));
        }

        Triangle.MultiplyTransposed(_weights, count, gradients.First, gradients.Stride, inner.First, inner.Stride, _x.HeadSize, hasAdjoint);

        // ∂S = L ∘ g (Δ x)ᵀ
        Triangle.Outer(gradients.First, gradients.Stride, steps.First, steps.Stride, _x.HeadSize, _products, count);
        for (var t = 0; t < count; t++) _ofDecay.AddRow(t, _products.Row(t), _decays.Row(t), scores.Row(t), _ofScores.Row(t));
    }

    /// <summary>What the incoming state gives the outputs of a head: exp(s) ∘ g hᵀ, to ∂C.</summary>
    private void FromState(int head, int count, ChunkMatrix<T> state, T* c, T* dc)
    {
        var column = head * _x.HeadSize;
        Gemm.Multiply(
            false, true, count, _x.States, _x.HeadSize, _gradients.First + column, _gradients.Stride, state.First + column, state.Stride,
            _outer.First, _outer.Stride, accumulate: false);
        for (var t = 0; t < count; t++, c += _x.StrideOfB, dc += _x.StrideOfB)
        {
            var left = _decay.FromStart[t];
            _ofDecay.Incoming[t] = double.CreateTruncating(left * Lanes.Dot(c, _outer.Row(t), _x.States));
            if (head == 0) ChunkRows.Scale(left, _outer.Row(t), dc, _x.States);
            else ChunkRows.Add(left, _outer.Row(t), dc, dc, _x.States);
        }
    }

    /// <summary>∂x_t = Δ_t U_t + D̲ g_t and ∂Δ_t = ⟨x_t, U_t⟩ + A ∂(Δ_t A) of a head; the sums for ∂A and ∂D̲.</summary>
    private void Give(int head, long start, int count, double betweenStates)
    {
        var skip = _x.Skip == null ? T.Zero : _x.Skip[_block.Head + head];
        var a = _x.A == null ? 0 : double.CreateTruncating(_x.A[_block.Head + head]);
        var ofExponents = _ofDecay.Sum(count, betweenStates, t => _x.IsReset(_block.Sequence, start + t));
        for (var t = 0; t < count; t++)
        {
            var at = _x.AtX(_block.Sequence, start + t, _block.Head + head);
            T* u = _inner.Row(t) + (head * _x.HeadSize), g = _outputs.Gradient + at;
            ChunkRows.Combine(_decay.Delta[t], u, skip, g, _outputs.X + at, _x.HeadSize);
            if (_x.Skip != null) _ofSkip[head] += double.CreateTruncating(Lanes.Dot(_x.X + at, g, _x.HeadSize));
            if (_outputs.Delta == null) continue;
            var ofStep = double.CreateTruncating(Lanes.Dot(_x.X + at, u, _x.HeadSize)) + (a * ofExponents[t]);
            _outputs.Delta[_x.AtDelta(_block.Sequence, start + t, _block.Head + head)] = T.CreateTruncating(ofStep);
            _ofA[head] += double.CreateTruncating(_decay.Delta[t]) * ofExponents[t];
        }
    }

    /// <summary>⟨x, y⟩ over a head's columns of two states.</summary>
    private double Dot(int head, ChunkMatrix<T> x, ChunkMatrix<T> y)
    {
        var sum = 0.0;
        for (long n = 0; n < _x.States; n++) sum += double.CreateTruncating(Lanes.Dot(x.Row(n) + (head * _x.HeadSize), y.Row(n) + (head * _x.HeadSize), _x.HeadSize));
        return sum;
    }
}
