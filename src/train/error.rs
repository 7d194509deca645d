//! Why training could not go on; each message says what to do.

use crate::formats::FormatError;
use crate::model::ModelConfigError;

#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    #[error("the model cannot be built: {0}")]
    Model(#[from] ModelConfigError),
    #[error(
        "a training thread failed ({message}); the weights are those of the last finished step: resume from the last checkpoint"
    )]
    Replica { message: String },
    #[error("the system gives no further thread ({source}); lower the number of threads")]
    Thread { source: std::io::Error },
    #[error("{0}")]
    Checkpoint(#[from] FormatError),
    #[error("the checkpoint holds another model ({found} parameters) than the run ({expected}); choose a checkpoint of this run")]
    OtherModel { found: usize, expected: usize },
    #[error("{0}")]
    Corpus(#[from] crate::data::CorpusError),
    #[error("the run has no validation text; build the corpus with a share for validation")]
    NoValidation,
    #[error("a prompt cannot be answered: {why}")]
    Prompt { why: String },
    #[error("the answers could not be judged: {why}")]
    Judge { why: String },
    #[error("{why}")]
    Round { why: String },
    /// Nothing is lost: the run pauses, and can be taken up where it is or taken back.
    #[error("{why}")]
    Alarm { why: String },
    #[error("the device failed: {message}; train on the CPU instead")]
    Device { message: String },
}
