// What every kernel shares: element types, their arithmetic type, vector access, fast functions, reductions in a fixed order.
// No toolkit header: NVRTC alone must compile this, so whatever a header would give is written here or as inline PTX.
#pragma once

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;

#define WARP 32
#define FULL_MASK 0xffffffffu

// ---- bfloat16: storage only; arithmetic is in float ----

struct bf16
{
    u16 bits;
};

__device__ __forceinline__ float bf16_to_float(bf16 x) { return __int_as_float(((int)x.bits) << 16); }

// Round to nearest even; sm_80 and newer.
__device__ __forceinline__ bf16 float_to_bf16(float x)
{
    bf16 y;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
    return y;
}

// Two floats as two bf16 in a word, the first in the low half.
__device__ __forceinline__ u32 pack_bf16(float low, float high)
{
    u32 word;
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(word) : "f"(high), "f"(low));
    return word;
}

__device__ __forceinline__ float low_bf16(u32 word) { return __int_as_float((int)(word << 16)); }
__device__ __forceinline__ float high_bf16(u32 word) { return __int_as_float((int)(word & 0xffff0000u)); }

// ---- element types: acc<T> is what arithmetic on T is done in ----

template <typename T> struct Arithmetic { typedef float type; };
template <> struct Arithmetic<double> { typedef double type; };
template <typename T> using acc = typename Arithmetic<T>::type;

__device__ __forceinline__ float widen(float x) { return x; }
__device__ __forceinline__ double widen(double x) { return x; }
__device__ __forceinline__ float widen(bf16 x) { return bf16_to_float(x); }

template <typename T> __device__ __forceinline__ T narrow(acc<T> x) { return (T)x; }
template <> __device__ __forceinline__ bf16 narrow<bf16>(float x) { return float_to_bf16(x); }

// N elements in one access of N * sizeof(T) bytes, at most 16; the address must be a multiple of that.
template <typename T, int N> struct alignas(sizeof(T) * N) Pack { T at[N]; };
template <typename T, int N> __device__ __forceinline__ Pack<T, N> load_pack(const T* p) { return *reinterpret_cast<const Pack<T, N>*>(p); }
template <typename T, int N> __device__ __forceinline__ void store_pack(T* p, const Pack<T, N>& x) { *reinterpret_cast<Pack<T, N>*>(p) = x; }

// ---- functions; those named fast_ are a few ulp off, and for float only ----

#define LOG2E 1.4426950408889634f
#define LN2 0.6931471805599453f

__device__ __forceinline__ float fast_exp2(float x) { float y; asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x)); return y; }
__device__ __forceinline__ float fast_log2(float x) { float y; asm("lg2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x)); return y; }
__device__ __forceinline__ float fast_reciprocal(float x) { float y; asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x)); return y; }
__device__ __forceinline__ float fast_exp(float x) { return fast_exp2(x * LOG2E); }
__device__ __forceinline__ float fast_sigmoid(float x) { return fast_reciprocal(1.0f + fast_exp2(-x * LOG2E)); }

__device__ __forceinline__ float sigmoid(float x) { return x >= 0 ? 1.0f / (1.0f + expf(-x)) : expf(x) / (1.0f + expf(x)); }
__device__ __forceinline__ double sigmoid(double x) { return x >= 0 ? 1.0 / (1.0 + exp(-x)) : exp(x) / (1.0 + exp(x)); }
__device__ __forceinline__ float softplus(float x) { return x > 0 ? x + log1pf(expf(-x)) : log1pf(expf(x)); }
__device__ __forceinline__ double softplus(double x) { return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)); }

// ---- reductions in a fixed order ----

template <typename T> __device__ __forceinline__ T warp_sum(T x)
{
    for (int offset = WARP / 2; offset > 0; offset /= 2) x += __shfl_xor_sync(FULL_MASK, x, offset);
    return x;
}

template <typename T> __device__ __forceinline__ T warp_max(T x)
{
    for (int offset = WARP / 2; offset > 0; offset /= 2)
    {
        T other = __shfl_xor_sync(FULL_MASK, x, offset);
        x = other > x || other != other ? other : x;
    }

    return x;
}

// The sum over the block, in every thread. blockDim.x is a multiple of 32, at most 1024; two calls may follow each other.
template <typename T> __device__ __forceinline__ T block_sum(T x)
{
    __shared__ T parts[WARP];
    int lane = threadIdx.x % WARP, warp = threadIdx.x / WARP, warps = blockDim.x / WARP;
    x = warp_sum(x);
    __syncthreads();
    if (lane == 0) parts[warp] = x;
    __syncthreads();
    x = lane < warps ? parts[lane] : (T)0;
    return warp_sum(x);
}
