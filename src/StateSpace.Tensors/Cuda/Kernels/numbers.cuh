// Integers as element types, the sums' wider types, and the limits of the floating ones.
#pragma once
#include "common.cuh"

template <> struct Arithmetic<int> { typedef int type; };
template <> struct Arithmetic<i64> { typedef i64 type; };

__device__ __forceinline__ int widen(int x) { return x; }
__device__ __forceinline__ i64 widen(i64 x) { return x; }

#define INFINITY_F __int_as_float(0x7f800000)

template <typename T> __device__ __forceinline__ T lowest();
template <> __device__ __forceinline__ float lowest<float>() { return -INFINITY_F; }
template <> __device__ __forceinline__ double lowest<double>() { return -(double)INFINITY_F; }

// From the double in which sums run over packs.
template <typename T> __device__ __forceinline__ T narrow_sum(double x) { return narrow<T>((acc<T>)x); }

// Elements in a pack of 16 bytes.
#define PER_PACK(type) (16 / (int)sizeof(type))
