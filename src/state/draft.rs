//! What is typed and not yet done, page by page: the window owns it and no worker ever sees it.

use std::path::PathBuf;

use super::label_draft::LabelDraft;
use super::pretrain::PretrainDraft;
use super::prompt::PromptDraft;
use super::rank_draft::RankDraft;
use super::rlhf::RlhfDraft;
use super::talk_draft::TalkDraft;
use super::tune::TuneDraft;
use crate::config::TuneTask;
use crate::engine::command::{CheckpointId, DatasetId, Mapping, RunId, TokenizerId, TokenizerKind};
use crate::tokenizer::Builtin;

/// All that is typed and not yet done.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub shell: ShellDraft,
    pub data: DataDraft,
    pub pretrain: PretrainDraft,
    pub label: LabelDraft,
    pub rank: RankDraft,
    pub rlhf: RlhfDraft,
    pub tune: TuneDraft,
    pub prompt: PromptDraft,
    pub talk: TalkDraft,
    pub runs: RunsDraft,
}

/// The palette and the project dialogs.
#[derive(Clone, Debug, Default)]
pub struct ShellDraft {
    pub palette_query: String,
    pub palette_at: usize,
    pub project_path: String,
    /// The modal that these texts belong to was shown in the last frame.
    pub modal_was_open: bool,
}

/// The Data page.
#[derive(Clone, Debug)]
pub struct DataDraft {
    pub path: String,
    /// How the inspected file is to be read, as changed by the person.
    pub mapping: Option<(PathBuf, Mapping)>,
    pub name: String,
    pub search: String,
    /// When the search was last changed, in seconds of the window's clock, until it is sent.
    pub search_changed_s: Option<f64>,
    /// The dataset that the texts below were filled in for.
    pub dataset: Option<DatasetId>,
    /// The row that is shown whole.
    pub open_row: Option<u64>,
    /// Whose tokenizer and template show what trains, the task, and the template instead of its own.
    pub training_by: Option<CheckpointId>,
    pub training_task: Option<TuneTask>,
    pub training_template: Option<Builtin>,
    /// Shares when rows are dealt out anew.
    pub validation_percent: f64,
    pub test_percent: f64,
    /// Exports hold rows without a label, too.
    pub export_all: bool,
    pub tokenizer: Option<TokenizerId>,
    pub token_text: String,
    pub kind: TokenizerKind,
    pub vocab_size: usize,
    pub tokenizer_name: String,
    /// When the kind, the size or the text of the preview was last changed, until it is sent.
    pub preview_changed_s: Option<f64>,
    pub preview_text: String,
    pub tokenizer_path: String,
    pub val_percent: f64,
    pub seed: u64,
}

impl Default for DataDraft {
    fn default() -> Self {
        Self {
            path: String::new(),
            mapping: None,
            name: String::new(),
            search: String::new(),
            search_changed_s: None,
            dataset: None,
            open_row: None,
            training_by: None,
            training_task: None,
            training_template: None,
            validation_percent: 10.0,
            test_percent: 10.0,
            export_all: false,
            tokenizer: None,
            token_text: String::new(),
            kind: TokenizerKind::ByteBpe,
            vocab_size: 1024,
            tokenizer_name: String::new(),
            preview_changed_s: Some(0.0),
            preview_text: String::new(),
            tokenizer_path: String::new(),
            val_percent: 5.0,
            seed: 1,
        }
    }
}

/// The Runs page.
#[derive(Clone, Debug, Default)]
pub struct RunsDraft {
    /// The run whose name is being changed, and the new name.
    pub renaming: Option<(RunId, String)>,
    pub log_scale: bool,
    /// Comparing configurations: also what is the same.
    pub show_same: bool,
}
