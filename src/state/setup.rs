//! The run being set up: what was typed, and what is wrong with it. Starts nothing and draws nothing.

use crate::config::{ConfigError, CorpusFacts, Dims, Estimate, Objective, Preset, RunConfig, first_run, presets};
use crate::engine::command::{CheckpointId, CorpusId};
use crate::engine::event::{CorpusInfo, Library};

use super::format;

/// What a configuration was found to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Check {
    /// In the order of the fields.
    pub errors: Vec<ConfigError>,
    /// None when there is no such model.
    pub estimate: Option<Estimate>,
    /// How often each training token would be seen.
    pub epochs: f64,
}

impl Check {
    /// Checks a configuration against the text it names, as far as the library knows it.
    pub fn of(config: &RunConfig, corpus: Option<&CorpusInfo>, vocab_size: usize) -> Self {
        let estimate = config.estimate(vocab_size.max(1)).ok();
        let Some(corpus) = corpus else {
            let message = "Choose a text that was cut into tokens; the Data page makes one.".to_owned();
            return Self { errors: vec![ConfigError { field: "corpus", message }], estimate, epochs: 0.0 };
        };
        let facts = CorpusFacts {
            train_tokens: corpus.train_tokens,
            val_tokens: corpus.val_tokens,
            val_bytes: corpus.val_bytes,
            vocab_size,
            // Whether the tokenizer can hide tokens is known to the trainer alone, which says so before the first step.
            mask: Some(0),
            ..CorpusFacts::default()
        };
        let errors = config.plan(&facts, None).err().unwrap_or_default();
        let tokens = estimate.map_or(0, |e| e.tokens_per_step) as f64 * config.steps as f64;
        Self { errors, estimate, epochs: tokens / corpus.train_tokens.max(1) as f64 }
    }

    /// What is wrong with a field.
    pub fn error(&self, field: &str) -> Option<&str> {
        self.errors.iter().find(|error| error.field == field).map(|error| error.message.as_str())
    }
}

/// What is typed on the set-up side. Owned by the window.
#[derive(Clone, Debug)]
pub struct SetupDraft {
    pub config: RunConfig,
    /// For "what fits in".
    pub minutes: f64,
    pub new_prompt: String,
    /// What the configuration was last fitted to: it is refitted only when this changes.
    seen: Option<Seen>,
    checked: Option<(RunConfig, Option<CorpusId>, usize, Check)>,
}

/// What came from outside and changed the draft.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    from: Option<CheckpointId>,
    prompts: Vec<String>,
}

impl Default for SetupDraft {
    fn default() -> Self {
        let mut config = RunConfig::default();
        first_run(Objective::Causal).apply(&mut config);
        Self { config, minutes: 5.0, new_prompt: String::new(), seen: None, checked: None }
    }
}

impl SetupDraft {
    /// Takes over what the project says: a corpus when none is chosen, the pinned prompts, a branch's configuration.
    pub fn settle(&mut self, library: &Library, from: Option<CheckpointId>, prompts: &[String]) {
        if !library.corpora.iter().any(|corpus| corpus.id == self.config.corpus) {
            self.config.corpus = library.corpora.last().map_or(0, |corpus| corpus.id);
        }
        let now = Seen { from, prompts: prompts.to_vec() };
        let before = self.seen.replace(now);
        if before.as_ref().is_none_or(|seen| seen.prompts != prompts) && !prompts.is_empty() {
            self.config.prompts = prompts.to_vec();
        }
        if before.is_none_or(|seen| seen.from != from)
            && let Some(from) = from
        {
            self.take_over(library, from);
        }
    }

    /// A branch begins with the settings of the run that its weights come from.
    fn take_over(&mut self, library: &Library, from: CheckpointId) {
        let Some(checkpoint) = library.checkpoints.iter().find(|row| row.id == from) else { return };
        if let Some(run) = library.runs.iter().find(|run| Some(run.id) == checkpoint.run) {
            self.config = RunConfig {
                name: format!("{}, branch at {}", run.name, format::count(checkpoint.step)),
                tune: None,
                ..run.config.clone()
            };
        } else {
            self.config.objective = if checkpoint.is_encoder { Objective::Masked } else { Objective::Causal };
        }
    }

    /// The check of the configuration as it stands; done again only when something changed.
    pub fn check(&mut self, library: &Library) -> Check {
        let corpus = corpus(library, self.config.corpus);
        let vocab_size = vocab_size(library, self.config.corpus);
        let id = corpus.map(|corpus| corpus.id);
        if let Some((config, of, vocab, check)) = &self.checked
            && (config, *of, *vocab) == (&self.config, id, vocab_size)
        {
            return check.clone();
        }
        let check = Check::of(&self.config, corpus, vocab_size);
        self.checked = Some((self.config.clone(), id, vocab_size, check.clone()));
        check
    }
}

/// A corpus of the project.
pub fn corpus(library: &Library, id: CorpusId) -> Option<&CorpusInfo> {
    library.corpora.iter().find(|corpus| corpus.id == id)
}

