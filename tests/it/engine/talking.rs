//! Conversations and composed prompts through the engine: kept, found, answered, counted, judged, and made into rows and votes.

use super::runs::{config, ready, run_ended};
use super::tuning::{classes, import};
use super::{Engine, Place, library, start, until};

use lyceum::config::{Align, Dims, RunConfig, Tune, TuneTask};
use lyceum::data::conversation::Conversation;
use lyceum::data::supervised::{Content, FewShot, Message, Pick, Role, Side, TaskTemplate};
use lyceum::engine::command::{
    GenerateRequest, KeepCommand, LabelCommand, ModelSource, Sampling, Schema, TalkCommand, TrainCommand,
};
use lyceum::engine::event::{GenerateResult, TalkEvent};
use lyceum::engine::feedback::{FeedbackCommand, FeedbackEvent, QuestionQuery};
use lyceum::engine::labelling::ExampleQuery;
use lyceum::engine::talk::{Asked, ComposeWish, ComposedPrompt, ConversationRow, KeptPrompt, Query, Weights};
use lyceum::engine::{Command, Event};
use lyceum::feedback::{Candidate, FeedbackSettings, Origin, Question, Verdict, Vote};
use lyceum::tokenizer::Builtin;
use lyceum::train::RewardLoss;

fn talk<T>(engine: &Engine, command: Command, mut take: impl FnMut(&TalkEvent) -> Option<T>) -> T {
    engine.send(command);
    until(engine, |event| if let Event::Talk(event) = event { take(event) } else { None })
}

fn list(engine: &Engine, search: &str) -> Vec<ConversationRow> {
    talk(engine, Command::Keep(KeepCommand::List { search: search.into() }), |event| match event {
        TalkEvent::Listed { search: of, conversations, .. } if of == search => Some(conversations.clone()),
        _ => None,
    })
}

fn saved(event: &TalkEvent) -> Option<i64> {
    if let TalkEvent::Saved { id, .. } = event { Some(*id) } else { None }
}

fn conversation() -> Conversation {
    let mut it = Conversation::new("Be brief.".into(), None);
    let asked = it.add(None, Role::User, "Where is the fox?", None);
    it.add(Some(asked), Role::Assistant, "In the red house.", None);
    it.add(Some(asked), Role::Assistant, "By the river.", None);
    it
}

#[test]
fn a_conversation_is_kept_with_its_branches_and_found_by_what_was_said() {
    let place = super::place();
    let engine = start(&place.path, true);
    let wrote = conversation();
    let save = |id, conversation: &Conversation| {
        Command::Keep(KeepCommand::Save { key: 4, id, conversation: Box::new(conversation.clone()) })
    };
    let id = talk(&engine, save(None, &wrote), saved);
    let row = &list(&engine, "")[0];
    assert_eq!((row.id, row.turns, row.name.as_str()), (id, 3, "Where is the fox?"));
    assert_eq!(list(&engine, "RED house").len(), 1, "a branch that is not shown is found, too");
    assert_eq!(list(&engine, "blue").len(), 0);
    let mut more = wrote.clone();
    more.add(more.path().last().copied(), Role::User, "Thank you", None);
    assert_eq!(talk(&engine, save(Some(id), &more), saved), id, "the same conversation, not another");
    engine.send(Command::Keep(KeepCommand::Rename { conversation: id, name: "Foxes".into() }));
    engine.send(Command::Keep(KeepCommand::Delete { conversation: id, deleted: true }));
    assert_eq!(list(&engine, "fox").len(), 0);
    engine.send(Command::Keep(KeepCommand::Delete { conversation: id, deleted: false }));
    let kept = KeptPrompt { id: 0, name: "Place".into(), text: "Where is {animal}?".into(), system: String::new() };
    engine.send(Command::Keep(KeepCommand::KeepPrompt(kept.clone())));
    list(&engine, "thank");
    drop(engine);
    let engine = start(&place.path, false);
    assert_eq!(list(&engine, "thank")[0].name, "Foxes");
    let read = talk(&engine, Command::Keep(KeepCommand::Load { conversation: id }), |event| match event {
        TalkEvent::Loaded { conversation, .. } => Some(conversation.clone()),
        _ => None,
    });
    assert_eq!(*read, more);
    let prompts = talk(&engine, Command::Keep(KeepCommand::List { search: String::new() }), |event| match event {
        TalkEvent::Listed { prompts, .. } => Some(prompts.clone()),
        _ => None,
    });
    assert_eq!(prompts, [KeptPrompt { id: 1, ..kept }]);
}

