//! Runs and checkpoints as a family tree, and configurations as tables that can be compared. Draws nothing.

use std::collections::BTreeSet;

use crate::config::RunConfig;
use crate::engine::command::{CheckpointId, RunId};
use crate::engine::event::{Library, RunRow};

/// A line of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    pub depth: usize,
    pub item: Item,
}

/// What stands on a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    Run(RunId),
    Checkpoint(CheckpointId),
}

/// All lines, top to bottom: models that came from outside, then runs, the newest first; a run's checkpoints and the runs that
/// branched off them stand under it.
pub fn tree(library: &Library, open: &BTreeSet<RunId>, show_deleted: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    for checkpoint in library.checkpoints.iter().filter(|checkpoint| checkpoint.run.is_none()) {
        lines.push(Line { depth: 0, item: Item::Checkpoint(checkpoint.id) });
        branches(library, Some(checkpoint.id), open, show_deleted, 1, &mut lines);
    }
    branches(library, None, open, show_deleted, 0, &mut lines);
    lines
}

fn shown(run: &RunRow, show_deleted: bool) -> bool {
    show_deleted || !run.deleted
}

/// The checkpoint that a run branched off, if its line is there to stand under.
fn parent(library: &Library, run: &RunRow, show_deleted: bool) -> Option<CheckpointId> {
    let checkpoint = library.checkpoints.iter().find(|checkpoint| Some(checkpoint.id) == run.parent_checkpoint)?;
    let Some(of) = checkpoint.run else { return Some(checkpoint.id) };
    let stands = of != run.id && library.runs.iter().any(|other| other.id == of && shown(other, show_deleted));
    stands.then_some(checkpoint.id)
}

fn branches(
    library: &Library,
    from: Option<CheckpointId>,
    open: &BTreeSet<RunId>,
    show_deleted: bool,
    depth: usize,
    lines: &mut Vec<Line>,
) {
    // A damaged table could make a run its own grandparent.
    const DEEPEST: usize = 24;
    if depth > DEEPEST {
        return;
    }
    for run in library.runs.iter().rev().filter(|run| shown(run, show_deleted) && parent(library, run, show_deleted) == from) {
        lines.push(Line { depth, item: Item::Run(run.id) });
        for checkpoint in library.checkpoints.iter().rev().filter(|checkpoint| checkpoint.run == Some(run.id)) {
            if open.contains(&run.id) {
                lines.push(Line { depth: depth + 1, item: Item::Checkpoint(checkpoint.id) });
            }
            branches(library, Some(checkpoint.id), open, show_deleted, depth + 1, lines);
        }
    }
}

/// The best checkpoint to go on from: the newest that is there.
pub fn newest_checkpoint(library: &Library, run: RunId) -> Option<CheckpointId> {
    let mut own =
        library.checkpoints.iter().filter(|checkpoint| checkpoint.run == Some(run) && !checkpoint.missing).collect::<Vec<_>>();
    own.sort_by_key(|checkpoint| checkpoint.step);
    own.last().map(|checkpoint| checkpoint.id)
}

/// Every value of a configuration, with its name in words, in the order of the configuration.
pub fn config_table(config: &RunConfig) -> Vec<(String, String)> {
    let mut rows = Vec::new();
    if let Ok(value) = serde_json::to_value(config) {
        flatten("", &value, &mut rows);
    }
    rows.retain(|(name, _)| name != "name" && name != "corpus");
    for (name, _) in &mut rows {
        *name = words(name);
    }
    rows
}

fn flatten(name: &str, value: &serde_json::Value, rows: &mut Vec<(String, String)>) {
    match value {
        serde_json::Value::Object(fields) => fields.iter().for_each(|(field, value)| flatten(field, value, rows)),
        serde_json::Value::Array(items) => {
            let items = items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned));
            rows.push((name.to_owned(), items.collect::<Vec<_>>().join(" | ")));
        }
        serde_json::Value::String(text) => rows.push((name.to_owned(), text.replace('_', " "))),
        serde_json::Value::Bool(yes) => rows.push((name.to_owned(), if *yes { "yes" } else { "no" }.to_owned())),
        serde_json::Value::Number(number) => {
            let text = match number.as_u64() {
                Some(n) if name == "seed" => n.to_string(),
                Some(n) => super::format::count(n),
                None => number.as_f64().map_or_else(|| number.to_string(), super::format::small),
            };
            rows.push((name.to_owned(), text));
        }
        serde_json::Value::Null => rows.push((name.to_owned(), "—".to_owned())),
    }
}

