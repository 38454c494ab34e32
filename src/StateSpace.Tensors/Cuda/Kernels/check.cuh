// Bad index values, found on the device and thrown by the host when it next waits (DeviceCheck.cs).
#pragma once
#include "common.cuh"

// One a device, in host memory. site names what was checked; 0: no bad value so far. Of one site the first position stays; a later site
// does not replace an earlier one, and the stream's order makes the earlier one the same in each run.
struct CheckRecord
{
    u64 lock, site;
    i64 position, value;
};

// The lock is taken by who has something to report alone. A thread that holds it shares its warp with some that wait for it, which
// compute capability 7.0 and newer schedule independently.
__device__ __noinline__ void report_index(CheckRecord* record, u64 site, i64 position, i64 value)
{
    volatile CheckRecord* seen = record;
    if (seen->site != 0 && (seen->site != site || seen->position <= position)) return;
    while (atomicCAS(&record->lock, 0ull, 1ull) != 0ull) __nanosleep(100);
    __threadfence();
    if (seen->site == 0 || (seen->site == site && position < seen->position))
    {
        seen->site = site;
        seen->position = position;
        seen->value = value;
    }

    __threadfence();
    atomicExch(&record->lock, 0ull);
}

// Whether 0 <= value < limit; reports the value where not. The caller must not use it as an index then.
__device__ __forceinline__ bool check_index(CheckRecord* record, u64 site, i64 position, i64 value, i64 limit)
{
    if ((u64)value < (u64)limit) return true;
    report_index(record, site, position, value);
    return false;
}
