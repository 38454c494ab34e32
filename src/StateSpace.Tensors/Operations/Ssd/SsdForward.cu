// variants: ELEMENT=bf16; SIZE=64; STATES=64|128; RESETS=0|1
// The forward pass of the state space dual on tensor cores: a block takes TILE rows of one head's state through time, chunk by chunk, and so never
// writes a state to memory but the last. Where sequences and heads are too few for the device, time is cut into segments, whose first states
// are computed before (SsdStates.cu). The scores C B^T of a chunk, which the heads of a group share, are computed before too.
#include "ssd_state.cuh"

#define SIDE (STEPS / 16)
#define TRIANGLE (SIDE * (SIDE + 1) / 2)

// A pair of C tiles, 16 x 16, lies in memory as its lanes hold it.
#define PAIR 256

struct ForwardShared
{
    bf16 x[STEPS * X_STRIDE], b[STEPS * N_STRIDE], c[STEPS * N_STRIDE], state[TILE * N_STRIDE];
    ChunkDecay decay[2];
};

struct ScoresShared
{
    bf16 b[STEPS * N_STRIDE], c[STEPS * N_STRIDE];
};

// The lower triangle of C B^T of each chunk and group. grid: (batch * chunks, groups); scores (B * chunks, G, TRIANGLE, PAIR), row by row of tiles.
extern "C" __global__ void __launch_bounds__(THREADS) ssd_scores(const bf16* b, const bf16* c, float* scores, i64 length, int groups)
{
    extern __shared__ Pack<float, 4> shared[];
    ScoresShared& s = *reinterpret_cast<ScoresShared*>(shared);
    Tile<N_STRIDE> bs = {s.b}, cs = {s.c};
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP;
    i64 chunks = (length + STEPS - 1) / STEPS, sequence = blockIdx.x / chunks, start = blockIdx.x % chunks * STEPS, pitch = (i64)groups * STATES;
    i64 offset = sequence * length * pitch + (i64)blockIdx.y * STATES;
    RowCopy<STATES, N_STRIDE, STEPS, THREADS>(s.b, b + offset, pitch).start(start, length, 0, 0);
    RowCopy<STATES, N_STRIDE, STEPS, THREADS>(s.c, c + offset, pitch).start(start, length, 0, 0);
    copy_commit();
    copy_wait<0>();
    __syncthreads();
    scores += ((i64)blockIdx.x * groups + blockIdx.y) * TRIANGLE * PAIR;
    for (int tile = warp; tile < TRIANGLE; tile += WARPS)
    {
        int row = 0;
        while ((row + 1) * (row + 2) / 2 <= tile) row++;
        float score[2][4] = {};
#pragma unroll
        for (int k = 0; k < STATES; k += 16)
        {
            u32 left[4], right[4];
            cs.left(left, row * 16, k);
            bs.right_transposed(right, k, (tile - row * (row + 1) / 2) * 16);
            multiply(score[0], left, right[0], right[1]);
            multiply(score[1], left, right[2], right[3]);
        }

#pragma unroll
        for (int i = 0; i < 2; i++) store_pack<float, 4>(scores + tile * PAIR + i * 128 + lane * 4, {score[i][0], score[i][1], score[i][2], score[i][3]});
    }
}

