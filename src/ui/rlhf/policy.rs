//! How a policy learns from rewards of its own answers: the method, the size of a round, and what holds it back. Starts nothing.

use eframe::egui::{CollapsingHeader, Ui};

use super::setup::rate;
use crate::config::Algorithm;
use crate::state::format;
use crate::state::rlhf::RlhfDraft;
use crate::ui::theme::space;
use crate::ui::{fields, widgets};

const METHODS: [(Algorithm, &str, &str); 3] = [
    (Algorithm::Grpo, "GRPO", "Answers to one prompt are weighed against each other (Shao et al. 2024)"),
    (Algorithm::Rloo, "RLOO", "Each answer is weighed against the mean of the others (Ahmadian et al. 2024)"),
    (
        Algorithm::Ppo,
        "PPO",
        "Each token is weighed against what a value head expected of it; the head is learnt beside, on the same trunk (Schulman et al. 2017; Ouyang et al. 2022)",
    ),
];

pub(super) fn show(ui: &mut Ui, draft: &mut RlhfDraft) {
    widgets::section(ui, "Policy");
    row(ui, |ui| {
        for (algorithm, name, hint) in METHODS {
            if ui.radio(draft.rl.algorithm == algorithm, name).on_hover_text(hint).clicked() {
                draft.rl = draft.rl.clone().with_algorithm(algorithm);
            }
        }
    });
    let ppo = draft.rl.algorithm == Algorithm::Ppo;
    row(ui, |ui| {
        whole(ui, "Prompts a round", "", &mut draft.rl.prompts, 1..=256);
        whole(ui, "Answers to each", "Of each prompt in a round", &mut draft.rl.group, if ppo { 1 } else { 2 }..=64);
        whole(ui, "Tokens at most", "The longest answer", &mut draft.rl.max_tokens, 4..=1024);
    });
    row(ui, |ui| {
        ui.label("Steps");
        widgets::named(fields::whole(ui, &mut draft.steps, 1..=100_000, 1.0), "Steps");
        real(ui, "β", "What drift from the start costs, in reward a nat: higher stays closer", &mut draft.rl.beta, 0.0..=5.0);
        rate(ui, draft);
    });
    let a_round = (draft.rl.inner_epochs * draft.rl.minibatches).max(1) as u64;
    let rounds = format::plural(draft.steps.div_ceil(a_round), "round", "rounds");
    let answers = format::plural((draft.rl.prompts * draft.rl.group) as u64, "answer", "answers");
    widgets::small_weak(ui, format!("{rounds} of {answers} each"));
    if ppo {
        steering(ui, draft);
    }
    row(ui, |ui| {
        let tip = "Nats an answer; 0: never. Where it runs away, the reward is being fooled";
        real(ui, "Pause at a drift of", tip, &mut draft.rl.most_kl, 0.0..=1000.0);
        let tip = "Nats a token; 0: never. Near 0 the policy says one thing only";
        real(ui, "or at an entropy of", tip, &mut draft.rl.least_entropy, 0.0..=5.0);
    });
    CollapsingHeader::new("More").id_salt("rlhf_policy_more").show(ui, |ui| more(ui, draft, ppo));
}

/// β as it is, or steered.
fn steering(ui: &mut Ui, draft: &mut RlhfDraft) {
    row(ui, |ui| {
        let ppo = &mut draft.rl.ppo;
        let mut steered = ppo.target_kl.is_some();
        let tip = "β rises while answers drift further than this, and falls while they stay nearer (Ziegler et al. 2019)";
        if ui.checkbox(&mut steered, "Steer β to a drift of").on_hover_text(tip).changed() {
            ppo.target_kl = steered.then_some(6.0);
        }
        if let Some(target) = &mut ppo.target_kl {
            widgets::named(fields::real(ui, target, 0.1..=1000.0), "Drift that β is steered to");
            widgets::small_weak(ui, "nats an answer");
            let tip = "Answers over which a full error changes β by its own size: fewer steer faster";
            real(ui, "over answers", tip, &mut ppo.horizon, 10.0..=100_000.0);
        }
    });
}

fn more(ui: &mut Ui, draft: &mut RlhfDraft, ppo: bool) {
    let rl = &mut draft.rl;
    row(ui, |ui| {
        whole(ui, "Times through a round", "How often a round's answers are learnt from", &mut rl.inner_epochs, 1..=16);
        whole(ui, "Minibatches", "Steps that each time takes", &mut rl.minibatches, 1..=64);
        real(ui, "Clip", "How far the probability of a token may move in one round, as a share of it", &mut rl.clip, 0.01..=1.0);
    });
    row(ui, |ui| {
        let tip = "Taken off the reward of an answer that came to no end of its own";
        real(ui, "No end costs", tip, &mut rl.missing_end, 0.0..=100.0);
        real(ui, "Temperature", "Of the draws: higher tries more", &mut rl.temperature, 0.05..=5.0);
    });
    if !ppo {
        return;
    }
    row(ui, |ui| {
        let tip = "What a reward one token later is worth; 1: as much";
        real(ui, "γ", tip, &mut rl.ppo.gamma, 0.0..=1.0);
        let tip = "0 trusts the value head, 1 the rewards alone (Schulman et al. 2016)";
        real(ui, "λ", tip, &mut rl.ppo.lambda, 0.0..=1.0);
    });
    row(ui, |ui| {
        real(ui, "Value clip", "How far a value may move in one round", &mut rl.ppo.value_clip, 0.01..=100.0);
        real(ui, "Value weight", "Of the value loss beside the policy's", &mut rl.ppo.value_coef, 0.0..=10.0);
        real(ui, "Entropy weight", "Rewards an open policy", &mut rl.ppo.entropy_coef, 0.0..=1.0);
    });
    let tip = "A round's rewards are scaled to a spread of 1 before they become advantages";
    ui.checkbox(&mut rl.ppo.whiten_rewards, "Scale rewards").on_hover_text(tip);
}

fn row(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        add(ui);
    });
}

fn real(ui: &mut Ui, name: &str, tip: &str, value: &mut f64, range: std::ops::RangeInclusive<f64>) {
    ui.label(name).on_hover_text(tip);
    widgets::named(fields::real(ui, value, range), name);
}

fn whole(ui: &mut Ui, name: &str, tip: &str, value: &mut usize, range: std::ops::RangeInclusive<usize>) {
    let label = ui.label(name);
    if !tip.is_empty() {
        label.on_hover_text(tip);
    }
    widgets::named(fields::whole(ui, value, range, 0.1), name);
}
