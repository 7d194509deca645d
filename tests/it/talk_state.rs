//! The chat, few-shot, stages and library views from outside: what a click sends, what an answer shows. No window, no worker.

use lyceum::data::conversation::Conversation;
use lyceum::data::supervised::Role;
use lyceum::engine::command::{GenerateRequest, KeepCommand, ModelSource, Schema, TalkCommand};
use lyceum::engine::event::{DatasetInfo, EndReason, GenerateResult, Library, TalkEvent};
use lyceum::engine::talk::{Asked, ComposedPrompt, JudgedAnswer, Weights};
use lyceum::engine::{Command, Event};
use lyceum::state::chat::ChatAction;
use lyceum::state::few_shot::{Check, FewShotAction, FewShotDraft, check};
use lyceum::state::prompt::PromptDraft;
use lyceum::state::prompt_library::{LibraryDraft, Open, PRESETS, Way, few_shot_preset, odd_braces};
use lyceum::state::stages::{Column, StagesAction, suggestion};
use lyceum::state::{Action, AppState, TalkAction};

use crate::state::{checkpoint, dataset, opened, run_row};

fn state() -> AppState {
    let mut state = opened();
    let rows = DatasetInfo { schema: Schema::Classes, name: "Sentiment of reviews".into(), ..dataset(3) };
    let library = Library {
        datasets: vec![dataset(1), rows],
        runs: vec![run_row(1)],
        checkpoints: vec![checkpoint(1, 1, 100), checkpoint(2, 1, 200)],
        ..Library::default()
    };
    let _commands = state.handle(Event::Library(library));
    state
}

fn chat(state: &mut AppState, action: ChatAction) -> Vec<Command> {
    state.apply(Action::Talk(TalkAction::Chat(action)))
}

fn request() -> GenerateRequest {
    PromptDraft::default().request()
}

fn result(completion: &str) -> GenerateResult {
    GenerateResult {
        completion: completion.to_owned(),
        ids: Vec::new(),
        prompt_tokens: 2,
        tokens: 3,
        tokens_per_s: 100.0,
        first_token_s: 0.01,
        step: 200,
        why_ended: EndReason::EndOfText,
    }
}

/// Sends a turn and has it answered; gives what is saved.
fn said(state: &mut AppState, text: &str, answer: &str) -> Conversation {
    let commands = chat(state, ChatAction::Send { text: text.into(), request: request() });
    ended(state, &commands, answer)
}

fn ended(state: &mut AppState, commands: &[Command], answer: &str) -> Conversation {
    let job = commands.iter().find_map(|command| match command {
        Command::Talk(TalkCommand::Answer { job, .. }) => Some(*job),
        _ => None,
    });
    let job = job.expect("a question");
    let _none = state.handle(Event::Token { job, text: "st".into() });
    assert_eq!(state.talk.chat.reply.as_ref().unwrap().text, "st", "it streams");
    let mut saves: Vec<Command> = commands.to_vec();
    saves.extend(state.handle(Event::Generated { job, result: result(answer) }));
    kept(state, saves).expect("it is saved")
}

/// The librarian answers every save, and what changed meanwhile follows; gives what stands there last.
fn kept(state: &mut AppState, mut saves: Vec<Command>) -> Option<Conversation> {
    let mut newest = None;
    while let Some(save) = saves.pop() {
        if let Command::Keep(KeepCommand::Save { key, conversation, .. }) = save {
            newest = Some(*conversation);
            saves.extend(state.handle(Event::Talk(TalkEvent::Saved { key, id: 7 })));
        }
    }
    newest
}

fn shown(state: &mut AppState, turn: usize) {
    let saves = chat(state, ChatAction::Show(turn));
    assert!(kept(state, saves).is_some(), "which branch is shown is kept, too");
}

fn texts(state: &AppState) -> Vec<String> {
    let talk = &state.talk.chat.conversation;
    talk.path().into_iter().map(|turn| talk.turn(turn).unwrap().text.clone()).collect()
}