/// A project with a small model of a context of 64 bytes.
fn model() -> (Place, Engine, i64) {
    let (place, engine, corpus) = ready();
    let dims = Dims { context: 64, ..config(corpus, 3).dims };
    engine.send(Command::Train(TrainCommand::StartRun { config: RunConfig { dims, ..config(corpus, 3) }, from: None }));
    let checkpoint = until(&engine, run_ended).1.unwrap();
    (place, engine, checkpoint)
}

fn request(seed: u64) -> GenerateRequest {
    let sampling = Sampling { seed, temperature: 1.0, top_p: 1.0, ..Sampling::default() };
    GenerateRequest { prompt: String::new(), sampling, max_tokens: 8, stop: vec![String::new()] }
}

fn generated(engine: &Engine, wanted: u64) -> GenerateResult {
    until(engine, |event| match event {
        Event::Generated { job, result } if *job == wanted => Some(result.clone()),
        _ => None,
    })
}

fn answer(engine: &Engine, job: u64, weights: Weights, asked: Asked, seed: u64) -> GenerateResult {
    engine.send(Command::Talk(TalkCommand::Answer { job, weights, asked, request: request(seed) }));
    generated(engine, job)
}

fn turns(texts: &[&str]) -> Asked {
    let role = |i: usize| if i.is_multiple_of(2) { Role::User } else { Role::Assistant };
    let turns = texts.iter().enumerate().map(|(i, text)| Message::new(role(i), *text)).collect();
    Asked::Turns { turns, template: Some(Builtin::Plain) }
}

#[test]
fn a_chat_reads_its_template_and_a_too_long_one_says_by_how_much() {
    let (_place, engine, checkpoint) = model();
    let weights = Weights::Checkpoint(checkpoint);
    let text = GenerateRequest { prompt: "The cat\n".into(), ..request(5) };
    engine.send(Command::Train(TrainCommand::Generate { job: 1, source: ModelSource::Checkpoint(checkpoint), request: text }));
    let plain = generated(&engine, 1);
    let chat = answer(&engine, 2, weights, turns(&["The cat"]), 5);
    assert_eq!(
        (chat.completion, chat.prompt_tokens),
        (plain.completion, plain.prompt_tokens),
        "the template's text, and no more"
    );
    let long = turns(&["It saw a cat and ran", "by the river", "It ran to the red house by the river"]);
    let short = turns(&["It ran to the red house by the river"]);
    let count = Command::Talk(TalkCommand::Count { job: 3, weights, asked: vec![long.clone(), short] });
    let (tokens, context, shown) = talk(&engine, count, |event| match event {
        TalkEvent::Counted { tokens, context, text, .. } => Some((tokens.clone(), *context, text.clone())),
        _ => None,
    });
    let tokens: Vec<usize> = tokens.into_iter().map(Result::unwrap).collect();
    assert!(tokens[0] > context && tokens[1] < context && context == 64, "{tokens:?}");
    assert!(shown.starts_with("It saw a cat and ran\nby the river") && shown.ends_with("red house by the river\n"), "{shown:?}");
    engine.send(Command::Talk(TalkCommand::Answer { job: 4, weights, asked: long, request: request(1) }));
    let failure = super::runs::engine_failure(&engine, 4);
    assert!(failure.contains(&format!("{} too many", tokens[0] + 1 - 64)), "{failure}");
    engine.send(Command::Talk(TalkCommand::Answer {
        job: 5,
        weights: Weights::Checkpoint(99),
        asked: turns(&["x"]),
        request: request(1),
    }));
    let failure = super::runs::engine_failure(&engine, 5);
    assert!(failure.contains("may have been deleted"), "{failure}");
}

#[test]
fn fresh_weights_answer_by_their_seed_alone() {
    let (_place, engine, like) = model();
    let asked = || Asked::Text("The cat".into());
    let ask = |job, weights| {
        let request = GenerateRequest { max_tokens: 40, ..request(2) };
        engine.send(Command::Talk(TalkCommand::Answer { job, weights, asked: asked(), request }));
        generated(&engine, job)
    };
    let fresh = |job, seed| ask(job, Weights::Fresh { like, seed }).completion;
    let first = fresh(1, 7);
    assert_eq!(first, fresh(2, 7));
    assert_ne!(first, fresh(3, 8));
    let trained = ask(4, Weights::Checkpoint(like));
    assert_ne!(trained.completion, first);
    assert!(trained.step > 0);
}

fn compose(engine: &Engine, weights: Weights, wish: ComposeWish) -> ComposedPrompt {
    let command = Command::Talk(TalkCommand::Compose { job: 20, weights, wish: Box::new(wish) });
    *talk(engine, command, |event| if let TalkEvent::Composed { composed, .. } = event { Some(composed.clone()) } else { None })
}

