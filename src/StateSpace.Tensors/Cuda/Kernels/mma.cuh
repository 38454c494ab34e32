// Tensor cores through mma.sync: products of 16 x 16 by 16 x 8 tiles of bfloat16 with sums in float, their fragments, and copies to shared memory
// that run on while a block computes. PTX ISA 9.7.15 (warp-level matrix instructions) gives the layouts:
//   A, 16 x 16: lane l holds rows l/4 and l/4 + 8, columns 2(l%4) + {0, 1} and those + 8: words (row, column), (row + 8, column), (row, column + 8), both + 8
//   B, 16 x 8:  lane l holds column l/4, rows 2(l%4) + {0, 1} and those + 8
//   C, 16 x 8:  lane l holds rows l/4 and l/4 + 8, columns 2(l%4) + {0, 1}
// so that two neighbouring C tiles, rounded, are an A tile (see as_left).
#pragma once
#include "common.cuh"

__device__ __forceinline__ u32 shared_address(const void* p)
{
    u32 address;
    asm("{ .reg .u64 t; cvta.to.shared.u64 t, %1; cvt.u32.u64 %0, t; }" : "=r"(address) : "l"(p));
    return address;
}

// ---- copies ----

// 16 bytes to shared memory in the background; zeros, and nothing is read, where not valid.
__device__ __forceinline__ void copy_async(u32 to, const void* from, bool valid)
{
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(valid ? 16 : 0) : "memory");
}

__device__ __forceinline__ void copy_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

// Until at most N groups of copies of this thread are under way.
template <int N> __device__ __forceinline__ void copy_wait() { asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory"); }

// ---- fragments ----

// Four 8 x 8 matrices; lane l gives the address of row l % 8 of matrix l / 8, and gets of each matrix row l/4, columns 2(l%4) + {0, 1}.
__device__ __forceinline__ void load_matrices(u32 (&to)[4], u32 address)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3]) : "r"(address) : "memory");
}

// The same of the transposed matrices.
__device__ __forceinline__ void load_matrices_transposed(u32 (&to)[4], u32 address)
{
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3]) : "r"(address) : "memory");
}

// A matrix in shared memory with rows of STRIDE elements: 16 bytes more than a multiple of 32 bytes, which keeps the rows of an 8 x 8 matrix in
// different banks.
template <int STRIDE> struct Tile
{
    bf16* first;
    u32 address;

    // Addresses are numbers of 32 bits from here on, so that what is constant in them goes into the instructions.
    __device__ __forceinline__ Tile(bf16* p) : first(p), address(shared_address(p)) {}

    __device__ __forceinline__ bf16* at(int row, int column) const { return first + row * STRIDE + column; }
    __device__ __forceinline__ u32 address_of(int row, int column) const { return address + (row * STRIDE + column) * (int)sizeof(bf16); }

    // A tile whose rows are the matrix' rows ...
    __device__ __forceinline__ void left(u32 (&a)[4], int row, int column) const
    {
        int lane = threadIdx.x % WARP;
        load_matrices(a, address_of(lane % 16, lane / 16 * 8) + (row * STRIDE + column) * (int)sizeof(bf16));
    }

    // ... or its columns: the tile at row, column of the transposed matrix.
    __device__ __forceinline__ void left_transposed(u32 (&a)[4], int row, int column) const
    {
        int lane = threadIdx.x % WARP;
        load_matrices_transposed(a, address_of(lane / 16 * 8 + lane % 8, lane / 8 % 2 * 8) + (column * STRIDE + row) * (int)sizeof(bf16));
    }

    // Two B tiles side by side, 16 rows by 16 columns: b[0], b[1] are the one, b[2], b[3] the other.
    __device__ __forceinline__ void right(u32 (&b)[4], int row, int column) const
    {
        int lane = threadIdx.x % WARP;
        load_matrices_transposed(b, address_of(lane % 16, lane / 16 * 8) + (row * STRIDE + column) * (int)sizeof(bf16));
    }

    // Likewise of the transposed matrix.
    __device__ __forceinline__ void right_transposed(u32 (&b)[4], int row, int column) const
    {
        int lane = threadIdx.x % WARP;
        load_matrices(b, address_of(lane / 16 * 8 + lane % 8, lane / 8 % 2 * 8) + (column * STRIDE + row) * (int)sizeof(bf16));
    }
};

// ---- products ----

// c += a b
__device__ __forceinline__ void multiply(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1)
{
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]) : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// Two neighbouring C tiles as an A tile.
__device__ __forceinline__ void as_left(u32 (&a)[4], const float (&c0)[4], const float (&c1)[4])
{
    a[0] = pack_bf16(c0[0], c0[1]);
    a[1] = pack_bf16(c0[2], c0[3]);
    a[2] = pack_bf16(c1[0], c1[1]);
    a[3] = pack_bf16(c1[2], c1[3]);
}

// The words of an A tile times a number for each column, in bfloat16 and rounded once more: `near` are those of this lane's columns 2(l%4) + {0, 1}, `far`
// those of the columns 8 behind.
__device__ __forceinline__ u32 multiply_pairs(u32 x, u32 y)
{
    u32 z;
    asm("fma.rn.bf16x2 %0, %1, %2, %3;" : "=r"(z) : "r"(x), "r"(y), "r"(0x80008000u));
    return z;
}

__device__ __forceinline__ void scale_columns(u32 (&a)[4], u32 near, u32 far)
{
    a[0] = multiply_pairs(a[0], near);
    a[1] = multiply_pairs(a[1], near);
    a[2] = multiply_pairs(a[2], far);
    a[3] = multiply_pairs(a[3], far);
}

// A row of two neighbouring C tiles, rounded, as the four lanes that have it store it, 8 bytes each and 32 together: this lane's four columns are those from
// 4(l%4) on. The row is l/4, or l/4 + 8 where `half` is 1.
__device__ __forceinline__ Pack<u32, 2> row_of_tiles(const float (&c0)[4], const float (&c1)[4], int half)
{
    int lane = threadIdx.x % WARP, source = (lane & ~3) | (lane & 1) * 2;
    u32 near = pack_bf16(c0[half * 2], c0[half * 2 + 1]), far = pack_bf16(c1[half * 2], c1[half * 2 + 1]);
    u32 near0 = __shfl_sync(FULL_MASK, near, source), near1 = __shfl_sync(FULL_MASK, near, source + 1);
    u32 far0 = __shfl_sync(FULL_MASK, far, source), far1 = __shfl_sync(FULL_MASK, far, source + 1);
    return lane & 2 ? Pack<u32, 2>{far0, far1} : Pack<u32, 2>{near0, near1};
}
