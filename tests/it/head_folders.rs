//! Models with heads in folders and from one head to another: what is written is read, what transformers writes survives, which weights
//! a change of head keeps, and who refuses a model that is no language model.

use std::fs;
use std::path::{Path, PathBuf};

use lyceum::config::{CorpusFacts, RunConfig};
use lyceum::engine::command::{GenerateRequest, Sampling};
use lyceum::formats::{load_folder, read_config, save_folder, tensors};
use lyceum::infer::{FillMaskError, GenerateError, Generation, fill_mask};
use lyceum::model::{Arch, Head, Model, ModelConfig, Workspace};
use lyceum::tokenizer::Tokenizer;
use serde_json::{Value, json};

use super::heads::{ARCHS, HEADS, config, labels, model};

fn goldens(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens").join(name)
}

fn fields(dir: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(dir.join("config.json")).unwrap()).unwrap()
}

fn names(dir: &Path) -> Vec<(String, Vec<usize>)> {
    let mut names = Vec::new();
    tensors::read(&dir.join("model.safetensors"), |name, view| {
        names.push((name.to_owned(), view.shape().to_vec()));
        Ok(())
    })
    .unwrap();
    names
}

#[test]
fn what_is_written_is_read() {
    for arch in ARCHS {
        for (head, several) in HEADS {
            for tie_embeddings in [true, false] {
                let model = model(ModelConfig { tie_embeddings, ..config(arch, head, several) });
                let dir = tempfile::tempdir().unwrap();
                save_folder(&model, None, dir.path()).unwrap();
                let loaded = load_folder(dir.path()).unwrap();
                assert_eq!(loaded.warnings, Vec::<String>::new());
                assert_eq!(loaded.model.config, model.config);
                let bits = |model: &Model| model.weights.iter().map(|w| w.to_bits()).collect::<Vec<_>>();
                assert!(bits(&loaded.model) == bits(&model), "{arch:?} {head:?}");
                assert!(!dir.path().join("generation_config.json").exists(), "it generates nothing");
                let heads_of_lm = ["lm_head", "cls.predictions"];
                assert!(names(dir.path()).iter().all(|(name, _)| heads_of_lm.iter().all(|lm| !name.starts_with(lm))));
            }
        }
    }
}

