//! A plain device on the host, for tests of the walk: it says in loops what each operation means.
//! Networks on the processor are run by tract, which is many times faster.

use super::device::{Axis, Binary, Conv, Copy, Device, DeviceError, MatMul, Pair, Reduce, Unary};

type Done<T> = Result<T, DeviceError>;

pub(in crate::network) struct CpuDevice;

/// Every index of an array, last axis fastest, as `N` running sums of strides.
fn places<const N: usize>(
    dims: &[usize],
    offsets: [usize; N],
    strides: [&[isize]; N],
) -> impl Iterator<Item = [usize; N]> {
    let total: usize = dims.iter().product();
    (0..total).map(move |place| {
        let mut at = offsets.map(|offset| offset as isize);
        let mut rest = place;
        for (axis, &size) in dims.iter().enumerate().rev() {
            let index = (rest % size) as isize;
            rest /= size;
            for n in 0..N {
                at[n] += index * strides[n][axis];
            }
        }
        at.map(|at| at as usize)
    })
}

/// Where in the input each cell of the kernel lies for a place of the output; `None` outside.
fn under(how: &Conv, axis: usize, out: usize, cell: usize) -> Option<usize> {
    let at = out * how.stride[axis] + cell * how.dilation[axis];
    at.checked_sub(how.padding[axis]).filter(|&at| at < how.input[axis])
}

/// Calls `visit` with output place, kernel cell and input place for all that meet.
fn meetings(how: &Conv, mut visit: impl FnMut(usize, usize, usize)) {
    for y in 0..how.output[0] {
        for x in 0..how.output[1] {
            for ky in 0..how.kernel[0] {
                let Some(iy) = under(how, 0, y, ky) else { continue };
                for kx in 0..how.kernel[1] {
                    let Some(ix) = under(how, 1, x, kx) else { continue };
                    visit(y * how.output[1] + x, ky * how.kernel[1] + kx, iy * how.input[1] + ix);
                }
            }
        }
    }
}

impl Device for CpuDevice {
    type Buffer = Vec<f32>;

    fn upload(&self, values: &[f32]) -> Done<Vec<f32>> {
        Ok(values.to_vec())
    }

    fn download(&self, buffer: &Vec<f32>, length: usize) -> Done<Vec<f32>> {
        Ok(buffer[..length].to_vec())
    }

    fn filled(&self, length: usize, value: f32) -> Done<Vec<f32>> {
        Ok(vec![value; length])
    }

    fn empty(&self, length: usize) -> Done<Vec<f32>> {
        // So that what is forgotten is noticed.
        Ok(vec![f32::NAN; length])
    }

    fn copy(&self, from: &Vec<f32>, to: &mut Vec<f32>, how: &Copy) -> Done<()> {
        let offsets = [how.from_offset, how.to_offset];
        for [source, target] in places(&how.dims, offsets, [&how.from_strides, &how.to_strides]) {
            to[target] = from[source];
        }
        Ok(())
    }

    fn gather(
        &self,
        from: &Vec<f32>,
        indices: &[u32],
        outer: usize,
        rows: usize,
        inner: usize,
    ) -> Done<Vec<f32>> {
        let mut out = Vec::with_capacity(outer * indices.len() * inner);
        for block in 0..outer {
            for &index in indices {
                let start = (block * rows + index as usize) * inner;
                out.extend_from_slice(&from[start..start + inner]);
            }
        }
        Ok(out)
    }

    fn unary(&self, op: Unary, x: &Vec<f32>, length: usize) -> Done<Vec<f32>> {
        let f: &dyn Fn(f32) -> f32 = match op {
            Unary::Relu => &|x| x.max(0.0),
            Unary::Sigmoid => &sigmoid,
            Unary::Tanh => &f32::tanh,
            Unary::Exp => &f32::exp,
            Unary::Log => &f32::ln,
            Unary::Sqrt => &f32::sqrt,
            Unary::Erf => &erf,
            Unary::Clip(low, high) => &move |x| x.max(low).min(high),
        };
        Ok(x[..length].iter().map(|&x| f(x)).collect())
    }

    fn binary(&self, op: Binary, a: &Vec<f32>, b: &Vec<f32>, how: &Pair) -> Done<Vec<f32>> {
        let f = match op {
            Binary::Add => |a: f32, b: f32| a + b,
            Binary::Sub => |a, b| a - b,
            Binary::Mul => |a, b| a * b,
            Binary::Div => |a, b| a / b,
        };
        let pairs = places(&how.dims, [0, 0], [&how.a_strides, &how.b_strides]);
        Ok(pairs.map(|[i, j]| f(a[i], b[j])).collect())
    }

