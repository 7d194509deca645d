//! The Rank page's state from outside: which prompts are asked, which question comes next, and what happens when nothing comes.

use lyceum::data::supervised::Side;
use lyceum::engine::command::{AlignCommand, ImportCommand, JobId, LabelSource, ModelSource, Schema, SurveyCommand};
use lyceum::engine::event::{AlignEvent, AnnotationWay, DatasetInfo, Library};
use lyceum::engine::feedback::{
    FeedbackCommand, FeedbackEvent, FeedbackForm, FeedbackState, QuestionFilter, QuestionPage, QuestionQuery, QuestionRow, Voted,
};
use lyceum::engine::survey::{SurveyEvent, SurveyTaken};
use lyceum::engine::{Command, Event};
use lyceum::feedback::{Candidate, FeedbackSettings, Origin, Question, SurveyWish, Verdict, Vote};
use lyceum::state::rank::{Asking, RankAction};
use lyceum::state::rank_asking::AskNext;
use lyceum::state::{Action, AppState, Effect, PickPurpose};

use crate::state::opened;

const VOTES: i64 = 7;
const PROMPTS: i64 = 8;
const MODEL: i64 = 3;

pub fn question(prompt: &str, answers: &[&str]) -> Question {
    let of = |text: &&str| Candidate { text: (*text).to_owned(), origin: Origin::Imported };
    Question { prompt: Side::Text(prompt.to_owned()), candidates: answers.iter().map(of).collect(), repeats: None }
}

/// A collection of votes is open, with these prompts in a dataset.
pub fn asking(change: impl FnOnce(&mut Asking)) -> (AppState, Vec<Command>) {
    let mut state = opened();
    let dataset = |id, questions| DatasetInfo { schema: Schema::Preference, questions, ..crate::state::dataset(id) };
    state.handle(Event::Library(Library { datasets: vec![dataset(VOTES, 0), dataset(PROMPTS, 9)], ..Library::default() }));
    let mut asking = Asking { checkpoints: vec![MODEL], prompts: Some(PROMPTS), answers: 2, max_tokens: 8, ..Asking::default() };
    change(&mut asking);
    let mut sent = state.apply(Action::Rank(RankAction::Ask(asking)));
    sent.extend(state.apply(Action::Rank(RankAction::Open(VOTES))));
    sent.extend(feedback(&mut state, FeedbackEvent::State { dataset: VOTES, state: FeedbackState::default() }));
    sent.extend(unanswered(&mut state, &[]));
    (state, sent)
}

fn feedback(state: &mut AppState, event: FeedbackEvent) -> Vec<Command> {
    state.handle(Event::Feedback(event))
}

/// Questions of the collection that wait for a vote.
pub fn unanswered(state: &mut AppState, questions: &[(i64, Question)]) -> Vec<Command> {
    let row = |(id, question): &(i64, Question)| QuestionRow {
        id: *id,
        ordinal: 0,
        question: question.clone(),
        split: lyceum::data::supervised::Split::Train,
        votes: Vec::new(),
    };
    let page = QuestionPage { total: questions.len() as u64, rows: questions.iter().map(row).collect() };
    let query = QuestionQuery { filter: QuestionFilter::ToVote, ..QuestionQuery::default() };
    feedback(state, FeedbackEvent::Questions { dataset: VOTES, query, offset: 0, page })
}

fn prompts(state: &mut AppState, n: usize) -> Vec<Command> {
    let prompts = (0..n).map(|i| Side::Text(format!("row {i}"))).collect();
    feedback(state, FeedbackEvent::Prompts { dataset: PROMPTS, prompts })
}

/// Jobs and prompts of all draws among commands.
fn draws(commands: &[Command]) -> Vec<(JobId, String)> {
    let one = |command: &Command| match command {
        Command::Align(AlignCommand::Draw { job, prompt: Side::Text(text), .. }) => Some((*job, text.clone())),
        _ => None,
    };
    commands.iter().filter_map(one).collect()
}

fn texts(found: &[(JobId, String)]) -> Vec<&str> {
    found.iter().map(|(_, text)| text.as_str()).collect()
}

fn drawn(state: &mut AppState, (job, prompt): &(JobId, String), answers: &[&str]) -> Vec<Command> {
    let candidates = question("", answers).candidates;
    state.handle(Event::Align(AlignEvent::Drawn { job: *job, prompt: Side::Text(prompt.clone()), candidates }))
}

