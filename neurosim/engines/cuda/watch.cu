// The last kernel of a step, where states are recorded: those that are due are copied. Grid (blocks of 128 neurons that
// are watched, samples), 128 threads. A row of watches: every how many steps, the first of the places in a sample's
// states, their number, the begin in the buffer of (moments, samples, places), the number of moments there.

extern "C" __global__ void watch(const Network net)
{
    const int k = net.watch_work[2 * blockIdx.x + 1] + threadIdx.x, sample = blockIdx.y;
    const long long *const row = net.watches + 5 * net.watch_work[2 * blockIdx.x];
    const long long done = net.clock[0], every = row[0], width = row[2];
    if (done % every == 0 && k < width) {
        const long long moment = done / every % row[4];
        const real value = net.state[sample * net.state_size + net.watch_places[row[1] + k]];
        net.watched[row[3] + (moment * gridDim.y + sample) * width + k] = value;
    }
}
