//! The rows that wait, filtered and in order; a click opens one. Changes no label.

use eframe::egui::{ComboBox, Label, RichText, ScrollArea, TextEdit, Ui};

use crate::data::supervised::RowStatus;
use crate::engine::labelling::{ExampleFilter, ExampleOrder, ExampleRow};
use crate::state::label::LabelAction;
use crate::state::label_draft::{Field, LabelDraft};
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

const ORDERS: [(ExampleOrder, &str, &str); 5] = [
    (ExampleOrder::File, "In the file's order", "As the rows came"),
    (
        ExampleOrder::Uncertainty,
        "Least sure first",
        "What the model gives the lowest probability comes first: a label there teaches most (Lewis and Gale 1994)",
    ),
    (
        ExampleOrder::Entropy,
        "Most spread first",
        "Entropy: rows where the model's guesses are spread over many answers come first (Settles 2009, section 3.1)",
    ),
    (
        ExampleOrder::Margin,
        "Closest call first",
        "Margin: rows where the two likeliest answers are nearest to each other come first (Scheffer et al. 2001)",
    ),
    (ExampleOrder::Latest, "Latest first", "What was changed last comes first"),
];

/// The filter after this one, or before it.
pub(super) fn beside(filter: ExampleFilter, forward: bool) -> ExampleFilter {
    let at = FILTERS.iter().position(|(known, ..)| *known == filter).unwrap_or(0);
    let step = if forward { 1 } else { FILTERS.len() - 1 };
    FILTERS.get((at + step) % FILTERS.len()).map_or(filter, |(filter, ..)| *filter)
}

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
    let second = page.query.filter == ExampleFilter::SecondPass;
    ui.horizontal(|ui| {
        let order =
            ORDERS.iter().find(|(order, ..)| *order == page.query.order).map_or("In the file's order", |(_, name, _)| name);
        let list = ComboBox::from_id_salt("label_order")
            .selected_text(order)
            .width(if second { width - 76.0 } else { width })
            .show_ui(ui, |ui| {
                for (order, name, meaning) in ORDERS {
                    if ui.selectable_label(page.query.order == order, name).on_hover_text(meaning).clicked() {
                        actions.push(Action::Label(LabelAction::Order(order)));
                    }
                }
            });
        widgets::named(list.response, "In which order");
        if second {
            let mut blind = page.query.blind;
            if ui.checkbox(&mut blind, "Blind").on_hover_text("Hides what stands there until you have answered").changed() {
                actions.push(Action::Label(LabelAction::Blind(blind)));
            }
        }
    });
    let field = ui.add(TextEdit::singleline(&mut draft.search).hint_text("Search").desired_width(f32::INFINITY));
    let field = widgets::named(field, "Search rows");
    if draft.focus.take_if(|wanted| *wanted == Field::Search).is_some() {
        field.request_focus();
    }
    if field.changed() {
        actions.push(Action::Label(LabelAction::Search(draft.search.clone())));
    }
    widgets::small_weak(ui, format::plural(page.total, "row", "rows"));
    ui.add_space(space::XS);
    rows(ui, state, actions);
}

fn rows(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    const HEIGHT: f32 = 30.0;
    let page = &state.label;
    let begun: Vec<i64> = page.begun.rows(&page.annotator).collect();
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
            if widgets::list_row(ui, at == page.at, &name, HEIGHT, |ui| line(ui, row, begun.contains(&row.row))).clicked() {
                actions.push(Action::Label(LabelAction::Go(at)));
            }
        }
    });
}

fn line(ui: &mut Ui, row: &ExampleRow, begun: bool) {
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
    if begun {
        ui.label(widgets::icon(icon::PENCIL_SIMPLE).color(colors.warning))
            .on_hover_text("You began an answer here and did not save it: it stays until you do");
    }
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
            "Let a fine-tuned checkpoint look at these rows first: show all rows, and press “Let it look” beside them.",
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
