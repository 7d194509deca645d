//! Setting up a run that learns from feedback: method, start, votes or prompts, and what judges. Starts nothing itself.

use eframe::egui::{ComboBox, Frame, Margin, Panel, ScrollArea, TextEdit, Ui};

use super::{judges, policy};
use crate::engine::event::DatasetInfo;
use crate::feedback::FeedbackSettings;
use crate::state::rlhf::{Method, RlhfAction, RlhfDraft, RlhfView};
use crate::state::{Action, AppState, Page, format, icon, tune};
use crate::train::PreferenceLoss;
use crate::train::reward_loss::RewardKind;
use crate::ui::theme::space;
use crate::ui::{fields, widgets};

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut RlhfDraft, actions: &mut Vec<Action>) {
    // The way to start is always in sight where there is room for it.
    let wide = ui.available_width() > 900.0;
    if wide {
        let frame = Frame::new().inner_margin(Margin { left: space::L as i8, ..Margin::ZERO });
        Panel::right("rlhf_start").frame(frame).resizable(false).exact_size(340.0).show_separator_line(false).show(ui, |ui| {
            fields::card(ui, |ui| go(ui, state, draft, actions));
        });
    }
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::M;
        fields::card(ui, |ui| {
            widgets::section(ui, "Learn from");
            for method in Method::ALL {
                ui.radio_value(&mut draft.method, method, method.name()).on_hover_text(method.hint());
            }
            widgets::small_weak(ui, draft.method.hint());
        });
        fields::card(ui, |ui| start(ui, state, draft));
        fields::card(ui, |ui| material(ui, state, draft, actions));
        match draft.method {
            Method::Prefer => fields::card(ui, |ui| preferences(ui, draft)),
            Method::Reward => fields::card(ui, |ui| reward(ui, draft)),
            Method::Rl => {
                fields::card(ui, |ui| judges::show(ui, state, &mut draft.judges));
                fields::card(ui, |ui| policy::show(ui, draft));
            }
            Method::Best => {
                fields::card(ui, |ui| judges::show(ui, state, &mut draft.judges));
                fields::card(ui, |ui| best(ui, draft));
            }
        }
        if !wide {
            fields::card(ui, |ui| go(ui, state, draft, actions));
        }
    });
}

fn start(ui: &mut Ui, state: &AppState, draft: &mut RlhfDraft) {
    widgets::section(ui, "Start from")
        .on_hover_text("The model that learns; frozen, it is also the reference that drift is measured from");
    let name = |id: Option<i64>| {
        id.and_then(|id| state.checkpoint(id))
            .map_or_else(|| "choose…".to_owned(), |row| tune::checkpoint_name(&state.library, row))
    };
    let list = ComboBox::from_id_salt("rlhf_from").selected_text(name(draft.from)).width(300.0).show_ui(ui, |ui| {
        let writers: Vec<_> = tune::writers(&state.library).collect();
        for row in writers.into_iter().rev() {
            ui.selectable_value(&mut draft.from, Some(row.id), tune::checkpoint_name(&state.library, row));
        }
    });
    widgets::named(list.response, "Checkpoint to start from");
}

fn material(ui: &mut Ui, state: &AppState, draft: &mut RlhfDraft, actions: &mut Vec<Action>) {
    if matches!(draft.method, Method::Rl | Method::Best) {
        widgets::section(ui, "Prompts to answer");
        prompts(ui, state, &mut draft.prompts);
        widgets::small_weak(ui, "Of labelled rows the right answers are known, and a rule can compare with them");
        return;
    }
    widgets::section(ui, "Votes");
    let fits = |d: &&DatasetInfo| !d.deleted && d.schema.is_feedback() && d.votes > 0;
    let chosen = &mut draft.votes;
    let name = state.library.datasets.iter().find(|d| Some(d.id) == *chosen).map_or("none yet", |d| d.name.as_str());
    ui.horizontal_wrapped(|ui| {
        let list = ComboBox::from_id_salt("rlhf_data").selected_text(name).width(300.0).show_ui(ui, |ui| {
            for dataset in state.library.datasets.iter().filter(fits) {
                let n = format::plural(dataset.votes, "vote", "votes");
                ui.selectable_value(chosen, Some(dataset.id), format!("{}  ·  {n}", dataset.name));
            }
        });
        widgets::named(list.response, "What is learnt from");
        if widgets::button(ui, icon::RANKING, "Give more votes").clicked() {
            actions.push(Action::Go(Page::Rank));
        }
    });
    widgets::small_weak(ui, "A share of the prompts is kept aside with their votes: on those it is measured");
}

