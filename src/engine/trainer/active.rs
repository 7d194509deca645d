//! The run at hand: how it starts, what it does turn by turn, how it ends. Knows no window and no database but the desk.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::Hands;
use super::lab::ShotProbe;
use super::live::Live;
use super::patience::Best;
use super::source::{Inputs, Measure, Parent, Source};
use super::task_eval::TaskEvaluation;
use crate::config::{Align, BestBy, RowFacts, RunConfig};
use crate::engine::command::{CheckpointId, Knob, RunId};
use crate::engine::event::{Baselines, Event, Mark, MarkKind, RunInfo, RunState};
use crate::infer::Generation;
use crate::model::{ModelConfig, Workspace};
use crate::store::RunProgress;
use crate::tokenizer::Tokenizer;
use crate::train::{RunTrainer, StepReport, TrainError};

/// How long metrics may wait before they are written, and how many.
const WRITE_EVERY: Duration = Duration::from_secs(1);
const WRITE_POINTS: usize = 200;
/// Below this many validation rows a run says that its figures say little.
const FEW_ROWS: u64 = 4;

/// What is to be done between two steps, in order.
pub(super) enum Task {
    Evaluate,
    /// Accuracy by the number of examples.
    Shots,
    /// The task itself, on validation rows.
    Measure,
    Sample,
    Checkpoint,
    Pause,
    Finish,
}

/// A run that was started or resumed in this session.
pub struct ActiveRun {
    pub(super) id: RunId,
    pub(super) trainer: RunTrainer,
    pub(super) tokenizer: Tokenizer,
    pub(super) tokenizer_path: PathBuf,
    pub(super) state: RunState,
    pub(super) tasks: VecDeque<Task>,
    /// A sample being written, and its prompts.
    pub(super) sampling: Option<(Generation, Vec<String>)>,
    pub(super) workspace: Option<Workspace>,
    /// Not handed to the librarian yet.
    pub(super) progress: RunProgress,
    written_at: Instant,
    /// Old values of turned knobs, the latest last.
    pub(super) turned: Vec<Knob>,
    pub(super) stepping_once: bool,
    pub(super) last_checkpoint: Option<(CheckpointId, u64)>,
    pub(super) saved_at: Instant,
    /// The latest checkpoint could not be written.
    pub(super) save_failed: bool,
    /// Step and loss of the latest validation, and which was the best.
    pub(super) last_val: Option<(u64, f32)>,
    pub(super) best: Best,
    /// What is asked with more and more examples.
    pub(super) shots: Option<ShotProbe>,
    /// What a fine-tuning run measures its task with, and the measurement under way.
    pub(super) measure: Option<Measure>,
    pub(super) measuring: Option<TaskEvaluation>,
    /// Of a run that learns from votes as they come.
    pub(super) live: Option<Live>,
}

impl ActiveRun {
    /// A new run, from random weights or from a checkpoint's.
    pub fn start(mut config: RunConfig, from: Option<CheckpointId>, hands: &mut Hands<'_>) -> Result<Self, String> {
        let parent = from.map(|id| Parent::open(id, hands)).transpose()?;
        let source = Source::open(&mut config, parent.as_ref(), hands)?;
        let plan = source.plan(&config, parent.as_ref().map(|parent| &parent.config))?;
        let weights = parent.map(|parent| source.weights(&config, &parent)).transpose()?;
        let trainer = RunTrainer::new(plan, source.data, weights).map_err(|error| error.to_string())?;
        let shots = ShotProbe::open(&trainer, (&source.inputs, &source.tokenizer), None, hands)?;
        let n_params = trainer.model().layout.len as u64;
        let stored = config.clone();
        let row = hands
            .desk
            .change(move |project| project.create_run(&stored, from, n_params).and_then(|id| project.run(id)))
            .map_err(|error| error.to_string())?;
        config.name = row.name;
        let tokenizer_path =
            keep_inputs(row.id, (&source.inputs, shots.as_ref()), source.tokenizer_path, &trainer.model().config, hands)?;
        let mut run = Self::over(row.id, trainer, source.tokenizer, tokenizer_path)?;
        run.shots = shots;
        if matches!(source.inputs, Inputs::Votes(_)) {
            tell_left_out(source.facts.rows.as_ref(), hands);
        }
        run.measures(source.inputs.measure());
        run.announce(config, source.baselines, hands);
        run.say_what_is_lost(hands);
        // The untrained model is the first point of the curve: everything it learns is measured from here.
        run.plan_tasks(true);
        Ok(run)
    }

