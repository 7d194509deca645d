//! A policy through the engine: PPO on prompts judged by a rule, its alarm, the way back, and the plain model that it leaves.

use super::runs::{config, marked, ready, run_ended, run_started, state, step};
use super::tuning::{import, trunk, tune};
use super::{library, until};

use lyceum::config::{Algorithm, Align, Judge, Rl, RunConfig, TuneTask};
use lyceum::engine::command::{ImportCommand, Schema, TrainCommand};
use lyceum::engine::event::{AlignEvent, MarkKind, RunState};
use lyceum::engine::{Command, Event};
use lyceum::feedback::RuleSet;
use lyceum::formats::load_folder;

fn ppo(dataset: i64, change: impl FnOnce(&mut Rl)) -> RunConfig {
    let judges = vec![Judge::Rules { rules: RuleSet::parse("pattern [a-z ]").unwrap(), weight: 1.0 }];
    let sizes = Rl { judges, prompts: 4, group: 4, max_tokens: 6, missing_end: 0.0, ..Rl::default() };
    let mut rl = sizes.with_algorithm(Algorithm::Ppo);
    change(&mut rl);
    let mut run = RunConfig { lr: 5e-2, eval_every: 0, steps: 1_000_000, ..tune(dataset, TuneTask::Text) };
    run.tune.as_mut().unwrap().align = Some(Align::Rl(Box::new(rl)));
    run
}

fn rows() -> Vec<String> {
    (0..40).map(|i| format!("{{\"prompt\": \"say {i}\", \"completion\": \"it {i}\"}}")).collect()
}

#[test]
fn a_policy_that_runs_away_pauses_and_goes_back_to_its_last_checkpoint() {
    let (place, engine, corpus) = ready();
    let from = trunk(&engine, corpus);
    let dataset = import(&engine, &place, Schema::PromptCompletion, &["prompt", "completion"], &rows());
    engine.send(Command::Train(TrainCommand::StartRun { config: ppo(dataset, |rl| rl.most_kl = 0.5), from: Some(from) }));
    let run = until(&engine, run_started);
    let alarm = until(&engine, |event| marked(event).filter(|mark| mark.kind == MarkKind::Alarm));
    assert!(alarm.label.contains("drifted") && alarm.label.contains("rewind"), "{}", alarm.label);
    until(&engine, state(RunState::Alarm));
    until(&engine, |event| matches!(event, Event::Warning { .. }).then_some(()));
    let kept = library(&engine).checkpoints.into_iter().find(|row| row.run == Some(run)).expect("there is a way back");
    assert_eq!(kept.step, 0);
    engine.send(Command::Train(TrainCommand::Rewind { checkpoint: kept.id, lr_scale: 1e-4 }));
    until(&engine, state(RunState::Running));
    until(&engine, step(5));
    engine.send(Command::Train(TrainCommand::Stop));
    let (ended, checkpoint) = until(&engine, run_ended);
    assert_eq!(ended, RunState::Stopped);

    // What other programs open has no value head, and what starts from here begins without one.
    let row = library(&engine).checkpoints.into_iter().find(|row| Some(row.id) == checkpoint).unwrap();
    assert!(load_folder(&row.path).unwrap().model.config.value);
    let out = place.dir.path().join("out");
    engine.send(Command::Import(ImportCommand::ExportCheckpoint {
        job: 30,
        checkpoint: row.id,
        folder: out.clone(),
        half: false,
    }));
    until(&engine, |event| matches!(event, Event::Exported { job: 30, .. }).then_some(()));
    assert!(!load_folder(&out).unwrap().model.config.value);
    engine.send(Command::Train(TrainCommand::StartRun { config: config(corpus, 2), from: Some(row.id) }));
    assert_eq!(until(&engine, run_ended).0, RunState::Finished);
}

#[test]
fn each_token_is_told_what_it_earned() {
    let (place, engine, corpus) = ready();
    let from = trunk(&engine, corpus);
    let dataset = import(&engine, &place, Schema::PromptCompletion, &["prompt", "completion"], &rows());
    let config = RunConfig { steps: 12, ..ppo(dataset, |rl| (rl.most_kl, rl.least_entropy, rl.beta) = (0.0, 0.0, 0.5)) };
    engine.send(Command::Train(TrainCommand::StartRun { config, from: Some(from) }));
    let (mut seen, mut names) = (Vec::new(), Vec::new());
    until(&engine, |event| {
        match event {
            Event::Align(AlignEvent::Rollouts { rollouts, .. }) => seen.extend(rollouts.clone()),
            Event::Align(AlignEvent::Series { points, .. }) => names.extend(points.iter().map(|point| point.name.clone())),
            _ => {}
        }
        run_ended(event)
    });
    for name in ["value_loss", "value_clip_fraction", "explained_variance", "kl_coef", "kl", "reward"] {
        assert!(names.iter().any(|known| known == name), "{name} has no curve");
    }
    assert!(seen.len() >= 32);
    for rollout in seen {
        let sum: f32 = rollout.tokens.iter().map(|token| token.reward).sum();
        let drift: f32 = rollout.tokens.iter().map(|token| token.kl).sum();
        assert!(
            (sum - (rollout.reward - 0.5 * drift)).abs() < 1e-3 * (1.0 + drift.abs()),
            "the parts make the whole: {rollout:?}"
        );
    }
}
