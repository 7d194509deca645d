//! The row at hand: what is given, and the place for the answer. Saves nothing itself.

use eframe::egui::{Color32, Frame, Label, Layout, Margin, RichText, ScrollArea, TextEdit, Ui, vec2};

use super::marking::{self, Mark};
use super::{keys, writing};
use crate::data::supervised::{Content, LabelSet, RowStatus, Verdict};
use crate::state::label::LabelAction;
use crate::state::label_draft::{Field, LabelDraft, Work};
use crate::state::{Action, AppState, icon};
use crate::ui::theme::{palette, space};
use crate::ui::{fields, widgets};

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut LabelDraft, actions: &mut Vec<Action>) {
    bar(ui, state, draft, actions);
    ui.add_space(space::S);
    ScrollArea::vertical().id_salt("label_work").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::M;
        status(ui, state, draft);
        match draft.work() {
            Some(Work::Classes) => classes(ui, state, draft, actions),
            Some(Work::Entities) => entities(ui, state, draft),
            Some(Work::Answer) => answer(ui, draft),
            Some(Work::Rating) => rating(ui, state, draft, actions),
            Some(Work::Writing) => writing::show(ui, state, draft, actions),
            None => {}
        }
        if let Some(refused) = &draft.refused {
            fields::problem(ui, refused);
        }
    });
}

/// What can be done with the row, with its keys.
fn bar(ui: &mut Ui, state: &AppState, draft: &mut LabelDraft, actions: &mut Vec<Action>) {
    let page = &state.label;
    let Some(row) = page.row() else { return };
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::S;
        let changed = draft.content != draft.before;
        let writing = draft.work() == Some(Work::Writing);
        let (label, verdict) = if changed || row.status == RowStatus::Unlabelled {
            ("Save", Verdict::Labelled)
        } else {
            ("Right as it is", Verdict::Confirmed)
        };
        let key = if writing { "Ctrl + Enter" } else { "Enter" };
        if widgets::primary_unless(ui, icon::CHECK, &format!("{label}   {key}"), state.why_not_write()).clicked() {
            keys::decide(state, draft, verdict, actions);
        }
        if widgets::button(ui, icon::SKIP_FORWARD, "Skip   X, F4")
            .on_hover_text("Puts the row aside: it is not trained on")
            .clicked()
        {
            keys::decide(state, draft, Verdict::Skipped, actions);
        }
        let name = if row.flagged { "Take the flag off   M, F7" } else { "Flag   M, F7" };
        if widgets::button(ui, icon::FLAG, name).on_hover_text("For somebody to look at; a note can say why").clicked() {
            keys::flag(state, draft, actions);
        }
        ui.with_layout(Layout::right_to_left(eframe::egui::Align::Center), |ui| {
            if widgets::icon_button(ui, icon::CARET_RIGHT, "Next row (N)").clicked() {
                actions.push(Action::Label(LabelAction::Next));
            }
            if widgets::icon_button(ui, icon::CARET_LEFT, "Row before (B)").clicked() {
                actions.push(Action::Label(LabelAction::Previous));
            }
            if ui.available_width() > 90.0 {
                widgets::small_weak(ui, format!("{} of {}", page.at + 1, page.total.max(page.queue.len() as u64)));
            }
        });
    });
}

