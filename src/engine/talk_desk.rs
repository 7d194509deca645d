//! The librarian's answers about conversations and kept prompts: each is sent when what it says is on the disk. Knows no model.

use serde_json::{Value, json};

use super::command::{KeepCommand, Mapping, Schema, Worker};
use super::event::{Event, TalkEvent};
use super::outbox::Outbox;
use crate::data::import::Row;
use crate::data::supervised::{Example, Message, Reader, Role, Split};
use crate::feedback::FeedbackSettings;
use crate::store::{NewExample, NewQuestion, Project, StoreError};

/// Does what was asked; says whether what the project holds is to be told anew.
pub(super) fn carry_out(project: &mut Project, outbox: &mut Outbox, ask: KeepCommand) -> Result<bool, StoreError> {
    match ask {
        KeepCommand::List { search } => {
            let event = listed(project, search)?;
            outbox.send(Event::Talk(event));
            return Ok(false);
        }
        KeepCommand::Load { conversation } => {
            let (row, conversation) = project.conversation(conversation)?;
            outbox.send(Event::Talk(TalkEvent::Loaded { row, conversation: Box::new(conversation) }));
            return Ok(false);
        }
        KeepCommand::Save { key, id, conversation } => {
            let id = project.save_conversation(id, &conversation)?;
            outbox.send(Event::Talk(TalkEvent::Saved { key, id }));
        }
        KeepCommand::Rename { conversation, name } => project.rename_conversation(conversation, &name)?,
        KeepCommand::Delete { conversation, deleted } => project.set_conversation_deleted(conversation, deleted)?,
        KeepCommand::KeepPrompt(prompt) => project.keep_prompt(&prompt)?,
        KeepCommand::DeletePrompt { prompt, deleted } => project.set_kept_prompt_deleted(prompt, deleted)?,
        KeepCommand::KeepRow { dataset, name, turns } => {
            let mapping = dataset.map_or_else(|| Ok(chats()), |dataset| project.mapping(dataset))?;
            let example = match row_of(&turns, &mapping) {
                Ok(example) => example,
                Err(message) => {
                    outbox.send(Event::Refused { worker: Worker::Librarian, message });
                    return Ok(false);
                }
            };
            let dataset = dataset.map_or_else(|| project.create_rows(&name, &mapping), Ok)?;
            let row = project.add_row(dataset, NewExample { example, split: Split::Train, has_label: true })?;
            outbox.send(Event::Talk(TalkEvent::RowKept { dataset, row }));
            return Ok(true);
        }
        KeepCommand::KeepVote { dataset, name, question, vote, annotator } => {
            let settings = FeedbackSettings::default();
            let dataset = dataset.map_or_else(|| project.create_feedback(&name, Schema::Preference, &settings), Ok)?;
            let votes = vec![(annotator.clone(), *vote)];
            project.add_asked(dataset, &[NewQuestion { question: *question, source: None, split: None, votes }])?;
            outbox.send(Event::Talk(TalkEvent::VoteKept { dataset, annotator }));
            return Ok(true);
        }
    }
    // Lists follow from what changed; a search that is typed asks again.
    let event = listed(project, String::new())?;
    outbox.send(Event::Talk(event));
    Ok(false)
}

fn listed(project: &Project, search: String) -> Result<TalkEvent, StoreError> {
    let conversations = project.conversations(&search)?;
    Ok(TalkEvent::Listed { search, conversations, prompts: project.kept_prompts()? })
}

/// How rows of a new chat dataset are read.
fn chats() -> Mapping {
    Mapping::new(Schema::Messages, vec![("messages".to_owned(), "messages".to_owned())])
}

/// The turns as a row of such a dataset, read as one of its file would be: it goes out again in the same form.
fn row_of(turns: &[Message], mapping: &Mapping) -> Result<Example, String> {
    let (part, sharegpt) = match mapping.schema {
        Schema::Messages => ("messages", false),
        Schema::Conversations => ("conversations", true),
        _ => return Err("This dataset holds no chats; choose one that does, or a new one".to_owned()),
    };
    let column = mapping.columns.iter().find(|(known, _)| known == part).map_or(part, |(_, column)| column.as_str());
    let turn = |turn: &Message| match (sharegpt, turn.role) {
        (false, role) => json!({ "role": role.name(), "content": turn.content }),
        (true, Role::User) => json!({ "from": "human", "value": turn.content }),
        (true, Role::Assistant) => json!({ "from": "gpt", "value": turn.content }),
        (true, role) => json!({ "from": role.name(), "value": turn.content }),
    };
    let value = json!({ column: Value::Array(turns.iter().map(turn).collect()) });
    Reader::new(mapping.clone()).read(&Row::from_json(0, value)).map_err(|why| format!("The conversation is no row: {why}"))
}
