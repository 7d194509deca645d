//! A project folder from the outside: round trip, second window, crashes, foreign and damaged files.

use std::path::{Path, PathBuf};

use lyceum::config::{Objective, RunConfig};
use lyceum::engine::command::{DocumentRule, Knob, Mapping, Schema};
use lyceum::engine::event::{
    Baselines, CorpusInfo, DatasetInfo, EvalPoint, Mark, MarkKind, MetricPoint, RunState, Sample, TaskEval, TaskOutput,
    TokenizerInfo,
};
use lyceum::store::{Draft, KeepRule, NewCheckpoint, Project, RunProgress};

struct Place {
    _dir: tempfile::TempDir,
    path: PathBuf,
}

fn place() -> Place {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.lyceum");
    Place { _dir: dir, path }
}

fn draft(parent: &Path, files: &[(&str, &str)]) -> lyceum::store::SealedDraft {
    let draft = Draft::within(parent).unwrap();
    for (name, text) in files {
        std::fs::write(draft.path().join(name), text).unwrap();
    }
    draft.seal().unwrap()
}

fn weights(project: &Project, run: i64) -> lyceum::store::SealedDraft {
    draft(&project.paths().run_dir(run), &[("model.safetensors", "w"), ("trainer_state.json", "{}")])
}

fn at(run: i64, step: u64) -> NewCheckpoint {
    NewCheckpoint { run, step, train_loss: Some(2.0), val_loss: None, best: false, is_encoder: false }
}

fn point(step: u64, loss: f32) -> MetricPoint {
    MetricPoint { step, loss, lr: 1e-3, grad_norm: 0.5, tokens_per_s: 100.0, elapsed_s: step as f32 }
}

fn task(step: u64) -> TaskEval {
    let labels = ["a".to_owned(), "b".to_owned()];
    let report = lyceum::evaluate::classes(&labels, &[vec![0], vec![1]], &[vec![0], vec![0]], false);
    let row = |row, score| TaskOutput { row, input: "x".into(), wanted: "a".into(), given: "b".into(), score };
    TaskEval {
        step,
        seconds: 0.5,
        baseline: Some(report.headline.clone()),
        report,
        rows: vec![row(1, 1.0), row(2, 0.0)],
        best: false,
    }
}

fn eval(step: u64) -> EvalPoint {
    EvalPoint { step, loss: 1.5, perplexity: 4.5, bits_per_byte: 2.0, best: true }
}

