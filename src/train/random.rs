//! Random streams that are addressed, not advanced: a number follows from the seed and its place, so a resumed run draws the same.

use crate::data::hash::mix;

/// What a stream is for; each has its own numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Dropout = 1,
    Masks = 2,
    ValidationMasks = 3,
    Rollouts = 4,
    Probe = 5,
}

/// A key for one place of a stream.
pub fn key(seed: u64, stream: Stream, place: u64) -> u64 {
    mix(mix(seed, stream as u64), place)
}
