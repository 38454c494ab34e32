// variants: ELEMENT=float|double|bf16; RADIX=2|3|4|5|8|16; FROM_REAL=0|1; TO_REAL=0|1
// A pass of a Fourier transform along the middle axis of (B, n, pairs): Stockham's order, so that nothing is ever permuted. Two real columns are one
// complex column, put together by the first pass and taken apart by the last where these touch real arrays.
// Macros: ELEMENT, the real arrays' type; RADIX, 1 to 16, a power of two or odd; FROM_REAL and TO_REAL, 0 or 1.
#include "common.cuh"
#include "FftNumbers.cuh"

// Where real columns lie: element (b, l, d) at b batch + l row + d column; rows from `rows` on are zero, or not written.
#define REAL_PARAMETERS i64 rows, i64 columns, i64 batch_stride, i64 row_stride, i64 column_stride

// One factor of the length: butterflies of RADIX numbers that are n / RADIX apart, after `done`, the product of the factors before.
extern "C" __global__ void __launch_bounds__(256) fft_pass(
    const void* source, void* target, i64 n, i64 done, i64 pairs, REAL_PARAMETERS)
{
    i64 butterflies = n / RADIX;
    Item at(butterflies, pairs);
    if (!at.exists) return;
    complex x[RADIX];
#pragma unroll
    for (int r = 0; r < RADIX; r++)
    {
        i64 l = at.item + r * butterflies;
#if FROM_REAL
        const ELEMENT* from = (const ELEMENT*)source + blockIdx.y * batch_stride + l * row_stride + 2 * at.pair * column_stride;
        x[r].re = l < rows ? (real)widen(from[0]) : (real)0;
        x[r].im = l < rows && 2 * at.pair + 1 < columns ? (real)widen(from[column_stride]) : (real)0;
#else
        x[r] = ((const complex*)source)[(blockIdx.y * n + l) * pairs + at.pair];
#endif
    }

    i64 k = done == 1 ? 0 : n <= 0x7fffffffLL ? (u32)at.item % (u32)done : at.item % done;
    if (done > 1)
    {
#pragma unroll
        for (int r = 1; r < RADIX; r++) x[r] = root(k * r, done * RADIX) * x[r];
    }

    AnyTransform<RADIX, RADIX % 2 == 1>::run(x);
    i64 first = (at.item - k) * RADIX + k;
#pragma unroll
    for (int r = 0; r < RADIX; r++)
    {
        i64 l = first + r * done;
#if TO_REAL
        if (l >= rows) continue;
        ELEMENT* to = (ELEMENT*)target + blockIdx.y * batch_stride + l * row_stride + 2 * at.pair * column_stride;
        to[0] = narrow<ELEMENT>(x[r].im);
        if (2 * at.pair + 1 < columns) to[column_stride] = narrow<ELEMENT>(x[r].re);
#else
        ((complex*)target)[(blockIdx.y * n + l) * pairs + at.pair] = x[r];
#endif
    }
}
