//! Human feedback: what people were asked, what they said, and what follows from it. Knows no database, no window and no model.

mod check;
mod honesty;
mod material;
mod row;
mod rules;
mod settings;
mod survey;
mod survey_answers;
mod tally;
mod verdict;
mod vote;
mod way;
mod words;

pub use check::{FeedbackProblem, MOST_CANDIDATES};
pub use honesty::{Honesty, honesty};
pub use material::{Material, PairOf, Ranking, Said, Scored, Single, Want};
pub use row::SourceRow;
pub use rules::{AnswerText, POLITE, Rule, RuleError, RuleKind, RuleSet, RuleVerdict, Rules};
pub use settings::{FeedbackSettings, HELD_OUT, SplitBy, side_text};
pub use survey::{Survey, SurveyItem, SurveyWish, key as survey_key};
pub use survey_answers::{SurveyAnswer, SurveyAnswers, SurveyProblem};
pub use tally::{Bout, tally};
pub use vote::{Candidate, Origin, Preference, Question, Strength, Verdict, Vote};
pub use way::Way;
