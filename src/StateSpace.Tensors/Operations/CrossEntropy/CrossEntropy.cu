// variants: ELEMENT=float; VEC=4; INDEX=int|i64; DEPTH=4|1
// variants: ELEMENT=bf16; VEC=8; INDEX=int|i64; DEPTH=4|1
// Cross-entropy of rows of logits without log-probabilities in memory. A block reads a row once with a running maximum m and
// s = sum of 2^((x - m) log2 e), and leaves m and log2 s. Targets outside 0 ... classes - 1 that are not ignored are reported and make the
// loss NaN.
#include "packs.cuh"
#include "check.cuh"

#ifndef VEC
#define VEC 1
#endif
#ifndef INDEX
#define INDEX i64
#endif
#ifndef DEPTH
#define DEPTH 4
#endif

#define FOR_ELEMENTS _Pragma("unroll") for (int i = 0; i < VEC; i++)

typedef acc<ELEMENT> number;

__device__ __forceinline__ float power2(float x) { return fast_exp2(x); }
__device__ __forceinline__ double power2(double x) { return exp2(x); }
__device__ __forceinline__ number infinity() { return (number)__int_as_float(0x7f800000); }

#define TO_LOG2 ((number)1.4426950408889634)

// m and s of two parts together; a part that is empty has m = -infinity and s = 0.
__device__ __forceinline__ void join(number& m, number& s, number other, number sum)
{
    number top = other > m || other != other ? other : m;
    if (top == -infinity()) return;
    s = s * power2((m - top) * TO_LOG2) + sum * power2((other - top) * TO_LOG2);
    m = top;
}

// statistics: (2, rows), m and log2 s; losses: of each row in nats, 0 where it is ignored.
extern "C" __global__ void cross_entropy_forward(
    const ELEMENT* logits, const INDEX* targets, number* statistics, double* losses, i64 rows, i64 classes, i64 ignore,
    CheckRecord* check, u64 site)
{
    __shared__ number maxima[WARP], sums[WARP];
    i64 row = blockIdx.x, target = targets[row];
    if (target == ignore)
    {
        if (threadIdx.x == 0)
        {
            losses[row] = 0;
            statistics[row] = statistics[rows + row] = 0;
        }

        return;
    }

    const ELEMENT* from = logits + row * classes;
    number m = -infinity(), s = 0;
    for (i64 c = (i64)threadIdx.x * VEC; c < classes; c += (i64)blockDim.x * VEC * DEPTH)
    {
        number x[DEPTH][VEC];
#pragma unroll
        for (int d = 0; d < DEPTH; d++)
        {
            i64 at = c + (i64)d * blockDim.x * VEC;
            if (at < classes) load<VEC>(from + at, x[d]);
            else FOR_ELEMENTS x[d][i] = -infinity();
        }

        number top = m;
#pragma unroll
        for (int d = 0; d < DEPTH; d++) FOR_ELEMENTS top = x[d][i] > top ? x[d][i] : top;
        if (top > m)
        {
            s *= power2((m - top) * TO_LOG2);
            m = top;
        }

        // Nothing but -infinity so far: it adds nothing, but NaN and infinity show.
        number base = m == -infinity() ? 0 : m;
#pragma unroll
        for (int d = 0; d < DEPTH; d++) FOR_ELEMENTS s += power2((x[d][i] - base) * TO_LOG2);
    }

    for (int offset = WARP / 2; offset > 0; offset /= 2)
    {
        number other = __shfl_xor_sync(FULL_MASK, m, offset), sum = __shfl_xor_sync(FULL_MASK, s, offset);
        join(m, s, other, sum);
    }

    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP;
    if (lane == 0)
    {
        maxima[warp] = m;
        sums[warp] = s;
    }

    __syncthreads();
    if (threadIdx.x != 0) return;
    for (int w = 1; w < blockDim.x / WARP; w++) join(m, s, maxima[w], sums[w]);
    number logarithm = (number)(log((double)s) * 1.4426950408889634);
    statistics[row] = m;
    statistics[rows + row] = logarithm;
    bool known = check_index(check, site, row, target, classes);
    losses[row] = known ? (double)logarithm * 0.6931471805599453 - ((double)widen(from[target]) - (double)m) : (double)__int_as_float(0x7fffffff);
}

// mean = sum of losses / number of targets that are not ignored; count[0] = that number, at least 1. One block.
extern "C" __global__ void cross_entropy_mean(const double* losses, const INDEX* targets, number* mean, number* count, i64 rows, i64 ignore)
{
    double sum = 0, counted = 0;
    for (i64 row = threadIdx.x; row < rows; row += blockDim.x)
    {
        sum += losses[row];
        counted += targets[row] != ignore ? 1 : 0;
    }

    sum = block_sum(sum);
    counted = block_sum(counted);
    if (threadIdx.x != 0) return;
    if (counted < 1) counted = 1;
    *count = (number)counted;
    *mean = (number)(sum / counted);
}

// dlogits = (2^((x - m) log2 e - log2 s) - [class = target]) * upstream / count; 0 in ignored rows. dlogits may be logits.
extern "C" __global__ void cross_entropy_backward(
    const ELEMENT* logits, const INDEX* targets, const number* statistics, const number* upstream, const number* count, ELEMENT* dlogits,
    i64 rows, i64 classes, i64 ignore)
{
    i64 row = blockIdx.x, target = targets[row];
    const ELEMENT* from = logits + row * classes;
    ELEMENT* to = dlogits + row * classes;
    bool ignored = target == ignore;
    number m = statistics[row], logarithm = statistics[rows + row], scale = *upstream / *count;
    for (i64 c = (i64)threadIdx.x * VEC; c < classes; c += (i64)blockDim.x * VEC * DEPTH)
    {
        number x[DEPTH][VEC];
#pragma unroll
        for (int d = 0; d < DEPTH; d++)
        {
            i64 at = c + (i64)d * blockDim.x * VEC;
            if (at < classes && !ignored) load<VEC>(from + at, x[d]);
        }

#pragma unroll
        for (int d = 0; d < DEPTH; d++)
        {
            i64 at = c + (i64)d * blockDim.x * VEC;
            if (at >= classes) break;
            FOR_ELEMENTS
            {
                number p = ignored ? 0 : power2((x[d][i] - m) * TO_LOG2 - logarithm);
                if (at + i == target) p -= 1;
                x[d][i] = ignored ? 0 : p * scale;
            }

            store<VEC>(to + at, x[d]);
        }
    }
}
