// variants: ELEMENT=float|double|bf16
// h_t = a_t h_{t-1} + b_t and its gradients. A thread has one element m of one sequence and goes through its steps; neighbouring threads have
// neighbouring elements. Reads do not depend on the state, so that those of AHEAD steps are under way together. The steps' order and
// operations are the CPU kernel's: the same bits in float and double.
#include "common.cuh"

typedef acc<ELEMENT> real;

#define AHEAD 16

__device__ __forceinline__ float multiply_add(float x, float y, float z) { return fmaf(x, y, z); }
__device__ __forceinline__ double multiply_add(double x, double y, double z) { return fma(x, y, z); }

// Which element a thread has: first is its position in the step 0 of (B, L, M), row in (B, M).
struct Place
{
    i64 b, row, first;
    bool exists;

    __device__ __forceinline__ Place(i64 batch, i64 length, i64 width)
    {
        row = (i64)blockIdx.x * blockDim.x + threadIdx.x;
        exists = row < batch * width;
        b = row / width;
        first = (b * length) * width + (row - b * width);
    }
};

// Whether the state before a step is zero, whatever the gate.
__device__ __forceinline__ bool is_reset(const int* resets, i64 step) { return resets && resets[step] != 0; }

extern "C" __global__ void __launch_bounds__(128) gated_recurrence_forward(
    const ELEMENT* gate, const ELEMENT* input, const real* initial, const int* resets, ELEMENT* h, real* final, i64 batch, i64 length, i64 width)
{
    Place at(batch, length, width);
    if (!at.exists) return;
    real state = initial ? initial[at.row] : (real)0;
    bool begins = !initial;
    for (i64 start = 0; start < length; start += AHEAD)
    {
        real a[AHEAD], b[AHEAD];
        bool cut[AHEAD];
        i64 from = at.first + start * width;
#pragma unroll
        for (int i = 0; i < AHEAD; i++)
        {
            bool inside = start + i < length;
            a[i] = inside ? (real)widen(gate[from + i * width]) : (real)0;
            b[i] = inside ? (real)widen(input[from + i * width]) : (real)0;
            cut[i] = inside && is_reset(resets, at.b * length + start + i);
        }

#pragma unroll
        for (int i = 0; i < AHEAD; i++)
        {
            if (start + i >= length) continue;
            state = cut[i] || begins ? b[i] : multiply_add(a[i], state, b[i]);
            begins = false;
            h[from + i * width] = narrow<ELEMENT>(state);
        }
    }

    final[at.row] = state;
}

// G_t = ∂h_t + a_{t+1} G_{t+1}; ∂b_t = G_t, ∂a_t = G_t h_{t−1}; what is left before the first step is the initial state's gradient.
extern "C" __global__ void __launch_bounds__(128) gated_recurrence_backward(
    const ELEMENT* gate, const ELEMENT* h, const real* initial, const int* resets, const ELEMENT* of_h, const real* of_final,
    ELEMENT* of_gate, ELEMENT* of_input, real* of_initial, i64 batch, i64 length, i64 width)
{
    Place at(batch, length, width);
    if (!at.exists) return;

    // The gate and the gradient of the step behind; none behind the last, and none behind a reset.
    real next_gate = 1, g = of_final[at.row];
    bool joins = true;
    for (i64 start = (length - 1) / AHEAD * AHEAD; length > 0 && start >= 0; start -= AHEAD)
    {
        real a[AHEAD], before[AHEAD], upstream[AHEAD];
        bool cut[AHEAD];
        i64 from = at.first + start * width;
#pragma unroll
        for (int i = 0; i < AHEAD; i++)
        {
            i64 t = start + i;
            bool inside = t < length;
            cut[i] = inside && is_reset(resets, at.b * length + t);
            a[i] = inside ? (real)widen(gate[from + i * width]) : (real)0;
            upstream[i] = inside ? (real)widen(of_h[from + i * width]) : (real)0;
            before[i] = !inside || cut[i] ? (real)0 : t > 0 ? (real)widen(h[from + (i - 1) * width]) : initial ? initial[at.row] : (real)0;
        }

#pragma unroll
        for (int i = AHEAD - 1; i >= 0; i--)
        {
            if (start + i >= length) continue;
            g = joins ? multiply_add(next_gate, g, upstream[i]) : upstream[i];
            of_input[from + i * width] = narrow<ELEMENT>(g);
            of_gate[from + i * width] = narrow<ELEMENT>(g * before[i]);
            next_gate = a[i];
            joins = !cut[i];
        }
    }

    if (of_initial) of_initial[at.row] = joins ? next_gate * g : (real)0;
}
