//! What the sampling settings leave of the distribution of the next token. Draws nothing.

use crate::engine::command::Sampling;
use crate::engine::look::NextView;
use crate::infer::probabilities;

/// Bars that are shown.
pub const BARS: usize = 20;

/// A token before and after the settings act.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    pub id: u32,
    pub text: String,
    /// The model's own probability: temperature 1, no filter.
    pub before: f32,
    /// With which it is drawn; 0: cut.
    pub after: f32,
}

/// The likeliest tokens as bars, and what is left of all others.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    pub bars: Vec<Bar>,
    /// Of all tokens that have no bar, before and after.
    pub rest: (f32, f32),
    /// Tokens that can still be drawn, of how many.
    pub kept: usize,
    pub of: usize,
    /// Before and after, in nats.
    pub entropy: (f32, f32),
}

/// By the very code that draws tokens, over the whole vocabulary.
pub fn picture(next: &NextView, sampling: &Sampling) -> Picture {
    let plain = Sampling { repetition_penalty: 1.0, temperature: 1.0, top_k: 0, top_p: 1.0, min_p: 0.0, seed: 0 };
    let before = probabilities(&next.logits, &next.ids, &plain);
    let after = probabilities(&next.logits, &next.ids, sampling);
    let at = |probs: &[f32], id: u32| probs.get(id as usize).copied().unwrap_or(0.0);
    let bar = |(id, text): &(u32, String)| Bar { id: *id, text: text.clone(), before: at(&before, *id), after: at(&after, *id) };
    let bars: Vec<Bar> = next.best.iter().take(BARS).map(bar).collect();
    let shown = |pick: fn(&Bar) -> f32| bars.iter().map(pick).sum::<f32>();
    let rest = ((1.0 - shown(|bar| bar.before)).max(0.0), (1.0 - shown(|bar| bar.after)).max(0.0));
    let kept = after.iter().filter(|p| **p > 0.0).count();
    Picture { bars, rest, kept, of: next.logits.len(), entropy: (entropy(&before), entropy(&after)) }
}

fn entropy(probs: &[f32]) -> f32 {
    -probs.iter().filter(|p| **p > 0.0).map(|p| f64::from(*p) * f64::from(*p).ln()).sum::<f64>() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(logits: &[f32], ids: &[u32]) -> NextView {
        let mut best: Vec<(u32, String)> = (0..logits.len() as u32).map(|id| (id, id.to_string())).collect();
        best.sort_by(|a, b| logits[b.0 as usize].total_cmp(&logits[a.0 as usize]));
        best.truncate(24);
        NextView { ids: ids.to_vec(), logits: logits.to_vec(), best }
    }

    #[test]
    fn what_is_cut_has_no_bar_left_and_the_rest_share_it() {
        // Probabilities 1/2, 1/4, 1/8, 1/16, 1/16.
        let view = next(&[4.0, 3.0, 2.0, 1.0, 1.0].map(|x| x * std::f32::consts::LN_2), &[]);
        let all = Sampling { repetition_penalty: 1.0, temperature: 1.0, top_k: 0, top_p: 1.0, min_p: 0.0, seed: 0 };
        let same = picture(&view, &all);
        assert!(same.bars.iter().all(|bar| (bar.before - bar.after).abs() < 1e-6) && same.kept == 5);
        assert!((same.bars[0].before - 0.5).abs() < 1e-6 && same.rest.0 < 1e-6);
        let two = picture(&view, &Sampling { top_k: 2, ..all.clone() });
        assert_eq!(two.bars.iter().map(|bar| (bar.after * 3.0).round() as u32).collect::<Vec<_>>(), [2, 1, 0, 0, 0]);
        assert_eq!((two.kept, two.of), (2, 5));
        assert!(two.entropy.1 < two.entropy.0);
        let greedy = picture(&view, &Sampling { temperature: 0.0, ..all.clone() });
        assert_eq!((greedy.kept, greedy.bars[0].after), (1, 1.0));
        // A penalty on the likeliest takes it below the second: 2⁴ becomes 2².
        let seen = picture(&next(&view.logits, &[0, 0]), &Sampling { repetition_penalty: 2.0, ..all });
        assert!(seen.bars[0].after < seen.bars[1].after, "{:?}", seen.bars);
    }

    #[test]
    fn tokens_without_a_bar_are_counted_together() {
        let logits: Vec<f32> = (0..100).map(|i| -(i as f32) * 0.01).collect();
        let picture = picture(&next(&logits, &[]), &Sampling { top_k: 50, temperature: 2.0, ..Sampling::default() });
        assert_eq!(picture.bars.len(), BARS);
        let (before, after): (f32, f32) =
            (picture.bars.iter().map(|bar| bar.before).sum(), picture.bars.iter().map(|bar| bar.after).sum());
        assert!((before + picture.rest.0 - 1.0).abs() < 1e-5 && (after + picture.rest.1 - 1.0).abs() < 1e-5);
    }
}
