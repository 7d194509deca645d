//! Lists that a run keeps beside itself, one JSON value a line: what is edited later changes no run. Knows nothing of what the values mean.

use std::fs;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Writes them into an existing folder and syncs; `what` they are stands in the error, which is a sentence.
pub fn save<T: Serialize>(rows: &[T], what: &str, path: &Path) -> Result<(), String> {
    let wrong = |error: &dyn std::fmt::Display| format!("The {what} of the run could not be kept ({error}): {}", path.display());
    let mut file = BufWriter::new(fs::File::create(path).map_err(|e| wrong(&e))?);
    for row in rows {
        serde_json::to_writer(&mut file, row).map_err(|e| wrong(&e))?;
        file.write_all(b"\n").map_err(|e| wrong(&e))?;
    }
    let file = file.into_inner().map_err(|e| wrong(&e))?;
    file.sync_all().map_err(|e| wrong(&e))
}

/// Reads what `save` wrote; the error is a sentence.
pub fn load<T: DeserializeOwned>(what: &str, path: &Path) -> Result<Vec<T>, String> {
    let wrong = |error: &dyn std::fmt::Display| {
        format!(
            "The {what} that this run began with cannot be read ({error}); start a new run from its checkpoint: {}",
            path.display()
        )
    };
    let file = BufReader::new(fs::File::open(path).map_err(|e| wrong(&e))?);
    let mut rows = Vec::new();
    for line in file.lines() {
        rows.push(serde_json::from_str(&line.map_err(|e| wrong(&e))?).map_err(|e| wrong(&e))?);
    }
    Ok(rows)
}

/// Adds one value at the end of a list and syncs; makes the list if there is none.
pub fn append<T: Serialize>(row: &T, what: &str, path: &Path) -> Result<(), String> {
    let wrong = |error: &dyn std::fmt::Display| format!("The {what} could not be kept ({error}): {}", path.display());
    let mut line = serde_json::to_vec(row).map_err(|e| wrong(&e))?;
    line.push(b'\n');
    let mut file = fs::OpenOptions::new().create(true).append(true).open(path).map_err(|e| wrong(&e))?;
    file.write_all(&line).and_then(|()| file.sync_all()).map_err(|e| wrong(&e))
}

/// Reads a list that only grows; what a power cut left half-written at its end is cut off. Nothing where there is no list.
pub fn load_log<T: DeserializeOwned>(what: &str, path: &Path) -> Result<Vec<T>, String> {
    let wrong = |error: &dyn std::fmt::Display| format!("The {what} of the run cannot be read ({error}): {}", path.display());
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(wrong(&error)),
    };
    let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    if whole < text.len() {
        let file = fs::OpenOptions::new().write(true).open(path).map_err(|e| wrong(&e))?;
        file.set_len(whole as u64).and_then(|()| file.sync_all()).map_err(|e| wrong(&e))?;
    }
    let lines = text.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_slice(line).map_err(|e| wrong(&e))).collect()
}