/// Which prompts are answered.
pub(super) fn prompts(ui: &mut Ui, state: &AppState, chosen: &mut Option<i64>) {
    let fits = |d: &&DatasetInfo| !d.deleted && (d.schema.is_feedback() || d.schema.is_supervised());
    let name = state.library.datasets.iter().find(|d| Some(d.id) == *chosen).map_or("none yet", |d| d.name.as_str());
    let list = ComboBox::from_id_salt("rlhf_prompts").selected_text(name).width(300.0).show_ui(ui, |ui| {
        for dataset in state.library.datasets.iter().filter(fits) {
            let n = format::plural(dataset.rows.max(dataset.questions), "row", "rows");
            ui.selectable_value(chosen, Some(dataset.id), format!("{}  ·  {n}", dataset.name));
        }
    });
    widgets::named(list.response, "Prompts to answer");
}

fn preferences(ui: &mut Ui, draft: &mut RlhfDraft) {
    widgets::section(ui, "Loss");
    let losses: [(&str, &str, PreferenceLoss); 6] = [
        (
            "DPO",
            "The better answer gains on the worse one, relative to the start (Rafailov et al. 2023)",
            PreferenceLoss::default(),
        ),
        (
            "IPO",
            "As DPO, but stops where the lead is large enough: few votes are not learnt by heart",
            PreferenceLoss::Ipo { beta: 0.1, average: true },
        ),
        (
            "KTO",
            "Takes each answer for itself, wanted or not; needs no pairs",
            PreferenceLoss::Kto { beta: 0.1, desirable_weight: 1.0, undesirable_weight: 1.0 },
        ),
        (
            "ORPO",
            "Needs no reference: learns better answers and leaves worse ones in one loss",
            PreferenceLoss::Orpo { lambda: 0.1 },
        ),
        ("SimPO", "Needs no reference: compares by the token, with a margin", PreferenceLoss::SimPo { beta: 2.0, gamma: 1.0 }),
        ("Robust DPO", "For votes of which some are wrong", PreferenceLoss::Robust { beta: 0.1, label_smoothing: 0.1 }),
    ];
    ui.horizontal_wrapped(|ui| {
        for (name, hint, loss) in losses {
            let on = std::mem::discriminant(&draft.loss) == std::mem::discriminant(&loss);
            if ui.selectable_label(on, name).on_hover_text(hint).clicked() {
                draft.loss = loss;
            }
        }
    });
    if let PreferenceLoss::Dpo { beta, .. } | PreferenceLoss::Ipo { beta, .. } | PreferenceLoss::Kto { beta, .. } =
        &mut draft.loss
    {
        ui.horizontal(|ui| {
            ui.label("β").on_hover_text("How closely the model is held to where it started: higher is closer");
            widgets::named(fields::real(ui, beta, 0.001..=10.0), "Beta");
        });
    }
    epochs(ui, draft);
}

fn reward(ui: &mut Ui, draft: &mut RlhfDraft) {
    widgets::section(ui, "What is learnt of the votes");
    for (kind, name, hint) in [
        (RewardKind::Pairs, "Every pair of a ranking", "Bradley–Terry: the better one of two gets the higher reward"),
        (RewardKind::PlackettLuce, "Rankings as a whole", "Plackett–Luce: best of all, then best of the rest, and so on"),
        (RewardKind::Scores, "Scores by criteria", "The mean of the scores from 1 to 5 is learnt as a number"),
    ] {
        ui.radio_value(&mut draft.kind, kind, name).on_hover_text(hint);
    }
    if draft.kind == RewardKind::Scores {
        ui.horizontal_wrapped(|ui| {
            ui.label("Criterion")
                .on_hover_text("The criterion whose scores are learnt; empty: the mean of all that an answer has");
            let field = TextEdit::singleline(&mut draft.criterion).hint_text("all of them").desired_width(160.0);
            widgets::named(ui.add(field), "Criterion");
            for known in FeedbackSettings::default().criteria {
                if ui.selectable_label(draft.criterion == known, known.as_str()).clicked() {
                    draft.criterion = known;
                }
            }
        });
    }
    epochs(ui, draft);
}

fn epochs(ui: &mut Ui, draft: &mut RlhfDraft) {
    ui.horizontal(|ui| {
        ui.label("Epochs").on_hover_text("How often every vote is seen");
        widgets::named(fields::real(ui, &mut draft.epochs, 0.1..=50.0), "Epochs");
        rate(ui, draft);
    });
}

pub(super) fn rate(ui: &mut Ui, draft: &mut RlhfDraft) {
    ui.label("Learning rate ×").on_hover_text("Times the rate that suits the model's size");
    widgets::named(fields::real(ui, &mut draft.rate, 0.01..=20.0), "Learning rate, times the usual");
}

