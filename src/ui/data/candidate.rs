//! A file before it is imported: what it was found to be, and what can be corrected.

use eframe::egui::{self, ComboBox, Grid, RichText, ScrollArea, TextEdit, Ui};

use crate::engine::command::{DocumentRule, Mapping, Schema};
use crate::engine::event::FileReport;
use crate::state::data::{Candidate, file_name};
use crate::state::draft::DataDraft;
use crate::state::schema;
use crate::state::{Action, AppState, DataAction, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::widgets::{self, Tone};
use crate::ui::{fields, glossary};

pub(super) fn show(ui: &mut Ui, candidate: &Candidate, state: &AppState, draft: &mut DataDraft, actions: &mut Vec<Action>) {
    ui.label(RichText::new(file_name(&candidate.path)).heading().color(palette(ui).text_strong));
    widgets::small_weak(ui, candidate.path.display().to_string());
    ui.add_space(space::M);
    if let Some(refusal) = &candidate.refusal {
        widgets::strip(ui, Tone::Error, |ui| ui.label(refusal));
        ui.add_space(space::M);
        if widgets::button(ui, icon::ARROW_LEFT, "Take another file").clicked() {
            actions.push(Action::Data(DataAction::Discard));
        }
        return;
    }
    let Some(report) = &candidate.report else {
        ui.horizontal(|ui| {
            widgets::progress(ui, None, 200.0);
            widgets::weak(ui, "Looking into it…");
        });
        ui.add_space(space::S);
        if widgets::button(ui, icon::X, "Cancel").clicked() {
            actions.push(Action::Data(DataAction::Discard));
        }
        return;
    };
    if draft.mapping.as_ref().is_none_or(|(path, _)| *path != report.path) {
        draft.mapping = Some((report.path.clone(), report.mapping.clone()));
        draft.name = report.path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    }
    ScrollArea::vertical().auto_shrink([false; 2]).show(ui, |ui| {
        found(ui, report);
        ui.add_space(space::M);
        if let Some((_, mapping)) = &mut draft.mapping {
            widgets::card(ui, |ui| correct(ui, report, mapping, &mut draft.name));
        }
        ui.add_space(space::M);
        buttons(ui, report, state, draft, actions);
        ui.add_space(space::L);
        preview(ui, report);
    });
}

fn found(ui: &mut Ui, report: &FileReport) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::XXL;
        widgets::tile(ui, &report.format, "Format", "");
        widgets::tile(ui, &report.encoding, "Encoding", "How the file's bytes stand for letters");
        widgets::tile(ui, &format::bytes(report.bytes), "Size", "");
        let about = if report.rows_exact { "" } else { "about " };
        let meaning = if report.rows_exact { "" } else { "Estimated from the beginning of the file" };
        widgets::tile(ui, &format!("{about}{}", format::count(report.rows)), "Rows", meaning);
    });
    for warning in &report.warnings {
        ui.add_space(space::XS);
        widgets::strip(ui, Tone::Warning, |ui| ui.label(warning));
    }
}

fn correct(ui: &mut Ui, report: &FileReport, mapping: &mut Mapping, name: &mut String) {
    widgets::section(ui, "How it will be read");
    ui.add_space(space::XS);
    Grid::new("mapping").num_columns(2).spacing([space::L, space::S]).show(ui, |ui| {
        let label = ui.label("Name");
        ui.add(TextEdit::singleline(name).desired_width(260.0)).labelled_by(label.id);
        ui.end_row();
        if !is_plain(report) {
            widgets::term(ui, "The rows are", glossary::SCHEMA);
            let before = mapping.schema;
            let chosen =
                ComboBox::from_id_salt("schema").selected_text(schema::label(mapping.schema)).width(260.0).show_ui(ui, |ui| {
                    for choice in schema::ALL {
                        ui.selectable_value(&mut mapping.schema, choice, schema::label(choice))
                            .on_hover_text(schema::meaning(choice));
                    }
                });
            let _named = chosen.response.accessible_name("What the rows are");
            ui.end_row();
            if mapping.schema != before {
                mapping.columns = schema::guess_columns(mapping.schema, &report.columns, &report.preview);
            }
            let taken: Vec<_> = (0..mapping.columns.len()).map(|at| schema::taken(&mapping.columns, at)).collect();
            for ((part, column), taken) in mapping.columns.iter_mut().zip(taken) {
                let label = ui.label(format!("Column with the {part}"));
                let chosen = ComboBox::from_id_salt(("column", part.as_str()))
                    .selected_text(column.as_str())
                    .width(260.0)
                    .show_ui(ui, |ui| {
                        for choice in &report.columns {
                            ui.selectable_value(column, choice.clone(), choice);
                        }
                    });
                let _named = chosen.response.labelled_by(label.id);
                ui.end_row();
                if let Some(taken) = taken {
                    ui.label("");
                    // A grid gives a cell no width of its own.
                    ui.vertical(|ui| {
                        ui.set_width(320.0);
                        fields::problem(ui, &taken);
                    });
                    ui.end_row();
                }
            }
            further_parts(ui, report, mapping);
            if mapping.schema == Schema::Entities && (writes_numbers(report, mapping) || !mapping.tag_names.is_empty()) {
                tag_names(ui, mapping);
            }
        } else if mapping.schema == Schema::Text {
            widgets::term(ui, "A document ends", glossary::DOCUMENT_RULE);
            let chosen =
                ComboBox::from_id_salt("documents").selected_text(rule(mapping.documents)).width(260.0).show_ui(ui, |ui| {
                    // The rows were counted by the rule that was found; another one shows at the import.
                    for choice in [DocumentRule::BlankLine, DocumentRule::Line, DocumentRule::File] {
                        ui.selectable_value(&mut mapping.documents, choice, rule(choice));
                    }
                });
            let _named = chosen.response.accessible_name("Where a document ends");
            ui.end_row();
        }
    });
}

