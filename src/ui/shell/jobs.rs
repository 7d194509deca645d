//! The strip of work under way, over the run bar: what, how far, how long still, and how to stop it.

use eframe::egui::{Align, Frame, Layout, Margin, Panel, Ui};

use crate::state::jobs::Job;
use crate::state::{Action, AppState, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

pub(super) fn show(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    if state.jobs.listed().next().is_none() {
        return;
    }
    let frame = Frame::new().fill(palette(ui).card).inner_margin(Margin::symmetric(space::M as i8, 3));
    Panel::bottom("jobs").frame(frame).resizable(false).show(ui, |ui| {
        for job in state.jobs.listed() {
            ui.push_id(job.id, |ui| row(ui, job, actions));
        }
    });
}

fn row(ui: &mut Ui, job: &Job, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        ui.label(widgets::icon(job.kind.icon()).color(palette(ui).accent));
        let label = match &job.progress {
            Some(progress) if !progress.what.is_empty() => {
                format!("{}: {}", job.label, progress.what)
            }
            _ => job.label.clone(),
        };
        let width = (ui.available_width() * 0.4).min(420.0);
        widgets::column(ui, width, &label).on_hover_text(&label);
        widgets::progress(ui, job.fraction(), 160.0);
        widgets::small_weak(ui, how_far(job));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let name = if job.cancelling { "Stopping…" } else { "Cancel" };
            if widgets::button_unless(ui, icon::X, name, job.cancelling.then_some("It stops at the next safe place")).clicked() {
                actions.push(Action::CancelJob(job.id));
            }
        });
    });
}

fn how_far(job: &Job) -> String {
    let Some(progress) = &job.progress else {
        return String::new();
    };
    let amount = |n: u64| {
        let one = progress.unit.strip_suffix('s').unwrap_or(progress.unit);
        if progress.unit == "bytes" { format::bytes(n) } else { format::plural(n, one, progress.unit) }
    };
    let done = match progress.total {
        0 => amount(progress.done),
        total => format!("{} of {}", amount(progress.done), amount(total)),
    };
    match job.seconds_left() {
        Some(left) => format!("{done} · {} left", format::duration(left)),
        None => done,
    }
}
