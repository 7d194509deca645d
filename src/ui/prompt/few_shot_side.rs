//! Beside a few-shot prompt: which rows, how many, in which words. Knows no answer.

use eframe::egui::{ComboBox, DragValue, Slider, TextEdit, Ui};

use super::controls;
use crate::data::supervised::{Pick, ShotOrder};
use crate::state::few_shot::FewShotDraft;
use crate::state::prompt::PromptDraft;
use crate::state::{AppState, choices, format};
use crate::ui::theme::space;
use crate::ui::widgets;

pub(super) const NEARNESS: &str =
    "Cosine between the mean last hidden states of this row and of the query, by the model's own eyes: 1 is the same direction";
const K: &str = "Examples in the prompt. 0: none, the model has the instruction alone (zero-shot)";
const PICKS: [(Pick, &str, &str); 3] = [
    (Pick::Random, "Random", "Drawn by the seed"),
    (Pick::Balanced, "Balanced", "As many of each label as can be, in an order drawn by the seed"),
    (Pick::Nearest, "Nearest", "Those most like the query, by the model's own hidden states; the nearest stands last"),
];

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut FewShotDraft, prompt: &mut PromptDraft) {
    widgets::card(ui, |ui| {
        widgets::section(ui, "Examples");
        ui.spacing_mut().item_spacing.y = space::XS;
        dataset(ui, state, draft);
        ui.spacing_mut().slider_width = (ui.available_width() - 64.0).max(60.0);
        let label = widgets::term(ui, "How many", K);
        if ui.add(Slider::new(&mut draft.k, 0..=32)).labelled_by(label.id).on_hover_text(K).changed() {
            draft.by_hand = None;
        }
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            for (pick, name, meaning) in PICKS {
                let chosen = draft.by_hand.is_none() && draft.pick == pick;
                if ui.selectable_label(chosen, name).on_hover_text(meaning).clicked() {
                    (draft.pick, draft.by_hand) = (pick, None);
                }
            }
            if draft.by_hand.is_some() {
                widgets::small_weak(ui, "now by hand");
            }
        });
        order(ui, draft);
    });
    widgets::card(ui, |ui| words(ui, state, draft));
    widgets::card(ui, |ui| asked(ui, draft));
    widgets::card(ui, |ui| controls::show(ui, prompt));
}

fn dataset(ui: &mut Ui, state: &AppState, draft: &mut FewShotDraft) {
    let rows: Vec<_> = state.library.datasets.iter().filter(|row| !row.deleted && row.schema.is_supervised()).collect();
    let name = rows.iter().find(|row| Some(row.id) == draft.dataset).map_or("", |row| row.name.as_str());
    let list = ComboBox::from_id_salt("few_rows").selected_text(name).width(ui.available_width()).truncate().show_ui(ui, |ui| {
        for row in &rows {
            let label = format!("{}  ·  {}", row.name, format::plural(row.rows, "row", "rows"));
            ui.selectable_value(&mut draft.dataset, Some(row.id), label);
        }
    });
    widgets::named(list.response, "Rows that examples come from");
}

fn order(ui: &mut Ui, draft: &mut FewShotDraft) {
    ui.horizontal_wrapped(|ui| {
        let meaning = "The same examples in another order can be worth many per cent of accuracy (Lu et al. 2022)";
        widgets::term(ui, "Order", meaning);
        ui.spacing_mut().item_spacing.x = 4.0;
        let shuffled = if let ShotOrder::Shuffled(seed) = draft.order { Some(seed) } else { None };
        let again = ShotOrder::Shuffled(shuffled.map_or(1, |seed| seed + 1));
        for (order, name, on) in [
            (ShotOrder::AsPicked, "As drawn", draft.order == ShotOrder::AsPicked),
            (ShotOrder::Reversed, "Reversed", draft.order == ShotOrder::Reversed),
            (again, "Shuffled", shuffled.is_some()),
        ] {
            if ui.selectable_label(on, name).clicked() {
                (draft.order, draft.by_hand) = (order, None);
            }
        }
    });
    ui.horizontal(|ui| {
        let meaning = "The same seed draws the same examples";
        let label = widgets::term(ui, "Seed", meaning);
        if ui.add(DragValue::new(&mut draft.seed).speed(0.1)).labelled_by(label.id).on_hover_text(meaning).changed() {
            draft.by_hand = None;
        }
    });
}

fn words(ui: &mut Ui, state: &AppState, draft: &mut FewShotDraft) {
    ui.horizontal(|ui| {
        widgets::section(ui, "Words");
        let row = draft.dataset.and_then(|id| choices_dataset(state, id));
        if ui.small_button("Plain").on_hover_text("Plain words for this kind of rows").clicked()
            && let Some(row) = row
        {
            draft.take_words(row);
        }
    });
    ui.spacing_mut().item_spacing.y = space::XS;
    let meaning = "Stands before all examples. {labels} stands for all labels of the rows. May be empty";
    area(ui, "Instruction", meaning, &mut draft.instruction, 2);
    let meaning = "How a row is asked about. Names in braces stand for its parts";
    area(ui, "Question", meaning, &mut draft.prompt_words, 2);
    let meaning = "How its answer is written";
    area(ui, "Answer", meaning, &mut draft.answer_words, 1);
    ui.horizontal_wrapped(|ui| {
        let meaning = "Between a question and its answer. \\n stands for a line break";
        small(ui, "Between", meaning, &mut draft.joint);
        let meaning = "Between two examples; it also ends the answer. \\n stands for a line break";
        small(ui, "Separator", meaning, &mut draft.separator);
    });
}

fn choices_dataset(state: &AppState, id: i64) -> Option<&crate::engine::event::DatasetInfo> {
    choices::dataset(&state.library, id)
}

fn area(ui: &mut Ui, name: &str, meaning: &str, text: &mut String, rows: usize) {
    let label = widgets::term(ui, name, meaning);
    let field = TextEdit::multiline(text).desired_rows(rows).desired_width(f32::INFINITY);
    ui.add(field).labelled_by(label.id).on_hover_text(meaning);
}

fn small(ui: &mut Ui, name: &str, meaning: &str, text: &mut String) {
    let label = widgets::term(ui, name, meaning);
    // A space is seen between the marks of the field alone.
    ui.add(TextEdit::singleline(text).desired_width(52.0)).labelled_by(label.id).on_hover_text(meaning);
}

fn asked(ui: &mut Ui, draft: &mut FewShotDraft) {
    widgets::section(ui, "What is asked");
    ui.spacing_mut().item_spacing.y = space::XS;
    ui.horizontal(|ui| {
        let meaning = "Which of the rows kept aside to test with; what asks the same is never among the examples";
        let label = widgets::term(ui, "Row", meaning);
        let mut place = draft.place + 1;
        if ui
            .add(DragValue::new(&mut place).range(1..=1_000_000).speed(0.1))
            .labelled_by(label.id)
            .on_hover_text(meaning)
            .changed()
        {
            draft.place = place.saturating_sub(1);
        }
        let meaning = "Longest answer, in tokens";
        let label = widgets::term(ui, "Answer tokens", meaning);
        ui.add(DragValue::new(&mut draft.max_tokens).range(1..=1024)).labelled_by(label.id).on_hover_text(meaning);
    });
    let meaning = "Asked in place of a row. No right answer is known then";
    let label = widgets::term(ui, "Or a text of your own", meaning);
    let field = TextEdit::multiline(&mut draft.typed).desired_rows(1).desired_width(f32::INFINITY);
    ui.add(field).labelled_by(label.id).on_hover_text(meaning);
}
