//! Examples in the prompt: which ones, in which order, and how they read. Knows no model, no token and no dataset.
//!
//! In-context learning (Brown et al. 2020) with the choices that are known to matter: which examples (nearest to the query, Liu et al.
//! 2022), how many of each label, and in which order (Zhao et al. 2021; Lu et al. 2022).

use std::collections::BTreeMap;
use std::ops::Range;

use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde::{Deserialize, Serialize};

use super::{Content, Example, Role, TaskTemplate, variables};

/// Draws of the examples and of their order come from different streams of the same seed.
const ORDER_STREAM: u64 = 1;

/// Which examples.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pick {
    #[default]
    Random,
    /// As many of each label as can be.
    Balanced,
    /// Those whose `Shot::nearness` is highest.
    Nearest,
    /// These and no others, by index.
    These(Vec<usize>),
}

/// In which order they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShotOrder {
    /// As they were drawn; of the nearest, the nearest stands last, beside the query.
    #[default]
    AsPicked,
    Reversed,
    /// Shuffled by a seed of its own, so that the same examples can be read in several orders.
    Shuffled(u64),
}

/// An instruction, examples, and how they are written. Composing is a pure function of this and of the examples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FewShot {
    /// Stands first; may be empty. `{labels}` stands for the labels of all examples, with commas between them.
    pub instruction: String,
    pub k: usize,
    pub pick: Pick,
    pub order: ShotOrder,
    pub words: TaskTemplate,
    /// Between a prompt and its answer. It also ends the whole text, unless it is spaces: a token mostly begins with its space.
    pub joint: String,
    /// Between the instruction, the examples and the query.
    pub separator: String,
    pub seed: u64,
}

/// One example that may be taken.
#[derive(Clone, Debug)]
pub struct Shot<'a> {
    pub example: &'a Example,
    /// How near it is to the query, the higher, the nearer; counts for `Pick::Nearest` alone.
    pub nearness: f32,
    /// Stands in place of the example's own answer: a control shows wrong ones.
    pub answer: Option<String>,
}

impl<'a> Shot<'a> {
    pub fn new(example: &'a Example) -> Self {
        Self { example, nearness: 0.0, answer: None }
    }
}

/// What a part of the text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShotPart {
    /// Index of the example; None: the instruction or the query.
    pub example: Option<usize>,
    /// Bytes of the text, without the separator behind.
    pub bytes: Range<usize>,
}

/// A prompt made of examples.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Composed {
    /// All of it, exactly as a model reads it.
    pub text: String,
    /// Indices of the examples, in the order in which they stand.
    pub used: Vec<usize>,
    /// The instruction, if there is one, the examples, and last the query.
    pub parts: Vec<ShotPart>,
    /// What stands between the end of the text and the answer: the spaces that `joint` would have put there.
    pub lead: String,
    /// The right answer of the query.
    pub truth: String,
}

impl FewShot {
    /// Examples as they come, in plain words, with an empty line between them.
    pub fn new(words: TaskTemplate, k: usize, seed: u64) -> Self {
        Self {
            instruction: String::new(),
            k,
            pick: Pick::default(),
            order: ShotOrder::default(),
            words,
            joint: " ".to_owned(),
            separator: "\n\n".to_owned(),
            seed,
        }
    }

