//! The file that a questionnaire saves, read with suspicion: it travelled by mail or stick. Touches no file and no database.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{FeedbackProblem, Survey, Vote};

/// The form of files that this program reads.
const FORM: u64 = 1;

/// What one person said to a questionnaire, in the order in which they said it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SurveyAnswers {
    /// Name of the questionnaire.
    pub survey: String,
    /// Drawn anew for every person, so that a file is known again.
    pub session: String,
    /// Grows with every answer and every taking back: of two files of one session, the later one has the larger number.
    pub revision: u64,
    pub annotator: String,
    pub answers: Vec<SurveyAnswer>,
}

/// An answer to one question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SurveyAnswer {
    pub question: i64,
    pub key: String,
    /// It was asked before, and stood the other way round this time.
    #[serde(default)]
    pub again: bool,
    pub vote: Vote,
}

/// Why a file cannot be taken. Nothing of it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SurveyProblem {
    #[error("This is no file of answers; take the one that the questionnaire saved, its name ends in .answers.json ({0})")]
    NotAnswers(String),
    #[error("The file is cut off, so something of it is missing; copy it again, or have it saved anew from the questionnaire")]
    CutOff,
    #[error(
        "The file was changed on its way (its checksum is {found}, and {said} was written); copy it again, or have it saved anew"
    )]
    Damaged { said: String, found: String },
    #[error("The file was written by a newer questionnaire (form {0}); install the newer version of the program to read it")]
    Newer(u64),
    #[error("The answers in the file cannot be read ({0}); have them saved anew from the questionnaire")]
    Unreadable(String),
    #[error("The answers are to a questionnaire that this project did not export; open the project that it came from")]
    Foreign,
    #[error("The file answers question {0}, which its questionnaire does not ask; it belongs to another")]
    Unknown(i64),
    #[error("Question {0} is another one now than the one that was answered; export the questionnaire again and ask anew")]
    Changed(i64),
    #[error("Question {0} is answered twice in the file")]
    Twice(i64),
    #[error("Question {0} was answered a second time without a first")]
    OnlyAgain(i64),
    #[error("The answer to question {question} cannot be taken: {problem}")]
    Vote { question: i64, problem: FeedbackProblem },
    #[error("Nothing is answered in the file yet; answer some questions first, then save")]
    Empty,
    #[error(
        "No question of this dataset has answers to choose from yet; let checkpoints answer its prompts (`lyceum rank draw`, or \
         the Rank page), and ask then"
    )]
    NoAnswers,
    #[error("Every question of this dataset is answered already; ask about all of them, or bring in new ones")]
    AllAnswered,
    #[error("The file does not say who answered; give a name to import it under")]
    Nameless,
    #[error("These answers came in already, on {} by {annotator}; nothing was added", moment(*at))]
    Doubled { annotator: String, at: i64 },
    #[error(
        "Somebody answered this questionnaire as {annotator} already (imported on {}); if this is another person, import it under another name",
        moment(*at)
    )]
    SameName { annotator: String, at: i64 },
}

/// What stands in the file: the answers as text, and the sum over its bytes.
#[derive(Deserialize, Serialize)]
struct Envelope {
    lyceum_survey: u64,
    payload: String,
    crc32: String,
}

impl SurveyAnswers {
    /// From the text of a file, whole and unchanged.
    pub fn read(text: &str) -> Result<Self, SurveyProblem> {
        let text = text.trim_start_matches('\u{feff}');
        let envelope: Envelope =
            serde_json::from_str(text).map_err(|error| match (error.is_eof(), text.contains("lyceum_survey")) {
                (true, true) => SurveyProblem::CutOff,
                (true, false) | (false, _) => SurveyProblem::NotAnswers(error.to_string()),
            })?;
        if envelope.lyceum_survey > FORM {
            return Err(SurveyProblem::Newer(envelope.lyceum_survey));
        }
        if envelope.lyceum_survey < FORM {
            return Err(SurveyProblem::NotAnswers(format!("there is no form {}", envelope.lyceum_survey)));
        }
        let found = format!("{:08x}", crc32(envelope.payload.as_bytes()));
        if found != envelope.crc32 {
            return Err(SurveyProblem::Damaged { said: envelope.crc32, found });
        }
        serde_json::from_str(&envelope.payload).map_err(|error| SurveyProblem::Unreadable(error.to_string()))
    }

    /// As the page writes it.
    pub fn write(&self) -> String {
        let payload = serde_json::to_string(self).unwrap_or_default();
        let crc32 = format!("{:08x}", crc32(payload.as_bytes()));
        serde_json::to_string(&Envelope { lyceum_survey: FORM, payload, crc32 }).unwrap_or_default()
    }

