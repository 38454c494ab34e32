// variants: ELEMENT=float; RIGHT=float|bf16; OPERATION=Add|Subtract|Multiply|Divide|Maximum|LargerShare|First
// variants: ELEMENT=double; RIGHT=double; OPERATION=Add|Subtract|Multiply|Divide|Maximum|LargerShare|First
// variants: ELEMENT=bf16; RIGHT=float|bf16; OPERATION=Add|Subtract|Multiply|Divide|Maximum|LargerShare|First
// variants: ELEMENT=int; RIGHT=int; OPERATION=First
// variants: ELEMENT=i64; RIGHT=i64; OPERATION=First
// z = f(x, y) element by element with broadcasting. ELEMENT: type of x and z; RIGHT: of y; OPERATION: one of the structs below.
// z is contiguous; along the innermost axis of `inner` elements each operand advances (stride 1) or repeats (stride 0).
#include "numbers.cuh"
#include "axes.cuh"

typedef acc<ELEMENT> Number;

struct Add { static __device__ __forceinline__ Number of(Number x, Number y) { return x + y; } };
struct Subtract { static __device__ __forceinline__ Number of(Number x, Number y) { return x - y; } };
struct Multiply { static __device__ __forceinline__ Number of(Number x, Number y) { return x * y; } };
struct Divide { static __device__ __forceinline__ Number of(Number x, Number y) { return x / y; } };

// The larger of two; NaN where either is.
struct Maximum
{
    static __device__ __forceinline__ Number of(Number x, Number y) { return x != x ? x : y != y ? y : larger(x, y); }
    static __device__ __forceinline__ float larger(float x, float y) { return fmaxf(x, y); }
    static __device__ __forceinline__ double larger(double x, double y) { return fmax(x, y); }
    static __device__ __forceinline__ int larger(int x, int y) { return x > y ? x : y; }
    static __device__ __forceinline__ i64 larger(i64 x, i64 y) { return x > y ? x : y; }
};

// The share of a maximum's gradient that x gets.
struct LargerShare { static __device__ __forceinline__ Number of(Number x, Number y) { return x > y ? (Number)1 : x == y ? (Number)1 / (Number)2 : (Number)0; } };

// x alone: broadcasting as a copy.
struct First { static __device__ __forceinline__ Number of(Number x, Number y) { return x; } };

template <typename T, int V> __device__ __forceinline__ Pack<T, V> operand(const T* p, bool repeats)
{
    if (!repeats) return load_pack<T, V>(p);
    Pack<T, V> pack;
    T value = *p;
#pragma unroll
    for (int k = 0; k < V; k++) pack.at[k] = value;
    return pack;
}

template <int V> __device__ __forceinline__ void pack_of(const ELEMENT* x, const RIGHT* y, ELEMENT* z, bool left_repeats, bool right_repeats)
{
    Pack<ELEMENT, V> a = operand<ELEMENT, V>(x, left_repeats), c;
    Pack<RIGHT, V> b = operand<RIGHT, V>(y, right_repeats);
#pragma unroll
    for (int k = 0; k < V; k++) c.at[k] = narrow<ELEMENT>(OPERATION::of(widen(a.at[k]), (Number)widen(b.at[k])));
    store_pack<ELEMENT, V>(z, c);
}

template <typename I, int V> __device__ __forceinline__ void rows(
    const ELEMENT* x, const RIGHT* y, ELEMENT* z, i64 packs, i64 inner, bool left_repeats, bool right_repeats, const Axes& axes)
{
    I per_row = (I)(inner / V);
    for (i64 p = (i64)blockIdx.x * blockDim.x + threadIdx.x; p < packs; p += (i64)gridDim.x * blockDim.x)
    {
        i64 left = 0, right = 0;
        I column = (I)p;
        if (axes.count > 0)
        {
            I row = (I)p / per_row;
            column -= row * per_row;
            offsets<I>(axes, row, left, right);
        }

        left += left_repeats ? 0 : (i64)column * V;
        right += right_repeats ? 0 : (i64)column * V;
        pack_of<V>(x + left, y + right, z + p * V, left_repeats, right_repeats);
    }
}

// packs: of all rows. Where there is one row alone (axis_count 0), what is left of it after whole packs is done by the first threads.
template <int V> __device__ __forceinline__ void run(
    const ELEMENT* x, const RIGHT* y, ELEMENT* z, i64 packs, i64 inner, int left_stride, int right_stride, const Axes& axes)
{
    bool left_repeats = left_stride == 0, right_repeats = right_stride == 0;
    if (packs < (1ll << 31)) rows<u32, V>(x, y, z, packs, inner, left_repeats, right_repeats, axes);
    else rows<u64, V>(x, y, z, packs, inner, left_repeats, right_repeats, axes);
    if (V > 1 && axes.count == 0 && blockIdx.x == 0 && threadIdx.x < inner - packs * V)
    {
        i64 i = packs * V + threadIdx.x;
        pack_of<1>(x + (left_repeats ? 0 : i), y + (right_repeats ? 0 : i), z + i, left_repeats, right_repeats);
    }
}

extern "C" __global__ void __launch_bounds__(256) arithmetic_packed(
    const ELEMENT* x, const RIGHT* y, ELEMENT* z, i64 packs, i64 inner, int left_stride, int right_stride, AXES_PARAMETERS)
{
    run<sizeof(RIGHT) < sizeof(ELEMENT) ? PER_PACK(ELEMENT) : PER_PACK(RIGHT)>(x, y, z, packs, inner, left_stride, right_stride, AXES_OF_PARAMETERS);
}

extern "C" __global__ void __launch_bounds__(256) arithmetic(
    const ELEMENT* x, const RIGHT* y, ELEMENT* z, i64 packs, i64 inner, int left_stride, int right_stride, AXES_PARAMETERS)
{
    run<1>(x, y, z, packs, inner, left_stride, right_stride, AXES_OF_PARAMETERS);
}
