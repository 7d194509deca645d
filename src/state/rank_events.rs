//! What the Rank page hears: questions that are ready, votes that are on the disk, and what each did to a live policy. Draws nothing.

use super::AppState;
use super::rank::{Asked, RankPage, UNANSWERED, is_live};
use crate::data::supervised::Side;
use crate::engine::Command;
use crate::engine::command::{AlignCommand, DatasetId, RunId};
use crate::engine::event::{AnnotationWay, Effect};
use crate::engine::feedback::{FeedbackCommand, FeedbackEvent, QuestionFilter, QuestionPage, QuestionRow, Voted};

/// A vote in this many is silently asked again, with sides swapped.
const REPEAT_EVERY: u64 = 10;
/// Votes after which their quality is looked at anew.
const LOOK_EVERY: u64 = 5;
/// Effects and votes that are remembered.
const EFFECTS: usize = 100;

impl AppState {
    /// The librarian answered.
    pub(super) fn rank_came(&mut self, event: FeedbackEvent) -> Vec<Command> {
        let annotator = self.label.annotator.clone();
        let now_s = self.now_s;
        let page = &mut self.rank;
        match event {
            FeedbackEvent::State { dataset, state } => {
                if page.dataset.is_none() {
                    // A collection that was just made.
                    page.dataset = Some(dataset);
                    page.state = state;
                    return self.refill();
                }
                if page.dataset == Some(dataset) {
                    page.state = state;
                }
                Vec::new()
            }
            FeedbackEvent::Added { dataset, questions } => {
                if page.dataset != Some(dataset) {
                    return Vec::new();
                }
                for id in questions {
                    let Some(question) = page.adding.pop_front() else { break };
                    page.take(id, question, &annotator, now_s);
                }
                self.refill()
            }
            FeedbackEvent::Honesty { dataset, honesty } => {
                if page.dataset == Some(dataset) {
                    page.honesty = *honesty;
                }
                Vec::new()
            }
            FeedbackEvent::Questions { dataset, query, page: found, .. } => {
                self.questions_came(dataset, query.filter == QuestionFilter::ToVote, found)
            }
            FeedbackEvent::Prompts { dataset, prompts } => self.prompts_came(dataset, prompts),
            FeedbackEvent::Voted { dataset, way, done, .. } if page.dataset == Some(dataset) => self.voted(way, done),
            FeedbackEvent::Voted { .. } | FeedbackEvent::Exported { .. } | FeedbackEvent::Survey(_) => Vec::new(),
        }
    }

    fn questions_came(&mut self, dataset: DatasetId, to_vote: bool, found: QuestionPage) -> Vec<Command> {
        let (annotator, now_s) = (self.label.annotator.clone(), self.now_s);
        let page = &mut self.rank;
        page.loading = false;
        if to_vote && page.dataset == Some(dataset) {
            page.more = found.rows.len() as u32 >= UNANSWERED;
            for QuestionRow { id, question, votes, .. } in found.rows {
                if votes.iter().all(|(who, _)| *who != annotator) {
                    page.take(id, question, &annotator, now_s);
                }
            }
        }
        self.refill()
    }

    /// Prompts of the dataset that was chosen: they stand before those that were asked already.
    fn prompts_came(&mut self, dataset: DatasetId, mut prompts: Vec<Side>) -> Vec<Command> {
        let page = &mut self.rank;
        page.loading = false;
        if page.pool_of == Some(dataset) {
            // Where the collection stopped last, it goes on.
            let at = page.state.progress.questions as usize % prompts.len().max(1);
            prompts.rotate_left(at);
            let asked = std::mem::take(&mut page.pool);
            page.pool = prompts.into_iter().chain(asked).collect();
        }
        self.refill()
    }

