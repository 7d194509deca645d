//! The one place that decides what trains: an example becomes token ids, a mask, and pieces to show. Knows no model and no loss.

use std::collections::BTreeMap;
use std::ops::Range;

use super::trained::{Marked, mark};
use super::{Example, Role, TaskTemplate, task};
use crate::tokenizer::{ChatTemplate, TemplateError, Tokenizer};

/// Where a row that is too long is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum CutFrom {
    /// The end of the answer goes first.
    End,
    /// The beginning of the prompt goes first, so that an answer stays whole as long as it fits.
    #[default]
    Start,
}

/// What is trained, and how much at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RenderOptions {
    /// Tokens of a row at most.
    pub max_len: usize,
    pub cut_from: CutFrom,
    /// The prompt is learnt, too: the loss of a language model over everything.
    pub train_prompt: bool,
    /// Of a chat only the last answer.
    pub last_answer_only: bool,
    /// The token that begins every row, where the template does not write it: a model was pre-trained with it before each document.
    pub begin: Option<u32>,
}

impl RenderOptions {
    /// Answers only, all of them.
    pub fn new(max_len: usize) -> Self {
        Self { max_len, cut_from: CutFrom::default(), train_prompt: false, last_answer_only: false, begin: None }
    }
}

/// A token with its place, for display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderedPiece {
    pub id: u32,
    /// As a person reads it: half characters as `\xE2`.
    pub text: String,
    /// Characters of `Rendered::text`. Tokens that share a character share its place.
    pub chars: Range<usize>,
    pub trained: bool,
}

/// A row ready for a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// (T,), T at most `max_len`.
    pub ids: Vec<u32>,
    /// (T,): whether the loss counts the prediction *of* this token. Position t of the mask belongs to the logits at t − 1.
    pub mask: Vec<bool>,
    /// (T,): whether this token is of an answer; the same as `mask` unless the prompt is learnt, too.
    pub answer: Vec<bool>,
    /// The whole text, before any cut.
    pub text: String,
    /// One for each id.
    pub pieces: Vec<RenderedPiece>,
    /// Tokens that were cut away.
    pub cut: usize,
    /// Of those, tokens of the answer: it is learnt without its end.
    pub cut_trained: usize,
}

impl Rendered {
    /// Tokens that the loss counts. The very first of a row has nothing before it to be predicted from.
    pub fn trained_tokens(&self) -> usize {
        self.mask.iter().skip(1).filter(|&&trained| trained).count()
    }

    /// The trained tokens' text, run by run.
    pub fn trained_text(&self) -> Vec<String> {
        let mut runs: Vec<Range<usize>> = Vec::new();
        let mut before = false;
        for piece in &self.pieces {
            match runs.last_mut() {
                Some(run) if piece.trained && before => run.end = run.end.max(piece.chars.end),
                _ if piece.trained => runs.push(piece.chars.clone()),
                _ => {}
            }
            before = piece.trained;
        }
        runs.into_iter().map(|run| self.text.chars().skip(run.start).take(run.len()).collect()).collect()
    }

    /// What to say beside the row, if anything.
    pub fn warning(&self) -> Option<String> {
        match (self.cut, self.cut_trained) {
            (0, _) => None,
            (cut, 0) => Some(format!("{cut} tokens of the prompt were cut away; raise the length to keep them")),
            (_, end) => Some(format!("the last {end} tokens of the answer were cut away, its end with them; raise the length")),
        }
    }
}

/// Why a row is not trained on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeftOut {
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error("nothing would train: the chat template never writes what the assistant says; choose another template")]
    NothingTrains,
    #[error("nothing would train: no turn is the assistant's; add an answer")]
    NoAnswer,
    #[error(
        "the prompt alone fills the {max_len} tokens of a row, so nothing of the answer is left; raise the length or shorten the prompt"
    )]
    AnswerCutAway { max_len: usize },
}

impl LeftOut {
    /// What rows are counted under.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Template(_) => "refused by the chat template",
            Self::NothingTrains => "not written by the chat template",
            Self::NoAnswer => "without an answer",
            Self::AnswerCutAway { .. } => "longer than a row",
        }
    }
}

