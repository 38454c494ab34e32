// variants: ELEMENT=float|double|bf16
// Softmax, its logarithm and log Σ e^x of rows of `width` elements. `lanes` threads share a row: at most 32, several rows in a block, or
// the whole block. A row that fits into its threads' registers is read once; what does not is found in the caches by the second pass.
#include "numbers.cuh"

typedef acc<ELEMENT> Number;

#define V PER_PACK(ELEMENT)

// Packs that a thread keeps: of the input forward, of output and gradient each backward. Short rows take the smaller number.
#define KEPT 8
#define KEPT_BACKWARD 4
#define FEW 2

__device__ __forceinline__ float exp_of(float x) { return sizeof(ELEMENT) == 2 ? fast_exp(x) : expf(x); }
__device__ __forceinline__ double exp_of(double x) { return exp(x); }
__device__ __forceinline__ float log_of(float x) { return logf(x); }
__device__ __forceinline__ double log_of(double x) { return log(x); }

struct Larger { static __device__ __forceinline__ Number of(Number x, Number y) { return x > y ? x : y; } };
struct Added { static __device__ __forceinline__ Number of(Number x, Number y) { return x + y; } };

// The same in each of a row's threads; all threads of the block call this.
template <typename Join> __device__ __forceinline__ Number over_row(Number x, int lanes)
{
    for (int offset = (lanes < WARP ? lanes : WARP) / 2; offset > 0; offset /= 2) x = Join::of(x, __shfl_xor_sync(FULL_MASK, x, offset));
    if (lanes <= WARP) return x;
    __shared__ Number parts[WARP];
    int lane = threadIdx.x % WARP, warps = lanes / WARP;
    __syncthreads();
    if (lane == 0) parts[threadIdx.x / WARP] = x;
    __syncthreads();
    x = parts[lane % warps];
    for (int offset = warps / 2; offset > 0; offset /= 2) x = Join::of(x, __shfl_xor_sync(FULL_MASK, x, offset));
    return x;
}

// −∞ less itself would be NaN.
__device__ __forceinline__ Number shift_of(Number maximum) { return maximum == lowest<Number>() ? (Number)0 : maximum; }

struct Row
{
    i64 row;
    int lane;
    bool live;
};

// Threads beyond the last row do its work once more and write nothing.
__device__ __forceinline__ Row row_of_thread(i64 rows, int lanes)
{
    i64 row = (i64)blockIdx.x * (blockDim.x / lanes) + threadIdx.x / lanes;
    return Row { row < rows ? row : rows - 1, (int)(threadIdx.x % lanes), row < rows };
}

// The largest element and Σ e^(x − shift of it), in one pass. A NaN is in the sum.
template <int N> __device__ __forceinline__ void total_of_row(const ELEMENT* row, i64 width, int lane, int lanes, Number& maximum, Number& sum)
{
    maximum = lowest<Number>();
    sum = 0;
    for (i64 i = lane * N; i < width; i += lanes * N)
    {
        Pack<ELEMENT, N> pack = load_pack<ELEMENT, N>(row + i);
        Number before = maximum;
#pragma unroll
        for (int k = 0; k < N; k++) maximum = Larger::of(widen(pack.at[k]), maximum);
        Number shift = shift_of(maximum);
        if (maximum != before) sum *= exp_of(before - shift);
#pragma unroll
        for (int k = 0; k < N; k++) sum += exp_of(widen(pack.at[k]) - shift);
    }

    Number own = maximum;
    maximum = over_row<Larger>(maximum, lanes);
    sum = over_row<Added>(sum * exp_of(own - shift_of(maximum)), lanes);
}

template <int N> __device__ __forceinline__ Pack<ELEMENT, N> result_of(Pack<ELEMENT, N> pack, Number maximum, Number factor, bool logarithm)
{
#pragma unroll
    for (int k = 0; k < N; k++)
    {
        // x − maximum first: close numbers, no rounding; then the logarithm, which is at most log D.
        Number shifted = widen(pack.at[k]) - maximum;
        pack.at[k] = narrow<ELEMENT>(logarithm ? shifted - factor : exp_of(shifted) * factor);
    }

    return pack;
}

