//! Short messages over the page: what was done, what went wrong, and a way back. Knows no page.

use super::Action;

/// How loud a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Info,
    Warning,
    Error,
}

/// A message over the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    pub id: u64,
    pub level: Level,
    /// What happened, first.
    pub text: String,
    /// A button, say "Undo".
    pub offer: Option<(String, Box<Action>)>,
    /// Seconds of the window's clock; None until it was first shown.
    born_s: Option<f64>,
}

impl Notice {
    /// Errors stay until they are closed: nobody should miss one by looking away.
    fn lifetime_s(&self) -> f64 {
        match self.level {
            Level::Info => {
                if self.offer.is_some() {
                    12.0
                } else {
                    6.0
                }
            }
            Level::Warning => 15.0,
            Level::Error => f64::INFINITY,
        }
    }
}

/// The messages now shown, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Notices {
    last: u64,
    list: Vec<Notice>,
}

impl Notices {
    const MOST: usize = 5;

    pub fn info(&mut self, text: impl Into<String>) {
        self.push(Level::Info, text.into(), None);
    }

    pub fn warning(&mut self, text: impl Into<String>) {
        self.push(Level::Warning, text.into(), None);
    }

    pub fn error(&mut self, text: impl Into<String>) {
        self.push(Level::Error, text.into(), None);
    }

    /// A message with a button.
    pub fn offer(&mut self, level: Level, text: impl Into<String>, label: impl Into<String>, action: Action) {
        self.push(level, text.into(), Some((label.into(), Box::new(action))));
    }

    fn push(&mut self, level: Level, text: String, offer: Option<(String, Box<Action>)>) {
        if let Some(same) = self.list.iter_mut().find(|notice| notice.level == level && notice.text == text) {
            same.born_s = None;
            same.offer = offer;
            return;
        }
        self.last += 1;
        self.list.push(Notice { id: self.last, level, text, offer, born_s: None });
        if self.list.len() > Self::MOST {
            self.list.remove(0);
        }
    }

    pub fn list(&self) -> &[Notice] {
        &self.list
    }

    /// Whether one of them goes by itself, so that somebody has to look again.
    pub fn any_fades(&self) -> bool {
        self.list.iter().any(|notice| notice.lifetime_s().is_finite())
    }

    pub fn dismiss(&mut self, id: u64) {
        self.list.retain(|notice| notice.id != id);
    }

    /// Lets old messages go.
    pub fn tick(&mut self, now_s: f64) {
        for notice in &mut self.list {
            notice.born_s.get_or_insert(now_s);
        }
        self.list.retain(|notice| notice.born_s.is_none_or(|born_s| now_s - born_s < notice.lifetime_s()));
    }
}
