// variants: ELEMENT=bf16; HEAD_SIZE=32|64; STEP=64
// variants: ELEMENT=bf16; HEAD_SIZE=128; STEP=32
// Causal softmax attention in bf16 on the tensor cores (Dao, 2023, arXiv 2307.08691, has the forward pass' shape): a warp has 16 rows of a block's 128, and
// goes through the keys STEP at a time; scores, probabilities and sums stay in its registers. The reverse pass is two, over rows for ∂q and
// over keys for ∂k and ∂v, so that every sum has its order.
// Macros: HEAD_SIZE, at least P and Pv, a multiple of 16 up to 128; STEP, keys (rows) of a tile, 32 or 64. P and Pv are multiples of 8, vectors lie
// at multiples of 16 bytes.
#include "common.cuh"
#include "mma.cuh"
#include "AttentionSizes.cuh"

#define WARPS 8
#define ROWS (16 * WARPS)
#define THREADS (WARP * WARPS)
#define KEY_SIZE HEAD_SIZE
#define VALUE_SIZE HEAD_SIZE
#define KEY_STRIDE (KEY_SIZE + 8)
#define VALUE_STRIDE (VALUE_SIZE + 8)
#define INFINITE __int_as_float(0x7f800000)

typedef Tile<KEY_STRIDE> KeyTile;
typedef Tile<VALUE_STRIDE> ValueTile;

// COUNT vectors to shared memory, zeros beyond their size and number; at(i) is where vector i begins in x, counted in vectors, exists(i) whether it does.
template <int COUNT, int SIZE, int STRIDE, typename At, typename Exists>
__device__ __forceinline__ void copy_tile(Tile<STRIDE> to, const bf16* x, int size, At at, Exists exists)
{
    constexpr int PIECES = SIZE / 8;
    for (int i = threadIdx.x; i < COUNT * PIECES; i += THREADS)
    {
        int vector = i / PIECES, column = i % PIECES * 8;
        bool valid = exists(vector) && column < size;
        copy_async(to.address_of(vector, column), valid ? x + at(vector) * size + column : x, valid);
    }
}

template <int COUNT, int SIZE, int STRIDE>
__device__ __forceinline__ void copy_rows(Tile<STRIDE> to, const bf16* x, const Sizes& sizes, i64 sequence, i64 start, int size)
{
    copy_tile<COUNT, SIZE>(to, x, size, [&](int i) { return sizes.offset_of_row(sequence, start + i); }, [&](int i) { return start + i < sizes.rows(); });
}

template <int COUNT, int SIZE, int STRIDE>
__device__ __forceinline__ void copy_keys(Tile<STRIDE> to, const bf16* x, const Sizes& sizes, i64 sequence, i64 start, int size)
{
    copy_tile<COUNT, SIZE>(to, x, size, [&](int i) { return sizes.offset_of_key(sequence, start + i); }, [&](int i) { return start + i < sizes.keys; });
}

// s = the warp's 16 rows of a times bᵀ, STEP rows, over DEPTH columns.
template <int DEPTH, int STRIDE>
__device__ __forceinline__ void scores(float (&s)[STEP / 8][4], Tile<STRIDE> a, int row, Tile<STRIDE> b)
{
#pragma unroll
    for (int j = 0; j < STEP / 8; j++)
    {
#pragma unroll
        for (int e = 0; e < 4; e++) s[j][e] = 0;
    }

#pragma unroll
    for (int k = 0; k < DEPTH; k += 16)
    {
        u32 left[4];
        a.left(left, row, k);
#pragma unroll
        for (int j = 0; j < STEP; j += 16)
        {
            u32 right[4];
            b.right_transposed(right, k, j);
            multiply(s[j / 8], left, right[0], right[1]);
            multiply(s[j / 8 + 1], left, right[2], right[3]);
        }
    }
}

// o += p x: 16 rows of p, STEP columns, in registers; x a tile of STEP rows.
template <int SIZE, int STRIDE>
__device__ __forceinline__ void add_product(float (&o)[SIZE / 8][4], const float (&p)[STEP / 8][4], Tile<STRIDE> x)
{
#pragma unroll
    for (int k = 0; k < STEP; k += 16)
    {
        u32 left[4];
        as_left(left, p[k / 8], p[k / 8 + 1]);
#pragma unroll
        for (int j = 0; j < SIZE; j += 16)
        {
            u32 right[4];
            x.right(right, k, j);
            multiply(o[j / 8], left, right[0], right[1]);
            multiply(o[j / 8 + 1], left, right[2], right[3]);
        }
    }
}

template <int SIZE> __device__ __forceinline__ void clear(float (&o)[SIZE / 8][4])
{
#pragma unroll
    for (int j = 0; j < SIZE / 8; j++)
    {
#pragma unroll
        for (int e = 0; e < 4; e++) o[j][e] = 0;
    }
}

