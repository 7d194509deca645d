//! The librarian's answers about questions and votes: each is sent when what it says is on the disk. Knows no model.

use super::command::DatasetId;
use super::event::Event;
use super::feedback::{Ballot, FeedbackCommand, FeedbackEvent, FeedbackState};
use super::labelling::AnnotationWay;
use super::outbox::Outbox;
use crate::feedback::{Said, honesty};
use crate::store::{Project, StoreError, StoredVote};

/// Does what was asked; says whether what the project holds is to be told anew.
pub(super) fn carry_out(project: &mut Project, outbox: &mut Outbox, ask: FeedbackCommand) -> Result<bool, StoreError> {
    let (event, told_anew) = match ask {
        FeedbackCommand::Create { name, schema, settings } => {
            let dataset = project.create_feedback(&name, schema, &settings)?;
            (state(project, dataset)?, true)
        }
        FeedbackCommand::Add { dataset, questions } => {
            let questions = project.add_questions(dataset, &questions)?;
            (FeedbackEvent::Added { dataset, questions }, true)
        }
        FeedbackCommand::LoadQuestions { dataset, query, offset, limit } => {
            let page = project.questions(dataset, &query, offset, limit)?;
            (FeedbackEvent::Questions { dataset, query, offset, page }, false)
        }
        FeedbackCommand::LoadPrompts { dataset, limit } => {
            let prompts = project.prompts_of(dataset, limit)?;
            (FeedbackEvent::Prompts { dataset, prompts }, false)
        }
        FeedbackCommand::Vote(Ballot { dataset, question, annotator, vote }) => {
            let done = Some(project.vote(dataset, question, &annotator, &vote)?);
            (FeedbackEvent::Voted { dataset, annotator, way: AnnotationWay::Made, done }, false)
        }
        FeedbackCommand::VoteAll { dataset, ballots } => {
            project.vote_all(&ballots)?;
            (state(project, dataset)?, true)
        }
        FeedbackCommand::Undo { dataset, annotator } => {
            let done = project.undo_vote(dataset, &annotator)?;
            (FeedbackEvent::Voted { dataset, annotator, way: AnnotationWay::Undone, done }, false)
        }
        FeedbackCommand::Redo { dataset, annotator } => {
            let done = project.redo_vote(dataset, &annotator)?;
            (FeedbackEvent::Voted { dataset, annotator, way: AnnotationWay::Redone, done }, false)
        }
        // Votes change how many a dataset has; whoever asks how far it is wants the lists to know, too.
        FeedbackCommand::LoadState { dataset } => (state(project, dataset)?, true),
        FeedbackCommand::LoadHonesty { dataset } => {
            let votes = project.votes(dataset, None)?;
            let honesty = Box::new(honesty(&votes.iter().map(said).collect::<Vec<_>>()));
            (FeedbackEvent::Honesty { dataset, honesty }, false)
        }
        FeedbackCommand::SaveSettings { dataset, settings } => {
            project.set_feedback_settings(dataset, &settings)?;
            (state(project, dataset)?, false)
        }
    };
    outbox.send(Event::Feedback(event));
    Ok(told_anew)
}

fn state(project: &Project, dataset: DatasetId) -> Result<FeedbackEvent, StoreError> {
    let settings = project.feedback_settings(dataset)?;
    let progress = project.feedback_progress(dataset)?;
    Ok(FeedbackEvent::State { dataset, state: FeedbackState { settings, progress } })
}

fn said(it: &StoredVote) -> Said<'_> {
    Said { question: it.id, asked: &it.question, annotator: &it.annotator, vote: &it.vote }
}
