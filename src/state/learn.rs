//! The Learn page: which lesson is open. Draws nothing.

/// A lesson over the live program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Lesson {
    #[default]
    LanguageModel,
    Tokens,
    Loss,
    Sampling,
    Inside,
    Prompting,
    Polite,
}

impl Lesson {
    pub const ALL: [Self; 7] =
        [Self::LanguageModel, Self::Tokens, Self::Loss, Self::Sampling, Self::Inside, Self::Prompting, Self::Polite];

    pub fn title(self) -> &'static str {
        match self {
            Self::LanguageModel => "What is a language model?",
            Self::Tokens => "Tokens",
            Self::Loss => "Loss and baselines",
            Self::Sampling => "Sampling",
            Self::Inside => "What the model sees",
            Self::Prompting => "Prompts for eight uses",
            Self::Polite => "Polite answers, from clicks",
        }
    }

    pub fn next(self) -> Option<Self> {
        match self {
            Self::LanguageModel => Some(Self::Tokens),
            Self::Tokens => Some(Self::Loss),
            Self::Loss => Some(Self::Sampling),
            Self::Sampling => Some(Self::Inside),
            Self::Inside => Some(Self::Prompting),
            Self::Prompting => Some(Self::Polite),
            Self::Polite => None,
        }
    }
}

/// All that the page knows.
#[derive(Clone, Debug, Default)]
pub struct LearnState {
    pub lesson: Lesson,
}

/// What a person can do on the page.
#[derive(Clone, Debug, PartialEq)]
pub enum LearnAction {
    Open(Lesson),
}

impl LearnState {
    pub(super) fn apply(&mut self, action: &LearnAction) {
        match action {
            LearnAction::Open(lesson) => self.lesson = *lesson,
        }
    }
}
