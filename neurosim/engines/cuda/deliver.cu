// The first kernel of a step: spikes arrive. Grid (delays x splits, samples), `lanes` threads for each spike. A
// thread asks for several synapses before it adds the first: an addition waits for its own, and no read passes it.

const int AHEAD = 4;

extern "C" __global__ void deliver(const Network net)
{
    const int thread = threadIdx.x, sample = blockIdx.y;
    const unsigned int splits = net.splits, lanes = net.lanes, groups = blockDim.x / lanes;
    const long long step = net.clock[0];
    if (blockIdx.x == 0 && thread == 0) {
        net.counts[sample * net.depth + step % net.depth] = 0;  // the oldest list, which nobody reads any more
        if (sample == 0)
            net.clock[1] = step;
    }
    const long long bin = blockIdx.x / splits;
    if (bin >= net.bins)
        return;
    const long long then = step - net.delays[bin];
    if (then < 0)
        return;
    const long long list = sample * net.depth + then % net.depth, mask = (1ll << net.target_bits) - 1;
    const unsigned int lane = thread % lanes, stride = splits * groups;
    int *const slots = net.slots + sample * net.slot_size;
    const int *const ring = net.ring + list * net.sources;
    unsigned int i = blockIdx.x % splits * groups + thread / lanes;
    long long source = i < net.sources ? ring[i] : 0;  // asked for together with the count
    for (const unsigned int count = net.counts[list]; i < count; i += stride, source = i < count ? ring[i] : 0) {
        const long long row = net.row_start[source];
        const offset_t *const offsets = net.offsets + source * (net.bins + 1) + bin;
        const long long end = row + offsets[1];
        for (long long q = row + offsets[0] + lane; q < end; q += AHEAD * lanes) {
            code_t codes[AHEAD];
#pragma unroll
            for (int k = 0; k < AHEAD; ++k)
                codes[k] = q + k * lanes < end ? net.codes[q + k * lanes] : 0;
#pragma unroll
            for (int k = 0; k < AHEAD; ++k)
                if (q + k * lanes < end)
                    atomicAdd(&slots[codes[k] & mask], (int)(codes[k] >> net.target_bits));
        }
    }
}
