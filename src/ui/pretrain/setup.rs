//! The set-up side: text, objective and size first, everything else behind a line that says what it is. Starts nothing by itself.

use eframe::egui::{ComboBox, Frame, Margin, Panel, RichText, ScrollArea, TextEdit, Ui, vec2};

use super::{model, optimiser, shots, summary};
use crate::config::{Objective, RunConfig, ShotsOf};
use crate::state::data::DataView;
use crate::state::pretrain::{PretrainAction, PretrainDraft};
use crate::state::setup::{self, Check};
use crate::state::{Action, AppState, DataAction, Page, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::{fields, widgets};

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut PretrainDraft, actions: &mut Vec<Action>) {
    let check = draft.setup.check(&state.library);
    let side = if ui.available_width() > 1_100.0 { 380.0 } else { 312.0 };
    let frame = Frame::new().inner_margin(Margin { left: space::L as i8, ..Margin::ZERO });
    Panel::right("setup_summary").resizable(false).exact_size(side).show_separator_line(false).frame(frame).show(ui, |ui| {
        ScrollArea::vertical().id_salt("setup_summary").auto_shrink([false, false]).show(ui, |ui| {
            summary::show(ui, state, &mut draft.setup, &check, actions);
        });
    });
    ScrollArea::vertical().id_salt("setup").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::M;
        branch(ui, state, actions);
        let parent = state.pretrain.from.and_then(|id| state.checkpoint(id));
        let config = &mut draft.setup.config;
        fields::card(ui, |ui| text(ui, state, config, &check, actions));
        fields::card(ui, |ui| model::objective(ui, config, &check, state.pretrain.from.is_some()));
        fields::card(ui, |ui| match parent {
            None => model::size(ui, config, &check),
            Some(parent) => model::size_of_parent(ui, &check, parent.run.is_some()),
        });
        fields::card(ui, |ui| length(ui, config, &check));
        if state.pretrain.from.is_none() {
            model::architecture(ui, config, &check);
        }
        optimiser::show(ui, config, &check);
        prompts(ui, config, &mut draft.setup.new_prompt);
        optimiser::checkpoints(ui, config, &check);
        if !config.writes_text() {
            config.shots_of = ShotsOf::Own;
        }
        if config.writes_text() {
            shots::show(ui, &state.library, config, &check, false);
        }
        ui.add_space(space::L);
    });
}

/// Says that the run starts from a checkpoint, and offers to start from nothing.
fn branch(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let Some(checkpoint) = state.pretrain.from.and_then(|id| state.checkpoint(id)) else { return };
    let name = state.source_name(crate::engine::command::ModelSource::Checkpoint(checkpoint.id));
    widgets::strip(ui, widgets::Tone::Info, |ui| {
        ui.label(format!(
            "This run starts from the weights of “{name}”, and with their size and tokenizer. The old run stays as it is."
        ));
        if widgets::button(ui, icon::X, "Start from nothing instead").clicked() {
            actions.push(Action::Pretrain(PretrainAction::BranchFrom(None)));
        }
    });
}

fn text(ui: &mut Ui, state: &AppState, config: &mut RunConfig, check: &Check, actions: &mut Vec<Action>) {
    widgets::section(ui, "Text");
    let chosen = setup::corpus(&state.library, config.corpus);
    ui.horizontal_wrapped(|ui| {
        let name = chosen.map_or_else(|| "Choose a text".to_owned(), |corpus| setup::corpus_name(&state.library, corpus));
        let width = 280.0_f32.min(ui.available_width());
        let list = ComboBox::from_id_salt("corpus").selected_text(name).width(width).truncate().show_ui(ui, |ui| {
            for corpus in state.library.corpora.iter().rev() {
                ui.selectable_value(&mut config.corpus, corpus.id, setup::corpus_name(&state.library, corpus));
            }
        });
        widgets::named(list.response, "Text to learn from");
        if widgets::button(ui, icon::DATABASE, "Prepare another…")
            .on_hover_text("Bring in a text and cut it into tokens, on the Data page")
            .clicked()
        {
            actions.push(Action::Data(DataAction::View(DataView::Add)));
            actions.push(Action::Go(Page::Data));
        }
    });
    if let Some(corpus) = chosen {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::XL;
            let vocabulary = format::count(setup::vocab_size(&state.library, corpus.id) as u64);
            widgets::tile(
                ui,
                &format::compact(corpus.train_tokens),
                "tokens to learn from",
                "A token is a piece of text: a word, a part of one, or a sign",
            );
            widgets::tile(
                ui,
                &format::compact(corpus.val_tokens),
                "held back",
                "Never trained on; used to see whether the model learns or only memorises",
            );
            widgets::tile(
                ui,
                &vocabulary,
                "different tokens",
                "Entries of the vocabulary: all the pieces that the tokenizer knows",
            );
        });
    }
    fields::wrong(ui, check, &["corpus"]);
}

