//! The stages view: one prompt through models side by side, or along one run's checkpoints by a slider. Changes nothing itself.

use eframe::egui::{
    CollapsingHeader, ComboBox, DragValue, Frame, Key, KeyboardShortcut, Label, Margin, Modifiers, Panel, RichText, ScrollArea,
    Slider, TextEdit, Ui, vec2,
};

use super::controls;
use crate::engine::command::{CheckpointId, GenerateRequest};
use crate::engine::talk::Weights;
use crate::state::prompt::{PromptDraft, why_ended};
use crate::state::stages::{
    Column, MOST_COLUMNS, StageAnswer, StagesAction, StagesDraft, column_stage, reward_models, suggestion, walks,
};
use crate::state::talk_draft::TalkDraft;
use crate::state::{Action, AppState, TalkAction, choices, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

const ASK: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Enter);
const AS_CHAT: &str = "Each model reads the prompt as a person's turn, in its own chat template; else as a text to go on with";
const BEST_OF: &str = "The model answers so many times, a reward model judges, and the best answer is shown: what a reward model is worth \
     without any further training (best-of-n, Stiennon et al. 2020)";

fn act(actions: &mut Vec<Action>, action: StagesAction) {
    actions.push(Action::Talk(TalkAction::Stages(action)));
}

pub(super) fn show(ui: &mut Ui, state: &AppState, prompt: &mut PromptDraft, draft: &mut TalkDraft, actions: &mut Vec<Action>) {
    let draft = &mut draft.stages;
    draft.settle(&state.library);
    let side = if ui.available_width() > 1_100.0 { 320.0 } else { 272.0 };
    let frame = Frame::new().inner_margin(Margin { left: space::L as i8, ..Margin::ZERO });
    Panel::right("stages_side").exact_size(side).resizable(false).show_separator_line(false).frame(frame).show(ui, |ui| {
        ScrollArea::vertical().id_salt("stages_side").auto_shrink([false, false]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::M;
            if !draft.along {
                widgets::card(ui, |ui| columns(ui, state, draft));
            }
            widgets::card(ui, |ui| controls::show(ui, prompt));
        });
    });
    let field = TextEdit::multiline(&mut draft.prompt).hint_text("The same prompt to all of them").desired_rows(2);
    widgets::named(ui.add(field.desired_width(f32::INFINITY).margin(8.0)), "Prompt for all stages");
    let request = GenerateRequest { prompt: draft.prompt.clone(), ..prompt.request() };
    ui.horizontal_wrapped(|ui| {
        if ui.selectable_label(!draft.along, "Side by side").clicked() {
            draft.along = false;
        }
        if ui.selectable_label(draft.along, "Along a run").on_hover_text("One run's checkpoints, by a slider").clicked() {
            draft.along = true;
        }
        ui.checkbox(&mut draft.as_chat, "As a turn of a chat").on_hover_text(AS_CHAT);
    });
    ui.add_space(space::S);
    if draft.along {
        along(ui, state, draft, &request, actions);
    } else {
        beside(ui, state, draft, &request, actions);
    }
}

/// True if all are to be asked; the stop button while they answer.
fn ask(ui: &mut Ui, state: &AppState, label: &str, refusal: Option<&str>, actions: &mut Vec<Action>) -> bool {
    let pressed = ui.input_mut(|input| input.consume_shortcut(&ASK));
    if state.talk.stages.is_busy() {
        if widgets::button(ui, icon::STOP, "Stop").clicked() || ui.input(|input| input.key_pressed(Key::Escape)) {
            act(actions, StagesAction::Stop);
        }
        widgets::progress(ui, None, 80.0);
        return false;
    }
    let keys = ui.ctx().format_shortcut(&ASK);
    let clicked = widgets::primary_unless(ui, icon::PAPER_PLANE_RIGHT, label, refusal).on_hover_text(keys).clicked();
    (clicked || pressed) && refusal.is_none()
}

