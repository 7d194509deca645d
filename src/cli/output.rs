//! Where the command line's words go: text and progress bars for people, one JSON object a line for programs. Knows no engine.

use std::io::{self, IsTerminal as _, Write as _};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;

use crate::engine::event::Progress;

/// Writes to stdout; warnings and progress bars go to stderr, so that stdout can be piped.
pub struct Output {
    json: bool,
    /// Somebody is watching: bars may move.
    terminal: bool,
    bar: Option<ProgressBar>,
    /// What the bar counts; another thing gets a new bar.
    counted: String,
}

impl Output {
    pub fn new(json: bool) -> Self {
        Self { json, terminal: !json && io::stderr().is_terminal(), bar: None, counted: String::new() }
    }

    /// Whether a bar shows how far things are.
    pub fn has_bars(&self) -> bool {
        self.terminal
    }

    /// One JSON object on a line of its own; nothing where a person reads.
    pub fn event(&self, value: &Value) -> io::Result<()> {
        if !self.json {
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{value}")?;
        stdout.flush()
    }

    /// A line for a person; nothing where a program reads.
    pub fn line(&self, text: &str) -> io::Result<()> {
        if self.json {
            return Ok(());
        }
        self.suspended(|| {
            let mut stdout = io::stdout().lock();
            writeln!(stdout, "{text}")?;
            stdout.flush()
        })
    }

    /// Text for a person as it comes, without a line break.
    pub fn stream(&self, text: &str) -> io::Result<()> {
        if self.json {
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        write!(stdout, "{text}")?;
        stdout.flush()
    }

    /// Something to know that is no failure.
    pub fn warning(&self, message: &str) -> io::Result<()> {
        self.event(&serde_json::json!({ "event": "warning", "message": message }))?;
        if self.json {
            return Ok(());
        }
        self.suspended(|| writeln!(io::stderr().lock(), "Warning: {message}"))
    }

    /// A word on stderr for a person, beside what stdout carries.
    pub fn note(&self, text: &str) -> io::Result<()> {
        if self.json {
            return Ok(());
        }
        self.suspended(|| writeln!(io::stderr().lock(), "{text}"))
    }

    /// How far a job is.
    pub fn progress(&mut self, progress: &Progress) -> io::Result<()> {
        self.event(&serde_json::json!({
            "event": "progress", "what": progress.what, "done": progress.done, "total": progress.total, "unit": progress.unit,
            "elapsed_s": progress.elapsed_s,
        }))?;
        let style = if progress.unit == "bytes" { BYTES } else { COUNT };
        self.bar(&progress.what, progress.total, style, "");
        if let Some(bar) = &self.bar {
            bar.set_position(progress.done);
        }
        Ok(())
    }

    /// The bar of a run, with what is known of its latest step.
    pub fn run_bar(&mut self, step: u64, steps: u64, message: String) {
        self.bar("Training", steps, STEPS, "");
        if let Some(bar) = &self.bar {
            bar.set_position(step);
            bar.set_message(message);
        }
    }

    /// Takes the bar away, if there is one.
    pub fn end_bar(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        self.counted.clear();
    }

    fn bar(&mut self, what: &str, total: u64, template: &str, message: &str) {
        if !self.terminal {
            return;
        }
        if self.counted != what {
            self.end_bar();
            what.clone_into(&mut self.counted);
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
            bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_prefix(what.to_owned());
            bar.set_message(message.to_owned());
            self.bar = Some(bar);
        }
        if let (Some(bar), true) = (&self.bar, total > 0) {
            bar.set_length(total);
        }
    }

    /// Hides the bar while a line is written, so that neither tears the other.
    fn suspended(&self, write: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}

const COUNT: &str = "{prefix:<24} {bar:30} {human_pos}/{human_len} {elapsed} (left {eta})";
const BYTES: &str = "{prefix:<24} {bar:30} {bytes}/{total_bytes} {elapsed} (left {eta})";
const STEPS: &str = "{prefix} {bar:30} {human_pos}/{human_len} {msg} (left {eta})";

/// 1234567 as "1,234,567".
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// 6900000 as "6.9 M".
pub fn short_count(n: u64) -> String {
    match n {
        0..10_000 => thousands(n),
        10_000..1_000_000 => format!("{:.0} k", n as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} M", n as f64 / 1e6),
        _ => format!("{:.1} G", n as f64 / 1e9),
    }
}

/// Bytes with a decimal unit.
pub fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{:.0} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

/// Seconds as a person says them.
pub fn duration(seconds: f64) -> String {
    let s = seconds.round() as u64;
    match s {
        0..10 => format!("{seconds:.1} s"),
        10..120 => format!("{s} s"),
        120..7200 => format!("{} min {:02} s", s / 60, s % 60),
        _ => format!("{} h {:02} min", s / 3600, s % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(short_count(6_912_000), "6.9 M");
        assert_eq!(size(250_000_000), "250.0 MB");
        assert_eq!(duration(3.25), "3.2 s");
        assert_eq!(duration(125.0), "2 min 05 s");
        assert_eq!(duration(7_260.0), "2 h 01 min");
    }
}
