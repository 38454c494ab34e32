// variants: WEIGHT=bf16|float; THREADS=384; WIDTH=768; INNER=1536; RANK=48; STATES=16; TAPS=4; BLOCKS=128; SPLIT=2; ROWS=1; DEPTH=16
// Whole tokens of a Mamba language model in one launch, for few sequences: every block of threads is resident, and keeps the same channels of every layer
// throughout. Sizes are macros; SequenceModel's names: WIDTH D, INNER E, RANK R of the step size, STATES N, TAPS K of the convolution.
//
// The weights do not depend on what is computed, so they flow past the dependencies: packed once in the order in which each thread uses them, they run through
// a ring in shared memory (cp.async, DEPTH packs of 16 bytes per thread in flight), and memory never waits for a barrier.
//
// Blocks exchange activations in words that carry their own tag (the idea of NCCL's LL protocol): a reader waits for the word itself, not for a barrier and then
// for the data. Three exchanges a layer: the residual stream, the partial sums of x_proj, the gated outputs of the scan. A word of one exchange can be
// overwritten only after a later exchange told its writer that every block has read it, so one buffer of each suffices.
#include "common.cuh"

#define WARPS (THREADS / WARP)
#define LANES (16 / (int)sizeof(WEIGHT))                 // elements of a pack
#define SPAN (WARP * LANES)                              // elements that a warp reads at once
#define WIDE ((WIDTH + SPAN - 1) / SPAN)                 // packs of a thread in a row of D
#define WIDTH_PADDED (WIDE * SPAN)
#define CHANNELS ((INNER + BLOCKS - 1) / BLOCKS)         // of a block
#define ROUNDS ((CHANNELS + WARPS - 1) / WARPS)
#define OUTPUTS ((WIDTH + BLOCKS - 1) / BLOCKS)          // rows of out_proj of a block, each in SPLIT parts
#define PART ((INNER + SPAN * SPLIT - 1) / (SPAN * SPLIT))
#define INNER_PADDED (PART * SPLIT * SPAN)
#define UNITS ((OUTPUTS * SPLIT + WARPS - 1) / WARPS)
#define MIXED (RANK + 2 * STATES)                        // outputs of x_proj
#define WORDS ((MIXED + 2) / 3)
#define GROUPS (THREADS / (ROWS * WORDS))
#define SOURCES ((BLOCKS + GROUPS - 1) / GROUPS)
// The layer's small parameters of a block, all float.
#define MIX_AT WIDTH
#define DELTA_AT (MIX_AT + CHANNELS * MIXED)
#define TAPS_AT (DELTA_AT + CHANNELS * RANK)
#define TAP_BIAS_AT (TAPS_AT + CHANNELS * TAPS)
#define RATES_AT (TAP_BIAS_AT + CHANNELS)
#define SKIP_AT (RATES_AT + CHANNELS * STATES)
#define DELTA_BIAS_AT (SKIP_AT + CHANNELS)
#define SMALL (DELTA_BIAS_AT + CHANNELS)
#define SMALL_PACKS ((SMALL * 4 + THREADS * 16 - 1) / (THREADS * 16))
#define LAYER_PACKS (SMALL_PACKS + ROUNDS * 2 * WIDE + UNITS * PART)

struct alignas(16) Quad { u32 a, b, c, d; };

__device__ __forceinline__ void publish(void* p, float x, u32 tag)
{
    asm volatile("st.relaxed.gpu.global.b64 [%0], %1;" :: "l"(p), "l"(((u64)tag << 32) | (u64)__float_as_uint(x)) : "memory");
}

__device__ __forceinline__ void publish(void* p, u32 x, u32 y, u32 z, u32 tag)
{
    u64 low = ((u64)y << 32) | x, high = ((u64)tag << 32) | z;
    asm volatile("{\n.reg .b128 t;\nmov.b128 t, {%1, %2};\nst.relaxed.gpu.global.b128 [%0], t;\n}" :: "l"(p), "l"(low), "l"(high) : "memory");
}

__device__ __forceinline__ Quad peek(const void* p)
{
    u64 low, high;
    asm volatile("{\n.reg .b128 t;\nld.relaxed.gpu.global.b128 t, [%2];\nmov.b128 {%0, %1}, t;\n}" : "=l"(low), "=l"(high) : "l"(p) : "memory");
    return { (u32)low, (u32)(low >> 32), (u32)high, (u32)(high >> 32) };
}

// The packs of one thread, in order.
struct Stream
{
    const char* from;      // the next pack to ask for
    const char* begin;
    const char* end;
    i64 left;              // packs still to ask for
    u32 ring;              // shared address of this thread's first slot
    int slot;

