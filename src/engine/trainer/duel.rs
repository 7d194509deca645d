//! Two checkpoints answer the same prompts with the same draws, and what judges says whose answer is worth more. Trains nothing.

use std::time::Instant;

use super::Hands;
use super::sampler::Sampler;
use crate::engine::command::{CheckpointId, JobId};
use crate::engine::event::{AlignEvent, Event, Progress};
use crate::engine::judged::{DuelReport, DuelRow, DuelWish};
use crate::evaluate::confidence::wilson;
use crate::train::Sample;

/// Prompts whose answers are told.
const ROWS: usize = 60;

/// A duel under way.
pub struct Duel {
    own: Option<Sampler>,
    other: Option<Sampler>,
    report: DuelReport,
    began: Instant,
}

impl Duel {
    pub fn new(wish: &DuelWish, hands: &Hands<'_>) -> Result<Self, String> {
        let against = match wish.against {
            Some(id) => id,
            None => start_of(wish.checkpoint, hands)?,
        };
        if against == wish.checkpoint {
            return Err("A checkpoint against itself draws every time; choose another to hold it against".to_owned());
        }
        let own = Sampler::new(wish.checkpoint, &wish.draw, 1, hands)?;
        let other = Sampler::new(against, &wish.draw, 1, hands)?;
        let names = (name(wish.checkpoint, hands)?, name(against, hands)?);
        let report = DuelReport { names, checkpoints: (wish.checkpoint, against), ..DuelReport::default() };
        Ok(Self { own: Some(own), other: Some(other), report, began: Instant::now() })
    }

    /// One piece; the result after the last.
    pub fn turn(&mut self, job: JobId, hands: &mut Hands<'_>) -> Result<Option<Event>, String> {
        let (Some(own), Some(other)) = (&mut self.own, &mut self.other) else {
            return Err("The duel has ended; ask for another".to_owned());
        };
        let done = own.turn()? && other.turn()?;
        let ((a, n), (b, m)) = (own.progress(), other.progress());
        hands.outbox.send(Event::Progress(Progress {
            job,
            what: "Both answer".to_owned(),
            done: a + b,
            total: n + m,
            unit: "prompts",
            elapsed_s: self.began.elapsed().as_secs_f64(),
        }));
        if !done {
            return Ok(None);
        }
        let (Some(own), Some(other)) = (self.own.take(), self.other.take()) else { return Ok(None) };
        let report = self.end(&own, &other);
        Ok(Some(Event::Align(AlignEvent::Duelled { job, duel: Box::new(report) })))
    }

    fn end(&mut self, own: &Sampler, other: &Sampler) -> DuelReport {
        let mut report = std::mem::take(&mut self.report);
        for a in &own.samples {
            let question = own.prompts.get(a.prompt).map(|prompt| prompt.question);
            let same = |b: &&Sample| other.prompts.get(b.prompt).map(|prompt| prompt.question) == question;
            // A prompt that is too long for one of them is none to compare on.
            let Some(b) = other.samples.iter().find(same) else { continue };
            report.prompts += 1;
            if (a.reward - b.reward).abs() <= 1e-9 * a.reward.abs().max(1.0) {
                report.ties += 1;
            } else if a.reward > b.reward {
                report.wins += 1;
            } else {
                report.losses += 1;
            }
            report.rewards.0 += a.reward;
            report.rewards.1 += b.reward;
            if report.rows.len() < ROWS {
                let prompt = own.prompts.get(a.prompt).map(|prompt| prompt.text.clone()).unwrap_or_default();
                report.rows.push(DuelRow { prompt, own: (own.text(a), a.reward), other: (other.text(b), b.reward) });
            }
        }
        let n = report.prompts.max(1) as f64;
        report.rewards = (report.rewards.0 / n, report.rewards.1 / n);
        report.rate = (report.wins as f64 + 0.5 * report.ties as f64) / n;
        // Of those that were decided: a tie says nothing of who is better.
        report.interval = wilson(report.wins, report.wins + report.losses);
        report.seconds = self.began.elapsed().as_secs_f64();
        report
    }
}

/// The checkpoint that this one's run started from.
fn start_of(checkpoint: CheckpointId, hands: &Hands<'_>) -> Result<CheckpointId, String> {
    let row = hands.desk.ask(move |project| project.checkpoint(checkpoint)).map_err(|error| error.to_string())?;
    let run = row.run.map(|run| hands.desk.ask(move |project| project.run(run))).transpose().map_err(|e| e.to_string())?;
    run.and_then(|run| run.parent_checkpoint)
        .ok_or_else(|| format!("Checkpoint {checkpoint} started from no other, so there is nothing to hold it against; name one"))
}

fn name(checkpoint: CheckpointId, hands: &Hands<'_>) -> Result<String, String> {
    let row = hands.desk.ask(move |project| project.checkpoint(checkpoint)).map_err(|error| error.to_string())?;
    let run = row.run.and_then(|run| hands.desk.ask(move |project| project.run(run)).ok());
    Ok(run.map_or_else(|| row.name.clone(), |run| format!("{}, step {}", run.name, row.step)))
}
