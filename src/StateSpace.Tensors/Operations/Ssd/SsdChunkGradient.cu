// variants: ELEMENT=float|double|bf16
// The gradient of the state space dual for every type and size, in plain arithmetic of Real: a block takes a chunk of STEPS and some heads of a group, one
// after the other, from the states before the chunks and their gradients behind (ssd_recurrent_states). The formulas are in the README.
#include "common.cuh"

typedef acc<ELEMENT> Real;

#define STEPS 64
#define SIDE 16
#define THREADS (SIDE * SIDE)
#define PER 4
#define DEPTH 16
#define STRIDE (STEPS + 1)

__device__ __forceinline__ float exponential(float x) { return expf(x); }
__device__ __forceinline__ double exponential(double x) { return exp(x); }

struct GradientShared
{
    double sum[STEPS];
    Real left[DEPTH][STEPS + 4], right[DEPTH][STEPS + 4];
    Real scores[STEPS * STRIDE], weights[STEPS * STRIDE], given[STEPS * STRIDE], of_scores[STEPS * STRIDE];
    Real step[STEPS], from_start[STEPS], to_end[STEPS], incoming[STEPS], outgoing[STEPS], across[STEPS], of_step[STEPS], skipped[STEPS];
    int resets[STEPS];
    Real whole;
};

// A product of 64 x 64 by the whole block; thread (i, j) of 16 x 16 has rows 4i.. and columns 4j...
struct Product
{
    Real at[PER][PER];

    __device__ __forceinline__ static int row(int r) { return threadIdx.x / SIDE * PER + r; }
    __device__ __forceinline__ static int column(int c) { return threadIdx.x % SIDE * PER + c; }

    __device__ __forceinline__ void clear()
    {
#pragma unroll
        for (int r = 0; r < PER; r++)
#pragma unroll
            for (int c = 0; c < PER; c++) at[r][c] = 0;
    }

    // += left(row, k) right(k, column), summed over k < depth, in order. The functions are called for k < depth alone: by neighbouring threads for neighbouring
    // k, and the right one for neighbouring columns where BY_COLUMN, so that they read side by side.
    template <bool BY_COLUMN, typename L, typename R> __device__ __forceinline__ void add(GradientShared& s, int depth, L left, R right)
    {
        for (int start = 0; start < depth; start += DEPTH)
        {
            __syncthreads();
            for (int i = threadIdx.x; i < DEPTH * STEPS; i += THREADS)
            {
                int k = i % DEPTH, at = i / DEPTH;
                bool valid = start + k < depth;
                s.left[k][at] = valid ? left(at, start + k) : (Real)0;
                if (!BY_COLUMN) s.right[k][at] = valid ? right(start + k, at) : (Real)0;
            }

            for (int i = threadIdx.x; BY_COLUMN && i < DEPTH * STEPS; i += THREADS)
            {
                int k = i / STEPS, at = i % STEPS;
                s.right[k][at] = start + k < depth ? right(start + k, at) : (Real)0;
            }

            __syncthreads();
#pragma unroll
            for (int k = 0; k < DEPTH; k++)
            {
                Real x[PER], y[PER];
#pragma unroll
                for (int r = 0; r < PER; r++) x[r] = s.left[k][row(r)];
#pragma unroll
                for (int c = 0; c < PER; c++) y[c] = s.right[k][column(c)];
#pragma unroll
                for (int r = 0; r < PER; r++)
#pragma unroll
                    for (int c = 0; c < PER; c++) at[r][c] += x[r] * y[c];
            }
        }
    }

    template <typename F> __device__ __forceinline__ void each(F of)
    {
#pragma unroll
        for (int r = 0; r < PER; r++)
#pragma unroll
            for (int c = 0; c < PER; c++) of(row(r), column(c), at[r][c]);
    }

    // to[row] += the sum over the row's columns of of(row, column, element).
    template <typename F> __device__ __forceinline__ void add_rows(Real* to, F of)
    {
#pragma unroll
        for (int r = 0; r < PER; r++)
        {
            Real sum = 0;
#pragma unroll
            for (int c = 0; c < PER; c++) sum += of(row(r), column(c), at[r][c]);
            for (int offset = SIDE / 2; offset > 0; offset /= 2) sum += __shfl_xor_sync(FULL_MASK, sum, offset);
            if (threadIdx.x % SIDE == 0) to[row(r)] += sum;
        }
    }
};

