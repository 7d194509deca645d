//! losses.json: pairs, answers one by one, rewards, rankings.

use lyceum::train::PreferenceLoss;
use lyceum::train::preference_loss::{Pair, kto, kto_baseline};
use lyceum::train::reward_loss::{Ties, bradley_terry, plackett_luce, tie};
use serde_json::Value;

use super::{Deviation, golden, list, number};

const MOST: f64 = 1e-9;

/// The loss that a case is of; None where it is not one of pairs.
fn named(name: &str, params: &Value) -> Option<PreferenceLoss> {
    let (beta, label_smoothing) = (number(params, "beta"), number(params, "label_smoothing"));
    Some(match name {
        "dpo_sigmoid" => PreferenceLoss::Dpo { beta, label_smoothing, reference_free: false },
        "dpo_reference_free" => PreferenceLoss::Dpo { beta, label_smoothing, reference_free: true },
        "dpo_robust" => PreferenceLoss::Robust { beta, label_smoothing },
        "dpo_hinge" => PreferenceLoss::Hinge { beta },
        "dpo_ipo_sum" => PreferenceLoss::Ipo { beta, average: false },
        "dpo_ipo_avg" => PreferenceLoss::Ipo { beta, average: true },
        "dpo_apo_zero" => PreferenceLoss::ApoZero { beta },
        "dpo_apo_down" => PreferenceLoss::ApoDown { beta },
        "dpo_sigmoid_norm" => PreferenceLoss::SigmoidNorm { beta },
        "dpo_sppo_hard" => PreferenceLoss::SppoHard { beta },
        "orpo" => PreferenceLoss::Orpo { lambda: number(params, "lambda_") },
        "simpo" => PreferenceLoss::SimPo { beta, gamma: number(params, "gamma") },
        "cpo_sigmoid_no_nll" => PreferenceLoss::Cpo { beta, lambda: 0.0 },
        "cpo_with_nll" => PreferenceLoss::Cpo { beta, lambda: number(params, "alpha") },
        _ => return None,
    })
}

#[test]
fn losses_and_slopes_are_the_papers() {
    let file = golden("losses.json");
    for (i, case) in file["cases"].as_array().unwrap().iter().enumerate() {
        let name = case["name"].as_str().unwrap();
        let mut off = Deviation::default();
        match name {
            "kto" => answers(case, &file["inputs"], &mut off),
            "reward_bradley_terry" | "reward_tie_rao_kupper" => rewards(case, &mut off),
            other => pairs(named(other, &case["params"]).unwrap(), case, &file["inputs"], &mut off),
        }
        off.check(&format!("losses {i} {name}"), MOST);
    }
}

fn pairs(loss: PreferenceLoss, case: &Value, inputs: &Value, off: &mut Deviation) {
    let input = |name: &str| list(&inputs[name]);
    let (chosen, rejected) = (input("policy_chosen_logps"), input("policy_rejected_logps"));
    let (ref_chosen, ref_rejected) = (input("ref_chosen_logps"), input("ref_rejected_logps"));
    let (n_chosen, n_rejected) = (input("chosen_num_tokens"), input("rejected_num_tokens"));
    // Of means by the token the slopes are by those means.
    let averaged = case["wrt"][0] == "avg_chosen";
    let (want, d_chosen, d_rejected) = (list(&case["per_example"]), list(&case["grads"][0]), list(&case["grads"][1]));
    let n = want.len();
    let mut mean = 0.0;
    for i in 0..n {
        let out = loss.of_pair(&Pair {
            chosen: chosen[i],
            rejected: rejected[i],
            ref_chosen: ref_chosen[i],
            ref_rejected: ref_rejected[i],
            n_chosen: n_chosen[i] as usize,
            n_rejected: n_rejected[i] as usize,
        });
        let (per_w, per_l) = if averaged { (n_chosen[i], n_rejected[i]) } else { (1.0, 1.0) };
        off.of(out.loss, want[i]);
        off.of(out.d_chosen * per_w / n as f64, d_chosen[i]);
        off.of(out.d_rejected * per_l / n as f64, d_rejected[i]);
        mean += out.loss / n as f64;
        if case["chosen_rewards"].is_array() {
            off.of(out.reward_chosen, list(&case["chosen_rewards"])[i]);
            off.of(out.reward_rejected, list(&case["rejected_rewards"])[i]);
        }
        if case["margins"].is_array() {
            off.of(out.margin(), list(&case["margins"])[i]);
        }
    }
    off.of(mean, number(case, "loss"));
}

fn answers(case: &Value, inputs: &Value, off: &mut Deviation) {
    let params = &case["params"];
    let z0 = kto_baseline(&list(&case["kl_inputs"]["kl_policy_logps"]), &list(&case["kl_inputs"]["kl_ref_logps"]));
    off.of(z0, number(case, "kl"));
    let want = list(&case["per_example"]);
    let sides = [("chosen", true, "desirable_weight"), ("rejected", false, "undesirable_weight")];
    for (side, (name, desirable, weight)) in sides.into_iter().enumerate() {
        let (policy, reference) = (list(&inputs[format!("policy_{name}_logps")]), list(&inputs[format!("ref_{name}_logps")]));
        let slopes = list(&case["grads"][side]);
        for i in 0..policy.len() {
            let out = kto(policy[i] - reference[i], desirable, z0, number(params, "beta"), number(params, weight));
            off.of(out.loss, want[side * policy.len() + i]);
            off.of(out.d_logp / want.len() as f64, slopes[i]);
        }
    }
}

fn rewards(case: &Value, off: &mut Deviation) {
    let params = &case["params"];
    let (chosen, rejected) = (list(&params["scores_chosen"]), list(&params["scores_rejected"]));
    let (want, d_chosen, d_rejected) = (list(&case["per_example"]), list(&case["grads"][0]), list(&case["grads"][1]));
    for i in 0..want.len() {
        let out = if let Some(theta) = params["theta"].as_f64() {
            tie(chosen[i], rejected[i], Ties::RaoKupper { threshold: theta.ln() }, 0.0).unwrap()
        } else {
            let margin = params["margin"].get(i).map_or(0.0, |m| m.as_f64().unwrap());
            bradley_terry(chosen[i], rejected[i], margin, number(params, "center_rewards_coefficient"))
        };
        off.of(out.loss, want[i]);
        off.of(out.d_chosen / want.len() as f64, d_chosen[i]);
        off.of(out.d_rejected / want.len() as f64, d_rejected[i]);
    }
}

#[test]
fn rankings_are_products_of_choices() {
    let file = golden("losses.json");
    for case in file["rankings"].as_array().into_iter().flatten() {
        let (loss, slopes) = plackett_luce(&list(&case["rewards"]), &list(&case["ranks"]));
        let mut off = Deviation::default();
        off.of(loss, number(case, "loss"));
        off.of_lists(&slopes, &list(&case["grad"]));
        off.check(&format!("ranking {}", case["ranks"]), MOST);
    }
}
