//! `lyceum best` and `lyceum duel`: answers drawn, judged and kept, round by round, and two checkpoints held against each other. Knows no
//! model.

use std::time::Instant;

use anyhow::{Result, bail};
use serde_json::json;

use super::best_arguments::{BestArguments, DuelArguments};
use super::checkpoints::Need;
use super::output::thousands;
use super::prompt::check_sampling;
use super::session::Session;
use crate::data::supervised::Split;
use crate::engine::Command;
use crate::engine::command::{AlignCommand, Sampling, TrainCommand};
use crate::engine::event::{AlignEvent, Event};
use crate::engine::judged::{BestReport, BestWish, DrawWish, DuelReport, DuelWish, Keep};
use crate::state::format::{one_line, plural};
use crate::state::rounds::{self, RoundResult, Rounds, RoundsPlan};

/// Letters of an answer on a line.
const SHOWN: usize = 100;
/// Parameters that a model is taken to have whose run is not known.
const N_PARAMS: u64 = 1_000_000;

pub fn best(session: &mut Session, arguments: &BestArguments) -> Result<u8> {
    let checkpoint = session.start(&arguments.from, Need::Policy)?;
    let temperature = arguments.temperature as f32;
    check_sampling(&Sampling { temperature, ..Sampling::default() })?;
    let draw = DrawWish {
        dataset: session.dataset(Some(&arguments.prompts))?.id,
        split: Split::Train,
        most: arguments.limit,
        judges: arguments.judge.judges().map_err(anyhow::Error::msg)?,
        max_tokens: arguments.max_tokens,
        temperature: arguments.temperature,
        seed: arguments.seed,
        missing_end: arguments.judge.missing_end,
    };
    let keep = Keep { top: arguments.keep, at_least: arguments.at_least };
    if arguments.rounds > 0 {
        let run = checkpoint.run.and_then(|id| session.library.runs.iter().find(|run| run.id == id));
        let plan = RoundsPlan {
            name: arguments.into.clone(),
            start: checkpoint.id,
            draw,
            n: arguments.n,
            keep,
            rounds: arguments.rounds,
            epochs: arguments.epochs,
            rate: arguments.rate,
            measured: arguments.measured,
            n_params: run.map_or(N_PARAMS, |run| run.n_params),
        };
        return rounds(session, plan);
    }
    let wish = BestWish { draw, checkpoint: checkpoint.id, n: arguments.n, keep, into: Some(arguments.into.clone()) };
    let job = session.job();
    session.send(Command::Align(AlignCommand::Best { job, wish: Box::new(wish) }));
    let best = session.until(Some(job), |_, event| {
        Ok(if let Event::Align(AlignEvent::Best { job: of, best }) = event { (of == job).then_some(best) } else { None })
    })?;
    tell(session, &best)?;
    session.out.event(&json!({ "event": "done" }))?;
    Ok(0)
}

fn tell(session: &Session, best: &BestReport) -> Result<()> {
    let parts: Vec<String> = best.parts.iter().map(|(name, value)| format!("{name} {value:.2}")).collect();
    session.out.line(&format!(
        "{} to {}: worth {:.3} on average ({}); the best of each {:.3}",
        plural(best.answers, "answer", "answers"),
        plural(best.prompts, "prompt", "prompts"),
        best.mean,
        parts.join(", "),
        best.best
    ))?;
    if let Some(dataset) = best.dataset {
        session.out.line(&format!(
            "Kept {} worth {:.3} as dataset {dataset}; `lyceum sft --dataset {dataset}` learns them",
            plural(best.kept, "answer", "answers"),
            best.kept_mean
        ))?;
    }
    for example in best.examples.iter().take(3) {
        session.out.line(&format!("  {}", one_line(&example.prompt, SHOWN)))?;
        session.out.line(&format!("    {:>6.2}  {}", example.best.1, one_line(&example.best.0, SHOWN)))?;
        session.out.line(&format!("    {:>6.2}  {}", example.worst.1, one_line(&example.worst.0, SHOWN)))?;
    }
    session.out.event(&json!({
        "event": "best", "prompts": best.prompts, "answers": best.answers, "mean": best.mean, "best": best.best, "kept": best.kept,
        "kept_mean": best.kept_mean, "dataset": best.dataset, "ended": best.ended, "length": best.length,
        "parts": best.parts.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect::<Vec<_>>(),
        "seconds": best.seconds,
    }))?;
    Ok(())
}

