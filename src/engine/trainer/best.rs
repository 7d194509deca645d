//! Best-of-n and rejection sampling: several answers to each prompt, of which the best become rows to fine-tune on (Nakano et al. 2021;
//! Touvron et al. 2023, section 3.2.3). Trains nothing.

use std::time::Instant;

use serde_json::{Value, json};

use super::Hands;
use super::sampler::Sampler;
use super::source::Inputs;
use crate::data::supervised::Side;
use crate::engine::command::JobId;
use crate::engine::event::{AlignEvent, Event, Progress};
use crate::engine::judged::{BestExample, BestReport, BestWish};
use crate::store::MadeRow;
use crate::train::Sample;

/// Prompts whose answers are told.
const EXAMPLES: usize = 12;

/// Drawing, judging and keeping under way.
pub struct Best {
    sampler: Sampler,
    wish: BestWish,
    began: Instant,
}

impl Best {
    pub fn new(wish: &BestWish, hands: &Hands<'_>) -> Result<Self, String> {
        if wish.keep.top == 0 {
            return Err("Of each prompt's answers at least one must be kept; keep 1, or more".to_owned());
        }
        let sampler = Sampler::new(wish.checkpoint, &wish.draw, wish.n, hands)?;
        Ok(Self { sampler, wish: wish.clone(), began: Instant::now() })
    }

    /// One piece; the result after the last.
    pub fn turn(&mut self, job: JobId, hands: &mut Hands<'_>) -> Result<Option<Event>, String> {
        let done = self.sampler.turn()?;
        let (answered, total) = self.sampler.progress();
        hands.outbox.send(Event::Progress(Progress {
            job,
            what: "Answering and judging".to_owned(),
            done: answered,
            total,
            unit: "prompts",
            elapsed_s: self.began.elapsed().as_secs_f64(),
        }));
        if done { self.end(job, hands).map(Some) } else { Ok(None) }
    }

    fn end(&self, job: JobId, hands: &Hands<'_>) -> Result<Event, String> {
        let kept: Vec<&Sample> = self.sampler.groups().flat_map(|group| self.kept(group)).collect();
        let mut report = self.report(&kept);
        if let Some(name) = &self.wish.into {
            if kept.is_empty() {
                return Err(match self.wish.keep.at_least {
                    Some(least) => format!(
                        "No answer is worth {least} or more (the best of each prompt are worth {:.2} on average), so nothing could be kept; ask for less, or draw more answers",
                        report.best
                    ),
                    None => "No answer says anything, so nothing could be kept; start from a model that answers".to_owned(),
                });
            }
            let (name, rows) = (name.clone(), self.rows(&kept));
            let source = format!("checkpoint {}, {} answers a prompt", self.wish.checkpoint, self.wish.n);
            let seed = self.wish.draw.seed;
            let made = hands.desk.change(move |project| project.make_rows(&name, &source, &rows, seed));
            report.dataset = Some(made.map_err(|error| error.to_string())?);
        }
        Ok(Event::Align(AlignEvent::Best { job, best: Box::new(report) }))
    }

    /// The answers to one prompt that are worth learning: the best ones, none of them twice.
    fn kept<'s>(&self, group: &'s [Sample]) -> Vec<&'s Sample> {
        let mut ordered: Vec<&Sample> = group.iter().collect();
        ordered.sort_by(|a, b| b.reward.total_cmp(&a.reward));
        let mut texts: Vec<String> = Vec::new();
        let worth = |sample: &&Sample| self.wish.keep.at_least.is_none_or(|least| sample.reward >= least);
        let fresh = |sample: &&Sample| {
            let text = self.sampler.text(sample);
            let new = !text.is_empty() && !texts.contains(&text);
            if new {
                texts.push(text);
            }
            new
        };
        ordered.into_iter().filter(worth).filter(fresh).take(self.wish.keep.top).collect()
    }

    fn report(&self, kept: &[&Sample]) -> BestReport {
        let samples = &self.sampler.samples;
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
        let all = |of: &dyn Fn(&Sample) -> f64| mean(&samples.iter().map(of).collect::<Vec<_>>());
        let rewards: Vec<f64> =
            self.sampler.groups().map(|group| mean(&group.iter().map(|it| it.reward).collect::<Vec<_>>())).collect();
        let highest: Vec<f64> =
            self.sampler.groups().map(|group| group.iter().map(|it| it.reward).fold(f64::NEG_INFINITY, f64::max)).collect();
        let names = samples.first().map(|first| first.parts.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>());
        let part = |(i, name): (usize, String)| (name, all(&|it| it.parts.get(i).map_or(0.0, |(_, value)| *value)));
        BestReport {
            prompts: self.sampler.prompts.len() as u64,
            answers: samples.len() as u64,
            mean: all(&|it| it.reward),
            best: mean(&highest),
            kept_mean: mean(&kept.iter().map(|it| it.reward).collect::<Vec<_>>()),
            kept: kept.len() as u64,
            parts: names.unwrap_or_default().into_iter().enumerate().map(part).collect(),
            ended: all(&|it| f64::from(u8::from(it.ended))),
            length: all(&|it| it.n_tokens() as f64),
            dataset: None,
            rewards,
            examples: self.sampler.groups().take(EXAMPLES).filter_map(|group| self.example(group)).collect(),
            seconds: self.began.elapsed().as_secs_f64(),
        }
    }

    fn example(&self, group: &[Sample]) -> Option<BestExample> {
        let best = group.iter().max_by(|a, b| a.reward.total_cmp(&b.reward))?;
        let worst = group.iter().min_by(|a, b| a.reward.total_cmp(&b.reward))?;
        let prompt = self.sampler.prompts.get(best.prompt)?.text.clone();
        let told = |it: &Sample| (self.sampler.text(it), it.reward);
        Some(BestExample { prompt, best: told(best), worst: told(worst) })
    }

    /// As rows: the prompt as it was asked, turns and all.
    fn rows(&self, kept: &[&Sample]) -> Vec<MadeRow> {
        let sides = if let Inputs::Prompts(prompts) = &self.sampler.inputs { prompts.sides() } else { Vec::new() };
        let row = |sample: &&Sample| {
            let prompt = self.sampler.prompts.get(sample.prompt)?;
            let side = sides.iter().find(|(question, _)| *question == prompt.question).map(|(_, side)| side.clone());
            let side = side.unwrap_or_else(|| Side::Text(prompt.text.clone()));
            let text = self.sampler.text(sample);
            let (asked, said) = match &side {
                Side::Text(asked) => (json!(asked), json!(text)),
                Side::Messages(turns) => {
                    let turn = |role: &str, content: &str| json!({ "role": role, "content": content });
                    let asked: Value = turns.iter().map(|it| turn(it.role.name(), &it.content)).collect();
                    (asked, json!([turn("assistant", &text)]))
                }
            };
            Some(MadeRow { prompt: asked, completion: said, reward: sample.reward })
        };
        kept.iter().filter_map(row).collect()
    }
}