fn ranked() -> Vote {
    Vote::of(Verdict::Ranked { ranks: vec![1, 2], strength: None }, 2)
}

/// Votes on the question at hand and lets the librarian answer.
fn vote(state: &mut AppState) -> Vec<Command> {
    let id = state.rank.now.as_ref().unwrap().id;
    let mut commands = state.apply(Action::Rank(RankAction::Vote(ranked())));
    let sent = commands.iter().find_map(|command| match command {
        Command::Feedback(FeedbackCommand::Vote(ballot)) => Some(ballot.clone()),
        _ => None,
    });
    let ballot = sent.expect("a ballot");
    assert_eq!(ballot.question, id);
    commands.extend(voted(state, id, AnnotationWay::Made, Some(ballot.vote)));
    commands
}

fn voted(state: &mut AppState, question: i64, way: AnnotationWay, vote: Option<Vote>) -> Vec<Command> {
    let done = Some(Voted { event: 1, first: 1, question, vote });
    feedback(state, FeedbackEvent::Voted { dataset: VOTES, annotator: "me".to_owned(), way, done })
}

#[test]
fn typed_prompts_come_first_and_do_not_starve_the_others() {
    let (mut state, sent) = asking(|asking| "first\n\n second ".clone_into(&mut asking.typed));
    let mut all = draws(&sent);
    assert_eq!(texts(&all), ["first", "second"], "they need not wait for the dataset");
    let load = Command::Feedback(FeedbackCommand::LoadPrompts { dataset: PROMPTS, limit: 1000 });
    assert!(sent.contains(&load), "{sent:?}");
    all.extend(draws(&prompts(&mut state, 3)));
    for turn in 0..6 {
        let added = drawn(&mut state, &all[turn].clone(), &["yes", "no"]);
        assert!(added.iter().any(|command| matches!(command, Command::Feedback(FeedbackCommand::Add { .. }))));
        all.extend(draws(&feedback(&mut state, FeedbackEvent::Added { dataset: VOTES, questions: vec![100 + turn as i64] })));
        all.extend(draws(&vote(&mut state)));
    }
    let asked = texts(&all);
    assert_eq!(asked[..5], ["first", "second", "row 0", "row 1", "row 2"], "{asked:?}");
    assert_eq!(asked[5..8], ["first", "second", "row 0"], "then all come round again");
}

#[test]
fn a_collapsed_model_is_said_once_and_not_asked_for_ever() {
    let (mut state, _) = asking(|_| ());
    let mut waiting = draws(&prompts(&mut state, 30));
    let mut asked = 0;
    while let Some(draw) = waiting.pop() {
        asked += 1;
        assert!(asked < 20, "it never stops");
        waiting.extend(draws(&drawn(&mut state, &draw, &["the same"])));
    }
    assert!((8..12).contains(&asked), "{asked}");
    let dry = state.rank.dry.clone().unwrap();
    assert!(dry.contains("8 prompts in a row") && dry.contains("the same") && dry.contains("temperature"), "{dry}");
    assert!(state.notices.list().is_empty(), "no notice for each of them");
    let again = state.apply(Action::Rank(RankAction::Ask(state.rank.asking.clone())));
    assert!(state.rank.dry.is_none() && !again.is_empty(), "a person can have it tried again");
    let mut waiting = draws(&prompts(&mut state, 30));
    assert_eq!(waiting.len(), 3);
    drawn(&mut state, &waiting.pop().unwrap(), &["one", "other"]);
    assert!(state.rank.dry.is_none());
}

#[test]
fn a_draw_that_fails_leaves_its_prompt_out_and_the_next_is_asked() {
    let (mut state, _) = asking(|_| ());
    let mut waiting = draws(&prompts(&mut state, 4));
    assert_eq!(texts(&waiting), ["row 0", "row 1", "row 2"]);
    let (job, _) = waiting.remove(0);
    let next = draws(&state.handle(Event::JobFailed { job, message: "the prompt fills the context".to_owned() }));
    assert_eq!(texts(&next), ["row 3"], "the page does not stall");
    assert!(state.notices.list()[0].text.contains("“row 0” is left out: the prompt fills"));
    waiting.extend(next);
    let (job, _) = waiting.remove(0);
    let next = draws(&state.handle(Event::JobFailed { job, message: "the prompt fills the context".to_owned() }));
    assert_eq!(texts(&next), ["row 2"], "what failed is not asked again, what is left comes round");
    assert_eq!(state.notices.list().len(), 1);
}

