//! Fine-tuning through the engine: a run on labelled rows with its measurements, a resume, a comparison, and a model that labels.

use super::runs::{config, ready, run_ended, run_started};
use super::{Engine, Place, library, until};

use lyceum::config::{Adapt, BestBy, RunConfig, Tune, TuneTask};
use lyceum::data::supervised::{Label, LabelSet, RowStatus, Split};
use lyceum::engine::command::{ImportCommand, LabelCommand, LibraryCommand, Mapping, Schema, TrainCommand};
use lyceum::engine::event::{MarkKind, RunState, TaskEval};
use lyceum::engine::labelling::{Agree, ExampleFilter, ExampleOrder, ExampleQuery, ExampleRow};
use lyceum::engine::{Command, Event};

pub fn import(engine: &Engine, place: &Place, schema: Schema, columns: &[&str], lines: &[String]) -> i64 {
    let path = place.dir.path().join("rows.jsonl");
    std::fs::write(&path, lines.join("\n")).unwrap();
    let columns = columns.iter().map(|column| ((*column).to_owned(), (*column).to_owned())).collect();
    let mapping = Mapping::new(schema, columns);
    engine.send(Command::Import(ImportCommand::ImportFile { job: 9, path, mapping, name: "rows".into() }));
    until(engine, |event| if let Event::Imported { job: 9, dataset, .. } = event { Some(*dataset) } else { None })
}

/// "x" marks one class, "o" the other; every row is another text.
pub fn classes(n: usize, labelled: bool) -> Vec<String> {
    let row = |i: usize| {
        let label = if i.is_multiple_of(2) { "cross" } else { "ring" };
        let sign = if i.is_multiple_of(2) { "xx" } else { "oo" };
        let label = if labelled { format!("\"{label}\"") } else { "null".to_owned() };
        format!("{{\"text\": \"{sign}{i}\", \"label\": {label}}}")
    };
    (0..n).map(row).collect()
}

/// A checkpoint of a few steps, to start from.
pub fn trunk(engine: &Engine, corpus: i64) -> i64 {
    engine.send(Command::Train(TrainCommand::StartRun { config: config(corpus, 3), from: None }));
    until(engine, run_ended).1.unwrap()
}

pub fn tune(dataset: i64, task: TuneTask) -> RunConfig {
    RunConfig {
        tune: Some(Tune { dataset, task, epochs: 0.0, answer_tokens: 6, metric_rows: 16, ..Tune::default() }),
        lr: 1e-2,
        batch_size: 8,
        eval_every: 20,
        sample_every: 0,
        prompts: Vec::new(),
        ..config(0, 40)
    }
}

/// The dataset goes, for a run has its own copy of its rows; from its checkpoint at step 4 it ends in the same weights again.
pub fn resumes_to_the_same_bits(engine: &Engine, dataset: i64, whole: i64) {
    let weights = |id: i64| {
        let found = library(engine);
        let row = found.checkpoints.iter().find(|row| row.id == id).unwrap();
        lyceum::formats::load_folder(&row.path).unwrap().model.weights
    };
    let whole = weights(whole);
    let found = library(engine);
    let middle = found.checkpoints.iter().find(|row| row.step == 4 && row.run.is_some()).unwrap().id;
    engine.send(Command::Library(LibraryCommand::DeleteDataset { dataset }));
    engine.send(Command::Train(TrainCommand::ResumeRun { checkpoint: middle }));
    let (state, again) = until(engine, run_ended);
    assert_eq!(state, RunState::Finished);
    let again = weights(again.unwrap());
    assert!(whole.iter().zip(&again).all(|(a, b)| a.to_bits() == b.to_bits()), "other bits after a resume");
}

fn page_of(engine: &Engine, dataset: i64) -> Vec<ExampleRow> {
    engine.send(Command::Label(LabelCommand::LoadExamples { dataset, query: ExampleQuery::default(), offset: 0, limit: 10 }));
    until(engine, |event| if let Event::Examples { page, .. } = event { Some(page.rows.clone()) } else { None })
}

fn measured(event: &Event) -> Option<TaskEval> {
    if let Event::TaskEval { eval, .. } = event { Some(eval.clone()) } else { None }
}

