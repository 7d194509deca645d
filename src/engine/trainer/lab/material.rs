//! What is asked: queries of held-out tasks or rows, each with its examples, drawn by seed; and the models that answer. Measures nothing.

use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use super::super::Hands;
use super::super::row_source::begin;
use super::super::source::Parent;
use crate::config::machine;
use crate::data::hash::mix;
use crate::data::supervised::{Episode, PromptRow, PromptTask, held_out, prompt_tasks};
use crate::engine::command::CheckpointId;
use crate::engine::lab::{Condition, LabMaterial};
use crate::model::{Head, Model};
use crate::tokenizer::Tokenizer;
use crate::train::ReplicaPool;

/// Streams of one seed: which rows are asked, which examples stand before them, what a control shows.
const QUERIES: u64 = 1;
const SHOTS: u64 = 2;
const LABELS: u64 = 3;

/// The tasks of a dataset, and how they are drawn from.
pub struct Material {
    pub wanted: LabMaterial,
    pub tasks: Vec<PromptTask>,
}

/// A query: the task by its place, and the row of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    pub task: usize,
    pub row: usize,
}

impl Material {
    pub fn open(wanted: LabMaterial, hands: &Hands<'_>) -> Result<Self, String> {
        if wanted.draws == 0 || wanted.queries == 0 {
            return Err("Nothing is measured without a draw and a query; give at least one of each".to_owned());
        }
        let dataset = wanted.dataset;
        let stored = hands.desk.ask(move |project| project.examples(dataset, None)).map_err(|error| error.to_string())?;
        Self::over(wanted, prompt_tasks(stored.iter().map(|row| (row.row, row.split, &row.example))))
    }

    /// Those of the tasks that are wanted and can be asked.
    pub fn over(wanted: LabMaterial, mut tasks: Vec<PromptTask>) -> Result<Self, String> {
        if !wanted.tasks.is_empty() {
            let names: Vec<&str> = tasks.iter().map(|task| task.name.as_str()).collect();
            if let Some(unknown) = wanted.tasks.iter().find(|name| !names.contains(&name.as_str())) {
                return Err(format!("The dataset has no task '{unknown}'; it has {}", names.join(", ")));
            }
            tasks.retain(|task| wanted.tasks.contains(&task.name));
        }
        tasks.retain(|task| !held_out(std::slice::from_ref(task), wanted.split).is_empty());
        if tasks.is_empty() {
            return Err(format!(
                "No task has two {} rows to ask and to show; choose another part of the dataset, or rows with answers",
                wanted.split.name()
            ));
        }
        Ok(Self { wanted, tasks })
    }

    /// Queries of a draw, in turn from each task; how they are dealt out follows from seed and draw alone.
    pub fn queries(&self, draw: usize) -> Vec<Ask> {
        use rand::seq::SliceRandom as _;
        let mut rng = self.rng(QUERIES, draw, 0);
        let own = |(task, it): (usize, &PromptTask)| {
            let mut rows: Vec<Ask> = (0..it.rows.len())
                .filter(|row| it.rows.get(*row).is_some_and(|row| row.split == self.wanted.split))
                .map(|row| Ask { task, row })
                .collect();
            rows.shuffle(&mut rng);
            rows
        };
        let mut piles: Vec<Vec<Ask>> = self.tasks.iter().enumerate().map(own).collect();
        // Which tasks come once more than others is drawn, too.
        piles.shuffle(&mut rng);
        let mut out = Vec::new();
        while out.len() < self.wanted.queries && piles.iter().any(|pile| !pile.is_empty()) {
            for pile in &mut piles {
                if out.len() < self.wanted.queries {
                    out.extend(pile.pop());
                }
            }
        }
        out
    }

    /// A query with k examples before it. Examples and order are those of the draw, whatever the model and the condition.
    pub fn episode(&self, ask: Ask, k: usize, condition: Condition, (draw, place): (usize, usize)) -> Option<Episode<'_>> {
        let task = self.tasks.get(ask.task)?;
        let query: &PromptRow = task.rows.get(ask.row)?;
        let (_, _, pool) = held_out(std::slice::from_ref(task), self.wanted.split).into_iter().next()?;
        let mut episode = Episode::draw(task, query, &pool, k, &mut self.rng(SHOTS, draw, place));
        match condition {
            Condition::Plain => {}
            Condition::Shuffled => episode.shuffle_labels(&mut self.rng(LABELS, draw, place)),
            Condition::Bare => episode.instruction = "",
        }
        Some(episode)
    }

    /// Mean over queries of what guessing among a task's answers scores.
    pub fn chance(&self) -> f64 {
        let choices = (0..self.wanted.draws).flat_map(|draw| self.queries(draw)).filter_map(|ask| {
            let n = self.tasks.get(ask.task)?.options.len();
            (n > 0).then(|| 1.0 / n as f64)
        });
        let all: Vec<f64> = choices.collect();
        all.iter().sum::<f64>() / all.len().max(1) as f64
    }

    pub fn rng(&self, stream: u64, draw: usize, place: usize) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(mix(mix(mix(self.wanted.seed, stream), draw as u64), place as u64))
    }
}

/// A checkpoint that answers.
pub struct Answerer {
    pub id: CheckpointId,
    pub name: String,
    pub model: Arc<Model>,
    pub tokenizer: Tokenizer,
    pub pool: ReplicaPool,
    pub begin: Option<u32>,
}

impl Answerer {
    pub fn open(id: CheckpointId, hands: &Hands<'_>) -> Result<Self, String> {
        let row = hands.desk.ask(move |project| project.checkpoint(id)).map_err(|error| error.to_string())?;
        let run = row.run.and_then(|run| hands.desk.ask(move |project| project.run(run)).ok());
        let name = run.map_or_else(|| row.name.clone(), |run| format!("{}, step {}", run.name, row.step));
        let parent = Parent::open(id, hands)?;
        let model = parent.model()?;
        if !model.config.arch.is_causal() || model.config.head != Head::Lm {
            return Err(format!("{name} does not write text, so it cannot learn from a prompt; choose a decoder"));
        }
        let tokenizer = Tokenizer::load(&parent.dir.join("tokenizer.json")).map_err(|error| error.to_string())?;
        let pool = ReplicaPool::new(machine::cores(), 1, &model).map_err(|error| error.to_string())?;
        let begin = begin(&model.config);
        Ok(Self { id, name, model: Arc::new(model), tokenizer, pool, begin })
    }
}
