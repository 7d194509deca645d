//! rl.json: penalties, advantages, PPO and GRPO with their slopes.

use lyceum::train::rl_math::{
    AdaptiveKl, KlEstimator, clipped_policy, clipped_value, discounted_returns, gae, group_advantages, k2, k3, leave_one_out,
    token_rewards, whiten,
};
use serde_json::Value;

use super::{Deviation, golden, list, number, rows};

const MOST: f64 = 1e-9;

/// The rows without their padding.
fn cut(file: &Value, value: &Value) -> Vec<Vec<f64>> {
    let lengths = list(&file["inputs"]["lengths"]);
    rows(value).into_iter().zip(lengths).map(|(row, n)| row[..n as usize].to_vec()).collect()
}

fn check(case: &str, got: &[f64], want: &[f64]) {
    let mut off = Deviation::default();
    off.of_lists(got, want);
    off.check(&format!("rl {case}"), MOST);
}

#[test]
fn penalties_and_advantages() {
    let file = golden("rl.json");
    let input = |name: &str| cut(&file, &file["inputs"][name]);
    let (old, reference, values) = (input("old_logprobs"), input("ref_logprobs"), input("values"));
    let (scores, params) = (list(&file["inputs"]["scores"]), &file["params"]);
    let rewards: Vec<Vec<f64>> = (0..old.len())
        .map(|b| token_rewards(&old[b], &reference[b], scores[b], number(params, "kl_coef"), KlEstimator::K1))
        .collect();
    check("rewards", &rewards.concat(), &cut(&file, &file["rewards"]).concat());
    let estimates = |gamma, lambda| -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
        rewards.iter().zip(&values).map(|(r, v)| gae(r, v, gamma, lambda)).unzip()
    };
    let (mut advantages, returns) = estimates(number(params, "gamma"), number(params, "lam"));
    check("advantages", &advantages.concat(), &cut(&file, &file["advantages_raw"]).concat());
    check("returns", &returns.concat(), &cut(&file, &file["returns"]).concat());
    check("gae_gamma099_lam09", &estimates(0.99, 0.9).0.concat(), &cut(&file, &file["gae_gamma099_lam09"]).concat());
    let (mean, variance) = whiten(&mut advantages, true);
    check("whiten moments", &[mean, variance], &[number(&file, "whiten_mean"), number(&file, "whiten_var_unbiased")]);
    check("advantages_whitened", &advantages.concat(), &cut(&file, &file["advantages_whitened"]).concat());
    // With λ 1 and no values, advantages are the discounted returns.
    let (undiscounted, _) = gae(&rewards[0], &vec![0.0; rewards[0].len()], 0.9, 1.0);
    check("discounted returns", &discounted_returns(&rewards[0], 0.9), &undiscounted);
}

#[test]
fn ppo() {
    let file = golden("rl.json");
    let input = |name: &str| cut(&file, &file["inputs"][name]).concat();
    let (old, reference, new) = (input("old_logprobs"), input("ref_logprobs"), input("new_logprobs"));
    let (values, new_values, params) = (input("values"), input("new_values"), &file["params"]);
    let (advantages, returns) = (cut(&file, &file["advantages_whitened"]).concat(), cut(&file, &file["returns"]).concat());
    let n = old.len() as f64;
    let coef = number(params, "vf_coef");
    let (mut sums, mut d_new, mut d_values) = ([0.0; 7], Vec::new(), Vec::new());
    for t in 0..old.len() {
        let policy = clipped_policy(new[t], old[t], advantages[t], number(params, "cliprange"));
        let value = clipped_value(new_values[t], values[t], returns[t], number(params, "cliprange_value"));
        let clipped = |yes: bool| f64::from(u8::from(yes));
        let ratio = (new[t] - old[t]).exp();
        let (k2, k3) = (k2(new[t], old[t]), k3(new[t], reference[t]).0);
        let terms = [policy.loss, value.loss, clipped(policy.clipped), clipped(value.clipped), k2, k3, ratio];
        sums.iter_mut().zip(terms).for_each(|(sum, x)| *sum += x / n);
        d_new.push(policy.slope / n);
        d_values.push(coef * value.slope / n);
    }
    let names = ["pg_loss", "vf_loss", "pg_clipfrac", "vf_clipfrac", "approx_kl_half_sq", "kl_k3_ref", "mean_ratio"];
    for (name, sum) in names.into_iter().zip(sums) {
        check(name, &[sum], &[number(&file, name)]);
    }
    check("loss", &[sums[0] + coef * sums[1]], &[number(&file, "loss")]);
    check("grad_new_logprobs", &d_new, &cut(&file, &file["grad_new_logprobs"]).concat());
    check("grad_new_values", &d_values, &cut(&file, &file["grad_new_values"]).concat());
    let answers = list(&file["inputs"]["lengths"]).len() as f64;
    let k1: f64 = old.iter().zip(&reference).map(|(old, r)| KlEstimator::K1.of(*old, *r)).sum();
    check("kl_k1_mean_per_seq", &[k1 / answers], &[number(&file, "kl_k1_mean_per_seq")]);
}

