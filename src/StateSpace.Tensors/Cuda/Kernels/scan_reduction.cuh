// The gradients of B and C: at each step sums over channels of step * u * G and of g * h. A warp sums over its channels, and leaves for each step of a
// tile 2 * PADDED states, dB before dC, in its part of shared memory.
#pragma once
#include "scan_tile.cuh"

#define HALF (TILE / 2)
#define WARPS (THREADS / WARP)
#define WARP_CHANNELS (WARP / LANES)

// Counted in vectors of 16 bytes: what a step gives, and the distance from one step's sums to the next, padded against bank conflicts.
#define VECTOR (16 / (int)sizeof(real))
#define STEP_VECTORS (2 * PADDED * PARTS / VECTOR)
#define STEP_STRIDE (STEP_VECTORS + 1)
typedef Pack<real, VECTOR> Vector;

#if !TENSOR_CORES

// Through shared memory: each channel's products in a row, then sums down the columns.
struct ChannelSums
{
    Vector* parts;      // of this warp: (step, STEP_STRIDE)
    state* exchange;    // of this warp: (step of a group, channel, dB and dC)
    int in_warp;

    static constexpr int exchange_bytes = GROUP * WARP_CHANNELS * 2 * PADDED * sizeof(state);

    __device__ __forceinline__ ChannelSums(Vector* all_parts, unsigned char* all_exchange, real*, u32) :
        parts(all_parts + threadIdx.x / WARP * TILE * STEP_STRIDE), exchange((state*)(all_exchange + threadIdx.x / WARP * exchange_bytes)), in_warp(threadIdx.x % WARP)
    {
    }

    __device__ __forceinline__ void begin(int, const uint2*, const state*, const state*) { }

    __device__ __forceinline__ void add(int t, real input, real g, const state (&adjoint)[PER], const state (&h)[PER])
    {
        Pack<state, PER> of_b, of_c;
#pragma unroll
        for (int i = 0; i < PER; i++)
        {
            of_b.at[i] = scaled(input, adjoint[i]);
            of_c.at[i] = conjugate_scaled(g, h[i]);
        }

        // Odd channels' halves are exchanged, so that two channels' rows meet different banks.
        int channel = in_warp / LANES, swap = channel & 1;
        state* to = exchange + (t % GROUP * WARP_CHANNELS + channel) * 2 * PADDED + in_warp % LANES * PER;
        store_pack(to + (swap ? PADDED : 0), of_b);
        store_pack(to + (swap ? 0 : PADDED), of_c);
    }

    // After the steps first .. first + GROUP - 1.
    __device__ __forceinline__ void end_group(int first)
    {
        __syncwarp();
#pragma unroll 1
        for (int v = in_warp; v < GROUP * STEP_VECTORS; v += WARP)
        {
            int j = v / STEP_VECTORS, at = v % STEP_VECTORS;
            const Vector* from = (const Vector*)(exchange + j * WARP_CHANNELS * 2 * PADDED);
            Vector sum = from[at];
#pragma unroll
            for (int r = 1; r < WARP_CHANNELS; r++)
            {
                Vector next = from[r * STEP_VECTORS + (r & 1 ? at ^ (STEP_VECTORS / 2) : at)];
#pragma unroll
                for (int i = 0; i < VECTOR; i++) sum.at[i] += next.at[i];
            }

            parts[(first + j) * STEP_STRIDE + at] = sum;
        }

        __syncwarp();
    }
};

#else

