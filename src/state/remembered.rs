//! How files were read before: one with the same columns is read so again, until a person says otherwise. Draws nothing.

use std::collections::BTreeMap;

use crate::engine::Command;
use crate::engine::command::{LibraryCommand, Mapping};
use crate::engine::event::FileReport;

/// Under which a project keeps them.
const SETTING: &str = "import.mappings";
/// Said of a file that is read as one before it.
const SAID: &str = "It is read as the last file with these columns was; change it below where that is wrong";

/// Mappings by the columns that they were for.
#[derive(Clone, Debug, Default)]
pub struct Remembered {
    mappings: BTreeMap<String, Mapping>,
}

impl Remembered {
    pub(super) fn settings_came(&mut self, settings: &[(String, String)]) {
        let known = settings.iter().find(|(key, _)| key == SETTING);
        self.mappings = known.and_then(|(_, text)| serde_json::from_str(text).ok()).unwrap_or_default();
    }

    /// A file was imported; what was found by the program itself needs no memory.
    pub(super) fn remember(&mut self, report: &FileReport, mapping: &Mapping) -> Option<Command> {
        let key = key(report)?;
        if self.mappings.get(&key) == Some(mapping) || !self.mappings.contains_key(&key) && report.mapping == *mapping {
            return None;
        }
        self.mappings.insert(key, mapping.clone());
        let value = serde_json::to_string(&self.mappings).ok()?;
        Some(Command::Library(LibraryCommand::SaveSetting { key: SETTING.to_owned(), value }))
    }

    /// Reads a file as one with the same columns was read.
    pub(super) fn apply(&self, report: &mut FileReport) {
        let Some(mapping) = key(report).and_then(|key| self.mappings.get(&key)) else { return };
        if *mapping != report.mapping {
            report.mapping = mapping.clone();
            report.warnings.push(SAID.to_owned());
        }
    }
}

/// The columns, in any order; none of a text, which has no columns of its own.
fn key(report: &FileReport) -> Option<String> {
    let mut columns = report.columns.clone();
    columns.sort();
    (columns.len() > 1).then(|| columns.join("\t"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::command::Schema;

    fn report(columns: &[&str]) -> FileReport {
        let mapping = Mapping::new(Schema::Text, vec![("text".into(), "a".into())]);
        FileReport {
            path: "x.csv".into(),
            format: "CSV".into(),
            encoding: "UTF-8".into(),
            bytes: 1,
            rows: 1,
            rows_exact: true,
            columns: columns.iter().map(|column| (*column).to_owned()).collect(),
            mapping,
            preview: Vec::new(),
            warnings: Vec::new(),
        }
    }

    #[test]
    fn a_file_with_the_same_columns_is_read_the_same_way() {
        let mut known = Remembered::default();
        let first = report(&["a", "b"]);
        assert_eq!(known.remember(&first, &first.mapping.clone()), None, "nothing was changed");
        let chosen = Mapping { schema: Schema::Classes, ..first.mapping.clone() };
        let Some(Command::Library(LibraryCommand::SaveSetting { key, value })) = known.remember(&first, &chosen) else {
            panic!("not kept")
        };
        let mut again = Remembered::default();
        again.settings_came(&[(key, value)]);
        let mut second = report(&["b", "a"]);
        again.apply(&mut second);
        assert_eq!((second.mapping, second.warnings.len()), (chosen, 1));
        let mut other = report(&["a", "c"]);
        again.apply(&mut other);
        assert_eq!(other, report(&["a", "c"]));
    }
}
