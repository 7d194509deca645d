//! What a run is: `RunConfig` is what was typed, `RunPlan` is what was checked and derived, the only thing a trainer accepts.

pub mod advisor;
pub mod machine;
mod plan;
mod presets;
mod run;

pub use plan::{CorpusFacts, Estimate, RunPlan};
pub use presets::{Preset, first_run, presets, scaled_lr};
pub use run::{ConfigError, Dims, Objective, RunConfig, Schedule};
