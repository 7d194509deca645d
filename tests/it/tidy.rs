//! The invariants of the architecture, read off the sources: what each part must not name, and what no file may contain.

mod arms;
pub mod source;

use std::process::Command;

use source::{Source, names, root, sources};

/// Fails with the list of what breaks `rule`.
fn check(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}:\n  {}", broken.join("\n  "));
}

/// Files of `src` outside `allowed` whose code (tests left out) names one of `words`.
fn naming(words: &[&str], concerned: impl Fn(&Source) -> bool) -> Vec<String> {
    let mut broken = Vec::new();
    for source in sources("src").iter().filter(|s| concerned(s)) {
        for word in words.iter().filter(|w| names(source.code_without_tests(), w)) {
            broken.push(format!("{} names {word}", source.path));
        }
    }
    broken
}

fn under_any(source: &Source, places: &[&str]) -> bool {
    places.iter().any(|p| source.is_under(p))
}

#[test]
fn the_window_knows_no_tensor() {
    let window = ["src/ui/", "src/app.rs", "src/state/"];
    check(
        "ui, app and state never name candle or the tokenizers crate",
        &naming(&["candle*", "tokenizers::", "safetensors::", "gemm::"], |s| under_any(s, &window)),
    );
}

#[test]
fn the_core_knows_no_window() {
    let window = ["src/ui/", "src/app.rs", "src/main.rs"];
    check("only ui, app and main name egui", &naming(&["egui*", "eframe*", "winit", "wgpu"], |s| !under_any(s, &window)));
}

#[test]
fn only_the_dialogs_open_dialogs() {
    check("only ui/dialogs.rs names rfd", &naming(&["rfd::"], |s| !s.is_under("src/ui/dialogs.rs")));
}

#[test]
fn only_workers_and_replicas_are_threads() {
    check(
        "only engine/, the replica pool and the library that learns tokenizers start threads",
        &naming(&["thread::spawn", "thread::Builder", "thread::scope", "rayon"], |s| {
            !under_any(s, &["src/engine/", "src/train/pool.rs", "src/tokenizer/train.rs"])
        }),
    );
}

#[test]
fn few_modules_touch_files() {
    let allowed = ["src/store/", "src/data/", "src/tokenizer/", "src/formats/", "src/config/", "src/cli/"];
    check(
        "only store, data, tokenizer, formats, config and cli touch the file system",
        &naming(&["std::fs", "File::open", "File::create", "OpenOptions", "memmap2", "tempfile", "fs4"], |s| {
            !under_any(s, &allowed)
        }),
    );
}

#[test]
fn trainers_do_not_know_each_other() {
    let trainers = ["causal", "masked", "sft", "head_tuning", "reward", "prefer", "policy", "ppo"];
    let mut broken = Vec::new();
    for source in sources("src/train") {
        let Some(own) = trainers.iter().find(|t| source.is_under(&format!("src/train/{t}.rs"))) else { continue };
        for other in trainers.iter().filter(|t| *t != own) {
            let path = format!("{other}::");
            if names(source.code_without_tests(), &path) {
                broken.push(format!("{} names {other}", source.path));
            }
        }
    }
    check("a trainer never names another trainer", &broken);
}

#[test]
fn closed_enums_are_matched_whole() {
    let enums = [
        "Command",
        "LibraryCommand",
        "LabelCommand",
        "FeedbackCommand",
        "KeepCommand",
        "ImportCommand",
        "SurveyCommand",
        "TrainCommand",
        "AlignCommand",
        "LookCommand",
        "LabCommand",
        "TalkCommand",
        "Event",
        "Action",
        "Job",
        "Knob",
    ];
    let mut broken = Vec::new();
    for source in sources("src") {
        for line in arms::wildcards(source.code_without_tests(), &enums) {
            broken.push(format!("{}:{line}", source.path));
        }
    }
    check("a match on Command, Event, Action, Job or Knob has no `_` arm", &broken);
}

#[test]
fn files_say_what_they_are_for_and_stay_short() {
    const MOST_LINES: usize = 400;
    let mut broken = Vec::new();
    for source in sources("src").iter().chain(&sources("tests")) {
        if !source.text.starts_with("//!") {
            broken.push(format!("{} does not begin with `//!`", source.path));
        }
        let lines = source.text.lines().count();
        if lines > MOST_LINES {
            broken.push(format!("{} has {lines} lines of {MOST_LINES} at most", source.path));
        }
    }
    check("each file begins with what it is for, and stays short", &broken);
}

#[test]
fn nothing_is_silenced_or_shared() {
    let mut broken = Vec::new();
    for source in sources("src").iter().chain(&sources("tests")) {
        for word in ["#[allow(", "#![allow(", "static mut"] {
            if source.code.contains(word) {
                broken.push(format!("{} has {word}", source.path));
            }
        }
        // A lock that two threads share hides who owns what; workers own, and send messages. The window has one thread, and egui's
        // memory takes nothing without a lock around it.
        for word in ["Mutex", "RwLock"] {
            if source.path.starts_with("src/") && !source.is_under("src/ui/") && names(source.code_without_tests(), word) {
                broken.push(format!("{} names {word}", source.path));
            }
        }
    }
    check("no lint is allowed away, no state is shared", &broken);
}

#[test]
fn unsafe_code_argues_for_itself() {
    let mut broken = Vec::new();
    for source in sources("src") {
        let lines: Vec<&str> = source.text.lines().collect();
        for (i, line) in source.code.lines().enumerate() {
            if !["unsafe {", "unsafe fn", "unsafe impl"].iter().any(|w| line.contains(w)) {
                continue;
            }
            if !source.is_under("src/kernels/") && !names(&source.code, "Mmap*") {
                broken.push(format!("{}:{} is unsafe outside the kernels and the memory maps", source.path, i + 1));
            }
            let above = &lines[i.saturating_sub(8)..=i];
            if !above.iter().any(|l| l.contains("SAFETY") || l.contains("# Safety")) {
                broken.push(format!("{}:{} has no SAFETY comment", source.path, i + 1));
            }
        }
    }
    check("unsafe code stands in few places, with a reason", &broken);
}

#[test]
fn nothing_heavy_is_tracked() {
    const MOST_BYTES: u64 = 5 << 20;
    // Without git (an unpacked archive) there is nothing tracked to weigh.
    let Ok(listed) = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output() else { return };
    let mut broken = Vec::new();
    for path in String::from_utf8_lossy(&listed.stdout).split('\0').filter(|p| !p.is_empty()) {
        let bytes = std::fs::metadata(root().join(path)).map_or(0, |m| m.len());
        if bytes > MOST_BYTES {
            broken.push(format!("{path} has {bytes} bytes"));
        }
    }
    check("no tracked file is larger than 5 MiB", &broken);
}