fn length(ui: &mut Ui, config: &mut RunConfig, check: &Check) {
    widgets::section(ui, "Length");
    fields::group(ui, check, &["steps", "batch_size", "grad_accum"], |ui| {
        fields::cell(
            ui,
            check,
            "steps",
            "Steps",
            "How often the weights are changed. More steps, more learning, more time",
            |ui| fields::whole(ui, &mut config.steps, 1..=100_000_000, 10.0),
        );
        let meaning = "Pieces of text that are read at once. More make each step steadier, and slower";
        fields::cell(ui, check, "batch_size", "Sequences a batch", meaning, |ui| {
            fields::whole(ui, &mut config.batch_size, 1..=4096, 0.1)
        });
        let meaning = "Batches whose gradients are summed before the weights change: a large batch in little memory";
        fields::cell(ui, check, "grad_accum", "Batches a step", meaning, |ui| {
            fields::whole(ui, &mut config.grad_accum, 1..=1024, 0.05)
        });
    });
    if let Some(estimate) = check.estimate {
        let text = format!(
            "{} tokens a step, {} in all: the text is read {} times",
            format::count(estimate.tokens_per_step),
            format::compact(estimate.tokens_per_step.saturating_mul(config.steps)),
            format::small((check.epochs * 100.0).round() / 100.0),
        );
        widgets::weak(ui, text);
    }
}

/// Beginnings that the model goes on from while it learns.
fn prompts(ui: &mut Ui, config: &mut RunConfig, new_prompt: &mut String) {
    let summary = match config.prompts.len() {
        0 => "none: no samples will be drawn".to_owned(),
        n => format!("{} every {} steps", format::plural(n as u64, "prompt", "prompts"), format::count(config.sample_every)),
    };
    fields::part(ui, "Sampling prompts", &summary, false, |ui| {
        let masked = config.objective == Objective::Masked;
        widgets::weak(
            ui,
            match config.objective {
                Objective::Causal => "The model goes on from these while it learns, so that you can read how it gets better",
                Objective::Masked => "The model fills the holes of these while it learns: write [MASK] where it shall guess",
            },
        );
        let mut gone = None;
        for (i, prompt) in config.prompts.iter_mut().enumerate() {
            ui.horizontal(|ui| {
                let width = (ui.available_width() - 40.0).max(80.0);
                let field = ui.add(TextEdit::singleline(prompt).desired_width(width).id_salt(("prompt", i)));
                widgets::named(field, &format!("Prompt {}", i + 1));
                if widgets::icon_button(ui, icon::X, "Leave this prompt out").clicked() {
                    gone = Some(i);
                }
            });
        }
        if let Some(i) = gone {
            config.prompts.remove(i);
        }
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 90.0).max(80.0);
            let field = ui.add(TextEdit::singleline(new_prompt).desired_width(width).hint_text(if masked {
                "The cat sat on the [MASK]."
            } else {
                "Once there was"
            }));
            let field = widgets::named(field, "New prompt");
            let entered = field.lost_focus() && ui.input(|input| input.key_pressed(eframe::egui::Key::Enter));
            if (widgets::button(ui, icon::PLUS, "Add").clicked() || entered) && !new_prompt.trim().is_empty() {
                config.prompts.push(std::mem::take(new_prompt));
            }
        });
        ui.add_space(space::S);
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = vec2(space::L, space::S);
            let none = Check::default();
            fields::cell(ui, &none, "sample_every", "Every … steps", "Steps between samples; 0: never", |ui| {
                fields::whole(ui, &mut config.sample_every, 0..=1_000_000, 1.0)
            });
            fields::cell(ui, &none, "sample_tokens", "Tokens a sample", "How far the model goes on", |ui| {
                fields::whole(ui, &mut config.sample_tokens, 1..=1024, 0.5)
            });
        });
        if !setup::can_sample(config) {
            let what = if masked {
                "Add at least one prompt with a [MASK] to see samples"
            } else {
                "Add at least one prompt to see samples"
            };
            ui.label(RichText::new(what).color(palette(ui).warning));
        }
    });
}
