//! What a model makes of an episode: the probabilities of its labels and of the right answer. Draws nothing.

use super::material::Answerer;
use crate::data::supervised::{Episode, Style, prompt_ids};
use crate::engine::command::{GenerateRequest, Sampling};
use crate::evaluate::icl::{calibrated, label_probabilities, largest};
use crate::infer::Generation;
use crate::model::{Sequence, Target, Workspace};

/// Inputs without content, by which a bias for some label is told (Zhao et al. 2021 take these and a mask token).
const CONTENT_FREE: [&str; 2] = ["N/A", "nothing"];
/// Tokens of a written answer at most.
const ANSWER_TOKENS: usize = 16;
/// Sequences that one replica takes in one pass: bounds what their activations need.
const PER_PASS: usize = 16;
/// Answers that are written at once.
const TOGETHER: usize = 16;

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

/// Answers after one prompt, as sequences: those of one token share a pass over it.
struct Asked {
    sequences: Vec<Sequence>,
    /// For each answer its sequence, and which of its targets are its own.
    places: Vec<(usize, std::ops::Range<usize>)>,
}

impl Asked {
    fn new(prompt: &[u32], answers: &[Vec<u32>]) -> Self {
        let last = prompt.len().saturating_sub(1);
        let mut sequences = Vec::new();
        let mut places = Vec::new();
        if answers.iter().any(|answer| answer.len() == 1) {
            sequences.push(Sequence { ids: prompt.to_vec(), targets: Vec::new() });
        }
        for answer in answers {
            if let ([id], Some(shared)) = (answer.as_slice(), sequences.first_mut()) {
                places.push((0, shared.targets.len()..shared.targets.len() + 1));
                shared.targets.push(Target { pos: last as u32, id: *id });
                continue;
            }
            let targets = answer.iter().zip(last as u32..).map(|(id, pos)| Target { pos, id: *id }).collect();
            let ids = [prompt, answer.get(..answer.len().saturating_sub(1)).unwrap_or_default()].concat();
            places.push((sequences.len(), 0..answer.len()));
            sequences.push(Sequence { ids, targets });
        }
        Self { sequences, places }
    }
}

impl Answerer {
    /// Drops the oldest examples until the longest answer fits behind the prompt. Returns how many went; None: not even the query fits.
    pub fn fit(&self, episode: &mut Episode<'_>) -> Option<usize> {
        let longest = |episode: &Episode<'_>| {
            let all = episode.options.iter().chain([&episode.truth]);
            all.map(|text| self.answer_ids(text).len()).max().unwrap_or(0)
        };
        let mut gone = 0;
        while self.prompt(episode, None).len() + longest(episode) > self.model.config.max_len {
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
    fn answer_ids(&self, text: &str) -> Vec<u32> {
        self.tokenizer.encode(&format!(" {text}"))
    }

    /// All episodes in one go: every label of each, the right answer, and the labels after inputs without content.
    pub fn answer(&mut self, episodes: &[Episode<'_>], calibrate: bool) -> Result<Vec<Answered>, String> {
        let mut sequences = Vec::new();
        let mut asked: Vec<Vec<Asked>> = Vec::new();
        for episode in episodes {
            let labels: Vec<Vec<u32>> = episode.options.iter().map(|text| self.answer_ids(text)).collect();
            let answers = if labels.is_empty() { vec![self.answer_ids(&episode.truth)] } else { labels };
            let mut own = vec![Asked::new(&self.prompt(episode, None), &answers)];
            if calibrate && !episode.options.is_empty() {
                own.extend(CONTENT_FREE.iter().filter_map(|free| {
                    let prompt = self.prompt(episode, Some(free));
                    let longest = answers.iter().map(Vec::len).max().unwrap_or(0);
                    (prompt.len() + longest <= self.model.config.max_len).then(|| Asked::new(&prompt, &answers))
                }));
            }
            for one in &mut own {
                sequences.append(&mut one.sequences);
            }
            asked.push(own);
        }
        let counts = |one: &Asked| one.places.iter().map(|(at, _)| at + 1).max().unwrap_or(0);
        let mut scores = Vec::with_capacity(sequences.len());
        for part in sequences.chunks(PER_PASS * self.pool.len().max(1)) {
            scores.extend(self.pool.score(&self.model, part.to_vec()).map_err(|error| error.to_string())?);
        }
        let mut scores = scores.into_iter();
        let mut out = Vec::new();
        for (episode, own) in episodes.iter().zip(&asked) {
            let mut each: Vec<Vec<f64>> = Vec::new();
            for one in own {
                let scores: Vec<_> = scores.by_ref().take(counts(one)).collect();
                let sum = |(at, range): &(usize, std::ops::Range<usize>)| {
                    let part = scores.get(*at).and_then(|scores| scores.logprob.get(range.clone())).unwrap_or_default();
                    part.iter().map(|x| f64::from(*x)).sum::<f64>()
                };
                each.push(one.places.iter().map(sum).collect());
            }
            out.push(judged(episode, &each));
        }
        Ok(out)
    }

    /// What the model writes itself, the likeliest token each time, up to the line's end.
    pub fn write(&self, episodes: &[Episode<'_>], workspace: &mut Workspace) -> Result<Vec<String>, String> {
        let mut texts = Vec::new();
        for part in episodes.chunks(TOGETHER) {
            let request = |episode: &Episode<'_>| {
                let sampling = Sampling { temperature: 0.0, repetition_penalty: 1.0, ..Sampling::default() };
                let stop = vec![Style::END.to_owned()];
                (self.prompt(episode, None), GenerateRequest { prompt: String::new(), sampling, max_tokens: ANSWER_TOKENS, stop })
            };
            let mut writing = Generation::after(&self.model.config, &self.tokenizer, part.iter().map(request).collect())
                .map_err(|error| error.to_string())?;
            while !writing.is_done() {
                writing.step(&self.model, &self.tokenizer, workspace);
            }
            texts.extend((0..part.len()).map(|row| writing.text(row).trim().to_owned()));
        }
        Ok(texts)
    }
}

/// From the labels' log-probabilities after the prompt, and after inputs without content.
fn judged(episode: &Episode<'_>, each: &[Vec<f64>]) -> Answered {
    let own = each.first().map(Vec::as_slice).unwrap_or_default();
    let Some(right) = episode.options.iter().position(|option| *option == episode.truth) else {
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
