// Between the two kernels, where models have shared variables: one thread computes those of one population, in the
// canonical order of its neurons. Grid (populations with shared variables, samples), one thread.

template <typename Kind>
__device__ void share_values(const Network &net, const long long *part, const long long *whole, int sample)
{
    Kind::share((int)part[Part::SIZE], net.state + sample * net.state_size + part[Part::STATE],
                net.scalars + sample * net.scalar_size + part[Part::SCALARS], net.whole_arrays + whole[1],
                net.shared + sample * net.shared_size + whole[2], net.clock[1]);
}

extern "C" __global__ void share(const Network net)
{
    const long long *const whole = net.wholes + 3 * blockIdx.x;
    const long long *const part = net.parts + whole[0] * Part::COLUMNS;
    switch (part[Part::KIND]) {
//= share
    default:
        break;
    }
}