fn names_in(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn what_is_written_is_read_again() {
    let place = place();
    let mut project = Project::create(&place.path).unwrap();
    let root = project.paths().root().to_path_buf();
    let mapping = Mapping {
        schema: Schema::Text,
        columns: vec![("text".into(), "body".into())],
        documents: DocumentRule::Line,
        tag_names: Vec::new(),
    };
    let mut dataset =
        DatasetInfo { rows: 3, bytes: 9, columns: vec!["body".into()], ..DatasetInfo::new("Ä", "a.txt", Schema::Text) };
    dataset.id = project.add_dataset(draft(&root, &[("text.bin", "abc")]), &dataset, &mapping).unwrap();
    let mut tokenizer = TokenizerInfo { id: 0, name: "t".into(), kind: "bytes".into(), vocab_size: 264 };
    tokenizer.id = project.add_tokenizer(draft(&root, &[("tokenizer.json", "{}")]), &tokenizer).unwrap();
    let mut corpus = CorpusInfo {
        id: 0,
        dataset: dataset.id,
        tokenizer: tokenizer.id,
        train_tokens: 100,
        val_tokens: 10,
        train_documents: 2,
        val_documents: 1,
        val_bytes: 9,
        duplicates: 1,
        baselines: Baselines { uniform: 5.5, unigram: 4.0, bigram: 3.0 },
    };
    corpus.id = project.add_corpus(draft(&root, &[("train.bin", "x")]), &corpus).unwrap();
    let config = RunConfig { name: "first".into(), corpus: corpus.id, ..RunConfig::default() };
    let run = project.create_run(&config, None, 1234).unwrap();
    let progress = RunProgress {
        points: vec![point(1, 3.0), point(2, f32::NAN)],
        evals: vec![eval(2)],
        marks: vec![Mark { step: 2, kind: MarkKind::Knob { from: Knob::Lr(0.1), to: Knob::Lr(0.2) }, label: "rate".into() }],
        samples: vec![Sample { step: 2, prompt: "a".into(), completion: "b".into() }],
        tasks: vec![task(2)],
        series: Vec::new(),
    };
    project.add_progress(run, &progress).unwrap();
    let checkpoint = project.commit_checkpoint(weights(&project, run), &at(run, 2)).unwrap();
    project.set_run_state(run, RunState::Finished).unwrap();
    project.add_prompt("p", "c", "{}").unwrap();
    project.set_setting("k", "v").unwrap();
    drop(project);

    let (project, repairs) = Project::open(&place.path).unwrap();
    assert_eq!(repairs, lyceum::store::Repairs::default());
    let library = project.library().unwrap();
    assert_eq!((&library.datasets, &library.tokenizers, &library.corpora), (&vec![dataset], &vec![tokenizer], &vec![corpus]));
    assert_eq!(library.checkpoints, [checkpoint]);
    assert_eq!((library.prompts.len(), project.settings().unwrap()), (1, vec![("k".into(), "v".into())]));
    let row = library.runs.first().unwrap();
    assert_eq!((&row.config, row.state, row.step, row.n_params), (&config, RunState::Finished, 2, 1234));
    assert!(row.val_loss.is_some());
    let points = project.metrics(run).unwrap();
    assert_eq!(points.first(), progress.points.first());
    assert!(points.get(1).unwrap().loss.is_nan(), "a loss that is not a number stays one");
    assert_eq!(project.evals(run).unwrap(), progress.evals);
    assert_eq!(project.marks(run).unwrap(), progress.marks);
    assert_eq!(project.samples(run).unwrap(), progress.samples);
    assert_eq!(project.task_evals(run).unwrap(), progress.tasks);
}

#[test]
fn the_second_window_only_looks() {
    let place = place();
    let mut first = Project::create(&place.path).unwrap();
    let run = first.create_run(&RunConfig::default(), None, 1).unwrap();
    let (mut second, _) = Project::open(&place.path).unwrap();
    assert!(second.is_read_only());
    assert_eq!(second.runs().unwrap().len(), 1);
    let refusal = second.set_setting("a", "b").unwrap_err().to_string();
    assert!(refusal.contains("another window"), "{refusal}");
    // What the first writes, the second sees; a run under way is not taken for an interrupted one.
    first.add_progress(run, &RunProgress { points: vec![point(1, 2.0)], ..RunProgress::default() }).unwrap();
    assert_eq!(second.metrics(run).unwrap().len(), 1);
    assert_eq!(second.run(run).unwrap().state, RunState::Running);
    drop(second);
    drop(first);
    let (third, _) = Project::open(&place.path).unwrap();
    assert!(!third.is_read_only());
}

#[test]
fn a_crash_leaves_nothing_half() {
    let place = place();
    let mut project = Project::create(&place.path).unwrap();
    let run = project.create_run(&RunConfig { objective: Objective::Masked, ..RunConfig::default() }, None, 1).unwrap();
    let kept = project.commit_checkpoint(weights(&project, run), &at(run, 5)).unwrap();
    let lost = project.commit_checkpoint(weights(&project, run), &at(run, 6)).unwrap();
    let run_dir = project.paths().run_dir(run);
    drop(project);
    // As after kill -9: a half-written folder, a whole one without a row, one whose rename did not happen, and one that somebody removed.
    std::fs::create_dir(run_dir.join(".tmp-half")).unwrap();
    std::fs::write(run_dir.join(".tmp-half/model.safetensors"), "w").unwrap();
    for (name, file) in
        [("checkpoint-7", "trainer_state.json"), ("checkpoint-7", "model.safetensors"), ("checkpoint-9", "model.safetensors")]
    {
        std::fs::create_dir_all(run_dir.join(name)).unwrap();
        std::fs::write(run_dir.join(name).join(file), "w").unwrap();
    }
    std::fs::remove_dir_all(&lost.path).unwrap();

    let (project, repairs) = Project::open(&place.path).unwrap();
    assert_eq!(
        repairs,
        lyceum::store::Repairs { interrupted: 1, swept: 1, adopted: 1, missing: 1 },
        "checkpoint-9 is not whole and stays untouched"
    );
    assert_eq!(names_in(&run_dir), ["checkpoint-5", "checkpoint-7", "checkpoint-9"]);
    assert_eq!(project.run(run).unwrap().state, RunState::Interrupted);
    let rows = project.checkpoints().unwrap();
    assert_eq!(rows.iter().map(|row| (row.step, row.missing)).collect::<Vec<_>>(), [(5, false), (6, true), (7, false)]);
    assert_eq!(rows.first().unwrap().path, kept.path);
    assert!(rows.last().unwrap().is_encoder);
    assert_eq!(project.last_checkpoint(run).unwrap().unwrap().step, 7);
}

#[test]
fn a_draft_that_is_not_finished_vanishes() {
    let place = place();
    let mut project = Project::create(&place.path).unwrap();
    let run = project.create_run(&RunConfig::default(), None, 1).unwrap();
    let dir = project.paths().run_dir(run);
    let draft = Draft::within(&dir).unwrap();
    std::fs::write(draft.path().join("model.safetensors"), "half").unwrap();
    assert_eq!(names_in(&dir).len(), 1);
    drop(draft);
    assert!(names_in(&dir).is_empty());
    // The row is refused (its run is not there): the database stays as it was.
    let bad = project.commit_checkpoint(weights(&project, run), &at(run + 1, 1));
    assert!(bad.is_err());
    assert!(project.checkpoints().unwrap().is_empty());
}

#[test]
fn checkpoints_of_one_step_stand_side_by_side() {
    let place = place();
    let mut project = Project::create(&place.path).unwrap();
    let run = project.create_run(&RunConfig::default(), None, 1).unwrap();
    let first = project.commit_checkpoint(weights(&project, run), &at(run, 5)).unwrap();
    let second = project.commit_checkpoint(weights(&project, run), &at(run, 5)).unwrap();
    assert_ne!(first.path, second.path);
    assert_eq!(project.last_checkpoint(run).unwrap().unwrap().id, second.id);
}

#[test]
fn thinning_removes_rows_and_folders() {
    let place = place();
    let mut project = Project::create(&place.path).unwrap();
    let run = project.create_run(&RunConfig::default(), None, 1).unwrap();
    let rows: Vec<_> = (1..=6)
        .map(|step| {
            project.commit_checkpoint(weights(&project, run), &NewCheckpoint { best: step == 2, ..at(run, step) }).unwrap()
        })
        .collect();
    project.set_checkpoint_pinned(rows.first().unwrap().id, true).unwrap();
    let branch = project.create_run(&RunConfig::default(), Some(rows.get(2).unwrap().id), 1).unwrap();
    let removed = project.thin_checkpoints(run, KeepRule { keep_last: 2, keep_every: 0 }).unwrap();
    assert_eq!(removed, 1);
    let left: Vec<_> = project.checkpoints().unwrap().iter().map(|row| row.step).collect();
    assert_eq!(left, [1, 2, 3, 5, 6]);
    assert_eq!(names_in(&project.paths().run_dir(run)).len(), 5);
    // Purging the run leaves its branch without a parent, and alive.
    assert!(project.set_run_deleted(run, true).unwrap_err().to_string().contains("under way"));
    project.set_run_state(run, RunState::Finished).unwrap();
    project.set_run_deleted(run, true).unwrap();
    assert!(project.checkpoints().unwrap().is_empty());
    project.set_run_deleted(run, false).unwrap();
    assert_eq!(project.checkpoints().unwrap().len(), 5);
    project.set_run_deleted(run, true).unwrap();
    project.purge_deleted().unwrap();
    assert!(!project.paths().run_dir(run).exists());
    assert_eq!(project.runs().unwrap().iter().map(|row| (row.id, row.parent_checkpoint)).collect::<Vec<_>>(), [(branch, None)]);
}

#[test]
fn a_curve_joins_after_a_rewind() {
    let place = place();
    let mut project = Project::create(&place.path).unwrap();
    let run = project.create_run(&RunConfig::default(), None, 1).unwrap();
    let mark = |step, kind| Mark { step, kind, label: String::new() };
    let progress = RunProgress {
        points: (1..=10).map(|step| point(step, 5.0 - step as f32 / 10.0)).collect(),
        evals: vec![eval(4), eval(8)],
        marks: vec![
            mark(3, MarkKind::Resumed),
            mark(8, MarkKind::Knob { from: Knob::GradAccum(1), to: Knob::GradAccum(2) }),
            mark(9, MarkKind::Alarm),
            mark(10, MarkKind::Rewind { to_step: 5 }),
        ],
        samples: vec![Sample { step: 6, prompt: "a".into(), completion: "b".into() }],
        tasks: vec![task(4), task(8)],
        series: Vec::new(),
    };
    project.add_progress(run, &progress).unwrap();
    project.trim_after(run, 5).unwrap();
    assert_eq!(project.metrics(run).unwrap().last().unwrap().step, 5);
    assert_eq!(project.evals(run).unwrap().len(), 1);
    assert_eq!(project.task_evals(run).unwrap().len(), 1);
    assert!(project.samples(run).unwrap().is_empty());
    assert_eq!(project.marks(run).unwrap().iter().map(|mark| mark.step).collect::<Vec<_>>(), [3, 9, 10]);
    let row = project.run(run).unwrap();
    assert_eq!((row.step, row.duration_s), (5, 5.0));
}

#[test]
fn a_moved_project_finds_its_files() {
    let place = place();
    let mut project = Project::create(&place.path).unwrap();
    let run = project.create_run(&RunConfig::default(), None, 1).unwrap();
    project.commit_checkpoint(weights(&project, run), &at(run, 5)).unwrap();
    drop(project);
    let moved = place.path.with_file_name("y.lyceum");
    std::fs::rename(&place.path, &moved).unwrap();
    let (project, repairs) = Project::open(&moved).unwrap();
    assert_eq!(repairs.missing, 0);
    assert!(project.checkpoints().unwrap().first().unwrap().path.starts_with(&moved));
}

/// Writes `content` as a project's database and expects to be refused with `words`, the file untouched.
fn refused(content: &[u8], words: &str) {
    let place = place();
    std::fs::create_dir(&place.path).unwrap();
    let file = place.path.join("project.db");
    std::fs::write(&file, content).unwrap();
    let error = Project::open(&place.path).unwrap_err().to_string();
    assert!(error.contains(words), "{error}");
    assert_eq!(std::fs::read(&file).unwrap(), content);
}

#[test]
fn what_is_no_whole_project_is_refused_and_left_alone() {
    refused(b"", "empty");
    refused(
        b"this is no database at all, but long enough to be looked at as one, with its hundred bytes of header at least",
        "damaged",
    );
    let place = place();
    drop(Project::create(&place.path).unwrap());
    let whole = std::fs::read(place.path.join("project.db")).unwrap();
    // A newer version, another program's file, and pages that were overwritten.
    let mut newer = whole.clone();
    newer.get_mut(60..64).unwrap().copy_from_slice(&99_u32.to_be_bytes());
    refused(&newer, "newer version");
    let mut foreign = whole.clone();
    foreign.get_mut(68..72).unwrap().copy_from_slice(&7_u32.to_be_bytes());
    refused(&foreign, "not a project");
    let mut broken = whole;
    broken.get_mut(4096..12000).unwrap().fill(0xA5);
    refused(&broken, "damaged");
}

#[test]
fn a_damaged_database_names_its_copy() {
    let place = place();
    let project = Project::create(&place.path).unwrap();
    assert!(project.back_up().unwrap());
    assert!(!project.back_up().unwrap(), "one copy a day");
    drop(project);
    std::fs::write(place.path.join("project.db"), "x".repeat(5000)).unwrap();
    let error = Project::open(&place.path).unwrap_err().to_string();
    assert!(error.contains("project.backup.db"), "{error}");
    // The way that the sentence describes leads back.
    std::fs::rename(place.path.join("project.backup.db"), place.path.join("project.db")).unwrap();
    for side in ["project.db-wal", "project.db-shm"] {
        let _may_not_be_there = std::fs::remove_file(place.path.join(side));
    }
    Project::open(&place.path).unwrap();
}

#[test]
fn a_project_is_never_made_over_something_else() {
    let place = place();
    std::fs::create_dir(&place.path).unwrap();
    std::fs::write(place.path.join("diary.txt"), "mine").unwrap();
    assert!(Project::create(&place.path).unwrap_err().to_string().contains("not empty"));
    assert_eq!(std::fs::read_to_string(place.path.join("diary.txt")).unwrap(), "mine");
    let other = place.path.with_file_name("z.lyceum");
    drop(Project::create(&other).unwrap());
    assert!(Project::create(&other).unwrap_err().to_string().contains("already"));
    assert!(Project::open(&other.join("nothing")).unwrap_err().to_string().contains("no project"));
}
