//! Log-probability of one id a row and entropy of the row, from logits, with the backward. Losses are built on these few numbers.

use super::math::{exp, exp_moments, max};
use super::simd;

/// From logits (n, vocab): log-sum-exp of each row, log p(id) and the entropy -Σ p log p, in nats.
pub fn cross_entropy(logits: &[f32], vocab: usize, ids: &[u32], lse: &mut [f32], logprob: &mut [f32], entropy: &mut [f32]) {
    assert!(logits.len() == ids.len() * vocab && lse.len() == ids.len(), "lengths differ");
    simd(
        #[inline(always)]
        || {
            let out = lse.iter_mut().zip(logprob).zip(entropy);
            for ((row, id), ((lse, logprob), entropy)) in logits.chunks_exact(vocab).zip(ids).zip(out) {
                let top = max(row);
                let (z, weighted) = exp_moments(row, top);
                let ln_z = z.ln();
                *lse = top + ln_z;
                *logprob = row[*id as usize] - top - ln_z;
                // H = lse - Σ p x = ln z - Σ p (x - top)
                *entropy = ln_z - weighted / z;
            }
        },
    );
}

/// Overwrites logits x by their gradient: that of `log p(id)` is `[j = id] - pⱼ`, that of the entropy H is `-pⱼ (log pⱼ + H)`.
///
/// `d_entropy` may be empty.
pub fn cross_entropy_backward(
    logits: &mut [f32],
    vocab: usize,
    ids: &[u32],
    (lse, entropy): (&[f32], &[f32]),
    d_logprob: &[f32],
    d_entropy: &[f32],
) {
    assert!(logits.len() == ids.len() * vocab && d_logprob.len() == ids.len(), "lengths differ");
    assert!(d_entropy.is_empty() || d_entropy.len() == ids.len(), "lengths differ");
    simd(
        #[inline(always)]
        || {
            for (i, (row, id)) in logits.chunks_exact_mut(vocab).zip(ids).enumerate() {
                let (lse, d_logprob) = (lse[i], d_logprob[i]);
                match d_entropy.get(i) {
                    None => {
                        for x in row.iter_mut() {
                            *x = -d_logprob * exp(*x - lse);
                        }
                    }
                    Some(d_entropy) => {
                        let h = entropy[i];
                        for x in row.iter_mut() {
                            let log_p = *x - lse;
                            *x = -exp(log_p) * (d_logprob + d_entropy * (log_p + h));
                        }
                    }
                }
                row[*id as usize] += d_logprob;
            }
        },
    );
}
