//! The live loop: each vote is a few steps of preference learning at once, the pinned prompts are answered anew, and a vote that is taken back
//! takes its effect along. Knows no window.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::{Duration, Instant};

use super::Hands;
use super::active::ActiveRun;
use super::row_source::{Kitchen, chat_template, text_recipe};
use super::vote_source::pairs_of;
use crate::config::{Align, Tune};
use crate::data::supervised::{Side, Split};
use crate::engine::align::{AlignCommand, AlignEvent, Effect};
use crate::engine::command::Sampling;
use crate::engine::event::Event;
use crate::feedback::{Question, Said, Vote};
use crate::infer::{Rollout, RolloutConfig, Rollouts};
use crate::model::Sequence;
use crate::tokenizer::ChatTemplate;
use crate::train::{Prefer, Snapshot, TrainError};

/// Memory that states to go back to may take; the first is always kept, and what lies between is learnt anew.
const SNAPSHOT_BYTES: usize = 512 << 20;
const SEED: u64 = 5;
/// How the pinned prompts are answered: the same draws each time, so that what changes is the policy.
const TEMPERATURE: f32 = 0.7;

/// A live run's votes.
#[derive(Default)]
pub struct Live {
    waiting: VecDeque<Work>,
    clicks: Vec<Click>,
    /// What the policy answers to the pinned prompts, as it stands.
    answers: Option<Vec<String>>,
}

/// Something to do.
#[derive(Clone)]
enum Work {
    Click { click: Box<Said1>, began: Instant },
    TakeBack { event: i64, began: Instant },
}

/// A vote on its way in.
#[derive(Clone)]
struct Said1 {
    event: i64,
    question: i64,
    asked: Question,
    annotator: String,
    vote: Vote,
}

/// A vote that was learnt from.
struct Click {
    said: Said1,
    /// Its pairs' places.
    pairs: Range<usize>,
    /// As it was before; none where memory was short.
    before: Option<Snapshot>,
}

impl Live {
    pub fn wants_turn(&self) -> bool {
        !self.waiting.is_empty() || self.answers.is_none()
    }

    /// Takes a vote in, or its taking back.
    pub fn take(&mut self, command: AlignCommand) {
        let began = Instant::now();
        match command {
            AlignCommand::Click { event, question, asked, annotator, vote } => {
                let click = Box::new(Said1 { event, question, asked: *asked, annotator, vote: *vote });
                self.waiting.push_back(Work::Click { click, began });
            }
            AlignCommand::TakeBack { event } => self.waiting.push_back(Work::TakeBack { event, began }),
            AlignCommand::Draw { .. } | AlignCommand::Rate { .. } => {}
        }
    }

    /// Keeps the oldest, and of the others the newest that fit.
    fn thin(&mut self) {
        let mut room = SNAPSHOT_BYTES;
        for (i, click) in self.clicks.iter_mut().enumerate().rev() {
            let bytes = click.before.as_ref().map_or(0, Snapshot::bytes);
            if bytes > room && i > 0 {
                click.before = None;
            }
            room = room.saturating_sub(bytes);
        }
    }
}

impl ActiveRun {
    /// One vote, or one taking back.
    pub(super) fn live_turn(&mut self, hands: &mut Hands<'_>) -> Result<(), TrainError> {
        let Some(mut live) = self.live.take() else { return Ok(()) };
        let done = self.live_work(&mut live, hands);
        self.live = Some(live);
        done
    }

