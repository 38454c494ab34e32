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

    __device__ __forceinline__ ChannelSums(Vector* all_parts, unsigned char* all_exchange) :
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

    __device__ __forceinline__ void end_half(int, real*) { }
};

#else

// On tensor cores, for bfloat16, 16 real states, four to a lane: G and h are rounded to bfloat16 as operands of a product that is added up in float.
// The product is (16, channels of two steps) x (channels of two steps, 8): row r of the left factor has step * u of the half tile's step r in that step's
// columns and zeros elsewhere, row r + 8 has g, so that a half tile's eight steps gather in one accumulator. The right factor has for each channel
// four states of G and the same four of h; of each result only dB = (step u) G and dC = g h are of use. Likewise the sums over states, B G and C h: there
// the left factor's rows are B and C of a step, 16 states long, and the right factor is what the lanes of eight channels hold.
struct ChannelSums
{
    Vector* parts;
    u32 exchange;       // shared address, of this warp: (2 in turn, 2 steps, 8 channels, 4 chunks of G and h)
    u32 write, read;    // this thread's places in it
    int row, lane;
    u32 input_row, g_row, b_row[2], c_row[2];
    float sums[4][4], b_sums[4], c_sums[4];

    static constexpr int step_bytes = 8 * 64, exchange_bytes = 2 * 2 * step_bytes;

    __device__ __forceinline__ ChannelSums(Vector* all_parts, unsigned char* all_exchange)
    {
        int warp = threadIdx.x / WARP, in_warp = threadIdx.x % WARP;
        parts = all_parts + warp * TILE * STEP_STRIDE;
        exchange = (u32)__cvta_generic_to_shared(all_exchange) + warp * exchange_bytes;
        row = in_warp / 4;
        lane = in_warp % 4;
        write = exchange + row * 64 + ((lane ^ (row >> 1)) * 16);

        // Matrices in the order in which the product wants its operands side by side: both steps' first chunk, both steps' second.
        int k = in_warp % 8, matrix = in_warp / 8;
        read = exchange + matrix % 2 * step_bytes + k * 64 + ((matrix / 2 ^ (k >> 1)) * 16);
    }

    // factors: (step, pair of channels), step * u and g of both packed.
    __device__ __forceinline__ void begin(int half, const uint2* factors, const float* b_tile, const float* c_tile)
    {
        Pack<float, 4> b = load_pack<float, 4>(b_tile + (half * HALF + row) * PADDED + lane * 4), c = load_pack<float, 4>(c_tile + (half * HALF + row) * PADDED + lane * 4);
        b_row[0] = pack_bf16(b.at[0], b.at[1]);
        b_row[1] = pack_bf16(b.at[2], b.at[3]);
        c_row[0] = pack_bf16(c.at[0], c.at[1]);
        c_row[1] = pack_bf16(c.at[2], c.at[3]);
        uint2 own = factors[(half * HALF + row) * (CHANNELS / 2) + threadIdx.x / WARP * 4 + lane];
        input_row = own.x;
        g_row = own.y;
#pragma unroll
        for (int i = 0; i < 4; i++)
        {
            b_sums[i] = c_sums[i] = 0;
#pragma unroll
            for (int j = 0; j < 4; j++) sums[i][j] = 0;
        }
    }

    static __device__ __forceinline__ void multiply(float (&sum)[4], u32 a0, u32 a1, u32 a2, u32 a3, u32 b0, u32 b1)
    {
        asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
            : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3]) : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
    }

    // Steps come from the last to the first. What the assembler touches nothing else does: other accesses may pass it.
    __device__ __forceinline__ void add(int t, float, float, const float (&adjoint)[4], const float (&h)[4])
    {
        int buffer = (t / 2 % 2 * 2) * step_bytes, place = buffer + t % 2 * step_bytes;
        u32 g0 = pack_bf16(adjoint[0], adjoint[1]), g1 = pack_bf16(adjoint[2], adjoint[3]), h0 = pack_bf16(h[0], h[1]), h1 = pack_bf16(h[2], h[3]);
        asm volatile("st.shared.v4.u32 [%0], {%1, %2, %3, %4};" :: "r"(write + place), "r"(g0), "r"(g1), "r"(h0), "r"(h1));
        bool isRow = row == t % 8;
        u32 b0 = isRow ? b_row[0] : 0, b1 = isRow ? b_row[1] : 0, c0 = isRow ? c_row[0] : 0, c1 = isRow ? c_row[1] : 0;
        multiply(b_sums, b0, c0, b1, c1, g0, g1);
        if (GATE) multiply(c_sums, b0, c0, b1, c1, h0, h1);
        if (t % 2 != 0) return;
        asm volatile("bar.warp.sync 0xffffffff;");
        u32 right[8];
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
            : "=r"(right[0]), "=r"(right[1]), "=r"(right[2]), "=r"(right[3]) : "r"(read + buffer));
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
            : "=r"(right[4]), "=r"(right[5]), "=r"(right[6]), "=r"(right[7]) : "r"((read ^ 32) + buffer));
        bool isEven = row == t % 8, isOdd = row == t % 8 + 1;
        u32 a0 = isEven ? input_row : 0, a1 = isEven ? g_row : 0, a2 = isOdd ? input_row : 0, a3 = isOdd ? g_row : 0;
#pragma unroll
        for (int q = 0; q < 4; q++) multiply(sums[q], a0, a1, a2, a3, right[2 * q], right[2 * q + 1]);
    }

    __device__ __forceinline__ void end_group(int) { }

    // state_sums: Re(B̄ G) of the tile's steps and channels, then C h.
    __device__ __forceinline__ void end_half(int half, float* state_sums)
    {
        float* at = state_sums + (half * HALF + row) * ROW_STRIDE + threadIdx.x / WARP * 8 + lane * 2;
        Pack<float, 2> of_b = {b_sums[0], b_sums[1]}, of_c = {c_sums[2], c_sums[3]};
        store_pack(at, of_b);
        if (GATE) store_pack(at + TILE * ROW_STRIDE, of_c);
        float* to = (float*)(parts + (half * HALF + row) * STEP_STRIDE) + lane / 2 * PADDED + lane % 2 * 2;
#pragma unroll
        for (int q = 0; q < 4; q++)
        {
            Pack<float, 2> sum = {lane < 2 ? sums[q][0] : sums[q][2], lane < 2 ? sums[q][1] : sums[q][3]};
            store_pack(to + 4 * q, sum);
        }
    }
};

#endif
