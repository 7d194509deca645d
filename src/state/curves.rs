//! Measured curves of the runs, kept so that a million points draw like a thousand. Knows no plot.

use std::collections::BTreeMap;

use crate::engine::command::RunId;
use crate::engine::event::{EvalPoint, Mark, MetricPoint, Sample};

/// Values over a shared axis, with the least and the greatest of each 8, 64, 512 … kept beside them.
#[derive(Clone, Debug, Default)]
pub struct Series {
    values: Vec<f32>,
    /// `levels[k][i]`: positions of the least and the greatest of the `8^(k+1)` values from `i * 8^(k+1)`.
    levels: Vec<Vec<(u32, u32)>>,
}

const FAN: usize = 8;

impl Series {
    pub fn push(&mut self, value: f32) {
        self.values.push(value);
        let mut width = FAN;
        let mut k = 0;
        while self.values.len().is_multiple_of(width) {
            let start = self.values.len() - width;
            let extremes = if k == 0 { self.extremes_of_values(start, start + width) } else { self.extremes_of_level(k - 1) };
            if self.levels.len() == k {
                self.levels.push(Vec::new());
            }
            if let Some(level) = self.levels.get_mut(k) {
                level.push(extremes);
            }
            width *= FAN;
            k += 1;
        }
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }

    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    pub fn values(&self) -> &[f32] {
        &self.values
    }

    pub fn truncate(&mut self, len: usize) {
        self.values.truncate(len);
        let mut width = FAN;
        for level in &mut self.levels {
            level.truncate(len / width);
            width *= FAN;
        }
    }

    fn extremes_of_values(&self, start: usize, end: usize) -> (u32, u32) {
        let (mut low, mut high) = (start, start);
        let (mut least, mut greatest) = (f32::INFINITY, f32::NEG_INFINITY);
        for (i, &value) in self.values.iter().enumerate().take(end).skip(start) {
            if value < least {
                (least, low) = (value, i);
            }
            if value > greatest {
                (greatest, high) = (value, i);
            }
        }
        (low as u32, high as u32)
    }

    /// Of the last `FAN` entries of a level.
    fn extremes_of_level(&self, k: usize) -> (u32, u32) {
        let Some(level) = self.levels.get(k) else {
            return (0, 0);
        };
        let last = level.get(level.len().saturating_sub(FAN)..).unwrap_or_default();
        let by_value = |i: &u32| self.values.get(*i as usize).copied().unwrap_or(f32::NAN);
        let low = last.iter().map(|entry| entry.0).min_by(|a, b| by_value(a).total_cmp(&by_value(b))).unwrap_or(0);
        let high = last.iter().map(|entry| entry.1).max_by(|a, b| by_value(a).total_cmp(&by_value(b))).unwrap_or(0);
        (low, high)
    }

    /// Points `[step, value]` between two steps, one beyond on either side: all of them, or the extremes of about `most` stretches.
    pub fn view(&self, steps: &[u64], from: f64, to: f64, most: usize) -> Vec<[f64; 2]> {
        let end = (steps.partition_point(|&s| (s as f64) <= to) + 1).min(self.values.len()).min(steps.len());
        let start = steps.partition_point(|&s| (s as f64) < from).saturating_sub(1).min(end);
        let mut coarsest = 0;
        let mut width = 1;
        while (end - start) / width > most.max(1) && coarsest < self.levels.len() {
            coarsest += 1;
            width *= FAN;
        }
        let mut out = Vec::new();
        let mut add = |i: usize| {
            if let (Some(&step), Some(&value)) = (steps.get(i), self.values.get(i))
                && value.is_finite()
            {
                out.push([step as f64, f64::from(value)]);
            }
        };
        let mut at = start;
        while at < end {
            // The widest stretch that begins here and ends inside: wide ones in the middle, narrow ones at the edges.
            let mut k = coarsest;
            while k > 0 && (!at.is_multiple_of(FAN.pow(k as u32)) || at + FAN.pow(k as u32) > end) {
                k -= 1;
            }
            let width = FAN.pow(k as u32);
            match k.checked_sub(1).and_then(|k| self.levels.get(k)?.get(at / width)) {
                Some(&(low, high)) => {
                    add(low.min(high) as usize);
                    if low != high {
                        add(low.max(high) as usize);
                    }
                }
                None => add(at),
            }
            at += width;
        }
        // The newest value, even when it is no extreme.
        if coarsest > 0 && end > start && out.last().is_none_or(|last| steps.get(end - 1).is_some_and(|&s| s as f64 > last[0])) {
            out.extend(
                steps
                    .get(end - 1)
                    .zip(self.values.get(end - 1))
                    .filter(|(_, v)| v.is_finite())
                    .map(|(&s, &v)| [s as f64, f64::from(v)]),
            );
        }
        out
    }
}

