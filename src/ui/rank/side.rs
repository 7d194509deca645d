//! Beside the question: what a click did to a live policy, guidelines, how honest the votes are, and the keys. Changes nothing itself.

use eframe::egui::{Grid, RichText, ScrollArea, Ui};

use super::{files, keys, live, settings};
use crate::state::rank_draft::RankDraft;
use crate::state::{Action, AppState, format};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut RankDraft, actions: &mut Vec<Action>) {
    ScrollArea::vertical().id_salt("rank_side").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::S;
        live::show(ui, state, draft, actions);
        ui.add_space(space::S);
        settings::show(ui, state, draft, actions);
        ui.add_space(space::S);
        settings::annotator(ui, state, draft, actions);
        progress(ui, state);
        quality(ui, state);
        ui.add_space(space::S);
        files::show(ui, state, draft, actions);
        ui.add_space(space::S);
        widgets::section(ui, "Keys");
        let n = state.rank.now.as_ref().map_or(2, |now| now.order.len());
        Grid::new("rank_keys").num_columns(2).spacing([space::M, 4.0]).show(ui, |ui| {
            for (key, meaning) in keys::hints(n, draft.way_now()) {
                ui.label(RichText::new(key).monospace().small().color(palette(ui).text_strong));
                widgets::small_weak(ui, meaning);
                ui.end_row();
            }
        });
    });
}

/// How far, by whom.
fn progress(ui: &mut Ui, state: &AppState) {
    let progress = &state.rank.state.progress;
    if progress.questions == 0 {
        return;
    }
    widgets::section(ui, "So far");
    let part = |n: u64, one: &str, many: &str| format::plural(n, one, many);
    widgets::small_weak(
        ui,
        format!(
            "{}: {}, {}, {} with all bad, {} skipped",
            part(progress.votes, "vote", "votes"),
            part(progress.pairs, "pair", "pairs"),
            part(progress.ties, "tie", "ties"),
            progress.all_bad,
            progress.skipped
        ),
    );
    for (who, n) in &progress.by_annotator {
        widgets::small_weak(ui, format!("{who}: {n}"));
    }
}

/// How far the votes can be trusted.
fn quality(ui: &mut Ui, state: &AppState) {
    let it = &state.rank.honesty;
    if it.votes == 0 {
        return;
    }
    ui.add_space(space::S);
    widgets::section(ui, "Quality of the votes");
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    if let Some((share, interval)) = &it.left {
        let text = format!("Left wins {} of {} decided votes", percent(*share), it.decided);
        let meaning = format!(
            "95 of 100 times the true share lies between {} and {}; a half is fair, for sides are shuffled",
            percent(interval.low),
            percent(interval.high)
        );
        widgets::small_weak(ui, text).on_hover_text(meaning);
    }
    if let Some((share, _)) = &it.longer {
        widgets::small_weak(ui, format!("The longer answer wins {}", percent(*share)));
    }
    if let Some(seconds) = it.median_s {
        widgets::small_weak(ui, format!("{seconds:.1} s a vote, in the middle"));
    }
    if it.repeats.0 > 0 {
        let text = format!("Asked again, the same was said {} of {} times", it.repeats.1, it.repeats.0);
        widgets::small_weak(ui, text).on_hover_text("Some questions come twice, with the sides swapped");
    }
    if let Some(kappa) = it.kappa {
        let text =
            format!("Two people agree with κ = {kappa:.2} on {}", format::plural(it.shared as u64, "question", "questions"));
        widgets::small_weak(ui, text).on_hover_text("Cohen's κ: 1 is full agreement, 0 what chance gives");
    } else if let Some(alpha) = it.alpha {
        let text = format!("People agree with α = {alpha:.2} on {}", format::plural(it.shared as u64, "question", "questions"));
        widgets::small_weak(ui, text).on_hover_text("Krippendorff's α: 1 is full agreement, 0 what chance gives");
    }
    for warning in it.warnings() {
        crate::ui::fields::problem(ui, &warning);
    }
}