fn beside(ui: &mut Ui, state: &AppState, draft: &StagesDraft, request: &GenerateRequest, actions: &mut Vec<Action>) {
    let refusal = draft.columns.is_empty().then_some("Choose who answers, at the right");
    ui.horizontal_wrapped(|ui| {
        if ask(ui, state, "Ask all", refusal, actions) {
            let (columns, request) = (draft.columns.clone(), request.clone());
            act(actions, StagesAction::Ask { columns, request, as_chat: draft.as_chat });
        }
        widgets::small_weak(ui, format!("Seed {} for all", request.sampling.seed));
    });
    ui.add_space(space::S);
    let answers = &state.talk.stages.answers;
    if answers.is_empty() {
        let body = "Random weights, the pre-trained model, the fine-tuned one, the best of several answers by a reward model, \
                    and what learning from preferences made of it: one prompt, one seed, side by side.";
        widgets::empty_page(ui, icon::STACK, "One prompt through all stages", body, |_| {});
        return;
    }
    ScrollArea::both().id_salt("stage_columns").auto_shrink([false, false]).show(ui, |ui| {
        let n = answers.len().max(1) as f32;
        let width = ((ui.available_width() - space::S * (n - 1.0)) / n).max(170.0);
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing = vec2(space::S, space::XS);
            for answer in answers {
                ui.vertical(|ui| {
                    ui.set_width(width);
                    column(ui, state, answer, actions);
                });
            }
        });
    });
}

fn column(ui: &mut Ui, state: &AppState, answer: &StageAnswer, actions: &mut Vec<Action>) {
    let colors = palette(ui);
    widgets::card(ui, |ui| {
        ui.add(Label::new(RichText::new(&answer.name).color(colors.text_strong).strong()).wrap());
        widgets::small_weak(ui, column_stage(&state.library, answer.column));
        ui.separator();
        said(ui, state, answer, actions);
    });
}

fn said(ui: &mut Ui, state: &AppState, answer: &StageAnswer, actions: &mut Vec<Action>) {
    let colors = palette(ui);
    if let Some(failure) = &answer.failure {
        ui.add(Label::new(RichText::new(failure).color(colors.error)).wrap());
    }
    if !answer.text.is_empty() {
        // Weights without training write bytes that are no letters.
        let legible = |c: char| if c.is_control() && c != '\n' { '\u{FFFD}' } else { c };
        let shown: String = answer.text.trim().chars().map(legible).collect();
        ui.add(Label::new(RichText::new(shown).size(14.5).color(colors.text_strong)).wrap().selectable(true));
    }
    if let Some(job) = answer.job {
        widgets::progress(ui, state.jobs.get(job).and_then(crate::state::jobs::Job::fraction), 80.0);
        return;
    }
    if let Some(best) = answer.judged.first() {
        let n = answer.judged.len();
        widgets::chip(ui, &format!("reward {:+.2}, best of {n}", best.reward), colors.good).on_hover_text(BEST_OF);
        CollapsingHeader::new("All answers").id_salt(("judged", &answer.name)).show(ui, |ui| {
            for other in &answer.judged {
                ui.add(Label::new(RichText::new(format!("{:+.2}  {}", other.reward, other.text.trim())).small()).wrap());
            }
        });
    }
    ui.horizontal_wrapped(|ui| {
        if !answer.text.is_empty() && widgets::icon_button(ui, icon::COPY, "Copy this answer").clicked() {
            actions.push(Action::CopyText(answer.text.clone()));
        }
        if let Some(result) = &answer.result {
            let tokens = format::plural(result.tokens as u64, "token", "tokens");
            widgets::small_weak(ui, format!("{tokens}, {}", why_ended(result.why_ended)));
        }
    });
}