    __device__ __forceinline__ void ask(int at)
    {
        if (left > 0)
        {
            asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" :: "r"(ring + (u32)at * (THREADS * 16)), "l"(from) : "memory");
            left--;
            from += THREADS * 16;
            if (from == end) from = begin;
        }

        asm volatile("cp.async.commit_group;" ::: "memory");
    }

    __device__ __forceinline__ Quad next()
    {
        Quad q;
        asm volatile("cp.async.wait_group %0;" :: "n"(DEPTH - 1) : "memory");
        asm volatile("ld.shared.v4.u32 {%0, %1, %2, %3}, [%4];" : "=r"(q.a), "=r"(q.b), "=r"(q.c), "=r"(q.d) : "r"(ring + (u32)slot * (THREADS * 16)) : "memory");
        ask(slot);
        slot = slot + 1 == DEPTH ? 0 : slot + 1;
        return q;
    }
};

// sum += the pack's product with LANES activations
__device__ __forceinline__ float dot(float sum, Quad w, const float* x)
{
    if (sizeof(WEIGHT) == 4)
    {
        sum += __uint_as_float(w.a) * x[0];
        sum += __uint_as_float(w.b) * x[1];
        sum += __uint_as_float(w.c) * x[2];
        return sum + __uint_as_float(w.d) * x[3];
    }

    sum += low_bf16(w.a) * x[0];
    sum += high_bf16(w.a) * x[1];
    sum += low_bf16(w.b) * x[2];
    sum += high_bf16(w.b) * x[3];
    sum += low_bf16(w.c) * x[4];
    sum += high_bf16(w.c) * x[5];
    sum += low_bf16(w.d) * x[6];
    return sum + high_bf16(w.d) * x[7];
}

__device__ __forceinline__ void lanes(float* x, const float* shared)
{
#pragma unroll
    for (int i = 0; i < LANES; i += 4)
    {
        Pack<float, 4> part = load_pack<float, 4>(shared + i);
        x[i] = part.at[0], x[i + 1] = part.at[1], x[i + 2] = part.at[2], x[i + 3] = part.at[3];
    }
}

// Waits for `count` tagged values, two to a word, and lays them into shared memory.
template <int COUNT, int PADDED> __device__ __forceinline__ void receive(const u64* words, float* shared, u32 tag)
{
    const int pairs = ROWS * COUNT / 2;
    static_assert(COUNT % 2 == 0, "activations are exchanged in pairs");
#pragma unroll
    for (int first = 0; first < pairs; first += THREADS)
    {
        int i = first + threadIdx.x;
        if (i >= pairs) continue;
        Quad q = peek(words + 2 * i);
        while (q.b != tag || q.d != tag) q = peek(words + 2 * i);
        int row = 2 * i / COUNT, column = 2 * i % COUNT;
        shared[row * PADDED + column] = __uint_as_float(q.a);
        shared[row * PADDED + column + 1] = __uint_as_float(q.c);
    }
}

__device__ __forceinline__ bool better(float x, int i, float y, int j) { return x > y || (x == y && i < j); }

struct Memory
{
    float small[SMALL_PACKS * THREADS * 4];
    float norm[WIDTH_PADDED];
    float x[ROWS * WIDTH_PADDED];
    float y[ROWS * INNER_PADDED];
    float u[ROWS * CHANNELS];
    float z[ROWS * CHANNELS];
    float sums[GROUPS * ROWS * WORDS * 3];
    float mixed[ROWS * WORDS * 3];
    float parts[UNITS * WARPS * ROWS];
    float best[WARPS * ROWS];
    int bestAt[WARPS * ROWS];
    int token[ROWS];
};

