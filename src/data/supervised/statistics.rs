//! What a dataset is like: labels, lengths, rows that stand twice, rows that contradict each other. Knows no tokenizer.

use std::collections::BTreeMap;

use super::{Chat, Content, Example, Message, Role, Side};
use crate::data::hash::hash128;

/// Groups that are listed at most.
const MAX_GROUPS: usize = 500;

/// How often a label was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelCount {
    pub label: String,
    pub count: usize,
    /// Of what is given, over the examples that have it.
    pub inputs: Lengths,
}

/// Lengths in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lengths {
    pub least: usize,
    pub median: usize,
    /// Nineteen of twenty are no longer.
    pub p95: usize,
    pub most: usize,
    pub total: usize,
}

/// Rows with one input and different labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// Indices of the examples, ascending.
    pub examples: Vec<usize>,
    pub input: String,
    /// Each different answer, in the order of first sight.
    pub answers: Vec<String>,
    /// The example that gave each of them first.
    pub firsts: Vec<usize>,
}

/// Rows that say the same, input and answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeats {
    /// Indices of the examples, ascending.
    pub examples: Vec<usize>,
    pub input: String,
    pub answer: String,
}

/// All there is to show of a dataset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    pub examples: usize,
    /// Classes by examples, entities by spans, ratings by value; the most frequent first. Empty for free text.
    pub labels: Vec<LabelCount>,
    pub inputs: Lengths,
    pub outputs: Lengths,
    /// Examples that repeat an earlier one, input and answer.
    pub duplicates: usize,
    /// Examples that are the same, the first five hundred groups.
    pub repeats: Vec<Repeats>,
    /// Only where one input has one right answer: classes, entities, ratings. The first five hundred.
    pub contradictions: Vec<Contradiction>,
}

/// Reads all examples once.
pub fn measure(examples: &[Example]) -> Statistics {
    let mut labels: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
    let mut by_input: BTreeMap<u128, BTreeMap<u128, Vec<usize>>> = BTreeMap::new();
    for (i, example) in examples.iter().enumerate() {
        let (input, output) = halves(example);
        for label in labels_of(&example.content) {
            labels.entry(label).or_default().push(input.chars().count());
        }
        inputs.push(input.chars().count());
        outputs.push(output.chars().count());
        let same = by_input.entry(hash128(input.as_bytes())).or_default();
        same.entry(hash128(output.as_bytes())).or_default().push(i);
    }
    let mut labels: Vec<LabelCount> =
        labels.into_iter().map(|(label, all)| LabelCount { label, count: all.len(), inputs: lengths(all) }).collect();
    labels.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.label.cmp(&b.label)));
    let same: Vec<&Vec<usize>> = by_input.values().flat_map(BTreeMap::values).filter(|group| group.len() > 1).collect();
    let duplicates = same.iter().map(|group| group.len() - 1).sum();
    let mut groups: Vec<Vec<usize>> = same.into_iter().cloned().collect();
    groups.sort_unstable();
    groups.truncate(MAX_GROUPS);
    Statistics {
        examples: examples.len(),
        labels,
        inputs: lengths(inputs),
        outputs: lengths(outputs),
        duplicates,
        repeats: groups.into_iter().filter_map(|group| repeats(examples, group)).collect(),
        contradictions: contradictions(examples, &by_input),
    }
}

fn repeats(examples: &[Example], group: Vec<usize>) -> Option<Repeats> {
    let (input, answer) = halves(examples.get(*group.first()?)?);
    Some(Repeats { examples: group, input, answer })
}

fn contradictions(examples: &[Example], by_input: &BTreeMap<u128, BTreeMap<u128, Vec<usize>>>) -> Vec<Contradiction> {
    let has_one_answer = |i: usize| {
        let content = examples.get(i).map(|example| &example.content);
        matches!(content, Some(Content::Classes(_) | Content::Entities(_) | Content::Recommendation(_)))
    };
    let mut found = Vec::new();
    for answers in by_input.values().filter(|answers| answers.len() > 1) {
        let mut firsts: Vec<usize> = answers.values().filter_map(|group| group.first().copied()).collect();
        firsts.sort_unstable();
        let mut all: Vec<usize> = answers.values().flatten().copied().collect();
        all.sort_unstable();
        let Some(first) = all.first().copied().filter(|&i| has_one_answer(i)) else { continue };
        let input = examples.get(first).map(|example| halves(example).0).unwrap_or_default();
        let answers = firsts.iter().filter_map(|&i| examples.get(i)).map(|example| halves(example).1).collect();
        found.push(Contradiction { examples: all, input, answers, firsts });
    }
    found.sort_by(|a, b| a.examples.cmp(&b.examples));
    found.truncate(MAX_GROUPS);
    found
}

