//! Prompts that a dataset holds, whatever it is for: of questions, or what labelled rows ask. Knows no answer.

use std::collections::BTreeSet;

use super::error::StoreError;
use super::project::Project;
use crate::data::supervised::{Content, Example, Message, Role, Side, TaskTemplate};
use crate::engine::command::DatasetId;
use crate::engine::feedback::QuestionQuery;
use crate::feedback::side_text;

impl Project {
    /// Different prompts in order, so many at most.
    pub fn prompts_of(&self, dataset: DatasetId, limit: u32) -> Result<Vec<Side>, StoreError> {
        let all: Vec<Side> = if self.dataset(dataset)?.schema.is_feedback() {
            let page = self.questions(dataset, &QuestionQuery::default(), 0, limit)?;
            page.rows.into_iter().map(|row| row.question.prompt).collect()
        } else {
            self.examples(dataset, None)?.iter().filter_map(|stored| asked(&stored.example)).collect()
        };
        let mut seen = BTreeSet::new();
        let fresh = all.into_iter().filter(|prompt| seen.insert(side_text(prompt)));
        Ok(fresh.take(limit as usize).collect())
    }
}

/// What a row asks, in the words that a model is fine-tuned on; none of a row that asks nothing.
fn asked(example: &Example) -> Option<Side> {
    let (mut turns, first) = TaskTemplate::default_for(example).turns(example);
    let end = match &example.content {
        // Of a chat, all that stands before the last answer.
        Content::Chat(_) => turns.iter().rposition(|turn| turn.role == Role::Assistant).unwrap_or(turns.len()),
        Content::Instruction(_) => turns.len().saturating_sub(1),
        Content::Pair(_)
        | Content::Classes(_)
        | Content::Entities(_)
        | Content::ExtractiveQa(_)
        | Content::Translation(_)
        | Content::Recommendation(_) => first,
    };
    turns.truncate(end);
    let has_words = |turn: &Message| !turn.content.trim().is_empty();
    let chat = matches!(&example.content, Content::Chat(_))
        || matches!(&example.content, Content::Pair(pair) if matches!(pair.prompt, Side::Messages(_)));
    match turns.as_slice() {
        [] => None,
        turns if !turns.iter().any(has_words) => None,
        [only] if !chat => Some(Side::Text(only.content.clone())),
        _ => Some(Side::Messages(turns)),
    }
}
