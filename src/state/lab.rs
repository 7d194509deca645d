//! The laboratory of the Prompt page: what is measured of learning from the prompt, and what came of it. Draws nothing.

use crate::data::supervised::Split;
use crate::engine::Command;
use crate::engine::command::{CheckpointId, DatasetId, JobId, LabCommand, LibraryCommand};
use crate::engine::event::{CheckpointRow, DatasetInfo, LabEvent, Library};
use crate::engine::lab::{CurveRequest, Curves, DistilRequest, Distilled, LabMaterial, Weights, WeightsRequest};

use super::choices::{usable, writers};
use super::jobs::JobKind;
use super::{AppState, format};

/// Checkpoints in one picture at most: more lines cannot be told apart.
pub const MOST_MODELS: usize = 4;

/// Settings under which a project keeps what was measured last.
const KEPT: [&str; 3] = ["lab.curves", "lab.weights", "lab.distilled"];

/// What is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Study {
    #[default]
    Curve,
    Weights,
    Distil,
}

impl Study {
    pub const ALL: [Self; 3] = [Self::Curve, Self::Weights, Self::Distil];

    pub fn name(self) -> &'static str {
        match self {
            Self::Curve => "k-shot curve",
            Self::Weights => "Prompt or weights",
            Self::Distil => "Distil a context",
        }
    }

    pub fn purpose(self) -> &'static str {
        match self {
            Self::Curve => "Accuracy and loss against the number of examples in the prompt, with controls",
            Self::Weights => "The same examples, read in the prompt or learnt by a copy of the weights, on the same queries",
            Self::Distil => "A copy of the weights learns to answer without instruction and examples as it does with them",
        }
    }
}

/// What the curves show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Figure {
    #[default]
    Accuracy,
    Calibrated,
    Exact,
    Loss,
}

impl Figure {
    pub const ALL: [Self; 4] = [Self::Accuracy, Self::Calibrated, Self::Exact, Self::Loss];

    pub fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "Accuracy",
            Self::Calibrated => "Calibrated",
            Self::Exact => "Written exactly",
            Self::Loss => "Loss",
        }
    }

    pub fn meaning(self) -> &'static str {
        match self {
            Self::Accuracy => "Share of queries whose right label is the likeliest of the task's labels",
            Self::Calibrated => {
                "The same, after what the model says of the labels where the query has no content was divided out (Zhao et al. 2021)"
            }
            Self::Exact => "Share of answers that the model writes right to the letter, the likeliest token each time",
            Self::Loss => "−ln p of the right answer, in nats an answer: it moves before the accuracy does",
        }
    }
}

/// All that the laboratory knows.
#[derive(Clone, Debug, Default)]
pub struct LabState {
    pub study: Study,
    pub job: Option<JobId>,
    pub failure: Option<String>,
    pub curves: Option<Box<Curves>>,
    pub weights: Option<Box<Weights>>,
    pub distilled: Option<Box<Distilled>>,
    /// The curve and the point whose prompts are shown, and which of them.
    pub open: Option<(usize, usize, usize)>,
}

/// What a person can do there.
#[derive(Clone, Debug, PartialEq)]
pub enum LabAction {
    Show(Study),
    Measure(Box<CurveRequest>),
    Weights(Box<WeightsRequest>),
    Distil(Box<DistilRequest>),
    Open(Option<(usize, usize, usize)>),
    Stop,
}

/// What is typed and not yet done. Owned by the window.
#[derive(Clone, Debug)]
pub struct LabDraft {
    pub checkpoints: Vec<CheckpointId>,
    pub material: LabMaterial,
    /// Numbers of examples, with commas between them.
    pub shots: String,
    pub controls: bool,
    pub generate: bool,
    pub figure: Figure,
    pub weights: WeightsRequest,
    pub distil: DistilRequest,
    pub task: String,
    pub save: String,
    /// Chosen for the person until they choose.
    settled: bool,
}

impl Default for LabDraft {
    fn default() -> Self {
        Self {
            checkpoints: Vec::new(),
            material: LabMaterial::default(),
            shots: "0, 1, 2, 4, 8".to_owned(),
            controls: true,
            generate: false,
            figure: Figure::default(),
            weights: WeightsRequest::default(),
            distil: DistilRequest::default(),
            task: String::new(),
            save: String::new(),
            settled: false,
        }
    }
}

