//! A verdict in a few words, for lists. Knows no window.

use super::Verdict;

impl Verdict {
    /// Ranks or thumbs in the order of the answers, or what else was said.
    pub fn in_words(&self) -> String {
        let listed = |words: Vec<String>| words.join(", ");
        let thumb = |thumb: &Option<bool>| {
            let word = match thumb {
                Some(true) => "good",
                Some(false) => "bad",
                None => "–",
            };
            word.to_owned()
        };
        match self {
            Self::Ranked { ranks, .. } if ranks.windows(2).all(|pair| pair[0] == pair[1]) => "tie".to_owned(),
            Self::Ranked { ranks, .. } => format!("ranks {}", listed(ranks.iter().map(u32::to_string).collect())),
            Self::Thumbs(thumbs) => listed(thumbs.iter().map(thumb).collect()),
            Self::Rated(scores) => {
                let one = |scores: &std::collections::BTreeMap<String, u8>| {
                    scores.iter().map(|(name, score)| format!("{name} {score}")).collect::<Vec<_>>().join(" ")
                };
                listed(scores.iter().map(one).collect())
            }
            Self::AllBad => "all bad".to_owned(),
            Self::Skipped => "skipped".to_owned(),
        }
    }
}
