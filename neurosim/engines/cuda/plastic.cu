// Synapses with a rule, in the arrays of neurosim.engines.layout.columns; their rules are of the family two_sided.
// `on_pre_phase` comes before the neurons advance; after them come `on_post_phase`, `retire_spikes` and, where a rule
// has events of signals or of the clock, `on_signal_phase`. Where traces were set by the user, `apply_patches_arriving`
// follows `on_pre_phase`, and `apply_patches_rest` follows `retire_spikes`. Grid (parts or delays x splits, samples).
// A block takes one spike after the other, and its threads the synapses. Where samples share synapses, there is one row
// of blocks: a block takes the same neurons in each sample, and the samples in order, so that the events of a synapse
// come one after the other in one thread.

enum { ANY_EVENT = -1 };

struct Traces {  // the variables of neurons as a spike left them: rows of `width`, with the step of that spike
    real *values;
    int *steps;
    long long width;
};

struct Moment {  // of one part in one sample
    const Network &net;
    const long long *const part;
    const long long sample;
    const int t;

    __device__ real constant(int k) const { return net.p_constants[part[Plastic::CONSTANT] + k]; }
    __device__ real signal(int k) const { return net.p_signals[sample * net.p_signals_size + k]; }
    __device__ long long given(int k) const { return net.p_given[sample * net.p_signals_size + k]; }
    __device__ real &value(int row, long long i) const
    {
        const long long copy = sample * part[Plastic::COPIES];
        return net.p_values[copy * net.p_values_size + part[Plastic::VALUE] + row * part[Plastic::SYNAPSES] + i];
    }
    __device__ int &stamp(int row, long long i) const
    {
        const long long copy = sample * part[Plastic::COPIES];
        return net.p_stamps[copy * net.p_stamps_size + part[Plastic::STAMP] + row * part[Plastic::SYNAPSES] + i];
    }
    __device__ real factor(int k, int then) const
    {
        const long long *const table = net.p_table_at + part[Plastic::TABLE] + k;
        const long long last = table[1] - table[0] - 1, age = (int)((unsigned int)t - (unsigned int)then);
        return net.p_tables[table[0] + (age < 0 ? 0 : age < last ? age : last)];
    }
    __device__ real pre_state(int row, long long source) const
    {
        const long long *const place = net.p_source_state + part[Plastic::PRE_STATE] + 2 * source;
        return net.state[sample * net.state_size + place[0] + row * place[1]];
    }
    __device__ real post_state(int row, long long j) const
    {
        return net.state[sample * net.state_size + part[Plastic::POST_STATE] + row * part[Plastic::POST_STRIDE] + j];
    }
    __device__ Traces segments() const
    {
        return Traces{net.p_pre + sample * net.p_pre_size + part[Plastic::PRE],
                    net.p_arrived + sample * net.p_arrived_size + part[Plastic::SEGMENT],
                    part[Plastic::SOURCES] * part[Plastic::DELAYS]};
    }
    __device__ Traces targets() const
    {
        return Traces{net.p_post + sample * net.p_post_size + part[Plastic::POST],
                    net.p_post_arrived + sample * net.p_post_arrived_size + part[Plastic::TARGET],
                    part[Plastic::TARGETS]};
    }
    __device__ Traces base_sources() const
    {
        return Traces{net.p_base_pre + sample * net.p_base_pre_size + part[Plastic::BASE_PRE],
                    net.p_base_pre_arrived + sample * net.p_base_pre_arrived_size + part[Plastic::BASE_SOURCE],
                    part[Plastic::SOURCES]};
    }
    __device__ Traces base_targets() const
    {
        return Traces{net.p_base_post + sample * net.p_base_post_size + part[Plastic::POST],
                    net.p_base_post_arrived + sample * net.p_base_post_arrived_size + part[Plastic::TARGET],
                    part[Plastic::TARGETS]};
    }
};

