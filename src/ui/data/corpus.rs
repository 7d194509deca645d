//! A dataset becomes a corpus: cut, split, measured. And a corpus in numbers.

use eframe::egui::{DragValue, Grid, RichText, Sense, Slider, Ui, Vec2};

use super::tokens;
use crate::engine::event::{CorpusInfo, DatasetInfo};
use crate::state::data::{DataView, DatasetTab};
use crate::state::draft::DataDraft;
use crate::state::{Action, AppState, DataAction, JobKind, Page, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::{glossary, widgets};

/// A corpus has no name of its own: dataset and tokenizer make it.
pub(super) fn name(corpus: &CorpusInfo, state: &AppState) -> String {
    let dataset = state.library.datasets.iter().find(|d| d.id == corpus.dataset).map_or("(deleted)", |d| d.name.as_str());
    let tokenizer = state.library.tokenizers.iter().find(|t| t.id == corpus.tokenizer).map_or("?", |t| t.name.as_str());
    format!("{dataset} · {tokenizer}")
}

/// Cutting and splitting a dataset.
pub(super) fn build(ui: &mut Ui, dataset: &DatasetInfo, state: &AppState, draft: &mut DataDraft, actions: &mut Vec<Action>) {
    let Some(first) = state.library.tokenizers.last() else {
        let body = "A corpus is text cut into tokens, so it needs a tokenizer. Training one takes seconds.";
        widgets::empty_page(ui, icon::SCISSORS, "First a tokenizer", body, |ui| {
            if widgets::primary(ui, icon::SCISSORS, "Train a tokenizer").clicked() {
                actions.push(Action::Data(DataAction::Tab(DatasetTab::Tokenizer)));
            }
        });
        return;
    };
    let chosen = draft.tokenizer.and_then(|id| state.library.tokenizers.iter().find(|t| t.id == id)).unwrap_or(first);
    widgets::weak(ui, "All documents are cut into tokens once. A part is kept aside to measure with; the rest is to learn from.");
    ui.add_space(space::S);
    Grid::new("corpus").num_columns(2).spacing([space::L, space::S]).show(ui, |ui| {
        widgets::term(ui, "Cut by", glossary::TOKENIZER);
        tokens::choose(ui, "corpus_tokenizer", chosen, state, &mut draft.tokenizer);
        ui.end_row();
        widgets::term(ui, "Kept aside", glossary::SPLIT);
        let slider = Slider::new(&mut draft.val_percent, 0.5..=30.0).logarithmic(true).fixed_decimals(1).suffix(" %");
        ui.add(slider).accessible_name("Share kept aside for validation");
        ui.end_row();
        widgets::term(ui, "Seed", glossary::SEED);
        ui.add(DragValue::new(&mut draft.seed)).accessible_name("Seed of the split");
        ui.end_row();
    });
    ui.add_space(space::S);
    let busy = state.jobs.find(JobKind::BuildCorpus).is_some();
    let refusal = if busy { Some("One corpus is being built already") } else { state.why_not_write() };
    if widgets::primary_unless(ui, icon::STACK, "Build the corpus", refusal).clicked() {
        let val_fraction = draft.val_percent / 100.0;
        actions.push(Action::Data(DataAction::BuildCorpus {
            dataset: dataset.id,
            tokenizer: chosen.id,
            val_fraction,
            seed: draft.seed,
        }));
    }
    let made = state.library.corpora.iter().filter(|corpus| corpus.dataset == dataset.id).collect::<Vec<_>>();
    if !made.is_empty() {
        ui.add_space(space::XL);
        widgets::section(ui, "Made from this dataset");
        for corpus in made {
            let label = format!("{} — {} tokens", name(corpus, state), format::count(corpus.train_tokens + corpus.val_tokens));
            if ui.link(label).clicked() {
                actions.push(Action::Data(DataAction::View(DataView::Corpus(corpus.id))));
            }
        }
    }
}

/// A corpus in numbers.
pub(super) fn show(ui: &mut Ui, corpus: &CorpusInfo, state: &AppState, actions: &mut Vec<Action>) {
    ui.label(RichText::new(name(corpus, state)).heading().color(palette(ui).text_strong));
    widgets::weak(ui, "Ready to train on.");
    ui.add_space(space::M);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = space::XXL;
        let meaning = "Tokens that a model learns from";
        widgets::tile(ui, &format::count(corpus.train_tokens), "Tokens to train on", meaning);
        widgets::tile(ui, &format::count(corpus.val_tokens), "Tokens kept aside", glossary::SPLIT);
        let documents = format!("{} + {}", format::count(corpus.train_documents), format::count(corpus.val_documents));
        widgets::tile(ui, &documents, "Documents", "To train on + kept aside");
        widgets::tile(ui, &format::count(corpus.duplicates), "Duplicates left out", glossary::DUPLICATES);
        let per_token = corpus.val_bytes as f64 / corpus.val_tokens.max(1) as f64;
        widgets::tile(ui, &format!("{per_token:.2}"), "Bytes a token", "Larger: the tokenizer packs text more tightly");
    });
    ui.add_space(space::XL);
    widgets::section(ui, "What there is to beat");
    widgets::weak(
        ui,
        "The loss of three simple guessers. A model that gets below the last one has learnt more than which word follows which.",
    );
    ui.add_space(space::S);
    let baselines = corpus.baselines;
    let most = baselines.uniform.max(1e-3);
    widgets::card(ui, |ui| {
        let bars = [
            ("Knows nothing", baselines.uniform, glossary::UNIFORM),
            ("Knows how often each token occurs", baselines.unigram, glossary::UNIGRAM),
            ("Knows which token follows which", baselines.bigram, glossary::BIGRAM),
        ];
        for (label, loss, meaning) in bars {
            baseline(ui, label, loss, loss / most, meaning);
        }
    });
    ui.add_space(space::L);
    if widgets::primary(ui, icon::BRAIN, "Train a model on it").clicked() {
        actions.push(Action::Go(Page::Pretrain));
    }
}

fn baseline(ui: &mut Ui, label: &str, loss: f32, share: f32, meaning: &str) {
    ui.horizontal(|ui| {
        let colors = palette(ui);
        let width = 240.0;
        ui.scope(|ui| {
            ui.set_width(width);
            widgets::term(ui, label, meaning);
        });
        let room = (ui.available_width() - 90.0).max(60.0);
        let (rect, _) = ui.allocate_exact_size(Vec2::new(room * share, 12.0), Sense::hover());
        ui.painter().rect_filled(rect, 3.0, colors.curves[0]);
        ui.label(RichText::new(format!("{} nats", format::loss(loss))).color(colors.text_strong));
    });
}
