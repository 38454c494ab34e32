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
    u32 from_start_pairs[STEPS / 2], added_pairs[STEPS / 2]; // rounded, two in a word
    int resets[STEPS];       // resets up to and with t: nothing passes from j to t where these differ
    float whole;             // exp2(s_end), 0 where there is a reset

    // What is left at t of what steps j and j + 1 <= t add, where j is even; `sum` is s_t.
    __device__ __forceinline__ Pack<float, 2> between(float sum, int t, int j) const
    {
        Pack<float, 2> sums = load_pack<float, 2>(this->sum + j);
        Pack<float, 2> left = {fast_exp2(sum - sums.at[0]), fast_exp2(sum - sums.at[1])};
#if RESETS
        if (resets[t] != resets[j]) left.at[0] = 0;
        if (resets[t] != resets[j + 1]) left.at[1] = 0;
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
            reinterpret_cast<bf16*>(to.from_start_pairs)[t] = float_to_bf16(left);
            reinterpret_cast<bf16*>(to.added_pairs)[t] = float_to_bf16(step[i] * toEnd);
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

// Copies of rows of a matrix to shared memory in the background by a block of BLOCK threads: ROWS of WIDTH elements, `pitch` apart there and STRIDE here.
template <int WIDTH, int STRIDE, int ROWS, int BLOCK> struct RowCopy
{
    static constexpr int Pieces = WIDTH / 8, Stretch = BLOCK / Pieces, Turns = (ROWS + Stretch - 1) / Stretch;
    const bf16* from;
    i64 pitch;
    u32 to;
    int row;

    __device__ __forceinline__ RowCopy(bf16* target, const bf16* source, i64 rowPitch) : pitch(rowPitch), row(threadIdx.x / Pieces)
    {
        int column = threadIdx.x % Pieces * 8;
        from = source + row * pitch + column;
        to = shared_address(target + row * STRIDE + column);
    }

    // Rows from `start` on, zeros from row `length` on; `offset` elements from the source and `shift` elements from the target.
    __device__ __forceinline__ void start(i64 start, i64 length, i64 offset, int shift) const
    {
        if (BLOCK % Pieces != 0 && row >= Stretch) return;
        const bf16* source = from + start * pitch + offset;
        int rows = (int)min(length - start, (i64)ROWS) - row;
#pragma unroll
        for (int i = 0; i < Turns; i++)
        {
            if (ROWS % Stretch != 0 && row + i * Stretch >= ROWS) break;
            copy_async(to + (shift + i * Stretch * STRIDE) * (int)sizeof(bf16), source, i * Stretch < rows);
            source += Stretch * pitch;
        }
    }
};