//= rules
template <int COUNT>
__device__ __forceinline__ void update_traces(const Traces &traces, long long i, int t, const real *values)
{
#pragma unroll
    for (int row = 0; row < COUNT; ++row)
        traces.values[row * traces.width + i] = values[row];
    traces.steps[i] = t;
}

template <typename Rule>
__device__ void on_pre_phase_of(const Moment &now, long long source, long long delay)
{
    const Network &net = now.net;
    const long long *const part = now.part, g = source * part[Plastic::DELAYS] + delay;
    const long long *const offset = net.p_offsets + part[Plastic::OFFSET] + g, begin = offset[0], end = offset[1];
    if (begin == end)
        return;
    const Traces segments = now.segments(), targets = now.targets();
    const long long row = (part - net.p_parts) / Plastic::COLUMNS, width = part[Plastic::FULL] ? begin : 0;
    const real per_scale = net.p_scales[2 * row], limit = net.p_scales[2 * row + 1];
    int *const slots = net.slots + now.sample * net.slot_size + part[Plastic::SLOT];
    unsigned long long clipped = 0;
    real pre[Rule::PRE + 1], post[Rule::POST + 1], sent = 0;
    Rule::read_pre(now, segments, g, pre);
    for (long long i = begin + threadIdx.x; Rule::ON_PRE && i < end; i += blockDim.x) {
        const long long j = net.p_target_of[part[Plastic::PLACE] + i - width];
        Rule::read_post(now, targets, j, post);
        Rule::on_pre(now, i, source, j, pre, post, &sent);
        if (Rule::SENDS) {
            const real exact = rint(sent * per_scale), above = exact >= -limit ? exact : -limit;
            const real whole = above <= limit ? above : limit;
            atomicAdd(&slots[j], (int)whole);
            clipped += whole != exact;
        }
    }
    if (clipped > 0)
        atomicAdd(&net.p_clipped[row], clipped);
    __syncthreads();
    if (threadIdx.x == 0) {
        Rule::update_pre_traces(now, pre);
        update_traces<Rule::PRE>(segments, g, now.t, pre);
    }
}

template <typename Rule>
__device__ void on_post_phase_of(const Moment &now, long long j)
{
    const Network &net = now.net;
    const long long *const part = now.part, *const column = net.p_column_at + part[Plastic::COLUMN] + j;
    const Traces segments = now.segments(), targets = now.targets();
    real pre[Rule::PRE + 1], post[Rule::POST + 1];
    Rule::read_post(now, targets, j, post);
    if (Rule::ON_POST) {
        for (long long n = column[0] + threadIdx.x; n < column[1]; n += blockDim.x) {
            const long long i = net.p_column[part[Plastic::COLUMN_ITEM] + n];
            const long long g = net.p_column_segment[part[Plastic::COLUMN_ITEM] + n];
            Rule::read_pre(now, segments, g, pre);
            Rule::on_post(now, i, g / part[Plastic::DELAYS], j, pre, post);
        }
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        Rule::update_post_traces(now, post);
        update_traces<Rule::POST>(targets, j, now.t, post);
    }
}

template <typename Rule>
__device__ void retire_spikes_of(const Moment &now, long long source, long long j)
{
    real values[(Rule::PRE > Rule::POST ? Rule::PRE : Rule::POST) + 1];
    if (Rule::PRE > 0 && source >= 0 && source < now.part[Plastic::SOURCES]) {
        Rule::read_pre(now, now.base_sources(), source, values);
        Rule::update_pre_traces(now, values);
        update_traces<Rule::PRE>(now.base_sources(), source, now.t, values);
    }
    if (Rule::POST > 0 && j >= 0 && j < now.part[Plastic::TARGETS]) {
        Rule::read_post(now, now.base_targets(), j, values);
        Rule::update_post_traces(now, values);
        update_traces<Rule::POST>(now.base_targets(), j, now.t, values);
    }
}

