//! Training: one file a trainer, read top to bottom, over shared mathematics: loss, optimiser, schedule, step. Knows no window, channel or database.

mod alarm;
mod backend;
mod causal;
pub mod class_loss;
mod error;
mod evaluation;
mod head_tuning;
mod history;
mod learner;
mod logprobs;
mod loss;
mod masked;
mod optim;
mod pool;
mod preflight;
mod random;
mod rows;
mod run_trainer;
mod schedule;
mod sft;
mod twin;
mod what_fits;

pub use backend::Backend;
pub use class_loss::label_targets;
pub use error::TrainError;
pub use learner::{Learner, StepReport};
pub use logprobs::{AnswerLogprob, answer_logprobs, answer_sequence};
pub use loss::{Group, GroupLoss, LossFn, cross_entropy};
pub use optim::{AdamW, Hyper, clip_scale, sum_into_first};
pub use pool::{GroupResult, ReplicaPool};
pub use preflight::Preflight;
pub use rows::{Rows, TrainRow};
pub use run_trainer::{RunTrainer, TrainData};
pub use schedule::lr_at;
pub use twin::Twin;
pub use what_fits::{WhatFits, WhatFitsError};