fn best(ui: &mut Ui, draft: &mut RlhfDraft) {
    widgets::section(ui, "Draw, keep, learn");
    let it = &mut draft.best;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        ui.label("Answers to each prompt");
        widgets::named(fields::whole(ui, &mut it.n, 2..=64, 0.1), "Answers to each prompt");
        ui.label("keep at most").on_hover_text("1 is best-of-n: the best answer to each prompt");
        widgets::named(fields::whole(ui, &mut it.keep.top, 1..=16, 0.1), "Answers kept of each prompt");
        ui.label("Tokens at most");
        widgets::named(fields::whole(ui, &mut draft.rl.max_tokens, 4..=1024, 0.5), "Tokens of an answer at most");
    });
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        let mut on = it.keep.at_least.is_some();
        ui.checkbox(&mut on, "only answers worth at least")
            .on_hover_text("Rejection sampling: a prompt none of whose answers is good enough teaches nothing");
        let mut least = it.keep.at_least.unwrap_or(1.0);
        ui.add_enabled_ui(on, |ui| widgets::named(fields::real(ui, &mut least, -1000.0..=1000.0), "Reward at least"));
        it.keep.at_least = on.then_some(least);
        ui.label("Rounds").on_hover_text("Draw, keep, learn, measure, and again from what it became; 0: draw and keep only");
        widgets::named(fields::whole(ui, &mut it.rounds, 0..=20, 0.1), "Rounds");
    });
    epochs(ui, draft);
}

fn go(ui: &mut Ui, state: &AppState, draft: &mut RlhfDraft, actions: &mut Vec<Action>) {
    widgets::section(ui, "Start");
    let name = TextEdit::singleline(&mut draft.name).hint_text("Name").desired_width(f32::INFINITY);
    widgets::named(ui.add(name), "Name of the run");
    if draft.method == Method::Best {
        return go_rounds(ui, state, draft, actions);
    }
    let assembled = draft.assembled(&state.library);
    let busy = state.is_training().then_some("A run is under way: stop it first, or let it finish");
    let refusal = state.why_not_write().or(busy).or(assembled.as_ref().err().map(String::as_str));
    if widgets::primary_unless(ui, icon::PLAY, "Start learning", refusal).clicked()
        && let Ok((config, from)) = &assembled
    {
        actions.push(Action::Rlhf(RlhfAction::Start { config: Box::new(config.clone()), from: *from }));
    }
    if let Some(refusal) = refusal {
        fields::problem(ui, refusal);
    }
    if let Some(dataset) = draft.votes.filter(|_| draft.method != Method::Rl) {
        honesty(ui, state, dataset, actions);
    }
    if state.is_training() && widgets::button(ui, icon::CHART_LINE, "Watch it").clicked() {
        actions.push(Action::Rlhf(RlhfAction::Show(RlhfView::Watch)));
    }
}

fn go_rounds(ui: &mut Ui, state: &AppState, draft: &RlhfDraft, actions: &mut Vec<Action>) {
    let plan = draft.plan(&state.library);
    let going = state.rlhf.rounds.now.as_ref().is_some_and(|now| !now.is_over());
    let busy = if going {
        Some("Rounds are under way: stop them first, or let them finish")
    } else {
        state.is_training().then_some("A run is under way: stop it first, or let it finish")
    };
    let refusal = state.why_not_write().or(busy).or(plan.as_ref().err().map(String::as_str));
    let label = if draft.best.rounds == 0 { "Draw and keep" } else { "Start the rounds" };
    if widgets::primary_unless(ui, icon::PLAY, label, refusal).clicked()
        && let Ok(plan) = &plan
    {
        actions.push(Action::Rlhf(RlhfAction::StartRounds(Box::new(plan.clone()))));
    }
    if let Some(refusal) = refusal {
        fields::problem(ui, refusal);
    }
    if going && widgets::button(ui, icon::ARROWS_CLOCKWISE, "Watch them").clicked() {
        actions.push(Action::Rlhf(RlhfAction::Show(RlhfView::Rounds)));
    }
}

/// What somebody should know of the votes before a run begins on them.
fn honesty(ui: &mut Ui, state: &AppState, dataset: i64, actions: &mut Vec<Action>) {
    let rounds = &state.rlhf.rounds;
    if !rounds.is_looked_at(dataset) {
        actions.push(Action::Rlhf(RlhfAction::LookAt(dataset)));
    }
    let Some((_, honesty)) = rounds.honesty.as_ref().filter(|(id, _)| *id == dataset) else { return };
    for warning in honesty.warnings() {
        widgets::strip(ui, widgets::Tone::Warning, |ui| ui.label(warning));
    }
}
