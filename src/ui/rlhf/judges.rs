//! Who judges answers: lines of reward models and classifiers, and a builder of rules. Judges nothing itself.

use eframe::egui::{ComboBox, TextEdit, Ui};

use crate::state::judges::{ClassDraft, JudgesDraft, RULES, RuleDraft, classifiers, reward_models};
use crate::state::{AppState, icon, tune};
use crate::ui::theme::space;
use crate::ui::{fields, widgets};

/// The whole card.
pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut JudgesDraft) {
    widgets::section(ui, "What judges the answers")
        .on_hover_text("Each gives an answer a number; the reward is their sum by weight, and each part has a curve of its own");
    let mut gone = None;
    for (i, (checkpoint, weight)) in draft.models.iter_mut().enumerate() {
        ui.horizontal_wrapped(|ui| {
            ui.label("Reward model");
            choose(ui, state, ("rlhf_reward", i), checkpoint, &reward_models(&state.library), "Reward model");
            weigh(ui, weight, i);
            if widgets::icon_button(ui, icon::X, "Take this reward model away").clicked() {
                gone = Some(i);
            }
        });
    }
    gone.map(|i| draft.models.remove(i));
    let mut gone = None;
    for (i, it) in draft.classes.iter_mut().enumerate() {
        ui.horizontal_wrapped(|ui| {
            ui.label("Classifier").on_hover_text("How likely it finds the class that is wanted, from 0 to 1");
            choose(ui, state, ("rlhf_class", i), &mut it.checkpoint, &classifiers(&state.library), "Classifier");
            ui.label("class");
            let field = TextEdit::singleline(&mut it.label).hint_text("positive").desired_width(90.0);
            widgets::named(ui.add(field), "Class that is wanted");
            weigh(ui, &mut it.weight, 100 + i);
            if widgets::icon_button(ui, icon::X, "Take this classifier away").clicked() {
                gone = Some(i);
            }
        });
    }
    gone.map(|i| draft.classes.remove(i));
    rules(ui, draft);
    ui.horizontal_wrapped(|ui| {
        ui.menu_button("Add a rule", |ui| {
            for (name, hint) in RULES {
                if ui.button(name).on_hover_text(hint).clicked() {
                    draft.rules.push(RuleDraft::new(name));
                    draft.typed = draft.in_words();
                }
            }
        });
        let none =
            (reward_models(&state.library).is_empty()).then_some("None was trained yet: choose “Reward model” above first");
        if widgets::button_unless(ui, icon::PLUS, "Reward model", none).clicked() {
            draft.models.push((reward_models(&state.library).last().map(|row| row.id), 1.0));
        }
        let none =
            (classifiers(&state.library).is_empty()).then_some("None was trained yet: the Fine-tune page trains one on classes");
        if widgets::button_unless(ui, icon::PLUS, "Classifier", none).clicked() {
            let checkpoint = classifiers(&state.library).last().map(|row| row.id);
            draft.classes.push(ClassDraft { checkpoint, label: String::new(), weight: 1.0 });
        }
    });
    let field = TextEdit::singleline(&mut draft.typed)
        .hint_text("or in words: polite * 2; words 5-25; no-repeats; ends; lacks damn, stupid")
        .desired_width(f32::INFINITY);
    if widgets::named(ui.add(field), "Rules in words").changed() {
        draft.read_typed();
    }
}

fn rules(ui: &mut Ui, draft: &mut JudgesDraft) {
    let before = draft.rules.clone();
    let mut gone = None;
    for (i, rule) in draft.rules.iter_mut().enumerate() {
        ui.horizontal_wrapped(|ui| {
            let hint = RULES.iter().find(|(name, _)| *name == rule.name).map_or("", |(_, hint)| *hint);
            let list = ComboBox::from_id_salt(("rlhf_rule", i)).selected_text(rule.name).width(96.0).show_ui(ui, |ui| {
                for (name, hint) in RULES {
                    ui.selectable_value(&mut rule.name, name, name).on_hover_text(hint);
                }
            });
            widgets::named(list.response, &format!("Rule {}", i + 1)).on_hover_text(hint);
            if rule.takes_words() {
                let hint = if rule.name == "polite" { "the usual words" } else { "words, separated by commas" };
                let field = TextEdit::singleline(&mut rule.words).hint_text(hint).desired_width(200.0);
                widgets::named(ui.add(field), &format!("Words of rule {}", i + 1));
            } else if rule.name == "words" {
                widgets::named(fields::whole(ui, &mut rule.least, 0..=500, 0.2), "Words at least");
                ui.label("to");
                widgets::named(fields::whole(ui, &mut rule.most, 1..=500, 0.2), "Words at most");
            }
            weigh(ui, &mut rule.weight, 200 + i);
            if widgets::icon_button(ui, icon::X, &format!("Take rule {} away", i + 1)).clicked() {
                gone = Some(i);
            }
        });
    }
    gone.map(|i| draft.rules.remove(i));
    if draft.rules != before {
        draft.typed = draft.in_words();
    }
}

fn weigh(ui: &mut Ui, weight: &mut f64, salt: usize) {
    ui.spacing_mut().item_spacing.x = space::S;
    ui.label("×").on_hover_text("Weight in the sum; below 0 it is a penalty");
    ui.push_id(salt, |ui| widgets::named(fields::real(ui, weight, -100.0..=100.0), "Weight"));
}

fn choose(
    ui: &mut Ui,
    state: &AppState,
    salt: (&str, usize),
    chosen: &mut Option<i64>,
    rows: &[&crate::engine::event::CheckpointRow],
    name: &str,
) {
    let row = chosen.and_then(|id| state.checkpoint(id));
    let text = row.map_or_else(|| "choose…".to_owned(), |row| tune::checkpoint_name(&state.library, row));
    let list = ComboBox::from_id_salt(salt).selected_text(text).width(240.0).show_ui(ui, |ui| {
        for row in rows.iter().rev() {
            ui.selectable_value(chosen, Some(row.id), tune::checkpoint_name(&state.library, row));
        }
    });
    widgets::named(list.response, name);
}
