//! The same k examples in the prompt, or learnt by a copy of the weights, on the same queries. Keeps nothing.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use super::super::Hands;
use super::material::{Answerer, Ask, Material};
use super::progress;
use super::questions::Answered;
use crate::data::supervised::Episode;
use crate::engine::command::JobId;
use crate::engine::event::{Event, LabEvent};
use crate::engine::lab::{Weights, WeightsPoint, WeightsRequest};
use crate::evaluate::icl::Band;
use crate::model::Sequence;
use crate::train::{Group, LossFn, ShortTuning, cross_entropy};

/// Stream of the examples of a task.
const EXAMPLES: u64 = 4;

/// A measurement under way: k by k, draw by draw, task by task.
pub struct WeightsJob {
    material: Material,
    answerer: Answerer,
    tuning: ShortTuning,
    cells: Vec<(usize, usize, usize)>,
    at: usize,
    /// Hits and loss of each way in the draw at hand: in the prompt, in the weights.
    draw: [Vec<Answered>; 2],
    draws: BTreeMap<usize, Vec<[(f64, f64); 2]>>,
    weights: Weights,
    began: Instant,
}

impl WeightsJob {
    pub fn new(mut request: WeightsRequest, hands: &mut Hands<'_>) -> Result<Self, String> {
        request.shots.retain(|k| *k > 0);
        request.shots.sort_unstable();
        request.shots.dedup();
        if request.shots.is_empty() || request.steps == 0 {
            return Err("Learning from examples needs some of them and at least one step; give both".to_owned());
        }
        let material = Material::open(request.material.clone(), hands)?;
        let answerer = Answerer::open(request.checkpoint, hands)?;
        let tuning = ShortTuning::new(&answerer.model).map_err(|error| error.to_string())?;
        let mut cells = Vec::new();
        for &k in &request.shots {
            for draw in 0..material.wanted.draws {
                cells.extend((0..material.tasks.len()).map(|task| (k, draw, task)));
            }
        }
        let weights = Weights { model: answerer.name.clone(), chance: material.chance(), request, ..Weights::default() };
        let (draw, draws) = Default::default();
        Ok(Self { material, answerer, tuning, cells, at: 0, draw, draws, weights, began: Instant::now() })
    }

    pub fn turn(&mut self, job: JobId, hands: &mut Hands<'_>) -> Result<Option<Event>, String> {
        let Some((k, draw, task)) = self.cells.get(self.at).copied() else { return Ok(Some(self.end(job))) };
        self.cell(k, draw, task)?;
        self.at += 1;
        if task + 1 == self.material.tasks.len() {
            let figures = std::mem::take(&mut self.draw).map(|answers| {
                let hits: Vec<bool> = answers.iter().filter_map(|it| it.hit).collect();
                let right = hits.iter().filter(|hit| **hit).count() as f64 / hits.len().max(1) as f64;
                (right, -answers.iter().map(|it| it.logprob).sum::<f64>() / answers.len().max(1) as f64)
            });
            self.draws.entry(k).or_default().push(figures);
        }
        progress(job, "Prompting and tuning", (self.at, self.cells.len()), "tasks", self.began, hands);
        Ok(None)
    }

    /// One task with its k examples, both ways.
    fn cell(&mut self, k: usize, draw: usize, task: usize) -> Result<(), String> {
        let asks: Vec<Ask> = self.material.queries(draw).into_iter().filter(|ask| ask.task == task).collect();
        let Some(it) = self.material.tasks.get(task) else { return Ok(()) };
        let asked = |row: usize| asks.iter().any(|ask| ask.row == row);
        let train = it.rows.iter().any(|row| row.split == crate::data::supervised::Split::Train);
        let pool: Vec<usize> = (0..it.rows.len())
            .filter(|row| !asked(*row))
            .filter(|row| !train || it.rows.get(*row).is_some_and(|row| row.split == crate::data::supervised::Split::Train))
            .collect();
        let Some(first) = asks.first().and_then(|ask| it.rows.get(ask.row)) else { return Ok(()) };
        let base = Episode::draw(it, first, &pool, k, &mut self.material.rng(EXAMPLES, draw, task));
        let mut prompted = Vec::new();
        let mut bare = Vec::new();
        for ask in &asks {
            let Some(query) = it.rows.get(ask.row) else { continue };
            let mut episode = Episode { query, truth: query.output.clone(), ..base.clone() };
            bare.push(Episode { shots: Vec::new(), ..episode.clone() });
            if self.answerer.fit(&mut episode).is_none() {
                return Err(format!("A query of {} alone is longer than the model's context; choose shorter rows", it.name));
            }
            prompted.push(episode);
        }
        self.draw[0].extend(self.answerer.answer(&prompted, false)?);
        // Each example is learnt as it will be asked: instruction and input, then the answer.
        let sequences = base.shots.iter().map(|(row, shown)| {
            let alone = Episode { query: row, shots: Vec::new(), ..base.clone() };
            let prompt = self.answerer.prompt(&alone, None);
            let answer = self.answerer.tokenizer.encode(&Episode::answer(shown));
            let mask: Vec<bool> = (0..prompt.len() + answer.len()).map(|i| i >= prompt.len()).collect();
            Sequence::masked(&[prompt, answer].concat(), &mask)
        });
        let sequences: Vec<Sequence> = sequences.collect();
        let loss: LossFn = Arc::new(cross_entropy);
        self.tuning.restart(&self.answerer.model);
        for _ in 0..self.weights.request.steps {
            let groups = sequences.chunks(4).map(|part| Group { sequences: part.to_vec(), ..Group::default() }).collect();
            self.tuning.step(groups, &loss, self.weights.request.lr).map_err(|error| error.to_string())?;
        }
        let own = std::mem::replace(&mut self.answerer.model, Arc::clone(self.tuning.model()));
        let answered = self.answerer.answer(&bare, false);
        self.answerer.model = own;
        self.draw[1].extend(answered?);
        Ok(())
    }

    fn end(&mut self, job: JobId) -> Event {
        let point = |(k, draws): (&usize, &Vec<[(f64, f64); 2]>)| {
            let band = |way: usize, of: fn(&(f64, f64)) -> f64| {
                Band::of(&draws.iter().filter_map(|draw| draw.get(way)).map(of).collect::<Vec<_>>())
            };
            WeightsPoint {
                k: *k,
                prompt: band(0, |it| it.0).clamped(),
                weights: band(1, |it| it.0).clamped(),
                prompt_loss: band(0, |it| it.1),
                weights_loss: band(1, |it| it.1),
            }
        };
        self.weights.points = self.draws.iter().map(point).collect();
        self.weights.seconds = self.began.elapsed().as_secs_f64();
        Event::Lab(LabEvent::Weights { job, weights: Box::new(std::mem::take(&mut self.weights)) })
    }
}
