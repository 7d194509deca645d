//! The views of the Prompt page. Draws nothing.

/// What the page shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PromptView {
    /// A text that the model goes on with.
    #[default]
    Complete,
    /// Turns with a model.
    Chat,
    /// Examples, and a query behind them.
    FewShot,
    /// One prompt through several models.
    Stages,
    /// Learning from the prompt, measured.
    Lab,
    /// Prompts to be used again.
    Library,
}

impl PromptView {
    pub const ALL: [Self; 6] = [Self::Complete, Self::Chat, Self::FewShot, Self::Stages, Self::Lab, Self::Library];

    /// On the tab.
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "Continue",
            Self::Chat => "Chat",
            Self::FewShot => "Examples",
            Self::Stages => "Stages",
            Self::Library => "Library",
            Self::Lab => "Lab",
        }
    }

    /// What it is for, as a person reads it on hover.
    pub fn purpose(self) -> &'static str {
        match self {
            Self::Complete => "Begin a text, and the model goes on with it",
            Self::Chat => "Talk with a model turn by turn, and try other turns",
            Self::FewShot => "Show the model some examples in the prompt, and see whether it does the same with the next",
            Self::Stages => "The same prompt to a model before, during and after its training",
            Self::Library => "Prompts with fields to fill in, for what language models are used for",
            Self::Lab => "What a model learns from examples in its prompt, against their number",
        }
    }
}
