// variants: ELEMENT=float|double
// One step of an optimizer over all parameters: the norm of the gradients, the numbers of the step, the update. Every launch goes over a
// table of blocks, runs of elements of a parameter, so that the number of launches does not grow with the number of parameters.
// The host need not know what was decided here: a norm that is not finite gives scale 0, and then nothing changes, step counts included.
#include "packs.cuh"

#define VEC (16 / (int)sizeof(ELEMENT))
#define FOR_ELEMENTS _Pragma("unroll") for (int i = 0; i < VEC; i++)

// One run of elements. first and second are null where the optimizer has no such moment, gradient where the step leaves the parameter out.
struct Block
{
    ELEMENT* weight;
    const ELEMENT* gradient;
    ELEMENT* first;
    ELEMENT* second;
    i64 length;
    i64 part;
};

// What a part's settings say, and for which count of steps. kind: 0 descent, 1 Adam, 2 AdamW, 3 RAdam.
struct Settings
{
    double beta1, beta2, epsilon, decay, multiplier;
    i64 kind, slot;
};

// The numbers of a step for a part, as UpdateCoefficients on the host.
struct Coefficients
{
    double beta1, beta2, coupled_decay, shrink, step_size, root_scale, epsilon, adaptive;
};

extern "C" __global__ void gradient_squares(const Block* blocks, double* partial)
{
    Block block = blocks[blockIdx.x];
    double sum = 0, other = 0;
    if (block.gradient)
    {
        i64 packs = (u64)block.gradient % 16 == 0 ? block.length / VEC : 0;
        i64 p = threadIdx.x;
#pragma unroll 4
        for (; p < packs; p += blockDim.x)
        {
            ELEMENT g[VEC];
            load<VEC>(block.gradient + p * VEC, g);
#pragma unroll
            for (int i = 0; i < VEC; i += 2)
            {
                sum += (double)g[i] * g[i];
                other += (double)g[i + 1] * g[i + 1];
            }
        }

        for (i64 i = packs * VEC + threadIdx.x; i < block.length; i += blockDim.x) sum += (double)block.gradient[i] * block.gradient[i];
    }

    sum = block_sum(sum + other);
    if (threadIdx.x == 0) partial[blockIdx.x] = sum;
}

// result[0] = norm, result[1] = the factor on the gradients, 0 where the norm is not finite. One block. A sum that is given is added: that of parameters of another type.
extern "C" __global__ void gradient_scale(const double* partial, i64 count, double maximum, double margin, double* result)
{
    double sum = 0;
    for (i64 i = threadIdx.x; i < count; i += blockDim.x) sum += partial[i];
    sum = block_sum(sum);
    if (threadIdx.x != 0) return;
    double norm = sqrt(sum), scale = maximum / (norm + margin);
    result[0] = norm;
    result[1] = !(norm < __longlong_as_double(0x7ff0000000000000)) ? 0 : scale >= 1 ? 1 : scale;
}

// Counts the step in every slot whose flag is set, and computes the numbers of every part. scale may be null.
extern "C" __global__ void count_steps(i64* steps, const int* active, const double* scale, i64 slots)
{
    i64 slot = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (slot < slots && active[slot] && (!scale || *scale != 0)) steps[slot]++;
}

extern "C" __global__ void update_coefficients(const Settings* settings, const i64* steps, const double* rate, Coefficients* out, i64 parts)
{
    i64 part = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (part >= parts) return;
    Settings s = settings[part];
    double step = (double)steps[s.slot], r = *rate * s.multiplier;
    Coefficients c = { s.beta1, s.beta2, 0, 1, r, 0, s.epsilon, 0 };
    if (s.kind == 0)
    {
        c.coupled_decay = s.decay;
    }
    else if (step > 0)
    {
        double power = pow(s.beta2, step);
        c.step_size = r / (1 - pow(s.beta1, step));
        c.root_scale = 1 / sqrt(1 - power);
        c.adaptive = 1;
        if (s.kind == 2) c.shrink = 1 - r * s.decay;
        else c.coupled_decay = s.decay;
        if (s.kind == 3)
        {
            double longest = 2 / (1 - s.beta2) - 1, length = longest - 2 * step * power / (1 - power);
            c.adaptive = length > 5;
            if (length > 5)
            {
                c.step_size *= sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)) * sqrt(1 - power);
                c.root_scale = 1;
            }
        }
    }

    out[part] = c;
}