#[test]
fn turns_are_answered_branched_and_saved() {
    let mut state = state();
    let saved = said(&mut state, "Hello", " Good morning. ");
    assert_eq!(texts(&state), ["Hello", "Good morning."]);
    assert_eq!((saved.len(), state.talk.chat.id), (2, Some(7)));
    said(&mut state, "And you?", "Well.");
    // Another answer stands beside the first.
    let commands = chat(&mut state, ChatAction::Again { turn: 1, request: request() });
    let [.., Command::Talk(TalkCommand::Answer { asked: Asked::Turns { turns, .. }, request: again, .. })] = &commands[..] else {
        panic!("{commands:?}")
    };
    assert_eq!((turns.len(), again.sampling.seed), (1, request().sampling.seed + 1), "what stood before it, by another seed");
    ended(&mut state, &commands, "Hello yourself.");
    assert_eq!(texts(&state), ["Hello", "Hello yourself."]);
    assert_eq!(state.talk.chat.conversation.siblings(1), [1, 4]);
    shown(&mut state, 1);
    assert_eq!(texts(&state), ["Hello", "Good morning.", "And you?", "Well."], "with what followed");
    // A person's turn in other words is answered again; the old way stays.
    let commands = chat(&mut state, ChatAction::Edit { turn: 0, text: "Good evening".into(), request: request() });
    ended(&mut state, &commands, "Good night.");
    assert_eq!(texts(&state), ["Good evening", "Good night."]);
    shown(&mut state, 0);
    assert_eq!(texts(&state).len(), 4);
    // An answer in other words is a branch that nobody generated.
    let commands = chat(&mut state, ChatAction::Edit { turn: 3, text: "Very well.".into(), request: request() });
    assert!(!commands.iter().any(|command| matches!(command, Command::Talk(TalkCommand::Answer { .. }))));
    assert_eq!(texts(&state)[3], "Very well.");
}

#[test]
fn oldest_turns_are_left_out_and_counted() {
    let mut state = state();
    said(&mut state, "One", "Two");
    said(&mut state, "Three", "Four");
    said(&mut state, "Five", "Six");
    let source = ModelSource::Checkpoint(2);
    let commands = chat(&mut state, ChatAction::Count(source));
    let [Command::Talk(TalkCommand::Count { job, asked, .. })] = &commands[..] else { panic!("{commands:?}") };
    assert_eq!(asked.len(), 3, "as it is, and from each later turn of a person");
    assert_eq!(chat(&mut state, ChatAction::Count(source)), [], "asked once");
    let tokens = vec![Ok(70), Ok(50), Ok(20)];
    let counted = TalkEvent::Counted { job: *job, tokens, context: 64, text: "all".into() };
    let _none = state.handle(Event::Talk(counted));
    let count = state.talk.chat.count.clone().unwrap();
    assert_eq!((count.tokens(), count.cut_for(10), count.cut_for(30)), (Some(70), Some(2), Some(4)));
    let _saves = chat(&mut state, ChatAction::Drop(2));
    assert!(!state.talk.chat.is_counted(source), "what is left is counted anew");
    let commands = chat(&mut state, ChatAction::Send { text: "Seven".into(), request: request() });
    let asked = commands.iter().find_map(|command| match command {
        Command::Talk(TalkCommand::Answer { asked: Asked::Turns { turns, .. }, .. }) => Some(turns.clone()),
        _ => None,
    });
    let asked = asked.unwrap();
    assert_eq!((asked[0].content.as_str(), asked[0].role, asked.len()), ("Three", Role::User, 5));
}

