//! Rows as tasks: those that are answered in the same way belong together, so that some of them can stand as examples before another. Knows no token and no model.

use std::collections::{BTreeMap, BTreeSet};

use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use super::{Content, Example, FewShot, Pair, Shot, Side, Split, TaskTemplate};

/// Column of a file that says which task a row is of.
const TASK_COLUMN: &str = "task";
/// Different answers of a task that is a choice, at most.
const MOST_OPTIONS: usize = 16;

/// Rows that are answered in the same way.
#[derive(Clone, Debug, PartialEq)]
pub struct PromptTask {
    /// As the rows' column `task` says; else the instruction; else nothing, for a dataset is one task then.
    pub name: String,
    /// What the rows say is to be done; may be empty.
    pub instruction: String,
    pub rows: Vec<PromptRow>,
    /// The answers to choose from, in the order of the alphabet; empty where answers are free text.
    pub options: Vec<String>,
}

/// A row of a task.
#[derive(Clone, Debug, PartialEq)]
pub struct PromptRow {
    /// Which row of the dataset.
    pub row: i64,
    pub split: Split,
    pub input: String,
    pub output: String,
    /// The two of them as what `FewShot` writes.
    pair: Example,
}

impl PromptRow {
    pub fn new(row: i64, split: Split, input: String, output: String) -> Self {
        let sides = Pair { prompt: Side::Text(input.clone()), completion: Side::Text(output.clone()) };
        Self { row, split, input, output, pair: Example::of(Content::Pair(sides)) }
    }
}

/// Tasks by name. A task is a choice where few answers are given again and again: twice each at least.
pub fn prompt_tasks<'e>(rows: impl Iterator<Item = (i64, Split, &'e Example)>) -> Vec<PromptTask> {
    let mut tasks: BTreeMap<String, PromptTask> = BTreeMap::new();
    for (row, split, example) in rows {
        let (instruction, input, output) = parts(example);
        if output.is_empty() {
            continue;
        }
        let named = example.others().find(|(name, _)| *name == TASK_COLUMN).and_then(|(_, value)| text(value));
        let name = named.unwrap_or_else(|| instruction.clone());
        let fresh = || PromptTask { name: name.clone(), instruction, rows: Vec::new(), options: Vec::new() };
        let task = tasks.entry(name.clone()).or_insert_with(fresh);
        task.rows.push(PromptRow::new(row, split, input, output));
    }
    let mut tasks: Vec<PromptTask> = tasks.into_values().collect();
    for task in &mut tasks {
        let options: BTreeSet<&str> = task.rows.iter().map(|row| row.output.as_str()).collect();
        if (2..=MOST_OPTIONS).contains(&options.len()) && task.rows.len() >= 2 * options.len() {
            task.options = options.into_iter().map(str::to_owned).collect();
        }
    }
    tasks
}

/// What is to be done, with what, and the right answer.
fn parts(example: &Example) -> (String, String, String) {
    let trimmed = |text: &str| text.trim().to_owned();
    match &example.content {
        Content::Instruction(it) => match it.input.as_deref().map(str::trim).filter(|input| !input.is_empty()) {
            Some(input) => (trimmed(&it.instruction), input.to_owned(), trimmed(&it.output)),
            None => (String::new(), trimmed(&it.instruction), trimmed(&it.output)),
        },
        Content::Classes(it) => {
            let labels: Vec<String> = it.labels.iter().map(ToString::to_string).collect();
            (String::new(), trimmed(&it.text), labels.join(", "))
        }
        Content::Pair(_)
        | Content::Chat(_)
        | Content::Entities(_)
        | Content::ExtractiveQa(_)
        | Content::Translation(_)
        | Content::Recommendation(_) => {
            let plain = FewShot::new(TaskTemplate::default_for(example), 0, 0);
            let (input, output) = plain.halves(example);
            (String::new(), trimmed(&input), trimmed(&output))
        }
    }
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Some(value.to_string()),
    }
}

/// How an example stands in a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// `{prompt}` stands for the input.
    pub prompt: &'static str,
}

impl Style {
    /// The first is what is measured with. The nearer an answer stands to its input, the sooner a small model finds it; and a word is
    /// one token where a space stands before it, at the beginning of a line, too.
    pub const ALL: [Self; 3] = [Self { prompt: " {prompt}" }, Self { prompt: " {prompt}:" }, Self { prompt: " {prompt} is" }];
    /// Ends every line.
    pub const END: &'static str = "\n";

    /// The composer that writes this way.
    pub fn few_shot(self, instruction: &str) -> FewShot {
        let words = TaskTemplate::new(self.prompt, "{completion}");
        FewShot { instruction: instruction.to_owned(), separator: Self::END.to_owned(), ..FewShot::new(words, 0, 0) }
    }
}

/// Instruction, examples and query, chosen but not yet written.
#[derive(Clone, Debug, PartialEq)]
pub struct Episode<'a> {
    pub task: &'a PromptTask,
    /// Stands first; empty: none.
    pub instruction: &'a str,
    /// Rows of the examples with the answers that they show, in the order in which they stand.
    pub shots: Vec<(&'a PromptRow, String)>,
    pub query: &'a PromptRow,
    /// The right answer, in the words of this episode.
    pub truth: String,
    /// Words to choose from, in the order of the task's options.
    pub options: Vec<String>,
    /// The answers stand in words of this episode's own.
    pub renamed: bool,
    pub style: Style,
}

