//! The way from a worker to the window: never blocks, never loses, and joins what can be joined while nobody listens. Knows no worker.
//!
//! Each worker has its own outbox: a bounded channel for the moment, and behind it a queue that merges. A window that is minimised
//! for an hour then finds one `Steps` with all points, one `Progress`, one `Library`, not a hundred thousand events.

use std::collections::VecDeque;
use std::sync::Arc;

use crossbeam_channel::{Sender, TrySendError};

use super::event::{AlignEvent, Event};

/// Called after events were put into the channel; wakes whoever drains it.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// One worker's end of the bridge.
pub struct Outbox {
    channel: Sender<Event>,
    waiting: VecDeque<Event>,
    wake: Wake,
}

impl Outbox {
    pub fn new(channel: Sender<Event>, wake: Wake) -> Self {
        Self { channel, waiting: VecDeque::new(), wake }
    }

    /// Hands an event over, at once or as soon as there is room.
    pub fn send(&mut self, event: Event) {
        merge(&mut self.waiting, event);
        self.flush();
    }

    /// Events that wait behind the channel.
    #[cfg(test)]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Moves what waits into the channel, as far as there is room. True when nothing waits any more.
    pub fn flush(&mut self) -> bool {
        let mut moved = false;
        while let Some(event) = self.waiting.pop_front() {
            match self.channel.try_send(event) {
                Ok(()) => moved = true,
                Err(TrySendError::Full(event)) => {
                    self.waiting.push_front(event);
                    break;
                }
                // Nobody will ever listen again.
                Err(TrySendError::Disconnected(_)) => self.waiting.clear(),
            }
        }
        if moved {
            (self.wake)();
        }
        self.waiting.is_empty()
    }
}

/// Appends an event to a queue, or joins it with one that is there. What a listener learns stays the same, in the same order
/// wherever the order matters.
pub fn merge(queue: &mut VecDeque<Event>, event: Event) {
    let event = match event {
        Event::Steps { run, points } => {
            if let Some(Event::Steps { points: earlier, .. }) = partner(queue, |e| step_partner(e, run)) {
                return earlier.extend(points);
            }
            Event::Steps { run, points }
        }
        Event::Align(AlignEvent::Series { run, points }) => {
            let series = |e: &Event| series_partner(e, run);
            if let Some(Event::Align(AlignEvent::Series { points: earlier, .. })) = partner(queue, series) {
                return earlier.extend(points);
            }
            Event::Align(AlignEvent::Series { run, points })
        }
        Event::Token { job, text } => {
            if let Some(Event::Token { text: earlier, .. }) = partner(queue, |e| token_partner(e, job)) {
                return earlier.push_str(&text);
            }
            Event::Token { job, text }
        }
        Event::Progress(progress) => {
            if let Some(Event::Progress(earlier)) = partner(queue, |e| progress_partner(e, progress.job)) {
                *earlier = progress;
                return;
            }
            Event::Progress(progress)
        }
        Event::Library(library) => {
            // The list is whole each time: only the newest matters, and it must not come before what it is the answer to.
            queue.retain(|e| !matches!(e, Event::Library(_)));
            Event::Library(library)
        }
        other => other,
    };
    queue.push_back(event);
}

/// How an event that waits stands to one that comes.
enum Relation {
    /// They become one.
    Joins,
    /// The new one may overtake it.
    Passes,
    /// The order matters.
    Bars,
}

/// The latest event that joins, if nothing behind it bars the way.
fn partner(queue: &mut VecDeque<Event>, relation: impl Fn(&Event) -> Relation) -> Option<&mut Event> {
    for index in (0..queue.len()).rev() {
        match queue.get(index).map_or(Relation::Bars, &relation) {
            Relation::Joins => return queue.get_mut(index),
            Relation::Passes => {}
            Relation::Bars => return None,
        }
    }
    None
}

/// Steps may overtake what says nothing of the curve; a mark (a rewind above all), a start, a state or an end is a border.
fn step_partner(event: &Event, new: i64) -> Relation {
    if matches!(event, Event::Steps { run, .. } if *run == new) {
        return Relation::Joins;
    }
    passes(beside_steps(event))
}

/// As steps do.
fn series_partner(event: &Event, new: i64) -> Relation {
    if matches!(event, Event::Align(AlignEvent::Series { run, .. }) if *run == new) {
        return Relation::Joins;
    }
    passes(beside_steps(event))
}

fn beside_steps(event: &Event) -> bool {
    let said =
        matches!(event, Event::Eval { .. } | Event::TaskEval { .. } | Event::Sampled { .. } | Event::CheckpointSaved { .. });
    is_stream(event) || said
}

fn token_partner(event: &Event, new: u64) -> Relation {
    if matches!(event, Event::Token { job, .. } if *job == new) {
        return Relation::Joins;
    }
    passes(is_stream(event) || matches!(event, Event::Eval { .. } | Event::TaskEval { .. } | Event::Sampled { .. }))
}

fn progress_partner(event: &Event, new: u64) -> Relation {
    if matches!(event, Event::Progress(progress) if progress.job == new) {
        return Relation::Joins;
    }
    passes(is_stream(event))
}

fn passes(passes: bool) -> Relation {
    if passes { Relation::Passes } else { Relation::Bars }
}

/// What comes often, each for itself.
fn is_stream(event: &Event) -> bool {
    let series = matches!(event, Event::Align(AlignEvent::Series { .. }));
    series || matches!(event, Event::Steps { .. } | Event::Token { .. } | Event::Progress(_) | Event::Library(_))
}
