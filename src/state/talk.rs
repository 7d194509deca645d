//! Conversations, composed prompts, stages and the library of prompts: what the views of the Prompt page besides the plain one know. Draws nothing.

use super::chat::{ChatAction, ChatState};
use super::few_shot::{FewShotAction, FewShotState};
use super::prompt_length::LengthState;
use super::prompt_library::{LibraryAction, LibraryState};
use super::stages::{StagesAction, StagesState};
use super::{Action, AppState, Level, choices};
use crate::engine::Command;
use crate::engine::command::{JobId, KeepCommand, ModelSource, Worker};
use crate::engine::event::{GenerateResult, TalkEvent};

/// All that these views know.
#[derive(Clone, Debug, Default)]
pub struct TalkState {
    pub chat: ChatState,
    pub few: FewShotState,
    pub stages: StagesState,
    pub library: LibraryState,
    pub length: LengthState,
}

/// What a person can do there.
#[derive(Clone, Debug, PartialEq)]
pub enum TalkAction {
    Chat(ChatAction),
    FewShot(FewShotAction),
    Stages(StagesAction),
    Library(LibraryAction),
    /// Counts the tokens of a prompt that is being typed.
    Measure {
        source: ModelSource,
        text: String,
    },
}

impl AppState {
    pub(super) fn apply_talk(&mut self, action: TalkAction) -> Vec<Command> {
        match action {
            TalkAction::Chat(action) => self.apply_chat(action),
            TalkAction::FewShot(action) => self.apply_few_shot(action),
            TalkAction::Stages(action) => self.apply_stages(action),
            TalkAction::Library(action) => self.apply_library(action),
            TalkAction::Measure { source, text } => self.measure_prompt(source, text),
        }
    }

    /// The weights that write here: those chosen on the page if they write text, else the newest that do.
    pub fn writing_source(&self) -> Option<ModelSource> {
        let writes = |source: &ModelSource| match source {
            ModelSource::Live => !self.is_encoder(*source),
            ModelSource::Checkpoint(id) => choices::writers(&self.library).any(|row| row.id == *id),
        };
        let newest = || choices::writers(&self.library).last().map(|row| ModelSource::Checkpoint(row.id));
        self.prompt_source().filter(writes).or_else(newest)
    }

    pub(super) fn talk_came(&mut self, event: TalkEvent) -> Vec<Command> {
        match event {
            TalkEvent::Listed { search, conversations, prompts } => {
                self.talk.library.kept = prompts;
                self.talk.chat.listed = true;
                // Something else is looked for meanwhile.
                if search != self.talk.chat.search {
                    return vec![Command::Keep(KeepCommand::List { search: self.talk.chat.search.clone() })];
                }
                self.talk.chat.listed_came(conversations);
                Vec::new()
            }
            TalkEvent::Loaded { row, conversation } => {
                self.talk.chat.loaded(row.id, *conversation);
                Vec::new()
            }
            TalkEvent::Saved { key, id } => self.chat_saved(key, id),
            TalkEvent::RowKept { dataset, row } => {
                let name = choices::dataset(&self.library, dataset).map_or("a new dataset", |it| it.name.as_str());
                let undo =
                    super::DataAction::LeaveOut { dataset, rows: vec![row], annotator: self.label.annotator.clone(), out: true };
                self.notices.offer(
                    Level::Info,
                    format!("The conversation is a row of {name} now"),
                    "Take it back",
                    Action::Data(undo),
                );
                Vec::new()
            }
            TalkEvent::VoteKept { dataset, annotator } => {
                let undo = Action::Talk(TalkAction::Chat(ChatAction::TakeVoteBack { dataset, annotator }));
                self.notices.offer(Level::Info, "Your vote is saved, with all answers", "Take it back", undo);
                Vec::new()
            }
            TalkEvent::Judged { job, step, answers } => {
                self.jobs.finish(job);
                self.talk.stages.judged(job, step, answers);
                Vec::new()
            }
            TalkEvent::Counted { job, tokens, context, text } => {
                self.jobs.finish(job);
                self.talk.length.counted(job, &tokens, context);
                self.talk.chat.counted(job, tokens, context, text);
                Vec::new()
            }
            TalkEvent::Composed { job, composed } => {
                self.jobs.finish(job);
                self.talk.few.composed_came(job, composed);
                Vec::new()
            }
        }
    }

    /// An answer that ended, if one of these views asked for it.
    pub(super) fn talk_generated(&mut self, job: JobId, result: &GenerateResult) -> Vec<Command> {
        self.talk.few.generated(job, result);
        self.talk.stages.generated(job, result);
        self.chat_generated(job, result)
    }
}

impl TalkState {
    pub(super) fn token_came(&mut self, job: JobId, text: &str) {
        self.chat.token_came(job, text);
        self.few.token_came(job, text);
        self.stages.token_came(job, text);
    }

    /// Takes a failure that belongs to something here; false if it is not its own.
    pub(super) fn failed(&mut self, job: JobId, message: &str) -> bool {
        self.end(|of| of == job, Some(message))
    }

    pub(super) fn cancelled(&mut self, job: JobId) {
        self.end(|of| of == job, None);
    }

    pub(super) fn died(&mut self, worker: Worker) {
        match worker {
            Worker::Trainer => {
                self.end(|_| true, Some("The trainer stopped before it could answer; ask again"));
            }
            Worker::Librarian => self.chat.refused(),
            Worker::Importer => {}
        }
    }

    fn end(&mut self, which: impl Fn(JobId) -> bool, message: Option<&str>) -> bool {
        let chat = self.chat.end(&which, message);
        let few = self.few.end(&which, message);
        let stages = self.stages.end(&which, message);
        self.length.end(&which) || chat || few || stages
    }
}
