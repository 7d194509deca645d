//! Looks into a model through the engine: while it trains, from a checkpoint, and where there is nothing to see.

use super::runs::{config, ready, run_ended, step};
use super::until;

use lyceum::config::RunConfig;
use lyceum::engine::command::{GenerateRequest, JobId, LookCommand, ModelSource, Sampling, TrainCommand};
use lyceum::engine::event::LookEvent;
use lyceum::engine::look::{LookText, Seen, TokensView, Wanted};
use lyceum::engine::{Command, Event};

fn see(job: JobId, source: ModelSource, wanted: Wanted) -> Command {
    let text = LookText::Typed { prompt: "The cat".to_owned(), answer: " sat".to_owned() };
    Command::Look(LookCommand::See { job, source, text, wanted })
}

fn seen(event: &Event) -> Option<Seen> {
    if let Event::Look(LookEvent::Seen { seen, .. }) = event { Some(seen.clone()) } else { None }
}

fn tokens(seen: Seen) -> TokensView {
    let Seen::Tokens(view) = seen else { panic!("{seen:?}") };
    view
}

#[test]
fn a_model_is_looked_into_while_it_trains_and_afterwards() {
    let (_place, engine, corpus) = ready();
    engine.send(Command::Train(TrainCommand::StartRun {
        config: RunConfig { sample_every: 0, eval_every: 0, ..config(corpus, 1_000_000) },
        from: None,
    }));
    until(&engine, step(1));
    engine.send(see(5, ModelSource::Live, Wanted::Tokens { top: 3 }));
    let live = tokens(until(&engine, seen));
    let text: String = live.tokens.iter().skip(live.prompt_tokens).map(|token| token.text.as_str()).collect();
    assert_eq!(text, " sat");
    assert!(live.answer.unwrap().logprob < 0.0);
    engine.send(Command::Train(TrainCommand::Stop));
    let (_, checkpoint) = until(&engine, run_ended);
    let source = ModelSource::Checkpoint(checkpoint.unwrap());
    // The run's last weights and the saved ones are the same.
    engine.send(see(6, ModelSource::Live, Wanted::Tokens { top: 3 }));
    let last = tokens(until(&engine, seen));
    engine.send(see(7, source, Wanted::Tokens { top: 3 }));
    assert_eq!(tokens(until(&engine, seen)), last);
    engine.send(see(8, source, Wanted::Attention { place: 0 }));
    let Seen::Attention(view) = until(&engine, seen) else { panic!("no attention") };
    assert_eq!((view.layers, view.heads, view.total), (1, 2, last.tokens.len()));

    // Another token than the one that came, and on from there.
    let n = last.prompt_tokens;
    let mut ids: Vec<u32> = last.tokens.iter().take(n).map(|token| token.id).collect();
    ids.push(last.tokens[n].rated.as_ref().unwrap().expected.best[0].id);
    let request =
        GenerateRequest { prompt: "The cat".to_owned(), sampling: Sampling::default(), max_tokens: 3, stop: Vec::new() };
    engine.send(Command::Look(LookCommand::GoOn { job: 9, source, request, ids: ids.clone(), prompt_tokens: n }));
    let result =
        until(&engine, |event| if let Event::Generated { job: 9, result } = event { Some(result.clone()) } else { None });
    assert_eq!((&result.ids[..ids.len()], result.prompt_tokens), (&ids[..], n));

    engine.send(see(10, ModelSource::Checkpoint(99), Wanted::Next));
    let failed =
        until(&engine, |event| if let Event::JobFailed { job: 10, message } = event { Some(message.clone()) } else { None });
    assert!(!failed.is_empty());
    let long = LookText::Typed { prompt: "The cat sat. ".repeat(40), answer: String::new() };
    engine.send(Command::Look(LookCommand::See { job: 11, source, text: long, wanted: Wanted::Next }));
    let failed =
        until(&engine, |event| if let Event::JobFailed { job: 11, message } = event { Some(message.clone()) } else { None });
    assert!(failed.contains("context holds 16"), "{failed}");
}
