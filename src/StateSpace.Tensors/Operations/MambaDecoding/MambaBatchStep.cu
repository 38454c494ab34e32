// variants: WIDTH=768; INNER=1536; RANK=48; STATES=16; TAPS=4; MT=1|4
// A token of a Mamba language model for a batch of sequences, weights in bfloat16: four kernels a layer, made to be recorded in a graph.
//
// Products run on the tensor cores (mma m16n8k16). Weights and the activations between the kernels lie in memory as the fragments that the instruction takes,
// so that a warp loads a fragment by one coalesced access of 16 bytes a lane and no shared memory is spent on it: a weight tile is 16 rows by 16 columns, an
// activation tile 16 sequences by 16 columns; tiles of one row of tiles follow each other. The warps of a block share K; their sums meet in shared memory.
#include "common.cuh"

#define TILE 16
#define TILES(n) (((n) + TILE - 1) / TILE)
#define WIDE TILES(WIDTH)
#define DEEP TILES(INNER)
#define MIXED (RANK + 2 * STATES)
#define LOW TILES(RANK)
#define PADDED (MT * TILE)                       // sequences of a group, of which the last may be empty

struct alignas(16) Quad { u32 a, b, c, d; };

__device__ __forceinline__ Quad load_quad(const Quad* p) { return *p; }
__device__ __forceinline__ Quad load_weight(const Quad* p)
{
    Quad q;
    asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];" : "=r"(q.a), "=r"(q.b), "=r"(q.c), "=r"(q.d) : "l"(p));
    return q;
}

// c += x w^T for 16 sequences, 8 rows of the weight and 16 columns.
__device__ __forceinline__ void multiply(float* c, const Quad& x, u32 w0, u32 w1)
{
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]) : "r"(x.a), "r"(x.b), "r"(x.c), "r"(x.d), "r"(w0), "r"(w1));
}

// What precedes may overlap the kernel before; what follows sees its results.
__device__ __forceinline__ void wait_for_earlier()
{
    asm volatile("griddepcontrol.wait;" ::: "memory");
    asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
}

// Where the columns (column, column + 1) of a sequence lie, as a word; column is even.
__device__ __forceinline__ i64 fragment(int sequence, int column, int tiles)
{
    int r = sequence % TILE, k = column % TILE;
    return ((((i64)(sequence / TILE) * tiles + column / TILE) * WARP + r % 8 * 4 + k % 8 / 2) * 4) + r / 8 + 2 * (k / 8);
}

// ---- weights as fragments: rows of part p are (p, n) of a matrix (parts * rows, columns); the tiles of the parts alternate ----

extern "C" __global__ void mamba_batch_pack(const float* source, u32* tiles, i64 count, int parts, int rows, int columns)
{
    i64 index = (i64)blockIdx.x * blockDim.x + threadIdx.x;                 // one word: two columns
    if (index >= count) return;
    int word = (int)(index % 4), lane = (int)(index / 4 % WARP), deep = TILES(columns);
    i64 k = index / (4 * WARP) % deep, tile = index / (4 * WARP) / deep;
    i64 row = tile / parts * TILE + word / 2 * 8 + lane / 4, column = k * TILE + word % 2 * 8 + lane % 4 * 2;
    const float* from = source + ((tile % parts) * rows + row) * columns + column;
    tiles[index] = pack_bf16(row < rows && column < columns ? from[0] : 0, row < rows && column + 1 < columns ? from[1] : 0);
}

#define GROUP (blockIdx.y * PADDED)              // first sequence of this block's group

// ---- the chosen tokens' embeddings as the residual stream; where bests is given, it first chooses ----

