// Runs CUDA C kernels on the CPU, for tests.
//
// Each CUDA thread is a fiber; the blocks of a grid run one after another. Within a block a warp runs as far as it can
// before the next one starts, in an order that the test chooses, so that a missing barrier shows in some order. Shared
// memory begins every block as garbage. A thread that waits where others do not is an error, not a deadlock.
//
// Fibers are made once, with the functions of ucontext.h, and then go from block to block; they are switched by jumps,
// which, unlike those functions, need no help of the system.
#pragma once
#include <setjmp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#define __global__
#define __device__ static inline
#define __launch_bounds__(threads)
#define __shared__ static __attribute__((section("cuda_shared")))

struct dim3 { unsigned x, y, z; };

namespace cuda_host {

enum { WARP_SIZE = 32, MOST_THREADS = 1024, STACK = 64 * 1024 };
enum Wait { RUNS, AT_BLOCK_BARRIER, AT_WARP_BARRIER, DONE };
enum Outcome { FINE, DIVERGED, TOO_LARGE };

struct Thread {
    bool made;
    jmp_buf place;
    Wait wait;
    unsigned long long given;  // to the other lanes of its warp
};

static dim3 grid, block, block_index, thread_index;
static Thread threads[MOST_THREADS];
static char* stacks;
static jmp_buf scheduler;
static int count, current;
static unsigned order;  // 0: ascending, 1: descending, else the seed of a new order every time
static void (*kernel)();

static char shared_anchor __attribute__((section("cuda_shared"), used));  // the section exists even if nothing is shared
extern "C" char __start_cuda_shared[], __stop_cuda_shared[];

static unsigned random_below(unsigned end)
{
    order ^= order << 13, order ^= order >> 17, order ^= order << 5;
    return order % end;
}

// Fills `places` with 0 ... size - 1 in the order that is asked for.
static void arrange(int* places, int size)
{
    for (int i = 0; i < size; i++)
        places[i] = order == 1 ? size - 1 - i : i;
    for (int i = size - 1; order > 1 && i > 0; i--) {
        const int j = random_below(i + 1), kept = places[i];
        places[i] = places[j], places[j] = kept;
    }
}

static void select(int thread)
{
    current = thread;
    thread_index.x = thread % block.x;
    thread_index.y = thread / block.x % block.y;
    thread_index.z = thread / (block.x * block.y);
}

static void wait_at(Wait barrier)
{
    const int self = current;
    threads[self].wait = barrier;
    if (_setjmp(threads[self].place) == 0)
        _longjmp(scheduler, 1);
    select(self);
}

static void live()
{
    for (;;) {
        kernel();
        wait_at(DONE);
    }
}

static void make_fiber(int thread)
{
    ucontext_t context;
    getcontext(&context);
    context.uc_stack.ss_sp = stacks + (size_t)thread * STACK;
    context.uc_stack.ss_size = STACK;
    makecontext(&context, live, 0);
    threads[thread].made = true;
    setcontext(&context);
}

static void go_on(int thread)
{
    select(thread);
    if (_setjmp(scheduler) != 0)
        return;
    if (!threads[thread].made)
        make_fiber(thread);
    _longjmp(threads[thread].place, 1);
}

static bool all_wait(int from, int to, Wait barrier)
{
    for (int i = from; i < to; i++)
        if (threads[i].wait != barrier)
            return false;
    return true;
}

static void release(int from, int to)
{
    for (int i = from; i < to; i++)
        threads[i].wait = RUNS;
}

static void run_warp(int from, int to)
{
    int lanes[WARP_SIZE];
    do {
        arrange(lanes, to - from);
        for (int i = 0; i < to - from; i++)
            if (threads[from + lanes[i]].wait == RUNS)
                go_on(from + lanes[i]);
        if (!all_wait(from, to, AT_WARP_BARRIER))
            return;
        release(from, to);
    } while (true);
}

static Outcome run_block()
{
    memset(__start_cuda_shared, 0xA5, __stop_cuda_shared - __start_cuda_shared);
    release(0, count);
    int warps[MOST_THREADS / WARP_SIZE];
    const int size = (count + WARP_SIZE - 1) / WARP_SIZE;
    while (!all_wait(0, count, DONE)) {
        arrange(warps, size);
        for (int i = 0; i < size; i++) {
            const int from = warps[i] * WARP_SIZE;
            run_warp(from, from + WARP_SIZE < count ? from + WARP_SIZE : count);
        }
        if (all_wait(0, count, AT_BLOCK_BARRIER))
            release(0, count);
        else if (!all_wait(0, count, DONE))
            return DIVERGED;
    }
    return FINE;
}

static Outcome launch(dim3 blocks, dim3 block_size, void (*body)())
{
    grid = blocks, block = block_size, kernel = body;
    count = block.x * block.y * block.z;
    if (count > MOST_THREADS)
        return TOO_LARGE;
    if (stacks == NULL)
        stacks = (char*)malloc((size_t)MOST_THREADS * STACK);
    for (block_index.z = 0; block_index.z < grid.z; block_index.z++)
        for (block_index.y = 0; block_index.y < grid.y; block_index.y++)
            for (block_index.x = 0; block_index.x < grid.x; block_index.x++)
                if (run_block() != FINE) {
                    for (int i = 0; i < count; i++)
                        threads[i].made = false;  // they wait in the middle of a kernel
                    return DIVERGED;
                }
    return FINE;
}

// Gives a value to the other lanes of the warp, and returns what `lane` gave. All lanes must come here.
static unsigned long long exchange(unsigned long long value, int lane)
{
    const int first = current - current % WARP_SIZE;
    threads[current].given = value;
    wait_at(AT_WARP_BARRIER);
    const unsigned long long taken = threads[first + lane].given;
    wait_at(AT_WARP_BARRIER);
    return taken;
}

}  // namespace cuda_host

extern "C" void cuda_host_set_order(unsigned order) { cuda_host::order = order; }

#define threadIdx cuda_host::thread_index
#define blockIdx cuda_host::block_index
#define blockDim cuda_host::block
#define gridDim cuda_host::grid

static inline void __syncthreads() { cuda_host::wait_at(cuda_host::AT_BLOCK_BARRIER); }

static inline unsigned __ballot_sync(unsigned, bool vote)
{
    using namespace cuda_host;
    const int first = current - current % WARP_SIZE;
    threads[current].given = vote;
    wait_at(AT_WARP_BARRIER);
    unsigned votes = 0;
    for (int lane = 0; lane < WARP_SIZE; lane++)
        votes |= (unsigned)threads[first + lane].given << lane;
    wait_at(AT_WARP_BARRIER);
    return votes;
}

static inline int __shfl_down_sync(unsigned, int value, unsigned reach)
{
    const int lane = cuda_host::current % cuda_host::WARP_SIZE;
    return (int)cuda_host::exchange((unsigned)value, lane + reach < cuda_host::WARP_SIZE ? lane + reach : lane);
}

template <class T> static inline T atomicAdd(T* place, T value)
{
    const T before = *place;
    *place += value;
    return before;
}

template <class T> static inline T min(T a, T b) { return a < b ? a : b; }
template <class T> static inline T max(T a, T b) { return a > b ? a : b; }
static inline int __popcll(unsigned long long bits) { return __builtin_popcountll(bits); }
static inline int __ffsll(long long bits) { return __builtin_ffsll(bits); }
