// Products, columns first, as cuBLAS counts.

#include "fake.h"

extern int fake_cuda_ready(void);

enum { OK = 0, EXECUTION_FAILED = 13 };

static long live, products;

EXPORT int cublasCreate_v2(void **handle) {
    if (fake_cuda_ready()) return EXECUTION_FAILED;
    *handle = malloc(1);
    live++;
    return OK;
}

EXPORT int cublasDestroy_v2(void *handle) {
    free(handle);
    if (--live == 0) note("cublas", live, products);
    return OK;
}

EXPORT int cublasSetStream_v2(void *handle, void *stream) {
    insist(handle != 0 && stream != 0, "no stream");
    return OK;
}

EXPORT int cublasSgemmStridedBatched(
    void *handle, int ta, int tb, int m, int n, int k, const float *alpha, const float *a, int lda,
    long long apart_a, const float *b, int ldb, long long apart_b, const float *beta, float *c,
    int ldc, long long apart_c, int batch
) {
    insist(handle != 0, "no handle");
    if (fake_cuda_ready()) return EXECUTION_FAILED;
    insist(m > 0 && n > 0 && k > 0 && batch > 0, "an empty product");
    insist(lda >= (ta ? k : m) && ldb >= (tb ? n : k) && ldc >= m, "a leading dimension");
    products++;
    float wrong = told("wrong") ? 1.5f : 1.0f;
    for (int item = 0; item < batch; item++) {
        for (int column = 0; column < n; column++) {
            for (int row = 0; row < m; row++) {
                double sum = 0;
                for (int i = 0; i < k; i++) {
                    float x = a[item * apart_a + (ta ? i + (long)row * lda : row + (long)i * lda)];
                    float y =
                        b[item * apart_b + (tb ? column + (long)i * ldb : i + (long)column * ldb)];
                    sum += (double)x * y;
                }
                float *out = &c[item * apart_c + row + (long)column * ldc];
                // A beta of 0 does not read what was there.
                *out = *alpha * (float)sum * wrong + (*beta != 0 ? *beta * *out : 0);
            }
        }
    }
    return OK;
}
