// variants: ELEMENT=float|bf16; TAPS=4; VEC=4; SILU=1; RESETS=0|1; AHEAD=8|4
// Depthwise causal convolution with TAPS taps, SiLU and a state. Channels lie across the lanes, VEC to a thread; a thread walks a run of rows
// and keeps its window of inputs in registers, so that a row is read once but for the TAPS - 1 rows at the start of a run. AHEAD rows are under
// way while as many are computed. Parameters and states have the arithmetic type. A reset at row t hides all rows before it.
#include "packs.cuh"
#include "partials.cuh"

#ifndef VEC
#define VEC 1
#endif
#ifndef SILU
#define SILU 0
#endif
#ifndef RESETS
#define RESETS 0
#endif
#ifndef AHEAD
#define AHEAD 4
#endif
#ifndef FORWARD_BLOCKS
#define FORWARD_BLOCKS 1
#endif
#ifndef BACKWARD_BLOCKS
#define BACKWARD_BLOCKS 1
#endif

#define STATE (TAPS - 1)
#define WINDOW (STATE > 0 ? STATE : 1)
#define BLOCK_THREADS 128
#define BLOCK_RUNS (BLOCK_THREADS / WARP)
#define FOR_ELEMENTS _Pragma("unroll") for (int i = 0; i < VEC; i++)
#define FOR_TAPS _Pragma("unroll") for (int k = 0; k < TAPS; k++)
#define FOR_STATE _Pragma("unroll") for (int j = 0; j < STATE; j++)
#define FOR_AHEAD _Pragma("unroll") for (int r = 0; r < AHEAD; r++)

typedef acc<ELEMENT> number;

__device__ __forceinline__ float logistic(float x) { return fast_sigmoid(x); }
__device__ __forceinline__ double logistic(double x) { return sigmoid(x); }

// The channels of a thread in one sequence.
struct Sequence
{
    const ELEMENT* x;       // row 0
    const number* initial;  // row 0 of STATE, which are the rows before row 0 of x; may be null
    const int* resets;      // row 0; not read without RESETS
    i64 length, channels;

    __device__ __forceinline__ bool reset(i64 t) const { return RESETS && t >= 0 && resets[t] != 0; }

    // The rows t - STATE ... t - 1 as row t sees them, the earliest first.
    __device__ __forceinline__ void window(i64 t, number (&a)[WINDOW][VEC]) const
    {
        if (t >= STATE)
        {
            Raw<VEC, ELEMENT> rows[WINDOW];
            FOR_STATE rows[j].load(x + (t - STATE + j) * channels);
            FOR_STATE rows[j].get(a[j]);
        }
        else
        {
            FOR_STATE
            {
                i64 row = t - STATE + j;
                if (row >= 0) load<VEC>(x + row * channels, a[j]);
                else if (initial) load<VEC>(initial + (row + STATE) * channels, a[j]);
                else FOR_ELEMENTS a[j][i] = 0;
            }
        }

        if (RESETS) FOR_STATE if (reset(t - STATE + j)) hide(a, j);
    }

    static __device__ __forceinline__ void hide(number (&a)[WINDOW][VEC], int before)
    {
        FOR_STATE if (j < before) FOR_ELEMENTS a[j][i] = 0;
    }
};

__device__ __forceinline__ void push(number (&window)[WINDOW][VEC], const number (&a)[VEC])
{
#pragma unroll
    for (int j = 0; j + 1 < STATE; j++) FOR_ELEMENTS window[j][i] = window[j + 1][i];
    if (STATE > 0) FOR_ELEMENTS window[WINDOW - 1][i] = a[i];
}

struct Taps
{
    number w[TAPS][VEC], b[VEC];

    __device__ __forceinline__ Taps(const number* weight, const number* bias, i64 channel)
    {
        FOR_ELEMENTS b[i] = bias ? bias[channel + i] : 0;
#if TAPS == 4
        FOR_ELEMENTS
        {
            number own[TAPS];
            load<TAPS>(weight + (channel + i) * TAPS, own);
            FOR_TAPS w[k][i] = own[k];
        }
#else
        FOR_ELEMENTS FOR_TAPS w[k][i] = weight[(channel + i) * TAPS + k];
#endif
    }

