// Synapses that send a state in every step; what is kept of them is that of the CPU (neurosim.engines.layout.graded).
// `receive` comes before the neurons advance, `note` after them. Each product is rounded to whole units of its slot
// before it is added, so that sums are integers and the same in any order; one of floats, by cuBLAS, would have the
// order, and the bits, of its library. Grid (rows x splits, samples).

extern "C" __global__ void receive(const Network net)
{
    const long long splits = gridDim.x / net.g_dues, sample = blockIdx.y, step = net.clock[1];
    const long long *const due = net.g_due + blockIdx.x / splits * Graded::COLUMNS;
    const long long moment = (step + due[Graded::DEPTH] - due[Graded::DELAY]) % due[Graded::DEPTH];
    const real *const past = net.g_ring + due[Graded::RING] + (moment * gridDim.y + sample) * due[Graded::WIDTH];
    int *const slots = net.slots + sample * net.slot_size;
    const long long first = due[Graded::FROM] + blockIdx.x % splits * blockDim.x + threadIdx.x;
    for (long long k = first; k < due[Graded::TO]; k += splits * blockDim.x) {
        const real product = net.g_units[k] * past[net.g_pre[k]];
        atomicAdd(&slots[net.g_slot[k]], (int)rint(product));
    }
}

extern "C" __global__ void note(const Network net)
{
    const long long splits = gridDim.x / net.g_notes, sample = blockIdx.y, step = net.clock[1];
    const long long *const row = net.g_noted + blockIdx.x / splits * Graded::COLUMNS;
    const long long moment = step % row[Graded::DEPTH], first = row[Graded::FROM];
    const real *const state = net.state + sample * net.state_size + row[Graded::STATE];
    real *const now = net.g_ring + row[Graded::RING] + (moment * gridDim.y + sample) * row[Graded::WIDTH];
    const real bound = net.g_bounds[row[Graded::PROJECTION]];
    unsigned long long clipped = 0;
    for (long long k = first + blockIdx.x % splits * blockDim.x + threadIdx.x; k < row[Graded::TO];
         k += splits * blockDim.x) {
        const real value = state[k - first], below = value < bound ? value : bound;
        const real sent = below > -bound ? below : -bound;
        now[k] = sent;
        clipped += sent != value;
    }
    if (clipped > 0)
        atomicAdd(&net.g_clipped[row[Graded::PROJECTION] * gridDim.y + sample], clipped);
}
