// How the selective scan's kernels divide their work, and how they read it.
//
// A block has 128 threads and walks in time through tiles of TILE steps of one sequence. LANES adjacent threads share a channel, each with PER of its
// states in registers, so that no state is ever in memory; LANES * PER is at least the number of states, and states beyond it stay zero. For what
// belongs to a step and channel but not to a state, the threads are dealt out anew over the tile, WIDTH adjacent channels to each.
#pragma once
#include "decay.cuh"

typedef ELEMENT element;
typedef acc<ELEMENT> real;

#if COMPLEX
typedef Complex<real> state;
#define PARTS 2
#define SCALE ((real)2)
__device__ __forceinline__ state state_of(real re, real im) { return {re, im}; }
__device__ __forceinline__ real real_part(state x) { return x.re; }
__device__ __forceinline__ real imaginary_part(state x) { return x.im; }
#else
typedef real state;
#define PARTS 1
#define SCALE ((real)1)
__device__ __forceinline__ state state_of(real re, real) { return re; }
__device__ __forceinline__ real real_part(state x) { return x; }
__device__ __forceinline__ real imaginary_part(state) { return 0; }
#endif

#define THREADS 128
#define CHANNELS (THREADS / LANES)
#define PADDED (LANES * PER)
#define COLUMNS (CHANNELS / WIDTH)
#define ROWS (THREADS / COLUMNS)
#define PASSES ((TILE + ROWS - 1) / ROWS)
#define COEFFICIENT_PASSES ((TILE * PADDED + COEFFICIENT_WIDTH * THREADS - 1) / (COEFFICIENT_WIDTH * THREADS))

// A sum over a channel's states is left in shared memory as the sums of a few lanes, which its row's owner adds up: that takes fewer instructions than
// to exchange them between lanes.
#define SHARES (LANES <= 8 ? LANES : 4)
typedef Pack<real, SHARES> Shares;

// Where a channel's 16 bytes lie in a step's row: even channels first, then odd ones, so far apart that neither the owner of two adjacent channels nor the
// lanes of eight meet a bank twice.
#define ROW_STRIDE (CHANNELS + 8)
__device__ __forceinline__ int place_of(int channel) { return WIDTH == 2 ? (channel & 1) * (CHANNELS / 2 + 4) + channel / 2 : channel; }

// Coefficients of a step and shared by the channels have the activations' type, those of a channel the parameters'.
#if B_PER_STEP
typedef element b_element;
#else
typedef real b_element;
#endif
#if C_PER_STEP
typedef element c_element;
#else
typedef real c_element;
#endif

// N elements as they come from memory. Those of 16 bits stay packed in words until they are used: taking them apart where they are loaded would
// wait for the load.
template <typename T, int N> struct Raw
{
    Pack<T, N> values;
    __device__ __forceinline__ void load(const T* from) { values = load_pack<T, N>(from); }
    __device__ __forceinline__ void clear() { values = {}; }
    __device__ __forceinline__ acc<T> at(int i) const { return widen(values.at[i]); }
};

template <int N> struct Raw<bf16, N>
{
    Pack<u32, (N + 1) / 2> words;
    __device__ __forceinline__ void load(const bf16* from)
    {
        if (N == 1) words.at[0] = *(const u16*)from;
        else words = *(const Pack<u32, (N + 1) / 2>*)from;
    }

    __device__ __forceinline__ void clear() { words = {}; }
    __device__ __forceinline__ float at(int i) const { return i & 1 ? high_bf16(words.at[i / 2]) : low_bf16(words.at[i / 2]); }
};

typedef Raw<element, WIDTH> Row;
typedef Pack<element, WIDTH> ResultRow;
typedef Raw<element, COEFFICIENT_WIDTH> Coefficients;

// What lies a number of bytes behind the block's own pointer, which is the same in all threads: so that no thread does 64-bit arithmetic for each access.
template <typename T> __device__ __forceinline__ T* behind(T* block, u32 bytes) { return (T*)((char*)block + bytes); }

// A pass of this thread over a tile's (step, state) coefficients, of which x has the first; zeros beyond the steps and states that are left.
__device__ __forceinline__ Coefficients load_coefficients(const element* x, int pass, i64 steps_left, int states)
{
    int at = (pass * THREADS + threadIdx.x) * COEFFICIENT_WIDTH, n = at % PADDED, t = at / PADDED;
    Coefficients values;
    values.clear();
    if (at < TILE * PADDED && t < steps_left && n < states) values.load(behind(x, (u32)(t * states + n) * (u32)sizeof(element)));
    return values;
}

__device__ __forceinline__ void store_coefficients(state* tile, int pass, Coefficients re, Coefficients im)
{
    int at = (pass * THREADS + threadIdx.x) * COEFFICIENT_WIDTH;
    if (at >= TILE * PADDED) return;
    Pack<state, COEFFICIENT_WIDTH> values;
#pragma unroll
    for (int i = 0; i < COEFFICIENT_WIDTH; i++) values.at[i] = state_of(re.at(i), COMPLEX ? im.at(i) : (real)0);
    store_pack(tile + at, values);
}

// This thread's states of (rows, N) parts, zeros beyond the states or where there is no array.
template <typename T> __device__ __forceinline__ void load_states(state (&x)[PER], const T* re, const T* im, i64 row, int first, int states, bool isInside)
{
#pragma unroll
    for (int i = 0; i < PER; i++)
    {
        bool has = re && isInside && first + i < states;
        i64 at = row * states + first + i;
        x[i] = has ? state_of(widen(re[at]), COMPLEX ? widen(im[at]) : (real)0) : state_of(0, 0);
    }
}

__device__ __forceinline__ void store_states(const state (&x)[PER], real* re, real* im, i64 row, int first, int states, bool isInside)
{
#pragma unroll
    for (int i = 0; i < PER; i++)
    {
        if (!re || !isInside || first + i >= states) continue;
        i64 at = row * states + first + i;
        re[at] = real_part(x[i]);
        if (COMPLEX) im[at] = imaginary_part(x[i]);
    }
}

// Leaves the sum of x over a channel's lanes at its place.
__device__ __forceinline__ void store_shares(Shares* to, real x)
{
    int lane = threadIdx.x % LANES;
#pragma unroll
    for (int offset = LANES / 2; offset >= SHARES; offset /= 2) x += __shfl_xor_sync(FULL_MASK, x, offset);
    if (LANES == SHARES || lane < SHARES) to->at[lane % SHARES] = x;
}

__device__ __forceinline__ real sum_of_shares(const Shares* from)
{
    Shares shares = *from;
    real sum = shares.at[0];
#pragma unroll
    for (int i = 1; i < SHARES; i++) sum += shares.at[i];
    return sum;
}

// Choices that code is compiled for: f(Yes()) and f(No()).
struct Yes { static constexpr bool value = true; };
struct No { static constexpr bool value = false; };

// The step from its raw form, and its slope along that.
__device__ __forceinline__ real step_of(real raw, real& slope)
{
    slope = 1;
    return SOFTPLUS ? softplus_and_slope(raw, slope) : raw;
}
