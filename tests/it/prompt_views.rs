//! The views of the Prompt page besides the plain one, driven by their accessible names, without a display.

use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, Ui};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use lyceum::data::supervised::Pick;
use lyceum::engine::command::{KeepCommand, Schema, TalkCommand};
use lyceum::engine::event::{DatasetInfo, EndReason, GenerateResult, Library, TalkEvent};
use lyceum::engine::talk::{Asked, ComposedPrompt, UsedExample};
use lyceum::engine::{Command, Event};
use lyceum::state::prompt_view::PromptView;
use lyceum::state::{Action, AppState, Draft, Page, PromptAction};
use lyceum::ui::{fonts, prompt, theme};

use crate::state::{checkpoint, dataset, opened, run_row};

struct View {
    state: AppState,
    draft: Draft,
    sent: Vec<Command>,
}

fn library() -> Library {
    let rows = DatasetInfo { schema: Schema::Classes, name: "Sentiment of reviews".into(), ..dataset(3) };
    Library {
        datasets: vec![dataset(1), rows],
        runs: vec![run_row(1)],
        checkpoints: vec![checkpoint(1, 1, 100), checkpoint(2, 1, 200)],
        ..Library::default()
    }
}

fn view(view: PromptView, library: Library, size: [f32; 2]) -> Harness<'static, View> {
    let mut state = opened();
    let _commands = state.handle(Event::Library(library));
    let _commands = state.apply(Action::Go(Page::Prompt));
    let _commands = state.apply(Action::Prompt(PromptAction::Show(view)));
    let draw = |ui: &mut Ui, view: &mut View| {
        let mut actions = Vec::new();
        prompt::page(ui, &view.state, &mut view.draft, &mut actions);
        for action in actions {
            view.sent.extend(view.state.apply(action));
        }
    };
    let setup = |ctx: &eframe::egui::Context| {
        fonts::install(ctx);
        theme::install(ctx);
    };
    let of = View { state, draft: Draft::default(), sent: Vec::new() };
    let mut harness = Harness::builder().with_size(size).with_context_setup(setup).build_ui_state(draw, of);
    harness.run_steps(4);
    harness
}

const WIDE: [f32; 2] = [1376.0, 800.0];
const NARROW: [f32; 2] = [960.0, 600.0];

fn tell(harness: &mut Harness<'static, View>, event: Event) {
    let commands = harness.state_mut().state.handle(event);
    harness.state_mut().sent.extend(commands);
    harness.run_steps(4);
}

fn answered(harness: &mut Harness<'static, View>, completion: &str) {
    let job = harness.state().sent.iter().rev().find_map(|command| match command {
        Command::Talk(TalkCommand::Answer { job, .. }) => Some(*job),
        _ => None,
    });
    let result = GenerateResult {
        completion: completion.to_owned(),
        ids: Vec::new(),
        prompt_tokens: 2,
        tokens: 3,
        tokens_per_s: 100.0,
        first_token_s: 0.01,
        step: 200,
        why_ended: EndReason::EndOfText,
    };
    tell(harness, Event::Generated { job: job.expect("a question"), result });
}

#[test]
fn a_chat_is_held_by_keyboard_branched_and_kept() {
    for size in [WIDE, NARROW] {
        let mut harness = view(PromptView::Chat, library(), size);
        harness.get_by_label("A conversation with the model");
        harness.get_by_label("Your turn").focus();
        harness.run_steps(2);
        harness.get_by_label("Your turn").type_text("Good morning");
        harness.run_steps(2);
        harness.key_press_modifiers(Modifiers::COMMAND, Key::Enter);
        harness.run_steps(3);
        answered(&mut harness, "Good morning to you.");
        harness.get_by_label("Good morning to you.");
        harness.get_by_label("Another answer").click();
        harness.run_steps(3);
        answered(&mut harness, "Hello.");
        harness.get_by_label("2/2");
        harness.get_by_label("The branch before").click();
        harness.run_steps(3);
        harness.get_by_label("Good morning to you.");
        harness.get_by_label("Prefer this answer").click();
        harness.run_steps(3);
        harness.get_by_label("A new dataset: Chat preferences").click();
        harness.run_steps(3);
        let votes = harness.state().sent.iter().filter(|it| matches!(it, Command::Keep(KeepCommand::KeepVote { .. }))).count();
        assert_eq!(votes, 1);
        harness.get_by_label("Save as a row").click();
        harness.run_steps(3);
        harness.get_by_label("A new dataset: Kept chats").click();
        harness.run_steps(3);
        let kept = harness.state().sent.iter().find_map(|command| match command {
            Command::Keep(KeepCommand::KeepRow { turns, .. }) => Some(turns.len()),
            _ => None,
        });
        assert_eq!(kept, Some(2));
    }
}