// On tensor cores, for bfloat16 and 16 real states, four to a lane and eight channels to a warp: G and h are rounded to bfloat16 as operands of products
// that are added up in float.
//
// At each step a lane has four states, two words. The warp's words are the right factor of a product over states as they lie in the registers, and
// transposed, as two 8x8 matrices, that of a product over channels. The left factors' 16 rows are eight steps twice: B and C for the one product; for the other
// step * u (or g) with the first matrix in rows 0 to 7 and with the second in rows 8 to 15. Of a result only the row of the step at hand is of use, which
// four lanes hold and store: nothing is added up outside of the tensor cores.
__device__ __forceinline__ u32 transposed(u32 x)
{
    u32 y;
    asm("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(y) : "r"(x));
    return y;
}

struct ChannelSums
{
    Vector* parts;
    float* state_sums;
    int row, lane, warp;
    u32 zero, coefficients[4], inputs[4], gs[4];

    static constexpr int exchange_bytes = 0;

    // all_state_sums: Re(B̄ G) of the tile's steps and channels, then C h.
    __device__ __forceinline__ ChannelSums(Vector* all_parts, unsigned char*, float* all_state_sums, u32 zero) :
        row(threadIdx.x % WARP / 4), lane(threadIdx.x % 4), warp(threadIdx.x / WARP), zero(zero)
    {
        parts = all_parts + warp * TILE * STEP_STRIDE + lane;
        state_sums = all_state_sums + warp * WARP_CHANNELS + lane * 2;
    }

    static __device__ __forceinline__ void load(const float* from, u32& low, u32& high)
    {
        Pack<float, 4> x = load_pack<float, 4>(from);
        low = pack_bf16(x.at[0], x.at[1]);
        high = pack_bf16(x.at[2], x.at[3]);
    }

    // factors: (step, pair of channels), step * u and g of both packed.
    __device__ __forceinline__ void begin(int half, const uint2* factors, const float* b_tile, const float* c_tile)
    {
        int step = half * HALF + row;
        load(b_tile + step * PADDED + lane * 4, coefficients[0], coefficients[2]);
        load(c_tile + step * PADDED + lane * 4, coefficients[1], coefficients[3]);
        uint2 own = factors[step * (CHANNELS / 2) + warp * 4 + lane];

        // Each in a register of its own, which the compiler cannot know to have the same value as another: it would copy them together at each step.
        inputs[0] = own.x;
        inputs[1] = own.x & zero;
        inputs[2] = own.y & zero;
        inputs[3] = own.x | zero;
        gs[0] = own.y;
        gs[1] = coefficients[0] & zero;
        gs[2] = coefficients[1] & zero;
        gs[3] = own.y | zero;
    }

    static __device__ __forceinline__ void multiply(float (&sum)[4], const u32 (&left)[4], u32 low, u32 high)
    {
        asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%10, %10, %10, %10};"
            : "=f"(sum[0]), "=f"(sum[1]), "=f"(sum[2]), "=f"(sum[3]) : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(low), "r"(high), "f"(0.0f));
    }

    __device__ __forceinline__ void add(int t, float, float, const float (&adjoint)[4], const float (&h)[4])
    {
        u32 g[2] = {pack_bf16(adjoint[0], adjoint[1]), pack_bf16(adjoint[2], adjoint[3])}, x[2] = {pack_bf16(h[0], h[1]), pack_bf16(h[2], h[3])};
        float through_b[4], output[4], db[4], dc[4];
        multiply(through_b, coefficients, g[0], g[1]);
        if (GATE) multiply(output, coefficients, x[0], x[1]);
        multiply(db, inputs, transposed(g[0]), transposed(g[1]));
        multiply(dc, gs, transposed(x[0]), transposed(x[1]));
        if (row != t % HALF) return;
        store_pack(state_sums + t * ROW_STRIDE, Pack<float, 2>{through_b[0], through_b[1]});
        if (GATE) store_pack(state_sums + (TILE + t) * ROW_STRIDE, Pack<float, 2>{output[2], output[3]});
        parts[t * STEP_STRIDE] = {db[0], db[1], db[2], db[3]};
        parts[t * STEP_STRIDE + PADDED / 4] = {dc[0], dc[1], dc[2], dc[3]};
    }

    __device__ __forceinline__ void end_group(int) { }
};

#endif
