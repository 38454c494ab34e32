// variants: ELEMENT=float|double|bf16|int|i64; TARGET=float|double|bf16|int|i64
// y = x in another type, to nearest; to integers truncated, the nearest of the type's range where it is left, 0 for NaN. ELEMENT: type
// of x, TARGET: of y. And y = value everywhere, in TARGET.
#include "numbers.cuh"

template <typename T> struct To;

template <> struct To<float>
{
    static __device__ __forceinline__ float of(float x) { return x; }
    static __device__ __forceinline__ float of(double x) { return (float)x; }
    static __device__ __forceinline__ float of(int x) { return (float)x; }
    static __device__ __forceinline__ float of(i64 x) { return (float)x; }
};

template <> struct To<double>
{
    template <typename S> static __device__ __forceinline__ double of(S x) { return (double)x; }
};

template <> struct To<bf16>
{
    template <typename S> static __device__ __forceinline__ bf16 of(S x) { return float_to_bf16(To<float>::of(x)); }
};

// The device's conversions from floating-point types saturate.
template <> struct To<int>
{
    static __device__ __forceinline__ int of(float x) { return x != x ? 0 : (int)x; }
    static __device__ __forceinline__ int of(double x) { return x != x ? 0 : (int)x; }
    static __device__ __forceinline__ int of(int x) { return x; }
    static __device__ __forceinline__ int of(i64 x) { return x > 2147483647ll ? 2147483647 : x < -2147483648ll ? (int)-2147483648ll : (int)x; }
};

template <> struct To<i64>
{
    static __device__ __forceinline__ i64 of(float x) { return x != x ? 0 : (i64)x; }
    static __device__ __forceinline__ i64 of(double x) { return x != x ? 0 : (i64)x; }
    static __device__ __forceinline__ i64 of(int x) { return x; }
    static __device__ __forceinline__ i64 of(i64 x) { return x; }
};

#define V (sizeof(ELEMENT) < sizeof(TARGET) ? PER_PACK(TARGET) : PER_PACK(ELEMENT))

extern "C" __global__ void __launch_bounds__(256) convert(const ELEMENT* x, TARGET* y, i64 count, int packed)
{
    i64 start = (i64)blockIdx.x * blockDim.x + threadIdx.x, step = (i64)gridDim.x * blockDim.x, packs = packed ? count / V : 0;
    for (i64 p = start; p < packs; p += step)
    {
        Pack<ELEMENT, V> a = load_pack<ELEMENT, V>(x + p * V);
        Pack<TARGET, V> b;
#pragma unroll
        for (int k = 0; k < V; k++) b.at[k] = To<TARGET>::of(widen(a.at[k]));
        store_pack<TARGET, V>(y + p * V, b);
    }

    for (i64 i = packs * V + start; i < count; i += step) y[i] = To<TARGET>::of(widen(x[i]));
}

extern "C" __global__ void __launch_bounds__(256) fill(TARGET* y, double value, i64 count, int packed)
{
    const int W = PER_PACK(TARGET);
    TARGET element = To<TARGET>::of(value);
    i64 start = (i64)blockIdx.x * blockDim.x + threadIdx.x, step = (i64)gridDim.x * blockDim.x, packs = packed ? count / W : 0;
    Pack<TARGET, W> pack;
#pragma unroll
    for (int k = 0; k < W; k++) pack.at[k] = element;
    for (i64 p = start; p < packs; p += step) store_pack<TARGET, W>(y + p * W, pack);
    for (i64 i = packs * W + start; i < count; i += step) y[i] = element;
}
