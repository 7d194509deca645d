//! Transformers written once more, as plainly as can be and in double precision, from the weights' Hugging Face names. Shares nothing with
//! the library but the weights.

use lyceum::model::{Arch, Model};

type Rows = Vec<Vec<f64>>;

/// What a pass leaves.
pub struct Plain {
    /// Before every block, and after the last: (layers + 1, n, D).
    pub residual: Vec<Rows>,
    /// (layers, heads, n, n).
    pub attention: Vec<Vec<Rows>>,
}

struct Weights<'a>(&'a Model);

impl Weights<'_> {
    fn get(&self, name: &str) -> Vec<f64> {
        self.0.param(name).unwrap_or_else(|| panic!("no {name}")).iter().map(|x| f64::from(*x)).collect()
    }

    /// y = W x + b with W (out, in), or (in, out) as GPT-2 has it.
    fn linear(&self, stem: &str, x: &[f64]) -> Vec<f64> {
        let w = self.get(&format!("{stem}.weight"));
        let n_out = w.len() / x.len();
        let at = |o: usize, i: usize| {
            if self.0.config.arch == Arch::Gpt2 { w[i * n_out + o] } else { w[o * x.len() + i] }
        };
        let bias = self.0.param(&format!("{stem}.bias"));
        let bias = |o: usize| bias.map_or(0.0, |b| f64::from(b[o]));
        (0..n_out).map(|o| bias(o) + x.iter().enumerate().map(|(i, x)| x * at(o, i)).sum::<f64>()).collect()
    }

    fn norm(&self, stem: &str, x: &[f64]) -> Vec<f64> {
        let (n, eps) = (x.len() as f64, self.0.config.norm_eps);
        let w = self.get(&format!("{stem}.weight"));
        if self.0.config.arch == Arch::Llama {
            let scale = (x.iter().map(|x| x * x).sum::<f64>() / n + eps).sqrt();
            return x.iter().zip(w).map(|(x, w)| x / scale * w).collect();
        }
        let b = self.get(&format!("{stem}.bias"));
        let mean = x.iter().sum::<f64>() / n;
        let var = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        x.iter().zip(w).zip(b).map(|((x, w), b)| (x - mean) / (var + eps).sqrt() * w + b).collect()
    }
}

pub fn log_softmax(logits: &[f64]) -> Vec<f64> {
    let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let lse = top + logits.iter().map(|l| (l - top).exp()).sum::<f64>().ln();
    logits.iter().map(|l| l - lse).collect()
}

fn add(a: &[f64], b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + b).collect()
}

/// By Simpson's rule.
fn erf(x: f64) -> f64 {
    let n = 400;
    let h = x / f64::from(n);
    let at = |i: i32| (-(h * f64::from(i)).powi(2)).exp();
    let sum: f64 = (0..=n)
        .map(|i| {
            at(i)
                * if i == 0 || i == n {
                    1.0
                } else if i % 2 == 1 {
                    4.0
                } else {
                    2.0
                }
        })
        .sum();
    sum * h / 3.0 * 2.0 / std::f64::consts::PI.sqrt()
}

impl Plain {
    /// What the output head reads off the residual stream at a depth.
    pub fn logits(&self, model: &Model, depth: usize, place: usize) -> Vec<f64> {
        let w = Weights(model);
        let (norm, embed) = match model.config.arch {
            Arch::Gpt2 => ("transformer.ln_f", "transformer.wte.weight"),
            Arch::Llama | Arch::Qwen2 | Arch::Bert => ("model.norm", "model.embed_tokens.weight"),
        };
        let h = w.norm(norm, &self.residual[depth][place]);
        assert!(model.config.tie_embeddings);
        w.get(embed).chunks_exact(h.len()).map(|row| row.iter().zip(&h).map(|(a, b)| a * b).sum()).collect()
    }
}

pub fn plain(model: &Model, ids: &[u32]) -> Plain {
    let w = Weights(model);
    let (config, d) = (&model.config, model.config.d_model);
    let row = |name: &str, i: usize| w.get(name)[i * d..][..d].to_vec();
    let mut x: Rows = ids
        .iter()
        .enumerate()
        .map(|(pos, id)| match config.arch {
            Arch::Llama | Arch::Qwen2 => row("model.embed_tokens.weight", *id as usize),
            Arch::Gpt2 => add(&row("transformer.wte.weight", *id as usize), &row("transformer.wpe.weight", pos)),
            Arch::Bert => {
                let stem = "bert.embeddings";
                let sum = add(
                    &row(&format!("{stem}.word_embeddings.weight"), *id as usize),
                    &row(&format!("{stem}.position_embeddings.weight"), pos),
                );
                w.norm(&format!("{stem}.LayerNorm"), &add(&sum, &row(&format!("{stem}.token_type_embeddings.weight"), 0)))
            }
        })
        .collect();
    let mut done = Plain { residual: vec![x.clone()], attention: Vec::new() };
    for layer in 0..config.n_layers {
        let (next, attention) = block(&w, layer, &x);
        done.attention.push(attention);
        done.residual.push(next.clone());
        x = next;
    }
    done
}