    /// A vote, or its taking back, is on the disk; a live policy hears of it.
    fn voted(&mut self, way: AnnotationWay, done: Option<Voted>) -> Vec<Command> {
        let (annotator, now_s) = (self.label.annotator.clone(), self.now_s);
        let live = self.live.as_ref().is_some_and(|live| live.is_held() && is_live(live.config.tune.as_ref()));
        let page = &mut self.rank;
        page.unsaved = page.unsaved.saturating_sub(1);
        let Some(done) = done else {
            self.notices.info(if way == AnnotationWay::Redone { "Nothing to do again" } else { "Nothing to take back" });
            return Vec::new();
        };
        page.saved = if way == AnnotationWay::Undone { page.saved.saturating_sub(1) } else { page.saved + 1 };
        // What stands under "So far" counts this one, too.
        let counted = page.dataset.map(|dataset| Command::Feedback(FeedbackCommand::LoadState { dataset }));
        let mut commands: Vec<Command> = counted.into_iter().collect();
        if way == AnnotationWay::Made {
            commands.extend(page.made(done.question));
        }
        if way != AnnotationWay::Undone && page.now.as_ref().is_some_and(|now| now.id == done.question) {
            page.show_next(now_s);
        }
        let known = page.known.iter().find(|asked| asked.id == done.question).cloned();
        if let (Some(asked), AnnotationWay::Undone) = (&known, way) {
            // What was taken back is asked again.
            if let Some(now) = page.now.take().filter(|now| now.id != asked.id) {
                page.ready.push_front(now);
            }
            (page.now, page.since_s, page.reveal) = (Some(asked.clone()), now_s, None);
        } else if way == AnnotationWay::Undone
            && let Some(dataset) = page.dataset
        {
            // It was given before this start: it is fetched, and asked again as soon as it is here.
            page.want = Some(done.question);
            commands.push(self.load_unanswered(dataset));
        }
        // The same question once more is there to measure with; learnt from, it would count twice.
        let is_repeat = known.as_ref().is_some_and(|asked| asked.question.repeats.is_some());
        if live && !is_repeat {
            commands.extend(lesson(way, done, known, annotator));
        }
        commands.extend(self.refill());
        commands
    }

    /// Something was refused: nothing is on its way any more.
    pub(super) fn rank_refused(&mut self) {
        let page = &mut self.rank;
        (page.loading, page.unsaved) = (false, 0);
        page.voting.clear();
        if !page.adding.is_empty() {
            // What reached the disk all the same is fetched from there.
            (page.adding, page.more) = (std::collections::VecDeque::new(), true);
        }
    }

    /// A live policy learnt from a vote.
    pub(super) fn effect_came(&mut self, _run: RunId, effect: Effect) -> Vec<Command> {
        self.rank.effects.push(effect);
        if self.rank.effects.len() > EFFECTS {
            self.rank.effects.remove(0);
        }
        self.try_again()
    }
}

/// What a live policy is told of a vote, or of its taking back.
fn lesson(way: AnnotationWay, done: Voted, known: Option<Asked>, annotator: String) -> Option<Command> {
    let align = match (way, done.vote, known) {
        (AnnotationWay::Undone, ..) => AlignCommand::TakeBack { event: done.first },
        (_, Some(vote), Some(asked)) => AlignCommand::Click {
            event: done.first,
            question: asked.id,
            asked: Box::new(asked.question),
            annotator,
            vote: Box::new(vote),
        },
        (_, None, _) | (_, _, None) => return None,
    };
    Some(Command::Align(align))
}

impl RankPage {
    /// A vote is on the disk: its question is kept for a while, and now and then the votes are looked over, or one is asked again.
    fn made(&mut self, question: i64) -> Vec<Command> {
        if let Some(at) = self.voting.iter().position(|asked| asked.id == question)
            && let Some(asked) = self.voting.remove(at)
        {
            self.known.push_back(asked);
            while self.known.len() > EFFECTS {
                self.known.pop_front();
            }
        }
        let mut commands = Vec::new();
        if self.saved.is_multiple_of(LOOK_EVERY)
            && let Some(dataset) = self.dataset
        {
            commands.push(Command::Feedback(FeedbackCommand::LoadHonesty { dataset }));
        }
        if self.saved.is_multiple_of(REPEAT_EVERY) {
            commands.extend(self.repeat());
        }
        commands
    }

    /// Asks an earlier question once more, the answers the other way round.
    fn repeat(&mut self) -> Option<Command> {
        let dataset = self.dataset?;
        // Not what is asked again itself, nor was: a third time tells nothing new.
        let again: Vec<i64> = self.known.iter().filter_map(|asked| asked.question.repeats).collect();
        let fits = |asked: &&Asked| asked.question.repeats.is_none() && asked.order.len() > 1 && !again.contains(&asked.id);
        let earlier = self.known.iter().rev().skip(5).find(fits)?;
        let mut question = earlier.question.clone();
        question.repeats = Some(earlier.id);
        self.adding.push_back(question.clone());
        Some(Command::Feedback(FeedbackCommand::Add { dataset, questions: vec![question] }))
    }
}
