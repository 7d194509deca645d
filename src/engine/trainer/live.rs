//! The live loop: each vote is a few steps of preference learning at once, the pinned prompts are answered anew, and a vote that is taken back
//! takes its effect along. Knows no window.

use std::collections::VecDeque;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

use super::Hands;
use super::active::ActiveRun;
use super::live_log::{Clicked, Entry, Log, load_learnt};
use super::vote_source::{load_reference, pairs_of};
use crate::config::{Align, RunPlan};
use crate::data::supervised::TextRecipe;
use crate::engine::align::{AlignCommand, AlignEvent, Effect};
use crate::engine::command::Knob;
use crate::engine::event::Event;
use crate::feedback::Said;
use crate::formats::resume::KnobState;
use crate::train::{Item, Learner, Prefer, RunTrainer, Snapshot, StepReport, TrainError};

/// Memory that states to go back to may take; what lies between is learnt anew.
const SNAPSHOT_BYTES: usize = 512 << 20;

/// A live run's votes.
pub struct Live {
    waiting: VecDeque<Work>,
    clicks: Vec<Click>,
    log: Log,
    /// What the policy answers to the pinned prompts, as it stands.
    answers: Option<Vec<String>>,
    /// A taking back that is told when what came after that vote was learnt anew.
    owed: Option<Owed>,
}

struct Owed {
    effect: Effect,
    taken: Clicked,
    began: Instant,
}

/// Something to do.
enum Work {
    Click {
        click: Box<Clicked>,
        began: Instant,
        /// It was learnt before.
        again: bool,
    },
    TakeBack {
        event: i64,
        began: Instant,
    },
}

/// A vote that was learnt from.
struct Click {
    said: Clicked,
    /// Its pairs' places.
    pairs: Range<usize>,
    /// As it was before; none where memory was short, or the program was closed since.
    before: Option<Snapshot>,
}

impl Live {
    pub fn new(run_dir: &Path) -> Result<Self, String> {
        Ok(Self { waiting: VecDeque::new(), clicks: Vec::new(), log: Log::open(run_dir)?, answers: None, owed: None })
    }

    pub fn wants_turn(&self) -> bool {
        !self.waiting.is_empty() || self.answers.is_none()
    }

    /// Events of the votes that the weights hold, in order.
    pub fn learnt(&self) -> Vec<i64> {
        self.clicks.iter().map(|click| click.said.event).collect()
    }

    /// Takes a vote in, or its taking back, and keeps it beside the run; `knobs` as they stand now.
    pub fn take(&mut self, command: AlignCommand, knobs: KnobState) -> Result<(), String> {
        let began = Instant::now();
        match command {
            AlignCommand::Click { event, question, asked, annotator, vote } => {
                let click = Box::new(Clicked { event, question, asked: *asked, annotator, vote: *vote, knobs });
                self.waiting.push_back(Work::Click { click: click.clone(), began, again: false });
                self.log.add(Entry::Click(click))
            }
            AlignCommand::TakeBack { event } => {
                self.waiting.push_back(Work::TakeBack { event, began });
                self.log.add(Entry::TakeBack { event })
            }
            AlignCommand::Draw { .. }
            | AlignCommand::Rate { .. }
            | AlignCommand::Replay { .. }
            | AlignCommand::Best { .. }
            | AlignCommand::Duel { .. } => Ok(()),
        }
    }

    /// Of states to go back to, keeps the newest that fit.
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

    /// Whether the next work is one that was heard before: nobody waits to see what each of those does.
    fn more_again(&self) -> bool {
        matches!(self.waiting.front(), Some(Work::Click { again: true, .. }))
    }
}

/// What a vote did.
pub(super) struct Studied {
    pub pairs: Range<usize>,
    /// Log-probability of the better and of the worse answers, before and after.
    pub before: (f64, f64),
    pub after: (f64, f64),
    pub reports: Vec<StepReport>,
}

