//! From logits to text: sampling, streaming generation, filled masks, and looks into a model. Knows no trainer and no file.

pub mod fill_mask;
pub mod generate;
pub mod inspect;
pub mod rollout;
pub mod sampling;

pub use fill_mask::{FillMaskError, fill_mask};
pub use generate::{Delta, GenerateError, Generation};
pub use rollout::{Rollout, RolloutConfig, Rollouts};
pub use sampling::{filter, probabilities, sample};
