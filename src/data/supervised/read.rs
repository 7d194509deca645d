//! Rows to examples by a mapping, each read or refused by itself with a sentence. Knows no format of files.

use super::fields::Fields;
use super::{Content, Example, OffsetUnit, Problem, RowWarning, chat, entities, labels, pairs, qa};
use crate::data::error::ImportError;
use crate::data::import::{Next, Row, Rows, detect};
use crate::engine::command::{Mapping, Schema};

/// Warnings that are kept word for word.
const MAX_WARNINGS: usize = 1000;

/// How rows are understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Reader {
    pub mapping: Mapping,
    /// What places of spans and answers count.
    pub unit: OffsetUnit,
    /// Names of tags that a file writes as numbers, by number.
    pub tag_names: Vec<String>,
}

/// The examples of a file, and the rows that were left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collected {
    pub examples: Vec<Example>,
    /// The first thousand.
    pub warnings: Vec<RowWarning>,
    /// Lines that were no rows at all, with why.
    pub broken: Vec<(u64, String)>,
    /// All rows left out, broken lines included.
    pub left_out: u64,
}

impl Reader {
    /// Places count characters.
    pub fn new(mapping: Mapping) -> Self {
        let tag_names = mapping.tag_names.iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
        Self { mapping, unit: OffsetUnit::Chars, tag_names }
    }

    /// The first example of a row. Only nested `SQuAD` has several in one: `read_all` gives them all.
    pub fn read(&self, row: &Row) -> Result<Example, RowWarning> {
        let empty = || Err(RowWarning { line: row.line, problem: Problem::Missing { column: "qas".to_owned() } });
        self.read_all(row).into_iter().next().unwrap_or_else(empty)
    }

    /// All examples of a row.
    pub fn read_all(&self, row: &Row) -> Vec<Result<Example, RowWarning>> {
        let (cells, columns) = (self.blanked(row), &self.mapping.columns);
        let mine = |content: Result<Content, Problem>| match content {
            Ok(content) => Ok(Example { line: row.line, content, cells: cells.clone(), columns: columns.clone() }),
            Err(problem) => Err(RowWarning { line: row.line, problem: look_again(&self.mapping, row, problem) }),
        };
        if self.mapping.schema == Schema::ExtractiveQa && ["paragraphs", "qas"].iter().any(|key| row.get(key).is_some()) {
            let questions = qa::nested(&row.cells, self.unit);
            return questions.into_iter().map(|question| mine(question.map(Content::ExtractiveQa))).collect();
        }
        vec![mine(self.content(row))]
    }

    /// As `read_all`; a row that lacks nothing but its answer comes without one (true), to be labelled.
    pub fn read_all_leniently(&self, row: &Row) -> Vec<Result<(Example, bool), RowWarning>> {
        let read = self.read_all(row);
        if let [Err(_)] = read.as_slice()
            && let Some(filled) = super::unlabelled::filled(row, &self.mapping)
            && let Ok(mut example) = self.with_columns(&filled).read(&filled)
        {
            example.content = example.content.blanked();
            return vec![Ok((example, true))];
        }
        read.into_iter().map(|one| one.map(|example| (example, false))).collect()
    }

    /// The same reader, which also knows the column that a missing answer was put into.
    fn with_columns(&self, filled: &Row) -> Self {
        let mut reader = self.clone();
        for (part, column) in super::unlabelled::answer_columns(&self.mapping) {
            if filled.get(&column).is_some() && !reader.mapping.columns.iter().any(|(known, _)| *known == part) {
                reader.mapping.columns.push((part, column));
            }
        }
        reader
    }

    /// Reads a file to its end.
    pub fn collect(&self, rows: &mut dyn Rows) -> Result<Collected, ImportError> {
        let mut all = Collected::default();
        loop {
            match rows.next()? {
                Next::End => return Ok(all),
                Next::Skipped { line, why } => {
                    all.left_out += 1;
                    if all.broken.len() < MAX_WARNINGS {
                        all.broken.push((line, why));
                    }
                }
                Next::Row(row) => self.read_all(&row).into_iter().for_each(|read| all.add(read)),
            }
        }
    }

    fn content(&self, row: &Row) -> Result<Content, Problem> {
        let fields = Fields { row, columns: &self.mapping.columns };
        match self.mapping.schema {
            Schema::Instruction => pairs::instruction(&fields).map(Content::Instruction),
            Schema::PromptCompletion => pairs::pair(&fields).map(Content::Pair),
            Schema::Messages => chat::chat(&fields, "messages").map(Content::Chat),
            Schema::Conversations => chat::chat(&fields, "conversations").map(Content::Chat),
            Schema::Classes => labels::classes(&fields).map(Content::Classes),
            Schema::Entities => entities::entities(&fields, self.unit, &self.tag_names).map(Content::Entities),
            Schema::ExtractiveQa => qa::flat(&fields, self.unit).map(Content::ExtractiveQa),
            Schema::Translation => pairs::translation(&fields).map(Content::Translation),
            Schema::Recommendation => pairs::recommendation(&fields).map(Content::Recommendation),
            Schema::Text => Err(Problem::NotSupervised { schema: "text" }),
            Schema::Preference => Err(Problem::NotSupervised { schema: "preference" }),
            Schema::Unpaired => Err(Problem::NotSupervised { schema: "unpaired preference" }),
            Schema::Ranking => Err(Problem::NotSupervised { schema: "ranking" }),
            Schema::Prompts => Err(Problem::NotSupervised { schema: "prompt" }),
        }
    }

    fn blanked(&self, row: &Row) -> Vec<(String, serde_json::Value)> {
        let nested = self.mapping.schema == Schema::ExtractiveQa;
        let held = |name: &str| {
            self.mapping.columns.iter().any(|(_, column)| column == name) || nested && ["paragraphs", "qas"].contains(&name)
        };
        let blank = |(name, value): &(String, serde_json::Value)| {
            (name.clone(), if held(name) { serde_json::Value::Null } else { value.clone() })
        };
        row.cells.iter().map(blank).collect()
    }
}

impl Collected {
    fn add(&mut self, read: Result<Example, RowWarning>) {
        match read {
            Ok(example) => self.examples.push(example),
            Err(warning) => {
                self.left_out += 1;
                if self.warnings.len() < MAX_WARNINGS {
                    self.warnings.push(warning);
                }
            }
        }
    }
}

/// A row that lacks what the others have may be of another kind altogether.
pub(in crate::data) fn look_again(mapping: &Mapping, row: &Row, problem: Problem) -> Problem {
    if !matches!(problem, Problem::Missing { .. }) {
        return problem;
    }
    let columns: Vec<String> = row.cells.iter().map(|(name, _)| name.clone()).collect();
    let found = detect(&columns, std::slice::from_ref(row)).schema;
    if found == mapping.schema || found == Schema::Text {
        return problem;
    }
    Problem::OtherSchema { wanted: name(mapping.schema), found: name(found) }
}

/// What a person calls rows of this schema.
fn name(schema: Schema) -> &'static str {
    match schema {
        Schema::Text => "text",
        Schema::Instruction => "instructions",
        Schema::PromptCompletion => "pairs of prompt and completion",
        Schema::Messages | Schema::Conversations => "chats",
        Schema::Preference => "preferences",
        Schema::Unpaired => "single judgements",
        Schema::Ranking => "rankings",
        Schema::Prompts => "prompts",
        Schema::Classes => "classes",
        Schema::Entities => "entities",
        Schema::ExtractiveQa => "questions on a text",
        Schema::Translation => "translations",
        Schema::Recommendation => "ratings",
    }
}
