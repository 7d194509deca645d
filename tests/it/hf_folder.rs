//! Hugging Face folders: round trips, both styles of configuration, shards, widths, and everything that can be wrong with one.

use std::fs;
use std::path::{Path, PathBuf};

use lyceum::formats::tensors::{self, Named};
use lyceum::formats::{FormatError, load_folder, read_config, save_folder};
use lyceum::model::{Arch, Model, ModelConfig};
use serde_json::{Value, json};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/models").join(name)
}

fn tiny(arch: Arch) -> ModelConfig {
    let mut config = read_config(&golden(if arch.is_causal() { "llama_tied" } else { "bert_mlm" }).join("config.json")).unwrap();
    config.d_model = 16;
    config.n_heads = 2;
    config.n_kv_heads = 2;
    config.head_dim = 8;
    config.d_ff = 24;
    config.vocab_size = 40;
    config
}

fn edit(dir: &Path, change: impl FnOnce(&mut Value)) {
    let path = dir.join("config.json");
    let mut config: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    change(&mut config);
    fs::write(path, config.to_string()).unwrap();
}

/// A saved tiny model.
fn saved(arch: Arch) -> (tempfile::TempDir, Model) {
    let dir = tempfile::tempdir().unwrap();
    let model = Model::init(tiny(arch), 3).unwrap();
    save_folder(&model, None, dir.path()).unwrap();
    (dir, model)
}

