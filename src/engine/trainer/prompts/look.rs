//! Looks into the model that answers, and texts that go on from a chosen token. Trains nothing.

use std::time::Instant;

use super::{PromptJob, Prompts};
use crate::engine::command::{JobId, ModelSource};
use crate::engine::event::Event;
use crate::engine::look::{LookCommand, LookEvent, LookText, Wanted};
use crate::engine::trainer::Hands;
use crate::engine::trainer::active::ActiveRun;
use crate::infer::Generation;
use crate::infer::inspect;

impl Prompts {
    pub fn look_command(&mut self, command: LookCommand, run: Option<&ActiveRun>, hands: &mut Hands<'_>) {
        match command {
            LookCommand::See { job, source, text, wanted } => self.see(job, source, &text, wanted, run, hands),
            LookCommand::GoOn { job, source, request, ids, prompt_tokens } => {
                hands.vital.jobs.insert(job);
                let began = Instant::now();
                let generation = self.lend(source, run, hands).and_then(|lent| {
                    let (config, tokenizer) = (&lent.model.config, lent.tokenizer);
                    let generation = Generation::after(config, tokenizer, vec![(ids, request)]).map_err(|e| e.to_string())?;
                    Ok(generation.begun(0, prompt_tokens, tokenizer))
                });
                match generation {
                    Ok(generation) => {
                        self.jobs.push(PromptJob { job, weights: source.into(), generation, began, first_token_s: None });
                    }
                    Err(message) => hands.fail_job(job, message),
                }
            }
        }
    }

    /// Looks at once: one forward pass, and the output head where it is wanted.
    fn see(
        &mut self,
        job: JobId,
        source: ModelSource,
        text: &LookText,
        wanted: Wanted,
        run: Option<&ActiveRun>,
        hands: &mut Hands<'_>,
    ) {
        hands.vital.jobs.insert(job);
        let seen = self.lend(source, run, hands).and_then(|lent| {
            let step = lent.step;
            let seen = inspect::look(lent.model, lent.tokenizer, text, wanted, lent.workspace).map_err(|e| e.to_string())?;
            Ok((step, seen))
        });
        match seen {
            Ok((step, seen)) => {
                hands.vital.jobs.remove(&job);
                hands.outbox.send(Event::Look(LookEvent::Seen { job, step, seen }));
            }
            Err(message) => hands.fail_job(job, message),
        }
    }
}