// grid: (batch * chunks, groups, splits). g, dx as x; h and d (B, chunks, H, P, N); ddelta as delta, or null; da and dskip (B, chunks, H); db and dc (splits, B, L, G, N) of Real.
extern "C" __global__ void __launch_bounds__(THREADS) ssd_chunk_gradient(
    const ELEMENT* x, const ELEMENT* g, const ELEMENT* delta, const Real* a, const ELEMENT* b, const ELEMENT* c, const Real* skip, const int* resets, const Real* h,
    const Real* d, ELEMENT* dx, ELEMENT* ddelta, Real* da, Real* dskip, Real* db, Real* dc, i64 length, int batch, int heads, int groups, int size, int states,
    int heads_per_split)
{
    extern __shared__ Pack<float, 4> shared[];
    GradientShared& s = *reinterpret_cast<GradientShared*>(shared);
    int thread = threadIdx.x, split = blockIdx.z, group = blockIdx.y, perGroup = heads / groups;
    i64 chunks = (length + STEPS - 1) / STEPS, chunk = blockIdx.x % chunks, sequence = blockIdx.x / chunks, start = sequence * length + chunk * STEPS;
    int count = (int)min((i64)STEPS, length - chunk * STEPS);
    int firstHead = group * perGroup + split * heads_per_split, lastHead = min(firstHead + heads_per_split, (group + 1) * perGroup);

    i64 pitchX = (i64)heads * size, pitchN = (i64)groups * states, ofSplit = (i64)split * batch * length * pitchN;
    b += start * pitchN + group * states, c += start * pitchN + group * states;
    db += ofSplit + start * pitchN + group * states, dc += ofSplit + start * pitchN + group * states;
    auto bAt = [&](int t, int n) { return t < count && n < states ? (Real)widen(b[t * pitchN + n]) : (Real)0; };
    auto cAt = [&](int t, int n) { return t < count && n < states ? (Real)widen(c[t * pitchN + n]) : (Real)0; };

    Product product;
    product.clear();
    product.add<false>(s, states, [&](int t, int n) { return cAt(t, n); }, [&](int n, int j) { return bAt(j, n); });
    product.each([&](int t, int j, Real v) { s.scores[t * STRIDE + j] = v, s.of_scores[t * STRIDE + j] = 0; });

    for (int head = firstHead; head < lastHead; head++)
    {
        i64 atX = (start * heads + head) * size, atState = ((sequence * chunks + chunk) * heads + head) * size * states;
        const ELEMENT *xs = x + atX, *gs = g + atX;
        const Real *hs = h + atState, *ds = d + atState;
        auto xAt = [&](int t, int p) { return t < count && p < size ? (Real)widen(xs[t * pitchX + p]) : (Real)0; };
        auto gAt = [&](int t, int p) { return t < count && p < size ? (Real)widen(gs[t * pitchX + p]) : (Real)0; };
        Real rate = a ? a[head] : (Real)0, through = skip ? skip[head] : (Real)0;

        __syncthreads();
        if (thread < STEPS)
        {
            s.step[thread] = thread >= count ? (Real)0 : delta ? widen(delta[(start + thread) * heads + head]) : (Real)1;
            s.resets[thread] = resets && thread < count && resets[start + thread] != 0;
            s.incoming[thread] = s.outgoing[thread] = s.across[thread] = s.of_step[thread] = s.skipped[thread] = 0;
        }

        __syncthreads();
        if (thread == 0)
        {
            // In double: a difference of large sums keeps its digits.
            double sum = 0;
            int n = 0;
            for (int t = 0; t < STEPS; t++)
            {
                s.sum[t] = sum += (double)s.step[t] * (double)rate;
                s.resets[t] = n += s.resets[t];
            }

            s.whole = n == 0 ? exponential((Real)sum) : (Real)0;
        }

        __syncthreads();
        if (thread < STEPS)
        {
            s.from_start[thread] = s.resets[thread] == 0 ? exponential((Real)s.sum[thread]) : (Real)0;
            s.to_end[thread] = s.resets[thread] == s.resets[STEPS - 1] ? exponential((Real)(s.sum[STEPS - 1] - s.sum[thread])) : (Real)0;
        }

        // What steps give each other: L o g (step x)^T, the gradient of the scores.
        product.clear();
        product.add<false>(s, size, [&](int t, int p) { return gAt(t, p); }, [&](int p, int j) { return xAt(j, p); });
        product.each([&](int t, int j, Real v)
        {
            Real left = j <= t && s.resets[j] == s.resets[t] ? exponential((Real)(s.sum[t] - s.sum[j])) : (Real)0;
            Real score = s.scores[t * STRIDE + j], ofScore = v * left * s.step[j];
            s.weights[t * STRIDE + j] = score * left;
            s.of_scores[t * STRIDE + j] += ofScore;
            s.given[t * STRIDE + j] = j < t ? score * ofScore : (Real)0;
        });
        __syncthreads();
        if (thread < STEPS)
        {
            Real sum = 0;
            for (int i = 0; i < STEPS; i++) sum += s.given[thread * STRIDE + i] - s.given[i * STRIDE + thread];
            s.across[thread] = sum;
        }

        // U = exp(s_end - s) o (B D) + (S o L)^T g, and the gradient of x.
        for (int p0 = 0; p0 < size; p0 += STEPS)
        {
            product.clear();
            product.add<false>(
                s, states, [&](int j, int n) { return bAt(j, n) * s.to_end[j]; },
                [&](int n, int p) { return p0 + p < size ? ds[(i64)(p0 + p) * states + n] : (Real)0; });
            product.add_rows(s.outgoing, [&](int j, int p, Real v) { return xAt(j, p0 + p) * s.step[j] * v; });
            product.add<true>(s, count, [&](int j, int t) { return s.weights[t * STRIDE + j]; }, [&](int t, int p) { return gAt(t, p0 + p); });
            product.add_rows(s.of_step, [&](int j, int p, Real v) { return xAt(j, p0 + p) * v; });
            product.add_rows(s.skipped, [&](int j, int p, Real) { return xAt(j, p0 + p) * gAt(j, p0 + p); });
            product.each([&](int j, int p, Real v)
            {
                if (j < count && p0 + p < size) dx[atX + j * pitchX + p0 + p] = narrow<ELEMENT>(s.step[j] * v + through * gAt(j, p0 + p));
            });
        }

        // What the states before and behind the chunk give B and C.
        for (int n0 = 0; n0 < states; n0 += STEPS)
        {
            auto add = [&](Real* to, const Real* weight, const Real* step)
            {
                product.each([&](int t, int n, Real v)
                {
                    if (t >= count || n0 + n >= states) return;
                    Real* at = to + t * pitchN + n0 + n;
                    v *= step ? weight[t] * step[t] : weight[t];
                    *at = head == firstHead ? v : *at + v;
                });
            };
            product.clear();
            product.add<true>(s, size, [&](int t, int p) { return gAt(t, p); }, [&](int p, int n) { return n0 + n < states ? hs[(i64)p * states + n0 + n] : (Real)0; });
            product.add_rows(s.incoming, [&](int t, int n, Real v) { return s.from_start[t] * cAt(t, n0 + n) * v; });
            add(dc, s.from_start, nullptr);
            product.clear();
            product.add<true>(s, size, [&](int j, int p) { return xAt(j, p); }, [&](int p, int n) { return n0 + n < states ? ds[(i64)p * states + n0 + n] : (Real)0; });
            add(db, s.to_end, s.step);
        }

        Real between = 0;
        for (int i = thread; i < size * states; i += THREADS) between += hs[i] * ds[i];
        between = block_sum(between) * s.whole;
        if (thread == 0)
        {
            // The gradient of the exponent of each step: what passes from before it to it or later.
            Real before = between, after = 0, across = 0, ofRate = 0, ofSkip = 0;
            for (int t = 0; t < count; t++)
            {
                Real own = s.outgoing[t];
                s.outgoing[t] = before;
                before += own;
            }

            for (int t = count - 1; t >= 0; t--)
            {
                after += s.incoming[t];
                across += s.across[t];
                if (s.resets[t] != (t > 0 ? s.resets[t - 1] : 0)) across = 0;
                Real sum = s.outgoing[t] + after + across;
                ofRate += s.step[t] * sum;
                ofSkip += s.skipped[t];
                if (ddelta) ddelta[(start + t) * heads + head] = narrow<ELEMENT>(s.of_step[t] + rate * sum);
            }

            da[(sequence * chunks + chunk) * heads + head] = ofRate;
            dskip[(sequence * chunks + chunk) * heads + head] = ofSkip;
        }
    }

    // What the steps of the chunk give B and C by the scores.
    for (int n0 = 0; n0 < states; n0 += STEPS)
    {
        product.clear();
        product.add<true>(s, count, [&](int t, int j) { return s.of_scores[t * STRIDE + j]; }, [&](int j, int n) { return bAt(j, n0 + n); });
        product.each([&](int t, int n, Real v) { if (t < count && n0 + n < states) dc[t * pitchN + n0 + n] += v; });
        product.clear();
        product.add<true>(s, count, [&](int j, int t) { return s.of_scores[t * STRIDE + j]; }, [&](int t, int n) { return cAt(t, n0 + n); });
        product.each([&](int j, int n, Real v) { if (j < count && n0 + n < states) db[j * pitchN + n0 + n] += v; });
    }
}
