//! Keys of the Label page, and their hints. Keys that label are taken only while no field has them.

use eframe::egui::{Event, Key, Modifiers, Ui};

use super::queue;
use crate::data::supervised::{Content, Verdict};
use crate::state::label::LabelAction;
use crate::state::label_draft::{Field, LabelDraft, Work};
use crate::state::{Action, AppState, JobKind};

/// Keys and what they do, for the side panel.
pub(super) fn hints(work: Work) -> Vec<(&'static str, &'static str)> {
    let mut hints = match work {
        Work::Classes => vec![("1…9, Q…", "choose a class"), ("Enter", "keep it as it is")],
        Work::Entities => vec![
            ("← →", "to a word"),
            ("Shift + ← →", "more words"),
            ("1…9, Q…", "mark them"),
            ("Alt + ← →", "end a letter on"),
            ("Del", "take a mark out"),
            ("Enter", "done"),
        ],
        Work::Answer => vec![
            ("← →", "to a word"),
            ("Shift + ← →", "more words"),
            ("Alt + ← →", "end a letter on"),
            ("1", "this is the answer"),
            ("2", "another right one"),
            ("0", "the text does not say"),
            ("Del", "take one out"),
            ("Enter", "done"),
        ],
        Work::Rating => vec![("0…9", "the rating"), ("C, F2", "type one, say 3.5"), ("Enter", "keep it as it is")],
        Work::Writing => vec![
            ("Ctrl + Enter", "done"),
            ("C, F2", "into the text"),
            ("Esc", "out of it"),
            ("Ctrl + D", "ask for a draft"),
            ("Ctrl + T", "take the draft"),
            ("F8", "drop the draft"),
        ],
    };
    hints.extend([
        ("N, Page down", "next row"),
        ("B, Page up", "row before"),
        ("X, F4", "skip"),
        ("M, F7", "flag, with a note"),
        ("[ ]", "other filter"),
        ("/", "search"),
        ("Ctrl + Z", "take back"),
        ("Ctrl + Shift + Z", "do again"),
    ]);
    hints
}

pub(super) fn take(ui: &mut Ui, state: &AppState, draft: &mut LabelDraft, actions: &mut Vec<Action>) {
    let Some(work) = draft.work() else { return };
    let typing = ui.memory(|memory| memory.focused().is_some()) && ui.ctx().egui_wants_keyboard_input();
    let pressed = |ui: &mut Ui, modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    if pressed(ui, Modifiers::COMMAND, Key::Enter) {
        decide(state, draft, Verdict::Labelled, actions);
    }
    if work == Work::Writing {
        if pressed(ui, Modifiers::COMMAND, Key::D)
            && why_no_draft(state).is_none()
            && let Some(checkpoint) = draft.draft_by
        {
            actions.push(Action::Label(LabelAction::Draft { checkpoint }));
        }
        if pressed(ui, Modifiers::COMMAND, Key::T) {
            take_draft(state, draft, actions);
        }
    }
    for (key, action) in
        [(Key::PageDown, LabelAction::Next), (Key::PageUp, LabelAction::Previous), (Key::F8, LabelAction::DropDraft)]
    {
        if pressed(ui, Modifiers::NONE, key) {
            actions.push(Action::Label(action));
        }
    }
    // These work in the middle of a text, too.
    if pressed(ui, Modifiers::NONE, Key::F2) {
        draft.focus = Some(Field::Answer);
    }
    if pressed(ui, Modifiers::NONE, Key::F4) {
        decide(state, draft, Verdict::Skipped, actions);
    }
    if pressed(ui, Modifiers::NONE, Key::F7) {
        flag(state, draft, actions);
    }
    if typing {
        return;
    }
    if pressed(ui, Modifiers::NONE, Key::Enter) {
        let verdict = if draft.content == draft.before { Verdict::Confirmed } else { Verdict::Labelled };
        decide(state, draft, verdict, actions);
    }
    if matches!(work, Work::Entities | Work::Answer) {
        for (key, forward) in [(Key::ArrowRight, true), (Key::ArrowLeft, false)] {
            if pressed(ui, Modifiers::ALT | Modifiers::SHIFT, key) {
                draft.step_char(forward, false);
            }
            if pressed(ui, Modifiers::ALT, key) {
                draft.step_char(forward, true);
            }
            if pressed(ui, Modifiers::SHIFT, key) {
                draft.step_word(forward, true);
            }
            if pressed(ui, Modifiers::NONE, key) {
                draft.step_word(forward, false);
            }
        }
        if pressed(ui, Modifiers::NONE, Key::Delete) || pressed(ui, Modifiers::NONE, Key::Backspace) {
            draft.unmark();
        }
    }
    for letter in typed(ui) {
        match letter {
            'n' => actions.push(Action::Label(LabelAction::Next)),
            'b' => actions.push(Action::Label(LabelAction::Previous)),
            'x' => decide(state, draft, Verdict::Skipped, actions),
            'm' => flag(state, draft, actions),
            'c' if matches!(work, Work::Writing | Work::Rating) => draft.focus = Some(Field::Answer),
            '/' => draft.focus = Some(Field::Search),
            '[' => actions.push(Action::Label(LabelAction::Filter(queue::beside(state.label.query.filter, false)))),
            ']' => actions.push(Action::Label(LabelAction::Filter(queue::beside(state.label.query.filter, true)))),
            letter => chosen(letter, work, state, draft, actions),
        }
    }
}

