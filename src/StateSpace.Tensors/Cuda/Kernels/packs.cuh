// N neighbouring elements in one access (two, where they are more than 16 bytes), to and from the type that arithmetic is done in.
#pragma once
#include "common.cuh"

template <int N> struct alignas(N >= 4 ? 16 : N * 4) WordPack { u32 at[N]; };

template <int N, typename T> struct Packs
{
    static __device__ __forceinline__ void load(const T* from, acc<T> (&x)[N])
    {
        Pack<T, N> pack = load_pack<T, N>(from);
#pragma unroll
        for (int i = 0; i < N; i++) x[i] = widen(pack.at[i]);
    }

    static __device__ __forceinline__ void store(T* to, const acc<T> (&x)[N])
    {
        Pack<T, N> pack;
#pragma unroll
        for (int i = 0; i < N; i++) pack.at[i] = narrow<T>(x[i]);
        store_pack<T, N>(to, pack);
    }
};

// bf16 goes as 32-bit words, or the compiler would split the access into 16-bit parts.
template <int N> struct Packs<N, bf16>
{
    static_assert(N % 2 == 0, "pairs");

    static __device__ __forceinline__ void load(const bf16* from, float (&x)[N])
    {
        WordPack<N / 2> pack = *reinterpret_cast<const WordPack<N / 2>*>(from);
#pragma unroll
        for (int i = 0; i < N / 2; i++)
        {
            x[2 * i] = low_bf16(pack.at[i]);
            x[2 * i + 1] = high_bf16(pack.at[i]);
        }
    }

    static __device__ __forceinline__ void store(bf16* to, const float (&x)[N])
    {
        WordPack<N / 2> pack;
#pragma unroll
        for (int i = 0; i < N / 2; i++) pack.at[i] = pack_bf16(x[2 * i], x[2 * i + 1]);
        *reinterpret_cast<WordPack<N / 2>*>(to) = pack;
    }
};

template <> struct Packs<1, bf16>
{
    static __device__ __forceinline__ void load(const bf16* from, float (&x)[1]) { x[0] = widen(*from); }
    static __device__ __forceinline__ void store(bf16* to, const float (&x)[1]) { *to = float_to_bf16(x[0]); }
};

// The same in two steps, so that several accesses are under way before the first is waited for.
template <int N, typename T> struct Raw
{
    Pack<T, N> pack;
    __device__ __forceinline__ void load(const T* from) { pack = load_pack<T, N>(from); }
    __device__ __forceinline__ void get(acc<T> (&x)[N]) const
    {
#pragma unroll
        for (int i = 0; i < N; i++) x[i] = widen(pack.at[i]);
    }
};

template <int N> struct Raw<N, bf16>
{
    WordPack<(N + 1) / 2> pack;
    __device__ __forceinline__ void load(const bf16* from)
    {
        if (N == 1) pack.at[0] = from->bits;
        else pack = *reinterpret_cast<const WordPack<(N + 1) / 2>*>(from);
    }

    __device__ __forceinline__ void get(float (&x)[N]) const
    {
#pragma unroll
        for (int i = 0; i < N; i++) x[i] = i % 2 == 0 ? low_bf16(pack.at[i / 2]) : high_bf16(pack.at[i / 2]);
    }
};

template <int N, typename T> __device__ __forceinline__ void load(const T* from, acc<T> (&x)[N]) { Packs<N, T>::load(from, x); }
template <int N, typename T> __device__ __forceinline__ void store(T* to, const acc<T> (&x)[N]) { Packs<N, T>::store(to, x); }
