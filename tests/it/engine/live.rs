//! The live loop, replays, judged answers and duels through the engine: clicks in, weights out, over a stop and a resume.

use super::runs::{config, ready, run_ended, run_started};
use super::{Engine, Place, library, start, until};

use lyceum::config::{Align, Judge, RunConfig, Tune, first_align};
use lyceum::data::supervised::{Side, Split};
use lyceum::engine::align::{AlignCommand, AlignEvent, Effect, Replayed};
use lyceum::engine::command::{ImportCommand, Mapping, Schema, TrainCommand};
use lyceum::engine::event::RunState;
use lyceum::engine::feedback::{Ballot, FeedbackCommand, FeedbackEvent};
use lyceum::engine::judged::{BestReport, BestWish, DrawWish, DuelWish, Keep};
use lyceum::engine::{Command, Event};
use lyceum::feedback::{Candidate, FeedbackSettings, Origin, Question, RuleSet, Verdict, Vote};
use lyceum::state::rounds::{Rounds, RoundsPlan};
use lyceum::train::PreferenceLoss;

/// A checkpoint of a few steps that can read short prompts.
fn trunk(engine: &Engine, corpus: i64) -> i64 {
    let mut config = config(corpus, 3);
    config.dims.context = 48;
    engine.send(Command::Train(TrainCommand::StartRun { config, from: None }));
    until(engine, run_ended).1.unwrap()
}

fn live(dataset: i64) -> RunConfig {
    let align = Align::Live { loss: PreferenceLoss::default(), steps: 3, replay: 4 };
    let mut config = first_align(align, Tune { dataset, ..Tune::default() }, 10_000, 1);
    (config.lr, config.threads, config.sample_tokens, config.checkpoint_every_s) = (5e-3, 2, 4, 0);
    // The second is longer than the model reads: its beginning is cut away, and the others keep their places.
    config.prompts = vec!["a cat".into(), "far too long a prompt ".repeat(9), "a dog".into()];
    config
}

/// A collection with questions of two answers.
fn questions(engine: &Engine, n: usize) -> (i64, Vec<(i64, Question)>) {
    let create = FeedbackCommand::Create { name: "v".into(), schema: Schema::Preference, settings: FeedbackSettings::default() };
    engine.send(Command::Feedback(create));
    let dataset =
        until(
            engine,
            |event| {
                if let Event::Feedback(FeedbackEvent::State { dataset, .. }) = event { Some(*dataset) } else { None }
            },
        );
    let asked = |i: usize| Question {
        prompt: Side::Text(format!("ask {i}")),
        candidates: ["the red cat", "mat sat on"]
            .map(|text| Candidate { text: format!("{text} {i}"), origin: Origin::Imported })
            .to_vec(),
        repeats: None,
    };
    let all: Vec<Question> = (0..n).map(asked).collect();
    engine.send(Command::Feedback(FeedbackCommand::Add { dataset, questions: all.clone() }));
    let ids = until(engine, |event| {
        if let Event::Feedback(FeedbackEvent::Added { questions, .. }) = event { Some(questions.clone()) } else { None }
    });
    (dataset, ids.into_iter().zip(all).collect())
}

fn effect(event: &Event) -> Option<Effect> {
    if let Event::Align(AlignEvent::Effect { effect, .. }) = event { Some((**effect).clone()) } else { None }
}

/// A vote on the disk, then in the weights.
fn click(engine: &Engine, dataset: i64, (question, asked): &(i64, Question), first: bool) -> Effect {
    let ranks = if first { vec![1, 2] } else { vec![2, 1] };
    let vote = Vote::of(Verdict::Ranked { ranks, strength: None }, 2);
    let ballot = Ballot { dataset, question: *question, annotator: "ann".into(), vote: vote.clone() };
    engine.send(Command::Feedback(FeedbackCommand::Vote(ballot)));
    let done =
        until(engine, |event| if let Event::Feedback(FeedbackEvent::Voted { done, .. }) = event { done.clone() } else { None });
    let asked = Box::new(asked.clone());
    let (annotator, vote) = ("ann".to_owned(), Box::new(vote));
    engine.send(Command::Align(AlignCommand::Click { event: done.first, question: *question, asked, annotator, vote }));
    until(engine, effect)
}

fn stop(engine: &Engine) -> i64 {
    engine.send(Command::Train(TrainCommand::Stop));
    let (state, checkpoint) = until(engine, run_ended);
    assert_eq!(state, RunState::Stopped);
    checkpoint.unwrap()
}

fn weights(engine: &Engine, checkpoint: i64) -> Vec<f32> {
    let rows = library(engine).checkpoints;
    let row = rows.iter().find(|row| row.id == checkpoint).unwrap();
    lyceum::formats::load_folder(&row.path).unwrap().model.weights
}

