// variants: ELEMENT=bf16; SIZE=64; STATES=64|128; RESETS=0|1
// The reverse pass of the state space dual on tensor cores, first half: the gradient of x, and what steps of a chunk give each other. A block takes a chunk
// and some heads of a group, one after the other; the scores C B^T and the sum of their gradients stay in its registers. Formulas: see the README.
#include "ssd_chunk.cuh"

#define THREADS 512
#define WARPS (THREADS / WARP)
#define SIDE (STEPS / 16)
#define TRIANGLE (SIDE * (SIDE + 1) / 2)
#define TILES ((TRIANGLE + WARPS - 1) / WARPS)
#define W_STRIDE (STEPS + 8)
#define P_STRIDE (SIZE + 8)
#define P_COLUMNS (SIZE / 2)
#define BUFFERS (SIZE > 64 ? 1 : 2)

static_assert(P_COLUMNS % 16 == 0, "rows of P that two warps cannot share");

// What of one head goes to memory for the second half: of each step, what it gives later steps less what it gets of earlier ones; what it gives the state
// behind the chunk; and <x, U>, the gradient of its size beside that of its decay.
struct StepSums
{
    float rows[STEPS][SIDE], columns[STEPS][SIDE], outgoing[2][STEPS], of_step[2][STEPS], skipped[2][STEPS];
};

struct StepShared
{
    bf16 b[STEPS * N_STRIDE];
    union { bf16 c[STEPS * N_STRIDE]; bf16 weights[STEPS * W_STRIDE]; };
    bf16 x[BUFFERS][STEPS * P_STRIDE], g[BUFFERS][STEPS * P_STRIDE], d[BUFFERS][SIZE * N_STRIDE];
    ChunkDecay decay[2];
    StepSums sums[2];
};

// Sums over the four lanes of a row of a C tile, and over the eight of a column.
__device__ __forceinline__ float row_sum(float x)
{
    x += __shfl_xor_sync(FULL_MASK, x, 1);
    return x + __shfl_xor_sync(FULL_MASK, x, 2);
}

__device__ __forceinline__ float column_sum(float x)
{
    x += __shfl_xor_sync(FULL_MASK, x, 4);
    x += __shfl_xor_sync(FULL_MASK, x, 8);
    return x + __shfl_xor_sync(FULL_MASK, x, 16);
}