/// Steps on a vote's own pairs and some of those before, so that they are not forgotten.
pub(super) fn study(prefer: &mut Prefer, items: Vec<Item>) -> Result<Studied, TrainError> {
    let align = prefer.learner.plan().config().tune.as_ref().and_then(|tune| tune.align.clone());
    let Some(Align::Live { steps, replay, .. }) = align else {
        return Ok(Studied { pairs: 0..0, before: (0.0, 0.0), after: (0.0, 0.0), reports: Vec::new() });
    };
    let pairs = prefer.push(items);
    let mut studied = Studied { pairs: pairs.clone(), before: (0.0, 0.0), after: (0.0, 0.0), reports: Vec::new() };
    if !pairs.is_empty() {
        prefer.refer_to(pairs.clone())?;
        studied.before = mean(&prefer.logprobs(pairs.clone())?);
        let earlier = pairs.start.saturating_sub(replay)..pairs.start;
        let places: Vec<usize> = pairs.clone().chain(earlier).collect();
        for _ in 0..steps {
            studied.reports.push(prefer.step_on(&places)?);
        }
        studied.after = mean(&prefer.logprobs(pairs)?);
    }
    Ok(studied)
}

/// A vote's pairs as tokens.
pub(super) fn items_of(click: &Clicked, recipe: &TextRecipe<'_>) -> Vec<Item> {
    let it = Said { question: click.question, asked: &click.asked, annotator: &click.annotator, vote: &click.vote };
    pairs_of(it, recipe)
}

/// Turns the knobs that steps depend on.
pub(super) fn turn_knobs(trainer: &mut RunTrainer, to: KnobState) {
    for knob in [Knob::Lr(to.lr), Knob::GradAccum(to.grad_accum), Knob::WeightDecay(to.weight_decay), Knob::Dropout(to.dropout)] {
        trainer.set_knob(knob);
    }
}

/// Where a live run began: the reference with moments at rest.
fn beginning(plan: &RunPlan, run_dir: &Path) -> Result<Snapshot, TrainError> {
    let reference = load_reference(run_dir).map_err(|why| TrainError::Prompt { why })?;
    Ok(Learner::new(plan.clone(), Some((*reference).clone()))?.snapshot())
}

impl ActiveRun {
    /// Goes on from a checkpoint: what it has learnt can be taken back, and what it was told after it is learnt now.
    pub(super) fn resume_live(&mut self, checkpoint: &Path) -> Result<(), String> {
        let Some(mut live) = self.live.take() else { return Ok(()) };
        let standing = live.log.standing();
        if let Some(mut learnt) = load_learnt(checkpoint) {
            let holds = learnt.len() <= standing.len() && learnt.iter().zip(&standing).all(|(a, b)| *a == b.event);
            if !holds {
                // A vote was taken back after this checkpoint: from the beginning, without it.
                self.begin_again().map_err(|error| error.to_string())?;
                learnt.clear();
            }
            for said in standing.iter().take(learnt.len()) {
                let items = self.with_recipe(|recipe| items_of(said, recipe)).unwrap_or_default();
                let Some(prefer) = self.trainer.prefer_mut() else { break };
                let pairs = prefer.push(items);
                prefer.refer_to(pairs.clone()).map_err(|error| error.to_string())?;
                live.clicks.push(Click { said: said.clone(), pairs, before: None });
            }
            let rest = standing.into_iter().skip(learnt.len());
            live.waiting.extend(rest.map(|said| Work::Click { click: Box::new(said), began: Instant::now(), again: true }));
        }
        self.live = Some(live);
        Ok(())
    }

    /// After a rewind to a checkpoint: what it had not learnt is forgotten.
    pub(super) fn rewind_live(&mut self, checkpoint: &Path) -> Result<(), String> {
        let Some(mut live) = self.live.take() else { return Ok(()) };
        let learnt = load_learnt(checkpoint).unwrap_or_default();
        live.waiting.clear();
        live.clicks.clear();
        (live.answers, live.owed) = (None, None);
        let added = live.log.add(Entry::Rewound { learnt });
        if let Some(prefer) = self.trainer.prefer_mut() {
            prefer.truncate(0);
        }
        self.live = Some(live);
        added?;
        self.resume_live(checkpoint)
    }

