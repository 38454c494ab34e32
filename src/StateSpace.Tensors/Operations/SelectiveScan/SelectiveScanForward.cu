// variants: ELEMENT=float; COMPLEX=0; LANES=4; PER=4; WIDTH=2; COEFFICIENT_WIDTH=4; BORDER=16; GROUP=4; SOFTPLUS=1; GATE=1; RESETS=0|1; B_PER_STEP=1; C_PER_STEP=1; TILE=32; UNROLL=2
// variants: ELEMENT=bf16; COMPLEX=0; LANES=4; PER=4; WIDTH=2; COEFFICIENT_WIDTH=4; BORDER=16; GROUP=4; SOFTPLUS=1; GATE=1; RESETS=0|1; B_PER_STEP=1; C_PER_STEP=1; TILE=64; UNROLL=2
// The selective scan, forward: h_t = exp(step_t A) h_{t-1} + step_t B_t u_t, y_t = (s Re(C_t h_t) + D u_t) SiLU(z_t); see scan_tile.cuh for the shape.
// Per tile: (1) each thread turns its rows of delta and u into steps and inputs in shared memory, (2) runs its states through the tile, (3) finishes its
// rows of y. The next tile's rows are on their way into registers while (2) runs. States before every BORDER-th step are kept for the reverse pass.
#include "scan_tile.cuh"

