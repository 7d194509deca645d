//! The views of the Prompt page. Draws nothing.

/// What the page shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PromptView {
    /// A text that the model goes on with.
    #[default]
    Complete,
}

impl PromptView {
    pub const ALL: [Self; 1] = [Self::Complete];

    /// On the tab.
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "Continue",
        }
    }

    /// What it is for, as a person reads it on hover.
    pub fn purpose(self) -> &'static str {
        match self {
            Self::Complete => "Begin a text, and the model goes on with it",
        }
    }
}
