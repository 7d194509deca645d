//! The token view of the Prompt page: which text is looked at, which token is pinned, what was seen. Draws nothing.

use crate::engine::Command;
use crate::engine::command::{GenerateRequest, JobId, ModelSource, Sampling};
use crate::engine::look::{
    AttentionView, LensView, LookCommand, LookEvent, LookText, NeighboursView, NextView, Seen, TokensView, Wanted,
};

use super::AppState;
use super::jobs::JobKind;
use super::prompt::Answer;
use super::sampling_picture::{Picture, picture};

/// Alternatives shown for a token, guesses for a cell of the lens, and nearest tokens.
const ALTERNATIVES: usize = 8;
const LENS_GUESSES: usize = 5;
const NEIGHBOURS: usize = 16;
/// Scored answers that stay to be compared.
const SCORES: usize = 12;

/// What stands under a token view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LookTab {
    #[default]
    Alternatives,
    Attention,
    Lens,
    Neighbours,
    Score,
}

impl LookTab {
    pub const ALL: [Self; 5] = [Self::Alternatives, Self::Attention, Self::Lens, Self::Neighbours, Self::Score];

    /// Those of a model that predicts no next token.
    pub const UNRATED: [Self; 2] = [Self::Attention, Self::Neighbours];

    pub fn name(self) -> &'static str {
        match self {
            Self::Alternatives => "Alternatives",
            Self::Attention => "Attention",
            Self::Lens => "Logit lens",
            Self::Neighbours => "Neighbours",
            Self::Score => "Score an answer",
        }
    }
}

/// What a person can do in the view.
#[derive(Clone, Debug, PartialEq)]
pub enum LookAction {
    /// Tokens instead of plain text, or back.
    Watch(bool),
    /// Look at this text, by these weights.
    At {
        source: ModelSource,
        text: LookText,
    },
    /// Put a prompt alone in the answer's place, to look at it.
    Prompt(GenerateRequest),
    Pin(Option<usize>),
    Tab(LookTab),
    /// What the open tab lacks.
    Want(Wanted),
    /// Go on from another token than the one that came; the tokens before it stay. The request says how.
    GoOn {
        place: usize,
        id: u32,
        request: GenerateRequest,
    },
    Score {
        prompt: String,
        answer: String,
    },
    ForgetScores,
    /// What may follow a prompt.
    Next(String),
}

/// What is looked at, and by which weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    pub source: ModelSource,
    pub text: LookText,
}

/// Something that is asked for once, and what came.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot<T> {
    pub asked: Option<Wanted>,
    pub got: Option<T>,
    /// Tells one answer of the engine from another.
    pub job: JobId,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { asked: None, got: None, job: 0 }
    }
}

/// An answer whose probability was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    pub model: String,
    pub prompt: String,
    pub answer: String,
    pub view: TokensView,
}

/// What may follow a prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct NextSeen {
    pub source: ModelSource,
    pub prompt: String,
    pub step: u64,
    pub view: NextView,
    /// Tells one answer of the engine from another.
    pub job: JobId,
}

/// All that the view knows.
#[derive(Clone, Debug, Default)]
pub struct LookState {
    pub on: bool,
    pub subject: Option<Subject>,
    /// With the step of the weights that were looked into.
    pub tokens: Option<(u64, TokensView)>,
    pub pinned: Option<usize>,
    pub tab: LookTab,
    pub attention: Slot<AttentionView>,
    pub lens: Slot<LensView>,
    pub neighbours: Slot<NeighboursView>,
    /// The newest first.
    pub scored: Vec<Scored>,
    pub next: Option<NextSeen>,
    next_asked: Option<(ModelSource, String)>,
    /// Why nothing can be seen, and why an answer got no score.
    pub failure: Option<String>,
    pub score_failure: Option<String>,
    asked: Vec<(JobId, Asked)>,
}

/// What a job on its way is for.
#[derive(Clone, Debug, PartialEq)]
enum Asked {
    Subject,
    Score { model: String, prompt: String, answer: String },
    Next { source: ModelSource, prompt: String },
}

/// What is typed and chosen in the view. Owned by the window.
#[derive(Clone, Debug, Default)]
pub struct LookDraft {
    pub heat: Heat,
    /// None: the mean of all.
    pub layer: Option<usize>,
    pub head: Option<usize>,
    pub answer: String,
    /// Since when the prompt stands as it does, in seconds of the window's clock.
    pub typed: Option<(String, f64)>,
    /// When the distribution was last asked for, by the same clock.
    pub asked_s: f64,
    /// The picture at hand, and what it was made of.
    pub picture: Option<(JobId, Sampling, Picture)>,
}

/// What the colour of a token says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Heat {
    #[default]
    Surprise,
    Entropy,
}

impl LookDraft {
    /// What the settings leave of this distribution; made anew when either changes.
    pub fn picture(&mut self, next: &NextSeen, sampling: &Sampling) -> &Picture {
        let fits = self.picture.take().filter(|(job, of, _)| *job == next.job && of == sampling);
        let fits = fits.unwrap_or_else(|| (next.job, sampling.clone(), picture(&next.view, sampling)));
        &self.picture.insert(fits).2
    }
}

