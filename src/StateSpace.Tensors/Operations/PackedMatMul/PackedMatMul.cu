// variants: ELEMENT=float|bf16; STORAGE=0|1|2; ROWS=1|8
// Products with weights that are kept as float, bf16 or int8 with a bf16 scale for each row and 64 columns.
// Macros: STORAGE 0, 1 or 2 for these; ELEMENT, the type of x and y; ROWS, rows of x at a time (packed_few_rows).
#include "common.cuh"
#include "check.cuh"

#ifndef ROWS
#define ROWS 1
#endif

#define COLUMNS_PER_SCALE 64

typedef acc<ELEMENT> real;

// Weight (row, column) of a matrix.
__device__ __forceinline__ float weight_at(const void* values, const bf16* scales, i64 row, i64 column, i64 columns)
{
#if STORAGE == 0
    return ((const float*)values)[row * columns + column];
#elif STORAGE == 1
    return bf16_to_float(((const bf16*)values)[row * columns + column]);
#else
    i64 blocks = (columns + COLUMNS_PER_SCALE - 1) / COLUMNS_PER_SCALE;
    return (float)((const signed char*)values)[row * columns + column] * bf16_to_float(scales[row * blocks + column / COLUMNS_PER_SCALE]);
#endif
}

// Rows first ... of the matrix in the type of activations.
extern "C" __global__ void packed_unpack(const void* values, const bf16* scales, ELEMENT* to, i64 first, i64 count, i64 columns)
{
    i64 index = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (index < count * columns) to[index] = narrow<ELEMENT>((real)weight_at(values, scales, first + index / columns, index % columns, columns));
}

// y = x Wᵀ for up to ROWS rows of x: a warp for each row of W, which is read once.
extern "C" __global__ void __launch_bounds__(256) packed_few_rows(
    const ELEMENT* x, const void* values, const bf16* scales, ELEMENT* y, i64 rows, i64 first, i64 count, i64 columns)
{
    i64 line = (i64)blockIdx.x * (blockDim.x / WARP) + threadIdx.x / WARP;
    if (line >= count) return;
    real sum[ROWS];
#pragma unroll
    for (int r = 0; r < ROWS; r++) sum[r] = 0;
#pragma unroll 4
    for (i64 k = threadIdx.x % WARP; k < columns; k += WARP)
    {
        real w = (real)weight_at(values, scales, first + line, k, columns);
#pragma unroll
        for (int r = 0; r < ROWS; r++)
        {
            if (r < rows) sum[r] += (real)widen(x[r * columns + k]) * w;
        }
    }

#pragma unroll
    for (int r = 0; r < ROWS; r++)
    {
        real total = warp_sum(sum[r]);
        if (threadIdx.x % WARP == 0 && r < rows) y[r * count + line] = narrow<ELEMENT>(total);
    }
}

// Rows of the matrix by number; a bad number leaves zeros and is reported.
extern "C" __global__ void packed_embedding(
    const i64* ids, const void* values, const bf16* scales, ELEMENT* y, i64 count, i64 rows, i64 columns, CheckRecord* check, u64 site)
{
    i64 index = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (index >= count * columns) return;
    i64 id = ids[index / columns];
    bool good = check_index(check, site, index / columns, id, rows);
    y[index] = good ? narrow<ELEMENT>((real)weight_at(values, scales, id, index % columns, columns)) : narrow<ELEMENT>((real)0);
}
