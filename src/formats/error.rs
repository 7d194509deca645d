//! Why a folder could not be read or written; each message says what is wrong first and names the file last.

use std::path::{Path, PathBuf};

use crate::model::ModelConfigError;

/// What is wrong with a model folder, or with writing one.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    #[error("there is no {what} here; choose a folder that holds one: {}", path.display())]
    Missing { what: &'static str, path: PathBuf },
    #[error("could not {what}: {source}: {}", path.display())]
    Io { what: &'static str, path: PathBuf, source: std::io::Error },
    #[error("this is not the JSON that was expected ({source}); the file is damaged or of another kind: {}", path.display())]
    Json { path: PathBuf, source: serde_json::Error },
    #[error("the configuration has no '{field}', or it is not {expected}; add it: {}", path.display())]
    Field { field: &'static str, expected: &'static str, path: PathBuf },
    #[error("{what} is '{value}', which is not read here; models with {known} are: {}", path.display())]
    Unsupported { what: &'static str, value: String, known: &'static str, path: PathBuf },
    #[error("the configuration cannot be a model: {source}: {}", path.display())]
    Impossible { source: ModelConfigError, path: PathBuf },
    #[error("the weights are damaged or cut short ({reason}); copy the file anew: {}", path.display())]
    Damaged { reason: String, path: PathBuf },
    #[error("the tensor '{name}' is missing; the weights belong to another model or are not complete: {}", path.display())]
    MissingTensor { name: String, path: PathBuf },
    #[error("the tensor '{name}' has the shape {found:?} where the configuration asks for {expected:?}; weights and config.json do not belong together: {}", path.display())]
    Shape { name: String, found: Vec<usize>, expected: Vec<usize>, path: PathBuf },
    #[error("the tensor '{name}' holds {dtype} numbers; only F32, F16, BF16 and F64 are read: {}", path.display())]
    Dtype { name: String, dtype: String, path: PathBuf },
    #[error("the tensor '{name}' is unknown to this architecture; the weights belong to another model: {}", path.display())]
    UnknownTensor { name: String, path: PathBuf },
    #[error("the weights are given as a pickle, which can run programs; save them as safetensors: {}", path.display())]
    Pickle { path: PathBuf },
    #[error("{what}: {}", path.display())]
    State { what: String, path: PathBuf },
}

impl FormatError {
    /// For `map_err` on file operations.
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { what, path, source }
    }
}
