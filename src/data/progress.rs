//! How a long job says how far it is, and is told to stop. Knows neither jobs nor channels.

use std::ops::ControlFlow;

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Say, "Tokenising".
    pub what: &'static str,
    pub done: u64,
    /// 0: not known.
    pub total: u64,
    /// Say, "bytes".
    pub unit: &'static str,
}

/// Called every few megabytes of work. `Break` cancels the job, which then leaves nothing behind.
pub type Progress<'a> = dyn FnMut(Tick) -> ControlFlow<()> + 'a;

/// A listener for callers who want neither news nor a way to stop.
pub fn quiet(_: Tick) -> ControlFlow<()> {
    ControlFlow::Continue(())
}