    __device__ __forceinline__ void apply(const number (&window)[WINDOW][VEC], const number (&a)[VEC], number (&z)[VEC]) const
    {
        FOR_ELEMENTS
        {
            z[i] = b[i];
            FOR_STATE z[i] += w[j][i] * window[j][i];
            z[i] += w[TAPS - 1][i] * a[i];
        }
    }
};

// A warp has 32 * VEC channels of a run, a block BLOCK_RUNS neighbouring runs. Blocks that follow each other lie
// side by side in the same rows, which are neighbours in memory.
struct Place
{
    i64 channel, sequence, start;
    u32 columns, column, block;
    int rows;   // of the run; 0 where there is nothing to do

    __device__ __forceinline__ Place(i64 length, i64 channels, int run)
    {
        i64 groups = (length + (i64)run * BLOCK_RUNS - 1) / ((i64)run * BLOCK_RUNS);
        columns = (u32)((channels + WARP * VEC - 1) / (WARP * VEC));
        column = blockIdx.x % columns;
        block = blockIdx.x / columns;
        channel = ((i64)column * WARP + threadIdx.x % WARP) * VEC;
        sequence = block / groups;
        start = (block % groups * BLOCK_RUNS + threadIdx.x / WARP) * run;
        rows = channel >= channels || start >= length ? 0 : start + run < length ? run : (int)(length - start);
    }
};

typedef Raw<VEC, ELEMENT> RawRow;

// AHEAD rows from a row on, of which as many as are left are there; the last stands in for the others, which are not used.
__device__ __forceinline__ void fetch(const ELEMENT* row, int left, i64 channels, RawRow (&rows)[AHEAD])
{
    if (left >= AHEAD)
    {
        FOR_AHEAD rows[r].load(row + r * channels);
    }
    else
    {
        FOR_AHEAD rows[r].load(row + (r < left ? r : left - 1) * channels);
    }
}

extern "C" __global__ void __launch_bounds__(BLOCK_THREADS, FORWARD_BLOCKS) causal_convolution_forward(
    const ELEMENT* x, const number* weight, const number* bias, const number* initial, const int* resets, ELEMENT* y, number* final,
    i64 length, i64 channels, int run)
{
    Place place(length, channels, run);
    if (place.rows == 0) return;
    i64 offset = place.sequence * length * channels + place.channel, state = place.sequence * STATE * channels + place.channel;
    Sequence in = { x + offset, initial ? initial + state : nullptr, RESETS ? resets + place.sequence * length : nullptr, length, channels };
    const ELEMENT* from = in.x + place.start * channels;
    ELEMENT* to = y + offset + place.start * channels;
    RawRow next[AHEAD], rows[AHEAD];
    fetch(from, place.rows, channels, next);
    Taps taps(weight, bias, place.channel);
    number window[WINDOW][VEC];
    in.window(place.start, window);
    for (int i = 0; i < place.rows; i += AHEAD)
    {
        FOR_AHEAD rows[r] = next[r];
        from += AHEAD * channels;
        if (i + AHEAD < place.rows) fetch(from, place.rows - i - AHEAD, channels, next);
        FOR_AHEAD
        {
            if (i + r >= place.rows) break;
            if (in.reset(place.start + i + r)) in.hide(window, STATE);
            number a[VEC], z[VEC];
            rows[r].get(a);
            taps.apply(window, a, z);
            if (SILU) FOR_ELEMENTS z[i] *= logistic(z[i]);
            store<VEC>(to + r * channels, z);
            push(window, a);
        }

        to += AHEAD * channels;
    }

    if (STATE > 0 && place.start + place.rows == length) FOR_STATE store<VEC>(final + state + j * channels, window[j]);
}

// The gradient of y before the activation.
__device__ __forceinline__ void through_silu(const number (&z)[VEC], number (&g)[VEC])
{
    FOR_ELEMENTS
    {
        number sigma = logistic(z[i]);
        g[i] *= sigma * (1 + z[i] * (1 - sigma));
    }
}

