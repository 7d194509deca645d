//! Rows for heads: a text's tokens with its class, a tag for each token, or where an answer stands. Knows no model and no trainer.

use std::collections::BTreeSet;
use std::ops::Range;

use super::{Content, Example, Span};
use crate::tokenizer::Tokenizer;

/// How texts are framed for a head.
pub struct HeadRecipe<'a> {
    pub tokenizer: &'a Tokenizer,
    /// Tokens of a row at most.
    pub max_len: usize,
    /// The model reads from both sides: rows stand between `[CLS]` and `[SEP]`, as BERT's.
    pub encoder: bool,
    /// The token that begins every text of a decoder.
    pub begin: Option<u32>,
}

/// A text with its class or classes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassRow {
    pub row: i64,
    /// (T,)
    pub ids: Vec<u32>,
    /// Places in the list of labels, ascending; one, unless several may be right.
    pub labels: Vec<usize>,
    pub input: String,
    pub cut: usize,
}

/// A text with a tag for each token.
#[derive(Clone, Debug, PartialEq)]
pub struct TagRow {
    pub row: i64,
    /// (T,)
    pub ids: Vec<u32>,
    /// (T,): bytes of the text; none for a token that frames it.
    pub places: Vec<Option<Range<usize>>>,
    /// (T,): place in the list of tags; none where nothing is learnt.
    pub tags: Vec<Option<usize>>,
    pub text: String,
    pub spans: Vec<(Range<usize>, String)>,
    pub cut: usize,
}

/// A question, its context, and the tokens that begin and end the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanRow {
    pub row: i64,
    /// (T,)
    pub ids: Vec<u32>,
    /// (T,): bytes of the context; none for other tokens.
    pub places: Vec<Option<Range<usize>>>,
    /// First and last token of the answer; the first token of the row twice where there is no answer.
    pub answer: (usize, usize),
    pub question: String,
    pub context: String,
    /// All right answers; empty where there is none.
    pub answers: Vec<String>,
    pub cut: usize,
}

/// Token ids with the bytes that they stand for; none for tokens that only frame.
type Framed = (Vec<u32>, Vec<Option<Range<usize>>>);

impl ClassRow {
    /// The token that speaks for the text: the first, which sees all, or a decoder's last.
    pub fn speaker(&self, encoder: bool) -> usize {
        if encoder { 0 } else { self.ids.len().saturating_sub(1) }
    }
}

impl SpanRow {
    /// Tokens where an answer may stand: the context's, and the first of all, which says that there is none.
    pub fn may_answer(&self, token: usize) -> bool {
        token == 0 || self.places.get(token).is_some_and(Option::is_some)
    }
}

impl HeadRecipe<'_> {
    /// None if the example is no classified text, or has a label that is not in the list.
    pub fn class_row(&self, row: i64, example: &Example, labels: &[String]) -> Option<ClassRow> {
        let Content::Classes(it) = &example.content else { return None };
        let place = |label: &super::Label| labels.iter().position(|known| *known == label.to_string());
        let mut places = it.labels.iter().map(place).collect::<Option<Vec<usize>>>()?;
        places.sort_unstable();
        let ((ids, _), cut) = self.frame(&it.text);
        Some(ClassRow { row, ids, labels: places, input: it.text.clone(), cut })
    }

    /// None if the example has no spans to mark.
    pub fn tag_row(&self, row: i64, example: &Example, tags: &[String]) -> Option<TagRow> {
        let Content::Entities(it) = &example.content else { return None };
        let ((ids, places), cut) = self.frame(&it.text);
        let tags = places.iter().map(|place| Some(tag_of(place.as_ref()?, &it.spans, &it.text, tags))).collect();
        let spans = it.spans.iter().map(|span| (span.bytes.clone(), span.label.clone())).collect();
        Some(TagRow { row, ids, places, tags, text: it.text.clone(), spans, cut })
    }

    /// None if the example is no question on a text. The answer's tokens are none where it was cut away.
    pub fn span_row(&self, row: i64, example: &Example) -> Option<(SpanRow, bool)> {
        let Content::ExtractiveQa(it) = &example.content else { return None };
        let (mut ids, mut places): Framed = (self.opening().into_iter().collect(), Vec::new());
        let question: Vec<u32> = self.tokenizer.encode(&it.question).into_iter().take(self.max_len / 2).collect();
        ids.extend(question);
        ids.extend(self.separator());
        places.resize(ids.len(), None);
        let closing = self.closing();
        let room = self.max_len.saturating_sub(ids.len() + usize::from(closing.is_some()));
        let context = self.pieces(&it.context);
        let cut = context.len().saturating_sub(room);
        for (id, place) in context.into_iter().take(room) {
            ids.push(id);
            places.push(Some(place));
        }
        ids.extend(closing);
        places.resize(ids.len(), None);
        let first = it.answers.first().map(|answer| answer.start..answer.start + answer.text.len());
        let answer = first.as_ref().map(|bytes| tokens_of(&places, bytes));
        let found = !matches!(answer, Some(None));
        let row = SpanRow {
            row,
            ids,
            places,
            answer: answer.flatten().unwrap_or((0, 0)),
            question: it.question.clone(),
            context: it.context.clone(),
            answers: it.answers.iter().map(|answer| answer.text.clone()).collect(),
            cut,
        };
        Some((row, found))
    }

    /// A text between the tokens that frame it; what does not fit is cut from its end.
    fn frame(&self, text: &str) -> (Framed, usize) {
        let (mut ids, mut places): Framed = (Vec::new(), Vec::new());
        ids.extend(self.opening());
        let closing = self.closing();
        let room = self.max_len.saturating_sub(ids.len() + usize::from(closing.is_some()));
        places.resize(ids.len(), None);
        let pieces = self.pieces(text);
        let cut = pieces.len().saturating_sub(room);
        for (id, place) in pieces.into_iter().take(room) {
            ids.push(id);
            places.push(Some(place));
        }
        ids.extend(closing);
        places.resize(ids.len(), None);
        // A head needs a token to stand on, even where the text has none.
        if ids.is_empty() {
            ids.push(self.tokenizer.special().eos.or(self.tokenizer.special().pad).unwrap_or(0));
            places.push(None);
        }
        ((ids, places), cut)
    }

    fn pieces(&self, text: &str) -> Vec<(u32, Range<usize>)> {
        let whole = || self.tokenizer.encode(text).into_iter().map(|id| (id, 0..text.len())).collect();
        self.tokenizer.encode_with_offsets(text).unwrap_or_else(whole)
    }

    fn opening(&self) -> Option<u32> {
        if self.encoder { self.tokenizer.special().cls } else { self.begin }
    }

    fn closing(&self) -> Option<u32> {
        self.tokenizer.special().sep.filter(|_| self.encoder)
    }

    /// Between a question and its context.
    fn separator(&self) -> Vec<u32> {
        match self.closing() {
            Some(separator) => vec![separator],
            None => self.tokenizer.encode("\n"),
        }
    }
}

