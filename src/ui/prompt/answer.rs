//! The prompt's editor and the model's answer, as one text. Changes nothing itself.

use eframe::egui::{self, Key, KeyboardShortcut, Label, Modifiers, RichText, ScrollArea, TextEdit, Ui};

use crate::engine::command::ModelSource;
use crate::engine::event::GenerateResult;
use crate::engine::look::LookText;
use crate::state::look::{LookAction, Subject};
use crate::state::prompt::{Answer, Kept, PromptDraft, why_ended};
use crate::state::{Action, AppState, PromptAction, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

use super::tokens;

const GENERATE: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Enter);

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut PromptDraft, source: ModelSource, actions: &mut Vec<Action>) {
    let pressed = ui.input_mut(|input| input.consume_shortcut(&GENERATE));
    let rows = if ui.available_height() > 560.0 { 6 } else { 4 };
    let hint = "Begin a text, and the model goes on with it";
    let editor =
        TextEdit::multiline(&mut draft.prompt).hint_text(hint).desired_rows(rows).desired_width(f32::INFINITY).margin(10.0);
    ScrollArea::vertical()
        .id_salt("prompt")
        .max_height(200.0)
        .show(ui, |ui| widgets::named(ui.add(editor), "Prompt to go on from"));
    suggestions(ui, state, draft);
    let busy = state.prompt.is_busy();
    if buttons(ui, state, draft, busy, actions) || pressed {
        draft.recalled = None;
        actions.push(Action::Prompt(PromptAction::Generate(draft.request())));
    }
    if busy && ui.input(|input| input.key_pressed(Key::Escape)) {
        actions.push(Action::Prompt(PromptAction::Stop));
    }
    ui.add_space(space::S);
    ScrollArea::vertical().id_salt("answer").auto_shrink([false, false]).stick_to_bottom(busy).show(ui, |ui| {
        let recalled = draft.recalled.and_then(|id| state.library.prompts.iter().find(|row| row.id == id));
        match (recalled, &state.prompt.answer) {
            (Some(row), _) => {
                let kept = serde_json::from_str::<Kept>(&row.settings).ok();
                let by = kept.map_or_else(String::new, |kept| format!("{}, step {}", kept.model, format::count(kept.step)));
                let note = format!("{by}  ·  {}", format::moment(row.created_at));
                let looked = LookText::Typed { prompt: row.prompt.clone(), answer: row.completion.clone() };
                let it = Said {
                    prompt: &row.prompt,
                    completion: &row.completion,
                    note,
                    subject: Some(Subject { source, text: looked }),
                };
                text(ui, state, draft, it, actions);
            }
            (None, Some(answer)) => shown(ui, state, draft, answer, actions),
            (None, None) => nothing_yet(ui, state, source),
        }
    });
}

/// Beginnings to try, while the field is empty.
fn suggestions(ui: &mut Ui, state: &AppState, draft: &mut PromptDraft) {
    if !draft.prompt.is_empty() || state.pretrain.prompts.is_empty() {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        widgets::small_weak(ui, "Try");
        for prompt in state.pretrain.prompts.iter().take(4) {
            if ui.small_button(format::one_line(prompt, 40)).clicked() {
                draft.prompt.clone_from(prompt);
            }
        }
    });
}

/// True if the model is to begin.
fn buttons(ui: &mut Ui, state: &AppState, draft: &mut PromptDraft, busy: bool, actions: &mut Vec<Action>) -> bool {
    let mut begin = false;
    ui.horizontal_wrapped(|ui| {
        if busy {
            if widgets::button(ui, icon::STOP, "Stop").on_hover_text("What came so far stays (Esc)").clicked() {
                actions.push(Action::Prompt(PromptAction::Stop));
            }
            let came = state.prompt.answer.as_ref().map_or(0, |answer| answer.text.chars().count());
            widgets::progress(ui, None, 80.0);
            widgets::weak(ui, format!("{} characters", format::count(came as u64)));
        } else {
            let keys = ui.ctx().format_shortcut(&GENERATE);
            begin = widgets::primary(ui, icon::PAPER_PLANE_RIGHT, "Generate").on_hover_text(keys.clone()).clicked();
            let refusal = draft.prompt.is_empty().then_some("Type a prompt first");
            let tip = "How likely the model holds each token of the prompt, where it looks, what each layer would say; and how likely an \
                       answer of yours is";
            if widgets::button_unless(ui, icon::EYE, "Look inside", refusal).on_hover_text(tip).clicked() {
                draft.recalled = None;
                actions.push(Action::Prompt(PromptAction::Look(LookAction::Prompt(draft.request()))));
            }
            widgets::small_weak(
                ui,
                if draft.prompt.is_empty() { "An empty prompt lets the model begin by itself" } else { &keys },
            );
        }
    });
    begin
}

