//! Follows the run at hand from its start to its end, and tells it as text or JSON lines. Starts nothing.

use anyhow::{Result, bail};
use serde_json::json;

use super::output::{Output, duration, short_count, thousands};
use super::session::Session;
use crate::config::{Objective, RunConfig, TuneTask};
use crate::engine::command::{CheckpointId, RunId, TrainCommand};
use crate::engine::event::{
    AlignEvent, EvalPoint, Mark, MarkKind, MetricPoint, RunInfo, RunState, Sample, SeriesPoint, TaskEval,
};
use crate::engine::{Command, Event};
use crate::evaluate::Metric;
use crate::state::format::plural;

/// Lines about steps in a whole run, where no bar moves.
const STEP_LINES: u64 = 25;

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    pub run: RunId,
    pub state: RunState,
    pub checkpoint: Option<CheckpointId>,
    pub message: String,
    pub step: u64,
    pub loss: Option<f32>,
    pub val_loss: Option<f32>,
    pub elapsed_s: f64,
    /// Mean over this stretch.
    pub tokens_per_s: f64,
    /// The loss jumped or stopped being finite: what the trainer said.
    pub alarm: Option<String>,
    pub info: RunInfo,
    pub samples: Vec<Sample>,
    /// How well the task was done.
    pub tasks: Vec<TaskEval>,
    /// Validations, with the seconds of training before each.
    pub evals: Vec<(EvalPoint, f64)>,
    /// Further curves, as they came.
    pub series: Vec<SeriesPoint>,
}

/// How much of a run is told to a person; a program is told everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Detail {
    /// Samples of these steps only, and of the last.
    pub samples_at: Option<&'static [u64]>,
}

/// What is known of the run so far.
struct Story {
    detail: Detail,
    config: RunConfig,
    ended: Ended,
    last: Option<MetricPoint>,
    told_step: u64,
    speeds: (f64, u64),
    rows_per_s: Option<f64>,
}

/// Waits for `RunStarted`, then until `RunEnded`. Ctrl+C stops the run, which saves a checkpoint.
pub fn watch(session: &mut Session, detail: Detail) -> Result<Ended> {
    let mut story: Option<Story> = None;
    loop {
        if session.interrupted() {
            session.send(Command::Train(TrainCommand::Stop));
            session.out.line("Stopping; a checkpoint is being saved (Ctrl+C again ends at once)")?;
        }
        let Some(event) = session.next() else { continue };
        if let Some(done) = take(session, &mut story, detail, event)? {
            session.out.end_bar();
            return Ok(done);
        }
    }
}

/// What belongs to a run is told of one that has begun.
fn told(story: &mut Option<Story>, tell: impl FnOnce(&mut Story) -> Result<()>) -> Result<()> {
    story.as_mut().map_or(Ok(()), tell)
}

