//! One project opened for one command: sends, waits, answers Ctrl+C. Knows no particular command.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use super::output::Output;
use crate::engine::command::{ImportCommand, JobId, LibraryCommand, TrainCommand};
use crate::engine::event::{Library, RunRow};
use crate::engine::{Command, Engine, Event};

/// Longest wait for an event before Ctrl+C is looked at again.
const TICK: Duration = Duration::from_millis(100);

/// What a command does with a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Looks; another window may have it open.
    Read,
    Write,
    /// Makes it first.
    Create,
}

/// An open project, what it holds, and where the words go.
pub struct Session {
    engine: Engine,
    pub out: Output,
    pub library: Library,
    pub folder: PathBuf,
    pub settings: Vec<(String, String)>,
    interrupts: Arc<AtomicU32>,
    /// Presses of Ctrl+C that were answered.
    answered: u32,
    jobs: JobId,
}

/// The project to work on: the one typed, else the one in the environment, else the current folder if it is one.
pub fn project_folder(typed: Option<PathBuf>) -> Result<PathBuf> {
    if let Some(folder) = typed {
        return Ok(folder);
    }
    if let Some(named) = std::env::var_os("LYCEUM_PROJECT").filter(|v| !v.is_empty()) {
        return Ok(named.into());
    }
    if crate::store::recent::is_project(Path::new(".")) {
        return Ok(PathBuf::from("."));
    }
    bail!("Which project? Give --project FOLDER or set LYCEUM_PROJECT; `lyceum new FOLDER` makes one")
}

impl Session {
    /// Opens the project, or makes it, and learns what it holds.
    pub fn open(folder: &Path, access: Access, out: Output, interrupts: Arc<AtomicU32>) -> Result<Self> {
        let engine = Engine::start(folder.to_owned(), access == Access::Create, Arc::new(|| ()));
        let mut session = Self {
            engine,
            out,
            library: Library::default(),
            folder: folder.to_owned(),
            settings: Vec::new(),
            interrupts,
            answered: 0,
            jobs: 0,
        };
        (session.folder, session.settings) = session.until(None, |_, event| {
            let opened =
                if let Event::Opened { path, read_only, settings } = event { Some((path, read_only, settings)) } else { None };
            let Some((path, read_only, settings)) = opened else { return Ok(None) };
            if read_only && access != Access::Read {
                bail!(
                    "The project is open in another window or command, so nothing can be written; close that one first: {}",
                    path.display()
                );
            }
            Ok(Some((path, settings)))
        })?;
        session.refresh()?;
        Ok(session)
    }

    /// A number for a job that no other has.
    pub fn job(&mut self) -> JobId {
        self.jobs += 1;
        self.jobs
    }

    pub fn send(&self, command: Command) {
        self.engine.send(command);
    }

    /// Asks what the project holds now.
    pub fn refresh(&mut self) -> Result<()> {
        self.send(Command::Library(LibraryCommand::ListLibrary));
        self.library = self.until(None, |_, event| Ok(if let Event::Library(library) = event { Some(library) } else { None }))?;
        Ok(())
    }

    /// The next event, or none when a moment has passed without one.
    pub fn next(&mut self) -> Option<Event> {
        let event = self.engine.wait(TICK)?;
        if let Event::Library(library) = &event {
            self.library = library.clone();
        }
        Some(event)
    }

    /// Whether Ctrl+C was pressed since the last time this was asked. Whoever asks has to answer it.
    pub fn interrupted(&mut self) -> bool {
        let presses = self.interrupts.load(Ordering::Relaxed);
        presses > std::mem::replace(&mut self.answered, presses)
    }

    /// Waits until `pick` finds what it looks for. What went wrong on the way ends the wait; Ctrl+C cancels the job.
    pub fn until<T>(&mut self, job: Option<JobId>, mut pick: impl FnMut(&mut Output, Event) -> Result<Option<T>>) -> Result<T> {
        loop {
            if self.interrupted() {
                let Some(job) = job else { bail!("Interrupted") };
                // Whichever worker has the job; the other knows nothing of it.
                self.send(Command::Import(ImportCommand::CancelJob { job }));
                self.send(Command::Train(TrainCommand::CancelGenerate { job }));
            }
            let Some(event) = self.next() else { continue };
            if let Some(message) = failure(&event, job) {
                bail!(message);
            }
            report(&mut self.out, &event)?;
            if let Some(found) = pick(&mut self.out, event)? {
                self.out.end_bar();
                return Ok(found);
            }
        }
    }

    /// A run by id or name, deleted ones too.
    pub fn run(&self, asked: &str) -> Result<&RunRow> {
        self.library.runs.iter().rfind(|r| r.name == asked || r.id.to_string() == asked).with_context(|| {
            format!(
                "The project has no run '{asked}'; it has {}",
                named(self.library.runs.iter().map(|r| (r.id, r.name.as_str())))
            )
        })
    }
}

/// What an event says that ends the wait: a failure of this job, or of a worker.
fn failure(event: &Event, job: Option<JobId>) -> Option<String> {
    if let Event::OpenFailed { message } | Event::Refused { message, .. } = event {
        return Some(message.clone());
    }
    if let Event::WorkerDied { message, .. } = event {
        return Some(format!("A worker stopped unexpectedly: {message}"));
    }
    if let Event::JobFailed { job: failed, message } = event
        && Some(*failed) == job
    {
        return Some(message.clone());
    }
    if let Event::Cancelled { job: ended } = event
        && Some(*ended) == job
    {
        return Some("Cancelled".to_owned());
    }
    None
}

/// What every command shows in the same way.
fn report(out: &mut Output, event: &Event) -> io::Result<()> {
    if let Event::Progress(progress) = event {
        out.progress(progress)?;
    }
    if let Event::Warning { message, .. } = event {
        out.warning(message)?;
    }
    Ok(())
}

/// "1 (notes), 2 (book)", or "none".
pub fn named<'a>(all: impl Iterator<Item = (i64, &'a str)>) -> String {
    let list: Vec<String> = all.map(|(id, name)| format!("{id} ({name})")).collect();
    if list.is_empty() { "none".to_owned() } else { list.join(", ") }
}

/// Counts Ctrl+C. The second one ends the process at once: whoever presses twice does not want to wait for a checkpoint.
pub fn count_interrupts() -> Result<Arc<AtomicU32>> {
    let count = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&count);
    ctrlc::set_handler(move || {
        if counter.fetch_add(1, Ordering::Relaxed) > 0 {
            std::process::exit(130);
        }
    })
    .context("Ctrl+C cannot be caught on this system")?;
    Ok(count)
}

/// The last line of every JSON stream that ended badly.
pub fn error_event(out: &Output, message: &str) -> io::Result<()> {
    out.event(&json!({ "event": "error", "message": message }))
}