struct Rule
{
    ELEMENT scale, decay, shrink, momentum, first_share, second_decay, second_share, root_scale, epsilon, step;
    bool adaptive;

    __device__ __forceinline__ Rule(const Coefficients& c, double factor)
        : scale((ELEMENT)factor), decay((ELEMENT)c.coupled_decay), shrink((ELEMENT)c.shrink), momentum((ELEMENT)c.beta1), first_share((ELEMENT)(1 - c.beta1)),
          second_decay((ELEMENT)c.beta2), second_share((ELEMENT)(1 - c.beta2)), root_scale((ELEMENT)c.root_scale), epsilon((ELEMENT)c.epsilon),
          step((ELEMENT)-c.step_size), adaptive(c.adaptive != 0)
    {
    }

    // Running means of the gradient and of its square.
    __device__ __forceinline__ void moments(ELEMENT& w, ELEMENT g, ELEMENT& m, ELEMENT& v) const
    {
        g = decay * w + g * scale;
        m = first_share * (g - m) + m;
        v = second_share * g * g + second_decay * v;
        w = step * (adaptive ? m / (sqrt(v) * root_scale + epsilon) : m) + shrink * w;
    }

    // Descent, with momentum or without.
    __device__ __forceinline__ void descent(ELEMENT& w, ELEMENT g, ELEMENT& m) const
    {
        m = momentum * m + (decay * w + g * scale);
        w = step * m + w;
    }
};

extern "C" __global__ void update_parameters(const Block* blocks, const Coefficients* coefficients, const double* scale)
{
    double factor = scale ? *scale : 1;
    Block block = blocks[blockIdx.x];
    if (factor == 0 || !block.gradient) return;
    Rule rule(coefficients[block.part], factor);
    bool aligned = ((u64)block.weight | (u64)block.gradient | (u64)block.first | (u64)block.second) % 16 == 0;
    i64 packs = aligned ? block.length / VEC : 0;
    if (block.second)
    {
#pragma unroll 2
        for (i64 p = threadIdx.x; p < packs; p += blockDim.x)
        {
            ELEMENT w[VEC], g[VEC], m[VEC], v[VEC];
            load<VEC>(block.weight + p * VEC, w);
            load<VEC>(block.gradient + p * VEC, g);
            load<VEC>(block.first + p * VEC, m);
            load<VEC>(block.second + p * VEC, v);
            FOR_ELEMENTS rule.moments(w[i], g[i], m[i], v[i]);
            store<VEC>(block.weight + p * VEC, w);
            store<VEC>(block.first + p * VEC, m);
            store<VEC>(block.second + p * VEC, v);
        }

        for (i64 i = packs * VEC + threadIdx.x; i < block.length; i += blockDim.x) rule.moments(block.weight[i], block.gradient[i], block.first[i], block.second[i]);
        return;
    }

    for (i64 p = threadIdx.x; p < packs; p += blockDim.x)
    {
        ELEMENT w[VEC], g[VEC], m[VEC];
        load<VEC>(block.weight + p * VEC, w);
        load<VEC>(block.gradient + p * VEC, g);
        if (block.first) load<VEC>(block.first + p * VEC, m);
        else FOR_ELEMENTS m[i] = 0;
        FOR_ELEMENTS rule.descent(w[i], g[i], m[i]);
        store<VEC>(block.weight + p * VEC, w);
        if (block.first) store<VEC>(block.first + p * VEC, m);
    }

    for (i64 i = packs * VEC + threadIdx.x; i < block.length; i += blockDim.x)
    {
        ELEMENT none = 0;
        rule.descent(block.weight[i], block.gradient[i], block.first ? block.first[i] : none);
    }
}

// Scales gradients in place, where the factor is neither 0 nor 1.
extern "C" __global__ void scale_gradients(const Block* blocks, const double* scale)
{
    Block block = blocks[blockIdx.x];
    if (!block.gradient || *scale == 0 || *scale == 1) return;
    ELEMENT factor = (ELEMENT)*scale;
    ELEMENT* gradient = const_cast<ELEMENT*>(block.gradient);
    for (i64 i = threadIdx.x; i < block.length; i += blockDim.x) gradient[i] *= factor;
}
