// Sizes of an attention call and which keys its rows see. Rows of sequence b Hkv + h are t G + g: the queries of the G heads that share a key head.
// Sequences, rows and keys are fewer than 2^31 each, so that divisions are of 32 bits.
#pragma once

struct Sizes
{
    i64 length, keys, heads, key_heads, window;
    double scale;
    int key_size, value_size, group, vector;

    __device__ __forceinline__ i64 rows() const { return length * group; }

    __device__ __forceinline__ i64 batch_of(i64 sequence) const { return (u32)sequence / (u32)key_heads; }
    __device__ __forceinline__ i64 head_of(i64 sequence) const { return (u32)sequence % (u32)key_heads; }
    __device__ __forceinline__ i64 query_of(i64 row) const { return group == 1 ? row : (i64)((u32)row / (u32)group); }

    // Vectors of (B, L, H) before the row's.
    __device__ __forceinline__ i64 offset_of_row(i64 sequence, i64 row) const
    {
        i64 t = query_of(row);
        return (batch_of(sequence) * length + t) * heads + head_of(sequence) * group + row - t * group;
    }

    // Vectors of (B, S, Hkv) before the key's.
    __device__ __forceinline__ i64 offset_of_key(i64 sequence, i64 key) const
    {
        return (batch_of(sequence) * keys + key) * key_heads + head_of(sequence);
    }

    // Keys from low to high - 1 are those that a row sees; none where it does not exist.
    __device__ __forceinline__ void limits_of(i64 sequence, i64 row, const int* first, int& low, int& high) const
    {
        low = high = 0;
        if (row >= rows()) return;
        i64 t = query_of(row), position = keys - length + t;
        low = position >= window ? (int)(position - window + 1) : 0;
        if (first)
        {
            int begun = first[batch_of(sequence) * length + t];
            low = begun > low ? begun < (int)position ? begun : (int)position : low;   // the query itself at least, whatever the number
        }

        high = (int)position + 1;
    }

    // Rows from begin to end - 1 may see keys start ... start + count - 1; begin is a multiple of tile.
    __device__ __forceinline__ void rows_of(i64 start, int count, int tile, i64& begin, i64& end) const
    {
        begin = (start - (keys - length)) * (i64)group;
        begin = begin < 0 ? 0 : begin / tile * tile;
        end = rows();
        if (window >= keys) return;
        i64 last = start + count - 1 + window - (keys - length);   // first t that sees none of them
        end = last <= 0 ? 0 : last * group < end ? last * group : end;
    }
};

// What every kernel takes last, and what it makes of it.
#define SIZES_PARAMETERS i64 length, i64 keys, i64 heads, i64 key_heads, i64 window, double scale, int key_size, int value_size, int vector
#define SIZES Sizes sizes = {length, keys, heads, key_heads, window, scale, key_size, value_size, (int)(heads / key_heads), vector}

// Which tile of `size` of which sequence a block has: tiles of one sequence are neighbours along x.
struct BlockPlace
{
    i64 sequence, sequences;
    int tile, tiles;

    __device__ __forceinline__ BlockPlace(i64 count, int size)
    {
        tiles = (int)((count + size - 1) / size);
        sequence = blockIdx.x / (u32)tiles;
        sequences = gridDim.x / (u32)tiles;
        tile = (int)(blockIdx.x % (u32)tiles);
    }

    // The first row of the tile, where those with the most keys go first.
    __device__ __forceinline__ i64 longest_first(int size) const { return (i64)(tiles - 1 - tile) * size; }
};

// Of `count` rows: the keys that one of them sees, lowest to highest - 1, and those that all see. Ends with a barrier.
struct TileLimits
{
    int lowest, highest, common_low, common_high;

    // Keys of one of some pieces, whole tiles.
    __device__ __forceinline__ void piece_of(int piece, int pieces, int tile, int& begin, int& end) const
    {
        int tiles = (highest - lowest + tile - 1) / tile, span = (tiles + pieces - 1) / pieces * tile;
        begin = lowest + piece * span;
        end = min(highest, begin + span);
    }

    __device__ __forceinline__ TileLimits(const Sizes& sizes, i64 sequence, i64 start, int count, const int* first)
    {
        __shared__ int found[4];
        if (threadIdx.x < WARP)
        {
            int least = 0x7fffffff, most = 0, last_low = 0, first_high = 0x7fffffff;
            for (int i = threadIdx.x; i < count; i += WARP)
            {
                int low, high;
                sizes.limits_of(sequence, start + i, first, low, high);
                if (high == 0) continue;
                least = min(least, low);
                most = max(most, high);
                last_low = max(last_low, low);
                first_high = min(first_high, high);
            }

            for (int offset = WARP / 2; offset > 0; offset /= 2)
            {
                least = min(least, __shfl_xor_sync(FULL_MASK, least, offset));
                most = max(most, __shfl_xor_sync(FULL_MASK, most, offset));
                last_low = max(last_low, __shfl_xor_sync(FULL_MASK, last_low, offset));
                first_high = min(first_high, __shfl_xor_sync(FULL_MASK, first_high, offset));
            }

            if (threadIdx.x == 0) { found[0] = least; found[1] = most; found[2] = last_low; found[3] = first_high; }
        }

        __syncthreads();
        lowest = found[0];
        highest = found[1];
        common_low = found[2];
        common_high = found[3];
    }
};
