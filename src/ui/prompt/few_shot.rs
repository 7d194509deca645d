//! The few-shot view: examples chosen and ordered, the prompt exactly as it is sent, the answer held against the truth. Changes nothing itself.

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{self, FontId, Frame, Key, KeyboardShortcut, Label, Margin, Modifiers, Panel, RichText, ScrollArea, Ui};

use super::few_shot_side;
use crate::data::supervised::Pick;
use crate::engine::command::{GenerateRequest, ModelSource};
use crate::engine::talk::ComposedPrompt;
use crate::state::few_shot::{Check, FewShotAction, FewShotDraft};
use crate::state::prompt::{PromptDraft, why_ended};
use crate::state::talk_draft::TalkDraft;
use crate::state::{Action, AppState, DataAction, Page, TalkAction, UserCommand, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

const ASK: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Enter);

fn act(actions: &mut Vec<Action>, action: FewShotAction) {
    actions.push(Action::Talk(TalkAction::FewShot(action)));
}

pub(super) fn show(
    ui: &mut Ui,
    state: &AppState,
    prompt: &mut PromptDraft,
    draft: &mut TalkDraft,
    source: ModelSource,
    actions: &mut Vec<Action>,
) {
    let draft = &mut draft.few;
    draft.settle(&state.library);
    if draft.dataset.is_none() {
        return no_rows(ui, actions);
    }
    let side = if ui.available_width() > 1_100.0 { 360.0 } else { 300.0 };
    let frame = Frame::new().inner_margin(Margin { left: space::L as i8, ..Margin::ZERO });
    Panel::right("few_side").exact_size(side).resizable(false).show_separator_line(false).frame(frame).show(ui, |ui| {
        ScrollArea::vertical().id_salt("few_side").auto_shrink([false, false]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::M;
            few_shot_side::show(ui, state, draft, prompt);
        });
    });
    if let Some(wish) = draft.wish()
        && !state.talk.few.is_made(source.into(), &wish)
    {
        act(actions, FewShotAction::Compose(Box::new(wish)));
    }
    super::who(ui, state, source, actions);
    ui.add_space(space::S);
    if let Some(failure) = &state.talk.few.failure {
        widgets::strip(ui, widgets::Tone::Error, |ui| ui.add(Label::new(failure).wrap()));
        ui.add_space(space::S);
    }
    let few = &state.talk.few;
    if few.composed.is_none() {
        return making(ui, state);
    }
    let Some(composed) = &few.composed else { return };
    counted(ui, composed, draft);
    asking(ui, state, composed, draft, prompt, actions);
    ui.add_space(space::S);
    ScrollArea::vertical().id_salt("composed").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::M;
        answer(ui, state);
        widgets::card(ui, |ui| written(ui, composed, actions));
        examples(ui, composed, draft);
    });
}

fn no_rows(ui: &mut Ui, actions: &mut Vec<Action>) {
    let body = "Examples come from labelled rows: reviews with their sentiment, questions with their answers. \
                Bring a file of rows in, or open the sample project, which has eleven such datasets.";
    widgets::empty_page(ui, icon::STACK, "No labelled rows to show", body, |ui| {
        if widgets::primary(ui, icon::DATABASE, "Bring rows in").clicked() {
            actions.push(Action::Data(DataAction::StartAdding));
            actions.push(Action::Go(Page::Data));
        }
        ui.add_space(space::S);
        if widgets::button(ui, icon::SPARKLE, "Open the sample project").clicked() {
            actions.push(UserCommand::OpenSample.action());
        }
    });
}

fn making(ui: &mut Ui, state: &AppState) {
    let job = state.talk.few.composing().and_then(|job| state.jobs.get(job));
    if let Some(job) = job {
        widgets::weak(ui, "The prompt is being made…");
        widgets::progress(ui, job.fraction(), 160.0);
    }
}