impl LookState {
    /// Something is on its way for the text that is looked at.
    pub fn is_looking(&self) -> bool {
        self.asked.iter().any(|(_, asked)| *asked == Asked::Subject)
    }

    pub fn is_scoring(&self) -> bool {
        self.asked.iter().any(|(_, asked)| matches!(asked, Asked::Score { .. }))
    }

    /// Whether what may follow this prompt has yet to be asked for. One question at a time: who types fast is not answered letter by letter.
    pub fn wants_next(&self, source: ModelSource, prompt: &str) -> bool {
        let same = self.next_asked.as_ref().is_some_and(|(of, asked)| *of == source && asked == prompt);
        !same && !self.asked.iter().any(|(_, asked)| matches!(asked, Asked::Next { .. }))
    }

    /// What may follow a prompt is of other weights by now.
    pub fn next_is_old(&self, source: ModelSource, step: u64) -> bool {
        let asking = self.asked.iter().any(|(_, asked)| matches!(asked, Asked::Next { .. }));
        !asking
            && source == ModelSource::Live
            && self.next.as_ref().is_some_and(|next| next.source == source && next.step != step)
    }

    /// The token that the tabs are about: the pinned one, or the last.
    pub fn place(&self) -> Option<usize> {
        let n = self.tokens.as_ref().map(|(_, view)| view.tokens.len()).filter(|n| *n > 0)?;
        Some(self.pinned.unwrap_or(n - 1).min(n - 1))
    }

    /// The tabs that make sense for what is looked at, and which of them is open.
    pub fn tabs(&self) -> (&'static [LookTab], LookTab) {
        let rated =
            self.tokens.as_ref().is_none_or(|(_, view)| view.tokens.len() < 2 || view.tokens.iter().any(|it| it.rated.is_some()));
        let tabs: &[LookTab] = if rated { &LookTab::ALL } else { &LookTab::UNRATED };
        let open = if tabs.contains(&self.tab) { self.tab } else { LookTab::Attention };
        (tabs, open)
    }

    /// What the open tab still has to ask for.
    pub fn missing(&self) -> Option<Wanted> {
        let place = self.place()?;
        let (_, view) = self.tokens.as_ref()?;
        let inside = |first: usize, n: usize| (first..first + n).contains(&place);
        let wanted = match self.tabs().1 {
            LookTab::Alternatives | LookTab::Score => return None,
            LookTab::Attention if self.attention.got.as_ref().is_some_and(|it| inside(it.first, it.tokens.len())) => return None,
            LookTab::Attention => Wanted::Attention { place },
            LookTab::Lens if self.lens.got.as_ref().is_some_and(|it| inside(it.first, it.tokens.len())) => return None,
            LookTab::Lens => Wanted::Lens { place, top: LENS_GUESSES },
            LookTab::Neighbours => Wanted::Neighbours { id: view.tokens.get(place)?.id, top: NEIGHBOURS },
        };
        let asked = [self.attention.asked, self.lens.asked, self.neighbours.asked];
        (!asked.contains(&Some(wanted))).then_some(wanted)
    }

    fn begin(&mut self, subject: Subject) {
        self.subject = Some(subject);
        (self.tokens, self.pinned, self.failure) = (None, None, None);
        (self.attention, self.lens, self.neighbours) = Default::default();
        self.asked.retain(|(_, asked)| *asked != Asked::Subject);
    }

    /// Takes a failure that is its own.
    pub(super) fn failed(&mut self, which: &impl Fn(JobId) -> bool, message: Option<&str>) -> bool {
        let (ended, going): (Vec<_>, Vec<_>) = std::mem::take(&mut self.asked).into_iter().partition(|(job, _)| which(*job));
        self.asked = going;
        let own = !ended.is_empty();
        for (_, asked) in ended {
            let message = message.map(str::to_owned);
            match asked {
                Asked::Subject => self.failure = message,
                Asked::Score { .. } => self.score_failure = message,
                // The prompt cannot be continued: pressing Generate says why.
                Asked::Next { .. } => self.next = None,
            }
        }
        own
    }
}