#[test]
fn models_take_turns_where_there_are_fewer_answers() {
    let (mut state, _) = asking(|asking| (asking.checkpoints, asking.answers) = (vec![3, 4], 1));
    let sent = prompts(&mut state, 5);
    let source = |command: &Command| match command {
        Command::Align(AlignCommand::Draw { sources, n: 1, .. }) => Some(sources.clone()),
        _ => None,
    };
    let asked: Vec<_> = sent.iter().filter_map(source).flatten().collect();
    assert_eq!(asked.len(), 3);
    assert_ne!(asked[0], asked[1]);
    assert!(asked.contains(&ModelSource::Checkpoint(3)) && asked.contains(&ModelSource::Checkpoint(4)));
    let added = drawn(&mut state, &draws(&sent)[0].clone(), &["alone"]);
    assert!(matches!(&added[0], Command::Feedback(FeedbackCommand::Add { questions, .. }) if questions[0].candidates.len() == 1));
}

#[test]
fn the_most_different_and_the_least_sure_come_first() {
    let questions = [
        (1, question("first", &["a b c d", "a b c d e"])),
        (2, question("second", &["a b c d", "a b c d e"])),
        (3, question("third", &["a b c d", "a b c d", "quite another thing"])),
    ];
    let (mut state, _) = asking(|asking| asking.next = AskNext::MostDifferent);
    unanswered(&mut state, &questions);
    assert_eq!(state.rank.now.as_ref().unwrap().id, 1, "the first one came first: nothing was there to choose from");
    vote(&mut state);
    assert_eq!(state.rank.now.as_ref().unwrap().id, 3, "three answers are compared, too");

    let (mut state, _) = asking(|asking| (asking.next, asking.judge) = (AskNext::LeastSure, Some(5)));
    let sent = unanswered(&mut state, &questions);
    let rate = sent.iter().find_map(|command| match command {
        Command::Align(AlignCommand::Rate { job, checkpoint: 5, questions }) => Some((*job, questions.clone())),
        _ => None,
    });
    let (job, rated) = rate.expect("the reward model is asked");
    assert_eq!(rated.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [2, 3]);
    let rewards = vec![(2, vec![1.0, -1.0]), (3, vec![0.2, 0.1, -9.0])];
    state.handle(Event::Align(AlignEvent::Rated { job, rewards }));
    vote(&mut state);
    assert_eq!(state.rank.now.as_ref().unwrap().id, 3, "its best two are closest");
}

#[test]
fn a_reward_model_that_fails_does_not_stop_the_questions() {
    let (mut state, _) = asking(|asking| (asking.next, asking.judge) = (AskNext::LeastSure, Some(5)));
    let sent = unanswered(&mut state, &[(1, question("p", &["a", "b"])), (2, question("q", &["a", "b"]))]);
    let job = sent.iter().find_map(|command| match command {
        Command::Align(AlignCommand::Rate { job, .. }) => Some(*job),
        _ => None,
    });
    state.handle(Event::JobFailed { job: job.unwrap(), message: "Checkpoint 5 is no reward model".to_owned() });
    assert_eq!(state.rank.asking.next, AskNext::Random);
    assert!(state.notices.list()[0].text.contains("is no reward model"));
}

#[test]
fn what_is_asked_again_stands_the_other_way_round_even_after_a_restart() {
    let first = question("p", &["a", "b", "c"]);
    let (mut before, _) = asking(|_| ());
    unanswered(&mut before, &[(41, first.clone())]);
    let order = before.rank.now.as_ref().unwrap().order.clone();
    let (mut after, _) = asking(|_| ());
    unanswered(&mut after, &[(99, Question { repeats: Some(41), ..first })]);
    let swapped: Vec<usize> = order.into_iter().rev().collect();
    assert_eq!(after.rank.now.as_ref().unwrap().order, swapped);
}

#[test]
fn what_was_voted_before_this_start_can_be_taken_back_and_is_asked_again() {
    let (mut state, _) = asking(|_| ());
    unanswered(&mut state, &[(5, question("now", &["a", "b"]))]);
    state.apply(Action::Rank(RankAction::Undo));
    let sent = voted(&mut state, 4, AnnotationWay::Undone, None);
    let fetched = |command: &Command| matches!(command, Command::Feedback(FeedbackCommand::LoadQuestions { dataset: VOTES, .. }));
    assert!(sent.iter().any(fetched), "{sent:?}");
    unanswered(&mut state, &[(4, question("before", &["a", "b"])), (5, question("now", &["a", "b"]))]);
    assert_eq!((state.rank.now.as_ref().unwrap().id, state.rank.n_ready()), (4, 1));
}

