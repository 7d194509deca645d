//! The ways in which a person can judge answers. Knows no page and no key.

use serde::{Deserialize, Serialize};

/// How answers are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// The better one, or an order.
    #[default]
    Compare,
    /// Each by criteria, 1 to 5.
    Rate,
    /// Thumbs up or down on each.
    Thumbs,
}

impl Way {
    pub const ALL: [Self; 3] = [Self::Compare, Self::Rate, Self::Thumbs];

    pub fn name(self) -> &'static str {
        match self {
            Self::Compare => "Compare",
            Self::Rate => "Rate",
            Self::Thumbs => "Thumbs",
        }
    }
}
