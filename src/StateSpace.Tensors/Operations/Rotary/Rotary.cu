// variants: ELEMENT=float|double|bf16
// Rotates the pair (x_i, x_{i + half}) of each head of x (B, L, H, 2 half) by the angle n θ^(−i/half), n the step's position. A block has some
// steps and computes their sines and cosines once, in double, for all heads.
#include "numbers.cuh"

typedef acc<ELEMENT> Number;

#define STEPS 8

#define V PER_PACK(ELEMENT)

// N pairs at a time, of all the block's steps.
template <int N> __device__ __forceinline__ void rotate(const ELEMENT* x, ELEMENT* y, const Number* table, int steps, int heads, int half)
{
    int per_head = half / N, per_step = heads * per_head;
    for (int pack = threadIdx.x; pack < steps * per_step; pack += blockDim.x)
    {
        int vector = pack / per_head, i = (pack - vector * per_head) * N, step = vector / heads;
        i64 at = (i64)vector * 2 * half + i;
        const Number* cosines = table + 2 * step * half + i;
        Pack<ELEMENT, N> left = load_pack<ELEMENT, N>(x + at), right = load_pack<ELEMENT, N>(x + at + half);
#pragma unroll
        for (int k = 0; k < N; k++)
        {
            Number a = widen(left.at[k]), b = widen(right.at[k]), c = cosines[k], s = cosines[half + k];
            left.at[k] = narrow<ELEMENT>(a * c - b * s);
            right.at[k] = narrow<ELEMENT>(a * s + b * c);
        }

        store_pack<ELEMENT, N>(y + at, left);
        store_pack<ELEMENT, N>(y + at + half, right);
    }
}

// positions may be null: then step t of a sequence stands at start + t. direction is −1 to rotate back. packed: addresses and half are whole
// packs. Shared: double[half], Number[STEPS][2][half].
extern "C" __global__ void __launch_bounds__(256) rotary(
    const ELEMENT* x, const int* positions, ELEMENT* y, i64 steps, i64 length, int heads, int half, i64 start, double theta, double direction, int packed)
{
    extern __shared__ double memory[];
    double* frequencies = memory;
    Number* table = (Number*)(memory + half);
    i64 first = (i64)blockIdx.x * STEPS;
    int count = (int)(steps - first < STEPS ? steps - first : STEPS);

    for (int i = threadIdx.x; i < half; i += blockDim.x) frequencies[i] = pow(theta, -(double)i / (double)half) * direction;
    __syncthreads();
    for (int each = threadIdx.x; each < half * count; each += blockDim.x)
    {
        int k = each / half, i = each - k * half;
        double position = positions ? (double)positions[first + k] : (double)(start + (first + k) % length), sine, cosine;
        sincos(position * frequencies[i], &sine, &cosine);
        table[2 * k * half + i] = (Number)cosine;
        table[(2 * k + 1) * half + i] = (Number)sine;
    }

    __syncthreads();
    i64 offset = first * heads * 2 * half;
    if (packed) rotate<V>(x + offset, y + offset, table, count, heads, half);
    else rotate<1>(x + offset, y + offset, table, count, heads, half);
}