fn why(dir: &Path) -> String {
    load_folder(dir).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn what_is_written_is_read() {
    for arch in [Arch::Llama, Arch::Bert] {
        let (dir, model) = saved(arch);
        let loaded = load_folder(dir.path()).unwrap();
        assert_eq!(loaded.model.config, model.config);
        assert_eq!(loaded.model.weights, model.weights);
        assert_eq!((loaded.tokenizer, loaded.warnings), (None, Vec::new()));
        assert_eq!(dir.path().join("generation_config.json").exists(), arch.is_causal());
    }
}

#[test]
fn published_folders_open_and_survive_a_round_trip() {
    for name in ["llama_tied", "llama3_rope", "qwen2", "gpt2", "bert_mlm"] {
        let loaded = load_folder(&golden(name)).unwrap();
        assert_eq!(loaded.warnings, Vec::<String>::new(), "{name}");
        let dir = tempfile::tempdir().unwrap();
        save_folder(&loaded.model, None, dir.path()).unwrap();
        let again = load_folder(dir.path()).unwrap().model;
        assert_eq!((again.config, again.weights), (loaded.model.config, loaded.model.weights), "{name}");
        let names = |dir: &Path| {
            let mut names = Vec::new();
            tensors::read(&dir.join("model.safetensors"), |name, view| {
                names.push((name.to_owned(), view.shape().to_vec()));
                Ok(())
            })
            .unwrap();
            names
        };
        assert_eq!(names(dir.path()), names(&golden(name)), "{name}: the same tensors under the same names");
    }
}

#[test]
fn both_styles_of_configuration_say_the_same() {
    for name in ["llama_tied", "llama3_rope", "qwen2"] {
        let new = read_config(&golden(name).join("config.json")).unwrap();
        let dir = tempfile::tempdir().unwrap();
        fs::copy(golden(name).join("config.json"), dir.path().join("config.json")).unwrap();
        edit(dir.path(), |config| {
            let rope = config["rope_parameters"].take();
            let fields = config.as_object_mut().unwrap();
            fields.remove("rope_parameters");
            fields.insert("rope_theta".to_owned(), rope["rope_theta"].clone());
            let scaled = rope["rope_type"] == "llama3";
            fields.insert("rope_scaling".to_owned(), if scaled { rope } else { Value::Null });
        });
        assert_eq!(read_config(&dir.path().join("config.json")).unwrap(), new, "{name}");
    }
}

#[test]
fn shards_and_narrow_floats() {
    let (dir, model) = saved(Arch::Llama);
    fs::remove_file(dir.path().join("model.safetensors")).unwrap();
    let mut map = serde_json::Map::new();
    let half = model.layout.params.len() / 2;
    for (shard, params) in [&model.layout.params[..half], &model.layout.params[half..]].into_iter().enumerate() {
        let file = format!("model-0000{}-of-00002.safetensors", shard + 1);
        let bytes: Vec<(String, Vec<usize>, Vec<u8>)> = params
            .iter()
            .map(|p| {
                map.insert(p.name.clone(), json!(file));
                // bf16 is the upper half of an f32.
                let data = model.weights[p.range()].iter().flat_map(|x| ((x.to_bits() >> 16) as u16).to_le_bytes()).collect();
                (p.name.clone(), p.shape.clone(), data)
            })
            .collect();
        let views = bytes.iter().map(|(name, shape, data)| {
            (name, safetensors::tensor::TensorView::new(safetensors::Dtype::BF16, shape.clone(), data).unwrap())
        });
        safetensors::serialize_to_file(views, None, &dir.path().join(file)).unwrap();
    }
    fs::write(dir.path().join("model.safetensors.index.json"), json!({ "weight_map": map }).to_string()).unwrap();
    let loaded = load_folder(dir.path()).unwrap().model;
    for (got, want) in loaded.weights.iter().zip(&model.weights) {
        assert_eq!(got.to_bits(), want.to_bits() & 0xffff_0000);
    }
    fs::write(dir.path().join("model.safetensors.index.json"), json!({ "weight_map": { "a": "../secret" } }).to_string())
        .unwrap();
    assert!(why(dir.path()).contains("'../secret' outside its folder"));
}

#[test]
fn bare_trunks_and_old_names_open() {
    let (dir, model) = saved(Arch::Bert);
    let named: Vec<Named<'_>> = model
        .layout
        .params
        .iter()
        .map(|p| {
            let old = p.name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
            let name = old.strip_prefix("bert.").unwrap_or(&old).to_owned();
            Named { name: name.into(), shape: &p.shape, data: &model.weights[p.range()] }
        })
        .collect();
    tensors::write(&dir.path().join("model.safetensors"), &named).unwrap();
    assert_eq!(load_folder(dir.path()).unwrap().model.weights, model.weights);
}

#[test]
fn what_is_wrong_is_said() {
    let (dir, model) = saved(Arch::Llama);
    let path = dir.path();
    let weights = path.join("model.safetensors");
    let whole = fs::read(&weights).unwrap();

    fs::write(&weights, &whole[..whole.len() / 2]).unwrap();
    assert!(why(path).contains("damaged or cut short"));
    fs::write(&weights, b"").unwrap();
    assert!(why(path).contains("damaged or cut short"));

    let named = |skip: &str, extra: Option<&'static str>| {
        let mut named: Vec<Named<'_>> = Vec::new();
        for p in model.layout.params.iter().filter(|p| p.name != skip) {
            named.push(Named { name: p.name.as_str().into(), shape: &p.shape, data: &model.weights[p.range()] });
        }
        if let Some(name) = extra {
            named.push(Named { name: name.into(), shape: &[2], data: &[1.0, 2.0] });
        }
        tensors::write(&weights, &named).unwrap();
    };
    named("model.norm.weight", None);
    assert!(why(path).starts_with("the tensor 'model.norm.weight' is missing"));
    named("model.norm.weight", Some("model.norm.weight"));
    assert!(why(path).contains("'model.norm.weight' has the shape [2] where the configuration asks for [16]"));
    named("", Some("vision_tower.weight"));
    assert_eq!(
        load_folder(path).unwrap().warnings,
        ["The tensor 'vision_tower.weight' is not used by this model and was left out."]
    );

    fs::write(&weights, &whole).unwrap();
    edit(path, |c| c["model_type"] = json!("gpt_neox"));
    assert!(why(path).contains("the model type is 'gpt_neox', which is not read here"));
    edit(path, |c| c["model_type"] = json!("llama"));
    edit(path, |c| c["hidden_act"] = json!("relu"));
    assert!(why(path).contains("the activation is 'relu'"));
    edit(path, |c| c["hidden_act"] = json!("silu"));
    edit(path, |c| c["num_key_value_heads"] = json!(3));
    assert!(why(path).contains("cannot be a model"));
    edit(path, |c| drop(c.as_object_mut().unwrap().remove("hidden_size")));
    assert!(why(path).contains("no 'hidden_size'"));
    fs::write(path.join("config.json"), "{").unwrap();
    assert!(why(path).contains("not the JSON that was expected"));
    fs::remove_file(path.join("config.json")).unwrap();
    assert!(why(path).contains("there is no config.json here"));
}

#[test]
fn a_pickle_is_not_opened() {
    let (dir, _) = saved(Arch::Llama);
    fs::rename(dir.path().join("model.safetensors"), dir.path().join("pytorch_model.bin")).unwrap();
    assert!(matches!(load_folder(dir.path()), Err(FormatError::Pickle { .. })));
}
