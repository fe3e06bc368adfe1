// The second kernel of a step: neurons and sources advance, spikes are collected. Grid (blocks of neurons, samples),
// 128 threads. A block of 128 neurons belongs to one population; scheduled sources have one block, the last.

template <typename Kind>
__device__ __forceinline__ bool advance(const Network &net, int number, int k, int sample, long long step)
{
    const long long *const part = net.parts + number * Part::COLUMNS;
    const long long width = part[Part::WIDTH], count = part[Part::COUNT];
    real *const state = net.state + sample * net.state_size + part[Part::STATE] + k;
    int *const slots = net.slots + sample * net.slot_size + part[Part::SLOT] + k;
    unsigned short *const counter = net.refractory + sample * net.neuron_size + part[Part::NEURON] + k;
    real x[Kind::STATES], a[Kind::ARRAYS + 1], z[Kind::NOISE + 1];
    int slot[Kind::INPUTS + 1];
    unsigned short ref = Kind::COUNTS ? *counter : 0;
    unsigned char mask;
#pragma unroll
    for (int row = 0; row < Kind::STATES; ++row)
        x[row] = state[row * count];
#pragma unroll
    for (int row = 0; row < Kind::INPUTS; ++row) {
        slot[row] = slots[row * width];
        slots[row * width] = 0;
    }
#pragma unroll
    for (int row = 0; row < Kind::ARRAYS; ++row)
        a[row] = net.arrays[part[Part::ARRAYS] + row * width + k];
#pragma unroll
    for (int row = 0; row < Kind::NOISE; ++row)
        z[row] = (real)normal_of(neuron_word(net, k, step, net.streams[part[Part::NOISE] + row], sample));
    for (long long row = part[Part::DRIVE_FROM]; row < part[Part::DRIVE_TO]; ++row) {
        const long long *const drive = net.drives + row * Drive::COLUMNS;
        const unsigned int word = neuron_word(net, k, step, drive[Drive::STREAM], sample);
        const long long end = drive[Drive::THRESHOLD_TO] - drive[Drive::EXTRA];
        int events = 0;
        for (long long q = drive[Drive::THRESHOLD_FROM]; q < end && word >= net.thresholds[q]; ++q)
            ++events;
#pragma unroll
        for (int receptor = 0; receptor < Kind::INPUTS; ++receptor)
            slot[receptor] += receptor == drive[Drive::RECEPTOR] ? events * (int)drive[Drive::WEIGHT] : 0;
    }
    const real *const c = net.scalars + sample * net.scalar_size + part[Part::SCALARS];
    const real *const shared = net.shared + sample * net.shared_size + net.shared_at[number];
    const bool spike = Kind::update(x, slot, c + Kind::SCALARS, c, a, z, shared, &ref, &mask, step);
#pragma unroll
    for (int row = 0; row < Kind::STATES; ++row)
        state[row * count] = x[row];
    if (Kind::COUNTS)
        *counter = ref;
    return spike;
}

__device__ __forceinline__ bool spikes(const Network &net, int number, int k, int sample, long long step)
{
    const long long *const part = net.parts + number * Part::COLUMNS;
    switch (part[Part::KIND]) {
//= advance
    default:
        return neuron_word(net, k, step, part[Part::STREAM], sample) <
               net.rates[sample * net.rate_size + part[Part::RATE] + k];
    }
}

extern "C" __global__ void __launch_bounds__(128) update(const Network net)
{
    __shared__ int found, base;
    __shared__ unsigned int bits[4];
    const int thread = threadIdx.x, sample = blockIdx.y, row = net.work[2 * blockIdx.x];
    const long long step = net.clock[1], list = sample * net.depth + step % net.depth;
    int *const ring = net.ring + list * net.sources;
    if (thread == 0)
        found = 0;
    if (thread < 4)
        bits[thread] = 0;
    if (thread == 0 && blockIdx.x == 0 && sample == 0)
        net.clock[0] = step + 1;
    __syncthreads();
    if (row < 0) {
        const long long from = net.cursors[sample];
        for (long long i = from + thread; i < net.scheduled_count && net.scheduled_steps[i] == step; i += blockDim.x)
            atomicAdd(&found, 1);
        __syncthreads();
        if (thread == 0) {
            base = atomicAdd(&net.counts[list], found);
            net.cursors[sample] = from + found;
        }
        __syncthreads();
        for (int i = thread; i < found; i += blockDim.x)
            ring[base + i] = net.scheduled[from + i];
        return;
    }
    const long long *const part = net.parts + row * Part::COLUMNS;
    const int k = net.work[2 * blockIdx.x + 1] + thread;
    const bool spike = k < part[Part::SIZE] && spikes(net, row, k, sample, step);
    int rank = 0;
    if (spike) {
        rank = atomicAdd(&found, 1);
        atomicOr(&bits[thread / 32], 1u << thread % 32);
    }
    __syncthreads();
    if (thread == 0 && found > 0)
        base = atomicAdd(&net.counts[list], found);
    const long long word = net.record_at[blockIdx.x];
    if (thread < 4 && word >= 0)
        net.record[(step % net.record_steps * gridDim.y + sample) * net.words + word + thread] = bits[thread];
    __syncthreads();
    if (spike)
        ring[base + rank] = (int)part[Part::NUMBER] + k;
}