impl AppState {
    pub(super) fn apply_look(&mut self, action: LookAction) -> Vec<Command> {
        let look = &mut self.prompt.look;
        match action {
            LookAction::Watch(on) => look.on = on,
            LookAction::Pin(place) => look.pinned = place,
            LookAction::Tab(tab) => look.tab = tab,
            LookAction::ForgetScores => (look.scored, look.score_failure) = (Vec::new(), None),
            LookAction::At { source, text } => {
                look.begin(Subject { source, text });
                return self.see(Wanted::Tokens { top: ALTERNATIVES });
            }
            LookAction::Prompt(request) => return self.look_at_prompt(request),
            LookAction::Want(wanted) => {
                match wanted {
                    Wanted::Attention { .. } => look.attention.asked = Some(wanted),
                    Wanted::Lens { .. } => look.lens.asked = Some(wanted),
                    Wanted::Neighbours { .. } => look.neighbours.asked = Some(wanted),
                    Wanted::Ids | Wanted::Tokens { .. } | Wanted::Next => {}
                }
                return self.see(wanted);
            }
            LookAction::GoOn { place, id, request } => return self.go_on(place, id, request),
            LookAction::Score { prompt, answer } => return self.score(prompt, answer),
            LookAction::Next(prompt) => {
                let Some(source) = self.prompt_source() else { return Vec::new() };
                self.prompt.look.next_asked = Some((source, prompt.clone()));
                let text = LookText::Typed { prompt: prompt.clone(), answer: String::new() };
                return vec![self.look_job(source, text, Wanted::Next, Asked::Next { source, prompt })];
            }
        }
        Vec::new()
    }

    fn look_job(&mut self, source: ModelSource, text: LookText, wanted: Wanted, asked: Asked) -> Command {
        let job = self.jobs.start(JobKind::Look, "Looking into the model");
        self.prompt.look.asked.push((job, asked));
        Command::Look(LookCommand::See { job, source, text, wanted })
    }

    fn see(&mut self, wanted: Wanted) -> Vec<Command> {
        let Some(Subject { source, text }) = self.prompt.look.subject.clone() else { return Vec::new() };
        vec![self.look_job(source, text, wanted, Asked::Subject)]
    }

    fn score(&mut self, prompt: String, answer: String) -> Vec<Command> {
        let Some(source) = self.prompt_source() else { return Vec::new() };
        self.prompt.look.score_failure = None;
        let text = LookText::Typed { prompt: prompt.clone(), answer: answer.clone() };
        let asked = Asked::Score { model: self.source_name(source), prompt, answer };
        vec![self.look_job(source, text, Wanted::Tokens { top: ALTERNATIVES }, asked)]
    }

    /// A prompt without an answer, shown where answers are.
    fn look_at_prompt(&mut self, request: GenerateRequest) -> Vec<Command> {
        let Some(source) = self.prompt_source() else { return Vec::new() };
        let commands = self.stop_prompt();
        self.prompt.look.on = true;
        let model = self.source_name(source);
        let live = source == ModelSource::Live;
        let (text, result, failure) = Default::default();
        self.prompt.answer = Some(Answer { job: None, source, model, live, request, text, result, failure });
        commands
    }

    fn go_on(&mut self, place: usize, id: u32, mut request: GenerateRequest) -> Vec<Command> {
        let Some((subject, (_, view))) = self.prompt.look.subject.clone().zip(self.prompt.look.tokens.as_ref()) else {
            return Vec::new();
        };
        let mut ids: Vec<u32> = view.tokens.iter().take(place).map(|token| token.id).collect();
        ids.push(id);
        let prompt_tokens = view.prompt_tokens;
        if place < prompt_tokens {
            return Vec::new();
        }
        match (&subject.text, &self.prompt.answer) {
            (LookText::Typed { prompt, .. }, _) => request.prompt.clone_from(prompt),
            (LookText::Ids { .. }, Some(answer)) => request.prompt.clone_from(&answer.request.prompt),
            (LookText::Ids { .. }, None) => {}
        }
        let mut commands = self.stop_prompt();
        let job = self.answer_begins(subject.source, &request, "Going on from a token");
        commands.push(Command::Look(LookCommand::GoOn { job, source: subject.source, request, ids, prompt_tokens }));
        commands
    }

    pub(super) fn look_came(&mut self, event: LookEvent) {
        let LookEvent::Seen { job, step, seen } = event;
        self.jobs.finish(job);
        let look = &mut self.prompt.look;
        let Some(at) = look.asked.iter().position(|(of, _)| *of == job) else { return };
        let (_, asked) = look.asked.remove(at);
        match (asked, seen) {
            (Asked::Subject, Seen::Tokens(view)) => look.tokens = Some((step, view)),
            (Asked::Subject, Seen::Attention(view)) => (look.attention.got, look.attention.job) = (Some(view), job),
            (Asked::Subject, Seen::Lens(view)) => (look.lens.got, look.lens.job) = (Some(view), job),
            (Asked::Subject, Seen::Neighbours(view)) => (look.neighbours.got, look.neighbours.job) = (Some(view), job),
            (Asked::Score { model, prompt, answer }, Seen::Tokens(view)) => {
                look.scored.retain(|it| (&it.model, &it.prompt, &it.answer) != (&model, &prompt, &answer));
                look.scored.insert(0, Scored { model, prompt, answer, view });
                look.scored.truncate(SCORES);
            }
            (Asked::Next { source, prompt }, Seen::Next(view)) => {
                look.next = Some(NextSeen { source, prompt, step, view, job });
            }
            (Asked::Subject | Asked::Score { .. } | Asked::Next { .. }, _) => {}
        }
    }
}

#[cfg(test)]
mod tests;
