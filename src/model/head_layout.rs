//! The parameters of heads that are no language model's, under their Hugging Face names. Knows no trunk.

use super::config::{Arch, Head, ModelConfig};
use super::layout::{Init, Spec, spec};

/// The output layer's name in the `transformers` class for this architecture and head.
pub(super) fn output_stem(config: &ModelConfig) -> &'static str {
    match (config.head, config.arch) {
        (Head::Lm, _) => "lm_head",
        (Head::Span, _) => "qa_outputs",
        (Head::SequenceClass { .. } | Head::Reward, Arch::Bert) | (Head::TokenClass { .. }, Arch::Bert | Arch::Gpt2) => {
            "classifier"
        }
        (Head::SequenceClass { .. } | Head::Reward, Arch::Llama | Arch::Qwen2 | Arch::Gpt2)
        | (Head::TokenClass { .. }, Arch::Llama | Arch::Qwen2) => "score",
    }
}

/// An encoder's pooler where one position speaks for the text, and the output layer; a decoder's rating of a text has no bias.
pub(super) fn params(config: &ModelConfig) -> Vec<Spec> {
    let (d, n) = (config.d_model, config.head.n_outputs());
    let (encoder, stem) = (!config.arch.is_causal(), output_stem(config));
    let mut specs = Vec::new();
    if encoder && config.head.is_pooled() {
        specs.push(spec("bert.pooler.dense.weight", &[d, d], Init::Normal));
        specs.push(spec("bert.pooler.dense.bias", &[d], Init::Zero));
    }
    specs.push(spec(format!("{stem}.weight"), &[n, d], Init::Normal));
    if encoder || !config.head.is_pooled() {
        specs.push(spec(format!("{stem}.bias"), &[n], Init::Zero));
    }
    specs
}

/// Names of a value head's parameters begin with this, as TRL has them.
pub(super) const VALUE: &str = "v_head.";

/// One number for each position beside the next token. It begins at 0, so that the first advantages are the rewards themselves.
pub(super) fn value_params(config: &ModelConfig) -> Vec<Spec> {
    if !config.value {
        return Vec::new();
    }
    vec![spec("v_head.summary.weight", &[1, config.d_model], Init::Zero), spec("v_head.summary.bias", &[1], Init::Zero)]
}

/// Whether a parameter is a value head's.
pub fn is_value(name: &str) -> bool {
    name.starts_with(VALUE)
}

/// Whether a parameter belongs to a head, so that another head must not take it over. BERT's pooler counts as its trunk's, as it does in
/// `transformers`.
pub(super) fn is_heads(name: &str) -> bool {
    ["classifier.", "score.", "qa_outputs.", "lm_head.", "cls.", VALUE].iter().any(|stem| name.starts_with(stem))
}
