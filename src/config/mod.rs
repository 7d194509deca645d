//! What a run is: `RunConfig` is what was typed, `RunPlan` is what was checked and derived, the only thing a trainer accepts.

mod adapt;
pub mod advisor;
mod align;
mod in_context;
pub mod machine;
mod plan;
mod plan_machine;
mod plan_rows;
mod presets;
mod run;
mod shots;
mod tune;

pub use adapt::{Adapt, Projection};
pub use align::{Algorithm, Align, Judge, Ppo, Rl};
pub use in_context::InContext;
pub use plan::{CorpusFacts, Estimate, RunPlan};
pub use plan_rows::RowFacts;
pub use presets::{Preset, first_align, first_run, first_tune, presets, rate_of, scaled_lr, tuning_lr};
pub use run::{ConfigError, Dims, Objective, RunConfig, Schedule};
pub use shots::ShotsOf;
pub use tune::{BestBy, Tune, TuneTask};