/// Everything measured of one run.
#[derive(Clone, Debug, Default)]
pub struct RunCurves {
    steps: Vec<u64>,
    points: Vec<MetricPoint>,
    pub loss: Series,
    /// The loss, averaged over its past with exponentially falling weight.
    pub smooth: Series,
    pub lr: Series,
    pub grad_norm: Series,
    pub tokens_per_s: Series,
    pub evals: Vec<EvalPoint>,
    pub marks: Vec<Mark>,
    pub samples: Vec<Sample>,
    smooth_sum: f64,
    smooth_weight: f64,
    /// What the database holds was asked for.
    pub asked: bool,
    /// What the database holds was received.
    pub loaded: bool,
    /// Stored samples were asked for.
    pub asked_samples: bool,
}

impl RunCurves {
    pub fn steps(&self) -> &[u64] {
        &self.steps
    }

    pub fn points(&self) -> &[MetricPoint] {
        &self.points
    }

    /// The measured step nearest to a place on the axis.
    pub fn nearest(&self, step: f64) -> Option<&MetricPoint> {
        let at = self.steps.partition_point(|&s| (s as f64) < step);
        let candidates = [at.checked_sub(1), Some(at)];
        let distance = |p: &&MetricPoint| (p.step as f64 - step).abs();
        candidates.into_iter().flatten().filter_map(|i| self.points.get(i)).min_by(|a, b| distance(a).total_cmp(&distance(b)))
    }

    /// The smoothed loss of a measured step.
    pub fn smooth_at(&self, step: u64) -> Option<f32> {
        self.steps.binary_search(&step).ok().and_then(|i| self.smooth.values().get(i)).copied().filter(|x| x.is_finite())
    }

    /// The measured value of one of this run's series nearest to a place on the axis, and its step.
    pub fn value_near(&self, series: &Series, step: f64) -> Option<(u64, f32)> {
        let nearest = self.nearest(step)?.step;
        let i = self.steps.binary_search(&nearest).ok()?;
        series.values().get(i).map(|&value| (nearest, value))
    }

    /// Steps at which samples were drawn, in order, each once.
    pub fn sample_steps(&self) -> Vec<u64> {
        let mut steps = self.samples.iter().map(|sample| sample.step).collect::<Vec<_>>();
        steps.dedup();
        steps
    }

    /// A run that was rewound, or resumed from a checkpoint, does steps again: the new ones take the place of the old.
    fn push(&mut self, point: MetricPoint, smoothing: f64) {
        if self.steps.last().is_some_and(|&last| point.step <= last) {
            self.rewind_before(point.step, smoothing);
        }
        self.steps.push(point.step);
        self.points.push(point);
        self.loss.push(point.loss);
        self.lr.push(point.lr);
        self.grad_norm.push(point.grad_norm);
        self.tokens_per_s.push(point.tokens_per_s);
        self.push_smooth(point.loss, smoothing);
    }

    fn push_smooth(&mut self, loss: f32, smoothing: f64) {
        if loss.is_finite() {
            self.smooth_sum = smoothing * self.smooth_sum + (1.0 - smoothing) * f64::from(loss);
            self.smooth_weight = smoothing * self.smooth_weight + (1.0 - smoothing);
        }
        let mean = if self.smooth_weight > 0.0 { self.smooth_sum / self.smooth_weight } else { f64::NAN };
        self.smooth.push(mean as f32);
    }

    fn rewind_before(&mut self, step: u64, smoothing: f64) {
        let keep = self.steps.partition_point(|&s| s < step);
        self.steps.truncate(keep);
        self.points.truncate(keep);
        for series in [&mut self.loss, &mut self.lr, &mut self.grad_norm, &mut self.tokens_per_s] {
            series.truncate(keep);
        }
        self.evals.retain(|eval| eval.step < step);
        self.resmooth(smoothing);
    }

    fn resmooth(&mut self, smoothing: f64) {
        self.smooth = Series::default();
        (self.smooth_sum, self.smooth_weight) = (0.0, 0.0);
        for i in 0..self.loss.len() {
            if let Some(&loss) = self.loss.values().get(i) {
                self.push_smooth(loss, smoothing);
            }
        }
    }
}

/// The curves of every run that was looked at.
#[derive(Clone, Debug)]
pub struct Curves {
    runs: BTreeMap<RunId, RunCurves>,
    smoothing: f64,
}

impl Default for Curves {
    fn default() -> Self {
        Self { runs: BTreeMap::new(), smoothing: 0.9 }
    }
}

impl Curves {
    pub fn get(&self, run: RunId) -> Option<&RunCurves> {
        self.runs.get(&run)
    }

    /// The curves of a run; empty ones if nothing was measured yet.
    pub fn entry(&mut self, run: RunId) -> &mut RunCurves {
        self.runs.entry(run).or_default()
    }

    /// Weight of the past in the smoothed loss, from 0 (none) to below 1.
    pub fn smoothing(&self) -> f64 {
        self.smoothing
    }

    pub fn set_smoothing(&mut self, smoothing: f64) {
        self.smoothing = smoothing.clamp(0.0, 0.999);
        for curves in self.runs.values_mut() {
            curves.resmooth(self.smoothing);
        }
    }

    pub fn push(&mut self, run: RunId, points: Vec<MetricPoint>) {
        let smoothing = self.smoothing;
        let curves = self.entry(run);
        for point in points {
            curves.push(point, smoothing);
        }
    }

