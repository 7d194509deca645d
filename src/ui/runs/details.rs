//! One run in full, or two side by side.

use eframe::egui::{Grid, Label, RichText, ScrollArea, Ui};

use crate::engine::event::RunRow;
use crate::state::draft::RunsDraft;
use crate::state::family;
use crate::state::live::state_label;
use crate::state::run_figures::{self, Measure};
use crate::state::{Action, AppState, Page, PretrainAction, PromptAction, RunsAction, format, icon};
use crate::ui::theme::{self, palette, space};
use crate::ui::{glossary, widgets};

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut RunsDraft, actions: &mut Vec<Action>) {
    let Some(run) = state.runs.focus.and_then(|id| state.run(id)) else {
        widgets::empty_page(
            ui,
            icon::INFO,
            "No run chosen",
            "Click a run to see what it is made of and to go on with it.",
            |_| {},
        );
        return;
    };
    let run = &state.as_of_now(run);
    ui.add(Label::new(RichText::new(&run.name).text_style(theme::section()).color(palette(ui).text_strong)).wrap());
    ui.add_space(space::XS);
    buttons(ui, run, state, draft, actions);
    ui.add_space(space::M);
    // Facts stand closer than buttons.
    ui.spacing_mut().interact_size.y = 18.0;
    facts(ui, run, state);
    ui.add_space(space::L);
    let others = state.runs.chosen.iter().filter(|&&id| id != run.id).filter_map(|&id| state.run(id)).collect::<Vec<_>>();
    if others.is_empty() {
        widgets::section(ui, "Configuration");
        widgets::small_weak(ui, "Tick a second run to see where they differ");
        ui.add_space(space::XS);
        Grid::new("config").num_columns(2).spacing([space::M, 3.0]).show(ui, |ui| {
            for (name, value) in family::config_table(&run.config) {
                widgets::fact(ui, name, value);
            }
        });
    } else {
        compare(ui, run, &others, draft);
    }
}

fn buttons(ui: &mut Ui, run: &RunRow, state: &AppState, draft: &mut RunsDraft, actions: &mut Vec<Action>) {
    let refusal = state.why_not_write();
    if run.deleted {
        if widgets::button_unless(ui, icon::ARROW_COUNTER_CLOCKWISE, "Restore", refusal).clicked() {
            actions.push(Action::Runs(RunsAction::Restore(run.id)));
        }
        return;
    }
    let held = state.live.as_ref().is_some_and(|live| live.run == run.id && live.is_held());
    let newest = family::newest_checkpoint(&state.library, run.id);
    ui.horizontal_wrapped(|ui| {
        if held {
            if widgets::primary(ui, icon::EYE, "Watch it").clicked() {
                actions.push(Action::Go(state.page_of(run.id)));
            }
        } else {
            resume(ui, run, newest, state, actions);
        }
        if let Some(checkpoint) = newest {
            if widgets::icon_button(ui, icon::CHAT_TEXT, "Ask it on the Prompt page").clicked() {
                actions.push(Action::Prompt(PromptAction::UseCheckpoint(checkpoint)));
                actions.push(Action::Go(Page::Prompt));
            }
            if widgets::icon_button_unless(ui, icon::GIT_BRANCH, "Start a new run from its newest weights", refusal).clicked() {
                actions.push(Action::Pretrain(PretrainAction::BranchFrom(Some(checkpoint))));
                actions.push(Action::Go(Page::Pretrain));
            }
        }
        let align = run.config.tune.as_ref().and_then(|tune| tune.align.as_ref());
        if matches!(align, Some(crate::config::Align::Live { .. })) {
            let name = "Tell it its votes again, from where it began, and compare the weights bit by bit";
            let why = state.is_training().then_some("A run trains now; stop it first");
            if widgets::icon_button_unless(ui, icon::ARROWS_CLOCKWISE, name, why).clicked() {
                actions.push(Action::Rlhf(crate::state::rlhf::RlhfAction::Replay(run.id)));
            }
        }
        if widgets::icon_button_unless(ui, icon::PENCIL_SIMPLE, "Rename (F2)", refusal).clicked() {
            draft.renaming = Some((run.id, run.name.clone()));
        }
        let why = if held { Some("It trains now; stop it first") } else { refusal };
        if widgets::icon_button_unless(ui, icon::TRASH, "Delete this run and its checkpoints (Del; can be undone)", why).clicked()
        {
            actions.push(Action::Runs(RunsAction::Delete(run.id)));
        }
    });
}