// grid: (batch * chunks, groups, splits). d (B, chunks, H, P, N), the gradient of the state behind each chunk; dx as x; of_scores (splits, groups, B * chunks, STEPS,
// STEPS), whose upper triangles are zero; across, outgoing, of_step (B, H, chunks * STEPS); dskip (B * chunks, H).
extern "C" __global__ void __launch_bounds__(THREADS, 1) ssd_step_gradient(
    const bf16* x, const bf16* g, const bf16* delta, const float* a, const bf16* b, const bf16* c, const float* skip, const int* resets, const bf16* d,
    bf16* dx, bf16* of_scores, float* across, float* outgoing, float* of_step, float* dskip, i64 length, int heads, int groups, int heads_per_split)
{
    extern __shared__ Pack<float, 4> shared[];
    StepShared& s = *reinterpret_cast<StepShared*>(shared);
    Tile<N_STRIDE> bs = {s.b}, cs = {s.c};
    Tile<W_STRIDE> ws = {s.weights};
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, perGroup = heads / groups;
    i64 chunks = (length + STEPS - 1) / STEPS, sequence = blockIdx.x / chunks, chunk = blockIdx.x % chunks, start = chunk * STEPS;
    int first = blockIdx.y * perGroup + blockIdx.z * heads_per_split, last = min(first + heads_per_split, ((int)blockIdx.y + 1) * perGroup);

    i64 pitchX = (i64)heads * SIZE, pitchN = (i64)groups * STATES, offsetN = sequence * length * pitchN + (i64)blockIdx.y * STATES;
    x += sequence * length * pitchX, g += sequence * length * pitchX, dx += sequence * length * pitchX;
    d += (i64)blockIdx.x * heads * SIZE * STATES;
    if (delta) delta += sequence * length * heads;
    if (resets) resets += sequence * length;

    RowCopy<SIZE, P_STRIDE, STEPS, THREADS> rowsX(s.x[0], x, pitchX), rowsG(s.g[0], g, pitchX);
    RowCopy<STATES, N_STRIDE, SIZE, THREADS> rowsD(s.d[0], d, STATES);
    auto copy = [&](int head)
    {
        int buffer = (head - first) % BUFFERS;
        if (head < last)
        {
            rowsX.start(start, length, (i64)head * SIZE, buffer * STEPS * P_STRIDE);
            rowsG.start(start, length, (i64)head * SIZE, buffer * STEPS * P_STRIDE);
            rowsD.start(0, SIZE, (i64)head * SIZE * STATES, buffer * SIZE * N_STRIDE);
        }

        copy_commit();
    };

    // What a head's warps found, to memory, a turn later.
    auto give = [&](int head)
    {
        const StepSums& parts = s.sums[(head - first) & 1];
        if (warp < STEPS / WARP)
        {
            int t = warp * WARP + lane;
            float sum = 0;
            for (int i = 0; i <= t / 16; i++) sum += parts.rows[t][i];
            for (int i = t / 16; i < SIDE; i++) sum -= parts.columns[t][i];
            i64 at = ((sequence * heads + head) * chunks + chunk) * STEPS + t;
            across[at] = sum;
            outgoing[at] = parts.outgoing[0][t] + parts.outgoing[1][t];
            of_step[at] = parts.of_step[0][t] + parts.of_step[1][t];
        }
        else if (warp == STEPS / WARP)
        {
            float sum = 0;
            for (int t = lane; t < STEPS; t += WARP) sum += parts.skipped[0][t] + parts.skipped[1][t];
            sum = warp_sum(sum);
            if (lane == 0) dskip[(i64)blockIdx.x * heads + head] = sum;
        }
    };

    RowCopy<STATES, N_STRIDE, STEPS, THREADS>(s.b, b + offsetN, pitchN).start(start, length, 0, 0);
    RowCopy<STATES, N_STRIDE, STEPS, THREADS>(s.c, c + offsetN, pitchN).start(start, length, 0, 0);
    copy(first);
    ChunkSteps next;
    if (warp == WARPS - 1)
    {
        next.read(delta ? delta + first : nullptr, resets, start, length, heads);
        next.write(s.decay[0], a ? a[first] * LOG2E : 0.0f);
    }

    // The tiles of the lower triangle, row by row, are dealt out to the warps.
    int rows[TILES], columns[TILES];
    float scores[TILES][2][4] = {}, sums[TILES][2][4] = {};
    copy_wait<0>();
    __syncthreads();
#pragma unroll
    for (int n = 0; n < TILES; n++)
    {
        int tile = n * WARPS + warp, row = 0;
        while ((row + 1) * (row + 2) / 2 <= tile) row++;
        rows[n] = tile < TRIANGLE ? row : -1, columns[n] = tile - row * (row + 1) / 2;
        if (rows[n] < 0) continue;
#pragma unroll
        for (int k = 0; k < STATES; k += 16)
        {
            u32 left[4], right[4];
            cs.left(left, row * 16, k);
            bs.right_transposed(right, k, columns[n] * 16);
            multiply(scores[n][0], left, right[0], right[1]);
            multiply(scores[n][1], left, right[2], right[3]);
        }
    }

    int j0 = warp / 2 * 16, p0 = warp % 2 * P_COLUMNS;
    for (int head = first; head < last; head++)
    {
        int buffer = (head - first) % BUFFERS;
        const ChunkDecay& decay = s.decay[(head - first) & 1];
        StepSums& parts = s.sums[(head - first) & 1];
        Tile<P_STRIDE> xs = {s.x[buffer]}, gs = {s.g[buffer]};
        Tile<N_STRIDE> ds = {s.d[buffer]};
        copy_wait<0>();
        __syncthreads();
        if (BUFFERS > 1) copy(head + 1);
        if (head > first) give(head - 1);
        if (warp == WARPS - 1 && head + 1 < last) next.read(delta ? delta + head + 1 : nullptr, resets, start, length, heads);

        // S o L to shared memory, L o g (step x)^T to the sum over heads, and the product of the two by rows and by columns.
#pragma unroll
        for (int n = 0; n < TILES; n++)
        {
            if (rows[n] < 0) continue;
            float product[2][4] = {};
#pragma unroll
            for (int k = 0; k < SIZE; k += 16)
            {
                u32 left[4], right[4];
                gs.left(left, rows[n] * 16, k);
                xs.right_transposed(right, k, columns[n] * 16);
                multiply(product[0], left, right[0], right[1]);
                multiply(product[1], left, right[2], right[3]);
            }

            float rowGiven[2] = {}, columnGiven[2][2] = {};
#pragma unroll
            for (int i = 0; i < 2; i++)
#pragma unroll
                for (int half = 0; half < 2; half++)
                {
                    int t = rows[n] * 16 + lane / 4 + half * 8, j = columns[n] * 16 + i * 8 + lane % 4 * 2;
                    float weights[2];
                    Pack<float, 2> left = decay.between(decay.sum[t], t, j), step = load_pack<float, 2>(decay.step + j);
#pragma unroll
                    for (int e = 0; e < 2; e++)
                    {
                        if (rows[n] == columns[n] && j + e > t) left.at[e] = 0;
                        float score = scores[n][i][half * 2 + e], of_score = product[i][half * 2 + e] * left.at[e] * step.at[e];
                        float given = rows[n] == columns[n] && j + e == t ? 0.0f : of_score * score;
                        weights[e] = score * left.at[e];
                        sums[n][i][half * 2 + e] += of_score;
                        rowGiven[half] += given;
                        columnGiven[i][e] += given;
                    }

                    *reinterpret_cast<u32*>(ws.at(t, j)) = pack_bf16(weights[0], weights[1]);
                }

#pragma unroll
            for (int i = 0; i < 2; i++)
            {
                float row = row_sum(rowGiven[i]);
                if (lane % 4 == 0) parts.rows[rows[n] * 16 + lane / 4 + i * 8][columns[n]] = row;
#pragma unroll
                for (int e = 0; e < 2; e++)
                {
                    float column = column_sum(columnGiven[i][e]);
                    if (lane < 4) parts.columns[columns[n] * 16 + i * 8 + lane * 2 + e][rows[n]] = column;
                }
            }
        }

        // U = exp(s_end - s) o (B D) ...
        float u[P_COLUMNS / 8][4] = {};
#pragma unroll
        for (int k = 0; k < STATES; k += 16)
        {
            u32 left[4];
            bs.left(left, j0, k);
#pragma unroll
            for (int i = 0; i < P_COLUMNS / 8; i += 2)
            {
                u32 right[4];
                ds.right_transposed(right, k, p0 + i * 8);
                multiply(u[i], left, right[0], right[1]);
                multiply(u[i + 1], left, right[2], right[3]);
            }
        }

        int j = j0 + lane / 4;
        float nearEnd = decay.to_end[j], farEnd = decay.to_end[j + 8], nearStep = decay.step[j], farStep = decay.step[j + 8];
        float out[2] = {}, ofStep[2] = {}, skipped[2] = {}, through = skip ? skip[head] : 0.0f;
#pragma unroll
        for (int i = 0; i < P_COLUMNS / 8; i++)
#pragma unroll
            for (int half = 0; half < 2; half++)
            {
                u32 pair = *reinterpret_cast<const u32*>(xs.at(j + half * 8, p0 + i * 8 + lane % 4 * 2));
                u[i][half * 2] *= half ? farEnd : nearEnd;
                u[i][half * 2 + 1] *= half ? farEnd : nearEnd;
                out[half] += low_bf16(pair) * u[i][half * 2] + high_bf16(pair) * u[i][half * 2 + 1];
            }

        // ... + (S o L)^T g
        __syncthreads();
        for (int t = j0; t < STEPS; t += 16)
        {
            u32 left[4];
            ws.left_transposed(left, j0, t);
#pragma unroll
            for (int i = 0; i < P_COLUMNS / 8; i += 2)
            {
                u32 right[4];
                gs.right(right, t, p0 + i * 8);
                multiply(u[i], left, right[0], right[1]);
                multiply(u[i + 1], left, right[2], right[3]);
            }
        }

        // The gradient of x, in the place of x, which this warp alone still reads here.
#pragma unroll
        for (int i = 0; i < P_COLUMNS / 8; i++)
#pragma unroll
            for (int half = 0; half < 2; half++)
            {
                u32* at = reinterpret_cast<u32*>(xs.at(j + half * 8, p0 + i * 8 + lane % 4 * 2));
                u32 own = *at, grad = *reinterpret_cast<const u32*>(gs.at(j + half * 8, p0 + i * 8 + lane % 4 * 2));
                float u0 = u[i][half * 2], u1 = u[i][half * 2 + 1], step = half ? farStep : nearStep;
                ofStep[half] += low_bf16(own) * u0 + high_bf16(own) * u1;
                skipped[half] += low_bf16(own) * low_bf16(grad) + high_bf16(own) * high_bf16(grad);
                *at = pack_bf16(step * u0 + through * low_bf16(grad), step * u1 + through * high_bf16(grad));
            }

#pragma unroll
        for (int half = 0; half < 2; half++)
        {
            float v0 = row_sum(out[half]), v1 = row_sum(ofStep[half]), v2 = row_sum(skipped[half]);
            if (lane % 4 != 0) continue;
            int at = j + half * 8;
            parts.outgoing[warp % 2][at] = v0 * (half ? farStep : nearStep), parts.of_step[warp % 2][at] = v1, parts.skipped[warp % 2][at] = v2;
        }

        __syncwarp();
        constexpr int Pieces = P_COLUMNS / 8;
#pragma unroll
        for (int i = 0; i < 16 * Pieces / WARP; i++)
        {
            int t = j0 + (i * WARP + lane) / Pieces, column = p0 + lane % Pieces * 8;
            if (start + t < length) store_pack<bf16, 8>(dx + (start + t) * pitchX + (i64)head * SIZE + column, load_pack<bf16, 8>(xs.at(t, column)));
        }

        if (warp == WARPS - 1 && head + 1 < last) next.write(s.decay[(head + 1 - first) & 1], a ? a[head + 1] * LOG2E : 0.0f);
        if (BUFFERS == 1)
        {
            __syncthreads();
            copy(head + 1);
        }
    }

    // The sum over the heads, with zeros above the diagonal of tiles, by way of shared memory.
    __syncthreads();
    give(last - 1);
    for (int i = threadIdx.x; i < STEPS * W_STRIDE / 2; i += THREADS) reinterpret_cast<u32*>(s.weights)[i] = 0;
    __syncthreads();
#pragma unroll
    for (int n = 0; n < TILES; n++)
    {
        if (rows[n] < 0) continue;
#pragma unroll
        for (int i = 0; i < 2; i++)
#pragma unroll
            for (int half = 0; half < 2; half++)
                *reinterpret_cast<u32*>(ws.at(rows[n] * 16 + lane / 4 + half * 8, columns[n] * 16 + i * 8 + lane % 4 * 2)) = pack_bf16(sums[n][i][half * 2], sums[n][i][half * 2 + 1]);
    }

    __syncthreads();
    of_scores += (((i64)blockIdx.z * groups + blockIdx.y) * gridDim.x + blockIdx.x) * STEPS * STEPS;
    for (int i = threadIdx.x; i < STEPS * STEPS / 8; i += THREADS)
        store_pack<bf16, 8>(of_scores + i * 8, load_pack<bf16, 8>(ws.at(i / (STEPS / 8), i % (STEPS / 8) * 8)));
}
