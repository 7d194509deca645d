//! The chat view: a tree of turns with a model, kept in the project after every turn. Draws nothing.

use super::AppState;
use super::jobs::JobKind;
use super::prompt::why_ended;
use crate::data::conversation::{Conversation, Writer};
use crate::data::supervised::Role;
use crate::engine::Command;
use crate::engine::command::{DatasetId, GenerateRequest, JobId, KeepCommand, ModelSource, TalkCommand};
use crate::engine::event::{EndReason, GenerateResult};
use crate::engine::feedback::FeedbackCommand;
use crate::engine::talk::{Asked, ConversationRow, Weights};
use crate::tokenizer::Builtin;

/// What a person can do in a chat. A request says how tokens are drawn; its prompt is not read.
#[derive(Clone, Debug, PartialEq)]
pub enum ChatAction {
    /// Ask for the list, once.
    Need,
    Search(String),
    New,
    Open(i64),
    Rename {
        id: i64,
        name: String,
    },
    Delete(i64),
    Restore(i64),
    System(String),
    Template(Option<Builtin>),
    Send {
        text: String,
        request: GenerateRequest,
    },
    /// Other words in place of this turn, beside it; a person's turn is answered again.
    Edit {
        turn: usize,
        text: String,
        request: GenerateRequest,
    },
    /// Another answer beside this one, or the first one after a person's turn.
    Again {
        turn: usize,
        request: GenerateRequest,
    },
    Show(usize),
    /// These many turns at the beginning are not read any more.
    Drop(usize),
    Stop,
    /// Counts the tokens of what is shown, by these weights.
    Count(ModelSource),
    /// What is shown as a row to fine-tune on.
    KeepRow {
        dataset: Option<DatasetId>,
        name: String,
    },
    /// This answer is better than those beside it.
    Prefer {
        turn: usize,
        dataset: Option<DatasetId>,
        name: String,
    },
    TakeVoteBack {
        dataset: DatasetId,
        annotator: String,
    },
}

/// An answer on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    pub job: JobId,
    /// The turn that is answered.
    pub after: usize,
    pub text: String,
    pub model: String,
    source: ModelSource,
    seed: u64,
}

/// How much of the context a conversation takes.
#[derive(Clone, Debug, PartialEq)]
pub struct ChatCount {
    revision: u64,
    weights: Weights,
    /// Turns left out at the beginning, with the tokens that are left then; the first leaves out what the conversation does.
    pub ways: Vec<(usize, Result<usize, String>)>,
    pub context: usize,
    /// Exactly as the model reads it.
    pub text: String,
}

impl ChatCount {
    /// Tokens now.
    pub fn tokens(&self) -> Option<usize> {
        self.ways.first().and_then(|(_, tokens)| tokens.as_ref().ok()).copied()
    }

    /// Why the conversation cannot be read.
    pub fn refusal(&self) -> Option<&str> {
        self.ways.first().and_then(|(_, tokens)| tokens.as_ref().err()).map(String::as_str)
    }

    /// The fewest turns to leave out so that these many tokens of an answer fit.
    pub fn cut_for(&self, room: usize) -> Option<usize> {
        let fits = |tokens: usize| tokens + room.min(self.context / 2) <= self.context;
        let found = self.ways.iter().skip(1).find(|(_, tokens)| tokens.as_ref().is_ok_and(|tokens| fits(*tokens)));
        found.map(|(cut, _)| *cut)
    }
}

/// All that the view knows.
#[derive(Clone, Debug, Default)]
pub struct ChatState {
    pub rows: Vec<ConversationRow>,
    pub listed: bool,
    pub search: String,
    /// None: not saved yet.
    pub id: Option<i64>,
    pub conversation: Conversation,
    pub reply: Option<Reply>,
    pub failure: Option<String>,
    pub count: Option<ChatCount>,
    counting: Option<(JobId, u64, Weights, Vec<usize>)>,
    /// Tells this conversation from others while it has no number.
    key: u64,
    /// Changes so far, and how many of them are on the disk or on their way.
    revision: u64,
    sent: u64,
    saving: bool,
}

impl ChatState {
    /// The conversation's name, if it has been kept.
    pub fn name(&self) -> Option<&str> {
        self.rows.iter().find(|row| Some(row.id) == self.id).map(|row| row.name.as_str())
    }

    /// Whether the count is of what is shown now.
    pub fn is_counted(&self, source: ModelSource) -> bool {
        let wanted = (self.revision, Weights::from(source));
        let known = self.count.as_ref().is_some_and(|count| (count.revision, count.weights) == wanted);
        known || self.counting.as_ref().is_some_and(|(_, revision, weights, _)| (*revision, *weights) == wanted)
    }

    pub(super) fn listed_came(&mut self, rows: Vec<ConversationRow>) {
        self.rows = rows;
    }

    pub(super) fn loaded(&mut self, id: i64, conversation: Conversation) {
        self.fresh();
        self.id = Some(id);
        self.conversation = conversation;
    }