// Row `half` of the two that a lane holds of its warp's 16, times a factor, as far as the vector goes.
template <int SIZE> __device__ __forceinline__ void store_vector(bf16* to, const float (&o)[SIZE / 8][4], int half, int size, float factor)
{
    int column = 2 * (threadIdx.x % 4);
#pragma unroll
    for (int j = 0; j < SIZE / 8; j++)
    {
        if (8 * j < size) *(u32*)(to + 8 * j + column) = pack_bf16(o[j][2 * half] * factor, o[j][2 * half + 1] * factor);
    }
}

__device__ __forceinline__ float quad_sum(float x)
{
    x += __shfl_xor_sync(FULL_MASK, x, 1);
    return x + __shfl_xor_sync(FULL_MASK, x, 2);
}

__device__ __forceinline__ float quad_max(float x)
{
    x = fmaxf(x, __shfl_xor_sync(FULL_MASK, x, 1));
    return fmaxf(x, __shfl_xor_sync(FULL_MASK, x, 2));
}

// y and log2 Σ 2^score of each row; or of a piece of the keys to `parts`, as in Attention.cu.
extern "C" __global__ void __launch_bounds__(THREADS) attention_forward(
    const bf16* q, const bf16* k, const bf16* v, const int* first, bf16* y, float* log_sums, float* parts, SIZES_PARAMETERS)
{
    SIZES;
    extern __shared__ float4 shared[];
    KeyTile qs = {(bf16*)shared}, ks = {qs.at(ROWS, 0)};
    ValueTile vs = {ks.at(2 * STEP, 0)};
    i64 sequence = blockIdx.y, start = (i64)(gridDim.x - 1 - blockIdx.x) * ROWS;   // the longest first
    int mine = threadIdx.x / WARP * 16, row = mine + threadIdx.x % WARP / 4, column = 2 * (threadIdx.x % 4);
    float factor = (float)(scale * 1.4426950408889634);
    TileLimits limits(sizes, sequence, start, ROWS, first);
    int low[2], high[2];
    for (int h = 0; h < 2; h++) sizes.limits_of(sequence, start + row + 8 * h, first, low[h], high[h]);

    int begin, end;
    limits.piece_of(blockIdx.z, gridDim.z, STEP, begin, end);
    copy_rows<ROWS, KEY_SIZE>(qs, q, sizes, sequence, start, key_size);
    copy_keys<STEP, KEY_SIZE>(ks, k, sizes, sequence, begin, key_size);
    copy_keys<STEP, VALUE_SIZE>(vs, v, sizes, sequence, begin, value_size);
    copy_commit();

    float m[2] = {-INFINITE, -INFINITE}, sum[2] = {0, 0}, o[VALUE_SIZE / 8][4];
    clear<VALUE_SIZE>(o);
    int stage = 0;
    for (int at = begin; at < end; at += STEP, stage ^= 1)
    {
        if (at + STEP < end)
        {
            copy_keys<STEP, KEY_SIZE>(KeyTile{ks.at((stage ^ 1) * STEP, 0)}, k, sizes, sequence, at + STEP, key_size);
            copy_keys<STEP, VALUE_SIZE>(ValueTile{vs.at((stage ^ 1) * STEP, 0)}, v, sizes, sequence, at + STEP, value_size);
        }

        copy_commit();
        copy_wait<1>();
        __syncthreads();
        float s[STEP / 8][4];
        scores<KEY_SIZE>(s, qs, mine, KeyTile{ks.at(stage * STEP, 0)});
        bool all = at >= limits.common_low && at + STEP <= limits.common_high;
#pragma unroll
        for (int h = 0; h < 2; h++)
        {
            float largest = m[h];
#pragma unroll
            for (int j = 0; j < STEP / 8; j++)
            {
#pragma unroll
                for (int e = 2 * h; e < 2 * h + 2; e++)
                {
                    int key = at + 8 * j + column + e % 2;
                    s[j][e] = all || (key >= low[h] && key < high[h]) ? s[j][e] * factor : -INFINITE;
                    largest = fmaxf(largest, s[j][e]);
                }
            }

            largest = quad_max(largest);
            float base = largest == -INFINITE ? 0 : largest, shrink = fast_exp2(m[h] - base), added = 0;
#pragma unroll
            for (int j = 0; j < STEP / 8; j++)
            {
#pragma unroll
                for (int e = 2 * h; e < 2 * h + 2; e++)
                {
                    s[j][e] = fast_exp2(s[j][e] - base);
                    added += s[j][e];
                }
            }

            sum[h] = sum[h] * shrink + added;
            m[h] = largest;
#pragma unroll
            for (int j = 0; j < VALUE_SIZE / 8; j++)
            {
                o[j][2 * h] *= shrink;
                o[j][2 * h + 1] *= shrink;
            }
        }

        add_product<VALUE_SIZE>(o, s, ValueTile{vs.at(stage * STEP, 0)});
        __syncthreads();
    }

    for (int h = 0; h < 2; h++)
    {
        i64 r = start + row + 8 * h;
        float total = quad_sum(sum[h]);
        if (r >= sizes.rows()) continue;
        float inverse = total > 0 ? 1 / total : 0;   // a piece may have no key that the row sees
        i64 place = ((i64)blockIdx.z * gridDim.y + sequence) * sizes.rows() + r;
        if (parts)
        {
#pragma unroll
            for (int j = 0; j < VALUE_SIZE / 8; j++)
            {
                if (8 * j < value_size) *(float2*)(parts + place * value_size + 8 * j + column) = make_float2(o[j][2 * h] * inverse, o[j][2 * h + 1] * inverse);
            }
        }
        else store_vector<VALUE_SIZE>(y + sizes.offset_of_row(sequence, r) * value_size, o, h, value_size, inverse);
        if (column == 0) log_sums[place] = total > 0 ? m[h] + log2f(total) : -INFINITE;
    }
}