template <int N, int P> __device__ __forceinline__ void forward_kept(const ELEMENT* x, ELEMENT* y, i64 width, int lane, int lanes, bool live, bool logarithm)
{
    Pack<ELEMENT, N> packs[P];
    Number maximum = lowest<Number>(), sum = 0;
#pragma unroll
    for (int p = 0; p < P; p++)
    {
        i64 i = (i64)(p * lanes + lane) * N;
        if (i < width) packs[p] = load_pack<ELEMENT, N>(x + i);
    }

#pragma unroll
    for (int p = 0; p < P; p++)
    {
        if ((i64)(p * lanes + lane) * N < width)
        {
#pragma unroll
            for (int k = 0; k < N; k++) maximum = Larger::of(widen(packs[p].at[k]), maximum);
        }
    }

    maximum = over_row<Larger>(maximum, lanes);
    Number shift = shift_of(maximum);
#pragma unroll
    for (int p = 0; p < P; p++)
    {
        if ((i64)(p * lanes + lane) * N < width)
        {
#pragma unroll
            for (int k = 0; k < N; k++) sum += exp_of(widen(packs[p].at[k]) - shift);
        }
    }

    sum = over_row<Added>(sum, lanes);
    Number factor = logarithm ? log_of(sum) : (Number)1 / sum;
#pragma unroll
    for (int p = 0; p < P; p++)
    {
        i64 i = (i64)(p * lanes + lane) * N;
        if (live && i < width) store_pack<ELEMENT, N>(y + i, result_of<N>(packs[p], maximum, factor, logarithm));
    }
}

template <int N> __device__ __forceinline__ void forward_row(const ELEMENT* x, ELEMENT* y, i64 width, int lane, int lanes, bool live, bool logarithm)
{
    if (width <= (i64)FEW * lanes * N) return forward_kept<N, FEW>(x, y, width, lane, lanes, live, logarithm);
    if (width <= (i64)KEPT * lanes * N) return forward_kept<N, KEPT>(x, y, width, lane, lanes, live, logarithm);

    Number maximum, sum;
    total_of_row<N>(x, width, lane, lanes, maximum, sum);
    Number factor = logarithm ? log_of(sum) : (Number)1 / sum;
    for (i64 i = live ? lane * N : width; i < width; i += lanes * N)
    {
        store_pack<ELEMENT, N>(y + i, result_of<N>(load_pack<ELEMENT, N>(x + i), maximum, factor, logarithm));
    }
}

extern "C" __global__ void __launch_bounds__(512) softmax_forward(const ELEMENT* x, ELEMENT* y, i64 rows, i64 width, int lanes, int packed, int logarithm)
{
    Row t = row_of_thread(rows, lanes);
    i64 offset = t.row * width;
    if (packed) forward_row<V>(x + offset, y + offset, width, t.lane, lanes, t.live, logarithm);
    else forward_row<1>(x + offset, y + offset, width, t.lane, lanes, t.live, logarithm);
}

template <int N> __device__ __forceinline__ Number product_of(const Pack<ELEMENT, N>& y, const Pack<ELEMENT, N>& g, bool logarithm)
{
    Number sum = 0;
#pragma unroll
    for (int k = 0; k < N; k++) sum += logarithm ? widen(g.at[k]) : widen(y.at[k]) * widen(g.at[k]);
    return sum;
}

template <int N> __device__ __forceinline__ Pack<ELEMENT, N> gradient_of(Pack<ELEMENT, N> y, const Pack<ELEMENT, N>& g, Number sum, bool logarithm)
{
#pragma unroll
    for (int k = 0; k < N; k++)
    {
        Number output = widen(y.at[k]), gradient = widen(g.at[k]);
        y.at[k] = narrow<ELEMENT>(logarithm ? gradient - exp_of(output) * sum : output * (gradient - sum));
    }

    return y;
}

template <int N, int P> __device__ __forceinline__ void backward_kept(
    const ELEMENT* y, const ELEMENT* g, ELEMENT* dx, i64 width, int lane, int lanes, bool live, bool logarithm)
{
    Pack<ELEMENT, N> a[P], b[P];
    Number sum = 0;
#pragma unroll
    for (int p = 0; p < P; p++)
    {
        i64 i = (i64)(p * lanes + lane) * N;
        if (i >= width) continue;
        a[p] = load_pack<ELEMENT, N>(y + i);
        b[p] = load_pack<ELEMENT, N>(g + i);
    }

#pragma unroll
    for (int p = 0; p < P; p++)
    {
        if ((i64)(p * lanes + lane) * N < width) sum += product_of<N>(a[p], b[p], logarithm);
    }

    sum = over_row<Added>(sum, lanes);
#pragma unroll
    for (int p = 0; p < P; p++)
    {
        i64 i = (i64)(p * lanes + lane) * N;
        if (live && i < width) store_pack<ELEMENT, N>(dx + i, gradient_of<N>(a[p], b[p], sum, logarithm));
    }
}