    /// Another conversation begins.
    fn fresh(&mut self) {
        self.key += 1;
        self.revision += 1;
        (self.id, self.reply, self.failure, self.count, self.saving) = (None, None, None, None, false);
        self.conversation = Conversation::default();
        self.sent = self.revision;
    }

    pub(super) fn counted(&mut self, job: JobId, tokens: Vec<Result<usize, String>>, context: usize, text: String) {
        if let Some((_, revision, weights, cuts)) = self.counting.take_if(|counting| counting.0 == job) {
            let ways = cuts.into_iter().zip(tokens).collect();
            self.count = Some(ChatCount { revision, weights, ways, context, text });
        }
    }

    pub(super) fn token_came(&mut self, job: JobId, text: &str) {
        if let Some(reply) = self.reply.as_mut().filter(|reply| reply.job == job) {
            reply.text.push_str(text);
        }
    }

    pub(super) fn end(&mut self, which: &impl Fn(JobId) -> bool, message: Option<&str>) -> bool {
        let mut own = false;
        if self.reply.take_if(|reply| which(reply.job)).is_some() {
            (self.failure, own) = (message.map(str::to_owned), true);
        }
        if let Some((_, revision, weights, _)) = self.counting.take_if(|counting| which(counting.0)) {
            // Not asked again until something changes.
            let ways = vec![(0, Err(message.unwrap_or("The tokens were not counted").to_owned()))];
            self.count = Some(ChatCount { revision, weights, ways, context: 0, text: String::new() });
            own = true;
        }
        own
    }

    /// The librarian could not save: the next change tries again.
    pub(super) fn refused(&mut self) {
        if std::mem::take(&mut self.saving) {
            self.sent = self.sent.saturating_sub(1);
        }
    }
}

impl AppState {
    pub(super) fn apply_chat(&mut self, action: ChatAction) -> Vec<Command> {
        let chat = &mut self.talk.chat;
        match action {
            ChatAction::Need => {
                let search = chat.search.clone();
                return if std::mem::replace(&mut chat.listed, true) { Vec::new() } else { list(search) };
            }
            ChatAction::Search(search) => {
                chat.search.clone_from(&search);
                return list(search);
            }
            ChatAction::New => {
                let commands = self.stop_chat();
                self.talk.chat.fresh();
                return commands;
            }
            ChatAction::Open(id) => {
                let mut commands = self.stop_chat();
                commands.push(Command::Keep(KeepCommand::Load { conversation: id }));
                return commands;
            }
            ChatAction::Rename { id, name } => {
                return vec![Command::Keep(KeepCommand::Rename { conversation: id, name })];
            }
            ChatAction::Delete(id) => {
                if chat.id == Some(id) {
                    chat.fresh();
                }
                return vec![Command::Keep(KeepCommand::Delete { conversation: id, deleted: true })];
            }
            ChatAction::Restore(id) => {
                let back = Command::Keep(KeepCommand::Delete { conversation: id, deleted: false });
                return vec![back, Command::Keep(KeepCommand::Load { conversation: id })];
            }
            ChatAction::System(text) => chat.conversation.system = text,
            ChatAction::Template(template) => chat.conversation.template = template,
            ChatAction::Send { text, request } => return self.send(&text, request),
            ChatAction::Edit { turn, text, request } => return self.edit(turn, &text, request),
            ChatAction::Again { turn, request } => return self.ask_again(turn, request),
            ChatAction::Show(turn) => chat.conversation.show(turn),
            ChatAction::Drop(turns) => chat.conversation.dropped = turns,
            ChatAction::Stop => return self.stop_chat(),
            ChatAction::Count(source) => return self.count_chat(source),
            ChatAction::KeepRow { dataset, name } => return self.keep_row(dataset, name),
            ChatAction::Prefer { turn, dataset, name } => return self.prefer(turn, dataset, name),
            ChatAction::TakeVoteBack { dataset, annotator } => {
                return vec![Command::Feedback(FeedbackCommand::Undo { dataset, annotator })];
            }
        }
        self.changed()
    }

    fn send(&mut self, text: &str, request: GenerateRequest) -> Vec<Command> {
        let conversation = &mut self.talk.chat.conversation;
        let last = conversation.path().last().copied();
        // What was never answered is said anew, beside it.
        let unanswered = last.and_then(|last| conversation.turn(last)).filter(|turn| turn.role == Role::User);
        let parent = unanswered.map_or(last, |turn| turn.parent);
        let turn = conversation.add(parent, Role::User, text, None);
        let mut commands = self.ask(turn, request);
        commands.extend(self.changed());
        commands
    }

    fn edit(&mut self, turn: usize, text: &str, request: GenerateRequest) -> Vec<Command> {
        let conversation = &mut self.talk.chat.conversation;
        let Some((parent, role)) = conversation.turn(turn).map(|known| (known.parent, known.role)) else { return Vec::new() };
        let edited = conversation.add(parent, role, text, None);
        let mut commands = if role == Role::User { self.ask(edited, request) } else { Vec::new() };
        commands.extend(self.changed());
        commands
    }

