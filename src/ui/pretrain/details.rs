//! What the watched run is: model, text, machine, settings, checkpoints. Changes nothing.

use eframe::egui::{Grid, ScrollArea, Ui};

use crate::config::RunConfig;
use crate::state::run_figures::Measure;
use crate::state::{AppState, format, setup, tune};
use crate::ui::theme::space;
use crate::ui::widgets;

pub(super) fn show(ui: &mut Ui, state: &AppState) {
    let Some(run) = state.watched() else { return };
    let live = state.watched_live();
    let row = state.run(run);
    let Some(config) = row.map(|row| &row.config).or_else(|| live.map(|live| &live.config)) else { return };
    ScrollArea::vertical().id_salt("details").auto_shrink([false, false]).show(ui, |ui| {
        widgets::strong(ui, "Now");
        Grid::new("now").num_columns(2).spacing([space::L, 4.0]).show(ui, |ui| {
            if let Some(live) = live {
                widgets::fact(ui, "Step", format!("{} of {}", format::count(live.step), format::count(live.config.steps)));
                widgets::fact(ui, "Time", format::duration(f64::from(live.elapsed_s)));
                widgets::fact(ui, "Device", live.info.device.clone());
                let meaning =
                    "Copies of the model that read different sequences at once, one a thread; their gradients are summed";
                told(ui, "Replicas", meaning, live.info.replicas.to_string());
            } else if let Some(row) = row {
                widgets::fact(ui, "Step", format!("{} of {}", format::count(row.step), format::count(row.config.steps)));
                widgets::fact(ui, "Time", format::duration(row.duration_s));
            }
            let best = state.watched_curves().and_then(|curves| curves.evals.iter().min_by(|a, b| a.loss.total_cmp(&b.loss)));
            if let Some(best) = best {
                let measure = Measure::of(config);
                let value = measure.value(Some(best.loss));
                widgets::fact(ui, "Best validation", format!("{value} at step {}", format::count(best.step)));
                if measure.has_perplexity() {
                    let meaning =
                        "Among how many equally likely tokens the model is torn, on average: e to the power of the loss";
                    told(ui, "Perplexity", meaning, format!("{:.2}", best.perplexity));
                }
                if measure.has_bits_a_byte() {
                    let meaning =
                        "The loss counted in bits for each byte of text: it can be compared between different tokenizers";
                    told(ui, "Bits a byte", meaning, format!("{:.3}", best.bits_per_byte));
                }
            }
        });
        ui.add_space(space::M);
        widgets::strong(ui, "Settings");
        let n_params = live.map(|live| live.info.n_params).or_else(|| row.map(|row| row.n_params));
        settings(ui, state, config, n_params);
        ui.add_space(space::M);
        checkpoints(ui, state, run);
    });
}

/// A fact whose name explains itself on hover.
fn told(ui: &mut Ui, name: &str, meaning: &str, value: String) {
    widgets::small_weak(ui, name).on_hover_text(meaning);
    ui.label(value);
    ui.end_row();
}

fn settings(ui: &mut Ui, state: &AppState, config: &RunConfig, n_params: Option<u64>) {
    let dims = config.dims;
    Grid::new("settings").num_columns(2).spacing([space::L, 4.0]).show(ui, |ui| {
        widgets::fact(ui, "Objective", tune::objective(config));
        if let Some(tune) = &config.tune {
            let rows = tune::dataset(&state.library, tune.dataset).map_or("deleted", |dataset| dataset.name.as_str());
            widgets::fact(ui, "Rows", rows);
            told(ui, "Epochs", "How often every row is seen", format::small(tune.epochs));
        }
        if let Some(n_params) = n_params {
            widgets::fact(ui, "Parameters", format::count(n_params));
        }
        if let Some(corpus) = setup::corpus(&state.library, config.corpus).filter(|_| config.tune.is_none()) {
            widgets::fact(ui, "Text", setup::corpus_name(&state.library, corpus));
        }
        widgets::fact(ui, "Layers × width", format!("{} × {}", dims.n_layers, dims.d_model));
        widgets::fact(ui, "Heads", format!("{} ({} for keys and values)", dims.n_heads, dims.n_kv_heads));
        widgets::fact(ui, "Feed-forward", format::count(dims.d_ff as u64));
        widgets::fact(ui, "Context", format!("{} tokens", format::count(dims.context as u64)));
        widgets::fact(ui, "Batch", format!("{} sequences × {}", config.batch_size, config.grad_accum));
        widgets::fact(ui, "Learning rate", format::small(config.lr));
        told(ui, "Weight decay", "Pull of the weights towards zero", format::small(config.weight_decay));
        told(ui, "Dropout", "Share of numbers set to zero at random while training", format::small(config.dropout));
        told(ui, "Seed", "Where all random draws come from", config.seed.to_string());
    });
}

fn checkpoints(ui: &mut Ui, state: &AppState, run: i64) {
    let mut rows = state.checkpoints_of(run).collect::<Vec<_>>();
    widgets::strong(ui, "Checkpoints");
    if rows.is_empty() {
        widgets::weak(ui, "None yet");
        return;
    }
    rows.reverse();
    Grid::new("checkpoints").num_columns(4).spacing([space::M, 4.0]).show(ui, |ui| {
        for row in rows {
            let mut notes = Vec::new();
            notes.extend(row.best.then_some("best"));
            notes.extend(row.pinned.then_some("pinned"));
            notes.extend(row.missing.then_some("folder gone"));
            ui.label(format!("step {}", format::count(row.step)));
            widgets::small_weak(ui, state.validation_of(row).unwrap_or_else(|| "not validated".to_owned()));
            widgets::small_weak(ui, format::bytes(row.bytes));
            widgets::small_weak(ui, notes.join(", "));
            ui.end_row();
        }
    });
}
