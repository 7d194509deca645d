//! The chat view: the turns that are shown, what to do with each, and where the next one is written. Changes nothing itself.

use eframe::egui::{
    self, ComboBox, Event, Id, Key, KeyboardShortcut, Label, Modifiers, Panel, RichText, ScrollArea, TextEdit, Ui,
};

use super::chat_side;
use crate::data::conversation::Turn;
use crate::data::supervised::Role;
use crate::engine::command::{GenerateRequest, ModelSource};
use crate::state::chat::ChatAction;
use crate::state::prompt::PromptDraft;
use crate::state::talk_draft::{ChatDraft, TalkDraft};
use crate::state::{Action, AppState, TalkAction, format, icon};
use crate::tokenizer::Builtin;
use crate::ui::theme::{self, palette, space};
use crate::ui::widgets;

const SEND: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::Enter);
/// In the field of the next turn Enter alone sends, too.
const NEW_LINE: KeyboardShortcut = KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter);
const KEYS: &str = "Enter sends, Shift+Enter begins a new line";
const TEMPLATE: &str =
    "How turns are written as one text, with marks for who speaks. A model understands the template that it was tuned with";
const SYSTEM: &str = "What the model is told before the first turn: who it is, how it should answer";
const CONTEXT: &str = "Tokens that the model reads at once. What does not fit is not read at all";

/// Sends a chat's action.
pub(super) fn act(actions: &mut Vec<Action>, action: ChatAction) {
    actions.push(Action::Talk(TalkAction::Chat(action)));
}

pub(super) fn show(
    ui: &mut Ui,
    state: &AppState,
    prompt: &mut PromptDraft,
    draft: &mut TalkDraft,
    source: ModelSource,
    actions: &mut Vec<Action>,
) {
    let draft = &mut draft.chat;
    if !state.talk.chat.listed {
        act(actions, ChatAction::Need);
    }
    if !state.talk.chat.is_counted(source) && state.talk.chat.reply.is_none() {
        act(actions, ChatAction::Count(source));
    }
    chat_side::show(ui, state, prompt, draft, actions);
    super::who(ui, state, source, actions);
    chat_side::never_learnt(ui, state, source, actions);
    let request = GenerateRequest { prompt: String::new(), ..prompt.request() };
    header(ui, state, draft, &request, actions);
    ui.add_space(space::S);
    Panel::bottom("chat_input").frame(egui::Frame::new()).show_separator_line(false).show(ui, |ui| {
        ui.add_space(space::S);
        writing(ui, state, draft, &request, actions);
    });
    ScrollArea::vertical().id_salt("turns").auto_shrink([false, false]).stick_to_bottom(true).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::S;
        if draft.raw {
            raw(ui, state, actions);
        } else {
            turns(ui, state, draft, &request, actions);
        }
    });
}

/// System message, template, how full the context is.
fn header(ui: &mut Ui, state: &AppState, draft: &mut ChatDraft, request: &GenerateRequest, actions: &mut Vec<Action>) {
    let chat = &state.talk.chat;
    ui.horizontal_wrapped(|ui| {
        let text = if chat.conversation.system.trim().is_empty() { "System message…" } else { "System message" };
        if ui.selectable_label(draft.system, text).on_hover_text(SYSTEM).clicked() {
            draft.system = !draft.system;
        }
        widgets::term(ui, "Template", TEMPLATE);
        let chosen = chat.conversation.template;
        let name = chosen.map_or("the model's own", Builtin::name);
        let list = ComboBox::from_id_salt("chat_template").selected_text(name).width(128.0).show_ui(ui, |ui| {
            let mut all = vec![(None, "the model's own")];
            all.extend(Builtin::ALL.map(|kind| (Some(kind), kind.name())));
            for (kind, name) in all {
                if ui.selectable_label(chosen == kind, name).clicked() {
                    act(actions, ChatAction::Template(kind));
                }
            }
        });
        widgets::named(list.response, "Chat template");
        let meaning = "The whole prompt, exactly as the model reads it";
        if ui.selectable_label(draft.raw, "As the model reads it").on_hover_text(meaning).clicked() {
            draft.raw = !draft.raw;
        }
        counter(ui, state);
    });
    if draft.system {
        let mut system = chat.conversation.system.clone();
        let field = TextEdit::multiline(&mut system).hint_text("You are …").desired_rows(2).desired_width(f32::INFINITY);
        if widgets::named(ui.add(field), "System message").on_hover_text(SYSTEM).changed() {
            act(actions, ChatAction::System(system));
        }
    }
    too_long(ui, state, request, actions);
}