/// A block's output and its attention, head by head.
fn block(w: &Weights<'_>, layer: usize, x: &Rows) -> (Rows, Vec<Rows>) {
    match w.0.config.arch {
        Arch::Llama | Arch::Qwen2 => {
            let stem = format!("model.layers.{layer}");
            let h: Rows = x.iter().map(|x| w.norm(&format!("{stem}.input_layernorm"), x)).collect();
            let part = |p: &str| h.iter().map(|h| w.linear(&format!("{stem}.self_attn.{p}_proj"), h)).collect::<Rows>();
            let turned = |rows: Rows| rows.iter().enumerate().map(|(pos, row)| rope(w.0, pos, row)).collect::<Rows>();
            let (o, attention) = attend(w.0, &turned(part("q")), &turned(part("k")), &part("v"));
            let mlp = |x1: &[f64]| {
                let h = w.norm(&format!("{stem}.post_attention_layernorm"), x1);
                let (gate, up) = (w.linear(&format!("{stem}.mlp.gate_proj"), &h), w.linear(&format!("{stem}.mlp.up_proj"), &h));
                let act: Vec<f64> = gate.iter().zip(up).map(|(g, u)| g / (1.0 + (-g).exp()) * u).collect();
                add(x1, &w.linear(&format!("{stem}.mlp.down_proj"), &act))
            };
            let out = |(x, o): (&Vec<f64>, &Vec<f64>)| mlp(&add(x, &w.linear(&format!("{stem}.self_attn.o_proj"), o)));
            (x.iter().zip(&o).map(out).collect(), attention)
        }
        Arch::Gpt2 => {
            let stem = format!("transformer.h.{layer}");
            let d = x[0].len();
            let joint: Rows =
                x.iter().map(|x| w.linear(&format!("{stem}.attn.c_attn"), &w.norm(&format!("{stem}.ln_1"), x))).collect();
            let part = |i: usize| joint.iter().map(|row| row[i * d..][..d].to_vec()).collect::<Rows>();
            let (o, attention) = attend(w.0, &part(0), &part(1), &part(2));
            let gelu = |x: &f64| 0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3))).tanh());
            let out = |(x, o): (&Vec<f64>, &Vec<f64>)| {
                let x1 = add(x, &w.linear(&format!("{stem}.attn.c_proj"), o));
                let up = w.linear(&format!("{stem}.mlp.c_fc"), &w.norm(&format!("{stem}.ln_2"), &x1));
                add(&x1, &w.linear(&format!("{stem}.mlp.c_proj"), &up.iter().map(gelu).collect::<Vec<_>>()))
            };
            (x.iter().zip(&o).map(out).collect(), attention)
        }
        Arch::Bert => {
            let stem = format!("bert.encoder.layer.{layer}");
            let part = |p: &str| x.iter().map(|x| w.linear(&format!("{stem}.attention.self.{p}"), x)).collect::<Rows>();
            let (o, attention) = attend(w.0, &part("query"), &part("key"), &part("value"));
            let gelu = |x: &f64| 0.5 * x * (1.0 + erf(x / std::f64::consts::SQRT_2));
            let out = |(x, o): (&Vec<f64>, &Vec<f64>)| {
                let sum = add(x, &w.linear(&format!("{stem}.attention.output.dense"), o));
                let x1 = w.norm(&format!("{stem}.attention.output.LayerNorm"), &sum);
                let up: Vec<f64> = w.linear(&format!("{stem}.intermediate.dense"), &x1).iter().map(gelu).collect();
                w.norm(&format!("{stem}.output.LayerNorm"), &add(&x1, &w.linear(&format!("{stem}.output.dense"), &up)))
            };
            (x.iter().zip(&o).map(out).collect(), attention)
        }
    }
}

/// Su et al. 2021, in the half-split form of the Hugging Face weights.
fn rope(model: &Model, pos: usize, row: &[f64]) -> Vec<f64> {
    let (hd, mut out) = (model.config.head_dim, row.to_vec());
    for head in 0..row.len() / hd {
        for i in 0..hd / 2 {
            let angle = pos as f64 * model.config.rope_theta.powf(-2.0 * i as f64 / hd as f64);
            let (a, b) = (row[head * hd + i], row[head * hd + i + hd / 2]);
            out[head * hd + i] = a * angle.cos() - b * angle.sin();
            out[head * hd + i + hd / 2] = b * angle.cos() + a * angle.sin();
        }
    }
    out
}

/// softmax(q kᵀ / √d) v, head by head.
fn attend(model: &Model, q: &Rows, k: &Rows, v: &Rows) -> (Rows, Vec<Rows>) {
    let (config, n) = (&model.config, q.len());
    let hd = config.head_dim;
    let mut o = vec![vec![0.0; config.n_heads * hd]; n];
    let mut all = Vec::new();
    for head in 0..config.n_heads {
        let kv = head / (config.n_heads / config.n_kv_heads);
        let mut rows = Vec::new();
        for i in 0..n {
            let limit = if config.arch.is_causal() { i + 1 } else { n };
            let scores: Vec<f64> = (0..limit)
                .map(|j| (0..hd).map(|c| q[i][head * hd + c] * k[j][kv * hd + c]).sum::<f64>() / (hd as f64).sqrt())
                .collect();
            let mut p: Vec<f64> = log_softmax(&scores).iter().map(|l| l.exp()).collect();
            p.resize(n, 0.0);
            for c in 0..hd {
                o[i][head * hd + c] = (0..n).map(|j| p[j] * v[j][kv * hd + c]).sum();
            }
            rows.push(p);
        }
        all.push(rows);
    }
    (o, all)
}