/// The classes of some examples, in the order of their names.
pub fn class_labels<'e>(examples: impl Iterator<Item = &'e Example>) -> (Vec<String>, bool) {
    let (mut labels, mut several) = (BTreeSet::new(), false);
    for example in examples {
        if let Content::Classes(it) = &example.content {
            several |= it.several;
            labels.extend(it.labels.iter().map(ToString::to_string));
        }
    }
    (labels.into_iter().collect(), several)
}

/// The tags of some examples: "O", and for each label one for its first token and one for the others (IOB2).
pub fn tag_labels<'e>(examples: impl Iterator<Item = &'e Example>) -> Vec<String> {
    let mut labels = BTreeSet::new();
    for example in examples {
        if let Content::Entities(it) = &example.content {
            labels.extend(it.spans.iter().map(|span| span.label.clone()));
        }
    }
    if labels.is_empty() {
        return Vec::new();
    }
    let tags = labels.into_iter().flat_map(|label| [format!("B-{label}"), format!("I-{label}")]);
    std::iter::once("O".to_owned()).chain(tags).collect()
}

/// The text's part that a token stands for without the white space around it: byte-level tokens carry the space before a word.
fn core(place: &Range<usize>, text: &str) -> Range<usize> {
    let part = text.get(place.clone()).unwrap_or_default();
    let start = place.start + (part.len() - part.trim_start().len());
    start..(start + part.trim().len())
}

fn tag_of(place: &Range<usize>, spans: &[Span], text: &str, tags: &[String]) -> usize {
    let token = core(place, text);
    let over = spans.iter().find(|span| token.start < span.bytes.end && span.bytes.start < token.end);
    let Some(span) = over else { return 0 };
    let begins = token.start <= span.bytes.start;
    let tag = format!("{}-{}", if begins { "B" } else { "I" }, span.label);
    tags.iter().position(|known| *known == tag).unwrap_or(0)
}

/// First and last token that hold something of these bytes.
fn tokens_of(places: &[Option<Range<usize>>], bytes: &Range<usize>) -> Option<(usize, usize)> {
    let holds = |place: &Option<Range<usize>>| place.as_ref().is_some_and(|p| p.start < bytes.end && bytes.start < p.end);
    let first = places.iter().position(holds)?;
    let last = places.iter().rposition(holds)?;
    // An answer whose end was cut away would be learnt wrong.
    let whole = places.get(last)?.as_ref()?.end >= bytes.end;
    whole.then_some((first, last))
}

/// The spans that a sequence of tags marks, as bytes of the text. A tag that goes on without a beginning begins one, as conlleval
/// reads it.
pub fn spans_of(
    tags: &[Option<usize>],
    names: &[String],
    places: &[Option<Range<usize>>],
    text: &str,
) -> Vec<(Range<usize>, String)> {
    let mut spans: Vec<(Range<usize>, String)> = Vec::new();
    let mut open = false;
    for (tag, place) in tags.iter().zip(places) {
        let (Some(name), Some(place)) = (tag.and_then(|tag| names.get(tag)), place) else {
            open = false;
            continue;
        };
        let bytes = core(place, text);
        let Some((kind, label)) = name.split_once('-') else {
            // A token of nothing but white space between two of one name does not end it.
            open = open && bytes.is_empty();
            continue;
        };
        match spans.last_mut() {
            Some((span, last)) if open && kind == "I" && last == label => span.end = span.end.max(bytes.end),
            _ if bytes.is_empty() => {}
            _ => {
                spans.push((bytes, label.to_owned()));
                open = true;
            }
        }
    }
    spans
}