/// Who answers, to be taken out and added.
fn columns(ui: &mut Ui, state: &AppState, draft: &mut StagesDraft) {
    widgets::section(ui, "Who answers");
    let mut out = None;
    for (place, column) in draft.columns.iter().enumerate() {
        ui.horizontal(|ui| {
            let name = state.column_name(*column);
            if widgets::icon_button(ui, icon::X, &format!("Take out {name}")).clicked() {
                out = Some(place);
            }
            let (Column::One(weights) | Column::BestOf { weights, .. }) = column;
            let gone = matches!(weights, Weights::Checkpoint(id) if state.checkpoint(*id).is_none_or(|row| row.missing));
            let color = if gone { palette(ui).error } else { palette(ui).text };
            let text = if gone { format!("{name} (deleted meanwhile)") } else { name };
            ui.add(Label::new(RichText::new(text).color(color)).truncate()).on_hover_text(column_stage(&state.library, *column));
        });
    }
    if let Some(place) = out {
        draft.columns.remove(place);
    }
    let writers: Vec<CheckpointId> = choices::writers(&state.library).map(|row| row.id).collect();
    let refusal = (draft.columns.len() >= MOST_COLUMNS).then_some("Six columns at most; take one out first");
    ui.add_enabled_ui(refusal.is_none(), |ui| {
        let add = ComboBox::from_id_salt("add_column").selected_text("Add a model…").width(ui.available_width()).truncate();
        let list = add.height(360.0).show_ui(ui, |ui| {
            if state.is_training() && ui.selectable_label(false, state.weights_name(Weights::Live)).clicked() {
                draft.columns.push(Column::One(Weights::Live));
            }
            for id in writers.iter().rev() {
                let column = Column::One(Weights::Checkpoint(*id));
                let label = format!("{}  ·  {}", state.column_name(column), column_stage(&state.library, column));
                if ui.selectable_label(draft.columns.contains(&column), label).clicked() {
                    draft.columns.push(column);
                }
            }
        });
        widgets::named(list.response, "Add a model");
    });
    ui.horizontal_wrapped(|ui| {
        let meaning = "As a run begins: the same architecture, with weights drawn by a seed";
        let like = writers.first().copied();
        if let Some(like) = like.filter(|_| refusal.is_none())
            && widgets::button(ui, icon::SHUFFLE, "Random weights").on_hover_text(meaning).clicked()
        {
            draft.columns.push(Column::One(Weights::Fresh { like, seed: 0 }));
        }
        if widgets::button(ui, icon::ARROW_COUNTER_CLOCKWISE, "All stages").on_hover_text("The newest of each stage").clicked() {
            draft.columns = suggestion(&state.library, draft.n);
        }
    });
    best_of(ui, state, draft, refusal);
}

fn best_of(ui: &mut Ui, state: &AppState, draft: &mut StagesDraft, refusal: Option<&str>) {
    let judges = reward_models(&state.library);
    let Some((judge, name)) = judges.last() else {
        widgets::small_weak(ui, "With a reward model (RLHF page) best-of-n is a column, too").on_hover_text(BEST_OF);
        return;
    };
    ui.horizontal_wrapped(|ui| {
        let label = widgets::term(ui, "Best of", BEST_OF);
        ui.add(DragValue::new(&mut draft.n).range(2..=64)).labelled_by(label.id).on_hover_text(BEST_OF);
        let of = draft.columns.iter().rev().find_map(|column| match column {
            Column::One(weights @ Weights::Checkpoint(_)) => Some(*weights),
            Column::One(Weights::Live | Weights::Fresh { .. }) | Column::BestOf { .. } => None,
        });
        if let Some(weights) = of
            && widgets::button_unless(ui, icon::PLUS, "Add it", refusal).on_hover_text(format!("Judged by {name}")).clicked()
        {
            draft.columns.push(Column::BestOf { weights, judge: *judge, n: draft.n });
        }
    });
}

