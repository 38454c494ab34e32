// variants: ELEMENT=bf16; SIZE=64; STATES=64|128; RESETS=0|1; GRADIENT=bf16|float
// The reverse pass of the state space dual on tensor cores, second half: the gradients of B and C, sums over heads that stay in registers, and those of step
// sizes and A. A block takes a chunk and some heads of a group, one after the other. Formulas: see the README.
#include "ssd_chunk.cuh"

#define THREADS 512
#define WARPS (THREADS / WARP)
#define W_STRIDE (STEPS + 8)
#define P_STRIDE (SIZE + 8)
#define N_COLUMNS (STATES / 2)
#define BUFFERS (SIZE > 64 ? 1 : 2)

static_assert(N_COLUMNS % 16 == 0, "columns that two warps cannot share");

struct GroupShared
{
    bf16 c[STEPS * N_STRIDE];
    union
    {
        struct { bf16 x[BUFFERS][STEPS * P_STRIDE], g[BUFFERS][STEPS * P_STRIDE], h[BUFFERS][SIZE * N_STRIDE], d[BUFFERS][SIZE * N_STRIDE]; };
        struct { bf16 b[STEPS * N_STRIDE], of_scores[STEPS * W_STRIDE]; };
    };
    ChunkDecay decay[2];
};