#[test]
fn the_field_of_a_turn_keeps_the_keyboard_when_one_was_sent() {
    for size in [WIDE, NARROW] {
        let mut harness = view(PromptView::Chat, library(), size);
        harness.get_by_label("Your turn").focus();
        harness.run_steps(2);
        let type_in = |harness: &mut Harness<'static, View>, text: &str| {
            harness.event(eframe::egui::Event::Text(text.to_owned()));
            harness.run_steps(2);
        };
        type_in(&mut harness, "Good morning");
        harness.key_press(Key::Enter);
        harness.run_steps(3);
        type_in(&mut harness, "And then");
        assert!(harness.state().state.talk.chat.reply.is_some());
        answered(&mut harness, "Good morning to you.");
        type_in(&mut harness, "?");
        assert_eq!(harness.state().draft.talk.chat.input, "And then?");
    }
}

#[test]
fn a_conversation_that_does_not_fit_says_by_how_much_and_offers_to_leave_turns_out() {
    let mut harness = view(PromptView::Chat, library(), NARROW);
    for (text, answer) in [("One", "Two"), ("Three", "Four")] {
        harness.get_by_label("Your turn").focus();
        harness.run_steps(2);
        harness.get_by_label("Your turn").type_text(text);
        harness.run_steps(2);
        harness.get_by_label("Send").click();
        harness.run_steps(3);
        answered(&mut harness, answer);
    }
    let job = harness.state().sent.iter().rev().find_map(|command| match command {
        Command::Talk(TalkCommand::Count { job, .. }) => Some(*job),
        _ => None,
    });
    // Counts of earlier moments are out of date; the newest is answered.
    let tokens = vec![Ok(70), Ok(20)];
    tell(
        &mut harness,
        Event::Talk(TalkEvent::Counted { job: job.unwrap(), tokens: tokens.clone(), context: 64, text: String::new() }),
    );
    if harness.query_by_label("Leave out the oldest 2 turns").is_none() {
        let job = harness.state().sent.iter().rev().find_map(|command| match command {
            Command::Talk(TalkCommand::Count { job, .. }) => Some(*job),
            _ => None,
        });
        tell(&mut harness, Event::Talk(TalkEvent::Counted { job: job.unwrap(), tokens, context: 64, text: String::new() }));
    }
    harness.get_by_label("The conversation is 7 tokens too long for the model's context");
    harness.get_by_label("Leave out the oldest 2 turns").click();
    harness.run_steps(3);
    assert_eq!(harness.state().state.talk.chat.conversation.dropped, 2);
}

fn composed(tokens: Vec<usize>) -> Box<ComposedPrompt> {
    let example = |row| UsedExample { row, prompt: format!("Text: row {row}"), answer: "good".into(), nearness: None };
    Box::new(ComposedPrompt {
        text: "Text: row 4 good\n\nText: row 5 good\n\nText: new".into(),
        parts: vec![0..16, 18..34, 36..45],
        used: vec![example(4), example(5)],
        query_row: Some(9),
        question: "Text: new".into(),
        truth: "good".into(),
        labels: vec!["bad".into(), "good".into()],
        pool: 10,
        queries: 5,
        tokens,
        context: 64,
        unknown: vec!["txet".into()],
        known: vec!["text".into(), "label".into()],
    })
}

fn composing(harness: &Harness<'static, View>) -> u64 {
    let job = harness.state().sent.iter().rev().find_map(|command| match command {
        Command::Talk(TalkCommand::Compose { job, .. }) => Some(*job),
        _ => None,
    });
    job.expect("a prompt to be made")
}

