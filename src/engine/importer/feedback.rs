//! Preferences, rankings, single judgements and prompts into the project as questions and votes. Knows no tokenizer.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use super::intake::{Came, LeftOut};
use super::{Failure, Session};
use crate::data::feedback::{FeedbackReader, ReadQuestion};
use crate::data::supervised::Split;
use crate::data::{self, DocumentWriter, counted};
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
    left_out: LeftOut,
    /// Without anybody's opinion.
    open: u64,
    bytes: u64,
}

impl Gathered {
    fn take(&mut self, came: Came<'_>, reader: &FeedbackReader) {
        match came.row.map(|row| reader.read(&row)) {
            Ok(Ok(read)) => self.add(read, came.split),
            Ok(Err(warning)) => self.left_out.add(came.file, &warning.to_string()),
            Err(why) => self.left_out.add(came.file, &why),
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

    /// What a person should know of what came in.
    fn what_came(&mut self, by: SplitBy, is_prompts: bool) -> Vec<String> {
        let open = (self.open > 0 && !is_prompts)
            .then(|| format!("{} no opinion yet; what came in can be voted on", counted(self.open, "row has", "rows have")));
        let mut told = std::mem::take(&mut self.left_out).told(open);
        if by == SplitBy::Answers {
            let sentence =
                format!("There are fewer than {FEWEST_PROMPTS} prompts, so answers, not prompts, are kept aside to measure with");
            told.insert(0, sentence);
        }
        told
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
        let began = Instant::now();
        let mut gathered = Gathered::default();
        let reader = FeedbackReader::new(mapping.clone());
        gathered.bytes = self.each_row((job, began), &parts, mapping.documents, |came| gathered.take(came, &reader))?;
        if gathered.questions.is_empty() {
            let why = gathered.left_out.first();
            return Err(Failure::Because(format!("There is nothing to vote on or train on in it ({why}): {}", path.display())));
        }
        let name = if parts.len() > 1 { data::import::name_without_part(name) } else { name };
        let settings = FeedbackSettings { split_by: rule_for(&gathered.questions), ..FeedbackSettings::default() };
        let warnings = gathered.what_came(settings.split_by, mapping.schema == crate::engine::command::Schema::Prompts);
        let n = gathered.questions.len() as u64;
        let dataset = self.store_questions((job, began), source, mapping, name, gathered, &settings)?;
        Ok((dataset, n, warnings))
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
        if let Err(failure) =
            self.write_batches((job, began), "Writing questions", gathered.questions, move |project, _, asked| {
                project.add_asked(dataset, asked).map(drop)
            })
        {
            self.desk.tell(false, move |project| project.drop_examples(dataset));
            return Err(failure);
        }
        self.desk.change(move |project| project.finish_feedback(dataset))?;
        Ok(dataset)
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
