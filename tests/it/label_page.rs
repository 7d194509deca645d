//! The Label page driven by keys alone, without a display: rows are labelled, nothing that was begun is lost, every key does what it says.

use std::path::PathBuf;

use eframe::egui::{Event as Input, Key, Modifiers, Ui};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use lyceum::data::supervised::{Change, Content, Label, LabelSet, LabelTask, RowStatus, Split, Verdict};
use lyceum::engine::command::{DatasetId, ImportCommand, LabelCommand, LibraryCommand, Schema};
use lyceum::engine::event::{DatasetInfo, Library};
use lyceum::engine::labelling::{
    Agree, ExampleFilter, ExamplePage, ExampleQuery, ExampleRow, ExampleStatistics, LabelProgress, LabelState,
};
use lyceum::engine::{Command, Event};
use lyceum::state::label::LabelAction;
use lyceum::state::{Action, AppState, DataAction, Draft, Page};
use lyceum::ui::{fonts, label, theme};

const ROWS: DatasetId = 4;
const SIZES: [[f32; 2]; 2] = [[1376.0, 800.0], [960.0, 600.0]];

struct Bench {
    state: AppState,
    draft: Draft,
    sent: Vec<Command>,
}

fn info(task: LabelTask, rows: u64) -> DatasetInfo {
    DatasetInfo { id: ROWS, rows, bytes: 1, classes: 2, ..DatasetInfo::new("to label", "", task.schema()) }
}

fn row(task: LabelTask, i: u64, text: &str) -> ExampleRow {
    ExampleRow {
        row: 100 + i as i64,
        ordinal: i,
        split: Split::Train,
        status: RowStatus::Unlabelled,
        flagged: false,
        note: String::new(),
        removed: false,
        example: task.example(i + 1, text.to_owned()),
        own: None,
        owner: None,
        score: None,
    }
}

/// A project whose rows of a task wait for labels.
fn waiting(task: LabelTask, texts: &[String]) -> AppState {
    let mut state = AppState::default();
    let library = Library { datasets: vec![info(task, texts.len() as u64)], ..Library::default() };
    let settings = vec![("label.annotator".to_owned(), "ann".to_owned())];
    for event in [Event::Opened { path: PathBuf::from("p"), read_only: false, settings }, Event::Library(library)] {
        let _sent = state.handle(event);
    }
    let _sent = state.apply(Action::Go(Page::Label));
    let _sent = state.apply(Action::Label(LabelAction::Open(ROWS)));
    let choices = ["good", "bad", "mixed"].map(|name| Label::Text(name.to_owned()));
    let labels = LabelSet::of(choices, false);
    let progress = LabelProgress { rows: texts.len() as u64, ..LabelProgress::default() };
    let rows: Vec<ExampleRow> = texts.iter().enumerate().map(|(i, text)| row(task, i as u64, text)).collect();
    let query = ExampleQuery { annotator: Some("ann".to_owned()), ..ExampleQuery::default() };
    let page = ExamplePage { total: rows.len() as u64, rows };
    for event in [
        Event::LabelState { dataset: ROWS, state: LabelState { labels, progress } },
        Event::Examples { dataset: ROWS, query, offset: 0, page },
    ] {
        let _sent = state.handle(event);
    }
    state
}

fn bench(state: AppState, size: [f32; 2]) -> Harness<'static, Bench> {
    let draw = |ui: &mut Ui, bench: &mut Bench| {
        let mut actions = vec![Action::Tick { now_s: ui.ctx().time() }];
        label::page(ui, &bench.state, &mut bench.draft, &mut actions);
        for action in actions {
            bench.sent.extend(bench.state.apply(action));
        }
    };
    let dress = |ctx: &eframe::egui::Context| {
        fonts::install(ctx);
        theme::install(ctx);
    };
    let bench = Bench { state, draft: Draft::default(), sent: Vec::new() };
    let mut harness = Harness::builder().with_size(size).with_context_setup(dress).build_ui_state(draw, bench);
    harness.run_steps(3);
    harness
}

/// A key that types, as a keyboard sends it.
fn typed(harness: &mut Harness<'static, Bench>, text: &str) {
    harness.event(Input::Text(text.to_owned()));
    harness.run_steps(2);
}

fn decided(sent: &[Command]) -> Vec<(i64, Content, Verdict)> {
    let of = |command: &Command| match command {
        Command::Label(LabelCommand::Annotate(it)) => match &it.change {
            Change::Own(Some(own)) => Some((it.row, own.content.clone(), own.verdict)),
            _ => None,
        },
        _ => None,
    };
    sent.iter().filter_map(of).collect()
}

fn said(content: &Content) -> String {
    content.halves().1
}

