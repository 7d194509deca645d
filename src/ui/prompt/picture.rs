//! A picture of what the sampling settings leave of the next token's distribution, after the prompt as it is typed. Changes nothing itself.

use eframe::egui::{self, CollapsingHeader, Sense, Ui, vec2};

use crate::engine::command::ModelSource;
use crate::state::look::LookAction;
use crate::state::prompt::PromptDraft;
use crate::state::sampling_picture::{Bar, Picture};
use crate::state::{Action, AppState, PromptAction, format};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

use super::tokens::readable;

/// The prompt has to stand still for so long before the model is asked, in seconds.
const STILL_S: f64 = 0.3;
/// While a run goes on, the picture follows it so often, in seconds.
const FRESH_S: f64 = 4.0;

pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut PromptDraft, source: ModelSource, actions: &mut Vec<Action>) {
    let open = CollapsingHeader::new("What this leaves").id_salt("sampling picture").default_open(true).show(ui, |ui| {
        ask(ui, state, draft, source, actions);
        let Some(next) = state.prompt.look.next.as_ref().filter(|next| next.source == source) else {
            widgets::small_weak(ui, "The likeliest next tokens stand here once the prompt can be read");
            return;
        };
        let stale = next.prompt != draft.prompt;
        let sampling = draft.sampling.clone();
        let picture = draft.look.picture(next, &sampling);
        ui.scope(|ui| {
            if stale {
                ui.set_opacity(0.5);
            }
            bars(ui, picture);
        });
    });
    let meaning = "The model's next token after the prompt: bars are the probabilities it draws from with these \
                   settings, marks its own. What is cut is grey: its bar says what it had";
    open.header_response.on_hover_text(meaning);
}

/// Asks once the typing rests.
fn ask(ui: &Ui, state: &AppState, draft: &mut PromptDraft, source: ModelSource, actions: &mut Vec<Action>) {
    let now = ui.input(|input| input.time);
    let since = match &draft.look.typed {
        Some((prompt, since)) if *prompt == draft.prompt => *since,
        _ => {
            draft.look.typed = Some((draft.prompt.clone(), now));
            now
        }
    };
    let look = &state.prompt.look;
    let step = state.live.as_ref().map_or(0, |live| live.step);
    let old = look.next_is_old(source, step) && now - draft.look.asked_s >= FRESH_S;
    if !old && !look.wants_next(source, &draft.prompt) {
        return;
    }
    // Nothing was asked yet: nobody is typing.
    if now - since >= STILL_S || look.next.is_none() {
        draft.look.asked_s = now;
        actions.push(Action::Prompt(PromptAction::Look(LookAction::Next(draft.prompt.clone()))));
    } else {
        ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(STILL_S));
    }
}

fn bars(ui: &mut Ui, picture: &Picture) {
    (ui.spacing_mut().item_spacing.y, ui.spacing_mut().interact_size.y) = (1.0, 14.0);
    let highest = picture.bars.iter().map(|bar| bar.before.max(bar.after)).fold(0.0, f32::max).max(1e-6);
    for bar in &picture.bars {
        row(ui, bar, highest);
    }
    ui.add_space(space::XS);
    let (before, after) = picture.rest;
    let percent = |p: f32| format::percent(f64::from(p));
    widgets::small_weak(ui, format!("all others: {} before, {} after", percent(before), percent(after)));
    widgets::small_weak(
        ui,
        format!("{} of {} tokens can be drawn", format::count(picture.kept as u64), format::count(picture.of as u64)),
    );
    let (before, after) = picture.entropy;
    let meaning =
        "How unsure the draw is, in nats: e to this power is the number of equally likely tokens that would be as unsure";
    widgets::term(ui, &format!("entropy {before:.2} before, {after:.2} after"), meaning);
}

fn row(ui: &mut Ui, bar: &Bar, highest: f32) {
    let colors = palette(ui);
    let cut = bar.after <= 0.0;
    let (color, text) = if cut { (colors.line_strong, colors.text_weak) } else { (colors.accent, colors.text) };
    let response = ui
        .horizontal(|ui| {
            let shown = egui::RichText::new(readable(&bar.text)).size(12.0).color(text);
            widgets::column(ui, 76.0, if cut { shown.strikethrough() } else { shown });
            let (rect, response) = ui.allocate_exact_size(vec2((ui.available_width() - 50.0).max(20.0), 11.0), Sense::hover());
            let part = |p: f32| egui::Rect::from_min_size(rect.min, vec2(rect.width() * (p / highest).min(1.0), rect.height()));
            if cut {
                ui.painter().rect_filled(part(bar.before), 2.0, color);
            } else {
                ui.painter().rect_filled(part(bar.after), 2.0, color);
                // Where the model's own probability ends.
                let mark = egui::Stroke::new(2.0, colors.text_strong);
                ui.painter().vline(part(bar.before).right(), rect.y_range(), mark);
            }
            let figure = if cut { "cut".to_owned() } else { format::percent(f64::from(bar.after)) };
            ui.label(egui::RichText::new(figure).size(11.0).color(colors.text_weak));
            response
        })
        .inner;
    let percent = |p: f32| format::percent(f64::from(p));
    response.on_hover_text(format!(
        "“{}”: {} before, {} after",
        bar.text.escape_debug(),
        percent(bar.before),
        percent(bar.after)
    ));
}
