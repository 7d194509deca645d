//! Where each parameter stands in the flat weights, under its Hugging Face name, and which parameters a forward pass combines.
//!
//! Parameters that are multiplied by the same input (q, k, v; gate, up) stand next to each other, so that one product serves them all.

use std::collections::BTreeMap;
use std::ops::Range;

use super::config::{Arch, Head, ModelConfig};
use super::head_layout;

/// One parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParamInfo {
    /// As in a Hugging Face checkpoint.
    pub name: String,
    pub shape: Vec<usize>,
    /// First number in the flat weights.
    pub offset: usize,
    /// Whether weight decay applies: to matrices only.
    pub decay: bool,
    /// It does not train.
    pub frozen: bool,
    pub(super) init: Init,
}

impl ParamInfo {
    /// Numbers in it.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its place in the flat weights.
    pub fn range(&self) -> Range<usize> {
        self.offset..self.offset + self.len()
    }
}

/// How a parameter starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Init {
    /// Normal, deviation 0.02.
    Normal,
    /// Normal, deviation 0.02 / √(2 layers): what adds to the residual stream (Radford et al. 2019).
    Residual,
    One,
    Zero,
}

/// All parameters of a model in the order of the flat weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    pub params: Vec<ParamInfo>,
    /// Numbers in all.
    pub len: usize,
    /// Parameters that are no low-rank addition; those come behind.
    pub(super) base_params: usize,
    /// α / rank of the low-rank additions.
    pub lora_scale: f32,
    pub(super) plan: Plan,
}

