// variants: ELEMENT=float|bf16; HEAD_SIZE=16|32|64|128; TILE=64
// variants: ELEMENT=double; HEAD_SIZE=16|32|64; TILE=32
// Causal softmax attention by tiles, in the arithmetic type (float for bf16), on the ordinary lanes: any head size, type and window.
// Macros: ELEMENT; HEAD_SIZE, at least P and Pv, a multiple of 16; TILE, rows and keys of a tile (16, 32 or 64).
// Rows of sequence b Hkv + h are t G + g: the queries of the G heads that share a key head (Dao et al., 2022, arXiv 2205.14135).
#include "common.cuh"
#include "AttentionTile.cuh"

// y and log2 Σ 2^score of each row. One block is one tile of rows of one sequence; where these are few, of one of several pieces of its keys, which
// attention_join puts together.
extern "C" __global__ void __launch_bounds__(THREADS) attention_forward(
    const ELEMENT* q, const ELEMENT* k, const ELEMENT* v, const int* first, ELEMENT* y, real* log_sums, real* parts, SIZES_PARAMETERS)
{
    SIZES;
    extern __shared__ float4 shared[];
    real* qs = (real*)shared;
    real* ks = qs + TILE * KEY_STRIDE;
    real* vs = ks + TILE * KEY_STRIDE;
    real* ps = vs + TILE * VALUE_STRIDE;
    BlockPlace place(sizes.rows(), TILE);
    Rows rows = {sizes, place.sequence, place.longest_first(TILE)};
    TileLimits limits(sizes, rows.sequence, rows.start, TILE, first);
    int low[PER], high[PER];
    for (int i = 0; i < PER; i++) sizes.limits_of(rows.sequence, rows.row(i), first, low[i], high[i]);
    load_rows<KEY_STRIDE>(qs, q, rows, sizes.key_size, KEY_SIZE, (real)(sizes.scale * 1.4426950408889634));

    real m[PER], sum[PER], o[PER][VALUE_SIZE / 16];
    for (int i = 0; i < PER; i++)
    {
        m[i] = -INFINITE;
        sum[i] = 0;
        for (int j = 0; j < VALUE_SIZE / 16; j++) o[i][j] = 0;
    }

    int begin, end;
    limits.piece_of(blockIdx.y, gridDim.y, TILE, begin, end);
    for (int start = begin; start < end; start += TILE)
    {
        __syncthreads();
        load_keys<KEY_STRIDE>(ks, k, sizes, rows.sequence, start, sizes.key_size, KEY_SIZE);
        load_keys<VALUE_STRIDE>(vs, v, sizes, rows.sequence, start, sizes.value_size, VALUE_SIZE);
        __syncthreads();
        real s[PER][PER];
        product<KEY_SIZE, KEY_STRIDE>(qs, ks, s);
        for (int i = 0; i < PER; i++)
        {
            real largest = m[i];
            for (int j = 0; j < PER; j++)
            {
                int key = start + COLUMN(j);
                s[i][j] = key >= low[i] && key < high[i] ? s[i][j] : -INFINITE;
                largest = largest > s[i][j] ? largest : s[i][j];
            }

            largest = half_warp_max(largest);
            real base = largest == -INFINITE ? (real)0 : largest;
            real shrink = exponential2(m[i] - base), added = 0;
            for (int j = 0; j < PER; j++)
            {
                real p = exponential2(s[i][j] - base);
                added += p;
                ps[ROW(i) * TILE_STRIDE + COLUMN(j)] = p;
            }

            sum[i] = sum[i] * shrink + half_warp_sum(added);
            m[i] = largest;
            for (int j = 0; j < VALUE_SIZE / 16; j++) o[i][j] *= shrink;
        }

        __syncwarp();   // a row of ps is written and read by one half warp
        add_product<VALUE_SIZE, VALUE_STRIDE>(ps, vs, o);
    }

    for (int i = 0; i < PER; i++)
    {
        if (!rows.exists(i)) continue;
        real inverse = sum[i] > 0 ? (real)1 / sum[i] : (real)0;   // a piece may have no key that the row sees
        i64 here = ((i64)blockIdx.y * place.sequences + rows.sequence) * sizes.rows() + rows.row(i), to = rows.offset(i) * sizes.value_size;
        for (int j = 0; j < VALUE_SIZE / 16; j++)
        {
            if (COLUMN(j) >= sizes.value_size) continue;
            if (parts) parts[here * sizes.value_size + COLUMN(j)] = o[i][j] * inverse;
            else y[to + COLUMN(j)] = narrow<ELEMENT>(o[i][j] * inverse);
        }

        if (LANE == 0) log_sums[here] = sum[i] > 0 ? m[i] + logarithm2(sum[i]) : -INFINITE;
    }
}

