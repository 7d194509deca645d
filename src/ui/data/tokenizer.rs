//! Training a tokenizer: a kind, a size, and at once how text would be cut.

use eframe::egui::{Grid, RichText, Slider, TextEdit, Ui};

use crate::engine::command::{TokenizerKind, TokenizerSpec};
use crate::engine::event::DatasetInfo;
use crate::state::draft::DataDraft;
use crate::state::{Action, AppState, DataAction, JobKind, PickPurpose, format, icon};
use crate::store::recent;
use crate::ui::theme::{palette, space};
use crate::ui::widgets::{self, Tone};
use crate::ui::{glossary, pieces};

/// Changes rest this long before a preview is asked for.
const PREVIEW_AFTER_S: f64 = 0.35;
const SMALLEST: usize = 280;
const LARGEST: usize = 50_000;

const KINDS: [(TokenizerKind, &str, &str); 5] = [
    (
        TokenizerKind::ByteBpe,
        "Byte-pair",
        "Starts from bytes and joins what often stands together. GPT and Llama use it; it can spell everything",
    ),
    (TokenizerKind::Unigram, "Unigram", "Starts from many pieces and drops the least useful. T5 and ALBERT use it"),
    (TokenizerKind::WordPiece, "WordPiece", "Words whole, rare ones in parts that begin with ##. BERT uses it"),
    (TokenizerKind::Chars, "Characters", "One token a letter: nothing to learn, long sequences"),
    (TokenizerKind::Bytes, "Bytes", "One token a byte: every text of every script, the longest sequences"),
];

pub(super) fn train(ui: &mut Ui, dataset: &DatasetInfo, state: &AppState, draft: &mut DataDraft, actions: &mut Vec<Action>) {
    widgets::weak(
        ui,
        "A tokenizer learns from text which letters often stand together. Choose a kind and how many pieces it may know.",
    );
    ui.add_space(space::S);
    kinds(ui, draft);
    let sized = match draft.kind {
        TokenizerKind::ByteBpe | TokenizerKind::Unigram | TokenizerKind::WordPiece => true,
        TokenizerKind::Chars | TokenizerKind::Bytes => false,
    };
    Grid::new("spec").num_columns(2).spacing([space::L, space::S]).show(ui, |ui| {
        widgets::term(ui, "Vocabulary", glossary::VOCABULARY);
        if sized {
            size(ui, draft);
        } else {
            widgets::weak(ui, "Follows from the text");
        }
        ui.end_row();
        let label = ui.label("Name");
        ui.add(TextEdit::singleline(&mut draft.tokenizer_name).desired_width(280.0)).labelled_by(label.id);
        ui.end_row();
    });
    ui.add_space(space::S);
    let spec = TokenizerSpec { kind: draft.kind, vocab_size: draft.vocab_size };
    ui.horizontal(|ui| {
        let name = draft.tokenizer_name.trim().to_owned();
        let refusal = if name.is_empty() {
            Some("Give it a name first")
        } else if state.jobs.find(JobKind::TrainTokenizer).is_some() {
            Some("One tokenizer is being trained already")
        } else {
            state.why_not_write()
        };
        if widgets::primary_unless(ui, icon::SCISSORS, "Train the tokenizer", refusal).clicked() {
            actions.push(Action::Data(DataAction::TrainTokenizer { dataset: dataset.id, spec, name }));
        }
        if widgets::button_unless(ui, icon::FILE, "Load tokenizer.json…", state.why_not_write()).clicked() {
            actions.push(Action::Data(DataAction::Pick(PickPurpose::Tokenizer)));
        }
        typed_path(ui, state, draft, actions);
    });
    ui.add_space(space::L);
    preview(ui, dataset, spec, state, draft, actions);
}

fn kinds(ui: &mut Ui, draft: &mut DataDraft) {
    ui.horizontal_wrapped(|ui| {
        for (kind, name, meaning) in KINDS {
            if ui.selectable_label(draft.kind == kind, name).on_hover_text(meaning).clicked() {
                draft.kind = kind;
                draft.preview_changed_s = Some(0.0);
            }
        }
    });
    if let Some((.., meaning)) = KINDS.iter().find(|(kind, ..)| *kind == draft.kind) {
        widgets::small_weak(ui, *meaning);
    }
    ui.add_space(space::S);
}

fn size(ui: &mut Ui, draft: &mut DataDraft) {
    let slider = Slider::new(&mut draft.vocab_size, SMALLEST..=LARGEST)
        .logarithmic(true)
        .custom_formatter(|n, _| format::count(n as u64))
        .custom_parser(|text| text.replace([',', ' '], "").parse().ok())
        .suffix(" pieces");
    ui.scope(|ui| {
        ui.spacing_mut().slider_width = 260.0;
        if ui.add(slider).accessible_name("Vocabulary size").changed() {
            draft.preview_changed_s = Some(ui.ctx().time());
        }
    });
}

fn typed_path(ui: &mut Ui, state: &AppState, draft: &mut DataDraft, actions: &mut Vec<Action>) {
    let field = TextEdit::singleline(&mut draft.tokenizer_path).hint_text("or its path, then Enter").desired_width(200.0);
    let field = ui.add(field).accessible_name("Path of a tokenizer.json");
    let path = draft.tokenizer_path.trim();
    let entered = field.lost_focus() && ui.input(|input| input.key_pressed(eframe::egui::Key::Enter));
    if entered && !path.is_empty() && state.why_not_write().is_none() {
        actions.push(Action::Data(DataAction::ImportTokenizer(recent::typed_path(path))));
        draft.tokenizer_path.clear();
    }
}

fn preview(
    ui: &mut Ui,
    dataset: &DatasetInfo,
    spec: TokenizerSpec,
    state: &AppState,
    draft: &mut DataDraft,
    actions: &mut Vec<Action>,
) {
    let now = ui.ctx().time();
    if let Some(since) = draft.preview_changed_s {
        if now - since < PREVIEW_AFTER_S {
            ui.ctx().request_repaint_after(std::time::Duration::from_millis(60));
        } else if !draft.preview_text.is_empty() {
            draft.preview_changed_s = None;
            let text = draft.preview_text.clone();
            actions.push(Action::Data(DataAction::PreviewVocab { dataset: dataset.id, spec, text }));
        }
    }
    ui.horizontal(|ui| {
        widgets::section(ui, "How it would cut");
        match (&state.data.vocab, state.data.is_previewing()) {
            (_, true) => {
                widgets::progress(ui, None, 80.0);
            }
            (Some(vocab), false) => {
                let rate = format!("{:.2} tokens a word", vocab.tokens_per_word);
                ui.label(RichText::new(rate).color(palette(ui).accent)).on_hover_text(glossary::TOKENS_PER_WORD);
            }
            (None, false) => {}
        }
    });
    widgets::small_weak(ui, "Learnt from a part of the dataset, at once. Move the slider and watch the pieces grow");
    ui.add_space(space::XS);
    let field = TextEdit::multiline(&mut draft.preview_text).desired_rows(3).desired_width(f32::INFINITY).char_limit(2_000);
    if ui.add(field).accessible_name("Text to try the vocabulary on").changed() {
        draft.preview_changed_s = Some(now);
    }
    ui.add_space(space::S);
    if let Some(refusal) = &state.data.vocab_refusal {
        widgets::strip(ui, Tone::Warning, |ui| ui.label(refusal));
    } else if let Some(vocab) = &state.data.vocab {
        widgets::card(ui, |ui| pieces::show(ui, &vocab.pieces));
    }
}
