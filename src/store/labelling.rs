//! Pages of rows as they are read and labelled: filters, orders, counts, disagreements, models' scores. Writes only the scores.

use std::collections::BTreeMap;

use rusqlite::{Row, params};

use super::annotations::verdict_of;
use super::error::StoreError;
use super::examples::{content_of, example_of, folded, split_of, status_of};
use super::project::Project;
use crate::data::supervised::{Content, RowStatus, Split};
use crate::engine::command::{CheckpointId, DatasetId};
use crate::engine::labelling::{
    Disagreement, ExampleFilter, ExampleOrder, ExamplePage, ExampleQuery, ExampleRow, LabelProgress, ModelScore,
};
use crate::evaluate::Sureness;

/// What a model says of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct NewScore {
    pub row: i64,
    /// As a person reads it.
    pub label: String,
    pub sure: Sureness,
    /// What it would say instead of what the row says; none where the two agree.
    pub disagrees: Option<Content>,
}

/// Rows of a page at most.
const MOST_ROWS: u32 = 1000;

/// Examples `e`, an annotator's own word `l`, the latest model's score `s`. ?1 dataset, ?2 annotator or NULL, ?3 words to find or NULL,
/// ?4 split or NULL, ?5 a probability.
const FROM: &str = "FROM examples e
    LEFT JOIN example_labels l ON l.row = e.id AND l.annotator = ?2
    LEFT JOIN model_scores s ON s.row = e.id AND s.checkpoint = (SELECT max(checkpoint) FROM model_scores WHERE row = e.id)
    WHERE e.dataset = ?1 AND (?3 IS NULL OR instr(e.folded, ?3) > 0) AND (?4 IS NULL OR e.split = ?4) AND (?5 >= 0)";

impl Project {
    /// A page of the rows that a query wants, each as its annotator may see it.
    pub fn example_page(
        &self,
        dataset: DatasetId,
        query: &ExampleQuery,
        offset: u64,
        limit: u32,
    ) -> Result<ExamplePage, StoreError> {
        let wanted = condition(query.filter);
        let needle = (!query.search.is_empty()).then(|| query.search.to_lowercase());
        let unsure = if let ExampleFilter::Unsure { percent } = query.filter { f64::from(percent) / 100.0 } else { 0.0 };
        let split = query.split.map(Split::name);
        let sql = format!("SELECT count(*) {FROM} AND {wanted}");
        let total: i64 = self
            .db
            .prepare_cached(&sql)?
            .query_row(params![dataset, query.annotator, needle, split, unsure], |row| row.get(0))?;
        let order = match query.order {
            ExampleOrder::File => "e.ordinal",
            ExampleOrder::Uncertainty => "s.confidence IS NULL, s.confidence, e.ordinal",
            ExampleOrder::Entropy => "s.confidence IS NULL, coalesce(s.entropy, 1.0 - s.confidence) DESC, e.ordinal",
            ExampleOrder::Margin => "s.confidence IS NULL, coalesce(s.margin, s.confidence), e.ordinal",
            ExampleOrder::Latest => "(SELECT max(id) FROM annotation_events WHERE row = e.id) DESC NULLS LAST, e.ordinal",
        };
        let sql = format!(
            "SELECT e.id, e.ordinal, e.original, e.current, e.split, e.status, e.flagged, e.note, e.removed, e.owner,
                l.content, l.verdict, s.checkpoint, s.label, s.confidence, e.adjudicated IS NOT NULL
             {FROM} AND {wanted} ORDER BY {order} LIMIT ?6 OFFSET ?7"
        );
        let mut statement = self.db.prepare_cached(&sql)?;
        let mut found = statement.query(params![
            dataset,
            query.annotator,
            needle,
            split,
            unsure,
            limit.min(MOST_ROWS),
            i64::try_from(offset).unwrap_or(i64::MAX)
        ])?;
        let mut rows = Vec::new();
        while let Some(row) = found.next()? {
            rows.push(shown(row, query)?);
        }
        Ok(ExamplePage { total: total as u64, rows })
    }