/// Round by round, told in a table.
fn rounds(session: &mut Session, plan: RoundsPlan) -> Result<u8> {
    let began = Instant::now();
    let job = session.job();
    let (mut under_way, ask) = Rounds::begin(plan, job, 0.0);
    session.send(ask);
    session.out.line("round  answers   kept  drawn  kept worth   aside before  after  wins   seconds")?;
    let (mut told, mut stopping) = (0, false);
    while !under_way.is_over() {
        if session.interrupted() {
            stopping = true;
            match under_way.job() {
                Some(job) => session.send(Command::Train(TrainCommand::CancelGenerate { job })),
                None => session.send(Command::Train(TrainCommand::Stop)),
            }
        }
        let Some(event) = session.next() else { continue };
        if let Event::Progress(progress) = &event {
            session.out.progress(progress)?;
        }
        if let Event::Warning { message, .. } = &event {
            session.out.warning(message)?;
        }
        if let Event::WorkerDied { message, .. } = &event {
            bail!("A worker stopped unexpectedly: {message}");
        }
        let fresh = session.job();
        for ask in under_way.came(&event, || fresh, began.elapsed().as_secs_f64()) {
            session.send(ask);
        }
        for round in under_way.result.rounds.iter().skip(told) {
            session.out.end_bar();
            tell_round(session, round)?;
        }
        told = under_way.result.rounds.len();
    }
    session.out.end_bar();
    let result = &under_way.result;
    let kept = session.settings.iter().find(|(key, _)| key == rounds::SETTING).map(|(_, value)| rounds::read(value));
    session.send(rounds::keep(kept.unwrap_or_default(), result).1);
    // Whoever answers this has written that.
    session.refresh()?;
    if let Some(why) = &result.ended {
        session.out.warning(&format!("It ended after {} of {} rounds: {why}", result.rounds.len(), result.wanted))?;
    }
    session.out.event(&json!({ "event": "rounds", "result": result }))?;
    session.out.event(&json!({ "event": "done" }))?;
    Ok(if stopping { 130 } else { u8::from(result.rounds.is_empty()) })
}

fn tell_round(session: &Session, it: &RoundResult) -> Result<()> {
    session.out.line(&format!(
        "{:>5}  {:>7}  {:>5}  {:>5.2}  {:>10.2}   {:>12.3}  {:>5.3}  {:>3.0} %  {:>7.1}",
        it.round,
        thousands(it.answers),
        thousands(it.kept),
        it.drawn_reward,
        it.kept_reward,
        it.before,
        it.after,
        100.0 * it.win_rate,
        it.seconds
    ))?;
    session.out.event(&json!({ "event": "round", "round": it }))?;
    Ok(())
}

pub fn duel(session: &mut Session, arguments: &DuelArguments) -> Result<()> {
    let checkpoint = session.checkpoint(&arguments.checkpoint, None, Need::Policy)?.id;
    let against = match &arguments.against {
        Some(asked) => Some(session.checkpoint(asked, None, Need::Writer)?.id),
        None => None,
    };
    let temperature = arguments.temperature as f32;
    check_sampling(&Sampling { temperature, ..Sampling::default() })?;
    let draw = DrawWish {
        dataset: session.dataset(Some(&arguments.prompts))?.id,
        split: Split::Validation,
        most: arguments.limit,
        judges: arguments.judge.judges().map_err(anyhow::Error::msg)?,
        max_tokens: arguments.max_tokens,
        temperature: arguments.temperature,
        seed: arguments.seed,
        missing_end: arguments.judge.missing_end,
    };
    let job = session.job();
    session.send(Command::Align(AlignCommand::Duel { job, wish: Box::new(DuelWish { draw, checkpoint, against }) }));
    let duel = session.until(Some(job), |_, event| {
        Ok(if let Event::Align(AlignEvent::Duelled { job: of, duel }) = event { (of == job).then_some(duel) } else { None })
    })?;
    tell_duel(session, &duel, arguments.show)?;
    session.out.event(&json!({ "event": "done" }))?;
    Ok(())
}

fn tell_duel(session: &Session, duel: &DuelReport, show: usize) -> Result<()> {
    let (own, other) = (&duel.names.0, &duel.names.1);
    for row in duel.rows.iter().take(show) {
        session.out.line(&format!("  {}", one_line(&row.prompt, SHOWN)))?;
        session.out.line(&format!("    {:>6.2}  {}", row.own.1, one_line(&row.own.0, SHOWN)))?;
        session.out.line(&format!("    {:>6.2}  {}", row.other.1, one_line(&row.other.0, SHOWN)))?;
    }
    let interval = duel.interval.as_ref().map_or_else(String::new, |it| {
        format!("; of the decided ones 95 % between {:.0} and {:.0} %", 100.0 * it.low, 100.0 * it.high)
    });
    session.out.line(&format!(
        "{own} against {other} on {} kept aside: {} won, {} alike, {} lost, a win rate of {:.0} %{interval}",
        plural(duel.prompts, "prompt", "prompts"),
        duel.wins,
        duel.ties,
        duel.losses,
        100.0 * duel.rate
    ))?;
    session.out.line(&format!("Reward {:.3} against {:.3}", duel.rewards.0, duel.rewards.1))?;
    session.out.event(&json!({
        "event": "duel", "checkpoint": duel.checkpoints.0, "against": duel.checkpoints.1, "prompts": duel.prompts, "wins": duel.wins,
        "ties": duel.ties, "losses": duel.losses, "win_rate": duel.rate, "low": duel.interval.as_ref().map(|it| it.low),
        "high": duel.interval.as_ref().map(|it| it.high), "reward": duel.rewards.0, "other_reward": duel.rewards.1,
        "seconds": duel.seconds,
    }))?;
    Ok(())
}
