//! The pages of the window: names, icons, and the question each answers. Knows nothing of how they are drawn.

use super::icon;

/// A page of the window, in the order of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Page {
    Data,
    #[default]
    Pretrain,
    Label,
    Tune,
    Rank,
    Rlhf,
    Prompt,
    Runs,
    Learn,
}

impl Page {
    pub const ALL: [Self; 9] =
        [Self::Data, Self::Pretrain, Self::Label, Self::Tune, Self::Rank, Self::Rlhf, Self::Prompt, Self::Runs, Self::Learn];

    pub fn label(self) -> &'static str {
        match self {
            Self::Data => "Data",
            Self::Pretrain => "Pre-train",
            Self::Label => "Label",
            Self::Tune => "Fine-tune",
            Self::Rank => "Rank",
            Self::Rlhf => "RLHF",
            Self::Prompt => "Prompt",
            Self::Runs => "Runs",
            Self::Learn => "Learn",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Self::Data => icon::DATABASE,
            Self::Pretrain => icon::BRAIN,
            Self::Label => icon::TAG,
            Self::Tune => icon::TARGET,
            Self::Rank => icon::RANKING,
            Self::Rlhf => icon::THUMBS_UP,
            Self::Prompt => icon::CHAT_TEXT,
            Self::Runs => icon::TREE_STRUCTURE,
            Self::Learn => icon::GRADUATION_CAP,
        }
    }

    /// What a person does there, for the hover.
    pub fn purpose(self) -> &'static str {
        match self {
            Self::Data => "Bring in text, see what it is, and cut it into tokens",
            Self::Pretrain => "Train a language model from scratch and watch it learn",
            Self::Label => "Say what is right: classes, entities, answers, translations, all by keyboard",
            Self::Rank => "Compare answers and click the better one; a live model follows at once",
            Self::Rlhf => "Learn from votes and rewards: reward models, DPO and its family, PPO, GRPO, RLOO",
            Self::Tune => "Teach a trained model a task from labelled rows, and see what it changed",
            Self::Prompt => "Let a model go on from your text, even while it learns",
            Self::Runs => "Every run and its checkpoints: compare, resume, rename, delete",
            Self::Learn => "Short lessons over this very program",
        }
    }

    /// The name under which the last page is remembered.
    pub fn key(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Pretrain => "pretrain",
            Self::Label => "label",
            Self::Tune => "tune",
            Self::Rank => "rank",
            Self::Rlhf => "rlhf",
            Self::Prompt => "prompt",
            Self::Runs => "runs",
            Self::Learn => "learn",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|page| page.key() == key)
    }
}