fn counter(ui: &mut Ui, state: &AppState) {
    let Some(count) = &state.talk.chat.count else { return };
    let Some(tokens) = count.tokens() else { return };
    let share = tokens as f32 / count.context.max(1) as f32;
    widgets::progress(ui, Some(share), 64.0).on_hover_text(CONTEXT);
    let text = format!("{} of {} tokens", format::count(tokens as u64), format::count(count.context as u64));
    let text = RichText::new(text).small().color(palette(ui).text_weak);
    ui.add(Label::new(text).extend()).on_hover_text(CONTEXT);
}

/// What does not fit, by how much, and what to do.
fn too_long(ui: &mut Ui, state: &AppState, request: &GenerateRequest, actions: &mut Vec<Action>) {
    let chat = &state.talk.chat;
    if let Some(refusal) = chat.count.as_ref().and_then(|count| count.refusal()) {
        widgets::strip(ui, widgets::Tone::Warning, |ui| ui.add(Label::new(refusal).wrap()));
    }
    let dropped = chat.conversation.dropped;
    let Some((tokens, count)) = chat.count.as_ref().and_then(|count| Some((count.tokens()?, count))) else { return };
    let room = count.context.saturating_sub(tokens);
    if room > request.max_tokens.min(count.context / 8) && dropped == 0 {
        return;
    }
    let tone = if room == 0 { widgets::Tone::Error } else { widgets::Tone::Info };
    widgets::strip(ui, tone, |ui| {
        ui.horizontal_wrapped(|ui| {
            let over = (tokens + 1).saturating_sub(count.context) as u64;
            let text = match room {
                0 => format!("The conversation is {} too long for the model's context", format::plural(over, "token", "tokens")),
                room if dropped > 0 => {
                    let turns = format::plural(dropped as u64, "turn is", "turns are");
                    format!("The oldest {turns} not read any more; {} left for an answer", format::count(room as u64))
                }
                room => format!("Only {} left for an answer", format::plural(room as u64, "token is", "tokens are")),
            };
            ui.add(Label::new(text).wrap());
            if let Some(cut) = count.cut_for(request.max_tokens) {
                let label = format!("Leave out the oldest {}", format::plural(cut as u64, "turn", "turns"));
                if widgets::button(ui, icon::SCISSORS, &label).on_hover_text("They stay in the conversation").clicked() {
                    act(actions, ChatAction::Drop(cut));
                }
            } else if room == 0 {
                widgets::small_weak(ui, "Shorten the last turn, or the system message");
            }
            let busy = chat.reply.is_some().then_some("An answer is being written");
            if !chat.conversation.is_empty() && widgets::button_unless(ui, icon::PLUS, "New conversation", busy).clicked() {
                act(actions, ChatAction::New);
            }
            if dropped > 0 && widgets::button(ui, icon::ARROW_COUNTER_CLOCKWISE, "Read them again").clicked() {
                act(actions, ChatAction::Drop(0));
            }
        });
    });
}

fn raw(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let Some(count) = &state.talk.chat.count else { return };
    widgets::card(ui, |ui| {
        ui.add(Label::new(RichText::new(&count.text).monospace()).wrap().selectable(true));
        ui.add_space(space::S);
        if widgets::icon_button(ui, icon::COPY, "Copy the text").clicked() {
            actions.push(Action::CopyText(count.text.clone()));
        }
    });
}

