//! `lyceum rank` from outside: a script imports, votes, takes back and exports, and is refused whole when a line is wrong.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

/// A project that commands work on, in a folder of its own.
pub struct Shell {
    dir: tempfile::TempDir,
}

impl Shell {
    pub fn new() -> Self {
        Self::made(&["new", "x.lyceum"])
    }

    /// With the sample in it.
    pub fn with_sample() -> Self {
        Self::made(&["new", "x.lyceum", "--sample"])
    }

    fn made(words: &[&str]) -> Self {
        let shell = Self { dir: tempfile::tempdir().unwrap() };
        assert!(shell.run(words, "").0, "new");
        shell
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Whether it went well, the JSON lines of stdout, and stderr.
    pub fn run(&self, words: &[&str], input: &str) -> (bool, Vec<Value>, String) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_lyceum"))
            .args(words)
            .arg("--json")
            .current_dir(self.path())
            .env("LYCEUM_PROJECT", "x.lyceum")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let lines = String::from_utf8(output.stdout).unwrap();
        let events = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (output.status.success(), events, String::from_utf8(output.stderr).unwrap())
    }

    pub fn ok(&self, words: &[&str], input: &str) -> Vec<Value> {
        let (fine, events, told) = self.run(words, input);
        assert!(fine, "{words:?}: {told}");
        events
    }
}

pub fn named<'a>(events: &'a [Value], name: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["event"] == name).collect()
}

#[test]
fn a_script_can_vote() {
    let shell = Shell::new();
    let rows = "{\"prompt\":\"Hi\",\"completions\":[\"a\",\"b\"]}\n{\"prompt\":\"Ho\",\"completions\":[\"a\",\"b\",\"c\"]}\n";
    std::fs::write(shell.path().join("r.jsonl"), rows).unwrap();
    let events = shell.ok(&["rank", "import", "r.jsonl", "--as", "ranking"], "");
    assert_eq!(named(&events, "feedback")[0]["questions"], 2);
    let events = shell.ok(&["rank", "list", "--filter", "to-vote"], "");
    let numbers: Vec<String> = named(&events, "question").iter().map(|event| event["question"].to_string()).collect();
    assert_eq!(numbers.len(), 2);
    shell.ok(&["rank", "vote", "--question", &numbers[0], "--ranks", "2,1", "--annotator", "ann", "--strength", "much"], "");
    let wrong = format!("{{\"question\":{0},\"ranks\":[1,2,3]}}\n{{\"question\":{0},\"ranks\":[1]}}\n", numbers[1]);
    let (fine, _, told) = shell.run(&["rank", "vote", "--stdin", "--annotator", "bo"], &wrong);
    assert!(!fine && told.contains("Line 2") && told.contains("1 ranks for 3 answers"), "{told}");
    let many = format!(
        "{{\"question\":{1},\"ranks\":[1,2,3],\"seconds\":2.5}}\n{{\"question\":{0},\"all_bad\":true}}\n{{\"question\":{0},\"annotator\":\"cy\",\"skip\":true}}\n",
        numbers[0], numbers[1]
    );
    let events = shell.ok(&["rank", "vote", "--stdin", "--annotator", "bo"], &many);
    let state = named(&events, "feedback")[0];
    assert_eq!((&state["votes"], &state["pairs"], &state["all_bad"]), (&4.into(), &4.into(), &1.into()));
    let events = shell.ok(&["rank", "export", "--as", "trl", "--out", "o.jsonl"], "");
    assert_eq!(named(&events, "exported")[0]["rows"], 4);
    let text = std::fs::read_to_string(shell.path().join("o.jsonl")).unwrap();
    assert_eq!(text.lines().count(), 4);
    let events = shell.ok(&["export-data", "--as", "csv", "--out", "o.csv"], "");
    assert_eq!(named(&events, "exported")[0]["rows"], 2, "a row for each vote that ranks");
    shell.ok(&["rank", "undo", "--annotator", "ann"], "");
    let (fine, _, told) = shell.run(&["rank", "undo", "--annotator", "ann"], "");
    assert!(!fine && told.contains("ann has nothing to take back"), "{told}");
    shell.ok(&["rank", "undo", "--annotator", "ann", "--redo"], "");
}
