//! The live loop beside the question: begin it, and see what each click did. Trains nothing itself.

use eframe::egui::{Label, RichText, TextEdit, Ui};

use crate::config::Align;
use crate::engine::event::Effect;
use crate::state::rank::RankAction;
use crate::state::rank_draft::RankDraft;
use crate::state::{Action, AppState, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut RankDraft, actions: &mut Vec<Action>) {
    widgets::section(ui, "Learn at once").on_hover_text(
        "Each vote becomes a few steps of DPO (Rafailov et al. 2023) right away: the better answer gets likelier, the other less so",
    );
    let live = state.live.as_ref().filter(|live| live.is_held());
    let is_live = |tune: &crate::config::Tune| matches!(tune.align, Some(Align::Live { .. }));
    match live {
        Some(live) if live.config.tune.as_ref().is_some_and(is_live) => running(ui, state),
        Some(_) => {
            widgets::small_weak(ui, "Another run is under way; votes are saved, and can be learnt from later");
        }
        None => begin(ui, state, draft, actions),
    }
}

fn begin(ui: &mut Ui, state: &AppState, draft: &mut RankDraft, actions: &mut Vec<Action>) {
    widgets::small_weak(
        ui,
        "The model follows every click, and answers the prompts below anew. Undo takes the click and its effect back.",
    );
    if draft.pinned.is_empty()
        && let Some(now) = &state.rank.now
    {
        draft.pinned = crate::feedback::side_text(&now.question.prompt);
    }
    let field =
        TextEdit::multiline(&mut draft.pinned).desired_rows(3).desired_width(f32::INFINITY).hint_text("A prompt on each line");
    widgets::named(ui.add(field), "Pinned prompts, one on each line");
    let from = state.rank.asking.checkpoints.first().copied();
    let none = from.is_none().then_some("Choose who answers first");
    if widgets::button_unless(ui, icon::LIGHTNING, "Learn from every click", none.or(state.why_not_write())).clicked()
        && let Some(from) = from
    {
        let pinned = draft.pinned.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
        actions.push(Action::Rank(RankAction::StartLive { from, pinned }));
    }
}

fn running(ui: &mut Ui, state: &AppState) {
    let Some(effect) = state.rank.effect() else {
        widgets::small_weak(ui, "Vote, and see here what it did. Stop in the bar below keeps what was learnt as a checkpoint.");
        return;
    };
    let what = if effect.taken_back { "What taking back did" } else { "What this click did" };
    widgets::strong(ui, format!("{what}, in {:.1} s", effect.seconds));
    change(ui, "Better answer", effect.chosen);
    change(ui, "Worse answer", effect.rejected);
    let told = format!(
        "Drift {:.2} nats an answer, {}, step {}",
        effect.kl,
        format::plural(effect.votes as u64, "vote", "votes"),
        effect.step
    );
    widgets::small_weak(ui, told)
        .on_hover_text("How far the answers to the pinned prompts have moved from where the model began");
    samples(ui, effect);
}

/// Log-probabilities before and after.
fn change(ui: &mut Ui, name: &str, (before, after): (f64, f64)) {
    ui.horizontal(|ui| {
        widgets::small_weak(ui, name);
        let colors = palette(ui);
        let color = if after >= before { colors.good } else { colors.warning };
        ui.label(RichText::new(format!("{before:.1} → {after:.1}")).monospace().color(color))
            .on_hover_text("Log-probability of the whole answer, in nats: nearer to 0 is likelier");
    });
}

fn samples(ui: &mut Ui, effect: &Effect) {
    for (prompt, before, after) in &effect.samples {
        ui.add_space(space::S);
        widgets::card(ui, |ui| {
            ui.set_width(ui.available_width());
            widgets::small_weak(ui, prompt);
            if before == after {
                ui.add(Label::new(RichText::new(after)).wrap());
            } else {
                let weak = palette(ui).text_weak;
                ui.add(Label::new(RichText::new(before).small().color(weak)).wrap()).on_hover_text("Before the click");
                ui.add(Label::new(RichText::new(after).color(palette(ui).text_strong)).wrap()).on_hover_text("After the click");
            }
        });
    }
}
