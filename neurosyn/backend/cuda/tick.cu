// Plays one tick of all cores. Grid (C, ceil(N / BLOCK)), a thread for each neuron.
//
// Neighbouring threads read neighbouring words of the crossbar; what is active is the same for all of a block and comes
// from the cache. Counting ignores the order of additions; where a sum could leave the range of V, or draws, the thread
// goes the ordered way.
extern "C" __global__ void __launch_bounds__(BLOCK) play_tick(
    const u64* __restrict__ crossbars,   // (K, W, N)
    const int* __restrict__ crossbar,    // (C)
    const u64* __restrict__ type_masks,  // (C, 4, W)
    const u8* __restrict__ axon_types,   // (C, A)
    const int* __restrict__ types,       // (T, 17)
    const int* __restrict__ neuron_type, // (C, N)
    const int* __restrict__ draw_row,    // (C): row of `states`, -1 for cores that never draw
    const u32* __restrict__ states,      // (S, N): what the neurons find in the register
    const u32* __restrict__ jumps,       // (D, 4, 256)
    const u64* __restrict__ active,      // (C, W)
    int* __restrict__ potential,         // (C, N), in place
    bool* __restrict__ fired,            // (C, N), out
    u16* __restrict__ events,            // (C, N), out
    int axons,
    int words,
    int neurons)
{
    const int core = blockIdx.x, neuron = blockIdx.y * BLOCK + threadIdx.x;
    if (neuron >= neurons)
        return;
    const size_t place = (size_t)core * neurons + neuron;
    const NeuronType& type = ((const NeuronType*)types)[neuron_type[place]];
    const Synapses synapses = synapses_of(crossbars, crossbar, type_masks, active, core, neuron, words, neurons);
    int count[AXON_TYPES];
    count_synapses(synapses, count);

    int v = potential[place], rise = 0, fall = 0, total = 0;
    bool in_order = false;
    #pragma unroll
    for (int kind = 0; kind < AXON_TYPES; kind++) {
        total += count[kind];
        rise += count[kind] * max(type.weights[kind], 0);
        fall += count[kind] * min(type.weights[kind], 0);
        in_order |= count[kind] > 0 && type.stochastic_weights[kind];
    }
    in_order |= v + rise > POTENTIAL_MAX || v + fall < POTENTIAL_MIN;

    u32 state = draw_row[core] < 0 ? 0 : states[(size_t)draw_row[core] * neurons + neuron];
    if (in_order)
        v = sum_in_order(synapses, axon_types + (size_t)core * axons, type, v, state, jumps);
    else
        v += rise + fall;
    v = after_leak(type, v, state, jumps);
    fired[place] = fires(type, v, state, jumps);
    potential[place] = v;
    events[place] = (u16)total;
}
