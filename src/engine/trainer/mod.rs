//! The trainer thread: owns every model. One small piece of work, then the commands, so that a pause, a knob and a prompt act within one step.

mod active;
mod baseline;
mod best;
mod checkpoint;
mod comparison;
mod confidence;
mod control;
mod drawing;
mod duel;
mod episode_source;
mod judge;
mod lab;
mod live;
mod live_answers;
mod live_log;
mod lost;
mod measure;
mod opinion;
mod patience;
mod prompt_source;
mod prompts;
mod replay;
mod row_source;
mod sampler;
mod scoring;
mod source;
mod task_eval;
mod trial;
mod vote_source;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, TryRecvError};

use super::Message;
use super::command::{AlignCommand, Command, JobId, RunId, TrainCommand, Worker};
use super::event::{Event, RunState};
use super::librarian::Desk;
use super::outbox::Outbox;
use super::worker::Work;
use crate::store::ProjectPaths;
use active::ActiveRun;
use drawing::Wish;
use prompts::Prompts;
use trial::Trial;

/// How often a full channel to the window is tried again while nothing else happens.
const RETRY: Duration = Duration::from_millis(20);
/// Share of a training run's time that prompts may take, beyond the one token that they always get.
const PROMPT_SHARE: f64 = 0.25;

/// What the thread keeps across a panic.
pub struct Trainer {
    desk: Desk,
    inbox: Receiver<Message>,
    outbox: Outbox,
    vital: Vital,
}

/// What must be told when all else is lost.
#[derive(Default)]
struct Vital {
    run: Option<RunId>,
    jobs: BTreeSet<JobId>,
}

impl Trainer {
    pub fn new(desk: Desk, inbox: Receiver<Message>, outbox: Outbox) -> Self {
        Self { desk, inbox, outbox, vital: Vital::default() }
    }
}

impl Work for Trainer {
    fn run(&mut self) {
        let Some((paths, read_only)) = self.desk.project() else { return };
        let hands = Hands { desk: self.desk.clone(), paths, read_only, outbox: &mut self.outbox, vital: &mut self.vital };
        Session { hands, run: None, prompts: Prompts::default(), trial: None, opinion: None, last_turn: Duration::ZERO }
            .serve(&self.inbox);
    }

    fn died(&mut self, message: String) {
        let mut last_checkpoint = None;
        if let Some(run) = self.vital.run.take() {
            last_checkpoint = self.desk.ask(move |project| project.last_checkpoint(run)).ok().flatten().map(|row| row.id);
            self.desk.tell(true, move |project| project.set_run_state(run, RunState::Interrupted));
            let said = "The run broke off by a fault of the program; it goes on from its last checkpoint".to_owned();
            self.outbox.send(Event::RunEnded { run, state: RunState::Interrupted, checkpoint: last_checkpoint, message: said });
        }
        for job in std::mem::take(&mut self.vital.jobs) {
            let message = "This broke off by a fault of the program; try again".to_owned();
            self.outbox.send(Event::JobFailed { job, message });
        }
        self.outbox.send(Event::WorkerDied { worker: Worker::Trainer, message, last_checkpoint });
    }
}

/// What every part of the trainer works with.
struct Hands<'a> {
    desk: Desk,
    paths: ProjectPaths,
    read_only: bool,
    outbox: &'a mut Outbox,
    vital: &'a mut Vital,
}

impl Hands<'_> {
    fn refuse(&mut self, message: impl Into<String>) {
        self.outbox.send(Event::Refused { worker: Worker::Trainer, message: message.into() });
    }

    fn warn(&mut self, message: impl Into<String>) {
        self.outbox.send(Event::Warning { worker: Worker::Trainer, message: message.into() });
    }

    fn fail_job(&mut self, job: JobId, message: impl Into<String>) {
        self.vital.jobs.remove(&job);
        self.outbox.send(Event::JobFailed { job, message: message.into() });
    }
}

/// One stretch of service, from the project's opening to the end or a panic.
struct Session<'a> {
    hands: Hands<'a>,
    /// The run at hand; kept after its end, so that it still answers prompts and shows its batches.
    run: Option<ActiveRun>,
    prompts: Prompts,
    trial: Option<Trial>,
    /// The reward model that looked at questions last.
    opinion: Option<opinion::Opinion>,
    /// How long the last piece of training took.
    last_turn: Duration,
}