fn replayed(engine: &Engine, run: i64) -> Replayed {
    engine.send(Command::Align(AlignCommand::Replay { job: 70, run }));
    until(engine, |event| {
        if let Event::Align(AlignEvent::Replayed { job: 70, replayed }) = event { Some((**replayed).clone()) } else { None }
    })
}

#[test]
fn clicks_outlive_a_stop_and_are_taken_back_to_the_same_bits() {
    let (place, engine, corpus) = ready();
    let from = trunk(&engine, corpus);
    let (dataset, asked) = questions(&engine, 4);
    engine.send(Command::Train(TrainCommand::StartRun { config: live(dataset), from: Some(from) }));
    let run = until(&engine, run_started);
    let first = click(&engine, dataset, &asked[0], true);
    assert!(first.chosen.1 - first.rejected.1 > first.chosen.0 - first.rejected.0, "{first:?}");
    assert_eq!(first.samples.len(), 3);
    assert_eq!((first.samples[0].0.as_str(), first.samples[2].0.as_str()), ("a cat", "a dog"));
    click(&engine, dataset, &asked[1], false);
    let two = stop(&engine);
    let after_two = weights(&engine, two);

    // The next day: two more clicks, then both are taken back, the earlier one of them first.
    drop(engine);
    let engine = start(&place.path, false);
    engine.send(Command::Train(TrainCommand::ResumeRun { checkpoint: two }));
    until(&engine, run_started);
    let third = click(&engine, dataset, &asked[2], true);
    let fourth = click(&engine, dataset, &asked[3], true);
    assert_eq!((third.votes, fourth.votes), (3, 4));
    for event in [third.event, fourth.event] {
        engine.send(Command::Align(AlignCommand::TakeBack { event }));
        let back = until(&engine, |it| effect(it).filter(|effect| effect.taken_back));
        assert_eq!(back.event, event);
    }
    let again = stop(&engine);
    assert!(weights(&engine, again) == after_two, "taken back within the session");

    // After a further resume there is no snapshot of before the second click: it is learnt anew without it.
    engine.send(Command::Train(TrainCommand::ResumeRun { checkpoint: again }));
    until(&engine, run_started);
    let second = {
        let path = place.path.join("runs").join(run.to_string()).join("clicks.jsonl");
        let text = std::fs::read_to_string(path).unwrap();
        let events: Vec<i64> =
            text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["event"].as_i64()).collect();
        events[1]
    };
    engine.send(Command::Align(AlignCommand::TakeBack { event: second }));
    let back = until(&engine, |it| effect(it).filter(|effect| effect.taken_back));
    assert_eq!((back.votes, back.event), (1, second), "told when the first is learnt anew");
    let one = stop(&engine);

    // Exactly what a run that was told the first click alone has.
    engine.send(Command::Train(TrainCommand::StartRun { config: live(dataset), from: Some(from) }));
    let fresh = until(&engine, run_started);
    let vote = Vote::of(Verdict::Ranked { ranks: vec![1, 2], strength: None }, 2);
    let (question, asked_first) = asked[0].clone();
    engine.send(Command::Align(AlignCommand::Click {
        event: first.event,
        question,
        asked: Box::new(asked_first),
        annotator: "ann".into(),
        vote: Box::new(vote),
    }));
    until(&engine, effect);
    let same = stop(&engine);
    assert!(weights(&engine, one) == weights(&engine, same), "undone after a resume, to the bit");
    assert!(weights(&engine, one) != after_two);

    // Told again from the list of events, both runs come out the same.
    for (run, votes) in [(run, 1), (fresh, 1)] {
        let told = replayed(&engine, run);
        assert!(told.is_same() && told.weights > 1000, "{}", told.sentence());
        assert_eq!((told.votes, told.strayed), (votes, 0), "{told:?}");
    }
    assert_eq!(replayed(&engine, run).taken_back, 3);
}

#[test]
fn a_click_that_no_checkpoint_has_seen_is_learnt_when_the_run_goes_on() {
    let (place, engine, corpus) = ready();
    let from = trunk(&engine, corpus);
    let (dataset, asked) = questions(&engine, 2);
    engine.send(Command::Train(TrainCommand::StartRun { config: live(dataset), from: Some(from) }));
    let run = until(&engine, run_started);
    click(&engine, dataset, &asked[0], true);
    engine.send(Command::Train(TrainCommand::SaveCheckpoint));
    let early =
        until(&engine, |event| if let Event::CheckpointSaved { checkpoint, .. } = event { Some(*checkpoint) } else { None });
    click(&engine, dataset, &asked[1], false);
    let late = stop(&engine);
    let wanted = weights(&engine, late);
    // As after a power cut: on from the earlier checkpoint, with what was clicked since.
    engine.send(Command::Train(TrainCommand::ResumeRun { checkpoint: early }));
    until(&engine, run_started);
    let told = until(&engine, effect);
    assert_eq!(told.votes, 2);
    let again = stop(&engine);
    assert!(weights(&engine, again) == wanted);
    assert!(replayed(&engine, run).is_same());
    drop(place);
}

