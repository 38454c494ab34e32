// Rows that a team of threads holds in registers: a warp with several teams in a block, or a whole block. Each thread has PACKS
// accesses of VEC neighbouring elements, TEAM * VEC apart; what lies behind the end of the row reads as 0 and is not written.
#pragma once
#include "packs.cuh"

#ifndef VEC
#define VEC 1
#endif
#ifndef PACKS
#define PACKS 1
#endif
#ifndef TEAM
#define TEAM 32
#endif

// A block is a team, or up to eight warps: registers must suffice for all of its threads.
#define ROW_KERNEL extern "C" __global__ void __launch_bounds__(TEAM > WARP ? TEAM : 256)

#define FOR_PACKS _Pragma("unroll") for (int p = 0; p < PACKS; p++)
#define FOR_ELEMENTS _Pragma("unroll") for (int i = 0; i < VEC; i++)

struct Team
{
    int lane;     // of TEAM
    int index;    // of the teams of a block
    int parity;   // of the sums made so far

    __device__ __forceinline__ Team() : lane(threadIdx.x % TEAM), index(threadIdx.x / TEAM), parity(0) {}

    __device__ __forceinline__ int column(int p) const { return (p * TEAM + lane) * VEC; }

    // The sum over the team, in every thread of it. Two buffers take turns, so that one barrier is enough.
    template <typename T> __device__ __forceinline__ T sum(T x)
    {
        x = warp_sum(x);
        if (TEAM == WARP) return x;
        __shared__ T parts[2][WARP];
        if (threadIdx.x % WARP == 0) parts[parity][threadIdx.x / WARP] = x;
        __syncthreads();
        T total = 0;
#pragma unroll
        for (int i = 0; i < TEAM / WARP; i++) total += parts[parity][i];
        parity ^= 1;
        return total;
    }
};

template <typename T> __device__ __forceinline__ void load_row(const Team& team, const T* row, int width, acc<T> (&x)[PACKS][VEC])
{
    FOR_PACKS
    {
        if (team.column(p) < width) load<VEC>(row + team.column(p), x[p]);
        else FOR_ELEMENTS x[p][i] = 0;
    }
}

template <typename T> __device__ __forceinline__ void store_row(const Team& team, T* row, int width, const acc<T> (&x)[PACKS][VEC])
{
    FOR_PACKS if (team.column(p) < width) store<VEC>(row + team.column(p), x[p]);
}

// Adds the sums of a block's teams, one team after the other, and leaves them as the block's row of partial sums.
template <typename T> __device__ __forceinline__ void leave_sums(const Team& team, T* shared, T* partial, int width, const T (&x)[PACKS][VEC])
{
    int teams = blockDim.x / TEAM;
    if (teams == 1)
    {
        store_row(team, partial, width, x);
        return;
    }

    for (int turn = 0; turn < teams; turn++)
    {
        if (turn == team.index)
        {
            FOR_PACKS FOR_ELEMENTS
            {
                int c = team.column(p) + i;
                if (c < width) shared[c] = turn == 0 ? x[p][i] : shared[c] + x[p][i];
            }
        }

        __syncthreads();
    }

    for (int c = threadIdx.x; c < width; c += blockDim.x) partial[c] = shared[c];
    __syncthreads();
}
