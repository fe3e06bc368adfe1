// CUDA's names for a C++ compiler, so that kernels run on the CPU: every thread is a fiber. A barrier interval is run
// in forward, reverse or seeded order of threads, blocks likewise. Shared memory is filled with rubbish before each
// block. With SHIM_WATCH, and the kernels compiled by -fsanitize=thread without its library, every access is looked at:
// a fault is a write, and another access of the same address by another thread in the same interval (or by another
// block at any time), unless both are atomic; and an access outside of the arrays that were announced.

#include <csetjmp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ucontext.h>

using std::fabs;
using std::frexp;
using std::rint;
using std::sqrt;

#define __global__ __attribute__((visibility("default")))
#define __device__
#define __constant__ static const __attribute__((section("shim_constant")))
#define __forceinline__ inline
#define __launch_bounds__(threads)
#define __shared__ static __attribute__((section("shim_shared")))
#define SHIM_PLAIN __attribute__((no_sanitize("thread")))

struct Dimensions {
    unsigned int x, y, z;
};
static Dimensions threadIdx, blockIdx, blockDim, gridDim;

#define SHIM_EDGE extern "C" char __attribute__((weak, visibility("hidden")))
SHIM_EDGE __start_shim_shared[];
SHIM_EDGE __stop_shim_shared[];
SHIM_EDGE __start_shim_constant[];
SHIM_EDGE __stop_shim_constant[];

template <typename To, typename From>
static inline To moved(From from)
{
    static_assert(sizeof(To) == sizeof(From), "moves bits");
    To to;
    std::memcpy(&to, &from, sizeof to);
    return to;
}
static inline int __float_as_int(float v) { return moved<int>(v); }
static inline float __int_as_float(int v) { return moved<float>(v); }
static inline long long __double_as_longlong(double v) { return moved<long long>(v); }
static inline double __longlong_as_double(long long v) { return moved<double>(v); }