extern "C" __global__ void mamba_batch_embed(
    const float2* bests, int blocks, const int* given, int* chosen, int* position, const bf16* embedding, const float* norm, float* x, u32* normed, float* squares, int batch)
{
    wait_for_earlier();
    __shared__ int token;
    int row = blockIdx.x, lane = threadIdx.x % WARP;
    if (threadIdx.x < WARP && bests)
    {
        float best = __int_as_float(0xff800000);
        int at = 0x7fffffff;
        for (int i = lane; i < blocks; i += WARP)
        {
            float2 other = bests[(i64)i * batch + row];
            if (other.x > best || (other.x == best && __float_as_int(other.y) < at)) best = other.x, at = __float_as_int(other.y);
        }

        for (int offset = WARP / 2; offset > 0; offset /= 2)
        {
            float other = __shfl_xor_sync(FULL_MASK, best, offset);
            int index = __shfl_xor_sync(FULL_MASK, at, offset);
            if (other > best || (other == best && index < at)) best = other, at = index;
        }

        // No logit was a number: the host is told, and the next token is any.
        bool none = at == 0x7fffffff;
        if (lane == 0) token = none ? 0 : at, chosen[(i64)*position * batch + row] = none ? -1 : at;
    }
    else if (threadIdx.x == 0 && !bests) token = given[row];
    __syncthreads();
    float sum = 0;
    for (int i = threadIdx.x * 2; i < WIDTH; i += blockDim.x * 2)
    {
        float a = widen(embedding[(i64)token * WIDTH + i]), b = i + 1 < WIDTH ? widen(embedding[(i64)token * WIDTH + i + 1]) : 0;
        sum += a * a + b * b;
        x[(i64)row * WIDTH + i] = a;
        if (i + 1 < WIDTH) x[(i64)row * WIDTH + i + 1] = b;
        normed[fragment(row, i, WIDE)] = pack_bf16(a * norm[i], i + 1 < WIDTH ? b * norm[i + 1] : 0);
    }

    sum = block_sum(sum);
    for (int i = threadIdx.x; i < WIDE; i += blockDim.x) squares[(i64)i * batch + row] = i == 0 ? sum : 0;
}

// 1 / root mean square of the group's sequences, from the sums of squares of every 16 channels.
__device__ __forceinline__ void scales(float* to, const float* squares, int batch, float epsilon)
{
    for (int i = threadIdx.x; i < PADDED * 4; i += blockDim.x)
    {
        int row = GROUP + i / 4;
        float sum = 0;
        if (row < batch)
            for (int k = i % 4; k < WIDE; k += 4) sum += squares[(i64)k * batch + row];
        sum += __shfl_xor_sync(FULL_MASK, sum, 1);
        sum += __shfl_xor_sync(FULL_MASK, sum, 2);
        if (i % 4 == 0) to[i / 4] = rsqrtf(sum / WIDTH + epsilon);
    }
}

// ---- in_proj, convolution, SiLU: a block has 16 channels, x's and z's rows ----

#define IN_WARPS 8
#define IN_STEPS ((WIDE + IN_WARPS - 1) / IN_WARPS)
#define IN_PITCH 40
#define IN_ROWS ((PADDED * 8 + IN_WARPS * WARP - 1) / (IN_WARPS * WARP))

// Whether step i of this warp is within n tiles that the block's warps share out; known to the compiler where they divide evenly.
#define WITHIN(i, n, warps) ((n) % (warps) == 0 || warp + (i) * (warps) < (n))

