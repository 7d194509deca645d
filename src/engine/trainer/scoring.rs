//! A checkpoint looks at a dataset's rows: what it would say of each, and how sure it is. Trains nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Instant;

use super::Hands;
use super::row_source::{Kitchen, Prepared, RowSource};
use super::source::Parent;
use super::task_eval::{Given, TaskEvaluation};
use crate::config::{Tune, TuneTask};
use crate::data::supervised::{Answer, Change, Content, Label, RowStatus, Span, Split, StoredExample};
use crate::engine::command::{CheckpointId, DatasetId, JobId};
use crate::engine::event::{Event, Progress};
use crate::engine::labelling::Annotation;
use crate::model::{Head, Model, Workspace};
use crate::store::NewScore;
use crate::tokenizer::Tokenizer;

/// Scores that are written together.
const BATCH: usize = 500;

/// A look under way.
pub struct Scoring {
    dataset: DatasetId,
    checkpoint: CheckpointId,
    /// Who proposes labels, in words.
    name: String,
    prelabel: bool,
    model: Model,
    tokenizer: Tokenizer,
    workspace: Box<Workspace>,
    evaluation: TaskEvaluation,
    rows: BTreeMap<i64, (Content, RowStatus)>,
    /// A single row was asked for: its answer is told, not stored.
    drafts: bool,
    began: Instant,
}

impl Scoring {
    /// On the first `most` rows that are not skipped: those without a confirmed label first. `only` these, unless that is empty.
    pub fn new(
        (dataset, checkpoint): (DatasetId, CheckpointId),
        only: &[i64],
        prelabel: bool,
        most: usize,
        hands: &Hands<'_>,
    ) -> Result<Self, String> {
        let Who { tune, inputs, name } = who(checkpoint, hands)?;
        let mut stored = hands.desk.ask(move |project| project.all_examples(dataset, None)).map_err(|error| error.to_string())?;
        stored.retain(|row| if only.is_empty() { row.status != RowStatus::Skipped } else { only.contains(&row.row) });
        stored.sort_by_key(|row| matches!(row.status, RowStatus::Confirmed | RowStatus::Labelled));
        stored.truncate(most);
        let rows = stored.iter().map(|row| (row.row, (row.example.content.clone(), row.status))).collect();
        let parent = Parent::open(checkpoint, hands)?;
        let model = parent.model()?;
        check(&tune, &model, &stored)?;
        let tokenizer = Tokenizer::load(&parent.dir).map_err(|error| error.to_string())?;
        // Nothing but rows to look at: what stands in place of a missing answer is never read.
        let stored = stored.into_iter().map(|row| StoredExample { split: Split::Test, ..answered(row) }).collect();
        let mut source = RowSource::over(stored, 0.0);
        let max_len = if tune.max_len == 0 { model.config.max_len } else { tune.max_len.min(model.config.max_len) };
        let labels = Some(model.config.labels.as_slice()).filter(|labels| !labels.is_empty());
        let kitchen = Kitchen {
            tune: &tune,
            max_len,
            model: &model.config,
            inputs: &inputs,
            tokenizer: &tokenizer,
            eval: Split::Test,
            labels,
        };
        let Prepared { eval, .. } = source.prepare(&kitchen)?;
        if eval.len() == 0 {
            return Err("None of these rows is of the kind that this checkpoint was fine-tuned on; choose its own".to_owned());
        }
        let evaluation = TaskEvaluation::new(eval, most);
        let workspace = Box::new(Workspace::for_inference(&model));
        let drafts = only.len() == 1 && !prelabel;
        Ok(Self {
            dataset,
            checkpoint,
            name,
            prelabel,
            model,
            tokenizer,
            workspace,
            evaluation,
            rows,
            drafts,
            began: Instant::now(),
        })
    }

    /// One piece; the result after the last.
    pub fn turn(&mut self, job: JobId, hands: &mut Hands<'_>) -> Result<Option<Event>, String> {
        self.evaluation.turn(&self.model, &self.tokenizer, &mut self.workspace)?;
        let (done, total) = self.evaluation.progress();
        let elapsed_s = self.began.elapsed().as_secs_f64();
        let what = "Looking at rows".to_owned();
        hands.outbox.send(Event::Progress(Progress { job, what, done, total, unit: "rows", elapsed_s }));
        if self.evaluation.is_done() { self.store(job, hands).map(Some) } else { Ok(None) }
    }

    fn store(&mut self, job: JobId, hands: &mut Hands<'_>) -> Result<Event, String> {
        let given = self.evaluation.given();
        let (mut scores, mut proposals, mut disagree, mut sure) = (Vec::new(), Vec::new(), 0, 0.0);
        for (row, given, how_sure) in &given {
            let Some((content, status)) = self.rows.get(row) else { continue };
            let mut own = content.clone();
            answer(&mut own, given);
            let label = own.halves().1;
            let agrees = agree(content, &own);
            disagree += u64::from(status.trains() && !agrees);
            sure += how_sure.probability;
            scores.push(NewScore { row: *row, label, sure: *how_sure, disagrees: (!agrees).then(|| own.clone()) });
            if self.prelabel && matches!(status, RowStatus::Unlabelled | RowStatus::Prelabelled) {
                proposals.push(Annotation {
                    dataset: self.dataset,
                    row: *row,
                    annotator: self.name.clone(),
                    change: Change::Prelabel(Some(own)),
                    seconds: 0.0,
                });
            }
        }
        let confidence = sure / scores.len().max(1) as f64;
        if self.drafts {
            let draft = scores.pop().map(|score| (score.row, score.label));
            return Ok(Event::RowsScored { job, dataset: self.dataset, rows: 1, prelabelled: 0, disagree, confidence, draft });
        }
        let (rows, prelabelled, checkpoint) = (scores.len() as u64, proposals.len() as u64, self.checkpoint);
        for part in scores.chunks(BATCH) {
            let part = part.to_vec();
            hands.desk.ask(move |project| project.set_model_scores(checkpoint, &part)).map_err(|error| error.to_string())?;
        }
        for part in proposals.chunks(BATCH) {
            let part = part.to_vec();
            hands.desk.ask(move |project| project.annotate_all(&part).map(|_| ())).map_err(|error| error.to_string())?;
        }
        Ok(Event::RowsScored { job, dataset: self.dataset, rows, prelabelled, disagree, confidence, draft: None })
    }
}

