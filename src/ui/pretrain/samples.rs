//! What the model made of the pinned prompts at some step, scrubbed along the curve.

use eframe::egui::{self, Key, RichText, ScrollArea, Slider, Ui};

use crate::config::Objective;
use crate::state::pretrain::{PretrainAction, PretrainView};
use crate::state::{Action, AppState, format, icon, setup};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

pub(super) fn show(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let steps = state.watched_curves().map(crate::state::curves::RunCurves::sample_steps).unwrap_or_default();
    let (Some(&newest), Some(curves)) = (steps.last(), state.watched_curves()) else {
        nothing(ui, state, actions);
        return;
    };
    let step = state.pretrain.sample_at.filter(|step| steps.contains(step)).unwrap_or(newest);
    let at = steps.iter().position(|&s| s == step).unwrap_or(0);
    scrub(ui, &steps, at, actions);
    ScrollArea::vertical().id_salt("samples").auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::S;
        for sample in curves.samples.iter().filter(|sample| sample.step == step) {
            text(ui, &sample.prompt, &sample.completion);
        }
    });
}

/// The slider over all steps at which samples were drawn.
fn scrub(ui: &mut Ui, steps: &[u64], at: usize, actions: &mut Vec<Action>) {
    let mut go = |to: usize| {
        // At the end of the slider the newest samples follow by themselves.
        let step = steps.get(to).copied().filter(|_| to + 1 < steps.len());
        actions.push(Action::Pretrain(PretrainAction::SampleAt(step)));
    };
    ui.horizontal(|ui| {
        let label = match steps.get(at) {
            Some(0) => "Step 0: before it learnt anything".to_owned(),
            Some(step) if at + 1 == steps.len() => format!("Step {}, the newest", format::count(*step)),
            Some(step) => format!("Step {}", format::count(*step)),
            None => String::new(),
        };
        ui.label(RichText::new(label).color(palette(ui).text_strong));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let last = steps.len().saturating_sub(1);
            let later = (at >= last).then_some("These are the newest samples");
            if widgets::icon_button_unless(ui, icon::CARET_RIGHT, "Later samples", later).clicked() {
                go(at + 1);
            }
            let earlier = (at == 0).then_some("These are the first samples");
            if widgets::icon_button_unless(ui, icon::CARET_LEFT, "Earlier samples", earlier).clicked() {
                go(at - 1);
            }
        });
    });
    if steps.len() > 1 {
        let mut place = at;
        ui.spacing_mut().slider_width = (ui.available_width() - 4.0).max(60.0);
        let slider =
            widgets::named(ui.add(Slider::new(&mut place, 0..=steps.len() - 1).show_value(false)), "Step of the samples");
        if slider.on_hover_text("Drag along the run, or click a place in the loss plot").changed()
            && !ui.input(|input| input.key_down(Key::Escape))
        {
            go(place);
        }
    }
    ui.add_space(space::XS);
}

/// A prompt and how the model went on.
fn text(ui: &mut Ui, prompt: &str, completion: &str) {
    let colors = palette(ui);
    widgets::card(ui, |ui| {
        let mut job = egui::text::LayoutJob::default();
        let font = egui::TextStyle::Body.resolve(ui.style());
        job.append(prompt, 0.0, egui::TextFormat::simple(font.clone(), colors.accent));
        job.append(completion, 0.0, egui::TextFormat::simple(font, colors.text));
        job.wrap.max_width = ui.available_width();
        ui.add(egui::Label::new(job).wrap().selectable(true));
    });
}

fn nothing(ui: &mut Ui, state: &AppState, actions: &mut Vec<Action>) {
    let config = state
        .watched_live()
        .map(|live| &live.config)
        .or_else(|| state.watched().and_then(|run| state.run(run)).map(|row| &row.config));
    let pinned = config.is_some_and(|config| setup::can_sample(config) && config.sample_every > 0);
    if pinned {
        let every = config.map_or(0, |config| config.sample_every);
        let body = format!("The model goes on from the pinned prompts every {}.", format::plural(every, "step", "steps"));
        widgets::empty_page(ui, icon::CHAT_TEXT, "No samples yet", &body, |_| {});
        return;
    }
    let masked = config.is_some_and(|config| config.objective == Objective::Masked);
    let (title, body) = if masked {
        ("No prompt has a mask", "This model fills holes: pin prompts with [MASK] in them, and read how its guesses get better.")
    } else {
        ("No prompts are pinned", "Pin a few prompts before a run starts, and read how the model gets better at them.")
    };
    widgets::empty_page(ui, icon::CHAT_TEXT, title, body, |ui| {
        if widgets::button(ui, icon::PUSH_PIN, "Pin prompts for the next run").clicked() {
            actions.push(Action::Pretrain(PretrainAction::Show(PretrainView::SetUp)));
        }
    });
}
