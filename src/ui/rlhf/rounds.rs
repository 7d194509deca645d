//! Rounds of drawing and learning: how far they are, and what each brought. Trains nothing.

use eframe::egui::{Grid, ScrollArea, Ui};

use crate::state::rlhf::{RlhfAction, RlhfView};
use crate::state::rounds::RoundsResult;
use crate::state::{Action, AppState, Page, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::{fields, widgets};

/// Prompts of a drawing that are shown.
const SHOWN: usize = 8;

pub(super) fn show(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let rounds = &state.rlhf.rounds;
    if rounds.now.is_none() && rounds.kept.is_empty() && rounds.drawn.is_none() && !rounds.is_drawing() {
        let body = "A model answers each prompt several times, something judges the answers, and the best are learnt. What each round \
            brings is shown here, on prompts that were kept aside.";
        widgets::empty_page(ui, icon::ARROWS_CLOCKWISE, "No rounds yet", body, |ui| {
            if widgets::primary(ui, icon::SLIDERS_HORIZONTAL, "Set some up").clicked() {
                actions.push(Action::Rlhf(RlhfAction::Show(RlhfView::SetUp)));
            }
        });
        return;
    }
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::M;
        under_way(ui, state, actions);
        drawn(ui, state, actions);
        let now = rounds.now.as_ref().filter(|now| !now.is_over()).map(|now| &now.result);
        for (i, result) in now.into_iter().chain(rounds.kept.iter().rev()).enumerate() {
            fields::card(ui, |ui| table(ui, result, i, actions));
        }
    });
}

fn under_way(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let Some(now) = state.rlhf.rounds.now.as_ref().filter(|now| !now.is_over()) else { return };
    let job = now.job().and_then(|id| state.jobs.get(id));
    let fraction =
        job.map_or_else(|| state.live.as_ref().map(crate::state::LiveRun::fraction), crate::state::jobs::Job::fraction);
    widgets::strip(ui, widgets::Tone::Info, |ui| {
        ui.horizontal_wrapped(|ui| {
            let (at, of) = now.at();
            ui.label(format!("Round {} of {of}: {}", at.min(of), now.stage.name()));
            widgets::progress(ui, fraction, 160.0);
            let left = job.map_or_else(
                || state.live.as_ref().and_then(crate::state::LiveRun::seconds_left),
                crate::state::jobs::Job::seconds_left,
            );
            if let Some(left) = left {
                widgets::small_weak(ui, format!("{} left of this step", format::duration(left)));
            }
            if widgets::button(ui, icon::STOP, "Stop").clicked() {
                actions.push(Action::Rlhf(RlhfAction::StopRounds));
            }
        });
    });
}

fn drawn(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    if state.rlhf.rounds.is_drawing() {
        widgets::strip(ui, widgets::Tone::Info, |ui| ui.label("Answers are being drawn and judged"));
    }
    let Some(best) = &state.rlhf.rounds.drawn else { return };
    fields::card(ui, |ui| {
        widgets::section(ui, "Answers drawn and judged");
        ui.horizontal_wrapped(|ui| {
            widgets::tile(ui, &format!("{:.2}", best.mean), "an answer", "Reward of all answers on average");
            widgets::tile(
                ui,
                &format!("{:.2}", best.best),
                "the best of each",
                "Reward of the best answer to each prompt on average",
            );
            widgets::tile(ui, &format::count(best.kept), "kept", "Rows to fine-tune on");
        });
        if let Some(dataset) = best.dataset
            && widgets::primary(ui, icon::TARGET, "Fine-tune on them").clicked()
        {
            actions.push(Action::Go(Page::Tune));
            actions.push(Action::Tune(crate::state::TuneAction::Dataset(dataset)));
        }
        for example in best.examples.iter().take(SHOWN) {
            widgets::small_weak(ui, format::one_line(&example.prompt, 110));
            ui.horizontal(|ui| {
                ui.colored_label(palette(ui).good, format!("{:.2}", example.best.1));
                ui.label(format::one_line(&example.best.0, 110));
            });
            ui.horizontal(|ui| {
                ui.colored_label(palette(ui).text_weak, format!("{:.2}", example.worst.1));
                widgets::weak(ui, format::one_line(&example.worst.0, 110));
            });
        }
    });
}

fn table(ui: &mut Ui, result: &RoundsResult, number: usize, actions: &mut Vec<Action>) {
    widgets::section(ui, &result.name);
    widgets::small_weak(
        ui,
        format!(
            "{} of {} rounds; measured on {} kept aside",
            result.rounds.len(),
            result.wanted,
            format::plural(result.prompts, "prompt", "prompts")
        ),
    );
    let heads = [
        ("Round", "Draw, keep, learn, measure"),
        ("Answers", "Answers that were drawn and judged"),
        ("Worth", "Their reward on average"),
        ("Kept", "Rows that were learnt"),
        ("Worth", "Their reward on average"),
        ("Aside before", "Reward on the prompts kept aside, before the round"),
        ("after", "Reward on the same prompts, with the same draws, after it"),
        ("Wins", "Share of those prompts that are answered better than by the start; ties by half"),
    ];
    Grid::new(("rounds", number)).striped(true).spacing([space::L, space::XS]).show(ui, |ui| {
        for (name, meaning) in heads {
            widgets::small_weak(ui, name).on_hover_text(meaning);
        }
        ui.end_row();
        for round in &result.rounds {
            ui.label(round.round.to_string());
            ui.label(format::count(round.answers));
            ui.label(format!("{:.2}", round.drawn_reward));
            ui.label(format::count(round.kept));
            ui.label(format!("{:.2}", round.kept_reward));
            ui.label(format!("{:.3}", round.before));
            let color = if round.after >= round.before { palette(ui).good } else { palette(ui).warning };
            ui.colored_label(color, format!("{:.3}", round.after));
            ui.label(format::percent(round.win_rate));
            ui.end_row();
        }
    });
    if let Some(why) = &result.ended {
        fields::problem(ui, why);
    }
    if let Some(checkpoint) = result.rounds.last().and_then(|round| round.checkpoint)
        && widgets::button(ui, icon::GIT_DIFF, "Hold it against the start").clicked()
    {
        actions.push(Action::Rlhf(RlhfAction::Wish(crate::state::rlhf::RlhfWish::Duel {
            checkpoint: Some(checkpoint),
            against: Some(result.start),
            prompts: None,
            rules: String::new(),
        })));
    }
}