fn turns(ui: &mut Ui, state: &AppState, draft: &mut ChatDraft, request: &GenerateRequest, actions: &mut Vec<Action>) {
    let chat = &state.talk.chat;
    let path = chat.conversation.path();
    if path.is_empty() && chat.reply.is_none() {
        let body = "Write the first turn below. Every turn can be changed and answered again later: \
                    the other way stays beside it. The Library has a preset to begin with.";
        widgets::empty_page(ui, icon::CHAT_TEXT, "A conversation with the model", body, |_| {});
        return;
    }
    for (place, turn) in path.iter().enumerate() {
        // While another answer is drawn, what follows is not of it.
        if chat.reply.as_ref().is_some_and(|reply| path.iter().position(|turn| *turn == reply.after).is_some_and(|at| place > at))
        {
            break;
        }
        if let Some(known) = chat.conversation.turn(*turn) {
            let unread = place < chat.conversation.dropped;
            one(ui, state, (*turn, known, unread), draft, request, actions);
        }
    }
    if let Some(reply) = &chat.reply {
        widgets::card(ui, |ui| {
            widgets::small_weak(ui, format!("{} is writing…", reply.model));
            ui.add(Label::new(RichText::new(&reply.text).size(15.0)).wrap());
            widgets::progress(ui, None, 80.0);
        });
    }
    if let Some(failure) = &chat.failure {
        widgets::strip(ui, widgets::Tone::Error, |ui| ui.add(Label::new(failure).wrap()));
        if let Some(last) = path.last()
            && widgets::button(ui, icon::ARROW_CLOCKWISE, "Ask again").clicked()
        {
            act(actions, ChatAction::Again { turn: *last, request: request.clone() });
        }
    }
}

/// One turn with its words, its branches and its buttons.
fn one(
    ui: &mut Ui,
    state: &AppState,
    (turn, known, unread): (usize, &Turn, bool),
    draft: &mut ChatDraft,
    request: &GenerateRequest,
    actions: &mut Vec<Action>,
) {
    let colors = palette(ui);
    let person = known.role == Role::User;
    let ground = if person { colors.accent_soft } else { colors.card };
    let frame = egui::Frame::new().fill(ground).corner_radius(theme::RADIUS_LARGE).inner_margin(space::M);
    frame.show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        if let Some((_, text)) = draft.editing.as_mut().filter(|(of, _)| *of == turn) {
            let field = TextEdit::multiline(text).desired_rows(2).desired_width(f32::INFINITY);
            widgets::named(ui.add(field), "Other words for this turn");
            let text = text.clone();
            ui.horizontal(|ui| {
                let label = if person { "Send" } else { "Keep" };
                let refusal = text.trim().is_empty().then_some("Write something");
                if widgets::primary_unless(ui, icon::CHECK, label, refusal).clicked() {
                    act(actions, ChatAction::Edit { turn, text, request: request.clone() });
                    draft.editing = None;
                }
                if widgets::button(ui, icon::X, "Leave it as it was").clicked() {
                    draft.editing = None;
                }
            });
            return;
        }
        let color = if unread { colors.text_weak } else { colors.text_strong };
        ui.add(Label::new(RichText::new(&known.text).size(15.0).color(color)).wrap().selectable(true));
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            branches(ui, state, turn, actions);
            buttons(ui, state, (turn, known), draft, request, actions);
            let mut note = known.by.as_ref().map_or_else(|| if person { "you" } else { "written by hand" }.to_owned(), by);
            if unread {
                note.push_str("  ·  not read any more");
            }
            ui.add(Label::new(RichText::new(note).small().color(colors.text_weak)).truncate());
        });
    });
}

fn by(by: &crate::data::conversation::Writer) -> String {
    let why = by.broken_off.as_ref().map_or_else(String::new, |why| format!("  ·  {why}"));
    format!("{}  ·  seed {}{why}", by.model, by.seed)
}

/// ‹ 2/3 ›
fn branches(ui: &mut Ui, state: &AppState, turn: usize, actions: &mut Vec<Action>) {
    let beside = state.talk.chat.conversation.siblings(turn);
    if beside.len() < 2 {
        return;
    }
    let shown = |turn: &usize| Action::Talk(TalkAction::Chat(ChatAction::Show(*turn)));
    let at = beside.iter().position(|other| *other == turn).unwrap_or(0);
    let before = at.checked_sub(1).and_then(|at| beside.get(at));
    let refusal = before.is_none().then_some("This is the first");
    if widgets::icon_button_unless(ui, icon::CARET_LEFT, "The branch before", refusal).clicked() {
        actions.extend(before.map(shown));
    }
    widgets::small_weak(ui, format!("{}/{}", at + 1, beside.len()))
        .on_hover_text("Other ways from here, each with what followed");
    let after = beside.get(at + 1);
    let refusal = after.is_none().then_some("This is the last");
    if widgets::icon_button_unless(ui, icon::CARET_RIGHT, "The next branch", refusal).clicked() {
        actions.extend(after.map(shown));
    }
}