#[test]
fn a_prompt_is_composed_of_rows_and_counted() {
    let (place, engine, checkpoint) = model();
    let dataset = import(&engine, &place, Schema::Classes, &["text", "label"], &classes(40, true));
    let few = |k, pick| FewShot { pick, ..FewShot::new(TaskTemplate::new("{text}:", "{label}"), k, 1) };
    let weights = Weights::Checkpoint(checkpoint);
    let wish = |few, query| ComposeWish { dataset, few, query };
    let balanced = compose(&engine, weights, wish(few(4, Pick::Balanced), Query::Place(0)));
    let labels: Vec<&str> = balanced.used.iter().map(|example| example.answer.as_str()).collect();
    assert_eq!((labels.iter().filter(|label| **label == "ring").count(), labels.len()), (2, 4));
    assert_eq!(balanced.labels, ["cross", "ring"]);
    assert!(balanced.labels.contains(&balanced.truth) && balanced.query_row.is_some());
    assert!(balanced.text.ends_with(&balanced.question) && balanced.tokens.len() == 5);
    assert!(balanced.tokens.is_sorted_by(|a, b| a > b), "{:?}", balanced.tokens);
    let without = compose(&engine, weights, wish(few(0, Pick::Random), Query::Place(0)));
    assert_eq!(without.tokens[0], balanced.tokens[4], "all left out");
    let near = compose(&engine, weights, wish(few(5, Pick::Nearest), Query::Text("xx100".into())));
    let nearness: Vec<f32> = near.used.iter().map(|example| example.nearness.unwrap()).collect();
    assert!(nearness.is_sorted() && nearness.iter().all(|cosine| (-1.001..=1.001).contains(cosine)), "{nearness:?}");
    assert!(near.truth.is_empty() && near.query_row.is_none() && near.text.ends_with("xx100:"));
    let again = compose(&engine, weights, wish(few(5, Pick::Nearest), Query::Text("xx100".into())));
    assert_eq!(near, again);
    // By hand: rows of the project, in this order.
    let rows: Vec<usize> = near.used.iter().rev().map(|example| example.row as usize).collect();
    let by_hand = compose(&engine, weights, wish(few(9, Pick::These(rows.clone())), Query::Place(0)));
    assert_eq!(by_hand.used.iter().map(|example| example.row as usize).collect::<Vec<_>>(), rows);
    let odd = FewShot { words: TaskTemplate::new("{txet}", "{label}"), ..few(1, Pick::Random) };
    let odd = compose(&engine, weights, wish(odd, Query::Place(0)));
    assert_eq!((odd.unknown, odd.known), (vec!["txet".to_owned()], vec!["text".to_owned(), "label".to_owned()]));
}

/// A reward model after two steps on a handful of votes.
fn reward_model(engine: &Engine, from: i64) -> i64 {
    let create = FeedbackCommand::Create {
        name: "votes".into(),
        schema: Schema::Preference,
        settings: FeedbackSettings { held_out: 0.2, ..FeedbackSettings::default() },
    };
    engine.send(Command::Feedback(create));
    let dataset = until(engine, |event| match event {
        Event::Feedback(FeedbackEvent::State { dataset, .. }) => Some(*dataset),
        _ => None,
    });
    for i in 0..24 {
        let candidate = |text: &str| Candidate { text: text.into(), origin: Origin::Written };
        let question =
            Question { prompt: Side::Text(format!("q{i}")), candidates: vec![candidate("yes"), candidate("no")], repeats: None };
        let vote = Vote::of(Verdict::Ranked { ranks: vec![1, 2], strength: None }, 2);
        let keep = Command::Keep(KeepCommand::KeepVote {
            dataset: Some(dataset),
            name: String::new(),
            question: Box::new(question),
            vote: Box::new(vote),
            annotator: "ann".into(),
        });
        talk(engine, keep, |event| matches!(event, TalkEvent::VoteKept { .. }).then_some(()));
    }
    let align = Some(Align::Reward { loss: RewardLoss::default(), criterion: None });
    let tune = Some(Tune { dataset, task: TuneTask::Text, epochs: 0.0, align, ..Tune::default() });
    let config = RunConfig { tune, batch_size: 4, sample_every: 0, prompts: Vec::new(), ..config(0, 2) };
    engine.send(Command::Train(TrainCommand::StartRun { config, from: Some(from) }));
    until(engine, run_ended).1.unwrap()
}

