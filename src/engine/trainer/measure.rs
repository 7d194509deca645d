//! What a run measures between steps: the validation and the pinned prompts, in pieces. Knows no schedule.

use std::rc::Rc;

use super::Hands;
use super::active::{ActiveRun, Task};
use super::task_eval::TaskEvaluation;
use crate::config::{Objective, RunConfig};
use crate::engine::command::{GenerateRequest, Sampling};
use crate::engine::event::{AlignEvent, Event, Mark, MarkKind, RolloutToken, RolloutView, Sample, SeriesPoint};
use crate::evaluate::Metric;
use crate::infer::{GenerateError, Generation, fill_mask};
use crate::model::{ModelConfig, Workspace};
use crate::tokenizer::Tokenizer;
use crate::train::{Stats, TrainError, stat};

/// Guesses for each mask of a pinned prompt: the best is shown.
const SAMPLE_GUESSES: usize = 1;
/// Answers of a round that are shown.
const TOLD_ANSWERS: usize = 32;

impl ActiveRun {
    pub(super) fn evaluate(&mut self, hands: &mut Hands<'_>) -> Result<bool, TrainError> {
        let Some(mut point) = self.trainer.eval_micro_step()? else { return Ok(false) };
        point.best &= !self.best.waits_for_metric();
        self.last_val = Some((point.step, point.loss));
        self.progress.evals.push(point);
        hands.outbox.send(Event::Eval { run: self.id, point });
        let stats = self.trainer.eval_stats().clone();
        let parts = self.trainer.eval_parts();
        self.series("val_", point.step, (&stats, &parts), hands);
        let probed = self.trainer.context_probe()?;
        self.series("", point.step, (&Stats::new(), &probed), hands);
        if !self.best.waits_for_metric() {
            self.judge(point.step, None, hands);
        }
        Ok(true)
    }

    /// One piece of asking queries with more and more examples.
    pub(super) fn ask_shots(&mut self, hands: &mut Hands<'_>) -> Result<bool, TrainError> {
        let Some(shots) = &mut self.shots else { return Ok(true) };
        let Some(figures) = shots.turn(&mut self.trainer)? else { return Ok(false) };
        self.series("", self.trainer.step(), (&Stats::new(), &figures), hands);
        Ok(true)
    }

    /// Whether the validation that just came in is the best: a checkpoint, or one step nearer to the end of the patience. True when it is.
    fn judge(&mut self, step: u64, metric: Option<&Metric>, hands: &mut Hands<'_>) -> bool {
        let loss = self.last_val.filter(|(at, _)| *at == step).map_or(f32::NAN, |(_, loss)| loss);
        let best = self.best.judge(step, loss, metric);
        if best {
            // Behind the task at hand, before the pause or the end.
            self.tasks.insert(1.min(self.tasks.len()), Task::Checkpoint);
        } else {
            self.stop_early(hands);
        }
        best
    }

    /// Curves beside the loss, where the trainer has any.
    pub(super) fn series(&mut self, prefix: &str, step: u64, (stats, parts): (&Stats, &[(String, f64)]), hands: &mut Hands<'_>) {
        if stats.is_empty() && parts.is_empty() {
            return;
        }
        let decided = stats.iter().find(|(name, _)| *name == stat::DECIDED).map_or(1.0, |(_, share)| share.max(1e-9));
        let point = |(name, value): &(&'static str, f64)| {
            // Of those that have an order at all.
            let value = if *name == stat::ACCURACY { value / decided } else { *value };
            SeriesPoint { step, name: format!("{prefix}{name}"), value: value as f32 }
        };
        let mut points: Vec<SeriesPoint> = stats.iter().filter(|(name, _)| *name != stat::DECIDED).map(point).collect();
        let part = |(name, value): &(String, f64)| SeriesPoint { step, name: format!("{prefix}{name}"), value: *value as f32 };
        points.extend(parts.iter().map(part));
        self.progress.series.extend(points.clone());
        hands.outbox.send(Event::Align(AlignEvent::Series { run: self.id, points }));
    }

    /// Some of the answers of a round, when it was learnt from first.
    pub(super) fn tell_round(&self, step: u64, hands: &mut Hands<'_>) {
        let Some((round, prompts)) = self.trainer.round().filter(|(round, _)| round.learnt == 1) else { return };
        let view = |sample: &crate::train::Sample| {
            let tokens = sample.ids.get(sample.prompt_tokens..).unwrap_or_default();
            let last = tokens.len().saturating_sub(1);
            let token = |(i, id): (usize, &u32)| {
                let at = |list: &[f32]| list.get(i).copied().unwrap_or(0.0);
                let logprob = at(&sample.logprob);
                let kl = logprob - at(&sample.extra.reference);
                let judged = if i == last { sample.reward } else { 0.0 };
                RolloutToken {
                    text: self.tokenizer.token_text(*id),
                    logprob,
                    kl,
                    reward: (judged - round.beta * f64::from(kl)) as f32,
                    advantage: sample.extra.advantages.get(i).or(sample.extra.advantages.last()).copied().unwrap_or(0.0),
                }
            };
            RolloutView {
                prompt: prompts.get(sample.prompt).map(|prompt| prompt.text.clone()).unwrap_or_default(),
                tokens: tokens.iter().enumerate().map(token).collect(),
                ended: sample.ended,
                reward: sample.reward as f32,
                parts: sample.parts.iter().map(|(name, value)| (name.clone(), *value as f32)).collect(),
            }
        };
        let rollouts = round.samples.iter().take(TOLD_ANSWERS).map(view).collect();
        hands.outbox.send(Event::Align(AlignEvent::Rollouts { run: self.id, step, rollouts }));
    }

