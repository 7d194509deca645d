//! The importer thread: files, tokenizers, corpora. While a long job goes on it answers what is quick and hears a cancel. Knows no model and no weights.

mod browse;
mod examples;
mod examples_out;
mod export;
mod feedback;
mod feedback_out;
mod intake;
mod jobs;
mod sample;
mod surveys;
mod training_heads;
mod training_view;

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, TryRecvError};

use super::Message;
use super::command::{Command, DatasetId, ImportCommand, JobId, TokenizerId, TokenizerKind, Worker};
use super::event::{Event, Progress};
use super::librarian::{Desk, DeskError};
use super::outbox::Outbox;
use super::worker::Work;
use crate::data::{CorpusError, ImportError, Tick};
use crate::formats::FormatError;
use crate::store::{ProjectPaths, StoreError};
use crate::tokenizer::{Tokenizer, TokenizerError, VocabPreview};
use browse::Browser;

/// How often a full channel to the window is tried again while nothing else happens.
const RETRY: Duration = Duration::from_millis(20);
/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_millis(50);

/// What the thread keeps across a panic.
pub struct Importer {
    desk: Desk,
    inbox: Receiver<Message>,
    outbox: Outbox,
    /// The job under way, to be told of when all else is lost.
    job: Option<JobId>,
}

impl Importer {
    pub fn new(desk: Desk, inbox: Receiver<Message>, outbox: Outbox) -> Self {
        Self { desk, inbox, outbox, job: None }
    }
}

impl Work for Importer {
    fn run(&mut self) {
        let Some((paths, read_only)) = self.desk.project() else { return };
        let session = Session {
            desk: self.desk.clone(),
            paths,
            read_only,
            inbox: &self.inbox,
            outbox: &mut self.outbox,
            job: &mut self.job,
            backlog: VecDeque::new(),
            browser: Browser::default(),
            tokenizer: None,
            preview: None,
            cancel: false,
            closed: false,
            told_at: None,
        };
        session.serve();
    }

    fn died(&mut self, message: String) {
        if let Some(job) = self.job.take() {
            let message = "This broke off by a fault of the program; nothing was kept of it, try again".to_owned();
            self.outbox.send(Event::JobFailed { job, message });
        }
        self.outbox.send(Event::WorkerDied { worker: Worker::Importer, message, last_checkpoint: None });
    }
}

/// Why a job came to no good end.
enum Failure {
    Cancelled,
    Because(String),
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Cancelled => Self::Cancelled,
            other => Self::Because(other.to_string()),
        }
    }
}

impl From<TokenizerError> for Failure {
    fn from(error: TokenizerError) -> Self {
        match error {
            TokenizerError::Cancelled => Self::Cancelled,
            other => Self::Because(other.to_string()),
        }
    }
}

impl From<CorpusError> for Failure {
    fn from(error: CorpusError) -> Self {
        if error.is_cancelled() { Self::Cancelled } else { Self::Because(error.to_string()) }
    }
}

impl From<FormatError> for Failure {
    fn from(error: FormatError) -> Self {
        Self::Because(error.to_string())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Because(error.to_string())
    }
}

impl From<DeskError> for Failure {
    fn from(error: DeskError) -> Self {
        Self::Because(error.to_string())
    }
}

/// One stretch of service, from the project's opening to the end or a panic.
struct Session<'a> {
    desk: Desk,
    paths: ProjectPaths,
    read_only: bool,
    inbox: &'a Receiver<Message>,
    outbox: &'a mut Outbox,
    job: &'a mut Option<JobId>,
    /// Jobs that wait for their turn.
    backlog: VecDeque<Command>,
    browser: Browser,
    /// The one used last.
    tokenizer: Option<(TokenizerId, Tokenizer)>,
    preview: Option<((DatasetId, TokenizerKind), VocabPreview)>,
    /// The job under way is to stop.
    cancel: bool,
    /// Nobody will send any more.
    closed: bool,
    /// When progress was last told.
    told_at: Option<Instant>,
}

