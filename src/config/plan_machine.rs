//! How a run is shared out over this machine: replicas, threads, sequences of a pass. Checks nothing but memory.

use super::plan::Errors;
use super::{RunConfig, machine};
use crate::model::ModelConfig;

/// Tokens of a pass: with 256 of them a 1 M model trains a third faster than with 64; more gain little and take memory.
const ROWS_PER_PASS: usize = 256;

impl RunConfig {
    pub(super) fn wanted_replicas(&self) -> (usize, usize) {
        let cores = if self.threads == 0 { machine::cores() } else { self.threads };
        (cores.min(self.batch_size).max(1), cores)
    }

    /// As many as make a pass of the wanted size, but every replica gets its share of the batch.
    pub(super) fn sequences_per_pass(&self, replicas: usize) -> usize {
        let share = self.batch_size.div_ceil(replicas.max(1));
        (ROWS_PER_PASS / self.dims.context.max(1)).clamp(1, share.max(1))
    }

    pub(super) fn rows_per_pass(&self, replicas: usize) -> usize {
        self.sequences_per_pass(replicas) * self.dims.context
    }

    /// One replica a core, fewer when the batch or the memory is short; cores left over share a replica's products.
    pub(super) fn share_cores(&self, model: &ModelConfig, errors: &mut Errors) -> (usize, usize) {
        let (mut replicas, cores) = self.wanted_replicas();
        let needs = |n: usize| model.training_memory_bytes(self.rows_per_pass(n), n);
        if let Some(available) = machine::available_memory() {
            while replicas > 1 && needs(replicas) > available {
                replicas -= 1;
            }
            errors.when(needs(replicas) > available, "d_model", || {
                format!(
                    "This run needs about {:.1} GB of memory and {:.1} GB are free; choose a smaller model or a shorter context.",
                    needs(replicas) as f64 / 1e9,
                    available as f64 / 1e9
                )
            });
        }
        (replicas, (cores / replicas).max(1))
    }
}
