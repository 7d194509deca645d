//! What answers are judged by: guidelines, criteria, words to put on an answer; and who judges. Judges nothing itself.

use eframe::egui::{TextEdit, Ui};

use crate::state::rank::RankAction;
use crate::state::rank_draft::{RankDraft, SettingsDraft};
use crate::state::{Action, AppState, icon};
use crate::ui::widgets;

/// The name that votes are saved under.
pub(super) fn annotator(ui: &mut Ui, state: &AppState, draft: &mut RankDraft, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        widgets::small_weak(ui, "You vote as")
            .on_hover_text("Everybody who votes has a name, so that the page can show how far people agree");
        let known = &state.label.annotator;
        let name = draft.annotator.get_or_insert_with(|| known.clone());
        let field = widgets::named(ui.add(TextEdit::singleline(name).desired_width(120.0)), "Who votes");
        if field.lost_focus() {
            if name.trim() != known {
                actions.push(Action::Rank(RankAction::SetAnnotator(name.trim().to_owned())));
            }
            draft.annotator = None;
        } else if !field.has_focus() {
            draft.annotator = None;
        }
    });
}

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut RankDraft, actions: &mut Vec<Action>) {
    widgets::section(ui, "Guidelines");
    let settings = &state.rank.state.settings;
    let Some(written) = &mut draft.settings else {
        if settings.guidelines.trim().is_empty() {
            widgets::small_weak(ui, "What makes an answer better: agree on it before many people vote");
        } else {
            ui.label(&settings.guidelines);
        }
        if widgets::button_unless(ui, icon::PENCIL_SIMPLE, "Guidelines, criteria, words…", state.why_not_write()).clicked() {
            draft.settings = Some(SettingsDraft::of(settings));
        }
        return;
    };
    let area = |text, rows| TextEdit::multiline(text).desired_rows(rows).desired_width(f32::INFINITY);
    widgets::named(ui.add(area(&mut written.guidelines, 4)), "Guidelines");
    widgets::small_weak(ui, "Criteria that answers are rated by, one on each line");
    widgets::named(ui.add(area(&mut written.criteria, 3)), "Criteria, one on each line");
    widgets::small_weak(ui, "Words to put on an answer, one on each line");
    widgets::named(ui.add(area(&mut written.reasons, 4)), "Words, one on each line");
    let after = written.settings(settings);
    let mut close = false;
    ui.horizontal(|ui| {
        if widgets::primary(ui, icon::CHECK, "Keep them").clicked() {
            if after != *settings {
                actions.push(Action::Rank(RankAction::SaveSettings(after)));
            }
            close = true;
        }
        close |= widgets::button(ui, icon::X, "Leave them as they were").clicked();
    });
    if close {
        draft.settings = None;
    }
}