fn take(session: &mut Session, story: &mut Option<Story>, detail: Detail, event: Event) -> Result<Option<Ended>> {
    let out = &mut session.out;
    match event {
        Event::RunStarted { run, config, info } => {
            tell_start(out, run, &config, &info)?;
            *story = Some(Story::new(run, config, info, detail));
        }
        Event::Steps { points, .. } => told(story, |story| story.steps(out, &points))?,
        Event::Eval { point, .. } => told(story, |story| story.eval(out, point))?,
        Event::Align(AlignEvent::Series { points, .. }) => told(story, |story| story.series(out, points))?,
        Event::TaskEval { eval, .. } => told(story, |story| story.measured(out, eval))?,
        Event::Sampled { samples, .. } => told(story, |story| story.sampled(out, samples))?,
        Event::Marked { mark, .. } => told(story, |story| story.marked(out, mark))?,
        Event::CheckpointSaved { checkpoint, step, .. } => {
            out.event(&json!({ "event": "checkpoint", "step": step, "checkpoint": checkpoint }))?;
        }
        Event::State { state: RunState::Alarm, .. } => session.send(Command::Train(TrainCommand::Stop)),
        Event::RunEnded { state, checkpoint, message, run } => {
            let Some(story) = story.take() else { bail!("Run {run} ended before it began: {message}") };
            return Ok(Some(Ended { state, checkpoint, message, ..story.end() }));
        }
        Event::Refused { message, .. } | Event::OpenFailed { message } if story.is_none() => bail!(message),
        Event::WorkerDied { message, last_checkpoint, .. } => {
            let rest = last_checkpoint.map_or_else(String::new, |c| format!("; the last good checkpoint is {c}"));
            bail!("A worker stopped unexpectedly{rest}: {message}")
        }
        Event::Refused { message, .. } | Event::Warning { message, .. } => out.warning(&message)?,
        Event::Progress(progress) => out.progress(&progress)?,
        Event::Opened { .. }
        | Event::OpenFailed { .. }
        | Event::Library(_)
        | Event::Metrics { .. }
        | Event::RunSamples { .. }
        | Event::FileWritten { .. }
        | Event::Exported { .. }
        | Event::Inspected { .. }
        | Event::Imported { .. }
        | Event::Rows { .. }
        | Event::DatasetStats { .. }
        | Event::TokenizerReady { .. }
        | Event::Pieces { .. }
        | Event::VocabPreview { .. }
        | Event::CorpusReady { .. }
        | Event::SampleReady { .. }
        | Event::Cancelled { .. }
        | Event::JobFailed { .. }
        | Event::Preflight { .. }
        | Event::Fits { .. }
        | Event::Evaluated { .. }
        | Event::RowsScored { .. }
        | Event::State { .. }
        | Event::Batch { .. }
        | Event::Token { .. }
        | Event::Generated { .. }
        | Event::Filled { .. }
        | Event::Examples { .. }
        | Event::LabelState { .. }
        | Event::Agreement { .. }
        | Event::Annotated { .. }
        | Event::Feedback(_)
        | Event::Look(_)
        | Event::Lab(_)
        | Event::Talk(_)
        | Event::Align(
            AlignEvent::Rollouts { .. }
            | AlignEvent::Effect { .. }
            | AlignEvent::Drawn { .. }
            | AlignEvent::Rated { .. }
            | AlignEvent::Replayed { .. }
            | AlignEvent::Best { .. }
            | AlignEvent::Duelled { .. },
        )
        | Event::ExampleStats { .. }
        | Event::TrainingView { .. }
        | Event::DatasetExported { .. } => {}
    }
    Ok(None)
}

fn tell_start(out: &Output, run: RunId, config: &RunConfig, info: &RunInfo) -> Result<()> {
    let d = &config.dims;
    let b = &info.baselines;
    let name =
        if config.name.is_empty() || config.name == format!("Run {run}") { String::new() } else { format!(" ({})", config.name) };
    out.line(&format!(
        "Run {run}{name}: {} parameters, {}, width {}, context {}; {} tokens a step, {}, {}",
        short_count(info.n_params),
        plural(d.n_layers as u64, "layer", "layers"),
        d.d_model,
        d.context,
        thousands(info.tokens_per_step),
        plural(info.replicas as u64, "thread", "threads"),
        info.device
    ))?;
    if info.step > 0 {
        out.line(&format!("Going on from step {} of {}", info.step, config.steps))?;
    }
    let bigram = if config.objective == Objective::Causal { format!(", bigram {:.3}", b.bigram) } else { String::new() };
    // Labelled rows have baselines of their own, told with each measurement.
    if config.tune.is_none() {
        out.line(&format!("Knowing nothing scores: uniform {:.3}, unigram {:.3}{bigram}", b.uniform, b.unigram))?;
    }
    out.event(&json!({
        "event": "start", "run": run, "config": config, "n_params": info.n_params, "tokens_per_step": info.tokens_per_step,
        "train_tokens": info.train_tokens, "val_tokens": info.val_tokens, "replicas": info.replicas, "device": info.device,
        "step": info.step, "baselines": b,
    }))?;
    Ok(())
}

