// The few operations that neither cuDNN nor cuBLAS has. `kernels.py` compiles this file to
// `kernels.ptx`, which is what is built in: the driver turns PTX into machine code. The tests
// compile it as C, with DRUMLIN_HOST defined, to run it on the processor.

#define AXES 6

typedef unsigned int u32;
typedef long long i64;

// How two arrays are read side by side, innermost axis first; see `Layout` in kernels.rs.
typedef struct {
    u32 total;
    u32 axes;
    u32 dims[AXES];
    i64 a_start;
    i64 b_start;
    i64 a[AXES];
    i64 b[AXES];
} Layout;

#ifdef DRUMLIN_HOST
#include <math.h>
#define KERNEL
#define INSIDE static
#define EACH(i, total) for (u32 i = 0; i < (total); i++)
INSIDE float exp2_of(float x) { return exp2f(x); }
INSIDE float log2_of(float x) { return log2f(x); }
INSIDE float root_of(float x) { return sqrtf(x); }
#else
#define KERNEL extern "C" __global__
#define INSIDE static __device__ __forceinline__
#define EACH(i, total) \
    for (u32 i = blockIdx.x * blockDim.x + threadIdx.x; i < (total); i += gridDim.x * blockDim.x)
INSIDE float exp2_of(float x) {
    float y;
    asm("ex2.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}
INSIDE float log2_of(float x) {
    float y;
    asm("lg2.approx.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}
INSIDE float root_of(float x) {
    float y;
    asm("sqrt.rn.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}
#endif

#define LOG2_E 1.44269504f
#define LN_2 0.693147181f

INSIDE float exp_of(float x) { return exp2_of(x * LOG2_E); }
INSIDE float log_of(float x) { return log2_of(x) * LN_2; }
INSIDE float magnitude(float x) { return x < 0.0f ? -x : x; }

// Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26: within 1.5e-7.
INSIDE float erf_of(float x) {
    float t = 1.0f / (1.0f + 0.3275911f * magnitude(x));
    float sum = 1.061405429f * t - 1.453152027f;
    sum = (sum * t + 1.421413741f) * t - 0.284496736f;
    sum = (sum * t + 0.254829592f) * t;
    float y = 1.0f - sum * exp_of(-x * x);
    return x < 0.0f ? -y : y;
}

INSIDE void places(const Layout *layout, u32 place, i64 *a, i64 *b) {
    *a = layout->a_start;
    *b = layout->b_start;
    // Unrolled, so that no thread needs a copy of the layout in its own memory.
#pragma unroll
    for (u32 axis = 0; axis < AXES; axis++) {
        if (axis >= layout->axes) break;
        u32 index = place % layout->dims[axis];
        place /= layout->dims[axis];
        *a += index * layout->a[axis];
        *b += index * layout->b[axis];
    }
}

// Reads by the layout's a, writes by its b.
KERNEL void drumlin_copy(const float *from, float *to, const Layout layout) {
    EACH(i, layout.total) {
        i64 source, target;
        places(&layout, i, &source, &target);
        to[target] = from[source];
    }
}

KERNEL void drumlin_binary(const float *a, const float *b, float *out, u32 op, const Layout layout) {
    EACH(i, layout.total) {
        i64 left, right;
        places(&layout, i, &left, &right);
        float x = a[left], y = b[right];
        switch (op) {
        case 0: x = x + y; break;
        case 1: x = x - y; break;
        case 2: x = x * y; break;
        case 3: x = x / y; break;
        case 4: x = x < y ? x : y; break;
        default: x = x > y ? x : y; break;
        }
        out[i] = x;
    }
}

KERNEL void drumlin_unary(const float *from, float *out, u32 total, u32 op, float p, float q) {
    EACH(i, total) {
        float x = from[i];
        switch (op) {
        case 0: x = exp_of(x); break;
        case 1: x = log_of(x); break;
        case 2: x = root_of(x); break;
        case 3: x = -x; break;
        case 4: x = magnitude(x); break;
        case 5: x = erf_of(x); break;
        case 6: x = 1.0f / x; break;
        case 7: x = (x > 0.0f ? x : 0.0f) + log_of(1.0f + exp_of(-magnitude(x))); break;
        case 8: x = x < 0.0f ? p * x : x; break;
        case 9: x = x < 0.0f ? p * (exp_of(x) - 1.0f) : x; break;
        default: x = x < p ? p : (x > q ? q : x); break;
        }
        out[i] = x;
    }
}

// from[outer, rows, inner] to out[outer, count, inner].
KERNEL void drumlin_gather(
    const float *from, const u32 *indices, float *out, u32 total, u32 rows, u32 count, u32 inner
) {
    EACH(i, total) {
        u32 column = i % inner;
        u32 place = i / inner;
        u32 row = indices[place % count];
        i64 block = place / count;
        out[i] = from[(block * rows + row) * inner + column];
    }
}