fn lengths(mut all: Vec<usize>) -> Lengths {
    all.sort_unstable();
    let at = |share: f64| all.get(((all.len().saturating_sub(1)) as f64 * share).round() as usize).copied().unwrap_or(0);
    Lengths { least: at(0.0), median: at(0.5), p95: at(0.95), most: at(1.0), total: all.iter().sum() }
}

fn labels_of(content: &Content) -> Vec<String> {
    match content {
        Content::Classes(it) => it.labels.iter().map(ToString::to_string).collect(),
        Content::Entities(it) => it.spans.iter().map(|span| span.label.clone()).collect(),
        Content::Recommendation(it) => vec![it.rating.to_string()],
        Content::Instruction(_) | Content::Pair(_) | Content::Chat(_) | Content::ExtractiveQa(_) | Content::Translation(_) => {
            Vec::new()
        }
    }
}

/// What is given, and what is to be answered, as text: two examples are the same if both are.
pub(super) fn halves(example: &Example) -> (String, String) {
    halves_of(&example.content)
}

pub(super) fn halves_of(content: &Content) -> (String, String) {
    match content {
        Content::Chat(chat) => chat_halves(chat),
        Content::Entities(it) => {
            (it.text.clone(), it.spans.iter().map(|span| marked(span, &it.text)).collect::<Vec<_>>().join("; "))
        }
        Content::Classes(it) => {
            let mut labels: Vec<String> = it.labels.iter().map(ToString::to_string).collect();
            labels.sort_unstable();
            (it.text.clone(), labels.join(", "))
        }
        Content::Pair(pair) => (side(&pair.prompt), side(&pair.completion)),
        Content::Translation(it) => (it.source.clone(), it.target.clone()),
        Content::Recommendation(it) => (format!("{} {}", it.user, it.item), it.rating.to_string()),
        Content::Instruction(it) => {
            let history = it.history.iter().flat_map(|(question, answer)| [question.as_str(), answer.as_str()]);
            let input =
                it.system.as_deref().into_iter().chain(history).chain([it.instruction.as_str()]).chain(it.input.as_deref());
            (input.collect::<Vec<_>>().join("\n"), it.output.clone())
        }
        Content::ExtractiveQa(it) => {
            let answers: Vec<&str> = it.answers.iter().map(|answer| answer.text.as_str()).collect();
            (format!("{}\n\n{}", it.context, it.question), answers.join(" | "))
        }
    }
}

/// "Anna: PERSON"; "Anna (2): PERSON" where those words stood before, so that two marks are told apart without counting letters.
fn marked(span: &super::Span, text: &str) -> String {
    let words = text.get(span.bytes.clone()).unwrap_or_default();
    let before =
        text.get(..span.bytes.start).map_or(0, |before| if words.is_empty() { 0 } else { before.matches(words).count() });
    let which = if before == 0 { String::new() } else { format!(" ({})", before + 1) };
    format!("{words}{which}: {}", span.label)
}

fn chat_halves(chat: &Chat) -> (String, String) {
    let (before, answer) = at_last_answer(&chat.messages);
    (format!("{}{before}", chat.system.as_deref().unwrap_or_default()), answer)
}

fn at_last_answer(turns: &[Message]) -> (String, String) {
    let last = turns.iter().rposition(|turn| turn.role == Role::Assistant).unwrap_or(turns.len());
    let (before, after) = turns.split_at(last);
    (written(before), written(after))
}

fn side(side: &Side) -> String {
    match side {
        Side::Text(text) => text.clone(),
        Side::Messages(messages) => written(messages),
    }
}

fn written(turns: &[Message]) -> String {
    turns.iter().map(|turn| format!("{}: {}", turn.role.name(), turn.content)).collect::<Vec<_>>().join("\n")
}
