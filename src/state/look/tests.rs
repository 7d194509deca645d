//! Tests of the token view's state, through the two doors of the window's state.

use super::*;
use crate::engine::Event;
use crate::engine::event::CheckpointRow;
use crate::engine::look::{Expected, Guess, Rated, TokenView};
use crate::state::{Action, ProjectState, PromptAction};

fn state() -> AppState {
    let mut state = AppState { project: ProjectState::Open { path: "p".into(), read_only: false }, ..AppState::default() };
    state.library.checkpoints =
        vec![CheckpointRow { id: 3, name: "model".to_owned(), step: 10, bytes: 1, ..CheckpointRow::default() }];
    state
}

fn view(ids: &[u32], prompt_tokens: usize) -> TokensView {
    let guess = Guess { id: 9, text: " moon".to_owned(), p: 0.5 };
    let rated = Rated { logprob: -0.7, rank: 2, expected: Expected { entropy: 1.0, best: vec![guess] } };
    let token = |id: &u32| TokenView { id: *id, text: format!("t{id}"), rated: Some(rated.clone()) };
    TokensView { tokens: ids.iter().map(token).collect(), prompt_tokens, cut: 0, next: None, answer: None, vocab_size: 20 }
}

fn act(state: &mut AppState, action: LookAction) -> Vec<Command> {
    state.apply(Action::Prompt(PromptAction::Look(action)))
}

fn request(prompt: &str) -> GenerateRequest {
    GenerateRequest { prompt: prompt.to_owned(), sampling: Sampling::default(), max_tokens: 5, stop: Vec::new() }
}

fn job(commands: &[Command]) -> JobId {
    match commands {
        [Command::Look(LookCommand::See { job, .. } | LookCommand::GoOn { job, .. })] => *job,
        other => panic!("{other:?}"),
    }
}

/// A text of five tokens, two of them the prompt's, is being looked at.
fn looking() -> AppState {
    let mut state = state();
    let _shown = act(&mut state, LookAction::Prompt(request("ab")));
    let text = LookText::Ids { ids: vec![1, 2, 3, 4, 5], prompt_tokens: 2 };
    let sent = act(&mut state, LookAction::At { source: ModelSource::Checkpoint(3), text });
    let seen = LookEvent::Seen { job: job(&sent), step: 10, seen: Seen::Tokens(view(&[1, 2, 3, 4, 5], 2)) };
    let _none = state.handle(Event::Look(seen));
    assert!(state.prompt.look.on && state.prompt.look.tokens.is_some() && !state.prompt.look.is_looking());
    state
}

#[test]
fn an_alternative_goes_on_from_its_place() {
    let mut state = looking();
    assert!(act(&mut state, LookAction::GoOn { place: 1, id: 9, request: request("") }).is_empty(), "the prompt stays");
    let sent = act(&mut state, LookAction::GoOn { place: 3, id: 9, request: request("") });
    let [Command::Look(LookCommand::GoOn { job, request, ids, prompt_tokens, .. })] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((&ids[..], *prompt_tokens, request.prompt.as_str()), (&[1, 2, 3, 9][..], 2, "ab"));
    let answer = state.prompt.answer.as_ref().unwrap();
    assert_eq!((answer.job, answer.text.as_str()), (Some(*job), ""));
}

#[test]
fn a_tab_asks_once_for_what_it_lacks() {
    let mut state = looking();
    assert_eq!(state.prompt.look.missing(), None);
    let _none = act(&mut state, LookAction::Tab(LookTab::Neighbours));
    let wanted = state.prompt.look.missing().unwrap();
    assert!(matches!(wanted, Wanted::Neighbours { id: 5, .. }), "{wanted:?}");
    let sent = act(&mut state, LookAction::Want(wanted));
    assert_eq!(state.prompt.look.missing(), None, "not again while it is on its way");
    let failed = Event::JobFailed { job: job(&sent), message: "no".to_owned() };
    let _none = state.handle(failed);
    assert_eq!(state.prompt.look.failure.as_deref(), Some("no"));
    assert_eq!(state.prompt.look.missing(), None, "nor after it failed");
    let _none = act(&mut state, LookAction::Pin(Some(0)));
    assert!(matches!(state.prompt.look.missing(), Some(Wanted::Neighbours { id: 1, .. })));
}

#[test]
fn what_comes_late_belongs_to_no_new_text() {
    let mut state = looking();
    let text = |id| LookText::Ids { ids: vec![id], prompt_tokens: 1 };
    let first = act(&mut state, LookAction::At { source: ModelSource::Live, text: text(1) });
    let second = act(&mut state, LookAction::At { source: ModelSource::Live, text: text(2) });
    let late = LookEvent::Seen { job: job(&first), step: 1, seen: Seen::Tokens(view(&[1], 1)) };
    let _none = state.handle(Event::Look(late));
    assert_eq!(state.prompt.look.tokens, None);
    let now = LookEvent::Seen { job: job(&second), step: 2, seen: Seen::Tokens(view(&[2], 1)) };
    let _none = state.handle(Event::Look(now));
    assert_eq!(state.prompt.look.tokens.as_ref().map(|(step, _)| *step), Some(2));
    assert!(state.jobs.find(JobKind::Look).is_none(), "no job is left behind");
}

#[test]
fn the_next_token_is_asked_for_one_prompt_at_a_time() {
    let mut state = state();
    let source = ModelSource::Checkpoint(3);
    assert!(state.prompt.look.wants_next(source, "a"));
    let sent = act(&mut state, LookAction::Next("a".to_owned()));
    assert!(!state.prompt.look.wants_next(source, "ab"), "the first is on its way");
    let next = NextView { ids: vec![1], logits: vec![0.0; 4], best: vec![(0, "a".to_owned())] };
    let _none = state.handle(Event::Look(LookEvent::Seen { job: job(&sent), step: 1, seen: Seen::Next(next) }));
    assert!(state.prompt.look.wants_next(source, "ab") && !state.prompt.look.wants_next(source, "a"));
    let mut draft = LookDraft::default();
    let next = state.prompt.look.next.as_ref().unwrap();
    assert_eq!(draft.picture(next, &Sampling::default()).of, 4);
    assert_eq!(draft.picture(next, &Sampling { temperature: 0.0, ..Sampling::default() }).kept, 1, "made anew");
}

#[test]
fn scores_stand_beside_each_other() {
    let mut state = state();
    for answer in ["x", "y", "x"] {
        let sent = act(&mut state, LookAction::Score { prompt: "p".to_owned(), answer: answer.to_owned() });
        assert!(state.prompt.look.is_scoring());
        let _none = state.handle(Event::Look(LookEvent::Seen { job: job(&sent), step: 1, seen: Seen::Tokens(view(&[1], 0)) }));
    }
    let answers: Vec<&str> = state.prompt.look.scored.iter().map(|it| it.answer.as_str()).collect();
    assert_eq!(answers, ["x", "y"]);
}