#[test]
fn another_person_gets_questions_of_their_own() {
    let (mut state, _) = asking(|_| ());
    unanswered(&mut state, &[(5, question("p", &["a", "b"])), (6, question("q", &["a", "b"]))]);
    let sent = state.apply(Action::Rank(RankAction::SetAnnotator("bo".to_owned())));
    assert_eq!((state.label.annotator.as_str(), state.rank.now.is_none(), state.rank.n_ready()), ("bo", true, 0));
    let asked = sent.iter().any(|command| match command {
        Command::Feedback(FeedbackCommand::LoadQuestions { query, .. }) => query.annotator.as_deref() == Some("bo"),
        _ => false,
    });
    assert!(asked, "{sent:?}");
}

#[test]
fn criteria_can_be_changed_and_taken_back() {
    let (mut state, _) = asking(|_| ());
    let settings = FeedbackSettings { criteria: vec!["kind".to_owned()], ..FeedbackSettings::default() };
    let sent = state.apply(Action::Rank(RankAction::SaveSettings(settings.clone())));
    assert_eq!(sent, [Command::Feedback(FeedbackCommand::SaveSettings { dataset: VOTES, settings })]);
    let offer = state.notices.list().last().unwrap().id;
    let back = state.apply(Action::TakeOffer(offer));
    let before = FeedbackSettings::default();
    assert_eq!(back, [Command::Feedback(FeedbackCommand::SaveSettings { dataset: VOTES, settings: before })]);
}

#[test]
fn votes_and_questionnaires_go_where_a_person_says() {
    let (mut state, _) = asking(|_| ());
    state.take_effects();
    assert!(state.apply(Action::Rank(RankAction::Export(Some(FeedbackForm::Ranking)))).is_empty());
    assert_eq!(state.take_effects(), [Effect::Pick(PickPurpose::SaveVotes)]);
    let sent = state.apply(Action::Picked { purpose: PickPurpose::SaveVotes, path: Some("v.jsonl".into()) });
    assert!(
        matches!(
            &sent[0],
            Command::Import(ImportCommand::ExportFeedback { dataset: VOTES, form: Some(FeedbackForm::Ranking), .. })
        ),
        "{sent:?}"
    );

    state.apply(Action::Rank(RankAction::ExportSurvey(SurveyWish::default())));
    let message = "no dialog".to_owned();
    let sent = state.apply(Action::PickFailed { purpose: PickPurpose::SaveSurvey, message });
    let [Command::Survey(SurveyCommand::Export { dataset: VOTES, path, .. })] = sent.as_slice() else { panic!("{sent:?}") };
    assert!(path.ends_with("exports/survey-7.html"), "without a dialog it goes into the project: {}", path.display());

    let sent = state.apply(Action::Dropped(vec!["a.answers.json".into()]));
    let [Command::Survey(SurveyCommand::Import { job, annotator: None, .. })] = sent.as_slice() else { panic!("{sent:?}") };
    let taken = SurveyTaken { dataset: VOTES, annotator: "bo".to_owned(), votes: 12, kept: 1, ..SurveyTaken::default() };
    let read = SurveyEvent::Read { job: *job, path: "a.answers.json".into(), taken };
    let sent = feedback(&mut state, FeedbackEvent::Survey(read));
    assert_eq!(sent.len(), 2, "progress and quality are looked at anew");
    let told = &state.notices.list().last().unwrap().text;
    assert!(told.contains("12 votes by bo came in; 1 vote given here stand"), "{told}");

    let sent = state.apply(Action::Rank(RankAction::KeepMended { name: "rows".to_owned() }));
    assert!(matches!(&sent[0], Command::Import(ImportCommand::CreateLabelling { source: LabelSource::Mended(VOTES), .. })));
}

#[test]
fn every_vote_is_counted_at_once() {
    let (mut state, _) = asking(|_| ());
    let draw = draws(&prompts(&mut state, 3)).remove(0);
    drawn(&mut state, &draw, &["yes", "no"]);
    feedback(&mut state, FeedbackEvent::Added { dataset: VOTES, questions: vec![100] });
    let load = Command::Feedback(FeedbackCommand::LoadState { dataset: VOTES });
    assert!(vote(&mut state).contains(&load));
    assert!(voted(&mut state, 100, AnnotationWay::Undone, None).contains(&load));
}
