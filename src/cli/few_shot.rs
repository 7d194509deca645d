//! `lyceum generate --examples`: a prompt of examples from a dataset, and its answer held against the truth; and prompts with names to fill in. Knows no model.

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use super::chat_arguments::{ExamplesArguments, OrderName, PickName};
use super::session::Session;
use crate::data::supervised::{FewShot, Pick, ShotOrder, TaskTemplate, fill, variables};
use crate::engine::command::{CheckpointId, TalkCommand};
use crate::engine::event::TalkEvent;
use crate::engine::talk::{ComposeWish, ComposedPrompt, Query, Weights};
use crate::engine::{Command, Event};
use crate::state::few_shot::{Check, check, words_for};
use crate::state::format::plural;

/// The prompt with its values in the places of the names in braces; what has no value, and what has no place, is said.
pub fn filled(prompt: &str, set: &[String]) -> Result<String> {
    if set.is_empty() {
        return Ok(prompt.to_owned());
    }
    let mut values = Vec::new();
    for one in set {
        let (name, value) = one.split_once('=').with_context(|| format!("--set {one} gives no value; write --set NAME=VALUE"))?;
        values.push((name.to_owned(), value.to_owned()));
    }
    let names = variables(prompt);
    let listed = || if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    if let Some((name, _)) = values.iter().find(|(name, _)| !names.contains(&name.as_str())) {
        bail!("The prompt has no {{{name}}}; its names in braces are: {}", listed());
    }
    if let Some(name) = names.iter().find(|name| !values.iter().any(|(known, _)| known == *name)) {
        bail!("{{{name}}} has no value; give --set {name}=VALUE");
    }
    Ok(fill(prompt, &values))
}

/// The prompt of examples that was asked for.
pub fn compose(
    session: &mut Session,
    arguments: &ExamplesArguments,
    checkpoint: CheckpointId,
    typed: Option<&str>,
    seed: u64,
) -> Result<ComposedPrompt> {
    let row = session.dataset(arguments.examples.as_deref())?;
    if !row.schema.is_supervised() {
        bail!("The dataset {} has no labelled rows to show as examples; `lyceum import` brings some", row.name);
    }
    let (dataset, plain) = (row.id, words_for(row));
    let words = |text: &Option<String>, plain: String| text.as_ref().map_or(plain, |text| text.replace("\\n", "\n"));
    let few = FewShot {
        instruction: arguments.instruction.replace("\\n", "\n"),
        pick: match arguments.pick {
            PickName::Random => Pick::Random,
            PickName::Balanced => Pick::Balanced,
            PickName::Nearest => Pick::Nearest,
        },
        order: match arguments.order {
            OrderName::Drawn => ShotOrder::AsPicked,
            OrderName::Reversed => ShotOrder::Reversed,
            OrderName::Shuffled => ShotOrder::Shuffled(seed),
        },
        separator: arguments.separator.replace("\\n", "\n"),
        ..FewShot::new(
            TaskTemplate {
                prompt: words(&arguments.question_words, plain.prompt),
                answer: words(&arguments.answer_words, plain.answer),
            },
            arguments.shots,
            seed,
        )
    };
    let query = typed.map_or(Query::Place(arguments.query), |text| Query::Text(text.to_owned()));
    let wish = ComposeWish { dataset, few, query };
    let composed = ask(session, checkpoint, wish.clone())?;
    if let Some(name) = composed.unknown.first() {
        bail!("{{{name}}} stands for no part of these rows; there are: {}", composed.known.join(", "));
    }
    fit(session, arguments, checkpoint, &wish, composed)
}

fn ask(session: &mut Session, checkpoint: CheckpointId, wish: ComposeWish) -> Result<ComposedPrompt> {
    let job = session.job();
    session.send(Command::Talk(TalkCommand::Compose { job, weights: Weights::Checkpoint(checkpoint), wish: Box::new(wish) }));
    session.until(Some(job), |_, event| {
        Ok(if let Event::Talk(TalkEvent::Composed { composed, .. }) = event { Some(*composed) } else { None })
    })
}

/// Leaves the oldest examples out where that is wanted; else says by how much the prompt is too long.
fn fit(
    session: &mut Session,
    arguments: &ExamplesArguments,
    checkpoint: CheckpointId,
    wish: &ComposeWish,
    composed: ComposedPrompt,
) -> Result<ComposedPrompt> {
    let (tokens, context) = (composed.tokens.first().copied().unwrap_or(0), composed.context);
    if tokens < context {
        return Ok(composed);
    }
    let rows: Vec<usize> = composed.used.iter().map(|example| example.row as usize).collect();
    // Without the oldest of them, each a question of its own, for only so many ways are counted at once.
    let (mut left_out, mut counted) = (0, composed.tokens);
    let cut = loop {
        if let Some(further) = counted.iter().position(|tokens| *tokens < context) {
            break left_out + further;
        }
        left_out += counted.len().max(2) - 1;
        if left_out >= rows.len() {
            bail!(
                "The prompt has {tokens} tokens and the model's context holds {context}, and it is too long even without examples; \
                 shorten the instruction, or ask about another row"
            );
        }
        counted = ask(session, checkpoint, with_rows(wish, rows.get(left_out..)))?.tokens;
    };
    let oldest = plural(cut as u64, "example", "examples");
    if !arguments.drop_oldest {
        bail!(
            "The prompt has {tokens} tokens and the model's context holds {context}: {} too many; give --drop-oldest to leave the oldest \
             {oldest} out, or --shots {}",
            tokens + 1 - context,
            rows.len() - cut
        );
    }
    session.out.warning(&format!("Left the oldest {oldest} out, so that the prompt fits"))?;
    ask(session, checkpoint, with_rows(wish, rows.get(cut..)))
}

/// The same with these rows as examples, in this order.
fn with_rows(wish: &ComposeWish, rows: Option<&[usize]>) -> ComposeWish {
    let pick = Pick::These(rows.unwrap_or_default().to_vec());
    ComposeWish { few: FewShot { pick, order: ShotOrder::AsPicked, ..wish.few.clone() }, ..wish.clone() }
}

/// Tells how an answer stands to the truth, where that is known.
pub fn tell(session: &Session, composed: &ComposedPrompt, answer: &str) -> Result<()> {
    let rows: Vec<i64> = composed.used.iter().map(|example| example.row).collect();
    let verdict = (!composed.truth.is_empty()).then(|| check(&composed.truth, &composed.labels, answer));
    let (name, share) = match verdict {
        None => ("unknown", None),
        Some(Check::Right) => ("right", Some(1.0)),
        Some(Check::Partly(share)) => ("partly", Some(share)),
        Some(Check::Wrong) => ("wrong", Some(0.0)),
        Some(Check::NoLabel) => ("no_label", Some(0.0)),
    };
    session.out.event(&json!({
        "event": "checked", "verdict": name, "score": share, "truth": composed.truth, "examples": rows, "row": composed.query_row,
        "prompt_tokens": composed.tokens.first(), "context": composed.context,
    }))?;
    if verdict.is_some() {
        session.out.line(&format!("\nRight answer: {}  ({})", composed.truth, name.replace('_', " ")))?;
    }
    Ok(())
}
