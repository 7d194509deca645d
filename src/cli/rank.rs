//! `lyceum rank`: questions and votes listed, taken back, written to files. Knows no model.

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use super::arguments::ImportArguments;
use super::data_arguments::SplitName;
use super::output::thousands;
use super::rank_arguments::{
    ListArguments, MendedArguments, RankAction, RankArguments, RankExportArguments, RankFormName, SettingsArguments,
    UndoArguments,
};
use super::session::{Access, Session};
use crate::data::supervised::{LabelTask, Split};
use crate::engine::command::{DatasetId, ImportCommand, LabelSource};
use crate::engine::feedback::{FeedbackCommand, FeedbackEvent, FeedbackState, QuestionQuery, QuestionRow};
use crate::engine::{Command, Event};
use crate::feedback::side_text;
use crate::state::format::{one_line, plural};

/// Letters of a prompt or an answer on a line.
const SHOWN: usize = 100;

pub fn access(arguments: &RankArguments) -> Access {
    match &arguments.action {
        RankAction::List(_) | RankAction::Export(_) | RankAction::Replay(_) | RankAction::Tally(_) => Access::Read,
        RankAction::Import(_)
        | RankAction::Draw(_)
        | RankAction::Vote(_)
        | RankAction::Undo(_)
        | RankAction::Settings(_)
        | RankAction::Mended(_) => Access::Write,
    }
}

pub fn rank(session: &mut Session, arguments: &RankArguments) -> Result<()> {
    match &arguments.action {
        // Ends its own stream.
        RankAction::Import(a) => return super::data::import(session, a, true),
        RankAction::List(a) => list(session, a)?,
        RankAction::Draw(a) => super::rank_draw::draw(session, a)?,
        RankAction::Vote(a) => super::rank_vote::vote(session, a)?,
        RankAction::Undo(a) => undo(session, a)?,
        RankAction::Replay(a) => super::rank_replay::replay(session, a)?,
        RankAction::Tally(a) => super::rank_replay::tally(session, a)?,
        RankAction::Export(a) => export(session, a)?,
        RankAction::Settings(a) => settings(session, a)?,
        RankAction::Mended(a) => mended(session, a)?,
    }
    session.out.event(&json!({ "event": "done" }))?;
    Ok(())
}

/// A dataset with questions, by id or name; the newest if none is asked for.
pub fn dataset(session: &Session, asked: Option<&str>) -> Result<DatasetId> {
    if asked.is_some() {
        let found = session.dataset(asked)?;
        if !found.schema.is_feedback() {
            bail!("The dataset {} has no questions to vote on; `lyceum rank import` brings some", found.name);
        }
        return Ok(found.id);
    }
    let mut all = session.library.datasets.iter().filter(|it| !it.deleted && it.schema.is_feedback());
    Ok(all.next_back().context("The project has no questions to vote on yet; `lyceum rank import FILE` adds some")?.id)
}

/// After an import: the split as asked for, and what there is.
pub fn told(session: &mut Session, dataset: DatasetId, arguments: &ImportArguments) -> Result<()> {
    let mut state = state(session, FeedbackCommand::LoadState { dataset })?;
    if let Some(held_out) = arguments.val {
        if !(0.0..=0.5).contains(&held_out) {
            bail!("Shares kept aside go from 0 to 0.5; at least half of the prompts are to train on");
        }
        let settings = crate::feedback::FeedbackSettings { held_out, seed: arguments.seed, ..state.settings };
        state = self::state(session, FeedbackCommand::SaveSettings { dataset, settings })?;
    }
    tell_state(session, dataset, &state)
}

/// Sends what is answered by the state of a dataset.
pub fn state(session: &mut Session, ask: FeedbackCommand) -> Result<FeedbackState> {
    session.send(Command::Feedback(ask));
    session.until(None, |_, event| {
        Ok(if let Event::Feedback(FeedbackEvent::State { state, .. }) = event { Some(state) } else { None })
    })
}

