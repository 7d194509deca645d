//! Tests of the Prompt page's state, through the two doors of the window's state.

use super::*;
use crate::engine::Event;
use crate::engine::command::{LibraryCommand, TrainCommand};
use crate::engine::event::CheckpointRow;
use crate::state::{Action, ProjectState};

fn checkpoint(id: CheckpointId, is_encoder: bool) -> CheckpointRow {
    CheckpointRow { id, name: format!("model {id}"), step: 10, bytes: 1, is_encoder, ..CheckpointRow::default() }
}

fn state() -> AppState {
    let mut state = AppState { project: ProjectState::Open { path: "p".into(), read_only: false }, ..AppState::default() };
    state.library.checkpoints = vec![checkpoint(1, false), checkpoint(2, true), checkpoint(3, false)];
    state
}

fn result(completion: &str) -> GenerateResult {
    GenerateResult {
        completion: completion.to_owned(),
        prompt_tokens: 2,
        tokens: 3,
        tokens_per_s: 100.0,
        first_token_s: 0.01,
        step: 10,
        why_ended: EndReason::MaxTokens,
        ids: Vec::new(),
    }
}

fn ask(state: &mut AppState, prompt: &str) -> Vec<Command> {
    let request = PromptDraft { prompt: prompt.to_owned(), ..PromptDraft::default() }.request();
    state.apply(Action::Prompt(PromptAction::Generate(request)))
}

#[test]
fn text_streams_in_and_the_whole_goes_into_the_history() {
    let mut state = state();
    let commands = ask(&mut state, "Once");
    assert!(
        matches!(&commands[..], [Command::Train(TrainCommand::Generate { job: 1, source: ModelSource::Checkpoint(3), .. })]),
        "the newest answers"
    );
    let _none = state.handle(Event::Token { job: 1, text: " upon".to_owned() });
    let _none = state.handle(Event::Token { job: 1, text: " a".to_owned() });
    assert_eq!(state.prompt.answer.as_ref().unwrap().text, " upon a");
    let commands = state.handle(Event::Generated { job: 1, result: result(" upon a time") });
    let [Command::Library(LibraryCommand::SavePrompt { prompt, completion, settings })] = &commands[..] else {
        panic!("{commands:?}")
    };
    assert_eq!((prompt.as_str(), completion.as_str()), ("Once", " upon a time"));
    assert!(!state.prompt.is_busy());
    let row =
        PromptRow { id: 9, prompt: prompt.clone(), completion: completion.clone(), settings: settings.clone(), created_at: 0 };
    let mut draft = PromptDraft { max_tokens: 7, ..PromptDraft::default() };
    draft.recall(&row);
    assert_eq!((draft.prompt.as_str(), draft.max_tokens), ("Once", 120));
}

#[test]
fn asking_again_ends_what_is_under_way_and_its_text_is_dropped() {
    let mut state = state();
    let _first = ask(&mut state, "One");
    let commands = ask(&mut state, "Two");
    assert!(matches!(
        &commands[..],
        [Command::Train(TrainCommand::CancelGenerate { job: 1 }), Command::Train(TrainCommand::Generate { job: 2, .. })]
    ));
    let _none = state.handle(Event::Token { job: 1, text: "late".to_owned() });
    assert_eq!(state.prompt.answer.as_ref().unwrap().text, "");
}

#[test]
fn a_failure_is_shown_on_the_page_and_not_twice() {
    let mut state = state();
    let _ask = ask(&mut state, "One");
    let _none = state.handle(Event::JobFailed { job: 1, message: "no weights".to_owned() });
    assert_eq!(state.prompt.answer.as_ref().unwrap().failure.as_deref(), Some("no weights"));
    assert!(state.notices.list().is_empty());
}

#[test]
fn a_checkpoint_that_is_gone_is_not_asked() {
    let mut state = state();
    let _none = state.apply(Action::Prompt(PromptAction::UseCheckpoint(1)));
    assert_eq!(state.prompt_source(), Some(ModelSource::Checkpoint(1)));
    state.library.checkpoints[0].missing = true;
    assert_eq!(state.prompt_source(), Some(ModelSource::Checkpoint(3)));
    assert!(state.is_encoder(ModelSource::Checkpoint(2)));
}

#[test]
fn stop_texts_are_typed_with_escapes() {
    let draft = PromptDraft { stops: "\\n\nEND".to_owned(), ..PromptDraft::default() };
    assert_eq!(draft.request().stop, ["\n", "END"]);
}
