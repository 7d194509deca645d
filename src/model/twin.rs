//! The same models in plain candle primitives with autograd: the compute path on other devices, and what the hand-written trunk is
//! compared with. Shares no arithmetic with the kernels.
//!
//! candle-nn's fused norms, softmax and rotary operations have no backward (parameters upstream would silently stop learning),
//! so none is used.

use std::collections::BTreeMap;

use candle_core::{D, DType, Device, Error, Result, Tensor, Var};

use super::config::{Arch, Head, ModelConfig};
use super::head_layout::output_stem;
use super::weights::Model;

/// Tensors by Hugging Face name, all of one type on one device.
pub type Params = BTreeMap<String, Tensor>;

/// A model's weights as variables; `tensors` of them go into the functions below.
pub fn variables(model: &Model, dtype: DType, device: &Device) -> Result<BTreeMap<String, Var>> {
    let mut vars = BTreeMap::new();
    for info in &model.layout.params {
        let tensor = Tensor::from_slice(&model.weights[info.range()], info.shape.as_slice(), device)?.to_dtype(dtype)?;
        vars.insert(info.name.clone(), Var::from_tensor(&tensor)?);
    }
    Ok(vars)
}

/// The tensors of variables.
pub fn tensors(vars: &BTreeMap<String, Var>) -> Params {
    vars.iter().map(|(name, var)| (name.clone(), var.as_tensor().clone())).collect()
}

/// The same tensors with every low-rank addition in its matrix: W + scale · B A.
pub fn with_lora(model: &Model, mut params: Params) -> Result<Params> {
    let layout = &model.layout;
    for pair in layout.additions().chunks_exact(2) {
        let [a, b] = pair else { continue };
        let Some(module) = a.name.strip_prefix("base_model.model.").and_then(|name| name.strip_suffix(".lora_A.weight")) else {
            continue;
        };
        let name = format!("{module}.weight");
        if let (Some(a), Some(b), Some(w)) = (params.get(&a.name), params.get(&b.name), params.get(&name)) {
            let step = (b.matmul(a)? * f64::from(layout.lora_scale))?;
            let step = if model.config.arch == Arch::Gpt2 { step.t()? } else { step };
            let sum = (w + step)?;
            params.insert(name, sum);
        }
    }
    Ok(params)
}

/// Logits (B, T, V), or a head's outputs (B, T, n), of ids (B, T).
///
/// `mask` (B, T), 1 at tokens and 0 at padding, hides padding from the encoder; a decoder needs none when padding stands on the right.
pub fn forward(config: &ModelConfig, params: &Params, ids: &Tensor, mask: Option<&Tensor>) -> Result<Tensor> {
    logits(config, params, &hidden(config, params, ids, mask)?)
}

/// Hidden states (B, T, D) after the last block, before the decoder's final norm.
pub fn hidden(config: &ModelConfig, params: &Params, ids: &Tensor, mask: Option<&Tensor>) -> Result<Tensor> {
    let twin = Twin { config, params, bias: attention_bias(config, params, ids, mask)? };
    let mut x = twin.embed(ids)?;
    let tables = if config.arch.has_rope() { Some(rope_tables(config, ids.dim(1)?, &x)?) } else { None };
    for layer in 0..config.n_layers {
        x = match config.arch {
            Arch::Llama | Arch::Qwen2 => twin.llama_block(&x, layer, tables.as_ref())?,
            Arch::Gpt2 => twin.gpt2_block(&x, layer)?,
            Arch::Bert => twin.bert_block(&x, layer)?,
        };
    }
    Ok(x)
}

/// The head: hidden states (…, D) → logits (…, V), or outputs (…, n) of heads that are no language model's.
pub fn logits(config: &ModelConfig, params: &Params, hidden: &Tensor) -> Result<Tensor> {
    let twin = Twin { config, params, bias: None };
    if config.head != Head::Lm {
        return twin.outputs(hidden);
    }
    let (h, embed, output) = match config.arch {
        Arch::Llama | Arch::Qwen2 => (twin.norm(hidden, "model.norm")?, "model.embed_tokens.weight", "lm_head.weight"),
        Arch::Gpt2 => (twin.norm(hidden, "transformer.ln_f")?, "transformer.wte.weight", "lm_head.weight"),
        Arch::Bert => {
            let h = gelu_erf(&twin.linear(hidden, "cls.predictions.transform.dense")?)?;
            let h = twin.norm(&h, "cls.predictions.transform.LayerNorm")?;
            (h, "bert.embeddings.word_embeddings.weight", "cls.predictions.decoder.weight")
        }
    };
    let w = twin.get(if config.tie_embeddings { embed } else { output })?;
    let logits = h.broadcast_matmul(&w.t()?)?;
    match config.arch {
        Arch::Bert => logits.broadcast_add(twin.get("cls.predictions.bias")?),
        Arch::Llama | Arch::Qwen2 | Arch::Gpt2 => Ok(logits),
    }
}