    /// The prompt for this query. What asks the same as the query is never one of its examples.
    pub fn compose(&self, examples: &[Shot<'_>], query: &Example) -> Composed {
        let used = self.choose(examples, query);
        self.write(&used, examples, query)
    }

    /// The prompt with exactly these examples in exactly this order.
    pub fn write(&self, used: &[usize], examples: &[Shot<'_>], query: &Example) -> Composed {
        let mut out = Composed { used: used.to_vec(), ..Composed::default() };
        if !self.instruction.is_empty() {
            let labels = ("labels", label_names(examples).join(", "));
            out.push(None, &variables::fill(&self.instruction, &[labels]), &self.separator);
        }
        for &index in used {
            let Some(shot) = examples.get(index) else { continue };
            let (prompt, own) = self.halves(shot.example);
            let answer = shot.answer.as_deref().unwrap_or(&own);
            out.push(Some(index), &format!("{prompt}{}{answer}", self.joint), &self.separator);
        }
        let (prompt, truth) = self.halves(query);
        let spaces = self.joint.chars().all(|c| c == ' ');
        let end = if spaces { "" } else { self.joint.as_str() };
        out.push(None, &format!("{prompt}{end}"), &self.separator);
        out.lead = if spaces { self.joint.clone() } else { String::new() };
        out.truth = truth;
        out
    }

    /// What is asked and what is answered, as they stand in the text.
    pub fn halves(&self, example: &Example) -> (String, String) {
        let (turns, _) = self.words.turns(example);
        let answer = turns.iter().rposition(|turn| turn.role == Role::Assistant).unwrap_or(turns.len());
        let before = turns.iter().take(answer).map(|turn| turn.content.as_str()).collect::<Vec<_>>().join("\n");
        (before, turns.get(answer).map(|turn| turn.content.clone()).unwrap_or_default())
    }

    /// Indices of the examples to show, in the order in which they are to stand.
    fn choose(&self, examples: &[Shot<'_>], query: &Example) -> Vec<usize> {
        let asked = self.halves(query).0;
        let mut free: Vec<usize> =
            (0..examples.len()).filter(|&i| examples.get(i).is_some_and(|it| self.halves(it.example).0 != asked)).collect();
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let mut used = match &self.pick {
            Pick::These(these) => these.iter().copied().filter(|index| *index < examples.len()).collect(),
            Pick::Random => {
                free.shuffle(&mut rng);
                free.truncate(self.k);
                free
            }
            Pick::Balanced => self.balanced(&free, examples, &mut rng),
            Pick::Nearest => {
                let nearness = |index: &usize| examples.get(*index).map_or(f32::NEG_INFINITY, |it| it.nearness);
                // Stable: of two that are as near, the earlier one counts as nearer.
                free.sort_by(|a, b| nearness(b).total_cmp(&nearness(a)));
                free.truncate(self.k);
                free.reverse();
                free
            }
        };
        match self.order {
            ShotOrder::AsPicked => {}
            ShotOrder::Reversed => used.reverse(),
            ShotOrder::Shuffled(seed) => {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                rng.set_stream(ORDER_STREAM);
                used.shuffle(&mut rng);
            }
        }
        used
    }

    /// One of each label in turn, until there are k; which labels come once more than others is drawn, and so is the order.
    fn balanced(&self, free: &[usize], examples: &[Shot<'_>], rng: &mut ChaCha8Rng) -> Vec<usize> {
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for &index in free {
            if let Some(shot) = examples.get(index) {
                groups.entry(self.halves(shot.example).1).or_default().push(index);
            }
        }
        let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
        for group in &mut groups {
            group.shuffle(rng);
        }
        groups.shuffle(rng);
        let mut used = Vec::new();
        while used.len() < self.k && groups.iter().any(|group| !group.is_empty()) {
            for group in &mut groups {
                if used.len() < self.k {
                    used.extend(group.pop());
                }
            }
        }
        used.shuffle(rng);
        used
    }
}

impl Composed {
    fn push(&mut self, example: Option<usize>, part: &str, separator: &str) {
        if !self.text.is_empty() {
            self.text.push_str(separator);
        }
        let start = self.text.len();
        self.text.push_str(part);
        self.parts.push(ShotPart { example, bytes: start..self.text.len() });
    }
}

/// The labels of all examples, each once, in the order of the alphabet; empty where answers are free text.
pub fn label_names(examples: &[Shot<'_>]) -> Vec<String> {
    let mut names = std::collections::BTreeSet::new();
    for shot in examples {
        if let Content::Classes(it) = &shot.example.content {
            names.extend(it.labels.iter().map(ToString::to_string));
        }
    }
    names.into_iter().collect()
}