#[test]
fn a_deleted_conversation_comes_back_by_undo() {
    let mut state = state();
    said(&mut state, "One", "Two");
    let commands = chat(&mut state, ChatAction::Delete(7));
    assert_eq!(commands, [Command::Keep(KeepCommand::Delete { conversation: 7, deleted: true })]);
    assert!(state.talk.chat.conversation.is_empty() && state.undo_label().is_some());
    let commands = state.apply(Action::Undo);
    assert_eq!(commands[0], Command::Keep(KeepCommand::Delete { conversation: 7, deleted: false }));
    assert_eq!(commands[1], Command::Keep(KeepCommand::Load { conversation: 7 }));
}

#[test]
fn a_failure_stands_in_the_chat_and_the_turn_stays() {
    let mut state = state();
    let commands = chat(&mut state, ChatAction::Send { text: "One".into(), request: request() });
    let Some(Command::Talk(TalkCommand::Answer { job, .. })) = commands.first() else { panic!("{commands:?}") };
    let _none = state.handle(Event::JobFailed { job: *job, message: "This checkpoint was deleted".into() });
    assert_eq!(state.talk.chat.failure.as_deref(), Some("This checkpoint was deleted"));
    assert!(state.notices.list().is_empty(), "said once");
    // Said anew, it takes the place of what was never answered.
    let _commands = chat(&mut state, ChatAction::Send { text: "Uno".into(), request: request() });
    assert_eq!(texts(&state), ["Uno"]);
}

#[test]
fn answers_are_held_against_the_truth() {
    let labels = ["positive".to_owned(), "negative".to_owned()];
    for (answer, wanted) in
        [(" Positive.", Check::Right), ("negative", Check::Wrong), ("a nice chair", Check::NoLabel), ("", Check::NoLabel)]
    {
        assert_eq!(check("positive", &labels, answer), wanted, "{answer}");
    }
    assert_eq!(check("three pence", &[], "The three pence"), Check::Right);
    assert_eq!(check("three pence", &[], "three apples"), Check::Partly(0.5));
    assert_eq!(check("three pence", &[], "nothing"), Check::Wrong);
}

#[test]
fn a_composed_prompt_is_asked_as_it_stands() {
    let mut state = state();
    let mut draft = FewShotDraft::default();
    draft.settle(&state.library);
    assert_eq!((draft.dataset, draft.prompt_words.as_str()), (Some(3), "Text: {text}\nLabel:"));
    let wish = Box::new(draft.wish().unwrap());
    let few = |state: &mut AppState, action| state.apply(Action::Talk(TalkAction::FewShot(action)));
    let commands = few(&mut state, FewShotAction::Compose(wish.clone()));
    let [Command::Talk(TalkCommand::Compose { job, .. })] = &commands[..] else { panic!("{commands:?}") };
    let composed = ComposedPrompt {
        text: "all of it".into(),
        parts: std::iter::once(0..9).collect(),
        used: Vec::new(),
        query_row: Some(1),
        question: "it".into(),
        truth: "good".into(),
        labels: vec!["bad".into(), "good".into()],
        pool: 10,
        queries: 5,
        tokens: vec![9],
        context: 64,
        unknown: Vec::new(),
        known: Vec::new(),
    };
    let _none = state.handle(Event::Talk(TalkEvent::Composed { job: *job, composed: Box::new(composed) }));
    assert!(state.talk.few.is_made(Weights::Checkpoint(2), &wish));
    let commands = few(&mut state, FewShotAction::Ask(request()));
    let [Command::Talk(TalkCommand::Answer { job, asked, .. })] = &commands[..] else { panic!("{commands:?}") };
    assert_eq!(*asked, Asked::Text("all of it".into()));
    let _none = state.handle(Event::Generated { job: *job, result: result(" good") });
    assert_eq!(state.talk.few.answer.as_ref().unwrap().check(), Some(Check::Right));
    assert!(state.prompt.answer.is_none(), "it is no completion of the other view");
}