    /// Takes in what a person said.
    pub fn take_click(&mut self, click: AlignCommand, hands: &mut Hands<'_>) {
        let knobs = *self.trainer.knobs();
        if let Some(Err(message)) = self.live.as_mut().map(|live| live.take(click, knobs)) {
            hands.warn(message);
        }
    }

    /// One vote, or one taking back.
    pub(super) fn live_turn(&mut self, hands: &mut Hands<'_>) -> Result<(), TrainError> {
        let Some(mut live) = self.live.take() else { return Ok(()) };
        let done = self.live_work(&mut live, hands);
        self.live = Some(live);
        let interval = Duration::from_secs(self.trainer.knobs().checkpoint_every_s);
        if done.is_ok() && !interval.is_zero() && self.saved_at.elapsed() >= interval {
            self.save_checkpoint(hands);
        }
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
        let (effect, began, quiet) = match work {
            Work::Click { click, began, again } => {
                let effect = self.learn(live, *click, hands)?;
                let quiet = again && live.more_again();
                match live.owed.take_if(|_| again && !quiet) {
                    Some(owed) => {
                        let began = owed.began;
                        (Some(self.settled(owed)?), began, false)
                    }
                    None => (Some(effect), began, quiet),
                }
            }
            Work::TakeBack { event, began } => (self.unlearn(live, (event, began), hands)?, began, false),
        };
        // After a vote was taken back, the step of the last checkpoint may come again with other weights.
        self.last_checkpoint = self.last_checkpoint.map(|(id, _)| (id, u64::MAX));
        let (Some(mut effect), false) = (effect, quiet) else {
            live.answers = Some(before);
            return Ok(());
        };
        let (after, kl) = self.answers()?;
        let prompts = self.trainer.plan().config().prompts.clone();
        effect.samples = prompts.into_iter().zip(before.into_iter().zip(&after)).map(|(p, (b, a))| (p, b, a.clone())).collect();
        (effect.kl, effect.step, effect.votes) = (kl, self.trainer.step(), live.clicks.len());
        effect.seconds = began.elapsed().as_secs_f64();
        live.answers = Some(after);
        hands.outbox.send(Event::Align(AlignEvent::Effect { run: self.id, effect: Box::new(effect) }));
        self.write(hands);
        Ok(())
    }

    fn learn(&mut self, live: &mut Live, said: Clicked, hands: &mut Hands<'_>) -> Result<Effect, TrainError> {
        let items = self.with_recipe(|recipe| items_of(&said, recipe)).unwrap_or_default();
        let now = *self.trainer.knobs();
        turn_knobs(&mut self.trainer, said.knobs);
        let Some(prefer) = self.trainer.prefer_mut() else { return Ok(Effect::default()) };
        let before = Some(prefer.learner.snapshot());
        let studied = study(prefer, items)?;
        turn_knobs(&mut self.trainer, now);
        let effect = Effect {
            event: said.event,
            question: said.question,
            chosen: (studied.before.0, studied.after.0),
            rejected: (studied.before.1, studied.after.1),
            ..Effect::default()
        };
        live.clicks.push(Click { said, pairs: studied.pairs, before });
        live.thin();
        for report in studied.reports {
            if let Some(alarm) = &report.alarm {
                hands.warn(format!("This vote could not be learnt from as it should: {alarm}"));
            }
            self.progress.points.push(report.point);
            hands.outbox.send(Event::Steps { run: self.id, points: vec![report.point] });
            self.series("", report.point.step, (&report.stats, &report.parts), hands);
        }
        Ok(effect)
    }

