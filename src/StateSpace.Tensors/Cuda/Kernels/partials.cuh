// Sums over rows in two launches: every block leaves the sums of its rows, and a second kernel adds the blocks' in a fixed order.
#pragma once
#include "common.cuh"

#define PARTIAL_COLUMNS 32
#define PARTIAL_LANES 32

// The sum over rows of one column of partial. Blocks of 1024, each for 32 columns: a warp reads 32 columns of a row, 32 warps share the rows.
// Gives the column, in the one thread that holds its sum, and -1 in the others.
template <typename T> __device__ __forceinline__ i64 sum_column(const T* partial, i64 rows, i64 columns, T& total)
{
    __shared__ T sums[PARTIAL_LANES][PARTIAL_COLUMNS + 1];
    int lane = threadIdx.x % WARP, line = threadIdx.x / WARP;
    i64 column = (i64)blockIdx.x * PARTIAL_COLUMNS + lane;
    T part[4] = { 0, 0, 0, 0 };
    if (column < columns)
    {
        i64 row = line;
        for (; row + 3 * PARTIAL_LANES < rows; row += 4 * PARTIAL_LANES)
        {
#pragma unroll
            for (int i = 0; i < 4; i++) part[i] += partial[(row + i * PARTIAL_LANES) * columns + column];
        }

        for (; row < rows; row += PARTIAL_LANES) part[0] += partial[row * columns + column];
    }

    sums[line][lane] = (part[0] + part[1]) + (part[2] + part[3]);
    __syncthreads();
    total = warp_sum(sums[lane][line]);
    column = (i64)blockIdx.x * PARTIAL_COLUMNS + line;
    return lane == 0 && column < columns ? column : -1;
}

template <typename T> __device__ __forceinline__ void sum_rows(const T* partial, T* out, i64 rows, i64 columns)
{
    T total;
    i64 column = sum_column(partial, rows, columns, total);
    if (column >= 0) out[column] = total;
}