extern "C" __global__ void __launch_bounds__(IN_WARPS * WARP, 1) mamba_batch_input(
    const Quad* normed, const float* squares, const Quad* weight, const float* taps, const float* tapBias, float* convolution, u32* u, u32* z, int batch, double epsilon)
{
    extern __shared__ float sums[];                                          // (warps, sequences, 32 and a gap)
    __shared__ float scale[PADDED];
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, tile = blockIdx.x, pair = threadIdx.x % 8 * 2, channel = tile * TILE + pair;
    Quad w[IN_STEPS][2];
#pragma unroll
    for (int i = 0; i < IN_STEPS; i++)
    {
        if (!WITHIN(i, WIDE, IN_WARPS)) continue;
        const Quad* from = weight + ((i64)(tile * 2) * WIDE + warp + i * IN_WARPS) * WARP + lane;
        w[i][0] = load_weight(from);
        w[i][1] = load_weight(from + WIDE * WARP);
    }

    Pack<float, 2> tap[TAPS], bias = {}, window[IN_ROWS][TAPS - 1];
    if (channel < INNER)
    {
#pragma unroll
        for (int k = 0; k < TAPS; k++) tap[k] = { taps[channel * TAPS + k], taps[(channel + 1) * TAPS + k] };
        if (tapBias) bias = load_pack<float, 2>(tapBias + channel);
#pragma unroll
        for (int i = 0; i < IN_ROWS; i++)
        {
            int local = i * (IN_WARPS * WARP / 8) + threadIdx.x / 8, row = GROUP + local;
            if (local >= PADDED || row >= batch) continue;
#pragma unroll
            for (int k = 0; k < TAPS - 1; k++) window[i][k] = load_pack<float, 2>(convolution + ((i64)row * (TAPS - 1) + k) * INNER + channel);
        }
    }

    wait_for_earlier();
    float c[MT][4][4] = {};
#pragma unroll
    for (int i = 0; i < IN_STEPS; i++)
    {
        if (!WITHIN(i, WIDE, IN_WARPS)) continue;
#pragma unroll
        for (int m = 0; m < MT; m++)
        {
            Quad x = load_quad(normed + ((i64)(GROUP / TILE + m) * WIDE + warp + i * IN_WARPS) * WARP + lane);
            multiply(c[m][0], x, w[i][0].a, w[i][0].b);
            multiply(c[m][1], x, w[i][0].c, w[i][0].d);
            multiply(c[m][2], x, w[i][1].a, w[i][1].b);
            multiply(c[m][3], x, w[i][1].c, w[i][1].d);
        }
    }

    scales(scale, squares, batch, (float)epsilon);
#pragma unroll
    for (int m = 0; m < MT; m++)
#pragma unroll
        for (int n = 0; n < 4; n++)
#pragma unroll
            for (int half = 0; half < 2; half++)
                store_pack<float, 2>(sums + (warp * PADDED + m * TILE + half * 8 + lane / 4) * IN_PITCH + n * 8 + lane % 4 * 2, { c[m][n][half * 2], c[m][n][half * 2 + 1] });

    __syncthreads();
#pragma unroll
    for (int i = 0; i < IN_ROWS; i++)
    {
        int local = i * (IN_WARPS * WARP / 8) + threadIdx.x / 8, row = GROUP + local;
        if (local >= PADDED || row >= batch || channel >= INNER) continue;
        float x[2] = {}, gate[2] = {};
#pragma unroll
        for (int k = 0; k < IN_WARPS; k++)
        {
            const float* from = sums + (k * PADDED + local) * IN_PITCH + pair;
            Pack<float, 2> a = load_pack<float, 2>(from), b = load_pack<float, 2>(from + TILE);
            x[0] += a.at[0], x[1] += a.at[1], gate[0] += b.at[0], gate[1] += b.at[1];
        }

        Pack<float, 2> now;
#pragma unroll
        for (int k = 0; k < 2; k++)
        {
            now.at[k] = x[k] * scale[local];
            gate[k] *= scale[local];
            gate[k] *= fast_sigmoid(gate[k]);
            float sum = bias.at[k] + tap[TAPS - 1].at[k] * now.at[k];
#pragma unroll
            for (int t = 0; t < TAPS - 1; t++) sum += tap[t].at[k] * window[i][t].at[k];
            x[k] = sum * fast_sigmoid(sum);
        }

#pragma unroll
        for (int t = 0; t < TAPS - 1; t++) store_pack(convolution + ((i64)row * (TAPS - 1) + t) * INNER + channel, t + 1 < TAPS - 1 ? window[i][t + 1 < TAPS - 1 ? t + 1 : t] : now);
        i64 at = fragment(row, channel, DEEP);
        u[at] = pack_bf16(x[0], x[1]);
        z[at] = pack_bf16(gate[0], gate[1]);
    }
}

// ---- x_proj: a block has 16 outputs for 16 sequences ----

#define MIX_WARPS 16
#define MIX_STEPS ((DEEP + MIX_WARPS - 1) / MIX_WARPS)