    /// What a taking back did, now that all else is learnt again.
    fn settled(&mut self, owed: Owed) -> Result<Effect, TrainError> {
        let Owed { mut effect, taken, .. } = owed;
        let items = self.with_recipe(|recipe| items_of(&taken, recipe)).unwrap_or_default();
        if let Some(prefer) = self.trainer.prefer_mut() {
            // Looked at, and not kept.
            let pairs = prefer.push(items);
            (effect.chosen.1, effect.rejected.1) = mean(&prefer.logprobs(pairs.clone())?);
            prefer.truncate(pairs.start);
        }
        Ok(effect)
    }

    /// Goes back to before the vote, and has what came after it learnt anew. None where the policy never learnt from it, and where the
    /// effect is told after that.
    fn unlearn(
        &mut self,
        live: &mut Live,
        (event, began): (i64, Instant),
        hands: &mut Hands<'_>,
    ) -> Result<Option<Effect>, TrainError> {
        let Some(at) = live.clicks.iter().position(|click| click.said.event == event) else {
            hands.warn("The vote is taken back. This run never learnt from it, so its weights stay as they are");
            return Ok(None);
        };
        // The nearest state that is still kept, or else the beginning.
        let kept = (0..=at).rev().find(|i| live.clicks[*i].before.is_some());
        let from = kept.unwrap_or(0);
        let Some(prefer) = self.trainer.prefer_mut() else { return Ok(None) };
        let taken = &live.clicks[at];
        let (question, pairs) = (taken.said.question, taken.pairs.clone());
        let (chosen_before, rejected_before) = mean(&prefer.logprobs(pairs.clone())?);
        let gone: Vec<Click> = live.clicks.drain(from..).collect();
        match gone.first().and_then(|click| click.before.as_ref()) {
            Some(snapshot) => {
                let now = *self.trainer.knobs();
                if let Some(prefer) = self.trainer.prefer_mut() {
                    prefer.learner.restore(snapshot);
                }
                turn_knobs(&mut self.trainer, now);
            }
            None => self.begin_again()?,
        }
        let Some(prefer) = self.trainer.prefer_mut() else { return Ok(None) };
        let (chosen, rejected) = mean(&prefer.logprobs(pairs)?);
        prefer.truncate(gone.first().map_or(0, |click| click.pairs.start));
        let (id, step) = (self.id, self.trainer.step());
        self.write(hands);
        hands.desk.tell(true, move |project| project.trim_after(id, step));
        let effect = Effect {
            event,
            question,
            taken_back: true,
            chosen: (chosen_before, chosen),
            rejected: (rejected_before, rejected),
            ..Effect::default()
        };
        let mut taken = None;
        for click in gone.into_iter().rev() {
            if click.said.event == event {
                taken = Some(click.said);
            } else {
                live.waiting.push_front(Work::Click { click: Box::new(click.said), began: Instant::now(), again: true });
            }
        }
        match taken.filter(|_| live.more_again()) {
            Some(taken) => {
                live.owed = Some(Owed { effect, taken, began });
                Ok(None)
            }
            None => Ok(Some(effect)),
        }
    }

    /// The weights that the run began with; the knobs stay.
    fn begin_again(&mut self) -> Result<(), TrainError> {
        let now = *self.trainer.knobs();
        let run_dir = self.tokenizer_path.parent().unwrap_or(&self.tokenizer_path);
        let snapshot = beginning(self.trainer.plan(), run_dir)?;
        if let Some(prefer) = self.trainer.prefer_mut() {
            prefer.learner.restore(&snapshot);
        }
        turn_knobs(&mut self.trainer, now);
        Ok(())
    }
}

fn mean(pairs: &[(f64, f64)]) -> (f64, f64) {
    let n = pairs.len().max(1) as f64;
    (pairs.iter().map(|pair| pair.0).sum::<f64>() / n, pairs.iter().map(|pair| pair.1).sum::<f64>() / n)
}
