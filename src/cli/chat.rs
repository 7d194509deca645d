//! `lyceum chat`: turns with a model, from the terminal or from flags, kept in the project. Knows no training.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use super::chat_arguments::ChatArguments;
use super::checkpoints::Need;
use super::prompt::check_sampling;
use super::session::{Access, Session};
use crate::data::conversation::{Conversation, Writer};
use crate::data::supervised::Role;
use crate::engine::command::{CheckpointId, GenerateRequest, KeepCommand, Sampling, TalkCommand};
use crate::engine::event::{EndReason, GenerateResult, TalkEvent};
use crate::engine::talk::{Asked, Weights};
use crate::engine::{Command, Event};
use crate::state::format::plural;
use crate::state::prompt::why_ended;

/// What it does with the project.
pub fn access(arguments: &ChatArguments) -> Access {
    if arguments.no_keep || arguments.list.is_some() { Access::Read } else { Access::Write }
}

/// What the program itself hears.
const HELP: &str = "/again draws another answer, /system TEXT changes the system message, /new begins anew, /quit ends it";

/// "/hlep", but not "/usr/bin".
fn is_slash_word(word: &str) -> bool {
    word.strip_prefix('/').is_some_and(|rest| !rest.is_empty() && rest.chars().all(char::is_alphabetic))
}

/// A conversation under way.
struct Talk<'a> {
    session: &'a mut Session,
    arguments: &'a ChatArguments,
    checkpoint: CheckpointId,
    model: String,
    id: Option<i64>,
    conversation: Conversation,
}

pub fn chat(session: &mut Session, arguments: &ChatArguments) -> Result<()> {
    if let Some(search) = &arguments.list {
        return list(session, search);
    }
    check_sampling(&request(arguments, 0).sampling)?;
    let row = session.asked(&arguments.source.checkpoint, arguments.source.run.as_deref(), Need::Writer)?;
    let (checkpoint, model) = (row.id, crate::state::choices::checkpoint_name(&session.library, &row));
    let conversation = arguments.conversation.map_or_else(|| Ok(Conversation::default()), |id| load(session, id))?;
    let mut talk = Talk { session, arguments, checkpoint, model, id: arguments.conversation, conversation };
    if let Some(system) = &arguments.system {
        talk.conversation.system.clone_from(system);
    }
    talk.conversation.template =
        arguments.template.map(super::tune_arguments::TemplateName::builtin).or(talk.conversation.template);
    if arguments.message.is_empty() {
        talk.listen()?;
    }
    for message in &arguments.message {
        let text = if message == "-" { from_stdin()? } else { message.clone() };
        if !talk.hear(text.trim())? {
            break;
        }
    }
    let (id, turns) = (talk.id, talk.conversation.len());
    session.out.event(&json!({ "event": "done", "checkpoint": checkpoint, "conversation": id, "turns": turns }))?;
    Ok(())
}

fn list(session: &mut Session, search: &str) -> Result<()> {
    session.send(Command::Keep(KeepCommand::List { search: search.to_owned() }));
    let rows = session.until(None, |_, event| {
        Ok(if let Event::Talk(TalkEvent::Listed { conversations, .. }) = event { Some(conversations) } else { None })
    })?;
    if rows.is_empty() {
        session.out.line("No conversation is kept here yet; `lyceum chat` begins one")?;
    }
    for row in &rows {
        session.out.line(&format!("{:>5}  {:>9}  {}", row.id, plural(row.turns, "turn", "turns"), row.name))?;
        let event =
            json!({ "event": "conversation", "id": row.id, "name": row.name, "turns": row.turns, "changed_at": row.changed_at });
        session.out.event(&event)?;
    }
    session.out.event(&json!({ "event": "done", "conversations": rows.len() }))?;
    Ok(())
}

fn load(session: &mut Session, id: i64) -> Result<Conversation> {
    session.send(Command::Keep(KeepCommand::Load { conversation: id }));
    session.until(None, |_, event| {
        Ok(if let Event::Talk(TalkEvent::Loaded { conversation, .. }) = event { Some(*conversation) } else { None })
    })
}

