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

// The gradients of B and C from the parts of each block of channels, (parts, sequences, steps, 2, states, re and im); a thread adds up N numbers side by side.
// Early steps first, of all sequences: the reverse pass wrote them last, so that many are in the cache still.
template <int N> __device__ __forceinline__ void sum_coefficients(
    const real* __restrict__ x, element* __restrict__ db_re, element* __restrict__ db_im, element* __restrict__ dc_re, element* __restrict__ dc_im,
    int parts, i64 sequences, i64 length, int states)
{
    int width = 2 * states * PARTS;
    i64 count = sequences * length * width, i = ((i64)blockIdx.x * blockDim.x + threadIdx.x) * N;
    if (i >= count) return;
    int at = (int)(i % width);
    i64 row = i / width % sequences * length + i / width / sequences;
    const real* from = x + row * width + at;
    Pack<real, N> sum = {};
#pragma unroll 8
    for (int p = 0; p < parts; p++)
    {
        Pack<real, N> part = load_pack<real, N>(from + p * count);
#pragma unroll
        for (int j = 0; j < N; j++) sum.at[j] += part.at[j];
    }

#pragma unroll
    for (int j = 0; j < N; j++)
    {
        int which = (at + j) / (states * PARTS), part = (at + j) % PARTS;
        element* to = which ? (part ? dc_im : dc_re) : (part ? db_im : db_re);
        if (to) to[row * states + (at + j) / PARTS % states] = narrow<element>(sum.at[j]);
    }
}

extern "C" __global__ void scan_sum_coefficients(
    const real* __restrict__ x, element* __restrict__ db_re, element* __restrict__ db_im, element* __restrict__ dc_re, element* __restrict__ dc_im,
    int parts, i64 sequences, i64 length, int states)
{
    // SelectiveScanCuda starts as many threads.
    constexpr int most = 16 / (int)sizeof(real);
    if (2 * states * PARTS % most == 0) sum_coefficients<most>(x, db_re, db_im, dc_re, dc_im, parts, sequences, length, states);
    else sum_coefficients<1>(x, db_re, db_im, dc_re, dc_im, parts, sequences, length, states);
}
