// A driver whose GPU is the processor: device memory is malloc'd, kernels are those of kernels.cu
// compiled as C.

#include <pthread.h>
#include "fake.h"

#define DRUMLIN_HOST
#include "../../../src/network/cuda/kernels.cu"

enum {
    OK = 0,
    INVALID_VALUE = 1,
    OUT_OF_MEMORY = 2,
    NO_DEVICE = 100,
    INVALID_CONTEXT = 201,
    NOT_FOUND = 500,
    ILLEGAL_ADDRESS = 700
};

typedef unsigned long long Pointer;

// Before and behind each array, so that writing outside is noticed when it is freed.
#define GUARD 64

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long allocations, live, launches, contexts;
static __thread void *current;
static int the_context, the_stream, the_module;

static int lost(void) {
    long limit = number("lost=");
    return limit >= 0 && launches >= limit;
}

static int ready(void) {
    if (!current) return INVALID_CONTEXT;
    return lost() ? ILLEGAL_ADDRESS : OK;
}

// For the other two libraries.
EXPORT int fake_cuda_ready(void) { return ready(); }

EXPORT int cuInit(unsigned flags) { return flags ? INVALID_VALUE : OK; }

EXPORT int cuDriverGetVersion(int *version) {
    *version = told("old-driver") ? 11080 : told("cuda-13") ? 13000 : 12040;
    return OK;
}

EXPORT int cuDeviceGetCount(int *count) {
    *count = told("no-device") ? 0 : 1;
    return OK;
}

EXPORT int cuDeviceGet(int *device, int ordinal) {
    *device = 7;
    return ordinal == 0 ? OK : NO_DEVICE;
}

EXPORT int cuDeviceGetName(char *name, int length, int device) {
    insist(device == 7, "a device that was not given out");
    snprintf(name, length, "Fake GPU");
    return OK;
}

EXPORT int cuDeviceTotalMem_v2(size_t *bytes, int device) {
    insist(device == 7, "a device that was not given out");
    *bytes = (size_t)8 << 30;
    return OK;
}

EXPORT int cuDevicePrimaryCtxRetain(void **context, int device) {
    insist(device == 7, "a device that was not given out");
    if (told("no-context")) return OUT_OF_MEMORY;
    contexts++;
    *context = &the_context;
    return OK;
}

EXPORT int cuDevicePrimaryCtxRelease_v2(int device) {
    insist(device == 7 && contexts > 0, "a context released that was not retained");
    if (--contexts == 0) note("driver", live, launches);
    return OK;
}

EXPORT int cuCtxSetCurrent(void *context) {
    insist(context == &the_context && contexts > 0, "a context that is not retained");
    current = context;
    return OK;
}

EXPORT int cuStreamCreate(void **stream, unsigned flags) {
    if (ready()) return ready();
    insist(flags == 1, "a stream that blocks");
    *stream = &the_stream;
    return OK;
}

EXPORT int cuStreamDestroy_v2(void *stream) {
    insist(stream == &the_stream, "a stream that was not made");
    return ready();
}

EXPORT int cuStreamSynchronize(void *stream) {
    insist(stream == &the_stream, "a stream that was not made");
    return ready();
}

EXPORT int cuMemAlloc_v2(Pointer *pointer, size_t bytes) {
    if (ready()) return ready();
    if (bytes == 0) return INVALID_VALUE;
    pthread_mutex_lock(&mutex);
    long limit = number("memory=");
    int full = limit >= 0 && allocations >= limit;
    if (!full) {
        allocations++;
        live++;
    }
    pthread_mutex_unlock(&mutex);
    if (full) return OUT_OF_MEMORY;
    char *all = malloc(bytes + 2 * GUARD + sizeof bytes);
    insist(all != 0, "no memory");
    memcpy(all, &bytes, sizeof bytes);
    // All ones are no number: what is read before it is written shows.
    memset(all + sizeof bytes, 0xFF, bytes + 2 * GUARD);
    memset(all + sizeof bytes, 0x5A, GUARD);
    memset(all + sizeof bytes + GUARD + bytes, 0x5A, GUARD);
    *pointer = (Pointer)(all + sizeof bytes + GUARD);
    return OK;
}

