//! What can be turned while the run goes on; each turn acts at the next step, leaves a mark on the curve, and can be taken back.

use std::mem::discriminant;

use eframe::egui::{self, DragValue, RichText, Ui};

use crate::engine::command::Knob;
use crate::engine::event::MarkKind;
use crate::state::knobs::{self, KnobValues};
use crate::state::pretrain::{PretrainAction, PretrainDraft};
use crate::state::{Action, AppState, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut PretrainDraft, actions: &mut Vec<Action>) {
    let Some(live) = state.watched_live().filter(|live| live.is_held()) else {
        let body = "While a run is under way, its learning rate and more can be turned here, from one step to the next.";
        widgets::empty_page(ui, icon::SLIDERS, "Nothing to turn", body, |_| {});
        return;
    };
    let marks = state.watched_curves().map(|curves| curves.marks.as_slice()).unwrap_or_default();
    let last = state.watched_curves().and_then(|curves| curves.points().last());
    let (values, turns) = knobs::after(&live.config, marks, last);
    widgets::weak(ui, "A turn acts at the next step");
    ui.add_space(space::S);
    egui::ScrollArea::vertical().id_salt("knobs").show(ui, |ui| {
        egui::Grid::new("knobs").num_columns(2).spacing([space::L, space::S]).show(ui, |ui| {
            for (knob, meaning) in all(values) {
                row(ui, knob, meaning, draft, actions);
            }
        });
        ui.add_space(space::M);
        undo(ui, &turns, actions);
        ui.add_space(space::M);
        history(ui, state);
    });
}

fn all(values: KnobValues) -> [(Knob, &'static str); 7] {
    [
        (Knob::Lr(values.lr), "The highest rate; the schedule goes on from where it is, scaled"),
        (Knob::GradAccum(values.grad_accum), "Batches whose gradients are summed for one step: more are steadier and slower"),
        (Knob::WeightDecay(values.weight_decay), "Pull of the weights towards zero"),
        (Knob::Dropout(values.dropout), "Share of numbers set to zero at random: against memorising"),
        (Knob::EvalEvery(values.eval_every), "Steps between measurements on held-back text; 0: never"),
        (Knob::SampleEvery(values.sample_every), "Steps between samples of the pinned prompts; 0: never"),
        (Knob::CheckpointEveryS(values.checkpoint_every_s), "Seconds between checkpoints; 0: none by time"),
    ]
}

/// A knob: it turns when the pointer lets go, not at every pixel on the way.
fn row(ui: &mut Ui, knob: Knob, meaning: &str, draft: &mut PretrainDraft, actions: &mut Vec<Action>) {
    let name = knobs::name(knob);
    let name = name.get(..1).map_or_else(String::new, str::to_uppercase) + name.get(1..).unwrap_or_default();
    let label = ui.label(name).on_hover_text(meaning);
    let mut turned = draft.turning.filter(|turning| discriminant(turning) == discriminant(&knob)).unwrap_or(knob);
    ui.horizontal(|ui| {
        let response = control(ui, &mut turned).labelled_by(label.id).on_hover_text(meaning);
        if response.changed() {
            draft.turning = Some(turned);
        }
        let done = response.drag_stopped()
            || response.lost_focus()
            || response.changed() && !response.dragged() && !response.has_focus();
        let mut turn = |to: Knob| {
            if to != knob {
                actions.push(Action::Pretrain(PretrainAction::Turn(to)));
            }
        };
        if done && draft.turning.is_some() {
            draft.turning = None;
            turn(turned);
        }
        match knob {
            Knob::Lr(lr) => {
                if ui.button("÷2").on_hover_text("Half the rate").clicked() {
                    turn(Knob::Lr(lr / 2.0));
                }
                if ui.button("×2").on_hover_text("Twice the rate").clicked() {
                    turn(Knob::Lr(lr * 2.0));
                }
            }
            Knob::GradAccum(_)
            | Knob::WeightDecay(_)
            | Knob::Dropout(_)
            | Knob::EvalEvery(_)
            | Knob::SampleEvery(_)
            | Knob::CheckpointEveryS(_) => {}
        }
    });
    ui.end_row();
}

fn control(ui: &mut Ui, knob: &mut Knob) -> egui::Response {
    const SIZE: [f32; 2] = [92.0, 26.0];
    let small = |x: f64, _: std::ops::RangeInclusive<usize>| format::small(x);
    match knob {
        Knob::Lr(x) => {
            let speed = (*x * 0.01).max(1e-8);
            ui.add_sized(SIZE, DragValue::new(x).range(1e-9..=1.0).speed(speed).custom_formatter(small))
        }
        Knob::WeightDecay(x) => ui.add_sized(SIZE, DragValue::new(x).range(0.0..=10.0).speed(0.002).custom_formatter(small)),
        Knob::Dropout(x) => ui.add_sized(SIZE, DragValue::new(x).range(0.0..=0.99).speed(0.002).custom_formatter(small)),
        Knob::GradAccum(n) => ui.add_sized(SIZE, DragValue::new(n).range(1..=1024).speed(0.05)),
        Knob::EvalEvery(n) | Knob::SampleEvery(n) => ui.add_sized(SIZE, DragValue::new(n).range(0..=1_000_000)),
        Knob::CheckpointEveryS(n) => ui.add_sized(SIZE, DragValue::new(n).range(0..=86_400)),
    }
}

fn undo(ui: &mut Ui, turns: &[(Knob, Knob)], actions: &mut Vec<Action>) {
    let label = turns.last().map_or_else(
        || "Undo the last turn".to_owned(),
        |(from, _)| format!("Undo: {} back to {}", knobs::name(*from), knobs::value(*from)),
    );
    let refusal = turns.is_empty().then_some("Nothing was turned yet");
    if widgets::button_unless(ui, icon::ARROW_COUNTER_CLOCKWISE, &label, refusal).clicked() {
        actions.push(Action::Pretrain(PretrainAction::UndoTurn));
    }
}

/// What was turned, newest first.
fn history(ui: &mut Ui, state: &AppState) {
    let marks = state.watched_curves().map(|curves| curves.marks.as_slice()).unwrap_or_default();
    let turned = marks.iter().rev().filter_map(|mark| match mark.kind {
        MarkKind::Knob { from, to } => {
            Some((mark.step, format!("{}: {} → {}", knobs::name(to), knobs::value(from), knobs::value(to))))
        }
        MarkKind::Rewind { to_step } => Some((mark.step, format!("rewound to step {}", format::count(to_step)))),
        MarkKind::Alarm | MarkKind::Early => Some((mark.step, mark.label.clone())),
        MarkKind::Resumed => Some((mark.step, "resumed".to_owned())),
        MarkKind::Checkpoint => None,
    });
    let turned = turned.take(40).collect::<Vec<_>>();
    if turned.is_empty() {
        return;
    }
    widgets::strong(ui, "What happened");
    let colors = palette(ui);
    for (step, text) in turned {
        ui.horizontal(|ui| {
            ui.label(RichText::new(format!("step {}", format::count(step))).small().color(colors.text_weak));
            ui.add(egui::Label::new(RichText::new(text).small()).wrap());
        });
    }
}