pub fn tell_state(session: &Session, dataset: DatasetId, state: &FeedbackState) -> Result<()> {
    let it = &state.progress;
    let part = |split| it.by_split.get(&split).copied().unwrap_or(0);
    let [train, validation, test] = Split::ALL.map(part);
    session.out.line(&format!(
        "{} ({} to train on, {} to validate, {} to test), {}: {}, {}, {} skipped",
        plural(it.questions, "question", "questions"),
        thousands(train),
        thousands(validation),
        thousands(test),
        plural(it.votes, "vote", "votes"),
        plural(it.pairs, "pair", "pairs"),
        plural(it.ties, "tie", "ties"),
        thousands(it.skipped)
    ))?;
    session.out.event(&json!({
        "event": "feedback", "dataset": dataset, "questions": it.questions, "no_answers": it.no_answers, "voted": it.voted,
        "votes": it.votes, "pairs": it.pairs, "ties": it.ties, "all_bad": it.all_bad, "skipped": it.skipped,
        "flagged": it.flagged, "edited": it.edited, "train": train, "validation": validation, "test": test,
        "annotators": it.by_annotator,
    }))?;
    Ok(())
}

fn list(session: &mut Session, arguments: &ListArguments) -> Result<()> {
    let dataset = dataset(session, arguments.dataset.as_deref())?;
    let state = state(session, FeedbackCommand::LoadState { dataset })?;
    tell_state(session, dataset, &state)?;
    let query = QuestionQuery {
        filter: arguments.filter.filter(),
        annotator: arguments.annotator.clone(),
        search: arguments.search.clone(),
        split: arguments.split.map(SplitName::split),
    };
    let (offset, limit) = (arguments.offset, arguments.show);
    session.send(Command::Feedback(FeedbackCommand::LoadQuestions { dataset, query, offset, limit }));
    let page = session.until(None, |_, event| {
        Ok(if let Event::Feedback(FeedbackEvent::Questions { page, .. }) = event { Some(page) } else { None })
    })?;
    page.rows.iter().try_for_each(|row| tell_question(session, row))?;
    let shown = page.rows.len() as u64;
    if page.total > offset + shown {
        session.out.line(&format!("and {} more; --offset and --show reach them", thousands(page.total - offset - shown)))?;
    }
    Ok(())
}

fn tell_question(session: &Session, row: &QuestionRow) -> Result<()> {
    session.out.line(&format!("{:>5}  {}", row.id, one_line(&side_text(&row.question.prompt), SHOWN)))?;
    for (i, candidate) in row.question.candidates.iter().enumerate() {
        session.out.line(&format!("       {}: {}", i + 1, one_line(&candidate.text, SHOWN)))?;
    }
    for (annotator, vote) in &row.votes {
        session.out.line(&format!("       {annotator}: {}", vote.verdict.in_words()))?;
    }
    let votes: Vec<_> = row.votes.iter().map(|(who, vote)| json!({ "annotator": who, "vote": vote })).collect();
    session.out.event(&json!({
        "event": "question", "question": row.id, "split": row.split.name(), "prompt": row.question.prompt,
        "candidates": row.question.candidates, "repeats": row.question.repeats, "votes": votes,
    }))?;
    Ok(())
}

fn undo(session: &mut Session, arguments: &UndoArguments) -> Result<()> {
    let dataset = dataset(session, arguments.dataset.as_deref())?;
    let annotator = arguments.annotator.clone();
    session.send(Command::Feedback(if arguments.redo {
        FeedbackCommand::Redo { dataset, annotator }
    } else {
        FeedbackCommand::Undo { dataset, annotator }
    }));
    let done = session.until(None, |_, event| {
        Ok(if let Event::Feedback(FeedbackEvent::Voted { done, .. }) = event { Some(done) } else { None })
    })?;
    let what = if arguments.redo { "do again" } else { "take back" };
    let Some(done) = done else { bail!("{} has nothing to {what} in this dataset", arguments.annotator) };
    let now = done.vote.as_ref().map_or_else(|| "no vote".to_owned(), |vote| vote.verdict.in_words());
    session.out.line(&format!("Question {}: {} has {now} now", done.question, arguments.annotator))?;
    let (question, event) = (done.question, done.event);
    session.out.event(&json!({ "event": "voted", "number": event, "question": question, "vote": done.vote }))?;
    Ok(())
}

