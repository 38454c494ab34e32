// variants: ELEMENT=float|double|bf16; COMPLEX=0|1
// x_t = λ x_{t−1} + u_t, y_t = s Re Σ_n w_n x_{t,n}. Time is cut into chunks of STEPS; a thread is one channel of one chunk of one sequence, keeps
// the chunk's steps in registers and goes through the states one by one, so that N is free. Chunks are joined by a pass over their ends.
// Macros: ELEMENT, the type of u and y; COMPLEX, 0 or 1. Parameters and states are of the arithmetic type. Channels are the fast axis everywhere:
// λ and w come as (N, D), turned by the first kernel.
#include "common.cuh"

typedef acc<ELEMENT> real;

#define STEPS (sizeof(real) == 8 ? 16 : 32)

// Chunks whose ends are under way while one is joined.
#define AHEAD 8

// A number, real or complex.
struct num
{
    real re;
#if COMPLEX
    real im;
#endif
};

#if COMPLEX
__device__ __forceinline__ num multiply(num x, num y) { return {x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re}; }
__device__ __forceinline__ num multiply_conjugate(num x, num y) { return {x.re * y.re + x.im * y.im, x.re * y.im - x.im * y.re}; }   // x̄ y
__device__ __forceinline__ num add(num x, num y) { return {x.re + y.re, x.im + y.im}; }
__device__ __forceinline__ num add_real(num x, real y) { return {x.re + y, x.im}; }
__device__ __forceinline__ num scaled_conjugate(num x, real y) { return {x.re * y, -x.im * y}; }
__device__ __forceinline__ real product_real(num x, num y) { return x.re * y.re - x.im * y.im; }
__device__ __forceinline__ num conjugate(num x) { return {x.re, -x.im}; }
__device__ __forceinline__ num load(const real* re, const real* im, i64 at) { return {re[at], im[at]}; }
__device__ __forceinline__ void store(real* re, real* im, i64 at, num x) { re[at] = x.re; im[at] = x.im; }
#else
__device__ __forceinline__ num multiply(num x, num y) { return {x.re * y.re}; }
__device__ __forceinline__ num multiply_conjugate(num x, num y) { return {x.re * y.re}; }
__device__ __forceinline__ num add(num x, num y) { return {x.re + y.re}; }
__device__ __forceinline__ num add_real(num x, real y) { return {x.re + y}; }
__device__ __forceinline__ num scaled_conjugate(num x, real y) { return {x.re * y}; }
__device__ __forceinline__ real product_real(num x, num y) { return x.re * y.re; }
__device__ __forceinline__ num conjugate(num x) { return x; }
__device__ __forceinline__ num load(const real* re, const real*, i64 at) { return {re[at]}; }
__device__ __forceinline__ void store(real* re, real*, i64 at, num x) { re[at] = x.re; }
#endif

__device__ __forceinline__ num power(num x, int exponent)
{
    num result = {(real)1};
    for (; exponent > 0; exponent >>= 1)
    {
        if (exponent & 1) result = multiply(result, x);
        x = multiply(x, x);
    }

    return result;
}

#define SIZES_PARAMETERS i64 batch, i64 length, i64 channels, i64 states

// Which chunk and channel a thread has.
struct Place
{
    i64 b, chunk, d, first, border;
    int count;
    bool exists;

    __device__ __forceinline__ Place(SIZES_PARAMETERS)
    {
        i64 chunks = (length + STEPS - 1) / STEPS, index = (i64)blockIdx.x * blockDim.x + threadIdx.x;
        exists = index < batch * chunks * channels;
        d = index % channels;
        chunk = index / channels % chunks;
        b = index / channels / chunks;
        first = chunk * STEPS;
        count = length - first < STEPS ? (int)(length - first) : STEPS;
        border = (b * chunks + chunk) * states * channels + d;   // of (B, chunks, N, D)
    }
};

