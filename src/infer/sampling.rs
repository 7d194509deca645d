//! Drawing the next token: penalty, temperature, top-k, top-p, min-p, in that order and as transformers' processors compute them.

use rand::Rng;

use crate::engine::command::Sampling;

/// Tokens that are sorted first for top-p; almost always the answer is among them.
const FIRST_SORT: usize = 256;

/// Draws the next token from logits, given the tokens so far. Changes the logits.
pub fn sample(logits: &mut [f32], seen: &[u32], sampling: &Sampling, rng: &mut impl Rng) -> u32 {
    filter(logits, seen, sampling);
    if sampling.temperature <= 0.0 {
        return argmax(logits);
    }
    let total = softmax(logits);
    let mut rest = rng.random::<f64>() * total;
    let mut last = 0;
    for (id, p) in logits.iter().enumerate().filter(|(_, p)| **p > 0.0) {
        last = id;
        rest -= f64::from(*p);
        if rest < 0.0 {
            break;
        }
    }
    last as u32
}

/// Applies penalty, temperature and filters; what is ruled out becomes −∞. At temperature 0 only the penalty counts.
pub fn filter(logits: &mut [f32], seen: &[u32], sampling: &Sampling) {
    for logit in logits.iter_mut().filter(|l| l.is_nan()) {
        *logit = f32::NEG_INFINITY;
    }
    repetition_penalty(logits, seen, sampling.repetition_penalty);
    if sampling.temperature <= 0.0 {
        return;
    }
    for logit in logits.iter_mut() {
        *logit /= sampling.temperature;
    }
    top_k(logits, sampling.top_k);
    top_p(logits, sampling.top_p);
    min_p(logits, sampling.min_p);
}

/// What `sample` draws from, as probabilities: after penalty, temperature and filters. At temperature 0 the likeliest has it all.
pub fn probabilities(logits: &[f32], seen: &[u32], sampling: &Sampling) -> Vec<f32> {
    let mut probs = logits.to_vec();
    filter(&mut probs, seen, sampling);
    if sampling.temperature <= 0.0 {
        let best = argmax(&probs) as usize;
        return (0..probs.len()).map(|id| f32::from(u8::from(id == best))).collect();
    }
    let total = softmax(&mut probs);
    probs.iter().map(|p| (f64::from(*p) / total) as f32).collect()
}

/// The first of the largest.
pub fn argmax(logits: &[f32]) -> u32 {
    let mut best = (0, f32::NEG_INFINITY);
    for (id, logit) in logits.iter().enumerate() {
        if *logit > best.1 {
            best = (id, *logit);
        }
    }
    best.0 as u32
}

/// Keskar et al. 2019: towards less likely, whatever the sign; once for each token, however often it was seen.
fn repetition_penalty(logits: &mut [f32], seen: &[u32], penalty: f32) {
    // 1 changes nothing; a penalty of 0 or less has no meaning.
    if penalty <= 0.0 || (penalty - 1.0).abs() < f32::EPSILON {
        return;
    }
    let mut ids = seen.to_vec();
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        if let Some(logit) = logits.get_mut(id as usize) {
            *logit = if *logit < 0.0 { *logit * penalty } else { *logit / penalty };
        }
    }
}

/// Keeps everything at least as likely as the k-th.
fn top_k(logits: &mut [f32], k: usize) {
    if k == 0 || k >= logits.len() {
        return;
    }
    let mut sorted = logits.to_vec();
    let (_, kth, _) = sorted.select_nth_unstable_by(k - 1, |a, b| b.total_cmp(a));
    let kth = *kth;
    rule_out(logits, |logit| logit < kth);
}

/// Keeps a token while those likelier than it hold less than p (Holtzman et al. 2020).
fn top_p(logits: &mut [f32], p: f32) {
    if p >= 1.0 {
        return;
    }
    let mut probs = logits.to_vec();
    let total = softmax(&mut probs);
    let mut order: Vec<usize> = (0..logits.len()).filter(|i| logits[*i] > f32::NEG_INFINITY).collect();
    let likelier = |a: &usize, b: &usize| logits[*b].total_cmp(&logits[*a]).then(b.cmp(a));
    let mut kept = None;
    if order.len() > FIRST_SORT {
        order.select_nth_unstable_by(FIRST_SORT - 1, likelier);
        order[..FIRST_SORT].sort_unstable_by(likelier);
        kept = reach(&order[..FIRST_SORT], &probs, total, p);
    }
    if kept.is_none() {
        order.sort_unstable_by(likelier);
        kept = reach(&order, &probs, total, p);
    }
    for id in order.iter().skip(kept.unwrap_or(order.len()).max(1)) {
        logits[*id] = f32::NEG_INFINITY;
    }
}

/// How many of the likeliest it takes to hold `p`; none if these don't.
fn reach(order: &[usize], probs: &[f32], total: f64, p: f32) -> Option<usize> {
    let mut held = 0.0;
    order
        .iter()
        .position(|id| {
            held += f64::from(probs[*id]) / total;
            held >= f64::from(p)
        })
        .map(|last| last + 1)
}

/// Keeps what is at least this share as likely as the likeliest (Nguyen et al. 2024).
fn min_p(logits: &mut [f32], share: f32) {
    if share <= 0.0 {
        return;
    }
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    // p/p_max = exp(l − l_max), so no softmax is needed; the likeliest itself always stays.
    let floor = highest + share.min(1.0).ln();
    rule_out(logits, |logit| logit < floor);
}

fn rule_out(logits: &mut [f32], out: impl Fn(f32) -> bool) {
    for logit in logits.iter_mut().filter(|l| out(**l)) {
        *logit = f32::NEG_INFINITY;
    }
}

/// Turns logits into unnormalised probabilities (the largest is 1) and returns their sum.
fn softmax(logits: &mut [f32]) -> f64 {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut total = 0.0;
    for logit in logits.iter_mut() {
        // All −∞ (a broken model): everything alike, rather than NaN.
        *logit = if highest.is_finite() { (*logit - highest).exp() } else { 1.0 };
        total += f64::from(*logit);
    }
    total
}
