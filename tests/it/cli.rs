//! The command line from outside: what the documentation shows is understood, and every command explains itself.

use std::fs;
use std::process::Command;

use lyceum::cli::refusal;

use crate::rank_command::{Shell, named};
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

/// Refused with a sentence that holds `expected`.
fn check_sentence(shell: &Shell, words: &[&str], expected: &str) {
    let (fine, _, told) = shell.run(words, "");
    assert!(!fine, "{words:?} went through");
    assert!(told.contains(expected), "{words:?}: {told}");
}

/// The number of the checkpoint that a command began from, and of the one that it made.
fn trained(shell: &Shell, words: &[&str]) -> (u64, u64) {
    let events = shell.ok(words, "");
    (named(&events, "from")[0]["checkpoint"].as_u64().unwrap(), named(&events, "done")[0]["checkpoint"].as_u64().unwrap())
}

#[test]
fn the_latest_checkpoint_is_the_latest_that_can_do_it() {
    let shell = Shell::with_sample();
    let few = ["--steps", "2", "--eval-every", "0"];
    let with = |words: &[&'static str]| [words, few.as_slice()].concat();
    let (from, classifier) = trained(&shell, &with(&["classify", "--dataset", "spam"]));
    assert_eq!(from, 1);
    assert_eq!(trained(&shell, &with(&["tag", "--dataset", "Named entities"])).0, 1, "a classifier is no start");
    let (from, writer) = trained(&shell, &with(&["sft", "--dataset", "Short answers"]));
    assert_eq!(from, 1);
    assert_eq!(trained(&shell, &with(&["classify", "--dataset", "Topics"])).0, 1, "what was fine-tuned has learnt another task");
    let events = shell.ok(&["generate", "Once", "-n", "2"], "");
    assert_eq!(named(&events, "from")[0]["checkpoint"], writer, "the newest that writes");

    let classifier = classifier.to_string();
    check_sentence(
        &shell,
        &["generate", "Once", "--checkpoint", &classifier],
        "sorts texts into classes and writes no text; take ",
    );
    check_sentence(&shell, &["explain", "Once", "--checkpoint", &classifier], "predicts no next token");
    shell.ok(&["explain", "Once", "--checkpoint", &classifier, "--attention"], "");
    check_sentence(&shell, &with(&["sft", "--dataset", "Chats", "--from", "tuned"]), "no checkpoint 'tuned'");
    let from_classifier = ["sft", "--dataset", "Chats", "--from", &classifier];
    check_sentence(&shell, &from_classifier, "; take 1 (");
    check_sentence(&shell, &["fill-mask", "A [MASK]."], "no encoder to fill masks yet");
    check_sentence(&shell, &["pretrain", "--resume", "latest"], "no run to go on with");
    check_sentence(&shell, &["classify", "--dataset", "Named entities"], "`lyceum tag` learns them");
    check_sentence(&shell, &["tag", "--dataset", "Spam"], "`lyceum classify` learns them");
    check_sentence(&shell, &["reward", "--dataset", "Spam"], "`lyceum classify` learns them");
    check_sentence(&shell, &["classify", "--epochs", "0"], "--epochs 0 shows no row");
    let many = ["generate", "--examples", "Topics", "--shots", "200"];
    check_sentence(&shell, &many, "give --drop-oldest");
    shell.ok(&["runs", "export", "1", "bare"], "");
    assert!(shell.path().join("bare/model.safetensors").is_file());
}

#[test]
fn a_file_with_a_class_is_read_as_such_and_goes_by_its_name() {
    let shell = Shell::new();
    let at = |name: &str| shell.path().join(name);
    let rows: Vec<String> = (0..12).map(|i| format!("review number {i} of a place,{}\n", ["good", "bad"][i % 2])).collect();
    fs::write(at("reviews.csv"), format!("review,sentiment\n{}", rows.concat())).unwrap();
    let events = shell.ok(&["import", "reviews.csv", "--as", "classes"], "");
    assert_eq!(named(&events, "labels")[0]["labels"], serde_json::json!(["bad", "good"]));
    check_sentence(&shell, &["import", "reviews.csv", "--as", "classes", "--map", "label=review"], "text and its class at once");
    check_sentence(&shell, &["rank", "import", "reviews.csv"], "no preferences");
    shell.ok(&["export-data", "--dataset", "Reviews.csv", "--out", "o.csv"], "");
    let before = fs::read(at("o.csv")).unwrap();
    check_sentence(&shell, &["export-data", "--dataset", "reviews", "--out", "o.csv", "--as", "jsonl"], "--force");
    assert_eq!(fs::read(at("o.csv")).unwrap(), before);
    shell.ok(&["export-data", "--dataset", "REVIEWS", "--out", "o.csv", "--as", "jsonl", "--force"], "");
    assert_ne!(fs::read(at("o.csv")).unwrap(), before);

    let rows: Vec<String> = (0..12).map(|i| format!("a long enough text {i},{i}\n")).collect();
    fs::write(at("plain.csv"), format!("body,number\n{}", rows.concat())).unwrap();
    let events = shell.ok(&["import", "plain.csv", "--as", "classes"], "");
    let warned = named(&events, "warning");
    assert!(warned.iter().any(|it| it["message"].as_str().unwrap().contains("--map label=COLUMN names it, of body, number")));
    shell.ok(&["import", "plain.csv", "--name", "book"], "");
    let plain = "is plain text without labels; import its file `--as classes`";
    check_sentence(&shell, &["classify", "--dataset", "book"], plain);
    check_sentence(&shell, &["prelabel", "--dataset", "book", "--checkpoint", "1"], plain);

    fs::write(at("prompts.jsonl"), "{\"prompt\":\"Hi\"}\n{\"prompt\":\"Ho\"}\n").unwrap();
    shell.ok(&["rank", "import", "prompts.jsonl"], "");
    check_sentence(
        &shell,
        &["survey", "export", "--dataset", "prompts", "--out", "q.html"],
        "No question of this dataset has answers",
    );
}

#[test]
fn settings_that_no_token_can_be_drawn_by_are_refused() {
    let shell = Shell::new();
    for (flag, value, expected) in [
        ("--top-p", "7", "--top-p 7 is no probability"),
        ("--min-p", "-0.5", "--min-p -0.5 is no probability"),
        ("--temperature", "-1", "A temperature of -1 makes no sense"),
        ("--repetition-penalty", "0", "--repetition-penalty 0 makes no sense"),
    ] {
        check_sentence(&shell, &["generate", "Once", flag, value], expected);
    }
}

#[test]
fn a_chat_hears_words_with_a_slash_itself() {
    let shell = Shell::with_sample();
    let (fine, events, told) = shell.run(&["chat", "--no-keep"], "/help\n/hlep\n/system You help.\n/exit\nnever said\n");
    assert!(fine, "{told}");
    assert!(named(&events, "answer").is_empty(), "none of it is a turn");
    assert!(named(&events, "warning")[0]["message"].as_str().unwrap().contains("There is no /hlep"));
}
