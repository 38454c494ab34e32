// variants: ELEMENT=float; VEC=4; TEAM=192; PACKS=2
// variants: ELEMENT=bf16; VEC=8; TEAM=96; PACKS=2
// RMS normalization of v = x SiLU(z) over groups of channels. blockIdx.y is the group; a team takes the group's part of one row
// after the other and holds it in registers.
#include "rows.cuh"
#include "partials.cuh"

#ifndef RESULT
#define RESULT ELEMENT
#endif

typedef acc<ELEMENT> number;

__device__ __forceinline__ float inverse_root(float x) { return rsqrtf(x); }
__device__ __forceinline__ double inverse_root(double x) { return 1 / sqrt(x); }
__device__ __forceinline__ float logistic(float x) { return fast_sigmoid(x); }
__device__ __forceinline__ double logistic(double x) { return sigmoid(x); }

// width: channels of a group; weight: (groups * width); inverse: (rows, groups).
ROW_KERNEL gated_rms_norm_forward(
    const ELEMENT* x, const ELEMENT* z, const number* weight, RESULT* y, number* inverse, i64 rows, int width, double epsilon)
{
    Team team;
    number w[PACKS][VEC], a[PACKS][VEC], b[PACKS][VEC];
    int group = blockIdx.y, groups = gridDim.y;
    load_row(team, weight + (i64)group * width, width, w);
    i64 teams = (i64)gridDim.x * (blockDim.x / TEAM);
    for (i64 row = (i64)blockIdx.x * (blockDim.x / TEAM) + team.index; row < rows; row += teams)
    {
        i64 start = (row * groups + group) * width;
        load_row(team, x + start, width, a);
        load_row(team, z + start, width, b);
        number squares = 0;
        FOR_PACKS FOR_ELEMENTS
        {
            a[p][i] *= b[p][i] * logistic(b[p][i]);
            squares += a[p][i] * a[p][i];
        }

        number r = inverse_root(team.sum(squares) / width + (number)epsilon);
        if (team.lane == 0) inverse[row * groups + group] = r;
        FOR_PACKS FOR_ELEMENTS a[p][i] = a[p][i] * r * w[p][i];
        store_row(team, y + start, width, a);
    }
}

// partial: a row of groups * width for each blockIdx.x.
ROW_KERNEL gated_rms_norm_backward(
    const ELEMENT* x, const ELEMENT* z, const number* weight, const number* inverse, const RESULT* gradient,
    ELEMENT* dx, ELEMENT* dz, number* partial, i64 rows, int width)
{
    extern __shared__ double shared[];
    Team team;
    number w[PACKS][VEC], total[PACKS][VEC];
    int group = blockIdx.y, groups = gridDim.y;
    load_row(team, weight + (i64)group * width, width, w);
    FOR_PACKS FOR_ELEMENTS total[p][i] = 0;
    i64 teams = (i64)gridDim.x * (blockDim.x / TEAM);
    for (i64 row = (i64)blockIdx.x * (blockDim.x / TEAM) + team.index; row < rows; row += teams)
    {
        i64 start = (row * groups + group) * width;
        number a[PACKS][VEC], b[PACKS][VEC], g[PACKS][VEC];
        load_row(team, x + start, width, a);
        load_row(team, z + start, width, b);
        load_row(team, gradient + start, width, g);
        number r = inverse[row * groups + group], projection = 0;
        number sigma[PACKS][VEC];
        FOR_PACKS FOR_ELEMENTS
        {
            sigma[p][i] = logistic(b[p][i]);
            number normalized = a[p][i] * b[p][i] * sigma[p][i] * r;
            total[p][i] += g[p][i] * normalized;
            g[p][i] *= w[p][i];
            projection += g[p][i] * normalized;
        }

        number mean = team.sum(projection) / width;
        FOR_PACKS FOR_ELEMENTS
        {
            number silu = b[p][i] * sigma[p][i], value = a[p][i];
            number dv = r * (g[p][i] - value * silu * r * mean);
            a[p][i] = dv * silu;
            b[p][i] = dv * value * (sigma[p][i] + silu * (1 - sigma[p][i]));
        }

        store_row(team, dx + start, width, a);
        store_row(team, dz + start, width, b);
    }

    leave_sums(team, (number*)shared, partial + ((i64)blockIdx.x * groups + group) * width, width, total);
}

extern "C" __global__ void sum_partials(const number* partial, number* out, i64 rows, i64 columns) { sum_rows(partial, out, rows, columns); }
