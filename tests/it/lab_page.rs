//! The laboratory's view, driven by its accessible names, and what a click there means.

use egui_kittest::kittest::Queryable as _;
use lyceum::engine::command::{LabCommand, LibraryCommand, TrainCommand};
use lyceum::engine::event::{CheckpointRow, LabEvent, Library};
use lyceum::engine::lab::{Condition, Curve, CurvePoint, CurveRequest, Curves, Shown};
use lyceum::engine::{Command, Event};
use lyceum::evaluate::icl::Band;
use lyceum::state::lab::{LabAction, LabDraft, Study};
use lyceum::state::prompt_view::PromptView;
use lyceum::state::rlhf::RlhfView;
use lyceum::state::rounds::{RoundResult, RoundsResult};
use lyceum::state::{Action, AppState, Page, PromptAction};

use crate::state::{checkpoint, opened, task_rows};
use crate::window::window;

/// A project with a checkpoint and rows that name their tasks.
fn ready() -> AppState {
    let mut state = opened();
    let library = Library {
        datasets: vec![task_rows("Tasks")],
        checkpoints: vec![CheckpointRow { run: None, ..checkpoint(7, 0, 100) }],
        ..Library::default()
    };
    state.handle(Event::Library(library));
    state.apply(Action::Go(Page::Prompt));
    state.apply(Action::Prompt(PromptAction::Show(PromptView::Lab)));
    state
}

fn curves() -> Curves {
    let band = |mean: f64| Band { mean, low: mean - 0.1, high: mean + 0.1 };
    let shown = Shown {
        task: "sort".into(),
        prompt: "cat: gold\nrain:".into(),
        truth: "plum".into(),
        labels: vec![("gold".into(), 0.3, 0.4), ("plum".into(), 0.7, 0.6)],
        written: None,
        logprob: -0.5,
    };
    let point = |k: usize, mean: f64| CurvePoint {
        k,
        accuracy: Some(band(mean)),
        calibrated: None,
        exact: None,
        loss: band(2.0 - mean),
        shown: vec![shown.clone()],
    };
    let curve =
        |condition| Curve { checkpoint: 7, model: "tuned".into(), condition, points: vec![point(0, 0.51), point(8, 0.87)] };
    Curves {
        request: CurveRequest { checkpoints: vec![7], shots: vec![0, 8], ..CurveRequest::default() },
        chance: 0.5,
        tasks: vec!["sort".into()],
        curves: vec![curve(Condition::Plain), curve(Condition::Shuffled)],
        shortened: 0,
        seconds: 3.0,
    }
}

#[test]
fn a_measurement_is_asked_for_and_its_prompts_are_read() {
    for size in [[1440.0, 900.0], [1024.0, 700.0]] {
        let mut harness = window(ready(), size);
        harness.get_by_label("Measure").click();
        harness.run_steps(3);
        let job = harness.state().state.prompt.lab.job.expect("a job under way");
        harness.get_by_label("Stop");
        harness.state_mut().state.handle(Event::Lab(LabEvent::Curves { job, curves: Box::new(curves()) }));
        harness.run_steps(3);
        assert_eq!(harness.state().state.prompt.lab.job, None);
        harness.get_all_by_label("87 %  (77 to 97)").next().unwrap().click();
        harness.run_steps(3);
        assert_eq!(harness.state().state.prompt.lab.open, Some((0, 1, 0)));
        harness.get_by_label("cat: gold\nrain:");
    }
}

#[test]
fn what_was_measured_is_there_the_next_day() {
    let mut state = ready();
    let commands = state.handle(Event::Lab(LabEvent::Curves { job: 9, curves: Box::new(curves()) }));
    let [Command::Library(LibraryCommand::SaveSetting { key, value })] = commands.as_slice() else { panic!("{commands:?}") };
    let mut again = opened();
    let settings = vec![(key.clone(), value.clone())];
    again.handle(Event::Opened { path: "x.lyceum".into(), read_only: false, settings });
    // Text keeps a number but for its last bit.
    let kept = again.prompt.lab.curves.as_deref().unwrap();
    let told = |curves: &Curves| {
        let points = curves.curves.iter().flat_map(|curve| &curve.points);
        points.map(|point| (point.k, point.accuracy.map(|it| format!("{:.9}", it.low)), point.shown.clone())).collect::<Vec<_>>()
    };
    assert_eq!((told(kept), &kept.request), (told(&curves()), &curves().request));
}

#[test]
fn clicks_become_commands() {
    let mut state = ready();
    let mut draft = LabDraft::default();
    draft.settle(&state.library);
    assert_eq!((draft.checkpoints.as_slice(), draft.material.dataset), ([7].as_slice(), 4));
    let measure = draft.action(Study::Curve).unwrap();
    let commands = state.apply(Action::Prompt(PromptAction::Lab(measure)));
    let [Command::Lab(LabCommand::Curves { job, request })] = commands.as_slice() else { panic!("{commands:?}") };
    assert_eq!(request.shots, [0, 1, 2, 4, 8]);
    // A second measurement ends the first.
    let weights = draft.action(Study::Weights).unwrap();
    let commands = state.apply(Action::Prompt(PromptAction::Lab(weights)));
    assert!(
        matches!(commands.as_slice(), [Command::Train(TrainCommand::CancelGenerate { job: first }), Command::Lab(LabCommand::Weights { .. })] if first == job)
    );
    let second = state.prompt.lab.job.unwrap();
    state.handle(Event::JobFailed { job: second, message: "no task has two rows".into() });
    assert_eq!(state.prompt.lab.failure.as_deref(), Some("no task has two rows"));
    assert!(state.apply(Action::Prompt(PromptAction::Lab(LabAction::Stop))).is_empty(), "nothing is left to stop");
}

#[test]
fn what_is_typed_is_checked() {
    let state = ready();
    let mut draft = LabDraft::default();
    draft.settle(&state.library);
    assert_eq!(draft.problem(), None);
    for (typed, right) in [("0, 2,4", true), ("", false), ("a, 2", false), ("900", false)] {
        typed.clone_into(&mut draft.shots);
        assert_eq!(draft.problem().is_none(), right, "{typed}");
        assert_eq!(draft.action(Study::Curve).is_some(), right);
    }
}

#[test]
fn kept_rounds_stand_beside_the_laboratory() {
    for size in [[1440.0, 900.0], [1024.0, 700.0]] {
        let mut harness = window(ready(), size);
        harness.get_by_label_contains("Iterative training");
        let round = |n: u32, before: f64, after: f64| RoundResult { round: n, kept: 30, before, after, ..RoundResult::default() };
        let kept = RoundsResult {
            name: "polite".into(),
            wanted: 2,
            rounds: vec![round(1, 0.25, 0.5), round(2, 0.5, 0.75)],
            ..RoundsResult::default()
        };
        harness.state_mut().state.rlhf.rounds.kept = vec![kept];
        harness.run_steps(3);
        assert!(harness.query_by_label_contains("Iterative training").is_none());
        for figure in ["polite", "0.25", "0.75"] {
            harness.get_by_label(figure);
        }
        harness.get_by_label("Rounds…").click_accesskit();
        harness.run_steps(3);
        let state = &harness.state().state;
        assert_eq!((state.page, state.rlhf.view), (Page::Rlhf, RlhfView::Rounds));
    }
}
