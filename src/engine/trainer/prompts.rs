//! Prompts: texts being continued token by token, from the run at hand or from checkpoints that stay loaded for a while. Trains nothing.

mod composing;
mod look;
mod talk;

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::Hands;
use super::active::ActiveRun;
use super::drawing::{Drawing, Wish, Writer};
use crate::engine::command::{CheckpointId, GenerateRequest, JobId, ModelSource};
use crate::engine::event::{AlignEvent, Event, GenerateResult};
use crate::engine::talk::Weights;
use crate::feedback::Origin;
use crate::formats::load_folder;
use crate::infer::{Delta, Generation, fill_mask};
use crate::model::{Model, Workspace};
use crate::tokenizer::Tokenizer;

/// Checkpoints that stay loaded when no prompt needs them.
const KEPT_MODELS: usize = 2;

/// Prompts under way and the models that answer.
#[derive(Default)]
pub struct Prompts {
    jobs: Vec<PromptJob>,
    draws: Vec<Drawing>,
    talks: talk::Talks,
    /// The latest used last.
    loaded: Vec<LoadedModel>,
    /// For the run at hand: its id, and what a pass needs.
    live: Option<(i64, Workspace)>,
}

struct PromptJob {
    job: JobId,
    weights: Weights,
    generation: Generation,
    began: Instant,
    first_token_s: Option<f64>,
}

struct LoadedModel {
    weights: Weights,
    id: CheckpointId,
    step: u64,
    name: String,
    dir: PathBuf,
    model: Model,
    tokenizer: Tokenizer,
    workspace: Workspace,
}

/// Weights, and what goes with them, lent for one call.
struct Lent<'a> {
    model: &'a Model,
    tokenizer: &'a Tokenizer,
    workspace: &'a mut Workspace,
    step: u64,
    /// The checkpoint's folder, or that of the run's inputs.
    dir: &'a Path,
    origin: Origin,
}

