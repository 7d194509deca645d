//! What a project holds, as the method advisor wants to know it, and where its advice leads. Decides nothing itself.

use super::page::Page;
use super::{AppState, tune};
use crate::config::advisor::{Advice, Holdings, Labelled, Method, Models, Place, Task, advise};
use crate::engine::command::{DatasetId, Schema};
use crate::engine::event::{DatasetInfo, Library};

impl AppState {
    /// What the advisor says of the whole project, or of one dataset's rows, the most advisable first.
    pub fn advice(&self, dataset: Option<DatasetId>) -> Vec<Advice> {
        advise(&holdings(&self.library, dataset))
    }
}

/// What the library holds; of labelled rows only one dataset's, if one is named.
pub fn holdings(library: &Library, dataset: Option<DatasetId>) -> Holdings {
    let rows = |row: &&DatasetInfo| !row.deleted && dataset.is_none_or(|id| id == row.id);
    let labelled = library.datasets.iter().filter(rows).filter_map(labelled).collect();
    let usable = || tune::usable(library);
    let tuned = |run: Option<i64>| library.runs.iter().any(|row| Some(row.id) == run && row.config.tune.is_some());
    let models = Models {
        causal: usable().any(|row| !row.is_encoder),
        encoder: usable().any(|row| row.is_encoder),
        largest_n_params: usable().map(|row| tune::n_params(library, Some(row.id))).max().unwrap_or(0),
        tuned: usable().any(|row| !row.is_encoder && tuned(row.run)),
        reward: !super::judges::reward_models(library).is_empty(),
    };
    let corpus_tokens = library.corpora.iter().map(|corpus| corpus.train_tokens).max().unwrap_or(0);
    let feedback = || library.datasets.iter().filter(|row| !row.deleted && row.schema.is_feedback());
    let preferences = feedback().map(|row| row.votes).sum();
    let prompts = feedback().map(|row| row.questions).max().unwrap_or(0);
    Holdings { labelled, preferences, prompts, corpus_tokens, models }
}

fn labelled(row: &DatasetInfo) -> Option<Labelled> {
    let (task, classes) = match row.schema {
        Schema::Classes => (Task::Classes, row.classes.max(2)),
        Schema::Entities => (Task::Entities, row.classes.max(1)),
        Schema::ExtractiveQa => (Task::ExtractiveQa, 0),
        Schema::Translation => (Task::Translation, 0),
        Schema::Instruction | Schema::PromptCompletion => (Task::Answers, 0),
        Schema::Messages | Schema::Conversations => (Task::Chat, 0),
        Schema::Recommendation => (Task::Recommendation, 0),
        Schema::Text | Schema::Preference | Schema::Unpaired | Schema::Ranking | Schema::Prompts => return None,
    };
    // Rows that wait for a label count as what they will be.
    Some(Labelled { task, rows: row.labelled, classes })
}

/// As a person reads it.
pub fn method_name(method: Method) -> &'static str {
    match method {
        Method::Dpo => "Preference optimisation (DPO)",
        Method::Rlhf => "Reinforcement learning (RLHF)",
        Method::Classify => "Fine-tune a classifier",
        Method::Tag => "Fine-tune an entity tagger",
        Method::Extract => "Fine-tune to find answers",
        Method::Sft => "Fine-tune to write answers (SFT)",
        Method::RewardModel => "Train a reward model",
        Method::Prompting => "Prompt with examples",
        Method::Pretrain => "Pre-train",
    }
}

/// The page that a place is on, if it is there yet.
pub fn page(place: Place) -> Option<Page> {
    match place {
        Place::Data => Some(Page::Data),
        Place::Label => Some(Page::Label),
        Place::Pretrain => Some(Page::Pretrain),
        Place::FineTune => Some(Page::Tune),
        Place::Prompt => Some(Page::Prompt),
        Place::Rank => Some(Page::Rank),
        Place::Rlhf => Some(Page::Rlhf),
    }
}
