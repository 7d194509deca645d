//! The advisor's rules: one function a method, with the numbers that decide. Knows no order among the methods.

use super::words::{count, params};
use super::{Advice, Confidence, Holdings, Labelled, Method, Place, Task};

/// From here on a model learns a task from examples in its prompt; below a tenth of it hardly (Brown et al. 2020, figure 1.2).
const PROMPTED_PARAMS: u64 = 1_000_000_000;
/// Below this the whole model is tuned: it is quick, and adapters save little (Hu et al. 2021 measured from 125 M on).
const LORA_PARAMS: u64 = 100_000_000;
/// Rows of a class that a head needs to learn anything, and to be relied on (Tunstall et al. 2022 start at 8).
const CLASS_ROWS: [u64; 2] = [8, 50];
/// Texts with marked entities or answers, likewise.
const SPAN_ROWS: [u64; 2] = [50, 500];
/// Texts to answer in one manner, likewise (Zhou et al. 2023 did with a thousand).
const SFT_ROWS: [u64; 2] = [30, 1000];
/// Preferred pairs, likewise.
const PAIRS: [u64; 2] = [50, 300];
/// Pairs that a reward model needs before it can be trusted with a policy.
const REWARD_PAIRS: u64 = 200;
/// Prompts that reinforcement learning draws from.
const RL_PROMPTS: u64 = 100;
/// Tokens for each parameter (Hoffmann et al. 2022), and how often text may be seen before it loses its worth (Muennighoff et al. 2023).
const TOKENS_A_PARAM: u64 = 20;
const USEFUL_EPOCHS: u64 = 4;
/// Text from which the smallest model learns words.
const CORPUS_TOKENS: u64 = 100_000;

/// What each method has to say, if anything.
pub(super) fn all(holdings: &Holdings) -> Vec<Advice> {
    let all = [
        preference(holdings),
        reinforcement(holdings),
        classify(holdings),
        spans(holdings, Task::Entities),
        spans(holdings, Task::ExtractiveQa),
        sft(holdings),
        reward_model(holdings),
        prompting(holdings),
        pretrain(holdings),
    ];
    all.into_iter().flatten().collect()
}

impl Holdings {
    /// The largest set of rows for one of these tasks. Rows that wait for labels count where nothing has any.
    fn largest(&self, of: impl Fn(Task) -> bool) -> Option<Labelled> {
        let bare = self.labelled.iter().all(|set| set.rows == 0);
        self.labelled.iter().filter(|set| (bare || set.rows > 0) && of(set.task)).max_by_key(|set| set.rows).copied()
    }

    fn any_model(&self) -> bool {
        self.models.causal || self.models.encoder
    }

    /// A model that needs no training for a task, if somebody shows it a few examples.
    fn is_prompted_well(&self) -> bool {
        self.models.causal && self.models.largest_n_params >= PROMPTED_PARAMS
    }

    /// What is missing of rows, of the two marks of a rule: too few, some, enough.
    fn grade(&self, rows: u64, [few, enough]: [u64; 2], short: impl Fn(u64) -> String, page: Place) -> Grade {
        if rows < few {
            // A large model does it from examples in the prompt meanwhile.
            let confidence = if self.is_prompted_well() { Confidence::Low } else { Confidence::Medium };
            return Grade { needs: Some((short(few - rows), page)), confidence };
        }
        Grade { needs: None, confidence: if rows < enough { Confidence::Medium } else { Confidence::High } }
    }

    /// Without a model nothing can be tuned, whatever there are of rows.
    fn with_model(&self, grade: Grade, encoder: bool) -> Grade {
        let fits = if encoder { self.any_model() } else { self.models.causal };
        if fits {
            return grade;
        }
        let kind =
            if encoder { "A pre-trained model, best one that reads in both directions" } else { "A model that writes text" };
        let needs = format!("{kind}: pre-train one on text like that of the rows, or import one.");
        Grade { needs: Some((needs, Place::Pretrain)), confidence: Confidence::Low }
    }
}

struct Grade {
    needs: Option<(String, Place)>,
    confidence: Confidence,
}

impl Grade {
    fn advice(self, method: Method, why: String, page: Place) -> Advice {
        let (needs, page) = match self.needs {
            Some((needs, place)) => (Some(needs), place),
            None => (None, page),
        };
        Advice { method, why, needs, page, confidence: self.confidence }
    }
}

