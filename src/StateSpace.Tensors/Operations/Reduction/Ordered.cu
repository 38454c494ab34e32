// variants: ELEMENT=float|double|bf16
// Largest elements with their indices, and cumulative sums, along the middle of (outer, length, inner).
#include "numbers.cuh"
#include "lines.cuh"

typedef acc<ELEMENT> Number;

// A NaN counts as larger than any number.
__device__ __forceinline__ bool is_larger(Number x, Number best) { return !(x <= best) && best == best; }

// value may be null. The first of equals wins, the first NaN where there is one.
extern "C" __global__ void __launch_bounds__(THREADS) arg_max(const ELEMENT* x, i64* index, ELEMENT* value, i64 lines, i64 length, i64 inner, int lanes)
{
    __shared__ Number values[THREADS];
    __shared__ int indices[THREADS];
    Line t = line_of_thread(lanes, inner == 1);
    Number best = 0;
    int at = -1;
    const ELEMENT* p = x;
    if (t.line < lines)
    {
        p += start_of_line(t.line, length, inner);
        if (t.lane < length)
        {
            best = widen(p[t.lane * inner]);
            at = t.lane;
        }

#pragma unroll 4
        for (i64 i = t.lane + lanes; i < length; i += lanes)
        {
            Number next = widen(p[i * inner]);
            bool larger = is_larger(next, best);
            best = larger ? next : best;
            at = larger ? (int)i : at;
        }
    }

    values[threadIdx.x] = best;
    indices[threadIdx.x] = at;
    for (int half = lanes / 2; half > 0; half /= 2)
    {
        __syncthreads();
        if (t.lane < half)
        {
            int here = threadIdx.x, there = here + half * t.step, other = indices[there];
            if (other >= 0 && (is_larger(values[there], values[here]) || (other < indices[here] && !is_larger(values[here], values[there]))))
            {
                values[here] = values[there];
                indices[here] = other;
            }
        }
    }

    if (t.lane == 0 && t.line < lines)
    {
        i64 found = indices[threadIdx.x];
        index[t.line] = found;
        if (value) value[t.line] = p[found * inner];
    }
}

// Elements in a row that a thread adds up before the threads of a line exchange their sums.
#define RUN 8

extern "C" __global__ void __launch_bounds__(THREADS) cumulative_sum(const ELEMENT* x, ELEMENT* y, i64 lines, i64 length, i64 inner, int lanes, int reverse)
{
    __shared__ double parts[2][THREADS];
    Line t = line_of_thread(lanes, inner == 1);
    bool live = t.line < lines;
    i64 start = live ? start_of_line(t.line, length, inner) : 0;
    double carry = 0;
    for (i64 first = 0; first < length; first += (i64)lanes * RUN)
    {
        i64 position = first + t.lane * RUN;
        double run[RUN], sum = 0;
#pragma unroll
        for (int k = 0; k < RUN; k++)
        {
            i64 i = reverse ? length - 1 - (position + k) : position + k;
            run[k] = live && position + k < length ? (double)widen(x[start + i * inner]) : 0.0;
        }

#pragma unroll
        for (int k = 0; k < RUN; k++) run[k] = sum += run[k];

        // What the threads before this one have, in log₂ lanes steps from one buffer to the other.
        int buffer = 0;
        parts[0][threadIdx.x] = sum;
        for (int distance = 1; distance < lanes; distance *= 2)
        {
            __syncthreads();
            double before = t.lane >= distance ? parts[buffer][threadIdx.x - distance * t.step] : 0.0;
            parts[1 - buffer][threadIdx.x] = parts[buffer][threadIdx.x] + before;
            buffer = 1 - buffer;
        }

        __syncthreads();
        double before = carry + (t.lane > 0 ? parts[buffer][threadIdx.x - t.step] : 0.0);
        carry += parts[buffer][threadIdx.x + (lanes - 1 - t.lane) * t.step];
#pragma unroll
        for (int k = 0; k < RUN; k++)
        {
            i64 i = reverse ? length - 1 - (position + k) : position + k;
            if (live && position + k < length) y[start + i * inner] = narrow_sum<ELEMENT>(before + run[k]);
        }

        __syncthreads();
    }
}