#[test]
fn the_folders_of_transformers_survive() {
    let mut folders: Vec<PathBuf> = fs::read_dir(goldens("heads")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    for folder in folders {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let loaded = load_folder(&folder).unwrap();
        let dir = tempfile::tempdir().unwrap();
        save_folder(&loaded.model, None, dir.path()).unwrap();
        let again = load_folder(dir.path()).unwrap().model;
        assert_eq!((&again.config, &again.weights), (&loaded.model.config, &loaded.model.weights), "{name}");
        assert_eq!(names(dir.path()), names(&folder), "{name}: the same tensors under the same names");
        let (ours, theirs) = (fields(dir.path()), fields(&folder));
        for field in ["architectures", "id2label", "label2id", "problem_type", "pad_token_id"] {
            assert_eq!(ours[field], theirs[field], "{name}: {field}");
        }
        let config = &loaded.model.config;
        match name.split_once('_').unwrap().1 {
            "sequence" | "several" => {
                assert_eq!(config.head, Head::SequenceClass { n: 3 });
                assert_eq!(config.labels, ["calm", "glad", "sad"]);
            }
            "token" => assert_eq!((config.head, config.labels.len()), (Head::TokenClass { n: 5 }, 5)),
            "span" => assert_eq!((config.head, config.labels.len()), (Head::Span, 0)),
            "reward" => assert_eq!((config.head, config.labels.len()), (Head::Reward, 0)),
            other => panic!("a golden of another kind: {other}"),
        }
        assert_eq!(config.several, name.ends_with("several"));
    }
}

/// Reads a classifier's configuration after a change.
fn changed(change: impl FnOnce(&mut Value)) -> Result<ModelConfig, String> {
    let dir = tempfile::tempdir().unwrap();
    let mut config = fields(&goldens("heads/bert_sequence"));
    change(&mut config);
    let path = dir.path().join("config.json");
    fs::write(&path, config.to_string()).unwrap();
    read_config(&path).map_err(|error| error.to_string())
}

#[test]
fn labels_have_transformers_defaults() {
    let without = |config: &mut Value| {
        for field in ["id2label", "label2id", "problem_type"] {
            config.as_object_mut().unwrap().remove(field);
        }
    };
    let two = changed(without).unwrap();
    assert_eq!(
        (two.head, two.labels.as_slice()),
        (Head::SequenceClass { n: 2 }, &["LABEL_0".to_owned(), "LABEL_1".to_owned()][..])
    );
    let five = changed(|c| {
        without(c);
        c["num_labels"] = json!(5);
    });
    assert_eq!(five.unwrap().head, Head::SequenceClass { n: 5 });
    // More than ten: the numbers are in order, not their texts.
    let many = changed(|c| c["id2label"] = (0..12).map(|i| (i.to_string(), json!(format!("c{i}")))).collect());
    assert_eq!(many.unwrap().labels[10], "c10");
    let one = changed(|c| {
        without(c);
        c["id2label"] = json!({ "0": "spam" });
    });
    assert_eq!(one.unwrap().head, Head::Reward);
    let one_of_several = changed(|c| {
        c["id2label"] = json!({ "0": "spam" });
        c["problem_type"] = json!("multi_label_classification");
    });
    let one_of_several = one_of_several.unwrap();
    assert_eq!((one_of_several.head, one_of_several.labels.as_slice()), (Head::SequenceClass { n: 1 }, &["spam".to_owned()][..]));
}

#[test]
fn what_is_wrong_with_labels_is_said() {
    assert!(changed(|c| c["id2label"] = json!({ "0": "a", "2": "b" })).unwrap_err().contains("no 'id2label'"));
    assert!(changed(|c| c["id2label"] = json!(["a", "b"])).unwrap_err().contains("no 'id2label'"));
    assert!(changed(|c| c["problem_type"] = json!("regression")).unwrap_err().contains("'regression of 3 numbers'"));
    let absurd = changed(|c| {
        c["id2label"] = Value::Null;
        c["num_labels"] = json!(1u64 << 40);
    });
    assert!(absurd.unwrap_err().contains("no 'id2label'"));
    let head = |head, names: usize, several| {
        let config = ModelConfig { labels: vec![String::new(); names], ..config(Arch::Bert, head, several) };
        config.check().unwrap_err().to_string()
    };
    assert!(head(Head::SequenceClass { n: 3 }, 2, false).contains("3 classes apart and 2 names"));
    assert!(head(Head::SequenceClass { n: 1 }, 1, false).contains("a single class"));
    assert!(head(Head::TokenClass { n: 0 }, 0, false).contains("the number of classes is 0"));
    assert!(head(Head::TokenClass { n: 2 }, 2, true).contains("only a whole text"));
    assert!(head(Head::Reward, 1, false).contains("0 classes apart and 1 names"));
}

#[test]
fn stored_configurations_without_a_head_are_language_models() {
    let mut stored = serde_json::to_value(config(Arch::Llama, Head::Lm, false)).unwrap();
    for field in ["head", "labels", "several"] {
        stored.as_object_mut().unwrap().remove(field).unwrap();
    }
    assert_eq!(serde_json::from_value::<ModelConfig>(stored).unwrap(), config(Arch::Llama, Head::Lm, false));
    let classes = config(Arch::Bert, Head::SequenceClass { n: 3 }, true);
    let stored = serde_json::to_value(&classes).unwrap();
    assert_eq!(serde_json::from_value::<ModelConfig>(stored).unwrap(), classes);
}

/// Parameters of both models, and whether their numbers are the same.
fn shared(a: &Model, b: &Model) -> Vec<(String, bool)> {
    let both = |name: &str| Some((a.param(name)?, b.param(name)?));
    a.layout.params.iter().filter_map(|p| both(&p.name).map(|(x, y)| (p.name.clone(), x == y))).collect()
}

#[test]
fn a_language_model_takes_a_head_and_keeps_its_trunk() {
    for name in ["llama_tied", "llama3_rope", "qwen2", "gpt2", "bert_mlm"] {
        let lm = load_folder(&goldens("models").join(name)).unwrap().model;
        for (head, several) in HEADS {
            let model = lm.with_head(head, labels(head), several, 9).unwrap();
            assert_eq!((model.config.head, model.config.several), (head, several));
            let kept = shared(&lm, &model);
            assert!(kept.iter().all(|(_, same)| *same), "{name} {head:?}");
            // All but the head: an encoder's first norm stands outside the blocks, so count what the language model's head has.
            let heads_own = lm.layout.params.iter().filter(|p| p.name.starts_with("cls.") || p.name == "lm_head.weight").count();
            assert_eq!(kept.len(), lm.layout.params.len() - heads_own);
            let fresh: Vec<_> = model.layout.params.iter().filter(|p| lm.param(&p.name).is_none()).collect();
            assert!(!fresh.is_empty());
            for param in fresh {
                let numbers = model.param(&param.name).unwrap();
                let deviation = (numbers.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / numbers.len() as f64).sqrt();
                if param.name.ends_with("bias") {
                    assert!(numbers.iter().all(|x| *x == 0.0), "{}", param.name);
                } else {
                    assert!((deviation / 0.02 - 1.0).abs() < 0.25, "{}: {deviation}", param.name);
                }
            }
            assert_eq!(
                model.weights,
                lm.with_head(head, labels(head), several, 9).unwrap().weights,
                "the same seed, the same bits"
            );
            assert!(model.weights != lm.with_head(head, labels(head), several, 10).unwrap().weights);
            let pooled_decoder = head.is_pooled() && lm.config.arch.is_causal();
            assert!(!pooled_decoder || model.config.pad_token_id.is_some(), "transformers needs it for batches");
            // And back: the trunk is still the same.
            let back = model.with_head(Head::Lm, Vec::new(), false, 1).unwrap();
            assert!(shared(&lm, &back).iter().all(|(p, same)| *same || p.starts_with("cls.") || p == "lm_head.weight"));
        }
    }
}

#[test]
fn only_the_same_head_with_the_same_labels_is_kept() {
    for arch in ARCHS {
        let (head, names) = (Head::TokenClass { n: 7 }, labels(Head::TokenClass { n: 7 }));
        let model = model(config(arch, head, false));
        assert_eq!(model.with_head(head, names.clone(), false, 1).unwrap().weights, model.weights);
        let mut others = names.clone();
        others.swap(0, 1);
        let fresh = |other: &Model| -> Vec<String> {
            shared(&model, other).into_iter().filter(|(_, same)| !same).map(|(name, _)| name).collect()
        };
        let relabelled = fresh(&model.with_head(head, others, false, 1).unwrap());
        let stem = if arch.has_rope() { "score" } else { "classifier" };
        assert_eq!(relabelled, [format!("{stem}.weight"), format!("{stem}.bias")]);
        // The same shape under the same name is still another head.
        let sorted = model.with_head(Head::SequenceClass { n: 7 }, names, false, 1).unwrap();
        assert!(fresh(&sorted).iter().all(|name| name.starts_with(stem)));
        assert!(arch == Arch::Gpt2 || !fresh(&sorted).is_empty());
        assert!(model.with_head(Head::SequenceClass { n: 2 }, Vec::new(), false, 1).is_err(), "two classes without names");
    }
}

#[test]
fn a_text_is_rated_where_transformers_looks() {
    let mut config = config(Arch::Llama, Head::Reward, false);
    assert_eq!(config.pooled_position(&[5, 6, 7, 0, 0]), 2);
    assert_eq!(config.pooled_position(&[0, 6, 0, 7]), 3);
    assert_eq!(config.pooled_position(&[0, 0]), 0);
    config.pad_token_id = None;
    assert_eq!(config.pooled_position(&[5, 6, 7, 0, 0]), 4);
    config.arch = Arch::Bert;
    assert_eq!(config.pooled_position(&[5, 6, 7]), 0);
}

#[test]
fn who_needs_a_language_model_says_so() {
    let tokenizer = Tokenizer::load(&goldens("tokenizers/wordpiece.json")).unwrap();
    for (head, several) in HEADS {
        let does = head.does();
        let encoder = model(config(Arch::Bert, head, several));
        let error = fill_mask(&encoder, &tokenizer, "a [MASK]", 3, &mut Workspace::for_inference(&encoder)).unwrap_err();
        assert_eq!(error, FillMaskError::Head { head });
        assert!(error.to_string().starts_with(&format!("this model {does} and fills no masks; choose")), "{error}");
        let decoder = model(config(Arch::Llama, head, several));
        let request = GenerateRequest { prompt: "a".to_owned(), sampling: Sampling::default(), max_tokens: 3, stop: Vec::new() };
        let error = Generation::new(&decoder.config, &tokenizer, vec![request]).err().unwrap();
        assert_eq!(error, GenerateError::Head { head });
        assert!(error.to_string().starts_with(&format!("this model {does} and does not continue text; choose")), "{error}");
        let facts = CorpusFacts { train_tokens: 9000, val_tokens: 500, val_bytes: 900, vocab_size: 53, ..CorpusFacts::default() };
        let mut run = RunConfig::default();
        run.dims.context = 30;
        let errors = run.plan(&facts, Some(&decoder.config)).unwrap_err();
        assert_eq!(errors.len(), 1);
        assert!(
            errors[0].message.starts_with(&format!("The checkpoint {does} and predicts no tokens; choose")),
            "{}",
            errors[0].message
        );
    }
}