#[test]
fn a_hundred_rows_are_classed_by_a_key_each() {
    for size in SIZES {
        let texts: Vec<String> = (0..120).map(|i| format!("A review with the number {i}.")).collect();
        let mut harness = bench(waiting(LabelTask::Class, &texts), size);
        for i in 0..100 {
            typed(&mut harness, ["1", "2", "3"][i % 3]);
        }
        let done = decided(&harness.state().sent);
        assert_eq!(done.len(), 100);
        for (i, (row, content, verdict)) in done.iter().enumerate() {
            assert_eq!((*row, *verdict), (100 + i as i64, Verdict::Labelled));
            assert_eq!(said(content), ["good", "bad", "mixed"][i % 3]);
        }
        let page = &harness.state().state.label;
        assert_eq!(page.at, 100);
        assert_eq!(page.begun.rows("ann").count(), 0, "what is saved waits for nothing");
    }
}

#[test]
fn a_text_is_written_without_a_mouse_and_stays_when_it_is_left() {
    let texts: Vec<String> = (0..3).map(|i| format!("Question {i}?")).collect();
    let mut harness = bench(waiting(LabelTask::Output, &texts), SIZES[0]);
    // The field has the keyboard already.
    typed(&mut harness, "An answer with n, x and m");
    harness.key_press(Key::PageDown);
    harness.run_steps(3);
    assert_eq!(harness.state().state.label.at, 1);
    assert_eq!(harness.state().state.label.begun.rows("ann").collect::<Vec<_>>(), [100]);
    harness.key_press(Key::PageUp);
    harness.run_steps(3);
    let kept = harness.state().draft.label.content.clone().unwrap();
    assert_eq!(said(&kept), "An answer with n, x and m");
    assert!(
        harness
            .state()
            .sent
            .iter()
            .any(|command| matches!(command, Command::Library(LibraryCommand::SaveSetting { key, .. }) if key == "label.begun"))
    );
    assert_eq!(decided(&harness.state().sent), [], "nothing is a label yet");
    harness.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
    harness.run_steps(3);
    let done = decided(&harness.state().sent);
    assert_eq!((done.len(), said(&done[0].1).as_str()), (1, "An answer with n, x and m"));
    assert_eq!(harness.state().state.label.begun.rows("ann").count(), 0);
    // The second row is skipped in the middle of its field.
    typed(&mut harness, "half");
    harness.key_press(Key::F4);
    harness.run_steps(3);
    let done = decided(&harness.state().sent);
    assert_eq!((done[1].0, done[1].2), (101, Verdict::Skipped));
    assert_eq!(harness.state().state.label.begun.rows("ann").collect::<Vec<_>>(), [101], "what was typed stays");
}

#[test]
fn marks_that_are_not_saved_are_taken_back_first() {
    let texts = vec!["Anna lives in New Vale.".to_owned(), "Bob left.".to_owned()];
    let mut harness = bench(waiting(LabelTask::Entities, &texts), SIZES[0]);
    let spans = |harness: &Harness<'static, Bench>| {
        let Some(Content::Entities(it)) = harness.state().draft.label.content.clone() else { panic!("no entities") };
        it.spans.iter().map(|span| it.text[span.bytes.clone()].to_owned()).collect::<Vec<_>>()
    };
    harness.key_press(Key::ArrowRight);
    harness.run_steps(2);
    typed(&mut harness, "1");
    assert_eq!(spans(&harness), ["Anna"]);
    for _ in 0..3 {
        harness.key_press(Key::ArrowRight);
        harness.run_steps(2);
    }
    typed(&mut harness, "2");
    assert_eq!(spans(&harness).len(), 2);
    let undo = |harness: &mut Harness<'static, Bench>, action: Action| {
        let state = &mut harness.state_mut().state;
        let sent = state.apply(action);
        harness.run_steps(2);
        sent
    };
    let sent = undo(&mut harness, Action::Undo);
    assert!(
        !sent.iter().any(|command| matches!(command, Command::Label(LabelCommand::UndoAnnotation { .. }))),
        "nothing saved is touched: {sent:?}"
    );
    assert_eq!(spans(&harness), ["Anna"]);
    undo(&mut harness, Action::Redo);
    assert_eq!(spans(&harness).len(), 2);
    undo(&mut harness, Action::Undo);
    undo(&mut harness, Action::Undo);
    assert_eq!(spans(&harness), Vec::<String>::new());
    let sent = undo(&mut harness, Action::Undo);
    assert!(
        sent.iter().any(|command| matches!(command, Command::Label(LabelCommand::UndoAnnotation { .. }))),
        "now the last saved label"
    );
}

