//! Losses on groups: every slope against the loss's own differences, what stays finite, and what ties and weights mean.

use lyceum::model::{Scores, Sequence, Target};
use lyceum::train::preference_loss::{Pair, PreferenceLoss};
use lyceum::train::reward_loss::{RewardKind, RewardLoss, Ties, plackett_luce};
use lyceum::train::rl_math::{group_advantages, k3, leave_one_out, whiten};
use lyceum::train::{Extra, Group, GroupLoss, GrpoLoss, PerSequence, PpoLoss, stat};

const PAIRED: [PreferenceLoss; 13] = [
    PreferenceLoss::Dpo { beta: 0.3, label_smoothing: 0.1, reference_free: false },
    PreferenceLoss::Dpo { beta: 0.3, label_smoothing: 0.0, reference_free: true },
    PreferenceLoss::Robust { beta: 0.3, label_smoothing: 0.2 },
    PreferenceLoss::Hinge { beta: 0.3 },
    PreferenceLoss::Ipo { beta: 0.4, average: true },
    PreferenceLoss::Ipo { beta: 0.4, average: false },
    PreferenceLoss::SigmoidNorm { beta: 1.0 },
    PreferenceLoss::ApoZero { beta: 0.3 },
    PreferenceLoss::ApoDown { beta: 0.3 },
    PreferenceLoss::SppoHard { beta: 0.5 },
    PreferenceLoss::Orpo { lambda: 0.4 },
    PreferenceLoss::SimPo { beta: 2.0, gamma: 0.5 },
    PreferenceLoss::Cpo { beta: 0.2, lambda: 0.7 },
];
const KTO: PreferenceLoss = PreferenceLoss::Kto { beta: 0.3, desirable_weight: 1.0, undesirable_weight: 1.3 };

/// Numbers that look random, in −size … 0.
fn numbers(n: usize, salt: usize, size: f32) -> Vec<f32> {
    (0..n).map(|i| size * 0.5 * (((i * 7 + salt * 13 + 1) as f32 * 0.9).sin() - 1.0)).collect()
}

/// Answers of these lengths, with everything a loss could ask for.
fn group(lengths: &[usize]) -> (Group, Vec<Scores>) {
    let mut group = Group::default();
    let mut all = Vec::new();
    for (i, n) in lengths.iter().copied().enumerate() {
        let targets = (0..n as u32).map(|pos| Target { pos, id: 1 }).collect();
        group.sequences.push(Sequence { ids: vec![1; n], targets });
        group.extras.push(Extra {
            reference: numbers(n, i + 11, 2.0),
            old: numbers(n, i + 12, 2.0),
            advantages: numbers(n, i + 13, 4.0).iter().map(|x| x + 2.0).collect(),
            returns: numbers(n, i + 14, 2.0),
            values: numbers(n, i + 15, 2.0),
            label: (i % 2) as f32,
            margin: 0.3,
            weight: 1.0 + i as f32 / 4.0,
        });
        all.push(Scores { logprob: numbers(n, i, 2.0), entropy: numbers(n, i + 5, 2.0), outputs: numbers(n, i + 9, 2.0) });
    }
    (group, all)
}

/// Each slope against the loss's own differences.
fn check_slopes(name: &str, group: &Group, scores: &[Scores], loss: &dyn Fn(&Group, &[Scores]) -> GroupLoss) {
    const STEP: f32 = 1.0 / 2048.0;
    type Field = fn(&mut Scores) -> &mut Vec<f32>;
    let at = loss(group, scores);
    let fields: [(Field, &[Vec<f32>]); 3] =
        [(|s| &mut s.logprob, &at.d_logprob), (|s| &mut s.entropy, &at.d_entropy), (|s| &mut s.outputs, &at.d_outputs)];
    for (field, slopes) in fields {
        for sequence in 0..scores.len() {
            for i in 0..field(&mut scores[sequence].clone()).len() {
                let moved = |step: f32| {
                    let mut scores = scores.to_vec();
                    let x = &mut field(&mut scores[sequence])[i];
                    *x += step;
                    (f64::from(*x), loss(group, &scores).loss)
                };
                let (up, down) = (moved(STEP), moved(-STEP));
                let want = (up.1 - down.1) / (up.0 - down.0);
                let slope = slopes.get(sequence).and_then(|own| own.get(i)).map_or(0.0, |d| f64::from(*d));
                assert!(
                    (slope - want).abs() < 1e-4 * (1.0 + want.abs()),
                    "{name}: sequence {sequence}, {i}: {slope} is not {want}"
                );
            }
        }
    }
}

