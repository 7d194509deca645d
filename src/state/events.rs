//! The second door of the state: what the workers say. Knows no drawing.

use std::path::PathBuf;

use super::data::{DataView, VocabCut};
use super::format::{count, plural};
use super::label::LabelAction;
use super::{Action, AppState, Banner, DataAction, JobKind, Level, Page, ProjectState};
use crate::engine::command::{CheckpointId, JobId, LibraryCommand, Worker};
use crate::engine::event::{AlignEvent, Library, RunState};
use crate::engine::{Command, Event};

impl AppState {
    /// The other door: what the workers say. The commands that follow from it are sent at once.
    pub fn handle(&mut self, event: Event) -> Vec<Command> {
        let mut next = self.rounds_came(&event);
        next.extend(self.hear(event));
        next
    }

    fn hear(&mut self, event: Event) -> Vec<Command> {
        match event {
            // Those that others follow from.
            Event::Opened { path, read_only, settings } => return self.opened(path, read_only, &settings),
            Event::Library(library) => return self.library_came(library),
            Event::Imported { job, dataset, rows, warnings } => return self.imported(job, dataset, rows, &warnings),
            Event::Examples { dataset, query, offset, page } => {
                self.row_came(&page);
                self.label.rows_came(dataset, &query, offset, page);
                return self.label.look_for_shown(self.now_s);
            }
            Event::Annotated { dataset, way, done, .. } => return self.annotated(dataset, way, done.as_ref()),
            Event::Feedback(event) => return self.feedback_came(event),
            Event::CorpusReady { job, corpus } => return self.corpus_ready(job, corpus),
            Event::Cancelled { job } => return self.job_cancelled(job),
            Event::JobFailed { job, message } => return self.job_failed(job, message),
            Event::RowsScored { job, dataset, draft: Some((row, text)), .. } => {
                self.jobs.finish(job);
                return self.draft_came(dataset, row, &text);
            }
            Event::RowsScored { job, dataset, rows, prelabelled, disagree, draft: None, .. } => {
                self.jobs.finish(job);
                return self.label_scored(dataset, rows, prelabelled, disagree);
            }
            Event::RunStarted { run, config, info } => return self.run_started(run, config, info),
            Event::RunEnded { run, state, checkpoint, message } => {
                self.run_ended(run, state, checkpoint, message);
                return self.refill_after_live();
            }
            Event::Align(AlignEvent::Effect { run, effect }) => return self.effect_came(run, *effect),
            Event::Align(AlignEvent::Rated { job, rewards }) => return self.rated(job, rewards),
            Event::Align(AlignEvent::Drawn { job, prompt, candidates }) => return self.drawn(job, prompt, candidates),
            Event::Lab(event) => return self.lab_came(event),
            Event::Talk(event) => return self.talk_came(event),
            Event::Generated { job, result } => {
                self.jobs.finish(job);
                let mut commands = self.talk_generated(job, &result);
                commands.extend(self.generated(job, result));
                return commands;
            }
            // Those that end a job, and are shown.
            Event::Inspected { job, report } => self.done(job).data.inspected(job, report),
            Event::DatasetStats { job, dataset, stats } => {
                self.done(job).data.stats.insert(dataset, stats);
            }
            Event::ExampleStats { job, dataset, stats } => {
                self.done(job).data.example_stats.insert(dataset, stats);
            }
            Event::TrainingView { job, dataset: _, view } => self.done(job).data.training.came(job, view),
            Event::DatasetExported { job, path, rows } => {
                let text = format!("{} saved in {}", plural(rows, "row", "rows"), path.display());
                self.done(job).notices.info(text);
            }
            Event::TokenizerReady { job, tokenizer } => self.tokenizer_ready(job, tokenizer),
            Event::Pieces { job, tokenizer, pieces } => self.done(job).data.pieces_came(job, tokenizer, pieces),
            Event::VocabPreview { job, spec, pieces, tokens_per_word } => {
                self.done(job).data.vocab_came(job, VocabCut { spec, pieces, tokens_per_word });
            }
            Event::SampleReady { job, corpus: _ } => self.done(job).sample_ready(),
            Event::Exported { job, folder } => self.done(job).notices.info(format!("Exported to {}", folder.display())),
            Event::Preflight { job, result } => {
                self.done(job).tune.preflight_came(job, &result);
                self.pretrain.preflight_came(job, result);
            }
            Event::Fits { job, config, result } => self.done(job).pretrain.fits_came(job, config, result),
            Event::Evaluated { job, evals, changes } => self.done(job).tune.compared(job, evals, changes),
            Event::Filled { job, masks } => self.done(job).prompt.filled(job, masks),
            // Those that are only shown.
            Event::OpenFailed { message } => self.open_failed(message),
            Event::Metrics { run, points, evals, marks, tasks, series } => {
                self.align.load(run, series);
                self.curves.load(run, points, evals, marks);
                self.tune.load(run, tasks);
            }
            Event::RunSamples { run, samples } => self.curves.load_samples(run, samples),
            Event::Progress(progress) => self.jobs.progress(progress),
            Event::Rows { dataset, query, offset, total, rows } => self.data.rows_came(dataset, &query, offset, total, rows),
            Event::LabelState { dataset, state } => self.label.labels_came(dataset, state),
            Event::Agreement { dataset, rows } => self.label.twice_came(dataset, rows),
            Event::State { run, state } => self.state_came(run, state),
            Event::Steps { run, points } => self.steps_came(run, points),
            Event::Eval { run, point } => self.eval_came(run, point),
            Event::Align(event) => self.align.came(event),
            Event::Look(event) => self.look_came(event),
            Event::TaskEval { run, eval } => self.tune.evaluated(run, eval),
            Event::Sampled { run, samples } => self.curves.push_samples(run, samples),
            Event::Marked { run, mark } => {
                self.pretrain.marked(run, &mark);
                self.curves.push_mark(run, mark);
            }
            Event::CheckpointSaved { run, checkpoint, step } => self.checkpoint_saved(run, checkpoint, step),
            Event::Batch { run, batch } => self.pretrain.batch_came(run, batch),
            Event::Token { job, text } => {
                self.prompt.token_came(job, &text);
                self.talk.token_came(job, &text);
            }
            Event::Refused { worker, message } => self.refused(worker, message),
            Event::FileWritten { path } => self.notices.info(format!("Saved {}", path.display())),
            Event::Warning { worker: _, message } => self.notices.warning(message),
            Event::WorkerDied { worker, message, last_checkpoint } => self.worker_died(worker, message, last_checkpoint),
        }
        Vec::new()
    }

