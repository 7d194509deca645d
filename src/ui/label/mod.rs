//! The Label page: a queue of rows, the row at hand, what to know about it; every step by key. Knows the state only through `&AppState`.

mod keys;
mod marking;
mod queue;
mod review;
mod rules;
mod side;
mod work;
mod writing;

use eframe::egui::{CentralPanel, ComboBox, Frame, Margin, Panel, RichText, TextEdit, Ui};

use super::theme::{palette, space};
use super::widgets;
use crate::state::data::DataView;
use crate::state::label::{LabelAction, LabelView};
use crate::state::label_draft::{Field, LabelDraft};
use crate::state::tune::TuneAction;
use crate::state::{Action, AppState, DataAction, Draft, Page, format, icon};

/// The whole page.
pub fn page(ui: &mut Ui, state: &AppState, draft: &mut Draft, actions: &mut Vec<Action>) {
    let draft = &mut draft.label;
    let datasets: Vec<_> = state.library.datasets.iter().filter(|row| !row.deleted && row.schema.is_supervised()).collect();
    let Some(newest) = datasets.last() else {
        nothing_to_label(ui, actions);
        return;
    };
    let newest_known = state.library.datasets.iter().map(|row| row.id).max().unwrap_or(0);
    if state.label.dataset.is_some_and(|id| id > newest_known) {
        // Rows that were made a moment ago: the list of datasets is on its way.
        widgets::weak(ui, "The rows are coming…");
        return;
    }
    if state.label.dataset.is_none_or(|id| !datasets.iter().any(|row| row.id == id)) {
        let first = datasets.first().unwrap_or(newest);
        actions.push(Action::Label(LabelAction::Open(first.id)));
        return;
    }
    actions.extend(draft.settle(&state.label).into_iter().map(Action::Label));
    header(ui, state, draft, actions);
    ui.add_space(space::S);
    match state.label.view {
        LabelView::Label => label(ui, state, draft, actions),
        LabelView::Review => review::show(ui, state, draft, actions),
        LabelView::Rules => rules::show(ui, state, draft, actions),
    }
    if state.why_not_write().is_none() {
        actions.extend(draft.keep(ui.input(|input| input.time)).into_iter().map(Action::Label));
        if draft.is_begun() {
            ui.ctx().request_repaint_after(std::time::Duration::from_millis(800));
        }
    }
}

fn nothing_to_label(ui: &mut Ui, actions: &mut Vec<Action>) {
    let body = "Bring in rows with labels to check and mend, or texts that have none yet: reviews, messages, questions. \
                The Data page reads them and asks what is to be said of each.";
    widgets::empty_page(ui, icon::TAG, "Nothing to label yet", body, |ui| {
        if widgets::primary(ui, icon::DATABASE, "Bring rows in").clicked() {
            actions.push(Action::Data(DataAction::View(DataView::Add)));
            actions.push(Action::Go(Page::Data));
        }
    });
}

