// Lines of a tensor seen as (outer, length, inner), along its middle axis: a block of 256 threads holds 256 / lanes lines with `lanes` (a
// power of 2) threads each. Neighbouring threads go along a line where inner is 1 and over lines elsewhere, so that a warp's
// accesses lie together in both cases.
#pragma once
#include "common.cuh"

#define THREADS 256

struct Line
{
    int lane;     // which of the line's threads this is
    int slot;     // the line's number within the block
    int step;     // distance of a line's threads within the block
    i64 line;     // the line's number, outer * inner + position in inner
};

__device__ __forceinline__ Line line_of_thread(int lanes, bool along)
{
    Line t;
    int lines = THREADS / lanes;
    t.lane = along ? threadIdx.x % lanes : threadIdx.x / lines;
    t.slot = along ? threadIdx.x / lanes : threadIdx.x % lines;
    t.step = along ? 1 : lines;
    t.line = (i64)blockIdx.x * lines + t.slot;
    return t;
}

// Offset of the first element of a line; those that follow are inner apart.
__device__ __forceinline__ i64 start_of_line(i64 line, i64 length, i64 inner)
{
    if (inner == 1) return line * length;
    i64 outer = line / inner;
    return outer * length * inner + (line - outer * inner);
}
