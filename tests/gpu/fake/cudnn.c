// The part of cuDNN 9 that networks need, in loops.

#include "fake.h"

extern int fake_cuda_ready(void);

enum { OK = 0, BAD_PARAM = 2000, EXECUTION_FAILED = 5000 };
enum { FLOAT = 0, NCHW = 0, FMA_MATH = 3, TENSOR_OP_MATH = 1 };

// Bytes of workspace that the algorithm to be chosen needs.
#define WORKSPACE 1024

typedef struct { int set, dims[4], strides[4]; } Tensor;
typedef struct { int set, maps, channels, height, width; } Filter;
typedef struct { int set, pad[2], step[2], apart[2], groups, math; } Conv;
typedef struct { int set, size[2], pad[2], step[2]; } Pool;
typedef struct { int set, mode; double coefficient; } Activation;
typedef struct { int set, op; } Reduce;
typedef struct { int algo, status; float time; size_t memory; int determinism, math, more[3]; } Perf;

static long handles, descriptors, convolutions;

#define DESCRIPTOR(type, name)                          \
    EXPORT int cudnnCreate##name(type **made) {         \
        *made = calloc(1, sizeof(type));                \
        descriptors++;                                  \
        return OK;                                      \
    }                                                   \
    EXPORT int cudnnDestroy##name(type *made) {         \
        free(made);                                     \
        descriptors--;                                  \
        return OK;                                      \
    }

DESCRIPTOR(Tensor, TensorDescriptor)
DESCRIPTOR(Filter, FilterDescriptor)
DESCRIPTOR(Conv, ConvolutionDescriptor)
DESCRIPTOR(Pool, PoolingDescriptor)
DESCRIPTOR(Activation, ActivationDescriptor)
DESCRIPTOR(Reduce, ReduceTensorDescriptor)

EXPORT int cudnnCreate(void **handle) {
    if (fake_cuda_ready()) return EXECUTION_FAILED;
    *handle = malloc(1);
    handles++;
    return OK;
}

EXPORT int cudnnDestroy(void *handle) {
    free(handle);
    if (--handles == 0) note("cudnn", descriptors, convolutions);
    return OK;
}

EXPORT int cudnnSetStream(void *handle, void *stream) {
    insist(handle != 0 && stream != 0, "no stream");
    return OK;
}

EXPORT int cudnnSetTensor4dDescriptor(
    Tensor *t, int format, int type, int n, int c, int h, int w
) {
    if (format != NCHW || type != FLOAT || n < 1 || c < 1 || h < 1 || w < 1) return BAD_PARAM;
    *t = (Tensor){1, {n, c, h, w}, {c * h * w, h * w, w, 1}};
    return OK;
}

EXPORT int cudnnSetFilter4dDescriptor(
    Filter *f, int type, int format, int maps, int channels, int height, int width
) {
    if (format != NCHW || type != FLOAT) return BAD_PARAM;
    *f = (Filter){1, maps, channels, height, width};
    return OK;
}

EXPORT int cudnnSetConvolution2dDescriptor(
    Conv *c, int pad_h, int pad_w, int u, int v, int dilation_h, int dilation_w, int mode, int type
) {
    // 1 is cross-correlation, which is what networks call convolution.
    if (mode != 1 || type != FLOAT || u < 1 || v < 1 || dilation_h < 1 || dilation_w < 1)
        return BAD_PARAM;
    *c = (Conv){1, {pad_h, pad_w}, {u, v}, {dilation_h, dilation_w}, 1, 0};
    return OK;
}

EXPORT int cudnnSetConvolutionGroupCount(Conv *c, int groups) {
    c->groups = groups;
    return OK;
}

EXPORT int cudnnSetConvolutionMathType(Conv *c, int math) {
    c->math = math;
    return OK;
}

static int fits(const Tensor *x, const Filter *w, const Conv *c, const Tensor *y) {
    if (!x->set || !w->set || !c->set || !y->set || c->math != FMA_MATH) return 0;
    int size[2] = {w->height, w->width};
    for (int i = 0; i < 2; i++) {
        int reach = (size[i] - 1) * c->apart[i] + 1;
        if (y->dims[2 + i] != (x->dims[2 + i] + 2 * c->pad[i] - reach) / c->step[i] + 1) return 0;
    }
    return x->dims[0] == y->dims[0] && x->dims[1] == w->channels * c->groups &&
        y->dims[1] == w->maps && w->maps % c->groups == 0;
}

