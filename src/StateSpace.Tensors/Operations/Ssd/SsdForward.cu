// variants: ELEMENT=bf16; SIZE=64; STATES=64|128; RESETS=0|1
// The forward pass of the state space dual on tensor cores: a block takes TILE rows of one head's state through time, chunk by chunk, and so never
// writes a state to memory but the last. Where sequences and heads are too few for the device, time is cut into segments, whose first states
// are computed before (SsdStates.cu).
#include "ssd_state.cuh"

// A row of C has room for one of y.
#define C_STRIDE (N_STRIDE > X_STRIDE ? N_STRIDE : X_STRIDE)

struct ForwardShared
{
    bf16 x[STEPS * X_STRIDE], b[STEPS * N_STRIDE], c[STEPS * C_STRIDE], state[TILE * N_STRIDE];
    ChunkDecay decay[2];
};

// y of 16 steps, those of this warp, from its C tiles by way of shared memory, where 16 bytes of a row lie together.
__device__ __forceinline__ void write_rows(const float (&y)[TILE / 8][4], bf16* by, int row, bf16* to, i64 rows, i64 pitch)
{
    int lane = threadIdx.x % WARP;
    constexpr int Pieces = TILE / 8;
    __syncwarp();
#pragma unroll
    for (int i = 0; i < TILE / 8; i++)
#pragma unroll
        for (int half = 0; half < 2; half++)
            *reinterpret_cast<u32*>(by + (lane / 4 + half * 8) * X_STRIDE + i * 8 + lane % 4 * 2) = pack_bf16(y[i][half * 2], y[i][half * 2 + 1]);
    __syncwarp();
#pragma unroll
    for (int i = 0; i < 16 * Pieces / WARP; i++)
    {
        int t = (i * WARP + lane) / Pieces, column = lane % Pieces * 8;
        if (row + t < rows) store_pack<bf16, 8>(to + (row + t) * pitch + column, load_pack<bf16, 8>(by + t * X_STRIDE + column));
    }
}

