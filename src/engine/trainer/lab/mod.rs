//! Measurements of learning from the prompt, piece by piece between commands. Trains nothing that lasts but what is asked to be kept.

mod curve;
mod distil;
mod material;
mod probe;
mod questions;
mod score;
mod weights;

use std::time::Instant;

use super::Hands;
use crate::engine::command::{JobId, LabCommand};
use crate::engine::event::{Event, Progress};
use curve::CurveJob;
use distil::DistilJob;
use weights::WeightsJob;

pub use probe::ShotProbe;

/// A measurement under way.
pub enum Lab {
    Curves(Box<CurveJob>),
    Weights(Box<WeightsJob>),
    Distil(Box<DistilJob>),
}

impl Lab {
    pub fn new(command: LabCommand, hands: &mut Hands<'_>) -> Result<Self, String> {
        Ok(match command {
            LabCommand::Curves { request, .. } => Self::Curves(Box::new(CurveJob::new(*request, hands)?)),
            LabCommand::Weights { request, .. } => Self::Weights(Box::new(WeightsJob::new(*request, hands)?)),
            LabCommand::Distil { request, .. } => Self::Distil(Box::new(DistilJob::new(*request, hands)?)),
        })
    }

    /// One piece; the result after the last.
    pub fn turn(&mut self, job: JobId, hands: &mut Hands<'_>) -> Result<Option<Event>, String> {
        match self {
            Self::Curves(curves) => curves.turn(job, hands),
            Self::Weights(weights) => weights.turn(job, hands),
            Self::Distil(distil) => distil.turn(job, hands),
        }
    }
}

/// Says how far a measurement is.
fn progress(job: JobId, what: &str, (done, total): (usize, usize), unit: &'static str, began: Instant, hands: &mut Hands<'_>) {
    let (done, total, what) = (done as u64, total as u64, what.to_owned());
    hands.outbox.send(Event::Progress(Progress { job, what, done, total, unit, elapsed_s: began.elapsed().as_secs_f64() }));
}
