// variants: ELEMENT=float|double|bf16; FUNCTION=Exp|Expm1|Log|Log1p|Sqrt|Rsqrt|Reciprocal|Square|Abs|Sin|Cos|Relu|Sigmoid|Softplus|Tanh|Silu|Gelu|GeluTanh
// y = f(x) and dx = g f'(x) element by element. FUNCTION: one of the structs below, each with f and f' in float and in double.
#include "numbers.cuh"

typedef acc<ELEMENT> Number;

#define ONE(type, name) __device__ __forceinline__ type name
#define IN_BOTH(name, call, call_f) \
    ONE(float, name)(float x) { return call_f; } \
    ONE(double, name)(double x) { return call; }

// BFloat16 keeps 8 bits of what the fast functions give.
#define COARSE (sizeof(ELEMENT) == 2)

IN_BOTH(exp_of, exp(x), COARSE ? fast_exp(x) : expf(x))
IN_BOTH(expm1_of, expm1(x), expm1f(x))
IN_BOTH(log_of, log(x), logf(x))
IN_BOTH(log1p_of, log1p(x), log1pf(x))
IN_BOTH(sqrt_of, sqrt(x), sqrtf(x))
IN_BOTH(rsqrt_of, rsqrt(x), rsqrtf(x))
IN_BOTH(sin_of, sin(x), sinf(x))
IN_BOTH(cos_of, cos(x), cosf(x))
IN_BOTH(tanh_of, tanh(x), tanhf(x))
IN_BOTH(abs_of, fabs(x), fabsf(x))
IN_BOTH(erfc_of, erfc(x), erfcf(x))

#define FUNCTION_OF(name, value, derivative) \
    struct name \
    { \
        static __device__ __forceinline__ Number of(Number x) { return value; } \
        static __device__ __forceinline__ Number slope(Number x) { return derivative; } \
    };

#define N(x) ((Number)(x))

ONE(float, reciprocal_of)(float x) { return fast_reciprocal(x); }
ONE(double, reciprocal_of)(double x) { return 1.0 / x; }

// s(x) = 1 / (1 + e^(−x)) and s(−x), both without overflow or cancellation.
struct Logistic
{
    Number value, complement;
};

ONE(Logistic, logistic)(Number x)
{
    Number e = exp_of(-abs_of(x)), r = reciprocal_of(N(1) + e);
    return x < N(0) ? Logistic { e * r, r } : Logistic { r, e * r };
}

ONE(Number, logistic_value)(Number x) { return logistic(x).value; }

ONE(Number, logistic_slope)(Number x)
{
    Logistic s = logistic(x);
    return s.value * s.complement;
}

FUNCTION_OF(Exp, exp_of(x), exp_of(x))
FUNCTION_OF(Expm1, expm1_of(x), exp_of(x))
FUNCTION_OF(Log, log_of(x), N(1) / x)
FUNCTION_OF(Log1p, log1p_of(x), N(1) / (N(1) + x))
FUNCTION_OF(Sqrt, sqrt_of(x), N(0.5) / sqrt_of(x))
FUNCTION_OF(Rsqrt, rsqrt_of(x), N(-0.5) / (x * sqrt_of(x)))
FUNCTION_OF(Reciprocal, N(1) / x, N(-1) / (x * x))
FUNCTION_OF(Square, x * x, x + x)
FUNCTION_OF(Abs, abs_of(x), x > N(0) ? N(1) : x < N(0) ? N(-1) : x)
FUNCTION_OF(Sin, sin_of(x), cos_of(x))
FUNCTION_OF(Cos, cos_of(x), -sin_of(x))
FUNCTION_OF(Relu, x > N(0) || x != x ? x : N(0), x > N(0) ? N(1) : N(0))
FUNCTION_OF(Sigmoid, logistic_value(x), logistic_slope(x))
FUNCTION_OF(Softplus, softplus(x), logistic_value(x))

// 1 − tanh² = 1 / cosh² = 4 e^(−2|x|) / (1 + e^(−2|x|))², without the cancellation far from 0.
ONE(Number, tanh_slope)(Number x)
{
    Number e = exp_of(N(-2) * abs_of(x)), d = N(1) + e;
    return N(4) * e * reciprocal_of(d * d);
}

FUNCTION_OF(Tanh, tanh_of(x), tanh_slope(x))

// x s(x), and s (1 + x s(−x)).
ONE(Number, silu_slope)(Number x)
{
    Logistic s = logistic(x);
    return s.value * (N(1) + x * s.complement);
}

FUNCTION_OF(Silu, x * logistic_value(x), silu_slope(x))

// x Φ(x) with Φ(x) = erfc(−x/√2) / 2, and Φ(x) + x e^(−x²/2) / √(2π).
FUNCTION_OF(Gelu, x * (N(0.5) * erfc_of(x * N(-0.70710678118654752440))),
    N(0.5) * erfc_of(x * N(-0.70710678118654752440)) + x * N(0.39894228040143267794) * exp_of(N(-0.5) * x * x))

// x/2 (1 + tanh u) = x s(2u), u = √(2/π) (x + 0.044715 x³), and s(2u) + x s(2u) s(−2u) 2u′.
ONE(Number, twice_inner)(Number x) { return N(1.5957691216057307117) * (x + N(0.044715) * x * x * x); }

ONE(Number, gelu_tanh_slope)(Number x)
{
    Logistic s = logistic(twice_inner(x));
    return s.value * (N(1) + x * s.complement * (N(1.5957691216057307117) * (N(1) + N(0.134145) * x * x)));
}

FUNCTION_OF(GeluTanh, x * logistic_value(twice_inner(x)), gelu_tanh_slope(x))

#define V PER_PACK(ELEMENT)

extern "C" __global__ void __launch_bounds__(256) elementwise_forward(const ELEMENT* x, ELEMENT* y, i64 count, int packed)
{
    i64 start = (i64)blockIdx.x * blockDim.x + threadIdx.x, step = (i64)gridDim.x * blockDim.x, packs = packed ? count / V : 0;
    for (i64 p = start; p < packs; p += step)
    {
        Pack<ELEMENT, V> a = load_pack<ELEMENT, V>(x + p * V);
#pragma unroll
        for (int k = 0; k < V; k++) a.at[k] = narrow<ELEMENT>(FUNCTION::of(widen(a.at[k])));
        store_pack<ELEMENT, V>(y + p * V, a);
    }

    for (i64 i = packs * V + start; i < count; i += step) y[i] = narrow<ELEMENT>(FUNCTION::of(widen(x[i])));
}

extern "C" __global__ void __launch_bounds__(256) elementwise_backward(const ELEMENT* x, const ELEMENT* g, ELEMENT* dx, i64 count, int packed)
{
    i64 start = (i64)blockIdx.x * blockDim.x + threadIdx.x, step = (i64)gridDim.x * blockDim.x, packs = packed ? count / V : 0;
    for (i64 p = start; p < packs; p += step)
    {
        Pack<ELEMENT, V> a = load_pack<ELEMENT, V>(x + p * V), b = load_pack<ELEMENT, V>(g + p * V);
#pragma unroll
        for (int k = 0; k < V; k++) a.at[k] = narrow<ELEMENT>(widen(b.at[k]) * FUNCTION::slope(widen(a.at[k])));
        store_pack<ELEMENT, V>(dx + p * V, a);
    }

    for (i64 i = packs * V + start; i < count; i += step) dx[i] = narrow<ELEMENT>(widen(g[i]) * FUNCTION::slope(widen(x[i])));
}
