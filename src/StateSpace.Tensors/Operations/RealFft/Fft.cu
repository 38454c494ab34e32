// variants: ELEMENT=float|double|bf16
// What lies between the passes of Fourier transforms: spectra of real columns from those of complex ones and back, Bluestein's chirps, and the
// products of convolutions. The inverse is the same transform between two exchanges of re and im. Arrays of complex numbers are (B, n, pairs).
#include "common.cuh"
#include "FftNumbers.cuh"

// (B, n, pairs) to spectra (B, ⌊n/2⌋ + 1, D), times a factor, another at the edges, where the imaginary part is zero.
extern "C" __global__ void fft_untangle(const complex* z, ELEMENT* re, ELEMENT* im, i64 n, i64 pairs, i64 columns, double edge, double inner)
{
    i64 bins = n / 2 + 1;
    Item at(bins, pairs);
    if (!at.exists) return;
    i64 k = at.item, base = blockIdx.y * n;
    Spectra x = untangled(z[(base + k) * pairs + at.pair], z[(base + (k == 0 ? 0 : n - k)) * pairs + at.pair]);
    real factor = (real)(is_edge(k, n) ? edge : inner), turned = is_edge(k, n) ? (real)0 : factor;
    i64 to = (blockIdx.y * bins + k) * columns + 2 * at.pair;
    re[to] = narrow<ELEMENT>(factor * x.first.re);
    im[to] = narrow<ELEMENT>(turned * x.first.im);
    if (2 * at.pair + 1 == columns) return;
    re[to + 1] = narrow<ELEMENT>(factor * x.second.re);
    im[to + 1] = narrow<ELEMENT>(turned * x.second.im);
}

extern "C" __global__ void fft_tangle(const ELEMENT* re, const ELEMENT* im, complex* z, i64 n, i64 pairs, i64 columns, double edge, double inner)
{
    i64 bins = n / 2 + 1;
    Item at(bins, pairs);
    if (!at.exists) return;
    i64 k = at.item, base = blockIdx.y * n, from = (blockIdx.y * bins + k) * columns + 2 * at.pair;
    real factor = (real)(is_edge(k, n) ? edge : inner), turned = is_edge(k, n) ? (real)0 : factor;
    bool second = 2 * at.pair + 1 < columns;
    Spectra x = {{factor * (real)widen(re[from]), turned * (real)widen(im[from])}, {0, 0}};
    if (second) x.second = {factor * (real)widen(re[from + 1]), turned * (real)widen(im[from + 1])};
    z[(base + k) * pairs + at.pair] = tangled(x);
    if (!is_edge(k, n)) z[(base + n - k) * pairs + at.pair] = tangled_mirrored(x);
}

// ---- Bluestein: X_k = b̄_k Σ_l (x_l b̄_l) b_{k−l}, b_l = e^(iπ l²/n), as a cyclic convolution of m ≥ 2n − 1 ----

__device__ __forceinline__ complex chirp(i64 l, i64 n)
{
    complex w;
    sine_cosine_pi((real)(l * l % (2 * n)) / (real)n, &w.im, &w.re);
    return w;
}

extern "C" __global__ void chirp_filter(complex* filter, i64 n, i64 m)
{
    i64 l = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (l >= m) return;
    filter[l] = l < n ? chirp(l, n) : m - l < n ? chirp(m - l, n) : complex{0, 0};
}

extern "C" __global__ void chirp_begin(const complex* x, complex* z, i64 n, i64 m, i64 pairs)
{
    Item at(m, pairs);
    if (!at.exists) return;
    complex value = {0, 0};
    if (at.item < n) value = conjugate(chirp(at.item, n)) * x[(blockIdx.y * n + at.item) * pairs + at.pair];
    z[(blockIdx.y * m + at.item) * pairs + at.pair] = value;
}

extern "C" __global__ void chirp_multiply(complex* z, const complex* filter, i64 m, i64 pairs)
{
    Item at(m, pairs);
    if (!at.exists) return;
    i64 i = (blockIdx.y * m + at.item) * pairs + at.pair;
    z[i] = swapped((real)(1.0 / (double)m) * (filter[at.item] * z[i]));
}

extern "C" __global__ void chirp_end(const complex* z, complex* x, i64 n, i64 m, i64 pairs)
{
    Item at(n, pairs);
    if (!at.exists) return;
    x[(blockIdx.y * n + at.item) * pairs + at.pair] = conjugate(chirp(at.item, n)) * swapped(z[(blockIdx.y * m + at.item) * pairs + at.pair]);
}

// ---- convolution: ŷ = k̂ û; ∂û = conj(k̂) ĝ, ∂k̂ = Σ conj(û) ĝ, over the sequences in order ----

extern "C" __global__ void convolution_multiply(complex* u, const complex* kernel, i64 n, i64 pairs)
{
    Item at(n / 2 + 1, pairs);
    if (!at.exists) return;
    i64 k = at.item, here = k * pairs + at.pair, there = (k == 0 ? 0 : n - k) * pairs + at.pair, base = blockIdx.y * n * pairs;
    Spectra x = untangled(u[base + here], u[base + there]), f = untangled(kernel[here], kernel[there]);
    real factor = (real)(1.0 / (double)n);
    Spectra y = {factor * (x.first * f.first), factor * (x.second * f.second)};
    u[base + here] = tangled(y);
    if (!is_edge(k, n)) u[base + there] = tangled_mirrored(y);
}

extern "C" __global__ void convolution_backward(const complex* u, complex* gradient, const complex* kernel, complex* dkernel, i64 batch, i64 n, i64 pairs)
{
    Item at(n / 2 + 1, pairs);
    if (!at.exists) return;
    i64 k = at.item, here = k * pairs + at.pair, there = (k == 0 ? 0 : n - k) * pairs + at.pair;
    Spectra f = untangled(kernel[here], kernel[there]), sum = {{0, 0}, {0, 0}};
    real factor = (real)(1.0 / (double)n);
    for (i64 b = 0; b < batch; b++)
    {
        i64 base = b * n * pairs;
        Spectra x = untangled(u[base + here], u[base + there]), g = untangled(gradient[base + here], gradient[base + there]);
        sum = {sum.first + conjugate(x.first) * g.first, sum.second + conjugate(x.second) * g.second};
        Spectra du = {factor * (conjugate(f.first) * g.first), factor * (conjugate(f.second) * g.second)};
        gradient[base + here] = tangled(du);
        if (!is_edge(k, n)) gradient[base + there] = tangled_mirrored(du);
    }

    sum = {factor * sum.first, factor * sum.second};
    dkernel[here] = tangled(sum);
    if (!is_edge(k, n)) dkernel[there] = tangled_mirrored(sum);
}