fn resume(ui: &mut Ui, run: &RunRow, newest: Option<i64>, state: &AppState, actions: &mut Vec<Action>) {
    let why = if run.step >= run.config.steps {
        Some("It did all its steps; start a new run from its weights instead")
    } else if newest.is_none() {
        Some("It has no checkpoint to go on from")
    } else if state.is_training() {
        Some("Another run trains now; stop it first")
    } else {
        state.why_not_write()
    };
    if widgets::primary_unless(ui, icon::PLAY, "Resume", why).clicked()
        && let Some(checkpoint) = newest
    {
        actions.push(Action::Runs(RunsAction::Resume(checkpoint)));
        actions.push(Action::Go(state.page_of(run.id)));
    }
}

fn facts(ui: &mut Ui, run: &RunRow, state: &AppState) {
    let measure = Measure::of(&run.config);
    Grid::new("facts").num_columns(2).spacing([space::M, 3.0]).show(ui, |ui| {
        widgets::fact(ui, "State", state_label(run.state));
        widgets::fact(ui, "Data", run_figures::data(&state.library, run).unwrap_or("(gone)"));
        if let Some(tokenizer) = run_figures::tokenizer(&state.library, run) {
            widgets::fact(ui, "Tokenizer", tokenizer);
        }
        widgets::fact(ui, "Parameters", format::count(run.n_params));
        widgets::fact(ui, "Steps", run_figures::steps(run));
        widgets::fact(ui, "Training loss", format::loss_opt(run.train_loss));
        widgets::fact(ui, measure.name(), measure.value(run.val_loss));
        if let Some(metric) = state.last_headline(run) {
            widgets::fact(ui, &metric.name, run_figures::metric(metric));
        }
        // What votes, or rewards, are judged by at the last validation.
        for (series, name) in [("val_accuracy", "Right order"), ("val_win_rate", "Win rate")] {
            if let Some([_, share]) = state.align.curve(run.id, series).last() {
                widgets::fact(ui, name, format::percent(*share));
            }
        }
        if let Some(eval) = state.last_eval(run).filter(|_| measure.has_perplexity()) {
            widgets::term(ui, "Perplexity", glossary::PERPLEXITY);
            ui.label(format!("{:.2}", eval.perplexity));
            ui.end_row();
            if measure.has_bits_a_byte() {
                widgets::term(ui, "Bits a byte", glossary::BITS_PER_BYTE);
                ui.label(format!("{:.3}", eval.bits_per_byte));
                ui.end_row();
            }
        }
        widgets::fact(ui, "Took", format::duration(run.duration_s));
        widgets::fact(ui, "Started", format::moment(run.created_at));
        if let Some(parent) = run.parent_checkpoint.and_then(|id| state.checkpoint(id)) {
            let of = parent.run.and_then(|id| state.run(id)).map_or(parent.name.as_str(), |run| run.name.as_str());
            widgets::fact(ui, "Branched from", format!("{of}, step {}", format::count(parent.step)));
        }
        widgets::fact(ui, "Checkpoints", state.checkpoints_of(run.id).count().to_string());
    });
}

/// A number of a run, in words.
type Value = fn(&RunRow) -> String;

/// What a run came to, for the comparison.
const RESULTS: [(&str, Value); 3] = [
    ("Validation", |run| match (Measure::of(&run.config), run.val_loss) {
        (Measure::Reward, Some(loss)) => Measure::Reward.value_with_name(loss),
        (measure, loss) => measure.value(loss),
    }),
    ("Parameters", |run| format::compact(run.n_params)),
    ("Took", |run| format::duration(run.duration_s)),
];

fn compare(ui: &mut Ui, run: &RunRow, others: &[&RunRow], draft: &mut RunsDraft) {
    let runs = [&[run], others].concat();
    widgets::section(ui, "Compared");
    ui.checkbox(&mut draft.show_same, "Also what is the same");
    ui.add_space(space::XS);
    let rows = family::compare(&runs.iter().map(|run| &run.config).collect::<Vec<_>>());
    let shown = rows.iter().filter(|row| draft.show_same || !row.same).collect::<Vec<_>>();
    ScrollArea::horizontal().show(ui, |ui| {
        Grid::new("compared").num_columns(runs.len() + 1).spacing([space::M, 3.0]).striped(true).show(ui, |ui| {
            ui.label("");
            for run in &runs {
                ui.add(Label::new(RichText::new(format::one_line(&run.name, 16)).text_style(theme::strong())))
                    .on_hover_text(&run.name);
            }
            ui.end_row();
            for (name, value) in RESULTS {
                widgets::small_weak(ui, name);
                for run in &runs {
                    ui.label(value(run));
                }
                ui.end_row();
            }
            for row in &shown {
                widgets::small_weak(ui, &row.name);
                for value in &row.values {
                    let color = if row.same { palette(ui).text_weak } else { palette(ui).text_strong };
                    ui.label(RichText::new(format::one_line(value, 24)).color(color)).on_hover_text(value);
                }
                ui.end_row();
            }
        });
    });
    if shown.is_empty() {
        widgets::weak(ui, "Their configurations are the same");
    }
}
