//! Who judges a policy's answers: reward models, classifiers, rules, and sums of these. Trains nothing.

use std::collections::BTreeMap;

use super::Hands;
use super::source::Parent;
use crate::config::Judge;
use crate::data::supervised::{Classified, Content, Example, HeadRecipe, Label, RenderOptions, Side, TextRecipe};
use crate::feedback::{AnswerText, Rules};
use crate::model::{Head, Model, Sequence, Target, Workspace, score_group};
use crate::tokenizer::{ChatTemplate, Tokenizer};
use crate::train::{Answered, JudgeFn, Judgement};

/// Answers that are scored in one pass.
const TOGETHER: usize = 8;

/// One part of the sum.
enum Part {
    Model { reader: Box<Reader>, template: Box<ChatTemplate>, weight: f64 },
    Class { reader: Box<Reader>, class: usize, name: String, weight: f64 },
    Rules { rules: Rules, weight: f64 },
}

/// A model with a head, and what turns text into its tokens.
pub(super) struct Reader {
    pub(super) model: Model,
    pub(super) tokenizer: Tokenizer,
    workspace: Workspace,
    pub(super) begin: Option<u32>,
}

/// The parts as one function. `sides`: each question's prompt as it was asked, turns and all; `tokenizer`: the policy's.
pub fn judge(judges: &[Judge], sides: BTreeMap<i64, Side>, tokenizer: Tokenizer, hands: &Hands<'_>) -> Result<JudgeFn, String> {
    if judges.is_empty() {
        return Err("Nothing judges the answers; choose a reward model, a classifier, or rules".to_owned());
    }
    let mut parts = judges.iter().map(|it| part(it, hands)).collect::<Result<Vec<_>, _>>()?;
    Ok(Box::new(move |answers| {
        let texts: Vec<String> = answers.iter().map(|it| tokenizer.decode(it.answer)).collect();
        let mut out = vec![Judgement::default(); answers.len()];
        for part in &mut parts {
            part.judge(answers, &texts, &sides, &mut out)?;
        }
        out.iter_mut().for_each(Judgement::tell_apart);
        match out.iter().position(|it| !it.total.is_finite()) {
            Some(place) => Err(format!("the answer “{}” got a reward that is no number", texts[place])),
            None => Ok(out),
        }
    }))
}

fn part(judge: &Judge, hands: &Hands<'_>) -> Result<Part, String> {
    match judge {
        Judge::Rules { rules, weight } => {
            let rules = rules.check().map_err(|error| format!("The rules cannot judge: {error}"))?;
            Ok(Part::Rules { rules, weight: *weight })
        }
        Judge::Model { checkpoint, weight } => {
            let (reader, template) = reward_reader(*checkpoint, hands)?;
            Ok(Part::Model { reader: Box::new(reader), template: Box::new(template), weight: *weight })
        }
        Judge::Class { checkpoint, label, weight } => {
            let (reader, _) = Reader::open(*checkpoint, hands)?;
            let labels = &reader.model.config.labels;
            let class = labels.iter().position(|known| known == label).ok_or_else(|| {
                let known = if labels.is_empty() { "none".to_owned() } else { labels.join(", ") };
                format!("Checkpoint {checkpoint} knows no class “{label}”; it knows {known}")
            })?;
            Ok(Part::Class { reader: Box::new(reader), class, name: label.clone(), weight: *weight })
        }
    }
}

/// A reward model with the words of its chats.
pub(super) fn reward_reader(checkpoint: i64, hands: &Hands<'_>) -> Result<(Reader, ChatTemplate), String> {
    let (reader, parent) = Reader::open(checkpoint, hands)?;
    if reader.model.config.head != Head::Reward {
        return Err(format!("Checkpoint {checkpoint} is no reward model; train one on votes first"));
    }
    let name = |id: Option<u32>| id.map(|id| reader.tokenizer.token_text(id)).unwrap_or_default();
    let config = &reader.model.config;
    let (bos, eos) = (name(config.bos_token_id), name(config.eos_token_id.or(reader.tokenizer.special().eos)));
    let template = ChatTemplate::choose(None, &parent.dir, &bos, &eos).map_err(|error| error.to_string())?;
    Ok((reader, template))
}

impl Reader {
    fn open(checkpoint: i64, hands: &Hands<'_>) -> Result<(Self, Parent), String> {
        let parent = Parent::open(checkpoint, hands)?;
        let model = parent.model()?;
        let tokenizer = Tokenizer::load(&parent.dir).map_err(|error| error.to_string())?;
        let begin = model.config.bos_token_id.filter(|bos| Some(*bos) == model.config.eos_token_id);
        let workspace = Workspace::for_inference(&model);
        Ok((Self { model, tokenizer, workspace, begin }, parent))
    }