impl Talk<'_> {
    /// Turns from the terminal, one a line, until its end.
    fn listen(&mut self) -> Result<()> {
        let terminal = io::stdin().is_terminal();
        let mut line = String::new();
        loop {
            if terminal {
                self.session.out.stream("> ")?;
            }
            line.clear();
            if io::stdin().lock().read_line(&mut line).context("The turn cannot be read as UTF-8 text")? == 0 {
                return Ok(());
            }
            let said = line.trim();
            if said.is_empty() {
                continue;
            }
            // At the terminal a turn that failed does not end the conversation.
            match self.hear(said) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(error) if terminal && !error.is::<io::Error>() => self.session.out.warning(&format!("{error:#}"))?,
                Err(error) => return Err(error),
            }
        }
    }

    /// A turn, or a word to the program, which begins with a slash. False: the talk is over.
    fn hear(&mut self, said: &str) -> Result<bool> {
        match said.split_once(char::is_whitespace).unwrap_or((said, "")) {
            ("/quit" | "/exit" | "exit" | "quit", "") => return Ok(false),
            ("/help", _) => self.session.out.line(HELP)?,
            ("/new", _) => {
                self.id = None;
                let (system, template) = (std::mem::take(&mut self.conversation.system), self.conversation.template);
                self.conversation = Conversation::new(system, template);
                self.session.out.note("A new conversation begins")?;
            }
            ("/system", text) => {
                text.trim().clone_into(&mut self.conversation.system);
                let told = if text.trim().is_empty() { "No system message now" } else { "The system message is changed" };
                self.session.out.note(told)?;
            }
            ("/again", _) => self.again()?,
            (word, _) if is_slash_word(word) => self.session.out.warning(&format!("There is no {word}; {HELP}"))?,
            _ => self.say(said)?,
        }
        Ok(true)
    }

    fn say(&mut self, text: &str) -> Result<()> {
        if text.is_empty() {
            bail!("The turn is empty; write something");
        }
        let last = self.conversation.path().last().copied();
        let unanswered = last.and_then(|last| self.conversation.turn(last)).filter(|turn| turn.role == Role::User);
        let parent = unanswered.map_or(last, |turn| turn.parent);
        let turn = self.conversation.add(parent, Role::User, text, None);
        self.answer(turn, 0)
    }

    /// Another answer to the last turn.
    fn again(&mut self) -> Result<()> {
        let last = self.conversation.path().last().copied().context("Nothing was said yet")?;
        match self.conversation.turn(last).filter(|turn| turn.role == Role::Assistant).and_then(|turn| turn.parent) {
            Some(asked) => self.answer(asked, self.conversation.siblings(last).len() as u64),
            None => self.answer(last, 0),
        }
    }

    fn answer(&mut self, turn: usize, further: u64) -> Result<()> {
        self.fit(turn)?;
        let seed = self.arguments.seed.wrapping_add(further);
        let request = request(self.arguments, seed);
        let asked = Asked::Turns { turns: self.conversation.messages_to(Some(turn)), template: self.conversation.template };
        let result = answer(self.session, Weights::Checkpoint(self.checkpoint), asked, request)?;
        if result.why_ended == EndReason::Cancelled {
            bail!("Cancelled");
        }
        let text = result.completion.trim();
        if text.is_empty() {
            bail!(
                "The model said nothing ({}); try another seed, or a model that was tuned on chats",
                why_ended(result.why_ended)
            );
        }
        let broken_off = (result.why_ended != EndReason::EndOfText).then(|| why_ended(result.why_ended).to_owned());
        let (model, checkpoint) = (self.model.clone(), Some(self.checkpoint));
        let by = Writer { model, checkpoint, step: result.step, seed, tokens: result.tokens, broken_off };
        self.conversation.add(Some(turn), Role::Assistant, text, Some(by));
        self.keep()?;
        self.session.out.event(&json!({
            "event": "answer", "text": text, "tokens": result.tokens, "prompt_tokens": result.prompt_tokens, "seed": seed,
            "why_ended": super::prompt::why(result.why_ended), "conversation": self.id,
        }))?;
        Ok(())
    }

    /// Leaves the oldest turns out where that is wanted; else says by how much the conversation is too long.
    fn fit(&mut self, turn: usize) -> Result<()> {
        let dropped = self.conversation.dropped;
        let further = self.conversation.cuts(Some(turn)).into_iter().filter(|cut| *cut > dropped);
        let cuts: Vec<usize> = std::iter::once(dropped).chain(further).collect();
        let template = self.conversation.template;
        let way = |cut: &usize| Asked::Turns { turns: self.conversation.read(Some(turn), *cut), template };
        let (asked, job) = (cuts.iter().map(way).collect(), self.session.job());
        self.session.send(Command::Talk(TalkCommand::Count { job, weights: Weights::Checkpoint(self.checkpoint), asked }));
        let (tokens, context) = self.session.until(Some(job), |_, event| {
            let counted =
                if let Event::Talk(TalkEvent::Counted { tokens, context, .. }) = event { Some((tokens, context)) } else { None };
            Ok(counted)
        })?;
        // The answer should have room, but half of the context at most is kept for it.
        let room = self.arguments.max_tokens.min(context / 2);
        let now = match tokens.first() {
            Some(Ok(now)) => *now,
            Some(Err(why)) => bail!("{why}"),
            None => return Ok(()),
        };
        if now + room <= context || now < context && !self.arguments.drop_oldest {
            return Ok(());
        }
        let fits = tokens.iter().position(|tokens| tokens.as_ref().is_ok_and(|tokens| tokens + room <= context));
        match fits.and_then(|place| cuts.get(place)) {
            Some(cut) if self.arguments.drop_oldest => {
                self.conversation.dropped = *cut;
                self.session.out.warning(&format!(
                    "The oldest {} not read any more, so that an answer fits",
                    plural(*cut as u64, "turn is", "turns are")
                ))?;
                Ok(())
            }
            _ => bail!(
                "The conversation has {now} tokens and the model's context holds {context}: {} too many; give --drop-oldest to leave \
                 the oldest turns out",
                now + 1 - context
            ),
        }
    }

    fn keep(&mut self) -> Result<()> {
        if self.arguments.no_keep {
            return Ok(());
        }
        let conversation = Box::new(self.conversation.clone());
        self.session.send(Command::Keep(KeepCommand::Save { key: 0, id: self.id, conversation }));
        let saved = |_: &mut super::output::Output, event| {
            Ok(if let Event::Talk(TalkEvent::Saved { id, .. }) = event { Some(id) } else { None })
        };
        self.id = Some(self.session.until(None, saved)?);
        Ok(())
    }
}

