//! How the weights move: rate and its schedule with a picture, AdamW's constants, checkpoints and validation. Checks nothing itself.

use eframe::egui::{self, ComboBox, Response, Sense, Stroke, Ui, pos2, vec2};

use crate::config::{RunConfig, Schedule};
use crate::state::format;
use crate::state::setup::Check;
use crate::train::lr_at;
use crate::ui::theme::{palette, space};
use crate::ui::{fields, widgets};

/// Rate, schedule, AdamW, regularisation, seed.
pub(in crate::ui) fn show(ui: &mut Ui, config: &mut RunConfig, check: &Check) {
    const FIELDS: [&str; 12] = [
        "lr",
        "schedule",
        "warmup_steps",
        "min_lr_ratio",
        "weight_decay",
        "beta1",
        "beta2",
        "eps",
        "clip_norm",
        "dropout",
        "seed",
        "threads",
    ];
    let summary = format!("AdamW at {}, {}", format::small(config.lr), name(config.schedule).to_lowercase());
    let wrong = FIELDS.iter().any(|field| check.error(field).is_some());
    fields::part(ui, "Optimiser and schedule", &summary, wrong, |ui| {
        fields::group(ui, check, &FIELDS[..4], |ui| {
            let meaning =
                "How far each step moves the weights. Too low: slow. Too high: the loss jumps. Small models take higher rates";
            fields::cell(ui, check, "lr", "Learning rate", meaning, |ui| fields::real(ui, &mut config.lr, 0.0..=1.0));
            fields::cell(ui, check, "schedule", "Schedule", "How the rate moves over the run, after its warm-up", |ui| {
                schedule(ui, config)
            });
            let meaning = "Steps over which the rate rises from almost nothing: the first gradients are wild";
            fields::cell(ui, check, "warmup_steps", "Warm-up steps", meaning, |ui| {
                fields::whole(ui, &mut config.warmup_steps, 0..=10_000_000, 1.0)
            });
            let meaning = "The rate at the end, as a share of the highest";
            fields::cell(ui, check, "min_lr_ratio", "Lowest share", meaning, |ui| {
                fields::real(ui, &mut config.min_lr_ratio, 0.0..=1.0)
            });
        });
        picture(ui, config, 72.0);
        fields::group(ui, check, &FIELDS[4..], |ui| {
            let meaning = "Pulls weights towards zero at every step, so that none grows without need";
            fields::cell(ui, check, "weight_decay", "Weight decay", meaning, |ui| {
                fields::real(ui, &mut config.weight_decay, 0.0..=10.0)
            });
            let meaning =
                "Share of numbers set to zero at random while training: against memorising small texts. 0 for texts read once";
            fields::cell(ui, check, "dropout", "Dropout", meaning, |ui| fields::real(ui, &mut config.dropout, 0.0..=0.99));
            let meaning =
                "Gradients longer than this are shortened to it: one odd text cannot throw the weights off. 0: no limit";
            fields::cell(ui, check, "clip_norm", "Longest gradient", meaning, |ui| {
                fields::real(ui, &mut config.clip_norm, 0.0..=1e6)
            });
            let meaning = "Memory of AdamW's average gradient: 0.9 remembers about ten steps";
            fields::cell(ui, check, "beta1", "Beta 1", meaning, |ui| fields::real(ui, &mut config.beta1, 0.0..=0.9999));
            let meaning = "Memory of AdamW's average squared gradient: 0.95 remembers about twenty steps";
            fields::cell(ui, check, "beta2", "Beta 2", meaning, |ui| fields::real(ui, &mut config.beta2, 0.0..=0.9999));
            fields::cell(ui, check, "eps", "Epsilon", "Keeps AdamW from dividing by nothing", |ui| {
                fields::real(ui, &mut config.eps, 0.0..=1.0)
            });
            let meaning = "Where all random draws come from: the same seed and threads give the same run, to the last bit";
            fields::cell(ui, check, "seed", "Seed", meaning, |ui| {
                fields::whole(ui, &mut config.seed, 0..=u64::from(u32::MAX), 0.1)
            });
            let meaning = "Processor cores to train with; 0: all of them";
            fields::cell(ui, check, "threads", "Threads", meaning, |ui| fields::whole(ui, &mut config.threads, 0..=1024, 0.05));
        });
    });
}

fn name(schedule: Schedule) -> &'static str {
    match schedule {
        Schedule::Constant => "Constant",
        Schedule::Linear => "Linear",
        Schedule::Cosine => "Cosine",
        Schedule::Wsd => "Stable, then decay",
    }
}

fn schedule(ui: &mut Ui, config: &mut RunConfig) -> Response {
    let choices = [
        (Schedule::Cosine, "Falls slowly, then fast, then slowly: the usual choice"),
        (Schedule::Linear, "Falls in a straight line"),
        (Schedule::Wsd, "Stays, and falls in the last fifth: the run can be made longer later"),
        (Schedule::Constant, "Stays"),
    ];
    ComboBox::from_id_salt("schedule")
        .width(148.0)
        .selected_text(name(config.schedule))
        .show_ui(ui, |ui| {
            for (value, meaning) in choices {
                ui.selectable_value(&mut config.schedule, value, name(value)).on_hover_text(meaning);
            }
        })
        .response
        .accessible_name("Schedule of the learning rate")
}