extern "C" __global__ void __launch_bounds__(THREADS) selective_scan_forward(
    const element* __restrict__ u, const element* __restrict__ delta, const real* __restrict__ a_re, const real* __restrict__ a_im,
    const b_element* __restrict__ b_re, const b_element* __restrict__ b_im, const c_element* __restrict__ c_re, const c_element* __restrict__ c_im,
    const real* __restrict__ skip, const element* __restrict__ gate, const real* __restrict__ bias,
    const real* __restrict__ initial_re, const real* __restrict__ initial_im, const int* __restrict__ resets,
    element* __restrict__ y, real* __restrict__ final_re, real* __restrict__ final_im, state* __restrict__ borders,
    i64 length, int channels, int states)
{
    constexpr int unroll = UNROLL;
    extern __shared__ uint4 shared[];
    typedef Pack<real, 2> Step;
    Step* steps = (Step*)shared;
    state* b_tile = (state*)(steps + TILE * CHANNELS);
    state* c_tile = b_tile + TILE * PADDED;
    Shares* sums = (Shares*)(c_tile + TILE * PADDED);
    int* reset_tile = (int*)(sums + TILE * ROW_STRIDE);

    int blocks = (channels + CHANNELS - 1) / CHANNELS;
    i64 sequence = blockIdx.x / blocks;
    int first_channel = blockIdx.x % blocks * CHANNELS;

    // As an owner of states.
    int own = threadIdx.x / LANES, lane = threadIdx.x % LANES, n = lane * PER;
    bool isInside = first_channel + own < channels;
    i64 state_row = sequence * channels + first_channel + own;
    state rate[PER], h[PER], b[PER], c[PER];
    load_states(rate, a_re, a_im, first_channel + own, n, states, isInside);
#pragma unroll
    for (int i = 0; i < PER; i++) rate[i] = rate_of(rate[i]);
    load_states(h, initial_re, initial_im, state_row, n, states, isInside);
    if (!B_PER_STEP) load_states(b, b_re, b_im, first_channel + own, n, states, isInside);
    if (!C_PER_STEP) load_states(c, c_re, c_im, first_channel + own, n, states, isInside);

    // As an owner of rows.
    int column = threadIdx.x % COLUMNS * WIDTH, row = threadIdx.x / COLUMNS, channel = first_channel + column;
    real row_bias[WIDTH], row_skip[WIDTH];
#pragma unroll
    for (int i = 0; i < WIDTH; i++)
    {
        row_bias[i] = bias && channel + i < channels ? bias[channel + i] : 0;
        row_skip[i] = skip && channel + i < channels ? skip[channel + i] : 0;
    }

    Row u_rows[PASSES], delta_rows[PASSES], gate_rows[PASSES];
    Coefficients b_values[COEFFICIENT_PASSES], b_imaginary[COEFFICIENT_PASSES], c_values[COEFFICIENT_PASSES], c_imaginary[COEFFICIENT_PASSES];
    int reset = 0;
    u32 row_bytes = (u32)(row * channels + column) * (u32)sizeof(element), pass_bytes = (u32)(ROWS * channels) * (u32)sizeof(element);
    auto load_rows = [&](i64 first, auto isWhole)
    {
        i64 start = (sequence * length + first) * channels + first_channel;
#pragma unroll
        for (int p = 0; p < PASSES; p++)
        {
            u32 at = row_bytes + p * pass_bytes;
            bool has = isWhole.value || (row + p * ROWS < TILE && first + row + p * ROWS < length && channel < channels);
            if (has) u_rows[p].load(behind(u + start, at)); else u_rows[p].clear();
            if (has) delta_rows[p].load(behind(delta + start, at)); else delta_rows[p].clear();
            if (!GATE) continue;
            if (has) gate_rows[p].load(behind(gate + start, at)); else gate_rows[p].clear();
        }
    };
    auto is_whole = [&](i64 first) { return TILE % ROWS == 0 && first + TILE <= length && first_channel + CHANNELS <= channels; };
    auto load = [&](i64 first)
    {
        if (is_whole(first)) load_rows(first, Yes()); else load_rows(first, No());
        i64 coefficients = (sequence * length + first) * states;
#pragma unroll
        for (int p = 0; p < COEFFICIENT_PASSES; p++)
        {
            if (B_PER_STEP) b_values[p] = load_coefficients((const element*)b_re + coefficients, p, length - first, states);
            if (B_PER_STEP && COMPLEX) b_imaginary[p] = load_coefficients((const element*)b_im + coefficients, p, length - first, states);
            if (C_PER_STEP) c_values[p] = load_coefficients((const element*)c_re + coefficients, p, length - first, states);
            if (C_PER_STEP && COMPLEX) c_imaginary[p] = load_coefficients((const element*)c_im + coefficients, p, length - first, states);
        }

        if (RESETS && threadIdx.x < TILE) reset = first + threadIdx.x < length ? resets[sequence * length + first + threadIdx.x] : 0;
    };

    load(0);
    for (i64 first = 0; first < length; first += TILE)
    {
        int steps_left = (int)(length - first < TILE ? length - first : TILE);
        auto begin_rows = [&](auto isWhole)
        {
#pragma unroll
            for (int p = 0; p < PASSES; p++)
            {
                int at = row + p * ROWS;
                if (!isWhole.value && at >= TILE) continue;
                Pack<Step, WIDTH> pack;
#pragma unroll
                for (int i = 0; i < WIDTH; i++)
                {
                    real slope, step = step_of(delta_rows[p].at(i) + row_bias[i], slope);
                    if (!isWhole.value && at >= steps_left) step = 0;
                    pack.at[i] = {step, step * u_rows[p].at(i)};
                }

                store_pack(steps + at * CHANNELS + column, pack);
            }
        };
        bool isWhole = is_whole(first);
        if (isWhole) begin_rows(Yes()); else begin_rows(No());
#pragma unroll
        for (int p = 0; p < COEFFICIENT_PASSES; p++)
        {
            if (B_PER_STEP) store_coefficients(b_tile, p, b_values[p], b_imaginary[p]);
            if (C_PER_STEP) store_coefficients(c_tile, p, c_values[p], c_imaginary[p]);
        }

        if (RESETS && threadIdx.x < TILE) reset_tile[threadIdx.x] = reset;
        Row u_now[PASSES], gate_now[PASSES];
#pragma unroll
        for (int p = 0; p < PASSES; p++) { u_now[p] = u_rows[p]; gate_now[p] = gate_rows[p]; }
        __syncthreads();
        load(first + TILE);

#pragma unroll unroll
        for (int group = 0; group < TILE; group += GROUP)
        {
            if (borders && group % BORDER == 0 && first + group < length && isInside)
            {
                state* to = behind(
                    borders + ((sequence * ((length + BORDER - 1) / BORDER) + (first + group) / BORDER) * channels + first_channel) * states,
                    (u32)(own * states + n) * (u32)sizeof(state));
                if (states % PER == 0)
                {
                    Pack<state, PER> pack;
#pragma unroll
                    for (int i = 0; i < PER; i++) pack.at[i] = h[i];
                    if (n < states) store_pack(to, pack);
                }
                else
                {
                    for (int i = 0; i < PER; i++) if (n + i < states) to[i] = h[i];
                }
            }

            // Stored only after all of the group's loads: a load does not pass a store.
            real outputs[GROUP];
#pragma unroll
            for (int j = 0; j < GROUP; j++)
            {
                int t = group + j;
                Step step = steps[t * CHANNELS + own];
                Pack<state, PER> b_now, c_now;
                if (B_PER_STEP) b_now = load_pack<state, PER>(b_tile + t * PADDED + n);
                if (C_PER_STEP) c_now = load_pack<state, PER>(c_tile + t * PADDED + n);
                bool isReset = RESETS && reset_tile[t] != 0;
                outputs[j] = 0;
#pragma unroll
                for (int i = 0; i < PER; i++)
                {
                    state a = decay_of(rate[i], step.at[0]);
                    if (RESETS && isReset) a = state_of(0, 0);
                    h[i] = advance(a, h[i], step.at[1], B_PER_STEP ? b_now.at[i] : b[i]);
                    outputs[j] = real_plus(C_PER_STEP ? c_now.at[i] : c[i], h[i], outputs[j]);
                }
            }

#pragma unroll
            for (int j = 0; j < GROUP; j++) store_shares(sums + (group + j) * ROW_STRIDE + place_of(own), outputs[j]);
        }

        __syncthreads();
        auto end_rows = [&](auto isWhole)
        {
            element* to = y + (sequence * length + first) * channels + first_channel;
#pragma unroll
            for (int p = 0; p < PASSES; p++)
            {
                int at = row + p * ROWS;
                if (!isWhole.value && (at >= steps_left || channel >= channels)) continue;
                ResultRow result;
#pragma unroll
                for (int i = 0; i < WIDTH; i++)
                {
                    real value = SCALE * sum_of_shares(sums + at * ROW_STRIDE + place_of(column + i)) + row_skip[i] * u_now[p].at(i);
                    if (GATE) { real z = gate_now[p].at(i); value *= z * logistic(z); }
                    result.at[i] = narrow<element>(value);
                }

                store_pack(behind(to, row_bytes + p * pass_bytes), result);
            }
        };
        if (isWhole) end_rows(Yes()); else end_rows(No());
    }

    store_states(h, final_re, final_im, state_row, n, states, isInside);
}