// The first suggestion rounds its inputs, the second is not the same every time: the third it is.
static void suggest(int *count, Perf *found) {
    insist(*count >= 3, "room for three suggestions");
    *count = 3;
    found[0] = (Perf){5, OK, 0.1f, 0, 1, TENSOR_OP_MATH, {0}};
    found[1] = (Perf){0, OK, 0.2f, 0, 0, FMA_MATH, {0}};
    found[2] = (Perf){1, OK, 0.3f, WORKSPACE, 1, FMA_MATH, {0}};
}

EXPORT int cudnnGetConvolutionForwardAlgorithm_v7(
    void *handle, Tensor *x, Filter *w, Conv *c, Tensor *y, int asked, int *count, Perf *found
) {
    if (!handle || !fits(x, w, c, y)) return BAD_PARAM;
    *count = asked;
    suggest(count, found);
    return OK;
}

static void convolve(
    const Tensor *xt, const float *x, const Filter *f, const float *w, const Conv *c,
    const Tensor *yt, float *y
) {
    int each_in = f->channels, each_out = f->maps / c->groups;
    for (long i = 0; i < (long)yt->dims[0] * yt->strides[0]; i++) y[i] = 0;
    for (int n = 0; n < yt->dims[0]; n++)
    for (int m = 0; m < f->maps; m++)
    for (int ch = 0; ch < each_in; ch++) {
        int from = m / each_out * each_in + ch;
        const float *xs = x + (long)n * xt->strides[0] + (long)from * xt->strides[1];
        float *ys = y + (long)n * yt->strides[0] + (long)m * yt->strides[1];
        const float *ws = w + ((long)m * each_in + ch) * f->height * f->width;
        for (int oy = 0; oy < yt->dims[2]; oy++)
        for (int ky = 0; ky < f->height; ky++) {
            int iy = oy * c->step[0] + ky * c->apart[0] - c->pad[0];
            if (iy < 0 || iy >= xt->dims[2]) continue;
            for (int ox = 0; ox < yt->dims[3]; ox++)
            for (int kx = 0; kx < f->width; kx++) {
                int ix = ox * c->step[1] + kx * c->apart[1] - c->pad[1];
                if (ix < 0 || ix >= xt->dims[3]) continue;
                float in = xs[iy * xt->strides[2] + ix];
                ys[oy * yt->strides[2] + ox] += in * ws[ky * f->width + kx];
            }
        }
    }
}

static int plain(const float *alpha, const float *beta) { return *alpha == 1 && *beta == 0; }

EXPORT int cudnnConvolutionForward(
    void *handle, const float *alpha, Tensor *xt, float *x, Filter *f, float *w, Conv *c, int algo,
    void *workspace, size_t bytes, const float *beta, Tensor *yt, float *y
) {
    if (fake_cuda_ready()) return EXECUTION_FAILED;
    if (!handle || !fits(xt, f, c, yt) || !plain(alpha, beta)) return BAD_PARAM;
    insist(algo == 1 && bytes >= WORKSPACE, "an algorithm that is not wanted");
    memset(workspace, 0xFF, bytes);
    convolutions++;
    convolve(xt, x, f, w, c, yt, y);
    return OK;
}

EXPORT int cudnnAddTensor(
    void *handle, const float *alpha, Tensor *at, float *a, const float *beta, Tensor *ct, float *c
) {
    if (fake_cuda_ready()) return EXECUTION_FAILED;
    if (!handle || !at->set || !ct->set) return BAD_PARAM;
    for (int i = 0; i < 4; i++)
        if (at->dims[i] != 1 && at->dims[i] != ct->dims[i]) return BAD_PARAM;
    int i[4];
    for (i[0] = 0; i[0] < ct->dims[0]; i[0]++)
    for (i[1] = 0; i[1] < ct->dims[1]; i[1]++)
    for (i[2] = 0; i[2] < ct->dims[2]; i[2]++)
    for (i[3] = 0; i[3] < ct->dims[3]; i[3]++) {
        long from = 0, to = 0;
        for (int d = 0; d < 4; d++) {
            from += at->dims[d] == 1 ? 0 : (long)i[d] * at->strides[d];
            to += (long)i[d] * ct->strides[d];
        }
        c[to] = *alpha * a[from] + *beta * c[to];
    }
    return OK;
}