#[test]
fn a_class_is_learnt_measured_compared_and_proposed() {
    let (place, engine, corpus) = ready();
    let from = trunk(&engine, corpus);
    let dataset = import(&engine, &place, Schema::Classes, &["text", "label"], &classes(120, true));
    engine.send(Command::Train(TrainCommand::StartRun { config: tune(dataset, TuneTask::Classes), from: Some(from) }));
    let run = until(&engine, run_started);
    let first = until(&engine, measured);
    assert_eq!((first.step, first.report.headline.name.as_str()), (0, "Accuracy"));
    let baseline = first.baseline.unwrap().value;
    let mut last = first.report.headline.value;
    let (state, tuned) = until(&engine, |event| {
        last = measured(event).map_or(last, |eval| eval.report.headline.value);
        run_ended(event)
    });
    assert_eq!(state, RunState::Finished);
    assert!(last > baseline + 0.2, "accuracy {last} against guessing {baseline}");
    let tuned = tuned.unwrap();

    // What was measured stands in the project.
    engine.send(Command::Library(LibraryCommand::LoadMetrics { run }));
    let tasks = until(&engine, |event| if let Event::Metrics { tasks, .. } = event { Some(tasks.clone()) } else { None });
    assert_eq!(tasks.iter().map(|eval| eval.step).collect::<Vec<_>>(), [0, 20, 40]);
    assert!(tasks.iter().all(|eval| eval.report.confusion.is_some() && !eval.rows.is_empty()));

    // The same rows through the start and through what it became.
    engine.send(Command::Train(TrainCommand::Evaluate {
        job: 20,
        checkpoints: vec![from, tuned],
        dataset: None,
        split: Split::Validation,
        most: 50,
    }));
    let (evals, changes) = until(&engine, |event| {
        if let Event::Evaluated { job: 20, evals, changes } = event { Some((evals.clone(), changes.clone())) } else { None }
    });
    assert_eq!(evals.len(), 2);
    assert!(changes[0].tuned >= changes[0].base && changes[0].low <= changes[0].change && changes[0].change <= changes[0].high);

    // Rows without a label get one to confirm, and do not train before.
    let bare = import(&engine, &place, Schema::Classes, &["text", "label"], &classes(12, false));
    engine.send(Command::Train(TrainCommand::ScoreRows {
        job: 21,
        dataset: bare,
        checkpoint: tuned,
        only: Vec::new(),
        prelabel: true,
        most: 100,
    }));
    let (rows, prelabelled) = until(&engine, |event| {
        if let Event::RowsScored { job: 21, rows, prelabelled, .. } = event { Some((*rows, *prelabelled)) } else { None }
    });
    assert_eq!((rows, prelabelled), (12, 12));
    let query = ExampleQuery { order: ExampleOrder::Uncertainty, ..ExampleQuery::default() };
    engine.send(Command::Label(LabelCommand::LoadExamples { dataset: bare, query, offset: 0, limit: 100 }));
    let page = until(&engine, |event| if let Event::Examples { page, .. } = event { Some(page.clone()) } else { None });
    let sure: Vec<f64> = page.rows.iter().map(|row| row.score.as_ref().unwrap().confidence).collect();
    assert!(sure.is_sorted(), "the least sure first: {sure:?}");
    assert!(page.rows.iter().all(|row| row.status == RowStatus::Prelabelled));
    // A label that is wrong is found, for the model says otherwise.
    let relabel = Command::Label(LabelCommand::MakeAgree {
        dataset,
        rows: vec![page_of(&engine, dataset)[0].row],
        agree: Agree::Relabel { from: "cross".to_owned(), to: "ring".to_owned() },
        annotator: "ann".to_owned(),
    });
    engine.send(relabel);
    until(&engine, |event| if let Event::LabelState { .. } = event { Some(()) } else { None });
    engine.send(Command::Train(TrainCommand::ScoreRows {
        job: 22,
        dataset,
        checkpoint: tuned,
        only: Vec::new(),
        prelabel: false,
        most: 200,
    }));
    let disagree =
        until(&engine, |event| if let Event::RowsScored { job: 22, disagree, .. } = event { Some(*disagree) } else { None });
    let query = ExampleQuery { filter: ExampleFilter::ModelDisagrees, ..ExampleQuery::default() };
    engine.send(Command::Label(LabelCommand::LoadExamples { dataset, query, offset: 0, limit: 200 }));
    let found = until(&engine, |event| if let Event::Examples { page, .. } = event { Some(page.total) } else { None });
    assert_eq!(found, disagree);
    assert!(found >= 1, "the changed label is not noticed");
    engine.send(Command::Train(TrainCommand::StartRun { config: tune(bare, TuneTask::Classes), from: Some(from) }));
    let said = until(&engine, |event| if let Event::Refused { message, .. } = event { Some(message.clone()) } else { None });
    assert!(said.contains("No row is left to train on"), "{said}");
}