fn buttons(
    ui: &mut Ui,
    state: &AppState,
    (turn, known): (usize, &Turn),
    draft: &mut ChatDraft,
    request: &GenerateRequest,
    actions: &mut Vec<Action>,
) {
    let busy = state.talk.chat.reply.is_some().then_some("An answer is being written");
    let person = known.role == Role::User;
    let edit = if person { "Change it and send it again" } else { "Mend it by hand" };
    if widgets::icon_button_unless(ui, icon::PENCIL_SIMPLE, edit, busy).clicked() {
        draft.editing = Some((turn, known.text.clone()));
    }
    if widgets::icon_button(ui, icon::COPY, "Copy this turn").clicked() {
        actions.push(Action::CopyText(known.text.clone()));
    }
    if person {
        return;
    }
    if widgets::icon_button_unless(ui, icon::ARROWS_CLOCKWISE, "Another answer", busy).clicked() {
        act(actions, ChatAction::Again { turn, request: request.clone() });
    }
    if state.talk.chat.conversation.siblings(turn).len() < 2 {
        return;
    }
    let menu = ui.menu_button(widgets::icon(icon::THUMBS_UP), |ui| {
        widgets::weak(ui, "This answer is better than those beside it. Save that in");
        for (dataset, name) in state.preference_datasets() {
            if ui.button(name).clicked() {
                act(actions, ChatAction::Prefer { turn, dataset: Some(dataset), name: String::new() });
                ui.close();
            }
        }
        if widgets::button(ui, icon::PLUS, "A new dataset: Chat preferences").clicked() {
            act(actions, ChatAction::Prefer { turn, dataset: None, name: "Chat preferences".to_owned() });
            ui.close();
        }
    });
    widgets::named(menu.response, "Prefer this answer");
}

/// Where the next turn is written.
fn writing(ui: &mut Ui, state: &AppState, draft: &mut ChatDraft, request: &GenerateRequest, actions: &mut Vec<Action>) {
    let busy = state.talk.chat.reply.is_some();
    // A name of its own: what comes and goes above it must not make it another field, which would lose the keyboard.
    let field = TextEdit::multiline(&mut draft.input)
        .id(Id::unique("chat_turn_field"))
        .hint_text("Your turn")
        .desired_rows(2)
        .desired_width(f32::INFINITY)
        .margin(8.0)
        .return_key(NEW_LINE);
    let scroll = ScrollArea::vertical().id_salt("chat_turn").max_height(120.0);
    let field = scroll.show(ui, |ui| widgets::named(ui.add(field), "Your turn")).inner;
    // By the event's own modifiers: at the end of a frame Shift may be up again, and its Enter was the field's.
    let plain =
        |event: &Event| matches!(event, Event::Key { key: Key::Enter, pressed: true, modifiers, .. } if modifiers.is_none());
    let alone = field.has_focus() && ui.input(|input| input.events.iter().any(plain));
    let pressed = alone || ui.input_mut(|input| input.consume_shortcut(&SEND));
    let said = draft.input.trim().to_owned();
    ui.horizontal_wrapped(|ui| {
        if busy {
            if widgets::button(ui, icon::STOP, "Stop").on_hover_text("What came so far stays (Esc)").clicked()
                || ui.input(|input| input.key_pressed(Key::Escape))
            {
                act(actions, ChatAction::Stop);
            }
            return;
        }
        let refusal = said.is_empty().then_some("Write something first");
        let clicked = widgets::primary_unless(ui, icon::PAPER_PLANE_RIGHT, "Send", refusal).on_hover_text(KEYS).clicked();
        if (clicked || pressed) && !said.is_empty() {
            act(actions, ChatAction::Send { text: said, request: request.clone() });
            draft.input.clear();
            field.request_focus();
        }
        chat_side::keep_row(ui, state, actions);
        widgets::small_weak(ui, KEYS);
    });
}
