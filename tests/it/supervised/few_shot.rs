//! Examples in the prompt: drawn by seed, balanced, nearest; written exactly as they are counted; never the query itself.

use lyceum::data::supervised::{
    Classified, Content, Example, FewShot, Label, Pick, Shot, ShotOrder, TaskTemplate, fill, variables,
};

fn row(text: &str, label: &str) -> Example {
    let labels = vec![Label::Text(label.to_owned())];
    Example::of(Content::Classes(Classified { text: text.to_owned(), labels, several: false }))
}

fn rows() -> Vec<Example> {
    let labels = ["good", "good", "good", "good", "bad", "bad", "bad", "so-so"];
    labels.iter().enumerate().map(|(i, label)| row(&format!("text {i}"), label)).collect()
}

fn few(k: usize, pick: Pick) -> FewShot {
    FewShot { pick, ..FewShot::new(TaskTemplate::new("Text: {text}\nLabel:", "{label}"), k, 7) }
}

#[test]
fn the_text_is_instruction_examples_and_query() {
    let rows = rows();
    let shots: Vec<Shot<'_>> = rows.iter().map(Shot::new).collect();
    let few = FewShot { instruction: "One of: {labels}. {other}".to_owned(), ..few(2, Pick::These(vec![4, 0])) };
    let composed = few.compose(&shots, &row("new", "good"));
    let wanted =
        "One of: bad, good, so-so. {other}\n\nText: text 4\nLabel: bad\n\nText: text 0\nLabel: good\n\nText: new\nLabel:";
    assert_eq!(composed.text, wanted);
    assert_eq!((composed.lead.as_str(), composed.truth.as_str()), (" ", "good"));
    let parts: Vec<(Option<usize>, &str)> =
        composed.parts.iter().map(|part| (part.example, &composed.text[part.bytes.clone()])).collect();
    assert_eq!(parts[1], (Some(4), "Text: text 4\nLabel: bad"));
    assert_eq!(parts[3], (None, "Text: new\nLabel:"));
    let lines = FewShot { joint: "\n".to_owned(), instruction: String::new(), ..few }.compose(&shots, &row("new", "good"));
    assert!(lines.text.starts_with("Text: text 4\nLabel:\nbad\n\n") && lines.text.ends_with("Label:\n") && lines.lead.is_empty());
}

#[test]
fn a_seed_draws_the_same_examples_and_another_seed_others() {
    let rows: Vec<Example> = (0..50).map(|i| row(&format!("text {i}"), "good")).collect();
    let shots: Vec<Shot<'_>> = rows.iter().map(Shot::new).collect();
    let query = row("new", "good");
    let draw = |seed| FewShot { seed, ..few(5, Pick::Random) }.compose(&shots, &query).used;
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
    let mut once = draw(3);
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), 5, "none twice");
    // Another order of the same examples.
    let shuffled = FewShot { seed: 3, order: ShotOrder::Shuffled(1), ..few(5, Pick::Random) }.compose(&shots, &query).used;
    assert_ne!(shuffled, draw(3));
    let mut same = shuffled.clone();
    same.sort_unstable();
    assert_eq!(same, once);
}

#[test]
fn balanced_takes_of_each_label_in_turn() {
    let rows = rows();
    let shots: Vec<Shot<'_>> = rows.iter().map(Shot::new).collect();
    for seed in 0..20 {
        let composed = FewShot { seed, ..few(5, Pick::Balanced) }.compose(&shots, &row("new", "good"));
        let count = |label: &str| composed.text.matches(&format!("Label: {label}")).count();
        assert_eq!((count("good"), count("bad"), count("so-so")), (2, 2, 1), "seed {seed}");
    }
    assert_eq!(few(100, Pick::Balanced).compose(&shots, &row("new", "good")).used.len(), 8, "no more than there are");
}

#[test]
fn the_nearest_stands_beside_the_query() {
    let rows = rows();
    let near = [0.1, 0.9, -0.5, 0.3, 0.8, 0.0, 0.2, 0.4];
    let shots: Vec<Shot<'_>> = rows.iter().zip(near).map(|(row, nearness)| Shot { nearness, ..Shot::new(row) }).collect();
    let query = row("new", "good");
    assert_eq!(few(3, Pick::Nearest).compose(&shots, &query).used, [7, 4, 1]);
    let reversed = FewShot { order: ShotOrder::Reversed, ..few(3, Pick::Nearest) };
    assert_eq!(reversed.compose(&shots, &query).used, [1, 4, 7]);
}

#[test]
fn the_query_is_never_its_own_example() {
    let rows = rows();
    let shots: Vec<Shot<'_>> = rows.iter().map(Shot::new).collect();
    for pick in [Pick::Random, Pick::Balanced, Pick::Nearest] {
        let composed = few(8, pick).compose(&shots, &rows[2]);
        assert!(composed.used.len() == 7 && !composed.used.contains(&2));
    }
}

#[test]
fn a_control_shows_other_answers() {
    let rows = rows();
    let shots: Vec<Shot<'_>> = rows.iter().map(|row| Shot { answer: Some("wrong".to_owned()), ..Shot::new(row) }).collect();
    let composed = few(2, Pick::Random).compose(&shots, &row("new", "good"));
    assert_eq!(composed.text.matches("Label: wrong").count(), 2);
    assert_eq!(composed.truth, "good");
}

#[test]
fn names_in_braces_are_found_and_filled_once() {
    assert_eq!(variables("{a} {b_2} {a} {no no} {} {1} {{c}}"), ["a", "b_2", "c"]);
    assert_eq!(fill("{a} {b} {", &[("a", "{b}".to_owned()), ("b", "x".to_owned())]), "{b} x {");
    let words = TaskTemplate::new("{text} {txet}", "{label}");
    assert_eq!(words.unknown(&row("new", "good")), ["txet"]);
}