/// An example as ids and mask. Special tokens come from the template's text; none are added.
pub fn render(
    template: &ChatTemplate,
    words: &TaskTemplate,
    example: &Example,
    tokenizer: &Tokenizer,
    options: &RenderOptions,
) -> Result<Rendered, LeftOut> {
    let (turns, first) = words.turns(example);
    let marked = mark(template, &turns, first, options.last_answer_only)?;
    let tokens = tokens(&marked, tokenizer);
    cut(marked.text, tokens, tokenizer, options)
}

/// The text that a model goes on from when it is asked for the last answer of this example.
pub fn render_prompt(template: &ChatTemplate, words: &TaskTemplate, example: &Example) -> Result<String, LeftOut> {
    let (turns, _) = words.turns(example);
    let last = turns.iter().rposition(|turn| turn.role == Role::Assistant).ok_or(LeftOut::NoAnswer)?;
    let before: Vec<_> = turns.iter().take(last).map(task::to_json).collect();
    Ok(template.render(&before, true)?)
}

/// What became of the rows of a dataset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RenderReport {
    pub rows: usize,
    /// Rows that lost tokens, and how many.
    pub cut_rows: usize,
    pub cut_tokens: usize,
    pub tokens: usize,
    pub trained_tokens: usize,
    /// Rows left out, by reason.
    pub left_out: BTreeMap<&'static str, usize>,
    /// The first row left out for each reason: its line, and the sentence.
    pub first_left_out: BTreeMap<&'static str, (u64, String)>,
}

impl RenderReport {
    pub(super) fn add(&mut self, row: &Rendered) {
        self.rows += 1;
        self.cut_rows += usize::from(row.cut > 0);
        self.cut_tokens += row.cut;
        self.tokens += row.ids.len();
        self.trained_tokens += row.trained_tokens();
    }

    pub(super) fn leave_out(&mut self, example: &Example, why: &LeftOut) {
        *self.left_out.entry(why.reason()).or_default() += 1;
        self.first_left_out.entry(why.reason()).or_insert_with(|| (example.line, why.to_string()));
    }

    /// A sentence for each reason for which rows were left out, and one for those that were cut.
    pub fn sentences(&self) -> Vec<String> {
        let sentence = |(reason, n): (&&'static str, &usize)| {
            let first = self.first_left_out.get(reason).map(|(line, why)| format!("; row {line}: {why}")).unwrap_or_default();
            format!("{} {reason}{first}", rows(*n))
        };
        let cut = (self.cut_rows > 0).then(|| {
            let lose = if self.cut_rows == 1 { "is too long and loses" } else { "are too long and lose" };
            format!("{} {lose} {} tokens; raise the length to keep them", rows(self.cut_rows), self.cut_tokens)
        });
        self.left_out.iter().map(sentence).chain(cut).collect()
    }

    /// The same of rows that a model was to be measured on: of how many, and which of them count nevertheless.
    pub fn measured_sentences(&self) -> Vec<String> {
        let all = self.rows + self.left_out.values().sum::<usize>();
        let left_out = self.left_out.iter().map(|(reason, n)| format!("Left out: {n} of {}, {reason}", rows(all)));
        let cut = (self.cut_rows > 0)
            .then(|| format!("Too long, and measured without what does not fit: {} of {}", self.cut_rows, rows(all)));
        left_out.chain(cut).collect()
    }
}

fn rows(n: usize) -> String {
    if n == 1 { "1 row".to_owned() } else { format!("{n} rows") }
}

/// All rows, with the words fit for each, and what became of them. The index says which example a row is from.
pub fn render_all(
    template: &ChatTemplate,
    words: Option<&TaskTemplate>,
    examples: &[Example],
    tokenizer: &Tokenizer,
    options: &RenderOptions,
) -> (Vec<(usize, Rendered)>, RenderReport) {
    let (mut rows, mut report) = (Vec::new(), RenderReport::default());
    for (i, example) in examples.iter().enumerate() {
        let words = words.cloned().unwrap_or_else(|| TaskTemplate::default_for(example));
        match render(template, &words, example, tokenizer, options) {
            Ok(row) => {
                report.add(&row);
                rows.push((i, row));
            }
            Err(why) => report.leave_out(example, &why),
        }
    }
    (rows, report)
}

