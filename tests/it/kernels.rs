//! Every kernel's backward against finite differences of its forward, at lengths that are no multiple of a vector.

use lyceum::kernels::{
    self, AttentionShape, Dropout, Heads, Linear, LinearGrad, Lora, LoraGrad, Mat, RopeScale, RopeTable, attention,
    attention_backward,
};

/// Numbers in [-1, 1) that look random.
fn noise(n: usize, seed: u32) -> Vec<f32> {
    (0..n as u32)
        .map(|i| {
            let x = (i ^ seed.wrapping_mul(0x9e37_79b9)).wrapping_mul(0x85eb_ca6b);
            let x = (x ^ (x >> 13)).wrapping_mul(0xc2b2_ae35);
            (x ^ (x >> 16)) as f32 / 2_147_483_648.0 - 1.0
        })
        .collect()
}

fn inner(x: &[f32], y: &[f32]) -> f64 {
    x.iter().zip(y).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
}

/// Compares `grad` with central differences of `loss` around `x`, in some elements and along one direction that moves all.
fn check(what: &str, x: &[f32], grad: &[f32], loss: impl Fn(&[f32]) -> f64) {
    assert_eq!(x.len(), grad.len(), "{what}: shapes");
    let step = 1e-2f32;
    let slope = |direction: &dyn Fn(usize) -> f32| {
        let moved = |sign: f32| x.iter().enumerate().map(|(i, x)| x + sign * step * direction(i)).collect::<Vec<_>>();
        (loss(&moved(1.0)) - loss(&moved(-1.0))) / (2.0 * f64::from(step))
    };
    let scale = (inner(grad, grad) / grad.len() as f64).sqrt();
    assert!(scale > 1e-6, "{what}: no gradient");
    for k in 0..8.min(x.len()) {
        let at = k * (x.len() - 1) / 7.min(x.len()).max(1);
        let at = at.min(x.len() - 1);
        let want = slope(&|i| f32::from(u8::from(i == at)));
        let error = (f64::from(grad[at]) - want).abs();
        assert!(error < 1e-2 * (want.abs() + scale), "{what}[{at}]: {} is not {want}", grad[at]);
    }
    let direction = noise(x.len(), 77);
    let shrink = 1.0 / (x.len() as f32).sqrt();
    let want = slope(&|i| direction[i] * shrink);
    let got = inner(grad, &direction) * f64::from(shrink);
    assert!((got - want).abs() < 1e-2 * (want.abs() + scale), "{what}, all together: {got} is not {want}");
}

#[test]
fn products_read_any_layout() {
    let (m, n, k) = (5, 7, 19);
    let (a, b) = (noise(m * k, 1), noise(k * n, 2));
    let at = |i: usize, j: usize| (0..k).map(|l| a[i * k + l] * b[l * n + j]).sum::<f32>();
    let b_t: Vec<f32> = (0..n * k).map(|i| b[(i % k) * n + i / k]).collect();
    for b in [Mat::rows(&b, n), Mat::rows(&b_t, k).t()] {
        let mut c = vec![1.0; m * 9];
        kernels::matmul((m, n, k), &mut c, 9, 2.0, 0.5, Mat::rows(&a, k), b, 1);
        for i in 0..m {
            for j in 0..n {
                assert!((c[i * 9 + j] - (2.0 + 0.5 * at(i, j))).abs() < 1e-5);
            }
            assert_eq!(&c[i * 9 + n..i * 9 + 9], [1.0, 1.0], "nothing beside the result is touched");
        }
    }
}

#[test]
fn weights_read_in_place_give_the_same_product() {
    for (n, n_in, n_out) in [(1, 5, 3), (2, 16, 4), (7, 37, 11), (13, 300, 9), (9, 40_000, 5)] {
        let (x, w) = (noise(n * n_in, 1), noise(n_out * n_in, 2));
        let (mut y, mut want) = (vec![1.0; n * n_out], vec![1.0; n * n_out]);
        for (add, beta) in [(false, 0.0), (true, 1.0)] {
            kernels::unpacked(&x, &w, n_in, &mut y, n_out, add);
            kernels::matmul((n, n_out, n_in), &mut want, n_out, beta, 1.0, Mat::rows(&x, n_in), Mat::rows(&w, n_in).t(), 1);
            let tolerance = 1e-6 * n_in as f32;
            assert!(y.iter().zip(&want).all(|(y, want)| (y - want).abs() < tolerance.max(1e-5)), "{n} {n_in} {n_out}");
        }
    }
}

