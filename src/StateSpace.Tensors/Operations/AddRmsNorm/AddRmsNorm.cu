// variants: ELEMENT=float; VEC=4; TEAM=192; PACKS=1
// variants: ELEMENT=bf16; RESIDUAL=float; VEC=4; TEAM=192; PACKS=1
// A sum and its RMS normalization in one pass; types RESIDUAL of the residual and the sum, ELEMENT of x, RESULT of y.
#include "rms_rows.cuh"

ROW_KERNEL add_rms_norm_forward(
    const RESIDUAL* residual, const ELEMENT* x, const number* weight, RESULT* y, RESIDUAL* sum, number* inverse, i64 rows, int width, double epsilon)
{
    forward<true>(residual, x, weight, y, sum, inverse, rows, width, epsilon);
}

ROW_KERNEL add_rms_norm_backward(
    const RESIDUAL* sum, const number* weight, const number* inverse, const RESULT* gradient, const RESIDUAL* dsum,
    RESIDUAL* dresidual, ELEMENT* dx, number* partial, i64 rows, int width)
{
    backward<true>(sum, weight, inverse, gradient, dsum, dresidual, dx, partial, rows, width);
}

extern "C" __global__ void sum_partials(const number* partial, number* out, i64 rows, i64 columns) { sum_rows(partial, out, rows, columns); }