// A row of the final state is a copy of row t (of the initial state where t < 0) that no reset hides: its gradient is added.
__device__ __forceinline__ void add_final(const Sequence& in, const number* dfinal, i64 t, number (&sum)[VEC])
{
    if (STATE == 0 || !dfinal || t < in.length - STATE) return;
    if (RESETS) for (i64 s = t + 1; s < in.length; s++) if (in.reset(s)) return;
    number from[VEC];
    load<VEC>(dfinal + (t - in.length + STATE) * in.channels, from);
    FOR_ELEMENTS sum[i] += from[i];
}

// With g = gradient * SiLU'(z), dx of row s is the sum over j of w_(STATE - j) g of row s + j, for j up to the next reset. The sums of the last
// STATE rows wait in registers for the rows to come. partial: for each group of runs the sums of the taps and of the bias, (TAPS + 1, channels).
extern "C" __global__ void __launch_bounds__(BLOCK_THREADS, BACKWARD_BLOCKS) causal_convolution_backward(
    const ELEMENT* x, const number* weight, const number* bias, const number* initial, const int* resets,
    const ELEMENT* gradient, const number* dfinal, ELEMENT* dx, number* partial, i64 length, i64 channels, int run)
{
    __shared__ number sums[TAPS + 1][WARP * VEC];
    Place place(length, channels, run);
    number total[TAPS + 1][VEC];
#pragma unroll
    for (int k = 0; k <= TAPS; k++) FOR_ELEMENTS total[k][i] = 0;
    if (place.rows > 0)
    {
        i64 offset = place.sequence * length * channels + place.channel, state = place.sequence * STATE * channels + place.channel;
        i64 end = place.start + place.rows;
        int own = place.rows, last = end + STATE < length ? own + STATE : (int)(length - place.start);
        Sequence in = { x + offset, initial ? initial + state : nullptr, RESETS ? resets + place.sequence * length : nullptr, length, channels };
        if (dfinal) dfinal += state;
        const ELEMENT* fromx = in.x + place.start * channels;
        const ELEMENT* fromg = gradient + offset + place.start * channels;
        ELEMENT* to = dx + offset + (place.start - STATE) * channels;
        RawRow nextx[AHEAD], nextg[AHEAD], xs[AHEAD], gs[AHEAD];
        fetch(fromx, last, channels, nextx);
        fetch(fromg, last, channels, nextg);
        Taps taps(weight, bias, place.channel);
        number window[WINDOW][VEC], waiting[WINDOW][VEC];
        in.window(place.start, window);
        FOR_STATE FOR_ELEMENTS waiting[j][i] = 0;
        int seen = STATE;   // rows since the last reset: how far back a row's gradient reaches within the run
        for (int t = 0; t < last; t += AHEAD)
        {
            FOR_AHEAD xs[r] = nextx[r];
            FOR_AHEAD gs[r] = nextg[r];
            fromx += AHEAD * channels;
            fromg += AHEAD * channels;
            if (t + AHEAD < last)
            {
                fetch(fromx, last - t - AHEAD, channels, nextx);
                fetch(fromg, last - t - AHEAD, channels, nextg);
            }

            FOR_AHEAD
            {
                int row = t + r;
                if (row >= last) break;
                if (in.reset(place.start + row))
                {
                    in.hide(window, STATE);
                    seen = 0;
                }

                number a[VEC], g[VEC];
                xs[r].get(a);
                gs[r].get(g);
                if (SILU)
                {
                    number z[VEC];
                    taps.apply(window, a, z);
                    through_silu(z, g);
                }

                if (row < own)
                {
                    FOR_STATE FOR_ELEMENTS total[j][i] += g[i] * window[j][i];
                    FOR_ELEMENTS total[TAPS - 1][i] += g[i] * a[i];
                    FOR_ELEMENTS total[TAPS][i] += g[i];
                }

                // waiting[j] is the sum of row - STATE + j.
                number begun[VEC], leaving[VEC];
                FOR_ELEMENTS begun[i] = taps.w[STATE][i] * g[i];
                FOR_STATE if (!RESETS || STATE - j <= seen) FOR_ELEMENTS waiting[j][i] += taps.w[j][i] * g[i];
                FOR_ELEMENTS leaving[i] = STATE > 0 ? waiting[0][i] : begun[i];
                push(waiting, begun);
                push(window, a);
                if (RESETS) seen++;
                if (row < STATE) continue;
                if (dfinal) add_final(in, dfinal, place.start + row - STATE, leaving);
                store<VEC>(to + r * channels, leaving);
            }

            to += AHEAD * channels;
        }

        // The sequence's end: nothing comes to the rows that still wait.
        if (place.start + last == length) FOR_STATE
        {
            i64 out = length - STATE + j;
            if (out < place.start || out >= end) continue;
            if (dfinal) add_final(in, dfinal, out, waiting[j]);
            store<VEC>(dx + offset + out * channels, waiting[j]);
        }
    }

    // The block's runs, in order.
    for (int turn = 0; turn < BLOCK_RUNS; turn++)
    {
        if (threadIdx.x / WARP == turn)
        {
#pragma unroll
            for (int k = 0; k <= TAPS; k++) FOR_ELEMENTS
            {
                number* sum = &sums[k][threadIdx.x % WARP * VEC + i];
                *sum = turn == 0 ? total[k][i] : *sum + total[k][i];
            }
        }

        __syncthreads();
    }

    for (int i = threadIdx.x; i < (TAPS + 1) * WARP * VEC; i += BLOCK_THREADS)
    {
        int k = i / (WARP * VEC), c = i % (WARP * VEC);
        i64 channel = (i64)place.column * WARP * VEC + c;
        if (channel < channels) partial[((i64)place.block * (TAPS + 1) + k) * channels + channel] = sums[k][c];
    }
}