#[test]
fn several_choices_are_typed_one_after_another() {
    let texts: Vec<String> = (0..3).map(|i| format!("Text {i}")).collect();
    let mut harness = bench(waiting(LabelTask::Class, &texts), SIZES[0]);
    harness.get_by_label("Choices and guidelines").click();
    harness.run_steps(3);
    for name in ["dull", "odd"] {
        typed(&mut harness, name);
        harness.key_press(Key::Enter);
        harness.run_steps(3);
    }
    let saved = harness.state().sent.iter().rev().find_map(|command| match command {
        Command::Label(LabelCommand::SaveLabelSet { labels, .. }) => Some(labels.clone()),
        _ => None,
    });
    let names: Vec<String> = saved.expect("choices are saved").options.iter().map(|option| option.label.to_string()).collect();
    assert_eq!(names, ["good", "bad", "mixed", "dull", "odd"]);
}

#[test]
fn a_label_that_was_changed_is_no_longer_the_files() {
    let texts: Vec<String> = (0..3).map(|i| format!("Text {i}")).collect();
    let mut state = waiting(LabelTask::Class, &texts);
    for row in &mut state.label.queue {
        row.status = RowStatus::Labelled;
    }
    let mut harness = bench(state, SIZES[0]);
    harness.get_by_label("Labelled by the file");
    typed(&mut harness, "2");
    harness.key_press(Key::PageUp);
    harness.run_steps(3);
    harness.get_by_label("Labelled by ann");
    assert!(harness.query_by_label("Labelled by the file").is_none());
}

#[test]
fn a_note_survives_the_next_row() {
    let texts: Vec<String> = (0..2).map(|i| format!("Row {i}")).collect();
    let mut harness = bench(waiting(LabelTask::Class, &texts), SIZES[0]);
    typed(&mut harness, "m");
    typed(&mut harness, "Is it good?");
    harness.key_press(Key::PageDown);
    harness.run_steps(3);
    let noted = harness.state().sent.iter().any(|command| {
        matches!(command, Command::Label(LabelCommand::Annotate(it)) if it.row == 100
            && matches!(&it.change, Change::Flag { flagged: true, note } if note == "Is it good?"))
    });
    assert!(noted, "{:?}", harness.state().sent);
}

#[test]
fn an_unrated_row_is_not_rated_zero_by_enter() {
    let mut state = waiting(LabelTask::Class, &["ignored".to_owned()]);
    let rating = Content::Recommendation(lyceum::data::supervised::Recommendation {
        user: Label::Text("ann".to_owned()),
        item: Label::Text("a book".to_owned()),
        rating: 0.0,
    });
    state.label.queue[0].example.content = rating;
    let mut harness = bench(state, SIZES[1]);
    harness.key_press(Key::Enter);
    harness.run_steps(2);
    assert_eq!(decided(&harness.state().sent), []);
    assert!(harness.query_all_by_label_contains("Nobody gave a rating").next().is_some());
    typed(&mut harness, "4");
    let done = decided(&harness.state().sent);
    let Content::Recommendation(it) = &done[0].1 else { panic!() };
    assert!((it.rating - 4.0).abs() < 1e-9);
}

#[test]
fn filters_and_the_search_have_keys() {
    let mut harness = bench(waiting(LabelTask::Class, &["one".to_owned()]), SIZES[0]);
    typed(&mut harness, "]");
    assert_eq!(harness.state().state.label.query.filter, ExampleFilter::ToLabel);
    let query = harness.state().state.label.query.clone();
    let page = ExamplePage { total: 1, rows: vec![row(LabelTask::Class, 0, "one")] };
    let _sent = harness.state_mut().state.handle(Event::Examples { dataset: ROWS, query, offset: 0, page });
    harness.run_steps(2);
    typed(&mut harness, "[");
    assert_eq!(harness.state().state.label.query.filter, ExampleFilter::All);
}

#[test]
fn an_odd_label_is_mended_by_one_click() {
    let mut state = AppState::default();
    let _sent = state.handle(Event::Opened { path: PathBuf::from("p"), read_only: false, settings: Vec::new() });
    let agree = Agree::Relabel { from: "postive".to_owned(), to: "positive".to_owned() };
    let sent = state.apply(Action::Data(DataAction::MakeAgree {
        dataset: ROWS,
        rows: vec![7],
        agree: agree.clone(),
        annotator: "ann".to_owned(),
    }));
    assert!(
        matches!(&sent[0], Command::Label(LabelCommand::MakeAgree { rows, agree: asked, .. }) if rows == &[7] && *asked == agree),
        "{sent:?}"
    );
    assert!(matches!(sent[1], Command::Import(ImportCommand::MeasureDataset { .. })), "counted anew");
    assert_eq!(ExampleStatistics::default().odd, []);
    assert!(Schema::Classes.is_supervised());
}