/// The value head: hidden states (…, D) of a decoder → values (…, 1).
pub fn values(config: &ModelConfig, params: &Params, hidden: &Tensor) -> Result<Tensor> {
    let twin = Twin { config, params, bias: None };
    let norm = if config.arch == Arch::Gpt2 { "transformer.ln_f" } else { "model.norm" };
    let h = twin.norm(hidden, norm)?;
    h.broadcast_matmul(&twin.get("v_head.summary.weight")?.t()?)?.broadcast_add(twin.get("v_head.summary.bias")?)
}

/// (log p(id), entropy) of rows of logits (n, V), ids (n).
pub fn scores(logits: &Tensor, ids: &Tensor) -> Result<(Tensor, Tensor)> {
    let log_p = log_softmax(logits)?;
    let logprob = log_p.gather(&ids.unsqueeze(1)?, 1)?.squeeze(1)?;
    let entropy = (log_p.exp()? * &log_p)?.sum(D::Minus1)?.neg()?;
    Ok((logprob, entropy))
}

struct Twin<'a> {
    config: &'a ModelConfig,
    params: &'a Params,
    /// Added to attention scores: 0 where a query may look, -∞ (a very large negative number) elsewhere.
    bias: Option<Tensor>,
}

/// (1, 1, T, T) for a decoder, (B, 1, 1, T) for a padded encoder batch.
fn attention_bias(config: &ModelConfig, params: &Params, ids: &Tensor, mask: Option<&Tensor>) -> Result<Option<Tensor>> {
    const HIDDEN: f32 = -1e30;
    let dtype = params.values().next().map_or(DType::F32, Tensor::dtype);
    if config.arch.is_causal() {
        let t = ids.dim(1)?;
        let bias: Vec<f32> = (0..t * t).map(|i| if i % t > i / t { HIDDEN } else { 0.0 }).collect();
        return Ok(Some(Tensor::from_vec(bias, (1, 1, t, t), ids.device())?.to_dtype(dtype)?));
    }
    let Some(mask) = mask else { return Ok(None) };
    let hide = mask.to_dtype(dtype)?.affine(-f64::from(HIDDEN), f64::from(HIDDEN))?;
    Ok(Some(hide.unsqueeze(1)?.unsqueeze(1)?))
}