fn prompts(engine: &Engine, place: &Place, n: usize) -> i64 {
    let path = place.dir.path().join("prompts.jsonl");
    let lines: Vec<String> = (0..n).map(|i| format!("{{\"prompt\": \"say {i}\"}}")).collect();
    std::fs::write(&path, lines.join("\n")).unwrap();
    let columns = vec![("prompt".to_owned(), "prompt".to_owned())];
    let mapping = Mapping::new(Schema::Prompts, columns);
    engine.send(Command::Import(ImportCommand::ImportFile { job: 9, path, mapping, name: "prompts".into() }));
    until(engine, |event| if let Event::Imported { job: 9, dataset, .. } = event { Some(*dataset) } else { None })
}

fn draw(dataset: i64, rules: &str) -> DrawWish {
    let rules = RuleSet::parse(rules).unwrap();
    DrawWish {
        dataset,
        split: Split::Train,
        most: 40,
        judges: vec![Judge::Rules { rules, weight: 1.0 }],
        max_tokens: 8,
        temperature: 1.0,
        seed: 1,
        missing_end: 0.0,
    }
}

fn best(event: &Event) -> Option<BestReport> {
    if let Event::Align(AlignEvent::Best { best, .. }) = event { Some((**best).clone()) } else { None }
}

#[test]
fn the_best_answers_become_rows_to_learn() {
    let (place, engine, corpus) = ready();
    let from = trunk(&engine, corpus);
    let dataset = prompts(&engine, &place, 40);
    // What an untrained model writes now and then.
    let wish = BestWish {
        draw: draw(dataset, "pattern [aeiou]; pattern [xyz] * 0.5"),
        checkpoint: from,
        n: 6,
        keep: Keep { top: 2, at_least: Some(1.0) },
        into: Some("kept".into()),
    };
    engine.send(Command::Align(AlignCommand::Best { job: 30, wish: Box::new(wish.clone()) }));
    let report = until(&engine, best);
    assert_eq!((report.answers, report.rewards.len() as u64), (report.prompts * 6, report.prompts));
    assert!(report.kept > 0 && report.kept_mean >= 1.0 && report.best >= report.mean, "{report:?}");
    assert_eq!(report.parts.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["pattern", "pattern 2"]);
    let made = library(&engine).datasets.into_iter().find(|row| Some(row.id) == report.dataset).unwrap();
    assert_eq!((made.name.as_str(), made.rows, made.schema), ("kept", report.kept, Schema::PromptCompletion));
    // The same wish, the same answers; a threshold that nothing reaches is refused and leaves nothing.
    engine.send(Command::Align(AlignCommand::Best { job: 31, wish: Box::new(BestWish { into: None, ..wish.clone() }) }));
    assert_eq!(until(&engine, best).rewards, report.rewards);
    let none = BestWish { keep: Keep { top: 1, at_least: Some(99.0) }, ..wish };
    engine.send(Command::Align(AlignCommand::Best { job: 32, wish: Box::new(none) }));
    let said =
        until(&engine, |event| if let Event::JobFailed { job: 32, message } = event { Some(message.clone()) } else { None });
    assert!(said.contains("99") && said.contains("ask for less"), "{said}");
}

