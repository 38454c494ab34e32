// variants: ELEMENT=float|double|bf16
// Softmax, its logarithm and log Σ e^x of rows of `width` elements. `lanes` threads of a block of 256 share a row, so 256 / lanes rows are
// in a block. A row's second pass finds it in the caches.
#include "numbers.cuh"
#include "lines.cuh"

typedef acc<ELEMENT> Number;

#define V PER_PACK(ELEMENT)

__device__ __forceinline__ float exp_of(float x) { return sizeof(ELEMENT) == 2 ? fast_exp(x) : expf(x); }
__device__ __forceinline__ double exp_of(double x) { return exp(x); }
__device__ __forceinline__ float log_of(float x) { return logf(x); }
__device__ __forceinline__ double log_of(double x) { return log(x); }

// A maximum and Σ e^(x − maximum). A NaN is in the sum.
struct Total
{
    Number maximum, sum;
};

__device__ __forceinline__ Total join(Total a, Total b)
{
    Number maximum = a.maximum > b.maximum ? a.maximum : b.maximum;
    Number shift = maximum == lowest<Number>() ? (Number)0 : maximum;    // −∞ less itself would be NaN
    return Total { maximum, a.sum * exp_of(a.maximum - shift) + b.sum * exp_of(b.maximum - shift) };
}

template <int N> __device__ __forceinline__ Total total_of_part(const ELEMENT* row, i64 width, int lane, int lanes)
{
    Total total = { lowest<Number>(), (Number)0 };
    for (i64 i = lane * N; i < width; i += lanes * N)
    {
        Pack<ELEMENT, N> pack = load_pack<ELEMENT, N>(row + i);
        Number maximum = total.maximum;
#pragma unroll
        for (int k = 0; k < N; k++) maximum = widen(pack.at[k]) > maximum ? widen(pack.at[k]) : maximum;
        Number shift = maximum == lowest<Number>() ? (Number)0 : maximum;
        if (maximum != total.maximum) total.sum *= exp_of(total.maximum - shift);
#pragma unroll
        for (int k = 0; k < N; k++) total.sum += exp_of(widen(pack.at[k]) - shift);
        total.maximum = maximum;
    }

    return total;
}

// The row's total in each of its threads; all threads of the block call this.
__device__ __forceinline__ Total total_of_row(Total part, int lane, int lanes)
{
    __shared__ Total totals[THREADS];
    totals[threadIdx.x] = part;
    for (int half = lanes / 2; half > 0; half /= 2)
    {
        __syncthreads();
        if (lane < half) totals[threadIdx.x] = join(totals[threadIdx.x], totals[threadIdx.x + half]);
    }

    __syncthreads();
    return totals[threadIdx.x - lane];
}

__device__ __forceinline__ Number sum_of_row(Number part, int lane, int lanes)
{
    __shared__ Number sums[THREADS];
    sums[threadIdx.x] = part;
    for (int half = lanes / 2; half > 0; half /= 2)
    {
        __syncthreads();
        if (lane < half) sums[threadIdx.x] += sums[threadIdx.x + half];
    }

    __syncthreads();
    return sums[threadIdx.x - lane];
}

template <int N> __device__ __forceinline__ void forward_row(const ELEMENT* x, ELEMENT* y, i64 width, int lane, int lanes, bool live, bool logarithm)
{
    Total total = total_of_row(live ? total_of_part<N>(x, width, lane, lanes) : Total { (Number)0, (Number)0 }, lane, lanes);
    if (!live) return;
    Number factor = logarithm ? log_of(total.sum) : (Number)1 / total.sum;
    for (i64 i = lane * N; i < width; i += lanes * N)
    {
        Pack<ELEMENT, N> pack = load_pack<ELEMENT, N>(x + i);
#pragma unroll
        for (int k = 0; k < N; k++)
        {
            // x − maximum first: close numbers, no rounding; then the logarithm, which is at most log D.
            Number shifted = widen(pack.at[k]) - total.maximum;
            pack.at[k] = narrow<ELEMENT>(logarithm ? shifted - factor : exp_of(shifted) * factor);
        }

        store_pack<ELEMENT, N>(y + i, pack);
    }
}