    fn reduce(&self, op: Reduce, x: &Vec<f32>, axis: Axis) -> Done<Vec<f32>> {
        let Axis { outer, length, inner } = axis;
        let mut out = Vec::with_capacity(outer * inner);
        for block in 0..outer {
            for column in 0..inner {
                let row = (0..length).map(|i| x[(block * length + i) * inner + column]);
                out.push(match op {
                    Reduce::Sum => row.sum(),
                    Reduce::Mean => row.sum::<f32>() / length as f32,
                });
            }
        }
        Ok(out)
    }

    fn softmax(&self, log: bool, x: &Vec<f32>, axis: Axis) -> Done<Vec<f32>> {
        let Axis { outer, length, inner } = axis;
        let mut out = vec![0.0; outer * length * inner];
        for block in 0..outer {
            for column in 0..inner {
                let at = |i: usize| (block * length + i) * inner + column;
                let peak = (0..length).map(|i| x[at(i)]).fold(f32::NEG_INFINITY, f32::max);
                let sum: f32 = (0..length).map(|i| (x[at(i)] - peak).exp()).sum();
                for i in 0..length {
                    let above = x[at(i)] - peak;
                    out[at(i)] = if log { above - sum.ln() } else { above.exp() / sum };
                }
            }
        }
        Ok(out)
    }

    fn normalise(&self, x: &Vec<f32>, rows: usize, length: usize, epsilon: f32) -> Done<Vec<f32>> {
        let mut out = Vec::with_capacity(rows * length);
        for row in x[..rows * length].chunks_exact(length) {
            let mean = row.iter().sum::<f32>() / length as f32;
            let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / length as f32;
            out.extend(row.iter().map(|x| (x - mean) / (variance + epsilon).sqrt()));
        }
        Ok(out)
    }

    fn conv(
        &self,
        x: &Vec<f32>,
        weights: &Vec<f32>,
        bias: Option<&Vec<f32>>,
        how: &Conv,
    ) -> Done<Vec<f32>> {
        let (into, from) = (how.maps / how.groups, how.channels / how.groups);
        let (outputs, inputs, cells) = sizes(how);
        let mut out = biased(bias, how.batch, how.maps, outputs);
        for item in 0..how.batch {
            for map in 0..how.maps {
                let target = &mut out[(item * how.maps + map) * outputs..][..outputs];
                for channel in 0..from {
                    let source = item * how.channels + map / into * from + channel;
                    let source = &x[source * inputs..][..inputs];
                    let kernel = &weights[(map * from + channel) * cells..][..cells];
                    meetings(how, |o, cell, i| target[o] += kernel[cell] * source[i]);
                }
            }
        }
        Ok(out)
    }

    fn max_pool(&self, x: &Vec<f32>, how: &Conv) -> Done<Vec<f32>> {
        let (outputs, inputs, _) = sizes(how);
        let mut out = vec![f32::NEG_INFINITY; how.batch * how.channels * outputs];
        for (target, source) in out.chunks_exact_mut(outputs).zip(x.chunks_exact(inputs)) {
            meetings(how, |o, _, i| target[o] = target[o].max(source[i]));
        }
        Ok(out)
    }

    fn matmul(&self, a: &Vec<f32>, b: &Vec<f32>, how: &MatMul) -> Done<Vec<f32>> {
        let MatMul { batch, m, k, n, a_transposed, b_transposed, a_shared, b_shared } = *how;
        let mut out = vec![0.0; batch * m * n];
        for item in 0..batch {
            let a = &a[if a_shared { 0 } else { item * m * k }..][..m * k];
            let b = &b[if b_shared { 0 } else { item * k * n }..][..k * n];
            for row in 0..m {
                for i in 0..k {
                    let left = if a_transposed { a[i * m + row] } else { a[row * k + i] };
                    for column in 0..n {
                        let right =
                            if b_transposed { b[column * k + i] } else { b[i * n + column] };
                        out[(item * m + row) * n + column] += left * right;
                    }
                }
            }
        }
        Ok(out)
    }
}

fn sizes(how: &Conv) -> (usize, usize, usize) {
    (how.output.iter().product(), how.input.iter().product(), how.kernel.iter().product())
}

fn biased(bias: Option<&Vec<f32>>, batch: usize, maps: usize, size: usize) -> Vec<f32> {
    let rows = (0..batch).flat_map(|_| 0..maps);
    rows.flat_map(|map| std::iter::repeat_n(bias.map_or(0.0, |bias| bias[map]), size)).collect()
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// Within 1.5e-7: Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26.
fn erf(x: f32) -> f32 {
    let (x, sign) = (f64::from(x.abs()), f64::from(x.signum()));
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let sum = [1.061_405_429, -1.453_152_027, 1.421_413_741, -0.284_496_736, 0.254_829_592]
        .into_iter()
        .fold(0.0, |sum, c| (sum + c) * t);
    (sign * (1.0 - sum * (-x * x).exp())) as f32
}
