// variants: ELEMENT=float|double|bf16; LANE_STATES=1|2|4
// The state space dual step by step, for every type and size: few steps, true float and double. A warp has ROWS of the P rows of a head's state; its
// lanes share their N columns, LANE_STATES = N/32, rounded up, each.
#include "common.cuh"

typedef acc<ELEMENT> Real;

#define ROWS 4
#define WARPS 4
#define AHEAD (LANE_STATES > 4 ? 1 : 4)

__device__ __forceinline__ float exponential(float x) { return expf(x); }
__device__ __forceinline__ double exponential(double x) { return exp(x); }

// Sums of four numbers over the warp: lane l gets that of number l / 8 % 4.
__device__ __forceinline__ Real sum_of_four(const Real (&x)[ROWS])
{
    int lane = threadIdx.x % WARP;
    bool high = lane & 16, odd = lane & 8;
    Real a = high ? x[2] : x[0], b = high ? x[3] : x[1];
    a += __shfl_xor_sync(FULL_MASK, high ? x[0] : x[2], 16);
    b += __shfl_xor_sync(FULL_MASK, high ? x[1] : x[3], 16);
    Real sum = odd ? b : a;
    sum += __shfl_xor_sync(FULL_MASK, odd ? a : b, 8);
    for (int offset = 4; offset > 0; offset /= 2) sum += __shfl_xor_sync(FULL_MASK, sum, offset);
    return sum;
}

// The rows of one warp on their way through time.
struct Rows
{
    int lane, row, size, states;
    Real h[ROWS][LANE_STATES];

    __device__ __forceinline__ void read(const Real* from)
    {
#pragma unroll
        for (int r = 0; r < ROWS; r++)
#pragma unroll
            for (int i = 0; i < LANE_STATES; i++)
            {
                int n = i * WARP + lane;
                h[r][i] = from && row + r < size && n < states ? from[(i64)(row + r) * states + n] : (Real)0;
            }
    }

    __device__ __forceinline__ void write(Real* to) const
    {
#pragma unroll
        for (int r = 0; r < ROWS; r++)
#pragma unroll
            for (int i = 0; i < LANE_STATES; i++)
            {
                int n = i * WARP + lane;
                if (row + r < size && n < states) to[(i64)(row + r) * states + n] = h[r][i];
            }
    }

    // A column of a (P) vector, or of an (N) one.
    __device__ __forceinline__ void rows_of(Real (&to)[ROWS], const ELEMENT* from) const
    {
#pragma unroll
        for (int r = 0; r < ROWS; r++) to[r] = row + r < size ? widen(from[row + r]) : (Real)0;
    }

    __device__ __forceinline__ void columns_of(Real (&to)[LANE_STATES], const ELEMENT* from) const
    {
#pragma unroll
        for (int i = 0; i < LANE_STATES; i++)
        {
            int n = i * WARP + lane;
            to[i] = n < states ? widen(from[n]) : (Real)0;
        }
    }
};

// grid: (P / (ROWS WARPS) rounded up, heads, batch). As ssd_forward, with states of Real.
extern "C" __global__ void __launch_bounds__(WARPS * WARP) ssd_recurrent(
    const ELEMENT* x, const ELEMENT* delta, const Real* a, const ELEMENT* b, const ELEMENT* c, const Real* skip, const Real* initial, const int* resets,
    ELEMENT* y, Real* final, i64 length, int heads, int groups, int size, int states)
{
    int head = blockIdx.y;
    i64 sequence = blockIdx.z;
    Rows rows;
    rows.lane = threadIdx.x % WARP, rows.row = (blockIdx.x * WARPS + threadIdx.x / WARP) * ROWS, rows.size = size, rows.states = states;
    if (rows.row >= size) return;

    i64 pitchX = (i64)heads * size, pitchN = (i64)groups * states, offsetN = (sequence * length * groups + head / (heads / groups)) * states;
    x += (sequence * length * heads + head) * size, y += (sequence * length * heads + head) * size;
    b += offsetN, c += offsetN;
    if (delta) delta += sequence * length * heads + head;
    if (resets) resets += sequence * length;
    Real rate = a ? a[head] : (Real)0, through = skip ? skip[head] : (Real)0;
    i64 state = (sequence * heads + head) * size * states;
    rows.read(initial ? initial + state : nullptr);

    for (i64 start = 0; start < length; start += AHEAD)
    {
        // What several steps need is under way at once.
        Real u[AHEAD][ROWS], bs[AHEAD][LANE_STATES], cs[AHEAD][LANE_STATES], step[AHEAD], left[AHEAD];
#pragma unroll
        for (int i = 0; i < AHEAD; i++)
        {
            i64 t = start + i < length ? start + i : length - 1;
            rows.rows_of(u[i], x + t * pitchX);
            rows.columns_of(bs[i], b + t * pitchN);
            rows.columns_of(cs[i], c + t * pitchN);
            step[i] = delta ? widen(delta[t * heads]) : (Real)1;
            left[i] = resets && resets[t] != 0 ? (Real)0 : exponential(step[i] * rate);
        }

#pragma unroll
        for (int i = 0; i < AHEAD; i++)
        {
            if (start + i >= length) break;
            Real out[ROWS];
#pragma unroll
            for (int r = 0; r < ROWS; r++)
            {
                Real weight = step[i] * u[i][r];
                out[r] = 0;
#pragma unroll
                for (int n = 0; n < LANE_STATES; n++)
                {
                    rows.h[r][n] = left[i] * rows.h[r][n] + weight * bs[i][n];
                    out[r] += rows.h[r][n] * cs[i][n];
                }
            }

            Real sum = sum_of_four(out);
            int r = rows.lane / 8;
            if (rows.lane % 8 == 0 && rows.row + r < size)
                y[(start + i) * pitchX + rows.row + r] = narrow<ELEMENT>(sum + through * (r == 0 ? u[i][0] : r == 1 ? u[i][1] : r == 2 ? u[i][2] : u[i][3]));
        }
    }

    rows.write(final + state);
}

