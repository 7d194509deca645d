//! Questions and votes in a project: every vote is an event, undo and redo are events, people and sides are kept apart.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lyceum::data::supervised::{Side, Split};
use lyceum::engine::command::Schema;
use lyceum::engine::feedback::{Ballot, FeedbackCommand, FeedbackEvent, QuestionFilter, QuestionQuery, Voted};
use lyceum::engine::labelling::AnnotationWay;
use lyceum::engine::{Command, Engine, Event};
use lyceum::feedback::{Candidate, FeedbackSettings, Origin, Question, SplitBy, Strength, Verdict, Vote};
use lyceum::store::{Project, StoreError};
use proptest::prelude::*;

const ANN: &str = "Ann";
const BO: &str = "Bo";

fn question(prompt: &str, answers: &[&str]) -> Question {
    let candidates = answers.iter().map(|text| Candidate { text: (*text).to_owned(), origin: Origin::Written }).collect();
    Question { prompt: Side::Text(prompt.to_owned()), candidates, repeats: None }
}

fn ranked(ranks: &[u32]) -> Vote {
    Vote::of(Verdict::Ranked { ranks: ranks.to_vec(), strength: Some(Strength::Clearly) }, ranks.len())
}

struct Place {
    dir: tempfile::TempDir,
    project: Project,
    dataset: i64,
    questions: Vec<i64>,
}

/// A project with questions of two answers each.
fn asked(n: usize) -> Place {
    let dir = tempfile::tempdir().unwrap();
    let mut project = Project::create(&dir.path().join("x.lyceum")).unwrap();
    let dataset = project.create_feedback("Votes", Schema::Preference, &FeedbackSettings::default()).unwrap();
    let all: Vec<Question> = (0..n).map(|i| question(&format!("Prompt {i}"), &["yes", "no"])).collect();
    let questions = project.add_questions(dataset, &all).unwrap();
    Place { dir, project, dataset, questions }
}

impl Place {
    fn vote(&mut self, question: usize, annotator: &str, vote: &Vote) -> Voted {
        self.project.vote(self.dataset, self.questions[question], annotator, vote).unwrap()
    }

    /// Votes that stand, by question and person.
    fn now(&self) -> BTreeMap<(i64, String), Vote> {
        let votes = self.project.votes(self.dataset, None).unwrap();
        votes.into_iter().map(|vote| ((vote.id, vote.annotator), vote.vote)).collect()
    }

    fn page(&self, filter: QuestionFilter, annotator: Option<&str>) -> Vec<i64> {
        let query = QuestionQuery { filter, annotator: annotator.map(Into::into), ..QuestionQuery::default() };
        let page = self.project.questions(self.dataset, &query, 0, 100).unwrap();
        assert_eq!(page.total as usize, page.rows.len());
        page.rows.iter().map(|row| row.id).collect()
    }
}

#[test]
fn undo_and_redo_walk_through_all_votes() {
    let mut place = asked(3);
    let mut states = vec![place.now()];
    for (question, ranks) in [(0, [1, 2]), (1, [1, 2]), (1, [2, 1]), (2, [1, 1]), (0, [2, 1])] {
        place.vote(question, ANN, &ranked(&ranks));
        states.push(place.now());
    }
    place.vote(0, BO, &Vote::of(Verdict::Skipped, 2));
    let bo = |states: &BTreeMap<(i64, String), Vote>| states.keys().filter(|(_, who)| who == BO).count();
    let anns = |place: &Place| place.now().into_iter().filter(|((_, who), _)| who == ANN).collect::<BTreeMap<_, _>>();
    for state in states.iter().rev().skip(1) {
        assert!(place.project.undo_vote(place.dataset, ANN).unwrap().is_some());
        assert_eq!(&anns(&place), state);
    }
    assert_eq!(bo(&place.now()), 1, "another's vote stands");
    assert!(place.project.undo_vote(place.dataset, ANN).unwrap().is_none(), "nothing is left");
    for state in states.iter().skip(1) {
        assert!(place.project.redo_vote(place.dataset, ANN).unwrap().is_some());
        assert_eq!(&anns(&place), state);
    }
    assert!(place.project.redo_vote(place.dataset, ANN).unwrap().is_none());
    let made = place.vote(1, ANN, &ranked(&[1, 1]));
    let undone = place.project.undo_vote(place.dataset, ANN).unwrap().unwrap();
    assert!(made.first == made.event && undone.first == made.event && undone.event > made.event);
    place.vote(2, ANN, &ranked(&[2, 1]));
    assert!(place.project.redo_vote(place.dataset, ANN).unwrap().is_none(), "something new was done since");
}

