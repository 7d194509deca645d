//! Episodes as token ids and masks: a prompt of examples, and the answers that are learnt after them. Knows no model and no trainer.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use rand::Rng as _;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use super::prompt_tasks::{Episode, PromptRow, PromptTask, Style};
use super::{Split, TextRow};
use crate::config::InContext;
use crate::data::hash::mix;
use crate::tokenizer::Tokenizer;

/// Draws of an episode, until something can be learnt from it.
const ATTEMPTS: u64 = 64;
/// A word for an answer must not stand for two.
const MOST_DRAWS: usize = 64;
/// Words of a lookup at most, and inputs of each with another word before it.
const MOST_KEYS: usize = 6;
const BEFORE: usize = 8;

/// How episodes are made.
pub struct EpisodeRecipe<'a> {
    pub tasks: &'a [PromptTask],
    pub tokenizer: &'a Tokenizer,
    pub settings: &'a InContext,
    /// Tokens of an episode at most: the oldest examples go first.
    pub max_len: usize,
    /// The token that begins every text, if any does.
    pub begin: Option<u32>,
}

/// A task with those of its rows that may be asked, and those that may stand as examples.
struct Pools<'a> {
    task: &'a PromptTask,
    queries: Vec<&'a PromptRow>,
    shots: Vec<usize>,
}

impl<'a> EpisodeRecipe<'a> {
    /// Episodes `0..n` of one side, each drawn by its own number: the same seed gives the same ones. Empty where no task has two
    /// rows on that side.
    pub fn rows(&self, split: Split, n: usize, seed: u64) -> Vec<TextRow> {
        let pools = self.pools(split);
        let words = self.words();
        let book = Book::new(&words, seed);
        // The same few words come again and again.
        let mut known: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        let mut encode = |text: &str| known.entry(text.to_owned()).or_insert_with(|| self.tokenizer.encode(text)).clone();
        // One from which nothing can be learnt, a query without an example in words of its own, is drawn anew.
        let learnt = |row: &TextRow| row.mask.iter().skip(1).any(|trained| *trained);
        let mut rows = Vec::with_capacity(n);
        for number in 0..n as u64 {
            let mut drawn = (0..ATTEMPTS).filter_map(|attempt| {
                let lookups = self.settings.lookups(number as usize, n);
                let episode = self.episode(&pools, &book, lookups, split, mix(mix(seed, number), attempt))?;
                self.fitted(episode, number, split == Split::Train && self.settings.all_answers, &mut encode)
            });
            rows.extend(drawn.find(learnt));
        }
        rows
    }

