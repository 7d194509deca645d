//! Learning from the prompt: episodes and their masks, what is held out, a resumed run, the laboratory's figures.

use std::collections::BTreeSet;
use std::path::Path;

use lyceum::config::InContext;
use lyceum::data::import::{Row, detect};
use lyceum::data::supervised::{Content, EpisodeRecipe, Example, Pair, Reader, Side, Split, TextRow, prompt_tasks};
use lyceum::tokenizer::Tokenizer;

/// The sample's tasks, from its files.
fn sample() -> Vec<(i64, Split, Example)> {
    let mut out = Vec::new();
    for (split, part) in [(Split::Train, "train"), (Split::Validation, "validation"), (Split::Test, "test")] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("sample_data/tasks/in_context.{part}.jsonl"));
        for line in std::fs::read_to_string(path).unwrap().lines() {
            let row = Row::from_json(1, serde_json::from_str(line).unwrap());
            let columns: Vec<String> = row.cells.iter().map(|(name, _)| name.clone()).collect();
            let example = Reader::new(detect(&columns, std::slice::from_ref(&row))).read(&row).unwrap();
            out.push((out.len() as i64, split, example));
        }
    }
    out
}

fn starter() -> Tokenizer {
    Tokenizer::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/starter/tokenizer.json")).unwrap()
}

fn rows(settings: InContext, split: Split, n: usize, seed: u64) -> Vec<TextRow> {
    let all = sample();
    let tasks = prompt_tasks(all.iter().map(|(row, split, example)| (*row, *split, example)));
    let tokenizer = starter();
    let recipe = EpisodeRecipe { tasks: &tasks, tokenizer: &tokenizer, settings: &settings, max_len: 128, begin: Some(0) };
    recipe.rows(split, n, seed)
}

#[test]
fn the_same_seed_draws_the_same_episodes() {
    let draw = |seed| rows(InContext::default(), Split::Train, 40, seed);
    assert_eq!(draw(3), draw(3));
    assert_ne!(draw(3), draw(4));
    // Another number of episodes moves the border between lookups and tasks, not the episodes.
    let lookups = InContext { recall: 100, ..InContext::default() };
    assert_eq!(rows(lookups, Split::Train, 40, 3)[..10], rows(lookups, Split::Train, 10, 3)[..]);
}

#[test]
fn answers_alone_are_learnt_and_only_those_that_can_be_known() {
    let tokenizer = starter();
    for all_answers in [true, false] {
        let settings = InContext { all_answers, recall: 0, ..InContext::default() };
        let mut several = 0;
        for row in rows(settings, Split::Train, 60, 5) {
            assert_eq!(row.ids.len(), row.mask.len());
            assert_eq!(row.ids[0], 0, "a text begins as in pre-training");
            let learnt: Vec<u32> = row.ids.iter().zip(&row.mask).filter(|(_, trained)| **trained).map(|(id, _)| *id).collect();
            let text = tokenizer.decode(&learnt);
            let answers: Vec<&str> = text.lines().map(str::trim).collect();
            let prompt = tokenizer.decode(&row.ids[..row.prompt_len]);
            several += usize::from(answers.len() > 1);
            // Whatever is learnt ends its line.
            assert!(learnt.is_empty() || text.ends_with('\n'), "{text:?}");
            if let Some(last) = answers.last().filter(|_| row.mask.last() == Some(&true)) {
                assert_eq!(*last, row.answer, "{prompt:?}");
            }
            assert!(all_answers || answers.len() <= 1);
            // An answer in words of the episode's own is learnt when it was shown before.
            for answer in &answers {
                assert!(prompt.contains(answer) || row.mask.last() == Some(&true), "{answer:?} in {prompt:?}");
            }
        }
        assert_eq!(several > 0, all_answers);
    }
}

#[test]
fn lookups_come_first_and_every_repeated_answer_is_learnt() {
    let (tokenizer, settings) = (starter(), InContext { recall: 60, ..InContext::default() });
    let drawn = rows(settings, Split::Train, 100, 7);
    assert_eq!(drawn.len(), 100);
    let mut pairs = BTreeSet::new();
    for row in &drawn[..60] {
        let text = tokenizer.decode(&row.ids[1..]);
        let lines: Vec<Vec<&str>> =
            text.lines().filter(|line| !line.ends_with('.')).map(|line| line.split(' ').collect()).collect();
        assert_eq!(lines.len(), settings.shots + 1, "{text:?}");
        // The last word of the input says which answer; the same one always the same.
        let of = |line: &[&str]| (line[line.len() - 2].to_owned(), line[line.len() - 1].to_owned());
        let shown: Vec<(String, String)> = lines.iter().map(|line| of(line)).collect();
        let mut learnt = Vec::new();
        for (i, (key, answer)) in shown.iter().enumerate() {
            let before = shown[..i].iter().find(|(known, _)| known == key);
            assert!(before.is_none_or(|(_, known)| known == answer), "{text:?}");
            learnt.extend(before.map(|(_, known)| known.as_str()));
            pairs.insert((key.clone(), answer.clone()));
        }
        let trained: Vec<u32> = row.ids.iter().zip(&row.mask).filter(|(_, on)| **on).map(|(id, _)| *id).collect();
        let trained = tokenizer.decode(&trained);
        assert_eq!(trained.lines().map(str::trim).collect::<Vec<_>>(), learnt, "{text:?}");
    }
    // New words in every episode.
    assert!(pairs.len() > 150, "{}", pairs.len());
}

