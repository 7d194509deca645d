//! What is seen inside a model, against a plain computation in double precision written here: probabilities, attention, logit lens, neighbours.

mod plain;

use std::path::Path;

use lyceum::engine::look::AnswerScore;
use lyceum::formats::load_folder;
use lyceum::infer::inspect;
use lyceum::model::{Head, Model, Workspace, logits_at};
use plain::{Plain, log_softmax, plain};

fn model(name: &str) -> Model {
    load_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/models").join(name)).unwrap().model
}

fn name(id: u32) -> String {
    format!("<{id}>")
}

/// A text over the whole vocabulary, with a token that comes twice.
fn text(model: &Model) -> Vec<u32> {
    let v = model.config.vocab_size as u32;
    (0..14).map(|i| if i == 9 { 7 } else { (7 + i * 31) % v }).collect()
}

fn close(got: f32, want: f64, what: &str) {
    assert!((f64::from(got) - want).abs() <= 2e-5 * want.abs().max(0.05), "{what}: {got} where {want} was wanted");
}

/// The plain computation is itself held against the logits that Hugging Face transformers gave (`tests/goldens/make_goldens.py`).
#[test]
fn the_plain_computation_is_what_transformers_computes() {
    for folder in ["llama_tied", "gpt2"] {
        let model = model(folder);
        let at = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/models").join(folder);
        let golden: serde_json::Value = serde_json::from_slice(&std::fs::read(at.join("golden.json")).unwrap()).unwrap();
        let numbers =
            |name: &str| golden[name][0].as_array().unwrap().iter().map(|x| x.as_u64().unwrap() as u32).collect::<Vec<_>>();
        let n = numbers("attention_mask").iter().sum::<u32>() as usize;
        let ids = numbers("input_ids")[..n].to_vec();
        let bytes = std::fs::read(at.join("logits.safetensors")).unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let logits = tensors.tensor("logits").unwrap();
        let want: Vec<f32> = logits.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect();
        let got = plain(&model, &ids);
        for (place, want) in want.chunks_exact(model.config.vocab_size).take(n).enumerate() {
            for (got, want) in got.logits(&model, model.config.n_layers, place).iter().zip(want) {
                assert!((got - f64::from(*want)).abs() < 1e-4, "{folder} {place}: {got} {want}");
            }
        }
    }
}

#[test]
fn attention_is_the_plain_softmax() {
    for folder in ["llama_tied", "gpt2", "bert_mlm"] {
        let model = model(folder);
        let ids = text(&model);
        let want = plain(&model, &ids);
        let mut ws = Workspace::for_inference(&model);
        let view = inspect::attention(&model, &ids, 0, &name, &mut ws);
        let n = ids.len();
        assert_eq!((view.layers, view.heads, view.first, view.tokens.len()), (model.config.n_layers, model.config.n_heads, 0, n));
        for layer in 0..view.layers {
            for head in 0..view.heads {
                let got = view.head(layer, head);
                for i in 0..n {
                    let row = &got[i * n..][..n];
                    assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{folder}: a row does not sum to 1");
                    for (j, p) in row.iter().enumerate() {
                        close(*p, want.attention[layer][head][i][j], &format!("{folder} {layer} {head} {i} {j}"));
                        assert!(!view.causal || j <= i || *p == 0.0, "{folder} looks ahead");
                    }
                }
            }
        }
        // The mean of two heads.
        let mean = view.mean(&[(0, 0), (1, 1)]);
        close(mean[n], f64::midpoint(want.attention[0][0][1][0], want.attention[1][1][1][0]), "mean");
    }
}

#[test]
fn the_lens_reads_every_layer_through_the_head() {
    for folder in ["llama_tied", "gpt2"] {
        let model = model(folder);
        let ids = text(&model);
        let want = plain(&model, &ids);
        let mut ws = Workspace::for_inference(&model);
        let view = inspect::lens(&model, &ids, 0, 3, &name, &mut ws).unwrap();
        assert_eq!(view.cells.len(), (model.config.n_layers + 1) * ids.len());
        for depth in 0..=model.config.n_layers {
            for place in 0..ids.len() {
                let logp = log_softmax(&want.logits(&model, depth, place));
                let cell = view.cell(depth, place).unwrap();
                for (k, guess) in cell.best.iter().enumerate() {
                    close(guess.p, logp[guess.id as usize].exp(), &format!("{folder} {depth} {place}"));
                    let likelier = logp.iter().filter(|p| **p > logp[guess.id as usize] + 1e-6).count();
                    assert!(likelier <= k, "{folder} {depth} {place}: guess {k} is not the best");
                }
                let came = ids.get(place + 1).map(|id| logp[*id as usize].exp());
                assert_eq!(cell.came.is_some(), came.is_some());
                if let (Some((p, rank)), Some(want)) = (cell.came, came) {
                    close(p, want, "what came");
                    assert_eq!(rank, rank_of(&logp, ids[place + 1]));
                }
            }
        }
        // What follows is as before: a look leaves no trace.
        let before = logits_at(&model, &ids, &[ids.len() - 1], &mut Workspace::for_inference(&model));
        assert_eq!(before, logits_at(&model, &ids, &[ids.len() - 1], &mut ws));
    }
}