// Steps beyond the last are zero.
__device__ __forceinline__ void load_steps(const ELEMENT* x, const Place& at, i64 length, i64 channels, real (&values)[STEPS])
{
    const ELEMENT* from = x + (at.b * length + at.first) * channels + at.d;
#pragma unroll
    for (int t = 0; t < STEPS; t++) values[t] = t < at.count ? (real)widen(from[t * channels]) : (real)0;
}

// A bit for each step before which the state is taken as zero.
__device__ __forceinline__ u32 load_resets(const int* resets, const Place& at, i64 length)
{
    u32 mask = 0;
    if (!resets) return mask;
    for (int t = 0; t < at.count; t++) mask |= (resets[at.b * length + at.first + t] != 0 ? 1u : 0u) << t;
    return mask;
}

__device__ __forceinline__ num mask_if(num x, u32 mask, int t) { return mask >> t & 1 ? num{} : x; }

// (D, N) to (N, D), for as many arrays as the grid has layers.
extern "C" __global__ void recurrence_turn(
    const real* from0, const real* from1, const real* from2, const real* from3, real* to0, real* to1, real* to2, real* to3, i64 channels, i64 states)
{
    i64 index = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (index >= channels * states) return;
    const real* from = blockIdx.y == 0 ? from0 : blockIdx.y == 1 ? from1 : blockIdx.y == 2 ? from2 : from3;
    real* to = blockIdx.y == 0 ? to0 : blockIdx.y == 1 ? to1 : blockIdx.y == 2 ? to2 : to3;
    to[index] = from[index % channels * states + index / channels];
}

// The state at the end of each chunk if it began from zero, (B, chunks, N, D), and whether it forgets what came before.
extern "C" __global__ void __launch_bounds__(128) recurrence_ends(
    const ELEMENT* u, const real* lambda_re, const real* lambda_im, const int* resets, real* border_re, real* border_im, int* forgets, SIZES_PARAMETERS)
{
    Place at(batch, length, channels, states);
    if (!at.exists) return;
    real x[STEPS];
    load_steps(u, at, length, channels, x);
    u32 mask = load_resets(resets, at, length);
    if (resets && at.d == 0) forgets[at.border / (states * channels)] = mask != 0;
    for (i64 n = 0; n < states; n++)
    {
        num lambda = load(lambda_re, lambda_im, n * channels + at.d), state = {};
#pragma unroll
        for (int t = 0; t < STEPS; t++)
        {
            if (t < at.count) state = add_real(multiply(lambda, mask_if(state, mask, t)), x[t]);
        }

        store(border_re, border_im, at.border + n * channels, state);
    }
}

// Turns ends into beginnings, chunk after chunk; the last is the final state. A thread is one state of one channel of one sequence.
extern "C" __global__ void recurrence_join(
    const real* lambda_re, const real* lambda_im, const real* initial_re, const real* initial_im, const int* forgets, real* border_re, real* border_im,
    real* final_re, real* final_im, SIZES_PARAMETERS)
{
    i64 index = (i64)blockIdx.x * blockDim.x + threadIdx.x, columns = states * channels;
    if (index >= batch * columns) return;
    i64 b = index / columns, n = index % columns / channels, d = index % channels, chunks = (length + STEPS - 1) / STEPS;
    i64 row = (b * channels + d) * states + n;
    num lambda = load(lambda_re, lambda_im, n * channels + d), whole = power(lambda, STEPS);
    num state = {};
    if (initial_re) state = load(initial_re, initial_im, row);
    i64 at = b * chunks * columns + n * channels + d;
    for (i64 chunk = 0; chunk < chunks; chunk += AHEAD)
    {
        num ends[AHEAD];
#pragma unroll
        for (int i = 0; i < AHEAD; i++)
        {
            if (chunk + i < chunks) ends[i] = load(border_re, border_im, at + (chunk + i) * columns);
        }

#pragma unroll
        for (int i = 0; i < AHEAD; i++)
        {
            if (chunk + i >= chunks) continue;
            store(border_re, border_im, at + (chunk + i) * columns, state);
            num factor = chunk + i < chunks - 1 ? whole : power(lambda, (int)(length - (chunks - 1) * STEPS));
            state = forgets && forgets[b * chunks + chunk + i] ? ends[i] : add(multiply(factor, state), ends[i]);
        }
    }

    store(final_re, final_im, row, state);
}