fn shown(ui: &mut Ui, state: &AppState, draft: &mut PromptDraft, answer: &Answer, actions: &mut Vec<Action>) {
    if let Some(failure) = &answer.failure {
        widgets::strip(ui, widgets::Tone::Error, |ui| ui.add(Label::new(failure).wrap()));
        ui.add_space(space::S);
    }
    let note = match &answer.result {
        Some(result) => ended(answer, result),
        None if answer.job.is_some() => format!("{} is writing…", answer.model),
        None => answer.model.clone(),
    };
    let prompt = &answer.request.prompt;
    let looked = match &answer.result {
        Some(result) if !result.ids.is_empty() => LookText::Ids { ids: result.ids.clone(), prompt_tokens: result.prompt_tokens },
        Some(_) | None => LookText::Typed { prompt: prompt.clone(), answer: answer.text.clone() },
    };
    let subject = answer.job.is_none().then_some(Subject { source: answer.source, text: looked });
    text(ui, state, draft, Said { prompt, completion: &answer.text, note, subject }, actions);
}

/// A prompt with what came after it, where that came from, and what can be looked into.
struct Said<'a> {
    prompt: &'a str,
    completion: &'a str,
    note: String,
    /// None while it is being written.
    subject: Option<Subject>,
}

fn ended(answer: &Answer, result: &GenerateResult) -> String {
    let at = if answer.live { format!(" at step {}", format::count(result.step)) } else { String::new() };
    format!(
        "{}{at}  ·  {} at {} tokens/s  ·  {}",
        answer.model,
        format::plural(result.tokens as u64, "token", "tokens"),
        format::count(result.tokens_per_s as u64),
        why_ended(result.why_ended),
    )
}

fn text(ui: &mut Ui, state: &AppState, draft: &mut PromptDraft, said: Said<'_>, actions: &mut Vec<Action>) {
    let Said { prompt, completion, note, subject } = said;
    widgets::card(ui, |ui| {
        if subject.is_some() {
            tokens::switch(ui, &state.prompt.look, actions);
            ui.add_space(space::XS);
        }
        match subject.filter(|_| state.prompt.look.on) {
            Some(subject) => tokens::show(ui, state, draft, &subject, actions),
            None => plain(ui, prompt, completion),
        }
        ui.add_space(space::S);
        ui.horizontal_wrapped(|ui| {
            if widgets::icon_button(ui, icon::COPY, "Copy the text").clicked() {
                actions.push(Action::CopyText(format!("{prompt}{completion}")));
            }
            ui.add(Label::new(RichText::new(note).small().color(palette(ui).text_weak)).wrap());
        });
    });
}

fn plain(ui: &mut Ui, prompt: &str, completion: &str) {
    let colors = palette(ui);
    let mut job = egui::text::LayoutJob::default();
    let font = egui::FontId::proportional(15.0);
    job.append(prompt, 0.0, egui::TextFormat::simple(font.clone(), colors.accent));
    job.append(completion, 0.0, egui::TextFormat::simple(font, colors.text_strong));
    job.wrap.max_width = ui.available_width();
    ui.add(Label::new(job).wrap().selectable(true));
}

fn nothing_yet(ui: &mut Ui, state: &AppState, source: ModelSource) {
    let body = match source {
        ModelSource::Live => "The run goes on while it answers. Ask again a few hundred steps later, and compare.".to_owned(),
        ModelSource::Checkpoint(_) => {
            format!("“{}” will go on from your text, one token after the other.", state.source_name(source))
        }
    };
    widgets::empty_page(ui, icon::CURSOR_TEXT, "Type a beginning", &body, |_| {});
}