impl Session<'_> {
    fn serve(&mut self, inbox: &Receiver<Message>) {
        while self.take_commands(inbox) {
            self.answer_prompts();
            let began = Instant::now();
            self.turn();
            self.last_turn = began.elapsed();
        }
        // The window was closed: nothing that was learnt is lost.
        if let Some(run) = self.run.as_mut().filter(|run| !run.is_over()) {
            run.save_failed = true;
            run.stop(&mut self.hands, "The program was closed");
        }
    }

    fn is_busy(&self) -> bool {
        self.trial.is_some() || !self.prompts.is_empty() || self.run.as_ref().is_some_and(ActiveRun::wants_turn)
    }

    /// Carries out what was sent; waits when there is nothing else to do. False when nobody will send any more.
    fn take_commands(&mut self, inbox: &Receiver<Message>) -> bool {
        loop {
            let flushed = self.hands.outbox.flush();
            let message = if self.is_busy() {
                match inbox.try_recv() {
                    Ok(message) => message,
                    Err(TryRecvError::Empty) => return true,
                    Err(TryRecvError::Disconnected) => return false,
                }
            } else if flushed {
                match inbox.recv() {
                    Ok(message) => message,
                    Err(_closed) => return false,
                }
            } else {
                match inbox.recv_timeout(RETRY) {
                    Ok(message) => message,
                    Err(RecvTimeoutError::Timeout) => continue,
                    Err(RecvTimeoutError::Disconnected) => return false,
                }
            };
            self.command(message.command());
        }
    }

    /// One piece of what goes on: a micro-batch, a piece of a validation, a token of a sample, a piece of a trial.
    fn turn(&mut self) {
        if let Some(trial) = &mut self.trial {
            if trial.turn(&mut self.hands) {
                self.trial = None;
            }
        } else if let Some(run) = self.run.as_mut().filter(|run| run.wants_turn()) {
            run.turn(&mut self.hands);
        }
    }

    /// One token for every prompt; more while that takes a small share of the training's time.
    fn answer_prompts(&mut self) {
        if self.prompts.is_empty() {
            return;
        }
        let training = self.trial.is_some() || self.run.as_ref().is_some_and(ActiveRun::wants_turn);
        let allowed = if training { self.last_turn.mul_f64(PROMPT_SHARE) } else { Duration::ZERO };
        let began = Instant::now();
        loop {
            self.prompts.turn(self.run.as_ref(), &mut self.hands);
            if self.prompts.is_empty() || began.elapsed() >= allowed {
                break;
            }
        }
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::Train(train) => self.train(train),
            Command::Align(align) => self.align(align),
            Command::Look(look) => self.prompts.look_command(look, self.run.as_ref(), &mut self.hands),
            Command::Lab(lab) => self.begin_trial(lab.job(), |hands| Trial::lab(lab, hands)),
            Command::Talk(talk) => self.prompts.talk(talk, self.run.as_ref(), &mut self.hands),
            Command::Library(_)
            | Command::Label(_)
            | Command::Feedback(_)
            | Command::Keep(_)
            | Command::Import(_)
            | Command::Survey(_) => {
                debug_assert!(false, "commands go to the worker that they name");
            }
        }
    }

    fn train(&mut self, command: TrainCommand) {
        match command {
            TrainCommand::Preflight { job, config, from } => {
                self.begin_trial(job, |hands| Trial::preflight(job, &config, from, hands));
            }
            TrainCommand::WhatFits { job, config, minutes } => {
                self.begin_trial(job, |hands| Trial::what_fits(job, config, minutes, hands));
            }
            TrainCommand::Evaluate { job, checkpoints, dataset, split, most } => {
                self.begin_trial(job, |hands| Trial::evaluate(job, &checkpoints, dataset, (split, most), hands));
            }
            TrainCommand::ScoreRows { job, dataset, checkpoint, only, prelabel, most } => {
                self.begin_trial(job, |hands| Trial::score(job, (dataset, checkpoint), &only, prelabel, most, hands));
            }
            TrainCommand::StartRun { config, from } => self.begin_run(|hands| ActiveRun::start(config, from, hands)),
            TrainCommand::ResumeRun { checkpoint } => self.begin_run(|hands| ActiveRun::resume(checkpoint, hands)),
            TrainCommand::Pause => self.with_run(ActiveRun::pause),
            TrainCommand::Continue => self.with_run(ActiveRun::go_on),
            TrainCommand::StepOnce => self.with_run(ActiveRun::step_once),
            TrainCommand::Stop => self.with_run(|run, hands| run.stop(hands, "The run was stopped")),
            TrainCommand::SaveCheckpoint => self.with_run(|run, hands| {
                run.save_checkpoint(hands);
            }),
            TrainCommand::SetKnob(knob) => self.with_run(|run, hands| run.set_knob(knob, hands)),
            TrainCommand::UndoKnob => self.with_run(ActiveRun::undo_knob),
            TrainCommand::Rewind { checkpoint, lr_scale } => self.with_run(|run, hands| run.rewind(checkpoint, lr_scale, hands)),
            TrainCommand::InspectBatch { step } => match &self.run {
                Some(run) => run.inspect(step, &mut self.hands),
                None => self.hands.refuse("There is no run whose batches could be shown; start one"),
            },
            TrainCommand::Generate { job, source, request } => {
                self.prompts.generate(job, source, request, self.run.as_ref(), &mut self.hands);
            }
            TrainCommand::FillMask { job, source, text, top } => {
                self.prompts.fill_mask(job, source, &text, top, self.run.as_ref(), &mut self.hands);
            }
            TrainCommand::CancelGenerate { job } => self.cancel(job),
        }
    }

    fn align(&mut self, command: AlignCommand) {
        match command {
            AlignCommand::Draw { job, sources, prompt, n, max_tokens, sampling } => {
                let wish = Wish { sources, prompt, n, max_tokens, sampling };
                self.prompts.draw(job, wish, self.run.as_ref(), &mut self.hands);
            }
            AlignCommand::Rate { job, checkpoint, questions } => {
                opinion::rate(&mut self.opinion, job, checkpoint, &questions, &mut self.hands);
            }
            AlignCommand::Replay { job, run } => self.begin_trial(job, |hands| Trial::replay(job, run, hands)),
            AlignCommand::Best { job, wish } => self.begin_trial(job, |hands| Trial::best(job, &wish, hands)),
            AlignCommand::Duel { job, wish } => self.begin_trial(job, |hands| Trial::duel(job, &wish, hands)),
            click @ (AlignCommand::Click { .. } | AlignCommand::TakeBack { .. }) => {
                match self.run.as_mut().filter(|run| !run.is_over() && run.live.is_some()) {
                    Some(run) => run.take_click(click, &mut self.hands),
                    None => self.hands.refuse("No live run is under way; start one, and votes are learnt from as they come"),
                }
            }
        }
    }

    /// Ends a trial or what is being written.
    fn cancel(&mut self, job: JobId) {
        if self.trial.as_ref().is_some_and(|trial| trial.job() == job) {
            self.trial = None;
            self.hands.vital.jobs.remove(&job);
            self.hands.outbox.send(Event::Cancelled { job });
        } else {
            self.prompts.cancel(job, self.run.as_ref(), &mut self.hands);
        }
    }

    /// Does something with the run that is under way.
    fn with_run(&mut self, action: impl FnOnce(&mut ActiveRun, &mut Hands<'_>)) {
        match self.run.as_mut().filter(|run| !run.is_over()) {
            Some(run) => action(run, &mut self.hands),
            None => self.hands.refuse("No run is under way; start or resume one"),
        }
    }

    fn begin_run(&mut self, begin: impl FnOnce(&mut Hands<'_>) -> Result<ActiveRun, String>) {
        if self.run.as_ref().is_some_and(|run| !run.is_over()) {
            return self.hands.refuse("A run is under way; stop it before another begins");
        }
        if self.hands.read_only {
            return self.hands.refuse(crate::store::StoreError::ReadOnly.to_string());
        }
        // The last run's weights make room for the new one's.
        self.prompts.end_live(self.run.as_ref(), &mut self.hands);
        self.run = None;
        self.trial = None;
        match begin(&mut self.hands) {
            Ok(run) => self.run = Some(run),
            Err(message) => self.hands.refuse(message),
        }
    }

    fn begin_trial(&mut self, job: JobId, begin: impl FnOnce(&mut Hands<'_>) -> Result<Trial, String>) {
        if self.run.as_ref().is_some_and(|run| !run.is_over()) {
            return self.hands.fail_job(job, "A run is under way and would be measured too; stop it first");
        }
        if let Some(earlier) = self.trial.take() {
            self.hands.vital.jobs.remove(&earlier.job());
            self.hands.outbox.send(Event::Cancelled { job: earlier.job() });
        }
        self.hands.vital.jobs.insert(job);
        match begin(&mut self.hands) {
            Ok(trial) => self.trial = Some(trial),
            Err(message) => self.hands.fail_job(job, message),
        }
    }
}
