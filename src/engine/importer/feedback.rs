//! Preferences, rankings, single judgements and prompts into the project as questions and votes. Knows no tokenizer.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use super::examples::{BATCH, MAX_WARNINGS, REPORT_ROWS, file_name};
use super::{Failure, Session};
use crate::data::feedback::{FeedbackReader, ReadQuestion};
use crate::data::import::{Next, Rows, open_rows};
use crate::data::supervised::Split;
use crate::data::{self, DocumentWriter, Tick};
use crate::engine::command::{DatasetId, JobId, Mapping};
use crate::engine::event::DatasetInfo;
use crate::feedback::{FeedbackSettings, SplitBy, side_text};
use crate::store::{Draft, NewQuestion};

/// Who is meant where a file names nobody.
const NOBODY: &str = "import";
/// With fewer prompts than this, the answers decide who stands on which side: a prompt or two cannot be shared out.
const FEWEST_PROMPTS: usize = 5;

/// What came out of files.
#[derive(Default)]
struct Gathered {
    questions: Vec<NewQuestion>,
    /// Where a question with this key stands, for votes of several people on one.
    known: BTreeMap<u128, usize>,
    warnings: Vec<String>,
    left_out: u64,
    /// Without anybody's opinion.
    open: u64,
    bytes: u64,
}

impl Gathered {
    fn warn(&mut self, file: Option<&str>, sentence: &str) {
        self.left_out += 1;
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(match file {
                Some(file) => format!("{file}, {sentence}"),
                None => sentence.to_owned(),
            });
        }
    }

    /// Another person's row on a question that is there already is one more vote on it.
    fn add(&mut self, read: ReadQuestion, split: Option<Split>) {
        let ReadQuestion { question, source, annotator, vote } = read;
        self.open += u64::from(vote.is_none());
        if let (Some(annotator), Some(vote)) = (&annotator, &vote) {
            let key = FeedbackSettings { split_by: SplitBy::Answers, ..FeedbackSettings::default() }.key(&question);
            let next = self.questions.len();
            let at = *self.known.entry(key).or_insert(next);
            if let Some(there) = self.questions.get_mut(at).filter(|there| there.question == question)
                && there.votes.iter().all(|(known, _)| known != annotator)
            {
                there.votes.push((annotator.clone(), vote.clone()));
                return;
            }
        }
        let annotator = annotator.unwrap_or_else(|| NOBODY.to_owned());
        let votes = vote.map(|vote| (annotator, vote)).into_iter().collect();
        self.questions.push(NewQuestion { question, source: Some(source), split, votes });
    }

    fn say_what_came(&mut self, by: SplitBy, is_prompts: bool) {
        if self.left_out > self.warnings.len() as u64 {
            self.warnings.push(format!("and {} more", self.left_out - self.warnings.len() as u64));
        }
        if self.open > 0 && !is_prompts {
            self.warnings.insert(0, format!("{} rows have no opinion yet; they came in and can be voted on", self.open));
        }
        if self.left_out > 0 {
            self.warnings.insert(0, format!("{} rows were left out", self.left_out));
        }
        if by == SplitBy::Answers {
            let sentence =
                format!("There are fewer than {FEWEST_PROMPTS} prompts, so answers, not prompts, are kept aside to measure with");
            self.warnings.insert(0, sentence);
        }
    }
}