fn classify(holdings: &Holdings) -> Option<Advice> {
    let set = holdings.largest(|task| task == Task::Classes)?;
    let (rows, classes) = (count(set.rows, "row"), count(set.classes, "class"));
    let each = set.rows / set.classes.max(1);
    let grade = if set.classes < 2 {
        let needs = "A second class: with one only, every answer is right. Label rows of another.".to_owned();
        Grade { needs: Some((needs, Place::Label)), confidence: Confidence::Medium }
    } else {
        let short =
            |n: u64| format!("About {}: label until each class has {}.", count(n * set.classes, "more row"), CLASS_ROWS[0]);
        holdings.grade(each, CLASS_ROWS, short, Place::Label)
    };
    let base = match (holdings.models.encoder, holdings.models.causal) {
        (true, _) => "An encoder reads the whole text in both directions, which suits classes best",
        (false, true) => "A head on the model that writes text does; an encoder of the same size is usually better at classes",
        (false, false) => "A head on a pre-trained encoder suits classes best",
    };
    let why = format!("{rows} in {classes}: that is about {each} a class. {base}.");
    Some(holdings.with_model(grade, true).advice(Method::Classify, why, Place::FineTune))
}

fn spans(holdings: &Holdings, task: Task) -> Option<Advice> {
    let set = holdings.largest(|t| t == task)?;
    let rows = count(set.rows, "row");
    let short = |n: u64| format!("About {}: mark them on the Label page.", count(n, "more row"));
    let grade = holdings.with_model(holdings.grade(set.rows, SPAN_ROWS, short, Place::Label), true);
    let (method, what) = match task {
        Task::Entities if set.classes > 0 => (Method::Tag, format!("Entities of {} are marked", count(set.classes, "type"))),
        Task::Entities => (Method::Tag, "Entities are marked".to_owned()),
        _ => (Method::Extract, "Answers are marked in their text".to_owned()),
    };
    let good = SPAN_ROWS[1];
    let why = format!(
        "{what} in {rows}; from about {good} on the result can be relied on. A head that points at places of the text \
         needs fewer rows than a model that writes them."
    );
    Some(grade.advice(method, why, Place::FineTune))
}

fn sft(holdings: &Holdings) -> Option<Advice> {
    let headed = |task| matches!(task, Task::Classes | Task::Entities | Task::ExtractiveQa);
    let set = holdings.largest(|task| !headed(task));
    // Nothing to write at all, and something better to do with the rows.
    if set.is_none() && holdings.preferences == 0 && holdings.labelled.iter().any(|set| set.rows > 0) {
        return None;
    }
    // Without rows of their own, answers that were liked better are rows to learn.
    let (rows, what) = match set {
        Some(set) => (set.rows, count(set.rows, "labelled row")),
        None => (holdings.preferences, count(holdings.preferences, "preferred answer")),
    };
    // Without a row and without a model there is nothing to say that pre-training does not say.
    if rows == 0 && !holdings.models.causal {
        return None;
    }
    let short = |n: u64| format!("About {}: write or correct answers on the Label page.", count(n, "more row"));
    let mut grade = holdings.with_model(holdings.grade(rows, SFT_ROWS, short, Place::Label), false);
    if holdings.models.tuned {
        // It was done; rows that are new are the only reason to do it again.
        grade.confidence = Confidence::Low;
    }
    let largest = holdings.models.largest_n_params;
    let how = if largest < LORA_PARAMS { "the whole model is tuned" } else { "LoRA is enough, and keeps the rest as it was" };
    let why = if rows == 0 {
        let size = params(largest);
        format!("Nothing shows yet what is wanted; {} rows do for a beginning. The largest model has {size}: {how}.", SFT_ROWS[0])
    } else if holdings.models.tuned {
        format!("A fine-tuned model is there already, and {what} to tune on. Tune again for rows that it has not seen.")
    } else if holdings.models.causal {
        format!(
            "What is wanted stands in {what}; {} do for a beginning, {} for a habit. With {} {how}.",
            SFT_ROWS[0],
            count(SFT_ROWS[1], "row"),
            params(largest)
        )
    } else {
        format!("What is wanted stands in {what}. A model that writes text has to be there before it can be tuned.")
    };
    Some(grade.advice(Method::Sft, why, Place::FineTune))
}

fn preference(holdings: &Holdings) -> Option<Advice> {
    let pairs = holdings.preferences;
    if pairs == 0 && !(holdings.models.causal && holdings.models.tuned) {
        return None;
    }
    let short = |n: u64| format!("About {}: click the better of two answers on the Rank page.", count(n, "more pair"));
    let mut grade = holdings.grade(pairs, PAIRS, short, Place::Rank);
    if !holdings.models.tuned {
        let needs = "A fine-tuned model to start from: tune one on good answers first, the preferred ones do.".to_owned();
        grade = Grade { needs: Some((needs, Place::FineTune)), confidence: Confidence::Low };
    }
    let why = format!(
        "Which answers are better stands in {}; DPO learns from about {} on, without a reward model. It starts from a fine-tuned model, \
         which {} here.",
        count(pairs, "preferred pair"),
        PAIRS[0],
        if holdings.models.tuned { "is" } else { "is not" },
    );
    Some(holdings.with_model(grade, false).advice(Method::Dpo, why, Place::Rlhf))
}