// What the state before a chunk gives the outputs and the state behind it, in the parts that warps find: incoming (B, H, chunks, 2, STEPS), between (B, H, chunks, WARPS).
//
// grid: (batch * chunks, groups, splits). h and d (B, chunks, H, P, N), the states before each chunk and their gradients behind; of_scores: see
// ssd_step_gradient; db and dc (splits, B, L, G, N) of GRADIENT.
extern "C" __global__ void __launch_bounds__(THREADS, 1) ssd_group_gradient(
    const bf16* x, const bf16* g, const bf16* delta, const float* a, const bf16* b, const bf16* c, const int* resets, const bf16* h, const bf16* d,
    const bf16* of_scores, float* incoming, float* between, GRADIENT* db, GRADIENT* dc, i64 length, int batch, int heads, int groups, int heads_per_split)
{
    extern __shared__ Pack<float, 4> shared[];
    GroupShared& s = *reinterpret_cast<GroupShared*>(shared);
    Tile<N_STRIDE> cs = {s.c}, bs = {s.b};
    Tile<W_STRIDE> ofs = {s.of_scores};
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, perGroup = heads / groups;
    i64 chunks = (length + STEPS - 1) / STEPS, sequence = blockIdx.x / chunks, chunk = blockIdx.x % chunks, start = chunk * STEPS;
    int first = blockIdx.y * perGroup + blockIdx.z * heads_per_split, last = min(first + heads_per_split, ((int)blockIdx.y + 1) * perGroup);

    i64 pitchX = (i64)heads * SIZE, pitchN = (i64)groups * STATES, offsetN = sequence * length * pitchN + (i64)blockIdx.y * STATES;
    x += sequence * length * pitchX, g += sequence * length * pitchX;
    h += (i64)blockIdx.x * heads * SIZE * STATES, d += (i64)blockIdx.x * heads * SIZE * STATES;
    if (delta) delta += sequence * length * heads;
    if (resets) resets += sequence * length;

    RowCopy<SIZE, P_STRIDE, STEPS, THREADS> rowsX(s.x[0], x, pitchX), rowsG(s.g[0], g, pitchX);
    RowCopy<STATES, N_STRIDE, SIZE, THREADS> rowsH(s.h[0], h, STATES), rowsD(s.d[0], d, STATES);
    auto copy = [&](int head)
    {
        int buffer = (head - first) % BUFFERS;
        if (head < last)
        {
            rowsG.start(start, length, (i64)head * SIZE, buffer * STEPS * P_STRIDE);
            rowsH.start(0, SIZE, (i64)head * SIZE * STATES, buffer * SIZE * N_STRIDE);
            rowsX.start(start, length, (i64)head * SIZE, buffer * STEPS * P_STRIDE);
            rowsD.start(0, SIZE, (i64)head * SIZE * STATES, buffer * SIZE * N_STRIDE);
        }

        copy_commit();
    };

    RowCopy<STATES, N_STRIDE, STEPS, THREADS>(s.c, c + offsetN, pitchN).start(start, length, 0, 0);
    copy(first);
    ChunkSteps next;
    if (warp == WARPS - 1)
    {
        next.read(delta ? delta + first : nullptr, resets, start, length, heads);
        next.write(s.decay[0], a ? a[first] * LOG2E : 0.0f);
    }

    int t0 = warp / 2 * 16, n0 = warp % 2 * N_COLUMNS, t = t0 + lane / 4;
    float ofB[N_COLUMNS / 8][4] = {}, ofC[N_COLUMNS / 8][4] = {};
    for (int head = first; head < last; head++)
    {
        int buffer = (head - first) % BUFFERS;
        const ChunkDecay& decay = s.decay[(head - first) & 1];
        Tile<P_STRIDE> xs = {s.x[buffer]}, gs = {s.g[buffer]};
        Tile<N_STRIDE> hs = {s.h[buffer]}, ds = {s.d[buffer]};
        copy_wait<0>();
        __syncthreads();
        if (BUFFERS > 1) copy(head + 1);
        if (warp == WARPS - 1 && head + 1 < last) next.read(delta ? delta + head + 1 : nullptr, resets, start, length, heads);

        // exp(s) o (g h^T), whose product with C is what the state before the chunk gives the outputs.
        float nearStart = decay.from_start[t], farStart = decay.from_start[t + 8], nearAdded = decay.added[t], farAdded = decay.added[t + 8];
        float given[2] = {};
        {
            u32 left[SIZE / 16][4];
#pragma unroll
            for (int k = 0; k < SIZE / 16; k++) gs.left(left[k], t0, k * 16);
#pragma unroll
            for (int i = 0; i < N_COLUMNS / 8; i += 2)
            {
                float product[2][4] = {};
#pragma unroll
                for (int k = 0; k < SIZE / 16; k++)
                {
                    u32 right[4];
                    hs.right(right, k * 16, n0 + i * 8);
                    multiply(product[0], left[k], right[0], right[1]);
                    multiply(product[1], left[k], right[2], right[3]);
                }

#pragma unroll
                for (int e = 0; e < 2; e++)
#pragma unroll
                    for (int half = 0; half < 2; half++)
                    {
                        u32 pair = *reinterpret_cast<const u32*>(cs.at(t + half * 8, n0 + (i + e) * 8 + lane % 4 * 2));
                        float v0 = product[e][half * 2] * (half ? farStart : nearStart), v1 = product[e][half * 2 + 1] * (half ? farStart : nearStart);
                        given[half] += low_bf16(pair) * v0 + high_bf16(pair) * v1;
                        ofC[i + e][half * 2] += v0;
                        ofC[i + e][half * 2 + 1] += v1;
                    }
            }
        }

        // (exp(s_end - s) o step x) D^T
        {
            u32 left[SIZE / 16][4];
#pragma unroll
            for (int k = 0; k < SIZE / 16; k++) xs.left(left[k], t0, k * 16);
#pragma unroll
            for (int i = 0; i < N_COLUMNS / 8; i += 2)
            {
                float product[2][4] = {};
#pragma unroll
                for (int k = 0; k < SIZE / 16; k++)
                {
                    u32 right[4];
                    ds.right(right, k * 16, n0 + i * 8);
                    multiply(product[0], left[k], right[0], right[1]);
                    multiply(product[1], left[k], right[2], right[3]);
                }

#pragma unroll
                for (int e = 0; e < 2; e++)
#pragma unroll
                    for (int q = 0; q < 4; q++) ofB[i + e][q] += product[e][q] * (q < 2 ? nearAdded : farAdded);
            }
        }

        float product = 0;
        for (int i = threadIdx.x; i < SIZE * STATES / 8; i += THREADS)
        {
            int at = i / (STATES / 8), column = i % (STATES / 8) * 8;
            Pack<u32, 4> hPairs = load_pack<u32, 4>(reinterpret_cast<const u32*>(hs.at(at, column))), dPairs = load_pack<u32, 4>(reinterpret_cast<const u32*>(ds.at(at, column)));
#pragma unroll
            for (int e = 0; e < 4; e++) product += low_bf16(hPairs.at[e]) * low_bf16(dPairs.at[e]) + high_bf16(hPairs.at[e]) * high_bf16(dPairs.at[e]);
        }

        i64 chunkOfHead = (sequence * heads + head) * chunks + chunk;
        product = warp_sum(product);
        if (lane == 0) between[chunkOfHead * WARPS + warp] = product;
#pragma unroll
        for (int half = 0; half < 2; half++)
        {
            float sum = given[half];
            sum += __shfl_xor_sync(FULL_MASK, sum, 1);
            sum += __shfl_xor_sync(FULL_MASK, sum, 2);
            if (lane % 4 == 0) incoming[(chunkOfHead * 2 + warp % 2) * STEPS + t + half * 8] = sum;
        }

        if (warp == WARPS - 1 && head + 1 < last) next.write(s.decay[(head + 1 - first) & 1], a ? a[head + 1] * LOG2E : 0.0f);
        if (BUFFERS == 1)
        {
            __syncthreads();
            copy(head + 1);
        }
    }

    // What the steps of the chunk give B and C by the scores.
    copy_wait<0>();
    __syncthreads();
    of_scores += (((i64)blockIdx.z * groups + blockIdx.y) * gridDim.x + blockIdx.x) * STEPS * STEPS;
    RowCopy<STATES, N_STRIDE, STEPS, THREADS>(s.b, b + offsetN, pitchN).start(start, length, 0, 0);
    RowCopy<STEPS, W_STRIDE, STEPS, THREADS>(s.of_scores, of_scores, STEPS).start(0, STEPS, 0, 0);
    copy_commit();
    copy_wait<0>();
    __syncthreads();
    for (int k = 0; k < STEPS; k += 16)
    {
        u32 left[4], leftTransposed[4];
        ofs.left(left, t0, k);
        ofs.left_transposed(leftTransposed, t0, k);
#pragma unroll
        for (int i = 0; i < N_COLUMNS / 8; i += 2)
        {
            u32 right[4];
            bs.right(right, k, n0 + i * 8);
            multiply(ofC[i], left, right[0], right[1]);
            multiply(ofC[i + 1], left, right[2], right[3]);
            cs.right(right, k, n0 + i * 8);
            multiply(ofB[i], leftTransposed, right[0], right[1]);
            multiply(ofB[i + 1], leftTransposed, right[2], right[3]);
        }
    }

    i64 to = (i64)blockIdx.z * batch * length * pitchN + offsetN;
#pragma unroll
    for (int i = 0; i < N_COLUMNS / 8; i++)
#pragma unroll
        for (int half = 0; half < 2; half++)
        {
            if (start + t + half * 8 >= length) continue;
            i64 at = to + (start + t + half * 8) * pitchN + n0 + i * 8 + lane % 4 * 2;
            store_pack<GRADIENT, 2>(db + at, {narrow<GRADIENT>(ofB[i][half * 2]), narrow<GRADIENT>(ofB[i][half * 2 + 1])});
            store_pack<GRADIENT, 2>(dc + at, {narrow<GRADIENT>(ofC[i][half * 2]), narrow<GRADIENT>(ofC[i][half * 2 + 1])});
        }
}

