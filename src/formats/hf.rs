//! Hugging Face folders: a model in, a model out, and what must stand beside it so that transformers opens it. Knows no training.

use std::path::{Path, PathBuf};

use safetensors::tensor::TensorView;
use serde_json::json;

use super::tensors::{self, Named, Width};
use super::{FormatError, hf_head, peft, read_config, write_config};
use crate::model::{Head, Layout, Model, ModelConfig, ParamInfo, is_value};

/// Where transformers looks for a chat template first.
const CHAT_TEMPLATE: &str = "chat_template.jinja";
/// A value head stands beside the model, which stays what other programs open.
const VALUE_HEAD: &str = "value_head.safetensors";

/// What a folder held.
pub struct Loaded {
    pub model: Model,
    /// `tokenizer.json`, where the folder has one.
    pub tokenizer: Option<PathBuf>,
    /// What was left out, one sentence each.
    pub warnings: Vec<String>,
}

/// Reads `config.json` and the weights, whole or in shards, of any float width.
pub fn load_folder(dir: &Path) -> Result<Loaded, FormatError> {
    let mut config = read_config(&dir.join("config.json"))?;
    let value_head = dir.join(VALUE_HEAD);
    config.value = value_head.is_file() && config.head == Head::Lm && config.arch.is_causal();
    let mut reading = Reading::new(dir, &config);
    for file in tensors::weight_files(dir)? {
        tensors::read(&file, |name, view| reading.take(name, view, &file))?;
    }
    if config.value {
        tensors::read(&value_head, |name, view| reading.take(name, view, &value_head))?;
    }
    let (layout, weights, unknown) = reading.finish()?;
    let warnings = unknown.into_iter().map(|n| format!("The tensor '{n}' is not used by this model and was left out.")).collect();
    let tokenizer = Some(dir.join("tokenizer.json")).filter(|p| p.is_file());
    let model = Model { config, layout: layout.into(), weights };
    // A model with low-rank additions of its own.
    let model = if peft::is_adapter(dir) { peft::load_adapter(model, dir)? } else { model };
    Ok(Loaded { model, tokenizer, warnings })
}

/// Writes `config.json`, `model.safetensors` and `generation_config.json` into an existing folder, with copies of the tokenizer's files
/// if a `tokenizer.json` is given. Syncing and renaming is the caller's business.
pub fn save_folder(model: &Model, tokenizer: Option<&Path>, dir: &Path) -> Result<(), FormatError> {
    save_folder_as(model, Width::Full, tokenizer, dir)
}

/// As `save_folder`, with weights of this width.
pub fn save_folder_as(model: &Model, width: Width, tokenizer: Option<&Path>, dir: &Path) -> Result<(), FormatError> {
    write_json(&dir.join("config.json"), &write_config(&model.config, width))?;
    if model.config.arch.is_causal() && model.config.head == Head::Lm {
        write_json(&dir.join("generation_config.json"), &generation_config(&model.config))?;
    }
    let (value, base): (Vec<ParamInfo>, Vec<ParamInfo>) =
        model.layout.base().iter().cloned().partition(|param| is_value(&param.name));
    let mut named: Vec<Named<'_>> = views(&base, &model.weights, "");
    for tensor in &mut named {
        tensor.name = hf_head::file_name(&model.config, &tensor.name).into();
    }
    tensors::write_as(&dir.join("model.safetensors"), &named, width)?;
    if !value.is_empty() {
        tensors::write_as(&dir.join(VALUE_HEAD), &views(&value, &model.weights, ""), width)?;
    }
    if model.layout.has_lora() {
        peft::save(model, dir)?;
    }
    match tokenizer {
        Some(source) => copy_tokenizer(source, &model.config, dir),
        None => Ok(()),
    }
}