    /// Goes on from a checkpoint; what was measured after it is forgotten, so that the curve joins.
    pub fn resume(checkpoint: CheckpointId, hands: &mut Hands<'_>) -> Result<Self, String> {
        let row = hands.desk.ask(move |project| project.checkpoint(checkpoint)).map_err(|error| error.to_string())?;
        let Some(id) = row.run else {
            return Err("This model belongs to no run, so there is nothing to resume; branch a new run from it".to_owned());
        };
        let parent = Parent::open(checkpoint, hands)?;
        let stored = hands.desk.ask(move |project| project.run(id)).map_err(|error| error.to_string())?;
        let mut config = stored.config;
        config.name = stored.name;
        let source = Source::reopen(&mut config, &parent, &hands.paths.run_dir(id), hands)?;
        let plan = source.plan(&config, Some(&parent.config))?;
        let trainer = RunTrainer::resume(plan, source.data, &row.path).map_err(|error| error.to_string())?;
        let step = trainer.step();
        let run_dir = hands.paths.run_dir(id);
        let shots = ShotProbe::open(&trainer, (&source.inputs, &source.tokenizer), Some(&run_dir), hands)?;
        let mut run = Self::over(id, trainer, source.tokenizer, source.tokenizer_path)?;
        run.shots = shots;
        run.resume_live(&row.path)?;
        hands
            .desk
            .change(move |project| {
                project.trim_after(id, step)?;
                project.set_run_state(id, RunState::Running)
            })
            .map_err(|error| error.to_string())?;
        run.measures(source.inputs.measure());
        run.last_checkpoint = Some((checkpoint, step));
        run.recall_best(hands)?;
        run.announce(config, source.baselines, hands);
        run.mark(Mark { step, kind: MarkKind::Resumed, label: format!("Resumed at step {step}") }, hands);
        if run.trainer.is_finished() {
            run.tasks.push_back(Task::Finish);
        }
        Ok(run)
    }

    fn over(id: RunId, trainer: RunTrainer, tokenizer: Tokenizer, tokenizer_path: PathBuf) -> Result<Self, String> {
        let align = trainer.plan().config().tune.as_ref().and_then(|tune| tune.align.as_ref());
        let run_dir = tokenizer_path.parent().unwrap_or(&tokenizer_path);
        let live = matches!(align, Some(Align::Live { .. })).then(|| Live::new(run_dir)).transpose()?;
        Ok(Self {
            id,
            trainer,
            tokenizer,
            tokenizer_path,
            state: RunState::Running,
            tasks: VecDeque::new(),
            sampling: None,
            workspace: None,
            progress: RunProgress::default(),
            written_at: Instant::now(),
            turned: Vec::new(),
            stepping_once: false,
            last_checkpoint: None,
            saved_at: Instant::now(),
            save_failed: false,
            last_val: None,
            best: Best::new(BestBy::Loss, false),
            shots: None,
            measure: None,
            measuring: None,
            live,
        })
    }

    /// What of the rows does not train, said once and before the first step.
    fn say_what_is_lost(&self, hands: &mut Hands<'_>) {
        let Some(rows) = &self.trainer.plan().facts().rows else { return };
        for sentence in &rows.left_out {
            hands.warn(format!("Of the rows: {sentence}"));
        }
        for sentence in &rows.notes {
            hands.warn(format!("{sentence}. The Data page's statistics mend it"));
        }
        // With a handful of rows to measure on, one answer moves every figure.
        if self.measure.is_some() && rows.val > 0 && rows.val < FEW_ROWS {
            hands.warn(format!("The rows to validate on are few ({}), so the figures say little; label more", rows.val));
        }
    }

    /// What the task is measured with decides what the best step is.
    fn measures(&mut self, measure: Option<Measure>) {
        let by = self.trainer.plan().config().tune.as_ref().map_or(BestBy::Loss, |tune| tune.best_by);
        self.best = Best::new(by, measure.is_some());
        self.measure = measure;
    }

    /// The best step and the patience that is left, as the project has them.
    pub(super) fn recall_best(&mut self, hands: &Hands<'_>) -> Result<(), String> {
        let id = self.id;
        let measured = hands.desk.ask(move |project| Ok((project.evals(id)?, project.task_evals(id)?)));
        let (evals, tasks) = measured.map_err(|error| error.to_string())?;
        self.best.recall(&evals, &tasks);
        Ok(())
    }

