//! The rows that wait, filtered and in order; a click opens one. Changes no label.

use eframe::egui::{ComboBox, Label, RichText, ScrollArea, TextEdit, Ui};

use crate::data::supervised::RowStatus;
use crate::engine::labelling::{ExampleFilter, ExampleOrder, ExampleRow};
use crate::state::label::LabelAction;
use crate::state::label_draft::LabelDraft;
use crate::state::{Action, AppState, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

/// What is less likely than this to the model counts as unsure, in per cent.
const UNSURE: u8 = 70;
const FILTERS: [(ExampleFilter, &str, &str); 9] = [
    (ExampleFilter::All, "All rows", "In the order of the file"),
    (ExampleFilter::ToLabel, "To label", "Without any label, or with a model's that nobody confirmed"),
    (ExampleFilter::Prelabelled, "Pre-labelled", "A model proposed a label that nobody confirmed yet"),
    (ExampleFilter::Unsure { percent: UNSURE }, "Model unsure", "The model gives its own answer less than seven chances in ten"),
    (ExampleFilter::ModelDisagrees, "Model disagrees", "The model says something else than the label: one of them is wrong"),
    (ExampleFilter::SecondPass, "Second pass", "Others labelled these and you did not: your labels show where you agree"),
    (ExampleFilter::Labelled, "Labelled", "With a label that counts"),
    (ExampleFilter::Flagged, "Flagged", "Somebody wants them looked at"),
    (ExampleFilter::Skipped, "Skipped", "Put aside; they are not trained on"),
];

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut LabelDraft, actions: &mut Vec<Action>) {
    let page = &state.label;
    let current = FILTERS.iter().find(|(filter, ..)| *filter == page.query.filter).map_or("All rows", |(_, name, _)| name);
    let width = ui.available_width();
    let list = ComboBox::from_id_salt("label_filter").selected_text(current).width(width).show_ui(ui, |ui| {
        for (filter, name, meaning) in FILTERS {
            if ui.selectable_label(page.query.filter == filter, name).on_hover_text(meaning).clicked() {
                actions.push(Action::Label(LabelAction::Filter(filter)));
            }
        }
    });
    widgets::named(list.response, "Which rows");
    ui.horizontal(|ui| {
        let unsure = page.query.order == ExampleOrder::Uncertainty;
        let tip = "What the model is least sure of comes first: a label there teaches most (uncertainty sampling)";
        if ui.selectable_label(unsure, "Least sure first").on_hover_text(tip).clicked() {
            let order = if unsure { ExampleOrder::File } else { ExampleOrder::Uncertainty };
            actions.push(Action::Label(LabelAction::Order(order)));
        }
        if page.query.filter == ExampleFilter::SecondPass {
            let mut blind = page.query.blind;
            if ui.checkbox(&mut blind, "Blind").on_hover_text("Hides what stands there until you have answered").changed() {
                actions.push(Action::Label(LabelAction::Blind(blind)));
            }
        }
    });
    let field = ui.add(TextEdit::singleline(&mut draft.search).hint_text("Search").desired_width(f32::INFINITY));
    if widgets::named(field, "Search rows").changed() {
        actions.push(Action::Label(LabelAction::Search(draft.search.clone())));
    }
    widgets::small_weak(ui, format::plural(page.total, "row", "rows"));
    ui.add_space(space::XS);
    rows(ui, state, actions);
}

fn rows(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    const HEIGHT: f32 = 30.0;
    let page = &state.label;
    ui.spacing_mut().item_spacing.y = 2.0;
    let mut area = ScrollArea::vertical().id_salt(("label_queue", page.dataset)).auto_shrink([false, false]);
    let id = ui.scope_id().with("queue_at");
    let shown = ui.data_mut(|data| data.get_temp_mut_or_default::<usize>(id).to_owned());
    if shown != page.at {
        // The row at hand stays in sight.
        ui.data_mut(|data| data.insert_temp(id, page.at));
        let above = (page.at as f32 * (HEIGHT + 2.0) - ui.available_height() / 2.0).max(0.0);
        area = area.vertical_scroll_offset(above);
    }
    area.show_rows(ui, HEIGHT, page.queue.len(), |ui, range| {
        for at in range {
            let Some(row) = page.queue.get(at) else { continue };
            let name = format!("Row {}", row.ordinal + 1);
            if widgets::list_row(ui, at == page.at, &name, HEIGHT, |ui| line(ui, row)).clicked() {
                actions.push(Action::Label(LabelAction::Go(at)));
            }
        }
    });
}

fn line(ui: &mut Ui, row: &ExampleRow) {
    let colors = palette(ui);
    let (glyph, color, meaning) = match row.status {
        RowStatus::Unlabelled => (icon::CIRCLE, colors.text_weak, "no label yet"),
        RowStatus::Prelabelled => (icon::SPARKLE, colors.warning, "a model's label, not confirmed"),
        RowStatus::Labelled => (icon::CHECK, colors.text_weak, "labelled"),
        RowStatus::Confirmed => (icon::CHECK_CIRCLE, colors.good, "confirmed"),
        RowStatus::Skipped => (icon::SKIP_FORWARD, colors.text_weak, "skipped"),
    };
    ui.spacing_mut().item_spacing.x = space::XS;
    ui.label(widgets::icon(glyph).color(color)).on_hover_text(meaning);
    if row.flagged {
        ui.label(widgets::icon(icon::FLAG).color(colors.warning)).on_hover_text(&row.note);
    }
    widgets::small_weak(ui, (row.ordinal + 1).to_string());
    let (input, _) = row.example.content.halves();
    ui.add(Label::new(RichText::new(format::one_line(&input, 60)).small()).truncate());
}

/// Nothing is in the queue: why, and what to do.
pub(super) fn empty(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let page = &state.label;
    if page.is_loading() {
        widgets::empty_page(ui, icon::TAG, "Reading the rows…", "They come from the project.", |ui| {
            widgets::progress(ui, None, 200.0);
        });
        return;
    }
    let (title, body) = match page.query.filter {
        ExampleFilter::ToLabel => ("All rows are labelled", "Fine-tune on them, or look where the model disagrees."),
        ExampleFilter::Unsure { .. } | ExampleFilter::ModelDisagrees | ExampleFilter::Prelabelled => (
            "No such row",
            "Let a fine-tuned checkpoint look at these rows first: lyceum prelabel does it from the command line.",
        ),
        ExampleFilter::SecondPass => {
            ("Nothing to check", "Give your own name as annotator: rows that others labelled come here.")
        }
        ExampleFilter::All
        | ExampleFilter::Labelled
        | ExampleFilter::Flagged
        | ExampleFilter::Skipped
        | ExampleFilter::Disputed
        | ExampleFilter::Removed => ("No row is here", "Choose another filter, or clear the search."),
    };
    widgets::empty_page(ui, icon::TAG, title, body, |ui| {
        if widgets::primary(ui, icon::LIST, "Show all rows").clicked() {
            actions.push(Action::Label(LabelAction::Filter(ExampleFilter::All)));
        }
    });
}
