//! The Rank page driven by keys, clicks and drags, by accessible names, without a display.

use std::collections::BTreeMap;

use eframe::egui::{Event, Key, Ui};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use lyceum::engine::Command;
use lyceum::engine::feedback::FeedbackCommand;
use lyceum::feedback::{Verdict, Vote};
use lyceum::state::rank::RankAction;
use lyceum::state::{Action, AppState, Draft, Page};
use lyceum::ui::{fonts, rank, theme};

use crate::rank_state::{asking, question, unanswered};

const WIDE: [f32; 2] = [1376.0, 800.0];
const NARROW: [f32; 2] = [960.0, 600.0];

struct Window {
    state: AppState,
    draft: Draft,
    done: Vec<Action>,
    sent: Vec<Command>,
}

fn window(answers: &[&str], size: [f32; 2]) -> Harness<'static, Window> {
    let (mut state, _) = asking(|_| ());
    unanswered(&mut state, &[(11, question("Good day! Have you any bread?", answers))]);
    state.apply(Action::Go(Page::Rank));
    let draw = |ui: &mut Ui, window: &mut Window| {
        let mut actions = Vec::new();
        rank::page(ui, &window.state, &mut window.draft, &mut actions);
        for action in actions {
            window.done.push(action.clone());
            window.sent.extend(window.state.apply(action));
        }
    };
    let dress = |ctx: &eframe::egui::Context| {
        fonts::install(ctx);
        theme::install(ctx);
    };
    let window = Window { state, draft: Draft::default(), done: Vec::new(), sent: Vec::new() };
    let mut harness = Harness::builder().with_size(size).with_context_setup(dress).build_ui_state(draw, window);
    harness.run_steps(4);
    harness
}

/// Letters and digits as a keyboard sends them.
fn types(harness: &mut Harness<'_, Window>, text: &str) {
    for letter in text.chars() {
        harness.event(Event::Text(letter.to_string()));
        harness.run_steps(2);
    }
}

fn presses(harness: &mut Harness<'_, Window>, key: Key) {
    harness.key_press(key);
    harness.run_steps(2);
}

/// The one vote that was given, as its places stood in the question.
fn vote(harness: &Harness<'_, Window>) -> Vote {
    let votes: Vec<&Vote> = harness
        .state()
        .sent
        .iter()
        .filter_map(|command| match command {
            Command::Feedback(FeedbackCommand::Vote(ballot)) => Some(&ballot.vote),
            _ => None,
        })
        .collect();
    assert_eq!(votes.len(), 1, "{:?}", harness.state().done);
    votes[0].clone()
}

/// What was said, from left to right on the screen.
fn shown<T: Clone>(vote: &Vote, said: &[T]) -> Vec<T> {
    vote.order.iter().map(|place| said[*place].clone()).collect()
}

#[test]
fn a_pair_is_judged_by_one_key() {
    for (key, text, want) in [(Some(Key::ArrowRight), "", [2, 1]), (None, "1", [1, 2]), (None, "3", [1, 1])] {
        let mut harness = window(&["Yes, two loaves.", "No."], WIDE);
        types(&mut harness, text);
        if let Some(key) = key {
            presses(&mut harness, key);
        }
        let vote = vote(&harness);
        let Verdict::Ranked { ranks, .. } = &vote.verdict else { panic!("{vote:?}") };
        assert_eq!(shown(&vote, ranks), want);
    }
}

#[test]
fn scores_are_given_by_keys() {
    let mut harness = window(&["Yes, two loaves.", "No."], WIDE);
    harness.get_by_label("Rate").click();
    harness.run_steps(2);
    types(&mut harness, "54");
    presses(&mut harness, Key::ArrowUp);
    types(&mut harness, "31");
    types(&mut harness, "222");
    presses(&mut harness, Key::Enter);
    let vote = vote(&harness);
    let Verdict::Rated(scores) = &vote.verdict else { panic!("{vote:?}") };
    let of = |helpful, polite, correct| {
        BTreeMap::from([("helpful".to_owned(), helpful), ("polite".to_owned(), polite), ("correct".to_owned(), correct)])
    };
    assert_eq!(shown(&vote, scores), [of(5, 3, 1), of(2, 2, 2)], "the arrow went back to what was wrong");
}