/// Offsets by role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    pub embed: usize,
    pub positions: Option<usize>,
    pub types: Option<usize>,
    pub embed_norm: Option<NormAt>,
    pub blocks: Vec<BlockAt>,
    pub final_norm: Option<NormAt>,
    /// The encoder's dense layer and norm before its output matrix.
    pub transform: Option<(LinearAt, NormAt)>,
    /// The encoder's dense layer before the output of a whole text.
    pub pooler: Option<LinearAt>,
    /// Into the vocabulary, or into the head's numbers.
    pub output: LinearAt,
    /// Beside a language model's.
    pub value: Option<LinearAt>,
    /// The embeddings do not train.
    pub embed_frozen: bool,
    /// The first block that has something to train: no gradient is wanted below.
    pub lowest: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BlockAt {
    pub norm1: NormAt,
    pub qkv: LinearAt,
    pub out: LinearAt,
    pub norm2: NormAt,
    /// Gate and up together where there is a gate.
    pub up: LinearAt,
    pub down: LinearAt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NormAt {
    pub w: usize,
    /// None: `RMSNorm`.
    pub b: Option<usize>,
    pub frozen: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LinearAt {
    pub w: usize,
    pub b: Option<usize>,
    pub n_in: usize,
    pub n_out: usize,
    pub in_major: bool,
    pub frozen: bool,
    /// Low-rank additions; those of a joint product each have their own columns.
    pub lora: [Option<LoraAt>; 3],
}

/// A low-rank addition to some columns of a product's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LoraAt {
    pub a: usize,
    pub b: usize,
    pub rank: usize,
    pub col: usize,
    pub n_out: usize,
}

impl Layout {
    /// The parameters of a checked configuration.
    pub fn of(config: &ModelConfig) -> Self {
        let mut specs = outer_params(config);
        for layer in 0..config.n_layers {
            specs.extend(block_params(config, layer));
        }
        specs.extend(head_layout::value_params(config));
        let mut len = 0;
        let params: Vec<ParamInfo> = specs
            .into_iter()
            .map(|spec| {
                let info = ParamInfo {
                    decay: spec.shape.len() >= 2,
                    frozen: false,
                    offset: len,
                    name: spec.name,
                    shape: spec.shape,
                    init: spec.init,
                };
                len += info.len();
                info
            })
            .collect();
        let plan = Plan::of(config, &params);
        Self { base_params: params.len(), lora_scale: 0.0, params, len, plan }
    }

    pub fn find(&self, name: &str) -> Option<&ParamInfo> {
        self.params.iter().find(|info| info.name == name)
    }
}

impl Plan {
    fn of(config: &ModelConfig, params: &[ParamInfo]) -> Self {
        let offsets: BTreeMap<&str, usize> = params.iter().map(|info| (info.name.as_str(), info.offset)).collect();
        let find = |name: &str| offsets.get(name).copied();
        // Every name asked for stands in the lists below; one that does not is read as the start of the weights, and tests fail.
        let at = |name: &str| find(name).unwrap_or(0);
        let norm = |stem: &str| NormAt { w: at(&format!("{stem}.weight")), b: find(&format!("{stem}.bias")), frozen: false };
        let linear = |stem: &str, n_in: usize, n_out: usize| LinearAt {
            w: at(&format!("{stem}.weight")),
            b: find(&format!("{stem}.bias")),
            n_in,
            n_out,
            in_major: config.arch == Arch::Gpt2,
            frozen: false,
            lora: [None; 3],
        };
        let (d, f, v) = (config.d_model, config.d_ff, config.vocab_size);
        let q = config.n_heads * config.head_dim;
        let qkv = q + 2 * config.n_kv_heads * config.head_dim;
        let names = names(config.arch);
        let blocks = (0..config.n_layers)
            .map(|layer| {
                let stem = |part: &str| format!("{}.{layer}.{part}", names.layers);
                BlockAt {
                    norm1: norm(&stem(names.norm1)),
                    qkv: linear(&stem(names.qkv), d, qkv),
                    out: linear(&stem(names.out), q, d),
                    norm2: norm(&stem(names.norm2)),
                    up: linear(&stem(names.up), d, if config.arch.has_rope() { 2 * f } else { f }),
                    down: linear(&stem(names.down), f, d),
                }
            })
            .collect();
        let lm = config.head == Head::Lm;
        let output = if lm {
            let (w, b) = (find(names.output).unwrap_or(at(names.embed)), find("cls.predictions.bias"));
            LinearAt { w, b, n_in: d, n_out: v, in_major: false, frozen: false, lora: [None; 3] }
        } else {
            // All heads are plain linear layers, GPT-2's too.
            let stem = head_layout::output_stem(config);
            LinearAt { in_major: false, ..linear(stem, d, config.head.n_outputs()) }
        };
        let encoder = config.arch == Arch::Bert;
        Self {
            embed: at(names.embed),
            positions: names.positions.and_then(find),
            types: find("bert.embeddings.token_type_embeddings.weight"),
            embed_norm: encoder.then(|| norm("bert.embeddings.LayerNorm")),
            blocks,
            final_norm: names.final_norm.map(norm),
            transform: (encoder && lm).then(|| {
                let stem = "cls.predictions.transform";
                (linear(&format!("{stem}.dense"), d, d), norm(&format!("{stem}.LayerNorm")))
            }),
            pooler: find("bert.pooler.dense.weight").map(|_| linear("bert.pooler.dense", d, d)),
            output,
            value: config.value.then(|| LinearAt { in_major: false, ..linear("v_head.summary", d, 1) }),
            embed_frozen: false,
            lowest: 0,
        }
    }
}

/// The architectures' words for the same roles; of parameters that stand together, the first.
struct Names {
    embed: &'static str,
    positions: Option<&'static str>,
    layers: &'static str,
    norm1: &'static str,
    qkv: &'static str,
    out: &'static str,
    norm2: &'static str,
    up: &'static str,
    down: &'static str,
    final_norm: Option<&'static str>,
    output: &'static str,
}

fn names(arch: Arch) -> Names {
    match arch {
        Arch::Llama | Arch::Qwen2 => Names {
            embed: "model.embed_tokens.weight",
            positions: None,
            layers: "model.layers",
            norm1: "input_layernorm",
            qkv: "self_attn.q_proj",
            out: "self_attn.o_proj",
            norm2: "post_attention_layernorm",
            up: "mlp.gate_proj",
            down: "mlp.down_proj",
            final_norm: Some("model.norm"),
            output: "lm_head.weight",
        },
        Arch::Gpt2 => Names {
            embed: "transformer.wte.weight",
            positions: Some("transformer.wpe.weight"),
            layers: "transformer.h",
            norm1: "ln_1",
            qkv: "attn.c_attn",
            out: "attn.c_proj",
            norm2: "ln_2",
            up: "mlp.c_fc",
            down: "mlp.c_proj",
            final_norm: Some("transformer.ln_f"),
            output: "lm_head.weight",
        },
        Arch::Bert => Names {
            embed: "bert.embeddings.word_embeddings.weight",
            positions: Some("bert.embeddings.position_embeddings.weight"),
            layers: "bert.encoder.layer",
            norm1: "attention.output.LayerNorm",
            qkv: "attention.self.query",
            out: "attention.output.dense",
            norm2: "output.LayerNorm",
            up: "intermediate.dense",
            down: "output.dense",
            final_norm: None,
            output: "cls.predictions.decoder.weight",
        },
    }
}

/// A parameter before it has a place.
pub(super) struct Spec {
    name: String,
    shape: Vec<usize>,
    init: Init,
}

pub(super) fn spec(name: impl Into<String>, shape: &[usize], init: Init) -> Spec {
    Spec { name: name.into(), shape: shape.to_vec(), init }
}

fn norm_specs(stem: &str, d: usize) -> [Spec; 2] {
    [spec(format!("{stem}.weight"), &[d], Init::One), spec(format!("{stem}.bias"), &[d], Init::Zero)]
}

/// Numbers in all of them.
pub(super) fn count(specs: &[Spec]) -> u128 {
    specs
        .iter()
        .fold(0u128, |sum, spec| sum.saturating_add(spec.shape.iter().fold(1u128, |n, size| n.saturating_mul(*size as u128))))
}

/// Everything outside the blocks.
pub(super) fn outer_params(config: &ModelConfig) -> Vec<Spec> {
    let (v, d) = (config.vocab_size, config.d_model);
    let names = names(config.arch);
    let mut specs = vec![spec(names.embed, &[v, d], Init::Normal)];
    if let Some(positions) = names.positions {
        specs.push(spec(positions, &[config.max_len, d], Init::Normal));
    }
    if config.arch == Arch::Bert {
        if config.n_token_types > 0 {
            specs.push(spec("bert.embeddings.token_type_embeddings.weight", &[config.n_token_types, d], Init::Normal));
        }
        specs.extend(norm_specs("bert.embeddings.LayerNorm", d));
    }
    if config.arch == Arch::Bert && config.head == Head::Lm {
        specs.push(spec("cls.predictions.transform.dense.weight", &[d, d], Init::Normal));
        specs.push(spec("cls.predictions.transform.dense.bias", &[d], Init::Zero));
        specs.extend(norm_specs("cls.predictions.transform.LayerNorm", d));
        specs.push(spec("cls.predictions.bias", &[v], Init::Zero));
    }
    match (config.arch, names.final_norm) {
        (Arch::Gpt2, Some(stem)) => specs.extend(norm_specs(stem, d)),
        (_, Some(stem)) => specs.push(spec(format!("{stem}.weight"), &[d], Init::One)),
        (_, None) => {}
    }
    if config.head != Head::Lm {
        specs.extend(head_layout::params(config));
    } else if !config.tie_embeddings {
        specs.push(spec(names.output, &[v, d], Init::Normal));
    }
    specs
}

/// One block's parameters.
pub(super) fn block_params(config: &ModelConfig, layer: usize) -> Vec<Spec> {
    match config.arch {
        Arch::Llama | Arch::Qwen2 => llama_block(config, &format!("model.layers.{layer}")),
        Arch::Gpt2 => gpt2_block(config, &format!("transformer.h.{layer}")),
        Arch::Bert => bert_block(config, &format!("bert.encoder.layer.{layer}")),
    }
}

fn llama_block(config: &ModelConfig, stem: &str) -> Vec<Spec> {
    let (d, f) = (config.d_model, config.d_ff);
    // A configuration is counted before it is checked: nothing here may overflow.
    let (q, kv) = (config.n_heads.saturating_mul(config.head_dim), config.n_kv_heads.saturating_mul(config.head_dim));
    let projections = [("q", q), ("k", kv), ("v", kv)];
    let mut specs = vec![spec(format!("{stem}.input_layernorm.weight"), &[d], Init::One)];
    specs
        .extend(projections.map(|(part, width)| spec(format!("{stem}.self_attn.{part}_proj.weight"), &[width, d], Init::Normal)));
    if config.arch == Arch::Qwen2 {
        specs.extend(projections.map(|(part, width)| spec(format!("{stem}.self_attn.{part}_proj.bias"), &[width], Init::Zero)));
    }
    specs.extend([
        spec(format!("{stem}.self_attn.o_proj.weight"), &[d, q], Init::Residual),
        spec(format!("{stem}.post_attention_layernorm.weight"), &[d], Init::One),
        spec(format!("{stem}.mlp.gate_proj.weight"), &[f, d], Init::Normal),
        spec(format!("{stem}.mlp.up_proj.weight"), &[f, d], Init::Normal),
        spec(format!("{stem}.mlp.down_proj.weight"), &[d, f], Init::Residual),
    ]);
    specs
}

fn gpt2_block(config: &ModelConfig, stem: &str) -> Vec<Spec> {
    let (d, f) = (config.d_model, config.d_ff);
    let dense = |part: &str, n_in: usize, n_out: usize, init: Init| {
        [spec(format!("{stem}.{part}.weight"), &[n_in, n_out], init), spec(format!("{stem}.{part}.bias"), &[n_out], Init::Zero)]
    };
    let mut specs = Vec::from(norm_specs(&format!("{stem}.ln_1"), d));
    specs.extend(dense("attn.c_attn", d, d.saturating_mul(3), Init::Normal));
    specs.extend(dense("attn.c_proj", d, d, Init::Residual));
    specs.extend(norm_specs(&format!("{stem}.ln_2"), d));
    specs.extend(dense("mlp.c_fc", d, f, Init::Normal));
    specs.extend(dense("mlp.c_proj", f, d, Init::Residual));
    specs
}

fn bert_block(config: &ModelConfig, stem: &str) -> Vec<Spec> {
    let (d, f) = (config.d_model, config.d_ff);
    let weight = |part: &str, n_in: usize, n_out: usize| spec(format!("{stem}.{part}.weight"), &[n_out, n_in], Init::Normal);
    let bias = |part: &str, n_out: usize| spec(format!("{stem}.{part}.bias"), &[n_out], Init::Zero);
    let parts = ["attention.self.query", "attention.self.key", "attention.self.value"];
    let mut specs = Vec::from(parts.map(|part| weight(part, d, d)));
    specs.extend(parts.map(|part| bias(part, d)));
    specs.extend([weight("attention.output.dense", d, d), bias("attention.output.dense", d)]);
    specs.extend(norm_specs(&format!("{stem}.attention.output.LayerNorm"), d));
    specs.extend([weight("intermediate.dense", d, f), bias("intermediate.dense", f)]);
    specs.extend([weight("output.dense", f, d), bias("output.dense", d)]);
    specs.extend(norm_specs(&format!("{stem}.output.LayerNorm"), d));
    specs
}
