// variants: ELEMENT=float|double|bf16; PARTS=1|2
// Sums of parts in a fixed order: the second pass of whatever many blocks add to.
#include "common.cuh"

typedef ELEMENT element;
typedef acc<ELEMENT> real;

// y[i] = x[0][i] + x[1][i] + ..., in the arithmetic type; the array's size is count.
extern "C" __global__ void scan_sum(const real* __restrict__ x, real* __restrict__ y, int parts, i64 count)
{
    i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= count) return;
    real sum = 0;
    for (int p = 0; p < parts; p++) sum += x[p * count + i];
    y[i] = sum;
}

// The gradients of B and C from the parts of each block of channels, (parts, rows, 2, states, re and im).
extern "C" __global__ void scan_sum_coefficients(
    const real* __restrict__ x, element* __restrict__ db_re, element* __restrict__ db_im, element* __restrict__ dc_re, element* __restrict__ dc_im, int parts, i64 rows, int states)
{
    int width = 2 * states * PARTS;
    i64 count = rows * width, i = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= count) return;
    int at = (int)(i % width), which = at / (states * PARTS), part = at % PARTS;
    element* to = which ? (part ? dc_im : dc_re) : (part ? db_im : db_re);
    if (!to) return;
    real sum = 0;
#pragma unroll 4
    for (int p = 0; p < parts; p++) sum += x[p * count + i];
    to[i / width * states + at / PARTS % states] = narrow<element>(sum);
}