impl Session<'_> {
    /// Gives the number of questions and the warnings.
    pub(super) fn import_feedback(
        &mut self,
        job: JobId,
        path: &Path,
        source: &str,
        mapping: &Mapping,
        name: &str,
    ) -> Result<(DatasetId, u64, Vec<String>), Failure> {
        let parts = data::import::parts_beside(path);
        let total = parts.iter().filter_map(|(part, _)| part.metadata().ok()).map(|meta| meta.len()).sum();
        let began = Instant::now();
        let mut gathered = Gathered::default();
        for (part, split) in &parts {
            let file = (parts.len() > 1).then(|| file_name(part));
            let mut rows = open_rows(part, mapping.documents)?;
            self.gather((job, began, total), rows.as_mut(), mapping, (file.as_deref(), *split), &mut gathered)?;
            gathered.bytes += part.metadata().map_or(0, |meta| meta.len());
        }
        if gathered.questions.is_empty() {
            let why = gathered.warnings.first().map_or("it has no rows", String::as_str);
            return Err(Failure::Because(format!("There is nothing to vote on or train on in it ({why}): {}", path.display())));
        }
        let name = if parts.len() > 1 { data::import::name_without_part(name) } else { name };
        let settings = FeedbackSettings { split_by: rule_for(&gathered.questions), ..FeedbackSettings::default() };
        gathered.say_what_came(settings.split_by, mapping.schema == crate::engine::command::Schema::Prompts);
        let (n, warnings) = (gathered.questions.len() as u64, std::mem::take(&mut gathered.warnings));
        let dataset = self.store_questions((job, began), source, mapping, name, gathered, &settings)?;
        Ok((dataset, n, warnings))
    }

    fn gather(
        &mut self,
        (job, began, total): (JobId, Instant, u64),
        rows: &mut dyn Rows,
        mapping: &Mapping,
        (file, split): (Option<&str>, Option<Split>),
        gathered: &mut Gathered,
    ) -> Result<(), Failure> {
        let reader = FeedbackReader::new(mapping.clone());
        for n in 0_usize.. {
            if n.is_multiple_of(REPORT_ROWS) {
                let done = (gathered.bytes + rows.position()).min(total);
                self.go_on(job, began, Tick { what: "Importing", done, total, unit: "bytes" })?;
            }
            match rows.next()? {
                Next::End => break,
                Next::Skipped { line, why } => gathered.warn(file, &format!("line {line}: {why}")),
                Next::Row(row) => match reader.read(&row) {
                    Ok(read) => gathered.add(read, split),
                    Err(warning) => gathered.warn(file, &warning.to_string()),
                },
            }
        }
        Ok(())
    }

    fn store_questions(
        &mut self,
        (job, began): (JobId, Instant),
        source: &str,
        mapping: &Mapping,
        name: &str,
        gathered: Gathered,
        settings: &FeedbackSettings,
    ) -> Result<DatasetId, Failure> {
        let draft = Draft::within(&self.paths.datasets_dir())?;
        write_documents(draft.path(), &gathered.questions)?;
        let info = DatasetInfo {
            rows: gathered.questions.len() as u64,
            bytes: gathered.bytes,
            columns: super::feedback_out::COLUMNS.map(str::to_owned).to_vec(),
            ..DatasetInfo::new(name, source, mapping.schema)
        };
        let (draft, mapping, settings) = (draft.seal()?, mapping.clone(), settings.clone());
        let dataset = self.desk.ask(move |project| project.begin_feedback(draft, &info, &mapping, &settings))?;
        if let Err(failure) = self.write_questions(job, began, dataset, gathered.questions) {
            self.desk.tell(false, move |project| project.drop_examples(dataset));
            return Err(failure);
        }
        self.desk.change(move |project| project.finish_feedback(dataset))?;
        Ok(dataset)
    }

    fn write_questions(
        &mut self,
        job: JobId,
        began: Instant,
        dataset: DatasetId,
        questions: Vec<NewQuestion>,
    ) -> Result<(), Failure> {
        let total = questions.len() as u64;
        let mut questions = questions.into_iter();
        let mut done = 0;
        while done < total {
            let batch: Vec<NewQuestion> = questions.by_ref().take(BATCH).collect();
            done += batch.len() as u64;
            self.desk.ask(move |project| project.add_asked(dataset, &batch))?;
            self.go_on(job, began, Tick { what: "Writing questions", done, total, unit: "rows" })?;
        }
        Ok(())
    }
}

fn rule_for(questions: &[NewQuestion]) -> SplitBy {
    let mut prompts: Vec<String> = Vec::new();
    for new in questions {
        let prompt = side_text(&new.question.prompt);
        if !prompts.contains(&prompt) {
            prompts.push(prompt);
        }
        if prompts.len() >= FEWEST_PROMPTS {
            return SplitBy::Prompt;
        }
    }
    // So small a file has nothing to share out in any way.
    if questions.len() < 2 * FEWEST_PROMPTS { SplitBy::Prompt } else { SplitBy::Answers }
}

/// Their text beside the rows, for tokenizers and pre-training.
fn write_documents(dir: &Path, questions: &[NewQuestion]) -> Result<(), Failure> {
    let mut writer = DocumentWriter::create(dir)?;
    for new in questions {
        writer.push(side_text(&new.question.prompt).trim())?;
        for candidate in &new.question.candidates {
            writer.push("\n")?;
            writer.push(candidate.text.trim())?;
        }
        writer.end()?;
    }
    writer.finish()?;
    Ok(())
}
