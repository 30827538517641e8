// Evaluates single ticks of a stateless program. Grid (K, ceil(F / FRAMES), ceil(N / BLOCK)), a thread for each neuron.
//
// A thread holds four words of its neuron's synapses in registers while it goes through the frames, whose active axons,
// separated by type, are in shared memory. Its warp packs the spikes.
#define QUAD 4

extern "C" __global__ void __launch_bounds__(BLOCK) evaluate_frames(
    const u64* __restrict__ crossbars,   // (K, W, N)
    const int* __restrict__ crossbar,    // (C)
    const u64* __restrict__ type_masks,  // (C, 4, W)
    const u8* __restrict__ types_used,   // (C): bit g: the core has axons of type g
    const int* __restrict__ types,       // (T, 17)
    const int* __restrict__ neuron_type, // (C, N)
    const int* __restrict__ needed,      // (C, N): the least sum with which a neuron fires
    const int* __restrict__ cores,       // (K)
    const u64* __restrict__ active,      // (F, K, W)
    u64* __restrict__ spikes,            // (F, K, ceil(N / 64)), out
    u64* __restrict__ events,            // (F, K), zeros at first, out
    int frames,
    int words,
    int neurons)
{
    __shared__ u64 masked[FRAMES][AXON_TYPES][QUAD];
    const int size = gridDim.x, k = blockIdx.x, core = cores[k], used = types_used[core];
    const int first = blockIdx.y * FRAMES, here = min(FRAMES, frames - first);
    const int neuron = blockIdx.z * BLOCK + threadIdx.x;
    const bool exists = neuron < neurons;

    int weights[AXON_TYPES] = {0}, sum[FRAMES], count[FRAMES];
    const u64* column = crossbars + (size_t)crossbar[core] * words * neurons + neuron;
    if (exists) {
        const NeuronType& type = ((const NeuronType*)types)[neuron_type[(size_t)core * neurons + neuron]];
        for (int kind = 0; kind < AXON_TYPES; kind++)
            weights[kind] = type.weights[kind];
    }
    #pragma unroll
    for (int frame = 0; frame < FRAMES; frame++)
        sum[frame] = count[frame] = 0;

    for (int quad = 0; quad < words; quad += QUAD) {
        for (int i = threadIdx.x; i < FRAMES * AXON_TYPES * QUAD; i += BLOCK) {
            const int frame = i / (AXON_TYPES * QUAD), kind = i / QUAD % AXON_TYPES, word = quad + i % QUAD;
            masked[frame][kind][i % QUAD] = frame < here && word < words
                ? active[((size_t)(first + frame) * size + k) * words + word]
                      & type_masks[((size_t)core * AXON_TYPES + kind) * words + word]
                : 0;
        }
        __syncthreads();
        u64 row[QUAD];
        #pragma unroll
        for (int w = 0; w < QUAD; w++)
            row[w] = exists && quad + w < words ? column[(size_t)(quad + w) * neurons] : 0;
        #pragma unroll
        for (int frame = 0; frame < FRAMES; frame++) {
            #pragma unroll
            for (int kind = 0; kind < AXON_TYPES; kind++) {
                if (!(used >> kind & 1))
                    continue;
                int on = 0;
                #pragma unroll
                for (int w = 0; w < QUAD; w++)
                    on += __popcll(row[w] & masked[frame][kind][w]);
                sum[frame] += on * weights[kind];
                count[frame] += on;
            }
        }
        __syncthreads();
    }

    // Two halves to a word of 64 neurons, the low one first in memory.
    const int halves = 2 * ((neurons + 63) / 64), half = neuron / WARP;
    const int least = exists ? needed[(size_t)core * neurons + neuron] : 0;
    #pragma unroll
    for (int frame = 0; frame < FRAMES; frame++) {
        const u32 fired = __ballot_sync(ALL_LANES, exists && sum[frame] >= least);
        int total = count[frame];
        for (int reach = WARP / 2; reach > 0; reach /= 2)
            total += __shfl_down_sync(ALL_LANES, total, reach);
        const size_t at = (size_t)(first + frame) * size + k;
        if (threadIdx.x % WARP == 0 && frame < here && half < halves) {
            ((u32*)spikes)[at * halves + half] = fired;
            atomicAdd(events + at, (u64)total);
        }
    }
}