/// The rate over the run as a small picture.
pub(in crate::ui) fn picture(ui: &mut Ui, config: &RunConfig, height: f32) {
    const POINTS: u64 = 160;
    let colors = palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width().min(640.0), height), Sense::hover());
    ui.painter().rect_filled(rect, 4.0, colors.field);
    let inner = rect.shrink2(vec2(space::S, 12.0));
    let steps = config.steps.max(1);
    let top = config.lr.max(1e-12);
    let place = |step: u64| {
        let share = (lr_at(config, config.lr, step) / top).clamp(0.0, 1.0) as f32;
        pos2(inner.left() + inner.width() * (step as f64 / steps as f64) as f32, inner.bottom() - inner.height() * share)
    };
    let mut points = (0..=POINTS).map(|i| place(i * steps / POINTS)).collect::<Vec<_>>();
    points.push(place(config.warmup_steps.min(steps)));
    points.sort_by(|a, b| a.x.total_cmp(&b.x));
    ui.painter().hline(inner.x_range(), inner.bottom(), Stroke::new(1.0, colors.line));
    ui.painter().line(points, Stroke::new(1.5, colors.curves[2]));
    let font = egui::FontId::proportional(10.5);
    let text = |place, anchor, text: String| {
        ui.painter().text(place, anchor, text, font.clone(), colors.text_weak);
    };
    text(rect.left_top() + vec2(5.0, 2.0), egui::Align2::LEFT_TOP, format::small(config.lr));
    text(rect.right_bottom() - vec2(5.0, 1.0), egui::Align2::RIGHT_BOTTOM, format!("step {}", format::count(config.steps)));
    if let Some(pointer) = response.hover_pos() {
        let share = ((pointer.x - inner.left()) / inner.width()).clamp(0.0, 1.0);
        let step = (f64::from(share) * steps as f64) as u64;
        let hover = format!("Learning rate {} at step {}", format::small(lr_at(config, config.lr, step)), format::count(step));
        response.on_hover_text_at_pointer(hover);
    }
}

/// When the run is measured and saved, and what is kept.
pub(in crate::ui) fn checkpoints(ui: &mut Ui, config: &mut RunConfig, check: &Check) {
    const FIELDS: [&str; 6] =
        ["eval_every", "eval_sequences", "checkpoint_every_s", "checkpoint_every", "keep_last", "keep_every"];
    let summary = match (config.checkpoint_every_s, config.checkpoint_every) {
        (0, 0) => "saved only at the end".to_owned(),
        (0, steps) => format!("saved every {}", format::plural(steps, "step", "steps")),
        (seconds, _) => format!("saved every {}", format::duration(seconds as f64)),
    };
    let wrong = FIELDS.iter().any(|field| check.error(field).is_some());
    fields::part(ui, "Validation and checkpoints", &summary, wrong, |ui| {
        fields::group(ui, check, &FIELDS, |ui| {
            let meaning = "Steps between measurements on text that is held back; 0: never";
            fields::cell(ui, check, "eval_every", "Validate every … steps", meaning, |ui| {
                fields::whole(ui, &mut config.eval_every, 0..=1_000_000, 1.0)
            });
            let meaning = "Pieces of held-back text in one measurement: more are steadier and slower";
            fields::cell(ui, check, "eval_sequences", "Sequences each time", meaning, |ui| {
                fields::whole(ui, &mut config.eval_sequences, 0..=100_000, 1.0)
            });
            let meaning = "A crash loses at most this much work; 0: not by time";
            fields::cell(ui, check, "checkpoint_every_s", "Save every … seconds", meaning, |ui| {
                fields::whole(ui, &mut config.checkpoint_every_s, 0..=86_400, 1.0)
            });
            fields::cell(ui, check, "checkpoint_every", "Save every … steps", "0: not by steps", |ui| {
                fields::whole(ui, &mut config.checkpoint_every, 0..=1_000_000, 1.0)
            });
            let meaning =
                "The newest checkpoints that stay on disk; older ones are removed, but for the best and the pinned ones";
            fields::cell(ui, check, "keep_last", "Keep the newest", meaning, |ui| {
                fields::whole(ui, &mut config.keep_last, 1..=1000, 0.05)
            });
            let meaning = "Every n-th checkpoint stays as well, to look back at how the model grew; 0: none";
            fields::cell(ui, check, "keep_every", "And every … th", meaning, |ui| {
                fields::whole(ui, &mut config.keep_every, 0..=1000, 0.05)
            });
        });
        widgets::small_weak(ui, rule(config));
    });
}

/// What is kept, in one sentence.
fn rule(config: &RunConfig) -> String {
    let newest = format::plural(config.keep_last as u64, "newest checkpoint", "newest checkpoints");
    let every = if config.keep_every == 0 { String::new() } else { format!(", every {}. one", config.keep_every) };
    format!("Kept on disk: the {newest}{every}, the best one, and those you pin on the Runs page")
}
