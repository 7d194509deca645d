//! Checkpoints doing one task on the same rows, one after the other, and what changed between them. Trains nothing.

use std::collections::VecDeque;
use std::time::Instant;

use super::Hands;
use super::row_source::{Kitchen, Prepared, RowSource, head_for};
use super::source::Parent;
use super::task_eval::TaskEvaluation;
use crate::config::TuneTask;
use crate::data::supervised::Split;
use crate::engine::command::{CheckpointId, DatasetId, JobId};
use crate::engine::event::{Event, Progress, TaskEval};
use crate::evaluate::{compare, confidence};
use crate::model::{Model, Workspace};
use crate::tokenizer::Tokenizer;

/// Seed of the resampling: the same rows give the same interval.
const SEED: u64 = 1;

/// What is asked of each checkpoint.
pub struct Comparison {
    waiting: VecDeque<Contestant>,
    current: Option<Running>,
    evals: Vec<TaskEval>,
    most: usize,
    contestants: u64,
    began: Instant,
}

/// A checkpoint with its rows.
struct Contestant {
    parent: Parent,
    step: u64,
    tokenizer: Tokenizer,
    prepared: Prepared,
    task: TuneTask,
    seed: u64,
}

struct Running {
    step: u64,
    model: Model,
    tokenizer: Tokenizer,
    workspace: Box<Workspace>,
    evaluation: TaskEvaluation,
    prepared: Prepared,
}

impl Comparison {
    /// The task is that of the last checkpoint that was fine-tuned; so are the template and the words.
    pub fn new(
        checkpoints: &[CheckpointId],
        dataset: Option<DatasetId>,
        (split, most): (Split, usize),
        hands: &mut Hands<'_>,
    ) -> Result<Self, String> {
        let mut teacher = None;
        let mut rows = Vec::new();
        for &id in checkpoints {
            let row = hands.desk.ask(move |project| project.checkpoint(id)).map_err(|error| error.to_string())?;
            if let Some(run) = row.run {
                let config = hands.desk.ask(move |project| project.run(run)).map_err(|error| error.to_string())?.config;
                teacher = config.tune.map(|tune| (run, tune, config.seed)).or(teacher);
            }
            rows.push(row);
        }
        let Some((run, tune, seed)) = teacher else {
            return Err(
                "None of these checkpoints was fine-tuned, so there is no task to measure; fine-tune one first".to_owned()
            );
        };
        let run_dir = hands.paths.run_dir(run);
        let mut source = match dataset {
            Some(dataset) => RowSource::of_dataset(dataset, tune.val_fraction, hands)?,
            None => RowSource::of_run(&run_dir)?,
        };
        let tuned = rows.last().and_then(|row| Parent::at(&row.path).ok()).map(|parent| parent.config.labels);
        let (mut waiting, mut not_measured) = (VecDeque::new(), Vec::new());
        for row in rows {
            let parent = Parent::open(row.id, hands)?;
            let tokenizer = Tokenizer::load(&parent.dir).map_err(|error| error.to_string())?;
            let max_len = if tune.max_len == 0 { parent.config.max_len } else { tune.max_len.min(parent.config.max_len) };
            let labels = tuned.as_deref().filter(|labels| !labels.is_empty());
            let kitchen = Kitchen {
                tune: &tune,
                max_len,
                model: &parent.config,
                inputs: &run_dir,
                tokenizer: &tokenizer,
                eval: split,
                labels,
            };
            let prepared = source.prepare(&kitchen)?;
            if waiting.is_empty() {
                not_measured.clone_from(&prepared.not_measured);
            }
            if prepared.eval.len() == 0 && split == Split::Test {
                hands.warn("There are no test rows, so the validation rows are compared on; the Data page deals some out");
                return Self::new(checkpoints, dataset, (Split::Validation, most), hands);
            }
            if prepared.eval.len() == 0 {
                return Err(format!("There are no {} rows to compare on; choose another part", split.name()));
            }
            waiting.push_back(Contestant { parent, step: row.step, tokenizer, prepared, task: tune.task, seed });
        }
        for sentence in not_measured {
            hands.warn(sentence);
        }
        let contestants = waiting.len() as u64;
        Ok(Self { waiting, current: None, evals: Vec::new(), most, contestants, began: Instant::now() })
    }

    /// One piece; the result after the last.
    pub fn turn(&mut self, job: JobId, hands: &mut Hands<'_>) -> Result<Option<Event>, String> {
        let Some(running) = &mut self.current else {
            let Some(next) = self.waiting.pop_front() else { return self.end(job).map(Some) };
            self.current = Some(Running::begin(next, self.most)?);
            return Ok(None);
        };
        running.evaluation.turn(&running.model, &running.tokenizer, &mut running.workspace)?;
        let (done, total) = running.evaluation.progress();
        hands.outbox.send(Event::Progress(Progress {
            job,
            what: "Answering".to_owned(),
            done: self.evals.len() as u64 * total + done,
            total: self.contestants * total,
            unit: "rows",
            elapsed_s: self.began.elapsed().as_secs_f64(),
        }));
        if running.evaluation.is_done()
            && let Some(Running { step, evaluation, prepared, .. }) = self.current.take()
        {
            self.evals.push(evaluation.finish(step, prepared.baseline));
        }
        Ok(None)
    }

    fn end(&mut self, job: JobId) -> Result<Event, String> {
        let mut evals = std::mem::take(&mut self.evals);
        let changes = match (evals.first(), evals.last()) {
            (Some(base), Some(tuned)) if evals.len() > 1 => {
                compare(&base.report, &tuned.report, confidence::RESAMPLES, SEED).map_err(|error| error.to_string())?
            }
            _ => Vec::new(),
        };
        for eval in &mut evals {
            eval.report.tallies = crate::evaluate::Tallies::default();
        }
        Ok(Event::Evaluated { job, evals, changes })
    }
}

impl Running {
    fn begin(next: Contestant, most: usize) -> Result<Self, String> {
        let Contestant { parent, step, tokenizer, prepared, task, seed } = next;
        let mut model = parent.model()?;
        // A start checkpoint has no head of this kind: a fresh one is what the run began with.
        if let Some(head) = prepared.facts.rows.as_ref().and_then(|rows| head_for(task, None, rows)) {
            model = head.onto(&model, seed)?;
        }
        let workspace = Box::new(Workspace::for_inference(&model));
        let evaluation = TaskEvaluation::new(std::rc::Rc::clone(&prepared.eval), most);
        Ok(Self { step, model, tokenizer, workspace, evaluation, prepared })
    }
}