impl Prompts {
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.draws.is_empty() && self.talks.is_empty()
    }

    /// Begins to answer a prompt several times; `AlignEvent::Drawn` tells when all are there.
    pub fn draw(&mut self, job: JobId, wish: Wish, run: Option<&ActiveRun>, hands: &mut Hands<'_>) {
        hands.vital.jobs.insert(job);
        let live = wish.sources.contains(&ModelSource::Live);
        if wish.sources.is_empty() || wish.n == 0 || live && run.is_none() {
            return hands.fail_job(job, "No model was chosen to answer; choose a checkpoint");
        }
        self.draws.push(Drawing::new(job, wish));
    }

    /// One more token of the answers that were asked for first: those are wanted first.
    fn draw_on(&mut self, run: Option<&ActiveRun>, hands: &mut Hands<'_>) {
        if self.draws.is_empty() {
            return;
        }
        let mut drawing = self.draws.remove(0);
        let Some(source) = drawing.source() else {
            hands.vital.jobs.remove(&drawing.job);
            let (prompt, candidates) = (drawing.wish.prompt, drawing.found);
            hands.outbox.send(Event::Align(AlignEvent::Drawn { job: drawing.job, prompt, candidates }));
            return;
        };
        let turned = self.lend(source, run, hands).and_then(|lent| {
            let Lent { model, tokenizer, workspace, dir, origin, .. } = lent;
            drawing.turn(Writer { model, tokenizer, workspace, dir, origin })
        });
        match turned {
            Ok(()) => self.draws.insert(0, drawing),
            Err(message) => hands.fail_job(drawing.job, message),
        }
    }

    /// Begins to continue a text; tokens come turn by turn.
    pub fn generate(
        &mut self,
        job: JobId,
        source: ModelSource,
        request: GenerateRequest,
        run: Option<&ActiveRun>,
        hands: &mut Hands<'_>,
    ) {
        hands.vital.jobs.insert(job);
        let began = Instant::now();
        let generation = self.lend(source, run, hands).and_then(|lent| {
            Generation::new(&lent.model.config, lent.tokenizer, vec![request]).map_err(|error| error.to_string())
        });
        match generation {
            Ok(generation) => self.jobs.push(PromptJob { job, weights: source.into(), generation, began, first_token_s: None }),
            Err(message) => hands.fail_job(job, message),
        }
    }

    /// Fills the masks of a text at once: one forward pass.
    pub fn fill_mask(
        &mut self,
        job: JobId,
        source: ModelSource,
        text: &str,
        top: usize,
        run: Option<&ActiveRun>,
        hands: &mut Hands<'_>,
    ) {
        hands.vital.jobs.insert(job);
        let filled = self
            .lend(source, run, hands)
            .and_then(|lent| fill_mask(lent.model, lent.tokenizer, text, top, lent.workspace).map_err(|error| error.to_string()));
        match filled {
            Ok(masks) => {
                hands.vital.jobs.remove(&job);
                hands.outbox.send(Event::Filled { job, masks });
            }
            Err(message) => hands.fail_job(job, message),
        }
    }

    /// One more token for every prompt.
    pub fn turn(&mut self, run: Option<&ActiveRun>, hands: &mut Hands<'_>) {
        self.draw_on(run, hands);
        self.talk_on(run, hands);
        for mut job in std::mem::take(&mut self.jobs) {
            match self.lend_weights(job.weights, run, hands) {
                Ok(lent) => {
                    let deltas = job.generation.step(lent.model, lent.tokenizer, lent.workspace);
                    let step = lent.step;
                    if Self::told(&mut job, deltas, step, hands) {
                        self.jobs.push(job);
                    }
                }
                Err(message) => hands.fail_job(job.job, message),
            }
        }
    }

    /// Ends a prompt where it is.
    pub fn cancel(&mut self, job: JobId, run: Option<&ActiveRun>, hands: &mut Hands<'_>) {
        if let Some(place) = self.draws.iter().position(|drawing| drawing.job == job) {
            self.draws.remove(place);
            hands.vital.jobs.remove(&job);
            return hands.outbox.send(Event::Cancelled { job });
        }
        if self.talks.cancel(job) {
            hands.vital.jobs.remove(&job);
            return hands.outbox.send(Event::Cancelled { job });
        }
        let Some(place) = self.jobs.iter().position(|running| running.job == job) else { return };
        let mut job = self.jobs.remove(place);
        if let Ok(lent) = self.lend_weights(job.weights, run, hands) {
            let deltas = job.generation.cancel(lent.tokenizer);
            let step = lent.step;
            Self::told(&mut job, deltas, step, hands);
        }
    }

    /// Ends the prompts that the run at hand answers: its weights are about to go.
    pub fn end_live(&mut self, run: Option<&ActiveRun>, hands: &mut Hands<'_>) {
        let live: Vec<JobId> = self.jobs.iter().filter(|job| job.weights == Weights::Live).map(|job| job.job).collect();
        let live = live.into_iter().chain(self.talks.by(Weights::Live)).collect::<Vec<_>>();
        for job in live {
            self.cancel(job, run, hands);
        }
        let live: Vec<JobId> =
            self.draws.iter().filter(|it| it.wish.sources.contains(&ModelSource::Live)).map(|it| it.job).collect();
        for job in live {
            self.cancel(job, run, hands);
        }
        self.live = None;
    }

    /// Tells what is new. False when the text has come to its end.
    fn told(job: &mut PromptJob, deltas: Vec<Delta>, step: u64, hands: &mut Hands<'_>) -> bool {
        let elapsed_s = job.began.elapsed().as_secs_f64();
        let first_token_s = *job.first_token_s.get_or_insert(elapsed_s);
        for delta in deltas {
            hands.outbox.send(Event::Token { job: job.job, text: delta.text });
        }
        let Some(why_ended) = job.generation.why_ended(0) else { return true };
        let (tokens, drawn) = (job.generation.new_tokens(0), job.generation.drawn_tokens(0));
        let decoding_s = (elapsed_s - first_token_s).max(1e-9);
        let result = GenerateResult {
            completion: job.generation.text(0).to_owned(),
            prompt_tokens: job.generation.prompt_tokens(0),
            tokens,
            // The first token is the prompt's; its time says nothing of decoding.
            tokens_per_s: if drawn > 1 { (drawn - 1) as f64 / decoding_s } else { drawn as f64 / elapsed_s.max(1e-9) },
            first_token_s,
            step,
            why_ended,
            ids: job.generation.ids(0).to_vec(),
        };
        hands.vital.jobs.remove(&job.job);
        hands.outbox.send(Event::Generated { job: job.job, result });
        false
    }

    /// The weights of a source as they are now; a checkpoint is loaded when it is not at hand.
    fn lend<'a>(
        &'a mut self,
        source: ModelSource,
        run: Option<&'a ActiveRun>,
        hands: &mut Hands<'_>,
    ) -> Result<Lent<'a>, String> {
        self.lend_weights(source.into(), run, hands)
    }

    fn lend_weights<'a>(
        &'a mut self,
        weights: Weights,
        run: Option<&'a ActiveRun>,
        hands: &mut Hands<'_>,
    ) -> Result<Lent<'a>, String> {
        match weights {
            Weights::Live => {
                let run = run.ok_or("No run has been started, so there are no live weights; choose a checkpoint")?;
                let model = run.trainer.model();
                if self.live.as_ref().is_none_or(|(id, _)| *id != run.id) {
                    self.live = Some((run.id, Workspace::for_inference(model)));
                }
                let (_, workspace) = self.live.as_mut().ok_or("The weights are not at hand; try again")?;
                let dir = run.tokenizer_path.parent().unwrap_or(&run.tokenizer_path);
                let step = run.trainer.step();
                let origin = Origin::Model { checkpoint: 0, name: format!("the run at hand, step {step}") };
                Ok(Lent { model, tokenizer: &run.tokenizer, workspace, step, dir, origin })
            }
            Weights::Checkpoint(id) | Weights::Fresh { like: id, .. } => {
                if !self.loaded.iter().any(|loaded| loaded.weights == weights) {
                    let loaded = load(weights, id, hands)?;
                    self.make_room();
                    self.loaded.push(loaded);
                }
                let found = self.loaded.iter_mut().find(|loaded| loaded.weights == weights);
                let loaded = found.ok_or("The checkpoint is not at hand; try again")?;
                Ok(Lent {
                    model: &loaded.model,
                    tokenizer: &loaded.tokenizer,
                    workspace: &mut loaded.workspace,
                    step: loaded.step,
                    dir: &loaded.dir,
                    origin: Origin::Model { checkpoint: loaded.id, name: loaded.name.clone() },
                })
            }
        }
    }

    /// Lets the oldest model go that no prompt needs.
    fn make_room(&mut self) {
        while self.loaded.len() >= KEPT_MODELS {
            let drawn = |id| self.draws.iter().any(|it| it.wish.sources.contains(&ModelSource::Checkpoint(id)));
            let asked = |weights| self.jobs.iter().any(|job| job.weights == weights) || self.talks.needs(weights);
            match self.loaded.iter().position(|loaded| !drawn(loaded.id) && !asked(loaded.weights)) {
                Some(place) => drop(self.loaded.remove(place)),
                None => break,
            }
        }
    }
}

