//! The token view and the sampling picture of the Prompt page, driven by their accessible names.

use super::*;

use lyceum::engine::command::LookCommand;
use lyceum::engine::event::LookEvent;
use lyceum::engine::look::{
    AnswerScore, AttentionView, Expected, Guess, LensCell, LensView, NextView, Rated, Seen, TokenView, TokensView, Wanted,
};

fn guess(id: u32, text: &str, p: f32) -> Guess {
    Guess { id, text: text.to_owned(), p }
}

fn expected() -> Expected {
    Expected { entropy: 1.5, best: vec![guess(3, " time", 0.6), guess(4, " moon", 0.3)] }
}

const WORDS: [&str; 4] = ["Once", " upon", " a", " time"];

fn seen(wanted: Wanted) -> Seen {
    let texts = || WORDS.iter().map(|word| (*word).to_owned());
    match wanted {
        Wanted::Ids => Seen::Ids(vec![0, 1, 2, 3]),
        Wanted::Tokens { .. } => {
            let rated = Rated { logprob: -0.5, rank: 1, expected: expected() };
            let token = |(id, text)| TokenView { id, text, rated: (id > 0).then(|| rated.clone()) };
            let answer = Some(AnswerScore { tokens: 3, logprob: -1.5 });
            let (prompt_tokens, cut, next) = (1, 0, Some(expected()));
            Seen::Tokens(TokensView {
                tokens: (0..).zip(texts()).map(token).collect(),
                prompt_tokens,
                cut,
                next,
                answer,
                vocab_size: 50,
            })
        }
        Wanted::Attention { .. } => {
            let probs = (0..2 * 2 * 16).map(|i| if i % 4 <= i / 4 % 4 { 0.25 } else { 0.0 }).collect();
            Seen::Attention(AttentionView {
                layers: 2,
                heads: 2,
                first: 0,
                total: 4,
                tokens: texts().collect(),
                causal: true,
                probs,
            })
        }
        Wanted::Lens { .. } => {
            let cell = LensCell { best: expected().best, came: Some((0.6, 1)) };
            Seen::Lens(LensView { first: 0, total: 4, tokens: texts().collect(), layers: 2, cells: vec![cell; 12] })
        }
        Wanted::Neighbours { id, .. } => {
            let best = vec![lyceum::engine::look::Neighbour { id: 8, text: " hour".to_owned(), cosine: 0.7 }];
            Seen::Neighbours(lyceum::engine::look::NeighboursView { id, text: " time".to_owned(), best })
        }
        Wanted::Next => {
            let logits = (0..50).map(|i| -(i as f32)).collect();
            Seen::Next(NextView { ids: vec![0], logits, best: (0..24).map(|i| (i, format!(" w{i}"))).collect() })
        }
    }
}

/// Plays the engine: every look that was asked for is answered.
fn answer_looks(harness: &mut Harness<'static, Pages>) {
    for _ in 0..6 {
        let sent: Vec<Command> = harness.state_mut().sent.drain(..).collect();
        for command in sent {
            if let Command::Look(LookCommand::See { job, wanted, .. }) = command {
                let event = Event::Look(LookEvent::Seen { job, step: 100, seen: seen(wanted) });
                let _sent = harness.state_mut().state.handle(event);
            }
        }
        harness.run_steps(2);
    }
}

fn prompted(size: [f32; 2]) -> Harness<'static, Pages> {
    let mut state = training();
    let _sent = state.apply(Action::Go(Page::Prompt));
    let mut harness = pages(state, size);
    "Once".clone_into(&mut harness.state_mut().draft.prompt.prompt);
    harness.run_steps(2);
    answer_looks(&mut harness);
    harness
}

#[test]
fn a_text_is_looked_into_token_by_token() {
    for size in [WIDE, NARROW] {
        let mut harness = prompted(size);
        harness.get_by_label("Look inside").click_accesskit();
        harness.run_steps(2);
        answer_looks(&mut harness);
        harness.get_by_label("What would come next");
        harness.get_by_label("upon").click_accesskit();
        harness.run_steps(3);
        assert_eq!(harness.state().state.prompt.look.pinned, Some(1));
        for tab in ["Attention", "Logit lens", "Neighbours", "Score an answer", "Alternatives"] {
            harness.get_by_label(tab).click_accesskit();
            harness.run_steps(2);
            answer_looks(&mut harness);
            if tab == "Attention" {
                harness.get_by_label("Layer 2, head 1").click_accesskit();
                harness.run_steps(2);
                let draft = &harness.state().draft.prompt.look;
                assert_eq!((draft.layer, draft.head), (Some(1), Some(0)));
            }
        }
        harness.get_by_label(" moon").click_accesskit();
        harness.run_steps(2);
        let gone_on = harness.state().sent.iter().find_map(|command| match command {
            Command::Look(LookCommand::GoOn { ids, prompt_tokens, .. }) => Some((ids.clone(), *prompt_tokens)),
            _ => None,
        });
        assert_eq!(gone_on, Some((vec![0, 4], 1)));
    }
}

#[test]
fn the_picture_follows_the_settings() {
    let mut harness = prompted(WIDE);
    harness.get_by_label("What this leaves");
    harness.get_by_label("Likeliest").click_accesskit();
    harness.run_steps(3);
    harness.get_by_label("1 of 50 tokens can be drawn");
    harness.get_by_label("As learnt").click_accesskit();
    harness.run_steps(3);
    harness.get_by_label("50 of 50 tokens can be drawn");
}

#[test]
fn an_answer_is_scored() {
    let mut harness = prompted(WIDE);
    harness.get_by_label("Look inside").click_accesskit();
    harness.run_steps(2);
    answer_looks(&mut harness);
    harness.get_by_label("Score an answer").click_accesskit();
    harness.run_steps(2);
    " upon a time".clone_into(&mut harness.state_mut().draft.prompt.look.answer);
    harness.run_steps(2);
    harness.get_by_label("Score").click_accesskit();
    harness.run_steps(2);
    answer_looks(&mut harness);
    harness.get_by_label("-1.500");
}