// The pieces of a row, (pieces, sequences, rows) and of parts also Pv, weighted by their sums. A block is one row.
extern "C" __global__ void attention_join(const real* parts, const real* part_sums, ELEMENT* y, real* log_sums, int pieces, SIZES_PARAMETERS)
{
    SIZES;
    BlockPlace place(sizes.rows(), 1);
    i64 row = place.tile, sequence = place.sequence, here = sequence * sizes.rows() + row, stride = place.sequences * sizes.rows();
    real largest = -INFINITE, sum = 0;
    for (int i = 0; i < pieces; i++) largest = part_sums[i * stride + here] > largest ? part_sums[i * stride + here] : largest;
    for (int i = 0; i < pieces; i++) sum += exponential2(part_sums[i * stride + here] - largest);
    for (int c = threadIdx.x; c < value_size; c += blockDim.x)
    {
        real total = 0;
        for (int i = 0; i < pieces; i++) total += exponential2(part_sums[i * stride + here] - largest) * parts[(i * stride + here) * value_size + c];
        y[sizes.offset_of_row(sequence, row) * value_size + c] = narrow<ELEMENT>(total / sum);
    }

    if (threadIdx.x == 0) log_sums[here] = largest + logarithm2(sum);
}

// g·y of each row, eight lanes each; rows in the order of y. vector: rows are whole packs of 16 bytes.
extern "C" __global__ void attention_delta(const ELEMENT* gradient, const ELEMENT* y, real* delta, i64 rows, int size, int vector)
{
    constexpr int LANES = 8, N = 16 / sizeof(ELEMENT);
    i64 row = ((i64)blockIdx.x * blockDim.x + threadIdx.x) / LANES;
    int lane = threadIdx.x % LANES;
    real sum = 0;
    if (row < rows)
    {
        const ELEMENT *g = gradient + row * size, *to = y + row * size;
        if (vector)
        {
            for (int i = lane * N; i < size; i += LANES * N)
            {
                Pack<ELEMENT, N> x = load_pack<ELEMENT, N>(g + i), z = load_pack<ELEMENT, N>(to + i);
                for (int e = 0; e < N; e++) sum += (real)widen(x.at[e]) * (real)widen(z.at[e]);
            }
        }
        else
        {
            for (int i = lane; i < size; i += LANES) sum += (real)widen(g[i]) * (real)widen(to[i]);
        }
    }

    for (int offset = LANES / 2; offset > 0; offset /= 2) sum += __shfl_xor_sync(FULL_MASK, sum, offset);
    if (row < rows && lane == 0) delta[row] = sum;
}

// ∂q of a tile of rows: z = p (g·v − g·y), ∂q = scale Σ z k.
extern "C" __global__ void __launch_bounds__(THREADS) attention_backward_queries(
    const ELEMENT* q, const ELEMENT* k, const ELEMENT* v, const int* first, const real* log_sums, const ELEMENT* gradient, const real* delta,
    ELEMENT* dq, SIZES_PARAMETERS)
{
    SIZES;
    extern __shared__ float4 shared[];
    real* qs = (real*)shared;
    real* ks = qs + TILE * KEY_STRIDE;
    real* vs = ks + TILE * KEY_STRIDE;
    real* gs = vs + TILE * VALUE_STRIDE;
    real* zs = gs + TILE * VALUE_STRIDE;
    BlockPlace place(sizes.rows(), TILE);
    Rows rows = {sizes, place.sequence, place.longest_first(TILE)};
    TileLimits limits(sizes, rows.sequence, rows.start, TILE, first);
    int low[PER], high[PER];
    for (int i = 0; i < PER; i++) sizes.limits_of(rows.sequence, rows.row(i), first, low[i], high[i]);
    load_rows<KEY_STRIDE>(qs, q, rows, sizes.key_size, KEY_SIZE, (real)(sizes.scale * 1.4426950408889634));
    load_rows<VALUE_STRIDE>(gs, gradient, rows, sizes.value_size, VALUE_SIZE, (real)1);

    real sums[PER], dots[PER], o[PER][KEY_SIZE / 16];
    for (int i = 0; i < PER; i++)
    {
        sums[i] = rows.exists(i) ? log_sums[rows.sequence * sizes.rows() + rows.row(i)] : (real)0;
        dots[i] = rows.exists(i) ? delta[rows.offset(i)] : (real)0;
        for (int j = 0; j < KEY_SIZE / 16; j++) o[i][j] = 0;
    }

    for (int start = limits.lowest; start < limits.highest; start += TILE)
    {
        __syncthreads();
        load_keys<KEY_STRIDE>(ks, k, sizes, rows.sequence, start, sizes.key_size, KEY_SIZE);
        load_keys<VALUE_STRIDE>(vs, v, sizes, rows.sequence, start, sizes.value_size, VALUE_SIZE);
        __syncthreads();
        real s[PER][PER], d[PER][PER];
        product<KEY_SIZE, KEY_STRIDE>(qs, ks, s);
        product<VALUE_SIZE, VALUE_STRIDE>(gs, vs, d);
        for (int i = 0; i < PER; i++)
        {
            for (int j = 0; j < PER; j++)
            {
                int key = start + COLUMN(j);
                bool seen = key >= low[i] && key < high[i];
                zs[ROW(i) * TILE_STRIDE + COLUMN(j)] = seen ? exponential2(s[i][j] - sums[i]) * (d[i][j] - dots[i]) : (real)0;
            }
        }

        __syncwarp();
        add_product<KEY_SIZE, KEY_STRIDE>(zs, ks, o);
    }

    for (int i = 0; i < PER; i++)
    {
        if (!rows.exists(i)) continue;
        ELEMENT* to = dq + rows.offset(i) * sizes.key_size;
        for (int j = 0; j < KEY_SIZE / 16; j++)
        {
            if (COLUMN(j) < sizes.key_size) to[COLUMN(j)] = narrow<ELEMENT>(o[i][j] * (real)sizes.scale);
        }
    }
}

