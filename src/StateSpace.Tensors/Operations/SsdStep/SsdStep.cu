// variants: ELEMENT=float|double|bf16
// A step of Mamba-2's layer between its projections. A block has ROWS of the P rows of a head's state: it convolves what these rows, and B and C of the head's group, come from
// (B and C in every block of the group: reading 4 numbers each again costs less than a kernel), then takes its rows one step on, a warp to a row. next_state may be
// state; the window's channels of B and C are read by several blocks and so go elsewhere.
#include "common.cuh"

typedef ELEMENT element;
typedef acc<ELEMENT> real;

// Rows that a warp loads before it computes: where the state is written in its place, no load may pass a store.
#define AHEAD 4

// Rows warp, warp + warps, ... of a block's `count`, N columns of a lane side by side. state and next_state begin at the first row.
template <int N> __device__ __forceinline__ void advance_rows(
    const real* state, real* next_state, const real* x, const real* b, const real* c, element* y, real delta, real decay, real skip, int count, int states)
{
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, warps = blockDim.x / WARP;
    for (int first = warp; first < count; first += AHEAD * warps)
    {
        real output[AHEAD] = {};
        for (int n = lane * N; n < states; n += WARP * N)
        {
            Pack<real, N> h[AHEAD], b_now = load_pack<real, N>(b + n), c_now = load_pack<real, N>(c + n);
#pragma unroll
            for (int r = 0; r < AHEAD; r++) if (first + r * warps < count) h[r] = load_pack<real, N>(state + (i64)(first + r * warps) * states + n);
#pragma unroll
            for (int r = 0; r < AHEAD; r++)
            {
                int row = first + r * warps;
                if (row >= count) continue;
                real input = delta * x[row];
#pragma unroll
                for (int i = 0; i < N; i++)
                {
                    h[r].at[i] = decay * h[r].at[i] + input * b_now.at[i];
                    output[r] += c_now.at[i] * h[r].at[i];
                }

                store_pack(next_state + (i64)row * states + n, h[r]);
            }
        }

#pragma unroll
        for (int r = 0; r < AHEAD; r++)
        {
            int row = first + r * warps;
            real sum = warp_sum(output[r]);
            if (row < count && lane == 0) y[row] = narrow<element>(sum + skip * x[row]);
        }
    }
}

extern "C" __global__ void __launch_bounds__(128) ssd_step(
    const element* __restrict__ projected, const real* __restrict__ window, const real* __restrict__ taps, const real* __restrict__ tap_bias,
    const real* __restrict__ delta_bias, const real* __restrict__ a, const real* __restrict__ skip, const real* state,
    element* __restrict__ y, real* __restrict__ next_window, real* next_state,
    int heads, int size, int groups, int states, int memory, int rows, double smallest, double largest)
{
    extern __shared__ uint4 shared[];
    real* b = (real*)shared, * c = b + states, * x = c + states;
    int splits = (size + rows - 1) / rows, split = blockIdx.x % splits, head = blockIdx.x / splits % heads, group = head / (heads / groups);
    i64 sequence = blockIdx.x / splits / heads;
    int inner = heads * size, convolved = inner + 2 * groups * states, first = split * rows, count = size - first < rows ? size - first : rows;
    const element* inputs = projected + sequence * (inner + convolved + heads) + inner;

    // Whose number it is in the next window: each block that of its rows, the first of a group those of B and C.
    bool isFirst = split == 0 && head % (heads / groups) == 0;
    for (int i = threadIdx.x; i < count + 2 * states; i += blockDim.x)
    {
        int channel = i < count ? head * size + first + i : i < count + states ? inner + group * states + i - count : inner + (groups - 1 + group) * states + i - count;
        bool isOwn = i < count || isFirst;
        real now = widen(inputs[channel]), sum = tap_bias ? tap_bias[channel] : 0;
        const real* weights = taps + (i64)channel * (memory + 1);
        for (int k = 0; k < memory; k++)
        {
            i64 at = (sequence * memory + k) * convolved + channel;
            real before = window[at];
            sum += weights[k] * before;
            if (isOwn && k > 0) next_window[at - convolved] = before;
        }

        if (isOwn && memory > 0) next_window[(sequence * memory + memory - 1) * convolved + channel] = now;
        sum += weights[memory] * now;
        sum *= sigmoid(sum);
        if (i < count) x[i] = sum; else b[i - count] = sum;
    }

    real delta = softplus(widen(inputs[convolved + head]) + delta_bias[head]);
    delta = delta < (real)smallest ? (real)smallest : delta > (real)largest ? (real)largest : delta;
    real decay = exp(delta * a[head]);
    __syncthreads();

    constexpr int pack = 16 / (int)sizeof(real);
    i64 at = ((sequence * heads + head) * size + first) * states;
    element* to = y + sequence * inner + head * size + first;
    if (states % pack == 0) advance_rows<pack>(state + at, next_state + at, x, b, c, to, delta, decay, skip[head], count, states);
    else advance_rows<1>(state + at, next_state + at, x, b, c, to, delta, decay, skip[head], count, states);
}
