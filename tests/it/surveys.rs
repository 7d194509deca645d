//! Questionnaires in a project: what goes out, what may come back, and what of it counts.

use lyceum::data::supervised::Side;
use lyceum::engine::command::Schema;
use lyceum::engine::feedback::{QuestionFilter, QuestionQuery};
use lyceum::feedback::{
    Candidate, FeedbackSettings, Origin, Question, Survey, SurveyAnswer, SurveyAnswers, SurveyProblem, SurveyWish, Verdict, Vote,
};
use lyceum::store::{Project, StoreError};

struct Place {
    _dir: tempfile::TempDir,
    project: Project,
    dataset: i64,
    survey: Survey,
}

fn question(i: usize, repeats: Option<i64>) -> Question {
    let of = |text: &str| Candidate { text: text.to_owned(), origin: Origin::Written };
    Question { prompt: Side::Text(format!("Prompt {i}")), candidates: vec![of("yes"), of("no")], repeats }
}

/// A project that asks three questions in a questionnaire.
fn asked() -> Place {
    let dir = tempfile::tempdir().unwrap();
    let mut project = Project::create(&dir.path().join("x.lyceum")).unwrap();
    let dataset = project.create_feedback("Votes", Schema::Preference, &FeedbackSettings::default()).unwrap();
    let bare = Question { candidates: Vec::new(), ..question(9, None) };
    project.add_questions(dataset, &[question(0, None), bare, question(1, None), question(2, None)]).unwrap();
    let survey = project.make_survey(dataset, &SurveyWish { again: Some(1), ..SurveyWish::default() }).unwrap();
    Place { _dir: dir, project, dataset, survey }
}

fn ranked(first: bool) -> Vote {
    let ranks = if first { vec![1, 2] } else { vec![2, 1] };
    Vote::of(Verdict::Ranked { ranks, strength: None }, 2)
}

impl Place {
    /// Answers to the questionnaire's questions: place, once more, the vote.
    fn said(&self, session: &str, annotator: &str, revision: u64, answers: &[(usize, bool, Vote)]) -> SurveyAnswers {
        let one = |(i, again, vote): &(usize, bool, Vote)| {
            let item = &self.survey.items[*i];
            SurveyAnswer { question: item.question, key: item.key.clone(), again: *again, vote: vote.clone() }
        };
        SurveyAnswers {
            survey: self.survey.id.clone(),
            session: session.to_owned(),
            revision,
            annotator: annotator.to_owned(),
            answers: answers.iter().map(one).collect(),
        }
    }

    fn refused(&mut self, said: &SurveyAnswers, name: Option<&str>) -> SurveyProblem {
        let before = self.project.vote_events_in_order(self.dataset).unwrap();
        let Err(StoreError::Survey(problem)) = self.project.take_answers(said, name) else { panic!("it was taken") };
        assert_eq!(self.project.vote_events_in_order(self.dataset).unwrap(), before, "nothing of it was taken");
        problem
    }

    fn votes_of(&self, annotator: &str) -> Vec<(i64, Vote)> {
        let votes = self.project.votes(self.dataset, None).unwrap();
        votes.into_iter().filter(|vote| vote.annotator == annotator).map(|vote| (vote.id, vote.vote)).collect()
    }
}

#[test]
fn only_questions_with_answers_are_asked_and_the_same_questionnaire_is_one() {
    let mut place = asked();
    assert_eq!(place.survey.items.len(), 3, "a prompt without answers cannot be judged");
    let again = place.project.make_survey(place.dataset, &SurveyWish { again: Some(1), ..SurveyWish::default() }).unwrap();
    assert_eq!(again.id, place.survey.id);
    assert_eq!(place.project.surveys(None).unwrap().len(), 1);
    let first = place.survey.items[0].question;
    place.project.vote(place.dataset, first, "ann", &ranked(true)).unwrap();
    let rest = place.project.make_survey(place.dataset, &SurveyWish { unanswered: true, most: 1, ..SurveyWish::default() });
    assert_eq!(rest.unwrap().items[0].question, place.survey.items[1].question);
}

