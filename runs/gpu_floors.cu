// What a step on a GPU is made of, each alone: a launch, a barrier of all blocks, atomic additions, a dependent read.

struct Floors {
    const long long *links;
    int *slots, *stamps, *failed;
    float *reals;
    long long *seen;
    long long slot_mask, rounds, hops, onward, one;
};

const int SPINS = 1 << 22;  // then a block gives up: barriers need all blocks on the device at once

__device__ __forceinline__ unsigned int scattered(unsigned int x) { return (x ^ x >> 15) * 0x9E3779B1u; }

extern "C" __global__ void nothing(const Floors f) {}

__device__ __forceinline__ bool come(volatile int *stamp, int wanted)
{
    for (int spin = 0; spin < SPINS; ++spin)
        if (*stamp >= wanted)
            return true;
    return false;
}

// One counter for all blocks, as in grid.sync of cooperative groups; stamps[0] is 0 before.
extern "C" __global__ void counter_barrier(const Floors f)
{
    for (int round = 1; round <= f.rounds; ++round) {
        __syncthreads();
        if (threadIdx.x == 0) {
            __threadfence();
            atomicAdd(f.stamps, 1);
            if (!come(f.stamps, round * (int)gridDim.x))
                *f.failed = 1;
        }
    }
}

// Each block writes a stamp of its own and looks at those of all others, a thread for each; stamps are 0 before.
extern "C" __global__ void mailbox_barrier(const Floors f)
{
    for (int round = 1; round <= f.rounds; ++round) {
        __syncthreads();
        if (threadIdx.x == 0) {
            __threadfence();
            *(volatile int *)(f.stamps + blockIdx.x) = round;
        }
        for (int block = threadIdx.x; block < gridDim.x; block += blockDim.x)
            if (!come(f.stamps + block, round))
                *f.failed = 1;
    }
}

extern "C" __global__ void add_integers(const Floors f)
{
    unsigned int x = blockIdx.x * blockDim.x + threadIdx.x;
    for (int round = 0; round < f.rounds; ++round, x = scattered(x + 0x7F4A7C15u))
        atomicAdd(&f.slots[x & f.slot_mask], (int)f.one);
}

extern "C" __global__ void add_reals(const Floors f)
{
    unsigned int x = blockIdx.x * blockDim.x + threadIdx.x;
    for (int round = 0; round < f.rounds; ++round, x = scattered(x + 0x7F4A7C15u))
        atomicAdd(&f.reals[x & f.slot_mask], 1.0f);
}

extern "C" __global__ void add_in_block(const Floors f)
{
    __shared__ int slots[8192];
    for (int k = threadIdx.x; k < 8192; k += blockDim.x)
        slots[k] = 0;
    __syncthreads();
    unsigned int x = blockIdx.x * blockDim.x + threadIdx.x;
    for (int round = 0; round < f.rounds; ++round, x = scattered(x + 0x7F4A7C15u))
        atomicAdd(&slots[x & 8191], (int)f.one);  // of a 1 that it knows the compiler only counts threads
    __syncthreads();
    for (int k = threadIdx.x; k < 8192; k += blockDim.x)
        atomicAdd(&f.slots[k & f.slot_mask], slots[k]);
}

// One thread goes from link to link, from the first or onward from where it was.
extern "C" __global__ void chase(const Floors f)
{
    long long at = f.onward ? *f.seen : 0;
    for (long long hop = 0; hop < f.hops; ++hop)
        at = f.links[at];
    *f.seen = at;
}