#[test]
fn tasks_come_in_bit_by_bit() {
    // Inputs that no task has are lookups; a few of these ask a word that a task asks, too.
    let all = sample();
    let tasks = prompt_tasks(all.iter().map(|(row, split, example)| (*row, *split, example)));
    let known: BTreeSet<&str> = tasks.iter().flat_map(|task| &task.rows).map(|row| row.input.as_str()).collect();
    let settings = |gradual| InContext { recall: 40, gradual, ..InContext::default() };
    let counts = |gradual| -> Vec<usize> {
        let drawn = rows(settings(gradual), Split::Train, 1000, 11);
        assert_eq!(drawn.len(), 1000);
        let lookups = |part: &[TextRow]| part.iter().filter(|row| !known.contains(row.input.as_str())).count();
        drawn.chunks(200).map(lookups).collect()
    };
    // Of 200 each: all, all, then falling from all to half over two fifths of the epoch, and half.
    let near = |found: &[usize], wanted: [usize; 5]| found.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) <= 20);
    assert!(near(&counts(40), [190, 190, 165, 115, 95]), "{:?}", counts(40));
    assert!(near(&counts(0), [190, 190, 95, 95, 95]), "{:?}", counts(0));
    let percent = |settings: InContext, number| (100.0 * settings.lookups(number, 1000)).round() as u64;
    assert_eq!([0, 399, 400, 600, 800, 999].map(|number| percent(settings(40), number)), [100, 100, 100, 75, 50, 50]);
    assert_eq!([399, 400].map(|number| percent(settings(0), number)), [100, 50]);
    assert_eq!(percent(InContext { recall: 0, ..settings(40) }, 0), 0);
    // A run that was written down before there was a choice goes on with what it was begun with.
    let old: InContext = serde_json::from_str(r#"{"shots":8,"episodes":48000,"recall":60}"#).unwrap();
    assert_eq!((old.gradual, InContext::default().gradual), (0, 15));
}

#[test]
fn held_out_tasks_and_their_words_are_never_trained() {
    let all = sample();
    let names = |wanted: Split| -> BTreeSet<String> {
        let of = all.iter().filter(|(_, split, _)| *split == wanted);
        of.filter_map(|(_, _, example)| example.others().find(|(name, _)| *name == "task").map(|(_, value)| value.to_string()))
            .collect()
    };
    assert!(names(Split::Train).len() > 50 && names(Split::Test).len() > 10);
    assert!(names(Split::Train).is_disjoint(&names(Split::Test)) && names(Split::Train).is_disjoint(&names(Split::Validation)));
    let tasks = prompt_tasks(all.iter().map(|(row, split, example)| (*row, *split, example)));
    let own = |split: Split| -> BTreeSet<&str> {
        let tasks = tasks.iter().filter(|task| task.rows.iter().all(|row| row.split == split));
        tasks.flat_map(|task| &task.options).map(String::as_str).collect()
    };
    let (test, tokenizer) = (own(Split::Test), starter());
    assert!(!test.is_empty());
    let lookups = tasks.iter().filter(|task| task.name.starts_with("lookup") && task.rows[0].split == Split::Test);
    let looked_up: BTreeSet<&str> = lookups.flat_map(|task| &task.rows).filter_map(|row| row.input.rsplit(' ').next()).collect();
    assert!(looked_up.len() > 8);
    // Not even as a word that another answer is renamed to, or that is looked up.
    for row in rows(InContext::default(), Split::Train, 300, 1) {
        assert!(!test.contains(row.answer.as_str()), "{}", row.answer);
        let text = tokenizer.decode(&row.ids);
        let shown = text.lines().filter_map(|line| line.rsplit(' ').next());
        assert!(shown.into_iter().all(|word| !test.contains(word)), "{text}");
        assert!(!looked_up.iter().any(|word| text.contains(&format!(" {word} "))), "{text}");
    }
}

#[test]
fn the_querys_label_says_nothing_of_the_examples() {
    // With k examples of two labels, balanced, the query's label is as often the one as the other.
    let settings = InContext { rename: false, recall: 0, ..InContext::default() };
    let all = rows(settings, Split::Test, 400, 2);
    let mut rarer = 0_i32;
    for row in &all {
        let tokenizer = starter();
        let prompt = tokenizer.decode(&row.ids[..row.prompt_len]);
        let count = prompt.lines().filter(|line| line.ends_with(&format!(" {}", row.answer))).count();
        let shown: BTreeSet<&str> =
            prompt.lines().filter(|line| line.matches(' ').count() > 1).filter_map(|line| line.rsplit(' ').next()).collect();
        if shown.len() != 2 {
            continue;
        }
        rarer += i32::from(count < 4) - i32::from(count > 4);
    }
    assert!(rarer.abs() < 60, "{rarer}");
}

#[test]
fn an_episode_that_is_too_long_loses_its_oldest_examples() {
    let pair = |i: usize, text: &str, label: &str| {
        let sides = Pair { prompt: Side::Text(format!("{text} number {i}")), completion: Side::Text(label.to_owned()) };
        (i as i64, Split::Train, Example::of(Content::Pair(sides)))
    };
    let long = "the old baker walked to the far mill over the river and the hill";
    let all: Vec<_> = (0..20).map(|i| pair(i, long, if i % 2 == 0 { "north" } else { "south" })).collect();
    let tasks = prompt_tasks(all.iter().map(|(row, split, example)| (*row, *split, example)));
    assert_eq!(tasks[0].options, ["north", "south"]);
    let (tokenizer, settings) = (starter(), InContext::default());
    let recipe = EpisodeRecipe { tasks: &tasks, tokenizer: &tokenizer, settings: &settings, max_len: 64, begin: Some(0) };
    let rows = recipe.rows(Split::Train, 50, 1);
    assert_eq!(rows.len(), 50);
    assert!(rows.iter().all(|row| row.ids.len() <= 64 && row.prompt_len < row.ids.len()));
    assert!(rows.iter().any(|row| tokenizer.decode(&row.ids).lines().count() > 1));
}