fn words(field: &str) -> String {
    let known = [
        ("n_layers", "Layers"),
        ("d_model", "Width"),
        ("n_heads", "Heads"),
        ("n_kv_heads", "Key/value heads"),
        ("d_ff", "Feed-forward width"),
        ("lr", "Learning rate"),
        ("min_lr_ratio", "Final rate, as a share"),
        ("warmup_steps", "Warm-up steps"),
        ("grad_accum", "Gradient accumulation"),
        ("clip_norm", "Gradient clipping"),
        ("eps", "Adam ε"),
        ("beta1", "Adam β1"),
        ("beta2", "Adam β2"),
        ("mask_prob", "Masked share"),
        ("checkpoint_every_s", "Seconds between checkpoints"),
        ("checkpoint_every", "Steps between checkpoints"),
        ("eval_every", "Steps between validations"),
        ("sample_every", "Steps between samples"),
    ];
    if let Some((_, name)) = known.iter().find(|(name, _)| *name == field) {
        return (*name).to_owned();
    }
    let text = field.replace('_', " ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// One value of several configurations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    pub name: String,
    pub values: Vec<String>,
    pub same: bool,
}

/// Configurations side by side.
pub fn compare(configs: &[&RunConfig]) -> Vec<Compared> {
    let tables = configs.iter().map(|config| config_table(config)).collect::<Vec<_>>();
    let Some(first) = tables.first() else { return Vec::new() };
    let row = |(name, value): &(String, String)| {
        let find = |table: &Vec<(String, String)>| {
            table.iter().find(|(other, _)| other == name).map_or_else(|| "—".to_owned(), |(_, value)| value.clone())
        };
        let values = tables.iter().map(find).collect::<Vec<_>>();
        Compared { name: name.clone(), same: values.iter().all(|other| other == value), values }
    };
    first.iter().map(row).collect()
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::engine::event::{CheckpointRow, RunState};

    fn run(id: RunId, parent: Option<CheckpointId>, deleted: bool) -> RunRow {
        RunRow {
            id,
            name: format!("run {id}"),
            config: RunConfig::default(),
            state: RunState::Finished,
            parent_checkpoint: parent,
            created_at: 0,
            duration_s: 1.0,
            step: 10,
            n_params: 1,
            train_loss: None,
            val_loss: None,
            deleted,
        }
    }

    fn checkpoint(id: CheckpointId, run: Option<RunId>) -> CheckpointRow {
        CheckpointRow { id, run, name: format!("checkpoint {id}"), step: id as u64, bytes: 1, ..CheckpointRow::default() }
    }

    #[test]
    fn branches_stand_under_the_checkpoint_they_came_from() {
        let library = Library {
            runs: vec![run(1, None, false), run(2, Some(11), false), run(3, Some(20), false), run(4, Some(10), true)],
            checkpoints: vec![checkpoint(20, None), checkpoint(10, Some(1)), checkpoint(11, Some(1))],
            ..Library::default()
        };
        let lines = tree(&library, &BTreeSet::from([1]), false);
        let line = |depth, item| Line { depth, item };
        assert_eq!(
            lines,
            [
                line(0, Item::Checkpoint(20)),
                line(1, Item::Run(3)),
                line(0, Item::Run(1)),
                line(1, Item::Checkpoint(11)),
                line(1, Item::Run(2)),
                line(1, Item::Checkpoint(10)),
            ]
        );
        assert_eq!(newest_checkpoint(&library, 1), Some(11));
    }

    #[test]
    fn a_branch_of_a_deleted_run_stands_alone() {
        let library = Library {
            runs: vec![run(1, None, true), run(2, Some(10), false)],
            checkpoints: vec![checkpoint(10, Some(1))],
            ..Library::default()
        };
        assert_eq!(tree(&library, &BTreeSet::new(), false), [Line { depth: 0, item: Item::Run(2) }]);
        assert_eq!(tree(&library, &BTreeSet::new(), true).len(), 2);
    }

    #[test]
    fn only_what_differs_is_marked() {
        let a = RunConfig { lr: 2e-3, ..RunConfig::default() };
        let b = RunConfig { lr: 1e-3, ..RunConfig::default() };
        let rows = compare(&[&a, &b]);
        let different = rows.iter().filter(|row| !row.same).collect::<Vec<_>>();
        assert_eq!(different.len(), 1);
        assert_eq!(different[0].name, "Learning rate");
        assert_eq!(different[0].values, ["0.002", "0.001"]);
    }
}
