// States of diagonal recurrences and their decays a = exp(step * A), real or complex, in float or double.
// A rate is A in the unit in which the exponential is cheapest: A log2(e) where real, and beside it the imaginary part in half turns where complex.
#pragma once
#include "common.cuh"

#define LOG2E_DOUBLE 1.4426950408889634074
#define LN2_DOUBLE 0.69314718055994530942
#define PI_DOUBLE 3.14159265358979323846

template <typename T> struct Complex
{
    T re, im;
};

__device__ __forceinline__ float power_of_two(float x) { return fast_exp2(x); }
__device__ __forceinline__ double power_of_two(double x) { return exp2(x); }

// sin(pi x) and cos(pi x) for x = step * rate but for their common sign, which is returned: the parity of the half turns taken off.
// Polynomials on [-1/2, 1/2] and not the special function unit: its absolute error of 2^-21 adds up along a slow decay.
__device__ __forceinline__ u32 half_turns(float step, float rate, float& sine, float& cosine)
{
    const float magic = 12582912.0f;
    float turns = fmaf(step, rate, magic);
    float x = fmaf(step, rate, magic - turns), w = x * x;
    sine = x * fmaf(w, fmaf(w, fmaf(w, fmaf(w, 0.07765591f, -0.59829041f), 2.55007739f), -5.16771008f), 3.14159264f);
    cosine = fmaf(w, fmaf(w, fmaf(w, fmaf(w, fmaf(w, -0.02439593f, 0.23493707f), -1.33521195f), 4.05870916f), -4.93480214f), 1.0f);
    return __float_as_uint(turns) << 31;
}

// ---- decays ----

template <typename T> __device__ __forceinline__ T decay_of(T rate, T step) { return power_of_two(rate * step); }

__device__ __forceinline__ Complex<float> decay_of(Complex<float> rate, float step)
{
    float sine, cosine;
    u32 sign = half_turns(step, rate.im, sine, cosine);
    float size = __uint_as_float(__float_as_uint(fast_exp2(rate.re * step)) ^ sign);
    return {size * cosine, size * sine};
}

__device__ __forceinline__ Complex<double> decay_of(Complex<double> rate, double step)
{
    double sine, cosine, size = exp2(rate.re * step);
    sincospi(rate.im * step, &sine, &cosine);
    return {size * cosine, size * sine};
}

template <typename T> __device__ __forceinline__ T rate_of(T a) { return a * (T)LOG2E_DOUBLE; }
template <typename T> __device__ __forceinline__ Complex<T> rate_of(Complex<T> a) { return {a.re * (T)LOG2E_DOUBLE, a.im * (T)(1 / PI_DOUBLE)}; }

// ---- arithmetic: x is conjugated where the name says so ----

template <typename T> __device__ __forceinline__ T conjugate_product(T x, T y) { return x * y; }
template <typename T> __device__ __forceinline__ Complex<T> conjugate_product(Complex<T> x, Complex<T> y) { return {x.re * y.re + x.im * y.im, x.re * y.im - x.im * y.re}; }

template <typename T> __device__ __forceinline__ T scaled(T x, T y) { return x * y; }
template <typename T> __device__ __forceinline__ Complex<T> scaled(T x, Complex<T> y) { return {x * y.re, x * y.im}; }
template <typename T> __device__ __forceinline__ T conjugate_scaled(T x, T y) { return x * y; }
template <typename T> __device__ __forceinline__ Complex<T> conjugate_scaled(T x, Complex<T> y) { return {x * y.re, -x * y.im}; }

// a h + x b for a real x.
template <typename T> __device__ __forceinline__ T advance(T a, T h, T x, T b) { return a * h + x * b; }
template <typename T> __device__ __forceinline__ Complex<T> advance(Complex<T> a, Complex<T> h, T x, Complex<T> b)
{
    return {a.re * h.re + (x * b.re - a.im * h.im), a.re * h.im + (a.im * h.re + x * b.im)};
}

// x y + z for a real x, y conjugated in the second.
template <typename T> __device__ __forceinline__ T scaled_plus(T x, T y, T z) { return x * y + z; }
template <typename T> __device__ __forceinline__ Complex<T> scaled_plus(T x, Complex<T> y, Complex<T> z) { return {x * y.re + z.re, x * y.im + z.im}; }
template <typename T> __device__ __forceinline__ T conjugate_scaled_plus(T x, T y, T z) { return x * y + z; }
template <typename T> __device__ __forceinline__ Complex<T> conjugate_scaled_plus(T x, Complex<T> y, Complex<T> z) { return {x * y.re + z.re, z.im - x * y.im}; }

// Re(x y) + z and Re(conj(x) y) + z.
template <typename T> __device__ __forceinline__ T real_plus(T x, T y, T z) { return x * y + z; }
template <typename T> __device__ __forceinline__ T real_plus(Complex<T> x, Complex<T> y, T z) { return x.re * y.re + (z - x.im * y.im); }
template <typename T> __device__ __forceinline__ T conjugate_real_plus(T x, T y, T z) { return x * y + z; }
template <typename T> __device__ __forceinline__ T conjugate_real_plus(Complex<T> x, Complex<T> y, T z) { return x.re * y.re + (x.im * y.im + z); }

// ---- softplus and its slope, both relatively exact for large negative x, where 1 + exp(x) has lost it ----

// With e = exp(-|x|): log(1 + e) = 2 artanh(e / (2 + e)), a polynomial of the quotient, which is at most 1/3.
__device__ __forceinline__ float softplus_and_slope(float x, float& slope)
{
    float e = fast_exp2(-fabsf(x) * LOG2E);
    float s = e * fast_reciprocal(2.0f + e), w = s * s;
    float p = fmaf(w, fmaf(w, fmaf(w, fmaf(w, 0.14078889f, 0.13982579f), 0.20012298f), 0.33333161f), 1.0f);
    slope = (x < 0 ? e : 1.0f) * fast_reciprocal(1.0f + e);
    return fmaf(2.0f * s, p, fmaxf(x, 0.0f));
}

__device__ __forceinline__ double softplus_and_slope(double x, double& slope)
{
    slope = sigmoid(x);
    return softplus(x);
}

__device__ __forceinline__ float logistic(float x) { return fast_sigmoid(x); }
__device__ __forceinline__ double logistic(double x) { return sigmoid(x); }
