//! One task's instruction and examples taken into a copy of the weights, and what that changed on rows it was not done with.

use std::sync::Arc;
use std::time::Instant;

use super::super::Hands;
use super::material::{Answerer, Material};
use super::progress;
use crate::data::supervised::Episode;
use crate::engine::command::JobId;
use crate::engine::event::{Event, LabEvent};
use crate::engine::lab::{Answers, DistilRequest, Distilled};
use crate::formats::save_folder;
use crate::model::{Sequence, Workspace, logits_at};
use crate::store::Draft;
use crate::train::distil::{Kept, distil_loss, student};
use crate::train::{Extra, Group, LossFn, ShortTuning};

/// Stream of the context's examples.
const CONTEXT: u64 = 5;
/// Tokens of the teacher's distribution that are kept at each position.
const KEPT: usize = 32;
/// Sequences of a pass.
const PASS: usize = 8;
/// Steps of one piece of work.
const PIECE: usize = 4;

/// A distillation under way.
pub struct DistilJob {
    answerer: Answerer,
    tuning: ShortTuning,
    /// What is learnt, and what is measured: sequences with the teacher's log-probabilities.
    learnt: Vec<(Sequence, Vec<f32>)>,
    unseen: Vec<(Sequence, Vec<f32>)>,
    material: Material,
    /// Rows of the task: the context's, and those that are measured.
    shots: Vec<usize>,
    asked: Vec<usize>,
    distilled: Distilled,
    began: Instant,
}

impl DistilJob {
    pub fn new(request: DistilRequest, hands: &mut Hands<'_>) -> Result<Self, String> {
        if request.save.is_some() && hands.read_only {
            return Err(crate::store::StoreError::ReadOnly.to_string());
        }
        let material = Material::open(request.material.clone(), hands)?;
        let answerer = Answerer::open(request.checkpoint, hands)?;
        let tuning = ShortTuning::new(&answerer.model).map_err(|error| error.to_string())?;
        let Some(task) = material.tasks.first() else { return Err("There is no task to distil; choose one".to_owned()) };
        let (name, model) = (task.name.clone(), answerer.name.clone());
        let chance = if task.options.is_empty() { 0.0 } else { 1.0 / task.options.len() as f64 };
        let rows: Vec<usize> = (0..task.rows.len()).collect();
        let Some(query) = task.rows.first() else { return Err("The task has no rows; choose another".to_owned()) };
        let context = Episode::draw(task, query, &rows, request.shots, &mut material.rng(CONTEXT, 0, 0));
        let is_shot = |row: &usize| task.rows.get(*row).is_some_and(|row| context.shots.iter().any(|(shot, _)| **shot == *row));
        let (shots, rest): (Vec<usize>, Vec<usize>) = rows.into_iter().partition(is_shot);
        if rest.len() < 2 {
            return Err(format!("{name} has too few rows beside its {} examples; take fewer examples", shots.len()));
        }
        // Every other row is learnt with, the others are asked.
        let (learn, asked): (Vec<usize>, Vec<usize>) = rest.into_iter().partition(|row| row % 2 == 0);
        let mut job = Self {
            answerer,
            tuning,
            learnt: Vec::new(),
            unseen: Vec::new(),
            shots,
            asked,
            distilled: Distilled { request, model, task: name, chance, ..Distilled::default() },
            material,
            began: Instant::now(),
        };
        job.learnt = job.taught(&learn)?;
        job.unseen = job.taught(&job.asked)?;
        job.distilled.teacher = job.measured(true)?;
        job.distilled.before = job.measured(false)?;
        Ok(job)
    }

    pub fn turn(&mut self, job: JobId, hands: &mut Hands<'_>) -> Result<Option<Event>, String> {
        let steps = self.distilled.request.steps;
        let loss: LossFn = Arc::new(distil_loss);
        for _ in 0..PIECE.min(steps - self.distilled.losses.len().min(steps)) {
            let mean = self.tuning.step(groups(&self.learnt), &loss, self.distilled.request.lr).map_err(|e| e.to_string())?;
            self.distilled.losses.push(mean as f32);
        }
        progress(job, "Distilling", (self.distilled.losses.len(), steps), "steps", self.began, hands);
        if self.distilled.losses.len() < steps {
            return Ok(None);
        }
        self.answerer.model = Arc::clone(self.tuning.model());
        self.distilled.after = self.measured(false)?;
        if let Some(name) = self.distilled.request.save.clone() {
            self.distilled.checkpoint = Some(self.keep(&name, hands)?);
        }
        self.distilled.seconds = self.began.elapsed().as_secs_f64();
        let distilled = Box::new(std::mem::take(&mut self.distilled));
        Ok(Some(Event::Lab(LabEvent::Distilled { job, distilled })))
    }