extern "C" __global__ void __launch_bounds__(MIX_WARPS * WARP, 1) mamba_batch_mix(const Quad* u, const Quad* weight, float* mixed, u32* low, int batch)
{
    __shared__ float sums[MIX_WARPS][TILE][TILE + 2];
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, tile = blockIdx.x;
    Quad w[MIX_STEPS], x[MIX_STEPS];
#pragma unroll
    for (int i = 0; i < MIX_STEPS; i++)
        if (WITHIN(i, DEEP, MIX_WARPS)) w[i] = load_weight(weight + ((i64)tile * DEEP + warp + i * MIX_WARPS) * WARP + lane);
    wait_for_earlier();
#pragma unroll
    for (int i = 0; i < MIX_STEPS; i++)
        if (WITHIN(i, DEEP, MIX_WARPS)) x[i] = load_quad(u + ((i64)blockIdx.y * DEEP + warp + i * MIX_WARPS) * WARP + lane);
    float c[2][4] = {};
#pragma unroll
    for (int i = 0; i < MIX_STEPS; i++)
    {
        if (!WITHIN(i, DEEP, MIX_WARPS)) continue;
        multiply(c[0], x[i], w[i].a, w[i].b);
        multiply(c[1], x[i], w[i].c, w[i].d);
    }

#pragma unroll
    for (int n = 0; n < 2; n++)
#pragma unroll
        for (int i = 0; i < 4; i++) sums[warp][lane / 4 + i / 2 * 8][n * 8 + lane % 4 * 2 + i % 2] = c[n][i];
    __syncthreads();
    if (threadIdx.x >= TILE * TILE / 2) return;
    int local = threadIdx.x / 8, column = threadIdx.x % 8 * 2, row = blockIdx.y * TILE + local, output = tile * TILE + column;
    if (row >= batch) return;
    float a = 0, b = 0;
#pragma unroll
    for (int i = 0; i < MIX_WARPS; i++) a += sums[i][local][column], b += sums[i][local][column + 1];
    if (output < MIXED) mixed[(i64)row * MIXED + output] = a;
    if (output + 1 < MIXED) mixed[(i64)row * MIXED + output + 1] = b;
    if (output < RANK) low[fragment(row, output, LOW)] = pack_bf16(a, output + 1 < RANK ? b : 0);
}

// ---- dt_proj, the state's step, the gate: a block has 16 channels; STATES / 4 lanes a channel ----

#define SCAN_THREADS 512
#define SHARE (STATES / 4)
#define SCAN_STEPS ((PADDED * TILE * SHARE + SCAN_THREADS - 1) / SCAN_THREADS)