/// All figures of a measurement in a line.
pub fn figures(eval: &TaskEval) -> String {
    let figure = |m: &Metric| {
        let value = if m.percent { format!("{:.1} %", 100.0 * m.value) } else { format!("{:.2}", m.value) };
        format!("{} {value}", m.name)
    };
    let figures: Vec<String> = eval.report.metrics.iter().map(figure).collect();
    let guessing = eval.baseline.as_ref().map_or_else(String::new, |m| format!("; guessing: {}", figure(m)));
    format!("{} on {}{guessing}", figures.join(", "), plural(eval.rows.len() as u64, "row", "rows"))
}

impl Story {
    fn new(run: RunId, config: RunConfig, info: RunInfo, detail: Detail) -> Self {
        let ended = Ended {
            run,
            state: RunState::Running,
            checkpoint: None,
            message: String::new(),
            step: info.step,
            loss: None,
            val_loss: None,
            elapsed_s: 0.0,
            tokens_per_s: 0.0,
            alarm: None,
            info,
            samples: Vec::new(),
            tasks: Vec::new(),
            evals: Vec::new(),
            series: Vec::new(),
        };
        Self { detail, config, ended, last: None, told_step: 0, speeds: (0.0, 0), rows_per_s: None }
    }

    fn steps(&mut self, out: &mut Output, points: &[MetricPoint]) -> Result<()> {
        for point in points {
            let rows = self.rows_per_s(point);
            let mut told = json!({
                "event": "step", "step": point.step, "loss": point.loss, "lr": point.lr, "grad_norm": point.grad_norm,
                "tokens_per_s": point.tokens_per_s, "elapsed_s": point.elapsed_s,
            });
            if let (Some(rows), Some(told)) = (rows, told.as_object_mut()) {
                told.insert("rows_per_s".to_owned(), json!(rows));
            }
            self.rows_per_s = rows.or(self.rows_per_s);
            out.event(&told)?;
            self.speeds = (self.speeds.0 + f64::from(point.tokens_per_s), self.speeds.1 + 1);
            self.last = Some(*point);
        }
        let Some(point) = self.last else { return Ok(()) };
        let rows = self.rows_per_s.map_or_else(String::new, |rows| format!(", {rows:.1} rows/s"));
        let told = format!("loss {:.3}, {:.0} tokens/s{rows}", point.loss, point.tokens_per_s);
        if out.has_bars() {
            out.run_bar(point.step, self.config.steps, told);
        } else if point.step >= self.told_step + (self.config.steps / STEP_LINES).max(1) || self.told_step == 0 {
            self.told_step = point.step;
            let left = self.config.steps.saturating_sub(point.step) as f64 * self.ended.info.tokens_per_step as f64;
            let left_s = left / f64::from(point.tokens_per_s.max(1.0));
            out.line(&format!(
                "step {:>6} of {}  {told}, lr {:.2e}, left {}",
                point.step,
                self.config.steps,
                point.lr,
                duration(left_s)
            ))?;
        }
        Ok(())
    }

    /// Rows that a fine-tuning run learnt from in a second, since the step before.
    fn rows_per_s(&self, point: &MetricPoint) -> Option<f64> {
        let learns = self.config.tune.as_ref().is_some_and(|tune| tune.align.is_none());
        let before = self.last.filter(|before| learns && point.step > before.step && point.elapsed_s > before.elapsed_s)?;
        let rows = (self.config.batch_size * self.config.grad_accum) as u64 * (point.step - before.step);
        Some(rows as f64 / f64::from(point.elapsed_s - before.elapsed_s))
    }

