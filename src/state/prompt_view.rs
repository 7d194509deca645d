//! The views of the Prompt page. Draws nothing.

/// What the page shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PromptView {
    /// A text that the model goes on with.
    #[default]
    Complete,
    /// Learning from the prompt, measured.
    Lab,
}

impl PromptView {
    pub const ALL: [Self; 2] = [Self::Complete, Self::Lab];

    /// On the tab.
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "Continue",
            Self::Lab => "Lab",
        }
    }

    /// What it is for, as a person reads it on hover.
    pub fn purpose(self) -> &'static str {
        match self {
            Self::Complete => "Begin a text, and the model goes on with it",
            Self::Lab => "What a model learns from examples in its prompt, against their number",
        }
    }
}
