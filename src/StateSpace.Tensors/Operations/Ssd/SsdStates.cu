// variants: ELEMENT=bf16; SIZE=64; STATES=64|128; RESETS=0|1
// The states between chunks: forward in time h, for the reverse pass and for segments of the forward pass, and backward D, their gradient. Both sweeps
// are one: a state decays over a chunk and gets a sum of outer products, of x and B with the weights Delta exp(s_end - s), or of g and C with exp(s).
#include "ssd_state.cuh"

#define PIECE 64
#define STAGES 2
#define PIECES (STEPS / PIECE)

struct SweepShared
{
    bf16 x[STAGES][PIECE * X_STRIDE], n[STAGES][PIECE * N_STRIDE];
    ChunkDecay decay[2];
};

// grid: 1 or 2 (then the reverse sweep is the second half) * batch * segments * heads * TILES_OF_SIZE, the last fastest. Of each direction: x or g
// (B, L, H, P), b or c (B, L, G, N), the first states (B, segments, H, P, N) or null for zeros; it gives, where not null, the state ahead of each chunk on its way,
// rounded, (B, chunks, H, P, N); the last states (B, segments, H, P, N); what is left of the first states at the end, (B, segments, H).
extern "C" __global__ void __launch_bounds__(THREADS, 3) ssd_states(
    const bf16* x, const bf16* g, const bf16* b, const bf16* c, const bf16* delta, const float* a, const int* resets, const float* starts, const float* starts_reverse,
    bf16* states, bf16* states_reverse, float* ends, float* ends_reverse, float* wholes, i64 length, int batch, int heads, int groups, int segments,
    int chunks_per_segment)
{
    extern __shared__ Pack<float, 4> shared[];
    SweepShared& s = *reinterpret_cast<SweepShared*>(shared);
    int warp = threadIdx.x / WARP;

    i64 index = blockIdx.x;
    int p = index % TILES_OF_SIZE * TILE;
    index /= TILES_OF_SIZE;
    int head = index % heads;
    i64 row = index / heads;
    bool reverse = row >= (i64)batch * segments;
    if (reverse)
    {
        row -= (i64)batch * segments;
        x = g, b = c, starts = starts_reverse, states = states_reverse, ends = ends_reverse;
    }

    i64 sequence = row / segments;
    int segment = row % segments;
    int chunks = (length + STEPS - 1) / STEPS, first = segment * chunks_per_segment, count = max(0, min(chunks, first + chunks_per_segment) - first);

    i64 pitchX = (i64)heads * SIZE, pitchN = (i64)groups * STATES;
    x += (sequence * length * heads + head) * SIZE + p;
    b += (sequence * length * groups + head / (heads / groups)) * STATES;
    if (delta) delta += sequence * length * heads + head;
    if (resets) resets += sequence * length;
    float rate = a ? a[head] * LOG2E : 0.0f, left = 1;

    auto chunk_of = [&](int i) { return reverse ? first + count - 1 - i : first + i; };
    RowCopy<TILE, X_STRIDE, PIECE, THREADS> rowsX(s.x[0], x, pitchX);
    RowCopy<STATES, N_STRIDE, PIECE, THREADS> rowsN(s.n[0], b, pitchN);
    auto copy = [&](int i)
    {
        if (i < count * PIECES)
        {
            i64 start = (i64)chunk_of(i / PIECES) * STEPS + i % PIECES * PIECE;
            rowsX.start(start, length, 0, i % STAGES * PIECE * X_STRIDE);
            rowsN.start(start, length, 0, i % STAGES * PIECE * N_STRIDE);
        }

        copy_commit();
    };

    for (int i = 0; i < STAGES - 1; i++) copy(i);
    WarpState state;
    state.read(starts ? starts + ((row * heads + head) * SIZE + p) * STATES : nullptr);
    ChunkSteps next;
    if (warp == 0)
    {
        next.read(delta, resets, (i64)chunk_of(0) * STEPS, length, heads);
        next.write(s.decay[0], rate);
    }

    for (int i = 0; i < count * PIECES; i++)
    {
        int chunk = i / PIECES, piece = i % PIECES;
        const ChunkDecay& decay = s.decay[chunk & 1];
        copy_wait<STAGES - 2>();
        __syncthreads();
        copy(i + STAGES - 1);
        if (piece == 0)
        {
            if (warp == 0 && chunk + 1 < count) next.read(delta, resets, (i64)chunk_of(chunk + 1) * STEPS, length, heads);
            if (states) state.write_rounded(states + (((sequence * chunks + chunk_of(chunk)) * heads + head) * SIZE + p) * STATES);
            state.decay(decay.whole);
            left *= decay.whole;
        }
        else if (piece == PIECES - 1 && warp == 0 && chunk + 1 < count)
        {
            next.write(s.decay[(chunk + 1) & 1], rate);
        }

        state.add<PIECE>({s.x[i % STAGES]}, {s.n[i % STAGES]}, (reverse ? decay.from_start_pairs : decay.added_pairs) + piece * PIECE / 2);
    }

    if (ends) state.write(ends + ((row * heads + head) * SIZE + p) * STATES);
    if (wholes && p == 0 && threadIdx.x == 0) wholes[row * heads + head] = left;
}

// From what each segment does to a zero state, the states ahead of the segments on their way, in place, and the state behind the last of them. One
// thread for an element of a head's state; grid: (size * states / 256 rounded up, heads, batch).
extern "C" __global__ void ssd_join(float* ends, const float* wholes, const float* start, float* end, int elements, int heads, int segments, int reverse)
{
    int element = blockIdx.x * blockDim.x + threadIdx.x;
    if (element >= elements) return;
    i64 head = blockIdx.y, sequence = blockIdx.z, at = (sequence * heads + head) * elements + element;
    float state = start ? start[at] : 0.0f;
    for (int i = 0; i < segments; i++)
    {
        i64 row = (sequence * segments + (reverse ? segments - 1 - i : i)) * heads + head;
        float own = ends[row * elements + element];
        ends[row * elements + element] = state;
        state = wholes[row] * state + own;
    }

    if (end) end[at] = state;
}
