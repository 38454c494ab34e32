// variants: ELEMENT=float|double|bf16
// Largest elements with their indices, and cumulative sums, along the middle of (outer, length, inner).
#include "numbers.cuh"
#include "lines.cuh"

typedef acc<ELEMENT> Number;

// A NaN counts as larger than any number.
__device__ __forceinline__ bool is_larger(Number x, Number best) { return !(x <= best) && best == best; }

#define V PER_PACK(ELEMENT)

struct Best
{
    Number value;
    int at;
};

__device__ __forceinline__ void meet(Best& best, Number next, int at)
{
    bool larger = is_larger(next, best.value);
    best.value = larger ? next : best.value;
    best.at = larger ? at : best.at;
}

// value may be null. The first of equals wins, the first NaN where there is one. packed: inner is 1, and lines consist of whole packs.
extern "C" __global__ void __launch_bounds__(THREADS) arg_max(
    const ELEMENT* x, i64* index, ELEMENT* value, i64 lines, i64 length, i64 inner, int lanes, int packed)
{
    __shared__ Number values[THREADS];
    __shared__ int indices[THREADS];
    Line t = line_of_thread(lanes, inner == 1);
    Best best = { 0, -1 };
    const ELEMENT* p = x;
    int width = packed ? V : 1, first = t.lane * width;
    if (t.line < lines)
    {
        p += start_of_line(t.line, length, inner);
        if (first < length) best = Best { widen(p[first * inner]), first };
        if (packed)
        {
#pragma unroll 4
            for (i64 i = first; i < length; i += lanes * V)
            {
                Pack<ELEMENT, V> pack = load_pack<ELEMENT, V>(p + i);
#pragma unroll
                for (int k = 0; k < V; k++) meet(best, widen(pack.at[k]), (int)i + k);
            }
        }
        else
        {
#pragma unroll 4
            for (i64 i = first + lanes; i < length; i += lanes) meet(best, widen(p[i * inner]), (int)i);
        }
    }

    values[threadIdx.x] = best.value;
    indices[threadIdx.x] = best.at;
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

// A run whose first element is the last in memory where reversed.
__device__ __forceinline__ void load_run(const ELEMENT* p, double (&run)[RUN], bool reverse)
{
    Pack<ELEMENT, V> packs[RUN / V];
#pragma unroll
    for (int k = 0; k < RUN / V; k++) packs[k] = load_pack<ELEMENT, V>(p + k * V);
#pragma unroll
    for (int k = 0; k < RUN; k++)
    {
        double ahead = (double)widen(packs[k / V].at[k % V]), back = (double)widen(packs[(RUN - 1 - k) / V].at[(RUN - 1 - k) % V]);
        run[k] = reverse ? back : ahead;
    }
}

__device__ __forceinline__ void store_run(ELEMENT* p, const double (&run)[RUN], double before, bool reverse)
{
    Pack<ELEMENT, V> packs[RUN / V];
#pragma unroll
    for (int k = 0; k < RUN; k++) packs[k / V].at[k % V] = narrow_sum<ELEMENT>(before + (reverse ? run[RUN - 1 - k] : run[k]));
#pragma unroll
    for (int k = 0; k < RUN / V; k++) store_pack<ELEMENT, V>(p + k * V, packs[k]);
}

extern "C" __global__ void __launch_bounds__(THREADS) cumulative_sum(const ELEMENT* x, ELEMENT* y, i64 lines, i64 length, i64 inner, int lanes, int reverse, int packed)
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
        bool whole = packed && live && position < length;
        i64 lowest = start + (reverse ? length - position - RUN : position);
        if (whole)
        {
            load_run(x + lowest, run, reverse);
        }
        else
        {
#pragma unroll
            for (int k = 0; k < RUN; k++)
            {
                i64 i = reverse ? length - 1 - (position + k) : position + k;
                run[k] = live && position + k < length ? (double)widen(x[start + i * inner]) : 0.0;
            }
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
        if (whole)
        {
            store_run(y + lowest, run, before, reverse);
        }
        else
        {
#pragma unroll
            for (int k = 0; k < RUN; k++)
            {
                i64 i = reverse ? length - 1 - (position + k) : position + k;
                if (live && position + k < length) y[start + i * inner] = narrow_sum<ELEMENT>(before + run[k]);
            }
        }

        __syncthreads();
    }
}