#[test]
fn the_best_of_several_answers_is_the_one_that_the_judge_likes_best() {
    let (_place, engine, checkpoint) = model();
    let judge = reward_model(&engine, checkpoint);
    let (weights, asked) = (Weights::Checkpoint(checkpoint), Asked::Text("q1".into()));
    let one = answer(&engine, 1, weights, asked.clone(), 3).completion;
    let command = Command::Talk(TalkCommand::BestOf { job: 2, weights, asked: asked.clone(), request: request(3), n: 5, judge });
    let judged = |event: &TalkEvent| if let TalkEvent::Judged { answers, .. } = event { Some(answers.clone()) } else { None };
    let answers = talk(&engine, command.clone(), judged);
    assert_eq!(answers.len(), 5);
    assert!(answers.is_sorted_by(|a, b| a.reward >= b.reward) && answers.iter().all(|it| it.reward.is_finite()));
    assert!(answers[0].reward > answers[4].reward, "the judge tells them apart: {answers:?}");
    assert!(answers.iter().any(|it| it.text == one), "the answer that would be drawn alone is among them");
    assert_eq!(talk(&engine, command, judged), answers, "the same seed, the same answers");
    engine.send(Command::Talk(TalkCommand::BestOf { job: 9, weights, asked, request: request(3), n: 2, judge: checkpoint }));
    let failure = super::runs::engine_failure(&engine, 9);
    assert!(failure.contains("is no reward model"), "{failure}");
}

#[test]
fn a_conversation_becomes_a_row_and_a_choice_becomes_a_vote() {
    let place = super::place();
    let engine = start(&place.path, true);
    let it = conversation();
    let path = it.path();
    let turns = it.read(path.last().copied(), 0);
    let keep = |dataset, name: &str| Command::Keep(KeepCommand::KeepRow { dataset, name: name.into(), turns: turns.clone() });
    let kept = |event: &TalkEvent| if let TalkEvent::RowKept { dataset, row } = event { Some((*dataset, *row)) } else { None };
    let (dataset, _) = talk(&engine, keep(None, "Kept chats"), kept);
    let (again, row) = talk(&engine, keep(Some(dataset), ""), kept);
    assert_eq!(again, dataset);
    let info = library(&engine).datasets.into_iter().find(|it| it.id == dataset).unwrap();
    assert_eq!((info.name.as_str(), info.schema, info.rows, info.labelled), ("Kept chats", Schema::Messages, 2, 2));
    engine.send(Command::Label(LabelCommand::LoadExamples { dataset, query: ExampleQuery::default(), offset: 0, limit: 9 }));
    let page = until(&engine, |event| if let Event::Examples { page, .. } = event { Some(page.clone()) } else { None });
    let last = page.rows.iter().find(|known| known.row == row).unwrap();
    let Content::Chat(chat) = &last.example.content else { panic!("a chat") };
    assert_eq!(chat.messages, turns);
    // Into a form that has other words for the speakers.
    let lines = [r#"{"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}"#.to_owned()];
    let shared = import(&engine, &place, Schema::Conversations, &["conversations"], &lines);
    let (_, row) = talk(&engine, keep(Some(shared), ""), kept);
    engine.send(Command::Label(LabelCommand::LoadExamples {
        dataset: shared,
        query: ExampleQuery::default(),
        offset: 0,
        limit: 9,
    }));
    let page = until(&engine, |event| match event {
        Event::Examples { dataset, page, .. } if *dataset == shared => Some(page.clone()),
        _ => None,
    });
    let Content::Chat(chat) = &page.rows.iter().find(|known| known.row == row).unwrap().example.content else { panic!("a chat") };
    assert_eq!((chat.messages[1].spelling.as_str(), chat.messages[1].role), ("human", Role::User));

    let candidate = |text: &str| Candidate { text: text.into(), origin: Origin::Written };
    let question = Question {
        prompt: Side::Messages(it.read(path.first().copied(), 0)),
        candidates: vec![candidate("By the river."), candidate("In the red house.")],
        repeats: None,
    };
    let vote = Vote::of(Verdict::Ranked { ranks: vec![1, 2], strength: None }, 2);
    let keep = Command::Keep(KeepCommand::KeepVote {
        dataset: None,
        name: "Chat preferences".into(),
        question: Box::new(question.clone()),
        vote: Box::new(vote.clone()),
        annotator: "ann".into(),
    });
    let votes = talk(&engine, keep, |event| if let TalkEvent::VoteKept { dataset, .. } = event { Some(*dataset) } else { None });
    engine.send(Command::Feedback(FeedbackCommand::LoadQuestions {
        dataset: votes,
        query: QuestionQuery::default(),
        offset: 0,
        limit: 5,
    }));
    let page = until(&engine, |event| match event {
        Event::Feedback(FeedbackEvent::Questions { page, .. }) => Some(page.clone()),
        _ => None,
    });
    assert_eq!(page.rows[0].question, question);
    assert_eq!(library(&engine).datasets.into_iter().find(|it| it.id == votes).unwrap().votes, 1);
}