    fn announce(&self, config: RunConfig, baselines: Baselines, hands: &mut Hands<'_>) {
        hands.vital.run = Some(self.id);
        let plan = self.trainer.plan();
        let info = RunInfo {
            n_params: self.trainer.model().layout.len as u64,
            tokens_per_step: plan.tokens_per_step(),
            train_tokens: plan.facts().train_tokens,
            val_tokens: plan.facts().val_tokens,
            replicas: plan.replicas(),
            device: self.trainer.device(),
            baselines,
            step: self.trainer.step(),
        };
        hands.outbox.send(Event::RunStarted { run: self.id, config, info });
        hands.outbox.send(Event::State { run: self.id, state: self.state });
    }

    /// Whether the run has come to its end in this session.
    pub fn is_over(&self) -> bool {
        match self.state {
            RunState::Running | RunState::Paused | RunState::Alarm => false,
            RunState::Finished | RunState::Stopped | RunState::Interrupted | RunState::Failed => true,
        }
    }

    /// Whether there is something to do for it now.
    pub fn wants_turn(&self) -> bool {
        // A live run waits for votes.
        let idle = self.tasks.is_empty() && self.live.as_ref().is_some_and(|live| !live.wants_turn());
        self.state == RunState::Running && !idle
    }

    /// One piece: of the task at hand, or else a micro-batch.
    pub fn turn(&mut self, hands: &mut Hands<'_>) {
        let done = match self.tasks.front() {
            None if self.live.is_some() => self.live_turn(hands).map(|()| false),
            None => self.train(hands).map(|()| false),
            Some(Task::Evaluate) => self.evaluate(hands),
            Some(Task::Shots) => self.ask_shots(hands),
            Some(Task::Measure) => Ok(self.measure(hands)),
            Some(Task::Sample) => Ok(self.sample(hands)),
            Some(Task::Checkpoint) => {
                self.save_checkpoint(hands);
                Ok(true)
            }
            Some(Task::Pause) => {
                self.set_state(RunState::Paused, hands);
                Ok(true)
            }
            // Without its checkpoint the run stays open, paused: with space on the disk it can still be saved.
            Some(Task::Finish) => {
                if self.save_checkpoint(hands) {
                    self.close(RunState::Finished, "The run is finished".to_owned(), hands);
                }
                Ok(false)
            }
        };
        match done {
            Ok(true) => {
                self.tasks.pop_front();
            }
            Ok(false) => {}
            Err(TrainError::Alarm { why }) => self.raise_alarm(self.trainer.step(), &why, hands),
            Err(error) => self.fail(&error, hands),
        }
        self.write_if_due(hands);
    }

    fn train(&mut self, hands: &mut Hands<'_>) -> Result<(), TrainError> {
        let Some(StepReport { point, alarm, stats, parts, .. }) = self.trainer.micro_step()? else { return Ok(()) };
        self.progress.points.push(point);
        hands.outbox.send(Event::Steps { run: self.id, points: vec![point] });
        self.series("", point.step, (&stats, &parts), hands);
        self.tell_round(point.step, hands);
        match alarm {
            Some(message) => self.raise_alarm(point.step, &message, hands),
            None => self.plan_tasks(false),
        }
        Ok(())
    }

    /// What is due at this step: measured first, saved after, so that a checkpoint has seen its own validation.
    fn plan_tasks(&mut self, first: bool) {
        let (step, finished) = (self.trainer.step(), self.trainer.is_finished());
        let knobs = *self.trainer.knobs();
        let due = |every: u64| every > 0 && (first || finished || step.is_multiple_of(every));
        let config = self.trainer.plan().config();
        let by_step = config.checkpoint_every > 0 && step > 0 && step.is_multiple_of(config.checkpoint_every);
        let interval = Duration::from_secs(knobs.checkpoint_every_s);
        let by_time = !interval.is_zero() && step > 0 && self.saved_at.elapsed() >= interval;
        // A knob may ask for validations of a corpus that has nothing to validate on.
        if due(knobs.eval_every) && self.trainer.plan().facts().val_tokens >= 2 {
            self.tasks.push_back(Task::Evaluate);
            self.tasks.extend(self.shots.is_some().then_some(Task::Shots));
            if self.measure.is_some() {
                self.tasks.push_back(Task::Measure);
            }
        }
        if due(knobs.sample_every) && !config.prompts.is_empty() {
            self.tasks.push_back(Task::Sample);
        }
        // A policy may collapse at any step: there is always something to go back to.
        let begins = first && self.trainer.round().is_some();
        if by_step || by_time || begins {
            self.tasks.push_back(Task::Checkpoint);
        }
        if finished {
            self.tasks.push_back(Task::Finish);
        } else if self.stepping_once && !first {
            self.stepping_once = false;
            self.tasks.push_back(Task::Pause);
        }
    }

