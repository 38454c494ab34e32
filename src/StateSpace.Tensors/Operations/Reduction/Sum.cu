// variants: ELEMENT=float; TARGET=float|double|bf16
// variants: ELEMENT=bf16; TARGET=float|double|bf16
// variants: ELEMENT=double; TARGET=double
// Sums over the middle of (outer, length, inner). Elements of a few accesses are added in the element's arithmetic type, what
// they give in double, in an order that depends on the shape alone. ELEMENT: of x; TARGET: of the sums (double for partial ones).
#include "numbers.cuh"
#include "lines.cuh"

#define V PER_PACK(ELEMENT)
#define ROWS 4

template <int N> __device__ __forceinline__ acc<ELEMENT> sum_of_pack(const ELEMENT* p)
{
    Pack<ELEMENT, N> pack = load_pack<ELEMENT, N>(p);
    acc<ELEMENT> sum = widen(pack.at[0]);
#pragma unroll
    for (int k = 1; k < N; k++) sum += widen(pack.at[k]);
    return sum;
}

template <int N> __device__ __forceinline__ double sum_of_run(const ELEMENT* row, i64 start, i64 end, int lane, int lanes)
{
    double sum = 0;
    i64 i = start + lane * N, step = (i64)lanes * N;
    for (; i + (ROWS - 1) * step < end; i += ROWS * step)
    {
        acc<ELEMENT> parts[ROWS];
#pragma unroll
        for (int k = 0; k < ROWS; k++) parts[k] = sum_of_pack<N>(row + i + k * step);
#pragma unroll
        for (int k = 0; k < ROWS; k++) sum += (double)parts[k];
    }

    for (; i < end; i += step) sum += (double)sum_of_pack<N>(row + i);
    return sum;
}

// inner is 1. Each row is cut into `pieces` of piece_length elements, each summed by `lanes` threads into target[row * pieces + piece].
extern "C" __global__ void __launch_bounds__(THREADS) sum_rows(
    const ELEMENT* x, TARGET* target, i64 rows, i64 length, i64 pieces, i64 piece_length, int lanes, int packed)
{
    __shared__ double parts[THREADS];
    Line t = line_of_thread(lanes, true);
    double sum = 0;
    if (t.line < rows * pieces)
    {
        i64 row = t.line / pieces, start = (t.line - row * pieces) * piece_length, end = start + piece_length;
        if (end > length) end = length;
        sum = packed ? sum_of_run<V>(x + row * length, start, end, t.lane, lanes) : sum_of_run<1>(x + row * length, start, end, t.lane, lanes);
    }

    parts[threadIdx.x] = sum;
    for (int half = lanes / 2; half > 0; half /= 2)
    {
        __syncthreads();
        if (t.lane < half) parts[threadIdx.x] += parts[threadIdx.x + half];
    }

    if (t.lane == 0 && t.line < rows * pieces) target[t.line] = narrow_sum<TARGET>(parts[threadIdx.x]);
}

template <int N> __device__ __forceinline__ void columns(
    const ELEMENT* x, TARGET* target, i64 outer, i64 length, i64 inner, i64 chunks, i64 chunk_length, int lanes, double (*parts)[THREADS])
{
    int width = THREADS / lanes, lane = threadIdx.x / width;
    i64 per_row = inner / N, blocks = (outer * per_row + width - 1) / width, chunk = blockIdx.x / blocks;
    i64 column = (blockIdx.x - chunk * blocks) * width + threadIdx.x % width;
    i64 plane = column / per_row, offset = (column - plane * per_row) * N;
    i64 row = chunk * chunk_length, end = row + chunk_length < length ? row + chunk_length : length;
    bool live = column < outer * per_row;
    double sum[N];
#pragma unroll
    for (int k = 0; k < N; k++) sum[k] = 0;
    if (live)
    {
        const ELEMENT* p = x + plane * length * inner + offset;
        for (row += lane; row + (ROWS - 1) * lanes < end; row += ROWS * lanes)
        {
            Pack<ELEMENT, N> packs[ROWS];
#pragma unroll
            for (int r = 0; r < ROWS; r++) packs[r] = load_pack<ELEMENT, N>(p + (row + r * lanes) * inner);
#pragma unroll
            for (int k = 0; k < N; k++)
            {
                acc<ELEMENT> part = widen(packs[0].at[k]);
#pragma unroll
                for (int r = 1; r < ROWS; r++) part += widen(packs[r].at[k]);
                sum[k] += (double)part;
            }
        }

        for (; row < end; row += lanes)
        {
            Pack<ELEMENT, N> pack = load_pack<ELEMENT, N>(p + row * inner);
#pragma unroll
            for (int k = 0; k < N; k++) sum[k] += (double)widen(pack.at[k]);
        }
    }

#pragma unroll
    for (int k = 0; k < N; k++) parts[k][threadIdx.x] = sum[k];
    for (int half = lanes / 2; half > 0; half /= 2)
    {
        __syncthreads();
        if (lane < half)
        {
#pragma unroll
            for (int k = 0; k < N; k++) parts[k][threadIdx.x] += parts[k][threadIdx.x + half * width];
        }
    }

    if (lane == 0 && live)
    {
        Pack<TARGET, N> result;
#pragma unroll
        for (int k = 0; k < N; k++) result.at[k] = narrow_sum<TARGET>(parts[k][threadIdx.x]);
#pragma unroll
        for (int k = 0; k < N; k++) target[(plane * chunks + chunk) * inner + offset + k] = result.at[k];
    }
}

// A block sums 256 / lanes columns (of V elements where packed) of one chunk of rows into target[outer][chunk][inner].
extern "C" __global__ void __launch_bounds__(THREADS) sum_columns(
    const ELEMENT* x, TARGET* target, i64 outer, i64 length, i64 inner, i64 chunks, i64 chunk_length, int lanes, int packed)
{
    __shared__ double parts[V][THREADS];
    if (packed) columns<V>(x, target, outer, length, inner, chunks, chunk_length, lanes, parts);
    else columns<1>(x, target, outer, length, inner, chunks, chunk_length, lanes, parts);
}
