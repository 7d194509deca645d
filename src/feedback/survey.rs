//! A questionnaire: questions that leave the project as one web page, for people who have no program but a browser. Touches no file.

use serde::{Deserialize, Serialize};

use super::{FeedbackSettings, Question, Way, side_text};
use crate::data::hash::hash128;

/// The page that asks. Where its data go stands `PLACE`.
const PAGE: &str = include_str!("survey.html");
const STYLE: &str = include_str!("survey.css");
const PLACE: &str = "{{survey}}";
/// A question in this many is asked once more, with the sides swapped.
const REPEAT_EVERY: usize = 10;

/// All that the page needs. Nothing in it says whose answers they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Survey {
    /// Follows from all the rest, so that the same questionnaire has the same name.
    pub id: String,
    pub title: String,
    pub guidelines: String,
    pub criteria: Vec<String>,
    pub reasons: Vec<String>,
    pub way: Way,
    /// Questions that each person is asked once more, for how far they agree with themselves.
    pub again: usize,
    pub items: Vec<SurveyItem>,
}

/// A question of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SurveyItem {
    /// Its number in the project.
    pub question: i64,
    /// Changes with the question, so that an answer is never taken for one to another.
    pub key: String,
    pub prompt: String,
    pub answers: Vec<String>,
}

/// What somebody wants to ask.
#[derive(Clone, Debug, PartialEq)]
pub struct SurveyWish {
    /// The dataset's name, if it is empty.
    pub title: String,
    pub way: Way,
    /// Questions at most.
    pub most: usize,
    /// Questions asked once more; one in ten, if it is not said.
    pub again: Option<usize>,
    /// Only questions that nobody answered yet.
    pub unanswered: bool,
}

impl Default for SurveyWish {
    fn default() -> Self {
        Self { title: String::new(), way: Way::Compare, most: 100, again: None, unanswered: false }
    }
}

impl Survey {
    /// A questionnaire of these questions, by what was agreed on for their dataset.
    pub fn of(title: &str, wish: &SurveyWish, settings: &FeedbackSettings, questions: &[(i64, Question)]) -> Self {
        let item = |(id, question): &(i64, Question)| SurveyItem {
            question: *id,
            key: key(*id, question),
            prompt: side_text(&question.prompt),
            answers: question.candidates.iter().map(|candidate| candidate.text.clone()).collect(),
        };
        let items: Vec<SurveyItem> = questions.iter().map(item).collect();
        // Of a single answer nothing can be swapped.
        let swappable = items.iter().filter(|item| item.answers.len() > 1).count();
        let mut survey = Self {
            id: String::new(),
            title: title.to_owned(),
            guidelines: settings.guidelines.clone(),
            criteria: settings.criteria.clone(),
            reasons: settings.reasons.clone(),
            way: wish.way,
            again: wish.again.unwrap_or(items.len() / REPEAT_EVERY).min(swappable),
            items,
        };
        let text = serde_json::to_string(&survey).unwrap_or_default();
        survey.id = format!("{:032x}", hash128(text.as_bytes()));
        survey
    }

    /// The whole page, in one file that needs no other.
    pub fn html(&self) -> String {
        let data = serde_json::to_string(self).unwrap_or_default();
        // Within a script element only `<` could end it; as an escape it is the same JSON. The two line ends are none in old scripts.
        let data = data.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
        let title = escaped(&self.title);
        let mut parts = PAGE.splitn(2, PLACE);
        let (head, tail) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        [&head.replace("{{style}}", STYLE).replace("{{title}}", &title), data.as_str(), tail].concat()
    }
}

/// What stands for a question and all that is in it.
pub fn key(id: i64, question: &Question) -> String {
    let mut text = format!("{id}\u{1f}{}", side_text(&question.prompt));
    for candidate in &question.candidates {
        text.extend(["\u{1f}", candidate.text.as_str()]);
    }
    format!("{:032x}", hash128(text.as_bytes()))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::data::supervised::Side;
    use crate::feedback::{Candidate, Origin};

    pub(in crate::feedback) fn questions(n: i64) -> Vec<(i64, Question)> {
        let origin = || Origin::Model { checkpoint: 7, name: "the secret name".to_owned() };
        let of = |text: &str| Candidate { text: text.to_owned(), origin: origin() };
        let one = |i| Question {
            prompt: Side::Text(format!("Prompt {i}: </script><b>{{{{survey}}}}")),
            candidates: vec![of("yes \u{2028} & no"), of(&format!("no {i}"))],
            repeats: None,
        };
        (0..n).map(|i| (100 + i, one(i))).collect()
    }

    #[test]
    fn the_page_holds_its_data_and_no_name() {
        let survey = Survey::of("A <b> & \"c\"", &SurveyWish::default(), &FeedbackSettings::default(), &questions(20));
        let html = survey.html();
        assert!(html.contains("<title>A &lt;b&gt; &amp; &quot;c&quot;</title>"));
        assert!(!html.contains("secret name") && !html.contains("://"), "whose answers they are, and no network");
        let mark = "<script type=\"application/json\" id=\"survey\">";
        let from = html.find(mark).unwrap() + mark.len();
        let data = &html[from..from + html[from..].find("</script>").unwrap()];
        assert_eq!(serde_json::from_str::<Survey>(data).unwrap(), survey, "what the page reads is what was asked");
        assert_eq!((survey.items.len(), survey.again), (20, 2));
    }

    #[test]
    fn the_same_questionnaire_has_the_same_name_and_another_has_another() {
        let of = |n, way| {
            let wish = SurveyWish { way, ..SurveyWish::default() };
            Survey::of("t", &wish, &FeedbackSettings::default(), &questions(n)).id
        };
        assert_eq!(of(3, Way::Compare), of(3, Way::Compare));
        assert_ne!(of(3, Way::Compare), of(4, Way::Compare));
        assert_ne!(of(3, Way::Compare), of(3, Way::Rate));
    }
}
