// One neuron in one thread: the equations of neurosyn.chip.neuron and the register of neurosyn.chip.lfsr.
//
// C cores of A axons and N neurons, K crossbars, T neuron types, W = ceil(A / 64) words of axons.

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

#define WARP 32
#define ALL_LANES 0xffffffffu

// A row of neurosyn.chip.program.type_table.
struct NeuronType {
    int weights[AXON_TYPES];
    int stochastic_weights[AXON_TYPES];
    int leak;
    int stochastic_leak;
    int leak_reversal;
    int threshold;
    int negative_threshold;
    int threshold_mask_bits;
    int reset_mode;
    int negative_saturation;
    int reset;
};

// The synapses of one neuron, and what is active before them.
struct Synapses {
    const u64* column;   // word w of the neuron is column[w * stride]
    size_t stride;
    const u64* active;   // (W)
    const u64* masks;    // (AXON_TYPES, W): the axons of each type
    int words;
};

__device__ Synapses synapses_of(const u64* crossbars, const int* crossbar, const u64* type_masks, const u64* active,
                                int core, int neuron, int words, int neurons)
{
    Synapses synapses;
    synapses.column = crossbars + (size_t)crossbar[core] * words * neurons + neuron;
    synapses.stride = neurons;
    synapses.active = active + (size_t)core * words;
    synapses.masks = type_masks + (size_t)core * AXON_TYPES * words;
    synapses.words = words;
    return synapses;
}

// Counts the synapses that are on and whose axon is active, for each axon type.
__device__ void count_synapses(const Synapses& synapses, int* count)
{
    #pragma unroll
    for (int kind = 0; kind < AXON_TYPES; kind++)
        count[kind] = 0;
    for (int word = 0; word < synapses.words; word++) {
        const u64 bits = synapses.column[word * synapses.stride] & synapses.active[word];
        #pragma unroll
        for (int kind = 0; kind < AXON_TYPES; kind++)
            count[kind] += __popcll(bits & synapses.masks[kind * synapses.words + word]);
    }
}

__device__ int saturated(int v)
{
    return min(max(v, POTENTIAL_MIN), POTENTIAL_MAX);
}

// `jumps` (D, 4, 256): images of the four bytes of a state under 2^d leaps (neurosyn.chip.lfsr.jump_tables).
__device__ u32 leapt(u32 state, const u32* jumps)
{
    return (state >> 8) ^ jumps[state & 255];
}

__device__ u32 jumped(u32 state, u64 leaps, const u32* jumps)
{
    for (; leaps > 0; leaps >>= 1, jumps += 4 * 256)
        if (leaps & 1)
            state = jumps[state & 255] ^ jumps[256 + (state >> 8 & 255)] ^ jumps[512 + (state >> 16 & 255)]
                  ^ jumps[768 + (state >> 24)];
    return state;
}

__device__ int leaps_for(int bits)
{
    return (bits + LEAP_BITS - 1) / LEAP_BITS;
}

// What a stochastic weight or leak does, given the state that was just drawn: F(s, rho) * sgn(s).
__device__ int acts(int size, u32 state)
{
    return abs(size) >= (int)(state & 255) ? (size > 0) - (size < 0) : 0;
}

// Adds the synapses axon by axon, saturating and drawing each time.
__device__ int sum_in_order(const Synapses& synapses, const u8* axon_types, const NeuronType& type, int v, u32& state,
                            const u32* jumps)
{
    for (int word = 0; word < synapses.words; word++) {
        u64 bits = synapses.column[word * synapses.stride] & synapses.active[word];
        for (; bits != 0; bits &= bits - 1) {
            const int kind = axon_types[64 * word + __ffsll(bits) - 1];
            int weight = type.weights[kind];
            if (type.stochastic_weights[kind]) {
                state = leapt(state, jumps);
                weight = acts(weight, state);
            }
            v = saturated(v + weight);
        }
    }
    return v;
}

__device__ int after_leak(const NeuronType& type, int v, u32& state, const u32* jumps)
{
    int leak = type.leak;
    if (type.stochastic_leak) {
        state = leapt(state, jumps);
        leak = acts(leak, state);
    }
    if (!type.leak_reversal)
        v += leak;
    else if (v > 0)
        v = max(v + leak, 0);
    else if (v < 0)
        v = min(v - leak, 0);
    return saturated(v);
}

// Compares with the threshold; V becomes what the neuron keeps.
__device__ bool fires(const NeuronType& type, int& v, u32& state, const u32* jumps)
{
    const int mask = (1 << type.threshold_mask_bits) - 1;
    for (int leaps = leaps_for(type.threshold_mask_bits); leaps > 0; leaps--)
        state = leapt(state, jumps);
    const int eta = (int)(state & mask), threshold = type.threshold + eta;
    const int depth = type.negative_threshold + (type.negative_saturation ? 0 : eta);
    if (v >= threshold) {
        if (type.reset_mode == 0)
            v = type.reset;
        else if (type.reset_mode == 1)
            v -= threshold;
        else
            v = min(v, type.threshold + mask);
        return true;
    }
    if (v < -depth) {
        if (type.negative_saturation)
            v = -type.negative_threshold;
        else if (type.reset_mode == 0)
            v = saturated(-type.reset);
        else if (type.reset_mode == 1)
            v += depth;
    }
    return false;
}

// Shows whether kernels run here at all: counts the bits of one word. Grid 1, block 32.
extern "C" __global__ void count_bits(const u64* __restrict__ word, int* __restrict__ count)
{
    const u32 low = __ballot_sync(ALL_LANES, *word >> threadIdx.x & 1);
    const u32 high = __ballot_sync(ALL_LANES, *word >> (WARP + threadIdx.x) & 1);
    if (threadIdx.x == 0)
        *count = __popcll((u64)high << WARP | low);
}