namespace shim {

enum Order { FORWARD, REVERSE, SEEDED };
enum State { FRESH, READY, WAITING, DONE };
enum Access { READ, WRITE, ATOMIC };
const int MAX_THREADS = 256;
const size_t STACK = 1 << 16;

struct Fiber {
    jmp_buf here;
    ucontext_t context;
    State state;
};
static Fiber fibers[MAX_THREADS];
static char *stacks;
static jmp_buf scheduler;
static int current, interval;
static void (*job)(void *, const void *);
static void *kernel;
static const void *argument;
static char fault[160];

// Ends the launch: a thread does not come back from here.
SHIM_PLAIN static void complain(const char *what, const void *address)
{
    std::snprintf(fault, sizeof fault, "%s at %p, block (%u, %u), thread %d, interval %d", what, address, blockIdx.x,
                  blockIdx.y, current, interval);
    _longjmp(scheduler, 1);
}

SHIM_PLAIN static void leave(State state)
{
    fibers[current].state = state;
    if (!_setjmp(fibers[current].here))
        _longjmp(scheduler, 1);
}

SHIM_PLAIN static void live()
{
    for (;;) {
        job(kernel, argument);
        leave(DONE);
    }
}

SHIM_PLAIN static void resume(int thread)
{
    Fiber &fiber = fibers[thread];
    current = thread;
    threadIdx.x = (unsigned int)thread;
    if (_setjmp(scheduler))
        return;
    if (fiber.state != FRESH)
        _longjmp(fiber.here, 1);
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = stacks + STACK * (size_t)thread;
    fiber.context.uc_stack.ss_size = STACK;
    makecontext(&fiber.context, live, 0);
    setcontext(&fiber.context);
}

static uint64_t random_state;
SHIM_PLAIN static unsigned int draw(unsigned int n)
{
    random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
    return (unsigned int)((random_state >> 33) % n);
}

SHIM_PLAIN static void arrange(int *order, int n, int how)
{
    for (int i = 0; i < n; ++i)
        order[i] = how == REVERSE ? n - 1 - i : i;
    for (int i = n - 1; how == SEEDED && i > 0; --i) {
        const int j = (int)draw((unsigned int)i + 1), kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}

#ifdef SHIM_WATCH
struct Seen {
    uintptr_t address;
    long long launch, block;  // of the kernel; of shared memory, whose addresses serve one block after the other
    int write_block, write_thread, write_interval, write_kind;
    int read_block, read_thread, read_interval, many_block, many_interval;
};
const int TABLE_BITS = 18, ACROSS = 1 << 30;  // ACROSS: read by several blocks
static Seen table[1 << TABLE_BITS];
static long long launches;
static const int MAX_RANGES = 128;
static uintptr_t begins[MAX_RANGES], ends[MAX_RANGES];
static int n_ranges, block;

SHIM_PLAIN static void announce(uintptr_t begin, uintptr_t end)  // an array; end 0: forget all
{
    n_ranges = end ? n_ranges : 0;
    if (end && n_ranges < MAX_RANGES) {
        begins[n_ranges] = begin;
        ends[n_ranges++] = end;
    }
}

SHIM_PLAIN static bool beside(int other_block, int other_thread, int other_interval)
{
    return other_block >= 0 && (other_block != block || (other_thread != current && other_interval == interval));
}

SHIM_PLAIN static bool within(uintptr_t address, const void *begin, size_t size)
{
    return address - (uintptr_t)begin < size;
}

SHIM_PLAIN static void look(const void *pointer, Access kind)
{
    const uintptr_t address = (uintptr_t)pointer;
    if (within(address, stacks, STACK * MAX_THREADS) || within(address, &threadIdx, sizeof threadIdx) ||
        within(address, &blockIdx, sizeof blockIdx) || within(address, &blockDim, sizeof blockDim) ||
        within(address, &gridDim, sizeof gridDim) ||
        within(address, __start_shim_constant, (size_t)(__stop_shim_constant - __start_shim_constant)))
        return;
    const bool own = within(address, __start_shim_shared, (size_t)(__stop_shim_shared - __start_shim_shared));
    bool inside = own;
    for (int i = 0; !inside && i < n_ranges; ++i)
        inside = address >= begins[i] && address < ends[i];
    if (!inside)
        complain("an access outside of all arrays", pointer);
    size_t place = address * 0x9E3779B97F4A7C15ull >> (64 - TABLE_BITS);
    for (int tries = 0; table[place].launch == launches && table[place].address != address; ++tries) {
        if (tries == 1 << TABLE_BITS)
            complain("more addresses than the shim can look at", pointer);
        place = (place + 1) % (1 << TABLE_BITS);
    }
    Seen &seen = table[place];
    if (seen.launch != launches || seen.address != address || (own && seen.block != block))
        seen = Seen{address, launches, block, -1, -1, -1, 0, -1, -1, -1, -1, -1};
    if (beside(seen.write_block, seen.write_thread, seen.write_interval) &&
        !(kind == ATOMIC && seen.write_kind == ATOMIC))
        complain(kind == READ ? "a read beside a write" : "two writes", pointer);
    if (kind == READ) {
        if (beside(seen.read_block, seen.read_thread, seen.read_interval)) {
            seen.many_block = seen.many_block == ACROSS || seen.read_block != block ? ACROSS : block;
            seen.many_interval = interval;
        }
        seen.read_block = block, seen.read_thread = current, seen.read_interval = interval;
        return;
    }
    if (beside(seen.read_block, seen.read_thread, seen.read_interval) ||
        (seen.many_block >= 0 && (seen.many_block != block || seen.many_interval == interval)))
        complain("a write beside a read", pointer);
    seen.write_block = block, seen.write_thread = current, seen.write_interval = interval, seen.write_kind = kind;
}
#else
static inline void look(const void *, Access) {}
static inline void announce(uintptr_t, uintptr_t) {}
#endif

SHIM_PLAIN static const char *launch(void (*run)(void *, const void *), void *which, const void *with, int blocks_x,
                                     int blocks_y, int threads, int how, unsigned long long seed)
{
    if (!stacks)
        stacks = (char *)std::malloc(STACK * MAX_THREADS);
    if (threads > MAX_THREADS)
        return "more threads in a block than the shim has";
    fault[0] = 0;
    job = run, kernel = which, argument = with, random_state = seed;
    gridDim = Dimensions{(unsigned int)blocks_x, (unsigned int)blocks_y, 1};
    blockDim = Dimensions{(unsigned int)threads, 1, 1};
    const int n_blocks = blocks_x * blocks_y;
    int *const order = (int *)std::malloc(sizeof(int) * (size_t)n_blocks), turn[MAX_THREADS];
    arrange(order, n_blocks, how);
#ifdef SHIM_WATCH
    ++launches;
#endif
    for (int i = 0; i < n_blocks && !fault[0]; ++i) {
        blockIdx = Dimensions{(unsigned int)(order[i] % blocks_x), (unsigned int)(order[i] / blocks_x), 0};
#ifdef SHIM_WATCH
        block = order[i];
#endif
        std::memset(__start_shim_shared, 0xA5, (size_t)(__stop_shim_shared - __start_shim_shared));
        for (int thread = 0; thread < threads; ++thread)
            fibers[thread].state = fibers[thread].state == FRESH ? FRESH : READY;
        interval = 0;
        for (int waiting = 1; waiting; ++interval) {
            waiting = 0;
            int done = 0;
            arrange(turn, threads, how);
            for (int t = 0; t < threads && !fault[0]; ++t)
                if (fibers[turn[t]].state != DONE)
                    resume(turn[t]);
            for (int t = 0; t < threads; ++t)
                (fibers[t].state == DONE ? done : waiting)++;
            if (waiting && done && !fault[0])
                std::snprintf(fault, sizeof fault, "a barrier that not all threads reach in block %d", order[i]);
            if (fault[0])
                waiting = 0;
        }
    }
    for (int t = 0; t < threads && fault[0]; ++t)
        fibers[t].state = FRESH;
    std::free(order);
    return fault;
}

}  // namespace shim

template <typename Argument>
SHIM_PLAIN static void shim_call(void *kernel, const void *argument)
{
    reinterpret_cast<void (*)(Argument)>(kernel)(*static_cast<const Argument *>(argument));
}


SHIM_PLAIN static void __syncthreads() { shim::leave(shim::WAITING); }
SHIM_PLAIN static void __threadfence() {}

template <typename T>
SHIM_PLAIN static inline T atomicAdd(T *address, T value)
{
    shim::look(address, shim::ATOMIC);
    const T before = *address;
    *address = (T)((unsigned long long)before + (unsigned long long)value);
    return before;
}
SHIM_PLAIN static inline float atomicAdd(float *address, float value)
{
    shim::look(address, shim::ATOMIC);
    const float before = *address;
    *address = before + value;
    return before;
}
template <typename T>
SHIM_PLAIN static inline T atomicOr(T *address, T value)
{
    shim::look(address, shim::ATOMIC);
    const T before = *address;
    *address = before | value;
    return before;
}

// To be written once, behind the kernels, with the type of their only argument: a launch returns "" or the first fault.
#define SHIM_EXPORTS(Argument)                                                                                        \
    extern "C" const char *shim_launch(void *kernel, const void *argument, int blocks_x, int blocks_y, int threads,   \
                                       int order, unsigned long long seed)                                            \
    {                                                                                                                 \
        return shim::launch(shim_call<Argument>, kernel, argument, blocks_x, blocks_y, threads, order, seed);         \
    }                                                                                                                 \
    extern "C" void shim_announce(uintptr_t begin, uintptr_t end) { shim::announce(begin, end); }

#ifdef SHIM_WATCH
extern "C" {
#define SHIM_HIDDEN SHIM_PLAIN __attribute__((visibility("hidden")))
#define SHIM_ACCESS(name, kind) \
    SHIM_HIDDEN void __tsan_##name(void *address) { shim::look(address, shim::kind); }
SHIM_ACCESS(read1, READ)
SHIM_ACCESS(read2, READ)
SHIM_ACCESS(read4, READ)
SHIM_ACCESS(read8, READ)
SHIM_ACCESS(write1, WRITE)
SHIM_ACCESS(write2, WRITE)
SHIM_ACCESS(write4, WRITE)
SHIM_ACCESS(write8, WRITE)
SHIM_HIDDEN void __tsan_init() {}
SHIM_HIDDEN void __tsan_func_entry(void *) {}
SHIM_HIDDEN void __tsan_func_exit(void *) {}
}
#endif
