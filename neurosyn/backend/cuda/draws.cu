// Lays out the draws of a tick: finds the state in which each neuron of a stochastic core finds the register, and
// leaves the register as the last neuron does. A block for each such core; its threads go through the neurons together.
extern "C" __global__ void __launch_bounds__(BLOCK) lay_out_draws(
    const u64* __restrict__ crossbars,   // (K, W, N)
    const int* __restrict__ crossbar,    // (C)
    const u64* __restrict__ type_masks,  // (C, 4, W)
    const int* __restrict__ types,       // (T, 17)
    const int* __restrict__ neuron_type, // (C, N)
    const int* __restrict__ drawing,     // (S): the stochastic cores
    const u32* __restrict__ jumps,       // (D, 4, 256)
    const u64* __restrict__ active,      // (C, W)
    u32* __restrict__ rng,               // (C), in place
    u32* __restrict__ states,            // (S, N), out
    int words,
    int neurons)
{
    __shared__ u64 leaps[BLOCK];
    const int core = drawing[blockIdx.x], lane = threadIdx.x;
    const u32 first = rng[core];
    u64 before = 0;  // leaps of the neurons of earlier rounds
    for (int start = 0; start < neurons; start += BLOCK) {
        const int neuron = start + lane;
        u64 own = 0;
        if (neuron < neurons) {
            const NeuronType& type = ((const NeuronType*)types)[neuron_type[(size_t)core * neurons + neuron]];
            int count[AXON_TYPES];
            count_synapses(
                synapses_of(crossbars, crossbar, type_masks, active, core, neuron, words, neurons), count);
            for (int kind = 0; kind < AXON_TYPES; kind++)
                own += type.stochastic_weights[kind] ? count[kind] : 0;
            own += (type.stochastic_leak ? 1 : 0) + leaps_for(type.threshold_mask_bits);
        }
        leaps[lane] = own;
        __syncthreads();
        for (int reach = 1; reach < BLOCK; reach *= 2) {
            const u64 more = lane >= reach ? leaps[lane - reach] : 0;
            __syncthreads();
            leaps[lane] += more;
            __syncthreads();
        }
        if (neuron < neurons)
            states[(size_t)blockIdx.x * neurons + neuron] = jumped(first, before + leaps[lane] - own, jumps);
        before += leaps[BLOCK - 1];
        __syncthreads();
    }
    if (lane == 0)
        rng[core] = jumped(first, before, jumps);
}
