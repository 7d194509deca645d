//! Sigmoids, exponentials and log-odds that stay finite wherever they are asked. Knows no loss.

/// ln(1 + eˣ), without overflow.
pub fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// 1 / (1 + e⁻ˣ).
pub fn sigmoid(x: f64) -> f64 {
    // e to a positive number could overflow, and what follows would still be right, but slopes made of it would not.
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

/// Beyond this e^x goes on as its tangent: probabilities a policy gives a text may lie a factor of e^10000 apart.
const STEEPEST: f64 = 20.0;

/// eˣ and its slope, both finite.
pub fn capped_exp(x: f64) -> (f64, f64) {
    let slope = x.min(STEEPEST).exp();
    (slope * (1.0 + (x - STEEPEST).max(0.0)), slope)
}

/// Nearer to certainty than this the log-odds go on as their tangent.
const NEARLY_CERTAIN: f64 = -1e-6;

/// ln(p / (1 − p)) for ln p, and its slope by ln p, which is 1 / (1 − p).
pub fn log_odds(log_p: f64) -> (f64, f64) {
    let at = log_p.min(NEARLY_CERTAIN);
    let slope = -1.0 / at.exp_m1();
    (at - (-at.exp_m1()).ln() + (log_p - at) * slope, slope)
}

/// ln Σ eˣ; −∞ of nothing.
pub fn log_sum_exp(xs: &[f64]) -> f64 {
    let highest = xs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if highest.is_finite() { highest + xs.iter().map(|x| (x - highest).exp()).sum::<f64>().ln() } else { highest }
}
