//! What leaves the Rank page as a file and what comes back: votes in many forms, questionnaires for a browser, mended answers. Writes nothing itself.

use eframe::egui::{CollapsingHeader, ComboBox, DragValue, TextEdit, Ui};

use crate::engine::feedback::FeedbackForm;
use crate::feedback::Way;
use crate::state::rank::RankAction;
use crate::state::rank_draft::RankDraft;
use crate::state::rank_files::Exporting;
use crate::state::{Action, AppState, format, icon};
use crate::store::recent::typed_path;
use crate::ui::theme::space;
use crate::ui::widgets;

/// Forms with what they hold.
const FORMS: [(Option<FeedbackForm>, &str, &str); 7] = [
    (None, "As they came in", "The form of the file that the questions came from, with what the votes say now"),
    (Some(FeedbackForm::Trl), "Pairs (TRL)", "prompt, chosen, rejected: a line for each pair of each vote"),
    (Some(FeedbackForm::LlamaFactory), "Pairs (LLaMA-Factory)", "instruction, input, chosen, rejected; chats as conversations"),
    (Some(FeedbackForm::Ranking), "Rankings", "prompt, completions, ranks: a line for each vote"),
    (Some(FeedbackForm::Unpaired), "Good or bad", "prompt, completion, label: a line for each answer that was liked or not"),
    (Some(FeedbackForm::Edited), "Mended answers", "prompt, completion: what people wrote instead"),
    (Some(FeedbackForm::Prompts), "Prompts", "prompt alone"),
];

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut RankDraft, actions: &mut Vec<Action>) {
    CollapsingHeader::new("Questionnaire for a browser").id_salt("rank_survey").show_unindented(ui, |ui| {
        survey(ui, state, draft, actions);
    });
    CollapsingHeader::new("Votes as files and rows").id_salt("rank_votes").show_unindented(ui, |ui| {
        votes(ui, state, draft, actions);
    });
}

/// Questions out as a page, answers in.
fn survey(ui: &mut Ui, state: &AppState, draft: &mut RankDraft, actions: &mut Vec<Action>) {
    widgets::small_weak(
        ui,
        "One page that works offline in any browser. People answer it, save a file, and send it to you; sides and order are shuffled for each.",
    );
    if draft.survey_of != state.rank.dataset {
        draft.survey_of = state.rank.dataset;
        draft.survey.title.clear();
        draft.survey.way = draft.way;
    }
    let wish = &mut draft.survey;
    let title = TextEdit::singleline(&mut wish.title).hint_text("Title").desired_width(f32::INFINITY);
    widgets::named(ui.add(title), "Title of the questionnaire");
    ui.horizontal_wrapped(|ui| {
        for way in Way::ALL {
            let on = wish.way == way;
            if widgets::named(ui.selectable_label(on, way.name()), &format!("Questionnaire: {}", way.name())).clicked() {
                wish.way = way;
            }
        }
    });
    ui.horizontal_wrapped(|ui| {
        widgets::small_weak(ui, "Questions at most");
        widgets::named(ui.add(DragValue::new(&mut wish.most).range(1..=10_000)), "Questions at most");
        ui.checkbox(&mut wish.unanswered, "only unanswered ones");
    });
    let none = (state.rank.state.progress.questions == 0).then_some("There is no question to ask yet");
    let refusal = state.why_not_write().or(none);
    if widgets::button_unless(ui, icon::EXPORT, "Save the questionnaire…", refusal).clicked() {
        let wish = wish.clone();
        save(draft, Exporting::Survey(wish), actions);
    }
    path_field(ui, draft);
    ui.add_space(space::S);
    widgets::small_weak(ui, "Answers that came back: choose the file, drop it on the window, or type its path");
    let path = TextEdit::singleline(&mut draft.answers_path).hint_text("…answers.json").desired_width(f32::INFINITY);
    widgets::named(ui.add(path), "Path of a file of answers");
    let name = TextEdit::singleline(&mut draft.answers_name).hint_text("Under the name in the file").desired_width(f32::INFINITY);
    widgets::named(ui.add(name), "Import under another name");
    let typed = draft.answers_path.trim().to_owned();
    if widgets::button_unless(ui, icon::DOWNLOAD_SIMPLE, "Take answers in…", state.why_not_write()).clicked() {
        let named = Some(draft.answers_name.trim().to_owned()).filter(|name| !name.is_empty());
        actions.push(Action::Rank(if typed.is_empty() {
            RankAction::PickAnswers { annotator: named }
        } else {
            RankAction::ImportAnswers { path: typed_path(&typed), annotator: named }
        }));
        draft.answers_path.clear();
        draft.answers_name.clear();
    }
}

/// To the path that was typed, or where a dialog says.
fn save(draft: &mut RankDraft, what: Exporting, actions: &mut Vec<Action>) {
    let typed = std::mem::take(&mut draft.save_path);
    actions.push(Action::Rank(match (what, typed.trim()) {
        (Exporting::Survey(wish), "") => RankAction::ExportSurvey(wish),
        (Exporting::Votes(form), "") => RankAction::Export(form),
        (what, path) => RankAction::WriteTo { what, path: typed_path(path) },
    }));
}

/// A desktop may have no dialog for files.
fn path_field(ui: &mut Ui, draft: &mut RankDraft) {
    let field = TextEdit::singleline(&mut draft.save_path).hint_text("Or type where to save it").desired_width(f32::INFINITY);
    widgets::named(ui.add(field), "Path to save to");
}

/// Votes for other programs, and mended answers for this one.
fn votes(ui: &mut Ui, state: &AppState, draft: &mut RankDraft, actions: &mut Vec<Action>) {
    let known = FORMS.iter().find(|(form, ..)| *form == draft.form);
    let list = ComboBox::from_id_salt("rank_form").selected_text(known.map_or("", |(_, name, _)| name)).show_ui(ui, |ui| {
        for (form, name, meaning) in FORMS {
            ui.selectable_value(&mut draft.form, form, name).on_hover_text(meaning);
        }
    });
    widgets::named(list.response, "Form of the file").on_hover_text(known.map_or("", |(.., meaning)| meaning));
    let none = (state.rank.state.progress.questions == 0).then_some("There is no question yet");
    if widgets::button_unless(ui, icon::EXPORT, "Save the votes…", none).clicked() {
        save(draft, Exporting::Votes(draft.form), actions);
    }
    path_field(ui, draft);
    let edited = state.rank.state.progress.edited;
    ui.add_space(space::S);
    widgets::small_weak(
        ui,
        format!("{} so far: rows to fine-tune on", format::plural(edited, "mended answer", "mended answers")),
    );
    let name = TextEdit::singleline(&mut draft.mended_name).hint_text("Mended answers").desired_width(f32::INFINITY);
    widgets::named(ui.add(name), "Name of the new rows");
    let none = (edited == 0).then_some("Mend an answer while you vote, and it is counted here");
    if widgets::button_unless(ui, icon::ROWS, "Make a dataset of them", state.why_not_write().or(none)).clicked() {
        let name = draft.mended_name.trim();
        let name = if name.is_empty() { "Mended answers" } else { name }.to_owned();
        actions.push(Action::Rank(RankAction::KeepMended { name }));
    }
}