    pub fn push_eval(&mut self, run: RunId, point: EvalPoint) {
        let curves = self.entry(run);
        curves.evals.retain(|eval| eval.step < point.step);
        curves.evals.push(point);
    }

    pub fn push_mark(&mut self, run: RunId, mark: Mark) {
        self.entry(run).marks.push(mark);
    }

    pub fn push_samples(&mut self, run: RunId, samples: Vec<Sample>) {
        let curves = self.entry(run);
        for sample in samples {
            curves.samples.retain(|old| old.step < sample.step || old.step == sample.step && old.prompt != sample.prompt);
            curves.samples.push(sample);
        }
    }

    /// What the database holds; what was measured since stays behind it.
    pub fn load(&mut self, run: RunId, points: Vec<MetricPoint>, evals: Vec<EvalPoint>, marks: Vec<Mark>) {
        let smoothing = self.smoothing;
        let old = std::mem::take(self.entry(run));
        let last = points.last().map_or(0, |point| point.step);
        let last_eval = evals.last().map_or(0, |eval| eval.step);
        let curves = self.entry(run);
        (curves.samples, curves.asked_samples) = (old.samples, old.asked_samples);
        (curves.asked, curves.loaded) = (true, true);
        for point in points.into_iter().chain(old.points.into_iter().filter(|point| point.step > last)) {
            curves.push(point, smoothing);
        }
        curves.evals = evals;
        curves.evals.extend(old.evals.into_iter().filter(|eval| eval.step > last_eval));
        let newer = old.marks.into_iter().filter(|mark| !marks.contains(mark)).collect::<Vec<_>>();
        curves.marks = marks;
        curves.marks.extend(newer);
    }

    pub fn load_samples(&mut self, run: RunId, samples: Vec<Sample>) {
        let curves = self.entry(run);
        let last = samples.last().map_or(0, |sample| sample.step);
        let newer = std::mem::take(&mut curves.samples).into_iter().filter(|sample| sample.step > last).collect::<Vec<_>>();
        curves.samples = samples;
        curves.samples.extend(newer);
    }

    pub fn clear(&mut self) {
        self.runs.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(step: u64, loss: f32) -> MetricPoint {
        MetricPoint { step, loss, lr: 1e-3, grad_norm: 1.0, tokens_per_s: 1e4, elapsed_s: step as f32 }
    }

    #[test]
    fn a_spike_among_a_hundred_thousand_points_is_still_drawn() {
        let mut curves = Curves::default();
        let points = (1..=100_000).map(|step| point(step, if step == 54_321 { 9.0 } else { 2.0 })).collect();
        curves.push(1, points);
        let run = curves.get(1).unwrap();
        let view = run.loss.view(run.steps(), 0.0, 100_000.0, 1_000);
        assert!(view.len() < 4_000, "{} points", view.len());
        assert!(view.contains(&[54_321.0, 9.0]));
        assert!(view.is_sorted_by(|a, b| a[0] <= b[0]), "left to right");
        assert_eq!(view.last().unwrap()[0] as u64, 100_000, "the newest point is there");
    }

    #[test]
    fn few_points_are_drawn_exactly() {
        let mut curves = Curves::default();
        curves.push(1, (1..=100).map(|step| point(step, step as f32)).collect());
        let run = curves.get(1).unwrap();
        assert_eq!(run.loss.view(run.steps(), 0.0, 1e9, 1_000).len(), 100);
        let view = run.loss.view(run.steps(), 50.0, 52.0, 1_000);
        assert!(view.contains(&[50.0, 50.0]) && view.contains(&[52.0, 52.0]) && view.len() <= 5);
    }

    #[test]
    fn steps_done_again_take_the_place_of_the_old() {
        let mut curves = Curves::default();
        curves.push(1, (1..=20).map(|step| point(step, 1.0)).collect());
        curves.push(1, vec![point(11, 5.0)]);
        let run = curves.get(1).unwrap();
        assert_eq!(run.points().len(), 11);
        assert_eq!(run.loss.values().last(), Some(&5.0));
        assert_eq!(run.smooth.len(), 11);
    }

    #[test]
    fn stored_points_come_before_those_measured_since() {
        let mut curves = Curves::default();
        curves.push(1, vec![point(9, 1.0), point(10, 1.0)]);
        curves.load(1, (1..=9).map(|step| point(step, 2.0)).collect(), Vec::new(), Vec::new());
        let run = curves.get(1).unwrap();
        assert_eq!(run.steps(), (1..=10).collect::<Vec<_>>());
        assert!(run.loaded);
    }

    #[test]
    fn the_nearest_point_is_found() {
        let mut curves = Curves::default();
        curves.push(1, vec![point(1, 1.0), point(10, 2.0), point(20, 3.0)]);
        assert_eq!(curves.get(1).unwrap().nearest(14.0).unwrap().step, 10);
        assert_eq!(curves.get(1).unwrap().nearest(99.0).unwrap().step, 20);
    }
}
