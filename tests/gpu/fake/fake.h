// What the three fake libraries share. They are made of the functions' documented meaning and run on
// the processor, so that the code which calls NVIDIA's is tried where there is no GPU.
//
// FAKE_CUDA says how they misbehave, as words with a comma between:
//   no-device      there is no GPU
//   old-driver     the driver serves CUDA 11
//   cuda-13        the driver serves CUDA 13, not only 12
//   no-context     the context cannot be made
//   wrong          products are wrong
//   memory=N       there is no memory after N allocations
//   lost=N         every call fails after N launches, as when a GPU falls off the bus
// FAKE_CUDA_LOG is a file to which each library adds a line when its last user lets go.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

static inline int told(const char *word) {
    const char *all = getenv("FAKE_CUDA");
    const char *found = all ? strstr(all, word) : 0;
    return found != 0;
}

// The number behind `word=`, or -1.
static inline long number(const char *word) {
    const char *all = getenv("FAKE_CUDA");
    const char *found = all ? strstr(all, word) : 0;
    return found ? atol(found + strlen(word)) : -1;
}

static inline void note(const char *what, long a, long b) {
    const char *path = getenv("FAKE_CUDA_LOG");
    FILE *file = path ? fopen(path, "a") : 0;
    if (!file) return;
    fprintf(file, "%s %ld %ld\n", what, a, b);
    fclose(file);
}

static inline void insist(int holds, const char *what) {
    if (holds) return;
    fprintf(stderr, "fake CUDA: %s\n", what);
    abort();
}
