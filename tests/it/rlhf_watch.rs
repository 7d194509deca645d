//! The RLHF page's side that sets a policy up and the one that watches it, driven by accessible names, without a display.

use egui_kittest::kittest::Queryable as _;
use lyceum::config::{Algorithm, Align, Rl, RunConfig, Tune};
use lyceum::engine::command::TrainCommand;
use lyceum::engine::event::{AlignEvent, Mark, MarkKind, RolloutToken, RolloutView, RunInfo, RunRow, RunState, SeriesPoint};
use lyceum::engine::{Command, Event};
use lyceum::state::rlhf::{Heat, Method, RlhfAction, RlhfView};
use lyceum::state::{Action, AppState, Page};
use lyceum::train::RewardLoss;

use crate::training_pages::{NARROW, RUN, WIDE, checkpoint, library, opened, pages, run_row};

fn config(align: Align) -> RunConfig {
    RunConfig { tune: Some(Tune { align: Some(align), ..Tune::default() }), ..RunConfig::default() }
}

/// A run at step 40 of this kind, watched on the RLHF page.
fn watching(align: Align) -> AppState {
    let row = RunRow { config: config(align.clone()), ..run_row(RunState::Running) };
    let mut state = opened(library(vec![row], vec![checkpoint(3, 20)]));
    let info = RunInfo {
        n_params: 1,
        tokens_per_step: 1,
        train_tokens: 1,
        val_tokens: 1,
        replicas: 1,
        device: "CPU".to_owned(),
        ..RunInfo::default()
    };
    let _sent = state.handle(Event::RunStarted { run: RUN, config: config(align), info });
    let _sent = state.handle(Event::State { run: RUN, state: RunState::Running });
    let _sent = state.apply(Action::Go(Page::Rlhf));
    let _sent = state.apply(Action::Rlhf(RlhfAction::Show(RlhfView::Watch)));
    state
}

fn ppo() -> Align {
    Align::Rl(Box::new(Rl::default().with_algorithm(Algorithm::Ppo)))
}

fn series(state: &mut AppState, points: &[(&str, f32)]) {
    let points = points.iter().map(|(name, value)| SeriesPoint { step: 40, name: (*name).to_owned(), value: *value });
    let _sent = state.handle(Event::Align(AlignEvent::Series { run: RUN, points: points.collect() }));
}

#[test]
fn a_policy_that_collapsed_can_be_rewound() {
    for size in [WIDE, NARROW] {
        let mut state = watching(ppo());
        let label = "the policy has drifted 61.0 nats an answer".to_owned();
        let _sent = state.handle(Event::Marked { run: RUN, mark: Mark { step: 40, kind: MarkKind::Alarm, label } });
        let _sent = state.handle(Event::State { run: RUN, state: RunState::Alarm });
        let mut harness = pages(state, size);
        assert!(harness.query_all_by_label_contains("drifted 61.0 nats").next().is_some(), "why it paused");
        harness.get_by_label("Rewind to step 20 with half the rate").click();
        harness.run_steps(3);
        assert!(harness.state().sent.contains(&Command::Train(TrainCommand::Rewind { checkpoint: 3, lr_scale: 0.5 })));
    }
}

#[test]
fn the_way_back_leads_to_where_it_had_not_drifted() {
    let mut state = watching(ppo());
    let checkpoints = vec![checkpoint(3, 20), checkpoint(4, 30), checkpoint(5, 40)];
    let row = RunRow { config: config(ppo()), ..run_row(RunState::Running) };
    let _sent = state.handle(Event::Library(library(vec![row], checkpoints)));
    let kl = |step: u64, value: f32| SeriesPoint { step, name: "kl".to_owned(), value };
    let points = vec![kl(1, 0.0), kl(21, 4.0), kl(31, 11.0), kl(41, 20.0)];
    let _sent = state.handle(Event::Align(AlignEvent::Series { run: RUN, points }));
    assert_eq!(state.good_checkpoint(RUN).map(|row| row.step), Some(20));
    assert_eq!(state.last_checkpoint(RUN).map(|row| row.step), Some(40));
    // Where it drifted at once, the oldest is the best there is.
    let points = vec![kl(11, 18.0), kl(41, 20.0)];
    let _sent = state.handle(Event::Align(AlignEvent::Series { run: RUN, points }));
    assert_eq!(state.good_checkpoint(RUN).map(|row| row.step), Some(20));
}

