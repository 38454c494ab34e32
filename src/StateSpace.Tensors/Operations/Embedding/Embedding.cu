// variants: TABLE=float; VEC=4; INDEX=int|i64
// Rows of a table by number, and the gradient: the positions are sorted by row (a radix sort that keeps equal ones in order), chunks of
// sorted positions are summed row by row, and rows that cross chunks are put together in order. No order depends on timing.
// Types: TABLE, OUTPUT of the rows, INDEX of the ids.
#include "packs.cuh"
#include "check.cuh"

#ifndef VEC
#define VEC 1
#endif
#ifndef INDEX
#define INDEX i64
#endif
#ifndef OUTPUT
#define OUTPUT TABLE
#endif

#define DIGITS 256
#define SORT_THREADS 256
#define SORT_ITEMS 8
#define SORT_TILE (SORT_THREADS * SORT_ITEMS)
#define CHUNK 32
#define AHEAD 8
#define FOR_ELEMENTS _Pragma("unroll") for (int i = 0; i < VEC; i++)

typedef acc<OUTPUT> number;

// A warp for each id. An id that is no row is reported and gives NaN.
extern "C" __global__ void embedding_forward(
    const TABLE* table, const INDEX* ids, OUTPUT* y, i64 count, i64 rows, i64 columns, CheckRecord* check, u64 site)
{
    i64 position = ((i64)blockIdx.x * blockDim.x + threadIdx.x) / WARP;
    if (position >= count) return;
    i64 id = ids[position];
    bool known = id >= 0 && id < rows;
    if (!known && threadIdx.x % WARP == 0) report_index(check, site, position, id);
    const TABLE* from = table + (known ? id : 0) * columns;
    OUTPUT* to = y + position * columns;
    for (i64 c = (i64)(threadIdx.x % WARP) * VEC; c < columns; c += WARP * VEC)
    {
        number x[VEC];
        load<VEC>(from + c, x);
        if (!known) FOR_ELEMENTS x[i] = (number)__int_as_float(0x7fffffff);
        store<VEC>(to + c, x);
    }
}

// Keys of the sort: ids; those that are no rows come last.
extern "C" __global__ void embedding_keys(const INDEX* ids, u32* keys, u32* positions, i64 count, i64 rows)
{
    i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= count) return;
    i64 id = ids[i];
    keys[i] = id >= 0 && id < rows ? (u32)id : (u32)rows;
    positions[i] = (u32)i;
}

// counts: (DIGITS, tiles), how often each tile has each digit.
extern "C" __global__ void sort_count(const u32* keys, u32* counts, i64 count, int shift)
{
    __shared__ u32 digits[DIGITS];
    digits[threadIdx.x] = 0;
    __syncthreads();
    i64 first = (i64)blockIdx.x * SORT_TILE;
    for (int item = 0; item < SORT_ITEMS; item++)
    {
        i64 i = first + item * SORT_THREADS + threadIdx.x;
        if (i < count) atomicAdd(&digits[(keys[i] >> shift) % DIGITS], 1u);
    }

    __syncthreads();
    counts[(i64)threadIdx.x * gridDim.x + blockIdx.x] = digits[threadIdx.x];
}

// Exclusive sums in place. One block of 1024.
extern "C" __global__ void sort_offsets(u32* counts, i64 length)
{
    __shared__ u32 warps[WARP];
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP;
    u32 carry = 0;
    for (i64 start = 0; start < length; start += blockDim.x)
    {
        i64 i = start + threadIdx.x;
        u32 value = i < length ? counts[i] : 0, sum = value;
        for (int offset = 1; offset < WARP; offset *= 2)
        {
            u32 other = __shfl_up_sync(FULL_MASK, sum, offset);
            if (lane >= offset) sum += other;
        }

        if (lane == WARP - 1) warps[warp] = sum;
        __syncthreads();
        u32 before = 0, all = 0;
        for (int w = 0; w < WARP; w++)
        {
            if (w < warp) before += warps[w];
            all += warps[w];
        }

        if (i < length) counts[i] = carry + before + sum - value;
        carry += all;
        __syncthreads();
    }
}

__device__ __forceinline__ u32 same_in_warp(u32 digit)
{
    u32 mask;
    asm volatile("match.any.sync.b32 %0, %1, 0xffffffff;" : "=r"(mask) : "r"(digit));
    return mask;
}

