// variants: ELEMENT=float; VEC=4; TEAM=192; PACKS=1
// variants: ELEMENT=float; RESULT=bf16; VEC=4; TEAM=192; PACKS=1
// variants: ELEMENT=bf16; VEC=8; TEAM=32; PACKS=3
// Layer normalization of rows held in registers. The mean is a rounded number and the mean of the deviations from it, so that a mean
// far from zero costs no accuracy. statistics: (3, rows), mean, rest, 1 / deviation.
#include "rows.cuh"
#include "partials.cuh"

#ifndef RESULT
#define RESULT ELEMENT
#endif

typedef acc<ELEMENT> number;

ROW_KERNEL layer_norm_forward(
    const ELEMENT* x, const number* weight, const number* bias, RESULT* y, number* statistics, i64 rows, int width, double epsilon)
{
    Team team;
    number w[PACKS][VEC], b[PACKS][VEC], a[PACKS][VEC];
    load_row(team, weight, width, w);
    load_row(team, bias, width, b);
    i64 teams = (i64)gridDim.x * (blockDim.x / TEAM);
    for (i64 row = (i64)blockIdx.x * (blockDim.x / TEAM) + team.index; row < rows; row += teams)
    {
        load_row(team, x + row * width, width, a);
        number sum = 0;
        FOR_PACKS FOR_ELEMENTS sum += a[p][i];
        number mean = team.sum(sum) / width, rest = 0, squares = 0;
        FOR_PACKS FOR_ELEMENTS
        {
            a[p][i] = team.column(p) < width ? a[p][i] - mean : 0;
            rest += a[p][i];
        }

        rest = team.sum(rest) / width;
        FOR_PACKS FOR_ELEMENTS
        {
            a[p][i] = team.column(p) < width ? a[p][i] - rest : 0;
            squares += a[p][i] * a[p][i];
        }

        number r = 1 / sqrt(team.sum(squares) / width + (number)epsilon);
        if (team.lane == 0)
        {
            statistics[row] = mean;
            statistics[rows + row] = rest;
            statistics[2 * rows + row] = r;
        }

        FOR_PACKS FOR_ELEMENTS a[p][i] = a[p][i] * r * w[p][i] + b[p][i];
        store_row(team, y + row * width, width, a);
    }
}

// partial: a row of 2 * width for each block, the weight's sums and the bias's.
ROW_KERNEL layer_norm_backward(
    const ELEMENT* x, const number* weight, const number* statistics, const RESULT* gradient, ELEMENT* dx, number* partial, i64 rows, int width)
{
    extern __shared__ double shared[];
    Team team;
    number w[PACKS][VEC], scales[PACKS][VEC], shifts[PACKS][VEC];
    load_row(team, weight, width, w);
    FOR_PACKS FOR_ELEMENTS scales[p][i] = shifts[p][i] = 0;
    i64 teams = (i64)gridDim.x * (blockDim.x / TEAM);
    for (i64 row = (i64)blockIdx.x * (blockDim.x / TEAM) + team.index; row < rows; row += teams)
    {
        number a[PACKS][VEC], g[PACKS][VEC];
        load_row(team, x + row * width, width, a);
        load_row(team, gradient + row * width, width, g);
        number mean = statistics[row], rest = statistics[rows + row], r = statistics[2 * rows + row], plain = 0, centered = 0;
        FOR_PACKS FOR_ELEMENTS
        {
            number normalized = (a[p][i] - mean - rest) * r, scaled = g[p][i] * w[p][i];
            scales[p][i] += g[p][i] * normalized;
            shifts[p][i] += g[p][i];
            plain += scaled;
            centered += scaled * normalized;
            a[p][i] = normalized;
        }

        plain = team.sum(plain) / width;
        centered = team.sum(centered) / width;
        FOR_PACKS FOR_ELEMENTS a[p][i] = r * (w[p][i] * g[p][i] - plain - a[p][i] * centered);
        store_row(team, dx + row * width, width, a);
    }

    number* sums = partial + (i64)blockIdx.x * 2 * width;
    leave_sums(team, (number*)shared, sums, width, scales);
    leave_sums(team, (number*)shared, sums + width, width, shifts);
}

extern "C" __global__ void sum_partials(const number* partial, number* out, i64 rows, i64 columns) { sum_rows(partial, out, rows, columns); }