/// How the label that stands there came about.
fn status(ui: &mut Ui, state: &AppState, draft: &LabelDraft) {
    let Some(row) = state.label.row() else { return };
    let colors = palette(ui);
    if draft.is_begun() {
        // Whoever labelled the row before: what stands there now is not theirs.
        widgets::chip(ui, "Yours, not saved yet", colors.warning)
            .on_hover_text("It stays with the row until you save it or take it back (Ctrl + Z)");
        return;
    }
    let (text, color) = match (row.status, &row.owner) {
        (RowStatus::Unlabelled, _) => return,
        (RowStatus::Prelabelled, _) => ("A model's label: keep it, change it, or skip the row".to_owned(), colors.warning),
        (RowStatus::Labelled, Some(owner)) => (format!("Labelled by {owner}"), colors.text_weak),
        (RowStatus::Labelled, None) => ("Labelled by the file".to_owned(), colors.text_weak),
        (RowStatus::Confirmed, owner) => {
            let by = owner.as_deref().map_or_else(String::new, |owner| format!(" by {owner}"));
            (format!("Confirmed{by}"), colors.good)
        }
        (RowStatus::Skipped, _) => ("Skipped: it is not trained on".to_owned(), colors.text_weak),
    };
    ui.horizontal_wrapped(|ui| {
        widgets::chip(ui, &text, color);
        if let Some(score) = &row.score {
            let sure = format!("{:.0} %", 100.0 * score.confidence);
            widgets::small_weak(ui, format!("the model says “{}”, {sure} sure", score.label));
        }
    });
}

/// Large type for what is read; small texts stand alone, long ones scroll with the page.
fn given(ui: &mut Ui, text: &str) {
    let frame = Frame::new().fill(palette(ui).card).corner_radius(8.0).inner_margin(Margin::same(space::L as i8));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.add(Label::new(RichText::new(text).size(16.0).color(palette(ui).text_strong)).wrap());
    });
}

/// The colour of a label: told apart by people who see red and green alike.
pub(super) fn color(ui: &Ui, labels: &LabelSet, name: &str) -> Color32 {
    let colors = palette(ui);
    let option = labels.options.iter().find(|option| option.label.to_string() == name);
    let index = option.map_or(0, |option| usize::from(option.color));
    colors.curves.get(index % colors.curves.len()).copied().unwrap_or(colors.accent)
}

/// Buttons of all choices, each with its key; gives the one that was pressed.
fn choices(ui: &mut Ui, labels: &LabelSet, chosen: &[String]) -> Option<usize> {
    let mut pressed = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::S, space::S);
        for (i, option) in labels.options.iter().enumerate() {
            let name = option.label.to_string();
            let on = chosen.contains(&name);
            let key = option.key.map(|key| format!("{}  ", key.to_uppercase())).unwrap_or_default();
            let tint = color(ui, labels, &name);
            let colors = palette(ui);
            let text = RichText::new(format!("{key}{name}")).size(15.0).color(if on { colors.text_strong } else { colors.text });
            let fill = if on { tint.gamma_multiply(0.4) } else { colors.button };
            let button = eframe::egui::Button::new(text).fill(fill).stroke((1.0, tint)).min_size(vec2(96.0, 36.0));
            if widgets::named(ui.add(button), &name).clicked() {
                pressed = Some(i);
            }
        }
    });
    pressed
}

fn classes(ui: &mut Ui, state: &AppState, draft: &mut LabelDraft, actions: &mut Vec<Action>) {
    let Some(Content::Classes(it)) = &draft.content else { return };
    given(ui, &it.text);
    let labels = &state.label.labels;
    if labels.options.is_empty() {
        no_choices(ui, draft, actions);
        return;
    }
    let chosen: Vec<String> = it.labels.iter().map(ToString::to_string).collect();
    if let Some(option) = choices(ui, labels, &chosen).and_then(|i| labels.options.get(i))
        && draft.choose(&option.label, labels.several)
    {
        keys::decide(state, draft, Verdict::Labelled, actions);
    }
}

fn no_choices(ui: &mut Ui, draft: &mut LabelDraft, actions: &mut Vec<Action>) {
    widgets::weak(ui, "There are no choices yet: say what a row can be");
    if widgets::primary(ui, icon::PLUS, "Add choices").clicked() {
        actions.push(Action::Label(LabelAction::Show(crate::state::label::LabelView::Rules)));
        draft.focus = Some(Field::Choice);
    }
}