extern "C" __global__ void __launch_bounds__(THREADS, 1) mamba_step(
    const char* stream, const WEIGHT* embedding, const float* finalNorm, float* convolutions, float* states,
    u64* residuals, u64* gated, Quad* partials, Quad* bests,
    const int* ids, int* chosen, float* logits, int layers, int vocabulary, int choices, int steps, u32 tag, double epsilon)
{
    extern __shared__ Quad memory[];
    Memory& m = *reinterpret_cast<Memory*>(memory);
    const int thread = threadIdx.x, lane = thread % WARP, warp = thread / WARP, block = blockIdx.x;
    const int firstChannel = block * CHANNELS, channels = min(CHANNELS, INNER - firstChannel);
    const int firstOutput = block * OUTPUTS, outputs = max(0, min(OUTPUTS, WIDTH - firstOutput));
    const int heads = (vocabulary + BLOCKS - 1) / BLOCKS, headRounds = (heads + WARPS - 1) / WARPS;
    const i64 packs = (i64)layers * LAYER_PACKS + (i64)headRounds * WIDE;

    Stream weights;
    weights.begin = stream + ((i64)block * packs * THREADS + thread) * 16;
    weights.end = weights.begin + packs * THREADS * 16;
    weights.from = weights.begin;
    weights.left = packs * steps;
    weights.ring = (u32)__cvta_generic_to_shared(memory + (sizeof(Memory) + 15) / 16) + thread * 16;
    weights.slot = 0;
    for (int i = 0; i < DEPTH; i++) weights.ask(i);

    for (int i = thread; i < WIDTH_PADDED; i += THREADS) m.norm[i] = i < WIDTH ? finalNorm[i] : 0;
    for (int i = thread; i < ROWS * WIDTH_PADDED; i += THREADS) m.x[i] = 0;
    for (int i = thread; i < ROWS * INNER_PADDED; i += THREADS) m.y[i] = 0;
    if (thread < ROWS) m.token[thread] = ids[thread];
    __syncthreads();
    for (int step = 0; step < steps; step++, tag += layers + 1)
    {
        for (int i = thread; i < ROWS * WIDTH; i += THREADS)
            m.x[i / WIDTH * WIDTH_PADDED + i % WIDTH] = widen(embedding[(i64)m.token[i / WIDTH] * WIDTH + i % WIDTH]);

        for (int layer = 0; layer < layers; layer++)
        {
            // Before the residual stream is here: whatever does not depend on it.
#pragma unroll
            for (int i = 0; i < SMALL_PACKS; i++) reinterpret_cast<Quad*>(m.small)[i * THREADS + thread] = weights.next();
            float h[ROUNDS][ROWS], window[ROUNDS][ROWS][TAPS];
            float* convolution = convolutions + (i64)layer * ROWS * (TAPS - 1) * INNER + firstChannel;
            float* state = states + ((i64)layer * ROWS * INNER + firstChannel) * STATES;
#pragma unroll
            for (int round = 0; round < ROUNDS; round++)
            {
                int channel = round * WARPS + warp;
                if (channel >= channels) continue;
#pragma unroll
                for (int row = 0; row < ROWS; row++)
                {
                    h[round][row] = lane < STATES ? state[((i64)row * INNER + channel) * STATES + lane] : 0;
#pragma unroll
                    for (int k = 0; k < TAPS - 1; k++) window[round][row][k] = convolution[(row * (TAPS - 1) + k) * INNER + channel];
                }
            }

            // in_proj of the normed residual stream, convolution and SiLU: a warp has both rows, x's and z's, of its channel.
#pragma unroll
            for (int round = 0; round < ROUNDS; round++)
            {
                Quad w[2][WIDE];
#pragma unroll
                for (int part = 0; part < 2; part++)
#pragma unroll
                    for (int i = 0; i < WIDE; i++) w[part][i] = weights.next();

                if (round == 0)
                {
                    if (layer > 0) receive<WIDTH, WIDTH_PADDED>(residuals, m.x, tag + layer);
                    __syncthreads();
                }

                int channel = round * WARPS + warp;
#pragma unroll
                for (int row = 0; row < ROWS; row++)
                {
                    float x = 0, z = 0, squares = 0;
#pragma unroll
                    for (int i = 0; i < WIDE; i++)
                    {
                        float v[LANES], norm[LANES];
                        int at = i * SPAN + lane * LANES;
                        lanes(v, m.x + row * WIDTH_PADDED + at);
                        lanes(norm, m.small + at);
#pragma unroll
                        for (int k = 0; k < LANES; k++) squares += v[k] * v[k], v[k] *= norm[k];
                        x = dot(x, w[0][i], v);
                        z = dot(z, w[1][i], v);
                    }

#pragma unroll
                    for (int offset = WARP / 2; offset > 0; offset /= 2)
                    {
                        squares += __shfl_xor_sync(FULL_MASK, squares, offset);
                        x += __shfl_xor_sync(FULL_MASK, x, offset);
                        z += __shfl_xor_sync(FULL_MASK, z, offset);
                    }

                    if (channel >= channels) continue;
                    float scale = rsqrtf(squares / WIDTH + (float)epsilon);
                    x *= scale;
                    z *= scale;
                    float u = m.small[TAP_BIAS_AT + channel] + m.small[TAPS_AT + channel * TAPS + TAPS - 1] * x;
#pragma unroll
                    for (int k = 0; k < TAPS - 1; k++) u += m.small[TAPS_AT + channel * TAPS + k] * window[round][row][k];
                    u *= fast_sigmoid(u);
                    if (lane == 0)
                    {
                        m.u[row * CHANNELS + channel] = u;
                        m.z[row * CHANNELS + channel] = z * fast_sigmoid(z);
                        window[round][row][TAPS - 1] = x;
#pragma unroll
                        for (int k = 0; k < TAPS - 1; k++) convolution[(row * (TAPS - 1) + k) * INNER + channel] = window[round][row][k + 1];
                    }
                }
            }

            __syncthreads();

            // x_proj of the block's own channels: three partial sums to a word, ten words to a warp.
            u32 now = tag + layer + 1;
            for (int first = warp * 10; first < ROWS * WORDS; first += WARPS * 10)
            {
                int word = first + lane / 3, row = word / WORDS, output = word % WORDS * 3 + lane % 3;
                bool valid = lane < 30 && word < ROWS * WORDS;
                float sum = 0;
                if (valid && output < MIXED)
                    for (int c = 0; c < channels; c++) sum += m.u[row * CHANNELS + c] * m.small[MIX_AT + c * MIXED + output];
                float second = __shfl_down_sync(FULL_MASK, sum, 1), third = __shfl_down_sync(FULL_MASK, sum, 2);
                if (valid && lane % 3 == 0)
                    publish(partials + (i64)block * ROWS * WORDS + word, __float_as_uint(sum), __float_as_uint(second), __float_as_uint(third), now);
            }

            if (thread < GROUPS * ROWS * WORDS)
            {
                int word = thread % (ROWS * WORDS), group = thread / (ROWS * WORDS);
                float a = 0, b = 0, c = 0;
                Quad q[SOURCES];
#pragma unroll
                for (int i = 0; i < SOURCES; i++)
                    if (group + i * GROUPS < BLOCKS) q[i] = peek(partials + (i64)(group + i * GROUPS) * ROWS * WORDS + word);
#pragma unroll
                for (int i = 0; i < SOURCES; i++)
                {
                    if (group + i * GROUPS >= BLOCKS) continue;
                    while (q[i].d != now) q[i] = peek(partials + (i64)(group + i * GROUPS) * ROWS * WORDS + word);
                    a += __uint_as_float(q[i].a), b += __uint_as_float(q[i].b), c += __uint_as_float(q[i].c);
                }

                m.sums[thread * 3] = a, m.sums[thread * 3 + 1] = b, m.sums[thread * 3 + 2] = c;
            }

            __syncthreads();
            for (int i = thread; i < ROWS * WORDS * 3; i += THREADS)
            {
                float sum = 0;
#pragma unroll
                for (int group = 0; group < GROUPS; group++) sum += m.sums[group * ROWS * WORDS * 3 + i];
                m.mixed[i] = sum;
            }

            __syncthreads();

            // dt_proj, the state's step, the gate: a warp has one channel, its lanes the states.
#pragma unroll
            for (int round = 0; round < ROUNDS; round++)
            {
                int channel = round * WARPS + warp;
                if (channel >= channels) continue;
#pragma unroll
                for (int row = 0; row < ROWS; row++)
                {
                    const float* mixed = m.mixed + row * WORDS * 3;
                    float delta = 0;
#pragma unroll
                    for (int i = lane; i < RANK; i += WARP) delta += m.small[DELTA_AT + channel * RANK + i] * mixed[i];
                    delta = softplus(warp_sum(delta) + m.small[DELTA_BIAS_AT + channel]);
                    float u = m.u[row * CHANNELS + channel], y = 0;
                    if (lane < STATES)
                    {
                        float next = fast_exp2(delta * m.small[RATES_AT + channel * STATES + lane]) * h[round][row] + delta * u * mixed[RANK + lane];
                        state[((i64)row * INNER + channel) * STATES + lane] = next;
                        y = next * mixed[RANK + STATES + lane];
                    }

                    y = warp_sum(y) + m.small[SKIP_AT + channel] * u;
                    if (lane == 0) publish(gated + (i64)row * INNER + firstChannel + channel, y * m.z[row * CHANNELS + channel], now);
                }
            }

            // out_proj and the residual.
#pragma unroll
            for (int i = 0; i < UNITS; i++)
            {
                Quad w[PART];
#pragma unroll
                for (int k = 0; k < PART; k++) w[k] = weights.next();
                if (i == 0)
                {
                    receive<INNER, INNER_PADDED>(gated, m.y, now);
                    __syncthreads();
                }

                int unit = i * WARPS + warp, part = unit % SPLIT;
#pragma unroll
                for (int row = 0; row < ROWS; row++)
                {
                    float sum = 0;
#pragma unroll
                    for (int k = 0; k < PART; k++)
                    {
                        float v[LANES];
                        lanes(v, m.y + row * INNER_PADDED + (part * PART + k) * SPAN + lane * LANES);
                        sum = dot(sum, w[k], v);
                    }

                    sum = warp_sum(sum);
                    if (lane == 0) m.parts[row * UNITS * WARPS + unit] = sum;
                }
            }

            __syncthreads();
            for (int i = thread; i < ROWS * outputs; i += THREADS)
            {
                int row = i / outputs, output = i % outputs;
                float sum = m.x[row * WIDTH_PADDED + firstOutput + output];
#pragma unroll
                for (int part = 0; part < SPLIT; part++) sum += m.parts[row * UNITS * WARPS + output * SPLIT + part];
                publish(residuals + (i64)row * WIDTH + firstOutput + output, sum, now);
            }
        }

        // Final norm, head, the largest logit.
        receive<WIDTH, WIDTH_PADDED>(residuals, m.x, tag + layers);
        __syncthreads();
        float v[ROWS][WIDE * LANES], scale[ROWS], best[ROWS];
        int bestAt[ROWS];
#pragma unroll
        for (int row = 0; row < ROWS; row++)
        {
            float squares = 0;
#pragma unroll
            for (int i = 0; i < WIDE; i++)
            {
                float norm[LANES];
                lanes(v[row] + i * LANES, m.x + row * WIDTH_PADDED + i * SPAN + lane * LANES);
                lanes(norm, m.norm + i * SPAN + lane * LANES);
#pragma unroll
                for (int k = 0; k < LANES; k++) squares += v[row][i * LANES + k] * v[row][i * LANES + k], v[row][i * LANES + k] *= norm[k];
            }

            scale[row] = rsqrtf(warp_sum(squares) / WIDTH + (float)epsilon);
            best[row] = __int_as_float(0xff800000);
            bestAt[row] = 0x7fffffff;
        }

        for (int round = 0; round < headRounds; round++)
        {
            Quad w[WIDE];
#pragma unroll
            for (int i = 0; i < WIDE; i++) w[i] = weights.next();
            int local = round * WARPS + warp, index = block * heads + local;
#pragma unroll
            for (int row = 0; row < ROWS; row++)
            {
                float sum = 0;
#pragma unroll
                for (int i = 0; i < WIDE; i++) sum = dot(sum, w[i], v[row] + i * LANES);
                sum = warp_sum(sum) * scale[row];
                if (local >= heads || index >= vocabulary) continue;
                if (logits && lane == 0) logits[(i64)row * vocabulary + index] = sum;
                if (index < choices && sum > best[row]) best[row] = sum, bestAt[row] = index;
            }
        }

#pragma unroll
        for (int row = 0; row < ROWS; row++)
            if (lane == 0) m.best[row * WARPS + warp] = best[row], m.bestAt[row * WARPS + warp] = bestAt[row];
        __syncthreads();
        u32 now = tag + layers + 1;
        if (thread < ROWS)
        {
            float x = m.best[thread * WARPS];
            int at = m.bestAt[thread * WARPS];
            for (int i = 1; i < WARPS; i++)
                if (better(m.best[thread * WARPS + i], m.bestAt[thread * WARPS + i], x, at)) x = m.best[thread * WARPS + i], at = m.bestAt[thread * WARPS + i];
            publish(bests + (i64)thread * BLOCKS + block, __float_as_uint(x), (u32)at, 0, now);
        }

        for (int row = warp; row < ROWS; row += WARPS)
        {
            float x = __int_as_float(0xff800000);
            int at = 0x7fffffff;
            for (int i = lane; i < BLOCKS; i += WARP)
            {
                Quad q = peek(bests + (i64)row * BLOCKS + i);
                while (q.d != now) q = peek(bests + (i64)row * BLOCKS + i);
                if (better(__uint_as_float(q.a), (int)q.b, x, at)) x = __uint_as_float(q.a), at = (int)q.b;
            }

            for (int offset = WARP / 2; offset > 0; offset /= 2)
            {
                float y = __shfl_xor_sync(FULL_MASK, x, offset);
                int j = __shfl_xor_sync(FULL_MASK, at, offset);
                if (better(y, j, x, at)) x = y, at = j;
            }

            // No logit was a number: the host is told, and the next token is any.
            bool none = at >= vocabulary;
            if (lane == 0) m.token[row] = none ? 0 : at;
            if (lane == 0 && block == 0) chosen[step * ROWS + row] = none ? -1 : at;
        }

        __syncthreads();
    }
}
