//! The rows of a run that learns from prompts: episodes drawn from tasks, some of which are held out. Trains nothing.

use super::row_source::{Kitchen, RowSource, Sides, begin};
use super::task_eval::EvalRows;
use crate::data::supervised::{EpisodeRecipe, Split, Style, TextRow, prompt_tasks};
use crate::evaluate::TextKind;
use crate::model::Sequence;
use crate::train::TrainRow;

/// Episodes that a validation is made of, at most.
const VALIDATION: usize = 512;
/// Seed of the episodes that are measured with: the same for every run, so that runs can be compared.
const EVAL_SEED: u64 = 1;

impl RowSource {
    /// As many episodes as were asked for. What is measured are tasks of the other side, where whole tasks are held out there; else
    /// its rows with examples of the training side.
    pub(super) fn episodes(&self, kitchen: &Kitchen<'_>) -> Sides {
        let settings = kitchen.tune.in_context.unwrap_or_default();
        let tasks = prompt_tasks(self.snapshot.rows.iter().map(|row| (row.row, row.split, &row.example)));
        let recipe = EpisodeRecipe {
            tasks: &tasks,
            tokenizer: kitchen.tokenizer,
            settings: &settings,
            max_len: kitchen.max_len,
            begin: begin(kitchen.model),
        };
        // Where nothing is trained, one of them stands for all.
        let wanted = if kitchen.eval == Split::Validation { settings.episodes } else { settings.episodes.min(1) };
        let train = recipe.rows(Split::Train, wanted, settings.seed);
        let val = recipe.rows(Split::Validation, VALIDATION, EVAL_SEED);
        let eval = if kitchen.eval == Split::Validation { val.clone() } else { recipe.rows(kitchen.eval, VALIDATION, EVAL_SEED) };
        let left_out = wanted - train.len();
        let reason = if train.is_empty() {
            "no task of the training side has two rows; the column 'task' says which rows belong together".to_owned()
        } else {
            format!("{left_out} episodes whose query alone is longer than a row")
        };
        let sequences = |rows: &[TextRow]| {
            rows.iter().map(|row| TrainRow { row: row.row, sequence: Sequence::masked(&row.ids, &row.mask) }).collect()
        };
        Sides {
            train: sequences(&train),
            val: sequences(&val),
            eval: EvalRows::Text {
                rows: eval,
                kind: TextKind::Answer,
                answer_tokens: kitchen.tune.answer_tokens,
                stop: Some(Style::END),
            },
            labels: Vec::new(),
            several: false,
            left_out: if left_out > 0 { vec![reason] } else { Vec::new() },
            not_measured: Vec::new(),
        }
    }
}
