//! The library of prompts: presets for what language models are used for, a person's own, and fields to fill in. Changes nothing itself.

use eframe::egui::{Frame, Label, Margin, Panel, RichText, ScrollArea, TextEdit, Ui};

use super::chat::act as chat_act;
use crate::engine::talk::KeptPrompt;
use crate::state::chat::ChatAction;
use crate::state::prompt::PromptDraft;
use crate::state::prompt_library::{LibraryAction, LibraryDraft, Open, PRESETS, Preset, Way, few_shot_preset};
use crate::state::prompt_view::PromptView;
use crate::state::talk_draft::TalkDraft;
use crate::state::{Action, AppState, PromptAction, TalkAction, UserCommand, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

const FIELDS: &str =
    "Names in braces, {like_this}, are fields: letters, digits and _. Each is filled in below before the prompt is used";

fn act(actions: &mut Vec<Action>, action: LibraryAction) {
    actions.push(Action::Talk(TalkAction::Library(action)));
}

pub(super) fn show(ui: &mut Ui, state: &AppState, prompt: &mut PromptDraft, talk: &mut TalkDraft, actions: &mut Vec<Action>) {
    if !state.talk.chat.listed {
        chat_act(actions, ChatAction::Need);
    }
    let kept = &state.talk.library.kept;
    talk.library.settle(kept);
    let frame = Frame::new().inner_margin(Margin { right: space::L as i8, ..Margin::ZERO });
    Panel::left("library").exact_size(250.0).resizable(false).show_separator_line(false).frame(frame).show(ui, |ui| {
        ScrollArea::vertical().id_salt("library").auto_shrink([false, false]).show(ui, |ui| list(ui, kept, &mut talk.library));
    });
    ScrollArea::vertical().id_salt("library_prompt").auto_shrink([false, false]).show(ui, |ui| {
        ui.set_max_width(ui.available_width().min(760.0));
        ui.spacing_mut().item_spacing.y = space::S;
        match talk.library.open {
            Open::Preset(place) => {
                let Some(preset) = PRESETS.get(place) else { return };
                ui.label(RichText::new(preset.name).heading().color(palette(ui).text_strong));
                ui.add(Label::new(RichText::new(preset.purpose).color(palette(ui).text_weak)).wrap());
                if matches!(preset.way, Way::FewShot { .. }) {
                    examples(ui, state, preset, talk, actions);
                } else {
                    prompt_fields(ui, &mut talk.library, false);
                    using(ui, prompt, talk, Some(preset), actions);
                }
            }
            Open::Own(id) => {
                let title = if id == 0 { "A new prompt" } else { "Your prompt" };
                ui.label(RichText::new(title).heading().color(palette(ui).text_strong));
                prompt_fields(ui, &mut talk.library, true);
                keeping(ui, state, &mut talk.library, id, actions);
                using(ui, prompt, talk, None, actions);
            }
        }
    });
}

fn list(ui: &mut Ui, kept: &[KeptPrompt], draft: &mut LibraryDraft) {
    ui.spacing_mut().item_spacing.y = 2.0;
    widgets::weak(ui, "For each use a preset");
    for (place, preset) in PRESETS.iter().enumerate() {
        entry(ui, preset.name, Open::Preset(place), draft);
    }
    ui.add_space(space::M);
    widgets::weak(ui, "Your own");
    for prompt in kept {
        entry(ui, &prompt.name, Open::Own(prompt.id), draft);
    }
    ui.add_space(space::XS);
    if widgets::button(ui, icon::PLUS, "A new prompt").clicked() {
        draft.open = Open::Own(0);
    }
}

fn entry(ui: &mut Ui, name: &str, open: Open, draft: &mut LibraryDraft) {
    let response = widgets::list_row(ui, draft.open == open, name, 32.0, |ui| {
        ui.add(Label::new(name).truncate());
    });
    if response.clicked() {
        draft.open = open;
    }
}

/// The text, and a field for each name in it.
fn prompt_fields(ui: &mut Ui, draft: &mut LibraryDraft, own: bool) {
    widgets::card(ui, |ui| {
        if own {
            let label = widgets::term(ui, "Name", "What it stands under in the list");
            ui.add(TextEdit::singleline(&mut draft.name).desired_width(f32::INFINITY)).labelled_by(label.id);
        }
        if own || !draft.system.is_empty() {
            let meaning = "For a chat: what the model is told before the first turn. May be empty";
            let label = widgets::term(ui, "System message", meaning);
            let field = TextEdit::multiline(&mut draft.system).desired_rows(1).desired_width(f32::INFINITY);
            ui.add(field).labelled_by(label.id).on_hover_text(meaning);
        }
        let label = widgets::term(ui, "Prompt", FIELDS);
        let hint = "Tell me about {person} in {town}.";
        let field = TextEdit::multiline(&mut draft.text).hint_text(hint).desired_rows(3).desired_width(f32::INFINITY);
        ui.add(field).labelled_by(label.id).on_hover_text(FIELDS);
    });
    let fields = draft.fields();
    if fields.is_empty() {
        return;
    }
    widgets::card(ui, |ui| {
        widgets::section(ui, "Fill in");
        for name in fields {
            ui.horizontal(|ui| {
                let label = widgets::column(ui, 120.0, format!("{{{name}}}"));
                let value = draft.values.entry(name).or_default();
                ui.add(TextEdit::singleline(value).desired_width(f32::INFINITY)).labelled_by(label.id);
            });
        }
    });
}

/// What it says with all fields filled in, and where it can go.
fn using(ui: &mut Ui, prompt: &mut PromptDraft, talk: &mut TalkDraft, preset: Option<&Preset>, actions: &mut Vec<Action>) {
    let draft = &talk.library;
    if let Some(trouble) = draft.trouble() {
        widgets::strip(ui, widgets::Tone::Warning, |ui| ui.add(Label::new(trouble).wrap()));
    }
    let (text, system) = draft.filled();
    let refusal = if text.trim().is_empty() {
        Some("Write the prompt first")
    } else if draft.is_whole() {
        None
    } else {
        Some("Fill all fields in first")
    };
    if !draft.fields().is_empty() && refusal.is_none() {
        widgets::small_weak(ui, "The model will read");
        ui.add(Label::new(RichText::new(&text).monospace()).wrap().selectable(true));
    }
    let chat_first = matches!(preset.map(|preset| preset.way), Some(Way::Chat { .. })) || preset.is_none() && !system.is_empty();
    ui.horizontal_wrapped(|ui| {
        for to_chat in [chat_first, !chat_first] {
            let (glyph, label) =
                if to_chat { (icon::CHAT_TEXT, "Use it in a chat") } else { (icon::CURSOR_TEXT, "Go on with it") };
            let clicked = if to_chat == chat_first {
                widgets::primary_unless(ui, glyph, label, refusal).clicked()
            } else {
                widgets::button_unless(ui, glyph, label, refusal).clicked()
            };
            if clicked && to_chat {
                chat_act(actions, ChatAction::New);
                chat_act(actions, ChatAction::System(system.clone()));
                talk.chat.input.clone_from(&text);
                talk.chat.system = !system.is_empty();
                actions.push(Action::Prompt(PromptAction::Show(PromptView::Chat)));
            } else if clicked {
                prompt.prompt.clone_from(&text);
                prompt.recalled = None;
                if let Some(Way::Continue { stop, .. }) = preset.map(|preset| preset.way) {
                    stop.clone_into(&mut prompt.stops);
                }
                actions.push(Action::Prompt(PromptAction::Show(PromptView::Complete)));
            }
        }
    });
}

fn keeping(ui: &mut Ui, state: &AppState, draft: &mut LibraryDraft, id: i64, actions: &mut Vec<Action>) {
    let same = state
        .talk
        .library
        .kept
        .iter()
        .any(|kept| kept.id == id && kept.name == draft.name && kept.text == draft.text && kept.system == draft.system);
    let refusal = if draft.name.trim().is_empty() {
        Some("Give it a name first")
    } else if draft.text.trim().is_empty() {
        Some("Write the prompt first")
    } else if same {
        Some("It is kept as it stands")
    } else {
        None
    };
    ui.horizontal(|ui| {
        if widgets::button_unless(ui, icon::FLOPPY_DISK, "Keep it", refusal).clicked() {
            let (name, text, system) = (draft.name.trim().to_owned(), draft.text.clone(), draft.system.clone());
            act(actions, LibraryAction::Keep(KeptPrompt { id, name, text, system }));
        }
        if id != 0 && widgets::button(ui, icon::TRASH, "Delete").on_hover_text("It can be taken back").clicked() {
            act(actions, LibraryAction::Delete(id));
            draft.open = Open::Preset(0);
        }
    });
}

/// A preset of examples: what it shows, and the way to it.
fn examples(ui: &mut Ui, state: &AppState, preset: &Preset, talk: &mut TalkDraft, actions: &mut Vec<Action>) {
    let Way::FewShot { dataset, instruction, k, words } = preset.way else { return };
    widgets::card(ui, |ui| {
        widgets::small_weak(ui, format!("{} from “{dataset}”", format::plural(k as u64, "example", "examples")));
        if !instruction.is_empty() {
            ui.add(Label::new(RichText::new(instruction).monospace()).wrap());
        }
        if let Some((question, answer)) = words {
            ui.add(Label::new(RichText::new(format!("{question} {answer}")).monospace()).wrap());
        }
    });
    let here = state.library.datasets.iter().any(|row| !row.deleted && row.name == dataset);
    if !here {
        let text = format!(
            "This project has no dataset “{dataset}”; the sample project has. Your own rows do as well, in the view Examples"
        );
        widgets::strip(ui, widgets::Tone::Info, |ui| ui.add(Label::new(text).wrap()));
    }
    ui.horizontal_wrapped(|ui| {
        let refusal = (!here).then_some("The dataset is missing");
        if widgets::primary_unless(ui, icon::STACK, "Try it with examples", refusal).clicked()
            && few_shot_preset(&mut talk.few, &state.library, preset)
        {
            actions.push(Action::Prompt(PromptAction::Show(PromptView::FewShot)));
        }
        if !here && widgets::button(ui, icon::SPARKLE, "Open the sample project").clicked() {
            actions.push(UserCommand::OpenSample.action());
        }
    });
}