impl Twin<'_> {
    fn get(&self, name: &str) -> Result<&Tensor> {
        self.params.get(name).ok_or_else(|| Error::Msg(format!("the model lacks the parameter {name}")))
    }

    fn rows(&self, name: &str, ids: &Tensor) -> Result<Tensor> {
        let (b, t) = ids.dims2()?;
        let table = self.get(name)?;
        table.index_select(&ids.flatten_all()?, 0)?.reshape((b, t, table.dim(1)?))
    }

    fn embed(&self, ids: &Tensor) -> Result<Tensor> {
        let t = ids.dim(1)?;
        match self.config.arch {
            Arch::Llama | Arch::Qwen2 => self.rows("model.embed_tokens.weight", ids),
            Arch::Gpt2 => {
                let positions = self.get("transformer.wpe.weight")?.narrow(0, 0, t)?;
                self.rows("transformer.wte.weight", ids)?.broadcast_add(&positions)
            }
            Arch::Bert => {
                let positions = self.get("bert.embeddings.position_embeddings.weight")?.narrow(0, 0, t)?;
                let mut x = self.rows("bert.embeddings.word_embeddings.weight", ids)?.broadcast_add(&positions)?;
                if self.config.n_token_types > 0 {
                    x = x.broadcast_add(&self.get("bert.embeddings.token_type_embeddings.weight")?.narrow(0, 0, 1)?)?;
                }
                self.norm(&x, "bert.embeddings.LayerNorm")
            }
        }
    }

    fn norm(&self, x: &Tensor, stem: &str) -> Result<Tensor> {
        let w = self.get(&format!("{stem}.weight"))?;
        let Some(b) = self.params.get(&format!("{stem}.bias")) else {
            let square = x.sqr()?.mean_keepdim(D::Minus1)?;
            return x.broadcast_div(&(square + self.config.norm_eps)?.sqrt()?)?.broadcast_mul(w);
        };
        let x = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
        let var = x.sqr()?.mean_keepdim(D::Minus1)?;
        x.broadcast_div(&(var + self.config.norm_eps)?.sqrt()?)?.broadcast_mul(w)?.broadcast_add(b)
    }

    fn linear(&self, x: &Tensor, stem: &str) -> Result<Tensor> {
        let w = self.get(&format!("{stem}.weight"))?;
        // GPT-2's files hold (in, out), all others (out, in).
        let y = if self.config.arch == Arch::Gpt2 { x.broadcast_matmul(w)? } else { x.broadcast_matmul(&w.t()?)? };
        match self.params.get(&format!("{stem}.bias")) {
            Some(b) => y.broadcast_add(b),
            None => Ok(y),
        }
    }

    fn outputs(&self, hidden: &Tensor) -> Result<Tensor> {
        let h = match self.config.arch {
            Arch::Llama | Arch::Qwen2 => self.norm(hidden, "model.norm")?,
            Arch::Gpt2 => self.norm(hidden, "transformer.ln_f")?,
            Arch::Bert if self.config.head.is_pooled() => self.linear(hidden, "bert.pooler.dense")?.tanh()?,
            Arch::Bert => hidden.clone(),
        };
        let stem = output_stem(self.config);
        let y = h.broadcast_matmul(&self.get(&format!("{stem}.weight"))?.t()?)?;
        match self.params.get(&format!("{stem}.bias")) {
            Some(b) => y.broadcast_add(b),
            None => Ok(y),
        }
    }

    /// (B, T, heads · hd) → (B, heads, T, hd)
    fn split_heads(&self, x: &Tensor, heads: usize) -> Result<Tensor> {
        let (b, t, _) = x.dims3()?;
        x.reshape((b, t, heads, self.config.head_dim))?.transpose(1, 2)?.contiguous()
    }

    /// q (B, H, T, hd); k, v (B, KV, T, hd) → (B, T, H · hd)
    fn attend(&self, q: &Tensor, k: &Tensor, v: &Tensor) -> Result<Tensor> {
        let (b, h, t, hd) = q.dims4()?;
        let (k, v) = (repeat_heads(k, h)?, repeat_heads(v, h)?);
        let mut scores = (q.matmul(&k.t()?.contiguous()?)? / (hd as f64).sqrt())?;
        if let Some(bias) = &self.bias {
            scores = scores.broadcast_add(bias)?;
        }
        let p = log_softmax(&scores)?.exp()?;
        p.matmul(&v)?.transpose(1, 2)?.contiguous()?.reshape((b, t, h * hd))
    }

    fn llama_block(&self, x: &Tensor, layer: usize, tables: Option<&(Tensor, Tensor)>) -> Result<Tensor> {
        let (h, kv) = (self.config.n_heads, self.config.n_kv_heads);
        let stem = format!("model.layers.{layer}");
        let part = |name: &str| format!("{stem}.{name}");
        let normed = self.norm(x, &part("input_layernorm"))?;
        let q = self.split_heads(&self.linear(&normed, &part("self_attn.q_proj"))?, h)?;
        let k = self.split_heads(&self.linear(&normed, &part("self_attn.k_proj"))?, kv)?;
        let v = self.split_heads(&self.linear(&normed, &part("self_attn.v_proj"))?, kv)?;
        let (q, k) = match tables {
            Some((cos, sin)) => (rotate(&q, cos, sin)?, rotate(&k, cos, sin)?),
            None => (q, k),
        };
        let x = (x + self.linear(&self.attend(&q, &k, &v)?, &part("self_attn.o_proj"))?)?;
        let normed = self.norm(&x, &part("post_attention_layernorm"))?;
        let gate = self.linear(&normed, &part("mlp.gate_proj"))?;
        let up = self.linear(&normed, &part("mlp.up_proj"))?;
        let silu = (&gate / (gate.neg()?.exp()? + 1.0)?)?;
        x + self.linear(&(silu * up)?, &part("mlp.down_proj"))?
    }

    fn gpt2_block(&self, x: &Tensor, layer: usize) -> Result<Tensor> {
        let (h, d) = (self.config.n_heads, self.config.d_model);
        let stem = format!("transformer.h.{layer}");
        let part = |name: &str| format!("{stem}.{name}");
        let qkv = self.linear(&self.norm(x, &part("ln_1"))?, &part("attn.c_attn"))?;
        let head = |i: usize| self.split_heads(&qkv.narrow(2, i * d, d)?.contiguous()?, h);
        let x = (x + self.linear(&self.attend(&head(0)?, &head(1)?, &head(2)?)?, &part("attn.c_proj"))?)?;
        let up = self.linear(&self.norm(&x, &part("ln_2"))?, &part("mlp.c_fc"))?;
        x + self.linear(&gelu_tanh(&up)?, &part("mlp.c_proj"))?
    }

    fn bert_block(&self, x: &Tensor, layer: usize) -> Result<Tensor> {
        let h = self.config.n_heads;
        let stem = format!("bert.encoder.layer.{layer}");
        let part = |name: &str| format!("{stem}.{name}");
        let head = |name: &str| self.split_heads(&self.linear(x, &part(name))?, h);
        let o = self.attend(&head("attention.self.query")?, &head("attention.self.key")?, &head("attention.self.value")?)?;
        let x = self.norm(&(x + self.linear(&o, &part("attention.output.dense"))?)?, &part("attention.output.LayerNorm"))?;
        let up = gelu_erf(&self.linear(&x, &part("intermediate.dense"))?)?;
        self.norm(&(&x + self.linear(&up, &part("output.dense"))?)?, &part("output.LayerNorm"))
    }
}