/// Changes what is named, and shows all.
fn settings(session: &mut Session, arguments: &SettingsArguments) -> Result<()> {
    let dataset = dataset(session, arguments.dataset.as_deref())?;
    let mut state = state(session, FeedbackCommand::LoadState { dataset })?;
    let before = state.settings.clone();
    let named = |list: &Option<Vec<String>>, before: &[String]| {
        let list = list.as_deref().unwrap_or(before).iter().map(|name| name.trim().to_owned());
        list.filter(|name| !name.is_empty()).collect::<Vec<_>>()
    };
    let settings = crate::feedback::FeedbackSettings {
        guidelines: arguments.guidelines.clone().unwrap_or_else(|| before.guidelines.clone()),
        criteria: named(&arguments.criteria, &before.criteria),
        reasons: named(&arguments.reasons, &before.reasons),
        ..before.clone()
    };
    if settings != before {
        state = self::state(session, FeedbackCommand::SaveSettings { dataset, settings })?;
    }
    let it = &state.settings;
    session.out.line(&format!("Guidelines: {}", if it.guidelines.is_empty() { "none" } else { &it.guidelines }))?;
    session.out.line(&format!("Criteria: {}", it.criteria.join(", ")))?;
    session.out.line(&format!("Words: {}", it.reasons.join(", ")))?;
    session.out.event(&json!({
        "event": "settings", "dataset": dataset, "guidelines": it.guidelines, "criteria": it.criteria, "reasons": it.reasons,
    }))?;
    Ok(())
}

fn mended(session: &mut Session, arguments: &MendedArguments) -> Result<()> {
    let source = LabelSource::Mended(dataset(session, arguments.dataset.as_deref())?);
    let (job, name) = (session.job(), arguments.name.clone());
    session.send(Command::Import(ImportCommand::CreateLabelling {
        job,
        source,
        task: LabelTask::Output,
        labels: Vec::new(),
        name,
    }));
    let (dataset, rows) = session.until(Some(job), |_, event| {
        Ok(if let Event::Imported { dataset, rows, .. } = event { Some((dataset, rows)) } else { None })
    })?;
    let rows_told = plural(rows, "mended answer", "mended answers");
    session.out.line(&format!("Made dataset {dataset} ({}) of {rows_told}; `lyceum sft` learns from it", arguments.name))?;
    session.out.event(&json!({ "event": "imported", "dataset": dataset, "name": arguments.name, "rows": rows }))?;
    Ok(())
}

fn export(session: &mut Session, arguments: &RankExportArguments) -> Result<()> {
    let dataset = dataset(session, arguments.dataset.as_deref())?;
    let job = session.job();
    session.send(Command::Import(ImportCommand::ExportFeedback {
        job,
        dataset,
        form: arguments.form.map(RankFormName::form),
        split: arguments.split.map(SplitName::split),
        path: arguments.out.clone(),
    }));
    let written = session.until(Some(job), |_, event| {
        if let Event::Feedback(FeedbackEvent::Exported { job: done, written, .. }) = event {
            return Ok((done == job).then_some(written));
        }
        Ok(None)
    })?;
    session.out.line(&format!(
        "Wrote {} to {}; {} and {} have no place in it",
        plural(written.rows, "row", "rows"),
        arguments.out.display(),
        plural(written.ties, "tie", "ties"),
        plural(written.left_out, "other vote", "other votes")
    ))?;
    session.out.event(&json!({
        "event": "exported", "dataset": dataset, "path": arguments.out, "rows": written.rows, "ties": written.ties,
        "left_out": written.left_out,
    }))?;
    Ok(())
}