#[test]
fn linear_with_bias_and_lora() {
    let (n, n_in, n_out, rank) = (6, 19, 11, 3);
    for in_major in [false, true] {
        let (x, w, bias, r) = (noise(n * n_in, 1), noise(n_in * n_out, 2), noise(n_out, 3), noise(n * n_out, 4));
        let (a, b) = (noise(rank * n_in, 5), noise(n_out * rank, 6));
        let forward = |x: &[f32], w: &[f32], bias: &[f32], a: &[f32], b: &[f32]| {
            let lora = [Some(Lora { a, b, rank, scale: 0.5, col: 0 }), None, None];
            let mut y = vec![0.0; n * n_out];
            Linear { w, bias: Some(bias), n_in, n_out, in_major, lora, threads: 1 }.forward(x, &mut y, false, &mut Vec::new());
            inner(&y, &r)
        };
        let (mut dx, mut dw, mut db) = (vec![0.0; n * n_in], vec![0.0; w.len()], vec![0.0; n_out]);
        let (mut d_a, mut d_b) = (vec![0.0; a.len()], vec![0.0; b.len()]);
        let lora = [Some(Lora { a: &a, b: &b, rank, scale: 0.5, col: 0 }), None, None];
        let linear = Linear { w: &w, bias: Some(&bias), n_in, n_out, in_major, lora, threads: 1 };
        let grad =
            LinearGrad { w: Some(&mut dw), bias: Some(&mut db), lora: [Some(LoraGrad { a: &mut d_a, b: &mut d_b }), None, None] };
        linear.backward(&x, &r, Some(&mut dx), grad, &mut Vec::new());
        check("x", &x, &dx, |x| forward(x, &w, &bias, &a, &b));
        check("w", &w, &dw, |w| forward(&x, w, &bias, &a, &b));
        check("bias", &bias, &db, |bias| forward(&x, &w, bias, &a, &b));
        check("lora a", &a, &d_a, |a| forward(&x, &w, &bias, a, &b));
        check("lora b", &b, &d_b, |b| forward(&x, &w, &bias, &a, b));
        // Frozen weights get nothing, and adding onto y adds.
        let mut frozen_dx = vec![0.0; n * n_in];
        linear.backward(&x, &r, Some(&mut frozen_dx), LinearGrad::default(), &mut Vec::new());
        assert_eq!(dx, frozen_dx);
        let (mut y, mut twice) = (vec![0.0; n * n_out], vec![0.0; n * n_out]);
        linear.forward(&x, &mut y, false, &mut Vec::new());
        linear.forward(&x, &mut twice, true, &mut Vec::new());
        linear.forward(&x, &mut twice, true, &mut Vec::new());
        assert!(y.iter().zip(&twice).all(|(y, twice)| (2.0 * y - twice).abs() < 1e-4));
    }
}

#[test]
fn norms() {
    for d in [5, 16, 37, 64] {
        let n = 4;
        let (x, w, b, r) = (noise(n * d, 1), noise(d, 2), noise(d, 3), noise(n * d, 4));
        let rms = |x: &[f32], w: &[f32]| {
            let mut y = vec![0.0; n * d];
            kernels::rms_norm(x, w, 1e-5, &mut y);
            inner(&y, &r)
        };
        let (mut dx, mut dw) = (vec![0.0; n * d], vec![0.0; d]);
        kernels::rms_norm_backward(&x, &w, 1e-5, &r, &mut dx, Some(&mut dw));
        check("rms x", &x, &dx, |x| rms(x, &w));
        check("rms w", &w, &dw, |w| rms(&x, w));

        let layer = |x: &[f32], w: &[f32], b: &[f32]| {
            let mut y = vec![0.0; n * d];
            kernels::layer_norm(x, w, b, 1e-5, &mut y);
            inner(&y, &r)
        };
        let (mut dx, mut dw, mut db) = (vec![0.0; n * d], vec![0.0; d], vec![0.0; d]);
        kernels::layer_norm_backward(&x, &w, 1e-5, &r, &mut dx, Some((&mut dw, &mut db)));
        check("layer x", &x, &dx, |x| layer(x, &w, &b));
        check("layer w", &w, &dw, |w| layer(&x, w, &b));
        check("layer b", &b, &db, |b| layer(&x, &w, b));
    }
}