fn finite(name: &str, out: &GroupLoss) {
    let slopes = [&out.d_logprob, &out.d_entropy, &out.d_outputs];
    let slopes = slopes.into_iter().flatten().flatten().map(|d| f64::from(*d));
    let all = slopes.chain([out.loss, out.weight]).chain(out.stats.iter().map(|(_, x)| *x));
    assert!(all.into_iter().all(f64::is_finite), "{name}: {out:?}");
}

fn reward_losses() -> Vec<RewardLoss> {
    let ties = [Ties::Ignored, Ties::Halves, Ties::default()];
    let kinds = [RewardKind::Pairs, RewardKind::PlackettLuce, RewardKind::Scores];
    let all = kinds.iter().flat_map(|kind| ties.iter().map(|ties| (*kind, *ties)));
    all.map(|(kind, ties)| RewardLoss { kind, ties, centring: 0.03, margins: true }).collect()
}

#[test]
fn slopes_are_the_losses_differences() {
    let (pairs, scores) = group(&[3, 5, 1, 4]);
    for loss in PAIRED.into_iter().chain([KTO]) {
        check_slopes(&format!("{loss:?}"), &pairs, &scores, &|g, s| loss.of_group(g, s, 0.4));
    }
    let (mut ranking, scores) = group(&[1; 5]);
    for ranks in [[1.0, 2.0, 3.0, 4.0, 5.0], [2.0, 1.0, 2.0, 3.0, 1.0], [1.0; 5]] {
        ranking.extras.iter_mut().zip(ranks).for_each(|(extra, rank)| extra.label = rank);
        for loss in reward_losses() {
            check_slopes(&format!("{loss:?} {ranks:?}"), &ranking, &scores, &|g, s| loss.of_group(g, s));
        }
    }
    let (answers, scores) = group(&[6, 1, 9]);
    let ppo = PpoLoss { entropy_coef: 0.2, value_coef: 0.5, ..PpoLoss::default() };
    check_slopes("PPO", &answers, &scores, &|g, s| ppo.of_group(g, s));
    for per_sequence in [PerSequence::Tokens, PerSequence::Mean, PerSequence::Sum] {
        let loss = GrpoLoss { beta: 0.2, per_sequence, ..GrpoLoss::default() };
        check_slopes(&format!("{loss:?}"), &answers, &scores, &|g, s| loss.of_group(g, s));
    }
}

#[test]
fn extremes_stay_finite() {
    for x in [0.0, -1e-30, -1e4, -2e4] {
        for y in [0.0, -1e-30, -1e4] {
            let (mut group, mut scores) = group(&[2, 2]);
            for (scores, x) in scores.iter_mut().zip([x, y]) {
                scores.logprob = vec![x; 2];
                scores.outputs = vec![x; 2];
            }
            for loss in PAIRED.into_iter().chain([KTO]) {
                finite(&format!("{loss:?} {x} {y}"), &loss.of_group(&group, &scores, 0.0));
            }
            for loss in reward_losses() {
                finite(&format!("{loss:?} {x} {y}"), &loss.of_group(&group, &scores));
            }
            for (reference, old) in [(0.0, -1e4), (-1e4, 0.0)] {
                for extra in &mut group.extras {
                    (extra.reference, extra.old) = (vec![reference; 2], vec![old; 2]);
                }
                finite("PPO", &PpoLoss::default().of_group(&group, &scores));
                finite("GRPO", &GrpoLoss { beta: 0.04, ..GrpoLoss::default() }.of_group(&group, &scores));
            }
        }
    }
}

#[test]
fn nothing_to_learn_from_is_no_trouble() {
    let (empty, scores) = group(&[0, 0]);
    for loss in PAIRED.into_iter().chain([KTO]) {
        finite(&format!("{loss:?}"), &loss.of_group(&empty, &scores, 0.0));
        finite(&format!("{loss:?} of none"), &loss.of_group(&Group::default(), &[], 0.0));
    }
    for loss in reward_losses() {
        finite(&format!("{loss:?}"), &loss.of_group(&empty, &scores));
        finite(&format!("{loss:?} of none"), &loss.of_group(&Group::default(), &[]));
    }
    assert!(GrpoLoss::rloo().of_group(&empty, &scores).weight.abs() < 1e-12);
    finite("PPO", &PpoLoss::default().of_group(&empty, &scores));
    // Rewards that are all alike, a lone answer, none.
    for rewards in [vec![0.7; 4], vec![3.0], Vec::new()] {
        for advantages in [group_advantages(&rewards, true), group_advantages(&rewards, false), leave_one_out(&rewards)] {
            assert!(advantages.iter().all(|a| a.abs() < 1e-9), "{advantages:?}");
        }
        let mut rows = vec![rewards];
        whiten(&mut rows, true);
        assert!(rows.concat().iter().all(|x| x.abs() < 1e-6));
    }
}