impl Session<'_> {
    fn serve(mut self) {
        while !self.closed {
            if let Some(command) = self.backlog.pop_front() {
                self.work(command);
            } else if self.browser.is_searching() {
                // A search goes on only while nothing else is asked for.
                self.hear();
                self.browser.search_on(self.outbox);
            } else {
                self.wait();
            }
        }
    }

    fn wait(&mut self) {
        let message = if self.outbox.flush() {
            self.inbox.recv().map_err(|_closed| RecvTimeoutError::Disconnected)
        } else {
            self.inbox.recv_timeout(RETRY)
        };
        match message {
            Ok(message) => self.receive(message),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => self.closed = true,
        }
    }

    /// Takes all that was sent meanwhile.
    fn hear(&mut self) {
        loop {
            match self.inbox.try_recv() {
                Ok(message) => self.receive(message),
                Err(TryRecvError::Empty) => return,
                Err(TryRecvError::Disconnected) => {
                    self.closed = true;
                    return;
                }
            }
        }
    }

    /// Answers what is quick at once, keeps the rest in order.
    fn receive(&mut self, message: Message) {
        let command = message.command();
        match command {
            Command::Import(ImportCommand::CancelJob { job }) if *self.job == Some(job) => self.cancel = true,
            Command::Import(ImportCommand::CancelJob { job }) => self.drop_waiting(|waiting| job_of(waiting) == Some(job)),
            Command::Import(ImportCommand::LoadRows { dataset, query, offset, limit }) => {
                let answer = self.load_rows(dataset, &query, offset, limit);
                self.refuse_if(answer);
            }
            Command::Import(ImportCommand::CutText { job, tokenizer, text }) => {
                let answer = self.cut_text(job, tokenizer, &text);
                self.end(job, answer);
            }
            Command::Import(ImportCommand::InspectFile { job, path }) => {
                let answer = self.inspect(job, &path);
                self.end(job, answer);
            }
            Command::Import(ImportCommand::PreviewVocab { .. }) => {
                // Only the slider's last place is of interest.
                self.drop_waiting(|waiting| matches!(waiting, Command::Import(ImportCommand::PreviewVocab { .. })));
                self.backlog.push_back(command);
            }
            other => self.backlog.push_back(other),
        }
    }

    fn drop_waiting(&mut self, doomed: impl Fn(&Command) -> bool) {
        let (gone, kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.backlog).into_iter().partition(doomed);
        self.backlog = kept.into();
        for job in gone.iter().filter_map(job_of) {
            self.outbox.send(Event::Cancelled { job });
        }
    }

    fn work(&mut self, command: Command) {
        let Some(job) = job_of(&command) else {
            debug_assert!(false, "only jobs wait");
            return;
        };
        *self.job = Some(job);
        self.cancel = false;
        self.told_at = None;
        let result = self.run_job(command);
        *self.job = None;
        self.end(job, result);
    }

    fn end(&mut self, job: JobId, result: Result<(), Failure>) {
        match result {
            Ok(()) => {}
            Err(Failure::Cancelled) => self.outbox.send(Event::Cancelled { job }),
            Err(Failure::Because(message)) => self.outbox.send(Event::JobFailed { job, message }),
        }
    }

    fn refuse_if(&mut self, answer: Result<(), ImportError>) {
        if let Err(error) = answer {
            self.outbox.send(Event::Refused { worker: Worker::Importer, message: error.to_string() });
        }
    }

    /// Called by a job every few megabytes: tells how far it is, serves what is quick, and says whether it is to stop.
    fn tick(&mut self, job: JobId, began: Instant, tick: Tick) -> ControlFlow<()> {
        if self.told_at.is_none_or(|at| at.elapsed() >= TELL_EVERY) || tick.done == tick.total {
            self.told_at = Some(Instant::now());
            self.outbox.send(Event::Progress(Progress {
                job,
                what: tick.what.to_owned(),
                done: tick.done,
                total: tick.total,
                unit: tick.unit,
                elapsed_s: began.elapsed().as_secs_f64(),
            }));
        }
        self.hear();
        self.browser.search_on(self.outbox);
        if self.cancel || self.closed { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// The job that a command begins.
fn job_of(command: &Command) -> Option<JobId> {
    match command {
        Command::Import(import) => import.job(),
        Command::Survey(ask) => Some(ask.job()),
        Command::Library(_)
        | Command::Label(_)
        | Command::Feedback(_)
        | Command::Keep(_)
        | Command::Train(_)
        | Command::Align(_)
        | Command::Look(_)
        | Command::Lab(_)
        | Command::Talk(_) => None,
    }
}
