//! Low-rank adapters as PEFT writes them: `adapter_config.json` and `adapter_model.safetensors`. Knows no training.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::hf::views;
use super::{FormatError, tensors};
use crate::config::{Adapt, Projection};
use crate::model::{Arch, Model};

const CONFIG: &str = "adapter_config.json";
const WEIGHTS: &str = "adapter_model.safetensors";

/// The part of PEFT's `LoraConfig` that has a meaning here.
#[derive(Debug, Serialize, Deserialize)]
struct AdapterConfig {
    peft_type: String,
    r: usize,
    lora_alpha: f64,
    target_modules: Vec<String>,
    #[serde(default)]
    base_model_name_or_path: Option<String>,
    #[serde(default)]
    task_type: Option<String>,
    #[serde(default)]
    lora_dropout: f64,
    #[serde(default)]
    bias: Option<String>,
    #[serde(default)]
    fan_in_fan_out: bool,
    #[serde(default)]
    inference_mode: bool,
    #[serde(default)]
    use_rslora: bool,
    #[serde(default)]
    use_dora: bool,
}

/// Whether a folder holds an adapter.
pub fn is_adapter(dir: &Path) -> bool {
    dir.join(CONFIG).is_file()
}

/// Writes the low-rank additions of a model into an existing folder.
pub(super) fn save(model: &Model, dir: &Path) -> Result<(), FormatError> {
    let additions = model.layout.additions();
    let rank = additions.first().and_then(|param| param.shape.first()).copied().unwrap_or(0);
    let mut modules: Vec<String> = additions.iter().filter_map(|param| module(&param.name)).collect();
    modules.sort();
    modules.dedup();
    let config = AdapterConfig {
        peft_type: "LORA".to_owned(),
        r: rank,
        lora_alpha: f64::from(model.layout.lora_scale) * rank as f64,
        target_modules: modules,
        base_model_name_or_path: Some(".".to_owned()),
        task_type: Some(if model.config.arch.is_causal() { "CAUSAL_LM" } else { "FEATURE_EXTRACTION" }.to_owned()),
        lora_dropout: 0.0,
        bias: Some("none".to_owned()),
        fan_in_fan_out: model.config.arch == Arch::Gpt2,
        inference_mode: true,
        use_rslora: false,
        use_dora: false,
    };
    let path = dir.join(CONFIG);
    let text = serde_json::to_string_pretty(&config).map_err(|source| FormatError::Json { path: path.clone(), source })?;
    std::fs::write(&path, text).map_err(FormatError::io("write", &path))?;
    tensors::write(&dir.join(WEIGHTS), &views(additions, &model.weights, ""))
}

/// A model with the adapter of a folder.
pub fn load_adapter(model: Model, dir: &Path) -> Result<Model, FormatError> {
    let path = dir.join(CONFIG);
    let text = std::fs::read_to_string(&path).map_err(FormatError::io("read", &path))?;
    let config: AdapterConfig = serde_json::from_str(&text).map_err(|source| FormatError::Json { path: path.clone(), source })?;
    let unusual = [
        (config.peft_type != "LORA", "another kind of adapter than LoRA"),
        (config.use_rslora, "a rank-stabilised scale (use_rslora)"),
        (config.use_dora, "a decomposed weight (use_dora)"),
        (config.r == 0, "a rank of 0"),
    ];
    if let Some((_, what)) = unusual.iter().find(|(is, _)| *is) {
        return Err(FormatError::State { what: format!("The adapter has {what}; merge it with PEFT first"), path });
    }
    let targets: Vec<Projection> = config.target_modules.iter().filter_map(|name| projection(model.config.arch, name)).collect();
    let mut model = model.adapt(&Adapt::Lora { rank: config.r, alpha: config.lora_alpha, targets }, 0);
    let file = dir.join(WEIGHTS);
    let mut seen = 0;
    tensors::read(&file, |name, view| {
        // Files of newer versions name the adapter, too.
        let name = name.replace(".default.weight", ".weight");
        let Some(param) = model.layout.find(&name).cloned() else {
            let what = format!("The adapter holds '{name}', which this model has no place for; use the model it was made for");
            return Err(FormatError::State { what, path: file.clone() });
        };
        if view.shape() != param.shape {
            let (found, expected) = (view.shape().to_vec(), param.shape);
            return Err(FormatError::Shape { name, found, expected, path: file.clone() });
        }
        seen += 1;
        let range = param.range();
        tensors::copy_f32(&name, view, &mut model.weights[range], &file)
    })?;
    if seen != model.layout.additions().len() {
        let name = format!("{} of {} low-rank matrices", model.layout.additions().len() - seen, model.layout.additions().len());
        return Err(FormatError::MissingTensor { name, path: file });
    }
    Ok(model)
}

/// "`q_proj`" of "`base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight`"; with the part before it where that alone says which.
fn module(name: &str) -> Option<String> {
    let stem = name.split(".lora_").next()?;
    let mut parts = stem.rsplit('.');
    let last = parts.next()?;
    if matches!(last, "dense" | "c_proj") {
        // Several matrices have this name: PEFT takes a longer ending.
        let before = parts.next()?;
        let further = parts.next()?;
        let long = if before == "output" && further == "attention" { "attention.output".to_owned() } else { before.to_owned() };
        return Some(format!("{long}.{last}"));
    }
    Some(last.to_owned())
}

/// The projection that a module name of PEFT means in this architecture.
fn projection(arch: Arch, name: &str) -> Option<Projection> {
    use Projection::{Down, Gate, K, O, Q, Up, V};
    let ends = |ending: &str| name == ending || name.ends_with(&format!(".{ending}"));
    let known: &[(&str, Projection)] = match arch {
        Arch::Llama | Arch::Qwen2 => &[
            ("q_proj", Q),
            ("k_proj", K),
            ("v_proj", V),
            ("o_proj", O),
            ("gate_proj", Gate),
            ("up_proj", Up),
            ("down_proj", Down),
        ],
        Arch::Gpt2 => &[("c_attn", Q), ("attn.c_proj", O), ("c_fc", Up), ("mlp.c_proj", Down)],
        Arch::Bert => &[
            ("query", Q),
            ("key", K),
            ("value", V),
            ("attention.output.dense", O),
            ("intermediate.dense", Up),
            ("output.dense", Down),
        ],
    };
    known.iter().find(|(ending, _)| ends(ending)).map(|(_, projection)| *projection)
}