/// A flat vector seen as the model's parameters, each name with a prefix.
pub(super) fn views<'a>(params: &'a [ParamInfo], flat: &'a [f32], prefix: &str) -> Vec<Named<'a>> {
    let cut = |p: &'a ParamInfo| flat.get(p.range()).unwrap_or(&[]);
    params.iter().map(|p| Named { name: format!("{prefix}{}", p.name).into(), shape: &p.shape, data: cut(p) }).collect()
}

/// A flat vector being filled from tensors by name.
pub(super) struct Filling {
    layout: Layout,
    flat: Vec<f32>,
    seen: Vec<bool>,
    dir: PathBuf,
}

impl Filling {
    pub(super) fn new(dir: &Path, layout: Layout) -> Self {
        Self { flat: vec![0.0; layout.len], seen: vec![false; layout.params.len()], layout, dir: dir.to_owned() }
    }

    /// Whether the layout has this name; if so, the tensor is copied.
    pub(super) fn fill(&mut self, name: &str, view: &TensorView<'_>, file: &Path) -> Result<bool, FormatError> {
        let Some(index) = self.layout.params.iter().position(|p| p.name == name) else { return Ok(false) };
        let (param, seen) = (&self.layout.params[index], &mut self.seen[index]);
        if view.shape() != param.shape {
            let (found, expected) = (view.shape().to_vec(), param.shape.clone());
            return Err(FormatError::Shape { name: name.to_owned(), found, expected, path: file.to_owned() });
        }
        tensors::copy_f32(name, view, &mut self.flat[param.range()], file)?;
        *seen = true;
        Ok(true)
    }

    pub(super) fn finish(self) -> Result<(Layout, Vec<f32>), FormatError> {
        let missing = self.layout.params.iter().zip(&self.seen).find(|(param, seen)| !**seen && !param.frozen);
        match missing {
            Some((param, _)) => Err(FormatError::MissingTensor { name: param.name.clone(), path: self.dir }),
            None => Ok((self.layout, self.flat)),
        }
    }
}

struct Reading {
    filling: Filling,
    prefix: &'static str,
    /// The layout's prefix of the trunk and the files' own, where they differ.
    renamed: Option<(&'static str, &'static str)>,
    unknown: Vec<String>,
}

impl Reading {
    fn new(dir: &Path, config: &ModelConfig) -> Self {
        use crate::model::Arch::{Bert, Gpt2, Llama, Qwen2};
        let prefix = match config.arch {
            Llama | Qwen2 => "model.",
            Gpt2 => "transformer.",
            Bert => "bert.",
        };
        let renamed = hf_head::file_prefix(config);
        Self { filling: Filling::new(dir, Layout::of(config)), prefix, renamed, unknown: Vec::new() }
    }

    /// Published weights differ in the prefix (a bare trunk has none) and in old names of norms.
    fn take(&mut self, name: &str, view: &TensorView<'_>, file: &Path) -> Result<(), FormatError> {
        let mut modern = name.replace(".gamma", ".weight").replace(".beta", ".bias");
        if let Some((ours, rest)) = self.renamed.and_then(|(ours, theirs)| Some((ours, modern.strip_prefix(theirs)?))) {
            modern = format!("{ours}{rest}");
        }
        let prefixed = format!("{}{modern}", self.prefix);
        if self.filling.fill(&modern, view, file)? || self.filling.fill(&prefixed, view, file)? || is_derived(name) {
            return Ok(());
        }
        self.unknown.push(name.to_owned());
        Ok(())
    }

    fn finish(self) -> Result<(Layout, Vec<f32>, Vec<String>), FormatError> {
        let (layout, weights) = self.filling.finish()?;
        Ok((layout, weights, self.unknown))
    }
}

/// Tied copies, and buffers that follow from the configuration.
fn is_derived(name: &str) -> bool {
    let buffers = ["rotary_emb.inv_freq", ".attn.bias", ".attn.masked_bias", "position_ids"];
    let tied = ["lm_head.weight", "cls.predictions.decoder.weight", "cls.predictions.decoder.bias"];
    buffers.iter().any(|b| name.ends_with(b)) || tied.contains(&name)
}

