//! `config.json` of Hugging Face folders, in the style of transformers 4 and 5, to and from `ModelConfig`. Reads no weights.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::tensors::Width;
use super::{FormatError, hf_head};
use crate::model::{Arch, Head, ModelConfig, RopeScaling};

/// Reads and checks a `config.json`.
pub fn read_config(path: &Path) -> Result<ModelConfig, FormatError> {
    let text = match std::fs::read_to_string(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            return Err(FormatError::Missing { what: "config.json", path: path.to_owned() });
        }
        other => other.map_err(FormatError::io("read the configuration", path))?,
    };
    let fields: Map<String, Value> =
        serde_json::from_str(&text).map_err(|source| FormatError::Json { path: path.to_owned(), source })?;
    let mut config = Reader { fields: &fields, path }.model()?;
    hf_head::read(&fields, path, &mut config)?;
    config.check().map_err(|source| FormatError::Impossible { source, path: path.to_owned() })?;
    Ok(config)
}

struct Reader<'a> {
    fields: &'a Map<String, Value>,
    path: &'a Path,
}

impl Reader<'_> {
    fn model(&self) -> Result<ModelConfig, FormatError> {
        let model_type = self.fields.get("model_type").and_then(Value::as_str).unwrap_or("");
        match model_type {
            "llama" | "mistral" => self.llama(Arch::Llama),
            "qwen2" => self.llama(Arch::Qwen2),
            "gpt2" => self.gpt2(),
            "bert" => self.bert(),
            other => Err(self.unsupported("the model type", other, "the type llama, mistral, qwen2, gpt2 or bert")),
        }
    }

    fn llama(&self, arch: Arch) -> Result<ModelConfig, FormatError> {
        self.expect_text("hidden_act", "silu")?;
        for bias in ["attention_bias", "mlp_bias"] {
            if self.fields.get(bias).and_then(Value::as_bool) == Some(true) {
                return Err(self.unsupported("a bias of the layers", bias, "no bias there"));
            }
        }
        let d_model = self.size("hidden_size")?;
        let n_heads = self.size("num_attention_heads")?;
        let max_len = self.size("max_position_embeddings")?;
        let window = self.fields.get("sliding_window").and_then(Value::as_u64).map(|w| w as usize);
        let uses_window = self.fields.get("use_sliding_window").and_then(Value::as_bool).unwrap_or(true);
        Ok(ModelConfig {
            arch,
            vocab_size: self.size("vocab_size")?,
            d_model,
            n_layers: self.size("num_hidden_layers")?,
            n_heads,
            n_kv_heads: self.size_or("num_key_value_heads", n_heads),
            head_dim: self.size_or("head_dim", d_model.checked_div(n_heads).unwrap_or(0)),
            d_ff: self.size("intermediate_size")?,
            // Within one sliding window attention is full attention, so the window bounds what we can promise.
            max_len: window.filter(|_| uses_window).map_or(max_len, |w| w.min(max_len)),
            norm_eps: self.number_or("rms_norm_eps", 1e-6),
            rope_theta: self.rope_field("rope_theta").and_then(Value::as_f64).unwrap_or(10_000.0),
            rope_scaling: self.rope_scaling()?,
            tie_embeddings: self.flag_or("tie_word_embeddings", false),
            n_token_types: 0,
            bos_token_id: self.token("bos_token_id"),
            eos_token_id: self.token("eos_token_id"),
            pad_token_id: self.token("pad_token_id"),
            head: Head::Lm,
            labels: Vec::new(),
            several: false,
            value: false,
        })
    }

    fn gpt2(&self) -> Result<ModelConfig, FormatError> {
        self.expect_text("activation_function", "gelu_new")?;
        let d_model = self.size("n_embd")?;
        let n_heads = self.size("n_head")?;
        Ok(ModelConfig {
            arch: Arch::Gpt2,
            vocab_size: self.size("vocab_size")?,
            d_model,
            n_layers: self.size("n_layer")?,
            n_heads,
            n_kv_heads: n_heads,
            head_dim: d_model.checked_div(n_heads).unwrap_or(0),
            d_ff: self.size_or("n_inner", 4 * d_model),
            max_len: self.size("n_positions")?,
            norm_eps: self.number_or("layer_norm_epsilon", 1e-5),
            rope_theta: 10_000.0,
            rope_scaling: None,
            tie_embeddings: self.flag_or("tie_word_embeddings", true),
            n_token_types: 0,
            bos_token_id: self.token("bos_token_id"),
            eos_token_id: self.token("eos_token_id"),
            pad_token_id: self.token("pad_token_id"),
            head: Head::Lm,
            labels: Vec::new(),
            several: false,
            value: false,
        })
    }

    fn bert(&self) -> Result<ModelConfig, FormatError> {
        self.expect_text("hidden_act", "gelu")?;
        let kind = self.fields.get("position_embedding_type").and_then(Value::as_str).unwrap_or("absolute");
        if kind != "absolute" {
            return Err(self.unsupported("the kind of positions", kind, "absolute positions"));
        }
        let d_model = self.size("hidden_size")?;
        let n_heads = self.size("num_attention_heads")?;
        Ok(ModelConfig {
            arch: Arch::Bert,
            vocab_size: self.size("vocab_size")?,
            d_model,
            n_layers: self.size("num_hidden_layers")?,
            n_heads,
            n_kv_heads: n_heads,
            head_dim: d_model.checked_div(n_heads).unwrap_or(0),
            d_ff: self.size("intermediate_size")?,
            max_len: self.size("max_position_embeddings")?,
            norm_eps: self.number_or("layer_norm_eps", 1e-12),
            rope_theta: 10_000.0,
            rope_scaling: None,
            tie_embeddings: self.flag_or("tie_word_embeddings", true),
            n_token_types: self.size_or("type_vocab_size", 2),
            bos_token_id: self.token("bos_token_id"),
            eos_token_id: self.token("eos_token_id"),
            pad_token_id: self.token("pad_token_id"),
            head: Head::Lm,
            labels: Vec::new(),
            several: false,
            value: false,
        })
    }

    /// Rotary settings stand in `rope_parameters` (5), or flat and in `rope_scaling` (4).
    fn rope_field(&self, name: &str) -> Option<&Value> {
        let nested = ["rope_parameters", "rope_scaling"].iter().filter_map(|n| self.fields.get(*n)?.get(name));
        nested.chain(self.fields.get(name)).find(|v| !v.is_null())
    }

    fn rope_scaling(&self) -> Result<Option<RopeScaling>, FormatError> {
        // The oldest style calls the kind `type`.
        let kind = self.rope_field("rope_type").or_else(|| self.fields.get("rope_scaling")?.get("type"));
        let number =
            |name: &'static str| self.rope_field(name).and_then(Value::as_f64).ok_or_else(|| self.missing(name, "a number"));
        match kind.and_then(Value::as_str).unwrap_or("default") {
            "default" => Ok(None),
            "llama3" => Ok(Some(RopeScaling {
                factor: number("factor")?,
                low_freq_factor: number("low_freq_factor")?,
                high_freq_factor: number("high_freq_factor")?,
                original_max_len: number("original_max_position_embeddings")? as usize,
            })),
            other => Err(self.unsupported("the kind of rotary scaling", other, "none, or that of Llama 3,")),
        }
    }

    fn size(&self, name: &'static str) -> Result<usize, FormatError> {
        let value = self.fields.get(name).and_then(Value::as_u64);
        value.and_then(|v| usize::try_from(v).ok()).ok_or_else(|| self.missing(name, "a whole number"))
    }

    fn size_or(&self, name: &str, default: usize) -> usize {
        self.fields.get(name).and_then(Value::as_u64).map_or(default, |v| v as usize)
    }

    fn number_or(&self, name: &str, default: f64) -> f64 {
        self.fields.get(name).and_then(Value::as_f64).unwrap_or(default)
    }

    fn flag_or(&self, name: &str, default: bool) -> bool {
        self.fields.get(name).and_then(Value::as_bool).unwrap_or(default)
    }

    /// One id; where a model has several ends of text, the first.
    fn token(&self, name: &str) -> Option<u32> {
        let value = self.fields.get(name)?;
        let one = value.as_array().and_then(|many| many.first()).unwrap_or(value);
        one.as_u64().and_then(|id| u32::try_from(id).ok())
    }

    fn expect_text(&self, name: &'static str, want: &'static str) -> Result<(), FormatError> {
        match self.fields.get(name).and_then(Value::as_str) {
            Some(other) if other != want => Err(self.unsupported("the activation", other, want)),
            _ => Ok(()),
        }
    }

    fn missing(&self, field: &'static str, expected: &'static str) -> FormatError {
        FormatError::Field { field, expected, path: self.path.to_owned() }
    }

    fn unsupported(&self, what: &'static str, value: &str, known: &'static str) -> FormatError {
        FormatError::Unsupported { what, value: value.to_owned(), known, path: self.path.to_owned() }
    }
}