// ∂q of 128 rows: z = p (g·v − g·y), ∂q = scale Σ z k.
extern "C" __global__ void __launch_bounds__(THREADS) attention_backward_queries(
    const bf16* q, const bf16* k, const bf16* v, const int* first, const float* log_sums, const bf16* gradient, const float* delta, bf16* dq, SIZES_PARAMETERS)
{
    SIZES;
    extern __shared__ float4 shared[];
    KeyTile qs = {(bf16*)shared}, ks = {qs.at(ROWS, 0)};
    ValueTile gs = {ks.at(2 * STEP, 0)}, vs = {gs.at(ROWS, 0)};
    i64 sequence = blockIdx.y, start = (i64)(gridDim.x - 1 - blockIdx.x) * ROWS;
    int mine = threadIdx.x / WARP * 16, row = mine + threadIdx.x % WARP / 4, column = 2 * (threadIdx.x % 4);
    float factor = (float)(scale * 1.4426950408889634);
    TileLimits limits(sizes, sequence, start, ROWS, first);
    int low[2], high[2];
    float total[2], dot[2];
    for (int h = 0; h < 2; h++)
    {
        i64 r = start + row + 8 * h;
        sizes.limits_of(sequence, r, first, low[h], high[h]);
        total[h] = r < sizes.rows() ? log_sums[sequence * sizes.rows() + r] : 0;
        dot[h] = r < sizes.rows() ? delta[sizes.offset_of_row(sequence, r)] : 0;
    }

    copy_rows<ROWS, KEY_SIZE>(qs, q, sizes, sequence, start, key_size);
    copy_rows<ROWS, VALUE_SIZE>(gs, gradient, sizes, sequence, start, value_size);
    copy_keys<STEP, KEY_SIZE>(ks, k, sizes, sequence, limits.lowest, key_size);
    copy_keys<STEP, VALUE_SIZE>(vs, v, sizes, sequence, limits.lowest, value_size);
    copy_commit();
    float o[KEY_SIZE / 8][4];
    clear<KEY_SIZE>(o);
    int stage = 0;
    for (int at = limits.lowest; at < limits.highest; at += STEP, stage ^= 1)
    {
        if (at + STEP < limits.highest)
        {
            copy_keys<STEP, KEY_SIZE>(KeyTile{ks.at((stage ^ 1) * STEP, 0)}, k, sizes, sequence, at + STEP, key_size);
            copy_keys<STEP, VALUE_SIZE>(ValueTile{vs.at((stage ^ 1) * STEP, 0)}, v, sizes, sequence, at + STEP, value_size);
        }

        copy_commit();
        copy_wait<1>();
        __syncthreads();
        float s[STEP / 8][4], d[STEP / 8][4];
        scores<KEY_SIZE>(s, qs, mine, KeyTile{ks.at(stage * STEP, 0)});
        scores<VALUE_SIZE>(d, gs, mine, ValueTile{vs.at(stage * STEP, 0)});
        bool all = at >= limits.common_low && at + STEP <= limits.common_high;
#pragma unroll
        for (int j = 0; j < STEP / 8; j++)
        {
#pragma unroll
            for (int e = 0; e < 4; e++)
            {
                int h = e / 2, key = at + 8 * j + column + e % 2;
                bool seen = all || (key >= low[h] && key < high[h]);
                s[j][e] = seen ? fast_exp2(s[j][e] * factor - total[h]) * (d[j][e] - dot[h]) : 0;
            }
        }

        add_product<KEY_SIZE>(o, s, KeyTile{ks.at(stage * STEP, 0)});
        __syncthreads();
    }

    for (int h = 0; h < 2; h++)
    {
        i64 r = start + row + 8 * h;
        if (r < sizes.rows()) store_vector<KEY_SIZE>(dq + sizes.offset_of_row(sequence, r) * key_size, o, h, key_size, (float)scale);
    }
}