EXPORT int cuMemFree_v2(Pointer pointer) {
    if (!current) return INVALID_CONTEXT;
    char *array = (char *)pointer, *all = array - GUARD - sizeof(size_t);
    size_t bytes;
    memcpy(&bytes, all, sizeof bytes);
    for (int i = 0; i < GUARD; i++) {
        insist(array[i - GUARD] == 0x5A, "something was written before an array");
        insist(array[bytes + i] == 0x5A, "something was written behind an array");
    }
    pthread_mutex_lock(&mutex);
    live--;
    pthread_mutex_unlock(&mutex);
    free(all);
    return OK;
}

EXPORT int cuMemcpyHtoDAsync_v2(Pointer to, const void *from, size_t bytes, void *stream) {
    insist(stream == &the_stream, "another stream");
    if (ready()) return ready();
    memcpy((void *)to, from, bytes);
    return OK;
}

EXPORT int cuMemcpyDtoHAsync_v2(void *to, Pointer from, size_t bytes, void *stream) {
    insist(stream == &the_stream, "another stream");
    if (ready()) return ready();
    memcpy(to, (void *)from, bytes);
    return OK;
}

EXPORT int cuMemsetD32Async(Pointer to, unsigned value, size_t count, void *stream) {
    insist(stream == &the_stream, "another stream");
    if (ready()) return ready();
    for (size_t i = 0; i < count; i++) ((unsigned *)to)[i] = value;
    return OK;
}

static char *source;

EXPORT int cuModuleLoadData(void **module, const void *image) {
    if (ready()) return ready();
    if (!strstr(image, ".version") || !strstr(image, ".target")) return INVALID_VALUE;
    free(source);
    source = strdup(image);
    *module = &the_module;
    return OK;
}

EXPORT int cuModuleUnload(void *module) {
    insist(module == &the_module, "a module that was not loaded");
    return OK;
}

static const char *names[] = {"drumlin_copy", "drumlin_binary", "drumlin_unary", "drumlin_gather"};

EXPORT int cuModuleGetFunction(void **function, void *module, const char *name) {
    insist(module == &the_module, "a module that was not loaded");
    char entry[100];
    snprintf(entry, sizeof entry, ".entry %s(", name);
    if (!strstr(source, entry)) return NOT_FOUND;
    for (int i = 0; i < 4; i++) {
        if (!strcmp(name, names[i])) {
            *function = &names[i];
            return OK;
        }
    }
    return NOT_FOUND;
}

EXPORT int cuLaunchKernel(
    void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
    unsigned shared, void *stream, void **p, void **extra
) {
    insist(stream == &the_stream && shared == 0 && extra == 0, "a launch of another kind");
    insist(gx > 0 && gy == 1 && gz == 1 && by == 1 && bz == 1, "a launch of another shape");
    insist(bx > 0 && bx <= 1024, "a block that is too large");
    if (ready()) return ready();
    launches++;
    switch ((const char **)function - names) {
    case 0: drumlin_copy(*(float **)p[0], *(float **)p[1], *(Layout *)p[2]); break;
    case 1:
        drumlin_binary(
            *(float **)p[0], *(float **)p[1], *(float **)p[2], *(u32 *)p[3], *(Layout *)p[4]
        );
        break;
    case 2:
        drumlin_unary(
            *(float **)p[0], *(float **)p[1], *(u32 *)p[2], *(u32 *)p[3], *(float *)p[4],
            *(float *)p[5]
        );
        break;
    case 3:
        drumlin_gather(
            *(float **)p[0], *(u32 **)p[1], *(float **)p[2], *(u32 *)p[3], *(u32 *)p[4],
            *(u32 *)p[5], *(u32 *)p[6]
        );
        break;
    default: insist(0, "a function that was not given out");
    }
    return OK;
}
