// variants: ELEMENT=float|bf16; LOG_SIZE=11; PAIRS=4
// variants: ELEMENT=float|bf16; LOG_SIZE=12; PAIRS=2
// variants: ELEMENT=float|bf16; LOG_SIZE=13; PAIRS=1|2
// Convolution by Fourier transforms that stay in shared memory: a block has a few pairs of real columns of one sequence, each pair one complex column. The
// transform there goes down in frequency (its result lies in the order of reversed digits), the one back comes up from that order, so that both
// work in place and nothing is permuted.
// Macros: ELEMENT, float or bf16; LOG_SIZE, log2 of the length n, 8 to 13; PAIRS, complex columns of a block. n PAIRS / 32 threads.
#include "common.cuh"
#include "FftNumbers.cuh"

#define SIZE (1 << LOG_SIZE)
#define THREADS (SIZE * PAIRS / 32)
#define FIRST_RADIX (LOG_SIZE % 4 == 0 ? 16 : 1 << LOG_SIZE % 4)
#define BINS (SIZE / 2 + 1)

// Element i of a column; a gap after each 16 keeps the last pass' threads in different banks.
__device__ __forceinline__ int at(int i, int pair) { return (i + i / 16) * PAIRS + pair; }

#define COLUMN_LENGTH ((SIZE + SIZE / 16) * PAIRS)

// Where frequency f lies after the transform.
__device__ __forceinline__ int position(int f)
{
    int place = SIZE / FIRST_RADIX, result = f % FIRST_RADIX * place;
    f /= FIRST_RADIX;
    while (place > 1)
    {
        place /= 16;
        result += f % 16 * place;
        f /= 16;
    }

    return result;
}

// x[q] ← w^q x[q], w the root of `part` / `whole`, conjugated on the way back.
template <int RADIX> __device__ __forceinline__ void turn(complex (&x)[RADIX], int part, int whole, bool back)
{
    complex powers[RADIX];
    powers[0] = {1, 0};
    sine_cosine_pi((real)part * (-2.0f / whole), &powers[1 % RADIX].im, &powers[1 % RADIX].re);
    if (back) powers[1 % RADIX].im = -powers[1 % RADIX].im;
#pragma unroll
    for (int q = 2; q < RADIX; q++) powers[q] = powers[q / 2] * powers[q - q / 2];
#pragma unroll
    for (int q = 1; q < RADIX; q++) x[q] = powers[q] * x[q];
}

// One radix of the transform, in place, of blocks of M numbers.
template <int RADIX, int M> __device__ __forceinline__ void pass_down(complex* z)
{
#pragma unroll 1
    for (int i = threadIdx.x; i < SIZE / RADIX * PAIRS; i += THREADS)
    {
        int pair = i % PAIRS, item = i / PAIRS, low = item % (M / RADIX), first = item / (M / RADIX) * M + low;
        complex x[RADIX];
#pragma unroll
        for (int r = 0; r < RADIX; r++) x[r] = z[at(first + r * (M / RADIX), pair)];
        Transform<RADIX>::run(x);
        if (M > RADIX) turn<RADIX>(x, low, M, false);
#pragma unroll
        for (int r = 0; r < RADIX; r++) z[at(first + r * (M / RADIX), pair)] = x[r];
    }

    __syncthreads();
}

template <int RADIX, int M> __device__ __forceinline__ void pass_up(complex* z)
{
#pragma unroll 1
    for (int i = threadIdx.x; i < SIZE / RADIX * PAIRS; i += THREADS)
    {
        int pair = i % PAIRS, item = i / PAIRS, low = item % (M / RADIX), first = item / (M / RADIX) * M + low;
        complex x[RADIX];
#pragma unroll
        for (int r = 0; r < RADIX; r++) x[r] = z[at(first + r * (M / RADIX), pair)];
        if (M > RADIX) turn<RADIX>(x, low, M, true);
#pragma unroll
        for (int r = 0; r < RADIX; r++) x[r] = swapped(x[r]);
        Transform<RADIX>::run(x);
#pragma unroll
        for (int r = 0; r < RADIX; r++) z[at(first + r * (M / RADIX), pair)] = swapped(x[r]);
    }

    __syncthreads();
}

__device__ __forceinline__ void transform(complex* z)
{
    pass_down<FIRST_RADIX, SIZE>(z);
    constexpr int REST = SIZE / FIRST_RADIX;
    if constexpr (REST >= 4096) pass_down<16, REST < 4096 ? 16 : 4096>(z);
    if constexpr (REST >= 256) pass_down<16, REST < 256 ? 16 : 256>(z);
    pass_down<16, 16>(z);
}

__device__ __forceinline__ void transform_back(complex* z)
{
    pass_up<16, 16>(z);
    constexpr int REST = SIZE / FIRST_RADIX;
    if constexpr (REST >= 256) pass_up<16, REST < 256 ? 16 : 256>(z);
    if constexpr (REST >= 4096) pass_up<16, REST < 4096 ? 16 : 4096>(z);
    pass_up<FIRST_RADIX, SIZE>(z);
}