fn entities(ui: &mut Ui, state: &AppState, draft: &mut LabelDraft) {
    let labels = &state.label.labels;
    let selected = draft.selected();
    let Some(Content::Entities(it)) = &draft.content else { return };
    let marks: Vec<Mark<'_>> = it
        .spans
        .iter()
        .map(|span| Mark { bytes: span.bytes.clone(), label: &span.label, color: color(ui, labels, &span.label) })
        .collect();
    let text = it.text.clone();
    let dragged = framed(ui, |ui| marking::show(ui, &text, &marks, selected.as_ref()));
    drop(marks);
    if let Some(bytes) = dragged {
        draft.select(bytes);
    }
    let hint = if selected.is_some() { "Now say what it is" } else { "Drag over words, or move with the arrow keys" };
    widgets::small_weak(ui, hint);
    if let Some(name) = choices(ui, labels, &[]).and_then(|i| labels.options.get(i)).map(|option| option.label.to_string()) {
        draft.mark(&name);
    }
}

fn framed<R>(ui: &mut Ui, add: impl FnOnce(&mut Ui) -> R) -> R {
    let frame = Frame::new().fill(palette(ui).card).corner_radius(8.0).inner_margin(Margin::same(space::L as i8));
    frame
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            add(ui)
        })
        .inner
}

fn answer(ui: &mut Ui, draft: &mut LabelDraft) {
    let selected = draft.selected();
    let accent = palette(ui).curves[1];
    let Some(Content::ExtractiveQa(it)) = &mut draft.content else { return };
    widgets::small_weak(ui, "Question");
    let field = ui.add(TextEdit::multiline(&mut it.question).desired_rows(1).desired_width(f32::INFINITY));
    widgets::named(field, "Question");
    let marks: Vec<Mark<'_>> = it
        .answers
        .iter()
        .map(|answer| Mark { bytes: answer.start..answer.start + answer.text.len(), label: "answer", color: accent })
        .collect();
    let context = it.context.clone();
    let dragged = framed(ui, |ui| marking::show(ui, &context, &marks, selected.as_ref()));
    let none = it.answers.is_empty();
    if let Some(bytes) = dragged {
        draft.select(bytes);
    }
    ui.horizontal_wrapped(|ui| {
        if widgets::button(ui, icon::CHECK, "1  This is the answer").clicked() {
            draft.answer(false);
        }
        let refusal = none.then_some("Mark the first answer before another");
        if widgets::button_unless(ui, icon::PLUS, "2  Also right", refusal)
            .on_hover_text("Another wording in the text that answers the question as well; each of them counts as right")
            .clicked()
        {
            draft.answer(true);
        }
        let refusal = none.then_some("There is none");
        if widgets::button_unless(ui, icon::X, "0  It cannot be answered from this text", refusal).clicked() {
            draft.unanswerable();
        }
    });
    if none {
        widgets::small_weak(ui, "No answer is marked: as it stands, the text does not say it");
    }
}

fn rating(ui: &mut Ui, state: &AppState, draft: &mut LabelDraft, actions: &mut Vec<Action>) {
    let Some(Content::Recommendation(it)) = &draft.content else { return };
    given(ui, &format!("{}\n{}", it.user, it.item));
    let rating = it.rating;
    let mut given = None;
    ui.horizontal_wrapped(|ui| {
        for value in 0..=5 {
            let on = (rating - f64::from(value)).abs() < 1e-9;
            if ui.selectable_label(on, format!("{value}")).clicked() {
                given = Some(f64::from(value));
            }
        }
        let mut typed = rating;
        let field = ui.add(eframe::egui::DragValue::new(&mut typed).speed(0.1).range(-1e6..=1e6).max_decimals(3));
        let field = widgets::named(field, "Rating")
            .on_hover_text("Any number, say 3.5: type it, Enter takes it, and Enter again saves the row");
        if draft.focus.take_if(|wanted| *wanted == Field::Answer).is_some() {
            field.request_focus();
        }
        if field.changed() {
            draft.rate(typed);
        }
    });
    if let Some(value) = given {
        draft.rate(value);
        keys::decide(state, draft, Verdict::Labelled, actions);
    }
}
