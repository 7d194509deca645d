//! `lyceum rank replay` and `lyceum rank tally`: whether a live run's votes give its weights again, and whose answers people voted for.
//! Knows no model.

use anyhow::{Result, bail};
use serde_json::json;

use super::rank::dataset;
use super::rank_arguments::{ReplayArguments, TallyArguments};
use super::session::Session;
use crate::config::Align;
use crate::engine::command::AlignCommand;
use crate::engine::event::AlignEvent;
use crate::engine::feedback::{FeedbackCommand, FeedbackEvent};
use crate::engine::{Command, Event};

pub fn replay(session: &mut Session, arguments: &ReplayArguments) -> Result<()> {
    let live = |run: &&crate::engine::event::RunRow| {
        !run.deleted && matches!(run.config.tune.as_ref().and_then(|tune| tune.align.as_ref()), Some(Align::Live { .. }))
    };
    let run = match &arguments.run {
        Some(asked) => session.run(asked)?.id,
        None => match session.library.runs.iter().rfind(live) {
            Some(run) => run.id,
            None => bail!("No run of this project learnt from votes as they came; the Rank page starts one"),
        },
    };
    let job = session.job();
    session.send(Command::Align(AlignCommand::Replay { job, run }));
    let told = session.until(Some(job), |_, event| {
        let Event::Align(AlignEvent::Replayed { job: of, replayed }) = event else { return Ok(None) };
        Ok((of == job).then_some(replayed))
    })?;
    session.out.line(&told.sentence())?;
    session.out.event(&json!({
        "event": "replayed", "run": told.run, "checkpoint": told.checkpoint, "events": told.events, "taken_back": told.taken_back,
        "votes": told.votes, "steps": told.steps, "strayed": told.strayed, "weights": told.weights, "different": told.different,
        "largest": told.largest, "same": told.is_same(), "seconds": told.seconds,
    }))?;
    if !told.is_same() {
        bail!("The weights are not the same bits");
    }
    Ok(())
}

pub fn tally(session: &mut Session, arguments: &TallyArguments) -> Result<()> {
    let dataset = dataset(session, arguments.dataset.as_deref())?;
    session.send(Command::Feedback(FeedbackCommand::LoadHonesty { dataset }));
    let honesty = session.until(None, |_, event| {
        Ok(if let Event::Feedback(FeedbackEvent::Honesty { honesty, .. }) = event { Some(honesty) } else { None })
    })?;
    if honesty.bouts.is_empty() {
        session.out.line(
            "No vote compares answers of two checkpoints; `lyceum rank draw --from A,B` makes such questions, and their names stay hidden",
        )?;
    }
    for bout in &honesty.bouts {
        let interval = bout.interval().map_or_else(String::new, |it| {
            format!("; of the decided ones 95 % between {:.0} and {:.0} %", 100.0 * it.low, 100.0 * it.high)
        });
        session.out.line(&format!(
            "{} against {}: {} won, {} alike, {} lost, a win rate of {:.0} %{interval}",
            bout.own.1,
            bout.other.1,
            bout.wins,
            bout.ties,
            bout.losses,
            100.0 * bout.rate()
        ))?;
        session.out.event(&json!({
            "event": "bout", "checkpoint": bout.own.0, "against": bout.other.0, "wins": bout.wins, "ties": bout.ties,
            "losses": bout.losses, "win_rate": bout.rate(), "low": bout.interval().map(|it| it.low),
            "high": bout.interval().map(|it| it.high),
        }))?;
    }
    Ok(())
}
