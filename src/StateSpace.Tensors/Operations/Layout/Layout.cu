// variants: UNIT=2|4|8|16
// Moves elements as they are: copies of boxes with any strides, and transposes through shared memory. UNIT: 2, 4, 8 or 16 bytes, the
// unit that moves; strides count units.
#include "axes.cuh"

#if UNIT == 16
typedef uint4 Unit;
#elif UNIT == 8
typedef u64 Unit;
#elif UNIT == 4
typedef u32 Unit;
#else
typedef u16 Unit;
#endif

template <typename I> __device__ __forceinline__ void copy(const Unit* from, Unit* to, i64 count, i64 inner, i64 from_stride, i64 to_stride, const Axes& axes)
{
    for (i64 i = (i64)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += (i64)gridDim.x * blockDim.x)
    {
        i64 source = 0, target = 0;
        I column = (I)i;
        if (axes.count > 0)
        {
            I row = (I)i / (I)inner;
            column -= row * (I)inner;
            offsets<I>(axes, row, source, target);
        }

        to[target + (i64)column * to_stride] = from[source + (i64)column * from_stride];
    }
}

// The innermost of the axes, `inner` units long, goes along a warp.
extern "C" __global__ void __launch_bounds__(256) copy_box(
    const Unit* from, Unit* to, i64 count, i64 inner, i64 from_stride, i64 to_stride, AXES_PARAMETERS)
{
    Axes axes = AXES_OF_PARAMETERS;
    if (count < (1ll << 31)) copy<u32>(from, to, count, inner, from_stride, to_stride, axes);
    else copy<u64>(from, to, count, inner, from_stride, to_stride, axes);
}

#define TILE 32

// Planes of two axes: `across`, contiguous in the source, and `along`, contiguous in the target (or nearly so).
extern "C" __global__ void __launch_bounds__(256) transpose(
    const Unit* from, Unit* to, i64 across, i64 along, i64 from_stride, i64 to_stride, i64 to_inner, i64 tiles, AXES_PARAMETERS)
{
    __shared__ Unit tile[TILE][TILE + 1];
    Axes axes = AXES_OF_PARAMETERS;
    i64 tiles_across = (across + TILE - 1) / TILE, tiles_along = (along + TILE - 1) / TILE;
    int lane = threadIdx.x % TILE, first = threadIdx.x / TILE;
    for (i64 index = blockIdx.x; index < tiles; index += gridDim.x)
    {
        i64 rest = index / tiles_across, plane = rest / tiles_along;
        i64 a = (index - rest * tiles_across) * TILE, b = (rest - plane * tiles_along) * TILE, source, target;
        offsets<u64>(axes, (u64)plane, source, target);
        for (int row = first; row < TILE; row += 256 / TILE)
        {
            if (b + row < along && a + lane < across) tile[row][lane] = from[source + (b + row) * from_stride + a + lane];
        }

        __syncthreads();
        for (int row = first; row < TILE; row += 256 / TILE)
        {
            if (a + row < across && b + lane < along) to[target + (a + row) * to_stride + (b + lane) * to_inner] = tile[lane][row];
        }

        __syncthreads();
    }
}

#if UNIT == 2
#define WIDE (2 * TILE)

// The same with all sizes and strides even, in pairs: tiles of 64 x 64, moved in words of two elements and turned in registers.
extern "C" __global__ void __launch_bounds__(256) transpose_pairs(
    const Unit* from, Unit* to, i64 across, i64 along, i64 from_stride, i64 to_stride, i64 to_inner, i64 tiles, AXES_PARAMETERS)
{
    __shared__ u32 tile[WIDE][TILE + 1];
    Axes axes = AXES_OF_PARAMETERS;
    i64 tiles_across = (across + WIDE - 1) / WIDE, tiles_along = (along + WIDE - 1) / WIDE;
    int lane = threadIdx.x % WARP, first = threadIdx.x / WARP;
    for (i64 index = blockIdx.x; index < tiles; index += gridDim.x)
    {
        i64 rest = index / tiles_across, plane = rest / tiles_along;
        i64 a = (index - rest * tiles_across) * WIDE, b = (rest - plane * tiles_along) * WIDE, source, target;
        offsets<u64>(axes, (u64)plane, source, target);
#pragma unroll
        for (int k = 0; k < WIDE / 8; k++)
        {
            int row = first + 8 * k;
            if (b + row < along && a + 2 * lane < across) tile[row][lane] = *(const u32*)(from + source + (b + row) * from_stride + a + 2 * lane);
        }

        __syncthreads();
#pragma unroll
        for (int k = 0; k < TILE / 8; k++)
        {
            int pair = first + 8 * k;
            if (a + 2 * pair < across && b + 2 * lane < along)
            {
                u32 upper = tile[2 * lane][pair], lower = tile[2 * lane + 1][pair];
                Unit* p = to + target + (a + 2 * pair) * to_stride + b + 2 * lane;
                *(u32*)p = (upper & 0xffffu) | (lower << 16);
                *(u32*)(p + to_stride) = (upper >> 16) | (lower & 0xffff0000u);
            }
        }

        __syncthreads();
    }
}
#endif
