// variants: ELEMENT=bf16; HEAD_SIZE=32|64; STEP=64
// variants: ELEMENT=bf16; HEAD_SIZE=128; STEP=32
// Causal softmax attention in bf16 on the tensor cores (Dao, 2023, arXiv 2307.08691, has the forward pass' shape): a block has 128 rows and goes through
// the keys STEP at a time. A warp has 16 or 32 rows: with 32 each fragment of the other side that is read from shared memory serves two products.
// Scores, probabilities and sums stay in its registers. The reverse pass is two, over rows for ∂q and over keys for ∂k and ∂v, so that every sum has
// its order.
// Macros: HEAD_SIZE, at least P and Pv, a multiple of 32 up to 128; STEP, keys (rows) of a tile, 32 or 64. P and Pv are multiples of 8, vectors lie
// at multiples of 16 bytes.
#include "common.cuh"
#include "mma.cuh"
#include "AttentionSizes.cuh"

// Tiles of 16 rows that a warp has forward and in reverse, where two sums lie in its registers.
#define FORWARD_TILES 2
#define REVERSE_TILES (HEAD_SIZE <= 64 ? 2 : 1)
#define ROWS 128
#define THREADS_OF(tiles) (WARP * (ROWS / 16) / (tiles))
#define KEY_SIZE HEAD_SIZE
#define VALUE_SIZE HEAD_SIZE
#define KEY_STRIDE (KEY_SIZE + 8)
#define VALUE_STRIDE (VALUE_SIZE + 8)
#define INFINITE __int_as_float(0x7f800000)
#define UNROLL _Pragma("unroll")

typedef Tile<KEY_STRIDE> KeyTile;
typedef Tile<VALUE_STRIDE> ValueTile;

// The vectors of one sequence: its rows, which the heads of a group share in turns, or its keys.
struct Vectors
{
    const bf16* begin;
    i64 stride;        // elements from a time to the next
    int group, size, count;

    __device__ __forceinline__ Vectors(const bf16* x, i64 offset, i64 heads, int group, int size, i64 count)
        : begin(x + offset * size), stride(heads * size), group(group), size(size), count((int)count)
    {
    }

    static __device__ __forceinline__ Vectors rows(const bf16* x, const Sizes& sizes, i64 sequence, int size)
    {
        return {x, sizes.offset_of_row(sequence, 0), sizes.heads, sizes.group, size, sizes.rows()};
    }

    static __device__ __forceinline__ Vectors keys(const bf16* x, const Sizes& sizes, i64 sequence, int size)
    {
        return {x, sizes.offset_of_key(sequence, 0), sizes.key_heads, 1, size, sizes.keys};
    }

    __device__ __forceinline__ const bf16* at(int i) const { return begin + i * stride; }

    // Of rows that a group shares.
    __device__ __forceinline__ const bf16* at_row(int i) const
    {
        int t = (int)((u32)i / (u32)group);
        return begin + t * stride + (i - t * group) * size;
    }
};

// COUNT vectors from `start` on to shared memory in the background, zeros beyond their size and number.
template <int COUNT, int SIZE, int THREADS, int STRIDE> __device__ __forceinline__ void copy(Tile<STRIDE> to, const Vectors& x, int start)
{
    constexpr int PIECES = SIZE / 8;
    auto each = [&](auto at)
    {
        UNROLL for (int first = 0; first < COUNT * PIECES; first += THREADS)
        {
            int i = first + threadIdx.x, vector = i / PIECES, column = i % PIECES * 8;
            if (COUNT * PIECES % THREADS != 0 && i >= COUNT * PIECES) break;
            bool valid = start + vector < x.count && column < x.size;
            copy_async(to.address_of(vector, column), valid ? at(start + vector) + column : x.begin, valid);
        }
    };
    if (x.group == 1) each([&](int i) { return x.at(i); });
    else each([&](int i) { return x.at_row(i); });
}

template <int M, int N> __device__ __forceinline__ void clear(float (&x)[M][N][4])
{
    UNROLL for (int m = 0; m < M; m++)
    {
        UNROLL for (int j = 0; j < N; j++)
        {
            UNROLL for (int e = 0; e < 4; e++) x[m][j][e] = 0;
        }
    }
}

// The left operand of products: rows of a warp, from shared memory at each use, or once into registers.
template <int M, int DEPTH, int STRIDE, bool KEPT> struct Left
{
    Tile<STRIDE> tile;
    int row;

    __device__ __forceinline__ Left(Tile<STRIDE> tile, int row) : tile(tile), row(row) {}
    __device__ __forceinline__ void get(u32 (&a)[4], int m, int k) const { tile.left(a, row + 16 * m, k); }
};