fn reward_model(holdings: &Holdings) -> Option<Advice> {
    let pairs = holdings.preferences;
    if pairs < PAIRS[0] || holdings.models.reward {
        return None;
    }
    let short = |n: u64| format!("About {}: click the better of two answers on the Rank page.", count(n, "more pair"));
    let mut grade = holdings.grade(pairs, [REWARD_PAIRS, u64::MAX], short, Place::Rank);
    if holdings.prompts < RL_PROMPTS || !holdings.models.tuned {
        grade.confidence = Confidence::Low;
    }
    let why = format!(
        "A reward model from {} can score new answers to {}. DPO takes fewer pairs; the reward model pays where prompts are many \
         and clicks are dear.",
        count(pairs, "preferred pair"),
        count(holdings.prompts, "prompt"),
    );
    Some(holdings.with_model(grade, false).advice(Method::RewardModel, why, Place::Rlhf))
}

fn reinforcement(holdings: &Holdings) -> Option<Advice> {
    let checkable = |task| matches!(task, Task::Classes | Task::ExtractiveQa | Task::Answers | Task::Recommendation);
    let checked = holdings.largest(checkable).map_or(0, |set| set.rows);
    // A reward comes from a model, or from comparing with an answer that is known.
    let prompts = if holdings.models.reward { holdings.prompts.max(checked) } else { checked };
    if !holdings.models.tuned || prompts == 0 && holdings.prompts == 0 {
        return None;
    }
    let grade = if prompts == 0 {
        let needs = "A reward: train a reward model on preferred pairs, or bring prompts with answers that can be checked.";
        Grade { needs: Some((needs.to_owned(), Place::Rank)), confidence: Confidence::Low }
    } else {
        let short = |n: u64| format!("About {}: add them on the Data page.", count(n, "more prompt"));
        Grade { confidence: Confidence::Medium, ..holdings.grade(prompts, [RL_PROMPTS, u64::MAX], short, Place::Data) }
    };
    let reward = match (holdings.models.reward, checked) {
        (true, _) => "the reward model scores every answer".to_owned(),
        (false, 0) => "nothing scores the answers yet".to_owned(),
        (false, n) => format!("{} can be checked against a known answer", count(n, "row")),
    };
    let why = format!(
        "The project holds {}, and {reward}. GRPO tries several answers to each prompt and needs no value model, but more time than DPO.",
        count(holdings.prompts, "prompt"),
    );
    Some(grade.advice(Method::Rlhf, why, Place::Rlhf))
}

fn prompting(holdings: &Holdings) -> Option<Advice> {
    if !holdings.models.causal {
        return None;
    }
    let rows: u64 = holdings.labelled.iter().map(|set| set.rows).max().unwrap_or_default();
    let size = params(holdings.models.largest_n_params);
    let few = rows < SFT_ROWS[0];
    let (confidence, ability) = match holdings.models.largest_n_params {
        PROMPTED_PARAMS.. if few => (Confidence::High, "is large enough to take up a task from a few examples in its prompt"),
        PROMPTED_PARAMS.. => {
            (Confidence::Medium, "can take up a task from its prompt, and is the baseline that tuning must beat")
        }
        _ => (Confidence::Low, "is too small to learn well from examples in its prompt: it goes on in the manner of its text"),
    };
    let why = format!("A model with {size} {ability}. {} can be shown to it.", count(rows, "labelled row"));
    Some(Advice { method: Method::Prompting, why, needs: None, page: Place::Prompt, confidence })
}

fn pretrain(holdings: &Holdings) -> Option<Advice> {
    let tokens = holdings.corpus_tokens;
    let suits = (tokens.saturating_mul(USEFUL_EPOCHS) / TOKENS_A_PARAM).max(1);
    let confidence = match holdings.any_model() {
        false => Confidence::High,
        // Twice the size is what more text would show in.
        true if suits / 2 > holdings.models.largest_n_params => Confidence::Medium,
        true => return None,
    };
    let heads = |task| matches!(task, Task::Classes | Task::Entities | Task::ExtractiveQa);
    let reads = holdings.largest(|_| true).is_some_and(|set| heads(set.task)) && holdings.preferences == 0;
    let objective =
        if reads { "a masked one (encoder), as the labelled rows ask for reading" } else { "a causal one, which writes text" };
    let have = if holdings.any_model() {
        format!("The largest model has {}", params(holdings.models.largest_n_params))
    } else {
        "No model is there yet".to_owned()
    };
    let text = count(tokens, "token");
    let size = if tokens < CORPUS_TOKENS {
        format!("{text} of text are too few for any size")
    } else {
        format!("{text} of text suit one of about {}", params(suits))
    };
    let why = format!("{have}; {size}. Train {objective}.");
    let needs = (tokens < CORPUS_TOKENS).then(|| {
        format!(
            "Text: {} or more, a few hundred pages. Drop files on the Data page, or import a trained model.",
            count(CORPUS_TOKENS, "token")
        )
    });
    let page = if needs.is_some() { Place::Data } else { Place::Pretrain };
    Some(Advice { method: Method::Pretrain, why, needs, page, confidence })
}