fn generation_config(config: &ModelConfig) -> serde_json::Value {
    json!({
        "_from_model_config": true,
        "bos_token_id": config.bos_token_id,
        "eos_token_id": config.eos_token_id,
        "pad_token_id": config.pad_token_id,
        "do_sample": true,
    })
}

/// A model's folder at a place that may not stand yet.
pub fn save_new_folder(model: &Model, dir: &Path) -> Result<(), FormatError> {
    std::fs::create_dir_all(dir).map_err(FormatError::io("make the folder", dir))?;
    save_folder(model, None, dir)
}

/// Writes what a run of its own keeps beside its checkpoints: a copy of the tokenizer, and a chat template. Makes the folder.
pub fn save_inputs(tokenizer: &Path, template: Option<&str>, config: &ModelConfig, dir: &Path) -> Result<(), FormatError> {
    std::fs::create_dir_all(dir).map_err(FormatError::io("make the folder", dir))?;
    copy_tokenizer(tokenizer, config, dir)?;
    let path = dir.join(CHAT_TEMPLATE);
    match template {
        Some(source) => std::fs::write(&path, source).map_err(FormatError::io("write", &path)),
        None => Ok(()),
    }
}

/// Copies `tokenizer.json`, and from beside it the chat template and `tokenizer_config.json`; where there is none, the least that
/// transformers needs.
fn copy_tokenizer(source: &Path, config: &ModelConfig, dir: &Path) -> Result<(), FormatError> {
    let target = dir.join("tokenizer.json");
    std::fs::copy(source, &target).map_err(FormatError::io("copy the tokenizer", source))?;
    let template = source.with_file_name(CHAT_TEMPLATE);
    if template.is_file() {
        std::fs::copy(&template, dir.join(CHAT_TEMPLATE)).map_err(FormatError::io("copy the chat template", &template))?;
    }
    let beside = source.with_file_name("tokenizer_config.json");
    let target = dir.join("tokenizer_config.json");
    if beside.is_file() {
        std::fs::copy(&beside, &target).map_err(FormatError::io("copy the tokenizer's settings", &beside))?;
        return Ok(());
    }
    let text = std::fs::read_to_string(source).map_err(FormatError::io("read the tokenizer", source))?;
    let parsed: serde_json::Value =
        serde_json::from_str(&text).map_err(|e| FormatError::Json { path: source.to_owned(), source: e })?;
    write_json(&target, &tokenizer_config(&parsed, config))
}

/// Names of special tokens come from the tokenizer's own list, by id or by their usual spelling.
fn tokenizer_config(tokenizer: &serde_json::Value, config: &ModelConfig) -> serde_json::Value {
    let added: Vec<(u64, &str)> = tokenizer["added_tokens"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|t| Some((t["id"].as_u64()?, t["content"].as_str()?)))
        .collect();
    let by_id = |id: Option<u32>| added.iter().find(|(i, _)| Some(*i) == id.map(u64::from)).map(|(_, text)| *text);
    let by_name = |names: &[&str]| added.iter().find(|(_, text)| names.contains(text)).map(|(_, text)| *text);
    json!({
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": config.max_len,
        "clean_up_tokenization_spaces": false,
        "bos_token": by_id(config.bos_token_id),
        "eos_token": by_id(config.eos_token_id),
        "pad_token": by_id(config.pad_token_id).or_else(|| by_name(&["<|pad|>", "[PAD]", "<pad>"])),
        "unk_token": by_name(&["<|unk|>", "[UNK]", "<unk>"]),
        "mask_token": by_name(&["<|mask|>", "[MASK]", "<mask>"]),
        "cls_token": by_name(&["<|cls|>", "[CLS]"]),
        "sep_token": by_name(&["<|sep|>", "[SEP]"]),
    })
}

fn write_json(path: &Path, value: &serde_json::Value) -> Result<(), FormatError> {
    std::fs::write(path, format!("{value:#}\n")).map_err(FormatError::io("write", path))
}
