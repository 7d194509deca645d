//! What can go wrong with a tokenizer, in sentences that say how to mend it.

use std::io;
use std::path::PathBuf;

/// Why a tokenizer could not be loaded, trained or saved.
#[derive(Debug, thiserror::Error)]
pub enum TokenizerError {
    #[error("this is not a tokenizer that can be used ({reason}); choose a tokenizer.json as the Hugging Face library writes it: {}", path.display())]
    Damaged { reason: String, path: PathBuf },
    #[error("a vocabulary of {asked} is too small here; ask for at least {least}")]
    TooSmall { asked: usize, least: usize },
    #[error("a vocabulary of {asked} is too large; ask for at most {most}")]
    TooLarge { asked: usize, most: usize },
    #[error("there is no text to learn from; import documents first")]
    NoText,
    #[error("the tokenizer could not be learnt from this text ({reason}); try another kind or a smaller vocabulary")]
    Training { reason: String },
    #[error("{}: {}", crate::data::error::explain_io(source), path.display())]
    Io { source: io::Error, path: PathBuf },
    #[error("cancelled")]
    Cancelled,
}