template <int M, int DEPTH, int STRIDE> struct Left<M, DEPTH, STRIDE, true>
{
    u32 kept[M][DEPTH / 16][4];

    __device__ __forceinline__ Left(Tile<STRIDE> tile, int row)
    {
        UNROLL for (int m = 0; m < M; m++)
        {
            UNROLL for (int k = 0; k < DEPTH / 16; k++) tile.left(kept[m][k], row + 16 * m, 16 * k);
        }
    }

    __device__ __forceinline__ void get(u32 (&a)[4], int m, int k) const
    {
        UNROLL for (int e = 0; e < 4; e++) a[e] = kept[m][k / 16][e];
    }
};

// s = a bᵀ over DEPTH columns; b: 8 N rows of a tile from `from` on.
template <int DEPTH, int M, int N, int STRIDE, typename A>
__device__ __forceinline__ void scores(float (&s)[M][N][4], const A& a, Tile<STRIDE> b, int from)
{
    clear(s);
    UNROLL for (int k = 0; k < DEPTH; k += 16)
    {
        u32 left[M][4];
        UNROLL for (int m = 0; m < M; m++) a.get(left[m], m, k);
        UNROLL for (int j = 0; j < N; j += 2)
        {
            u32 right[4];
            b.right_transposed(right, k, from + 8 * j);
            UNROLL for (int m = 0; m < M; m++)
            {
                multiply(s[m][j], left[m], right[0], right[1]);
                multiply(s[m][j + 1], left[m], right[2], right[3]);
            }
        }
    }
}

// o += p x: p in registers, 8 N columns; x: as many rows of a tile from `from` on.
template <int SIZE, int M, int N, int STRIDE>
__device__ __forceinline__ void add_product(float (&o)[M][SIZE / 8][4], const float (&p)[M][N][4], Tile<STRIDE> x, int from)
{
    UNROLL for (int k = 0; k < N; k += 2)
    {
        u32 left[M][4];
        UNROLL for (int m = 0; m < M; m++) as_left(left[m], p[m][k], p[m][k + 1]);
        UNROLL for (int j = 0; j < SIZE; j += 16)
        {
            u32 right[4];
            x.right(right, from + 8 * k, j);
            UNROLL for (int m = 0; m < M; m++)
            {
                multiply(o[m][j / 8], left[m], right[0], right[1]);
                multiply(o[m][j / 8 + 1], left[m], right[2], right[3]);
            }
        }
    }
}

