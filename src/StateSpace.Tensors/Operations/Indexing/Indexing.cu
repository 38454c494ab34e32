// variants: ELEMENT=float|double|bf16|int|i64; INDEX=int|i64
// variants: ELEMENT=float; INDEX=int|i64; SUM=float
// variants: ELEMENT=double; INDEX=int|i64; SUM=double
// variants: ELEMENT=bf16; INDEX=int|i64; SUM=float
// Elements moved by number along the middle of (outer, length, inner): gathered, and added in order. ELEMENT: of x and of what is gathered;
// INDEX: int or i64. A number out of range is reported, and its element is 0, or not added.
#include "numbers.cuh"
#include "check.cuh"

template <typename I> __device__ __forceinline__ void gather_all(
    const ELEMENT* x, const INDEX* index, ELEMENT* y, i64 count, i64 picks, i64 length, i64 inner, CheckRecord* check, u64 site)
{
    for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += (i64)gridDim.x * blockDim.x)
    {
        I row = (I)i / (I)inner, outer = row / (I)picks;
        i64 column = (i64)((I)i - row * (I)inner), number = (i64)index[i];
        ELEMENT zero = {};
        y[i] = check_index(check, site, i, number, length) ? x[((i64)outer * length + number) * inner + column] : zero;
    }
}

// y[o, j, i] = x[o, index[o, j, i], i].
extern "C" __global__ void __launch_bounds__(256) gather(
    const ELEMENT* x, const INDEX* index, ELEMENT* y, i64 count, i64 picks, i64 length, i64 inner, CheckRecord* check, u64 site)
{
    if (count < (1ll << 31)) gather_all<u32>(x, index, y, count, picks, length, inner, check, site);
    else gather_all<u64>(x, index, y, count, picks, length, inner, check, site);
}

#ifdef SUM
// y[o, index[o, j, i], i] += source[o, j, i] for j = 0, 1, …, in SUM, the arithmetic type. A thread has a line (o, i).
extern "C" __global__ void __launch_bounds__(256) scatter_add(
    const INDEX* index, const ELEMENT* source, SUM* y, i64 lines, i64 picks, i64 length, i64 inner, CheckRecord* check, u64 site)
{
    i64 line = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (line >= lines) return;
    i64 outer = line / inner, column = line - outer * inner;
    SUM* to = y + outer * length * inner + column;
    for (i64 pick = 0; pick < picks; pick++)
    {
        i64 i = (outer * picks + pick) * inner + column, number = (i64)index[i];
        if (check_index(check, site, i, number, length)) to[number * inner] += (SUM)widen(source[i]);
    }
}

// The same where lines are few and long: a warp has a line and takes 32 picks at a time. Those of one number take turns in their
// order, so that the sums are the same bits.
extern "C" __global__ void __launch_bounds__(256) scatter_add_warp(
    const INDEX* index, const ELEMENT* source, SUM* y, i64 lines, i64 picks, i64 length, i64 inner, CheckRecord* check, u64 site)
{
    i64 line = (i64)blockIdx.x * (blockDim.x / WARP) + threadIdx.x / WARP;
    int lane = threadIdx.x % WARP;
    if (line >= lines) return;
    i64 outer = line / inner, column = line - outer * inner;
    volatile SUM* to = y + outer * length * inner + column;
    for (i64 first = 0; first < picks; first += WARP)
    {
        i64 pick = first + lane, i = (outer * picks + pick) * inner + column, number = -1;
        SUM value = 0;
        if (pick < picks)
        {
            number = (i64)index[i];
            if (check_index(check, site, i, number, length)) value = (SUM)widen(source[i]);
            else number = -1;
        }

        __syncwarp();
        int turn = 0;
#pragma unroll
        for (int other = 0; other < WARP; other++) turn += __shfl_sync(FULL_MASK, number, other) == number && other < lane;
        for (int k = 0; __any_sync(FULL_MASK, turn >= k && number >= 0); k++)
        {
            if (turn == k && number >= 0) to[number * inner] += value;
            __syncwarp();
        }
    }
}
#endif
