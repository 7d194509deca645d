//! `lyceum rank vote`: one vote from flags, or many from stdin, checked before any is saved. Knows no model.

use std::collections::BTreeMap;
use std::io::BufRead as _;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::json;

use super::rank::{dataset, state, tell_state};
use super::rank_arguments::{StrengthName, Thumb, VoteArguments};
use super::session::Session;
use crate::engine::command::DatasetId;
use crate::engine::feedback::{Ballot, FeedbackCommand, FeedbackEvent, QuestionQuery};
use crate::engine::{Command, Event};
use crate::feedback::{Strength, Verdict, Vote};
use crate::state::format::plural;

/// Questions asked for at once.
const PAGE: u32 = 1000;

/// A vote as a script writes it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct TypedVote {
    question: Option<i64>,
    annotator: Option<String>,
    ranks: Option<Vec<u32>>,
    strength: Option<Strength>,
    thumbs: Option<Vec<Option<bool>>>,
    rated: Option<Vec<BTreeMap<String, u8>>>,
    all_bad: bool,
    skip: bool,
    order: Option<Vec<usize>>,
    seconds: f64,
    tags: Vec<Vec<String>>,
    edited: Option<(usize, String)>,
    flagged: bool,
    note: String,
}

pub fn vote(session: &mut Session, arguments: &VoteArguments) -> Result<()> {
    let dataset = dataset(session, arguments.dataset.as_deref())?;
    let answers = answers(session, dataset)?;
    if arguments.stdin {
        let ballots = from_stdin(dataset, arguments.annotator.as_deref(), &answers)?;
        let n = ballots.len() as u64;
        let state = state(session, FeedbackCommand::VoteAll { dataset, ballots })?;
        session.out.line(&format!("Saved {}", plural(n, "vote", "votes")))?;
        session.out.event(&json!({ "event": "voted", "dataset": dataset, "votes": n }))?;
        return tell_state(session, dataset, &state);
    }
    let typed = TypedVote {
        question: arguments.question,
        annotator: arguments.annotator.clone(),
        ranks: arguments.ranks.clone(),
        strength: arguments.strength.map(StrengthName::strength),
        thumbs: arguments.thumbs.as_ref().map(|thumbs| thumbs.iter().copied().map(Thumb::said).collect()),
        all_bad: arguments.all_bad,
        skip: arguments.skip,
        ..TypedVote::default()
    };
    let ballot = ballot(typed, dataset, None, &answers)?;
    let words = format!("Question {}: {} by {}", ballot.question, ballot.vote.verdict.in_words(), ballot.annotator);
    session.send(Command::Feedback(FeedbackCommand::Vote(ballot)));
    let done = session
        .until(None, |_, event| Ok(if let Event::Feedback(FeedbackEvent::Voted { done, .. }) = event { done } else { None }))?;
    session.out.line(&words)?;
    let (question, event) = (done.question, done.event);
    session.out.event(&json!({ "event": "voted", "number": event, "question": question, "vote": done.vote }))?;
    Ok(())
}

/// How many answers each question has.
fn answers(session: &mut Session, dataset: DatasetId) -> Result<BTreeMap<i64, usize>> {
    let mut found = BTreeMap::new();
    loop {
        let (query, offset) = (QuestionQuery::default(), found.len() as u64);
        session.send(Command::Feedback(FeedbackCommand::LoadQuestions { dataset, query, offset, limit: PAGE }));
        let page = session.until(None, |_, event| {
            Ok(if let Event::Feedback(FeedbackEvent::Questions { page, .. }) = event { Some(page) } else { None })
        })?;
        let last = page.rows.is_empty();
        found.extend(page.rows.iter().map(|row| (row.id, row.question.candidates.len())));
        if last || found.len() as u64 >= page.total {
            return Ok(found);
        }
    }
}

fn from_stdin(dataset: DatasetId, annotator: Option<&str>, answers: &BTreeMap<i64, usize>) -> Result<Vec<Ballot>> {
    let mut ballots = Vec::new();
    for (i, line) in std::io::stdin().lock().lines().enumerate() {
        let line = line.context("Could not read stdin")?;
        if line.trim().is_empty() {
            continue;
        }
        let at = || format!("Line {} of stdin; nothing was saved", i + 1);
        let typed: TypedVote = serde_json::from_str(&line).with_context(at)?;
        ballots.push(ballot(typed, dataset, annotator, answers).with_context(at)?);
    }
    if ballots.is_empty() {
        bail!("There is no vote on stdin; write one JSON object a line, say {{\"question\":12,\"ranks\":[1,2]}}");
    }
    Ok(ballots)
}

fn ballot(typed: TypedVote, dataset: DatasetId, annotator: Option<&str>, answers: &BTreeMap<i64, usize>) -> Result<Ballot> {
    let question = typed.question.context("It does not say which question it is about; write \"question\"")?;
    let name = typed.annotator.as_deref().or(annotator).map(str::trim).filter(|name| !name.is_empty());
    let annotator = name.context("It does not say who votes; write \"annotator\", or give --annotator")?.to_owned();
    let &n = answers
        .get(&question)
        .with_context(|| format!("The dataset has no question {question}; `lyceum rank list` shows the numbers"))?;
    let said = [typed.ranks.is_some(), typed.thumbs.is_some(), typed.rated.is_some(), typed.all_bad, typed.skip];
    let verdict = match typed {
        _ if said.iter().filter(|said| **said).count() != 1 => {
            bail!("A vote says one thing: ranks, thumbs, ratings, that all are bad, or that it is skipped")
        }
        TypedVote { ranks: Some(ranks), strength, .. } => Verdict::Ranked { ranks, strength },
        TypedVote { thumbs: Some(thumbs), .. } => Verdict::Thumbs(thumbs),
        TypedVote { rated: Some(rated), .. } => Verdict::Rated(rated),
        TypedVote { all_bad: true, .. } => Verdict::AllBad,
        _ => Verdict::Skipped,
    };
    let vote = Vote {
        verdict,
        order: typed.order.unwrap_or_else(|| (0..n).collect()),
        seconds: if typed.seconds.is_finite() { typed.seconds.max(0.0) } else { 0.0 },
        tags: typed.tags,
        edited: typed.edited,
        flagged: typed.flagged,
        note: typed.note,
    };
    vote.check(n).with_context(|| format!("The vote on question {question} cannot be taken"))?;
    Ok(Ballot { dataset, question, annotator, vote })
}
