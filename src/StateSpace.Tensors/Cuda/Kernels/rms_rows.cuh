// RMS normalization of rows, with or without a residual that is added first. A team holds its row in registers, so that memory is
// read once; weights stay in registers over the rows of a team. Types: ELEMENT of x, RESULT of y, RESIDUAL of the residual and the sum.
#pragma once
#include "rows.cuh"
#include "partials.cuh"

#ifndef RESULT
#define RESULT ELEMENT
#endif
#ifndef RESIDUAL
#define RESIDUAL ELEMENT
#endif

typedef acc<ELEMENT> number;

__device__ __forceinline__ float inverse_root(float x) { return rsqrtf(x); }
__device__ __forceinline__ double inverse_root(double x) { return 1 / sqrt(x); }

template <bool ADDS> __device__ __forceinline__ void forward(
    const RESIDUAL* residual, const ELEMENT* x, const number* weight, RESULT* y, RESIDUAL* sum, number* inverse, i64 rows, int width, double epsilon)
{
    Team team;
    number w[PACKS][VEC], a[PACKS][VEC];
    load_row(team, weight, width, w);
    i64 teams = (i64)gridDim.x * (blockDim.x / TEAM);
    for (i64 row = (i64)blockIdx.x * (blockDim.x / TEAM) + team.index; row < rows; row += teams)
    {
        load_row(team, x + row * width, width, a);
        if (ADDS)
        {
            number b[PACKS][VEC];
            load_row(team, residual + row * width, width, b);
            FOR_PACKS FOR_ELEMENTS a[p][i] += b[p][i];
            store_row(team, sum + row * width, width, a);
        }

        number squares = 0;
        FOR_PACKS FOR_ELEMENTS squares += a[p][i] * a[p][i];
        number r = inverse_root(team.sum(squares) / width + (number)epsilon);
        if (team.lane == 0) inverse[row] = r;
        FOR_PACKS FOR_ELEMENTS a[p][i] = a[p][i] * r * w[p][i];
        store_row(team, y + row * width, width, a);
    }
}

// x is the input, or with ADDS the sum; dsum may be null.
template <bool ADDS, typename T> __device__ __forceinline__ void backward(
    const T* x, const number* weight, const number* inverse, const RESULT* gradient, const RESIDUAL* dsum,
    RESIDUAL* dresidual, ELEMENT* dx, number* partial, i64 rows, int width)
{
    extern __shared__ double shared[];
    Team team;
    number w[PACKS][VEC], total[PACKS][VEC];
    load_row(team, weight, width, w);
    FOR_PACKS FOR_ELEMENTS total[p][i] = 0;
    i64 teams = (i64)gridDim.x * (blockDim.x / TEAM);
    for (i64 row = (i64)blockIdx.x * (blockDim.x / TEAM) + team.index; row < rows; row += teams)
    {
        number a[PACKS][VEC], g[PACKS][VEC], d[PACKS][VEC];
        load_row(team, x + row * width, width, a);
        load_row(team, gradient + row * width, width, g);
        if (ADDS)
        {
            if (dsum) load_row(team, dsum + row * width, width, d);
            else FOR_PACKS FOR_ELEMENTS d[p][i] = 0;
        }

        number r = inverse[row], projection = 0;
        FOR_PACKS FOR_ELEMENTS
        {
            number normalized = a[p][i] * r;
            total[p][i] += g[p][i] * normalized;
            projection += g[p][i] * w[p][i] * normalized;
            a[p][i] = normalized;
        }

        number mean = team.sum(projection) / width;
        FOR_PACKS FOR_ELEMENTS
        {
            a[p][i] = r * (w[p][i] * g[p][i] - a[p][i] * mean);
            if (ADDS) a[p][i] += d[p][i];
        }

        if (ADDS) store_row(team, dresidual + row * width, width, a);
        if (!ADDS || dx) store_row(team, dx + row * width, width, a);
    }

    leave_sums(team, (number*)shared, partial + (i64)blockIdx.x * width, width, total);
}
