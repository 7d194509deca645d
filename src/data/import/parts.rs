//! Files that are parts of one dataset: x.train.jsonl with x.validation.jsonl and x.test.jsonl beside it. Reads no file.

use std::path::{Path, PathBuf};

use crate::data::supervised::Split;

/// The file with the other parts that stand beside it, training first; a file that is no part comes alone.
pub fn parts_beside(path: &Path) -> Vec<(PathBuf, Option<Split>)> {
    let alone = || vec![(path.to_path_buf(), None)];
    let (Some(dir), Some(stem), Some(extension)) = (path.parent(), path.file_stem(), path.extension()) else { return alone() };
    let (Some(stem), Some(extension)) = (stem.to_str(), extension.to_str()) else { return alone() };
    let Some((base, own)) = part_of(stem) else { return alone() };
    let mut parts = Vec::new();
    for split in Split::ALL {
        let names: &[&str] = match split {
            Split::Train => &["train", "training"],
            Split::Validation => &["validation", "valid", "val", "dev"],
            Split::Test => &["test"],
        };
        let found = names.iter().map(|name| dir.join(format!("{base}{name}.{extension}"))).find(|file| file.is_file());
        match found {
            _ if split == own => parts.push((path.to_path_buf(), Some(own))),
            Some(file) => parts.push((file, Some(split))),
            None => {}
        }
    }
    if parts.len() > 1 { parts } else { alone() }
}

/// "spam.train" as ("spam.", train).
fn part_of(stem: &str) -> Option<(&str, Split)> {
    let at = stem.rfind(['.', '_', '-']).map_or(0, |at| at + 1);
    let (base, part) = stem.split_at(at);
    Some((base, Split::parse(part)?))
}

/// "spam.train" as "spam"; other names as they are.
pub fn name_without_part(name: &str) -> &str {
    match part_of(name) {
        Some((base, _)) if base.len() > 1 => base.trim_end_matches(['.', '_', '-']),
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_known_by_their_names() {
        for (stem, found) in [
            ("spam.train", Some(("spam.", Split::Train))),
            ("a_b-dev", Some(("a_b-", Split::Validation))),
            ("test", Some(("", Split::Test))),
            ("retrain", None),
            ("my.data", None),
        ] {
            assert_eq!(part_of(stem), found, "{stem}");
        }
        assert_eq!((name_without_part("spam.train"), name_without_part("train")), ("spam", "train"));
    }

    #[test]
    fn siblings_come_with_a_part() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["x.train.jsonl", "x.test.jsonl", "x.test.csv", "y.train.jsonl"] {
            std::fs::write(dir.path().join(name), "{}").unwrap();
        }
        let found = parts_beside(&dir.path().join("x.test.jsonl"));
        let names: Vec<_> = found.iter().map(|(path, split)| (path.file_name().unwrap().to_str().unwrap(), *split)).collect();
        assert_eq!(names, [("x.train.jsonl", Some(Split::Train)), ("x.test.jsonl", Some(Split::Test))]);
        assert_eq!(parts_beside(&dir.path().join("y.train.jsonl")).first().unwrap().1, None);
    }
}
