//! The second door of the state: what the workers say. Knows no drawing.

use super::data::{DataView, VocabCut};
use super::format::{count, plural};
use super::live::LiveRun;
use super::{Action, AppState, Banner, DataAction, JobKind, Level, Page, ProjectState, RunsAction, runs};
use crate::engine::command::{CheckpointId, JobId, LibraryCommand, RunId, Worker};
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
            Event::Opened { path, read_only, settings } => {
                self.project = ProjectState::Open { path, read_only };
                let page =
                    settings.iter().find(|(key, _)| key == super::PAGE_SETTING).and_then(|(_, value)| Page::from_key(value));
                self.page = page.unwrap_or(self.page);
                self.pretrain.settings_came(&settings);
                self.label.settings_came(&settings);
                self.data.remembered.settings_came(&settings);
                self.prompt.lab.settings_came(&settings);
                return vec![Command::Library(LibraryCommand::ListLibrary)];
            }
            Event::OpenFailed { message } => {
                let path = match &self.project {
                    ProjectState::Opening(path) | ProjectState::Open { path, .. } | ProjectState::Failed { path, .. } => {
                        path.clone()
                    }
                    ProjectState::None => std::path::PathBuf::new(),
                };
                self.project = ProjectState::Failed { path, message };
            }
            Event::Library(library) => return self.library_came(library),
            Event::Metrics { run, points, evals, marks, tasks, series } => {
                self.align.load(run, series);
                self.curves.load(run, points, evals, marks);
                self.tune.load(run, tasks);
            }
            Event::RunSamples { run, samples } => self.curves.load_samples(run, samples),
            Event::Progress(progress) => self.jobs.progress(progress),
            Event::Inspected { job, report } => {
                self.jobs.finish(job);
                self.data.inspected(job, report);
            }
            Event::Imported { job, dataset, rows, warnings } => return self.imported(job, dataset, rows, &warnings),
            Event::Rows { dataset, query, offset, total, rows } => self.data.rows_came(dataset, &query, offset, total, rows),
            Event::DatasetStats { job, dataset, stats } => {
                self.jobs.finish(job);
                self.data.stats.insert(dataset, stats);
            }
            Event::ExampleStats { job, dataset, stats } => {
                self.jobs.finish(job);
                self.data.example_stats.insert(dataset, stats);
            }
            Event::TrainingView { job, dataset: _, view } => {
                self.jobs.finish(job);
                self.data.training.came(job, view);
            }
            Event::DatasetExported { job, path, rows } => {
                self.jobs.finish(job);
                self.notices.info(format!("{} saved in {}", plural(rows, "row", "rows"), path.display()));
            }
            Event::Examples { dataset, query, offset, page } => {
                self.row_came(&page);
                self.label.rows_came(dataset, &query, offset, page);
                return self.label.look_for_shown(self.now_s);
            }
            Event::LabelState { dataset, state } => self.label.labels_came(dataset, state),
            Event::Agreement { dataset, rows } => self.label.twice_came(dataset, rows),
            Event::Annotated { dataset, way, done, .. } => return self.annotated(dataset, way, done.as_ref()),
            Event::Feedback(event) => return self.feedback_came(event),
            Event::TokenizerReady { job, tokenizer } => self.tokenizer_ready(job, tokenizer),
            Event::Pieces { job, tokenizer, pieces } => {
                self.jobs.finish(job);
                self.data.pieces_came(job, tokenizer, pieces);
            }
            Event::VocabPreview { job, spec, pieces, tokens_per_word } => {
                self.jobs.finish(job);
                self.data.vocab_came(job, VocabCut { spec, pieces, tokens_per_word });
            }
            Event::CorpusReady { job, corpus } => return self.corpus_ready(job, corpus),
            Event::SampleReady { job, corpus: _ } => {
                self.jobs.finish(job);
                self.pretrain.sample_came();
                self.notices.offer(
                    Level::Info,
                    "The sample project is ready to train on",
                    "Set up a run",
                    Action::Go(Page::Pretrain),
                );
            }
            Event::Exported { job, folder } => {
                self.jobs.finish(job);
                self.notices.info(format!("Exported to {}", folder.display()));
            }
            Event::Cancelled { job } => {
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
                return if ours { self.refill_after_live() } else { Vec::new() };
            }
            Event::JobFailed { job, message } => return self.job_failed(job, message),
            Event::Preflight { job, result } => {
                self.jobs.finish(job);
                self.tune.preflight_came(job, &result);
                self.pretrain.preflight_came(job, result);
            }
            Event::Fits { job, config, result } => {
                self.jobs.finish(job);
                self.pretrain.fits_came(job, config, result);
            }
            Event::RowsScored { job, dataset, draft: Some((row, text)), .. } => {
                self.jobs.finish(job);
                return self.draft_came(dataset, row, &text);
            }
            Event::RowsScored { job, dataset, rows, prelabelled, disagree, draft: None, .. } => {
                self.jobs.finish(job);
                return self.label_scored(dataset, rows, prelabelled, disagree);
            }
            Event::Evaluated { job, evals, changes } => {
                self.jobs.finish(job);
                self.tune.compared(job, evals, changes);
            }
            Event::RunStarted { run, config, info } => {
                let page = super::watched::kind(&config);
                self.live = Some(LiveRun::new(run, config, info));
                self.banner = None;
                self.pretrain.starting = false;
                match page {
                    Page::Tune => self.tune.run_started(run),
                    Page::Rlhf => self.rlhf.watch = Some(run),
                    _ => self.pretrain.run_started(run),
                }
                return runs::ask(&mut self.curves, &[run]);
            }
            Event::State { run, state } => self.state_came(run, state),
            Event::Steps { run, points } => {
                if let Some(live) = self.live_of(run) {
                    for point in &points {
                        live.push(point);
                    }
                }
                self.curves.push(run, points);
            }
            Event::Eval { run, point } => {
                if let Some(live) = self.live_of(run) {
                    live.val = Some(point);
                }
                self.curves.push_eval(run, point);
            }
            Event::Align(AlignEvent::Effect { run, effect }) => return self.effect_came(run, *effect),
            Event::Align(AlignEvent::Rated { job, rewards }) => return self.rated(job, rewards),
            Event::Align(AlignEvent::Drawn { job, prompt, candidates }) => return self.drawn(job, prompt, candidates),
            Event::Align(event) => self.align.came(event),
            Event::Look(event) => self.look_came(event),
            Event::Lab(event) => return self.lab_came(event),
            Event::Talk(event) => return self.talk_came(event),
            Event::TaskEval { run, eval } => self.tune.evaluated(run, eval),
            Event::Sampled { run, samples } => self.curves.push_samples(run, samples),
            Event::Marked { run, mark } => {
                self.pretrain.marked(run, &mark);
                self.curves.push_mark(run, mark);
            }
            Event::CheckpointSaved { run, checkpoint, step } => {
                if let Some(live) = self.live_of(run) {
                    live.last_checkpoint = Some((checkpoint, step));
                }
            }
            Event::RunEnded { run, state, checkpoint, message } => {
                self.run_ended(run, state, checkpoint, message);
                return self.refill_after_live();
            }
            Event::Batch { run, batch } => self.pretrain.batch_came(run, batch),
            Event::Token { job, text } => {
                self.prompt.token_came(job, &text);
                self.talk.token_came(job, &text);
            }
            Event::Generated { job, result } => {
                self.jobs.finish(job);
                let mut commands = self.talk_generated(job, &result);
                commands.extend(self.generated(job, result));
                return commands;
            }
            Event::Filled { job, masks } => {
                self.jobs.finish(job);
                self.prompt.filled(job, masks);
            }
            Event::Refused { worker, message } => {
                self.pretrain.refused(worker);
                if worker == Worker::Librarian {
                    self.talk.chat.refused();
                    self.rank_refused();
                }
                self.notices.error(message);
            }
            Event::FileWritten { path } => self.notices.info(format!("Saved {}", path.display())),
            Event::Warning { worker: _, message } => self.notices.warning(message),
            Event::WorkerDied { worker, message, last_checkpoint } => {
                self.pretrain.refused(worker);
                self.prompt.died(worker);
                self.talk.died(worker);
                if let Some(live) = self.live.as_mut().filter(|live| live.is_held()) {
                    live.state = RunState::Interrupted;
                }
                self.banner = Some(Banner { worker, message, last_checkpoint });
            }
        }
        Vec::new()
    }

    fn live_of(&mut self, run: RunId) -> Option<&mut LiveRun> {
        self.live.as_mut().filter(|live| live.run == run)
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
        self.notices.info(format!("Imported {}", plural(rows, "row", "rows")));
        if let Some(first) = warnings.first() {
            let more = match warnings.len() {
                0 | 1 => String::new(),
                n => format!(" (and {} more)", count(n as u64 - 1)),
            };
            self.notices.warning(format!("{first}{more}"));
        }
        self.data.imported(dataset)
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

    fn state_came(&mut self, run: RunId, state: RunState) {
        if let Some(live) = self.live_of(run) {
            live.state = state;
            if state != RunState::Alarm {
                live.message = None;
            }
        }
        if state == RunState::Alarm {
            let why = self.pretrain.alarm.as_deref().unwrap_or("the loss went wrong");
            let text = format!("Training paused by itself: {why}");
            self.notices.offer(Level::Error, text, "Look", Action::Go(self.page_of(run)));
        }
    }

    fn run_ended(&mut self, run: RunId, state: RunState, checkpoint: Option<CheckpointId>, message: String) {
        let mut at = String::new();
        if let Some(live) = self.live_of(run) {
            live.state = state;
            live.message = Some(message.clone());
            at = format!(" at step {}", count(live.step));
            if let Some(checkpoint) = checkpoint {
                live.last_checkpoint = Some((checkpoint, live.step));
            }
        }
        match state {
            RunState::Finished => {
                self.notices.offer(Level::Info, format!("Training finished{at}"), "Try it", Action::Go(Page::Prompt));
            }
            RunState::Stopped => match checkpoint {
                Some(checkpoint) => self.notices.offer(
                    Level::Info,
                    format!("Training stopped{at}; a checkpoint was saved"),
                    "Resume",
                    Action::Runs(RunsAction::Resume(checkpoint)),
                ),
                None => self.notices.info(format!("Training stopped{at}")),
            },
            RunState::Failed | RunState::Interrupted => self.notices.error(message),
            RunState::Running | RunState::Paused | RunState::Alarm => {}
        }
    }
}
