//! `lyceum explain`: looks into a checkpoint over a text: token probabilities, attention, logit lens, neighbours. Knows no training.

use std::fmt::Write as _;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::checkpoints::Need;
use super::explain_arguments::ExplainArguments;
use super::prompt::from_stdin;
use super::session::Session;
use crate::engine::command::{CheckpointId, ModelSource};
use crate::engine::look::{
    AttentionView, Guess, LensView, LookCommand, LookEvent, LookText, Seen, TokenView, TokensView, Wanted,
};
use crate::engine::{Command, Event};
use crate::state::format::plural;

/// Tokens that a token looks at, in words.
const LOOKED_AT: usize = 3;

pub fn explain(session: &mut Session, a: &ExplainArguments) -> Result<()> {
    let row = session.asked(&a.source.checkpoint, a.source.run.as_deref(), Need::Look)?;
    let (id, writes) = (row.id, session.writes(&row));
    let prompt = if a.text == "-" { from_stdin()? } else { a.text.clone() };
    let asking = Asking { id, prompt };
    // What has no next token to be surprised by has attention and neighbours all the same.
    if !writes && (!a.answer.is_empty() || a.lens || !a.attention && !a.neighbours) {
        let does = session.does(&row);
        bail!("Checkpoint {id} {does} and predicts no next token; ask for --attention or --neighbours alone");
    }
    if writes && a.answer.is_empty() {
        let Seen::Tokens(view) = asking.see(session, "", Wanted::Tokens { top: a.top })? else { return Ok(()) };
        tell_tokens(session, &view)?;
    }
    for answer in &a.answer {
        let answer = answer.replace("\\n", "\n").replace("\\t", "\t");
        let Seen::Tokens(view) = asking.see(session, &answer, Wanted::Tokens { top: a.top })? else { return Ok(()) };
        tell_answer(session, &answer, &view)?;
    }
    if a.attention
        && let Seen::Attention(view) = asking.see(session, "", Wanted::Attention { place: usize::MAX })?
    {
        tell_attention(session, &view, a)?;
    }
    if a.lens
        && let Seen::Lens(view) = asking.see(session, "", Wanted::Lens { place: usize::MAX, top: a.top })?
    {
        tell_lens(session, &view)?;
    }
    if a.neighbours {
        tell_neighbours(session, &asking, a.top)?;
    }
    session.out.event(&json!({ "event": "done", "checkpoint": id }))?;
    Ok(())
}

/// Which weights, and what text.
struct Asking {
    id: CheckpointId,
    prompt: String,
}

impl Asking {
    fn see(&self, session: &mut Session, answer: &str, wanted: Wanted) -> Result<Seen> {
        let job = session.job();
        let text = LookText::Typed { prompt: self.prompt.clone(), answer: answer.to_owned() };
        session.send(Command::Look(LookCommand::See { job, source: ModelSource::Checkpoint(self.id), text, wanted }));
        session.until(Some(job), |_, event| {
            Ok(if let Event::Look(LookEvent::Seen { job: of, seen, .. }) = event { (of == job).then_some(seen) } else { None })
        })
    }
}

fn tell_tokens(session: &Session, view: &TokensView) -> Result<()> {
    session.out.line("  probability  rank  entropy  token            instead")?;
    for (place, token) in view.tokens.iter().enumerate().skip(view.cut) {
        session.out.line(&line(token))?;
        session.out.event(&token_event(place, token, place >= view.prompt_tokens))?;
    }
    if view.cut > 0 {
        session.out.line(&format!("The first {} not rated", plural(view.cut as u64, "token was", "tokens were")))?;
    }
    if let Some(next) = &view.next {
        session.out.line(&format!("  next, entropy {:.2} nats:  {}", next.entropy, in_words(&next.best)))?;
        session.out.event(&json!({ "event": "next", "entropy": next.entropy, "best": guesses(&next.best) }))?;
    }
    Ok(())
}

fn tell_answer(session: &Session, answer: &str, view: &TokensView) -> Result<()> {
    let Some(score) = view.answer else { bail!("The answer has no token that the model could expect; write something") };
    session.out.line(&format!("Answer {answer:?}"))?;
    for (place, token) in view.tokens.iter().enumerate().skip(view.prompt_tokens) {
        session.out.line(&line(token))?;
        session.out.event(&token_event(place, token, true))?;
    }
    session.out.line(&format!(
        "  log-probability {:.3} nats over {}, {:.3} a token, perplexity {:.2}",
        score.logprob,
        plural(score.tokens as u64, "token", "tokens"),
        score.per_token(),
        score.perplexity()
    ))?;
    session.out.event(&json!({
        "event": "answer", "answer": answer, "tokens": score.tokens, "logprob": score.logprob, "per_token": score.per_token(),
        "perplexity": score.perplexity(),
    }))?;
    Ok(())
}

fn line(token: &TokenView) -> String {
    match &token.rated {
        Some(rated) => format!(
            "  {:>9.2} %  {:>4}  {:>7.2}  {:<15}  {}",
            rated.logprob.exp() * 100.0,
            rated.rank,
            rated.expected.entropy,
            shown(&token.text),
            in_words(&rated.expected.best)
        ),
        None => format!("  {:>11}  {:>4}  {:>7}  {}", "–", "–", "–", shown(&token.text)),
    }
}