// ∂k and ∂v of 128 keys: ∂v = Σ p g, ∂k = scale Σ z q, over the rows in order. The products are transposed: a warp's rows are keys.
extern "C" __global__ void __launch_bounds__(THREADS) attention_backward_keys(
    const bf16* q, const bf16* k, const bf16* v, const int* first, const float* log_sums, const bf16* gradient, const float* delta, bf16* dk, bf16* dv, SIZES_PARAMETERS)
{
    SIZES;
    extern __shared__ float4 shared[];
    __shared__ float totals[2][STEP], dots[2][STEP];
    __shared__ int lows[2][STEP], highs[2][STEP];
    KeyTile ks = {(bf16*)shared}, qs = {ks.at(ROWS, 0)};
    ValueTile vs = {qs.at(2 * STEP, 0)}, gs = {vs.at(ROWS, 0)};
    i64 sequence = blockIdx.y, start = (i64)blockIdx.x * ROWS, begin, end;
    int mine = threadIdx.x / WARP * 16, row = mine + threadIdx.x % WARP / 4, column = 2 * (threadIdx.x % 4);
    float factor = (float)(scale * 1.4426950408889634);
    sizes.rows_of(start, ROWS, STEP, begin, end);

    auto load = [&](int stage, i64 at)
    {
        copy_rows<STEP, KEY_SIZE>(KeyTile{qs.at(stage * STEP, 0)}, q, sizes, sequence, at, key_size);
        copy_rows<STEP, VALUE_SIZE>(ValueTile{gs.at(stage * STEP, 0)}, gradient, sizes, sequence, at, value_size);
        if (threadIdx.x >= STEP) return;
        i64 r = at + threadIdx.x;
        bool exists = r < sizes.rows();
        totals[stage][threadIdx.x] = exists ? log_sums[sequence * sizes.rows() + r] : 0;
        dots[stage][threadIdx.x] = exists ? delta[sizes.offset_of_row(sequence, r)] : 0;
        sizes.limits_of(sequence, r, first, lows[stage][threadIdx.x], highs[stage][threadIdx.x]);
    };

    copy_keys<ROWS, KEY_SIZE>(ks, k, sizes, sequence, start, key_size);
    copy_keys<ROWS, VALUE_SIZE>(vs, v, sizes, sequence, start, value_size);
    if (begin < end) load(0, begin);
    copy_commit();
    float ok[KEY_SIZE / 8][4], ov[VALUE_SIZE / 8][4];
    clear<KEY_SIZE>(ok);
    clear<VALUE_SIZE>(ov);
    int stage = 0;
    for (i64 at = begin; at < end; at += STEP, stage ^= 1)
    {
        if (at + STEP < end) load(stage ^ 1, at + STEP);
        copy_commit();
        copy_wait<1>();
        __syncthreads();
        KeyTile q_now = {qs.at(stage * STEP, 0)};
        ValueTile g_now = {gs.at(stage * STEP, 0)};
        float s[STEP / 8][4], d[STEP / 8][4];
        scores<KEY_SIZE>(s, ks, mine, q_now);
        scores<VALUE_SIZE>(d, vs, mine, g_now);

        // Limits grow with the row, unless sequences are packed.
        bool all = !first && highs[stage][0] >= start + ROWS && lows[stage][STEP - 1] <= start && at + STEP <= sizes.rows();
#pragma unroll
        for (int j = 0; j < STEP / 8; j++)
        {
#pragma unroll
            for (int e = 0; e < 4; e++)
            {
                int c = 8 * j + column + e % 2, key = (int)start + row + e / 2 * 8;
                bool seen = all || (key >= lows[stage][c] && key < highs[stage][c]);
                float p = seen ? fast_exp2(s[j][e] * factor - totals[stage][c]) : 0;
                s[j][e] = p;
                d[j][e] = seen ? p * (d[j][e] - dots[stage][c]) : 0;
            }
        }

        add_product<VALUE_SIZE>(ov, s, g_now);
        add_product<KEY_SIZE>(ok, d, q_now);
        __syncthreads();
    }

    copy_wait<0>();
    for (int h = 0; h < 2; h++)
    {
        i64 key = start + row + 8 * h;
        if (key >= keys) continue;
        i64 to = sizes.offset_of_key(sequence, key);
        store_vector<KEY_SIZE>(dk + to * key_size, ok, h, key_size, (float)scale);
        store_vector<VALUE_SIZE>(dv + to * value_size, ov, h, value_size, 1);
    }
}