#[test]
fn a_tuned_run_goes_on_from_its_own_rows_to_the_same_bits() {
    let (place, engine, corpus) = ready();
    let from = trunk(&engine, corpus);
    let rows: Vec<String> = (0..40).map(|i| format!("{{\"prompt\": \"say {i}\", \"completion\": \"it {i}\"}}")).collect();
    let dataset = import(&engine, &place, Schema::PromptCompletion, &["prompt", "completion"], &rows);
    let mut config = tune(dataset, TuneTask::Text);
    (config.steps, config.checkpoint_every) = (8, 4);
    config.tune.as_mut().unwrap().adapt = Adapt::lora();
    engine.send(Command::Train(TrainCommand::StartRun { config: config.clone(), from: Some(from) }));
    let (_, whole) = until(&engine, run_ended);
    resumes_to_the_same_bits(&engine, dataset, whole.unwrap());
}

#[test]
fn what_cannot_be_learnt_is_refused_before_a_run_begins() {
    let (place, engine, corpus) = ready();
    let from = trunk(&engine, corpus);
    let one_class: Vec<String> = (0..8).map(|i| format!("{{\"text\": \"t{i}\", \"label\": \"same\"}}")).collect();
    let dataset = import(&engine, &place, Schema::Classes, &["text", "label"], &one_class);
    let refused = |config: RunConfig, from: Option<i64>| {
        engine.send(Command::Train(TrainCommand::StartRun { config, from }));
        until(&engine, |event| if let Event::Refused { message, .. } = event { Some(message.clone()) } else { None })
    };
    let said = refused(tune(dataset, TuneTask::Classes), Some(from));
    assert!(said.contains("All rows have the same class (same)"), "{said}");
    let said = refused(tune(dataset, TuneTask::Tags), Some(from));
    assert!(said.contains("No row"), "{said}");
    let said = refused(tune(dataset, TuneTask::Classes), None);
    assert!(said.contains("starts from a checkpoint"), "{said}");
    let mut wrong = tune(dataset, TuneTask::Text);
    wrong.tune.as_mut().unwrap().adapt = Adapt::LastLayers { k: 9 };
    let said = refused(wrong, Some(from));
    assert!(said.contains("The model has 1 layers, not 9"), "{said}");
}

#[test]
fn a_label_that_is_no_choice_is_said_before_a_run_begins() {
    let (place, engine, corpus) = ready();
    let from = trunk(&engine, corpus);
    let dataset = import(&engine, &place, Schema::Classes, &["text", "label"], &classes(12, true));
    let labels = LabelSet::of([Label::Text("cross".into())], false);
    engine.send(Command::Label(LabelCommand::SaveLabelSet { dataset, labels }));
    let config = tune(dataset, TuneTask::Classes);
    let tuned = config.tune.clone().unwrap();
    let preview = ImportCommand::PreviewTraining { job: 8, dataset, checkpoint: from, tune: tuned, first: 0 };
    engine.send(Command::Import(preview));
    let view =
        until(&engine, |event| if let Event::TrainingView { job: 8, view, .. } = event { Some(view.clone()) } else { None });
    let said = "6 rows have the label “ring”, which is not among the choices; it would be learnt as one of its own";
    assert_eq!((view.odd, view.trained_rows), (vec![said.to_owned()], 12), "said, and no row is lost");
    // The command line shows the same before the first step.
    engine.send(Command::Train(TrainCommand::StartRun { config, from: Some(from) }));
    until(&engine, |event| {
        assert!(!matches!(event, Event::Steps { .. }), "it learns before it says");
        matches!(event, Event::Warning { message, .. } if message.starts_with(said)).then_some(())
    });
}

#[test]
fn a_run_that_learns_by_heart_ends_early_and_keeps_its_best() {
    let (place, engine, corpus) = ready();
    let from = trunk(&engine, corpus);
    // Nothing in a text says which class it has.
    let row = |i: usize| format!("{{\"text\": \"t{}\", \"label\": \"{}\"}}", i * 7919 % 9973, ["a", "b"][i * i / 3 % 2]);
    let rows: Vec<String> = (0..60).map(row).collect();
    let dataset = import(&engine, &place, Schema::Classes, &["text", "label"], &rows);
    let mut config = tune(dataset, TuneTask::Classes);
    (config.steps, config.eval_every) = (2000, 10);
    let rules = config.tune.as_mut().unwrap();
    // The loss alone: of six rows, the share that is right jumps about.
    (rules.patience, rules.best_by) = (3, BestBy::Loss);
    engine.send(Command::Train(TrainCommand::StartRun { config, from: Some(from) }));
    let mut early = None;
    let (state, _) = until(&engine, |event| {
        if let Event::Marked { mark, .. } = event
            && mark.kind == MarkKind::Early
        {
            early = Some(mark.clone());
        }
        run_ended(event)
    });
    let mark = early.expect("it never ended early");
    assert_eq!(state, RunState::Finished);
    assert!(mark.step < 2000 && mark.label.contains("3 validations"), "{mark:?}");
    let found = library(&engine);
    assert!(found.checkpoints.iter().any(|row| row.best && row.step < mark.step), "the best checkpoint is kept");
}