/// The `config.json` of a model, readable by transformers 4 and 5 and by llama.cpp's converter: what moved or was renamed
/// between them stands in both places.
pub fn write_config(config: &ModelConfig, width: Width) -> Value {
    let mut fields = match config.arch {
        Arch::Llama | Arch::Qwen2 => llama_fields(config),
        Arch::Gpt2 => gpt2_fields(config),
        Arch::Bert => bert_fields(config),
    };
    if let Some(map) = fields.as_object_mut() {
        for (name, value) in [
            ("vocab_size", json!(config.vocab_size)),
            ("tie_word_embeddings", json!(config.tie_embeddings)),
            ("bos_token_id", json!(config.bos_token_id)),
            ("eos_token_id", json!(config.eos_token_id)),
            ("pad_token_id", json!(config.pad_token_id)),
            ("initializer_range", json!(0.02)),
            ("use_cache", json!(true)),
            ("dtype", json!(width.name())),
            ("torch_dtype", json!(width.name())),
        ] {
            map.insert(name.to_owned(), value);
        }
        hf_head::write(config, map);
    }
    fields
}

fn llama_fields(c: &ModelConfig) -> Value {
    let kind = if c.arch == Arch::Qwen2 { "qwen2" } else { "llama" };
    let scaling = c.rope_scaling.map(|s| {
        json!({
            "rope_type": "llama3", "factor": s.factor, "low_freq_factor": s.low_freq_factor,
            "high_freq_factor": s.high_freq_factor, "original_max_position_embeddings": s.original_max_len,
        })
    });
    let mut parameters = scaling.clone().unwrap_or_else(|| json!({ "rope_type": "default" }));
    if let Some(map) = parameters.as_object_mut() {
        map.insert("rope_theta".to_owned(), json!(c.rope_theta));
    }
    json!({
        "model_type": kind, "hidden_act": "silu", "attention_bias": false, "mlp_bias": false,
        "attention_dropout": 0.0, "hidden_size": c.d_model, "intermediate_size": c.d_ff, "num_hidden_layers": c.n_layers,
        "num_attention_heads": c.n_heads, "num_key_value_heads": c.n_kv_heads, "head_dim": c.head_dim,
        "max_position_embeddings": c.max_len, "rms_norm_eps": c.norm_eps, "rope_theta": c.rope_theta,
        "rope_scaling": scaling, "rope_parameters": parameters,
    })
}

fn gpt2_fields(c: &ModelConfig) -> Value {
    json!({
        "model_type": "gpt2", "activation_function": "gelu_new",
        "n_embd": c.d_model, "n_layer": c.n_layers, "n_head": c.n_heads, "n_inner": c.d_ff, "n_positions": c.max_len,
        "layer_norm_epsilon": c.norm_eps, "attn_pdrop": 0.0, "embd_pdrop": 0.0, "resid_pdrop": 0.0,
    })
}

fn bert_fields(c: &ModelConfig) -> Value {
    json!({
        "model_type": "bert", "hidden_act": "gelu", "hidden_size": c.d_model,
        "intermediate_size": c.d_ff, "num_hidden_layers": c.n_layers, "num_attention_heads": c.n_heads,
        "max_position_embeddings": c.max_len, "type_vocab_size": c.n_token_types, "layer_norm_eps": c.norm_eps,
        "position_embedding_type": "absolute", "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0,
        "is_decoder": false,
    })
}
