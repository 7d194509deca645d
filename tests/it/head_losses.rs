//! Losses on outputs of classifying heads: slopes by finite differences, known values, and torch's weighted mean.

use lyceum::model::{Scores, Sequence, Target};
use lyceum::train::class_loss::{SPAN_END, SPAN_START, class_cross_entropy, label_targets, several_labels, span};
use lyceum::train::{Group, GroupLoss};

fn group(targets: &[Vec<Target>]) -> Group {
    let sequence = |targets: &Vec<Target>| Sequence { ids: vec![1; 40], targets: targets.clone() };
    Group { sequences: targets.iter().map(sequence).collect(), key: 0, ..Group::default() }
}

fn targets(ids: &[u32]) -> Vec<Target> {
    ids.iter().zip(0..).map(|(id, pos)| Target { pos, id: *id }).collect()
}

/// Numbers that look random, up to ±`size`.
fn scores(group: &Group, width: usize, size: f32) -> Vec<Scores> {
    let outputs = |(salt, sequence): (usize, &Sequence)| {
        (0..sequence.targets.len() * width).map(|i| size * ((i * 7 + salt * 13 + 1) as f32 * 0.9).sin()).collect()
    };
    group.sequences.iter().enumerate().map(|s| Scores { outputs: outputs(s), ..Scores::default() }).collect()
}

/// Each slope against the loss's own differences.
fn check_slopes(group: &Group, scores: &[Scores], loss: impl Fn(&Group, &[Scores]) -> GroupLoss) {
    const STEP: f32 = 1.0 / 1024.0;
    let at = loss(group, scores);
    assert_eq!(at.d_outputs.iter().map(Vec::len).collect::<Vec<_>>(), scores.iter().map(|s| s.outputs.len()).collect::<Vec<_>>());
    assert!(at.loss.is_finite() && at.d_logprob.is_empty() && at.d_entropy.is_empty());
    for (s, slopes) in at.d_outputs.iter().enumerate() {
        for (i, slope) in slopes.iter().enumerate() {
            let moved = |step: f32| {
                let mut scores = scores.to_vec();
                scores[s].outputs[i] += step;
                let x = f64::from(scores[s].outputs[i]);
                (x, loss(group, &scores).loss)
            };
            let (up, down) = (moved(STEP), moved(-STEP));
            let want = (up.1 - down.1) / (up.0 - down.0);
            assert!((f64::from(*slope) - want).abs() < 1e-5, "sequence {s}, output {i}: {slope} is not {want}");
        }
    }
}

#[test]
fn slopes_are_the_losses_differences() {
    let classes = group(&[targets(&[2, 0, 4, 4]), targets(&[1]), Vec::new()]);
    check_slopes(&classes, &scores(&classes, 5, 3.0), |g, s| class_cross_entropy(g, s, &[]));
    check_slopes(&classes, &scores(&classes, 5, 3.0), |g, s| class_cross_entropy(g, s, &[0.5, 2.0, 1.0, 0.0, 3.0]));
    for n in [1, 5, 32, 33, 70] {
        let all: Vec<usize> = (0..n).collect();
        let labels = group(&[label_targets(0, &[n - 1], n), label_targets(3, &[], n), label_targets(1, &all, n)]);
        let plain = |group: &Group, scores: &[Scores]| several_labels(group, scores, &[]);
        check_slopes(&labels, &scores(&labels, n, 4.0), plain);
        let weights: Vec<f32> = (0..n).map(|i| 0.5 + i as f32).collect();
        check_slopes(&labels, &scores(&labels, n, 4.0), |group: &Group, scores: &[Scores]| {
            several_labels(group, scores, &weights)
        });
    }
    let spans = group(&[
        targets(&[0, 0, SPAN_START, 0, SPAN_END]),
        targets(&[3, 0]),
        targets(&[1, 3, 2, 0]),
        targets(&[0, 0]),
        Vec::new(),
    ]);
    check_slopes(&spans, &scores(&spans, 2, 3.0), span);
}

#[test]
fn an_undecided_head_has_the_loss_of_a_guess() {
    let zeros = |group: &Group, width: usize| scores(group, width, 0.0);
    let classes = group(&[targets(&[2, 0, 4]), targets(&[1])]);
    let out = class_cross_entropy(&classes, &zeros(&classes, 5), &[]);
    assert!((out.loss / out.weight - 5f64.ln()).abs() < 1e-12);
    assert!((out.weight - 4.0).abs() < 1e-12);
    let labels = group(&[label_targets(0, &[3, 40], 50)]);
    let out = several_labels(&labels, &zeros(&labels, 50), &[]);
    assert!((out.loss - 2f64.ln()).abs() < 1e-12 && (out.weight - 1.0).abs() < 1e-12);
    let spans = group(&[targets(&[3, 0, 0, 0, 0, 0, 0, 0])]);
    let out = span(&spans, &zeros(&spans, 2));
    assert!((out.loss - 8f64.ln()).abs() < 1e-12 && (out.weight - 1.0).abs() < 1e-12);
}

#[test]
fn class_weights_make_torchs_weighted_mean() {
    // torch.nn.functional.cross_entropy([[1, 2, 0.5], [0, -1, 3]], [1, 0], weight=[1, 2, 4]) = 1.3315404…
    let classes = group(&[targets(&[1]), targets(&[0])]);
    let outputs = [vec![1.0, 2.0, 0.5], vec![0.0, -1.0, 3.0]];
    let scores: Vec<Scores> = outputs.into_iter().map(|outputs| Scores { outputs, ..Scores::default() }).collect();
    let out = class_cross_entropy(&classes, &scores, &[1.0, 2.0, 4.0]);
    assert!((out.weight - 3.0).abs() < 1e-12);
    assert!((out.loss / out.weight - 1.331_540_490_657_773).abs() < 1e-6, "{}", out.loss / out.weight);
}

#[test]
fn saturated_labels_stay_finite() {
    let labels = group(&[label_targets(0, &[0], 2)]);
    let scores = [Scores { outputs: vec![-500.0, 800.0], ..Scores::default() }];
    let out = several_labels(&labels, &scores, &[]);
    assert!((out.loss - 650.0).abs() < 1e-6, "{}", out.loss);
    assert_eq!(out.d_outputs, [[-0.5, 0.5]]);
}

#[test]
fn a_text_without_an_answer_marked_is_left_out() {
    let spans = group(&[targets(&[0, SPAN_START, 0])]);
    let out = span(&spans, &scores(&spans, 2, 1.0));
    assert!(out.loss == 0.0 && out.weight == 0.0);
    assert_eq!(out.d_outputs, [[0.0; 6]]);
}
