//! Where two people said different things, how well they agree, and one click to settle it. Computes with `evaluate` alone.

use eframe::egui::{Label, RichText, ScrollArea, Ui, vec2};

use crate::state::agreement::{Agreement, agreement, said};
use crate::state::label::{LabelAction, LabelView};
use crate::state::{Action, AppState, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

/// Rows that are drawn at most.
const MOST: usize = 200;

pub(super) fn show(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let rows = &state.label.twice;
    if rows.is_empty() {
        let body =
            "When a second person labels the same rows under another name, this shows how often you agree and where you do not.";
        widgets::empty_page(ui, icon::USERS, "Nobody labelled a row twice yet", body, |ui| {
            if widgets::primary(ui, icon::TAG, "Begin a second pass").clicked() {
                actions.push(Action::Label(LabelAction::Show(LabelView::Label)));
                actions.push(Action::Label(LabelAction::Filter(crate::engine::labelling::ExampleFilter::SecondPass)));
            }
        });
        return;
    }
    let Agreement { rows: n, agree, figure, names } = agreement(rows);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::XL, space::S);
        widgets::tile(ui, &format::count(n as u64), "rows labelled twice", "");
        let share = format!("{:.0} %", 100.0 * agree as f64 / n.max(1) as f64);
        widgets::tile(ui, &share, "the same answer", "Share of rows on which both said the same");
        if let Some((name, value)) = figure {
            let meaning = "Agreement beyond chance: 1 is perfect, 0 is what guessing gives. From 0.8 on labels can be trusted";
            widgets::tile(ui, &format!("{value:.2}"), name, meaning);
        }
        widgets::weak(ui, names.join(" and "));
    });
    ui.add_space(space::S);
    ScrollArea::vertical().id_salt("label_review").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::S;
        let disputed = rows.iter().filter(|row| !row.settled && row.words.windows(2).any(|pair| pair[0].1 != pair[1].1));
        let mut any = false;
        for row in disputed.take(MOST) {
            any = true;
            widgets::card(ui, |ui| {
                let input = row.words.first().map(|(_, content)| content.halves().0).unwrap_or_default();
                widgets::small_weak(ui, format!("Row {}", row.ordinal + 1));
                ui.add(Label::new(RichText::new(format::one_line(&input, 400)).color(palette(ui).text_strong)).wrap());
                for (who, content) in &row.words {
                    ui.horizontal_wrapped(|ui| {
                        let tip = "This one counts; the other stays on record";
                        if widgets::button(ui, icon::CHECK, who).on_hover_text(tip).clicked() {
                            let content = Box::new(content.clone());
                            actions.push(Action::Label(LabelAction::Settle { row: row.row, content }));
                        }
                        ui.label(said(content));
                    });
                }
            });
        }
        if !any {
            widgets::weak(ui, "No open disagreement: all are settled, or there were none");
        }
    });
}
