// variants: ELEMENT=float|double|bf16
// A step of Mamba-2's layer between its projections. A block has ROWS of the P rows of a head's state: it convolves what these rows, and B and C of the head's group, come from
// (B and C in every block of the group: reading 4 numbers each again costs less than a kernel), then takes its rows one step on, a warp to a row. next_state may be
// state; the window's channels of B and C are read by several blocks and so go elsewhere.
#include "common.cuh"

typedef ELEMENT element;
typedef acc<ELEMENT> real;

// Columns of a lane that are loaded together.
#define AHEAD 4

extern "C" __global__ void __launch_bounds__(128) ssd_step(
    const element* __restrict__ projected, const real* __restrict__ window, const real* __restrict__ taps, const real* __restrict__ tap_bias,
    const real* __restrict__ delta_bias, const real* __restrict__ a, const real* __restrict__ skip, const real* state,
    element* __restrict__ y, real* __restrict__ next_window, real* next_state,
    int heads, int size, int groups, int states, int memory, int rows, double smallest, double largest)
{
    extern __shared__ uint4 shared[];
    real* x = (real*)shared, * b = x + rows, * c = b + states;
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

    int lane = threadIdx.x % WARP;
    for (int row = threadIdx.x / WARP; row < count; row += blockDim.x / WARP)
    {
        i64 at = ((sequence * heads + head) * size + first + row) * states;
        real input = delta * x[row], output = 0;
        for (int begin = lane; begin < states; begin += AHEAD * WARP)
        {
            // Loads first: where the state is written in its place, none may pass a store.
            real h[AHEAD];
#pragma unroll
            for (int i = 0; i < AHEAD; i++) h[i] = begin + i * WARP < states ? state[at + begin + i * WARP] : 0;
#pragma unroll
            for (int i = 0; i < AHEAD; i++)
            {
                int n = begin + i * WARP;
                if (n >= states) continue;
                h[i] = decay * h[i] + input * b[n];
                next_state[at + n] = h[i];
                output += c[n] * h[i];
            }
        }

        output = warp_sum(output);
        if (lane == 0) y[sequence * inner + head * size + first + row] = narrow<element>(output + skip[head] * x[row]);
    }
}