// dx = y (g − Σ g y), or dx = g − e^y Σ g of the logarithm.
template <int N> __device__ __forceinline__ void backward_row(
    const ELEMENT* y, const ELEMENT* g, ELEMENT* dx, i64 width, int lane, int lanes, bool live, bool logarithm)
{
    if (width <= (i64)FEW * lanes * N) return backward_kept<N, FEW>(y, g, dx, width, lane, lanes, live, logarithm);
    if (width <= (i64)KEPT_BACKWARD * lanes * N) return backward_kept<N, KEPT_BACKWARD>(y, g, dx, width, lane, lanes, live, logarithm);
    Number sum = 0;
    for (i64 i = lane * N; i < width; i += lanes * N) sum += product_of<N>(load_pack<ELEMENT, N>(y + i), load_pack<ELEMENT, N>(g + i), logarithm);
    sum = over_row<Added>(sum, lanes);
    for (i64 i = live ? lane * N : width; i < width; i += lanes * N)
    {
        store_pack<ELEMENT, N>(dx + i, gradient_of<N>(load_pack<ELEMENT, N>(y + i), load_pack<ELEMENT, N>(g + i), sum, logarithm));
    }
}

extern "C" __global__ void __launch_bounds__(512) softmax_backward(
    const ELEMENT* y, const ELEMENT* g, ELEMENT* dx, i64 rows, i64 width, int lanes, int packed, int logarithm)
{
    Row t = row_of_thread(rows, lanes);
    i64 offset = t.row * width;
    if (packed) backward_row<V>(y + offset, g + offset, dx + offset, width, t.lane, lanes, t.live, logarithm);
    else backward_row<1>(y + offset, g + offset, dx + offset, width, t.lane, lanes, t.live, logarithm);
}

// y = log Σ e^x, an infinity where that is the largest element; exact, which may be null, is y before its rounding.
extern "C" __global__ void __launch_bounds__(512) log_sum_exp(const ELEMENT* x, ELEMENT* y, Number* exact, i64 rows, i64 width, int lanes, int packed)
{
    Row t = row_of_thread(rows, lanes);
    Number maximum, sum;
    if (packed) total_of_row<V>(x + t.row * width, width, t.lane, lanes, maximum, sum);
    else total_of_row<1>(x + t.row * width, width, t.lane, lanes, maximum, sum);
    if (!t.live || t.lane > 0) return;
    bool infinite = maximum == lowest<Number>() || maximum == -lowest<Number>();
    Number result = infinite ? maximum : maximum + log_of(sum);
    y[t.row] = narrow<ELEMENT>(result);
    if (exact) exact[t.row] = result;
}

// dx = g e^(x − y), g and y one number a row.
extern "C" __global__ void __launch_bounds__(256) log_sum_exp_backward(
    const ELEMENT* x, const Number* y, const ELEMENT* g, ELEMENT* dx, i64 count, i64 width, int packed)
{
    i64 step = (i64)gridDim.x * blockDim.x, start = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (packed)
    {
        for (i64 p = start; p < count / V; p += step)
        {
            i64 row = p * V / width;
            Number logarithm = y[row], gradient = widen(g[row]);
            Pack<ELEMENT, V> pack = load_pack<ELEMENT, V>(x + p * V);
#pragma unroll
            for (int k = 0; k < V; k++) pack.at[k] = narrow<ELEMENT>(gradient * exp_of(widen(pack.at[k]) - logarithm));
            store_pack<ELEMENT, V>(dx + p * V, pack);
        }

        return;
    }

    for (i64 i = start; i < count; i += step)
    {
        i64 row = i / width;
        dx[i] = narrow<ELEMENT>(widen(g[row]) * exp_of(widen(x[i]) - y[row]));
    }
}