/// Which rows, who labels, how far and how fast.
fn header(ui: &mut Ui, state: &AppState, draft: &mut LabelDraft, actions: &mut Vec<Action>) {
    let page = &state.label;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        let name = |id| state.library.datasets.iter().find(|row| row.id == id).map_or("rows", |row| row.name.as_str());
        let text = RichText::new(page.dataset.map_or("rows", name)).color(palette(ui).text_strong);
        let list = ComboBox::from_id_salt("label_rows").selected_text(text).width(220.0).truncate().show_ui(ui, |ui| {
            for row in state.library.datasets.iter().filter(|row| !row.deleted && row.schema.is_supervised()) {
                let label = format!("{}  ·  {}", row.name, format::plural(row.rows, "row", "rows"));
                if ui.selectable_label(page.dataset == Some(row.id), label).clicked() {
                    actions.push(Action::Label(LabelAction::Open(row.id)));
                }
            }
        });
        widgets::named(list.response, "Rows to label");
        let (done, all) = page.done();
        widgets::progress(ui, Some(done as f32 / all.max(1) as f32), 120.0);
        widgets::small_weak(ui, format!("{} of {} labelled", format::count(done), format::count(all)));
        if let Some(rate) = page.rate() {
            widgets::small_weak(ui, format!("{rate:.0} rows a minute")).on_hover_text("Over your last labels");
        }
        saved(ui, state);
        begun(ui, state, actions);
        if done > 0 && widgets::button(ui, icon::TARGET, "Fine-tune on them").clicked() {
            actions.extend(page.dataset.map(|dataset| Action::Tune(TuneAction::Dataset(dataset))));
            actions.push(Action::Go(Page::Tune));
        }
    });
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        let views =
            [(LabelView::Label, "Label"), (LabelView::Review, "Disagreements"), (LabelView::Rules, "Choices and guidelines")];
        for (view, name) in views {
            if ui.selectable_label(page.view == view, name).clicked() {
                actions.push(Action::Label(LabelAction::Show(view)));
                draft.focus = (view == LabelView::Rules).then_some(Field::Choice);
            }
        }
        ui.separator();
        widgets::small_weak(ui, "Annotator")
            .on_hover_text("Whose labels these are. A second person labels the same rows under another name");
        if draft.annotator.is_empty() {
            draft.annotator.clone_from(&page.annotator);
        }
        let field = ui.add(TextEdit::singleline(&mut draft.annotator).desired_width(90.0));
        let field = widgets::named(field, "Annotator");
        if field.lost_focus() && draft.annotator.trim() != page.annotator {
            actions.push(Action::Label(LabelAction::SetAnnotator(draft.annotator.clone())));
        }
    });
}

/// Answers that were begun and left; a click goes to the first of them.
fn begun(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let page = &state.label;
    let rows: Vec<i64> = page.begun.rows(&page.annotator).collect();
    let here = page.queue.iter().position(|row| rows.contains(&row.row) && page.row().map(|at| at.row) != Some(row.row));
    let others = rows.iter().filter(|row| page.row().map(|at| at.row) != Some(**row)).count();
    if others == 0 {
        return;
    }
    let text = format!("{others} begun, not saved");
    let tip =
        "Answers that you began and left. They are kept, also when the program ends; save them, or take them back (Ctrl + Z)";
    if let Some(at) = here {
        if ui.link(RichText::new(text).small()).on_hover_text(tip).clicked() {
            actions.push(Action::Label(LabelAction::Go(at)));
        }
    } else {
        widgets::small_weak(ui, text).on_hover_text(tip);
    }
}

/// Says when a label is on the disk, not before.
fn saved(ui: &mut Ui, state: &AppState) {
    let colors = palette(ui);
    let (glyph, text, color) = match (state.label.unsaved, state.label.saved) {
        (0, 0) => return,
        (0, _) => (icon::CHECK, "saved".to_owned(), colors.good),
        (n, _) => (icon::FLOPPY_DISK, format!("saving {n}…"), colors.warning),
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        ui.label(widgets::icon(glyph).color(color));
        widgets::small_weak(ui, text)
            .on_hover_text("Every label is written to the disk at once; a power cut loses none that says saved");
    });
}

fn label(ui: &mut Ui, state: &AppState, draft: &mut LabelDraft, actions: &mut Vec<Action>) {
    let wide = ui.available_width() > 1_050.0;
    let frame = Frame::new().inner_margin(Margin { right: space::M as i8, ..Margin::ZERO });
    Panel::left("label_queue").default_size(if wide { 270.0 } else { 190.0 }).size_range(150.0..=420.0).frame(frame).show(
        ui,
        |ui| {
            queue::show(ui, state, draft, actions);
        },
    );
    let frame = Frame::new().inner_margin(Margin { left: space::M as i8, ..Margin::ZERO });
    Panel::right("label_side").default_size(if wide { 270.0 } else { 200.0 }).size_range(160.0..=420.0).frame(frame).show(
        ui,
        |ui| {
            side::show(ui, state, draft, actions);
        },
    );
    let frame = Frame::new().inner_margin(Margin::symmetric(space::M as i8, 0));
    CentralPanel::default().frame(frame).show(ui, |ui| {
        if state.label.row().is_none() {
            keys::without_row(ui, state, draft, actions);
            queue::empty(ui, state, actions);
            return;
        }
        keys::take(ui, state, draft, actions);
        work::show(ui, state, draft, actions);
    });
}