/// Each key/value head stands for several query heads: (B, KV, T, hd) → (B, H, T, hd).
fn repeat_heads(x: &Tensor, heads: usize) -> Result<Tensor> {
    let (b, kv, t, hd) = x.dims4()?;
    if kv == heads {
        return Ok(x.clone());
    }
    x.unsqueeze(2)?.broadcast_as((b, kv, heads / kv, t, hd))?.contiguous()?.reshape((b, heads, t, hd))
}

/// (cos, sin), each (1, 1, T, hd / 2).
fn rope_tables(config: &ModelConfig, t: usize, like: &Tensor) -> Result<(Tensor, Tensor)> {
    let half = config.head_dim / 2;
    let freqs: Vec<f64> = (0..half).map(|i| stretched(config, config.rope_theta.powf(-(i as f64) / half as f64))).collect();
    let angles: Vec<f64> = (0..t).flat_map(|pos| freqs.iter().map(move |freq| pos as f64 * freq)).collect();
    let table = |f: fn(f64) -> f64| {
        let values: Vec<f64> = angles.iter().map(|angle| f(*angle)).collect();
        Tensor::from_vec(values, (1, 1, t, half), &Device::Cpu)?.to_dtype(like.dtype())?.to_device(like.device())
    };
    Ok((table(f64::cos)?, table(f64::sin)?))
}

/// Llama 3's rule, written by wavelengths.
fn stretched(config: &ModelConfig, freq: f64) -> f64 {
    let Some(scaling) = config.rope_scaling else { return freq };
    let turns = scaling.original_max_len as f64 * freq / std::f64::consts::TAU;
    let keep = ((turns - scaling.low_freq_factor) / (scaling.high_freq_factor - scaling.low_freq_factor)).clamp(0.0, 1.0);
    freq * (keep + (1.0 - keep) / scaling.factor)
}

/// The half-split form: (a, b) → (a cos - b sin, b cos + a sin).
fn rotate(x: &Tensor, cos: &Tensor, sin: &Tensor) -> Result<Tensor> {
    let half = x.dim(D::Minus1)? / 2;
    let (a, b) = (x.narrow(3, 0, half)?.contiguous()?, x.narrow(3, half, half)?.contiguous()?);
    let left = (a.broadcast_mul(cos)? - b.broadcast_mul(sin)?)?;
    let right = (b.broadcast_mul(cos)? + a.broadcast_mul(sin)?)?;
    Tensor::cat(&[left, right], 3)
}

fn log_softmax(x: &Tensor) -> Result<Tensor> {
    // The shift cancels, so that no gradient need flow through the maximum.
    let shifted = x.broadcast_sub(&x.max_keepdim(D::Minus1)?.detach())?;
    shifted.broadcast_sub(&shifted.exp()?.sum_keepdim(D::Minus1)?.log()?)
}

fn gelu_tanh(x: &Tensor) -> Result<Tensor> {
    let cubic = ((x.sqr()? * x)? * 0.044_715)?;
    let t = ((x + cubic)? * (2.0 / std::f64::consts::PI).sqrt())?.tanh()?;
    (x * 0.5)? * (t + 1.0)?
}

fn gelu_erf(x: &Tensor) -> Result<Tensor> {
    let e = (x * std::f64::consts::FRAC_1_SQRT_2)?.erf()?;
    (x * 0.5)? * (e + 1.0)?
}
