//! A worker's thread: named, joined, and started anew when it panics. Knows no worker's work.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;

/// What a worker does; `run` returns when its work is over for good.
pub trait Work: Send + 'static {
    /// Begins with fresh state each time: after a panic nothing of the old one is trusted.
    fn run(&mut self);
    /// Tells of a panic, before `run` begins anew.
    fn died(&mut self, message: String);
}

/// Starts the thread `name`. None when the system gives no thread.
pub fn spawn(name: &str, mut work: impl Work) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        while let Err(payload) = catch_unwind(AssertUnwindSafe(|| work.run())) {
            let message = panic_text(payload.as_ref());
            // A second panic, while telling of the first, ends the thread.
            if catch_unwind(AssertUnwindSafe(|| work.died(message))).is_err() {
                break;
            }
        }
    })
}

fn panic_text(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no reason was given".to_owned())
}