#[test]
fn stages_answer_side_by_side_and_a_checkpoint_is_asked_once() {
    let mut state = state();
    let fresh = Weights::Fresh { like: 2, seed: 0 };
    assert_eq!(suggestion(&state.library, 4), [Column::One(fresh), Column::One(Weights::Checkpoint(2))]);
    let best = Column::BestOf { weights: Weights::Checkpoint(2), judge: 9, n: 4 };
    let stages = |state: &mut AppState, action| state.apply(Action::Talk(TalkAction::Stages(action)));
    let columns = vec![Column::One(fresh), best];
    let commands = stages(&mut state, StagesAction::Ask { columns, request: request(), as_chat: false });
    let [
        Command::Talk(TalkCommand::Answer { job: one, .. }),
        Command::Talk(TalkCommand::BestOf { job: two, n: 4, judge: 9, .. }),
    ] = &commands[..]
    else {
        panic!("{commands:?}")
    };
    let _none = state.handle(Event::Token { job: *one, text: "zx".into() });
    let answers = ["best", "worst"].map(|text| JudgedAnswer { text: text.into(), reward: 1.0 }).to_vec();
    let _none = state.handle(Event::Talk(TalkEvent::Judged { job: *two, step: 3, answers }));
    let _none = state.handle(Event::JobFailed { job: *one, message: "deleted meanwhile".into() });
    let shown = &state.talk.stages.answers;
    assert_eq!((shown[0].text.as_str(), shown[0].failure.as_deref()), ("zx", Some("deleted meanwhile")));
    assert_eq!((shown[1].text.as_str(), shown[1].judged.len()), ("best", 2));
    let along = || StagesAction::Along { checkpoints: vec![1, 2], request: request(), as_chat: false };
    let commands = stages(&mut state, along());
    assert_eq!(commands.len(), 2);
    for command in &commands {
        let Command::Talk(TalkCommand::Answer { job, .. }) = command else { panic!("{command:?}") };
        let _none = state.handle(Event::Generated { job: *job, result: result("x") });
    }
    assert_eq!(stages(&mut state, along()), [], "answers are kept");
    assert_eq!(state.talk.stages.along(1, &request(), false).unwrap().text, "x");
    assert!(state.talk.stages.along(1, &request(), true).is_none(), "asked otherwise, it is another answer");
}

#[test]
fn every_preset_is_whole_as_it_comes() {
    for (place, preset) in PRESETS.iter().enumerate() {
        let mut draft = LibraryDraft { open: Open::Preset(place), ..LibraryDraft::default() };
        draft.settle(&[]);
        match preset.way {
            Way::FewShot { dataset, .. } => {
                let known = lyceum::store::sample::TASKS.iter().any(|task| task.name == dataset);
                assert!(known, "{} wants the sample's {dataset}", preset.name);
            }
            Way::Continue { .. } | Way::Chat { .. } => {
                assert!(draft.is_whole() && draft.trouble().is_none() && !draft.filled().0.contains('{'), "{}", preset.name);
            }
        }
    }
    let state = state();
    let mut few = FewShotDraft::default();
    let classify = PRESETS.iter().find(|preset| preset.name == "Classification by prompt").unwrap();
    assert!(few_shot_preset(&mut few, &state.library, classify));
    few.settle(&state.library);
    assert_eq!((few.dataset, few.prompt_words.as_str()), (Some(3), "Review: {text}\nFeeling:"), "the preset's words stay");
}

#[test]
fn a_field_without_a_value_and_odd_braces_are_said() {
    let mut draft = LibraryDraft { open: Open::Own(0), text: "Tell {who} of {two words}".into(), ..LibraryDraft::default() };
    draft.settle(&[]);
    draft.text = "Tell {who} of {two words}".into();
    assert!(draft.trouble().unwrap().contains("{who} has no value") && !draft.is_whole());
    draft.values.insert("who".into(), "me".into());
    assert!(draft.is_whole());
    assert!(draft.trouble().unwrap().contains("{two words}"));
    assert_eq!(draft.filled().0, "Tell me of {two words}");
    assert_eq!(odd_braces("a {b} {c"), None);
}