/// What stands, from the events alone.
fn replayed(place: &Place) -> BTreeMap<(i64, String), Vote> {
    let mut standing = BTreeMap::new();
    for event in place.project.vote_events_in_order(place.dataset).unwrap() {
        let key = (event.question, event.annotator);
        match event.vote {
            Some(vote) => standing.insert(key, vote),
            None => standing.remove(&key),
        };
    }
    standing
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_events_alone_give_what_stands(steps in prop::collection::vec((0_u8..4, 0_usize..3, 1_u32..3, any::<bool>()), 0..25)) {
        let mut place = asked(3);
        for (what, question, rank, first) in steps {
            let who = if first { ANN } else { BO };
            match what {
                0 => { place.project.undo_vote(place.dataset, who).unwrap(); }
                1 => { place.project.redo_vote(place.dataset, who).unwrap(); }
                _ => { place.vote(question, who, &ranked(&[rank, 1])); }
            }
            prop_assert_eq!(replayed(&place), place.now());
        }
    }
}

#[test]
fn queues_know_who_voted_on_what() {
    let mut place = asked(4);
    let waiting = place.project.add_questions(place.dataset, &[question("Waits", &[])]).unwrap();
    let all = place.questions.clone();
    place.vote(0, ANN, &ranked(&[1, 2]));
    place.vote(1, ANN, &Vote { flagged: true, ..Vote::of(Verdict::Skipped, 2) });
    place.vote(0, BO, &ranked(&[1, 1]));
    assert_eq!(place.page(QuestionFilter::ToVote, Some(ANN)), all[2..]);
    assert_eq!(place.page(QuestionFilter::ToVote, Some(BO)), all[1..]);
    assert_eq!(place.page(QuestionFilter::ToVote, None), all[2..]);
    assert_eq!(place.page(QuestionFilter::Voted, Some(ANN)), all[..1]);
    assert_eq!(place.page(QuestionFilter::Skipped, Some(ANN)), all[1..2]);
    assert_eq!(place.page(QuestionFilter::Flagged, None), all[1..2]);
    assert_eq!(place.page(QuestionFilter::NoAnswers, None), waiting);
    let query = QuestionQuery { search: "PROMPT 3".into(), ..QuestionQuery::default() };
    assert_eq!(place.project.questions(place.dataset, &query, 0, 9).unwrap().rows[0].id, all[3]);
    let progress = place.project.feedback_progress(place.dataset).unwrap();
    assert_eq!((progress.questions, progress.no_answers, progress.voted, progress.votes), (5, 1, 1, 3));
    assert_eq!((progress.ties, progress.skipped, progress.flagged, progress.pairs), (1, 1, 1, 1));
    assert_eq!(progress.by_annotator, BTreeMap::from([(ANN.to_owned(), 2), (BO.to_owned(), 1)]));
    let info = place.project.dataset(place.dataset).unwrap();
    assert_eq!((info.rows, info.questions, info.votes), (5, 5, 3));
}

#[test]
fn one_prompt_is_never_on_both_sides() {
    let mut place = asked(60);
    let more: Vec<Question> = (0..60).map(|i| question(&format!("Prompt {i}"), &["perhaps", "never"])).collect();
    place.project.add_questions(place.dataset, &more).unwrap();
    let sides = |place: &Place| {
        let mut sides: BTreeMap<String, Vec<Split>> = BTreeMap::new();
        for asked in place.project.all_questions(place.dataset).unwrap() {
            sides.entry(lyceum::feedback::side_text(&asked.question.prompt)).or_default().push(asked.split);
        }
        sides
    };
    let before = sides(&place);
    assert!(before.values().all(|both| both.len() == 2 && both[0] == both[1]));
    let held = |sides: &BTreeMap<String, Vec<Split>>| sides.values().filter(|both| both[0] == Split::Validation).count();
    assert!((4..24).contains(&held(&before)), "{}", held(&before));
    let settings = FeedbackSettings { held_out: 0.5, ..FeedbackSettings::default() };
    place.project.set_feedback_settings(place.dataset, &settings).unwrap();
    let after = sides(&place);
    assert!(held(&after) > held(&before) && after.values().all(|both| both[0] == both[1]));
    let by_answers = FeedbackSettings { split_by: SplitBy::Answers, ..settings };
    place.project.set_feedback_settings(place.dataset, &by_answers).unwrap();
    assert!(sides(&place).values().any(|both| both[0] != both[1]));
    let held = place.project.votes(place.dataset, Some(Split::Validation)).unwrap();
    assert!(held.is_empty(), "nobody voted yet");
}

