//! The workers behind the window and the command line: three threads that take `Command`s and answer with `Event`s. Names neither egui nor a page.

use crate::engine::command::ImportCommand;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, unbounded};

pub mod align;
mod answers;
pub mod command;
pub mod event;
pub mod feedback;
mod feedback_desk;
mod importer;
pub mod judged;
pub mod lab;
mod label_desk;
pub mod labelling;
mod librarian;
mod library_desk;
pub mod look;
mod outbox;
mod requests;
mod rows;
pub mod survey;
pub mod talk;
mod talk_desk;
mod task;
#[cfg(test)]
mod tests;
mod trainer;
mod worker;

pub use command::Command;
pub use event::Event;
pub use outbox::Wake;

use command::Worker;
use librarian::{Desk, Librarian, ToLibrarian};
use outbox::Outbox;

/// Events of one worker that may wait before it begins to join them.
const EVENTS_AT_HAND: usize = 256;
/// Commands that a busy worker has not looked at; more wait in the sender.
const COMMANDS_AT_HAND: usize = 256;

/// What reaches the trainer or the importer.
enum Message {
    /// Boxed: a configuration is large, and most commands are not.
    Command(Box<Command>),
    #[cfg(test)]
    Panic,
}

impl Message {
    /// What is to be done.
    fn command(self) -> Command {
        match self {
            Self::Command(command) => *command,
            #[cfg(test)]
            Self::Panic => panic!("a panic that a test asked for"),
        }
    }
}

/// The three workers of an opened project. Dropping it ends them in order: a run that is under way saves a checkpoint first.
pub struct Engine {
    trainer: Line,
    importer: Line,
    librarian: Option<Sender<ToLibrarian>>,
    librarian_thread: Option<JoinHandle<()>>,
    events: Receiver<Event>,
    /// Taken from the channel, not yet given out.
    drained: RefCell<VecDeque<Event>>,
}

/// The way to a worker.
struct Line {
    channel: Option<Sender<Message>>,
    thread: Option<JoinHandle<()>>,
    /// What did not fit into the channel; the sender never waits.
    overflow: RefCell<VecDeque<Message>>,
}

impl Engine {
    /// Starts the workers on a project folder, to be created or there already. Answered by `Event::Opened` or `Event::OpenFailed`.
    /// `wake` is called, from any thread, whenever there are new events.
    pub fn start(path: PathBuf, create: bool, wake: Wake) -> Self {
        let (event_tx, events) = bounded(EVENTS_AT_HAND);
        let (librarian_tx, librarian_rx) = unbounded();
        let outbox = move || Outbox::new(event_tx.clone(), wake.clone());
        let desk = Desk::new(librarian_tx.clone());

        let (trainer_tx, trainer_rx) = bounded(COMMANDS_AT_HAND);
        let (importer_tx, importer_rx) = bounded(COMMANDS_AT_HAND);
        let trainer = worker::spawn("trainer", trainer::Trainer::new(desk.clone(), trainer_rx, outbox()));
        let importer = worker::spawn("importer", importer::Importer::new(desk, importer_rx, outbox()));
        let librarian = worker::spawn("librarian", Librarian::new(path, create, librarian_rx, outbox()));
        let mut spawned = VecDeque::new();
        for failure in [&trainer, &importer, &librarian].into_iter().filter_map(|thread| thread.as_ref().err()) {
            let message = format!("The system gives no thread to work with ({failure}); close other programs and try again");
            spawned.push_back(Event::OpenFailed { message });
        }
        Self {
            trainer: Line::new(trainer_tx, trainer.ok()),
            importer: Line::new(importer_tx, importer.ok()),
            librarian: Some(librarian_tx),
            librarian_thread: librarian.ok(),
            events,
            drained: RefCell::new(spawned),
        }
    }

    /// Opens the sample project, making it and filling it if that was not done yet.
    pub fn start_sample(wake: Wake) -> Self {
        let path = crate::store::sample::default_path();
        let create = !crate::store::recent::is_project(&path);
        let engine = Self::start(path, create, wake);
        engine.send(Command::Import(ImportCommand::FillSample { job: 0 }));
        engine
    }

    /// Hands a command to its worker; never waits.
    pub fn send(&self, command: Command) {
        match command.worker() {
            Worker::Trainer => self.trainer.send(Message::Command(Box::new(command))),
            Worker::Importer => self.importer.send(Message::Command(Box::new(command))),
            Worker::Librarian => {
                if let Some(channel) = &self.librarian {
                    // After `OpenFailed` there is no librarian, and that was said.
                    let _ended = channel.send(ToLibrarian::Command(Box::new(command)));
                }
            }
        }
    }

    /// All events since the last call, joined where they can be.
    pub fn poll(&self) -> Vec<Event> {
        self.drain();
        self.drained.borrow_mut().drain(..).collect()
    }

    /// The next event; waits for it no longer than `timeout`.
    pub fn wait(&self, timeout: Duration) -> Option<Event> {
        let end = Instant::now() + timeout;
        loop {
            self.drain();
            if let Some(event) = self.drained.borrow_mut().pop_front() {
                return Some(event);
            }
            let left = end.saturating_duration_since(Instant::now());
            let event = self.events.recv_timeout(left).ok()?;
            outbox::merge(&mut self.drained.borrow_mut(), event);
        }
    }

    fn drain(&self) {
        self.trainer.push();
        self.importer.push();
        let mut drained = self.drained.borrow_mut();
        for event in self.events.try_iter() {
            outbox::merge(&mut drained, event);
        }
    }

    /// Makes a worker panic, to prove that the others live on.
    #[cfg(test)]
    fn inject_panic(&self, worker: Worker) {
        match worker {
            Worker::Trainer => self.trainer.send(Message::Panic),
            Worker::Importer => self.importer.send(Message::Panic),
            Worker::Librarian => {
                let _ended = self.librarian.as_ref().map(|channel| channel.send(ToLibrarian::Panic).is_ok());
            }
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // The trainer first, for its last checkpoint needs the librarian; who has no more senders comes to its end.
        self.trainer.end();
        self.importer.end();
        self.librarian = None;
        join(self.librarian_thread.take());
    }
}

impl Line {
    fn new(channel: Sender<Message>, thread: Option<JoinHandle<()>>) -> Self {
        Self { channel: Some(channel), thread, overflow: RefCell::new(VecDeque::new()) }
    }

    fn send(&self, message: Message) {
        self.overflow.borrow_mut().push_back(message);
        self.push();
    }

    /// Moves what waits into the channel, as far as there is room.
    fn push(&self) {
        let mut overflow = self.overflow.borrow_mut();
        let Some(channel) = &self.channel else { return };
        while let Some(message) = overflow.pop_front() {
            match channel.try_send(message) {
                Ok(()) => {}
                Err(TrySendError::Full(message)) => {
                    overflow.push_front(message);
                    return;
                }
                Err(TrySendError::Disconnected(_)) => overflow.clear(),
            }
        }
    }

    fn end(&mut self) {
        self.push();
        self.channel = None;
        join(self.thread.take());
    }
}

fn join(thread: Option<JoinHandle<()>>) {
    // A thread that panicked has told so already.
    let _outcome = thread.map(JoinHandle::join);
}