/// A checkpoint, or a model of its kind as it was before its first step.
fn load(weights: Weights, id: CheckpointId, hands: &mut Hands<'_>) -> Result<LoadedModel, String> {
    let row = hands.desk.ask(move |project| project.checkpoint(id)).map_err(|error| error.to_string())?;
    if row.missing {
        return Err(format!("The folder of this checkpoint is gone; put it back, or choose another: {}", row.path.display()));
    }
    let found = load_folder(&row.path).map_err(|error| error.to_string())?;
    let path = found.tokenizer.ok_or_else(|| {
        format!(
            "This checkpoint has no tokenizer.json, so text cannot become tokens; put the file into its folder: {}",
            row.path.display()
        )
    })?;
    let tokenizer = Tokenizer::load(&path).map_err(|error| error.to_string())?;
    for warning in found.warnings {
        hands.warn(warning);
    }
    let model = match weights {
        Weights::Fresh { seed, .. } => {
            Model::init(found.model.merged().config, seed).map_err(|error| format!("Fresh weights cannot be drawn: {error}"))?
        }
        Weights::Live | Weights::Checkpoint(_) => found.model,
    };
    let workspace = Workspace::for_inference(&model);
    let run = row.run.and_then(|run| hands.desk.ask(move |project| project.run(run)).ok());
    let name = run.map_or_else(|| row.name.clone(), |run| format!("{}, step {}", run.name, row.step));
    let step = if matches!(weights, Weights::Fresh { .. }) { 0 } else { row.step };
    Ok(LoadedModel { weights, id, step, name, dir: row.path, model, tokenizer, workspace })
}
