//! Registers of numbers, as wide as the processor has them.

#[cfg(target_arch = "aarch64")]
use std::arch::aarch64::*;
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

/// A register of `f32`. Whoever calls its functions has seen that the processor knows its instructions,
/// and has them inlined into a function that may use them.
pub(super) trait Vector: Copy {
    const LANES: usize;

    /// # Safety
    /// The processor has the instructions. So for all functions below.
    unsafe fn splat(value: f32) -> Self;
    /// The first [`LANES`](Self::LANES) of the values, which have to be so many.
    unsafe fn load(values: &[f32]) -> Self;
    /// As [`load`](Self::load).
    unsafe fn store(self, values: &mut [f32]);
    /// `self + a * b`
    unsafe fn add_product(self, a: Self, b: Self) -> Self;
    unsafe fn max(self, other: Self) -> Self;
}

macro_rules! vector {
    ($register:ty, $lanes:literal, $splat:path, $load:path, $store:path, $max:path,
     |$sum:ident, $a:ident, $b:ident| $product:expr) => {
        impl Vector for $register {
            const LANES: usize = $lanes;

            #[inline(always)]
            unsafe fn splat(value: f32) -> Self {
                // SAFETY: the caller's, as for all that follow.
                unsafe { $splat(value) }
            }

            #[inline(always)]
            unsafe fn load(values: &[f32]) -> Self {
                let values = &values[..$lanes];
                // SAFETY: there are so many values; their place need not be aligned.
                unsafe { $load(values.as_ptr()) }
            }

            #[inline(always)]
            unsafe fn store(self, values: &mut [f32]) {
                let values = &mut values[..$lanes];
                // SAFETY: as for `load`.
                unsafe { $store(values.as_mut_ptr(), self) }
            }

            #[inline(always)]
            unsafe fn add_product(self, $a: Self, $b: Self) -> Self {
                let $sum = self;
                // SAFETY: the caller's.
                unsafe { $product }
            }

            #[inline(always)]
            unsafe fn max(self, other: Self) -> Self {
                // SAFETY: the caller's.
                unsafe { $max(self, other) }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
vector!(
    __m512,
    16,
    _mm512_set1_ps,
    _mm512_loadu_ps,
    _mm512_storeu_ps,
    _mm512_max_ps,
    |sum, a, b| _mm512_fmadd_ps(a, b, sum)
);

#[cfg(target_arch = "x86_64")]
vector!(
    __m256,
    8,
    _mm256_set1_ps,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_max_ps,
    |sum, a, b| _mm256_fmadd_ps(a, b, sum)
);

#[cfg(target_arch = "x86_64")]
vector!(__m128, 4, _mm_set1_ps, _mm_loadu_ps, _mm_storeu_ps, _mm_max_ps, |sum, a, b| _mm_add_ps(
    sum,
    _mm_mul_ps(a, b)
));

#[cfg(target_arch = "aarch64")]
vector!(float32x4_t, 4, vdupq_n_f32, vld1q_f32, vst1q_f32, vmaxq_f32, |sum, a, b| vfmaq_f32(
    sum, a, b
));

/// A register of one number, for other processors.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
impl Vector for f32 {
    const LANES: usize = 1;

    #[inline(always)]
    unsafe fn splat(value: f32) -> Self {
        value
    }

    #[inline(always)]
    unsafe fn load(values: &[f32]) -> Self {
        values[0]
    }

    #[inline(always)]
    unsafe fn store(self, values: &mut [f32]) {
        values[0] = self;
    }

    #[inline(always)]
    unsafe fn add_product(self, a: Self, b: Self) -> Self {
        self + a * b
    }

    #[inline(always)]
    unsafe fn max(self, other: Self) -> Self {
        f32::max(self, other)
    }
}

/// What every processor of the kind has that the library is built for.
#[cfg(target_arch = "x86_64")]
pub(super) type Baseline = __m128;
#[cfg(target_arch = "aarch64")]
pub(super) type Baseline = float32x4_t;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(super) type Baseline = f32;
