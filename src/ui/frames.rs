//! How long the window takes to draw: a ring of the last frames and its percentiles. Knows no page.

use std::collections::VecDeque;

/// Times of the last frames.
#[derive(Clone, Debug, Default)]
pub struct FrameTimes {
    last: VecDeque<f32>,
    count: u64,
}

impl FrameTimes {
    const KEPT: usize = 1_000;

    /// Seconds that the processor spent on a frame.
    pub fn push(&mut self, seconds: f32) {
        self.count += 1;
        self.last.push_back(seconds);
        if self.last.len() > Self::KEPT {
            self.last.pop_front();
        }
    }

    /// Frames since the start.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Milliseconds that this share of the last frames did not exceed.
    pub fn percentile_ms(&self, share: f64) -> f32 {
        let mut sorted = self.last.iter().copied().collect::<Vec<_>>();
        sorted.sort_by(f32::total_cmp);
        let at = ((sorted.len() as f64 * share).ceil() as usize).saturating_sub(1);
        sorted.get(at).map_or(0.0, |s| s * 1e3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_a_hundred_frames() {
        let mut frames = FrameTimes::default();
        (1..=100).for_each(|ms| frames.push(ms as f32 / 1e3));
        assert!((frames.percentile_ms(0.5) - 50.0).abs() < 1e-3);
        assert!((frames.percentile_ms(0.99) - 99.0).abs() < 1e-3);
        assert!(FrameTimes::default().percentile_ms(0.99).abs() < 1e-9);
    }
}