    /// Rows of one side to ask; examples come from the training side where the task has one, so that none of another side is given away.
    fn pools(&self, split: Split) -> Vec<Pools<'a>> {
        self.tasks.iter().filter_map(|task| pools(task, split)).collect()
    }

    /// Words that may stand for answers and be looked up: those of one token each, and the training side's own answers. None that is an
    /// answer, or a word of an input, of tasks that are held out whole alone: what is measured there must be new.
    fn words(&self) -> Vec<String> {
        let train = |task: &&PromptTask| task.rows.iter().any(|row| row.split == Split::Train);
        let own = self.tasks.iter().filter(train).flat_map(|task| task.options.iter().cloned());
        let mut words: BTreeSet<String> = (0..self.tokenizer.vocab_size() as u32)
            .filter_map(|id| word(&self.tokenizer.decode(&[id])))
            .filter(|word| self.tokenizer.encode(&format!(" {word}")).len() == 1)
            .chain(own)
            .collect();
        let inputs = |task: &PromptTask| -> BTreeSet<String> {
            task.rows.iter().flat_map(|row| row.input.split_whitespace().map(str::to_owned)).collect()
        };
        let trained: BTreeSet<String> = self.tasks.iter().filter(train).flat_map(inputs).collect();
        for task in self.tasks.iter().filter(|task| !train(task)) {
            task.options.iter().chain(inputs(task).difference(&trained)).for_each(|new| {
                words.remove(new);
            });
        }
        words.into_iter().collect()
    }

    fn episode<'p>(&self, pools: &'p [Pools<'a>], book: &'p Book, lookups: f64, split: Split, seed: u64) -> Option<Episode<'p>> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let train = split == Split::Train;
        let pool = pools.choose(&mut rng)?;
        let query = pool.queries.choose(&mut rng)?;
        let settings = self.settings;
        if train && settings.rename && settings.recall > 0 && (lookups >= 1.0 || rng.random_bool(lookups)) {
            let mut episode = book.episode(pool.task, settings.shots, &mut rng)?;
            if rng.random_bool(0.5) {
                episode.instruction = "";
            }
            return Some(episode);
        }
        // Validation asks with as many examples as there may be; training with any number of them.
        let k = if train { rng.random_range(0..=settings.shots) } else { settings.shots };
        let draw = if train { Episode::draw_any } else { Episode::draw };
        let mut episode = draw(pool.task, query, &pool.shots, k, &mut rng);
        if train {
            if settings.rename && !episode.options.is_empty() {
                episode.rename(&some(&book.words, episode.options.len(), &mut rng)?);
            }
            // Most of them in the style that is measured with.
            if rng.random_bool(0.25) {
                episode.style = *Style::ALL.choose(&mut rng)?;
            }
            if rng.random_bool(0.5) {
                episode.instruction = "";
            }
        }
        Some(episode)
    }

    /// With as many of its examples as fit; none if not even the query does.
    fn fitted(
        &self,
        mut episode: Episode<'_>,
        number: u64,
        all_answers: bool,
        encode: &mut dyn FnMut(&str) -> Vec<u32>,
    ) -> Option<TextRow> {
        loop {
            let row = self.written(&episode, number, all_answers, encode);
            if row.ids.len() <= self.max_len {
                return Some(row);
            }
            if !episode.drop_oldest() {
                return None;
            }
        }
    }

    /// As ids and a mask. Of the examples' answers those that can be known are learnt, too: in words of the episode's own, those that
    /// were shown before.
    fn written(
        &self,
        episode: &Episode<'_>,
        number: u64,
        all_answers: bool,
        encode: &mut dyn FnMut(&str) -> Vec<u32>,
    ) -> TextRow {
        let (mut ids, answers) = prompt_ids(episode, None, self.begin, encode);
        let mut mask = vec![false; ids.len()];
        let known = |i: usize| {
            let shown = |n: usize| episode.shots.get(n).map(|(_, shown)| shown);
            !episode.renamed || (0..i).any(|earlier| shown(earlier) == shown(i).or(Some(&episode.truth)))
        };
        if all_answers {
            for (i, answer) in answers.into_iter().enumerate().filter(|(i, _)| known(*i)) {
                debug_assert!(i < episode.shots.len(), "an answer for every example");
                mask.get_mut(answer).into_iter().for_each(|part| part.fill(true));
            }
        }
        let prompt_len = ids.len();
        ids.extend(encode(&Episode::answer(&episode.truth)));
        mask.resize(ids.len(), known(episode.shots.len()));
        TextRow { row: number as i64, ids, mask, prompt_len, input: episode.query.input.clone(), answer: episode.truth.clone() }
    }
}

/// Tokens of an episode up to its answer, and where the answers of its examples stand. The text is cut where answers begin and end: there
/// a model goes on, and a token across the border would never be seen then. `query` stands in place of the query's input.
pub fn prompt_ids(
    episode: &Episode<'_>,
    query: Option<&str>,
    begin: Option<u32>,
    encode: &mut dyn FnMut(&str) -> Vec<u32>,
) -> (Vec<u32>, Vec<Range<usize>>) {
    let written = episode.write(query);
    let mut ids: Vec<u32> = begin.into_iter().collect();
    let (mut answers, mut from) = (Vec::new(), 0);
    for answer in written.answers {
        ids.extend(encode(written.prompt.get(from..answer.start).unwrap_or_default()));
        let start = ids.len();
        ids.extend(encode(written.prompt.get(answer.clone()).unwrap_or_default()));
        answers.push(start..ids.len());
        from = answer.end;
    }
    ids.extend(encode(written.prompt.get(from..).unwrap_or_default()));
    (ids, answers)
}

