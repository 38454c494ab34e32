// variants: ELEMENT=float|double; COMPLEX=0|1; IS_LOG=0|1
// k_l = s Re Σ_n w_n λ_n^l, and its gradients. Lanes go over l; a lane's powers advance by λ^lanes in the arithmetic type and start afresh from double
// every REFRESH steps, so that errors do not grow with l and the phase l Im a is never rounded to float.
// Macros: ELEMENT, float or double; COMPLEX; IS_LOG, whether λ is given by its logarithm.
#include "common.cuh"

#define LANES 128
#define REFRESH 16

struct number { double re, im; };

__device__ __forceinline__ number multiply(number x, number y) { return {x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re}; }

// λ^exponent of mode i.
__device__ __forceinline__ number power(const ELEMENT* lambda_re, const ELEMENT* lambda_im, i64 i, i64 exponent)
{
    number x = {(double)lambda_re[i], COMPLEX ? (double)lambda_im[i] : 0.0}, result = {1, 0};
#if IS_LOG
    double magnitude = exp(exponent * x.re);
    double sine = 0, cosine = 1;
    if (COMPLEX) sincos(exponent * x.im, &sine, &cosine);
    result = {magnitude * cosine, magnitude * sine};
#else
    for (; exponent > 0; exponent >>= 1)
    {
        if (exponent & 1) result = multiply(result, x);
        x = multiply(x, x);
    }
#endif
    return result;
}

__device__ __forceinline__ void advance(ELEMENT& re, ELEMENT& im, ELEMENT step_re, ELEMENT step_im)
{
    ELEMENT next = COMPLEX ? re * step_re - im * step_im : re * step_re;
    if (COMPLEX) im = re * step_im + im * step_re;
    re = next;
}

// A block is LANES * REFRESH outputs of one channel.
extern "C" __global__ void __launch_bounds__(LANES) impulse_response(
    const ELEMENT* lambda_re, const ELEMENT* lambda_im, const ELEMENT* weight_re, const ELEMENT* weight_im, ELEMENT* kernel, i64 states, i64 length, double scale)
{
    i64 channel = blockIdx.y, first = (i64)blockIdx.x * (LANES * REFRESH) + threadIdx.x;
    ELEMENT sum[REFRESH];
#pragma unroll
    for (int j = 0; j < REFRESH; j++) sum[j] = 0;
    for (i64 i = channel * states; i < (channel + 1) * states; i++)
    {
        number weight = {scale * (double)weight_re[i], COMPLEX ? scale * (double)weight_im[i] : 0.0};
        number start = multiply(weight, power(lambda_re, lambda_im, i, first)), step = power(lambda_re, lambda_im, i, LANES);
        ELEMENT re = (ELEMENT)start.re, im = (ELEMENT)start.im;
#pragma unroll
        for (int j = 0; j < REFRESH; j++)
        {
            sum[j] += re;
            advance(re, im, (ELEMENT)step.re, (ELEMENT)step.im);
        }
    }

#pragma unroll
    for (int j = 0; j < REFRESH; j++)
    {
        i64 l = first + j * LANES;
        if (l < length) kernel[channel * length + l] = sum[j];
    }
}

// ∂w = s conj(Σ g_l λ^l), ∂λ = s conj(w Σ (l + 1) g_{l+1} λ^l), ∂a = s conj(w Σ l g_l λ^l). A block is one mode.
extern "C" __global__ void __launch_bounds__(LANES) impulse_response_backward(
    const ELEMENT* lambda_re, const ELEMENT* lambda_im, const ELEMENT* weight_re, const ELEMENT* weight_im, const ELEMENT* gradient,
    ELEMENT* dlambda_re, ELEMENT* dlambda_im, ELEMENT* dweight_re, ELEMENT* dweight_im, i64 states, i64 length, double scale)
{
    i64 i = blockIdx.x;
    const ELEMENT* g = gradient + i / states * length;
    number start = power(lambda_re, lambda_im, i, threadIdx.x), step = power(lambda_re, lambda_im, i, LANES), jump = power(lambda_re, lambda_im, i, LANES * REFRESH);
    double total_re = 0, total_im = 0, slope_re = 0, slope_im = 0;
    for (i64 first = threadIdx.x; first < length; first += LANES * REFRESH)
    {
        ELEMENT re = (ELEMENT)start.re, im = (ELEMENT)start.im, a = 0, b = 0, c = 0, d = 0;
#pragma unroll
        for (int j = 0; j < REFRESH; j++)
        {
            i64 l = first + j * LANES;
            ELEMENT here = l < length ? g[l] : (ELEMENT)0;
            ELEMENT moment = IS_LOG ? (ELEMENT)l * here : l + 1 < length ? (ELEMENT)(l + 1) * g[l + 1] : (ELEMENT)0;
            a += here * re;
            c += moment * re;
            if (COMPLEX)
            {
                b += here * im;
                d += moment * im;
            }

            advance(re, im, (ELEMENT)step.re, (ELEMENT)step.im);
        }

        total_re += a;
        total_im += b;
        slope_re += c;
        slope_im += d;
        start = multiply(start, jump);
    }

    total_re = block_sum(total_re);
    total_im = block_sum(total_im);
    slope_re = block_sum(slope_re);
    slope_im = block_sum(slope_im);
    if (threadIdx.x != 0) return;
    number slope = multiply({(double)weight_re[i], COMPLEX ? (double)weight_im[i] : 0.0}, {slope_re, slope_im});
    dlambda_re[i] = (ELEMENT)(scale * slope.re);
    dweight_re[i] = (ELEMENT)(scale * total_re);
    if (!COMPLEX) return;
    dlambda_im[i] = (ELEMENT)(-scale * slope.im);
    dweight_im[i] = (ELEMENT)(-scale * total_im);
}