    /// With this job no longer under way.
    fn done(&mut self, job: JobId) -> &mut Self {
        self.jobs.finish(job);
        self
    }

    fn opened(&mut self, path: PathBuf, read_only: bool, settings: &[(String, String)]) -> Vec<Command> {
        self.project = ProjectState::Open { path, read_only };
        let page = settings.iter().find(|(key, _)| key == super::PAGE_SETTING).and_then(|(_, value)| Page::from_key(value));
        self.page = page.unwrap_or(self.page);
        self.pretrain.settings_came(settings);
        self.label.settings_came(settings);
        self.data.remembered.settings_came(settings);
        self.prompt.lab.settings_came(settings);
        vec![Command::Library(LibraryCommand::ListLibrary)]
    }

    fn open_failed(&mut self, message: String) {
        let path = match &self.project {
            ProjectState::Opening(path) | ProjectState::Open { path, .. } | ProjectState::Failed { path, .. } => path.clone(),
            ProjectState::None => PathBuf::new(),
        };
        self.project = ProjectState::Failed { path, message };
    }

    fn library_came(&mut self, library: Library) -> Vec<Command> {
        self.library = library;
        let first = !std::mem::replace(&mut self.library_loaded, true);
        if first {
            let newest = self.library.runs.iter().rev().find(|run| !run.deleted);
            self.pretrain.first_library(newest.is_some());
        }
        if first && self.data.view == DataView::Add {
            let only = self.library.datasets.iter().find(|dataset| !dataset.deleted).map(|dataset| dataset.id);
            if let Some(dataset) = only {
                return self.apply(Action::Data(DataAction::View(DataView::Dataset(dataset))));
            }
        }
        let mut commands = self.data.library_changed(&self.library);
        commands.extend(self.page_shown());
        commands
    }

