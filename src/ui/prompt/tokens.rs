//! The token view: a text token by token, as warm as each was surprising, with what could have come instead. Changes nothing itself.

mod attention;
mod chips;
mod lens;
mod pinned;
mod score;

pub(super) use chips::readable;
use eframe::egui::{Key, Label, Ui, vec2};

use crate::engine::command::ModelSource;
use crate::engine::look::TokensView;
use crate::state::look::{Heat, LookAction, LookState, LookTab, Subject};
use crate::state::prompt::PromptDraft;
use crate::state::{Action, AppState, PromptAction, format, icon};
use crate::ui::plot;
use crate::ui::theme::space;
use crate::ui::widgets;

/// What every number of the view is.
const RAW: &str =
    "The model's own probabilities, at temperature 1 and before any filter: what it learnt, whatever the settings draw from it";

/// Text or tokens.
pub(super) fn switch(ui: &mut Ui, look: &LookState, actions: &mut Vec<Action>) {
    let choices =
        [(false, "Text", "What was written"), (true, "Tokens", "How likely the model held each token, and what it saw")];
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for (on, name, meaning) in choices {
            if ui.selectable_label(look.on == on, name).on_hover_text(meaning).clicked() {
                actions.push(act(LookAction::Watch(on)));
            }
        }
    });
}

fn act(action: LookAction) -> Action {
    Action::Prompt(PromptAction::Look(action))
}

/// The text of `subject`, which is asked for if it is not at hand.
pub(super) fn show(ui: &mut Ui, state: &AppState, draft: &mut PromptDraft, subject: &Subject, actions: &mut Vec<Action>) {
    let look = &state.prompt.look;
    if look.subject.as_ref() != Some(subject) {
        actions.push(act(LookAction::At { source: subject.source, text: subject.text.clone() }));
        widgets::progress(ui, None, 120.0);
        return;
    }
    if let Some(failure) = &look.failure {
        widgets::strip(ui, widgets::Tone::Error, |ui| ui.add(Label::new(failure).wrap()));
    }
    let Some((step, view)) = &look.tokens else {
        if look.is_looking() {
            widgets::progress(ui, None, 120.0);
        }
        return;
    };
    let (tabs, open) = look.tabs();
    if tabs == LookTab::ALL {
        legend(ui, subject, *step, view, draft, actions);
    }
    chips::show(ui, view, draft.look.heat, look.pinned, |place| actions.push(act(LookAction::Pin(place))));
    keys(ui, look, view.tokens.len(), actions);
    notes(ui, view);
    ui.add_space(space::S);
    let named: Vec<(LookTab, &str)> = tabs.iter().map(|tab| (*tab, tab.name())).collect();
    if let Some(tab) = widgets::tabs(ui, open, &named) {
        actions.push(act(LookAction::Tab(tab)));
    }
    if let Some(wanted) = look.missing().filter(|_| look.failure.is_none()) {
        actions.push(act(LookAction::Want(wanted)));
    }
    ui.add_space(space::S);
    match open {
        LookTab::Alternatives => pinned::alternatives(ui, state, draft, view, actions),
        LookTab::Attention => attention::show(ui, look, &mut draft.look, actions),
        LookTab::Lens => lens::show(ui, look, actions),
        LookTab::Neighbours => pinned::neighbours(ui, look),
        LookTab::Score => score::show(ui, state, draft, actions),
    }
}

fn legend(ui: &mut Ui, subject: &Subject, step: u64, view: &TokensView, draft: &mut PromptDraft, actions: &mut Vec<Action>) {
    let hot = uniform(view);
    ui.horizontal_wrapped(|ui| {
        let kinds = [
            (Heat::Surprise, "Surprise", "How unlikely the token that came was: −ln p, in nats"),
            (Heat::Entropy, "Entropy", "How unsure the model was before the token came, whichever came: entropy, in nats"),
        ];
        for (kind, name, meaning) in kinds {
            if ui.selectable_label(draft.look.heat == kind, name).on_hover_text(meaning).clicked() {
                draft.look.heat = kind;
            }
        }
        let (cold, warm) = match draft.look.heat {
            Heat::Surprise => ("certain", "as if guessed blindly"),
            Heat::Entropy => ("sure", "knows nothing"),
        };
        plot::heat_legend(ui, cold, &format!("{warm} ({hot:.1} nats)"));
        widgets::term(ui, "raw probabilities", RAW);
        if subject.source == ModelSource::Live {
            widgets::small_weak(ui, format!("weights of step {}", format::count(step)));
            if widgets::icon_button(ui, icon::ARROW_CLOCKWISE, "Look again, with the weights of now").clicked() {
                actions.push(act(LookAction::At { source: subject.source, text: subject.text.clone() }));
            }
        }
    });
    ui.add_space(space::XS);
}

/// Surprise of somebody who knows nothing: the hot end of the scale.
fn uniform(view: &TokensView) -> f32 {
    (view.vocab_size.max(2) as f32).ln()
}

/// Arrows move the pin while nothing is being typed.
fn keys(ui: &Ui, look: &LookState, n: usize, actions: &mut Vec<Action>) {
    let Some(place) = look.pinned else { return };
    if ui.memory(|memory| memory.focused().is_some()) {
        return;
    }
    let (left, right, escape) =
        ui.input(|input| (input.key_pressed(Key::ArrowLeft), input.key_pressed(Key::ArrowRight), input.key_pressed(Key::Escape)));
    if left || right {
        let place = if left { place.saturating_sub(1) } else { (place + 1).min(n.saturating_sub(1)) };
        actions.push(act(LookAction::Pin(Some(place))));
    } else if escape {
        actions.push(act(LookAction::Pin(None)));
    }
}

fn notes(ui: &mut Ui, view: &TokensView) {
    ui.add_space(space::XS);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::S, 2.0);
        if view.cut > 0 {
            let n = format::count(view.cut as u64);
            widgets::small_weak(ui, format!("The text is long: the first {n} tokens are grey and were not rated."));
        }
        ui.horizontal_wrapped(|ui| {
            if let Some(answer) = view.answer {
                let meaning = "The sum over the answer's tokens of ln p: how likely the model held the answer as a whole. Perplexity: \
                               among how many equally likely tokens each was as hard to guess";
                widgets::term(
                    ui,
                    &format!(
                        "Answer: log-probability {:.2} nats over {}, perplexity {:.2}",
                        answer.logprob,
                        format::plural(answer.tokens as u64, "token", "tokens"),
                        answer.perplexity()
                    ),
                    meaning,
                );
            }
            let underlined = if view.prompt_tokens > 0 { "Underlined: the prompt. " } else { "" };
            widgets::small_weak(ui, format!("{underlined}Click a token to pin it; arrows move, Esc lets go."));
        });
    });
}