// An event that reads sums: one thread has all synapses of a target, and adds in their order.
template <typename Rule>
__device__ void on_signal_phase_at(const Moment &now, long long step, int phase, int event, long long j)
{
    const Network &net = now.net;
    const long long *const part = now.part, *const column = net.p_column_at + part[Plastic::COLUMN] + j;
    const int *const synapses = net.p_column + part[Plastic::COLUMN_ITEM];
    const int *const of_segment = net.p_column_segment + part[Plastic::COLUMN_ITEM];
    const Traces segments = now.segments();
    real pre[Rule::PRE + 1], post[Rule::POST + 1], totals[Rule::SUMS + 1] = {};
    Rule::read_post(now, now.targets(), j, post);
    for (long long n = column[0]; n < column[1]; ++n)
        Rule::add(now, event, synapses[n], totals);
    for (long long n = column[0]; n < column[1]; ++n) {
        const long long g = of_segment[n];
        Rule::read_pre(now, segments, g, pre);
        Rule::on_signal_phase(now, step, phase, event, synapses[n], g / part[Plastic::DELAYS], j, pre, post, totals);
    }
}

template <typename Rule>
__device__ void on_signal_phase_of(const Moment &now, long long step, int phase, long long mine, long long splits)
{
    const Network &net = now.net;
    const long long *const part = now.part, *const offsets = net.p_offsets + part[Plastic::OFFSET];
    const Traces segments = now.segments(), targets = now.targets();
    if (Rule::SUMS > 0) {
        for (long long j = mine * blockDim.x + threadIdx.x; j < targets.width; j += splits * blockDim.x)
            for (int event = 0; event < Rule::EVENTS; ++event)
                if (Rule::due(now, step, phase, event))
                    on_signal_phase_at<Rule>(now, step, phase, event, j);
        return;
    }
    if (!Rule::due(now, step, phase, ANY_EVENT))
        return;
    real pre[Rule::PRE + 1], post[Rule::POST + 1];
    for (long long g = mine; g < segments.width; g += splits) {
        Rule::read_pre(now, segments, g, pre);
        for (long long i = offsets[g] + threadIdx.x; i < offsets[g + 1]; i += blockDim.x) {
            const long long j = net.p_target_of[part[Plastic::PLACE] + i - (part[Plastic::FULL] ? offsets[g] : 0)];
            Rule::read_post(now, targets, j, post);
            Rule::on_signal_phase(now, step, phase, ANY_EVENT, i, g / part[Plastic::DELAYS], j, pre, post, nullptr);
        }
    }
}

template <typename Rule>
__device__ void apply_patches_of(const Moment &now, long long kind, long long i, const real *values)
{
    if (kind == PatchKind::SEGMENT)
        update_traces<Rule::PRE>(now.segments(), i, now.t, values);
    else if (kind == PatchKind::TARGET)
        update_traces<Rule::POST>(now.targets(), i, now.t, values);
    else if (kind == PatchKind::SOURCE_BASE)
        update_traces<Rule::PRE>(now.base_sources(), i, now.t, values);
    else
        update_traces<Rule::POST>(now.base_targets(), i, now.t, values);
}

// Calls each(sample, neuron) for the spikes of step `then` that are this block's: among `count` neurons from `first`.
template <typename Each>
__device__ __forceinline__ void own_spikes(const Network &net, long long then, long long first, long long count,
                                           long long mine, long long splits, Each each)
{
    if (then < 0)
        return;
    for (long long sample = blockIdx.y; sample < (net.p_common ? net.p_common : blockIdx.y + 1); ++sample) {
        const long long list = sample * net.depth + then % net.depth, spikes = net.counts[list];
        for (long long k = net.p_common ? 0 : mine; k < spikes; k += net.p_common ? 1 : splits) {
            const long long neuron = net.ring[list * net.sources + k] - first;
            if (neuron >= 0 && neuron < count && (!net.p_common || neuron % splits == mine))
                each(sample, neuron);
        }
    }
}

