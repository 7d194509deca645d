//! The command line from outside: what the documentation shows is understood, and every command explains itself.

use std::fs;
use std::process::Command;

use lyceum::cli::refusal;

use crate::tidy::source::root;

const SUBCOMMANDS: [&str; 26] = [
    "best",
    "duel",
    "stages",
    "chat",
    "reward",
    "prefer",
    "rl",
    "new",
    "import",
    "tokenize",
    "pretrain",
    "sft",
    "classify",
    "tag",
    "eval",
    "icl",
    "prelabel",
    "export-data",
    "rank",
    "survey",
    "generate",
    "explain",
    "fill-mask",
    "runs",
    "bench",
    "demo",
];

fn lyceum(words: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_lyceum"))
        .args(words)
        .env_remove("LYCEUM_PROJECT")
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("WAYLAND_SOCKET")
        .output()
        .unwrap()
}

/// Lines of a text that show a `lyceum` command, cut into words as a shell would (double quotes only).
fn shown_commands(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().map(str::trim).filter(|l| l.starts_with("lyceum "));
    lines.map(|line| words(line.split("  ").next().unwrap_or(line).split(" #").next().unwrap_or(line))).collect()
}

fn words(line: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut quoted = false;
    for c in line.split([';', '<', '>']).next().unwrap_or(line).chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => all.push(String::new()),
            c => all.last_mut().unwrap().push(c),
        }
    }
    all.into_iter().filter(|w| !w.is_empty()).collect()
}

fn check_shown(text: &str, from: &str) -> usize {
    let commands = shown_commands(text);
    for command in &commands {
        let refused = refusal(&command.iter().map(String::as_str).collect::<Vec<_>>());
        assert!(refused.is_none(), "{from} shows `{}`: {}", command.join(" "), refused.unwrap_or_default());
    }
    commands.len()
}

#[test]
fn the_readme_shows_commands_that_exist() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    assert!(check_shown(&readme, "README.md") >= SUBCOMMANDS.len());
    for command in SUBCOMMANDS {
        assert!(readme.contains(&format!("lyceum {command}")), "README.md does not show `lyceum {command}`");
    }
}

#[test]
fn every_command_explains_itself_with_examples_that_work() {
    assert!(check_shown(&String::from_utf8(lyceum(&["--help"]).stdout).unwrap(), "--help") >= 3);
    for command in SUBCOMMANDS {
        let help = lyceum(&[command, "--help"]);
        assert!(help.status.success(), "{command} --help");
        assert!(check_shown(&String::from_utf8(help.stdout).unwrap(), command) >= 1, "{command} --help shows no example");
    }
}

/// Exit code 1, nothing on stdout, and one line on stderr that holds `expected`.
fn check_refused(words: &[&str], expected: &str) {
    let output = lyceum(words);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{words:?}: {told}");
    assert!(output.stdout.is_empty(), "{words:?}");
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(told.contains(expected), "{told}");
}

#[test]
fn without_a_project_the_way_to_one_is_told() {
    check_refused(&["runs"], "lyceum new FOLDER");
}

#[test]
#[cfg(all(feature = "gui", target_os = "linux"))]
fn without_a_display_the_demo_is_named() {
    check_refused(&[], "lyceum demo");
}
