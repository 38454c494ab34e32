// variants: ELEMENT=float|double; COMPLEX=0|1
// Zero-order hold element by element in double: there are D·N elements, not B·L·D. COMPLEX: 0 or 1; imaginary parts are null where 0.
#include "numbers.cuh"

struct Complex
{
    double re, im;
};

__device__ __forceinline__ Complex product(Complex x, Complex y) { return Complex { x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re }; }

__device__ __forceinline__ Complex quotient(Complex x, Complex y)
{
    double square = y.re * y.re + y.im * y.im;
    return Complex { (x.re * y.re + x.im * y.im) / square, (x.im * y.re - x.re * y.im) / square };
}

// |z|² below which the series are used, and terms that are enough there: the next is 2^−70 of the sum.
#define NEAR 0.25
#define TERMS 15

// Σ_k z^k / (k + 1)!, or its derivative Σ_k (k + 1) z^k / (k + 2)!, by Horner's rule.
__device__ Complex series(Complex z, bool slope)
{
    Complex sum = { 1, 0 };
    for (int k = TERMS - 1; k >= 0; k--)
    {
        double ratio = slope ? (k + 2.0) / ((k + 1.0) * (k + 3.0)) : 1 / (k + 2.0);
        Complex next = product(z, sum);
        sum = Complex { 1 + ratio * next.re, ratio * next.im };
    }

    return slope ? Complex { sum.re / 2, sum.im / 2 } : sum;
}

__device__ Complex exponential(Complex z)
{
    double magnitude = exp(z.re);
    if (!COMPLEX) return Complex { magnitude, 0 };
    double sine, cosine;
    sincos(z.im, &sine, &cosine);
    return Complex { magnitude * cosine, magnitude * sine };
}

__device__ __forceinline__ bool is_near(Complex z) { return z.re * z.re + z.im * z.im < NEAR; }

// φ(z) = (e^z − 1) / z and φ′(z) = (e^z − φ(z)) / z.
__device__ Complex phi_of(Complex z, Complex e) { return is_near(z) ? series(z, false) : quotient(Complex { e.re - 1, e.im }, z); }
__device__ Complex slope_of(Complex z, Complex e)
{
    if (is_near(z)) return series(z, true);
    Complex phi = phi_of(z, e);
    return quotient(Complex { e.re - phi.re, e.im - phi.im }, z);
}

__device__ __forceinline__ Complex load(const ELEMENT* re, const ELEMENT* im, i64 i) { return Complex { (double)widen(re[i]), COMPLEX ? (double)widen(im[i]) : 0.0 }; }
__device__ __forceinline__ void store(ELEMENT* re, ELEMENT* im, i64 i, Complex x)
{
    re[i] = narrow_sum<ELEMENT>(x.re);
    if (COMPLEX) im[i] = narrow_sum<ELEMENT>(x.im);
}

// log Ā = ΔA and B̄ = Δ φ(ΔA).
extern "C" __global__ void zero_order_hold_forward(
    const ELEMENT* delta, const ELEMENT* a_re, const ELEMENT* a_im, ELEMENT* log_re, ELEMENT* log_im, ELEMENT* b_re, ELEMENT* b_im, i64 count, i64 states)
{
    i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= count) return;
    double step = (double)widen(delta[i / states]);
    Complex a = load(a_re, a_im, i), z = { step * a.re, step * a.im }, phi = phi_of(z, exponential(z));
    store(log_re, log_im, i, z);
    store(b_re, b_im, i, Complex { step * phi.re, step * phi.im });
}

// With α and β from ΔA and B̄: ∂A = Δ α + Δ² conj(φ′) β, ∂Δ = Σ_n Re(conj(A) α + conj(e^{ΔA}) β). A warp has a channel.
extern "C" __global__ void zero_order_hold_backward(
    const ELEMENT* delta, const ELEMENT* a_re, const ELEMENT* a_im, const ELEMENT* alpha_re, const ELEMENT* alpha_im, const ELEMENT* beta_re,
    const ELEMENT* beta_im, ELEMENT* ddelta, ELEMENT* da_re, ELEMENT* da_im, i64 channels, i64 states)
{
    i64 channel = (i64)blockIdx.x * (blockDim.x / WARP) + threadIdx.x / WARP;
    if (channel >= channels) return;
    double step = (double)widen(delta[channel]), sum = 0;
    for (i64 i = channel * states + threadIdx.x % WARP; i < (channel + 1) * states; i += WARP)
    {
        Complex a = load(a_re, a_im, i), alpha = load(alpha_re, alpha_im, i), beta = load(beta_re, beta_im, i);
        Complex z = { step * a.re, step * a.im }, e = exponential(z), slope = slope_of(z, e);
        slope = product(Complex { slope.re, -slope.im }, beta);
        store(da_re, da_im, i, Complex { step * alpha.re + step * step * slope.re, step * alpha.im + step * step * slope.im });
        sum += a.re * alpha.re + a.im * alpha.im + e.re * beta.re + e.im * beta.im;
    }

    sum = warp_sum(sum);
    if (threadIdx.x % WARP == 0) ddelta[channel] = narrow_sum<ELEMENT>(sum);
}
