//! Answers that a person types, and how likely the model holds each after the prompt. Changes nothing itself.

use eframe::egui::{Grid, Key, Label, RichText, ScrollArea, TextEdit, Ui};

use super::{act, chips};
use crate::state::look::LookAction;
use crate::state::prompt::PromptDraft;
use crate::state::{Action, AppState, format, icon};
use crate::ui::theme::{palette, space};
use crate::ui::widgets;

pub fn show(ui: &mut Ui, state: &AppState, draft: &mut PromptDraft, actions: &mut Vec<Action>) {
    let look = &state.prompt.look;
    let prompt = state.prompt.answer.as_ref().map_or(&draft.prompt, |answer| &answer.request.prompt).clone();
    widgets::weak(ui, format!("How likely is an answer after “{}”? Type several and compare.", format::one_line(&prompt, 60)));
    ui.horizontal(|ui| {
        let width = (ui.available_width() - 120.0).max(80.0);
        let field = TextEdit::singleline(&mut draft.look.answer)
            .hint_text("An answer, with the space it begins with")
            .desired_width(width);
        let field = widgets::named(ui.add(field), "Answer to score");
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let refusal = if draft.look.answer.is_empty() {
            Some("Type an answer first")
        } else if look.is_scoring() {
            Some("Waiting for the model…")
        } else {
            None
        };
        let pressed = widgets::button_unless(ui, icon::CHART_BAR, "Score", refusal).clicked();
        if (pressed || entered) && refusal.is_none() {
            actions.push(act(LookAction::Score { prompt: prompt.clone(), answer: draft.look.answer.clone() }));
        }
    });
    if let Some(failure) = &look.score_failure {
        widgets::strip(ui, widgets::Tone::Error, |ui| ui.add(Label::new(failure).wrap()));
    }
    let Some(newest) = look.scored.first() else { return };
    ui.add_space(space::S);
    chips::show(ui, &newest.view, draft.look.heat, None, |_| {});
    ui.add_space(space::S);
    ScrollArea::horizontal().id_salt("scores").show(ui, |ui| {
        Grid::new("scores").num_columns(5).spacing([space::L, space::XS]).striped(true).show(ui, |ui| {
            let heads = [
                ("Answer", "What was typed"),
                (
                    "Log-probability",
                    "Sum of ln p over its tokens, in nats: closer to 0 is likelier. Longer answers have more to sum",
                ),
                ("Per token", "The sum divided by the number of tokens, so that answers of different length compare"),
                ("Perplexity", "Among how many equally likely tokens each would be as hard to guess; 1 is certainty"),
                ("Tokens", "Into how many the answer is cut"),
            ];
            for (name, meaning) in heads {
                widgets::term(ui, name, meaning);
            }
            ui.end_row();
            let best = |pick: fn(&crate::engine::look::AnswerScore) -> f64| {
                look.scored.iter().filter_map(|it| it.view.answer.as_ref().map(pick)).fold(f64::NEG_INFINITY, f64::max)
            };
            let (highest, highest_each) = (best(|it| it.logprob), best(|it| it.per_token()));
            for it in &look.scored {
                let Some(score) = it.view.answer else { continue };
                let strong = |text: String, best: bool| {
                    let text = RichText::new(text);
                    if best { text.color(palette(ui).good).strong() } else { text }
                };
                let name = strong(format::one_line(&it.answer, 40), false);
                let (all, each) = (
                    strong(format!("{:.3}", score.logprob), score.logprob >= highest),
                    strong(format!("{:.3}", score.per_token()), score.per_token() >= highest_each),
                );
                ui.label(name).on_hover_text(format!("{}, after “{}”", it.model, format::one_line(&it.prompt, 200)));
                ui.label(all);
                ui.label(each);
                ui.label(perplexity(score.perplexity()));
                ui.label(format::count(score.tokens as u64));
                ui.end_row();
            }
        });
    });
    if widgets::icon_button(ui, icon::BROOM, "Forget these answers").clicked() {
        actions.push(act(LookAction::ForgetScores));
    }
}

/// Whole numbers where they are large.
fn perplexity(x: f64) -> String {
    if x < 1_000.0 { format!("{x:.2}") } else { format::count(x as u64) }
}
