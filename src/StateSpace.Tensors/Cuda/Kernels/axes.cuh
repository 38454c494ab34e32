// Offsets of a row in two arrays whose axes have any strides. The innermost axis is the kernel's own matter; up to five lie
// outside it, the innermost of those first, and who has more runs the kernel for each index of the outermost.
#pragma once
#include "common.cuh"

#define OUTER_AXES 5

struct Axes
{
    int count;
    i64 size[OUTER_AXES], left[OUTER_AXES], right[OUTER_AXES];
};

#define AXES_PARAMETERS int axis_count, \
    i64 size0, i64 left0, i64 right0, i64 size1, i64 left1, i64 right1, i64 size2, i64 left2, i64 right2, \
    i64 size3, i64 left3, i64 right3, i64 size4, i64 left4, i64 right4

#define AXES_OF_PARAMETERS Axes { axis_count, { size0, size1, size2, size3, size4 }, { left0, left1, left2, left3, left4 }, { right0, right1, right2, right3, right4 } }

// I is u32 where the number of rows fits: a 64-bit division costs five times as much.
template <typename I> __device__ __forceinline__ void offsets(const Axes& axes, I row, i64& left, i64& right)
{
    left = 0;
    right = 0;
#pragma unroll
    for (int k = 0; k < OUTER_AXES; k++)
    {
        if (k >= axes.count) break;
        I index = row;
        if (k < axes.count - 1)
        {
            row = index / (I)axes.size[k];
            index -= row * (I)axes.size[k];
        }

        left += (i64)index * axes.left[k];
        right += (i64)index * axes.right[k];
    }
}
