// Complex numbers, transforms of a few of them in a thread's registers, and which numbers a thread has.
#pragma once

typedef acc<ELEMENT> real;

struct alignas(2 * sizeof(real)) complex
{
    real re, im;
};

__device__ __forceinline__ complex operator+(complex x, complex y) { return {x.re + y.re, x.im + y.im}; }
__device__ __forceinline__ complex operator-(complex x, complex y) { return {x.re - y.re, x.im - y.im}; }
__device__ __forceinline__ complex operator*(complex x, complex y) { return {x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re}; }
__device__ __forceinline__ complex operator*(real x, complex y) { return {x * y.re, x * y.im}; }
__device__ __forceinline__ complex conjugate(complex x) { return {x.re, -x.im}; }
__device__ __forceinline__ complex swapped(complex x) { return {x.im, x.re}; }

__device__ __forceinline__ void sine_cosine_pi(float x, float* sine, float* cosine) { sincospif(x, sine, cosine); }
__device__ __forceinline__ void sine_cosine_pi(double x, double* sine, double* cosine) { sincospi(x, sine, cosine); }

// e^(−2πi part / whole), 0 ≤ part < whole.
__device__ __forceinline__ complex root(i64 part, i64 whole)
{
    complex w;
    sine_cosine_pi((real)(-2 * part) / (real)whole, &w.im, &w.re);
    return w;
}

// x ← its transform, N a power of two up to 16: even and odd halves, joined with roots that are constants.
template <int N> struct Transform
{
    static __device__ __forceinline__ void run(complex (&x)[N])
    {
        constexpr double COSINES[8] = {1, 0.92387953251128675613, 0.70710678118654752440, 0.38268343236508977173, 0, -0.38268343236508977173, -0.70710678118654752440, -0.92387953251128675613};
        constexpr double SINES[8] = {0, -0.38268343236508977173, -0.70710678118654752440, -0.92387953251128675613, -1, -0.92387953251128675613, -0.70710678118654752440, -0.38268343236508977173};
        complex even[N / 2], odd[N / 2];
#pragma unroll
        for (int i = 0; i < N / 2; i++)
        {
            even[i] = x[2 * i];
            odd[i] = x[2 * i + 1];
        }

        Transform<N / 2>::run(even);
        Transform<N / 2>::run(odd);
#pragma unroll
        for (int i = 0; i < N / 2; i++)
        {
            complex turned = complex{(real)COSINES[i * (16 / N)], (real)SINES[i * (16 / N)]} * odd[i];
            x[i] = even[i] + turned;
            x[i + N / 2] = even[i] - turned;
        }
    }
};

template <> struct Transform<1>
{
    static __device__ __forceinline__ void run(complex (&)[1]) {}
};

// The same by the definition, for an odd length.
template <int N> __device__ __forceinline__ void transform_odd(complex (&x)[N])
{
    complex roots[N], sums[N];
#pragma unroll
    for (int i = 0; i < N; i++) roots[i] = root(i, N);
#pragma unroll
    for (int k = 0; k < N; k++)
    {
        sums[k] = x[0];
#pragma unroll
        for (int i = 1; i < N; i++) sums[k] = sums[k] + roots[i * k % N] * x[i];
    }

#pragma unroll
    for (int k = 0; k < N; k++) x[k] = sums[k];
}

template <int N, bool ODD> struct AnyTransform
{
    static __device__ __forceinline__ void run(complex (&x)[N]) { Transform<N>::run(x); }
};

template <int N> struct AnyTransform<N, true>
{
    static __device__ __forceinline__ void run(complex (&x)[N]) { transform_odd<N>(x); }
};

template <> struct AnyTransform<1, true>
{
    static __device__ __forceinline__ void run(complex (&)[1]) {}
};

// ---- spectra of two real columns and of the complex column that they make ----

struct Spectra { complex first, second; };

__device__ __forceinline__ Spectra untangled(complex here, complex mirrored)
{
    return {{(here.re + mirrored.re) / 2, (here.im - mirrored.im) / 2}, {(here.im + mirrored.im) / 2, (mirrored.re - here.re) / 2}};
}

// Exchanged, for the way back.
__device__ __forceinline__ complex tangled(Spectra x) { return {x.first.im + x.second.re, x.first.re - x.second.im}; }
__device__ __forceinline__ complex tangled_mirrored(Spectra x) { return {x.second.re - x.first.im, x.first.re + x.second.im}; }

__device__ __forceinline__ bool is_edge(i64 k, i64 n) { return k == 0 || 2 * k == n; }

// What a thread works on: item of `count`, pair of columns, sequence blockIdx.y.
struct Item
{
    i64 item, pair;
    bool exists;

    __device__ __forceinline__ Item(i64 count, i64 pairs)
    {
        i64 index = (i64)blockIdx.x * blockDim.x + threadIdx.x;
        exists = index < count * pairs;
        if (count * pairs <= 0xffffffffLL)
        {
            item = (u32)index / (u32)pairs;
            pair = (u32)index % (u32)pairs;
        }
        else
        {
            item = index / pairs;
            pair = index % pairs;
        }
    }
};
