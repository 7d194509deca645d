//! What can be wrong with a row of supervised data, in sentences: what, where, how to mend it. Reads nothing.

/// A row that was left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct RowWarning {
    /// From 1; of a parquet file, the number of the row.
    pub line: u64,
    pub problem: Problem,
}

/// Why. Places are characters from 0, as in files.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("the column {column:?} is missing; add it, or choose another column for it")]
    Missing { column: String },
    #[error("the schema names no column for {part:?}; choose one")]
    Unmapped { part: &'static str },
    #[error("{column:?} is empty; write what the model is to answer, or delete the row")]
    EmptyOutput { column: String },
    #[error("the label is missing in {column:?}; choose one for this row")]
    NoLabel { column: String },
    #[error("{column:?} should hold {wanted}; it holds {found}")]
    Kind { column: String, wanted: &'static str, found: String },
    #[error("this row looks like {found}, the others like {wanted}; put them into separate files")]
    OtherSchema { wanted: &'static str, found: &'static str },
    #[error("the span {start}–{end} ({label}) ends after the text, which has {length} characters; mend its end")]
    SpanPastEnd { start: u64, end: u64, label: String, length: usize },
    #[error("the span {start}–{end} ({label}) is empty or backwards; its end must lie after its start")]
    SpanEmpty { start: u64, end: u64, label: String },
    #[error("the span {start}–{end} ({label}) cuts a character in two; its places may be counted in another unit")]
    SpanInCharacter { start: u64, end: u64, label: String },
    #[error("the spans {first} and {second} overlap; a token can have one label only, so shorten or delete one")]
    Overlap { first: String, second: String },
    #[error("there are {tokens} tokens and {tags} tags; each token needs one")]
    TagCount { tokens: usize, tags: usize },
    #[error("the tag {tag:?} is none; tags are O, or B- or I- before a label")]
    Tag { tag: String },
    #[error(
        "the tags are numbers and nothing says what they mean (the tag {tag}); give their names, in the order of the numbers: `--tag-names`, the field on the Data page, or a dataset_info.json beside the file"
    )]
    UnnamedTag { tag: i64 },
    #[error(
        "the token {token:?} (number {index}) does not stand in the text where it should; mend the text or leave its column out"
    )]
    TokenNotFound { token: String, index: usize },
    #[error("the answer {answer:?} does not stand at character {said}{}", offer(*found))]
    AnswerElsewhere { answer: String, said: i64, found: Option<usize> },
    #[error("the role {role:?} of turn {turn} is unknown; write system, user, assistant or tool")]
    Role { role: String, turn: usize },
    #[error("turn {turn} has no text; write it, or delete the turn")]
    EmptyTurn { turn: usize },
    #[error("no turn is the assistant's, so there is nothing to learn; add an answer")]
    NoAssistant,
    #[error("the prompt in {column:?} is empty; write what is asked, or delete the row")]
    EmptyPrompt { column: String },
    #[error("the two answers have no beginning in common, so there is no prompt; add a column for it")]
    NoPrompt,
    #[error("the answers {first} and {second} are the same text, so neither can be better; change one, or delete the row")]
    SameAnswers { first: usize, second: usize },
    #[error("there are {ranks} ranks for {answers} answers; each answer needs one, 1 for the best")]
    RankCount { answers: usize, ranks: usize },
    #[error("there are {answers} answers; up to {most} can be compared, so leave some out")]
    TooManyAnswers { answers: usize, most: usize },
    #[error("{column:?} should be one answer: one turn of the assistant after what was asked; cut the talk there")]
    NotOneAnswer { column: String },
    #[error("{schema} rows are no supervised examples; choose another schema")]
    NotSupervised { schema: &'static str },
}

fn offer(found: Option<usize>) -> String {
    match found {
        Some(place) => format!("; it does at {place}: put that number there"),
        None => " and nowhere else in the context; copy it from there word for word".to_owned(),
    }
}