/// One run's checkpoints by a slider; what was answered once is shown at once.
fn along(ui: &mut Ui, state: &AppState, draft: &mut StagesDraft, request: &GenerateRequest, actions: &mut Vec<Action>) {
    let walks = walks(&state.library);
    let Some((_, name, steps)) = walks.iter().find(|walk| Some(walk.0) == draft.run) else {
        let body = "Train a model, and its checkpoints can be asked one after the other.";
        widgets::empty_page(ui, icon::TREE_STRUCTURE, "No run to walk along yet", body, |ui| {
            if widgets::primary(ui, icon::BRAIN, "Set up a run").clicked() {
                actions.push(Action::Go(crate::state::Page::Pretrain));
            }
        });
        return;
    };
    let all: Vec<CheckpointId> = steps.iter().map(|(id, _)| *id).collect();
    ui.horizontal_wrapped(|ui| {
        let list = ComboBox::from_id_salt("walk").selected_text(name).width(220.0).truncate().show_ui(ui, |ui| {
            for (run, name, steps) in walks.iter().rev() {
                let label = format!("{name}  ·  {}", format::plural(steps.len() as u64, "checkpoint", "checkpoints"));
                ui.selectable_value(&mut draft.run, Some(*run), label);
            }
        });
        widgets::named(list.response, "Run to walk along");
        if ask(ui, state, "Ask all checkpoints", None, actions) {
            let checkpoints = all.clone();
            act(actions, StagesAction::Along { checkpoints, request: request.clone(), as_chat: draft.as_chat });
        }
    });
    let last = steps.len().saturating_sub(1);
    ui.spacing_mut().slider_width = (ui.available_width() - 90.0).max(100.0);
    let step = |at: f64| steps.get(at as usize).map_or_else(String::new, |(_, step)| format!("step {}", format::count(*step)));
    let before = draft.at;
    let slider = Slider::new(&mut draft.at, 0..=last).custom_formatter(|at, _| step(at)).text("");
    widgets::named(ui.add(slider), "Checkpoint");
    curve(ui, state, draft, steps);
    let moved = draft.at != before;
    let Some((id, step)) = steps.get(draft.at).copied() else { return };
    let said_here = state.talk.stages.along(id, request, draft.as_chat);
    if moved && said_here.is_none() && !request.prompt.trim().is_empty() {
        act(actions, StagesAction::Along { checkpoints: vec![id], request: request.clone(), as_chat: draft.as_chat });
    }
    ui.add_space(space::S);
    ScrollArea::vertical().id_salt("along").auto_shrink([false, false]).show(ui, |ui| match said_here {
        Some(answer) => {
            widgets::card(ui, |ui| {
                widgets::small_weak(ui, format!("{name}, step {}", format::count(step)));
                said(ui, state, answer, actions);
            });
        }
        None => {
            widgets::weak(ui, "Not asked yet: move the slider, or ask all checkpoints at once");
        }
    });
}

/// Where on the run's way the checkpoint stands: steps that were answered, and the losses there.
fn curve(ui: &mut Ui, state: &AppState, draft: &mut StagesDraft, steps: &[(CheckpointId, u64)]) {
    let loss = |id: CheckpointId| state.checkpoint(id).and_then(|row| row.val_loss.or(row.train_loss)).map(f64::from);
    let points: Vec<(usize, f64, f64)> =
        steps.iter().enumerate().filter_map(|(place, (id, step))| Some((place, *step as f64, loss(*id)?))).collect();
    if points.len() < 2 {
        return;
    }
    let colors = palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 84.0), eframe::egui::Sense::click_and_drag());
    let response =
        widgets::named(response, "Loss at the checkpoints").on_hover_text("Loss at each checkpoint; drag to move along");
    let span = |values: &mut dyn Iterator<Item = f64>| {
        values.fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)))
    };
    let (x0, x1) = span(&mut points.iter().map(|point| point.1));
    let (y0, y1) = span(&mut points.iter().map(|point| point.2));
    let inner = rect.shrink(6.0);
    let place = |step: f64, loss: f64| {
        let x = (step - x0) / (x1 - x0).max(1e-9);
        let y = (loss - y0) / (y1 - y0).max(1e-9);
        inner.left_top() + vec2(inner.width() * x as f32, inner.height() * (1.0 - y as f32))
    };
    ui.painter().rect_filled(rect, 4.0, colors.card);
    let line: Vec<_> = points.iter().map(|(_, step, loss)| place(*step, *loss)).collect();
    ui.painter().line(line, eframe::egui::Stroke::new(1.5, colors.text_weak));
    for (at, step, loss) in &points {
        let (radius, color) = if *at == draft.at { (5.0, colors.accent) } else { (2.5, colors.text_weak) };
        ui.painter().circle_filled(place(*step, *loss), radius, color);
    }
    if let Some(pointer) = response.interact_pointer_pos() {
        let near = |point: &&(usize, f64, f64)| (place(point.1, point.2).x - pointer.x).abs();
        let found = points.iter().min_by(|a, b| near(a).total_cmp(&near(b)));
        draft.at = found.map_or(draft.at, |point| point.0);
    }
}