extern "C" __global__ void __launch_bounds__(SCAN_THREADS, 1) mamba_batch_scan(
    const u32* u, const u32* z, const float* mixed, const Quad* low, const Quad* weight, const float* deltaBias, const float* rates, const float* skip,
    float* states, u32* y, int batch)
{
    __shared__ float deltas[PADDED][TILE + 1];
    __shared__ Pack<float, 4> both[PADDED][2 * SHARE];
    __shared__ u32 inputs[PADDED][TILE / 2], gates[PADDED][TILE / 2];
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, tile = blockIdx.x, part = threadIdx.x % SHARE;
    Pack<float, 4> h[SCAN_STEPS];
#pragma unroll
    for (int i = 0; i < SCAN_STEPS; i++)
    {
        int item = (i * SCAN_THREADS + threadIdx.x) / SHARE, row = GROUP + item / TILE, channel = tile * TILE + item % TILE;
        if (item < PADDED * TILE && row < batch && channel < INNER) h[i] = load_pack<float, 4>(states + ((i64)row * INNER + channel) * STATES + part * 4);
    }

    // A thread's channel and its part of the states are the same in every step where a step is a whole number of sequences.
    const bool regular = SCAN_THREADS % (TILE * SHARE) == 0;
    int own = tile * TILE + threadIdx.x / SHARE % TILE;
    Pack<float, 4> ownRate = {};
    float ownSkip = 0;
    if (regular && own < INNER) ownRate = load_pack<float, 4>(rates + (i64)own * STATES + part * 4), ownSkip = skip[own];
    Quad w[LOW];
#pragma unroll
    for (int k = 0; k < LOW; k++) w[k] = load_weight(weight + ((i64)tile * LOW + k) * WARP + lane);
    wait_for_earlier();
    if (warp < MT)
    {
        float c[2][4] = {};
#pragma unroll
        for (int k = 0; k < LOW; k++)
        {
            Quad x = load_quad(low + ((i64)(GROUP / TILE + warp) * LOW + k) * WARP + lane);
            multiply(c[0], x, w[k].a, w[k].b);
            multiply(c[1], x, w[k].c, w[k].d);
        }

#pragma unroll
        for (int n = 0; n < 2; n++)
#pragma unroll
            for (int i = 0; i < 4; i++)
            {
                int column = n * 8 + lane % 4 * 2 + i % 2, channel = tile * TILE + column;
                deltas[warp * TILE + lane / 4 + i / 2 * 8][column] = channel < INNER ? softplus(c[n][i] + deltaBias[channel]) : 0;
            }
    }
    else
    {
        for (int i = threadIdx.x - MT * WARP; i < PADDED * 2 * STATES; i += SCAN_THREADS - MT * WARP)
        {
            int row = i / (2 * STATES);
            reinterpret_cast<float*>(both)[i] = GROUP + row < batch ? mixed[(i64)(GROUP + row) * MIXED + RANK + i % (2 * STATES)] : 0;
        }

        for (int i = threadIdx.x - MT * WARP; i < PADDED * TILE / 2; i += SCAN_THREADS - MT * WARP)
        {
            i64 at = fragment(GROUP + i / (TILE / 2), tile * TILE + i % (TILE / 2) * 2, DEEP);
            inputs[i / (TILE / 2)][i % (TILE / 2)] = u[at];
            gates[i / (TILE / 2)][i % (TILE / 2)] = z[at];
        }
    }

    __syncthreads();
#pragma unroll
    for (int i = 0; i < SCAN_STEPS; i++)
    {
        int item = (i * SCAN_THREADS + threadIdx.x) / SHARE, local = item / TILE, row = GROUP + local, column = item % TILE, channel = tile * TILE + column;
        bool valid = item < PADDED * TILE && row < batch && channel < INNER;
        float sum = 0, input = 0, gate = 0;
        if (valid)
        {
            u32 inputPair = inputs[local][column / 2], gatePair = gates[local][column / 2];
            input = column % 2 ? high_bf16(inputPair) : low_bf16(inputPair);
            gate = column % 2 ? high_bf16(gatePair) : low_bf16(gatePair);
            Pack<float, 4> rate = regular ? ownRate : load_pack<float, 4>(rates + (i64)channel * STATES + part * 4), in = both[local][part], out = both[local][SHARE + part];
            float delta = deltas[local][column], scaled = delta * LOG2E;
#pragma unroll
            for (int k = 0; k < 4; k++)
            {
                h[i].at[k] = fast_exp2(scaled * rate.at[k]) * h[i].at[k] + delta * input * in.at[k];
                sum += h[i].at[k] * out.at[k];
            }

            store_pack(states + ((i64)row * INNER + channel) * STATES + part * 4, h[i]);
        }

#pragma unroll
        for (int offset = SHARE / 2; offset > 0; offset /= 2) sum += __shfl_xor_sync(FULL_MASK, sum, offset);
        float result = valid ? (sum + (regular ? ownSkip : skip[channel]) * input) * gate : 0, next = __shfl_down_sync(FULL_MASK, result, SHARE);
        if (valid && part == 0 && channel % 2 == 0) y[fragment(row, channel, DEEP)] = pack_bf16(result, next);
    }
}

// ---- out_proj, the residual, what the next norm needs: a block has 16 channels for half of the sequences ----

#define OUT_WARPS 16
#define OUT_STEPS ((DEEP + OUT_WARPS - 1) / OUT_WARPS)
#define OUT_MT ((MT + 1) / 2)