// grid: batch * segments * heads * TILES_OF_SIZE, the last fastest. x (B, L, H, P), delta (B, L, H) or null, a (H) or null, b and c (B, L, G, N), skip
// (H) or null, starts (B, segments, H, P, N) or null, resets (B, L) or null, scores: see above; y as x, final (B, H, P, N).
extern "C" __global__ void __launch_bounds__(THREADS, 2) ssd_forward(
    const bf16* x, const bf16* delta, const float* a, const bf16* b, const bf16* c, const float* skip, const float* starts, const int* resets,
    const float* scores, bf16* y, float* final, i64 length, int heads, int groups, int segments, int chunks_per_segment)
{
    extern __shared__ Pack<float, 4> shared[];
    ForwardShared& s = *reinterpret_cast<ForwardShared*>(shared);
    Tile<X_STRIDE> xs = {s.x};
    Tile<N_STRIDE> bs = {s.b}, cs = {s.c}, hs = {s.state};
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP;

    i64 index = blockIdx.x;
    int p = index % TILES_OF_SIZE * TILE;
    index /= TILES_OF_SIZE;
    int head = index % heads, group = head / (heads / groups);
    i64 row = index / heads, sequence = row / segments;
    int segment = row % segments;
    int chunks = (length + STEPS - 1) / STEPS, first = segment * chunks_per_segment, last = min(chunks, first + chunks_per_segment);

    i64 pitchX = (i64)heads * SIZE, pitchN = (i64)groups * STATES;
    i64 offsetX = (sequence * length * heads + head) * SIZE + p, offsetN = (sequence * length * groups + group) * STATES;
    x += offsetX, y += offsetX, b += offsetN, c += offsetN;
    if (delta) delta += sequence * length * heads + head;
    if (resets) resets += sequence * length;
    float rate = a ? a[head] * LOG2E : 0.0f, through = skip ? skip[head] : 0.0f;

    // Each warp has 16 steps of the chunk; those of the two warps that share a scheduler together have as many steps before them as any.
    int tile = warp < WARPS / 2 ? warp : WARPS + WARPS / 2 - 1 - warp, t0 = tile * 16 + lane / 4;
    scores += ((sequence * chunks * groups + group) * TRIANGLE + tile * (tile + 1) / 2) * PAIR + lane * 4;

    // A warp reads only its own rows of C, and so copies them.
    auto copy_c = [&](int chunk)
    {
        constexpr int Pieces = STATES / 8;
#pragma unroll
        for (int i = 0; i < 16 * Pieces / WARP; i++)
        {
            int t = tile * 16 + (i * WARP + lane) / Pieces, column = (i * WARP + lane) % Pieces * 8;
            i64 at = (i64)chunk * STEPS + t;
            copy_async(cs.address_of(t, column), c + at * pitchN + column, at < length);
        }
    };
    RowCopy<STATES, N_STRIDE, STEPS, THREADS> rowsB(s.b, b, pitchN);
    RowCopy<TILE, X_STRIDE, STEPS, THREADS> rowsX(s.x, x, pitchX);

    if (first < last) copy_c(first), rowsX.start((i64)first * STEPS, length, 0, 0), rowsB.start((i64)first * STEPS, length, 0, 0);
    copy_commit();
    WarpState state;
    state.read(starts ? starts + ((row * heads + head) * SIZE + p) * STATES : nullptr);
    state.round_to(hs);
    ChunkSteps next;
    if (warp == 0)
    {
        next.read(delta, resets, (i64)first * STEPS, length, heads);
        next.write(s.decay[0], rate);
    }

    for (int chunk = first; chunk < last; chunk++)
    {
        const ChunkDecay& decay = s.decay[(chunk - first) & 1];
        bool more = chunk + 1 < last;
        i64 start = (i64)chunk * STEPS;
        copy_wait<0>();
        __syncthreads();
        if (warp == 0 && more) next.read(delta, resets, start + STEPS, length, heads);

        // Of the scores, the first are under way from here on.
        const float* of_chunk = scores + (i64)chunk * groups * TRIANGLE * PAIR;
        Pack<float, 4> ahead[2] = {load_pack<float, 4>(of_chunk), load_pack<float, 4>(of_chunk + 128)};

        // exp(s) o C h
        float out[TILE / 8][4] = {};
#pragma unroll
        for (int k = 0; k < STATES / 16; k++)
        {
            u32 left[4];
            cs.left(left, tile * 16, k * 16);
#pragma unroll
            for (int i = 0; i < TILE / 8; i += 2)
            {
                u32 right[4];
                hs.right_transposed(right, k * 16, i * 8);
                multiply(out[i], left, right[0], right[1]);
                multiply(out[i + 1], left, right[2], right[3]);
            }
        }

        __syncwarp();
        if (more) copy_c(chunk + 1);
        float near = decay.from_start[t0], far = decay.from_start[t0 + 8], nearSum = decay.sum[t0], farSum = decay.sum[t0 + 8];
#pragma unroll
        for (int i = 0; i < TILE / 8; i++) out[i][0] *= near, out[i][1] *= near, out[i][2] *= far, out[i][3] *= far;

        state.decay(decay.whole);
        state.add<STEPS>(xs, bs, decay.added_pairs);
        if (warp == 0 && more) next.write(s.decay[(chunk + 1 - first) & 1], rate);
        __syncthreads();
        if (more)
        {
            rowsB.start(start + STEPS, length, 0, 0);
            state.round_to(hs);
        }

        // (C B^T o L o steps) X, 16 columns at a time
#pragma unroll 1
        for (int j = 0; j <= tile; j++)
        {
            float score[2][4];
#pragma unroll
            for (int i = 0; i < 2; i++)
            {
                int from = j * 16 + i * 8 + lane % 4 * 2;
                Pack<float, 2> step = load_pack<float, 2>(decay.step + from);
#pragma unroll
                for (int half = 0; half < 2; half++)
                {
                    Pack<float, 2> left = decay.between(half ? farSum : nearSum, t0 + half * 8, from);
#pragma unroll
                    for (int e = 0; e < 2; e++) score[i][half * 2 + e] = ahead[i].at[half * 2 + e] * left.at[e] * step.at[e];
                }
            }

            if (j == tile)
            {
#pragma unroll
                for (int i = 0; i < 2; i++)
#pragma unroll
                    for (int e = 0; e < 4; e++)
                        if (i * 8 + lane % 4 * 2 + e % 2 > lane / 4 + e / 2 * 8) score[i][e] = 0;
            }

            if (j < tile) ahead[0] = load_pack<float, 4>(of_chunk + (j + 1) * PAIR), ahead[1] = load_pack<float, 4>(of_chunk + (j + 1) * PAIR + 128);
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

#pragma unroll
        for (int half = 0; half < 2; half++)
        {
            bool inside = start + t0 + half * 8 < length;
            bf16* to = y + (start + t0 + half * 8) * pitchX + lane % 4 * 4;
#pragma unroll
            for (int i = 0; i < TILE / 8; i += 2)
            {
                Pack<u32, 2> four = row_of_tiles(out[i], out[i + 1], half);
                if (inside) store_pack<u32, 2>(reinterpret_cast<u32*>(to + i * 8), four);
            }
        }

        if (!more) break;
        __syncthreads();
        rowsX.start(start + STEPS, length, 0, 0);
        copy_commit();
    }

    if (segment == segments - 1) state.write(final + ((sequence * heads + head) * SIZE + p) * STATES);
}