#[test]
fn a_policy_is_paused_where_it_is_watched() {
    let mut harness = pages(watching(ppo()), WIDE);
    harness.get_by_label("Pause").click();
    harness.run_steps(3);
    assert!(harness.state().sent.contains(&Command::Train(TrainCommand::Pause)), "{:?}", harness.state().sent);
}

#[test]
fn a_reward_model_says_in_a_sentence_how_far_it_agrees() {
    let mut state = watching(Align::Reward { loss: RewardLoss::default(), criterion: None });
    series(
        &mut state,
        &[
            ("val_accuracy", 0.78),
            ("val_agreement", 0.78),
            ("val_votes", 120.0),
            ("val_calibration_error", 0.11),
            ("val_calibration/8/confidence", 0.85),
            ("val_calibration/8/accuracy", 0.7),
            ("val_calibration/8/count", 60.0),
            ("val_calibration/9/confidence", 0.95),
            ("val_calibration/9/accuracy", 0.86),
            ("val_calibration/9/count", 60.0),
        ],
    );
    let harness = pages(state, WIDE);
    assert!(harness.query_all_by_label_contains("Agrees with you on 78 % of 120 held-out votes").next().is_some());
    assert!(harness.query_all_by_label_contains("too sure").next().is_some());
}

#[test]
fn answers_are_coloured_by_what_is_asked_for() {
    let mut state = watching(ppo());
    series(&mut state, &[("reward", 1.0), ("kl", 0.2), ("value_loss", 0.3), ("kl_coef", 0.05)]);
    let token =
        |text: &str, reward: f32| RolloutToken { text: text.to_owned(), reward, advantage: reward, ..RolloutToken::default() };
    let rollout = RolloutView {
        prompt: "Where is my parcel?".to_owned(),
        tokens: vec![token("Sorry", -0.01), token(" please", 1.0)],
        ended: true,
        reward: 1.0,
        parts: vec![("polite".to_owned(), 1.0)],
    };
    let _sent = state.handle(Event::Align(AlignEvent::Rollouts { run: RUN, step: 40, rollouts: vec![rollout] }));
    let mut harness = pages(state, WIDE);
    for (name, heat) in [("Reward heat", Heat::Reward), ("Advantage heat", Heat::Advantage), ("Drift heat", Heat::Drift)] {
        harness.get_by_label(name).click();
        harness.run_steps(3);
        assert_eq!(harness.state().state.rlhf.heat, heat);
    }
    for shown in ["Value loss", "earns", "gets likelier"] {
        let seen = harness.query_all_by_label_contains(shown).next().is_some();
        assert_eq!(seen, shown == "Value loss", "{shown}");
    }
}

#[test]
fn ppo_is_set_up_with_its_own_numbers() {
    let mut state = opened(library(Vec::new(), vec![checkpoint(3, 20)]));
    let _sent = state.apply(Action::Go(Page::Rlhf));
    let mut harness = pages(state, WIDE);
    harness.state_mut().draft.rlhf.method = Method::Rl;
    harness.run_steps(3);
    assert!(harness.query_by_label("Steer β to a drift of").is_none());
    harness.get_by_label("PPO").click();
    harness.run_steps(3);
    let rl = harness.state().draft.rlhf.rl.clone();
    assert_eq!((rl.algorithm, rl.inner_epochs), (Algorithm::Ppo, 4));
    harness.get_by_label("Steer β to a drift of").click();
    harness.run_steps(3);
    assert!(harness.state().draft.rlhf.rl.ppo.target_kl.is_some());
    harness.get_by_label("GRPO").click();
    harness.run_steps(3);
    assert_eq!(harness.state().draft.rlhf.rl.inner_epochs, 1);
}