    fn ask_again(&mut self, turn: usize, mut request: GenerateRequest) -> Vec<Command> {
        let conversation = &self.talk.chat.conversation;
        let Some(known) = conversation.turn(turn) else { return Vec::new() };
        let Some(asked) = known.parent.filter(|_| known.role == Role::Assistant) else { return self.ask(turn, request) };
        // Other draws than those of the answers that stand there.
        request.sampling.seed = request.sampling.seed.wrapping_add(conversation.siblings(turn).len() as u64);
        self.ask(asked, request)
    }

    /// Has a person's turn answered.
    fn ask(&mut self, turn: usize, request: GenerateRequest) -> Vec<Command> {
        let Some(source) = self.writing_source() else { return Vec::new() };
        let mut commands = self.stop_chat();
        let job = self.jobs.start(JobKind::Generate, "Answering in a chat");
        let (model, seed) = (self.source_name(source), request.sampling.seed);
        let chat = &mut self.talk.chat;
        let (turns, template) = (chat.conversation.messages_to(Some(turn)), chat.conversation.template);
        chat.failure = None;
        chat.reply = Some(Reply { job, after: turn, text: String::new(), model, source, seed });
        let asked = Asked::Turns { turns, template };
        commands.push(Command::Talk(TalkCommand::Answer { job, weights: source.into(), asked, request }));
        commands
    }

    fn stop_chat(&mut self) -> Vec<Command> {
        let job = self.talk.chat.reply.as_ref().map(|reply| reply.job);
        job.and_then(|job| self.jobs.cancel(job)).into_iter().collect()
    }

    pub(super) fn chat_generated(&mut self, job: JobId, result: &GenerateResult) -> Vec<Command> {
        let chat = &mut self.talk.chat;
        let Some(reply) = chat.reply.take_if(|reply| reply.job == job) else { return Vec::new() };
        let text = result.completion.trim().to_owned();
        if text.is_empty() {
            let why = why_ended(result.why_ended);
            chat.failure = Some(format!("The model said nothing ({why}); try another seed, or a model that was tuned on chats"));
            return Vec::new();
        }
        let broken_off = (result.why_ended != EndReason::EndOfText).then(|| why_ended(result.why_ended).to_owned());
        let checkpoint = if let ModelSource::Checkpoint(id) = reply.source { Some(id) } else { None };
        let Reply { after, model, seed, .. } = reply;
        let by = Writer { model, checkpoint, step: result.step, seed, tokens: result.tokens, broken_off };
        chat.conversation.add(Some(after), Role::Assistant, text, Some(by));
        self.changed()
    }

    /// Something changed: it is saved, once what is on its way has arrived.
    fn changed(&mut self) -> Vec<Command> {
        self.talk.chat.revision += 1;
        self.save_chat()
    }

    fn save_chat(&mut self) -> Vec<Command> {
        if self.why_not_write().is_some() {
            return Vec::new();
        }
        let chat = &mut self.talk.chat;
        if chat.saving || chat.sent == chat.revision || chat.conversation.is_empty() {
            return Vec::new();
        }
        (chat.saving, chat.sent) = (true, chat.revision);
        let conversation = Box::new(chat.conversation.clone());
        vec![Command::Keep(KeepCommand::Save { key: chat.key, id: chat.id, conversation })]
    }

    pub(super) fn chat_saved(&mut self, key: u64, id: i64) -> Vec<Command> {
        if self.talk.chat.key != key {
            return Vec::new();
        }
        (self.talk.chat.id, self.talk.chat.saving) = (Some(id), false);
        self.save_chat()
    }

    fn count_chat(&mut self, source: ModelSource) -> Vec<Command> {
        if self.talk.chat.is_counted(source) || self.talk.chat.counting.is_some() {
            return Vec::new();
        }
        let job = self.jobs.start(JobKind::Count, "Counting tokens");
        let chat = &mut self.talk.chat;
        let talk = &chat.conversation;
        let last = talk.path().last().copied();
        let dropped = talk.dropped;
        let cuts: Vec<usize> = std::iter::once(dropped).chain(talk.cuts(last).into_iter().filter(|cut| *cut > dropped)).collect();
        let way = |cut: &usize| Asked::Turns { turns: talk.read(last, *cut), template: talk.template };
        let asked = cuts.iter().map(way).collect();
        chat.counting = Some((job, chat.revision, source.into(), cuts));
        vec![Command::Talk(TalkCommand::Count { job, weights: source.into(), asked })]
    }

    /// A conversation's name, or a run's, for what is said of it.
    pub(super) fn conversation_name(&self, id: i64) -> &str {
        self.talk.chat.rows.iter().find(|row| row.id == id).map_or("The conversation", |row| row.name.as_str())
    }
}

fn list(search: String) -> Vec<Command> {
    vec![Command::Keep(KeepCommand::List { search })]
}
