//! What the policy wrote in a round: prompts, answers, rewards, and each token's drift or advantage as heat. Changes nothing.

use eframe::egui::{Color32, ScrollArea, Ui};

use crate::engine::event::{RolloutToken, RolloutView};
use crate::state::rlhf::{Heat, RlhfAction};
use crate::state::{Action, AppState, icon};
use crate::ui::theme::{palette, space};
use crate::ui::{pieces, plot, widgets};

/// What the tokens can be coloured by.
const HEATS: [(Heat, &str, &str); 3] = [
    (Heat::Drift, "Drift", "The log-ratio of the policy and its start at each token, in nats, whatever its sign"),
    (
        Heat::Reward,
        "Reward",
        "What each token earned: the judge's number on the last, and on each what its drift costs (β times the log-ratio)",
    ),
    (Heat::Advantage, "Advantage", "By how much each token was better than expected: that much likelier, or rarer, it is made"),
];

pub(super) fn show(ui: &mut Ui, state: &AppState, run: i64, actions: &mut Vec<Action>) {
    widgets::section(ui, "Answers of a round");
    let rounds: Vec<(u64, &Vec<RolloutView>)> =
        state.align.rounds.iter().filter(|(of, ..)| *of == run).map(|(_, step, all)| (*step, all)).collect();
    let Some(newest) = rounds.last().map(|(step, _)| *step) else {
        widgets::small_weak(ui, "While a policy learns from rewards, its answers stand here as they are judged.");
        return;
    };
    let at = state.rlhf.round.and_then(|step| rounds.iter().position(|(known, _)| *known == step)).unwrap_or(rounds.len() - 1);
    let Some((step, all)) = rounds.get(at) else { return };
    ui.horizontal(|ui| {
        widgets::strong(ui, format!("Step {step}{}", if *step == newest { ", the newest" } else { "" }));
        let first = (at == 0).then_some("This is the oldest that is kept");
        if widgets::icon_button_unless(ui, icon::CARET_LEFT, "Round before", first).clicked()
            && let Some((before, _)) = rounds.get(at - 1)
        {
            actions.push(Action::Rlhf(RlhfAction::Round(Some(*before))));
        }
        let last = (at + 1 >= rounds.len()).then_some("This is the newest");
        if widgets::icon_button_unless(ui, icon::CARET_RIGHT, "Next round", last).clicked() {
            let next = rounds.get(at + 1).map(|(step, _)| *step).filter(|step| *step != newest);
            actions.push(Action::Rlhf(RlhfAction::Round(next)));
        }
    });
    ui.horizontal_wrapped(|ui| {
        for (heat, name, meaning) in HEATS {
            let chosen = widgets::named(ui.selectable_label(state.rlhf.heat == heat, name), &format!("{name} heat"));
            if chosen.on_hover_text(meaning).clicked() {
                actions.push(Action::Rlhf(RlhfAction::Heat(heat)));
            }
        }
        let (cold, hot) = match state.rlhf.heat {
            Heat::Drift => ("as at the start", "drifted"),
            Heat::Reward => ("costs", "earns"),
            Heat::Advantage => ("gets rarer", "gets likelier"),
        };
        plot::heat_legend(ui, cold, hot);
    });
    ScrollArea::vertical().id_salt("rollouts").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::S;
        for rollout in *all {
            widgets::card(ui, |ui| one(ui, rollout, state.rlhf.heat));
        }
    });
}

fn one(ui: &mut Ui, rollout: &RolloutView, by: Heat) {
    widgets::small_weak(ui, &rollout.prompt);
    let of = |token: &RolloutToken| match by {
        Heat::Drift => token.kl.abs(),
        Heat::Reward => token.reward,
        Heat::Advantage => token.advantage,
    };
    // Small numbers must not look large only because there are no others.
    let least = if by == Heat::Reward { 0.1 } else { 0.5 };
    let widest = rollout.tokens.iter().map(|token| of(token).abs()).fold(least, f32::max);
    // What takes away as well as gives has its zero in the middle.
    let warmth = |x: f32| if by == Heat::Drift { x / widest } else { 0.5 + 0.5 * x / widest };
    let parts: Vec<(&str, Color32)> = rollout
        .tokens
        .iter()
        .map(|token| (token.text.as_str(), plot::heat(ui, warmth(of(token))).0.gamma_multiply(0.4)))
        .collect();
    let told = |i: usize| {
        let Some(token) = rollout.tokens.get(i) else { return String::new() };
        format!(
            "{:?}\nlog-probability {:.2}\ndrift {:+.2}\nreward {:+.2}\nadvantage {:+.2}",
            token.text, token.logprob, token.kl, token.reward, token.advantage
        )
    };
    pieces::show_parts(ui, parts.into_iter(), told);
    ui.horizontal_wrapped(|ui| {
        let colors = palette(ui);
        let n = rollout.tokens.len().max(1) as f32;
        let advantage = rollout.tokens.iter().map(|token| token.advantage).sum::<f32>() / n;
        let tint = if advantage >= 0.0 { colors.good } else { colors.warning };
        widgets::chip(ui, &format!("reward {:.2}", rollout.reward), tint).on_hover_text("Green: better than expected");
        for (name, value) in &rollout.parts {
            widgets::small_weak(ui, format!("{name} {value:.2}"));
        }
        if !rollout.ended {
            widgets::chip(ui, "cut off", colors.warning);
        }
    });
}