// Rows of the block's columns; zeros beyond the last.
__device__ __forceinline__ void load(complex* z, const ELEMENT* x, i64 sequence, int length, i64 columns, i64 first_pair, bool both)
{
    x += sequence * length * columns;
#pragma unroll 8
    for (int i = threadIdx.x; i < SIZE * PAIRS; i += THREADS)
    {
        int pair = i % PAIRS, l = i / PAIRS;
        i64 column = 2 * (first_pair + pair);
        complex value = {0, 0};
        if (l < length && column < columns)
        {
            const ELEMENT* from = x + l * columns + column;
            if (both)
            {
                Pack<ELEMENT, 2> two = load_pack<ELEMENT, 2>(from);
                value = {widen(two.at[0]), widen(two.at[1])};
            }
            else
            {
                value.re = widen(from[0]);
                if (column + 1 < columns) value.im = widen(from[1]);
            }
        }

        z[at(l, pair)] = value;
    }

    __syncthreads();
}

// y = k ∗ x, or its adjoint; k̂ is (n, pairs) of complex columns, in the order of frequencies. `both`: columns come in aligned twos.
extern "C" __global__ void __launch_bounds__(THREADS) convolution_fused(
    const ELEMENT* x, const complex* kernel, ELEMENT* y, int length, i64 columns, i64 pairs, int adjoint, int both)
{
    extern __shared__ float4 shared[];
    complex* z = (complex*)shared;
    i64 first_pair = (i64)blockIdx.x * PAIRS, sequence = blockIdx.y;
    load(z, x, sequence, length, columns, first_pair, both);
    transform(z);
    for (int i = threadIdx.x; i < BINS * PAIRS; i += THREADS)
    {
        int pair = i % PAIRS, f = i / PAIRS, mirrored = f == 0 ? 0 : SIZE - f;
        if (first_pair + pair >= pairs) continue;
        int here = at(position(f), pair), there = at(position(mirrored), pair);
        Spectra s = untangled(z[here], z[there]), k = untangled(kernel[f * pairs + first_pair + pair], kernel[mirrored * pairs + first_pair + pair]);
        if (adjoint) k = {conjugate(k.first), conjugate(k.second)};
        s = {(1.0f / SIZE) * (k.first * s.first), (1.0f / SIZE) * (k.second * s.second)};
        z[here] = swapped(tangled(s));
        if (!is_edge(f, SIZE)) z[there] = swapped(tangled_mirrored(s));
    }

    __syncthreads();
    transform_back(z);
    y += sequence * length * columns;
#pragma unroll 4
    for (int i = threadIdx.x; i < length * PAIRS; i += THREADS)
    {
        int pair = i % PAIRS, l = i / PAIRS;
        i64 column = 2 * (first_pair + pair);
        if (column >= columns) continue;
        complex value = z[at(l, pair)];
        ELEMENT* to = y + l * columns + column;
        if (both) store_pack<ELEMENT, 2>(to, Pack<ELEMENT, 2>{{narrow<ELEMENT>(value.re), narrow<ELEMENT>(value.im)}});
        else
        {
            to[0] = narrow<ELEMENT>(value.re);
            if (column + 1 < columns) to[1] = narrow<ELEMENT>(value.im);
        }
    }
}

// ∂k̂ = Σ conj(û) ĝ / n over the sequences in order, tangled and exchanged for the passes back, (n, pairs).
extern "C" __global__ void __launch_bounds__(THREADS) convolution_fused_gradient(
    const ELEMENT* u, const ELEMENT* gradient, complex* dkernel, i64 batch, int length, i64 columns, i64 pairs, int both)
{
    extern __shared__ float4 shared[];
    complex *x = (complex*)shared, *g = x + COLUMN_LENGTH;
    constexpr int COUNT = (BINS * PAIRS + THREADS - 1) / THREADS;
    i64 first_pair = (i64)blockIdx.x * PAIRS;
    Spectra sums[COUNT];
#pragma unroll
    for (int i = 0; i < COUNT; i++) sums[i] = {{0, 0}, {0, 0}};
#pragma unroll 1
    for (i64 b = 0; b < batch; b++)
    {
        load(x, u, b, length, columns, first_pair, both);
        load(g, gradient, b, length, columns, first_pair, both);
        transform(x);
        transform(g);
#pragma unroll
        for (int i = 0; i < COUNT; i++)
        {
            int index = threadIdx.x + i * THREADS, pair = index % PAIRS, f = index / PAIRS, mirrored = f == 0 ? 0 : SIZE - f;
            if (f >= BINS) continue;
            int here = at(position(f), pair), there = at(position(mirrored), pair);
            Spectra a = untangled(x[here], x[there]), c = untangled(g[here], g[there]);
            sums[i] = {sums[i].first + conjugate(a.first) * c.first, sums[i].second + conjugate(a.second) * c.second};
        }

        __syncthreads();
    }

#pragma unroll
    for (int i = 0; i < COUNT; i++)
    {
        int index = threadIdx.x + i * THREADS, pair = index % PAIRS, f = index / PAIRS;
        if (f >= BINS || first_pair + pair >= pairs) continue;
        Spectra s = {(1.0f / SIZE) * sums[i].first, (1.0f / SIZE) * sums[i].second};
        dkernel[f * pairs + first_pair + pair] = tangled(s);
        if (!is_edge(f, SIZE)) dkernel[(SIZE - f) * pairs + first_pair + pair] = tangled_mirrored(s);
    }
}
