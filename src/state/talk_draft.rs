//! What is typed into chats, composed prompts, stages and the library, and not yet done. Owned by the window.

use super::few_shot::FewShotDraft;
use super::prompt_library::LibraryDraft;
use super::stages::StagesDraft;

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct TalkDraft {
    pub chat: ChatDraft,
    pub few: FewShotDraft,
    pub stages: StagesDraft,
    pub library: LibraryDraft,
}

/// The chat view.
#[derive(Clone, Debug, Default)]
pub struct ChatDraft {
    pub input: String,
    pub search: String,
    /// The turn whose words are being changed, and the new ones.
    pub editing: Option<(usize, String)>,
    /// The conversation whose name is being changed, and the new one.
    pub renaming: Option<(i64, String)>,
    /// The system message is open to be written.
    pub system: bool,
    /// The text exactly as the model reads it is shown.
    pub raw: bool,
}
