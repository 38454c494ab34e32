// variants: ELEMENT=float|double|bf16
// y = scale x + shift.
#include "numbers.cuh"

typedef acc<ELEMENT> Number;

#define V PER_PACK(ELEMENT)

// Without a shift the sign of a zero product stays.
__device__ __forceinline__ ELEMENT affine_of(ELEMENT x, Number scale, Number shift)
{
    Number product = widen(x) * scale;
    return narrow<ELEMENT>(shift == (Number)0 ? product : product + shift);
}

extern "C" __global__ void __launch_bounds__(256) affine(const ELEMENT* x, ELEMENT* y, double scale, double shift, i64 count, int packed)
{
    Number a = (Number)scale, b = (Number)shift;
    i64 start = (i64)blockIdx.x * blockDim.x + threadIdx.x, step = (i64)gridDim.x * blockDim.x, packs = packed ? count / V : 0;
    for (i64 p = start; p < packs; p += step)
    {
        Pack<ELEMENT, V> pack = load_pack<ELEMENT, V>(x + p * V);
#pragma unroll
        for (int k = 0; k < V; k++) pack.at[k] = affine_of(pack.at[k], a, b);
        store_pack<ELEMENT, V>(y + p * V, pack);
    }

    for (i64 i = packs * V + start; i < count; i += step) y[i] = affine_of(x[i], a, b);
}
