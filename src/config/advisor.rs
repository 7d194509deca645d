//! Which method suits what a project holds: pre-training, prompting, fine-tuning or preferences. Knows no project and no window.
//!
//! Rules of thumb of the field, each a constant in `rules` with its source. They say what to try first; only a comparison on held-out
//! rows says what is better.

mod rules;
mod words;

/// What labelled rows are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// One class a row or several.
    Classes,
    Entities,
    /// Answers that stand in a given text.
    ExtractiveQa,
    Translation,
    Summary,
    /// Instructions, questions, completions.
    Answers,
    Chat,
    Recommendation,
}

/// One set of labelled rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Labelled {
    pub task: Task,
    pub rows: u64,
    /// Classes or types of entities that occur; 0 where the task has none.
    pub classes: u64,
}

/// Models at hand, imported ones included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Models {
    /// One that writes text.
    pub causal: bool,
    /// One that reads in both directions.
    pub encoder: bool,
    /// Parameters of the largest.
    pub largest_n_params: u64,
    /// One that writes text and was fine-tuned, to answer or to chat.
    pub tuned: bool,
    /// One that gives a reward.
    pub reward: bool,
}

/// What a project holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    pub labelled: Vec<Labelled>,
    /// Pairs of a better and a worse answer, rankings taken apart into pairs.
    pub preferences: u64,
    /// Prompts without an answer.
    pub prompts: u64,
    pub corpus_tokens: u64,
    pub models: Models,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Direct preference optimisation.
    Dpo,
    /// Reinforcement learning from a reward model or from answers that can be checked.
    Rlhf,
    /// A head for classes.
    Classify,
    /// A head for entities.
    Tag,
    /// A head for the place of an answer.
    Extract,
    /// Supervised fine-tuning on texts.
    Sft,
    RewardModel,
    /// Examples in the prompt; nothing is trained.
    Prompting,
    Pretrain,
}

/// Where a person goes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Data,
    Pretrain,
    Label,
    FineTune,
    Rank,
    Rlhf,
    Prompt,
}

/// How sure the rules are that this is the way, once what it needs is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    Low,
    Medium,
    High,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    pub method: Method,
    /// Two sentences, with the numbers that decided.
    pub why: String,
    /// What is missing, and how to get it; `None`: it can begin.
    pub needs: Option<String>,
    /// Where the method is, or where what it needs is got.
    pub page: Place,
    pub confidence: Confidence,
}

/// All methods that suit or would with a little more, the most advisable first.
pub fn advise(holdings: &Holdings) -> Vec<Advice> {
    let mut advice = rules::all(holdings);
    advice.sort_by_key(|a| (std::cmp::Reverse(a.confidence), a.needs.is_some(), a.method));
    advice
}