/// Rows that say which task they are of.
pub fn is_task_dataset(row: &DatasetInfo) -> bool {
    row.columns.iter().any(|column| column == "task")
}

/// Datasets that examples can be taken from.
pub fn material(library: &Library) -> impl Iterator<Item = &DatasetInfo> {
    library.datasets.iter().filter(|row| !row.deleted && row.schema.is_supervised() && row.labelled > 0)
}

impl LabDraft {
    /// Takes over what the project says: a dataset of tasks, and the newest checkpoint beside the one that it came from.
    pub fn settle(&mut self, library: &Library) {
        self.checkpoints.retain(|id| usable(library).any(|row| row.id == *id));
        if !material(library).any(|row| row.id == self.material.dataset) {
            let tasks = material(library).filter(|row| is_task_dataset(row)).last();
            self.material.dataset = tasks.or_else(|| material(library).last()).map_or(0, |row| row.id);
        }
        if self.settled && !self.checkpoints.is_empty() {
            return;
        }
        let Some(newest) = writers(library).max_by_key(|row| (row.run.is_some(), row.id)) else { return };
        let start = super::choices::start_of(library, Some(newest.id));
        self.checkpoints = start.into_iter().chain([newest.id]).collect();
        self.settled = true;
    }

    /// A checkpoint more, or one less.
    pub fn toggle(&mut self, id: CheckpointId) {
        self.settled = true;
        match self.checkpoints.iter().position(|chosen| *chosen == id) {
            Some(at) => drop(self.checkpoints.remove(at)),
            None if self.checkpoints.len() < MOST_MODELS => self.checkpoints.push(id),
            None => {}
        }
    }

    /// Numbers of examples as they were typed; a sentence where they are none.
    pub fn parsed_shots(&self) -> Result<Vec<usize>, String> {
        let parts = self.shots.split([',', ' ']).filter(|part| !part.is_empty());
        let shots: Result<Vec<usize>, _> = parts.map(str::parse).collect();
        match shots {
            Ok(shots) if !shots.is_empty() && shots.iter().all(|k| *k <= 64) => Ok(shots),
            Ok(_) => Err("Type numbers of examples from 0 to 64, say 0, 1, 2, 4, 8".to_owned()),
            Err(_) => Err(format!("“{}” holds something that is no number; type, say, 0, 1, 2, 4, 8", self.shots)),
        }
    }

    /// Why nothing can be measured.
    pub fn problem(&self) -> Option<String> {
        if self.material.dataset == 0 {
            return Some("There are no rows to make examples of; the Data page brings some in".to_owned());
        }
        if self.checkpoints.is_empty() {
            return Some("Choose a checkpoint".to_owned());
        }
        self.parsed_shots().err()
    }

    /// What is to be measured.
    pub fn action(&self, study: Study) -> Option<LabAction> {
        let shots = self.parsed_shots().ok()?;
        let checkpoint = *self.checkpoints.last()?;
        Some(match study {
            Study::Curve => LabAction::Measure(Box::new(CurveRequest {
                checkpoints: self.checkpoints.clone(),
                material: self.material.clone(),
                shots,
                controls: self.controls,
                generate: self.generate,
            })),
            Study::Weights => {
                let material = LabMaterial {
                    draws: self.weights.material.draws,
                    queries: self.weights.material.queries,
                    ..self.material.clone()
                };
                LabAction::Weights(Box::new(WeightsRequest { checkpoint, material, shots, ..self.weights.clone() }))
            }
            Study::Distil => {
                let tasks = if self.task.is_empty() { Vec::new() } else { vec![self.task.clone()] };
                let material = LabMaterial { tasks, ..self.material.clone() };
                let save = Some(self.save.trim().to_owned()).filter(|name| !name.is_empty());
                LabAction::Distil(Box::new(DistilRequest { checkpoint, material, save, ..self.distil.clone() }))
            }
        })
    }
}

