// variants: ELEMENT=float; VEC=4; TEAM=192; PACKS=1
// variants: ELEMENT=float; RESULT=bf16; VEC=4; TEAM=192; PACKS=1
// variants: ELEMENT=bf16; VEC=8; TEAM=32; PACKS=3
// RMS normalization; types ELEMENT of x and RESULT of y.
#include "rms_rows.cuh"

ROW_KERNEL rms_norm_forward(const ELEMENT* x, const number* weight, RESULT* y, number* inverse, i64 rows, int width, double epsilon)
{
    forward<false>(nullptr, x, weight, y, nullptr, inverse, rows, width, epsilon);
}

ROW_KERNEL rms_norm_backward(
    const ELEMENT* x, const number* weight, const number* inverse, const RESULT* gradient, ELEMENT* dx, number* partial, i64 rows, int width)
{
    backward<false>(x, weight, inverse, gradient, nullptr, nullptr, dx, partial, rows, width);
}

extern "C" __global__ void sum_partials(const number* partial, number* out, i64 rows, i64 columns) { sum_rows(partial, out, rows, columns); }