extern "C" __global__ void on_pre_phase(const Network net)
{
    const long long splits = gridDim.x / net.p_jobs, *const job = net.p_arrivals + 2 * (blockIdx.x / splits);
    const long long *const part = net.p_parts + job[0] * Plastic::COLUMNS, step = net.clock[1], delay = job[1];
    own_spikes(net, step - net.p_delays[part[Plastic::DELAY] + delay], part[Plastic::SOURCE_FIRST],
               part[Plastic::SOURCES], blockIdx.x % splits, splits, [&](long long sample, long long source) {
                   const Moment now{net, part, sample, (int)step};
                   switch (part[Plastic::RULE]) {
//= on_pre_phase
                   }
               });
}

extern "C" __global__ void on_post_phase(const Network net)
{
    const long long splits = gridDim.x / net.p_count, step = net.clock[1];
    const long long *const part = net.p_parts + blockIdx.x / splits * Plastic::COLUMNS;
    own_spikes(net, step - part[Plastic::DENDRITIC], part[Plastic::TARGET_FIRST], part[Plastic::TARGETS],
               blockIdx.x % splits, splits, [&](long long sample, long long j) {
                   const Moment now{net, part, sample, (int)step};
                   switch (part[Plastic::RULE]) {
//= on_post_phase
                   }
               });
}

// What is known of a spike when no synapse sees it any more: the traces of the neurons that it leaves behind.
extern "C" __global__ void retire_spikes(const Network net)
{
    const long long splits = gridDim.x / net.p_count, step = net.clock[1];
    const long long *const part = net.p_parts + blockIdx.x / splits * Plastic::COLUMNS;
    const long long then = step - part[Plastic::WINDOW];
    const Moment now{net, part, blockIdx.y, (int)step};
    const long long list = blockIdx.y * net.depth + then % net.depth, spikes = then < 0 ? 0 : net.counts[list];
    for (long long k = blockIdx.x % splits * blockDim.x + threadIdx.x; k < spikes; k += splits * blockDim.x) {
        const long long neuron = net.ring[list * net.sources + k];
        const long long source = neuron - part[Plastic::SOURCE_FIRST], j = neuron - part[Plastic::TARGET_FIRST];
        switch (part[Plastic::RULE]) {
//= retire_spikes
        }
    }
}

// The events of signals, then those of the clock; a thread has the same synapses in each of them.
extern "C" __global__ void on_signal_phase(const Network net)
{
    const long long splits = gridDim.x / net.p_count, mine = blockIdx.x % splits, step = net.clock[1];
    const long long *const part = net.p_parts + blockIdx.x / splits * Plastic::COLUMNS;
    for (int phase = 0; phase < net.p_phases; ++phase)
        for (long long sample = blockIdx.y; sample < (net.p_common ? net.p_common : blockIdx.y + 1); ++sample) {
            const Moment now{net, part, sample, (int)step};
            switch (part[Plastic::RULE]) {
//= on_signal_phase
            }
        }
}

__device__ __forceinline__ void apply_patches(const Network &net, bool arrivals)
{
    const long long n = blockIdx.x * blockDim.x + threadIdx.x, step = net.clock[1];
    if (n >= net.p_patches_count || net.p_patch_steps[n] != step)
        return;
    const long long *const patch = net.p_patches + 4 * n, *const part = net.p_parts + patch[0] * Plastic::COLUMNS;
    if ((patch[2] == PatchKind::SEGMENT) != arrivals)
        return;
    const Moment now{net, part, patch[1], (int)step};
    const real *const values = net.p_patch_values + n * net.p_patch_values_size;
    switch (part[Plastic::RULE]) {
//= apply_patches
    }
}

extern "C" __global__ void apply_patches_arriving(const Network net) { apply_patches(net, true); }
extern "C" __global__ void apply_patches_rest(const Network net) { apply_patches(net, false); }
