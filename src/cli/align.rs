//! `lyceum reward`, `lyceum prefer` and `lyceum rl`: learning from feedback, told until its end. Knows no thread and no model.

use anyhow::Result;
use serde_json::json;

use super::align_arguments::{PreferArguments, RewardArguments, RlArguments};
use super::checkpoints::Need;
use super::pretrain::{preflight, tell_end};
use super::session::Session;
use super::tune_arguments::LearnArguments;
use super::watch::{Detail, Ended, watch};
use crate::config::{Align, Tune, first_align};
use crate::engine::Command;
use crate::engine::command::TrainCommand;
use crate::engine::event::{AlignEvent, DatasetInfo};
use crate::state::align::AlignState;

pub fn reward(session: &mut Session, arguments: &RewardArguments) -> Result<u8> {
    let align = Align::Reward { loss: arguments.reward_loss(), criterion: arguments.criterion.clone() };
    learn(session, &arguments.learn, align)
}

pub fn prefer(session: &mut Session, arguments: &PreferArguments) -> Result<u8> {
    learn(session, &arguments.learn, Align::Prefer { loss: arguments.preference_loss() })
}

pub fn rl(session: &mut Session, arguments: &RlArguments) -> Result<u8> {
    let rl = arguments.rl().map_err(anyhow::Error::msg)?;
    learn(session, &arguments.learn, Align::Rl(Box::new(rl)))
}

fn learn(session: &mut Session, arguments: &LearnArguments, align: Align) -> Result<u8> {
    arguments.check()?;
    let prompts = matches!(align, Align::Rl(_));
    let dataset = dataset(session, arguments.dataset.as_deref(), prompts)?;
    let parent = session.start(&arguments.from, Need::Policy)?;
    let run = parent.run.and_then(|id| session.library.runs.iter().find(|run| run.id == id));
    let n_params = run.map_or(1_000_000, |run| run.n_params);
    let mut config = first_align(align, Tune { dataset: dataset.id, ..Tune::default() }, n_params, dataset.votes.max(1));
    if let Some(tune) = &mut config.tune {
        arguments.apply_tune(tune);
    }
    arguments.apply(&mut config);
    if arguments.preflight {
        preflight(session, config, Some(parent.id))?;
        return Ok(0);
    }
    session.send(Command::Train(TrainCommand::StartRun { config, from: Some(parent.id) }));
    let ended = watch(session, Detail::default())?;
    tell_agreement(session, &ended)?;
    tell_end(session, &ended)
}

/// How far a reward model agrees with the votes that were kept aside.
fn tell_agreement(session: &Session, ended: &Ended) -> Result<()> {
    let mut curves = AlignState::default();
    curves.came(AlignEvent::Series { run: ended.run, points: ended.series.clone() });
    let Some(agreement) = curves.agreement(ended.run) else { return Ok(()) };
    session.out.line(&format!("{}. {}", agreement.sentence(), agreement.sureness()))?;
    session.out.event(&json!({
        "event": "agreement", "run": ended.run, "share": agreement.share, "votes": agreement.votes,
        "calibration_error": agreement.error,
        "bins": agreement.bins.iter().map(|bin| json!({ "sure": bin.sure, "right": bin.right, "votes": bin.votes })).collect::<Vec<_>>(),
    }))?;
    Ok(())
}

/// The dataset that was typed; else the newest with votes, or with prompts. Labelled rows ask something, too, if they are named.
fn dataset(session: &Session, asked: Option<&str>, prompts: bool) -> Result<DatasetInfo> {
    let fits = |dataset: &DatasetInfo| {
        let rows = prompts && asked.is_some() && dataset.schema.is_supervised();
        rows || dataset.schema.is_feedback() && (prompts || dataset.votes > 0)
    };
    session.dataset_for(
        asked,
        fits,
        "The project has no votes yet; `lyceum rank import FILE` brings some in, `lyceum rank vote` gives some, and so does the Rank page",
    )
}
