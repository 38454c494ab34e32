// Tiles of attention: 256 threads, thread (x, y) of 16 × 16 owns rows y PER ... and columns x, x + 16, ... of a TILE × TILE product.
#pragma once

typedef acc<ELEMENT> real;

#define THREADS 256
#define PER (TILE / 16)
#define LANE ((int)(threadIdx.x % 16))
#define ROW(i) ((int)(threadIdx.x / 16) * PER + (i))
#define COLUMN(j) (LANE + 16 * (j))

// Rows are 16 bytes longer than a multiple of 64, so that 8 of them lie in different banks.
#define PAD (16 / (int)sizeof(real))
#define KEY_STRIDE (KEY_SIZE + PAD)
#define VALUE_STRIDE (VALUE_SIZE + PAD)
#define TILE_STRIDE (TILE + PAD)
#define INFINITE ((real)__int_as_float(0x7f800000))

__device__ __forceinline__ float exponential2(float x) { return fast_exp2(x); }
__device__ __forceinline__ double exponential2(double x) { return exp2(x); }
__device__ __forceinline__ float logarithm2(float x) { return log2f(x); }
__device__ __forceinline__ double logarithm2(double x) { return log(x) * 1.4426950408889634; }

__device__ __forceinline__ real half_warp_sum(real x)
{
    for (int offset = 8; offset > 0; offset /= 2) x += __shfl_xor_sync(FULL_MASK, x, offset);
    return x;
}

__device__ __forceinline__ real half_warp_max(real x)
{
    for (int offset = 8; offset > 0; offset /= 2)
    {
        real other = __shfl_xor_sync(FULL_MASK, x, offset);
        x = other > x ? other : x;
    }

    return x;
}

struct Sizes
{
    i64 length, keys, heads, key_heads, window;
    double scale;
    int key_size, value_size, group, vector;

    __device__ __forceinline__ i64 rows() const { return length * group; }
};

// What every kernel takes last, and what it makes of it.
#define SIZES_PARAMETERS i64 length, i64 keys, i64 heads, i64 key_heads, i64 window, double scale, int key_size, int value_size, int vector
#define SIZES Sizes sizes = {length, keys, heads, key_heads, window, scale, key_size, value_size, (int)(heads / key_heads), vector}

struct Rows
{
    const Sizes& sizes;
    i64 sequence, start;
    int low[PER], high[PER], tile_low, tile_high;

    __device__ __forceinline__ Rows(const Sizes& sizes, i64 sequence, i64 start) : sizes(sizes), sequence(sequence), start(start), tile_low(0), tile_high(0) {}

    __device__ __forceinline__ i64 row(int i) const { return start + ROW(i); }
    __device__ __forceinline__ bool exists(int i) const { return row(i) < sizes.rows(); }

    // Vectors of (B, L, H) before the row's.
    __device__ __forceinline__ i64 offset_of(i64 row) const
    {
        i64 b = sequence / sizes.key_heads, head = sequence % sizes.key_heads, t = row / sizes.group, g = row % sizes.group;
        return (b * sizes.length + t) * sizes.heads + head * sizes.group + g;
    }

    __device__ __forceinline__ i64 offset(int i) const { return offset_of(row(i)); }

    // Keys from low to high - 1 are those that a row sees; none where it does not exist.
    __device__ __forceinline__ void limits_of(i64 row, const int* first, int& low, int& high) const
    {
        low = high = 0;
        if (row >= sizes.rows()) return;
        i64 t = row / sizes.group, position = sizes.keys - sizes.length + t;
        low = position >= sizes.window ? (int)(position - sizes.window + 1) : 0;
        if (first)
        {
            int begun = first[sequence / sizes.key_heads * sizes.length + t];
            low = begun > low ? begun < (int)position ? begun : (int)position : low;   // the query itself at least, whatever the number
        }

        high = (int)position + 1;
    }

    // Those of this thread's rows, and the keys of the whole tile. Ends with a barrier.
    __device__ __forceinline__ void find_limits(const int* first)
    {
        __shared__ int lowest, highest;
        if (threadIdx.x == 0) { lowest = 0x7fffffff; highest = 0; }
        __syncthreads();
        if (threadIdx.x < WARP)
        {
            int least = 0x7fffffff, most = 0;
            for (int i = threadIdx.x; i < TILE; i += WARP)
            {
                int a, b;
                limits_of(start + i, first, a, b);
                if (b > 0) { least = a < least ? a : least; most = b > most ? b : most; }
            }

            for (int offset = WARP / 2; offset > 0; offset /= 2)
            {
                int a = __shfl_xor_sync(FULL_MASK, least, offset), b = __shfl_xor_sync(FULL_MASK, most, offset);
                least = a < least ? a : least;
                most = b > most ? b : most;
            }

            if (threadIdx.x == 0) { lowest = least; highest = most; }
        }

        for (int i = 0; i < PER; i++) limits_of(row(i), first, low[i], high[i]);
        __syncthreads();
        tile_low = lowest;
        tile_high = highest;
    }
};

