//! Panels of the window, driven by their accessible names, without a display.

use eframe::egui::accesskit::Role;
use eframe::egui::{Context, Key, Modifiers, Ui};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use lyceum::engine::Event;
use lyceum::engine::command::Worker;
use lyceum::engine::event::{Library, RowView, RunRow, RunState};
use lyceum::state::{Action, AppState, Draft, Modal, Page, RunsAction, UserCommand};
use lyceum::ui::shell::{self, Surroundings};
use lyceum::ui::{fonts, keys, theme};

use crate::state::{checkpoint, opened, run_row, training, with_dataset};

/// The window around a state; actions are applied as the application applies them, commands go nowhere.
pub struct Window {
    pub state: AppState,
    draft: Draft,
    around: Surroundings,
    done: Vec<Action>,
}

pub fn window(state: AppState, size: [f32; 2]) -> Harness<'static, Window> {
    let window = Window { state, draft: Draft::default(), around: Surroundings::default(), done: Vec::new() };
    let draw = |ui: &mut Ui, window: &mut Window| {
        let mut actions = vec![Action::Tick { now_s: ui.ctx().time() }];
        keys::pressed(ui.ctx(), &window.state, &mut actions);
        shell::show(ui, &window.state, &mut window.draft, &window.around, &mut actions);
        for action in actions {
            window.done.push(action.clone());
            window.state.apply(action);
        }
    };
    let dress = |ctx: &Context| {
        fonts::install(ctx);
        theme::install(ctx);
    };
    let mut harness = Harness::builder().with_size(size).with_context_setup(dress).build_ui_state(draw, window);
    harness.run_steps(4);
    harness
}

const WIDE: [f32; 2] = [1440.0, 900.0];
const NARROW: [f32; 2] = [1024.0, 700.0];

#[test]
fn every_page_opens_from_the_rail() {
    for size in [WIDE, NARROW] {
        let mut harness = window(with_dataset(), size);
        for page in Page::ALL {
            harness.get_by_label(page.label()).click();
            harness.run_steps(3);
            assert_eq!(harness.state().state.page, page);
        }
    }
}

#[test]
fn every_command_of_the_palette_can_be_found_and_run() {
    let mut harness = window(opened(), WIDE);
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run_steps(3);
    assert_eq!(harness.state().state.modal, Some(Modal::Palette));
    harness.get_by_label("Command to find").type_text("runs");
    harness.run_steps(3);
    harness.key_press(Key::Enter);
    harness.run_steps(3);
    assert_eq!(harness.state().state.page, Page::Runs);
    assert_eq!(harness.state().state.modal, None);
}

#[test]
fn keys_reach_the_run_unless_somebody_types() {
    let mut harness = window(training(), WIDE);
    harness.key_press(Key::Space);
    harness.run_steps(2);
    let pause = UserCommand::PauseOrContinue.action();
    assert!(harness.state().done.contains(&pause));
    harness.state_mut().done.clear();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::K);
    harness.run_steps(3);
    harness.key_press(Key::Space);
    harness.run_steps(2);
    assert!(!harness.state().done.contains(&pause), "the palette has the focus");
}

#[test]
fn a_dead_worker_is_said_with_the_way_back() {
    let mut state = training();
    state.handle(Event::WorkerDied { worker: Worker::Trainer, message: "index".to_owned(), last_checkpoint: Some(3) });
    let mut harness = window(state, NARROW);
    harness.get_by_label("Resume from the last good checkpoint").click();
    harness.run_steps(2);
    assert!(harness.state().state.banner.is_none());
}

#[test]
fn a_row_is_shown_whole_when_it_is_clicked() {
    let mut state = with_dataset();
    let rows = vec![RowView { index: 0, cells: vec!["The miller had three geese.".to_owned()] }];
    state.handle(Event::Rows { dataset: 1, query: String::new(), offset: 0, total: 1, rows });
    state.apply(Action::Go(Page::Data));
    let mut harness = window(state, NARROW);
    let row = harness.get_by_label("The miller had three geese.").rect();
    harness.drag_at(row.center());
    harness.drop_at(row.center());
    harness.run_steps(3);
    harness.get_by_label("Show its tokens");
}

#[test]
fn an_empty_project_says_what_to_do() {
    let mut state = opened();
    state.handle(Event::Library(Library::default()));
    let mut harness = window(state, NARROW);
    harness.get_by_label("Go to Data").click();
    harness.run_steps(3);
    harness.get_by_label("Choose a file…");
}

#[test]
fn a_ticked_run_is_compared_with_the_one_in_focus() {
    let mut state = opened();
    let mut other = run_row(6);
    other.config.lr = 1e-3;
    state.handle(Event::Library(Library { runs: vec![run_row(5), other], ..Library::default() }));
    state.apply(Action::Go(Page::Runs));
    let mut harness = window(state, WIDE);
    harness.get_by_role_and_label(Role::Button, "run 5").click();
    harness.run_steps(3);
    harness.get_by_label("Configuration");
    harness.state_mut().state.apply(Action::Runs(RunsAction::Toggle(6)));
    harness.run_steps(3);
    harness.get_by_label("Learning rate");
}

#[test]
fn a_run_that_was_interrupted_can_be_resumed_from_every_page() {
    let mut state = opened();
    let run = RunRow { state: RunState::Interrupted, step: 700, ..run_row(5) };
    let library = Library { runs: vec![run], checkpoints: vec![checkpoint(3, 5, 640)], ..Library::default() };
    state.handle(Event::Library(library));
    state.apply(Action::Go(Page::Learn));
    let mut harness = window(state, NARROW);
    harness.get_by_label("Resume run 5 at step 640 of 2,000").click();
    harness.run_steps(3);
    assert!(harness.state().done.contains(&Action::Runs(RunsAction::Resume(3))));
}