EXPORT int cudnnSetPooling2dDescriptor(
    Pool *p, int mode, int nan, int height, int width, int pad_y, int pad_x, int step_y, int step_x
) {
    // 0 takes the largest.
    if (mode != 0 || nan < 0 || pad_y >= height || pad_x >= width) return BAD_PARAM;
    *p = (Pool){1, {height, width}, {pad_y, pad_x}, {step_y, step_x}};
    return OK;
}

EXPORT int cudnnPoolingForward(
    void *handle, Pool *p, const float *alpha, Tensor *xt, float *x, const float *beta, Tensor *yt,
    float *y
) {
    if (fake_cuda_ready()) return EXECUTION_FAILED;
    if (!handle || !p->set || !plain(alpha, beta) || xt->dims[1] != yt->dims[1]) return BAD_PARAM;
    for (int i = 0; i < 2; i++) {
        int room = xt->dims[2 + i] + 2 * p->pad[i] - p->size[i];
        if (yt->dims[2 + i] != room / p->step[i] + 1) return BAD_PARAM;
    }
    for (int plane = 0; plane < xt->dims[0] * xt->dims[1]; plane++)
    for (int oy = 0; oy < yt->dims[2]; oy++)
    for (int ox = 0; ox < yt->dims[3]; ox++) {
        float best = -INFINITY;
        for (int ky = 0; ky < p->size[0]; ky++)
        for (int kx = 0; kx < p->size[1]; kx++) {
            int iy = oy * p->step[0] + ky - p->pad[0], ix = ox * p->step[1] + kx - p->pad[1];
            if (iy < 0 || ix < 0 || iy >= xt->dims[2] || ix >= xt->dims[3]) continue;
            float at = x[(long)plane * xt->strides[1] + iy * xt->strides[2] + ix];
            best = at > best ? at : best;
        }
        y[(long)plane * yt->strides[1] + oy * yt->strides[2] + ox] = best;
    }
    return OK;
}

EXPORT int cudnnSetActivationDescriptor(Activation *a, int mode, int nan, double coefficient) {
    if (mode < 0 || mode > 2 || nan < 0) return BAD_PARAM;
    *a = (Activation){1, mode, coefficient};
    return OK;
}

EXPORT int cudnnActivationForward(
    void *handle, Activation *a, const float *alpha, Tensor *xt, float *x, const float *beta,
    Tensor *yt, float *y
) {
    if (fake_cuda_ready()) return EXECUTION_FAILED;
    if (!handle || !a->set || !plain(alpha, beta) || memcmp(xt, yt, sizeof *xt)) return BAD_PARAM;
    for (long i = 0; i < (long)xt->dims[0] * xt->strides[0]; i++) {
        switch (a->mode) {
        case 0: y[i] = 1 / (1 + expf(-x[i])); break;
        case 1: y[i] = x[i] < 0 ? 0 : x[i]; break;
        default: y[i] = tanhf(x[i]); break;
        }
    }
    return OK;
}

EXPORT int cudnnSoftmaxForward(
    void *handle, int algorithm, int mode, const float *alpha, Tensor *xt, float *x,
    const float *beta, Tensor *yt, float *y
) {
    if (fake_cuda_ready()) return EXECUTION_FAILED;
    // Accurate or logarithm, over the channels at each place.
    if (!handle || (algorithm != 1 && algorithm != 2) || mode != 1) return BAD_PARAM;
    if (!plain(alpha, beta) || memcmp(xt, yt, sizeof *xt)) return BAD_PARAM;
    int places = xt->dims[2] * xt->dims[3];
    for (int n = 0; n < xt->dims[0]; n++)
    for (int place = 0; place < places; place++) {
        float *from = x + (long)n * xt->strides[0] + place, *to = y + (from - x);
        float peak = -INFINITY, sum = 0;
        for (int c = 0; c < xt->dims[1]; c++) peak = fmaxf(peak, from[(long)c * places]);
        for (int c = 0; c < xt->dims[1]; c++) sum += expf(from[(long)c * places] - peak);
        for (int c = 0; c < xt->dims[1]; c++) {
            float above = from[(long)c * places] - peak;
            to[(long)c * places] = algorithm == 2 ? above - logf(sum) : expf(above) / sum;
        }
    }
    return OK;
}

