// variants: ELEMENT=float; COMPLEX=0; LANES=4; PER=4; WIDTH=2; COEFFICIENT_WIDTH=4; BORDER=16; GROUP=4; SOFTPLUS=1; GATE=1; RESETS=0|1; B_PER_STEP=1; C_PER_STEP=1; TILE=16; TENSOR_CORES=0; UNROLLED=1; BLOCKS=3
// variants: ELEMENT=bf16; COMPLEX=0; LANES=4; PER=4; WIDTH=2; COEFFICIENT_WIDTH=4; BORDER=16; GROUP=4; SOFTPLUS=1; GATE=1; RESETS=0|1; B_PER_STEP=1; C_PER_STEP=1; TILE=16; TENSOR_CORES=1; UNROLLED=1; BLOCKS=3
// The selective scan, in reverse. With g = s dy SiLU(z), bars for conjugates and P_t = conj(a_{t+1}) G_{t+1}, the adjoint that reaches h_t from later:
// G_t = g_t C̄_t + P_t, dC_t = g_t h̄_t, dB_t = step_t u_t G_t, q_t = h̄_{t-1} conj(a_t) G_t, dA = sum step_t q_t,
// dstep_t = sum_n Re(Ā q_t + u_t B̄_t G_t), du_t = step_t sum_n Re(B̄_t G_t) + D g_t.
//
// A tile's states start from those kept by the forward pass. States and decays stay in registers for half of the tile: those of the earlier half are
// computed again, which costs less than the registers for them. dB and dC are summed over a warp's channels through its own shared memory, then over the block's
// warps, and go to memory as one part for each block of channels; ScanSums.cu adds the parts in order.
#include "scan_reduction.cuh"

#define IS_REDUCED (B_PER_STEP || C_PER_STEP)

// Steps whose decays are kept: complex ones cost too much to be made twice.
#define DECAYS (COMPLEX ? TILE : HALF)

extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) selective_scan_backward(
    const element* __restrict__ u, const element* __restrict__ delta, const real* __restrict__ a_re, const real* __restrict__ a_im,
    const b_element* __restrict__ b_re, const b_element* __restrict__ b_im, const c_element* __restrict__ c_re, const c_element* __restrict__ c_im,
    const real* __restrict__ skip, const element* __restrict__ gate, const real* __restrict__ bias, const int* __restrict__ resets,
    const state* __restrict__ borders, const element* __restrict__ dy, const real* __restrict__ dfinal_re, const real* __restrict__ dfinal_im,
    element* __restrict__ du, element* __restrict__ ddelta, element* __restrict__ dgate,
    real* __restrict__ da_re, real* __restrict__ da_im, real* __restrict__ db_re, real* __restrict__ db_im, real* __restrict__ dc_re, real* __restrict__ dc_im,
    real* __restrict__ dskip, real* __restrict__ dbias, real* __restrict__ dinitial_re, real* __restrict__ dinitial_im, real* __restrict__ parts,
    i64 length, int channels, int states)
{
    // A plain form, with the tile in local memory, compiles in a fraction of the time: for double, and for very many states.
    constexpr int all = UNROLLED ? TILE : 1;
    extern __shared__ uint4 shared[];
    typedef Pack<real, 4> Step; // step, step * u, step, g: a pass over the states loads the half that it needs
    Step* steps = (Step*)shared;
    typedef Pack<real, 2 * WIDTH> Slopes; // of the step along what it was made from, of the output along the gate; for each of a thread's adjacent channels
    Slopes* slopes = (Slopes*)(steps + TILE * ROW_STRIDE);
    state* b_tile = (state*)(slopes + TILE * CHANNELS / WIDTH);
    state* c_tile = b_tile + TILE * PADDED;
    Vector* parts_tile = (Vector*)(c_tile + TILE * PADDED);                             // (warp, step, dB and dC)
    unsigned char* exchange = (unsigned char*)(parts_tile + WARPS * TILE * STEP_STRIDE);
    Shares* sums = (Shares*)(exchange + WARPS * ChannelSums::exchange_bytes);           // (A q, and without tensor cores Re(B̄ G), C h; step, channel)
    real* state_sums = (real*)(sums + (TENSOR_CORES ? 1 : 3) * TILE * ROW_STRIDE);      // (Re(B̄ G), C h; step, channel), from tensor cores
    uint2* factors = (uint2*)(state_sums + TENSOR_CORES * 2 * TILE * ROW_STRIDE);                             // (step, pair of channels), for tensor cores
    int* reset_tile = (int*)(factors + TENSOR_CORES * TILE * CHANNELS / 2);

    int blocks = (channels + CHANNELS - 1) / CHANNELS;
    i64 sequence = blockIdx.x / blocks, sequences = gridDim.x / blocks;
    int block = blockIdx.x % blocks, first_channel = block * CHANNELS;

    // As an owner of states.
    int own = threadIdx.x / LANES, lane = threadIdx.x % LANES, n = lane * PER;
    const Step* own_steps = steps + place_of(own);
    ChannelSums channel_sums(parts_tile, exchange, state_sums, (u32)channels >> 31);
    bool isInside = first_channel + own < channels;
    i64 state_row = sequence * channels + first_channel + own;
    state rate[PER], later[PER], b[PER], c[PER], da[PER], db[PER], dc[PER];
#if COMPLEX
    state weight[PER];
    load_states(weight, a_re, a_im, first_channel + own, n, states, isInside);
#endif
    load_states(rate, a_re, a_im, first_channel + own, n, states, isInside);
    load_states(later, dfinal_re, dfinal_im, state_row, n, states, isInside);
    if (!B_PER_STEP) load_states(b, b_re, b_im, first_channel + own, n, states, isInside);
    if (!C_PER_STEP) load_states(c, c_re, c_im, first_channel + own, n, states, isInside);
#pragma unroll
    for (int i = 0; i < PER; i++)
    {
        rate[i] = rate_of(rate[i]);
        da[i] = db[i] = dc[i] = state_of(0, 0);
    }

    // As an owner of rows.
    int column = threadIdx.x % COLUMNS * WIDTH, row = threadIdx.x / COLUMNS, channel = first_channel + column;
    real row_bias[WIDTH], row_skip[WIDTH], skip_sum[WIDTH] = {}, bias_sum[WIDTH] = {};
#pragma unroll
    for (int i = 0; i < WIDTH; i++)
    {
        row_bias[i] = bias && channel + i < channels ? bias[channel + i] : 0;
        row_skip[i] = skip && channel + i < channels ? skip[channel + i] : 0;
    }

    i64 tiles = (length + TILE - 1) / TILE;
    Row u_rows[PASSES], delta_rows[PASSES], gate_rows[PASSES], dy_rows[PASSES];
    Coefficients b_values[COEFFICIENT_PASSES], b_imaginary[COEFFICIENT_PASSES], c_values[COEFFICIENT_PASSES], c_imaginary[COEFFICIENT_PASSES];
    state border[PER];
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
            if (has) dy_rows[p].load(behind(dy + start, at)); else dy_rows[p].clear();
            if (!GATE) continue;
            if (has) gate_rows[p].load(behind(gate + start, at)); else gate_rows[p].clear();
        }
    };
    auto is_whole = [&](i64 first) { return TILE % ROWS == 0 && first + TILE <= length && first_channel + CHANNELS <= channels; };
    auto load = [&](i64 tile)
    {
        if (tile < 0) return;
        i64 first = tile * TILE;
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
        const state* from = behind(borders + ((sequence * tiles + tile) * channels + first_channel) * states, (u32)(own * states + n) * (u32)sizeof(state));
        if (states % PER == 0)
        {
            Pack<state, PER> pack = {};
            if (isInside && n < states) pack = load_pack<state, PER>(from);
#pragma unroll
            for (int i = 0; i < PER; i++) border[i] = pack.at[i];
        }
        else
        {
#pragma unroll
            for (int i = 0; i < PER; i++) border[i] = isInside && n + i < states ? from[i] : state_of(0, 0);
        }
    };

    load(tiles - 1);
    for (i64 tile = tiles - 1; tile >= 0; tile--)
    {
        i64 first = tile * TILE;
        int steps_left = (int)(length - first < TILE ? length - first : TILE);
        Row u_now[PASSES];
        auto begin_rows = [&](auto isWhole)
        {
#pragma unroll
            for (int p = 0; p < PASSES; p++)
            {
                u_now[p] = u_rows[p];
                int at = row + p * ROWS;
                if (!isWhole.value && at >= TILE) continue;
                real inputs[WIDTH], gs[WIDTH];
                Slopes slope = {};
#pragma unroll
                for (int i = 0; i < WIDTH; i++)
                {
                    real step = step_of(delta_rows[p].at(i) + row_bias[i], slope.at[2 * i]), g = dy_rows[p].at(i);
                    if (!isWhole.value && at >= steps_left) step = 0;
                    if (GATE)
                    {
                        real z = gate_rows[p].at(i), sigma = logistic(z);
                        slope.at[2 * i + 1] = g * sigma * (1 + z * (1 - sigma));
                        g *= z * sigma;
                    }

                    inputs[i] = step * u_rows[p].at(i);
                    gs[i] = SCALE * g;
                    steps[at * ROW_STRIDE + place_of(column + i)] = {step, inputs[i], step, gs[i]};
                }

                slopes[(at * CHANNELS + column) / WIDTH] = slope;

#if TENSOR_CORES
                factors[(at * CHANNELS + column) / 2] = {pack_bf16(inputs[0], inputs[1]), pack_bf16(gs[0], gs[1])};
#endif
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
        state start[PER], h[PER], a[DECAYS][PER], kept[HALF][PER];
#pragma unroll
        for (int i = 0; i < PER; i++) start[i] = h[i] = border[i];
        __syncthreads();

        auto b_at = [&](int t, state (&x)[PER])
        {
            Pack<state, PER> now;
            if (B_PER_STEP) now = load_pack<state, PER>(b_tile + t * PADDED + n);
#pragma unroll
            for (int i = 0; i < PER; i++) x[i] = B_PER_STEP ? now.at[i] : b[i];
        };

        auto c_at = [&](int t, state (&x)[PER])
        {
            Pack<state, PER> now;
            if (C_PER_STEP) now = load_pack<state, PER>(c_tile + t * PADDED + n);
#pragma unroll
            for (int i = 0; i < PER; i++) x[i] = C_PER_STEP ? now.at[i] : c[i];
        };

        // One step of the states; its decays stay for the reverse pass.
        auto advance_at = [&](int t, state (&x)[PER], bool isAgain)
        {
            Pack<real, 2> step = load_pack<real, 2>(own_steps[t * ROW_STRIDE].at);
            state b_now[PER];
            b_at(t, b_now);
#pragma unroll
            for (int i = 0; i < PER; i++)
            {
                state& decay = a[t % DECAYS][i];
                if (!isAgain || DECAYS == HALF) decay = decay_of(rate[i], step.at[0]);
                if (RESETS && reset_tile[t] != 0) decay = state_of(0, 0);
                x[i] = advance(decay, x[i], step.at[1], b_now[i]);
            }
        };

        Step next_step;
        state middle[PER], next_b[PER], next_c[PER];
        auto load_step = [&](int t)
        {
            if (TENSOR_CORES)
            {
                Pack<real, 2> half = load_pack<real, 2>(own_steps[t * ROW_STRIDE].at + 2);
                next_step.at[2] = half.at[0];
                next_step.at[3] = half.at[1];
            }
            else
            {
                next_step = own_steps[t * ROW_STRIDE];
                b_at(t, next_b);
            }

            c_at(t, next_c);
        };
#pragma unroll all
        for (int t = 0; t < TILE; t++)
        {
            if (t == HALF)
            {
#pragma unroll
                for (int i = 0; i < PER; i++) middle[i] = h[i];
            }

            advance_at(t, h, false);
            if (t < HALF) continue;
#pragma unroll
            for (int i = 0; i < PER; i++) kept[t - HALF][i] = h[i];
        }

#pragma unroll all
        for (int half = 1; half >= 0; half--)
        {
            if (half == 0)
            {
                // The next tile's rows, now that half of the registers for decays are free.
                load(tile - 1);
#pragma unroll all
                for (int i = 0; i < PER; i++) h[i] = start[i];
#pragma unroll all
                for (int t = 0; t < HALF; t++)
                {
                    advance_at(t, h, true);
#pragma unroll
                    for (int i = 0; i < PER; i++) kept[t][i] = h[i];
                }
            }

            if (IS_REDUCED) channel_sums.begin(half, factors, b_tile, c_tile);
            load_step(half * HALF + HALF - 1);
#pragma unroll all
            for (int group = HALF - GROUP; group >= 0; group -= GROUP)
            {
#pragma unroll all
                for (int j = GROUP - 1; j >= 0; j--)
                {
                    int k = group + j, t = half * HALF + k;
                    // The step before this one is loaded before anything of this one is stored: a load does not pass a store.
                    Step step = next_step;
                    state b_now[PER], c_now[PER];
#pragma unroll
                    for (int i = 0; i < PER; i++) { b_now[i] = next_b[i]; c_now[i] = next_c[i]; }
                    if (k > 0) load_step(t - 1);
                    real through_b = 0, through_a = 0, output = 0;
                    state adjoints[PER];
#pragma unroll
                    for (int i = 0; i < PER; i++)
                    {
                        state before = k > 0 ? kept[k > 0 ? k - 1 : 0][i] : half == 0 ? start[i] : middle[i];
                        state adjoint = adjoints[i] = conjugate_scaled_plus(step.at[3], c_now[i], later[i]);
                        if (!TENSOR_CORES)
                        {
                            output = real_plus(c_now[i], kept[k][i], output);
                            through_b = conjugate_real_plus(b_now[i], adjoint, through_b);
                        }

                        later[i] = conjugate_product(a[t % DECAYS][i], adjoint);
                        state q = conjugate_product(before, later[i]);
#if COMPLEX
                        through_a = conjugate_real_plus(weight[i], q, through_a);
#else
                        through_a += rate[i] * q;
#endif
                        da[i] = scaled_plus(step.at[2], q, da[i]);
                        if (!B_PER_STEP) db[i] = scaled_plus(step.at[1], adjoint, db[i]);
                        if (!C_PER_STEP) dc[i] = conjugate_scaled_plus(step.at[3], kept[k][i], dc[i]);
                    }

                    Shares* to = sums + t * ROW_STRIDE + place_of(own);
                    store_shares(to, through_a);
                    if (!TENSOR_CORES)
                    {
                        store_shares(to + TILE * ROW_STRIDE, through_b);
                        if (GATE) store_shares(to + 2 * TILE * ROW_STRIDE, output);
                    }

                    if (IS_REDUCED) channel_sums.add(t, step.at[1], step.at[3], adjoints, kept[k]);
                }

                if (IS_REDUCED) channel_sums.end_group(half * HALF + group);
            }
        }

        // Past a reset the adjoint is zero, which a decay of zero has seen to.
        __syncthreads();
        if (IS_REDUCED)
        {
            real* block_parts = parts + (((i64)block * sequences + sequence) * length + first) * 2 * states * PARTS;
#pragma unroll 1
            for (int v = threadIdx.x; v < steps_left * STEP_VECTORS; v += THREADS)
            {
                int t = v / STEP_VECTORS, at = v % STEP_VECTORS;
                Vector sum = parts_tile[t * STEP_STRIDE + at];
#pragma unroll
                for (int w = 1; w < WARPS; w++)
                {
                    Vector next = parts_tile[(w * TILE + t) * STEP_STRIDE + at];
#pragma unroll
                    for (int i = 0; i < VECTOR; i++) sum.at[i] += next.at[i];
                }

                // In numbers of a step: which of dB and dC, and which of its parts.
                int which = at * VECTOR / (PADDED * PARTS), part = at * VECTOR % (PADDED * PARTS), count = states * PARTS;
                real* out = behind(block_parts, (u32)((t * 2 + which) * count + part) * (u32)sizeof(real));
                if (count % VECTOR == 0)
                {
                    if (part < count) store_pack(out, sum);
                }
                else
                {
#pragma unroll
                    for (int i = 0; i < VECTOR; i++) if (part + i < count) out[i] = sum.at[i];
                }
            }
        }

        auto end_rows = [&](auto isWhole)
        {
            i64 start = (sequence * length + first) * channels + first_channel;
#pragma unroll
            for (int p = 0; p < PASSES; p++)
            {
                int at = row + p * ROWS;
                if (!isWhole.value && (at >= steps_left || channel >= channels)) continue;
                ResultRow du_row, ddelta_row, dgate_row;
                Slopes slope = slopes[(at * CHANNELS + column) / WIDTH];
                Pack<real, WIDTH> of_b = {}, of_c = {};
                if (TENSOR_CORES)
                {
                    of_b = load_pack<real, WIDTH>(state_sums + at * ROW_STRIDE + column);
                    if (GATE) of_c = load_pack<real, WIDTH>(state_sums + (TILE + at) * ROW_STRIDE + column);
                }

#pragma unroll
                for (int i = 0; i < WIDTH; i++)
                {
                    int place = at * ROW_STRIDE + place_of(column + i);
                    const Step step = steps[place];
                    const Shares* from = sums + place;
                    real through_a = sum_of_shares(from), through_b = TENSOR_CORES ? of_b.at[i] : sum_of_shares(from + TILE * ROW_STRIDE);
                    real output = GATE && !TENSOR_CORES ? sum_of_shares(from + 2 * TILE * ROW_STRIDE) : of_c.at[i];
                    real input = u_now[p].at(i), g = step.at[3] / SCALE;
                    if (!COMPLEX) through_a *= (real)LN2_DOUBLE;
                    real ddelta_now = (through_a + input * through_b) * slope.at[2 * i];
                    du_row.at[i] = narrow<element>(step.at[0] * through_b + row_skip[i] * g);
                    ddelta_row.at[i] = narrow<element>(ddelta_now);
                    bias_sum[i] += ddelta_now;
                    skip_sum[i] += g * input;
                    if (GATE) dgate_row.at[i] = narrow<element>((SCALE * output + row_skip[i] * input) * slope.at[2 * i + 1]);
                }

                u32 to = row_bytes + p * pass_bytes;
                store_pack(behind(du + start, to), du_row);
                store_pack(behind(ddelta + start, to), ddelta_row);
                if (GATE) store_pack(behind(dgate + start, to), dgate_row);
            }
        };
        // What the next tile's first lines overwrite was read before the last barrier, or is read by the same thread.
        if (isWhole) end_rows(Yes()); else end_rows(No());
    }

    __syncthreads();

    store_states(da, da_re, da_im, state_row, n, states, isInside);
    if (!B_PER_STEP) store_states(db, db_re, db_im, state_row, n, states, isInside);
    if (!C_PER_STEP) store_states(dc, dc_re, dc_im, state_row, n, states, isInside);
    store_states(later, dinitial_re, dinitial_im, state_row, n, states, isInside);

    real* skips = (real*)shared, * biases = skips + ROWS * CHANNELS;
#pragma unroll
    for (int i = 0; i < WIDTH; i++)
    {
        skips[row * CHANNELS + column + i] = skip_sum[i];
        biases[row * CHANNELS + column + i] = bias_sum[i];
    }

    __syncthreads();
    for (int at = threadIdx.x; at < CHANNELS && first_channel + at < channels; at += THREADS)
    {
        real total_skip = 0, total_bias = 0;
        for (int r = 0; r < ROWS; r++)
        {
            total_skip += skips[r * CHANNELS + at];
            total_bias += biases[r * CHANNELS + at];
        }

        if (dskip) dskip[sequence * channels + first_channel + at] = total_skip;
        if (dbias) dbias[sequence * channels + first_channel + at] = total_bias;
    }
}
