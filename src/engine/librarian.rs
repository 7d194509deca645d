//! The librarian thread: owns the database connection that writes, and answers the other workers through a `Desk`. Knows no model and no importer.

use std::path::PathBuf;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::command::{Command, DatasetId, RunId, Worker};
use super::event::{AnnotationWay, Event};
use super::labelling::{Annotation, LabelState};
use super::outbox::Outbox;
use super::worker::Work;
use crate::store::{Project, ProjectPaths, RunProgress, StoreError};

/// How often a full channel is tried again while nothing else happens.
const RETRY: Duration = Duration::from_millis(20);

/// Work on the project, done on the librarian's thread; true when a page lists what changed.
type Errand = Box<dyn FnOnce(&mut Project) -> Result<bool, StoreError> + Send>;

/// What reaches the librarian.
pub enum ToLibrarian {
    Command(Box<Command>),
    /// Metrics and what belongs to them; nobody waits for an answer.
    Progress {
        run: RunId,
        progress: RunProgress,
    },
    /// Sends its own answer.
    Errand(Errand),
    #[cfg(test)]
    Panic,
}

/// Where another worker asks the librarian. Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    channel: Sender<ToLibrarian>,
}

/// Why the librarian gave no good answer.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("The project's database did not answer; it was being opened anew, so try again")]
    Gone,
}

impl Desk {
    pub fn new(channel: Sender<ToLibrarian>) -> Self {
        Self { channel }
    }

    /// Asks and waits; the project stays as it is.
    pub fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Project) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, DeskError> {
        self.errand(question, false)
    }

    /// Changes what the project holds and waits until that is durable; everybody gets the new list.
    pub fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Project) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, DeskError> {
        self.errand(change, true)
    }

    /// Changes something without waiting; a failure becomes a warning. `listed` says whether a page lists what changes.
    pub fn tell(&self, listed: bool, change: impl FnOnce(&mut Project) -> Result<(), StoreError> + Send + 'static) {
        // With no librarian left there is nobody to tell.
        let _ended = self.channel.send(ToLibrarian::Errand(Box::new(move |project| change(project).map(|()| listed))));
    }

    /// Hands metrics over; never waits.
    pub fn progress(&self, run: RunId, progress: RunProgress) {
        let _ended = self.channel.send(ToLibrarian::Progress { run, progress });
    }

    /// Waits for the project to be open: where it stands, and whether it may only be looked at. None when it cannot be opened.
    pub fn project(&self) -> Option<(ProjectPaths, bool)> {
        self.ask(|project| Ok((project.paths().clone(), project.is_read_only()))).ok()
    }

    fn errand<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Project) -> Result<T, StoreError> + Send + 'static,
        listed: bool,
    ) -> Result<T, DeskError> {
        let (reply, answer) = bounded(1);
        let errand = move |project: &mut Project| {
            let result = work(project);
            let changed = listed && result.is_ok();
            let _asker_gone = reply.send(result);
            Ok(changed)
        };
        self.channel.send(ToLibrarian::Errand(Box::new(errand))).map_err(|_closed| DeskError::Gone)?;
        Ok(answer.recv().map_err(|_closed| DeskError::Gone)??)
    }
}

/// What the librarian's thread keeps across a panic.
pub struct Librarian {
    path: PathBuf,
    create: bool,
    /// This is not the first time: a panic came in between.
    opened: bool,
    inbox: Receiver<ToLibrarian>,
    outbox: Outbox,
}

impl Librarian {
    pub fn new(path: PathBuf, create: bool, inbox: Receiver<ToLibrarian>, outbox: Outbox) -> Self {
        Self { path, create, opened: false, inbox, outbox }
    }

    fn open(&mut self) -> Result<Project, StoreError> {
        if self.opened {
            // After a panic: the others go on meanwhile, so nothing is repaired under their hands.
            let project = Project::reopen(&self.path)?;
            self.outbox.send(Event::Library(project.library()?));
            return Ok(project);
        }
        let project = if self.create {
            Project::create(&self.path)?
        } else {
            let (project, repairs) = Project::open(&self.path)?;
            if repairs.missing > 0 {
                let message = format!(
                    "{} of this project's checkpoints have lost their folder; put it back, or take them as gone",
                    repairs.missing
                );
                self.outbox.send(Event::Warning { worker: Worker::Librarian, message });
            }
            project
        };
        self.opened = true;
        let settings = project.settings()?;
        self.outbox.send(Event::Opened { path: self.path.clone(), read_only: project.is_read_only(), settings });
        self.outbox.send(Event::Library(project.library()?));
        Ok(project)
    }
}