/// A token's id, bytes, and whether it trains.
type Token = (u32, Range<usize>, bool);

/// The text is cut at the borders of what trains before it is tokenised: there the prompt ends when the model is asked, and a token
/// across the border would never be seen then. A tokenizer that puts a space before every text cannot be fed halves: of its
/// tokens those train that hold something of the answer.
fn tokens(marked: &Marked, tokenizer: &Tokenizer) -> Vec<Token> {
    let overlaps = |bytes: &Range<usize>| marked.ranges.iter().any(|range| bytes.start < range.end && range.start < bytes.end);
    if tokenizer.adds_space()
        && let Some(tokens) = tokenizer.encode_with_offsets(&marked.text)
    {
        return tokens.into_iter().map(|(id, bytes)| (id, bytes.clone(), overlaps(&bytes))).collect();
    }
    let mut tokens = Vec::new();
    let mut from = 0;
    let mut part = |bytes: Range<usize>, trained: bool| {
        let text = marked.text.get(bytes.clone()).unwrap_or_default();
        match tokenizer.encode_with_offsets(text) {
            Some(cut) => {
                tokens.extend(cut.into_iter().map(|(id, at)| (id, bytes.start + at.start..bytes.start + at.end, trained)));
            }
            None => tokens.extend(tokenizer.encode(text).into_iter().map(|id| (id, bytes.clone(), trained))),
        }
    };
    for range in &marked.ranges {
        part(from..range.start, false);
        part(range.clone(), true);
        from = range.end;
    }
    part(from..marked.text.len(), false);
    tokens
}

fn cut(text: String, mut tokens: Vec<Token>, tokenizer: &Tokenizer, options: &RenderOptions) -> Result<Rendered, LeftOut> {
    let away = || LeftOut::AnswerCutAway { max_len: options.max_len };
    // What follows the last answer is never seen by anything that trains.
    let last = tokens.iter().rposition(|token| token.2).ok_or(LeftOut::NothingTrains)?;
    let first = tokens.iter().position(|token| token.2).unwrap_or(last);
    let begin = options.begin.filter(|begin| tokens.first().is_some_and(|first| first.0 != *begin));
    let excess = tokens.len().saturating_sub(options.max_len.saturating_sub(usize::from(begin.is_some())));
    let behind = excess.min(tokens.len() - 1 - last);
    tokens.truncate(tokens.len() - behind);
    let rest = excess - behind;
    // From the start only prompt goes, and one token of it stays to predict the answer from.
    let before = if options.cut_from == CutFrom::Start { rest.min(first.saturating_sub(1)) } else { 0 };
    tokens.drain(..before);
    let kept = tokens.len() - (rest - before);
    let cut_trained = tokens.iter().skip(kept).filter(|token| token.2).count();
    tokens.truncate(kept);
    tokens.splice(..0, begin.map(|begin| (begin, 0..0, false)));
    if !tokens.iter().skip(1).any(|token| token.2) {
        return Err(away());
    }
    let answer = tokens.iter().map(|token| token.2).collect();
    let pieces = pieces(&text, &tokens, tokenizer, options.train_prompt);
    let mask = pieces.iter().map(|piece| piece.trained).collect();
    let ids = tokens.iter().map(|token| token.0).collect();
    Ok(Rendered { ids, mask, answer, text, pieces, cut: excess, cut_trained })
}

fn pieces(text: &str, tokens: &[Token], tokenizer: &Tokenizer, all: bool) -> Vec<RenderedPiece> {
    // Characters are counted once, from left to right.
    let starts: Vec<usize> = text.char_indices().map(|(byte, _)| byte).collect();
    let char_at = |byte: usize| starts.partition_point(|&start| start < byte);
    let piece = |&(id, ref bytes, trained): &Token| RenderedPiece {
        id,
        text: tokenizer.token_text(id),
        chars: char_at(bytes.start)..char_at(bytes.end),
        trained: trained || all,
    };
    tokens.iter().map(piece).collect()
}