#[test]
fn a_vote_that_cannot_be_changes_nothing() {
    let mut place = asked(2);
    for vote in [ranked(&[1]), ranked(&[0, 1]), Vote { order: vec![1, 1], ..ranked(&[1, 2]) }] {
        let error = place.project.vote(place.dataset, place.questions[0], ANN, &vote).unwrap_err();
        assert!(matches!(error, StoreError::Feedback { .. }), "{error}");
    }
    let missing = place.project.vote(place.dataset + 1, place.questions[0], ANN, &ranked(&[1, 2]));
    assert!(matches!(missing, Err(StoreError::Missing { .. })));
    let ballot = |question, vote| Ballot { dataset: place.dataset, question, annotator: ANN.into(), vote };
    let ballots = [ballot(place.questions[0], ranked(&[1, 2])), ballot(place.questions[1], ranked(&[1, 2, 3]))];
    assert!(place.project.vote_all(&ballots).is_err());
    assert!(place.now().is_empty() && place.project.vote_events_in_order(place.dataset).unwrap().is_empty());
    let ten = question("Too many", &["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
    assert!(place.project.add_questions(place.dataset, &[question("Fine", &["a"]), ten]).is_err());
    assert_eq!(place.project.all_questions(place.dataset).unwrap().len(), 2);
}

#[test]
fn votes_are_on_the_disk_when_they_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.lyceum");
    let engine = Engine::start(path.clone(), true, Arc::new(|| ()));
    let until = |pick: &dyn Fn(FeedbackEvent) -> Option<i64>| loop {
        if let Event::Feedback(event) = engine.wait(Duration::from_mins(1)).expect("an answer within a minute")
            && let Some(found) = pick(event)
        {
            return found;
        }
    };
    let settings = FeedbackSettings::default();
    let create = FeedbackCommand::Create { name: "Votes".into(), schema: Schema::Preference, settings };
    engine.send(Command::Feedback(create));
    let dataset = until(&|event| if let FeedbackEvent::State { dataset, .. } = event { Some(dataset) } else { None });
    engine.send(Command::Feedback(FeedbackCommand::Add { dataset, questions: vec![question("p", &["a", "b"])] }));
    let question = until(&|event| if let FeedbackEvent::Added { questions, .. } = event { Some(questions[0]) } else { None });
    let ballot = Ballot { dataset, question, annotator: ANN.into(), vote: ranked(&[2, 1]) };
    engine.send(Command::Feedback(FeedbackCommand::Vote(ballot)));
    let made = until(&|event| {
        let FeedbackEvent::Voted { way: AnnotationWay::Made, done: Some(done), .. } = event else { return None };
        Some(done.event)
    });
    // As a program that is killed now would leave it: the database is read beside the writer.
    let db = rusqlite::Connection::open(path.join("project.db")).unwrap();
    let stored: (i64, String) =
        db.query_row("SELECT id, annotator FROM vote_events", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    assert_eq!(stored, (made, ANN.to_owned()));
    let standing: i64 = db.query_row("SELECT event FROM votes", [], |row| row.get(0)).unwrap();
    assert_eq!(standing, made);
    engine.send(Command::Feedback(FeedbackCommand::Undo { dataset, annotator: ANN.into() }));
    until(&|event| if let FeedbackEvent::Voted { way: AnnotationWay::Undone, .. } = event { Some(0) } else { None });
    let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!((count("SELECT count(*) FROM votes"), count("SELECT count(*) FROM vote_events")), (0, 2));
}

#[test]
fn an_import_that_broke_off_leaves_no_questions() {
    let place = asked(2);
    let path = place.project.paths().root().to_path_buf();
    let Place { dir: _dir, project, .. } = place;
    drop(project);
    let db = rusqlite::Connection::open(path.join("project.db")).unwrap();
    db.execute("UPDATE datasets SET filling = 1", []).unwrap();
    drop(db);
    let (project, _) = Project::open(&path).unwrap();
    assert!(project.datasets().unwrap().is_empty());
    drop(project);
    let db = rusqlite::Connection::open(path.join("project.db")).unwrap();
    let left: i64 = db.query_row("SELECT count(*) FROM questions", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}