#[test]
fn identical_answers_pull_both_ways_alike() {
    let same = Pair { chosen: -7.0, rejected: -7.0, ref_chosen: -6.0, ref_rejected: -6.0, n_chosen: 4, n_rejected: 4 };
    for loss in PAIRED {
        let out = loss.of_pair(&same);
        assert!(out.loss.is_finite() && out.margin().abs() < 1e-12, "{loss:?}");
    }
    let out = PreferenceLoss::default().of_pair(&same);
    assert!((out.loss - 2f64.ln()).abs() < 1e-12 && (out.d_chosen + out.d_rejected).abs() < 1e-12);
    assert!((out.d_chosen + 0.05).abs() < 1e-12);
}

#[test]
fn a_tie_pulls_rewards_together() {
    for ties in [Ties::Halves, Ties::default()] {
        for kind in [RewardKind::Pairs, RewardKind::PlackettLuce] {
            let (mut tied, mut scores) = group(&[1, 1]);
            tied.extras.iter_mut().for_each(|extra| extra.label = 1.0);
            (scores[0].outputs, scores[1].outputs) = (vec![1.5], vec![-0.5]);
            let out = RewardLoss { kind, ties, ..RewardLoss::default() }.of_group(&tied, &scores);
            assert!(out.d_outputs[0][0] > 0.1 && out.d_outputs[1][0] < -0.1, "{kind:?} {ties:?}");
        }
    }
    let (mut tied, scores) = group(&[1, 1]);
    tied.extras.iter_mut().for_each(|extra| extra.label = 1.0);
    let out = RewardLoss { ties: Ties::Ignored, ..RewardLoss::default() }.of_group(&tied, &scores);
    assert!(out.loss.abs() < 1e-12 && out.weight.abs() < 1e-12);
    // Of two texts alike the three outcomes are equally likely.
    let out = RewardLoss::default().of_group(&tied, &vec![Scores { outputs: vec![0.4], ..Scores::default() }; 2]);
    assert!((out.loss / out.weight - 3f64.ln()).abs() < 1e-6);
}

#[test]
fn a_ranking_of_two_is_bradley_terry() {
    let (loss, slopes) = plackett_luce(&[0.3, 1.1], &[1.0, 2.0]);
    let want = lyceum::train::reward_loss::bradley_terry(0.3, 1.1, 0.0, 0.0);
    assert!((loss - want.loss).abs() < 1e-12 && (slopes[0] - want.d_chosen).abs() < 1e-12);
    // Shifting all rewards changes nothing.
    let shifted = plackett_luce(&[500.3, 501.1], &[1.0, 2.0]).0;
    assert!((loss - shifted).abs() < 1e-9);
}

#[test]
fn statistics_divided_by_the_weight_are_means() {
    let mean = |out: &GroupLoss, name: &str| out.stats.iter().find(|(n, _)| *n == name).unwrap().1 / out.weight;
    let (mut pairs, mut scores) = group(&[1, 1, 1, 1]);
    for (i, x) in [-1.0, -3.0, -4.0, -2.0].into_iter().enumerate() {
        (scores[i].logprob, pairs.extras[i].reference, pairs.extras[i].weight) = (vec![x], vec![-2.0], 1.0);
    }
    let out = PreferenceLoss::default().of_group(&pairs, &scores, 0.0);
    assert!((mean(&out, stat::ACCURACY) - 0.5).abs() < 1e-9 && mean(&out, stat::MARGIN).abs() < 1e-9);
    let (mut answers, mut scores) = group(&[4]);
    scores[0].logprob = vec![-1.0; 4];
    answers.extras[0].old = vec![-1.0, -1.0, -2.0, -2.0];
    answers.extras[0].advantages = vec![1.0];
    answers.extras[0].reference = vec![-1.5; 4];
    let ppo = PpoLoss::default().of_group(&answers, &scores);
    assert!((mean(&ppo, stat::CLIP_FRACTION) - 0.5).abs() < 1e-9);
    for per_sequence in [PerSequence::Tokens, PerSequence::Mean, PerSequence::Sum] {
        let out = GrpoLoss { per_sequence, ..GrpoLoss::default() }.of_group(&answers, &scores);
        assert!((mean(&out, stat::CLIP_FRACTION) - 0.5).abs() < 1e-9, "{per_sequence:?}");
        assert!((mean(&out, stat::KL_REFERENCE) - k3(-1.0, -1.5).0).abs() < 1e-9, "{per_sequence:?}");
    }
}