/// Name, forward, backward.
type Pair = (&'static str, fn(&[f32], &mut [f32]), fn(&[f32], &mut [f32]));

#[test]
fn activations() {
    let (n, f) = (3, 21);
    let (x, r) = (noise(n * f, 1).iter().map(|x| 3.0 * x).collect::<Vec<_>>(), noise(n * f, 2));
    let pairs: [Pair; 2] = [
        ("gelu_tanh", kernels::gelu_tanh, kernels::gelu_tanh_backward),
        ("gelu_erf", kernels::gelu_erf, kernels::gelu_erf_backward),
    ];
    for (name, forward, backward) in pairs {
        let mut dx = r.clone();
        backward(&x, &mut dx);
        check(name, &x, &dx, |x| {
            let mut y = vec![0.0; n * f];
            forward(x, &mut y);
            inner(&y, &r)
        });
    }
    let mut y = vec![0.0; n * f];
    kernels::tanh(&x, &mut y);
    let mut dx = r.clone();
    kernels::tanh_backward(&y, &mut dx);
    check("tanh", &x, &dx, |x| {
        let mut y = vec![0.0; n * f];
        kernels::tanh(x, &mut y);
        inner(&y, &r)
    });
    let gate_up: Vec<f32> = noise(2 * n * f, 3).iter().map(|x| 2.0 * x).collect();
    let mut d = gate_up.clone();
    kernels::swiglu_backward(&mut d, f, &r);
    check("swiglu", &gate_up, &d, |gate_up| {
        let mut y = vec![0.0; n * f];
        kernels::swiglu(gate_up, f, &mut y);
        inner(&y, &r)
    });
}

#[test]
fn gelu_values() {
    // From the definition, x Φ(x), and GPT-2's approximation, in double precision.
    let x = [-3.0, -1.0, 0.0, 0.5, 2.0];
    let (mut erf, mut tanh) = ([0.0; 5], [0.0; 5]);
    kernels::gelu_erf(&x, &mut erf);
    kernels::gelu_tanh(&x, &mut tanh);
    for (got, want) in erf.iter().zip([-0.004_049_69, -0.158_655_25, 0.0, 0.345_731_23, 1.954_499_7]) {
        assert!((got - want).abs() < 1e-6, "{got} is not {want}");
    }
    for (got, want) in tanh.iter().zip([-0.003_637_39, -0.158_808_01, 0.0, 0.345_714, 1.954_597_7]) {
        assert!((got - want).abs() < 1e-6, "{got} is not {want}");
    }
}

/// Rows [q | k | v] of one sequence, as views.
fn split(shape: AttentionShape, qkv: &[f32]) -> [Heads<'_>; 3] {
    let head = |at: usize| Heads { data: &qkv[at..], row_stride: shape.qkv_width(), head_stride: shape.head_dim };
    [head(0), head(shape.q_width()), head(shape.q_width() + shape.kv_width())]
}

fn attend(shape: AttentionShape, qkv: &[f32], n: usize) -> (Vec<f32>, Vec<f32>) {
    let [q, k, v] = split(shape, qkv);
    let (mut o, mut lse) = (vec![0.0; n * shape.q_width()], vec![0.0; n * shape.n_heads]);
    attention(shape, [q, k, v], (n, n), &mut o, &mut lse, &mut Vec::new());
    (o, lse)
}

#[test]
fn attention_of_every_kind() {
    for causal in [true, false] {
        for (n_heads, n_kv_heads, head_dim, n) in [(4, 2, 6, 7), (2, 2, 16, 1), (3, 1, 5, 70), (2, 2, 33, 130)] {
            let shape = AttentionShape { n_heads, n_kv_heads, head_dim, causal };
            let (qkv, r) = (noise(n * shape.qkv_width(), 1), noise(n * shape.q_width(), 2));
            let (o, lse) = attend(shape, &qkv, n);
            let mut d_qkv = vec![9.0; qkv.len()];
            attention_backward(shape, &qkv, &o, &lse, &r, &mut d_qkv, &mut Vec::new());
            check(&format!("{shape:?} {n}"), &qkv, &d_qkv, |qkv| inner(&attend(shape, qkv, n).0, &r));
        }
    }
}

#[test]
fn attention_matches_its_definition() {
    let (n, shape) = (67, AttentionShape { n_heads: 2, n_kv_heads: 1, head_dim: 4, causal: true });
    let qkv: Vec<f32> = noise(n * shape.qkv_width(), 1).iter().map(|x| 4.0 * x).collect();
    let (o, _) = attend(shape, &qkv, n);
    let [_, k, v] = split(shape, &qkv);
    for row in 0..n {
        for head in 0..2 {
            let q = &qkv[row * 16 + head * 4..][..4];
            let score = |j: usize| (0..4).map(|i| f64::from(q[i] * qkv[j * 16 + 8 + i])).sum::<f64>() / 2.0;
            let z: f64 = (0..=row).map(|j| score(j).exp()).sum();
            for i in 0..4 {
                let want: f64 = (0..=row).map(|j| score(j).exp() / z * f64::from(qkv[j * 16 + 12 + i])).sum();
                let got = f64::from(o[row * 8 + head * 4 + i]);
                assert!((got - want).abs() < 1e-5, "row {row}: {got} is not {want}");
            }
        }
        // Decoding the same row gives the same.
        let mut one = vec![0.0; 8];
        kernels::attend_one(shape, &qkv[row * 16..][..8], k, v, row + 1, &mut one, &mut Vec::new());
        assert!(one.iter().zip(&o[row * 8..]).all(|(a, b)| (a - b).abs() < 1e-5));
    }
}

#[test]
fn rotation_keeps_length_and_turns_back() {
    let scale = RopeScale { factor: 8.0, low_freq_factor: 1.0, high_freq_factor: 4.0, original_max_len: 32 };
    for scale in [None, Some(scale)] {
        let mut table = RopeTable::new(6, 10_000.0, scale);
        table.grow(20);
        table.grow(40);
        let x = noise(5 * 20, 1);
        let mut y = x.clone();
        kernels::rope(&mut y, 20, 2, &table, 30, false);
        for (x, y) in x.chunks(20).zip(y.chunks(20)) {
            assert!((inner(&x[..12], &x[..12]) - inner(&y[..12], &y[..12])).abs() < 1e-5);
            assert!(x[..12] != y[..12]);
            assert_eq!(x[12..], y[12..], "values are not turned");
        }
        // It is orthogonal, so that the inverse is the backward.
        kernels::rope(&mut y, 20, 2, &table, 30, true);
        assert!(x.iter().zip(&y).all(|(x, y)| (x - y).abs() < 1e-6));
    }
}

#[test]
fn cross_entropy_and_entropy() {
    let (n, v) = (3, 37);
    let logits: Vec<f32> = noise(n * v, 1).iter().map(|x| 4.0 * x).collect();
    let (ids, d_logprob, d_entropy) = ([4, 0, 36], noise(n, 2), noise(n, 3));
    let run = |logits: &[f32]| {
        let (mut lse, mut logprob, mut entropy) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        kernels::cross_entropy(logits, v, &ids, &mut lse, &mut logprob, &mut entropy);
        (lse, logprob, entropy)
    };
    let (lse, _, entropy) = run(&logits);
    for d_entropy in [&[][..], &d_entropy] {
        let mut d = logits.clone();
        kernels::cross_entropy_backward(&mut d, v, &ids, (&lse, &entropy), &d_logprob, d_entropy);
        check("logits", &logits, &d, |logits| {
            let (_, logprob, entropy) = run(logits);
            inner(&logprob, &d_logprob) + inner(&entropy, d_entropy)
        });
    }
    let (_, logprob, entropy) = run(&vec![1.5; n * v]);
    assert!(logprob.iter().all(|x| (x + (v as f32).ln()).abs() < 1e-5), "equal logits: ln(vocabulary)");
    assert!(entropy.iter().all(|x| (x - (v as f32).ln()).abs() < 1e-5));
    let mut broken = vec![0.0; n * v];
    broken[5] = f32::NAN;
    assert!(run(&broken).1[0].is_nan(), "a NaN is not hidden");
}

#[test]
fn embedding_adds_repeated_rows() {
    let (table, d) = (noise(5 * 3, 1), 3);
    let mut x = vec![0.0; 4 * d];
    kernels::embed(&[2, 0, 2, 4], &table, d, &mut x);
    assert_eq!(x[..3], x[6..9]);
    let (dy, mut d_table) = (vec![1.0; 4 * d], vec![0.0; 5 * d]);
    kernels::embed_backward(&[2, 0, 2, 4], &dy, d, &mut d_table);
    assert_eq!(d_table.chunks(d).map(|row| row[0]).collect::<Vec<_>>(), [1.0, 0.0, 2.0, 0.0, 1.0]);
}

#[test]
fn dropout_draws_the_same_mask_again() {
    let drop = Dropout { p: 0.25, key: 9 };
    let mut x = vec![1.0; 10_000];
    kernels::dropout(&mut x, drop, 3);
    let share = x.iter().filter(|x| **x == 0.0).count() as f64 / 1e4;
    assert!((share - 0.25).abs() < 0.02, "dropped {share}");
    assert!(x.iter().all(|x| *x == 0.0 || (*x - 4.0 / 3.0).abs() < 1e-6));
    let mut sum = vec![1.0; 10_000];
    kernels::dropout_add(&mut sum, &vec![1.0; 10_000], drop, 3);
    assert!(x.iter().zip(&sum).all(|(x, sum)| (x + 1.0 - sum).abs() < 1e-6), "the same place draws the same");
    let mut other = vec![1.0; 10_000];
    kernels::dropout(&mut other, drop, 4);
    assert!(x != other, "another place draws anew");
}
