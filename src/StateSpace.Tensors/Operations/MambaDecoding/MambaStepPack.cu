// variants: WEIGHT=bf16|float; THREADS=384; WIDTH=768; INNER=1536; RANK=48; STATES=16; TAPS=4; BLOCKS=128; SPLIT=2; ROWS=1; DEPTH=16
// Weights in the order in which the threads of MambaStep.cu use them: pack p of thread t of block b lies at ((b * packs + p) * THREADS + t) * 16 bytes.
#include "common.cuh"

#define WARPS (THREADS / WARP)
#define LANES (16 / (int)sizeof(WEIGHT))

// Rows of a matrix (parts * partRows, columns): in each round a warp takes `width` packs of one row of every part, or of one of `split` segments of a row.
// perBlock: rows of a part that a block has. Rows and columns that are not there are zero.
extern "C" __global__ void mamba_pack_rows(
    const float* source, WEIGHT* stream, i64 packs, i64 first, i64 count, int parts, int width, int split, int perBlock, int partRows, int columns)
{
    i64 index = (i64)blockIdx.x * blockDim.x + threadIdx.x, total = (i64)BLOCKS * count * THREADS;
    if (index >= total) return;
    int thread = (int)(index % THREADS), lane = thread % WARP, warp = thread / WARP;
    i64 pack = index / THREADS % count, block = index / THREADS / count;
    i64 round = pack / (parts * width), part = pack / width % parts, at = pack % width, unit = round * WARPS + warp;
    i64 local = unit / split, segment = unit % split, row = block * perBlock + local;
    bool valid = local < perBlock && row < partRows;
    Pack<WEIGHT, LANES> values;
    for (int i = 0; i < LANES; i++)
    {
        i64 column = ((segment * width + at) * WARP + lane) * LANES + i;
        values.at[i] = narrow<WEIGHT>(valid && column < columns ? source[(part * partRows + row) * columns + column] : 0.0f);
    }

    store_pack(stream + ((block * packs + first + pack) * THREADS + thread) * LANES, values);
}

#ifdef WIDTH
#define CHANNELS ((INNER + BLOCKS - 1) / BLOCKS)
#define MIXED (RANK + 2 * STATES)

// A layer's small parameters, as floats, those that a matrix multiply would read rounded as it would round them.
extern "C" __global__ void mamba_pack_small(
    const float* norm, const float* mix, const float* delta, const float* taps, const float* tapBias, const float* rates, const float* skip, const float* deltaBias,
    char* stream, i64 packs, i64 first, int count)
{
    i64 index = (i64)blockIdx.x * blockDim.x + threadIdx.x, each = (i64)count * THREADS * 4;
    if (index >= each * BLOCKS) return;
    i64 block = index / each;
    int i = (int)(index % each), begin = (int)block * CHANNELS;
    float* to = reinterpret_cast<float*>(stream + (block * packs + first) * THREADS * 16) + i;
    float value = 0;
#define SECTION(size, channel, expression) if (i >= 0 && i < (size)) { int c = begin + (channel); if (c < INNER) value = (expression); } i -= (size);
    if (i < WIDTH) value = norm[i];
    i -= WIDTH;
    SECTION(CHANNELS * MIXED, i / MIXED, widen(narrow<WEIGHT>(mix[(i64)(i % MIXED) * INNER + c])))
    SECTION(CHANNELS * RANK, i / RANK, widen(narrow<WEIGHT>(delta[(i64)c * RANK + i % RANK])))
    SECTION(CHANNELS * TAPS, i / TAPS, taps[(i64)c * TAPS + i % TAPS])
    SECTION(CHANNELS, i, tapBias ? tapBias[c] : 0)
    SECTION(CHANNELS * STATES, i / STATES, rates[(i64)c * STATES + i % STATES] * LOG2E)
    SECTION(CHANNELS, i, skip[c])
    SECTION(CHANNELS, i, deltaBias[c])
    *to = value;
}
#endif