/// A written episode.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// All up to where the answer begins.
    pub prompt: String,
    /// Bytes of the answers that examples show, each with the line end behind.
    pub answers: Vec<std::ops::Range<usize>>,
}

impl<'a> Episode<'a> {
    /// Examples from `pool` (indices of the task's rows), none of which asks the same as the query: of a choice as many of each
    /// answer as can be. Which label the query has says nothing of theirs.
    pub fn draw(task: &'a PromptTask, query: &'a PromptRow, pool: &[usize], k: usize, rng: &mut ChaCha8Rng) -> Self {
        Self::drawn(task, query, pool, (k, !task.options.is_empty()), rng)
    }

    /// As `draw`, by chance alone: where the examples' answers are learnt, the last of them must not follow from a count of the others.
    pub fn draw_any(task: &'a PromptTask, query: &'a PromptRow, pool: &[usize], k: usize, rng: &mut ChaCha8Rng) -> Self {
        Self::drawn(task, query, pool, (k, false), rng)
    }

    fn drawn(
        task: &'a PromptTask,
        query: &'a PromptRow,
        pool: &[usize],
        (k, balance): (usize, bool),
        rng: &mut ChaCha8Rng,
    ) -> Self {
        let mut free: Vec<&PromptRow> =
            pool.iter().filter_map(|&i| task.rows.get(i)).filter(|row| row.input != query.input).collect();
        free.shuffle(rng);
        let mut shots: Vec<&PromptRow> = if balance {
            let mut order: Vec<&String> = task.options.iter().collect();
            order.shuffle(rng);
            balanced(&free, &order, k)
        } else {
            free.truncate(k);
            free
        };
        shots.shuffle(rng);
        Self {
            task,
            instruction: &task.instruction,
            shots: shots.into_iter().map(|row| (row, row.output.clone())).collect(),
            query,
            truth: query.output.clone(),
            options: task.options.clone(),
            renamed: false,
            style: Style::ALL[0],
        }
    }

    /// Other words in place of the options, one for each: what they mean then stands in the examples alone.
    pub fn rename(&mut self, words: &[String]) {
        let place = |label: &str| self.task.options.iter().position(|option| option == label);
        let word = |label: &str| place(label).and_then(|i| words.get(i)).cloned().unwrap_or_else(|| label.to_owned());
        self.shots = self.shots.iter().map(|(row, shown)| (*row, word(shown))).collect();
        self.truth = word(&self.truth);
        self.options = self.task.options.iter().map(|option| word(option)).collect();
        self.renamed = true;
    }

    /// Answers that say nothing: of a choice drawn by chance (Min et al. 2022, section 4), else dealt out anew over the examples.
    pub fn shuffle_labels(&mut self, rng: &mut ChaCha8Rng) {
        if self.options.is_empty() {
            let mut shown: Vec<String> = self.shots.iter().map(|(_, shown)| shown.clone()).collect();
            shown.shuffle(rng);
            self.shots.iter_mut().zip(shown).for_each(|((_, own), other)| *own = other);
            return;
        }
        for (_, shown) in &mut self.shots {
            if let Some(other) = rand::seq::IndexedRandom::choose(self.options.as_slice(), rng) {
                shown.clone_from(other);
            }
        }
    }

    /// The text up to the answer; `query` in place of the query's own input, if it is given.
    pub fn write(&self, query: Option<&str>) -> Written {
        let shots: Vec<Shot<'_>> =
            self.shots.iter().map(|(row, shown)| Shot { answer: Some(shown.clone()), ..Shot::new(&row.pair) }).collect();
        let used: Vec<usize> = (0..shots.len()).collect();
        let other = query.map(|input| PromptRow::new(0, Split::Test, input.to_owned(), self.truth.clone()));
        let asked = other.as_ref().unwrap_or(self.query);
        let composed = self.style.few_shot(self.instruction).write(&used, &shots, &asked.pair);
        let shown = composed.parts.iter().filter_map(|part| {
            let answer = self.shots.get(part.example?)?.1.len();
            // With the space before and the line end behind, as the query's own will stand.
            Some(part.bytes.end - answer - 1..part.bytes.end + Style::END.len())
        });
        let answers = shown.collect();
        Written { prompt: composed.text, answers }
    }

    /// An answer as it stands behind the prompt.
    pub fn answer(text: &str) -> String {
        format!(" {text}{}", Style::END)
    }

    /// Takes the oldest example away; false if there is none.
    pub fn drop_oldest(&mut self) -> bool {
        let some = !self.shots.is_empty();
        if some {
            self.shots.remove(0);
        }
        some
    }
}

/// One of each answer in turn.
fn balanced<'a>(free: &[&'a PromptRow], order: &[&String], k: usize) -> Vec<&'a PromptRow> {
    let mut groups: Vec<Vec<&PromptRow>> =
        order.iter().map(|label| free.iter().copied().filter(|row| row.output == **label).collect()).collect();
    let mut out = Vec::new();
    while out.len() < k && groups.iter().any(|group| !group.is_empty()) {
        for group in &mut groups {
            if out.len() < k {
                out.extend(group.pop());
            }
        }
    }
    out
}
