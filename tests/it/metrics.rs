//! Metrics against the implementations they claim to agree with, and what must hold whatever the rows are.

mod comparison;
mod properties;
mod scorers;
mod text_scorers;

use serde::de::DeserializeOwned;

/// A golden file of `tests/goldens/metrics`, as the type that reads it.
fn golden<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap()
}

/// Fails unless the two agree to nine digits or so.
fn near(what: &str, got: f64, want: f64) {
    assert!((got - want).abs() <= 1e-9 * want.abs().max(1.0), "{what}: {got} where {want} was expected");
}

fn names(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("class {i}")).collect()
}
