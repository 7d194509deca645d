//! Who answers which prompts: for a new collection of votes, and for one that goes on. Asks no model itself.

use eframe::egui::{ComboBox, DragValue, ScrollArea, TextEdit, Ui};

use crate::engine::command::Sampling;
use crate::engine::event::DatasetInfo;
use crate::state::judges::reward_models;
use crate::state::rank::{Asking, RankAction};
use crate::state::rank_asking::AskNext;
use crate::state::rank_draft::RankDraft;
use crate::state::{Action, AppState, format, icon, tune};
use crate::ui::theme::space;
use crate::ui::{fields, widgets};

/// Nothing is open: what to compare is chosen first.
pub(super) fn first(ui: &mut Ui, state: &AppState, draft: &mut RankDraft, actions: &mut Vec<Action>) {
    defaults(state, &mut draft.asking);
    ScrollArea::vertical().show(ui, |ui| {
        ui.set_max_width(760.0);
        ui.heading("Compare answers");
        widgets::weak(
            ui,
            "A model answers each prompt several times, and you say which answer is better. From such votes a model learns what people want: at once, or by a training run later.",
        );
        ui.add_space(space::M);
        fields::card(ui, |ui| {
            widgets::section(ui, "A new collection of votes");
            form(ui, state, &mut draft.asking);
            ui.add_space(space::S);
            ui.horizontal(|ui| {
                ui.label("Name");
                let field = ui.add(TextEdit::singleline(&mut draft.name).hint_text("Votes").desired_width(220.0));
                widgets::named(field, "Name of the collection");
            });
            ui.add_space(space::S);
            let refusal = why_not(&draft.asking).or(state.why_not_write());
            if widgets::primary_unless(ui, icon::PLAY, "Begin", refusal).clicked() {
                let name = if draft.name.trim().is_empty() { "Votes".to_owned() } else { draft.name.trim().to_owned() };
                actions.push(Action::Rank(RankAction::Create { name, asking: draft.asking.clone() }));
            }
        });
        let others: Vec<_> = state.library.datasets.iter().filter(|d| !d.deleted && d.schema.is_feedback()).collect();
        if others.is_empty() {
            return;
        }
        ui.add_space(space::M);
        fields::card(ui, |ui| {
            widgets::section(ui, "Or go on with one");
            for dataset in others {
                ui.horizontal(|ui| {
                    if widgets::button(ui, icon::RANKING, &dataset.name).clicked() {
                        actions.push(Action::Rank(RankAction::Ask(draft.asking.clone())));
                        actions.push(Action::Rank(RankAction::Open(dataset.id)));
                    }
                    let (questions, votes) = (dataset.questions, dataset.votes);
                    widgets::small_weak(
                        ui,
                        format!("{}, {}", format::plural(questions, "question", "questions"), format::plural(votes, "vote", "votes")),
                    );
                });
            }
        });
    });
}

/// Other models or prompts for the collection at hand.
pub(super) fn change(ui: &mut Ui, state: &AppState, draft: &mut RankDraft, actions: &mut Vec<Action>) {
    defaults(state, &mut draft.asking);
    ui.set_max_width(760.0);
    fields::card(ui, |ui| {
        widgets::section(ui, "Who answers what");
        form(ui, state, &mut draft.asking);
        ui.add_space(space::S);
        ui.horizontal(|ui| {
            if widgets::primary_unless(ui, icon::CHECK, "Ask so", why_not(&draft.asking)).clicked() {
                actions.push(Action::Rank(RankAction::Ask(draft.asking.clone())));
                draft.asking_open = false;
            }
            if widgets::button(ui, icon::X, "Leave it as it was").clicked() {
                draft.asking_open = false;
            }
        });
    });
}

fn defaults(state: &AppState, asking: &mut Asking) {
    if asking.answers == 0 {
        (asking.answers, asking.max_tokens) = (2, 40);
        asking.sampling = Sampling { temperature: 0.9, ..Sampling::default() };
    }
    if asking.checkpoints.is_empty()
        && let Some(best) = crate::state::rlhf::best_start(&state.library)
    {
        asking.checkpoints = vec![best];
    }
    if asking.prompts.is_none() {
        asking.prompts = with_prompts(state).next().map(|d| d.id);
    }
    if asking.judge.is_none() {
        asking.judge = reward_models(&state.library).last().map(|row| row.id);
    }
}

/// Datasets that ask something: questions first, then labelled rows.
fn with_prompts(state: &AppState) -> impl Iterator<Item = &DatasetInfo> {
    let alive = || state.library.datasets.iter().filter(|d| !d.deleted);
    let asked = alive().filter(|d| d.schema.is_feedback() && d.questions > 0);
    asked.chain(alive().filter(|d| d.schema.is_supervised() && d.rows > 0))
}

fn why_not(asking: &Asking) -> Option<&'static str> {
    if asking.checkpoints.is_empty() {
        Some("Choose who answers: the Pre-train page makes a model")
    } else if asking.prompts.is_none() && asking.typed.trim().is_empty() {
        Some("Choose where prompts come from: the Data page brings some in")
    } else if asking.next == AskNext::LeastSure && asking.judge.is_none() {
        Some("Choose the reward model that says where it is unsure: the RLHF page trains one")
    } else {
        None
    }
}