/// Tokens against the context; what is unknown; what is too long, and by how much.
fn counted(ui: &mut Ui, composed: &ComposedPrompt, draft: &mut FewShotDraft) {
    let tokens = composed.tokens.first().copied().unwrap_or(0);
    let context = composed.context;
    ui.horizontal_wrapped(|ui| {
        widgets::progress(ui, Some(tokens as f32 / context.max(1) as f32), 100.0);
        let text = format!("{} of {} tokens", format::count(tokens as u64), format::count(context as u64));
        widgets::small_weak(ui, text).on_hover_text("The model's context: what it reads at once, its answer included");
        let used = format::plural(composed.used.len() as u64, "example", "examples");
        widgets::small_weak(ui, format!("{used} of {}", format::count(composed.pool)));
    });
    if let Some(name) = composed.unknown.first() {
        let known: Vec<String> = composed.known.iter().map(|name| format!("{{{name}}}")).collect();
        let known = if known.is_empty() { "rows of this kind bring their own words".to_owned() } else { known.join(", ") };
        let text = format!("{{{name}}} stands for no part of these rows, and the model reads it as it is; there are: {known}");
        widgets::strip(ui, widgets::Tone::Warning, |ui| ui.add(Label::new(text).wrap()));
    }
    let room = |tokens: usize| context.saturating_sub(tokens);
    let wanted = draft.max_tokens.min(context / 2).max(1);
    if room(tokens) >= wanted {
        return;
    }
    let tone = if room(tokens) == 0 { widgets::Tone::Error } else { widgets::Tone::Warning };
    widgets::strip(ui, tone, |ui| {
        ui.horizontal_wrapped(|ui| {
            let over = (tokens + wanted - context) as u64;
            let text = format!(
                "With an answer of {} the prompt is {} too long for the model's context",
                format::plural(wanted as u64, "token", "tokens"),
                format::plural(over, "token", "tokens")
            );
            ui.add(Label::new(text).wrap());
            match composed.tokens.iter().position(|tokens| room(*tokens) >= wanted) {
                Some(cut) => {
                    let label = format!("Drop the oldest {}", format::plural(cut as u64, "example", "examples"));
                    if widgets::button(ui, icon::SCISSORS, &label).clicked() {
                        let kept = composed.used.get(cut..).unwrap_or_default();
                        draft.by_hand = Some(kept.iter().map(|example| example.row).collect());
                    }
                }
                None => {
                    widgets::small_weak(ui, "Even without examples; shorten the instruction, or choose another row");
                }
            }
        });
    });
}

fn asking(
    ui: &mut Ui,
    state: &AppState,
    composed: &ComposedPrompt,
    draft: &mut FewShotDraft,
    prompt: &PromptDraft,
    actions: &mut Vec<Action>,
) {
    let pressed = ui.input_mut(|input| input.consume_shortcut(&ASK));
    ui.horizontal_wrapped(|ui| {
        if state.talk.few.is_busy() {
            if widgets::button(ui, icon::STOP, "Stop").clicked() || ui.input(|input| input.key_pressed(Key::Escape)) {
                act(actions, FewShotAction::Stop);
            }
            widgets::progress(ui, None, 80.0);
            return;
        }
        let tokens = composed.tokens.first().copied().unwrap_or(0);
        let refusal = (tokens >= composed.context).then_some("The prompt is too long for the model's context");
        let keys = ui.ctx().format_shortcut(&ASK);
        let clicked = widgets::primary_unless(ui, icon::PAPER_PLANE_RIGHT, "Ask", refusal).on_hover_text(keys).clicked();
        if (clicked || pressed) && refusal.is_none() {
            let mut stop = prompt.request().stop;
            if stop.is_empty() {
                stop.push(composed.answer_end(&draft.separator.replace("\\n", "\n")));
            }
            let request = GenerateRequest { prompt: String::new(), stop, max_tokens: draft.max_tokens, ..prompt.request() };
            act(actions, FewShotAction::Ask(request));
        }
        if widgets::button(ui, icon::ARROW_RIGHT, "Another row").on_hover_text("Ask about the next row kept aside").clicked() {
            draft.place += 1;
            draft.typed.clear();
        }
        if widgets::button(ui, icon::DICE_FIVE, "Other examples").on_hover_text("Draw by the next seed").clicked() {
            draft.seed += 1;
            draft.by_hand = None;
        }
    });
}

