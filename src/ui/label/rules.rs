//! Choices with their keys, and the guidelines that annotators share. Labels nothing.

use eframe::egui::{Id, RichText, ScrollArea, TextEdit, Ui};

use super::work;
use crate::data::supervised::{LABEL_KEYS, Label, LabelOption, LabelSet};
use crate::state::label::LabelAction;
use crate::state::label_draft::{Field, LabelDraft};
use crate::state::{Action, AppState, icon};
use crate::ui::theme::{palette, space};
use crate::ui::{fields, widgets};

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut LabelDraft, actions: &mut Vec<Action>) {
    let page = &state.label;
    if draft.rules_of != page.dataset {
        draft.rules_of = page.dataset;
        draft.guidelines.clone_from(&page.labels.guidelines);
    }
    ScrollArea::vertical().id_salt("label_rules").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::M;
        fields::card(ui, |ui| choices(ui, &page.labels, draft, actions));
        fields::card(ui, |ui| {
            widgets::section(ui, "Guidelines");
            widgets::weak(ui, "What each choice means, with an example, and what to do in doubt: they stand beside every row");
            let edit = TextEdit::multiline(&mut draft.guidelines).desired_rows(8).desired_width(f32::INFINITY);
            let field = widgets::named(ui.add(edit), "Guidelines");
            if field.lost_focus() && draft.guidelines != page.labels.guidelines {
                let labels = LabelSet { guidelines: draft.guidelines.clone(), ..page.labels.clone() };
                actions.push(Action::Label(LabelAction::SaveLabels(labels)));
            }
        });
    });
}

fn choices(ui: &mut Ui, labels: &LabelSet, draft: &mut LabelDraft, actions: &mut Vec<Action>) {
    widgets::section(ui, "Choices");
    let mut changed: Option<LabelSet> = None;
    let mut several = labels.several;
    if ui.checkbox(&mut several, "Several may be right").on_hover_text("A row can have any number of classes").changed() {
        changed = Some(LabelSet { several, ..labels.clone() });
    }
    for (i, option) in labels.options.iter().enumerate() {
        ui.horizontal(|ui| {
            let name = option.label.to_string();
            let key = option.key.map_or_else(|| "–".to_owned(), |key| key.to_uppercase().to_string());
            ui.label(RichText::new(key).monospace().color(palette(ui).text_strong));
            let color = work::color(ui, labels, &name);
            ui.label(widgets::icon(icon::TAG).color(color));
            ui.label(&name);
            if widgets::icon_button(ui, icon::X, "Take this choice out; rows that have it keep it").clicked() {
                let mut fewer = labels.clone();
                fewer.options.remove(i);
                changed = Some(fewer);
            }
        });
    }
    ui.horizontal(|ui| {
        // A name of its own: each choice moves the field down, and it must stay the same field to keep the keyboard.
        let edit = TextEdit::singleline(&mut draft.new_label).id(Id::unique("new_choice")).hint_text("Another choice");
        let field = widgets::named(ui.add(edit.desired_width(200.0)), "New choice");
        if draft.focus.take_if(|wanted| *wanted == Field::Choice).is_some() {
            field.request_focus();
        }
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(eframe::egui::Key::Enter));
        let name = draft.new_label.trim().to_owned();
        let known = labels.options.iter().any(|option| option.label.to_string() == name);
        let refusal = if name.is_empty() { Some("Type its name") } else { known.then_some("It is there already") };
        if (widgets::button_unless(ui, icon::PLUS, "Add", refusal).clicked() || entered) && refusal.is_none() {
            changed = Some(with_option(labels, name));
            draft.new_label.clear();
            field.request_focus();
        }
    });
    if let Some(labels) = changed {
        actions.push(Action::Label(LabelAction::SaveLabels(labels)));
    }
}

/// One choice more, with the first key that is free.
fn with_option(labels: &LabelSet, name: String) -> LabelSet {
    let mut more = labels.clone();
    let key = LABEL_KEYS.chars().find(|key| !labels.options.iter().any(|option| option.key == Some(*key)));
    more.options.push(LabelOption { label: Label::Text(name), color: (labels.options.len() % 256) as u8, key });
    more
}