// ∂k and ∂v of a tile of keys: ∂v = Σ p g, ∂k = scale Σ z q, over the rows in order. The products are transposed: a thread's rows are keys.
extern "C" __global__ void __launch_bounds__(THREADS) attention_backward_keys(
    const ELEMENT* q, const ELEMENT* k, const ELEMENT* v, const int* first, const real* log_sums, const ELEMENT* gradient, const real* delta,
    ELEMENT* dk, ELEMENT* dv, SIZES_PARAMETERS)
{
    SIZES;
    extern __shared__ float4 shared[];
    real* qs = (real*)shared;
    real* ks = qs + TILE * KEY_STRIDE;
    real* vs = ks + TILE * KEY_STRIDE;
    real* gs = vs + TILE * VALUE_STRIDE;
    real* ps = gs + TILE * VALUE_STRIDE;
    real* zs = ps + TILE * TILE_STRIDE;
    __shared__ real sums[TILE], dots[TILE];
    __shared__ int lows[TILE], highs[TILE];
    BlockPlace place(sizes.keys, TILE);
    i64 sequence = place.sequence;
    int start = place.tile * TILE;
    load_keys<KEY_STRIDE>(ks, k, sizes, sequence, start, sizes.key_size, KEY_SIZE);
    load_keys<VALUE_STRIDE>(vs, v, sizes, sequence, start, sizes.value_size, VALUE_SIZE);

    real ok[PER][KEY_SIZE / 16], ov[PER][VALUE_SIZE / 16];
    for (int i = 0; i < PER; i++)
    {
        for (int j = 0; j < KEY_SIZE / 16; j++) ok[i][j] = 0;
        for (int j = 0; j < VALUE_SIZE / 16; j++) ov[i][j] = 0;
    }

    i64 begin, end;
    sizes.rows_of(start, TILE, TILE, begin, end);
    for (i64 row = begin; row < end; row += TILE)
    {
        __syncthreads();
        Rows rows = {sizes, sequence, row};
        if (threadIdx.x < TILE)
        {
            i64 at = row + threadIdx.x;
            bool exists = at < sizes.rows();
            sums[threadIdx.x] = exists ? log_sums[sequence * sizes.rows() + at] : (real)0;
            dots[threadIdx.x] = exists ? delta[sizes.offset_of_row(sequence, at)] : (real)0;
            sizes.limits_of(sequence, at, first, lows[threadIdx.x], highs[threadIdx.x]);
        }

        load_rows<KEY_STRIDE>(qs, q, rows, sizes.key_size, KEY_SIZE, (real)(sizes.scale * 1.4426950408889634));
        load_rows<VALUE_STRIDE>(gs, gradient, rows, sizes.value_size, VALUE_SIZE, (real)1);
        __syncthreads();
        real s[PER][PER], d[PER][PER];
        product<KEY_SIZE, KEY_STRIDE>(ks, qs, s);
        product<VALUE_SIZE, VALUE_STRIDE>(vs, gs, d);
        for (int i = 0; i < PER; i++)
        {
            int key = start + ROW(i);
            for (int j = 0; j < PER; j++)
            {
                int c = COLUMN(j);
                real p = key >= lows[c] && key < highs[c] ? exponential2(s[i][j] - sums[c]) : (real)0;
                ps[ROW(i) * TILE_STRIDE + c] = p;
                zs[ROW(i) * TILE_STRIDE + c] = p == 0 ? (real)0 : p * (d[i][j] - dots[c]);
            }
        }

        __syncwarp();
        add_product<VALUE_SIZE, VALUE_STRIDE>(ps, gs, ov);
        add_product<KEY_SIZE, KEY_STRIDE>(zs, qs, ok);
    }

    for (int i = 0; i < PER; i++)
    {
        int key = start + ROW(i);
        if (key >= sizes.keys) continue;
        i64 at = sizes.offset_of_key(sequence, key);
        for (int j = 0; j < KEY_SIZE / 16; j++)
        {
            if (COLUMN(j) < sizes.key_size) dk[at * sizes.key_size + COLUMN(j)] = narrow<ELEMENT>(ok[i][j] * (real)0.6931471805599453);   // qs holds q scale / ln 2
        }

        for (int j = 0; j < VALUE_SIZE / 16; j++)
        {
            if (COLUMN(j) < sizes.value_size) dv[at * sizes.value_size + COLUMN(j)] = narrow<ELEMENT>(ov[i][j]);
        }
    }
}
