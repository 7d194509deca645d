//! k-shot curves: the same queries with more and more examples, by several models, with controls. Trains nothing.

use std::time::Instant;

use super::super::Hands;
use super::material::{Answerer, Ask, Material};
use super::progress;
use super::questions::{Answered, Figures};
use crate::data::supervised::Episode;
use crate::engine::command::{CheckpointId, JobId};
use crate::engine::event::{Event, LabEvent};
use crate::engine::lab::{Condition, Curve, CurvePoint, CurveRequest, Curves, Shown};
use crate::evaluate::icl::Band;
use crate::model::Workspace;

/// Queries of one piece of work.
const PIECE: usize = 16;
/// Prompts of a point that are shown.
const SHOWN: usize = 6;

/// A measurement under way: cells in order, checkpoint by checkpoint.
pub struct CurveJob {
    material: Material,
    cells: Vec<Cell>,
    at: usize,
    answerer: Option<(Answerer, Box<Workspace>)>,
    /// Queries of the cell at hand, and what came of the first of them.
    answers: Vec<Answered>,
    curves: Curves,
    /// Figures of the draws that are done of the point at hand.
    sums: Vec<Figures>,
    began: Instant,
}

#[derive(Clone, Copy)]
struct Cell {
    checkpoint: CheckpointId,
    condition: Condition,
    k: usize,
    draw: usize,
}

impl CurveJob {
    pub fn new(mut request: CurveRequest, hands: &mut Hands<'_>) -> Result<Self, String> {
        request.shots.sort_unstable();
        request.shots.dedup();
        if request.checkpoints.is_empty() || request.shots.is_empty() {
            return Err("A curve needs a checkpoint and at least one number of examples".to_owned());
        }
        let material = Material::open(request.material.clone(), hands)?;
        let conditions = if request.controls { Condition::ALL.as_slice() } else { &[Condition::Plain] };
        let instructed = material.tasks.iter().any(|task| !task.instruction.is_empty());
        let mut cells = Vec::new();
        for &checkpoint in &request.checkpoints {
            // Nothing is taken away where no task has an instruction.
            for &condition in conditions.iter().filter(|it| **it != Condition::Bare || instructed) {
                for &k in &request.shots {
                    cells.extend((0..material.wanted.draws).map(|draw| Cell { checkpoint, condition, k, draw }));
                }
            }
        }
        let tasks = material.tasks.iter().map(|task| task.name.clone()).collect();
        let curves = Curves { chance: material.chance(), tasks, request, ..Curves::default() };
        let (answers, sums) = (Vec::new(), Vec::new());
        Ok(Self { material, cells, at: 0, answerer: None, answers, curves, sums, began: Instant::now() })
    }

    pub fn turn(&mut self, job: JobId, hands: &mut Hands<'_>) -> Result<Option<Event>, String> {
        let Some(cell) = self.cells.get(self.at).copied() else {
            self.curves.seconds = self.began.elapsed().as_secs_f64();
            let curves = Box::new(std::mem::take(&mut self.curves));
            return Ok(Some(Event::Lab(LabEvent::Curves { job, curves })));
        };
        if self.answerer.as_ref().is_none_or(|(answerer, _)| answerer.id != cell.checkpoint) {
            let answerer = Answerer::open(cell.checkpoint, hands)?;
            let workspace = Box::new(Workspace::for_inference(&answerer.model));
            self.answerer = Some((answerer, workspace));
        }
        let queries = self.material.queries(cell.draw);
        self.piece(cell, &queries)?;
        if self.answers.len() >= queries.len() {
            self.finish_cell(cell);
        }
        progress(job, "Measuring", (self.at, self.cells.len()), "points", self.began, hands);
        Ok(None)
    }

    /// The next few queries of a cell.
    fn piece(&mut self, cell: Cell, queries: &[Ask]) -> Result<(), String> {
        let Some((answerer, workspace)) = &mut self.answerer else { return Ok(()) };
        let from = self.answers.len();
        let part = queries.get(from..(from + PIECE).min(queries.len())).unwrap_or_default();
        let drawn = part.iter().zip(from..);
        let mut episodes: Vec<Episode<'_>> =
            drawn.filter_map(|(ask, place)| self.material.episode(*ask, cell.k, cell.condition, (cell.draw, place))).collect();
        for episode in &mut episodes {
            let Some(gone) = answerer.fit(episode) else {
                return Err(format!(
                    "A query of {} alone is longer than the context of {} tokens; choose shorter rows or another model",
                    episode.task.name, answerer.model.config.max_len
                ));
            };
            self.curves.shortened += usize::from(gone > 0);
        }
        let plain = cell.condition == Condition::Plain;
        let mut answers = answerer.answer(&episodes, plain)?;
        if plain && self.curves.request.generate {
            let texts = answerer.write(&episodes, workspace)?;
            answers.iter_mut().zip(texts).for_each(|(answer, text)| answer.written = Some(text));
        }
        let first = (cell.draw == 0 && from == 0).then(|| {
            let shown = episodes.iter().zip(&answers).take(SHOWN).map(|(episode, answer)| shown(episode, answer)).collect();
            (answerer.name.clone(), shown)
        });
        for (answer, episode) in answers.iter_mut().zip(&episodes) {
            // What is kept of a text is whether it is right.
            answer.written = answer.written.take().map(|text| if text == episode.truth { text } else { String::new() });
        }
        self.answers.extend(answers);
        if let Some((name, shown)) = first {
            self.begin_point(cell, name, shown);
        }
        Ok(())
    }

    fn begin_point(&mut self, cell: Cell, model: String, shown: Vec<Shown>) {
        let curves = &mut self.curves.curves;
        let same = |curve: &Curve| curve.checkpoint == cell.checkpoint && curve.condition == cell.condition;
        if !curves.last().is_some_and(same) {
            let (checkpoint, condition) = (cell.checkpoint, cell.condition);
            curves.push(Curve { checkpoint, model, condition, points: Vec::new() });
        }
        if let Some(curve) = curves.last_mut() {
            let (accuracy, calibrated, exact) = (None, None, None);
            curve.points.push(CurvePoint { k: cell.k, accuracy, calibrated, exact, loss: Band::default(), shown });
        }
    }

    fn finish_cell(&mut self, cell: Cell) {
        self.sums.push(Figures::of(&std::mem::take(&mut self.answers)));
        self.at += 1;
        if cell.draw + 1 < self.material.wanted.draws {
            return;
        }
        let draws = std::mem::take(&mut self.sums);
        let band = |of: fn(&Figures) -> Option<f64>| {
            let values: Vec<f64> = draws.iter().filter_map(of).collect();
            (!values.is_empty()).then(|| Band::of(&values).clamped())
        };
        if let Some(point) = self.curves.curves.last_mut().and_then(|curve| curve.points.last_mut()) {
            point.accuracy = band(|it| it.accuracy);
            point.calibrated = band(|it| it.calibrated);
            point.exact = band(|it| it.exact);
            point.loss = Band::of(&draws.iter().map(|it| it.loss).collect::<Vec<_>>());
        }
    }
}

fn shown(episode: &Episode<'_>, answer: &Answered) -> Shown {
    let labels = episode.options.iter().zip(&answer.labels).map(|(label, (plain, mended))| (label.clone(), *plain, *mended));
    Shown {
        task: episode.task.name.clone(),
        prompt: episode.write(None).prompt,
        truth: episode.truth.clone(),
        labels: labels.collect(),
        written: answer.written.clone(),
        logprob: answer.logprob,
    }
}
