// Tiles of attention: 256 threads, thread (x, y) of 16 × 16 owns rows y PER ... and columns x, x + 16, ... of a TILE × TILE product.
#pragma once
#include "AttentionSizes.cuh"

typedef acc<ELEMENT> real;

#define THREADS 256
#define PER (TILE / 16)
#define LANE ((int)(threadIdx.x % 16))
#define ROW(i) ((int)(threadIdx.x / 16) * PER + (i))
#define COLUMN(j) (LANE + 16 * (j))

// Rows are 16 bytes longer than a multiple of 64, so that 8 of them lie in different banks.
#define PAD (16 / (int)sizeof(real))
#define KEY_SIZE HEAD_SIZE
#define VALUE_SIZE HEAD_SIZE
#define KEY_STRIDE (KEY_SIZE + PAD)
#define VALUE_STRIDE (VALUE_SIZE + PAD)
#define TILE_STRIDE (TILE + PAD)
#define INFINITE ((real)__int_as_float(0x7f800000))

__device__ __forceinline__ float exponential2(float x) { return fast_exp2(x); }
__device__ __forceinline__ double exponential2(double x) { return exp2(x); }
__device__ __forceinline__ float logarithm2(float x) { return log2f(x); }
__device__ __forceinline__ double logarithm2(double x) { return log(x) * 1.4426950408889634; }

__device__ __forceinline__ real half_warp_sum(real x)
{
    for (int offset = 8; offset > 0; offset /= 2) x += __shfl_xor_sync(FULL_MASK, x, offset);
    return x;
}

__device__ __forceinline__ real half_warp_max(real x)
{
    for (int offset = 8; offset > 0; offset /= 2)
    {
        real other = __shfl_xor_sync(FULL_MASK, x, offset);
        x = other > x ? other : x;
    }

    return x;
}

// A tile of rows of one sequence.
struct Rows
{
    const Sizes& sizes;
    i64 sequence, start;

    __device__ __forceinline__ i64 row(int i) const { return start + ROW(i); }
    __device__ __forceinline__ bool exists(int i) const { return row(i) < sizes.rows(); }
    __device__ __forceinline__ i64 offset(int i) const { return sizes.offset_of_row(sequence, row(i)); }
};

// One vector of a tile, zero beyond its size and where it does not exist: 16 threads.
__device__ __forceinline__ void load_vector(real* to, const ELEMENT* from, bool exists, int size, int padded, bool vector, real factor)
{
    if (vector)
    {
        for (int c = LANE * 4; c < padded; c += 64)
        {
            Pack<ELEMENT, 4> x = exists && c < size ? load_pack<ELEMENT, 4>(from + c) : Pack<ELEMENT, 4>{};
            for (int e = 0; e < 4; e++) to[c + e] = (real)widen(x.at[e]) * factor;
        }
    }
    else
    {
        for (int c = LANE; c < padded; c += 16) to[c] = exists && c < size ? (real)widen(from[c]) * factor : (real)0;
    }
}

template <int STRIDE> __device__ __forceinline__ void load_rows(real* to, const ELEMENT* x, const Rows& rows, int size, int padded, real factor)
{
    for (int i = threadIdx.x / 16; i < TILE; i += THREADS / 16)
    {
        i64 row = rows.start + i;
        bool exists = row < rows.sizes.rows();
        load_vector(to + i * STRIDE, exists ? x + rows.sizes.offset_of_row(rows.sequence, row) * size : x, exists, size, padded, rows.sizes.vector, factor);
    }
}

template <int STRIDE> __device__ __forceinline__ void load_keys(real* to, const ELEMENT* x, const Sizes& sizes, i64 sequence, int start, int size, int padded)
{
    for (int i = threadIdx.x / 16; i < TILE; i += THREADS / 16)
    {
        bool exists = start + i < sizes.keys;
        load_vector(to + i * STRIDE, exists ? x + sizes.offset_of_key(sequence, start + i) * size : x, exists, size, padded, sizes.vector, (real)1);
    }
}

// c = a bᵀ over DEPTH columns of two tiles.
template <int DEPTH, int STRIDE> __device__ __forceinline__ void product(const real* a, const real* b, real (&c)[PER][PER])
{
    for (int i = 0; i < PER; i++)
    {
        for (int j = 0; j < PER; j++) c[i][j] = 0;
    }

    constexpr int N = 16 / sizeof(real);
#pragma unroll 4
    for (int k = 0; k < DEPTH; k += N)
    {
        Pack<real, N> x[PER], z[PER];
        for (int i = 0; i < PER; i++) x[i] = load_pack<real, N>(a + ROW(i) * STRIDE + k);
        for (int j = 0; j < PER; j++) z[j] = load_pack<real, N>(b + COLUMN(j) * STRIDE + k);
        for (int e = 0; e < N; e++)
        {
            for (int i = 0; i < PER; i++)
            {
                for (int j = 0; j < PER; j++) c[i][j] += x[i].at[e] * z[j].at[e];
            }
        }
    }
}

// o += p x, p a TILE × TILE tile, x a tile of SIZE columns.
template <int SIZE, int STRIDE> __device__ __forceinline__ void add_product(const real* p, const real* x, real (&o)[PER][SIZE / 16])
{
    constexpr int N = 16 / sizeof(real);
#pragma unroll 2
    for (int k = 0; k < TILE; k += N)
    {
        Pack<real, N> w[PER];
        for (int i = 0; i < PER; i++) w[i] = load_pack<real, N>(p + ROW(i) * TILE_STRIDE + k);
        for (int e = 0; e < N; e++)
        {
            for (int j = 0; j < SIZE / 16; j++)
            {
                real z = x[(k + e) * STRIDE + COLUMN(j)];
                for (int i = 0; i < PER; i++) o[i][j] += w[i].at[e] * z;
            }
        }
    }
}