/// Entries of the tokenizer that cut a corpus; 0 if it is not known.
pub fn vocab_size(library: &Library, id: CorpusId) -> usize {
    let tokenizer = corpus(library, id).map(|corpus| corpus.tokenizer);
    library.tokenizers.iter().find(|row| Some(row.id) == tokenizer).map_or(0, |row| row.vocab_size)
}

/// A corpus by the names of its parts, say "A small world · pieces of 2,048".
pub fn corpus_name(library: &Library, corpus: &CorpusInfo) -> String {
    let dataset = library.datasets.iter().find(|row| row.id == corpus.dataset).map_or("text", |row| row.name.as_str());
    let tokenizer = library.tokenizers.iter().find(|row| row.id == corpus.tokenizer);
    tokenizer.map_or_else(|| dataset.to_owned(), |row| format!("{dataset} · {}", row.name))
}

/// The place on the dial that has these dimensions, if one has.
pub fn dial_place(config: &RunConfig) -> Option<usize> {
    presets(config.objective).iter().position(|preset| preset.dims == config.dims)
}

/// The preset at a place of the dial.
pub fn at_place(objective: Objective, place: usize) -> Option<Preset> {
    presets(objective).into_iter().nth(place)
}

/// Changes the objective and keeps the place on the dial.
pub fn set_objective(config: &mut RunConfig, objective: Objective) {
    if config.objective == objective {
        return;
    }
    let place = dial_place(config);
    config.objective = objective;
    match place.and_then(|place| at_place(objective, place)) {
        Some(preset) => preset.apply(config),
        None => config.dims = Dims { n_kv_heads: config.dims.n_heads, ..config.dims },
    }
}

/// Whether the model can make something of the pinned prompts: one that fills masks needs a mask to fill.
pub fn can_sample(config: &RunConfig) -> bool {
    const MASKS: [&str; 4] = ["[MASK]", "<mask>", "<|mask|>", "___"];
    config.prompts.iter().any(|prompt| match config.objective {
        Objective::Causal => true,
        Objective::Masked => MASKS.iter().any(|mask| prompt.contains(mask)),
    })
}

/// The name of a run that nobody named.
pub fn auto_name(config: &RunConfig, n_params: u64) -> String {
    let kind = match config.objective {
        Objective::Causal => "Causal",
        Objective::Masked => "Masked",
    };
    format!("{kind} {}", format::compact(n_params))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::event::{Baselines, TokenizerInfo};

    pub fn library() -> Library {
        Library {
            tokenizers: vec![TokenizerInfo { id: 3, name: "pieces".to_owned(), kind: String::new(), vocab_size: 1024 }],
            corpora: vec![CorpusInfo {
                id: 5,
                dataset: 1,
                tokenizer: 3,
                train_tokens: 400_000,
                val_tokens: 20_000,
                train_documents: 100,
                val_documents: 5,
                val_bytes: 60_000,
                duplicates: 0,
                baselines: Baselines::default(),
            }],
            ..Library::default()
        }
    }

    #[test]
    fn the_first_draft_of_a_project_with_a_corpus_can_be_started_as_it_is() {
        let mut draft = SetupDraft::default();
        draft.settle(&library(), None, &["Once".to_owned()]);
        assert_eq!(draft.config.corpus, 5);
        assert_eq!(draft.config.prompts, ["Once"]);
        let check = draft.check(&library());
        assert_eq!(check.errors, []);
        assert!(check.estimate.unwrap().n_params > 500_000);
        assert_eq!(dial_place(&draft.config), Some(2));
    }

    #[test]
    fn what_a_person_typed_stays_when_the_library_comes_again() {
        let mut draft = SetupDraft::default();
        draft.settle(&library(), None, &["Once".to_owned()]);
        draft.config.prompts.push("Then".to_owned());
        draft.settle(&library(), None, &["Once".to_owned()]);
        assert_eq!(draft.config.prompts.len(), 2);
    }

    #[test]
    fn without_a_corpus_the_reason_stands_at_the_corpus() {
        let mut draft = SetupDraft::default();
        let check = draft.check(&Library::default());
        assert!(check.error("corpus").unwrap().contains("Data page"));
    }

    #[test]
    fn an_impossible_combination_is_refused_where_it_stands() {
        let mut draft = SetupDraft::default();
        draft.settle(&library(), None, &[]);
        draft.config.dims.n_kv_heads = 3;
        let check = draft.check(&library());
        assert!(check.error("n_kv_heads").unwrap().contains("divisor"), "{:?}", check.errors);
    }

    #[test]
    fn the_objective_keeps_the_place_on_the_dial() {
        let mut config = RunConfig::default();
        at_place(Objective::Causal, 3).unwrap().apply(&mut config);
        set_objective(&mut config, Objective::Masked);
        assert_eq!(dial_place(&config), Some(3));
    }
}
