//! Two checkpoints on the same prompts, by what judges and by people's own blind votes. Draws no answers itself.

use eframe::egui::{ComboBox, ScrollArea, Ui};

use super::judges;
use crate::evaluate::confidence::Interval;
use crate::state::rlhf::{RlhfAction, RlhfDraft};
use crate::state::rounds_page::DuelState;
use crate::state::{Action, AppState, Page, format, icon, tune};
use crate::ui::theme::{palette, space};
use crate::ui::{fields, widgets};

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut RlhfDraft, actions: &mut Vec<Action>) {
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::M;
        fields::card(ui, |ui| ask(ui, state, draft, actions));
        fields::card(ui, |ui| judges::show(ui, state, &mut draft.judges));
        match &state.rlhf.rounds.duel {
            DuelState::None => {}
            DuelState::Asked(job) => {
                let fraction = state.jobs.get(*job).and_then(crate::state::jobs::Job::fraction);
                widgets::strip(ui, widgets::Tone::Info, |ui| {
                    ui.horizontal(|ui| {
                        ui.label("Both answer the same prompts");
                        widgets::progress(ui, fraction, 160.0);
                        if widgets::button(ui, icon::STOP, "Stop").clicked() {
                            actions.push(Action::CancelJob(*job));
                        }
                    });
                });
            }
            DuelState::Failed(why) => fields::problem(ui, why),
            DuelState::Done(duel) => fields::card(ui, |ui| {
                widgets::section(ui, &format!("{} against {}", duel.names.0, duel.names.1));
                ui.horizontal_wrapped(|ui| {
                    let wins = format!("{} won, {} alike, {} lost", duel.wins, duel.ties, duel.losses);
                    widgets::tile(ui, &format::percent(duel.rate), "win rate", &format!("{wins}; ties count by half"));
                    widgets::tile(ui, &format!("{:.2}", duel.rewards.0), "its reward", "On average over the prompts");
                    widgets::tile(ui, &format!("{:.2}", duel.rewards.1), "the other's", "On average over the prompts");
                });
                widgets::small_weak(
                    ui,
                    format!("{wins}{}", within(duel.interval.as_ref()), wins = counts(duel.wins, duel.ties, duel.losses)),
                );
                for row in duel.rows.iter().take(12) {
                    widgets::small_weak(ui, format::one_line(&row.prompt, 110));
                    for (text, reward) in [&row.own, &row.other] {
                        ui.horizontal(|ui| {
                            let better = *reward >= row.own.1.max(row.other.1);
                            let color = if better { palette(ui).good } else { palette(ui).text_weak };
                            ui.colored_label(color, format!("{reward:.2}"));
                            ui.label(format::one_line(text, 110));
                        });
                    }
                }
            }),
        }
        fields::card(ui, |ui| votes(ui, state, actions));
    });
}

fn ask(ui: &mut Ui, state: &AppState, draft: &mut RlhfDraft, actions: &mut Vec<Action>) {
    widgets::section(ui, "Hold a checkpoint against another")
        .on_hover_text("Both answer the same prompts, which training did not see, with the same draws");
    let writers: Vec<_> = tune::writers(&state.library).collect();
    let name = |id: Option<i64>, none: &str| {
        let row = id.and_then(|id| state.checkpoint(id));
        row.map_or_else(|| none.to_owned(), |row| tune::checkpoint_name(&state.library, row))
    };
    ui.horizontal_wrapped(|ui| {
        let text = name(draft.duel.0, "choose…");
        let list = ComboBox::from_id_salt("duel_own").selected_text(text).width(280.0).show_ui(ui, |ui| {
            for row in writers.iter().rev() {
                ui.selectable_value(&mut draft.duel.0, Some(row.id), tune::checkpoint_name(&state.library, row));
            }
        });
        widgets::named(list.response, "Checkpoint that is measured");
        ui.label("against");
        let text = name(draft.duel.1, "what it started from");
        let list = ComboBox::from_id_salt("duel_other").selected_text(text).width(280.0).show_ui(ui, |ui| {
            ui.selectable_value(&mut draft.duel.1, None, "what it started from");
            for row in writers.iter().rev() {
                ui.selectable_value(&mut draft.duel.1, Some(row.id), tune::checkpoint_name(&state.library, row));
            }
        });
        widgets::named(list.response, "Checkpoint to hold it against");
    });
    super::setup::prompts(ui, state, &mut draft.prompts);
    let wish = draft.duel_wish();
    let busy = state.is_training().then_some("A run is under way: stop it first, or let it finish");
    let refusal = busy.or(wish.as_ref().err().map(String::as_str));
    if widgets::primary_unless(ui, icon::PLAY, "Compare", refusal).clicked()
        && let Ok(wish) = wish
    {
        actions.push(Action::Rlhf(RlhfAction::Duel(Box::new(wish))));
    }
}

/// What blind votes say, where answers of two checkpoints met.
fn votes(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    widgets::section(ui, "By your own blind votes")
        .on_hover_text("On the Rank page names stay hidden until the vote, so that nobody votes for a name");
    let asked = state.rank.dataset.or_else(|| state.library.datasets.iter().rfind(|d| !d.deleted && d.votes > 0).map(|d| d.id));
    if let Some(dataset) = asked
        && !state.rlhf.rounds.is_looked_at(dataset)
    {
        actions.push(Action::Rlhf(RlhfAction::LookAt(dataset)));
    }
    let bouts =
        state.rlhf.rounds.honesty.as_ref().filter(|(id, _)| Some(*id) == asked).map(|(_, honesty)| honesty.bouts.as_slice());
    let bouts = bouts.unwrap_or_default();
    if bouts.is_empty() {
        widgets::weak(
            ui,
            "No vote compares two checkpoints yet: let both answer on the Rank page, and say which answer is better",
        );
    }
    for bout in bouts {
        ui.horizontal_wrapped(|ui| {
            widgets::strong(ui, format::percent(bout.rate()));
            ui.label(format!("{} against {}", bout.own.1, bout.other.1));
        });
        widgets::small_weak(ui, format!("{}{}", counts(bout.wins, bout.ties, bout.losses), within(bout.interval().as_ref())));
    }
    if widgets::button(ui, icon::RANKING, "Vote blind").clicked() {
        actions.push(Action::Go(Page::Rank));
    }
}

fn counts(wins: u64, ties: u64, losses: u64) -> String {
    format!("{wins} won, {ties} alike, {losses} lost")
}

fn within(interval: Option<&Interval>) -> String {
    interval.map_or_else(String::new, |it| {
        format!("; of the decided ones, 95 % sure between {} and {}", format::percent(it.low), format::percent(it.high))
    })
}