// Moves a tile's keys and positions to their places: a warp has SORT_ITEMS * 32 keys in order.
extern "C" __global__ void sort_move(
    const u32* keys, const u32* positions, const u32* offsets, u32* sorted, u32* moved, i64 count, int shift)
{
    __shared__ u32 places[SORT_THREADS / WARP][DIGITS];
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP;
    for (int w = 0; w < SORT_THREADS / WARP; w++) places[w][threadIdx.x] = 0;
    __syncthreads();
    i64 first = (i64)blockIdx.x * SORT_TILE + (i64)warp * SORT_ITEMS * WARP + lane;
    u32 key[SORT_ITEMS], rank[SORT_ITEMS];
#pragma unroll
    for (int item = 0; item < SORT_ITEMS; item++)
    {
        i64 i = first + item * WARP;
        key[item] = i < count ? keys[i] : 0;

        // Keys behind the end have a digit of their own.
        u32 digit = i < count ? (key[item] >> shift) % DIGITS : DIGITS;
        u32 same = same_in_warp(digit);
        u32 before = __popc(same & ((1u << lane) - 1));
        rank[item] = i < count ? places[warp][digit] + before : 0;
        __syncwarp();
        if (before == 0 && i < count) places[warp][digit] += __popc(same);
        __syncwarp();
    }

    __syncthreads();
    u32 sum = offsets[(i64)threadIdx.x * gridDim.x + blockIdx.x];
    for (int w = 0; w < SORT_THREADS / WARP; w++)
    {
        u32 own = places[w][threadIdx.x];
        places[w][threadIdx.x] = sum;
        sum += own;
    }

    __syncthreads();
#pragma unroll
    for (int item = 0; item < SORT_ITEMS; item++)
    {
        i64 i = first + item * WARP;
        if (i >= count) continue;
        u32 to = places[warp][(key[item] >> shift) % DIGITS] + rank[item];
        sorted[to] = key[item];
        moved[to] = positions[i];
    }
}

// A block sums the rows of CHUNK sorted positions, blockDim.x * VEC columns. What lies within the chunk goes to the table's gradient; a row that
// comes from the chunk before leaves its part in edges[2 chunk], one that begins here and goes on in edges[2 chunk + 1].
extern "C" __global__ void embedding_sum(
    const u32* keys, const u32* positions, const OUTPUT* gradient, TABLE* dtable, number* edges, i64 count, i64 rows, i64 columns)
{
    __shared__ u32 key[CHUNK + 2];
    __shared__ u32 position[CHUNK];
    i64 first = (i64)blockIdx.x * CHUNK, column = ((i64)blockIdx.y * blockDim.x + threadIdx.x) * VEC;
    int length = count - first < CHUNK ? (int)(count - first) : CHUNK;
    for (int i = threadIdx.x; i < CHUNK + 2; i += blockDim.x)
    {
        i64 at = first + i - 1;
        key[i] = at >= 0 && at < count ? keys[at] : 0xffffffffu;
        if (i < length) position[i] = positions[first + i];
    }

    __syncthreads();
    if (column >= columns) return;
    number sum[VEC];
    FOR_ELEMENTS sum[i] = 0;
    bool begins = true;   // whether the row that is summed began in this chunk
    for (int start = 0; start < length; start += AHEAD)
    {
        number g[AHEAD][VEC];
#pragma unroll
        for (int a = 0; a < AHEAD; a++) if (start + a < length) load<VEC>(gradient + (i64)position[start + a] * columns + column, g[a]);
#pragma unroll
        for (int a = 0; a < AHEAD; a++)
        {
            int at = start + a;
            if (at >= length) break;
            u32 row = key[at + 1];
            if (at == 0) begins = key[0] != row;
            FOR_ELEMENTS sum[i] += g[a][i];
            bool ends = key[at + 2] != row;
            if (!ends && at + 1 < length) continue;
            if (row < rows)
            {
                if (!begins) store<VEC>(edges + 2 * (i64)blockIdx.x * columns + column, sum);
                else if (!ends) store<VEC>(edges + (2 * (i64)blockIdx.x + 1) * columns + column, sum);
                else store<VEC>(dtable + (i64)row * columns + column, sum);
            }

            FOR_ELEMENTS sum[i] = 0;
            begins = true;
        }
    }
}

// Rows that cross chunks: the block of the chunk in which such a row begins adds its parts in order.
extern "C" __global__ void embedding_join(const u32* keys, const number* edges, TABLE* dtable, i64 count, i64 rows, i64 columns)
{
    i64 chunk = blockIdx.x, next = (chunk + 1) * CHUNK, column = ((i64)blockIdx.y * blockDim.x + threadIdx.x) * VEC;
    if (next >= count || column >= columns) return;
    u32 row = keys[next - 1];
    if (row >= rows || keys[next] != row || (chunk > 0 && keys[chunk * CHUNK - 1] == row)) return;
    number sum[VEC];
    load<VEC>(edges + (2 * chunk + 1) * columns + column, sum);
    for (; next < count && keys[next] == row; next += CHUNK)
    {
        number part[VEC];
        load<VEC>(edges + 2 * (next / CHUNK) * columns + column, part);
        FOR_ELEMENTS sum[i] += part[i];
    }

    store<VEC>(dtable + (i64)row * columns + column, sum);
}
