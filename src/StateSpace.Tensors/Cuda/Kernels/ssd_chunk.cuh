// A chunk of steps of the state space dual on tensor cores: its sizes, the decays of its steps for one head, and the sweep of a state through it.
//
// SIZE is P, STATES is N; RESETS is 1 where some steps are resets. A block deals with TILE of the P rows of a head's state.
#pragma once
#include "mma.cuh"

#define STEPS 128
#define TILE (SIZE < 64 ? SIZE : 64)
#define TILES_OF_SIZE (SIZE / TILE)
#define X_STRIDE (TILE + 8)
#define N_STRIDE (STATES + 8)

static_assert(SIZE % TILE == 0 && TILE % 16 == 0 && STATES % 16 == 0, "sizes that no tiles make up");

// The decays of a chunk's steps for one head, with s_t the sum of the steps' log2 decays up to and with t. No exponent is positive.
struct alignas(16) ChunkDecay
{
    float sum[STEPS];        // s_t
    float step[STEPS];       // step size; 0 behind the end of the sequence
    float from_start[STEPS]; // exp2(s_t): what is left at t of the state before the chunk; 0 from the first reset on
    float to_end[STEPS];     // exp2(s_end - s_t): what is left at the end of what t adds; 0 before the last reset
    float added[STEPS];      // step times to_end
    int resets[STEPS];       // resets up to and with t: nothing passes from j to t where these differ
    float whole;             // exp2(s_end), 0 where there is a reset

    // What is left at t of what step j <= t adds.
    __device__ __forceinline__ float between(int t, int j) const
    {
        float left = fast_exp2(sum[t] - sum[j]);
#if RESETS
        left = resets[t] == resets[j] ? left : 0.0f;
#endif
        return left;
    }
};

// A chunk's step sizes and resets as one warp reads them, four steps a lane: apart from their use, so that the wait overlaps other work.
struct ChunkSteps
{
    static constexpr int Count = STEPS / WARP;
    float step[Count];
    int reset[Count];

    // Of one head of one sequence: delta and resets point to its first step, and may be null.
    __device__ __forceinline__ void read(const bf16* delta, const int* resets, i64 start, i64 length, int heads)
    {
        int lane = threadIdx.x % WARP;
#pragma unroll
        for (int i = 0; i < Count; i++)
        {
            i64 t = start + lane * Count + i;
            step[i] = t >= length ? 0.0f : delta ? widen(delta[t * heads]) : 1.0f;
#if RESETS
            reset[i] = t < length && resets[t] != 0;
#endif
        }
    }

    // rate: A log2(e).
    __device__ __forceinline__ void write(ChunkDecay& to, float rate) const
    {
        int lane = threadIdx.x % WARP;
        float sums[Count], total = 0;
        [[maybe_unused]] int counts[Count];
        int count = 0;
#pragma unroll
        for (int i = 0; i < Count; i++)
        {
            sums[i] = total += step[i] * rate;
#if RESETS
            counts[i] = count += reset[i];
#endif
        }

        float before = total;
        int countBefore = count;
        for (int offset = 1; offset < WARP; offset *= 2)
        {
            float other = __shfl_up_sync(FULL_MASK, before, offset);
            if (lane >= offset) before += other;
#if RESETS
            int otherCount = __shfl_up_sync(FULL_MASK, countBefore, offset);
            if (lane >= offset) countBefore += otherCount;
#endif
        }

        float end = __shfl_sync(FULL_MASK, before, WARP - 1);
        int countEnd = __shfl_sync(FULL_MASK, countBefore, WARP - 1);
        before -= total;
        countBefore -= count;
#pragma unroll
        for (int i = 0; i < Count; i++)
        {
            // The sum of rounded parts may pass the rounded whole by an ulp.
            int t = lane * Count + i;
            float sum = before + sums[i], left = fast_exp2(fminf(sum, 0.0f)), toEnd = fast_exp2(fminf(end - sum, 0.0f));
#if RESETS
            int n = countBefore + counts[i];
            to.resets[t] = n;
            if (n != 0) left = 0;
            if (n != countEnd) toEnd = 0;
#endif
            to.sum[t] = sum;
            to.step[t] = step[i];
            to.from_start[t] = left;
            to.to_end[t] = toEnd;
            to.added[t] = step[i] * toEnd;
        }

        if (lane == 0)
        {
            float left = fast_exp2(end);
#if RESETS
            if (countEnd != 0) left = 0;
#endif
            to.whole = left;
        }
    }
};

// Rows of a sequence to shared memory in the background: ROWS of WIDTH elements from step `start` on, `pitch` apart there and STRIDE here; zeros behind
// the end of the sequence.
template <int WIDTH, int STRIDE, int ROWS>
__device__ __forceinline__ void copy_rows(bf16* to, const bf16* from, i64 start, i64 length, i64 pitch)
{
    constexpr int Pieces = WIDTH / 8;
    for (int i = threadIdx.x; i < ROWS * Pieces; i += blockDim.x)
    {
        int row = i / Pieces, column = i % Pieces * 8;
        bool valid = start + row < length;
        copy_async(to + row * STRIDE + column, from + (valid ? start + row : 0) * pitch + column, valid);
    }
}