fn answer(ui: &mut Ui, state: &AppState) {
    let Some(answer) = &state.talk.few.answer else { return };
    let colors = palette(ui);
    widgets::card(ui, |ui| {
        ui.horizontal_wrapped(|ui| {
            widgets::section(ui, "Answer");
            match answer.check() {
                Some(Check::Right) => widgets::chip(ui, "right", colors.good),
                Some(Check::Partly(share)) => {
                    widgets::chip(ui, &format!("shares {} of the words", format::percent(share)), colors.warning)
                        .on_hover_text("Token F1: words shared with the right answer, of the words of both")
                }
                Some(Check::Wrong) => widgets::chip(ui, "wrong", colors.error),
                Some(Check::NoLabel) => widgets::chip(ui, "none of the labels", colors.error),
                None => widgets::small_weak(ui, ""),
            };
        });
        let shown = if answer.text.trim().is_empty() && answer.job.is_none() { "(nothing)" } else { answer.text.trim() };
        ui.add(Label::new(RichText::new(shown).size(15.0).color(colors.text_strong)).wrap().selectable(true));
        if !answer.truth.is_empty() {
            ui.horizontal_wrapped(|ui| {
                widgets::small_weak(ui, "right:");
                ui.add(Label::new(RichText::new(&answer.truth).color(colors.good)).wrap().selectable(true));
            });
        }
        let why = answer.result.as_ref().map_or("…", |result| why_ended(result.why_ended));
        widgets::small_weak(ui, format!("{}  ·  {why}", answer.model));
    });
}

/// The prompt, each part on its own ground.
fn written(ui: &mut Ui, composed: &ComposedPrompt, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        widgets::section(ui, "The prompt, exactly");
        if widgets::icon_button(ui, icon::COPY, "Copy the prompt").clicked() {
            actions.push(Action::CopyText(composed.text.clone()));
        }
    });
    let colors = palette(ui);
    let mut job = LayoutJob::default();
    let font = FontId::monospace(12.5);
    let mut at = 0;
    for (place, part) in composed.parts.iter().enumerate() {
        let plain = TextFormat::simple(font.clone(), colors.text);
        job.append(composed.text.get(at..part.start).unwrap_or_default(), 0.0, plain.clone());
        let last = place + 1 == composed.parts.len();
        let ground = if last { colors.accent_soft } else { colors.tokens.get(place % 4).copied().unwrap_or(colors.card) };
        job.append(
            composed.text.get(part.clone()).unwrap_or_default(),
            0.0,
            TextFormat { background: ground, color: colors.text_strong, ..plain },
        );
        at = part.end;
    }
    job.append(composed.text.get(at..).unwrap_or_default(), 0.0, TextFormat::simple(font, colors.text));
    job.wrap.max_width = ui.available_width();
    ui.add(Label::new(job).wrap().selectable(true));
}

/// The examples in their order, to be moved and taken out.
fn examples(ui: &mut Ui, composed: &ComposedPrompt, draft: &mut FewShotDraft) {
    if composed.used.is_empty() {
        return;
    }
    widgets::card(ui, |ui| {
        ui.horizontal(|ui| {
            widgets::section(ui, "Examples, in this order");
            if draft.by_hand.is_some() && widgets::button(ui, icon::ARROW_COUNTER_CLOCKWISE, "Choose them anew").clicked() {
                draft.by_hand = None;
            }
        });
        let rows: Vec<i64> = composed.used.iter().map(|example| example.row).collect();
        for (place, example) in composed.used.iter().enumerate() {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = space::XS;
                let number = place + 1;
                let mut order = rows.clone();
                if widgets::icon_button(ui, icon::CARET_UP, &format!("Move example {number} up")).clicked() && place > 0 {
                    order.swap(place - 1, place);
                    draft.by_hand = Some(order.clone());
                }
                if widgets::icon_button(ui, icon::CARET_DOWN, &format!("Move example {number} down")).clicked()
                    && number < rows.len()
                {
                    order.swap(place, place + 1);
                    draft.by_hand = Some(order.clone());
                }
                if widgets::icon_button(ui, icon::X, &format!("Take example {number} out")).clicked() {
                    order.remove(place);
                    draft.by_hand = Some(order);
                }
                if let Some(nearness) = example.nearness.filter(|_| draft.pick == Pick::Nearest) {
                    widgets::small_weak(ui, format!("{nearness:.2}")).on_hover_text(super::few_shot_side::NEARNESS);
                }
                let text = format!("{}  →  {}", format::one_line(&example.prompt, 90), format::one_line(&example.answer, 40));
                ui.add(egui::Label::new(text).truncate());
            });
        }
    });
}