#[test]
fn examples_are_composed_cut_to_the_context_asked_and_checked() {
    for size in [WIDE, NARROW] {
        let mut harness = view(PromptView::FewShot, library(), size);
        let job = composing(&harness);
        tell(&mut harness, Event::Talk(TalkEvent::Composed { job, composed: composed(vec![80, 60, 20]) }));
        harness.get_by_label_contains("{txet} stands for no part of these rows");
        harness.get_by_label("With an answer of 24 tokens the prompt is 40 tokens too long for the model's context");
        harness.get_by_label("Drop the oldest 2 examples").click();
        harness.run_steps(3);
        let job = composing(&harness);
        let wish = harness.state().sent.iter().rev().find_map(|command| match command {
            Command::Talk(TalkCommand::Compose { wish, .. }) => Some(wish.clone()),
            _ => None,
        });
        assert_eq!(wish.unwrap().few.pick, Pick::These(Vec::new()));
        tell(&mut harness, Event::Talk(TalkEvent::Composed { job, composed: composed(vec![30, 25, 20]) }));
        harness.get_by_label("Ask").click();
        harness.run_steps(3);
        answered(&mut harness, " Good");
        harness.get_by_label("right");
        let asked = harness.state().sent.iter().rev().find_map(|command| match command {
            Command::Talk(TalkCommand::Answer { asked: Asked::Text(text), request, .. }) => {
                Some((text.clone(), request.stop.clone()))
            }
            _ => None,
        });
        let (text, stop) = asked.unwrap();
        assert!(text.ends_with("Text: new") && stop == ["\n"], "{text:?} {stop:?}");
    }
}

#[test]
fn without_rows_there_is_a_button_to_bring_some_in() {
    let only_text = Library { datasets: vec![dataset(1)], ..library() };
    let mut harness = view(PromptView::FewShot, only_text, NARROW);
    harness.get_by_label("No labelled rows to show");
    harness.get_by_label("Bring rows in").click();
    harness.run_steps(3);
    assert_eq!(harness.state().state.page, Page::Data);
}

#[test]
fn all_stages_are_asked_at_once_and_a_run_is_walked_along() {
    for size in [WIDE, NARROW] {
        let mut harness = view(PromptView::Stages, library(), size);
        harness.get_by_label("Ask all").click();
        harness.run_steps(3);
        let asked = harness.state().sent.iter().filter(|it| matches!(it, Command::Talk(TalkCommand::Answer { .. }))).count();
        assert_eq!(asked, 2, "random weights and the newest");
        harness.get_by_label("before the first step, seed 0");
        harness.get_by_label("Stop").click();
        harness.run_steps(3);
        harness.get_by_label("Along a run").click();
        harness.run_steps(3);
        harness.get_by_label("Loss at the checkpoints");
        assert_eq!(harness.state().draft.talk.stages.at, 0);
    }
}

#[test]
fn every_preset_leads_to_a_view() {
    let mut harness = view(PromptView::Library, library(), NARROW);
    harness.get_by_label("Go on with it").click();
    harness.run_steps(3);
    assert_eq!(harness.state().state.prompt.view, PromptView::Complete);
    assert_eq!(harness.state().draft.prompt.prompt, "One rainy spring morning, Tomas the carpenter was");
    let mut harness = view(PromptView::Library, library(), WIDE);
    harness.get_by_role_and_label(Role::Button, "Chatbot and assistant").click();
    harness.run_steps(3);
    harness.get_by_label("Use it in a chat").click();
    harness.run_steps(3);
    assert_eq!(harness.state().state.prompt.view, PromptView::Chat);
    assert!(harness.state().state.talk.chat.conversation.system.starts_with("You help visitors"));
    let mut harness = view(PromptView::Library, library(), WIDE);
    harness.get_by_role_and_label(Role::Button, "Classification by prompt").click();
    harness.run_steps(3);
    harness.get_by_label("Try it with examples").click();
    harness.run_steps(3);
    assert_eq!((harness.state().state.prompt.view, harness.state().draft.talk.few.k), (PromptView::FewShot, 1));
    let mut harness = view(PromptView::Library, library(), WIDE);
    harness.get_by_role_and_label(Role::Button, "Summarisation").click();
    harness.run_steps(3);
    harness.get_by_label_contains("This project has no dataset “Summaries”");
}