#[test]
fn rounds_of_drawing_and_learning_raise_the_reward_on_prompts_kept_aside() {
    let (place, engine, corpus) = ready();
    let from = trunk(&engine, corpus);
    let dataset = prompts(&engine, &place, 60);
    let plan = RoundsPlan {
        name: "letters".into(),
        start: from,
        draw: DrawWish { most: 60, ..draw(dataset, "pattern [a-z].*[a-z]") },
        n: 8,
        keep: Keep { top: 1, at_least: Some(1.0) },
        rounds: 2,
        epochs: 6.0,
        rate: 4.0,
        measured: 40,
        n_params: 10_000,
    };
    let (mut rounds, ask) = Rounds::begin(plan, 100, 0.0);
    engine.send(ask);
    let mut job = 100;
    while !rounds.is_over() {
        let event = engine.wait(super::PATIENCE).expect("no event in a long time");
        job += 1;
        for ask in rounds.came(&event, || job, 0.0) {
            engine.send(ask);
        }
    }
    let result = &rounds.result;
    assert_eq!((result.ended.as_deref(), result.rounds.len()), (None, 2), "{result:?}");
    let (first, last) = (&result.rounds[0], &result.rounds[1]);
    assert!(last.after > first.before + 0.15 && last.win_rate > 0.55, "{result:?}");
    assert!((last.before - first.after).abs() < 1e-12 && first.checkpoint != last.checkpoint);

    // The last against the start, on the same prompts: the duel says so, too.
    let wish = DuelWish {
        draw: DrawWish { split: Split::Validation, ..draw(dataset, "pattern [a-z].*[a-z]") },
        checkpoint: last.checkpoint.unwrap(),
        against: Some(from),
    };
    engine.send(Command::Align(AlignCommand::Duel { job: 99, wish: Box::new(wish) }));
    let duel = until(&engine, |event| {
        if let Event::Align(AlignEvent::Duelled { job: 99, duel }) = event { Some((**duel).clone()) } else { None }
    });
    assert!(duel.rate > 0.5 && duel.wins + duel.ties + duel.losses == duel.prompts, "{duel:?}");
    assert!(duel.rewards.0 > duel.rewards.1);
    // Nothing to hold a start checkpoint of its own against.
    let wish = DuelWish { draw: draw(dataset, "ends"), checkpoint: from, against: None };
    engine.send(Command::Align(AlignCommand::Duel { job: 98, wish: Box::new(wish) }));
    let said =
        until(&engine, |event| if let Event::JobFailed { job: 98, message } = event { Some(message.clone()) } else { None });
    assert!(said.contains("started from no other"), "{said}");
}

#[test]
fn two_votes_are_refused_plainly_and_thumbs_alone_are_learnt_by_kto() {
    let (place, engine, corpus) = ready();
    let from = trunk(&engine, corpus);
    let (dataset, asked) = questions(&engine, 2);
    for (question, _) in &asked {
        let vote = Vote::of(Verdict::Ranked { ranks: vec![1, 2], strength: None }, 2);
        let ballot = Ballot { dataset, question: *question, annotator: "ann".into(), vote };
        engine.send(Command::Feedback(FeedbackCommand::Vote(ballot)));
    }
    let prefer = |dataset: i64, loss: PreferenceLoss| {
        let mut config = first_align(Align::Prefer { loss }, Tune { dataset, ..Tune::default() }, 10_000, 20);
        (config.threads, config.checkpoint_every_s) = (2, 0);
        config
    };
    engine.send(Command::Train(TrainCommand::StartRun { config: prefer(dataset, PreferenceLoss::default()), from: Some(from) }));
    let said = until(&engine, |event| if let Event::Refused { message, .. } = event { Some(message.clone()) } else { None });
    assert!(said.contains("nothing can be learnt but themselves") && !said.contains("0 steps"), "{said}");

    // A file of answers, each liked or not: no pair in it, and KTO needs none.
    let path = place.dir.path().join("thumbs.jsonl");
    let line = |i: usize| format!("{{\"prompt\": \"say {i}\", \"completion\": \"it {i}\", \"label\": {}}}", i.is_multiple_of(2));
    std::fs::write(&path, (0..30).map(line).collect::<Vec<_>>().join("\n")).unwrap();
    let columns = ["prompt", "completion", "label"].map(|part| (part.to_owned(), part.to_owned())).to_vec();
    let mapping = Mapping::new(Schema::Unpaired, columns);
    engine.send(Command::Import(ImportCommand::ImportFile { job: 9, path, mapping, name: "thumbs".into() }));
    let thumbs = until(&engine, |event| if let Event::Imported { job: 9, dataset, .. } = event { Some(*dataset) } else { None });
    let kto = PreferenceLoss::Kto { beta: 0.1, desirable_weight: 1.0, undesirable_weight: 1.0 };
    engine.send(Command::Train(TrainCommand::StartRun { config: prefer(thumbs, kto), from: Some(from) }));
    let (state, checkpoint) = until(&engine, run_ended);
    assert_eq!(state, RunState::Finished);
    assert!(weights(&engine, checkpoint.unwrap()) != weights(&engine, from));
    // Pairs are another matter: every answer has a prompt of its own.
    engine.send(Command::Train(TrainCommand::StartRun { config: prefer(thumbs, PreferenceLoss::default()), from: Some(from) }));
    let said = until(&engine, |event| if let Event::Refused { message, .. } = event { Some(message.clone()) } else { None });
    assert!(said.contains("judged alone"), "{said}");
}
