//! The transformer: its configuration, its weights, forward and backward by hand, and a plain candle twin. Knows no file and no trainer.

mod adapt;
mod block;
mod cache;
mod class_head;
mod config;
mod decoder;
mod encoder;
mod head;
mod head_layout;
mod inspect;
mod layout;
mod pass;
pub mod twin;
mod weights;
mod workspace;

pub use crate::kernels::Dropout;
pub use cache::{KvCache, decode_step, prefill};
pub use config::{Arch, Head, ModelConfig, ModelConfigError, RopeScaling};
pub use head_layout::is_value;
pub use inspect::Trace;
pub use layout::{Layout, ParamInfo};
pub use pass::{
    Scores, Sequence, Target, backward, backward_group, forward, forward_group, logits_at, mask_logits, mean_hidden, score,
    score_group,
};
pub use weights::Model;
pub use workspace::Workspace;
