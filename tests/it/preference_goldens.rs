//! Losses on preferences, rewards and rollouts against numbers that automatic differentiation made of the papers' formulas.
//!
//! `LYCEUM_LOSS_GOLDENS` may name another folder with a losses.json and an rl.json of the same form. With `--nocapture` the tests print
//! the largest deviation of each case.

mod pairs;
mod rollouts;

use std::path::{Path, PathBuf};

use serde_json::Value;

fn golden(name: &str) -> Value {
    let folder = std::env::var_os("LYCEUM_LOSS_GOLDENS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/preferences"), PathBuf::from);
    serde_json::from_str(&std::fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

fn list(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn rows(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(list).collect()
}

/// A constant; 0 where the case has none.
fn number(value: &Value, name: &str) -> f64 {
    value[name].as_f64().unwrap_or(0.0)
}

/// The largest deviation of a case, relative to numbers above 1 and absolute below.
#[derive(Default)]
struct Deviation(f64);

impl Deviation {
    fn of(&mut self, got: f64, want: f64) {
        let off = (got - want).abs() / want.abs().max(1.0);
        // Also of what is no number.
        self.0 = if off.is_nan() { f64::INFINITY } else { self.0.max(off) };
    }

    fn of_lists(&mut self, got: &[f64], want: &[f64]) {
        assert_eq!(got.len(), want.len());
        got.iter().zip(want).for_each(|(got, want)| self.of(*got, *want));
    }

    #[expect(clippy::print_stdout, reason = "the table that a person asks for with --nocapture")]
    fn check(&self, case: &str, most: f64) {
        println!("{case}: {:.1e}", self.0);
        assert!(self.0 <= most, "{case}: off by {:e}, more than {most:e}", self.0);
    }
}
