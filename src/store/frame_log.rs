//! A line at the end of a text file, for checks that watch the window from outside. Knows no project.

use std::io::Write as _;
use std::path::Path;

use super::error::StoreError;

/// Adds a line, its end included; makes the file if it is not there.
pub fn append(path: &Path, line: &str) -> Result<(), StoreError> {
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(line.as_bytes())).map_err(|source| StoreError::io("write", path, source))
}