fn token_event(place: usize, token: &TokenView, answer: bool) -> Value {
    let rated = token.rated.as_ref();
    let best = rated.map(|r| guesses(&r.expected.best));
    json!({
        "event": "token", "place": place, "id": token.id, "token": token.text, "answer": answer,
        "logprob": rated.map(|r| r.logprob), "probability": rated.map(|r| r.logprob.exp()), "rank": rated.map(|r| r.rank),
        "entropy": rated.map(|r| r.expected.entropy), "best": best,
    })
}

fn tell_attention(session: &Session, view: &AttentionView, a: &ExplainArguments) -> Result<()> {
    let range = |asked: Option<usize>, n: usize, what: &str| match asked {
        None => Ok((0..n).collect::<Vec<_>>()),
        Some(one) if (1..=n).contains(&one) => Ok(vec![one - 1]),
        Some(one) => bail!("There is no {what} {one}; the model has {n}"),
    };
    let (layers, heads) = (range(a.layer, view.layers, "layer")?, range(a.head, view.heads, "head")?);
    let which: Vec<(usize, usize)> = layers.iter().flat_map(|layer| heads.iter().map(|head| (*layer, *head))).collect();
    let n = view.tokens.len();
    let mean = view.mean(&which);
    session
        .out
        .line(&format!("Attention, mean of {}: what each token looks at most", plural(which.len() as u64, "head", "heads")))?;
    for (i, (token, row)) in view.tokens.iter().zip(mean.chunks_exact(n)).enumerate() {
        let mut order: Vec<usize> = (0..n).filter(|j| row[*j] > 0.0).collect();
        order.sort_by(|x, y| row[*y].total_cmp(&row[*x]).then(x.cmp(y)));
        let at = |j: &usize| format!("{} {:.0} %", shown(&view.tokens[*j]), row[*j] * 100.0);
        let words: Vec<String> = order.iter().take(LOOKED_AT).map(at).collect();
        session.out.line(&format!("  {:>4}  {:<15}  {}", view.first + i, shown(token), words.join(",  ")))?;
    }
    for (layer, head) in which {
        let rows: Vec<&[f32]> = view.head(layer, head).chunks_exact(n).collect();
        session.out.event(&json!({
            "event": "attention", "layer": layer + 1, "head": head + 1, "first": view.first, "tokens": view.tokens, "weights": rows,
        }))?;
    }
    Ok(())
}

fn tell_lens(session: &Session, view: &LensView) -> Result<()> {
    let n = view.tokens.len();
    session.out.line("Logit lens: what each layer would say next, and the probability of what came")?;
    for place in 0..n {
        session.out.line(&format!("  after {} ({})", shown(&view.tokens[place]), view.first + place))?;
        for depth in 0..=view.layers {
            let Some(cell) = view.cell(depth, place) else { continue };
            let name = if depth == 0 { "embedding".to_owned() } else { format!("layer {depth}") };
            let came = cell.came.map_or_else(String::new, |(p, rank)| format!("what came: {:.2} %, rank {rank}", p * 100.0));
            session.out.line(&format!("    {name:<10} {:<40} {came}", in_words(&cell.best[..cell.best.len().min(LOOKED_AT)])))?;
            session.out.event(&json!({
                "event": "lens", "depth": depth, "place": view.first + place, "token": view.tokens[place],
                "best": guesses(&cell.best), "came_probability": cell.came.map(|c| c.0), "came_rank": cell.came.map(|c| c.1),
            }))?;
        }
    }
    Ok(())
}

fn tell_neighbours(session: &mut Session, asking: &Asking, top: usize) -> Result<()> {
    // Every decoder and encoder can say which tokens a text has: attention works for both.
    let mut ids: Vec<u32> = match asking.see(session, "", Wanted::Ids)? {
        Seen::Ids(ids) => ids,
        Seen::Tokens(_) | Seen::Attention(_) | Seen::Lens(_) | Seen::Neighbours(_) | Seen::Next(_) => Vec::new(),
    };
    ids.sort_unstable();
    ids.dedup();
    session.out.line("Nearest tokens by their embeddings (cosine)")?;
    for id in ids {
        let Seen::Neighbours(view) = asking.see(session, "", Wanted::Neighbours { id, top })? else { continue };
        let words: Vec<String> = view.best.iter().map(|it| format!("{} {:.2}", shown(&it.text), it.cosine)).collect();
        session.out.line(&format!("  {:<15}  {}", shown(&view.text), words.join(",  ")))?;
        let best: Vec<Value> = view.best.iter().map(|it| json!({ "id": it.id, "token": it.text, "cosine": it.cosine })).collect();
        session.out.event(&json!({ "event": "neighbours", "id": id, "token": view.text, "best": best }))?;
    }
    Ok(())
}

fn guesses(best: &[Guess]) -> Value {
    best.iter().map(|guess| json!({ "id": guess.id, "token": guess.text, "probability": guess.p })).collect()
}

fn in_words(best: &[Guess]) -> String {
    let mut text = String::new();
    for (i, guess) in best.iter().enumerate() {
        let between = if i > 0 { ",  " } else { "" };
        let _infallible = write!(text, "{between}{} {:.1} %", shown(&guess.text), guess.p * 100.0);
    }
    text
}

/// A token's text with its spaces and line breaks seen.
fn shown(text: &str) -> String {
    format!("{text:?}")
}