    fn raise_alarm(&mut self, step: u64, message: &str, hands: &mut Hands<'_>) {
        self.tasks.clear();
        self.mark(Mark { step, kind: MarkKind::Alarm, label: message.to_owned() }, hands);
        self.set_state(RunState::Alarm, hands);
        hands.warn(format!("Training paused itself at step {step}: {message}"));
    }

    fn fail(&mut self, error: &TrainError, hands: &mut Hands<'_>) {
        self.close(RunState::Failed, format!("The run failed: {error}"), hands);
    }

    pub(super) fn close(&mut self, state: RunState, message: String, hands: &mut Hands<'_>) {
        self.tasks.clear();
        self.sampling = None;
        self.set_state(state, hands);
        hands.vital.run = None;
        let checkpoint = self.last_checkpoint.map(|(id, _)| id);
        hands.outbox.send(Event::RunEnded { run: self.id, state, checkpoint, message });
    }

    pub(super) fn set_state(&mut self, state: RunState, hands: &mut Hands<'_>) {
        if self.state == state {
            return;
        }
        self.state = state;
        self.write(hands);
        let id = self.id;
        hands.desk.tell(true, move |project| project.set_run_state(id, state));
        hands.outbox.send(Event::State { run: id, state });
    }

    pub(super) fn mark(&mut self, mark: Mark, hands: &mut Hands<'_>) {
        self.progress.marks.push(mark.clone());
        hands.outbox.send(Event::Marked { run: self.id, mark });
    }

    /// Hands what was measured to the librarian.
    pub(super) fn write(&mut self, hands: &mut Hands<'_>) {
        self.written_at = Instant::now();
        if !self.progress.is_empty() {
            hands.desk.progress(self.id, std::mem::take(&mut self.progress));
        }
    }

    fn write_if_due(&mut self, hands: &mut Hands<'_>) {
        if self.progress.points.len() >= WRITE_POINTS || self.written_at.elapsed() >= WRITE_EVERY {
            self.write(hands);
        }
    }
}

/// Which votes taught nothing and why, and whether anything measures the run.
fn tell_left_out(rows: Option<&RowFacts>, hands: &mut Hands<'_>) {
    let Some(rows) = rows.filter(|rows| rows.train > 0) else { return };
    if !rows.left_out.is_empty() {
        hands.warn(format!("Votes that teach nothing here were left out. {}", rows.left_out.join("; ")));
    }
    if rows.val == 0 {
        hands.warn("No vote was kept aside, so nothing will tell how it does on votes that it has not seen; give more");
    }
}

/// Puts what a fine-tuning run must keep into its folder: what is edited or thinned away later must not change it. Returns the
/// tokenizer's place there.
fn keep_inputs(
    run: RunId,
    (inputs, shots): (&Inputs, Option<&ShotProbe>),
    tokenizer: PathBuf,
    model: &ModelConfig,
    hands: &Hands<'_>,
) -> Result<PathBuf, String> {
    let dir = hands.paths.run_dir(run);
    let saved = match inputs {
        Inputs::None => Ok(()),
        Inputs::Rows(rows, _) => rows.save(&tokenizer, model, &dir),
        Inputs::Votes(votes) => votes.save(&tokenizer, model, &dir),
        Inputs::Prompts(prompts) => prompts.save(&tokenizer, model, &dir),
    };
    if let Err(message) = saved.and_then(|()| shots.map_or(Ok(()), |shots| shots.keep(&dir))) {
        hands.desk.tell(true, move |project| project.set_run_state(run, RunState::Failed));
        return Err(message);
    }
    Ok(if matches!(inputs, Inputs::None) { tokenizer } else { dir.join("tokenizer.json") })
}
