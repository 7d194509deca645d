//! `lyceum survey`: questionnaires written as web pages, answers read back, both listed. Knows no model.

use anyhow::{Result, bail};
use serde_json::json;

use super::output::thousands;
use super::rank;
use super::session::{Access, Session};
use super::survey_arguments::{SurveyAction, SurveyArguments, SurveyExportArguments, SurveyImportArguments};
use crate::engine::feedback::{FeedbackCommand, FeedbackEvent};
use crate::engine::survey::{SurveyCommand, SurveyEvent, SurveyRow};
use crate::engine::{Command, Event};
use crate::feedback::SurveyWish;
use crate::state::format::{moment, plural};

pub fn access(arguments: &SurveyArguments) -> Access {
    match &arguments.action {
        SurveyAction::List(_) => Access::Read,
        // The project remembers what it asked.
        SurveyAction::Export(_) | SurveyAction::Import(_) => Access::Write,
    }
}

pub fn survey(session: &mut Session, arguments: &SurveyArguments) -> Result<()> {
    match &arguments.action {
        SurveyAction::Export(a) => export(session, a)?,
        SurveyAction::Import(a) => import(session, a)?,
        SurveyAction::List(a) => {
            let dataset = a.dataset.as_deref().map(|asked| rank::dataset(session, Some(asked))).transpose()?;
            let surveys = list(session, dataset)?;
            if surveys.is_empty() {
                session.out.line("No questionnaire left this project yet; `lyceum survey export` writes one")?;
            }
            surveys.iter().try_for_each(|row| tell(session, row))?;
        }
    }
    session.out.event(&json!({ "event": "done" }))?;
    Ok(())
}

fn export(session: &mut Session, arguments: &SurveyExportArguments) -> Result<()> {
    let dataset = rank::dataset(session, arguments.dataset.as_deref())?;
    if arguments.most == 0 {
        bail!("A questionnaire asks at least 1 question; give --most a larger number");
    }
    let job = session.job();
    let wish = SurveyWish {
        title: arguments.title.clone(),
        way: arguments.way.way(),
        most: arguments.most,
        again: arguments.again,
        unanswered: arguments.unanswered,
    };
    session.send(Command::Survey(SurveyCommand::Export { job, dataset, wish, path: arguments.out.clone() }));
    let (path, row) =
        answer(
            session,
            job,
            |event| {
                if let SurveyEvent::Written { path, survey, .. } = event { Some((path, survey)) } else { None }
            },
        )?;
    session.out.line(&format!(
        "Wrote {} to {}; open it in any browser, and import the files that it saves",
        plural(row.questions as u64, "question", "questions"),
        path.display()
    ))?;
    session.out.event(&json!({
        "event": "survey_written", "survey": row.id, "dataset": dataset, "title": row.title, "questions": row.questions, "path": path,
    }))?;
    Ok(())
}

fn import(session: &mut Session, arguments: &SurveyImportArguments) -> Result<()> {
    if arguments.annotator.is_some() && arguments.files.len() > 1 {
        bail!("One name is for one file; import the files one by one");
    }
    let mut refused = Vec::new();
    let mut datasets = Vec::new();
    for path in &arguments.files {
        let job = session.job();
        let (path, annotator) = (path.clone(), arguments.annotator.clone());
        session.send(Command::Survey(SurveyCommand::Import { job, path: path.clone(), annotator }));
        let taken = answer(session, job, |event| if let SurveyEvent::Read { taken, .. } = event { Some(taken) } else { None });
        match taken {
            Ok(taken) => {
                let kept = if taken.kept > 0 {
                    format!("; {} said here stand", plural(taken.kept as u64, "vote", "votes"))
                } else {
                    String::new()
                };
                let votes = plural(taken.votes as u64, "vote", "votes");
                session.out.line(&format!("{}: {votes} by {}{kept}", path.display(), taken.annotator))?;
                session.out.event(&json!({
                    "event": "survey_read", "path": path, "dataset": taken.dataset, "title": taken.title,
                    "annotator": taken.annotator, "votes": taken.votes, "kept": taken.kept,
                }))?;
                if !datasets.contains(&taken.dataset) {
                    datasets.push(taken.dataset);
                }
            }
            Err(error) => {
                // The other files are as good as before.
                let message = format!("{error:#}");
                if arguments.files.len() > 1 {
                    session.out.warning(&format!("{}: {message}", path.display()))?;
                }
                session.out.event(&json!({ "event": "survey_refused", "path": path, "message": message }))?;
                refused.push(message);
            }
        }
    }
    for dataset in datasets {
        let state = rank::state(session, FeedbackCommand::LoadState { dataset })?;
        rank::tell_state(session, dataset, &state)?;
    }
    match refused.as_slice() {
        [] => Ok(()),
        [only] if arguments.files.len() == 1 => bail!("{only}"),
        many => bail!(
            "{} of {} could not be taken",
            thousands(many.len() as u64),
            plural(arguments.files.len() as u64, "file", "files")
        ),
    }
}

fn list(session: &mut Session, dataset: Option<i64>) -> Result<Vec<SurveyRow>> {
    let job = session.job();
    session.send(Command::Survey(SurveyCommand::List { job, dataset }));
    answer(session, job, |event| if let SurveyEvent::Listed { surveys, .. } = event { Some(surveys) } else { None })
}

/// What a job of this command is answered by.
fn answer<T>(session: &mut Session, job: u64, pick: impl Fn(SurveyEvent) -> Option<T>) -> Result<T> {
    session.until(Some(job), |_, event| {
        Ok(if let Event::Feedback(FeedbackEvent::Survey(event)) = event { pick(event) } else { None })
    })
}

fn tell(session: &Session, row: &SurveyRow) -> Result<()> {
    let questions = plural(row.questions as u64, "question", "questions");
    session.out.line(&format!("{}  {}, {questions}, dataset {}, written {}", row.id, row.title, row.dataset, moment(row.at)))?;
    for person in &row.people {
        let answers = plural(person.answers as u64, "answer", "answers");
        session.out.line(&format!("       {}: {answers}, imported {}", person.annotator, moment(person.at)))?;
    }
    let people: Vec<_> = row
        .people
        .iter()
        .map(|person| json!({ "annotator": person.annotator, "answers": person.answers, "at": person.at }))
        .collect();
    session.out.event(&json!({
        "event": "survey", "survey": row.id, "dataset": row.dataset, "title": row.title, "questions": row.questions, "at": row.at,
        "people": people,
    }))?;
    Ok(())
}
