// The first kernel of a step: what is due arrives. Grid (delays x splits, samples), `lanes` threads for each spike.

extern "C" __global__ void deliver(const Network net)
{
    const int thread = threadIdx.x, sample = blockIdx.y;
    const long long step = net.clock[0];
    if (blockIdx.x == 0 && thread == 0) {
        net.counts[sample * net.depth + step % net.depth] = 0;  // the oldest list, which nobody reads any more
        if (sample == 0)
            net.clock[1] = step;
    }
    const long long bin = blockIdx.x / net.splits;
    if (bin >= net.bins)
        return;
    const long long then = step - net.delays[bin];
    if (then < 0)
        return;
    const long long list = sample * net.depth + then % net.depth, groups = blockDim.x / net.lanes;
    const long long lane = thread % net.lanes, mask = (1ll << net.target_bits) - 1;
    const int count = net.counts[list];
    int *const slots = net.slots + sample * net.slot_size;
    for (long long i = blockIdx.x % net.splits * groups + thread / net.lanes; i < count; i += net.splits * groups) {
        const long long source = net.ring[list * net.sources + i], row = net.row_start[source];
        const offset_t *const offsets = net.offsets + source * (net.bins + 1) + bin;
        for (long long q = row + offsets[0] + lane; q < row + offsets[1]; q += net.lanes) {
            const code_t code = net.codes[q];
            atomicAdd(&slots[code & mask], (int)(code >> net.target_bits));
        }
    }
}