extern "C" __global__ void __launch_bounds__(THREADS) softmax_forward(const ELEMENT* x, ELEMENT* y, i64 rows, i64 width, int lanes, int packed, int logarithm)
{
    Line t = line_of_thread(lanes, true);
    if (packed) forward_row<V>(x + t.line * width, y + t.line * width, width, t.lane, lanes, t.line < rows, logarithm);
    else forward_row<1>(x + t.line * width, y + t.line * width, width, t.lane, lanes, t.line < rows, logarithm);
}

// dx = y (g − Σ g y), or dx = g − e^y Σ g of the logarithm.
template <int N> __device__ __forceinline__ void backward_row(
    const ELEMENT* y, const ELEMENT* g, ELEMENT* dx, i64 width, int lane, int lanes, bool live, bool logarithm)
{
    Number part = 0;
    if (live)
    {
        for (i64 i = lane * N; i < width; i += lanes * N)
        {
            Pack<ELEMENT, N> a = load_pack<ELEMENT, N>(y + i), b = load_pack<ELEMENT, N>(g + i);
#pragma unroll
            for (int k = 0; k < N; k++) part += logarithm ? widen(b.at[k]) : widen(a.at[k]) * widen(b.at[k]);
        }
    }

    Number sum = sum_of_row(part, lane, lanes);
    if (!live) return;
    for (i64 i = lane * N; i < width; i += lanes * N)
    {
        Pack<ELEMENT, N> a = load_pack<ELEMENT, N>(y + i), b = load_pack<ELEMENT, N>(g + i);
#pragma unroll
        for (int k = 0; k < N; k++)
        {
            Number output = widen(a.at[k]), gradient = widen(b.at[k]);
            a.at[k] = narrow<ELEMENT>(logarithm ? gradient - exp_of(output) * sum : output * (gradient - sum));
        }

        store_pack<ELEMENT, N>(dx + i, a);
    }
}

extern "C" __global__ void __launch_bounds__(THREADS) softmax_backward(
    const ELEMENT* y, const ELEMENT* g, ELEMENT* dx, i64 rows, i64 width, int lanes, int packed, int logarithm)
{
    Line t = line_of_thread(lanes, true);
    i64 offset = t.line * width;
    if (packed) backward_row<V>(y + offset, g + offset, dx + offset, width, t.lane, lanes, t.line < rows, logarithm);
    else backward_row<1>(y + offset, g + offset, dx + offset, width, t.lane, lanes, t.line < rows, logarithm);
}

// y = log Σ e^x, an infinity where that is the largest element; exact, which may be null, is y before its rounding.
extern "C" __global__ void __launch_bounds__(THREADS) log_sum_exp(const ELEMENT* x, ELEMENT* y, Number* exact, i64 rows, i64 width, int lanes, int packed)
{
    Line t = line_of_thread(lanes, true);
    const ELEMENT* row = x + t.line * width;
    bool live = t.line < rows;
    Total part = { (Number)0, (Number)0 };
    if (live) part = packed ? total_of_part<V>(row, width, t.lane, lanes) : total_of_part<1>(row, width, t.lane, lanes);
    Total total = total_of_row(part, t.lane, lanes);
    if (!live || t.lane > 0) return;
    bool infinite = total.maximum == lowest<Number>() || total.maximum == -lowest<Number>();
    Number result = infinite ? total.maximum : total.maximum + log_of(total.sum);
    y[t.line] = narrow<ELEMENT>(result);
    if (exact) exact[t.line] = result;
}

// dx = g e^(x − y), g and y one number a row.
extern "C" __global__ void __launch_bounds__(THREADS) log_sum_exp_backward(
    const ELEMENT* x, const Number* y, const ELEMENT* g, ELEMENT* dx, i64 count, i64 width, int packed)
{
    i64 step = (i64)gridDim.x * THREADS, start = (i64)blockIdx.x * THREADS + threadIdx.x;
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
