//! Iterative training beside the laboratory: what kept rounds brought, and the way to more of them. Trains nothing.

use eframe::egui::{Grid, Ui};

use crate::state::rlhf::{RlhfAction, RlhfView};
use crate::state::rounds::RoundsResult;
use crate::state::{Action, AppState, Page, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

/// Sequences of rounds that are shown; the RLHF page shows all.
const SHOWN: usize = 2;

pub(super) fn show(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let rounds = &state.rlhf.rounds;
    widgets::section(ui, "Round by round");
    let now = rounds.now.as_ref().filter(|now| !now.is_over());
    if let Some(now) = now {
        let (at, of) = now.at();
        widgets::small_weak(ui, format!("Round {} of {of}: {}", at.min(of), now.stage.name()));
    }
    let told: Vec<&RoundsResult> = now.map(|now| &now.result).into_iter().chain(rounds.kept.iter().rev()).collect();
    let told: Vec<&RoundsResult> = told.into_iter().filter(|result| !result.rounds.is_empty()).collect();
    if told.is_empty() {
        ui.label(
            "Iterative training: the model answers prompts, clicks or rules judge the answers, criterion by criterion, it learns the best, \
             and prompts kept aside are asked again. What each round brings is kept here.",
        );
    }
    for (i, result) in told.iter().take(SHOWN).enumerate() {
        table(ui, result, i);
    }
    if told.len() > SHOWN {
        widgets::small_weak(ui, format!("and {} more on the RLHF page", told.len() - SHOWN));
    }
    ui.horizontal_wrapped(|ui| {
        if widgets::button(ui, icon::ARROWS_CLOCKWISE, "Rounds…")
            .on_hover_text("RLHF, Rounds: draw, judge, learn, measure; each round's checkpoint is kept and can be measured here")
            .clicked()
        {
            actions.push(Action::Rlhf(RlhfAction::Show(RlhfView::Rounds)));
            actions.push(Action::Go(Page::Rlhf));
        }
        if widgets::button(ui, icon::THUMBS_UP, "Click answers…")
            .on_hover_text("The Rank page: choose the better answer, or rate by criteria; a reward model that learns your clicks can judge rounds")
            .clicked()
        {
            actions.push(Action::Go(Page::Rank));
        }
    });
}

/// What each round brought, on prompts that were kept aside.
fn table(ui: &mut Ui, result: &RoundsResult, number: usize) {
    let of = format!(
        "{} of {}; reward on {} kept aside",
        result.rounds.len(),
        format::plural(u64::from(result.wanted), "round", "rounds"),
        format::plural(result.prompts, "prompt", "prompts")
    );
    widgets::weak(ui, format::one_line(&result.name, 40)).on_hover_text(of);
    Grid::new(("lab_rounds", number)).striped(true).spacing([space::M, space::XS]).show(ui, |ui| {
        let heads = [
            ("Round", "Draw, judge, learn, measure"),
            ("Learnt", "Rows that were kept and learnt"),
            ("Before", "Reward on the prompts kept aside, before the round"),
            ("After", "Reward on the same prompts after it"),
            ("Wins", "Share of those prompts that are answered better than by the start; ties by half"),
        ];
        for (name, meaning) in heads {
            widgets::small_weak(ui, name).on_hover_text(meaning);
        }
        ui.end_row();
        for round in &result.rounds {
            ui.label(round.round.to_string());
            ui.label(format::count(round.kept));
            ui.label(format!("{:.2}", round.before));
            let color = if round.after >= round.before { palette(ui).good } else { palette(ui).warning };
            ui.colored_label(color, format!("{:.2}", round.after));
            ui.label(format::percent(round.win_rate));
            ui.end_row();
        }
    });
}