extern "C" __global__ void __launch_bounds__(OUT_WARPS * WARP, 1) mamba_batch_output(
    const Quad* y, const Quad* weight, const float* nextNorm, float* x, u32* normed, float* squares, int batch)
{
    __shared__ float sums[OUT_WARPS][OUT_MT * TILE][TILE];
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, tile = blockIdx.x, first = blockIdx.y * OUT_MT;
    Quad w[OUT_STEPS];
#pragma unroll
    for (int i = 0; i < OUT_STEPS; i++)
        if (WITHIN(i, DEEP, OUT_WARPS)) w[i] = load_weight(weight + ((i64)tile * DEEP + warp + i * OUT_WARPS) * WARP + lane);
    wait_for_earlier();
    float c[OUT_MT][2][4] = {};
#pragma unroll
    for (int i = 0; i < OUT_STEPS; i++)
    {
        if (!WITHIN(i, DEEP, OUT_WARPS)) continue;
#pragma unroll
        for (int m = 0; m < OUT_MT; m++)
        {
            Quad q = load_quad(y + ((i64)(first + m) * DEEP + warp + i * OUT_WARPS) * WARP + lane);
            multiply(c[m][0], q, w[i].a, w[i].b);
            multiply(c[m][1], q, w[i].c, w[i].d);
        }
    }

#pragma unroll
    for (int m = 0; m < OUT_MT; m++)
#pragma unroll
        for (int n = 0; n < 2; n++)
#pragma unroll
            for (int half = 0; half < 2; half++)
                *reinterpret_cast<Pack<float, 2>*>(&sums[warp][m * TILE + half * 8 + lane / 4][n * 8 + lane % 4 * 2]) = { c[m][n][half * 2], c[m][n][half * 2 + 1] };
    __syncthreads();
    for (int i = threadIdx.x; i < OUT_MT * TILE * 8; i += OUT_WARPS * WARP)
    {
        int local = i / 8, column = i % 8 * 2, row = first * TILE + local, channel = tile * TILE + column;
        float a = 0, b = 0, square = 0;
#pragma unroll
        for (int k = 0; k < OUT_WARPS; k++)
        {
            Pack<float, 2> part = *reinterpret_cast<Pack<float, 2>*>(&sums[k][local][column]);
            a += part.at[0], b += part.at[1];
        }

        if (row < batch && channel < WIDTH)
        {
            float* to = x + (i64)row * WIDTH + channel;
            bool two = channel + 1 < WIDTH;
            a += to[0], to[0] = a;
            b = two ? b + to[1] : 0;
            if (two) to[1] = b;
            normed[fragment(row, channel, WIDE)] = pack_bf16(a * nextNorm[channel], two ? b * nextNorm[channel + 1] : 0);
            square = a * a + b * b;
        }

        square += __shfl_xor_sync(FULL_MASK, square, 1);
        square += __shfl_xor_sync(FULL_MASK, square, 2);
        square += __shfl_xor_sync(FULL_MASK, square, 4);
        if (i % 8 == 0 && row < batch) squares[(i64)tile * batch + row] = square;
    }
}

// ---- the head and the largest logit: a warp has 32 tokens for a group of sequences ----

#define HEAD_WARPS 12
#ifndef AHEAD
#define AHEAD 4
#endif