    /// Queries with the context, or without any.
    fn episodes(&self, rows: &[usize], context: bool) -> Vec<Episode<'_>> {
        let Some(task) = self.material.tasks.first() else { return Vec::new() };
        let shots = self.shots.iter().filter_map(|row| task.rows.get(*row)).map(|row| (row, row.output.clone()));
        let shots: Vec<_> = if context { shots.collect() } else { Vec::new() };
        let episode = |row: &usize| {
            let query = task.rows.get(*row)?;
            let mut episode = Episode::draw(task, query, &[], 0, &mut self.material.rng(CONTEXT, 0, 0));
            episode.shots.clone_from(&shots);
            if !context {
                episode.instruction = "";
            }
            Some(episode)
        };
        rows.iter().filter_map(episode).collect()
    }

    /// What the teacher says of each row in its context, as the student is to say it without.
    fn taught(&self, rows: &[usize]) -> Result<Vec<(Sequence, Vec<f32>)>, String> {
        let mut workspace = Workspace::for_inference(&self.answerer.model);
        let mut with = self.episodes(rows, true);
        for episode in &mut with {
            if self.answerer.fit(episode).is_none() {
                return Err("A query alone is longer than the model's context; choose a task with shorter rows".to_owned());
            }
        }
        let texts = self.answerer.write(&with, &mut workspace)?;
        let mut out = Vec::new();
        for ((teacher, bare), text) in with.iter().zip(self.episodes(rows, false)).zip(texts) {
            let prompt = self.answerer.prompt(teacher, None);
            let room = (self.answerer.model.config.max_len - prompt.len().min(self.answerer.model.config.max_len)).max(1);
            let mut answer = self.answerer.tokenizer.encode(&Episode::answer(&text));
            answer.truncate(room);
            let ids = [prompt.as_slice(), answer.get(..answer.len().saturating_sub(1)).unwrap_or_default()].concat();
            let positions: Vec<usize> = (prompt.len() - 1..ids.len()).collect();
            let logits = logits_at(&self.answerer.model, &ids, &positions, &mut workspace);
            let kept: Vec<Kept> =
                logits.chunks_exact(self.answerer.model.config.vocab_size).map(|row| Kept::of(row, KEPT)).collect();
            out.push(student(&self.answerer.prompt(&bare, None), &answer, &kept));
        }
        Ok(out)
    }

    /// The rows that nothing is learnt with.
    fn measured(&mut self, context: bool) -> Result<Answers, String> {
        let task = self.material.tasks.first().map(|task| !task.options.is_empty());
        // Lent apart, for the episodes borrow the tasks.
        let material = &self.material;
        let shots = self.shots.clone();
        let Some(first) = material.tasks.first() else { return Ok(Answers::default()) };
        let mut episodes = Vec::new();
        for query in self.asked.iter().filter_map(|row| first.rows.get(*row)) {
            let mut episode = Episode::draw(first, query, &[], 0, &mut material.rng(CONTEXT, 0, 0));
            if context {
                episode.shots =
                    shots.iter().filter_map(|row| first.rows.get(*row)).map(|row| (row, row.output.clone())).collect();
                self.answerer.fit(&mut episode);
            } else {
                episode.instruction = "";
            }
            episodes.push(episode);
        }
        let answers = self.answerer.answer(&episodes, false)?;
        let right = if task == Some(true) {
            answers.iter().filter(|answer| answer.hit == Some(true)).count()
        } else {
            let mut workspace = Workspace::for_inference(&self.answerer.model);
            let texts = self.answerer.write(&episodes, &mut workspace)?;
            texts.iter().zip(&episodes).filter(|(text, episode)| **text == episode.truth).count()
        };
        let n = answers.len().max(1) as f64;
        let kl = if context { 0.0 } else { self.divergence()? };
        let loss = -answers.iter().map(|answer| answer.logprob).sum::<f64>() / n;
        Ok(Answers { accuracy: right as f64 / n, loss, kl })
    }

    /// Mean over the tokens of the teacher's answers to rows that nothing is learnt with.
    fn divergence(&mut self) -> Result<f64, String> {
        let (mut loss, mut weight) = (0.0, 0.0);
        for group in groups(&self.unseen) {
            let scores = self.answerer.pool.score(&self.answerer.model, group.sequences.clone()).map_err(|e| e.to_string())?;
            let part = distil_loss(&group, &scores);
            loss += part.loss;
            weight += part.weight;
        }
        Ok(loss / f64::max(weight, 1.0))
    }

    /// The result as a checkpoint of the project.
    fn keep(&self, name: &str, hands: &Hands<'_>) -> Result<i64, String> {
        let checkpoint = self.distilled.request.checkpoint;
        let row = hands.desk.ask(move |project| project.checkpoint(checkpoint)).map_err(|error| error.to_string())?;
        let tokenizer = row.path.join("tokenizer.json");
        let draft = Draft::within(&hands.paths.models_dir()).map_err(|error| error.to_string())?;
        save_folder(&self.answerer.model, Some(&tokenizer), draft.path()).map_err(|error| error.to_string())?;
        let draft = draft.seal().map_err(|error| error.to_string())?;
        let (name, step) = (name.to_owned(), row.step);
        let kept = hands.desk.change(move |project| project.add_model(draft, &name, step, false)).map_err(|e| e.to_string())?;
        Ok(kept.id)
    }
}

fn groups(rows: &[(Sequence, Vec<f32>)]) -> Vec<Group> {
    let group = |part: &[(Sequence, Vec<f32>)]| Group {
        sequences: part.iter().map(|(sequence, _)| sequence.clone()).collect(),
        extras: part.iter().map(|(_, reference)| Extra { reference: reference.clone(), ..Extra::default() }).collect(),
        ..Group::default()
    };
    rows.chunks(PASS).map(group).collect()
}
