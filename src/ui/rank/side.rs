//! Beside the question: what a click did to a live policy, guidelines, how honest the votes are, and the keys. Changes nothing itself.

use eframe::egui::{Grid, RichText, ScrollArea, TextEdit, Ui};

use super::{keys, live};
use crate::state::rank::RankAction;
use crate::state::rank_draft::RankDraft;
use crate::state::{Action, AppState, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut RankDraft, actions: &mut Vec<Action>) {
    ScrollArea::vertical().id_salt("rank_side").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::S;
        live::show(ui, state, draft, actions);
        ui.add_space(space::S);
        guidelines(ui, state, draft, actions);
        ui.add_space(space::S);
        progress(ui, state);
        quality(ui, state);
        ui.add_space(space::S);
        widgets::section(ui, "Keys");
        let n = state.rank.now.as_ref().map_or(2, |now| now.order.len());
        Grid::new("rank_keys").num_columns(2).spacing([space::M, 4.0]).show(ui, |ui| {
            for (key, meaning) in keys::hints(n, draft.way) {
                ui.label(RichText::new(key).monospace().small().color(palette(ui).text_strong));
                widgets::small_weak(ui, meaning);
                ui.end_row();
            }
        });
    });
}

fn guidelines(ui: &mut Ui, state: &AppState, draft: &mut RankDraft, actions: &mut Vec<Action>) {
    widgets::section(ui, "Guidelines");
    let settings = &state.rank.state.settings;
    if let Some(text) = &mut draft.guidelines {
        let field = TextEdit::multiline(text).desired_rows(3).desired_width(f32::INFINITY);
        widgets::named(ui.add(field), "Guidelines");
        if widgets::button(ui, icon::CHECK, "Keep them").clicked() {
            let settings = crate::feedback::FeedbackSettings { guidelines: text.clone(), ..settings.clone() };
            actions.push(Action::Rank(RankAction::SaveSettings(settings)));
            draft.guidelines = None;
        }
        return;
    }
    if settings.guidelines.trim().is_empty() {
        widgets::small_weak(ui, "What makes an answer better: agree on it before many people vote");
    } else {
        ui.label(&settings.guidelines);
    }
    if widgets::button(ui, icon::PENCIL_SIMPLE, "Write").clicked() {
        draft.guidelines = Some(settings.guidelines.clone());
    }
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
        let text = format!("Two people agree with κ = {kappa:.2} on {} questions", it.shared);
        widgets::small_weak(ui, text).on_hover_text("Cohen's κ: 1 is full agreement, 0 what chance gives");
    } else if let Some(alpha) = it.alpha {
        let text = format!("People agree with α = {alpha:.2} on {} questions", it.shared);
        widgets::small_weak(ui, text).on_hover_text("Krippendorff's α: 1 is full agreement, 0 what chance gives");
    }
    for warning in it.warnings() {
        crate::ui::fields::problem(ui, &warning);
    }
}