#[test]
fn grpo_and_rloo() {
    let file = golden("rl.json");
    let case = &file["grpo"];
    let input = |name: &str| cut(&file, &file["inputs"][name]);
    let (old, reference, new) = (input("old_logprobs"), input("ref_logprobs"), input("new_logprobs"));
    let (rewards, k) = (list(&case["rewards"]), number(case, "group_size") as usize);
    let advantages: Vec<f64> = rewards.chunks(k).flat_map(|group| group_advantages(group, true)).collect();
    check("grpo advantages", &advantages, &list(&case["advantages"]));
    let unscaled: Vec<f64> = rewards.chunks(k).flat_map(|group| group_advantages(group, false)).collect();
    if case["advantages_unscaled"].is_array() {
        check("grpo advantages_unscaled", &unscaled, &list(&case["advantages_unscaled"]));
    }
    let n: f64 = new.iter().map(|row| row.len() as f64).sum();
    let (mut by_token, mut by_answer, mut d_token, mut d_answer) = (0.0, 0.0, Vec::new(), Vec::new());
    for b in 0..new.len() {
        let share = 1.0 / (new[b].len() * new.len()) as f64;
        for t in 0..new[b].len() {
            let term = clipped_policy(new[b][t], old[b][t], advantages[b], number(case, "eps"));
            let (kl, d_kl) = k3(new[b][t], reference[b][t]);
            let (loss, slope) = (term.loss + number(case, "beta") * kl, term.slope + number(case, "beta") * d_kl);
            by_token += loss / n;
            by_answer += loss * share;
            d_token.push(slope / n);
            d_answer.push(slope * share);
        }
    }
    let losses = [number(case, "loss_token_mean"), number(case, "loss_seq_mean")];
    check("grpo losses", &[by_token, by_answer], &losses);
    check("grpo grad_token_mean", &d_token, &cut(&file, &case["grad_token_mean"]).concat());
    if case["grad_seq_mean"].is_array() {
        check("grpo grad_seq_mean", &d_answer, &cut(&file, &case["grad_seq_mean"]).concat());
    }
    if file["rloo"].is_object() {
        check("rloo advantages", &leave_one_out(&list(&file["rloo"]["rewards"])), &list(&file["rloo"]["advantages"]));
    }
}

#[test]
fn the_adaptive_coefficient_follows_its_target() {
    let case = &golden("rl.json")["adaptive_kl"];
    let mut kl = AdaptiveKl { coef: number(case, "init"), target: number(case, "target"), horizon: number(case, "horizon") };
    let mut after = Vec::new();
    for observed in list(&case["observed_kl"]) {
        kl.update(observed, number(case, "n_steps") as usize);
        after.push(kl.coef);
    }
    check("adaptive_kl", &after, &list(&case["coef_after"]));
}