// grid: batch * segments * heads * TILES_OF_SIZE, the last fastest. x (B, L, H, P), delta (B, L, H) or null, a (H) or null, b and c (B, L, G, N), skip
// (H) or null, starts (B, segments, H, P, N) or null, resets (B, L) or null; y as x, final (B, H, P, N).
extern "C" __global__ void __launch_bounds__(THREADS, 2) ssd_forward(
    const bf16* x, const bf16* delta, const float* a, const bf16* b, const bf16* c, const float* skip, const float* starts, const int* resets,
    bf16* y, float* final, i64 length, int heads, int groups, int segments, int chunks_per_segment)
{
    extern __shared__ Pack<float, 4> shared[];
    ForwardShared& s = *reinterpret_cast<ForwardShared*>(shared);
    Tile<X_STRIDE> xs = {s.x};
    Tile<N_STRIDE> bs = {s.b}, hs = {s.state};
    Tile<C_STRIDE> cs = {s.c};
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP;

    i64 index = blockIdx.x;
    int p = index % TILES_OF_SIZE * TILE;
    index /= TILES_OF_SIZE;
    int head = index % heads;
    i64 row = index / heads, sequence = row / segments;
    int segment = row % segments;
    int chunks = (length + STEPS - 1) / STEPS, first = segment * chunks_per_segment, last = min(chunks, first + chunks_per_segment);

    i64 pitchX = (i64)heads * SIZE, pitchN = (i64)groups * STATES;
    i64 offsetX = (sequence * length * heads + head) * SIZE + p, offsetN = (sequence * length * groups + head / (heads / groups)) * STATES;
    x += offsetX, y += offsetX, b += offsetN, c += offsetN;
    if (delta) delta += sequence * length * heads + head;
    if (resets) resets += sequence * length;
    float rate = a ? a[head] * LOG2E : 0.0f, through = skip ? skip[head] : 0.0f;

    auto copy = [&](int chunk)
    {
        copy_rows<STATES, C_STRIDE, STEPS>(s.c, c, (i64)chunk * STEPS, length, pitchN);
        copy_rows<TILE, X_STRIDE, STEPS>(s.x, x, (i64)chunk * STEPS, length, pitchX);
        copy_rows<STATES, N_STRIDE, STEPS>(s.b, b, (i64)chunk * STEPS, length, pitchN);
        copy_commit();
    };

    if (first < last) copy(first);
    WarpState state;
    state.read(starts ? starts + ((row * heads + head) * SIZE + p) * STATES : nullptr);
    state.round_to(hs);
    ChunkSteps next;
    if (warp == 0)
    {
        next.read(delta, resets, (i64)first * STEPS, length, heads);
        next.write(s.decay[0], rate);
    }

    // Each warp has 16 steps of the chunk; those of the two warps that share a scheduler together have as many steps before them as any.
    int tile = warp < WARPS / 2 ? warp : WARPS + WARPS / 2 - 1 - warp, t0 = tile * 16 + lane / 4;
    for (int chunk = first; chunk < last; chunk++)
    {
        const ChunkDecay& decay = s.decay[(chunk - first) & 1];
        copy_wait<0>();
        __syncthreads();
        if (warp == 0 && chunk + 1 < last) next.read(delta, resets, (chunk + 1) * (i64)STEPS, length, heads);

        // exp(s) o C h
        u32 left[STATES / 16][4];
        float out[TILE / 8][4] = {};
#pragma unroll
        for (int k = 0; k < STATES / 16; k++)
        {
            cs.left(left[k], tile * 16, k * 16);
#pragma unroll
            for (int i = 0; i < TILE / 8; i += 2)
            {
                u32 right[4];
                hs.right_transposed(right, k * 16, i * 8);
                multiply(out[i], left[k], right[0], right[1]);
                multiply(out[i + 1], left[k], right[2], right[3]);
            }
        }

        float near = decay.from_start[t0], far = decay.from_start[t0 + 8];
#pragma unroll
        for (int i = 0; i < TILE / 8; i++) out[i][0] *= near, out[i][1] *= near, out[i][2] *= far, out[i][3] *= far;

        // (C B^T o L o steps) X, 16 columns at a time
        for (int j = 0; j <= tile; j++)
        {
            float score[2][4] = {};
#pragma unroll
            for (int k = 0; k < STATES / 16; k++)
            {
                u32 right[4];
                bs.right_transposed(right, k * 16, j * 16);
                multiply(score[0], left[k], right[0], right[1]);
                multiply(score[1], left[k], right[2], right[3]);
            }

#pragma unroll
            for (int i = 0; i < 2; i++)
#pragma unroll
                for (int e = 0; e < 4; e++)
                {
                    int t = t0 + e / 2 * 8, from = j * 16 + i * 8 + lane % 4 * 2 + e % 2;
                    score[i][e] = from <= t ? score[i][e] * decay.between(t, from) * decay.step[from] : 0.0f;
                }

            u32 weights[4];
            as_left(weights, score[0], score[1]);
#pragma unroll
            for (int i = 0; i < TILE / 8; i += 2)
            {
                u32 right[4];
                xs.right(right, j * 16, i * 8);
                multiply(out[i], weights, right[0], right[1]);
                multiply(out[i + 1], weights, right[2], right[3]);
            }
        }

        if (skip)
        {
#pragma unroll
            for (int i = 0; i < TILE / 8; i++)
#pragma unroll
                for (int half = 0; half < 2; half++)
                {
                    u32 pair = *reinterpret_cast<const u32*>(xs.at(t0 + half * 8, i * 8 + lane % 4 * 2));
                    out[i][half * 2] += through * low_bf16(pair);
                    out[i][half * 2 + 1] += through * high_bf16(pair);
                }
        }

        // Only this warp reads its rows of C, and it has: room for its y.
        i64 start = (i64)chunk * STEPS;
        write_rows(out, cs.at(tile * 16, 0), tile * 16, y + start * pitchX, length - start, pitchX);

        state.decay(decay.whole);
        state.add<STEPS>(xs, bs, decay.added);
        if (warp == 0 && chunk + 1 < last) next.write(s.decay[(chunk + 1 - first) & 1], rate);
        __syncthreads();
        if (chunk + 1 == last) break;
        copy(chunk + 1);
        state.round_to(hs);
    }

    if (segment == segments - 1) state.write(final + ((sequence * heads + head) * SIZE + p) * STATES);
}