    /// The head's outputs for each text.
    pub(super) fn outputs(&mut self, sequences: &[Sequence]) -> Vec<Vec<f32>> {
        let width = self.model.config.head.n_outputs().max(1);
        let mut out = Vec::with_capacity(sequences.len());
        for part in sequences.chunks(TOGETHER) {
            let all: Vec<&Sequence> = part.iter().collect();
            let scores = score_group(&self.model, &all, &mut self.workspace);
            out.extend(scores.outputs.chunks_exact(width).map(<[f32]>::to_vec));
        }
        out
    }
}

impl Part {
    fn judge(
        &mut self,
        answers: &[Answered<'_>],
        texts: &[String],
        sides: &BTreeMap<i64, Side>,
        out: &mut [Judgement],
    ) -> Result<(), String> {
        match self {
            Self::Rules { rules, weight } => {
                for ((answer, text), out) in answers.iter().zip(texts).zip(out) {
                    let it = AnswerText { text, ended: answer.ended, reference: answer.prompt.right.as_deref() };
                    let verdict = rules.judge(it);
                    out.total += *weight * verdict.total;
                    out.parts.extend(verdict.parts.into_iter().map(|(name, value, _)| (name, *weight * value)));
                }
            }
            Self::Model { reader, template, weight } => {
                let options = RenderOptions { begin: reader.begin, ..RenderOptions::new(reader.model.config.max_len) };
                let recipe = TextRecipe { template, words: None, tokenizer: &reader.tokenizer, options };
                let read = |(answer, text): (&Answered<'_>, &String)| {
                    let plain = || Side::Text(answer.prompt.text.clone());
                    let side = sides.get(&answer.prompt.question).cloned().unwrap_or_else(plain);
                    // What says nothing is read as an end of text alone.
                    let text = if text.trim().is_empty() { "…" } else { text };
                    recipe.pair(0, &side, text).map(|row| Sequence::rated(row.ids)).map_err(|why| why.to_string())
                };
                let sequences = answers.iter().zip(texts).map(read).collect::<Result<Vec<_>, _>>()?;
                for (value, out) in reader.outputs(&sequences).into_iter().zip(out) {
                    out.add("model", *weight * f64::from(value.first().copied().unwrap_or(f32::NAN)));
                }
            }
            Self::Class { reader, class, name, weight } => {
                let encoder = !reader.model.config.arch.is_causal();
                let max_len = reader.model.config.max_len;
                let recipe = HeadRecipe { tokenizer: &reader.tokenizer, max_len, encoder, begin: reader.begin };
                let labels = reader.model.config.labels.clone();
                let read = |text: &String| {
                    let labelled = Classified { text: text.clone(), labels: vec![Label::Text(name.clone())], several: false };
                    let row = recipe.class_row(0, &Example::of(Content::Classes(labelled)), &labels);
                    let row = row.ok_or_else(|| format!("the classifier cannot read “{text}”"))?;
                    let pos = row.speaker(encoder) as u32;
                    Ok(Sequence { ids: row.ids, targets: vec![Target { pos, id: 0 }] })
                };
                let sequences = texts.iter().map(read).collect::<Result<Vec<_>, String>>()?;
                for (row, out) in reader.outputs(&sequences).into_iter().zip(out) {
                    out.add(name, *weight * share(&row, *class));
                }
            }
        }
        Ok(())
    }
}

impl Judgement {
    /// Two parts of one name, say two rules of one kind, are two curves.
    fn tell_apart(&mut self) {
        for i in 0..self.parts.len() {
            let (before, rest) = self.parts.split_at_mut(i);
            let Some((name, _)) = rest.first_mut() else { continue };
            let taken = |text: &str| before.iter().any(|(known, _)| known == text);
            if taken(name) {
                let free = (2..=i + 2).map(|n| format!("{name} {n}")).find(|text| !taken(text));
                *name = free.unwrap_or_default();
            }
        }
    }

    fn add(&mut self, name: &str, value: f64) {
        self.total += value;
        self.parts.push((name.to_owned(), value));
    }
}

/// Softmax of one class.
fn share(row: &[f32], class: usize) -> f64 {
    let highest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let all: f64 = row.iter().map(|x| f64::from(x - highest).exp()).sum();
    row.get(class).map_or(0.0, |x| f64::from(x - highest).exp() / all)
}