fn form(ui: &mut Ui, state: &AppState, asking: &mut Asking) {
    ui.horizontal_wrapped(|ui| {
        ui.label("Prompts of").on_hover_text("Every prompt of these rows is answered in turn; of labelled rows, what they ask");
        let name = |id: Option<i64>| {
            state.library.datasets.iter().find(|d| Some(d.id) == id).map_or_else(|| "choose…".to_owned(), |d| d.name.clone())
        };
        let list = ComboBox::from_id_salt("rank_prompts").selected_text(name(asking.prompts)).width(240.0).show_ui(ui, |ui| {
            for dataset in with_prompts(state) {
                ui.selectable_value(&mut asking.prompts, Some(dataset.id), &dataset.name);
            }
        });
        widgets::named(list.response, "Where prompts come from");
    });
    let field = TextEdit::multiline(&mut asking.typed).desired_rows(2).desired_width(f32::INFINITY);
    widgets::named(ui.add(field.hint_text("Or type prompts, one on each line: these come first")), "Typed prompts");
    ui.horizontal_wrapped(|ui| {
        ui.label("Answered by").on_hover_text("Names stay hidden until the vote");
        let writers: Vec<_> = tune::writers(&state.library).collect();
        let names: Vec<String> = asking
            .checkpoints
            .iter()
            .filter_map(|id| state.checkpoint(*id))
            .map(|row| tune::checkpoint_name(&state.library, row))
            .collect();
        let text = if names.is_empty() { "nobody yet".to_owned() } else { names.join(", ") };
        let list = ComboBox::from_id_salt("rank_models").selected_text(text).width(320.0).truncate().show_ui(ui, |ui| {
            for row in writers.iter().rev() {
                let mut on = asking.checkpoints.contains(&row.id);
                if ui.checkbox(&mut on, tune::checkpoint_name(&state.library, row)).changed() {
                    if on {
                        asking.checkpoints.push(row.id);
                    } else {
                        asking.checkpoints.retain(|id| *id != row.id);
                    }
                }
            }
        });
        widgets::named(list.response, "Who answers");
    });
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        ui.label("Answers").on_hover_text("One alone is judged by thumbs or by criteria");
        widgets::named(ui.add(DragValue::new(&mut asking.answers).range(1..=9)), "Answers to a prompt");
        ui.label("Tokens at most");
        widgets::named(ui.add(DragValue::new(&mut asking.max_tokens).range(4..=512)), "Tokens of an answer at most");
    });
    sampling(ui, &mut asking.sampling);
    next(ui, state, asking);
}

/// How answers are drawn.
fn sampling(ui: &mut Ui, sampling: &mut Sampling) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        let share = |value, range: std::ops::RangeInclusive<f32>| DragValue::new(value).range(range).speed(0.01).max_decimals(2);
        ui.label("Temperature").on_hover_text("Higher: answers differ more, and go wrong more often");
        widgets::named(ui.add(share(&mut sampling.temperature, 0.1..=2.0)), "Temperature");
        ui.label("Top-p")
            .on_hover_text("Only the fewest tokens that hold this probability together (Holtzman et al. 2020); 1 takes all");
        widgets::named(ui.add(share(&mut sampling.top_p, 0.05..=1.0)), "Top-p");
        ui.label("Top-k").on_hover_text("Only so many of the likeliest tokens (Fan et al. 2018); 0 takes all");
        widgets::named(ui.add(DragValue::new(&mut sampling.top_k).range(0..=1000)), "Top-k");
        ui.label("Min-p").on_hover_text("Only tokens at least this share as likely as the likeliest; 0 takes all");
        widgets::named(ui.add(share(&mut sampling.min_p, 0.0..=0.9)), "Min-p");
        ui.label("Seed").on_hover_text("The same seed draws the same answers to the same prompts");
        widgets::named(ui.add(DragValue::new(&mut sampling.seed)), "Seed");
    });
}

/// Which question comes next.
fn next(ui: &mut Ui, state: &AppState, asking: &mut Asking) {
    ui.horizontal_wrapped(|ui| {
        ui.label("Ask next");
        let list = ComboBox::from_id_salt("rank_next").selected_text(asking.next.label()).width(260.0).show_ui(ui, |ui| {
            for choice in AskNext::ALL {
                ui.selectable_value(&mut asking.next, choice, choice.label()).on_hover_text(choice.meaning());
            }
        });
        widgets::named(list.response, "Which question comes next").on_hover_text(asking.next.meaning());
        if asking.next != AskNext::LeastSure {
            return;
        }
        let name = |id: Option<i64>| {
            let row = id.and_then(|id| state.checkpoint(id));
            row.map_or_else(|| "no reward model yet".to_owned(), |row| tune::checkpoint_name(&state.library, row))
        };
        let list =
            ComboBox::from_id_salt("rank_judge").selected_text(name(asking.judge)).width(240.0).truncate().show_ui(ui, |ui| {
                for row in reward_models(&state.library) {
                    ui.selectable_value(&mut asking.judge, Some(row.id), tune::checkpoint_name(&state.library, row));
                }
            });
        widgets::named(list.response, "Reward model");
    });
}