// The states ahead of each chunk on their way, for the reverse pass: forward in time h, and behind, in the second half of the grid, D, its gradient
// behind each chunk. grid: (as above, heads, 2 batch); states and gradients (B, chunks, H, P, N), the gradient of the first state (B, H, P, N) or null.
extern "C" __global__ void __launch_bounds__(WARPS * WARP) ssd_recurrent_states(
    const ELEMENT* x, const ELEMENT* g, const ELEMENT* delta, const Real* a, const ELEMENT* b, const ELEMENT* c, const Real* initial, const Real* final_gradient,
    const int* resets, Real* states_before, Real* gradients_behind, Real* initial_gradient, i64 length, int batch, int heads, int groups, int size, int states,
    int chunk)
{
    int head = blockIdx.y;
    bool reverse = blockIdx.z >= batch;
    i64 sequence = reverse ? blockIdx.z - batch : blockIdx.z;
    Rows rows;
    rows.lane = threadIdx.x % WARP, rows.row = (blockIdx.x * WARPS + threadIdx.x / WARP) * ROWS, rows.size = size, rows.states = states;
    if (rows.row >= size) return;

    const ELEMENT* of_rows = (reverse ? g : x) + (sequence * length * heads + head) * size;
    const ELEMENT* of_columns = (reverse ? c : b) + (sequence * length * groups + head / (heads / groups)) * states;
    const Real* from = reverse ? final_gradient : initial;
    Real* to = reverse ? gradients_behind : states_before;
    if (delta) delta += sequence * length * heads + head;
    if (resets) resets += sequence * length;
    Real rate = a ? a[head] : (Real)0;
    i64 state = (i64)size * states, chunks = (length + chunk - 1) / chunk;
    rows.read(from ? from + (sequence * heads + head) * state : nullptr);
    for (i64 start = 0; start < length; start += AHEAD)
    {
        Real u[AHEAD][ROWS], bs[AHEAD][LANE_STATES], step[AHEAD], left[AHEAD];
#pragma unroll
        for (int i = 0; i < AHEAD; i++)
        {
            i64 passed = start + i < length ? start + i : length - 1, t = reverse ? length - 1 - passed : passed;
            rows.rows_of(u[i], of_rows + t * heads * size);
            rows.columns_of(bs[i], of_columns + t * groups * states);
            step[i] = delta ? widen(delta[t * heads]) : (Real)1;
            left[i] = resets && resets[t] != 0 ? (Real)0 : exponential(step[i] * rate);
        }

#pragma unroll
        for (int i = 0; i < AHEAD; i++)
        {
            if (start + i >= length) break;
            i64 t = reverse ? length - 1 - start - i : start + i;
            bool isFirst = start + i == 0 || (reverse ? (t + 1) % chunk == 0 : t % chunk == 0);
            if (isFirst) rows.write(to + ((sequence * chunks + t / chunk) * heads + head) * state);
#pragma unroll
            for (int r = 0; r < ROWS; r++)
#pragma unroll
                for (int n = 0; n < LANE_STATES; n++)
                {
                    // What t gives y passes its own decay on the way back, but what it adds to the state does not on the way there.
                    if (reverse) rows.h[r][n] = left[i] * (rows.h[r][n] + u[i][r] * bs[i][n]);
                    else rows.h[r][n] = left[i] * rows.h[r][n] + step[i] * u[i][r] * bs[i][n];
                }
        }
    }

    if (reverse && initial_gradient) rows.write(initial_gradient + (sequence * heads + head) * state);
}

// Sums of parts, in a fixed order: out[i] is the sum over k of parts[k][i]. A block has 256 / lanes columns i; lanes threads share a column.
template <typename T> __device__ void sum_parts(const Real* parts, T* out, i64 count, i64 width, int lanes)
{
    __shared__ Real sums[256];
    int columns = 256 / lanes, lane = threadIdx.x / columns;
    i64 column = (i64)blockIdx.x * columns + threadIdx.x % columns;
    Real sum = 0;
    if (column < width)
    {
#pragma unroll 4
        for (i64 k = lane; k < count; k += lanes) sum += parts[k * width + column];
    }

    sums[threadIdx.x] = sum;
    __syncthreads();
    if (lane != 0 || column >= width) return;
    for (int i = 1; i < lanes; i++) sum += sums[i * columns + threadIdx.x];
    out[column] = narrow<T>(sum);
}

extern "C" __global__ void __launch_bounds__(256) ssd_sum(const Real* parts, ELEMENT* out, i64 count, i64 width, int lanes)
{
    sum_parts<ELEMENT>(parts, out, count, width, lanes);
}

extern "C" __global__ void __launch_bounds__(256) ssd_sum_accurate(const Real* parts, Real* out, i64 count, i64 width, int lanes)
{
    sum_parts<Real>(parts, out, count, width, lanes);
}
