//! Trials before a run: three real steps, and what fits in some minutes. Saves nothing.

use std::path::PathBuf;

use super::Hands;
use super::best::Best;
use super::comparison::Comparison;
use super::duel::Duel;
use super::lab::Lab;
use super::replay::Replay;
use super::scoring::Scoring;
use super::source::{Parent, Source};
use crate::config::RunConfig;
use crate::data::Corpus;
use crate::data::supervised::Split;
use crate::engine::command::{CheckpointId, DatasetId, JobId, LabCommand, RunId};
use crate::engine::event::Event;
use crate::engine::judged::{BestWish, DuelWish};
use crate::train::{Preflight, TrainError, WhatFits};

/// A trial under way.
pub struct Trial {
    job: JobId,
    kind: Kind,
}

enum Kind {
    Replay(Box<Replay>),
    Best(Box<Best>),
    Duel(Box<Duel>),
    Comparison(Box<Comparison>),
    Lab(Lab),
    Scoring(Box<Scoring>),
    Preflight(Box<Preflight>),
    WhatFits { search: Box<WhatFits>, corpus_dir: PathBuf },
}

impl Trial {
    pub fn preflight(job: JobId, config: &RunConfig, from: Option<CheckpointId>, hands: &mut Hands<'_>) -> Result<Self, String> {
        let mut config = config.clone();
        let parent = from.map(|id| Parent::open(id, hands)).transpose()?;
        let source = Source::open(&mut config, parent.as_ref(), hands)?;
        let plan = source.plan(&config, parent.as_ref().map(|parent| &parent.config))?;
        let weights = parent.map(|parent| source.weights(&config, &parent)).transpose()?;
        let preflight = Preflight::new(plan, source.data, weights, free_disk(hands)).map_err(|error| error.to_string())?;
        Ok(Self { job, kind: Kind::Preflight(Box::new(preflight)) })
    }

    pub fn what_fits(job: JobId, mut config: RunConfig, minutes: f64, hands: &mut Hands<'_>) -> Result<Self, String> {
        if !(minutes > 0.0 && minutes.is_finite()) {
            return Err(format!("Nothing fits in {minutes} minutes; give some time"));
        }
        let source = Source::open(&mut config, None, hands)?;
        let Some(corpus_dir) = source.corpus_dir else {
            return Err(
                "How large a model may be is asked before pre-training; a fine-tuned one has its checkpoint's size".to_owned()
            );
        };
        let search = Box::new(WhatFits::new(config, source.facts, minutes, free_disk(hands)));
        Ok(Self { job, kind: Kind::WhatFits { search, corpus_dir } })
    }

    pub fn evaluate(
        job: JobId,
        checkpoints: &[CheckpointId],
        dataset: Option<DatasetId>,
        what: (Split, usize),
        hands: &mut Hands<'_>,
    ) -> Result<Self, String> {
        let comparison = Comparison::new(checkpoints, dataset, what, hands)?;
        Ok(Self { job, kind: Kind::Comparison(Box::new(comparison)) })
    }

    pub fn score(
        job: JobId,
        what: (DatasetId, CheckpointId),
        only: &[i64],
        prelabel: bool,
        most: usize,
        hands: &mut Hands<'_>,
    ) -> Result<Self, String> {
        if hands.read_only {
            return Err(crate::store::StoreError::ReadOnly.to_string());
        }
        Ok(Self { job, kind: Kind::Scoring(Box::new(Scoring::new(what, only, prelabel, most, hands)?)) })
    }

    pub fn replay(job: JobId, run: RunId, hands: &mut Hands<'_>) -> Result<Self, String> {
        Ok(Self { job, kind: Kind::Replay(Box::new(Replay::new(run, hands)?)) })
    }

    pub fn best(job: JobId, wish: &BestWish, hands: &mut Hands<'_>) -> Result<Self, String> {
        if hands.read_only && wish.into.is_some() {
            return Err(crate::store::StoreError::ReadOnly.to_string());
        }
        Ok(Self { job, kind: Kind::Best(Box::new(Best::new(wish, hands)?)) })
    }

    pub fn duel(job: JobId, wish: &DuelWish, hands: &mut Hands<'_>) -> Result<Self, String> {
        Ok(Self { job, kind: Kind::Duel(Box::new(Duel::new(wish, hands)?)) })
    }

    pub fn lab(command: LabCommand, hands: &mut Hands<'_>) -> Result<Self, String> {
        Ok(Self { job: command.job(), kind: Kind::Lab(Lab::new(command, hands)?) })
    }

    pub fn job(&self) -> JobId {
        self.job
    }

    /// One piece. True when the trial is over.
    pub fn turn(&mut self, hands: &mut Hands<'_>) -> bool {
        let job = self.job;
        let event = match &mut self.kind {
            Kind::Replay(replay) => match replay.turn(job, hands) {
                Ok(None) => return false,
                Ok(Some(event)) => Ok(event),
                Err(message) => Err(message),
            },
            Kind::Best(best) => match best.turn(job, hands) {
                Ok(None) => return false,
                Ok(Some(event)) => Ok(event),
                Err(message) => Err(message),
            },
            Kind::Duel(duel) => match duel.turn(job, hands) {
                Ok(None) => return false,
                Ok(Some(event)) => Ok(event),
                Err(message) => Err(message),
            },
            Kind::Scoring(scoring) => match scoring.turn(job, hands) {
                Ok(None) => return false,
                Ok(Some(event)) => Ok(event),
                Err(message) => Err(message),
            },
            Kind::Lab(lab) => match lab.turn(job, hands) {
                Ok(None) => return false,
                Ok(Some(event)) => Ok(event),
                Err(message) => Err(message),
            },
            Kind::Comparison(comparison) => match comparison.turn(job, hands) {
                Ok(None) => return false,
                Ok(Some(event)) => Ok(event),
                Err(message) => Err(message),
            },
            Kind::Preflight(preflight) => match preflight.micro_step() {
                Ok(None) => return false,
                Ok(Some(result)) => Ok(Event::Preflight { job, result }),
                Err(error) => Err(error.to_string()),
            },
            Kind::WhatFits { search, corpus_dir } => {
                match search.micro_step(&mut || Corpus::open(corpus_dir).map_err(TrainError::from)) {
                    Ok(None) => return false,
                    Ok(Some((config, result))) => Ok(Event::Fits { job, config, result }),
                    Err(error) => Err(error.to_string()),
                }
            }
        };
        match event {
            Ok(event) => {
                hands.vital.jobs.remove(&job);
                hands.outbox.send(event);
            }
            Err(message) => hands.fail_job(job, message),
        }
        true
    }
}

fn free_disk(hands: &Hands<'_>) -> u64 {
    // Where the system does not say, nothing is warned of.
    crate::store::free_space(hands.paths.root()).unwrap_or(u64::MAX)
}