extern "C" __global__ void __launch_bounds__(128) recurrence_outputs(
    const ELEMENT* u, const real* lambda_re, const real* lambda_im, const real* weight_re, const real* weight_im, const int* resets,
    const real* border_re, const real* border_im, ELEMENT* y, double scale, SIZES_PARAMETERS)
{
    Place at(batch, length, channels, states);
    if (!at.exists) return;
    real x[STEPS], sum[STEPS];
    load_steps(u, at, length, channels, x);
    u32 mask = load_resets(resets, at, length);
#pragma unroll
    for (int t = 0; t < STEPS; t++) sum[t] = 0;
    for (i64 n = 0; n < states; n++)
    {
        num lambda = load(lambda_re, lambda_im, n * channels + at.d), weight = load(weight_re, weight_im, n * channels + at.d);
        num state = load(border_re, border_im, at.border + n * channels);
#pragma unroll
        for (int t = 0; t < STEPS; t++)
        {
            state = add_real(multiply(lambda, mask_if(state, mask, t)), x[t]);
            sum[t] += product_real(weight, state);
        }
    }

    ELEMENT* to = y + (at.b * length + at.first) * channels + at.d;
#pragma unroll
    for (int t = 0; t < STEPS; t++)
    {
        if (t < at.count) to[t * channels] = narrow<ELEMENT>(sum[t] * (real)scale);
    }
}

// What each chunk passes back to the step before it, λ̄ a of its first step, if nothing came from behind it.
extern "C" __global__ void __launch_bounds__(128) recurrence_adjoint_ends(
    const ELEMENT* gradient, const real* lambda_re, const real* lambda_im, const real* weight_re, const real* weight_im, const int* resets,
    real* border_re, real* border_im, double scale, SIZES_PARAMETERS)
{
    Place at(batch, length, channels, states);
    if (!at.exists) return;
    real g[STEPS];
    load_steps(gradient, at, length, channels, g);
    u32 mask = load_resets(resets, at, length);
    for (i64 n = 0; n < states; n++)
    {
        num lambda = conjugate(load(lambda_re, lambda_im, n * channels + at.d)), weight = load(weight_re, weight_im, n * channels + at.d), back = {};
#pragma unroll
        for (int t = STEPS - 1; t >= 0; t--)
        {
            back = mask_if(multiply(lambda, add(scaled_conjugate(weight, (real)scale * g[t]), back)), mask, t);
        }

        store(border_re, border_im, at.border + n * channels, back);
    }
}

// Turns those into what each chunk receives from behind it; what is left is the initial state's gradient.
extern "C" __global__ void recurrence_adjoint_join(
    const real* lambda_re, const real* lambda_im, const real* final_re, const real* final_im, const int* forgets, real* border_re, real* border_im,
    real* initial_re, real* initial_im, SIZES_PARAMETERS)
{
    i64 index = (i64)blockIdx.x * blockDim.x + threadIdx.x, columns = states * channels;
    if (index >= batch * columns) return;
    i64 b = index / columns, n = index % columns / channels, d = index % channels, chunks = (length + STEPS - 1) / STEPS;
    i64 row = (b * channels + d) * states + n;
    num lambda = conjugate(load(lambda_re, lambda_im, n * channels + d)), whole = power(lambda, STEPS), back = load(final_re, final_im, row);
    i64 at = b * chunks * columns + n * channels + d;
    for (i64 chunk = chunks - 1; chunk >= 0; chunk -= AHEAD)
    {
        num ends[AHEAD];
#pragma unroll
        for (int i = 0; i < AHEAD; i++)
        {
            if (chunk - i >= 0) ends[i] = load(border_re, border_im, at + (chunk - i) * columns);
        }

#pragma unroll
        for (int i = 0; i < AHEAD; i++)
        {
            if (chunk - i < 0) continue;
            store(border_re, border_im, at + (chunk - i) * columns, back);
            num factor = chunk - i < chunks - 1 ? whole : power(lambda, (int)(length - (chunks - 1) * STEPS));
            back = forgets && forgets[b * chunks + chunk - i] ? ends[i] : add(multiply(factor, back), ends[i]);
        }
    }

    if (initial_re) store(initial_re, initial_im, row, back);
}