EXPORT int cudnnSetReduceTensorDescriptor(
    Reduce *r, int op, int type, int nan, int indices, int width
) {
    if (type != FLOAT || nan < 0 || indices != 0 || width != 0) return BAD_PARAM;
    *r = (Reduce){1, op};
    return OK;
}

EXPORT int cudnnGetReductionWorkspaceSize(
    void *handle, Reduce *r, Tensor *at, Tensor *ct, size_t *bytes
) {
    if (!handle || !r->set || !at->set || !ct->set) return BAD_PARAM;
    *bytes = 128;
    return OK;
}

EXPORT int cudnnReduceTensor(
    void *handle, Reduce *r, void *indices, size_t index_bytes, void *workspace, size_t bytes,
    const float *alpha, Tensor *at, float *a, const float *beta, Tensor *ct, float *c
) {
    if (fake_cuda_ready()) return EXECUTION_FAILED;
    if (!handle || !r->set || indices || index_bytes || bytes < 128) return BAD_PARAM;
    if (!plain(alpha, beta)) return BAD_PARAM;
    memset(workspace, 0xFF, bytes);
    int same = 1;
    for (int i = 0; i < 4; i++) {
        if (ct->dims[i] != 1 && ct->dims[i] != at->dims[i]) return BAD_PARAM;
        same &= ct->dims[i] == at->dims[i];
    }
    // As cuDNN: nothing to reduce is a mistake.
    if (same) return BAD_PARAM;
    long length = (long)ct->dims[0] * ct->strides[0];
    long count = (long)at->dims[0] * at->strides[0] / length;
    for (long i = 0; i < length; i++) c[i] = 0;
    int i[4];
    for (i[0] = 0; i[0] < at->dims[0]; i[0]++)
    for (i[1] = 0; i[1] < at->dims[1]; i[1]++)
    for (i[2] = 0; i[2] < at->dims[2]; i[2]++)
    for (i[3] = 0; i[3] < at->dims[3]; i[3]++) {
        long from = 0, to = 0;
        for (int d = 0; d < 4; d++) {
            from += (long)i[d] * at->strides[d];
            to += ct->dims[d] == 1 ? 0 : (long)i[d] * ct->strides[d];
        }
        switch (r->op) {
        case 0: c[to] += a[from]; break;
        case 5: c[to] += a[from] / (float)count; break;
        default: return BAD_PARAM;
        }
    }
    return OK;
}

EXPORT int cudnnBatchNormalizationForwardTraining(
    void *handle, int mode, const float *alpha, const float *beta, Tensor *xt, float *x, Tensor *yt,
    float *y, Tensor *each, float *scale, float *shift, double factor, float *mean, float *variance,
    double epsilon, float *saved_mean, float *saved_inverse
) {
    if (fake_cuda_ready()) return EXECUTION_FAILED;
    // 1 is spatial: one mean for each channel.
    if (!handle || mode != 1 || !plain(alpha, beta) || memcmp(xt, yt, sizeof *xt)) return BAD_PARAM;
    if (mean || variance || saved_mean || saved_inverse || factor != 0) return BAD_PARAM;
    if (each->dims[0] != 1 || each->dims[1] != xt->dims[1] || each->strides[1] != 1)
        return BAD_PARAM;
    int places = xt->dims[2] * xt->dims[3];
    for (int c = 0; c < xt->dims[1]; c++) {
        double sum = 0, squares = 0, count = (double)places * xt->dims[0];
        for (int n = 0; n < xt->dims[0]; n++)
            for (int i = 0; i < places; i++)
                sum += x[(long)n * xt->strides[0] + (long)c * places + i];
        for (int n = 0; n < xt->dims[0]; n++)
            for (int i = 0; i < places; i++) {
                double d = x[(long)n * xt->strides[0] + (long)c * places + i] - sum / count;
                squares += d * d;
            }
        for (int n = 0; n < xt->dims[0]; n++)
            for (int i = 0; i < places; i++) {
                long at = (long)n * xt->strides[0] + (long)c * places + i;
                double standard = (x[at] - sum / count) / sqrt(squares / count + epsilon);
                y[at] = (float)(standard * scale[c] + shift[c]);
            }
    }
    return OK;
}