/// Ranks are given where no other token is within rounding.
fn rank_of(logp: &[f64], id: u32) -> usize {
    1 + logp.iter().filter(|p| **p > logp[id as usize]).count()
}

#[test]
fn tokens_are_rated_by_what_was_expected() {
    for folder in ["llama_tied", "gpt2"] {
        let model = model(folder);
        let ids = text(&model);
        let want = plain(&model, &ids);
        let prompt_tokens = 5;
        let mut ws = Workspace::for_inference(&model);
        let view = inspect::tokens(&model, &ids, prompt_tokens, 4, &name, &mut ws).unwrap();
        assert!(view.tokens[0].rated.is_none());
        let mut sum = 0.0;
        for place in 1..ids.len() {
            let logp = log_softmax(&want.logits(&model, model.config.n_layers, place - 1));
            let rated = view.tokens[place].rated.as_ref().unwrap();
            close(rated.logprob, logp[ids[place] as usize], "log-probability");
            close(rated.expected.entropy, -logp.iter().map(|p| p.exp() * p).sum::<f64>(), "entropy");
            assert_eq!(rated.rank, rank_of(&logp, ids[place]));
            assert_eq!(rated.expected.best.len(), 4);
            let best = logp.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            close(rated.expected.best[0].p, best.exp(), "the best");
            if place >= prompt_tokens {
                sum += logp[ids[place] as usize];
            }
        }
        let AnswerScore { tokens, logprob } = view.answer.unwrap();
        assert_eq!(tokens, ids.len() - prompt_tokens);
        assert!((logprob - sum).abs() < 1e-3, "{logprob} {sum}");
        let perplexity = (-sum / tokens as f64).exp();
        assert!((view.answer.unwrap().perplexity() / perplexity - 1.0).abs() < 1e-4);
        let next = log_softmax(&want.logits(&model, model.config.n_layers, ids.len() - 1));
        let best = &view.next.unwrap().best[0];
        close(best.p, next[best.id as usize].exp(), "next");
        let logits = inspect::next(&model, &ids, &name, &mut ws).unwrap();
        assert_eq!(logits.best[0].0, best.id);
        // A prompt alone has no answer.
        assert_eq!(inspect::tokens(&model, &ids, ids.len(), 4, &name, &mut ws).unwrap().answer, None);
    }
}

#[test]
fn neighbours_point_the_same_way() {
    for folder in ["llama_tied", "gpt2", "bert_mlm"] {
        let model = model(folder);
        let d = model.config.d_model;
        let rows: Vec<Vec<f64>> = model.embeddings().chunks_exact(d).map(|r| r.iter().map(|x| f64::from(*x)).collect()).collect();
        assert_eq!(rows.len(), model.config.vocab_size);
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let cosine =
            |a: usize, b: usize| dot(&rows[a], &rows[b]) / (dot(&rows[a], &rows[a]).sqrt() * dot(&rows[b], &rows[b]).sqrt());
        let view = inspect::neighbours(&model, 11, 6, &name).unwrap();
        assert_eq!((view.best.len(), view.text.as_str()), (6, "<11>"));
        let mut want: Vec<f64> = (0..rows.len()).filter(|i| *i != 11).map(|i| cosine(11, i)).collect();
        want.sort_by(|a, b| b.total_cmp(a));
        for (near, want) in view.best.iter().zip(want) {
            close(near.cosine, want, folder);
            close(near.cosine, cosine(11, near.id as usize), folder);
        }
        assert!(inspect::neighbours(&model, 1 << 20, 6, &name).is_err());
    }
}

#[test]
fn what_cannot_be_seen_says_why() {
    let bert = model("bert_mlm");
    let mut ws = Workspace::for_inference(&bert);
    let why = inspect::tokens(&bert, &[1, 2, 3], 1, 4, &name, &mut ws).unwrap_err();
    assert!(why.to_string().contains("encoder"), "{why}");
    let classes = model("llama_tied").with_head(Head::SequenceClass { n: 2 }, vec!["a".into(), "b".into()], false, 1).unwrap();
    let mut ws = Workspace::for_inference(&classes);
    let why = inspect::lens(&classes, &[1, 2, 3], 1, 4, &name, &mut ws).unwrap_err();
    assert!(why.to_string().contains("predicts no token"), "{why}");
    // Where it looks can be seen all the same.
    assert_eq!(inspect::attention(&classes, &[1, 2, 3], 2, &name, &mut ws).tokens.len(), 3);
}

#[test]
fn long_texts_are_shown_in_stretches() {
    let model = model("llama_tied");
    let ids: Vec<u32> = (0..model.config.max_len as u32).map(|i| 3 + i * 7 % 300).collect();
    let mut ws = Workspace::for_inference(&model);
    let whole = plain(&model, &ids);
    let view = inspect::lens(&model, &ids, ids.len() - 1, 1, &name, &mut ws).unwrap();
    assert_eq!(view.first + view.tokens.len(), ids.len());
    let Plain { residual, .. } = &whole;
    assert_eq!(residual.len(), model.config.n_layers + 1);
    // The context is full: nothing can follow.
    assert_eq!(inspect::tokens(&model, &ids, 1, 2, &name, &mut ws).unwrap().next, None);
}