#[test]
fn thumbs_are_given_by_keys_and_a_single_answer_by_one() {
    let mut harness = window(&["Yes, two loaves.", "No.", "Perhaps."], NARROW);
    harness.get_by_label("Thumbs").click();
    harness.run_steps(2);
    presses(&mut harness, Key::ArrowUp);
    presses(&mut harness, Key::ArrowDown);
    types(&mut harness, "1");
    presses(&mut harness, Key::Enter);
    let vote_of_three = vote(&harness);
    let Verdict::Thumbs(thumbs) = &vote_of_three.verdict else { panic!("{vote_of_three:?}") };
    assert_eq!(shown(&vote_of_three, thumbs), [Some(false), Some(false), None], "1 turned the thumb of the first");

    let mut harness = window(&["Yes, two loaves."], WIDE);
    harness.get_by_label("Good A").click();
    harness.run_steps(2);
    assert_eq!(vote(&harness).verdict, Verdict::Thumbs(vec![Some(true)]));
}

#[test]
fn answers_are_put_in_order_by_dragging() {
    let mut harness = window(&["one", "two", "three"], WIDE);
    for (moved, target) in [("Drag answer C", "Drag answer A"), ("Drag answer B", "Drag answer C")] {
        let from = harness.get_by_label(moved).rect().center();
        let to = harness.get_by_label(target).rect().center();
        harness.drag_at(from);
        harness.run_steps(2);
        harness.hover_at(to);
        harness.run_steps(2);
        harness.drop_at(to);
        harness.run_steps(3);
    }
    assert_eq!(harness.state().draft.rank.picked, [vec![1], vec![2]]);
    presses(&mut harness, Key::Enter);
    let vote = vote(&harness);
    let Verdict::Ranked { ranks, .. } = &vote.verdict else { panic!("{vote:?}") };
    assert_eq!(shown(&vote, ranks), [3, 1, 2]);
}

#[test]
fn words_of_an_answer_are_marked_and_it_is_mended() {
    let mut harness = window(&["Go away, fool.", "Go away, fool."], WIDE);
    harness.get_all_by_label("Mark words").next().unwrap().click();
    harness.run_steps(2);
    harness.get_by_label("fool.").click();
    harness.run_steps(2);
    harness.get_by_label("rude, answer A").click();
    harness.run_steps(2);
    harness.get_by_label("Done marking").click();
    harness.run_steps(2);
    types(&mut harness, "2");
    let vote = vote(&harness);
    assert_eq!(shown(&vote, &vote.tags), [vec!["“fool”".to_owned(), "rude".to_owned()], Vec::new()]);
}

#[test]
fn what_answers_are_judged_by_is_written_on_the_page() {
    let mut harness = window(&["a", "b"], WIDE);
    harness.get_by_label("Guidelines, criteria, words…").click();
    harness.run_steps(2);
    harness.get_by_label("Criteria, one on each line").focus();
    harness.run_steps(2);
    harness.get_by_label("Criteria, one on each line").type_text("\nkind");
    harness.run_steps(2);
    harness.get_by_label("Keep them").click();
    harness.run_steps(2);
    let kept = harness.state().done.iter().find_map(|action| match action {
        Action::Rank(RankAction::SaveSettings(settings)) => Some(settings.criteria.clone()),
        _ => None,
    });
    assert!(kept.as_ref().is_some_and(|criteria| criteria.contains(&"kind".to_owned())), "{kept:?}");
    assert!(!harness.state().sent.iter().any(|command| matches!(command, Command::Feedback(FeedbackCommand::Vote(_)))));
}