    fn live_work(&mut self, live: &mut Live, hands: &mut Hands<'_>) -> Result<(), TrainError> {
        let before = match live.answers.take() {
            Some(answers) => answers,
            None => self.answers()?.0,
        };
        let Some(work) = live.waiting.pop_front() else {
            live.answers = Some(before);
            return Ok(());
        };
        let (mut effect, began) = match work {
            Work::Click { click, began } => (self.learn(live, *click, hands)?, began),
            Work::TakeBack { event, began } => (self.unlearn(live, event, hands)?, began),
        };
        let (after, kl) = self.answers()?;
        let prompts = self.trainer.plan().config().prompts.clone();
        effect.samples = prompts.into_iter().zip(before.into_iter().zip(&after)).map(|(p, (b, a))| (p, b, a.clone())).collect();
        (effect.kl, effect.step, effect.votes) = (kl, self.trainer.step(), live.clicks.len());
        effect.seconds = began.elapsed().as_secs_f64();
        live.answers = Some(after);
        hands.outbox.send(Event::Align(AlignEvent::Effect { run: self.id, effect: Box::new(effect) }));
        // After a vote was taken back, the step of the last checkpoint may come again with other weights.
        self.last_checkpoint = self.last_checkpoint.map(|(id, _)| (id, u64::MAX));
        self.write(hands);
        let interval = Duration::from_secs(self.trainer.knobs().checkpoint_every_s);
        if !interval.is_zero() && self.saved_at.elapsed() >= interval {
            self.save_checkpoint(hands);
        }
        Ok(())
    }

    /// Steps on the vote's own pairs and some of those before, so that they are not forgotten.
    fn learn(&mut self, live: &mut Live, said: Said1, hands: &mut Hands<'_>) -> Result<Effect, TrainError> {
        let items = {
            let it = Said { question: said.question, asked: &said.asked, annotator: &said.annotator, vote: &said.vote };
            self.with_recipe(|recipe| pairs_of(it, recipe)).unwrap_or_default()
        };
        let Some(Align::Live { steps, replay, .. }) = self.trainer.plan().config().tune.as_ref().and_then(|t| t.align.clone())
        else {
            return Ok(Effect::default());
        };
        let Some(prefer) = self.trainer.prefer_mut() else { return Ok(Effect::default()) };
        let before = Some(prefer.learner.snapshot());
        let pairs = prefer.push(items);
        let effect =
            |chosen, rejected| Effect { event: said.event, question: said.question, chosen, rejected, ..Effect::default() };
        let mut told = effect((0.0, 0.0), (0.0, 0.0));
        let mut reports = Vec::new();
        if !pairs.is_empty() {
            let (chosen_before, rejected_before) = mean(&prefer.logprobs(pairs.clone())?);
            let earlier = pairs.start.saturating_sub(replay)..pairs.start;
            let places: Vec<usize> = pairs.clone().chain(earlier).collect();
            for _ in 0..steps {
                reports.push(prefer.step_on(&places)?);
            }
            let (chosen, rejected) = mean(&prefer.logprobs(pairs.clone())?);
            told = effect((chosen_before, chosen), (rejected_before, rejected));
        }
        live.clicks.push(Click { said, pairs, before });
        live.thin();
        for report in reports {
            self.progress.points.push(report.point);
            hands.outbox.send(Event::Steps { run: self.id, points: vec![report.point] });
            self.series("", report.point.step, (&report.stats, &report.parts), hands);
        }
        Ok(told)
    }

    /// Goes back to before the vote, and learns anew what came after it.
    fn unlearn(&mut self, live: &mut Live, event: i64, hands: &mut Hands<'_>) -> Result<Effect, TrainError> {
        let Some(at) = live.clicks.iter().position(|click| click.said.event == event) else {
            return Ok(Effect { event, taken_back: true, ..Effect::default() });
        };
        // The nearest state that is still kept; the first always is.
        let from = (0..=at).rev().find(|i| live.clicks[*i].before.is_some()).unwrap_or(0);
        let Some(prefer) = self.trainer.prefer_mut() else { return Ok(Effect::default()) };
        let taken = &live.clicks[at];
        let question = taken.said.question;
        let (chosen_before, rejected_before) = mean(&prefer.logprobs(taken.pairs.clone())?);
        let gone: Vec<Click> = live.clicks.drain(from..).collect();
        if let Some(snapshot) = gone.first().and_then(|click| click.before.as_ref()) {
            prefer.learner.restore(snapshot);
        }
        let pairs = gone.get(at - from).map_or(0..0, |click| click.pairs.clone());
        let (chosen, rejected) = mean(&prefer.logprobs(pairs)?);
        prefer.truncate(gone.first().map_or(0, |click| click.pairs.start));
        let (id, step) = (self.id, self.trainer.step());
        self.write(hands);
        hands.desk.tell(true, move |project| project.trim_after(id, step));
        for click in gone.into_iter().filter(|click| click.said.event != event) {
            live.waiting.push_front(Work::Click { click: Box::new(click.said), began: Instant::now() });
        }
        // Pushed to the front one by one, they stand in reverse.
        let again = live.waiting.iter().take_while(|work| matches!(work, Work::Click { .. })).count();
        live.waiting.make_contiguous()[..again].reverse();
        Ok(Effect {
            event,
            question,
            taken_back: true,
            chosen: (chosen_before, chosen),
            rejected: (rejected_before, rejected),
            ..Effect::default()
        })
    }