impl AppState {
    pub(super) fn apply_lab(&mut self, action: LabAction) -> Vec<Command> {
        match action {
            LabAction::Show(study) => self.prompt.lab.study = study,
            LabAction::Open(open) => self.prompt.lab.open = open,
            LabAction::Stop => return self.stop_lab(),
            LabAction::Measure(request) => {
                return self.begin_lab("Measuring k-shot curves", |job| LabCommand::Curves { job, request });
            }
            LabAction::Weights(request) => {
                return self.begin_lab("Prompt or weights", |job| LabCommand::Weights { job, request });
            }
            LabAction::Distil(request) => {
                return self.begin_lab("Distilling a context", |job| LabCommand::Distil { job, request });
            }
        }
        Vec::new()
    }

    fn begin_lab(&mut self, label: &str, command: impl FnOnce(JobId) -> LabCommand) -> Vec<Command> {
        let mut commands = self.stop_lab();
        let job = self.jobs.start(JobKind::Lab, label);
        let lab = &mut self.prompt.lab;
        (lab.job, lab.failure) = (Some(job), None);
        commands.push(Command::Lab(command(job)));
        commands
    }

    fn stop_lab(&mut self) -> Vec<Command> {
        self.prompt.lab.job.and_then(|job| self.jobs.cancel(job)).into_iter().collect()
    }

    pub(super) fn lab_came(&mut self, event: LabEvent) -> Vec<Command> {
        let lab = &mut self.prompt.lab;
        let (job, key, value) = match event {
            LabEvent::Curves { job, curves } => {
                let value = serde_json::to_string(&curves);
                (lab.curves, lab.open) = (Some(curves), None);
                (job, KEPT[0], value)
            }
            LabEvent::Weights { job, weights } => {
                let value = serde_json::to_string(&weights);
                lab.weights = Some(weights);
                (job, KEPT[1], value)
            }
            LabEvent::Distilled { job, distilled } => {
                if let Some(id) = distilled.checkpoint {
                    self.notices.info(format!("What was distilled is kept as checkpoint {}", format::count(id.unsigned_abs())));
                }
                let value = serde_json::to_string(&distilled);
                lab.distilled = Some(distilled);
                (job, KEPT[2], value)
            }
        };
        self.jobs.finish(job);
        if self.prompt.lab.job == Some(job) {
            self.prompt.lab.job = None;
        }
        match value {
            Ok(value) if !self.read_only() => vec![Command::Library(LibraryCommand::SaveSetting { key: key.to_owned(), value })],
            Ok(_) | Err(_) => Vec::new(),
        }
    }

    /// Datasets and checkpoints in words, for the pictures.
    pub fn lab_dataset(&self, id: DatasetId) -> &str {
        self.library.datasets.iter().find(|row| row.id == id).map_or("rows that are gone", |row| row.name.as_str())
    }

    /// Checkpoints that can be measured, the newest first.
    pub fn lab_models(&self) -> Vec<&CheckpointRow> {
        let mut all: Vec<&CheckpointRow> = writers(&self.library).collect();
        all.reverse();
        all
    }
}

impl LabState {
    /// What was measured before the project was closed; what cannot be read is not there.
    pub(super) fn settings_came(&mut self, settings: &[(String, String)]) {
        let of = |key: &str| settings.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
        let [curves, weights, distilled] = KEPT.map(of);
        self.curves = curves.and_then(|text| serde_json::from_str(text).ok());
        self.weights = weights.and_then(|text| serde_json::from_str(text).ok());
        self.distilled = distilled.and_then(|text| serde_json::from_str(text).ok());
    }

    /// Takes a failure that is its own.
    pub(super) fn failed(&mut self, job: JobId, message: &str) -> bool {
        let own = self.job == Some(job);
        if own {
            (self.job, self.failure) = (None, Some(message.to_owned()));
        }
        own
    }

    pub(super) fn cancelled(&mut self, job: JobId) {
        if self.job == Some(job) {
            self.job = None;
        }
    }

    /// The worker died: what was asked will not come.
    pub(super) fn died(&mut self) {
        if self.job.take().is_some() {
            self.failure = Some("The trainer stopped before it was done; measure again".to_owned());
        }
    }
}

/// The parts of a dataset, as choices.
pub const SPLITS: [Split; 3] = [Split::Test, Split::Validation, Split::Train];
