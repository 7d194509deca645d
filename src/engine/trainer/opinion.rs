//! What a reward model thinks of answers that nobody judged yet, so that people are asked where it is unsure. Trains nothing.

use super::Hands;
use super::judge::{Reader, reward_reader};
use crate::data::supervised::{RenderOptions, TextRecipe};
use crate::engine::command::{CheckpointId, JobId};
use crate::engine::event::{AlignEvent, Event};
use crate::feedback::Question;
use crate::model::Sequence;
use crate::tokenizer::ChatTemplate;

/// A reward model that stays loaded from question to question.
pub struct Opinion {
    checkpoint: CheckpointId,
    reader: Reader,
    template: ChatTemplate,
}

impl Opinion {
    fn open(checkpoint: CheckpointId, hands: &Hands<'_>) -> Result<Self, String> {
        let (reader, template) = reward_reader(checkpoint, hands)?;
        Ok(Self { checkpoint, reader, template })
    }

    /// A reward for each answer; none where the prompt leaves no room for one.
    fn rewards(&mut self, question: &Question) -> Vec<f32> {
        let options = RenderOptions { begin: self.reader.begin, ..RenderOptions::new(self.reader.model.config.max_len) };
        let recipe = TextRecipe { template: &self.template, words: None, tokenizer: &self.reader.tokenizer, options };
        let read = |text: &str| recipe.pair(0, &question.prompt, text).map(|row| Sequence::rated(row.ids));
        let sequences: Result<Vec<_>, _> = question.candidates.iter().map(|candidate| read(&candidate.text)).collect();
        let Ok(sequences) = sequences else { return Vec::new() };
        let rows = self.reader.outputs(&sequences);
        rows.iter().map(|row| row.first().copied().unwrap_or(f32::NAN)).collect()
    }
}

/// Answered by `AlignEvent::Rated`.
pub fn rate(
    kept: &mut Option<Opinion>,
    job: JobId,
    checkpoint: CheckpointId,
    questions: &[(i64, Question)],
    hands: &mut Hands<'_>,
) {
    let opinion = match kept.take().filter(|opinion| opinion.checkpoint == checkpoint) {
        Some(opinion) => Ok(opinion),
        None => Opinion::open(checkpoint, hands),
    };
    match opinion {
        Ok(mut opinion) => {
            let rewards = questions.iter().map(|(id, question)| (*id, opinion.rewards(question))).collect();
            *kept = Some(opinion);
            hands.outbox.send(Event::Align(AlignEvent::Rated { job, rewards }));
        }
        Err(message) => hands.fail_job(job, message),
    }
}