    /// Answers to the pinned prompts, and the drift from the reference over them in nats an answer.
    fn answers(&mut self) -> Result<(Vec<String>, f64), TrainError> {
        let prompts = self.trainer.plan().config().prompts.clone();
        let ids: Vec<Vec<u32>> = self
            .with_recipe(|recipe| prompts.iter().filter_map(|text| recipe.prompt(&Side::Text(text.clone())).ok()).collect())
            .unwrap_or_default();
        if ids.is_empty() {
            return Ok((vec![String::new(); prompts.len()], 0.0));
        }
        let special = *self.tokenizer.special();
        let max_tokens = self.trainer.plan().config().sample_tokens;
        let eos = self.trainer.model().config.eos_token_id;
        let stop = [eos, special.eos, special.im_end].into_iter().flatten().collect();
        let sampling = Sampling { temperature: TEMPERATURE, seed: SEED, ..Sampling::default() };
        let config = RolloutConfig { group: 1, max_tokens, sampling, stop };
        let model = std::sync::Arc::clone(self.trainer.model());
        let mut rollouts =
            Rollouts::new(&model.config, &ids, &config).map_err(|error| TrainError::Prompt { why: error.to_string() })?;
        let Some(prefer) = self.trainer.prefer_mut() else { return Ok((Vec::new(), 0.0)) };
        while !rollouts.is_done() {
            prefer.learner.rollout(None, &mut rollouts, usize::MAX)?;
        }
        let rollouts = rollouts.finish();
        let kl = drift(prefer, &rollouts)?;
        let text = |it: &Rollout| self.tokenizer.decode(it.ids.get(it.prompt_tokens..).unwrap_or_default()).trim().to_owned();
        Ok((rollouts.iter().map(text).collect(), kl))
    }

    /// What turns text into this run's tokens, lent for one call.
    fn with_recipe<T>(&self, work: impl FnOnce(&crate::data::supervised::TextRecipe<'_>) -> T) -> Option<T> {
        let config = self.trainer.plan().config();
        let tune: &Tune = config.tune.as_ref()?;
        let inputs = self.tokenizer_path.parent()?;
        let model = &self.trainer.model().config;
        let kitchen = Kitchen {
            tune,
            max_len: config.dims.context,
            model,
            inputs,
            tokenizer: &self.tokenizer,
            eval: Split::Validation,
            labels: None,
        };
        let template: ChatTemplate = chat_template(tune.template, &kitchen).ok()?;
        Some(work(&text_recipe(&kitchen, &template)))
    }
}

/// Mean over answers of the log-ratio of policy and reference.
fn drift(prefer: &mut Prefer, rollouts: &[Rollout]) -> Result<f64, TrainError> {
    let Some(reference) = prefer.reference() else { return Ok(0.0) };
    let sequence = |it: &Rollout| {
        let mask: Vec<bool> = (0..it.ids.len()).map(|place| place >= it.prompt_tokens).collect();
        Sequence::masked(&it.ids, &mask)
    };
    let scores = prefer.learner.score_with(&reference, rollouts.iter().map(sequence).collect())?;
    let one = |(it, scores): (&Rollout, &crate::model::Scores)| -> f64 {
        it.logprob.iter().zip(&scores.logprob).map(|(own, reference)| f64::from(own - reference)).sum()
    };
    Ok(rollouts.iter().zip(&scores).map(one).sum::<f64>() / rollouts.len().max(1) as f64)
}

fn mean(pairs: &[(f64, f64)]) -> (f64, f64) {
    let n = pairs.len().max(1) as f64;
    (pairs.iter().map(|pair| pair.0).sum::<f64>() / n, pairs.iter().map(|pair| pair.1).sum::<f64>() / n)
}