// The gradients of step sizes and of A: a warp has a chunk of a head, four steps a lane. The gradient of a step's exponent is all that passes from before it
// to it or later: sums of what later outputs get of the state before the chunk, of what earlier steps give the state behind it, of what earlier steps
// give later ones, and of what the one state gives the other. across, outgoing and of_step: see ssd_step_gradient; ddelta (B, L, H), da (B * chunks, H).
extern "C" __global__ void __launch_bounds__(128) ssd_delta_gradient(
    const bf16* delta, const float* a, const int* resets, const float* across, const float* outgoing, const float* of_step, const float* incoming,
    const float* between, bf16* ddelta, float* da, i64 length, int batch, int heads)
{
    constexpr int Count = ChunkSteps::Count;
    int lane = threadIdx.x % WARP;
    i64 chunks = (length + STEPS - 1) / STEPS, index = (i64)blockIdx.x * (blockDim.x / WARP) + threadIdx.x / WARP;
    if (index >= batch * heads * chunks) return;
    i64 chunk = index % chunks, sequence = index / chunks / heads, start = chunk * STEPS + lane * Count;
    int head = index / chunks % heads;
    float rate = a[head];
    across += index * STEPS + lane * Count, outgoing += index * STEPS + lane * Count, of_step += index * STEPS + lane * Count;
    incoming += index * 2 * STEPS + lane * Count;

    ChunkSteps steps;
    steps.read(delta + sequence * length * heads + head, resets ? resets + sequence * length : nullptr, chunk * STEPS, length, heads);
    float passed = lane < WARPS ? between[index * WARPS + lane] : 0.0f, sum = 0, before[Count], after[Count], ahead = 0, behind = 0;
    int reset = 0;
#pragma unroll
    for (int i = 0; i < Count; i++)
    {
        sum += steps.step[i];
#if RESETS
        reset |= steps.reset[i];
#endif
        before[i] = ahead;
        ahead += outgoing[i];
    }

#pragma unroll
    for (int i = Count - 1; i >= 0; i--) after[i] = behind += incoming[i] + incoming[STEPS + i] + across[i];
    passed = warp_sum(passed) * fast_exp2(warp_sum(sum) * rate * LOG2E);
    if (__any_sync(FULL_MASK, reset)) passed = 0;
    float ownAhead = ahead, ownBehind = behind;
    for (int offset = 1; offset < WARP; offset *= 2)
    {
        float up = __shfl_up_sync(FULL_MASK, ahead, offset), down = __shfl_down_sync(FULL_MASK, behind, offset);
        if (lane >= offset) ahead += up;
        if (lane + offset < WARP) behind += down;
    }

    float total = 0;
#pragma unroll
    for (int i = 0; i < Count; i++)
    {
        float ofExponent = passed + ahead - ownAhead + before[i] + after[i] + behind - ownBehind;
#if RESETS
        if (steps.reset[i]) ofExponent = 0;
#endif
        total += steps.step[i] * ofExponent;
        if (start + i < length) ddelta[(sequence * length + start + i) * heads + head] = float_to_bf16(of_step[i] + rate * ofExponent);
    }

    total = warp_sum(total);
    if (lane == 0) da[(sequence * chunks + chunk) * heads + head] = total;
}
