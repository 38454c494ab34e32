// variants: ELEMENT=float|double|bf16
// Rotates the pair (x_i, x_{i + half}) of each head of x (B, L, H, 2 half) by the angle n θ^(−i/half), n the step's position. A block has some
// steps and computes their sines and cosines once, in double, for all heads.
#include "numbers.cuh"

typedef acc<ELEMENT> Number;

#define STEPS 4

// positions may be null: then step t of a sequence stands at start + t. direction is −1 to rotate back. Shared: Number[STEPS][2][half].
extern "C" __global__ void __launch_bounds__(256) rotary(
    const ELEMENT* x, const int* positions, ELEMENT* y, i64 steps, i64 length, i64 heads, i64 half, i64 start, double theta, double direction)
{
    extern __shared__ double memory[];
    Number* table = (Number*)memory;
    i64 first = (i64)blockIdx.x * STEPS;
    int count = (int)(steps - first < STEPS ? steps - first : STEPS);
    for (i64 i = threadIdx.x; i < half; i += blockDim.x)
    {
        double frequency = pow(theta, -(double)i / (double)half) * direction;
        for (int k = 0; k < count; k++)
        {
            double position = positions ? (double)positions[first + k] : (double)(start + (first + k) % length), sine, cosine;
            sincos(position * frequency, &sine, &cosine);
            table[2 * k * half + i] = (Number)cosine;
            table[(2 * k + 1) * half + i] = (Number)sine;
        }
    }

    __syncthreads();
    i64 pairs = heads * half;
    for (int k = 0; k < count; k++)
    {
        const Number* cosines = table + 2 * k * half;
        const Number* sines = cosines + half;
        for (i64 pair = threadIdx.x; pair < pairs; pair += blockDim.x)
        {
            i64 head = pair / half, i = pair - head * half, at = ((first + k) * heads + head) * 2 * half + i;
            Number left = widen(x[at]), right = widen(x[at + half]), c = cosines[i], s = sines[i];
            y[at] = narrow<ELEMENT>(left * c - right * s);
            y[at + half] = narrow<ELEMENT>(left * s + right * c);
        }
    }
}
