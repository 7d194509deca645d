//! Completions and filled masks from models that were just trained: streaming, stop texts, seeds, what is refused.

use lyceum::config::{Objective, RunConfig};
use lyceum::engine::command::{GenerateRequest, Sampling};
use lyceum::engine::event::EndReason;
use lyceum::infer::{FillMaskError, GenerateError, Generation, fill_mask};
use lyceum::model::Workspace;
use lyceum::train::RunTrainer;

use super::training::{World, config, run};

fn request(prompt: &str, seed: u64, max_tokens: usize) -> GenerateRequest {
    let sampling = Sampling { seed, ..Sampling::default() };
    GenerateRequest { prompt: prompt.to_owned(), sampling, max_tokens, stop: Vec::new() }
}

/// Streams to the end; the pieces joined, text by text.
fn stream(world: &World, trainer: &RunTrainer, requests: Vec<GenerateRequest>) -> (Generation, Vec<String>) {
    let model = trainer.model();
    let mut streamed = vec![String::new(); requests.len()];
    let mut ws = Workspace::for_inference(model);
    let mut generation = Generation::new(&model.config, &world.tokenizer, requests).unwrap();
    while !generation.is_done() {
        for delta in generation.step(model, &world.tokenizer, &mut ws) {
            streamed[delta.row].push_str(&delta.text);
        }
    }
    (generation, streamed)
}

#[test]
fn text_is_generated_and_streamed() {
    let world = World::new();
    let mut trainer = world.start(&RunConfig { steps: 60, lr: 5e-3, dropout: 0.0, batch_size: 16, ..config(Objective::Causal) });
    run(&mut trainer, 60);
    let texts = |requests: Vec<GenerateRequest>| stream(&world, &trainer, requests).1;
    let (generation, streamed) =
        stream(&world, &trainer, vec![request("the ", 1, 20), request("a red", 2, 8), request("", 3, 500)]);
    for (row, text) in streamed.iter().enumerate() {
        assert_eq!(text, generation.text(row));
    }
    assert_eq!(generation.why_ended(1), Some(EndReason::MaxTokens));
    assert_eq!((generation.new_tokens(1), streamed[1].chars().count()), (8, 8));
    assert!(matches!(generation.why_ended(2), Some(EndReason::ContextFull | EndReason::EndOfText)));
    // Alone, or beside others: the same seed gives the same text.
    assert_eq!(texts(vec![request("the ", 1, 20)]), streamed[..1]);
    assert_ne!(texts(vec![request("the ", 9, 20)]), streamed[..1]);
}

#[test]
fn stop_texts_end_a_completion_and_are_not_shown() {
    let world = World::new();
    let trainer = world.start(&config(Objective::Causal));
    let free = |seed| stream(&world, &trainer, vec![request("the ", seed, 25)]).1.remove(0);
    // An untrained model may end its text at once; one that goes on for a while is wanted.
    let (seed, free) = (0..100).map(|seed| (seed, free(seed))).find(|(_, text)| text.chars().count() > 12).unwrap();
    let stop: String = free.chars().skip(6).take(3).collect();
    let until = &free[..free.find(&stop).unwrap()];
    let mut with_stop = request("the ", seed, 25);
    with_stop.stop = vec![stop];
    let (generation, streamed) = stream(&world, &trainer, vec![with_stop]);
    assert_eq!(streamed[0], until);
    assert_eq!(generation.why_ended(0), Some(EndReason::StopText));
}

#[test]
fn prompts_that_do_not_fit_are_refused() {
    let world = World::new();
    let causal = world.start(&config(Objective::Causal));
    let refused = |prompt: &str| Generation::new(&causal.model().config, &world.tokenizer, vec![request(prompt, 0, 5)]).err();
    assert!(matches!(refused(&"cat ".repeat(20)), Some(GenerateError::TooLong { context: 32, .. })));
    let masked = world.start(&config(Objective::Masked));
    let config = &masked.model().config;
    assert_eq!(Generation::new(config, &world.tokenizer, vec![request("a", 0, 5)]).err(), Some(GenerateError::Encoder));
}

#[test]
fn masks_are_filled() {
    let world = World::new();
    let trainer = world.start(&config(Objective::Masked));
    let mut ws = Workspace::for_inference(trainer.model());
    let masks = fill_mask(trainer.model(), &world.tokenizer, "a red c[MASK]t sees the <mask>", 5, &mut ws).unwrap();
    assert_eq!(masks.len(), 2);
    assert_eq!((masks[0].index, masks[0].best.len()), (0, 5));
    assert!(masks[0].best.windows(2).all(|w| w[0].1 >= w[1].1));
    assert!(masks[0].best.iter().all(|(_, p)| *p > 0.0 && *p < 1.0));
    let none = fill_mask(trainer.model(), &world.tokenizer, "a red cat", 5, &mut ws);
    assert!(matches!(none, Err(FillMaskError::NoMask { .. })));
}

#[test]
fn a_text_goes_on_from_a_chosen_token() {
    let world = World::new();
    let mut trainer = world.start(&RunConfig { steps: 60, lr: 5e-3, dropout: 0.0, batch_size: 16, ..config(Objective::Causal) });
    run(&mut trainer, 60);
    let greedy = |max_tokens| {
        let mut request = request("the ", 1, max_tokens);
        request.sampling.temperature = 0.0;
        request
    };
    let (whole, _) = stream(&world, &trainer, vec![greedy(12)]);
    let n = whole.prompt_tokens(0);
    let model = trainer.model();
    let go_on = |ids: &[u32], max_tokens| {
        let mut ws = Workspace::for_inference(model);
        let generation = Generation::after(&model.config, &world.tokenizer, vec![(ids.to_vec(), greedy(max_tokens))]).unwrap();
        let mut generation = generation.begun(0, n, &world.tokenizer);
        let mut streamed = String::new();
        while !generation.is_done() {
            streamed.extend(generation.step(model, &world.tokenizer, &mut ws).into_iter().map(|delta| delta.text));
        }
        // A text that is over before anything was drawn is told whole at its end.
        assert!(streamed == generation.text(0) || generation.drawn_tokens(0) == 0, "{streamed}");
        generation
    };
    // From the token that came anyway, the same text comes, told from the prompt's end.
    let same = go_on(&whole.ids(0)[..n + 4], 8);
    assert_eq!((same.text(0), same.ids(0), same.prompt_tokens(0)), (whole.text(0), whole.ids(0), n));
    assert_eq!((same.new_tokens(0), same.drawn_tokens(0)), (12, 8));
    // From another token, that one stands in its place.
    let mut ids = whole.ids(0)[..n + 4].to_vec();
    ids[n + 3] = world.tokenizer.encode("z")[0];
    let other = go_on(&ids, 8);
    assert_eq!(other.ids(0)[..n + 4], ids);
    assert!(other.text(0).starts_with(&world.tokenizer.decode(&ids[n..])), "{}", other.text(0));
    // The end of the text is a choice, too.
    ids[n + 3] = model.config.eos_token_id.unwrap();
    let ended = go_on(&ids, 8);
    assert_eq!((ended.why_ended(0), ended.drawn_tokens(0)), (Some(EndReason::EndOfText), 0));
}