    /// One piece of doing the task on validation rows.
    pub(super) fn measure(&mut self, hands: &mut Hands<'_>) -> bool {
        let Some(measure) = &self.measure else { return true };
        let model = self.trainer.model();
        let most = self.trainer.plan().config().tune.as_ref().map_or(0, |tune| tune.metric_rows);
        let mut measuring = self.measuring.take().unwrap_or_else(|| TaskEvaluation::new(Rc::clone(&measure.eval), most));
        let workspace = self.workspace.get_or_insert_with(|| Workspace::for_inference(model));
        if let Err(message) = measuring.turn(model, &self.tokenizer, workspace) {
            hands.warn(format!("The task could not be measured: {message}"));
            return true;
        }
        if !measuring.is_done() {
            self.measuring = Some(measuring);
            return false;
        }
        let mut eval = measuring.finish(self.trainer.step(), measure.baseline.clone());
        // What two reports are compared by is not kept for every step.
        eval.report = eval.report.without_tallies();
        if self.best.waits_for_metric() {
            let headline = eval.report.headline.clone();
            eval.best = self.judge(eval.step, Some(&headline), hands);
        }
        self.progress.tasks.push(eval.clone());
        hands.outbox.send(Event::TaskEval { run: self.id, eval });
        true
    }

    /// Ends a fine-tuning run whose validation has not got better for as long as its patience lasts; the best checkpoint is kept.
    fn stop_early(&mut self, hands: &mut Hands<'_>) {
        let patience = self.trainer.plan().config().tune.as_ref().map_or(0, |tune| tune.patience);
        let Some(label) = self.best.worn_out(patience) else { return };
        if self.tasks.iter().any(|task| matches!(task, Task::Finish)) {
            return;
        }
        let step = self.trainer.step();
        self.mark(Mark { step, kind: MarkKind::Early, label }, hands);
        self.tasks.push_back(Task::Finish);
    }

    /// One token of every pinned prompt's continuation; an encoder fills all masks at once.
    pub(super) fn sample(&mut self, hands: &mut Hands<'_>) -> bool {
        let model = self.trainer.model();
        let tokenizer = &self.tokenizer;
        let workspace = self.workspace.get_or_insert_with(|| Workspace::for_inference(model));
        let config = self.trainer.plan().config();
        if config.objective == Objective::Masked {
            let filled = |prompt: &String| {
                let guesses = fill_mask(model, tokenizer, prompt, SAMPLE_GUESSES, workspace).ok()?;
                let words: Vec<_> =
                    guesses.iter().filter_map(|mask| mask.best.first()).map(|(word, _)| word.trim().to_owned()).collect();
                Some(Sample { step: self.trainer.step(), prompt: prompt.clone(), completion: words.join(" … ") })
            };
            let samples: Vec<_> = config.prompts.iter().filter_map(filled).collect();
            self.sampled(samples, hands);
            return true;
        }
        let (mut generation, prompts) = match self.sampling.take() {
            Some(sampling) => sampling,
            None => match begin_samples(config, &model.config, tokenizer) {
                Ok(sampling) => sampling,
                Err(error) => {
                    hands.warn(format!("The pinned prompts could not be continued: {error}"));
                    return true;
                }
            },
        };
        generation.step(model, tokenizer, workspace);
        if !generation.is_done() {
            self.sampling = Some((generation, prompts));
            return false;
        }
        let step = self.trainer.step();
        let text = |(row, prompt)| Sample { step, prompt, completion: generation.text(row).to_owned() };
        let samples = prompts.into_iter().enumerate().map(text).collect();
        self.sampled(samples, hands);
        true
    }

    fn sampled(&mut self, samples: Vec<Sample>, hands: &mut Hands<'_>) {
        if !samples.is_empty() {
            self.progress.samples.extend(samples.iter().cloned());
            hands.outbox.send(Event::Sampled { run: self.id, samples });
        }
    }
}

/// Continuations of all pinned prompts that the model can take, drawn with the run's seed.
fn begin_samples(
    config: &RunConfig,
    model: &ModelConfig,
    tokenizer: &Tokenizer,
) -> Result<(Generation, Vec<String>), GenerateError> {
    let request = |prompt: &String| GenerateRequest {
        prompt: prompt.clone(),
        sampling: Sampling { seed: config.seed, ..Sampling::default() },
        max_tokens: config.sample_tokens,
        stop: Vec::new(),
    };
    // One that is too long for the context must not silence the others.
    let fits = |prompt: &&String| Generation::new(model, tokenizer, vec![request(prompt)]).is_ok();
    let prompts: Vec<String> = config.prompts.iter().filter(fits).cloned().collect();
    let generation = Generation::new(model, tokenizer, prompts.iter().map(request).collect())?;
    Ok((generation, prompts))
}
