//! A live run told its votes once more, from where it began: the same votes must give the same weights. Saves nothing.

use std::path::PathBuf;
use std::time::Instant;

use super::Hands;
use super::live::{items_of, study, turn_knobs};
use super::live_answers::lent_recipe;
use super::live_log::{Clicked, Entry, Log, load_learnt};
use super::source::{Parent, Source};
use super::vote_source::reference_dir;
use crate::config::{Align, RunConfig};
use crate::engine::command::{JobId, RunId};
use crate::engine::event::{AlignEvent, Event, Progress};
use crate::engine::judged::Replayed;
use crate::tokenizer::Tokenizer;
use crate::train::RunTrainer;

/// A replay under way.
pub struct Replay {
    trainer: RunTrainer,
    tokenizer: Tokenizer,
    /// Holds the chat template.
    run_dir: PathBuf,
    clicks: Vec<Clicked>,
    at: usize,
    /// What should come out.
    wanted: Vec<f32>,
    told: Replayed,
    began: Instant,
}

impl Replay {
    pub fn new(run: RunId, hands: &Hands<'_>) -> Result<Self, String> {
        let row = hands.desk.ask(move |project| project.run(run)).map_err(|error| error.to_string())?;
        let tune = row.config.tune.as_ref().filter(|tune| matches!(tune.align, Some(Align::Live { .. })));
        let dataset = tune.map(|tune| tune.dataset).ok_or_else(|| {
            format!("Run {run} ({}) did not learn from votes as they came; only live runs can be told again", row.name)
        })?;
        let last = hands.desk.ask(move |project| project.last_checkpoint(run)).map_err(|error| error.to_string())?;
        let last = last.ok_or_else(|| format!("Run {run} has no checkpoint to compare with; stop or save it first"))?;
        let learnt = load_learnt(&last.path).ok_or(
            "This checkpoint does not say which votes it has learnt, for an older program made it; resume the run and save it once",
        )?;
        let run_dir = hands.paths.run_dir(run);
        let log = Log::open(&run_dir)?;
        let clicks = log.clicks(&learnt);
        if clicks.len() < learnt.len() {
            return Err(format!("The list of votes beside run {run} is not whole; {} are missing", learnt.len() - clicks.len()));
        }
        let strayed = strayed(&clicks, dataset, hands)?;
        let (wanted, ..) = open(&row.config, &Parent::open(last.id, hands)?, &run_dir, hands)
            .and_then(|(source, plan)| RunTrainer::resume(plan, source.data, &last.path).map_err(|error| error.to_string()))
            .map(|trainer| (trainer.model().weights.clone(), ()))?;
        let beginning = Parent::at(&reference_dir(&run_dir))?;
        let (source, plan) = open(&row.config, &beginning, &run_dir, hands)?;
        let tokenizer = source.tokenizer;
        let trainer = RunTrainer::new(plan, source.data, Some(beginning.model()?)).map_err(|error| error.to_string())?;
        let taken_back = log.entries.iter().filter(|entry| matches!(entry, Entry::TakeBack { .. })).count() as u64;
        let told = Replayed {
            run,
            checkpoint: last.id,
            events: log.entries.len() as u64,
            taken_back,
            votes: clicks.len() as u64,
            strayed,
            weights: wanted.len() as u64,
            ..Replayed::default()
        };
        Ok(Self { trainer, tokenizer, run_dir, clicks, at: 0, wanted, told, began: Instant::now() })
    }

    /// One vote; the result after the last.
    pub fn turn(&mut self, job: JobId, hands: &mut Hands<'_>) -> Result<Option<Event>, String> {
        let Some(click) = self.clicks.get(self.at) else { return Ok(Some(self.end(job))) };
        let items = lent_recipe(&self.trainer, &self.tokenizer, &self.run_dir, |recipe| items_of(click, recipe));
        turn_knobs(&mut self.trainer, click.knobs);
        let Some(prefer) = self.trainer.prefer_mut() else { return Err("This run learns from no votes".to_owned()) };
        study(prefer, items.unwrap_or_default()).map_err(|error| error.to_string())?;
        self.at += 1;
        hands.outbox.send(Event::Progress(Progress {
            job,
            what: "Telling the votes again".to_owned(),
            done: self.at as u64,
            total: self.clicks.len() as u64,
            unit: "votes",
            elapsed_s: self.began.elapsed().as_secs_f64(),
        }));
        Ok(None)
    }

    fn end(&mut self, job: JobId) -> Event {
        let mut told = std::mem::take(&mut self.told);
        let own = &self.trainer.model().weights;
        let apart = || self.wanted.iter().zip(own.iter()).filter(|(a, b)| a.to_bits() != b.to_bits());
        told.different = apart().count() as u64 + self.wanted.len().abs_diff(own.len()) as u64;
        told.largest = apart().map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        told.steps = self.trainer.step();
        told.seconds = self.began.elapsed().as_secs_f64();
        Event::Align(AlignEvent::Replayed { job, replayed: Box::new(told) })
    }
}

/// The run's own inputs over one of its models.
fn open(
    config: &RunConfig,
    parent: &Parent,
    run_dir: &std::path::Path,
    hands: &Hands<'_>,
) -> Result<(Source, crate::config::RunPlan), String> {
    let mut config = config.clone();
    let source = Source::reopen(&mut config, parent, run_dir, hands)?;
    let plan = source.plan(&config, Some(&parent.config))?;
    Ok((source, plan))
}

/// How many of these votes the project's list of events does not have, or has otherwise.
fn strayed(clicks: &[Clicked], dataset: i64, hands: &Hands<'_>) -> Result<u64, String> {
    let events = hands.desk.ask(move |project| project.vote_events_in_order(dataset)).map_err(|error| error.to_string())?;
    let stands = |click: &&Clicked| {
        let found = events.iter().find(|event| event.id == click.event);
        found.is_some_and(|event| event.vote.as_ref() == Some(&click.vote) && event.annotator == click.annotator)
    };
    Ok(clicks.iter().filter(|click| !stands(click)).count() as u64)
}
