//! The librarian thread: owns the database connection that writes, and answers the other workers through a `Desk`. Knows no model and no importer.

use std::path::PathBuf;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use super::command::{Command, RunId, Worker};
use super::event::Event;
use super::outbox::Outbox;
use super::worker::Work;
use super::{feedback_desk, label_desk, library_desk, talk_desk};
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
        let changed = match command {
            Command::Library(ask) => library_desk::carry_out(&mut self.project, self.outbox, ask)?,
            Command::Label(ask) => {
                label_desk::carry_out(&mut self.project, self.outbox, ask)?;
                false
            }
            Command::Feedback(ask) => feedback_desk::carry_out(&mut self.project, self.outbox, ask)?,
            Command::Keep(ask) => talk_desk::carry_out(&mut self.project, self.outbox, ask)?,
            Command::Import(_)
            | Command::Survey(_)
            | Command::Train(_)
            | Command::Align(_)
            | Command::Look(_)
            | Command::Lab(_)
            | Command::Talk(_) => {
                debug_assert!(false, "commands go to the worker that they name");
                false
            }
        };
        if changed {
            self.tell_library();
        }
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
