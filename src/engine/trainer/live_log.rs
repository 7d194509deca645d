//! What a live run was told, in order, kept beside it: so that it goes on after a stop, takes back what came before that, and can be told
//! the same again. Trains nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::data::kept;
use crate::feedback::{Question, Vote};
use crate::formats::resume::{KnobState, read_beside, write_beside};

/// Names in the run's folder and in a checkpoint's.
const LOG: &str = "clicks.jsonl";
const LEARNT: &str = "clicks.json";

/// A vote as the policy heard it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clicked {
    pub event: i64,
    pub question: i64,
    pub asked: Question,
    pub annotator: String,
    pub vote: Vote,
    /// As they stood: a rate that was turned belongs to what was learnt with it.
    pub knobs: KnobState,
}

/// Something that happened to the policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Entry {
    Click(Box<Clicked>),
    TakeBack {
        event: i64,
    },
    /// Back to a checkpoint that had learnt these votes.
    Rewound {
        learnt: Vec<i64>,
    },
}

/// The list beside a run: it only grows.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    pub entries: Vec<Entry>,
}

impl Log {
    pub fn open(run_dir: &Path) -> Result<Self, String> {
        let path = run_dir.join(LOG);
        Ok(Self { entries: kept::load_log("votes", &path)?, path })
    }

    /// On the disk when this returns.
    pub fn add(&mut self, entry: Entry) -> Result<(), String> {
        kept::append(&entry, "vote", &self.path)?;
        self.entries.push(entry);
        Ok(())
    }

    /// Votes that the policy should have learnt by now, in the order in which it should have.
    pub fn standing(&self) -> Vec<Clicked> {
        let mut known: BTreeMap<i64, &Clicked> = BTreeMap::new();
        let mut standing: Vec<&Clicked> = Vec::new();
        for entry in &self.entries {
            match entry {
                Entry::Click(click) => {
                    known.insert(click.event, click);
                    standing.push(click);
                }
                Entry::TakeBack { event } => standing.retain(|click| click.event != *event),
                Entry::Rewound { learnt } => {
                    standing = learnt.iter().filter_map(|event| known.get(event).copied()).collect();
                }
            }
        }
        standing.into_iter().cloned().collect()
    }

    /// The votes of these events, as they were heard last.
    pub fn clicks(&self, events: &[i64]) -> Vec<Clicked> {
        let heard = |event: &i64| {
            self.entries.iter().rev().find_map(|entry| match entry {
                Entry::Click(click) if click.event == *event => Some((**click).clone()),
                Entry::Click(_) | Entry::TakeBack { .. } | Entry::Rewound { .. } => None,
            })
        };
        events.iter().filter_map(heard).collect()
    }
}

/// Writes which votes a checkpoint has learnt.
pub fn save_learnt(events: &[i64], checkpoint: &Path) -> Result<(), String> {
    let text = serde_json::to_string(events).map_err(|error| error.to_string())?;
    write_beside(checkpoint, LEARNT, &text).map_err(|error| error.to_string())
}

/// Reads what `save_learnt` wrote; none where an older program made the checkpoint.
pub fn load_learnt(checkpoint: &Path) -> Option<Vec<i64>> {
    read_beside(checkpoint, LEARNT).ok().and_then(|text| serde_json::from_str(&text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::supervised::Side;
    use crate::feedback::Verdict;

    fn click(event: i64) -> Entry {
        let asked = Question { prompt: Side::Text("p".into()), candidates: Vec::new(), repeats: None };
        let knobs = KnobState {
            lr: 1e-3,
            grad_accum: 1,
            weight_decay: 0.0,
            dropout: 0.0,
            eval_every: 0,
            sample_every: 0,
            checkpoint_every_s: 0,
        };
        let vote = Vote::of(Verdict::Skipped, 0);
        Entry::Click(Box::new(Clicked { event, question: event, asked, annotator: "ann".into(), vote, knobs }))
    }

    #[test]
    fn what_stands_follows_from_all_that_happened() {
        let dir = tempfile::tempdir().unwrap();
        let mut log = Log::open(dir.path()).unwrap();
        let back = |event| Entry::TakeBack { event };
        for entry in [click(1), click(2), click(3), back(2), click(2), back(3), Entry::Rewound { learnt: vec![1, 3] }, click(4)] {
            log.add(entry).unwrap();
        }
        let events = |log: &Log| log.standing().iter().map(|click| click.event).collect::<Vec<_>>();
        assert_eq!(events(&log), [1, 3, 4]);
        // A power cut in the middle of a line loses that line alone.
        let path = dir.path().join(LOG);
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str("{\"what\":\"click\",\"eve");
        std::fs::write(&path, text).unwrap();
        let mut again = Log::open(dir.path()).unwrap();
        assert_eq!(events(&again), [1, 3, 4]);
        again.add(back(1)).unwrap();
        assert_eq!(events(&Log::open(dir.path()).unwrap()), [3, 4], "what follows a torn line is read");
    }
}
