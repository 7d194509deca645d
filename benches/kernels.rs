//! Kernels at the shapes of a 6.9 M-parameter model: 256 tokens of width 256, 8 heads. `cargo bench`; whole steps are `lyceum bench`.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use lyceum::kernels::{self, AttentionShape, Heads, Linear, LinearGrad, Mat, attention, attention_backward};

const N: usize = 256;
const D: usize = 256;
const F: usize = 704;
const V: usize = 4096;

fn numbers(n: usize) -> Vec<f32> {
    (0..n).map(|i| (i as f32 * 0.37).sin()).collect()
}

/// Throughput is in floating-point operations.
fn products(c: &mut Criterion) {
    let mut group = c.benchmark_group("products");
    let (x, w, dy) = (numbers(N * D), numbers(F * D), numbers(N * F));
    let (mut y, mut dx, mut dw) = (vec![0.0; N * F], vec![0.0; N * D], vec![0.0; F * D]);
    let linear = Linear { w: &w, bias: None, n_in: D, n_out: F, in_major: false, lora: [None; 3], threads: 1 };
    let flops = 2 * (N * D * F) as u64;
    group.throughput(Throughput::Elements(flops));
    group.bench_function("matmul", |b| {
        b.iter(|| kernels::matmul((N, F, D), &mut y, F, 0.0, 1.0, Mat::rows(&x, D), Mat::rows(&w, D).t(), 1));
    });
    group.bench_function("linear", |b| b.iter(|| linear.forward(&x, &mut y, false, &mut Vec::new())));
    group.throughput(Throughput::Elements(2 * flops));
    group.bench_function("linear backward", |b| {
        b.iter(|| {
            let grad = LinearGrad { w: Some(&mut dw), ..LinearGrad::default() };
            linear.backward(&x, &dy, Some(&mut dx), grad, &mut Vec::new());
        });
    });
    for rows in [1, 8, 64] {
        group.throughput(Throughput::Elements(2 * (rows * D * F) as u64));
        group.bench_function(format!("linear of {rows} rows"), |b| {
            b.iter(|| linear.forward(&x[..rows * D], &mut y[..rows * F], false, &mut Vec::new()));
        });
    }
    group.finish();
}

/// Throughput is in query rows.
fn heads(c: &mut Criterion) {
    let shape = AttentionShape { n_heads: 8, n_kv_heads: 8, head_dim: D / 8, causal: true };
    let (qkv, d_o) = (numbers(N * 3 * D), numbers(N * D));
    let (mut o, mut lse, mut d_qkv, mut scratch) = (vec![0.0; N * D], vec![0.0; N * 8], vec![0.0; N * 3 * D], Vec::new());
    let view = |at: usize| Heads { data: &qkv[at..], row_stride: 3 * D, head_stride: D / 8 };
    let views = [view(0), view(D), view(2 * D)];
    let mut group = c.benchmark_group("attention");
    group.throughput(Throughput::Elements(N as u64));
    group.bench_function("forward", |b| b.iter(|| attention(shape, views, (N, N), &mut o, &mut lse, &mut scratch)));
    group.bench_function("backward", |b| b.iter(|| attention_backward(shape, &qkv, &o, &lse, &d_o, &mut d_qkv, &mut scratch)));
    group.bench_function("one query", |b| {
        b.iter(|| kernels::attend_one(shape, &qkv[..D], views[1], views[2], N, &mut o[..D], &mut scratch));
    });
    group.finish();
}

/// Throughput is in elements.
fn element_wise(c: &mut Criterion) {
    let mut group = c.benchmark_group("element-wise");
    let (x, w, dy) = (numbers(N * D), numbers(D), numbers(N * D));
    let (mut y, mut dw) = (vec![0.0; N * D], vec![0.0; D]);
    group.throughput(Throughput::Elements((N * D) as u64));
    group.bench_function("rms_norm", |b| b.iter(|| kernels::rms_norm(&x, &w, 1e-5, &mut y)));
    group
        .bench_function("rms_norm backward", |b| b.iter(|| kernels::rms_norm_backward(&x, &w, 1e-5, &dy, &mut y, Some(&mut dw))));
    group.bench_function("gelu_erf", |b| b.iter(|| kernels::gelu_erf(&x, &mut y)));
    let (gate_up, d_act, mut act) = (numbers(2 * N * F), numbers(N * F), vec![0.0; N * F]);
    group.throughput(Throughput::Elements((N * F) as u64));
    group.bench_function("swiglu", |b| b.iter(|| kernels::swiglu(&gate_up, F, &mut act)));
    group.bench_function("swiglu backward", |b| {
        let mut gate_up = gate_up.clone();
        b.iter(|| kernels::swiglu_backward(&mut gate_up, F, &d_act));
    });
    let (logits, ids) = (numbers(N * V), vec![7; N]);
    let (mut lse, mut logprob, mut entropy) = (vec![0.0; N], vec![0.0; N], vec![0.0; N]);
    group.throughput(Throughput::Elements((N * V) as u64));
    group.bench_function("cross_entropy", |b| {
        b.iter(|| kernels::cross_entropy(&logits, V, &ids, &mut lse, &mut logprob, &mut entropy));
    });
    group.finish();
}

criterion_group!(benches, products, heads, element_wise);
criterion_main!(benches);