// The gradient of the initial state, STATE rows for each sequence: a thread for each (sequence, channel), VEC is 1 here.
extern "C" __global__ void causal_convolution_initial(
    const ELEMENT* x, const number* weight, const number* bias, const number* initial, const int* resets,
    const ELEMENT* gradient, const number* dfinal, number* dinitial, i64 batch, i64 length, i64 channels)
{
#if VEC == 1
    i64 index = (i64)blockIdx.x * blockDim.x + threadIdx.x;
    if (index >= batch * channels) return;
    i64 sequence = index / channels, channel = index % channels;
    i64 offset = sequence * length * channels + channel, state = sequence * STATE * channels + channel;
    Sequence in = { x + offset, initial + state, RESETS ? resets + sequence * length : nullptr, length, channels };
    Taps taps(weight, bias, channel);
    number window[WINDOW][VEC], sum[WINDOW][VEC];
    in.window(0, window);
    FOR_STATE sum[j][0] = 0;
#pragma unroll
    for (int t = 0; t < STATE; t++)
    {
        if (t >= length || in.reset(t)) break;
        number a[VEC], g[VEC], z[VEC];
        load<VEC>(in.x + t * channels, a);
        load<VEC>(gradient + offset + t * channels, g);
        taps.apply(window, a, z);
        if (SILU) through_silu(z, g);
        FOR_STATE if (j >= t) sum[j][0] += taps.w[j - t >= 0 ? j - t : 0][0] * g[0];
        push(window, a);
    }

    FOR_STATE
    {
        add_final(in, dfinal ? dfinal + state : nullptr, j - STATE, sum[j]);
        store<VEC>(dinitial + state + j * channels, sum[j]);
    }
#endif
}

// dweight[d, k] and dbias[d] from rows of (TAPS + 1, channels). Blocks of 1024, grid over (TAPS + 1) * channels / 32.
extern "C" __global__ void causal_convolution_sums(const number* partial, number* dweight, number* dbias, i64 rows, i64 channels)
{
    number total;
    i64 column = sum_column(partial, rows, channels * (TAPS + 1), total);
    if (column < 0) return;
    i64 k = column / channels, d = column % channels;
    if (k < TAPS) dweight[d * TAPS + k] = total;
    else if (dbias) dbias[d] = total;
}
