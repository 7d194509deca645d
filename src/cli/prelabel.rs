//! `lyceum prelabel`: a fine-tuned checkpoint looks at rows, proposes labels and says where it is unsure. Knows no model.

use anyhow::{Result, bail};
use serde_json::json;

use super::arguments::{PrelabelArguments, UnsureBy};
use super::datasets::unfit;
use super::output::thousands;
use super::session::Session;
use crate::engine::command::{LabelCommand, TrainCommand};
use crate::engine::labelling::{ExampleOrder, ExampleQuery};
use crate::engine::{Command, Event};
use crate::state::format::{one_line, plural};

pub fn prelabel(session: &mut Session, arguments: &PrelabelArguments) -> Result<()> {
    let row = session.dataset(Some(&arguments.dataset))?;
    if !row.schema.is_supervised() {
        bail!("{}", unfit(row));
    }
    let (dataset, checkpoint) = (row.id, session.tuned(&arguments.source)?.id);
    let job = session.job();
    let (prelabel, most) = (arguments.write, arguments.rows);
    session.send(Command::Train(TrainCommand::ScoreRows { job, dataset, checkpoint, only: Vec::new(), prelabel, most }));
    let (rows, prelabelled, disagree, confidence) = session.until(Some(job), |_, event| {
        if let Event::RowsScored { job: of, rows, prelabelled, disagree, confidence, .. } = event
            && of == job
        {
            return Ok(Some((rows, prelabelled, disagree, confidence)));
        }
        Ok(None)
    })?;
    session.out.line(&format!(
        "Looked at {}, {:.0} % sure on average: {} got a label to confirm, {} disagree with their label",
        plural(rows, "row", "rows"),
        100.0 * confidence,
        thousands(prelabelled),
        thousands(disagree)
    ))?;
    session.out.event(&json!({
        "event": "scored", "dataset": dataset, "checkpoint": checkpoint, "rows": rows, "prelabelled": prelabelled,
        "disagree": disagree, "confidence": confidence,
    }))?;
    let order = match arguments.by {
        UnsureBy::Probability => ExampleOrder::Uncertainty,
        UnsureBy::Entropy => ExampleOrder::Entropy,
        UnsureBy::Margin => ExampleOrder::Margin,
    };
    let query = ExampleQuery { order, ..ExampleQuery::default() };
    session.send(Command::Label(LabelCommand::LoadExamples { dataset, query, offset: 0, limit: arguments.show }));
    let page = session.until(None, |_, event| Ok(if let Event::Examples { page, .. } = event { Some(page) } else { None }))?;
    for row in &page.rows {
        let Some(score) = &row.score else { continue };
        let (input, label) = row.example.content.halves();
        session.out.line(&format!(
            "  {:>3.0} %  {}  says {:?}, label {:?}",
            100.0 * score.confidence,
            one_line(&input, 70),
            one_line(&score.label, 40),
            one_line(&label, 40)
        ))?;
        session.out.event(&json!({
            "event": "unsure", "row": row.row, "confidence": score.confidence, "says": score.label, "label": label,
        }))?;
    }
    session.out.event(&json!({ "event": "done" }))?;
    Ok(())
}