    /// How far the labelling of a dataset is.
    pub fn label_progress(&self, dataset: DatasetId) -> Result<LabelProgress, StoreError> {
        let mut progress = LabelProgress::default();
        let mut query = self.db.prepare_cached(
            "SELECT split, status, removed, count(*), sum(flagged) FROM examples WHERE dataset = ?1 GROUP BY 1, 2, 3",
        )?;
        let mut rows = query.query([dataset])?;
        while let Some(row) = rows.next()? {
            let (count, flagged) = (row.get::<_, i64>(3)? as u64, row.get::<_, i64>(4)? as u64);
            if row.get(2)? {
                progress.removed += count;
                continue;
            }
            progress.rows += count;
            progress.flagged += flagged;
            *progress.by_split.entry(split_of(&row.get::<_, String>(0)?)).or_default() += count;
            *progress.by_status.entry(status_of(&row.get::<_, String>(1)?)).or_default() += count;
        }
        let mut query = self.db.prepare_cached(
            "SELECT l.annotator, count(*) FROM example_labels l JOIN examples e ON e.id = l.row
             WHERE e.dataset = ?1 AND e.removed = 0 GROUP BY 1",
        )?;
        let names = query.query_map([dataset], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)? as u64)))?;
        progress.by_annotator = names.collect::<Result<BTreeMap<_, _>, _>>()?;
        Ok(progress)
    }

    /// Every row on which at least two people said something, skipping aside, with each one's word in order of the dataset.
    pub fn annotated_twice(&self, dataset: DatasetId) -> Result<Vec<Disagreement>, StoreError> {
        let mut query = self.db.prepare_cached(
            "SELECT e.id, e.ordinal, e.line, e.adjudicated IS NOT NULL, l.annotator, l.content FROM examples e
             JOIN example_labels l ON l.row = e.id AND l.verdict <> 'skipped'
             WHERE e.dataset = ?1 AND e.removed = 0 ORDER BY e.ordinal, l.first_event",
        )?;
        let mut rows = query.query([dataset])?;
        let mut found: Vec<Disagreement> = Vec::new();
        while let Some(row) = rows.next()? {
            let number: i64 = row.get(0)?;
            if found.last().is_none_or(|last| last.row != number) {
                let (ordinal, line) = (row.get::<_, i64>(1)? as u64, row.get::<_, i64>(2)? as u64);
                found.push(Disagreement { row: number, ordinal, line, words: Vec::new(), settled: row.get(3)? });
            }
            let word = (row.get::<_, String>(4)?, content_of(number, &row.get::<_, String>(5)?)?);
            if let Some(last) = found.last_mut() {
                last.words.push(word);
            }
        }
        found.retain(|row| row.words.len() > 1);
        Ok(found)
    }

    /// What a model says of rows, in place of what it said before.
    pub fn set_model_scores(&mut self, checkpoint: CheckpointId, scores: &[NewScore]) -> Result<(), StoreError> {
        self.writable()?;
        let change = self.db.transaction()?;
        {
            let mut insert = change.prepare_cached(
                "INSERT OR REPLACE INTO model_scores (row, checkpoint, label, confidence, entropy, margin, folded)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, coalesce(?7, (SELECT folded FROM examples WHERE id = ?1)))",
            )?;
            for NewScore { row, label, sure, disagrees } in scores {
                let as_read = disagrees.as_ref().map(folded);
                insert.execute(params![row, checkpoint, label, sure.probability, sure.entropy, sure.margin, as_read])?;
            }
        }
        change.commit()?;
        Ok(())
    }
}

fn condition(filter: ExampleFilter) -> &'static str {
    match filter {
        ExampleFilter::All => "e.removed = 0",
        ExampleFilter::ToLabel => "e.removed = 0 AND e.status IN ('unlabelled', 'prelabelled') AND l.row IS NULL",
        ExampleFilter::SecondPass => {
            "e.removed = 0 AND e.status IN ('labelled', 'confirmed') AND e.adjudicated IS NULL AND l.row IS NULL"
        }
        ExampleFilter::Labelled => "e.removed = 0 AND e.status IN ('labelled', 'confirmed')",
        ExampleFilter::Prelabelled => "e.removed = 0 AND e.status = 'prelabelled'",
        ExampleFilter::Flagged => "e.removed = 0 AND e.flagged = 1",
        ExampleFilter::Skipped => "e.removed = 0 AND e.status = 'skipped'",
        ExampleFilter::Unsure { .. } => "e.removed = 0 AND s.confidence < ?5",
        ExampleFilter::ModelDisagrees => "e.removed = 0 AND e.status IN ('labelled', 'confirmed') AND s.folded <> e.folded",
        ExampleFilter::Disputed => {
            "e.removed = 0 AND e.adjudicated IS NULL
             AND (SELECT count(DISTINCT content) FROM example_labels WHERE row = e.id AND verdict <> 'skipped') > 1"
        }
        ExampleFilter::Removed => "e.removed = 1",
    }
}