// Row `half` of the two that a lane holds of a tile, times a factor, as far as the vector goes.
template <int N> __device__ __forceinline__ void store_vector(bf16* to, const float (&o)[N][4], int half, int size, float factor)
{
    int column = 2 * (threadIdx.x % 4);
    UNROLL for (int j = 0; j < N; j++)
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

#define ROW_OF_WARP(tiles) ((int)(threadIdx.x / WARP) * 16 * (tiles))
#define ROW_OF_LANE ((int)(threadIdx.x % WARP / 4))
#define COLUMN_OF_LANE (2 * (int)(threadIdx.x % 4))

// The keys that each row of a block sees, to shared memory. A barrier must follow.
template <int THREADS> __device__ __forceinline__ void find_limits(int2 (&to)[ROWS], const Sizes& sizes, i64 sequence, i64 start, const int* first)
{
    for (int i = threadIdx.x; i < ROWS; i += THREADS)
    {
        int low, high;
        sizes.limits_of(sequence, start + i, first, low, high);
        to[i] = make_int2(low, high);
    }
}

// The keys that one of the rows of a warp sees, and those that all see.
template <int M> struct WarpLimits
{
    int lowest, highest, common_low, common_high;

    __device__ __forceinline__ WarpLimits(const int2 (&rows)[ROWS])
    {
        int2 limit = rows[ROW_OF_WARP(M) + threadIdx.x % (16 * M)];
        bool exists = limit.y > 0;
        lowest = exists ? limit.x : 0x7fffffff;
        highest = limit.y;
        common_low = limit.x;
        common_high = exists ? limit.y : 0x7fffffff;
        for (int offset = WARP / 2; offset > 0; offset /= 2)
        {
            lowest = min(lowest, __shfl_xor_sync(FULL_MASK, lowest, offset));
            highest = max(highest, __shfl_xor_sync(FULL_MASK, highest, offset));
            common_low = max(common_low, __shfl_xor_sync(FULL_MASK, common_low, offset));
            common_high = min(common_high, __shfl_xor_sync(FULL_MASK, common_high, offset));
        }
    }

    __device__ __forceinline__ bool sees(int at, int count) const { return at < highest && at + count > lowest; }
    __device__ __forceinline__ bool sees_all(int at, int count) const { return at >= common_low && at + count <= common_high; }
};

// Puts a value in the place of keys, from `at` on, that the rows of a warp do not see.
template <int M, int N> __device__ __forceinline__ void hide(float (&s)[M][N][4], const int2 (&rows)[ROWS], int at, float value)
{
    UNROLL for (int h = 0; h < 2 * M; h++)
    {
        int2 limit = rows[ROW_OF_WARP(M) + ROW_OF_LANE + 8 * h];
        UNROLL for (int j = 0; j < N; j++)
        {
            UNROLL for (int e = 0; e < 2; e++)
            {
                int key = at + 8 * j + COLUMN_OF_LANE + e;
                if (key < limit.x || key >= limit.y) s[h / 2][j][h % 2 * 2 + e] = value;
            }
        }
    }
}

// y and log2 Σ 2^score of each row; or of a piece of the keys to `parts`, as in Attention.cu.
extern "C" __global__ void __launch_bounds__(THREADS_OF(FORWARD_TILES), 2) attention_forward(
    const bf16* q, const bf16* k, const bf16* v, const int* first, bf16* y, float* log_sums, float* parts, SIZES_PARAMETERS)
{
    constexpr int M = FORWARD_TILES, THREADS = THREADS_OF(M);
    SIZES;
    extern __shared__ float4 shared[];
    KeyTile qs = {(bf16*)shared}, ks = {qs.at(ROWS, 0)};
    ValueTile vs = {ks.at(2 * STEP, 0)};
    BlockPlace place(sizes.rows(), ROWS);
    i64 sequence = place.sequence, start = place.longest_first(ROWS);
    i64 row = start + ROW_OF_WARP(M) + ROW_OF_LANE;
    __shared__ int2 row_limits[ROWS];
    find_limits<THREADS>(row_limits, sizes, sequence, start, first);
    TileLimits limits(sizes, sequence, start, ROWS, first);
    WarpLimits<M> seen(row_limits);

    // The largest score is that of the largest product where the factor is positive: a negative one turns the queries, zero becomes next to nothing.
    float factor = fmaxf(fabsf((float)(scale * 1.4426950408889634)), 1e-30f);
    int begin, end;
    limits.piece_of(blockIdx.y, gridDim.y, STEP, begin, end);
    Vectors keys_of = Vectors::keys(k, sizes, sequence, key_size), values_of = Vectors::keys(v, sizes, sequence, value_size);
    copy<ROWS, KEY_SIZE, THREADS>(qs, Vectors::rows(q, sizes, sequence, key_size), (int)start);
    copy_commit();
    copy<STEP, KEY_SIZE, THREADS>(ks, keys_of, begin);
    copy<STEP, VALUE_SIZE, THREADS>(vs, values_of, begin);
    copy_commit();
    copy_wait<1>();
    __syncthreads();
    if (scale < 0)
    {
        for (int i = threadIdx.x; i < ROWS * KEY_STRIDE / 2; i += THREADS) ((u32*)qs.first)[i] ^= 0x80008000u;
        __syncthreads();
    }

    Left<M, KEY_SIZE, KEY_STRIDE, HEAD_SIZE <= 32> queries(qs, ROW_OF_WARP(M));

    float m[2 * M], sum[2 * M], o[M][VALUE_SIZE / 8][4];
    UNROLL for (int h = 0; h < 2 * M; h++)
    {
        m[h] = -INFINITE;
        sum[h] = 0;
    }

    clear(o);
    int stage = 0;
    for (int at = begin; at < end; at += STEP, stage ^= 1)
    {
        if (at + STEP < end)
        {
            copy<STEP, KEY_SIZE, THREADS>(KeyTile{ks.at((stage ^ 1) * STEP, 0)}, keys_of, at + STEP);
            copy<STEP, VALUE_SIZE, THREADS>(ValueTile{vs.at((stage ^ 1) * STEP, 0)}, values_of, at + STEP);
        }

        copy_commit();
        copy_wait<1>();
        __syncthreads();
        if (seen.sees(at, STEP))
        {
            float s[M][STEP / 8][4];
            scores<KEY_SIZE>(s, queries, KeyTile{ks.at(stage * STEP, 0)}, 0);
            if (!seen.sees_all(at, STEP)) hide(s, row_limits, at, -INFINITE);

            UNROLL for (int h = 0; h < 2 * M; h++)
            {
                float(&x)[STEP / 8][4] = s[h / 2];
                const int e = h % 2 * 2;
                float largest = m[h];
                UNROLL for (int j = 0; j < STEP / 8; j++) largest = fmaxf(largest, fmaxf(x[j][e], x[j][e + 1]));
                largest = quad_max(largest);
                float base = largest == -INFINITE ? 0 : largest * factor, shrink = fast_exp2(m[h] * factor - base), added = 0;
                UNROLL for (int j = 0; j < STEP / 8; j++)
                {
                    x[j][e] = fast_exp2(x[j][e] * factor - base);
                    x[j][e + 1] = fast_exp2(x[j][e + 1] * factor - base);
                    added += x[j][e] + x[j][e + 1];
                }

                sum[h] = sum[h] * shrink + added;
                m[h] = largest;
                UNROLL for (int j = 0; j < VALUE_SIZE / 8; j++)
                {
                    o[h / 2][j][e] *= shrink;
                    o[h / 2][j][e + 1] *= shrink;
                }
            }

            add_product<VALUE_SIZE>(o, s, ValueTile{vs.at(stage * STEP, 0)}, 0);
        }

        __syncthreads();
    }

    copy_wait<0>();
    UNROLL for (int h = 0; h < 2 * M; h++)
    {
        i64 r = row + 8 * h;
        float total = quad_sum(sum[h]);
        if (r >= sizes.rows()) continue;
        float inverse = total > 0 ? 1 / total : 0;   // a piece may have no key that the row sees
        i64 here = ((i64)blockIdx.y * place.sequences + sequence) * sizes.rows() + r;
        if (parts)
        {
            UNROLL for (int j = 0; j < VALUE_SIZE / 8; j++)
            {
                const int e = h % 2 * 2;
                float* to = parts + here * value_size + 8 * j + COLUMN_OF_LANE;
                if (8 * j < value_size) *(float2*)to = make_float2(o[h / 2][j][e] * inverse, o[h / 2][j][e + 1] * inverse);
            }
        }
        else store_vector(y + sizes.offset_of_row(sequence, r) * value_size, o[h / 2], h % 2, value_size, inverse);
        if (COLUMN_OF_LANE == 0) log_sums[here] = total > 0 ? m[h] * factor + log2f(total) : -INFINITE;
    }
}

// ∂q of 128 rows: z = p (g·v − g·y), ∂q = scale Σ z k. Keys are taken 16 at a time.
extern "C" __global__ void __launch_bounds__(THREADS_OF(REVERSE_TILES), REVERSE_TILES) attention_backward_queries(
    const bf16* q, const bf16* k, const bf16* v, const int* first, const float* log_sums, const bf16* gradient, const float* delta, bf16* dq, SIZES_PARAMETERS)
{
    constexpr int M = REVERSE_TILES, THREADS = THREADS_OF(M);
    SIZES;
    extern __shared__ float4 shared[];
    KeyTile qs = {(bf16*)shared}, ks = {qs.at(ROWS, 0)};
    ValueTile gs = {ks.at(2 * STEP, 0)}, vs = {gs.at(ROWS, 0)};
    BlockPlace place(sizes.rows(), ROWS);
    i64 sequence = place.sequence, start = place.longest_first(ROWS);
    i64 row = start + ROW_OF_WARP(M) + ROW_OF_LANE;
    float factor = (float)(scale * 1.4426950408889634);
    __shared__ int2 row_limits[ROWS];
    find_limits<THREADS>(row_limits, sizes, sequence, start, first);
    TileLimits limits(sizes, sequence, start, ROWS, first);
    WarpLimits<M> seen(row_limits);
    float total[2 * M], dot[2 * M];
    UNROLL for (int h = 0; h < 2 * M; h++)
    {
        i64 r = row + 8 * h;
        total[h] = r < sizes.rows() ? log_sums[sequence * sizes.rows() + r] : 0;
        dot[h] = r < sizes.rows() ? delta[sizes.offset_of_row(sequence, r)] : 0;
    }

    Vectors keys_of = Vectors::keys(k, sizes, sequence, key_size), values_of = Vectors::keys(v, sizes, sequence, value_size);
    copy<ROWS, KEY_SIZE, THREADS>(qs, Vectors::rows(q, sizes, sequence, key_size), (int)start);
    copy<ROWS, VALUE_SIZE, THREADS>(gs, Vectors::rows(gradient, sizes, sequence, value_size), (int)start);
    copy_commit();
    copy<STEP, KEY_SIZE, THREADS>(ks, keys_of, limits.lowest);
    copy<STEP, VALUE_SIZE, THREADS>(vs, values_of, limits.lowest);
    copy_commit();
    copy_wait<1>();
    __syncthreads();
    Left<M, KEY_SIZE, KEY_STRIDE, true> queries(qs, ROW_OF_WARP(M));
    Left<M, VALUE_SIZE, VALUE_STRIDE, true> gradients(gs, ROW_OF_WARP(M));
    float o[M][KEY_SIZE / 8][4];
    clear(o);
    int stage = 0;
    for (int at = limits.lowest; at < limits.highest; at += STEP, stage ^= 1)
    {
        if (at + STEP < limits.highest)
        {
            copy<STEP, KEY_SIZE, THREADS>(KeyTile{ks.at((stage ^ 1) * STEP, 0)}, keys_of, at + STEP);
            copy<STEP, VALUE_SIZE, THREADS>(ValueTile{vs.at((stage ^ 1) * STEP, 0)}, values_of, at + STEP);
        }

        copy_commit();
        copy_wait<1>();
        __syncthreads();
        KeyTile k_now = {ks.at(stage * STEP, 0)};
        ValueTile v_now = {vs.at(stage * STEP, 0)};
        if (seen.sees(at, STEP))
        {
            bool all = seen.sees_all(at, STEP);
            UNROLL for (int from = 0; from < STEP; from += 16)
            {
                float s[M][2][4], d[M][2][4];
                scores<KEY_SIZE>(s, queries, k_now, from);
                scores<VALUE_SIZE>(d, gradients, v_now, from);
                UNROLL for (int h = 0; h < 2 * M; h++)
                {
                    UNROLL for (int j = 0; j < 2; j++)
                    {
                        UNROLL for (int e = h % 2 * 2; e < h % 2 * 2 + 2; e++)
                            s[h / 2][j][e] = fast_exp2(s[h / 2][j][e] * factor - total[h]) * (d[h / 2][j][e] - dot[h]);
                    }
                }

                if (!all) hide(s, row_limits, at + from, 0);

                add_product<KEY_SIZE>(o, s, k_now, from);
            }
        }

        __syncthreads();
    }

    copy_wait<0>();
    UNROLL for (int h = 0; h < 2 * M; h++)
    {
        i64 r = row + 8 * h;
        if (r < sizes.rows()) store_vector(dq + sizes.offset_of_row(sequence, r) * key_size, o[h / 2], h % 2, key_size, (float)scale);
    }
}

// ∂k and ∂v of 128 keys: ∂v = Σ p g, ∂k = scale Σ z q, over the rows in order, SLICE at a time. The products are transposed: a warp's rows are keys.
extern "C" __global__ void __launch_bounds__(THREADS_OF(REVERSE_TILES), REVERSE_TILES) attention_backward_keys(
    const bf16* q, const bf16* k, const bf16* v, const int* first, const float* log_sums, const bf16* gradient, const float* delta, bf16* dk, bf16* dv, SIZES_PARAMETERS)
{
    constexpr int M = REVERSE_TILES, THREADS = THREADS_OF(M), SLICE = 32;
    SIZES;
    extern __shared__ float4 shared[];
    __shared__ float2 totals[2][STEP];   // log2 Σ 2^score, and g·y
    __shared__ int2 limits[2][STEP];
    KeyTile ks = {(bf16*)shared}, qs = {ks.at(ROWS, 0)};
    ValueTile vs = {qs.at(2 * STEP, 0)}, gs = {vs.at(ROWS, 0)};
    BlockPlace place(sizes.keys, ROWS);
    i64 sequence = place.sequence, start = (i64)place.tile * ROWS, begin, end;
    float factor = (float)(scale * 1.4426950408889634);
    sizes.rows_of(start, ROWS, STEP, begin, end);
    Vectors queries_of = Vectors::rows(q, sizes, sequence, key_size), gradients_of = Vectors::rows(gradient, sizes, sequence, value_size);

    auto load = [&](int stage, i64 at)
    {
        copy<STEP, KEY_SIZE, THREADS>(KeyTile{qs.at(stage * STEP, 0)}, queries_of, (int)at);
        copy<STEP, VALUE_SIZE, THREADS>(ValueTile{gs.at(stage * STEP, 0)}, gradients_of, (int)at);
        if (threadIdx.x >= STEP) return;
        i64 r = at + threadIdx.x;
        bool exists = r < sizes.rows();
        totals[stage][threadIdx.x] = exists ? make_float2(log_sums[sequence * sizes.rows() + r], delta[sizes.offset_of_row(sequence, r)]) : make_float2(0, 0);
        int low, high;
        sizes.limits_of(sequence, r, first, low, high);
        limits[stage][threadIdx.x] = make_int2(low, high);
    };

    copy<ROWS, KEY_SIZE, THREADS>(ks, Vectors::keys(k, sizes, sequence, key_size), (int)start);
    copy<ROWS, VALUE_SIZE, THREADS>(vs, Vectors::keys(v, sizes, sequence, value_size), (int)start);
    if (begin < end) load(0, begin);
    copy_commit();
    Left<M, KEY_SIZE, KEY_STRIDE, false> left_keys(ks, ROW_OF_WARP(M));
    Left<M, VALUE_SIZE, VALUE_STRIDE, false> left_values(vs, ROW_OF_WARP(M));
    int key = (int)start + ROW_OF_WARP(M);
    float ok[M][KEY_SIZE / 8][4], ov[M][VALUE_SIZE / 8][4];
    clear(ok);
    clear(ov);
    int stage = 0;
    for (i64 at = begin; at < end; at += STEP, stage ^= 1)
    {
        if (at + STEP < end) load(stage ^ 1, at + STEP);
        copy_commit();
        copy_wait<1>();
        __syncthreads();
        KeyTile q_now = {qs.at(stage * STEP, 0)};
        ValueTile g_now = {gs.at(stage * STEP, 0)};

        // Limits grow with the row, unless sequences are packed.
        int last = (int)(sizes.rows() - at < STEP ? sizes.rows() - at : STEP) - 1;
        bool some = first || (limits[stage][last].y > key && limits[stage][0].x < key + 16 * M);
        bool all = !first && last == STEP - 1 && limits[stage][0].y >= key + 16 * M && limits[stage][last].x <= key;
        if (some)
        {
            UNROLL for (int from = 0; from < STEP; from += SLICE)
            {
                float s[M][SLICE / 8][4], d[M][SLICE / 8][4];
                scores<KEY_SIZE>(s, left_keys, q_now, from);
                scores<VALUE_SIZE>(d, left_values, g_now, from);
                UNROLL for (int j = 0; j < SLICE / 8; j++)
                {
                    UNROLL for (int e = 0; e < 2; e++)
                    {
                        float2 total = totals[stage][from + 8 * j + COLUMN_OF_LANE + e];
                        UNROLL for (int h = 0; h < 2 * M; h++)
                        {
                            float &p = s[h / 2][j][h % 2 * 2 + e], &z = d[h / 2][j][h % 2 * 2 + e];
                            p = fast_exp2(p * factor - total.x);
                            z = p * (z - total.y);
                        }
                    }
                }

                if (!all)
                {
                    UNROLL for (int j = 0; j < SLICE / 8; j++)
                    {
                        UNROLL for (int e = 0; e < 2; e++)
                        {
                            int2 limit = limits[stage][from + 8 * j + COLUMN_OF_LANE + e];
                            UNROLL for (int h = 0; h < 2 * M; h++)
                            {
                                int mine = key + ROW_OF_LANE + 8 * h;
                                if (mine < limit.x || mine >= limit.y) s[h / 2][j][h % 2 * 2 + e] = d[h / 2][j][h % 2 * 2 + e] = 0;
                            }
                        }
                    }
                }

                add_product<VALUE_SIZE>(ov, s, g_now, from);
                add_product<KEY_SIZE>(ok, d, q_now, from);
            }
        }

        __syncthreads();
    }

    copy_wait<0>();
    UNROLL for (int h = 0; h < 2 * M; h++)
    {
        i64 mine = key + ROW_OF_LANE + 8 * h;
        if (mine >= keys) continue;
        i64 to = sizes.offset_of_key(sequence, mine);
        store_vector(dk + to * key_size, ok[h / 2], h % 2, key_size, (float)scale);
        store_vector(dv + to * value_size, ov[h / 2], h % 2, value_size, 1);
    }
}