    /// Whether these can be answers to that questionnaire.
    pub fn check(&self, survey: &Survey) -> Result<(), SurveyProblem> {
        if self.survey != survey.id {
            return Err(SurveyProblem::Foreign);
        }
        if self.answers.is_empty() {
            return Err(SurveyProblem::Empty);
        }
        let mut said: BTreeMap<(i64, bool), usize> = BTreeMap::new();
        for answer in &self.answers {
            let question = answer.question;
            let item = survey.items.iter().find(|item| item.question == question).ok_or(SurveyProblem::Unknown(question))?;
            if item.key != answer.key {
                return Err(SurveyProblem::Changed(question));
            }
            let times = said.entry((question, answer.again)).or_default();
            *times += 1;
            if *times > 1 {
                return Err(SurveyProblem::Twice(question));
            }
            if !answer.vote.seconds.is_finite() {
                return Err(SurveyProblem::Unreadable(format!("question {question} took no number of seconds")));
            }
            answer.vote.check(item.answers.len()).map_err(|problem| SurveyProblem::Vote { question, problem })?;
        }
        let alone = said.keys().find(|(question, again)| *again && !said.contains_key(&(*question, false)));
        alone.map_or(Ok(()), |(question, _)| Err(SurveyProblem::OnlyAgain(*question)))
    }
}

/// A moment in seconds since 1970, as a person reads it.
fn moment(at: i64) -> String {
    let local = |at: jiff::Timestamp| at.to_zoned(jiff::tz::TimeZone::system()).strftime("%-d %b %Y, %H:%M").to_string();
    jiff::Timestamp::from_second(at).map(local).unwrap_or_default()
}

/// The checksum of ISO 3309, as zip and png have it: finds what a bad stick or mail program does, not what somebody does on purpose.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 })
    };
    !bytes.iter().fold(u32::MAX, step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feedback::survey::tests::questions;
    use crate::feedback::{FeedbackSettings, SurveyWish, Verdict};

    fn answered() -> (Survey, SurveyAnswers) {
        let survey = Survey::of("t", &SurveyWish::default(), &FeedbackSettings::default(), &questions(3));
        let vote = |ranks: [u32; 2]| Vote::of(Verdict::Ranked { ranks: ranks.to_vec(), strength: None }, 2);
        let answer = |i: usize, again, ranks| {
            let item = &survey.items[i];
            SurveyAnswer { question: item.question, key: item.key.clone(), again, vote: vote(ranks) }
        };
        let answers = vec![answer(2, false, [1, 2]), answer(0, false, [2, 1]), answer(2, true, [1, 1])];
        let said =
            SurveyAnswers { survey: survey.id.clone(), session: "s".into(), revision: 3, annotator: "Änn".into(), answers };
        (survey, said)
    }

    #[test]
    fn the_sum_is_the_known_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn answers_come_back_as_they_were_written() {
        let (survey, said) = answered();
        let back = SurveyAnswers::read(&said.write()).unwrap();
        assert_eq!(back, said);
        assert_eq!(back.check(&survey), Ok(()));
    }

    #[test]
    fn a_file_cut_anywhere_or_with_any_byte_changed_is_refused() {
        let (_, said) = answered();
        let text = said.write();
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            let problem = SurveyAnswers::read(&text[..end]).unwrap_err();
            let begun = text[..end].contains("lyceum_survey");
            assert!(!begun || problem == SurveyProblem::CutOff, "cut at {end}: {problem}");
        }
        for at in (0..text.len()).filter(|at| text.as_bytes()[*at].is_ascii_alphanumeric()) {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
            let changed = String::from_utf8(bytes).unwrap();
            assert!(SurveyAnswers::read(&changed).is_err(), "changed at {at}");
        }
    }

    #[test]
    fn what_does_not_belong_is_refused_with_the_reason() {
        let (survey, said) = answered();
        let refused = |change: &dyn Fn(&mut SurveyAnswers)| {
            let mut said = said.clone();
            change(&mut said);
            said.check(&survey).unwrap_err()
        };
        assert_eq!(refused(&|it| it.survey = "x".into()), SurveyProblem::Foreign);
        assert_eq!(refused(&|it| it.answers.clear()), SurveyProblem::Empty);
        assert_eq!(refused(&|it| it.answers[0].question = 9), SurveyProblem::Unknown(9));
        assert_eq!(refused(&|it| it.answers[0].key = "x".into()), SurveyProblem::Changed(102));
        assert_eq!(refused(&|it| it.answers[2].again = false), SurveyProblem::Twice(102));
        assert_eq!(refused(&|it| drop(it.answers.remove(0))), SurveyProblem::OnlyAgain(102));
        assert!(matches!(refused(&|it| it.answers[0].vote.order = vec![0]), SurveyProblem::Vote { question: 102, .. }));
        assert!(matches!(refused(&|it| it.answers[0].vote.seconds = f64::NAN), SurveyProblem::Unreadable(_)));
        assert!(matches!(SurveyAnswers::read("{}"), Err(SurveyProblem::NotAnswers(_))));
        assert!(matches!(SurveyAnswers::read("<html>"), Err(SurveyProblem::NotAnswers(_))));
        let newer = said.write().replacen("\"lyceum_survey\":1", "\"lyceum_survey\":2", 1);
        assert_eq!(SurveyAnswers::read(&newer), Err(SurveyProblem::Newer(2)));
    }
}
