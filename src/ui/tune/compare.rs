//! The same rows through two checkpoints, side by side, and what changed. Computes nothing.

use eframe::egui::{ComboBox, Grid, RichText, ScrollArea, Ui, vec2};

use crate::data::supervised::Split;
use crate::evaluate::{Change, Verdict};
use crate::state::tune::{self, Comparison, TuneAction, TuneDraft};
use crate::state::{Action, AppState, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::{fields, widgets};

/// Rows that are drawn at most.
const MOST: usize = 200;

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut TuneDraft, actions: &mut Vec<Action>) {
    let pairs = tune::tuned_checkpoints(&state.library);
    if pairs.is_empty() {
        let body = "After a fine-tuning run, the same rows go through the checkpoint it started from and through what it became.";
        widgets::empty_page(ui, icon::GIT_DIFF, "Nothing to compare yet", body, |ui| {
            if widgets::primary(ui, icon::SLIDERS_HORIZONTAL, "Set up a run").clicked() {
                actions.push(Action::Tune(TuneAction::Show(crate::state::tune::TuneView::SetUp)));
            }
        });
        return;
    }
    draft.compare.settle(&state.library, state.tune.compare_run);
    fields::card(ui, |ui| choose(ui, state, draft, actions));
    ui.add_space(space::S);
    match &state.tune.comparison {
        Comparison::None => {
            widgets::weak(ui, "Choose a tuned checkpoint and press Compare: its test rows go through it and through its start");
        }
        Comparison::Asked(job) => {
            let job = state.jobs.get(*job);
            ui.horizontal(|ui| {
                widgets::progress(ui, job.and_then(crate::state::jobs::Job::fraction), 260.0);
                widgets::weak(ui, "Both checkpoints answer…");
                if let Some(job) = job
                    && widgets::button(ui, icon::X, "Stop").clicked()
                {
                    actions.push(Action::CancelJob(job.id));
                }
            });
        }
        Comparison::Failed(message) => fields::problem(ui, message),
        Comparison::Done { evals, changes, .. } => {
            ScrollArea::vertical().id_salt("compare").auto_shrink([false, false]).show(ui, |ui| {
                changes_table(ui, changes);
                ui.add_space(space::M);
                side_by_side(ui, evals);
            });
        }
    }
}

fn choose(ui: &mut Ui, state: &AppState, draft: &mut TuneDraft, actions: &mut Vec<Action>) {
    let name = |id: Option<i64>| {
        let row = id.and_then(|id| state.checkpoint(id));
        row.map_or_else(|| "Choose".to_owned(), |row| tune::checkpoint_name(&state.library, row))
    };
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::M, space::S);
        ui.label("Tuned");
        let list =
            ComboBox::from_id_salt("compare_tuned").selected_text(name(draft.compare.tuned)).width(260.0).show_ui(ui, |ui| {
                for row in tune::tuned_checkpoints(&state.library).into_iter().rev() {
                    let best = if row.best { "  ·  best" } else { "" };
                    let label = format!("{}{best}", tune::checkpoint_name(&state.library, row));
                    ui.selectable_value(&mut draft.compare.tuned, Some(row.id), label);
                }
            });
        widgets::named(list.response, "Tuned checkpoint");
        let start = tune::start_of(&state.library, draft.compare.tuned);
        widgets::weak(ui, format!("against its start: {}", name(start)));
    });
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        ui.label("Rows");
        for (split, label) in [(Split::Test, "test"), (Split::Validation, "validation")] {
            ui.radio_value(&mut draft.compare.split, split, label)
                .on_hover_text("Neither is trained on; test rows were never looked at");
        }
        ui.add(eframe::egui::DragValue::new(&mut draft.compare.most).range(2..=100_000).speed(1.0).prefix("at most "));
        let busy = matches!(state.tune.comparison, Comparison::Asked(_)).then_some("A comparison is under way");
        let training = state.is_training().then_some("A run is under way: stop it first, or let it finish");
        let start = tune::start_of(&state.library, draft.compare.tuned);
        let gone = start.is_none().then_some("The checkpoint that this run started from is gone");
        if widgets::primary_unless(ui, icon::GIT_DIFF, "Compare", busy.or(training).or(gone)).clicked()
            && let (Some(base), Some(tuned)) = (start, draft.compare.tuned)
        {
            actions.push(Action::Tune(TuneAction::Compare { base, tuned, split: draft.compare.split, most: draft.compare.most }));
        }
    });
}

fn changes_table(ui: &mut Ui, changes: &[Change]) {
    let colors = palette(ui);
    let show = |change: &Change, x: f64| if change.percent { format!("{:.1} %", 100.0 * x) } else { format!("{x:.2}") };
    let signed = |change: &Change, x: f64| if change.percent { format!("{:+.1}", 100.0 * x) } else { format!("{x:+.2}") };
    Grid::new("changes").num_columns(5).striped(true).spacing([space::XL, 6.0]).show(ui, |ui| {
        for (head, meaning) in [
            ("Figure", ""),
            ("Base", "The checkpoint that the run started from; a head that it lacks is fresh and random"),
            ("Tuned", ""),
            ("Change", "With its 95 % interval: were other rows drawn, the change would lie in it nineteen times of twenty"),
            ("", ""),
        ] {
            let label = widgets::small_weak(ui, head);
            if !meaning.is_empty() {
                label.on_hover_text(meaning);
            }
        }
        ui.end_row();
        for change in changes {
            ui.label(RichText::new(&change.name).color(colors.text_strong));
            ui.label(show(change, change.base));
            ui.label(show(change, change.tuned));
            ui.label(format!(
                "{} ({} to {})",
                signed(change, change.change),
                signed(change, change.low),
                signed(change, change.high)
            ));
            let (word, color) = match change.verdict() {
                Verdict::Better => ("better", colors.good),
                Verdict::Worse => ("worse", colors.error),
                Verdict::Unclear => ("not clear", colors.warning),
            };
            widgets::chip(ui, word, color);
            ui.end_row();
        }
    });
}

fn side_by_side(ui: &mut Ui, evals: &[crate::engine::event::TaskEval]) {
    let [base, tuned] = evals else { return };
    widgets::strong(ui, format!("The same {}", format::plural(tuned.rows.len() as u64, "row", "rows")));
    let mut order: Vec<usize> = (0..tuned.rows.len().min(base.rows.len())).collect();
    let gain = |i: &usize| tuned.rows[*i].score - base.rows[*i].score;
    order.sort_by(|a, b| gain(b).abs().total_cmp(&gain(a).abs()));
    let colors = palette(ui);
    let width = ((ui.available_width() - 4.0 * space::L) / 4.0).max(120.0);
    Grid::new("side_by_side").num_columns(4).striped(true).min_col_width(width).max_col_width(width).show(ui, |ui| {
        for head in ["Row", "Right", "Base", "Tuned"] {
            widgets::small_weak(ui, head);
        }
        ui.end_row();
        for i in order.into_iter().take(MOST) {
            let (before, after) = (&base.rows[i], &tuned.rows[i]);
            let text = |ui: &mut Ui, text: &str, color| {
                ui.add(eframe::egui::Label::new(RichText::new(text.trim()).color(color)).wrap());
            };
            text(ui, &format::one_line(&after.input, 160), colors.text_weak);
            text(ui, &after.wanted, colors.text);
            for output in [before, after] {
                let right = output.given.trim() == output.wanted.trim();
                text(ui, &output.given, if right { colors.good } else { colors.text });
            }
            ui.end_row();
        }
    });
}