/// Rows of a task that are asked on one side, and the indices of those that may stand before them. None where there are too few.
fn pools(task: &PromptTask, split: Split) -> Option<Pools<'_>> {
    let queries: Vec<&PromptRow> = task.rows.iter().filter(|row| row.split == split).collect();
    let of = |wanted: Split| task.rows.iter().enumerate().filter(move |(_, row)| row.split == wanted).map(|(i, _)| i);
    let mut shots: Vec<usize> = of(Split::Train).collect();
    if shots.is_empty() {
        // The whole task is held out.
        shots = of(split).collect();
    }
    (!queries.is_empty() && shots.len() >= 2).then_some(Pools { task, queries, shots })
}

/// Rows to ask of each task of one side, with the pools of their examples: what is measured.
pub fn held_out(tasks: &[PromptTask], split: Split) -> Vec<(&PromptTask, Vec<&PromptRow>, Vec<usize>)> {
    tasks.iter().filter_map(|task| pools(task, split)).map(|it| (it.task, it.queries, it.shots)).collect()
}

/// What begins with a space and is a word in small letters.
fn word(token: &str) -> Option<String> {
    let word = token.strip_prefix(' ')?;
    (word.len() > 2 && word.chars().all(|c| c.is_ascii_lowercase())).then(|| word.to_owned())
}

/// Words to be looked up, each as an input by itself and behind other words.
struct Book {
    words: Vec<String>,
    inputs: Vec<Vec<PromptRow>>,
}

impl Book {
    fn new(words: &[String], seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(mix(seed, u64::MAX));
        let row = |input: String| PromptRow::new(0, Split::Train, input, String::new());
        let mut inputs = |word: &String| {
            let before: Vec<&String> = words.choose_multiple(&mut rng, BEFORE).collect();
            std::iter::once(word.clone()).chain(before.into_iter().map(|it| format!("{it} {word}"))).map(row).collect()
        };
        Self { words: words.to_vec(), inputs: words.iter().map(&mut inputs).collect() }
    }

    /// A few words, each with an answer of its own, again and again; the query asks one of them. All are new in every episode, so
    /// nothing but looking back helps: it is what learning from examples builds on (Olsson et al. 2022; Chan et al. 2022). Either the
    /// words stand alone, or another one stands before each and means nothing.
    fn episode<'a>(&'a self, task: &'a PromptTask, k: usize, rng: &mut ChaCha8Rng) -> Option<Episode<'a>> {
        let n = rng.random_range(2..=MOST_KEYS);
        let drawn = some(&self.words, 2 * n, rng)?;
        let (keys, answers) = drawn.split_at(n);
        let alone = rng.random_bool(0.5);
        let mut shown = Vec::with_capacity(k + 1);
        for _ in 0..=k {
            let i = rng.random_range(0..n);
            let inputs = self.inputs.get(self.words.binary_search(keys.get(i)?).ok()?)?;
            let input = if alone { inputs.first() } else { inputs.get(1..)?.choose(rng) };
            shown.push((input?, answers.get(i)?.clone()));
        }
        let (query, truth) = shown.pop()?;
        let (instruction, options) = (task.instruction.as_str(), answers.to_vec());
        Some(Episode { task, instruction, shots: shown, query, truth, options, renamed: true, style: Style::ALL[0] })
    }
}

/// `n` different words.
fn some(labels: &[String], n: usize, rng: &mut ChaCha8Rng) -> Option<Vec<String>> {
    if labels.len() <= MOST_DRAWS * n {
        let mut all = labels.to_vec();
        all.shuffle(rng);
        all.truncate(n);
        return (all.len() == n).then_some(all);
    }
    let mut out: Vec<String> = Vec::new();
    while out.len() < n {
        let word = labels.choose(rng)?;
        if !out.contains(word) {
            out.push(word.clone());
        }
    }
    Some(out)
}
