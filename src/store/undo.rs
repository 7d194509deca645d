//! Which event of a history that only grows is to be taken back or done again next. Knows no table.

use rusqlite::{Row, Rows};

use super::error::StoreError;

/// The event at which `stop` first says something, if it says that this is the one.
pub fn first_met<P>(
    mut rows: Rows<'_>,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<P>,
    mut stop: impl FnMut(&P) -> Option<bool>,
) -> Result<Option<P>, StoreError> {
    while let Some(row) = rows.next()? {
        let past = read(row)?;
        if let Some(found) = stop(&past) {
            return Ok(found.then_some(past));
        }
    }
    Ok(None)
}

/// A walk through one person's events, from the newest to the oldest.
#[derive(Default)]
pub struct Walk {
    /// Events of the other kind that were passed: each covers one that comes later.
    passed: u64,
}

impl Walk {
    /// Whether this event is the one to take back; none: look further.
    pub fn undo(&mut self, undoes: bool) -> Option<bool> {
        if undoes {
            self.passed += 1;
            return None;
        }
        self.meet()
    }

    /// Whether this event took back what is to be done again: false ends the search, as something new was done since.
    pub fn redo(&mut self, undoes: bool, redoes: bool) -> Option<bool> {
        if redoes {
            self.passed += 1;
            return None;
        }
        if !undoes {
            return Some(false);
        }
        self.meet()
    }

    fn meet(&mut self) -> Option<bool> {
        if self.passed == 0 {
            return Some(true);
        }
        self.passed -= 1;
        None
    }
}