    fn imported(&mut self, job: JobId, dataset: i64, rows: u64, warnings: &[String]) -> Vec<Command> {
        self.jobs.finish(job);
        let to_label = self.data.is_to_label(job);
        let made = plural(rows, "row", "rows");
        self.notices.info(if to_label { format!("{made} to label") } else { format!("Imported {made}") });
        if let Some(first) = warnings.first() {
            let more = match warnings.len() {
                0 | 1 => String::new(),
                n => format!(" (and {} more)", count(n as u64 - 1)),
            };
            self.notices.warning(format!("{first}{more}"));
        }
        let mut commands = self.data.imported(dataset);
        if to_label {
            commands.extend(self.apply(Action::Label(LabelAction::Open(dataset))));
            commands.extend(self.apply(Action::Go(Page::Label)));
        }
        commands
    }

    fn tokenizer_ready(&mut self, job: JobId, tokenizer: i64) {
        let Some(kind) = self.jobs.get(job).map(|job| job.kind).filter(|kind| *kind != JobKind::FillSample) else { return };
        self.jobs.finish(job);
        let show = Action::Data(DataAction::View(DataView::Tokenizer(tokenizer)));
        let text = if kind == JobKind::ImportTokenizer { "The tokenizer was loaded" } else { "The tokenizer is trained" };
        self.notices.offer(Level::Info, text, "Try it", show);
    }

    fn corpus_ready(&mut self, job: JobId, corpus: i64) -> Vec<Command> {
        // The sample's own corpus is a part of a larger job, which says when it is done.
        if self.jobs.get(job).is_none_or(|job| job.kind == JobKind::FillSample) {
            return Vec::new();
        }
        self.jobs.finish(job);
        let show = Action::Data(DataAction::View(DataView::Corpus(corpus)));
        if self.page == Page::Data {
            return self.apply(show);
        }
        self.notices.offer(Level::Info, "The corpus is ready to train on", "Show it", show);
        Vec::new()
    }

    fn sample_ready(&mut self) {
        self.pretrain.sample_came();
        self.notices.offer(Level::Info, "The sample project is ready to train on", "Set up a run", Action::Go(Page::Pretrain));
    }

    fn job_cancelled(&mut self, job: JobId) -> Vec<Command> {
        let ours = self.rank.draw_ended(job).is_some();
        self.data.cancelled(job);
        self.pretrain.cancelled(job);
        self.tune.cancelled(job);
        self.prompt.cancelled(job);
        self.talk.cancelled(job);
        if let Some(job) = self.jobs.finish(job)
            && job.kind.is_listed()
        {
            self.notices.info(format!("Cancelled: {}", job.label));
        }
        // A live run that ends takes its draws along; from now on the checkpoints answer.
        if ours { self.refill_after_live() } else { Vec::new() }
    }

    fn job_failed(&mut self, job: JobId, message: String) -> Vec<Command> {
        let drawn = self.draw_failed(job, &message);
        let shown = self.data.failed(job, &message) || drawn.is_some();
        let shown = self.pretrain.failed(job, &message) || shown;
        let shown = self.prompt.failed(job, &message) || self.tune.failed(job, &message) || shown;
        let shown = self.talk.failed(job, &message) || shown;
        let kind = self.jobs.finish(job).map(|job| job.kind);
        if !shown && kind != Some(JobKind::CutText) {
            self.notices.error(message);
        }
        drawn.unwrap_or_default()
    }

    fn refused(&mut self, worker: Worker, message: String) {
        self.pretrain.refused(worker);
        if worker == Worker::Librarian {
            self.talk.chat.refused();
            self.rank_refused();
        }
        self.notices.error(message);
    }

    fn worker_died(&mut self, worker: Worker, message: String, last_checkpoint: Option<CheckpointId>) {
        self.pretrain.refused(worker);
        self.prompt.died(worker);
        self.talk.died(worker);
        if let Some(live) = self.live.as_mut().filter(|live| live.is_held()) {
            live.state = RunState::Interrupted;
        }
        self.banner = Some(Banner { worker, message, last_checkpoint });
    }
}
