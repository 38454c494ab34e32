// variants: ELEMENT=float|double|bf16
// Small kernels that show whether a device computes and how arguments arrive; for tests and for the measure of a launch.
#include "common.cuh"

extern "C" __global__ void probe_nothing() {}

// Twelve parameters of every kind; writes what arrived.
extern "C" __global__ void probe_arguments(const ELEMENT* x, ELEMENT* y, double* numbers, i64 count, int small, i64 large, double scale, float single, u32 word, u64 wide, int negative, const ELEMENT* none)
{
    i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) y[i] = narrow<ELEMENT>((acc<ELEMENT>)scale * widen(x[i]));
    if (i == 0)
    {
        numbers[0] = small;
        numbers[1] = (double)large;
        numbers[2] = scale;
        numbers[3] = single;
        numbers[4] = word;
        numbers[5] = (double)wide;
        numbers[6] = negative;
        numbers[7] = none == nullptr ? 1 : 0;
    }
}

// Sums a block's values through dynamic shared memory of any size.
extern "C" __global__ void probe_shared(double* sum, int count)
{
    extern __shared__ double values[];
    for (int i = threadIdx.x; i < count; i += blockDim.x) values[i] = i;
    __syncthreads();
    if (threadIdx.x == 0)
    {
        double total = 0;
        for (int i = 0; i < count; i++) total += values[i];
        *sum = total;
    }
}