    fn eval(&mut self, out: &Output, point: EvalPoint) -> Result<()> {
        let best = if point.best { ", the best so far" } else { "" };
        // Of a head's loss neither has a meaning.
        let written = self.config.tune.as_ref().is_none_or(|tune| tune.task == TuneTask::Text && tune.align.is_none());
        let more = if written {
            format!(", perplexity {:.2}, {:.3} bits a byte", point.perplexity, point.bits_per_byte)
        } else {
            String::new()
        };
        out.line(&format!("step {:>6}  validation loss {:.4}{more}{best}", point.step, point.loss))?;
        out.event(&json!({
            "event": "eval", "step": point.step, "loss": point.loss, "perplexity": point.perplexity,
            "bits_per_byte": point.bits_per_byte, "best": point.best,
        }))?;
        self.ended.evals.push((point, self.last.map_or(0.0, |p| f64::from(p.elapsed_s))));
        Ok(())
    }

    /// Curves of runs that learn from feedback: each step's on a line, where steps have lines.
    fn series(&mut self, out: &mut Output, points: Vec<SeriesPoint>) -> Result<()> {
        let every = (self.config.steps / STEP_LINES).max(1);
        let mut last: Option<(u64, Vec<String>)> = None;
        for point in &points {
            out.event(&json!({ "event": "series", "step": point.step, "name": point.name, "value": point.value }))?;
            let told = point.step.is_multiple_of(every) || point.step >= self.config.steps || point.name.starts_with("val");
            if told && last.as_ref().is_none_or(|(step, _)| *step != point.step) {
                if let Some((step, figures)) = last.take() {
                    out.line(&format!("step {step:>6}  {}", figures.join(", ")))?;
                }
                last = Some((point.step, Vec::new()));
            }
            // A curve of its own, told in a sentence at the end.
            let curve = point.name.starts_with("val_calibration/");
            if let Some((step, figures)) = last.as_mut().filter(|_| !curve)
                && *step == point.step
            {
                figures.push(format!("{} {:.3}", point.name.replace('_', " "), point.value));
            }
        }
        if let Some((step, figures)) = last {
            out.line(&format!("step {step:>6}  {}", figures.join(", ")))?;
        }
        self.ended.series.extend(points);
        Ok(())
    }

    fn measured(&mut self, out: &Output, eval: TaskEval) -> Result<()> {
        let best = if eval.best { ", the best so far" } else { "" };
        out.line(&format!("step {:>6}  {}{best}", eval.step, figures(&eval)))?;
        out.event(&json!({ "event": "task", "eval": eval }))?;
        self.ended.tasks.push(eval);
        Ok(())
    }

    fn sampled(&mut self, out: &Output, samples: Vec<Sample>) -> Result<()> {
        for sample in &samples {
            let wanted = self.detail.samples_at.is_none_or(|at| at.contains(&sample.step) || sample.step == self.config.steps);
            if wanted {
                out.line(&format!("step {:>6}  {}", sample.step, one_line(&sample.prompt, &sample.completion)))?;
            }
            out.event(
                &json!({ "event": "sample", "step": sample.step, "prompt": sample.prompt, "completion": sample.completion }),
            )?;
        }
        self.ended.samples.extend(samples);
        Ok(())
    }

    fn marked(&mut self, out: &Output, mark: Mark) -> Result<()> {
        match mark.kind {
            MarkKind::Alarm => {
                out.warning(&mark.label)?;
                self.ended.alarm = Some(mark.label);
            }
            MarkKind::Knob { .. } | MarkKind::Rewind { .. } | MarkKind::Checkpoint | MarkKind::Resumed | MarkKind::Early => {}
        }
        Ok(())
    }

    fn end(self) -> Ended {
        let Self { mut ended, last, speeds, .. } = self;
        if let Some(point) = last {
            (ended.step, ended.loss, ended.elapsed_s) = (point.step, Some(point.loss), f64::from(point.elapsed_s));
        }
        ended.val_loss = ended.evals.last().map(|(e, _)| e.loss);
        ended.tokens_per_s = if speeds.1 == 0 { 0.0 } else { speeds.0 / speeds.1 as f64 };
        ended
    }
}

/// A prompt and its completion on one line, with a bar between them.
pub fn one_line(prompt: &str, completion: &str) -> String {
    format!("{}|{}", prompt.replace('\n', " ⏎ "), completion.trim_end().replace('\n', " ⏎ "))
}