/// Parts that rows of this kind may have besides, say a system prompt, and a class that no column looked like: none of them unless a
/// column is chosen.
fn further_parts(ui: &mut Ui, report: &FileReport, mapping: &mut Mapping) {
    let class = schema::parts(mapping.schema).iter().filter(|_| mapping.schema == Schema::Classes);
    let further = schema::optional_parts(mapping.schema).iter().chain(class);
    let missing: Vec<&str> = further.copied().filter(|part| !mapping.columns.iter().any(|(known, _)| known == part)).collect();
    for part in missing {
        let label = ui.label(format!("Column with the {part}"));
        let chosen = ComboBox::from_id_salt(("further", part)).selected_text("none").width(260.0).show_ui(ui, |ui| {
            for choice in &report.columns {
                if ui.selectable_label(false, choice).clicked() {
                    mapping.columns.push((part.to_owned(), choice.clone()));
                }
            }
        });
        let _named = chosen.response.labelled_by(label.id);
        ui.end_row();
    }
}

/// Whether the tags stand as numbers.
fn writes_numbers(report: &FileReport, mapping: &Mapping) -> bool {
    let column = mapping.columns.iter().find(|(part, _)| part == "ner_tags").map(|(_, column)| column);
    let place = column.and_then(|column| report.columns.iter().position(|known| known == column));
    let digits = |cell: &String| cell.trim_start_matches(['[', ' ', '-']).starts_with(|c: char| c.is_ascii_digit());
    place.is_some_and(|place| report.preview.iter().any(|row| row.get(place).is_some_and(digits)))
}

/// What tag numbers stand for, in their order.
fn tag_names(ui: &mut Ui, mapping: &mut Mapping) {
    let label = ui
        .label("Names of the tags")
        .on_hover_text("The file writes tags as numbers. Say what 0, 1, 2 … stand for, say O, B-PER, I-PER, B-ORG, I-ORG");
    let mut text = mapping.tag_names.join(",");
    let field = TextEdit::singleline(&mut text).hint_text("O, B-PER, I-PER, B-ORG, I-ORG").desired_width(260.0);
    if ui.add(field).labelled_by(label.id).changed() {
        mapping.tag_names = if text.is_empty() { Vec::new() } else { text.split(',').map(str::to_owned).collect() };
    }
    ui.end_row();
}

/// Text without columns of its own: what a document is has to be said.
fn is_plain(report: &FileReport) -> bool {
    let plain = ["Plain text", "Markdown"].contains(&report.format.as_str()) || report.format.starts_with("Folder");
    plain && report.columns.len() < 2
}

fn rule(rule: DocumentRule) -> &'static str {
    match rule {
        DocumentRule::BlankLine => "at an empty line",
        DocumentRule::Line => "at the end of each line",
        DocumentRule::File => "at the end of the file",
    }
}

fn buttons(ui: &mut Ui, report: &FileReport, state: &AppState, draft: &mut DataDraft, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let name = draft.name.trim().to_owned();
        let columns = draft.mapping.as_ref().and_then(|(_, mapping)| schema::why_not_read(&mapping.columns));
        let refusal = if name.is_empty() { Some("Give it a name first") } else { state.why_not_write() }.or(columns.as_deref());
        if widgets::primary_unless(ui, icon::DOWNLOAD_SIMPLE, "Import", refusal).clicked()
            && let Some((path, mapping)) = draft.mapping.take()
        {
            draft.path.clear();
            actions.push(Action::Data(DataAction::Import { path, mapping, name }));
        }
        if widgets::button(ui, icon::X, "Not this one").clicked() {
            draft.mapping = None;
            actions.push(Action::Data(DataAction::Discard));
        }
        let changed = draft.mapping.as_ref().is_some_and(|(_, mapping)| *mapping != report.mapping);
        if changed && widgets::button(ui, icon::ARROW_COUNTER_CLOCKWISE, "As it was found").clicked() {
            draft.mapping = None;
        }
    });
}

fn preview(ui: &mut Ui, report: &FileReport) {
    if report.preview.is_empty() {
        return;
    }
    widgets::section(ui, "The first rows");
    ui.add_space(space::XS);
    let n = report.columns.len().max(1);
    let width = (ui.available_width() / n as f32 - space::L).max(90.0);
    ScrollArea::horizontal().id_salt("preview").show(ui, |ui| {
        Grid::new("preview").num_columns(n).spacing([space::L, 3.0]).striped(true).show(ui, |ui| {
            for column in &report.columns {
                widgets::small_weak(ui, column);
            }
            if !report.columns.is_empty() {
                ui.end_row();
            }
            for row in report.preview.iter().take(12) {
                for cell in row {
                    ui.scope(|ui| {
                        ui.set_max_width(width);
                        ui.add(egui::Label::new(format::one_line(cell, 300)).truncate());
                    });
                }
                ui.end_row();
            }
        });
    });
}