// Vectors of (B, S, Hkv) before the key's.
__device__ __forceinline__ i64 offset_of_key(const Sizes& sizes, i64 sequence, i64 key)
{
    return (sequence / sizes.key_heads * sizes.keys + key) * sizes.key_heads + sequence % sizes.key_heads;
}

// One vector of a tile, zero beyond its size and where it does not exist: 16 threads.
__device__ __forceinline__ void load_vector(real* to, const ELEMENT* from, bool exists, int size, int padded, bool vector, real factor)
{
    if (vector)
    {
        for (int c = LANE * 4; c < padded; c += 64)
        {
            Pack<ELEMENT, 4> x = exists && c < size ? load_pack<ELEMENT, 4>(from + c) : Pack<ELEMENT, 4>{};
            for (int e = 0; e < 4; e++) to[c + e] = (real)widen(x.at[e]) * factor;
        }
    }
    else
    {
        for (int c = LANE; c < padded; c += 16) to[c] = exists && c < size ? (real)widen(from[c]) * factor : (real)0;
    }
}

template <int STRIDE> __device__ __forceinline__ void load_rows(real* to, const ELEMENT* x, const Rows& rows, int size, int padded, real factor)
{
    for (int i = threadIdx.x / 16; i < TILE; i += THREADS / 16)
    {
        i64 row = rows.start + i;
        bool exists = row < rows.sizes.rows();
        load_vector(to + i * STRIDE, exists ? x + rows.offset_of(row) * size : x, exists, size, padded, rows.sizes.vector, factor);
    }
}

template <int STRIDE> __device__ __forceinline__ void load_keys(real* to, const ELEMENT* x, const Sizes& sizes, i64 sequence, int start, int size, int padded)
{
    for (int i = threadIdx.x / 16; i < TILE; i += THREADS / 16)
    {
        bool exists = start + i < sizes.keys;
        load_vector(to + i * STRIDE, exists ? x + offset_of_key(sizes, sequence, start + i) * size : x, exists, size, padded, sizes.vector, (real)1);
    }
}

// c = a bᵀ over DEPTH columns of two tiles.
template <int DEPTH, int STRIDE> __device__ __forceinline__ void product(const real* a, const real* b, real (&c)[PER][PER])
{
    for (int i = 0; i < PER; i++)
    {
        for (int j = 0; j < PER; j++) c[i][j] = 0;
    }

    constexpr int N = 16 / sizeof(real);
#pragma unroll 4
    for (int k = 0; k < DEPTH; k += N)
    {
        Pack<real, N> x[PER], z[PER];
        for (int i = 0; i < PER; i++) x[i] = load_pack<real, N>(a + ROW(i) * STRIDE + k);
        for (int j = 0; j < PER; j++) z[j] = load_pack<real, N>(b + COLUMN(j) * STRIDE + k);
        for (int e = 0; e < N; e++)
        {
            for (int i = 0; i < PER; i++)
            {
                for (int j = 0; j < PER; j++) c[i][j] += x[i].at[e] * z[j].at[e];
            }
        }
    }
}

// o += p x, p a TILE × TILE tile, x a tile of SIZE columns.
template <int SIZE, int STRIDE> __device__ __forceinline__ void add_product(const real* p, const real* x, real (&o)[PER][SIZE / 16])
{
    constexpr int N = 16 / sizeof(real);
#pragma unroll 2
    for (int k = 0; k < TILE; k += N)
    {
        Pack<real, N> w[PER];
        for (int i = 0; i < PER; i++) w[i] = load_pack<real, N>(p + ROW(i) * TILE_STRIDE + k);
        for (int e = 0; e < N; e++)
        {
            for (int j = 0; j < SIZE / 16; j++)
            {
                real z = x[(k + e) * STRIDE + COLUMN(j)];
                for (int i = 0; i < PER; i++) o[i][j] += w[i].at[e] * z;
            }
        }
    }
}
