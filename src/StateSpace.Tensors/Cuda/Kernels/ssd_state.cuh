// The state of a head, TILE rows of it, in the C tiles of a block's eight warps: TILE / 16 rows of tiles, over whose columns the warps are dealt out.
#pragma once
#include "ssd_chunk.cuh"

#define THREADS 256
#define WARPS (THREADS / WARP)
#define ROW_TILES (TILE / 16)
#define STATE_COLUMNS (STATES * ROW_TILES / WARPS)
#define STATE_TILES (STATE_COLUMNS / 8)

static_assert(STATE_COLUMNS % 16 == 0, "sizes that eight warps cannot share");

struct WarpState
{
    float at[STATE_TILES][4];

    __device__ __forceinline__ static int row() { return threadIdx.x / WARP % ROW_TILES * 16; }
    __device__ __forceinline__ static int column() { return threadIdx.x / WARP / ROW_TILES * STATE_COLUMNS; }

    // Calls of(row, column, first of two neighbours).
    template <typename F> __device__ __forceinline__ void each_pair(F of)
    {
        int lane = threadIdx.x % WARP;
#pragma unroll
        for (int i = 0; i < STATE_TILES; i++)
        {
            of(row() + lane / 4, column() + i * 8 + lane % 4 * 2, at[i][0], at[i][1]);
            of(row() + lane / 4 + 8, column() + i * 8 + lane % 4 * 2, at[i][2], at[i][3]);
        }
    }

    // From a state (P, N), or zeros where null.
    __device__ __forceinline__ void read(const float* from)
    {
        each_pair([&](int row, int column, float& v0, float& v1)
        {
            Pack<float, 2> pair = {};
            if (from) pair = load_pack<float, 2>(from + row * STATES + column);
            v0 = pair.at[0], v1 = pair.at[1];
        });
    }

    __device__ __forceinline__ void write(float* to)
    {
        each_pair([&](int row, int column, float& v0, float& v1) { store_pack<float, 2>(to + row * STATES + column, {v0, v1}); });
    }

    // Rounded as products take it, to shared memory.
    __device__ __forceinline__ void round_to(Tile<N_STRIDE> to)
    {
        each_pair([&](int row, int column, float& v0, float& v1) { *reinterpret_cast<u32*>(to.at(row, column)) = pack_bf16(v0, v1); });
    }

    __device__ __forceinline__ void decay(float left)
    {
#pragma unroll
        for (int i = 0; i < STATE_TILES; i++)
#pragma unroll
            for (int e = 0; e < 4; e++) at[i][e] *= left;
    }

    // The same to memory.
    __device__ __forceinline__ void write_rounded(bf16* to)
    {
        int lane = threadIdx.x % WARP;
#pragma unroll
        for (int i = 0; i < STATE_TILES; i += 2)
#pragma unroll
            for (int half = 0; half < 2; half++)
            {
                Pack<u32, 2> four = row_of_tiles(at[i], at[i + 1], half);
                store_pack<u32, 2>(reinterpret_cast<u32*>(to + (row() + lane / 4 + half * 8) * STATES + column() + i * 8 + lane % 4 * 4), four);
            }
    }

    // state += (weights o X)^T B, where X is (ROWS, TILE), B is (ROWS, N) and a weight belongs to each row, two in a word.
    template <int ROWS> __device__ __forceinline__ void add(Tile<X_STRIDE> x, Tile<N_STRIDE> b, const u32* weights)
    {
        int lane = threadIdx.x % WARP;
#pragma unroll
        for (int k = 0; k < ROWS; k += 16)
        {
            u32 left[4];
            x.left_transposed(left, row(), k);
            scale_columns(left, weights[k / 2 + lane % 4], weights[k / 2 + 4 + lane % 4]);
#pragma unroll
            for (int i = 0; i < STATE_TILES; i += 2)
            {
                u32 right[4];
                b.right(right, k, column() + i * 8);
                multiply(at[i], left, right[0], right[1]);
                multiply(at[i + 1], left, right[2], right[3]);
            }
        }
    }
};