/// The keys that lead to other rows, where none is at hand.
pub(super) fn without_row(ui: &mut Ui, state: &AppState, draft: &mut LabelDraft, actions: &mut Vec<Action>) {
    if ui.ctx().egui_wants_keyboard_input() {
        return;
    }
    for letter in typed(ui) {
        match letter {
            '/' => draft.focus = Some(Field::Search),
            '[' => actions.push(Action::Label(LabelAction::Filter(queue::beside(state.label.query.filter, false)))),
            ']' => actions.push(Action::Label(LabelAction::Filter(queue::beside(state.label.query.filter, true)))),
            _ => {}
        }
    }
}

/// Letters and digits that were typed, taken so that nothing else acts on them.
fn typed(ui: &mut Ui) -> Vec<char> {
    ui.input_mut(|input| {
        let mut letters = Vec::new();
        input.events.retain(|event| {
            let Event::Text(text) = event else { return true };
            letters.extend(text.chars().filter(|c| c.is_alphanumeric() || "[]/".contains(*c)).flat_map(char::to_lowercase));
            false
        });
        letters
    })
}

/// A key that stands for a label, a rating, or "this is the answer".
fn chosen(letter: char, work: Work, state: &AppState, draft: &mut LabelDraft, actions: &mut Vec<Action>) {
    let labels = &state.label.labels;
    match work {
        Work::Classes => {
            let Some(option) = labels.options.iter().find(|option| option.key == Some(letter)) else { return };
            if draft.choose(&option.label, labels.several) {
                decide(state, draft, Verdict::Labelled, actions);
            }
        }
        Work::Entities => {
            if let Some(option) = labels.options.iter().find(|option| option.key == Some(letter)) {
                draft.mark(&option.label.to_string());
            }
        }
        Work::Answer if letter == '1' || letter == '2' => {
            draft.answer(letter == '2');
        }
        Work::Answer if letter == '0' => draft.unanswerable(),
        Work::Rating => {
            if let Some(digit) = letter.to_digit(10) {
                draft.rate(f64::from(digit));
                decide(state, draft, Verdict::Labelled, actions);
            }
        }
        Work::Answer | Work::Writing => {}
    }
}

/// Saves the answer as it stands and goes on; says why not where it cannot be.
pub(super) fn decide(state: &AppState, draft: &mut LabelDraft, verdict: Verdict, actions: &mut Vec<Action>) {
    if verdict != Verdict::Skipped
        && let Some(problem) = draft.problem(&state.label.labels)
    {
        draft.refused = Some(problem);
        return;
    }
    let mut content = if verdict == Verdict::Skipped { draft.before.clone() } else { draft.content.clone() };
    // "None of them" and "this one alone" are answers, too, where several may be right.
    if verdict != Verdict::Skipped
        && let Some(Content::Classes(it)) = &mut content
    {
        it.several |= state.label.labels.several;
    }
    if let Some(content) = content {
        // The note of the row that is left, before another is at hand.
        if verdict != Verdict::Skipped {
            draft.saved();
        }
        actions.extend(draft.left().into_iter().map(Action::Label));
        actions.push(Action::Label(LabelAction::Decide { content: Box::new(content), verdict }));
    }
}

/// Why no draft can be asked for now.
pub(super) fn why_no_draft(state: &AppState) -> Option<&'static str> {
    let busy = state.is_training().then_some("A run is under way: stop it first, or let it finish");
    let asked = state.jobs.find(JobKind::Score).map(|_| "A model is at work already");
    state.why_not_write().or(busy).or(asked)
}

/// The draft becomes the answer, to be changed or saved.
pub(super) fn take_draft(state: &AppState, draft: &mut LabelDraft, actions: &mut Vec<Action>) {
    let row = state.label.row().map(|row| row.row);
    if let Some(proposed) = state.label.draft.as_ref().filter(|proposed| Some(proposed.row) == row)
        && let Some(text) = draft.writing()
    {
        text.clone_from(&proposed.text);
        actions.push(Action::Label(LabelAction::DropDraft));
    }
}

pub(super) fn flag(state: &AppState, draft: &mut LabelDraft, actions: &mut Vec<Action>) {
    let flagged = state.label.row().is_some_and(|row| row.flagged);
    draft.note_is_told();
    draft.note_open = !flagged;
    draft.focus = (!flagged).then_some(Field::Note);
    actions.push(Action::Label(LabelAction::Flag { flagged: !flagged, note: draft.note.clone() }));
}
