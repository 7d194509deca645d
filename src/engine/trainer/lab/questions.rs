//! Episodes as sequences to score, and what their scores say: the probabilities of labels and of the right answer. Knows no model.

use std::ops::Range;

use crate::data::supervised::{Episode, prompt_ids};
use crate::evaluate::icl::{calibrated, label_probabilities, largest};
use crate::model::{Scores, Sequence, Target};
use crate::tokenizer::Tokenizer;

/// Inputs without content, by which a bias for some label is told (Zhao et al. 2021 take these and a mask token).
const CONTENT_FREE: [&str; 2] = ["N/A", "nothing"];

/// An episode answered.
#[derive(Clone, Debug, Default)]
pub struct Answered {
    /// Probabilities among the labels, before and after calibration; empty where answers are free.
    pub labels: Vec<(f64, f64)>,
    pub hit: Option<bool>,
    pub hit_calibrated: Option<bool>,
    /// ln p of the right answer.
    pub logprob: f64,
    pub written: Option<String>,
}

/// Means over answers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// Shares; none where no answer has one.
    pub accuracy: Option<f64>,
    pub calibrated: Option<f64>,
    pub exact: Option<f64>,
    /// −ln p of the right answer.
    pub loss: f64,
}

impl Figures {
    pub fn of(answers: &[Answered]) -> Self {
        let share = |of: &dyn Fn(&Answered) -> Option<bool>| {
            let all: Vec<bool> = answers.iter().filter_map(of).collect();
            (!all.is_empty()).then(|| all.iter().filter(|hit| **hit).count() as f64 / all.len() as f64)
        };
        Self {
            accuracy: share(&|it| it.hit),
            calibrated: share(&|it| it.hit_calibrated),
            exact: share(&|it| it.written.as_ref().map(|text| !text.is_empty())),
            loss: -answers.iter().map(|it| it.logprob).sum::<f64>() / answers.len().max(1) as f64,
        }
    }
}

/// How a model takes episodes.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    pub tokenizer: &'a Tokenizer,
    /// The token that begins every text, if any does.
    pub begin: Option<u32>,
    /// Tokens at most.
    pub max_len: usize,
}

impl Reader<'_> {
    /// Drops the oldest examples until the longest answer fits behind the prompt. Returns how many went; None: not even the query fits.
    pub fn fit(&self, episode: &mut Episode<'_>) -> Option<usize> {
        let longest = |episode: &Episode<'_>| {
            let all = episode.options.iter().chain([&episode.truth]);
            all.map(|text| self.answer(text).len()).max().unwrap_or(0)
        };
        let mut gone = 0;
        while self.prompt(episode, None).len() + longest(episode) > self.max_len {
            if !episode.drop_oldest() {
                return None;
            }
            gone += 1;
        }
        Some(gone)
    }

    pub fn prompt(&self, episode: &Episode<'_>, query: Option<&str>) -> Vec<u32> {
        prompt_ids(episode, query, self.begin, &mut |text| self.tokenizer.encode(text)).0
    }

    /// Without the line end, which a model that was never tuned knows nothing of.
    fn answer(&self, text: &str) -> Vec<u32> {
        self.tokenizer.encode(&format!(" {text}"))
    }

    /// Every label of each episode, the right answer, and the labels after inputs without content.
    pub fn questions(&self, episodes: &[Episode<'_>], calibrate: bool) -> Questions {
        let mut all = Questions::default();
        for episode in episodes {
            let labels: Vec<Vec<u32>> = episode.options.iter().map(|text| self.answer(text)).collect();
            let answers = if labels.is_empty() { vec![self.answer(&episode.truth)] } else { labels };
            let mut own = vec![Asked::new(&self.prompt(episode, None), &answers, &mut all.sequences)];
            if calibrate && !episode.options.is_empty() {
                let longest = answers.iter().map(Vec::len).max().unwrap_or(0);
                let free = CONTENT_FREE.iter().map(|free| self.prompt(episode, Some(free)));
                let fitting = free.filter(|prompt| prompt.len() + longest <= self.max_len);
                own.extend(fitting.map(|prompt| Asked::new(&prompt, &answers, &mut all.sequences)));
            }
            all.asked.push((episode.options.iter().position(|option| *option == episode.truth), own));
        }
        all
    }
}

/// What is to be scored in one go.
#[derive(Clone, Debug, Default)]
pub struct Questions {
    pub sequences: Vec<Sequence>,
    /// For each episode the place of the right answer among its labels, and its answers after its prompt and after those without content.
    asked: Vec<(Option<usize>, Vec<Asked>)>,
}

impl Questions {
    /// From the scores of all sequences, in their order.
    pub fn judge(&self, scores: &[Scores]) -> Vec<Answered> {
        let sum = |(at, range): &(usize, Range<usize>)| {
            let part = scores.get(*at).and_then(|scores| scores.logprob.get(range.clone())).unwrap_or_default();
            part.iter().map(|x| f64::from(*x)).sum::<f64>()
        };
        let each = |asked: &Asked| asked.places.iter().map(sum).collect::<Vec<f64>>();
        self.asked.iter().map(|(right, own)| judged(*right, &own.iter().map(each).collect::<Vec<_>>())).collect()
    }
}

/// Answers after one prompt: those of one token share a pass over it.
#[derive(Clone, Debug)]
struct Asked {
    /// For each answer its sequence, and which of its targets are its own.
    places: Vec<(usize, Range<usize>)>,
}

impl Asked {
    /// Puts its sequences behind the others.
    fn new(prompt: &[u32], answers: &[Vec<u32>], sequences: &mut Vec<Sequence>) -> Self {
        let last = prompt.len().saturating_sub(1);
        let mut places = Vec::new();
        let first = sequences.len();
        if answers.iter().any(|answer| answer.len() == 1) {
            sequences.push(Sequence { ids: prompt.to_vec(), targets: Vec::new() });
        }
        for answer in answers {
            if let ([id], Some(shared)) = (answer.as_slice(), sequences.get_mut(first)) {
                places.push((first, shared.targets.len()..shared.targets.len() + 1));
                shared.targets.push(Target { pos: last as u32, id: *id });
                continue;
            }
            let targets = answer.iter().zip(last as u32..).map(|(id, pos)| Target { pos, id: *id }).collect();
            let ids = [prompt, answer.get(..answer.len().saturating_sub(1)).unwrap_or_default()].concat();
            places.push((sequences.len(), 0..answer.len()));
            sequences.push(Sequence { ids, targets });
        }
        Self { places }
    }
}

/// From the labels' log-probabilities after the prompt, and after inputs without content.
fn judged(right: Option<usize>, each: &[Vec<f64>]) -> Answered {
    let own = each.first().map(Vec::as_slice).unwrap_or_default();
    let Some(right) = right else {
        return Answered { logprob: own.first().copied().unwrap_or(f64::NEG_INFINITY), ..Answered::default() };
    };
    let plain = label_probabilities(own);
    let free = each.get(1..).unwrap_or_default();
    let mended = calibrated(own, free);
    Answered {
        hit: Some(largest(&plain) == Some(right)),
        hit_calibrated: (!free.is_empty()).then(|| largest(&mended) == Some(right)),
        labels: plain.into_iter().zip(mended).collect(),
        logprob: own.get(right).copied().unwrap_or(f64::NEG_INFINITY),
        written: None,
    }
}