/// Whether a model's answer counts as right beside the row's: one of several right answers is.
fn agree(content: &Content, own: &Content) -> bool {
    match (content, own) {
        (Content::ExtractiveQa(row), Content::ExtractiveQa(model)) => match model.answers.first() {
            None => row.answers.is_empty(),
            Some(given) => row.answers.iter().any(|answer| answer.text.trim() == given.text.trim()),
        },
        _ => content.halves().1.trim() == own.halves().1.trim(),
    }
}

/// How a checkpoint is asked.
struct Who {
    tune: Tune,
    /// Holds the chat template.
    inputs: PathBuf,
    /// In words.
    name: String,
}

/// As it was fine-tuned; one that never was is asked in plain words, as far as it can write.
fn who(checkpoint: CheckpointId, hands: &Hands<'_>) -> Result<Who, String> {
    let row = hands.desk.ask(move |project| project.checkpoint(checkpoint)).map_err(|error| error.to_string())?;
    let run = row.run.map(|id| hands.desk.ask(move |project| project.run(id))).transpose().map_err(|e| e.to_string())?;
    let name = run.as_ref().map_or_else(|| row.name.clone(), |run| format!("{}, step {}", run.name, row.step));
    match run.and_then(|run| Some((run.id, run.config.tune?))) {
        Some((run, tune)) => Ok(Who { tune, inputs: hands.paths.run_dir(run), name }),
        None if row.is_encoder => {
            Err("This checkpoint was not fine-tuned, so it cannot label; fine-tune one on some labelled rows first".to_owned())
        }
        None => Ok(Who { tune: Tune::default(), inputs: row.path, name }),
    }
}

/// Whether the checkpoint can say something of such rows.
fn check(tune: &Tune, model: &Model, rows: &[StoredExample]) -> Result<(), String> {
    let Some(first) = rows.first() else { return Err("This dataset has no rows to look at".to_owned()) };
    let fits = match (tune.task, &first.example.content) {
        (TuneTask::Classes, Content::Classes(_))
        | (TuneTask::Tags, Content::Entities(_))
        | (TuneTask::Spans, Content::ExtractiveQa(_)) => true,
        (TuneTask::Text, content) => {
            matches!(content, Content::Instruction(_) | Content::Pair(_) | Content::Chat(_) | Content::Translation(_))
        }
        (TuneTask::Classes | TuneTask::Tags | TuneTask::Spans, _) => false,
    };
    if !fits || (tune.task != TuneTask::Text) != (model.config.head != Head::Lm) {
        let task = tune.task.name();
        return Err(format!(
            "This checkpoint learnt to {task}, which these rows do not ask for; fine-tune one on rows like these"
        ));
    }
    Ok(())
}

/// Texts that wait for an answer get one, so that they are made ready like the others.
fn answered(mut row: StoredExample) -> StoredExample {
    if row.example.content.halves().1.trim().is_empty() {
        answer(&mut row.example.content, &Given::Text("?".to_owned()));
    }
    row
}

/// Puts a model's answer where a person's would stand.
fn answer(content: &mut Content, given: &Given) {
    match (content, given) {
        (Content::Classes(it), Given::Classes(names)) => {
            it.labels = names.iter().map(|name| label_like(name, &it.labels)).collect();
        }
        (Content::Entities(it), Given::Entities(spans)) => {
            let span = |e: &crate::evaluate::Entity| Span {
                bytes: e.start..e.end,
                label: e.label.clone(),
                extra: serde_json::Map::new(),
            };
            it.spans = spans.iter().map(span).collect();
        }
        (Content::ExtractiveQa(it), Given::Answer(place)) => {
            let text = |bytes: &std::ops::Range<usize>| it.context.get(bytes.clone()).map(str::to_owned);
            let found = place.as_ref().and_then(|bytes| Some(Answer { text: text(bytes)?, start: bytes.start }));
            it.answers = found.into_iter().collect();
        }
        (content, Given::Text(text)) => {
            content.answer_with(text);
        }
        (_, Given::Classes(_) | Given::Entities(_) | Given::Answer(_)) => {}
    }
}

/// Labels that a file writes as numbers stay numbers.
fn label_like(name: &str, others: &[Label]) -> Label {
    match (others.first(), name.parse::<i64>(), name.parse::<bool>()) {
        (Some(Label::Number(_)), Ok(number), _) => Label::Number(number),
        (Some(Label::Bool(_)), _, Ok(yes)) => Label::Bool(yes),
        _ => Label::Text(name.to_owned()),
    }
}