fn shown(row: &Row<'_>, query: &ExampleQuery) -> Result<ExampleRow, StoreError> {
    let number: i64 = row.get(0)?;
    let mut example = example_of(row, 0, 2, 3)?;
    let owner: Option<String> = row.get(9)?;
    let own: Option<String> = row.get(10)?;
    let verdict: Option<String> = row.get(11)?;
    let settled: bool = row.get(15)?;
    let status = status_of(&row.get::<_, String>(5)?);
    let anothers = query.annotator.is_some() && owner.is_some() && owner != query.annotator && !settled;
    if let Some(own) = own {
        example.content = content_of(number, &own)?;
    } else if anothers || query.blind && status != RowStatus::Prelabelled {
        example.content = example.content.blanked();
    }
    let score = match (row.get::<_, Option<i64>>(12)?, row.get::<_, Option<String>>(13)?, row.get::<_, Option<f64>>(14)?) {
        (Some(checkpoint), Some(label), Some(confidence)) => Some(ModelScore { checkpoint, label, confidence }),
        _ => None,
    };
    Ok(ExampleRow {
        row: number,
        ordinal: row.get::<_, i64>(1)? as u64,
        split: split_of(&row.get::<_, String>(4)?),
        status,
        flagged: row.get(6)?,
        note: row.get(7)?,
        removed: row.get(8)?,
        example,
        own: verdict.as_deref().map(verdict_of),
        owner,
        score,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::supervised::{LabelSet, LabelTask, Span};
    use crate::engine::command::Mapping;
    use crate::engine::event::DatasetInfo;
    use crate::store::{Draft, NewExample};

    fn marked(label: &str) -> Content {
        let mut content = LabelTask::Entities.example(1, "Anna left".to_owned()).content;
        if let Content::Entities(it) = &mut content {
            it.spans = vec![Span { bytes: 0..4, label: label.to_owned(), extra: serde_json::Map::new() }];
        }
        content
    }

    /// Two texts with one entity each, and a checkpoint.
    fn project(dir: &tempfile::TempDir) -> (Project, DatasetId) {
        let mut project = Project::create(&dir.path().join("x.lyceum")).unwrap();
        let task = LabelTask::Entities;
        let schema = task.schema();
        let info = DatasetInfo::new("x", "", schema);
        let mapping = Mapping::new(schema, task.columns());
        let draft = Draft::within(project.paths().root()).unwrap().seal().unwrap();
        let dataset = project.begin_examples(draft, &info, &mapping, &LabelSet::default()).unwrap();
        let row = |i: u64| {
            let mut example = task.example(i + 1, "Anna left".to_owned());
            example.content = marked("PER");
            NewExample { example, split: Split::Train, has_label: true }
        };
        project.add_examples(dataset, 0, &[row(0), row(1)]).unwrap();
        project.finish_examples(dataset).unwrap();
        let sql = "INSERT INTO checkpoints (id, ordinal, name, step, path, bytes, is_encoder, created_at) VALUES (1, 1, 'm', 1, 'm', 1, 0, 0)";
        project.db.execute(sql, []).unwrap();
        (project, dataset)
    }

    #[test]
    fn a_model_that_marks_otherwise_disagrees_until_the_row_says_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let (mut project, dataset) = project(&dir);
        let rows: Vec<i64> = project.all_examples(dataset, None).unwrap().iter().map(|row| row.row).collect();
        let sure = Sureness { probability: 0.6, margin: 0.2, entropy: 0.7 };
        let score = |row, disagrees| NewScore { row, label: "x".into(), sure, disagrees };
        project.set_model_scores(1, &[score(rows[0], Some(marked("LOC"))), score(rows[1], None)]).unwrap();
        let disagree = |project: &Project| {
            let query = ExampleQuery { filter: ExampleFilter::ModelDisagrees, ..ExampleQuery::default() };
            let page = project.example_page(dataset, &query, 0, 10).unwrap();
            page.rows.iter().map(|row| row.row).collect::<Vec<_>>()
        };
        assert_eq!(disagree(&project), [rows[0]]);
        // The label was wrong: once it says what the model said, nothing is left to look at.
        let own = crate::data::supervised::Own { content: marked("LOC"), verdict: crate::data::supervised::Verdict::Labelled };
        let change = crate::data::supervised::Change::Own(Some(own));
        let annotation =
            crate::engine::labelling::Annotation { dataset, row: rows[0], annotator: "ann".into(), change, seconds: 1.0 };
        project.annotate(&annotation).unwrap();
        assert_eq!(disagree(&project), Vec::<i64>::new());
    }
}