#[test]
fn answers_become_votes_once_and_what_is_asked_again_is_a_repeat() {
    let mut place = asked();
    let said = place.said("s1", "ann", 3, &[(0, false, ranked(true)), (1, false, ranked(false)), (0, true, ranked(true))]);
    let taken = place.project.take_answers(&said, None).unwrap();
    assert_eq!((taken.votes, taken.kept, taken.annotator.as_str()), (3, 0, "ann"));
    let page = place.project.questions(place.dataset, &QuestionQuery::default(), 0, 100).unwrap();
    let repeat = page.rows.iter().find(|row| row.question.repeats == Some(place.survey.items[0].question)).unwrap();
    assert_eq!(repeat.votes, [("ann".to_owned(), ranked(true))]);
    let honesty = {
        let votes = place.project.votes(place.dataset, None).unwrap();
        let said = |it: &lyceum::store::StoredVote| (it.id, it.question.clone(), it.annotator.clone(), it.vote.clone());
        let all: Vec<_> = votes.iter().map(said).collect();
        let said: Vec<_> = all
            .iter()
            .map(|(question, asked, annotator, vote)| lyceum::feedback::Said { question: *question, asked, annotator, vote })
            .collect();
        lyceum::feedback::honesty(&said)
    };
    assert_eq!(honesty.repeats, (1, 1), "the same was said when it stood the other way round");
    assert!(matches!(place.refused(&said, None), SurveyProblem::Doubled { annotator, .. } if annotator == "ann"));
    assert!(matches!(place.refused(&said, Some("bo")), SurveyProblem::Doubled { .. }), "another name makes it no other file");
    let row = place.project.surveys(Some(place.dataset)).unwrap().remove(0);
    assert_eq!((row.people.len(), row.people[0].answers), (1, 3));
}

#[test]
fn a_repeat_of_one_person_is_not_asked_of_another() {
    let mut place = asked();
    let said = place.said("s1", "ann", 3, &[(0, false, ranked(true)), (0, true, ranked(true))]);
    place.project.take_answers(&said, None).unwrap();
    let to_vote = |who: &str| {
        let query = QuestionQuery { filter: QuestionFilter::ToVote, annotator: Some(who.to_owned()), ..QuestionQuery::default() };
        let page = place.project.questions(place.dataset, &query, 0, 100).unwrap();
        page.rows.iter().filter(|row| row.question.repeats.is_some()).count()
    };
    assert_eq!((to_vote("ann"), to_vote("bo")), (0, 0), "bo never answered the first");
}

#[test]
fn a_person_who_went_on_answering_adds_what_is_new() {
    let mut place = asked();
    let first = place.said("s1", "ann", 2, &[(0, false, ranked(true)), (1, false, ranked(true))]);
    place.project.take_answers(&first, Some("anna")).unwrap();
    let later = place.said("s1", "ann", 5, &[(0, false, ranked(true)), (1, false, ranked(false)), (2, false, ranked(true))]);
    let taken = place.project.take_answers(&later, None).unwrap();
    assert_eq!((taken.votes, taken.annotator.as_str()), (2, "anna"), "one changed, one new, under the name of before");
    let votes: Vec<Vote> = place.votes_of("anna").into_iter().map(|(_, vote)| vote).collect();
    assert_eq!(votes.len(), 3);
    assert!(votes.contains(&ranked(false)));
    assert!(matches!(place.refused(&first, None), SurveyProblem::Doubled { .. }), "the earlier file brings nothing");
}

#[test]
fn what_was_said_in_the_window_stands() {
    let mut place = asked();
    let item = place.survey.items[0].question;
    place.project.vote(place.dataset, item, "ann", &ranked(false)).unwrap();
    let said = place.said("s1", "ann", 2, &[(0, false, ranked(true)), (1, false, ranked(true))]);
    let taken = place.project.take_answers(&said, None).unwrap();
    assert_eq!((taken.votes, taken.kept), (1, 1));
    assert!(place.votes_of("ann").contains(&(item, ranked(false))));
}

#[test]
fn files_that_do_not_belong_are_refused() {
    let mut place = asked();
    let said = place.said("s1", "ann", 1, &[(0, false, ranked(true))]);
    place.project.take_answers(&said, None).unwrap();
    let namesake = place.said("s2", "ann", 1, &[(1, false, ranked(true))]);
    assert!(matches!(place.refused(&namesake, None), SurveyProblem::SameName { annotator, .. } if annotator == "ann"));
    assert_eq!(place.project.take_answers(&namesake, Some(" bo ")).unwrap().annotator, "bo");
    let nameless = place.said("s3", " ", 1, &[(0, false, ranked(true))]);
    assert_eq!(place.refused(&nameless, None), SurveyProblem::Nameless);
    let mut foreign = place.said("s4", "cy", 1, &[(0, false, ranked(true))]);
    "other".clone_into(&mut foreign.survey);
    assert_eq!(place.refused(&foreign, None), SurveyProblem::Foreign);
    let mut odd = place.said("s5", "cy", 1, &[(0, false, ranked(true)), (1, false, ranked(true))]);
    odd.answers[1].vote.order = vec![1, 1];
    assert!(matches!(place.refused(&odd, None), SurveyProblem::Vote { .. }), "the first answer is not taken either");
}
