//! The pinned token: what could have come in its place, to go on from, and which tokens the model holds for alike.

use eframe::egui::{Sense, Ui, vec2};

use super::act;
use super::chips::{fill, readable};
use crate::engine::look::{Expected, TokensView};
use crate::state::look::{LookAction, LookState};
use crate::state::prompt::PromptDraft;
use crate::state::{Action, AppState, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

/// What could stand where the pinned token stands, or after the text.
pub fn alternatives(ui: &mut Ui, state: &AppState, draft: &mut PromptDraft, view: &TokensView, actions: &mut Vec<Action>) {
    let pinned = state.prompt.look.pinned.filter(|place| *place < view.tokens.len());
    let Some((place, expected, came)) = headline(ui, view, pinned) else { return };
    let refusal = if place < view.prompt_tokens {
        Some("This token is part of the prompt; change it above")
    } else if state.prompt.is_busy() {
        Some("The model is writing")
    } else {
        None
    };
    widgets::small_weak(
        ui,
        match refusal {
            Some(why) if place < view.prompt_tokens => why,
            Some(_) | None => "Click one, and the text goes on from there",
        },
    );
    ui.add_space(space::XS);
    choices(ui, expected, came, refusal, |id| {
        draft.recalled = None;
        actions.push(act(LookAction::GoOn { place, id, request: draft.request() }));
    });
}

/// Says what came at the pinned place, or that nothing has come yet; gives the place, what was expected there and what came.
fn headline<'v>(ui: &mut Ui, view: &'v TokensView, pinned: Option<usize>) -> Option<(usize, &'v Expected, Option<u32>)> {
    let Some(place) = pinned else {
        let text = if view.next.is_some() { "What would come next" } else { "The context is full: nothing can follow" };
        widgets::strong(ui, text);
        return view.next.as_ref().map(|next| (view.tokens.len(), next, None));
    };
    let token = view.tokens.get(place)?;
    let Some(rated) = &token.rated else {
        widgets::weak(ui, "Nothing predicted this token: it is the first, or it was not rated");
        return None;
    };
    let p = format::percent(f64::from(rated.logprob).exp());
    widgets::strong(ui, format!("“{}” came, with {p} (rank {})", readable(&token.text), rated.rank));
    Some((place, &rated.expected, Some(token.id)))
}

fn choices(ui: &mut Ui, expected: &Expected, came: Option<u32>, refusal: Option<&str>, mut chosen: impl FnMut(u32)) {
    for guess in &expected.best {
        ui.horizontal(|ui| {
            let colors = palette(ui);
            let label = readable(&guess.text);
            let (glyph, why) =
                if came == Some(guess.id) { (icon::CHECK, Some("This is what came")) } else { (icon::GIT_BRANCH, refusal) };
            let tip = format!("Go on from “{}”", guess.text.escape_debug());
            ui.allocate_ui_with_layout(
                vec2(150.0, 24.0),
                eframe::egui::Layout::left_to_right(eframe::egui::Align::Center),
                |ui| {
                    ui.set_width(150.0);
                    if widgets::button_unless(ui, glyph, &label, why).on_hover_text(tip).clicked() {
                        chosen(guess.id);
                    }
                },
            );
            let (rect, _) =
                ui.allocate_exact_size(vec2(160.0_f32.min(ui.available_width() - 60.0).max(20.0), 10.0), Sense::hover());
            fill(ui, rect, guess.p, if came == Some(guess.id) { colors.curves[1] } else { colors.curves[0] });
            widgets::small_weak(ui, format::percent(f64::from(guess.p)));
        });
    }
    let shown: f32 = expected.best.iter().map(|guess| guess.p).sum();
    widgets::small_weak(
        ui,
        format!(
            "All other tokens together: {}. Entropy {:.2} nats",
            format::percent(f64::from((1.0 - shown).max(0.0))),
            expected.entropy
        ),
    );
}

/// Tokens near the pinned one, by the cosine of their embeddings.
pub fn neighbours(ui: &mut Ui, look: &LookState) {
    let Some(view) = &look.neighbours.got else {
        widgets::progress(ui, None, 120.0);
        return;
    };
    ui.horizontal_wrapped(|ui| {
        widgets::strong(ui, format!("Nearest to “{}”", readable(&view.text)));
        let meaning = "Every token begins as a row of numbers, its embedding. Tokens that are used alike come to point the same way: \
                       the cosine is 1 for the same direction, 0 for unrelated ones. Pin another token to see its neighbours";
        widgets::term(ui, "by the cosine of their embeddings", meaning);
    });
    ui.add_space(space::XS);
    for near in &view.best {
        ui.horizontal(|ui| {
            widgets::column(ui, 110.0, readable(&near.text));
            let (rect, _) = ui.allocate_exact_size(vec2(160.0, 10.0), Sense::hover());
            fill(ui, rect, near.cosine, palette(ui).curves[2]);
            widgets::small_weak(ui, format!("{:.3}", near.cosine));
        });
    }
}