/// One answer, streamed.
pub fn answer(session: &mut Session, weights: Weights, asked: Asked, request: GenerateRequest) -> Result<GenerateResult> {
    let job = session.job();
    session.send(Command::Talk(TalkCommand::Answer { job, weights, asked, request }));
    let result = session.until(Some(job), |out, event| {
        if let Event::Token { job: of, text } = &event
            && *of == job
        {
            out.stream(text)?;
            out.event(&json!({ "event": "token", "text": text }))?;
        }
        Ok(if let Event::Generated { job: of, result } = event { (of == job).then_some(result) } else { None })
    })?;
    session.out.stream("\n")?;
    Ok(result)
}

fn request(arguments: &ChatArguments, seed: u64) -> GenerateRequest {
    let ChatArguments { temperature, top_p, top_k, .. } = *arguments;
    GenerateRequest {
        prompt: String::new(),
        sampling: Sampling { temperature, top_k, top_p, seed, ..Sampling::default() },
        max_tokens: arguments.max_tokens,
        stop: arguments.stop.iter().map(|s| s.replace("\\n", "\n").replace("\\t", "\t")).collect(),
    }
}

fn from_stdin() -> Result<String> {
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).context("The turn on stdin cannot be read as UTF-8 text")?;
    Ok(text)
}