// ∂u of each chunk. Its shares of ∂λ and ∂w take the places of its first state and of what it received.
extern "C" __global__ void __launch_bounds__(128) recurrence_gradients(
    const ELEMENT* u, const ELEMENT* gradient, const real* lambda_re, const real* lambda_im, const real* weight_re, const real* weight_im, const int* resets,
    real* border_re, real* border_im, real* adjoint_re, real* adjoint_im, ELEMENT* du, double scale, SIZES_PARAMETERS)
{
    Place at(batch, length, channels, states);
    if (!at.exists) return;
    real x[STEPS], g[STEPS], sum[STEPS];
    load_steps(u, at, length, channels, x);
    load_steps(gradient, at, length, channels, g);
    u32 mask = load_resets(resets, at, length);
#pragma unroll
    for (int t = 0; t < STEPS; t++)
    {
        sum[t] = 0;
        g[t] *= (real)scale;
    }

    for (i64 n = 0; n < states; n++)
    {
        i64 border = at.border + n * channels;
        num lambda = load(lambda_re, lambda_im, n * channels + at.d), weight = load(weight_re, weight_im, n * channels + at.d);
        num first = load(border_re, border_im, border), back = load(adjoint_re, adjoint_im, border), dlambda = {}, dweight = {}, state = first;
        num after[STEPS];
#pragma unroll
        for (int t = 0; t < STEPS; t++) after[t] = state = add_real(multiply(lambda, mask_if(state, mask, t)), x[t]);
#pragma unroll
        for (int t = STEPS - 1; t >= 0; t--)
        {
            if (t >= at.count) continue;
            num before = mask_if(t == 0 ? first : after[t == 0 ? 0 : t - 1], mask, t), a = add(scaled_conjugate(weight, g[t]), back);
            sum[t] += a.re;
            dlambda = add(dlambda, multiply_conjugate(before, a));
            dweight = add(dweight, scaled_conjugate(after[t], g[t]));
            back = mask_if(multiply(conjugate(lambda), a), mask, t);
        }

        store(border_re, border_im, border, dlambda);
        store(adjoint_re, adjoint_im, border, dweight);
    }

    ELEMENT* to = du + (at.b * length + at.first) * channels + at.d;
#pragma unroll
    for (int t = 0; t < STEPS; t++)
    {
        if (t < at.count) to[t * channels] = narrow<ELEMENT>(sum[t]);
    }
}

// (rows, N, D) summed over the rows, as (D, N). A block is 32 columns by 8 slices of rows, which are added in order.
extern "C" __global__ void __launch_bounds__(256) recurrence_sum(const real* parts, real* sum, i64 rows, i64 channels, i64 states)
{
    __shared__ real slices[8][WARP];
    int lane = threadIdx.x % WARP, slice = threadIdx.x / WARP;
    i64 columns = channels * states, column = (i64)blockIdx.x * WARP + lane;
    real total = 0;
    if (column < columns)
    {
        for (i64 row = slice; row < rows; row += 8) total += parts[row * columns + column];
    }

    slices[slice][lane] = total;
    __syncthreads();
    if (slice != 0 || column >= columns) return;
    for (int i = 1; i < 8; i++) total += slices[i][lane];
    sum[column % channels * states + column / channels] = total;
}
