//! What outlives a project: recent projects, the last one, settings of the program. Kept in the platform's folder for configurations.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::StoreError;
use super::files;

/// Overrides the platform's folder, for tests and for portable use.
pub const CONFIG_DIR_VARIABLE: &str = "LYCEUM_CONFIG_DIR";
const FILE: &str = "lyceum.json";
const MOST_RECENT: usize = 12;

/// The program's own memory.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AppMemory {
    /// The newest first.
    pub recent: Vec<PathBuf>,
    /// Opened at the next start.
    pub last: Option<PathBuf>,
    /// Key and value, in order of keys.
    pub settings: Vec<(String, String)>,
}

impl AppMemory {
    /// What was remembered; nothing when nothing can be read, for a lost list must not keep the program from starting.
    pub fn load() -> Self {
        let Some(path) = file() else { return Self::default() };
        std::fs::read_to_string(path).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
    }

    pub fn save(&self) -> Result<(), StoreError> {
        let Some(path) = file() else { return Ok(()) };
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        files::write_atomically(&path, text.as_bytes())
    }

    /// Puts a project to the front.
    pub fn opened(&mut self, project: &Path) {
        self.forget(project);
        self.recent.insert(0, project.to_path_buf());
        self.recent.truncate(MOST_RECENT);
        self.last = Some(project.to_path_buf());
    }

    pub fn forget(&mut self, project: &Path) {
        self.recent.retain(|path| path != project);
        if self.last.as_deref() == Some(project) {
            self.last = None;
        }
    }

    pub fn setting(&self, key: &str) -> Option<&str> {
        self.settings.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
    }

    pub fn set(&mut self, key: &str, value: &str) {
        self.settings.retain(|(name, _)| name != key);
        self.settings.push((key.to_owned(), value.to_owned()));
        self.settings.sort();
    }
}

/// Whether a project stands at a path (not whether it can be opened).
pub fn is_project(path: &Path) -> bool {
    path.join(super::paths::DB_FILE).is_file()
}

/// Where a project goes whose place nobody chose, the sample above all.
pub fn default_projects_dir() -> PathBuf {
    if let Some(dir) = overridden() {
        return dir;
    }
    dirs().map_or_else(|| PathBuf::from("."), |dirs| dirs.data_dir().to_path_buf())
}

/// A path as a person types it: `~` at its beginning is the home folder, as it is in a terminal.
pub fn typed_path(text: &str) -> PathBuf {
    let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_path_buf());
    under_home(text.trim(), home)
}

fn under_home(text: &str, home: Option<PathBuf>) -> PathBuf {
    let rest = text.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with(std::path::is_separator));
    match (rest, home) {
        (Some(rest), Some(home)) => match rest.trim_start_matches(std::path::is_separator) {
            "" => home,
            rest => home.join(rest),
        },
        (None, _) | (_, None) => PathBuf::from(text),
    }
}

fn file() -> Option<PathBuf> {
    overridden().or_else(|| dirs().map(|dirs| dirs.config_dir().to_path_buf())).map(|dir| dir.join(FILE))
}

fn overridden() -> Option<PathBuf> {
    std::env::var_os(CONFIG_DIR_VARIABLE).filter(|dir| !dir.is_empty()).map(PathBuf::from)
}

fn dirs() -> Option<directories::ProjectDirs> {
    directories::ProjectDirs::from("", "", "lyceum")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recent_projects_stand_once_and_newest_first() {
        let mut memory = AppMemory::default();
        for name in ["a", "b", "a"] {
            memory.opened(Path::new(name));
        }
        assert_eq!(memory.recent, [PathBuf::from("a"), PathBuf::from("b")]);
        assert_eq!(memory.last, Some(PathBuf::from("a")));
        memory.forget(Path::new("a"));
        assert_eq!((memory.recent.len(), memory.last), (1, None));
    }

    #[test]
    fn a_tilde_is_the_home_folder_at_the_beginning_alone() {
        let typed = |text: &str| under_home(text, Some(PathBuf::from("/home/ann")));
        assert_eq!(typed("~/gui.lyceum"), PathBuf::from("/home/ann/gui.lyceum"));
        assert_eq!(typed("~"), PathBuf::from("/home/ann"));
        for text in ["/tmp/~/a", "~ann/a", "a~", ""] {
            assert_eq!(typed(text), PathBuf::from(text));
        }
        assert_eq!(under_home("~/a", None), PathBuf::from("~/a"));
    }

    #[test]
    fn the_list_does_not_grow_for_ever() {
        let mut memory = AppMemory::default();
        (0..50).for_each(|n| memory.opened(&PathBuf::from(n.to_string())));
        assert_eq!(memory.recent.len(), MOST_RECENT);
        assert_eq!(memory.recent.first(), Some(&PathBuf::from("49")));
    }
}