extern "C" __global__ void __launch_bounds__(HEAD_WARPS * WARP, 1) mamba_batch_head(
    const Quad* normed, const float* squares, const Quad* weight, float* logits, float2* bests, int* position, int vocabulary, int choices, int batch, double epsilon)
{
    extern __shared__ Quad activations[];                                    // (MT, WIDE, lanes)
    __shared__ float scale[PADDED], best[HEAD_WARPS][PADDED];
    __shared__ int bestAt[HEAD_WARPS][PADDED];
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, tiles = (vocabulary + 31) / 32, tile = blockIdx.x * HEAD_WARPS + warp;
    const Quad* from = weight + (i64)tile * 2 * WIDE * WARP + lane;
    Quad w[AHEAD][2];
    if (tile < tiles)
    {
#pragma unroll
        for (int k = 0; k < AHEAD; k++)
            if (k < WIDE) w[k][0] = load_weight(from + k * WARP), w[k][1] = load_weight(from + (WIDE + k) * WARP);
    }

    wait_for_earlier();
    for (int i = threadIdx.x; i < MT * WIDE * WARP; i += HEAD_WARPS * WARP) activations[i] = load_quad(normed + (i64)(GROUP / TILE) * WIDE * WARP + i);
    scales(scale, squares, batch, (float)epsilon);
    for (int i = threadIdx.x; i < HEAD_WARPS * PADDED; i += HEAD_WARPS * WARP) best[i / PADDED][i % PADDED] = __int_as_float(0xff800000), bestAt[i / PADDED][i % PADDED] = 0x7fffffff;
    if (blockIdx.x == 0 && blockIdx.y == 0 && threadIdx.x == 0) ++*position;
    __syncthreads();
    for (; tile < tiles; tile += gridDim.x * HEAD_WARPS)
    {
        float c[MT][4][4] = {};
#pragma unroll 1
        for (int first = 0; first < WIDE; first += AHEAD)
        {
#pragma unroll
            for (int i = 0; i < AHEAD; i++)
            {
                int k = first + i, next = k + AHEAD;
                if (WIDE % AHEAD != 0 && k >= WIDE) continue;
                Quad w0 = w[i][0], w1 = w[i][1];
                if (next < WIDE) w[i][0] = load_weight(from + next * WARP), w[i][1] = load_weight(from + (WIDE + next) * WARP);
#pragma unroll
                for (int m = 0; m < MT; m++)
                {
                    Quad x = activations[(m * WIDE + k) * WARP + lane];
                    multiply(c[m][0], x, w0.a, w0.b);
                    multiply(c[m][1], x, w0.c, w0.d);
                    multiply(c[m][2], x, w1.a, w1.b);
                    multiply(c[m][3], x, w1.c, w1.d);
                }
            }
        }

        from += (i64)gridDim.x * HEAD_WARPS * 2 * WIDE * WARP;
        if (tile + (int)gridDim.x * HEAD_WARPS < tiles)
        {
#pragma unroll
            for (int k = 0; k < AHEAD; k++)
                if (k < WIDE) w[k][0] = load_weight(from + k * WARP), w[k][1] = load_weight(from + (WIDE + k) * WARP);
        }

#pragma unroll
        for (int m = 0; m < MT; m++)
#pragma unroll
            for (int half = 0; half < 2; half++)
            {
                int local = m * TILE + half * 8 + lane / 4, row = GROUP + local;
                float top = __int_as_float(0xff800000);
                int at = 0x7fffffff;
#pragma unroll
                for (int n = 0; n < 8; n++)
                {
                    int token = tile * 32 + n / 2 * 8 + lane % 4 * 2 + n % 2;
                    float value = c[m][n / 2][half * 2 + n % 2] * scale[local];
                    if (token >= vocabulary) continue;
                    if (logits && row < batch) logits[(i64)row * vocabulary + token] = value;
                    if (token < choices && value > top) top = value, at = token;
                }

#pragma unroll
                for (int offset = 1; offset < 4; offset *= 2)
                {
                    float other = __shfl_xor_sync(FULL_MASK, top, offset);
                    int index = __shfl_xor_sync(FULL_MASK, at, offset);
                    if (other > top || (other == top && index < at)) top = other, at = index;
                }

                if (lane % 4 == 0 && top > best[warp][local]) best[warp][local] = top, bestAt[warp][local] = at;
            }
    }

    __syncthreads();
    for (int local = threadIdx.x; local < PADDED && GROUP + local < batch; local += HEAD_WARPS * WARP)
    {
        float top = best[0][local];
        int at = bestAt[0][local];
        for (int i = 1; i < HEAD_WARPS; i++)
            if (best[i][local] > top || (best[i][local] == top && bestAt[i][local] < at)) top = best[i][local], at = bestAt[i][local];
        bests[(i64)blockIdx.x * batch + GROUP + local] = { top, __int_as_float(at) };
    }
}