impl Work for Librarian {
    fn run(&mut self) {
        let project = match self.open() {
            Ok(project) => project,
            Err(error) => {
                self.outbox.send(Event::OpenFailed { message: error.to_string() });
                // Whoever asks from now on is told that nobody is here.
                self.inbox = crossbeam_channel::never();
                return;
            }
        };
        if !project.is_read_only()
            && let Err(error) = project.back_up()
        {
            let message = format!("The daily copy of the database could not be made. {error}");
            self.outbox.send(Event::Warning { worker: Worker::Librarian, message });
        }
        Session { project, outbox: &mut self.outbox, unsaved: Vec::new(), last_warning: String::new() }.serve(&self.inbox);
    }

    fn died(&mut self, message: String) {
        self.outbox.send(Event::WorkerDied { worker: Worker::Librarian, message, last_checkpoint: None });
    }
}

/// One stretch of service, from opening to the end or a panic.
struct Session<'a> {
    project: Project,
    outbox: &'a mut Outbox,
    /// Progress that could not be written yet, say on a full disk.
    unsaved: Vec<(RunId, RunProgress)>,
    /// A trouble that lasts is told once.
    last_warning: String,
}

impl Session<'_> {
    fn serve(&mut self, inbox: &Receiver<ToLibrarian>) {
        loop {
            let message = if self.outbox.flush() {
                inbox.recv().map_err(|_closed| RecvTimeoutError::Disconnected)
            } else {
                inbox.recv_timeout(RETRY)
            };
            match message {
                Ok(ToLibrarian::Command(command)) => self.command(*command),
                Ok(ToLibrarian::Progress { run, progress }) => self.save(run, progress),
                Ok(ToLibrarian::Errand(errand)) => match errand(&mut self.project) {
                    Ok(true) => self.tell_library(),
                    Ok(false) => {}
                    Err(error) => self.warn(&error),
                },
                #[cfg(test)]
                Ok(ToLibrarian::Panic) => panic!("a panic that a test asked for"),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.save_rest();
    }

    fn command(&mut self, command: Command) {
        let refused = match self.carry_out(command) {
            Ok(()) => return,
            Err(error) => error.to_string(),
        };
        self.outbox.send(Event::Refused { worker: Worker::Librarian, message: refused });
    }

    fn carry_out(&mut self, command: Command) -> Result<(), StoreError> {
        let project = &mut self.project;
        match command {
            Command::ListLibrary => {}
            Command::LoadMetrics { run } => {
                let event = Event::Metrics {
                    run,
                    points: project.metrics(run)?,
                    evals: project.evals(run)?,
                    marks: project.marks(run)?,
                    tasks: project.task_evals(run)?,
                    series: project.series(run)?,
                };
                self.outbox.send(event);
                return Ok(());
            }
            Command::LoadSamples { run } => {
                let samples = project.samples(run)?;
                self.outbox.send(Event::RunSamples { run, samples });
                return Ok(());
            }
            Command::RenameRun { run, name } => project.rename_run(run, &name)?,
            Command::PinCheckpoint { checkpoint, pinned } => project.set_checkpoint_pinned(checkpoint, pinned)?,
            Command::DeleteRun { run } => project.set_run_deleted(run, true)?,
            Command::RestoreRun { run } => project.set_run_deleted(run, false)?,
            Command::PurgeDeleted => {
                project.purge_deleted()?;
            }
            Command::DeleteDataset { dataset } => project.set_dataset_deleted(dataset, true)?,
            Command::RestoreDataset { dataset } => project.set_dataset_deleted(dataset, false)?,
            Command::SaveSetting { key, value } => return project.set_setting(&key, &value),
            Command::SavePrompt { prompt, completion, settings } => project.add_prompt(&prompt, &completion, &settings)?,
            Command::WriteFile { path, bytes } => {
                crate::store::write_export(&path, &bytes)?;
                self.outbox.send(Event::FileWritten { path });
                return Ok(());
            }
            Command::LoadExamples { dataset, query, offset, limit } => {
                let page = project.example_page(dataset, &query, offset, limit)?;
                self.outbox.send(Event::Examples { dataset, query, offset, page });
                return Ok(());
            }
            Command::LoadLabelState { dataset } => return self.tell_labels(dataset),
            Command::LoadAgreement { dataset } => {
                let rows = project.annotated_twice(dataset)?;
                self.outbox.send(Event::Agreement { dataset, rows });
                return Ok(());
            }
            Command::Annotate(annotation) => {
                let done = Some(project.annotate(&annotation)?);
                let Annotation { dataset, annotator, .. } = annotation;
                self.outbox.send(Event::Annotated { dataset, annotator, way: AnnotationWay::Made, done });
                return Ok(());
            }
            Command::UndoAnnotation { dataset, annotator } => {
                let done = project.undo(dataset, &annotator)?;
                self.outbox.send(Event::Annotated { dataset, annotator, way: AnnotationWay::Undone, done });
                return Ok(());
            }
            Command::RedoAnnotation { dataset, annotator } => {
                let done = project.redo(dataset, &annotator)?;
                self.outbox.send(Event::Annotated { dataset, annotator, way: AnnotationWay::Redone, done });
                return Ok(());
            }
            Command::AnnotateAll { dataset, annotations } => {
                project.annotate_all(&annotations)?;
                return self.tell_labels(dataset);
            }
            Command::MakeAgree { dataset, rows, agree, annotator } => {
                project.make_agree(dataset, &rows, &agree, &annotator)?;
                return self.tell_labels(dataset);
            }
            Command::SaveLabelSet { dataset, labels } => {
                project.set_label_set(dataset, &labels)?;
                return self.tell_labels(dataset);
            }
            Command::SplitDataset { dataset, validation, test, seed } => {
                project.split_examples(dataset, validation, test, seed)?;
                return self.tell_labels(dataset);
            }
            Command::Feedback(ask) => {
                if !super::feedback_desk::carry_out(project, self.outbox, ask)? {
                    return Ok(());
                }
            }
            Command::Talk(ask) => {
                if !super::talk_desk::carry_out(project, self.outbox, ask)? {
                    return Ok(());
                }
            }
            Command::InspectFile { .. }
            | Command::ImportFile { .. }
            | Command::CreateLabelling { .. }
            | Command::ExportDataset { .. }
            | Command::ExportFeedback { .. }
            | Command::Survey(_)
            | Command::LoadRows { .. }
            | Command::MeasureDataset { .. }
            | Command::TrainTokenizer { .. }
            | Command::ImportTokenizer { .. }
            | Command::CutText { .. }
            | Command::PreviewVocab { .. }
            | Command::PreviewTraining { .. }
            | Command::BuildCorpus { .. }
            | Command::FillSample { .. }
            | Command::ExportCheckpoint { .. }
            | Command::CancelJob { .. }
            | Command::Preflight { .. }
            | Command::WhatFits { .. }
            | Command::StartRun { .. }
            | Command::ResumeRun { .. }
            | Command::Pause
            | Command::Continue
            | Command::StepOnce
            | Command::Stop
            | Command::SaveCheckpoint
            | Command::SetKnob(_)
            | Command::UndoKnob
            | Command::Rewind { .. }
            | Command::InspectBatch { .. }
            | Command::Evaluate { .. }
            | Command::ScoreRows { .. }
            | Command::Align(_)
            | Command::Look(_)
            | Command::Lab(_)
            | Command::Generate { .. }
            | Command::FillMask { .. }
            | Command::CancelGenerate { .. } => {
                debug_assert!(false, "commands go to the worker that they name");
            }
        }
        self.tell_library();
        Ok(())
    }

    fn tell_labels(&mut self, dataset: DatasetId) -> Result<(), StoreError> {
        let labels = self.project.label_set(dataset)?;
        let progress = self.project.label_progress(dataset)?;
        self.outbox.send(Event::LabelState { dataset, state: LabelState { labels, progress } });
        Ok(())
    }

    fn tell_library(&mut self) {
        match self.project.library() {
            Ok(library) => self.outbox.send(Event::Library(library)),
            Err(error) => self.warn(&error),
        }
    }

    /// Writes progress; what cannot be written now is tried again with the next, in the same order.
    fn save(&mut self, run: RunId, progress: RunProgress) {
        self.unsaved.push((run, progress));
        self.save_rest();
    }

    fn save_rest(&mut self) {
        while let Some((run, progress)) = self.unsaved.first() {
            if let Err(error) = self.project.add_progress(*run, progress) {
                self.warn(&error);
                return;
            }
            self.unsaved.remove(0);
        }
    }

    fn warn(&mut self, error: &StoreError) {
        let message = error.to_string();
        if message != self.last_warning {
            self.last_warning.clone_from(&message);
            self.outbox.send(Event::Warning { worker: Worker::Librarian, message });
        }
    }
}
