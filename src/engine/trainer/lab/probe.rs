//! Accuracy against the number of examples while a run trains: a few queries of held-out tasks, asked of its weights between steps, in pieces. Trains nothing.

use std::path::Path;

use super::super::Hands;
use super::super::row_source::{RowSource, begin};
use super::super::source::Inputs;
use super::material::Material;
use super::questions::{Figures, Questions, Reader};
use super::score::PER_PASS;
use crate::config::{RunConfig, ShotsOf, Tune};
use crate::data::supervised::{Episode, RowSnapshot, Split, prompt_tasks};
use crate::engine::lab::{Condition, LabMaterial};
use crate::model::Scores;
use crate::tokenizer::Tokenizer;
use crate::train::{RunTrainer, TrainError, probe_series};

/// Queries that are asked, the same at every validation of a run: they follow from its seed. Few, for each is read several times.
const QUERIES: usize = 48;

/// What a run asks, and how far it is with it.
pub struct ShotProbe {
    questions: Questions,
    /// Numbers of examples; as many queries of each.
    shots: Vec<usize>,
    queries: usize,
    /// What guessing among a task's answers scores, where there is a choice.
    chance: Option<f64>,
    /// The rows, where they are not those that the run learns from.
    kept: Option<RowSnapshot>,
    /// The step that is measured, and what was scored.
    under_way: Option<(u64, Vec<Scores>)>,
}

impl ShotProbe {
    /// For a new run, or for one that goes on and has its rows in `run_dir`. None where nothing is to be asked.
    pub fn open(
        trainer: &RunTrainer,
        (inputs, tokenizer): (&Inputs, &Tokenizer),
        run_dir: Option<&Path>,
        hands: &mut Hands<'_>,
    ) -> Result<Option<Self>, String> {
        let config = trainer.plan().config();
        if !config.writes_text() {
            return Ok(None);
        }
        let begin = begin(&trainer.model().config);
        let reader = Reader { tokenizer, begin, max_len: trainer.plan().context() };
        let found = match (config.shots_of, inputs) {
            (ShotsOf::Own, Inputs::Rows(rows, _)) if config.tune.as_ref().is_some_and(|tune| tune.in_context.is_some()) => {
                Self::over(&rows.snapshot, config, reader, hands)
            }
            (ShotsOf::Own | ShotsOf::None, _) => return Ok(None),
            (ShotsOf::Dataset(dataset), _) => asked(dataset, config, run_dir, hands).and_then(|rows| {
                let found = Self::over(&rows, config, reader, hands)?;
                Ok(Self { kept: Some(rows), ..found })
            }),
        };
        let wrong = |message| format!("Accuracy by the number of examples is not measured: {message}");
        match found {
            Ok(found) => Ok(Some(found)),
            // Who asked for it by name is told before anything begins; a run that could go on goes on.
            Err(message) if config.shots_of != ShotsOf::Own && run_dir.is_none() => Err(wrong(message)),
            Err(message) => {
                hands.warn(wrong(message));
                Ok(None)
            }
        }
    }

    /// Queries of the validation side: the test side stays unseen for whoever chooses by these curves.
    fn over(rows: &RowSnapshot, config: &RunConfig, reader: Reader<'_>, hands: &mut Hands<'_>) -> Result<Self, String> {
        let tasks = prompt_tasks(rows.rows.iter().map(|row| (row.row, row.split, &row.example)));
        let (split, queries, seed) = (Split::Validation, QUERIES, config.seed);
        let none = || {
            "no task of these rows can be asked: it needs a validation row that fits the context, and two rows to show before it; give the dataset more, or choose another"
                .to_owned()
        };
        let wanted = LabMaterial { split, draws: 1, queries, seed, ..LabMaterial::default() };
        let material = Material::over(wanted, tasks).map_err(|_none| none())?;
        let shots = config.shots_measured();
        let mut columns: Vec<Vec<Episode<'_>>> = vec![Vec::new(); shots.len()];
        let mut fewer = 0;
        for (place, ask) in material.queries(0).into_iter().enumerate() {
            let drawn = shots.iter().filter_map(|k| material.episode(ask, *k, Condition::Plain, (0, place)));
            let fitted = drawn.filter_map(|mut episode| reader.fit(&mut episode).map(|_gone| episode));
            let own: Vec<Episode<'_>> = fitted.collect();
            // The same queries with every number of examples.
            if own.len() == shots.len() {
                fewer += usize::from(own.iter().zip(&shots).any(|(episode, k)| episode.shots.len() < *k));
                columns.iter_mut().zip(own).for_each(|(column, episode)| column.push(episode));
            }
        }
        let queries = columns.first().map_or(0, Vec::len);
        if queries == 0 {
            return Err(none());
        }
        if fewer > 0 {
            let most = shots.last().copied().unwrap_or_default();
            hands.warn(format!(
                "{fewer} of the {queries} queries by which the use of examples is measured have fewer than {most} before them: no more fit the context, or their task has none"
            ));
        }
        let choices: Vec<f64> = columns.iter().take(1).flatten().filter_map(choice).collect();
        let chance = (!choices.is_empty()).then(|| choices.iter().sum::<f64>() / choices.len() as f64);
        let episodes: Vec<Episode<'_>> = columns.into_iter().flatten().collect();
        Ok(Self { questions: reader.questions(&episodes, true), shots, queries, chance, kept: None, under_way: None })
    }

    /// Writes what a resumed run must ask again into its folder.
    pub fn keep(&self, run_dir: &Path) -> Result<(), String> {
        self.kept.as_ref().map_or(Ok(()), |rows| rows.save_asked(run_dir))
    }

    /// One piece; the curves' points after the last.
    pub fn turn(&mut self, trainer: &mut RunTrainer) -> Result<Option<Vec<(String, f64)>>, TrainError> {
        let step = trainer.step();
        // What was begun before a rewind is of other weights.
        let begun = self.under_way.take().filter(|(at, _)| *at == step);
        let mut scores = begun.map_or_else(Vec::new, |(_, scores)| scores);
        let left = self.questions.sequences.get(scores.len()..).unwrap_or_default();
        let piece = left.iter().take(PER_PASS * trainer.plan().replicas().max(1)).cloned().collect();
        scores.extend(trainer.score(piece)?);
        if scores.len() < self.questions.sequences.len() {
            self.under_way = Some((step, scores));
            return Ok(None);
        }
        let answers = self.questions.judge(&scores);
        let mut out = Vec::new();
        for (k, part) in self.shots.iter().zip(answers.chunks(self.queries)) {
            let figures = Figures::of(part);
            out.extend(figures.calibrated.or(figures.accuracy).map(|share| (format!("{}{k}", probe_series::SHOTS), share)));
            out.push((format!("{}{k}", probe_series::ANSWER_LOSS), figures.loss));
        }
        out.extend(self.chance.map(|chance| (probe_series::GUESSING.to_owned(), chance)));
        Ok(Some(out))
    }
}

/// What guessing scores.
fn choice(episode: &Episode<'_>) -> Option<f64> {
    (!episode.options.is_empty()).then(|| 1.0 / episode.options.len() as f64)
}

/// The rows of a dataset as they are now, or as they were when the run began.
fn asked(dataset: i64, config: &RunConfig, run_dir: Option<&Path>, hands: &Hands<'_>) -> Result<RowSnapshot, String> {
    if let Some(run_dir) = run_dir {
        return RowSnapshot::load_asked(run_dir);
    }
    // Shared out as a run that learns from them shares them out.
    let fraction = config.tune.as_ref().map_or_else(|| Tune::default().val_fraction, |tune| tune.val_fraction);
    Ok(RowSource::of_dataset(dataset, fraction, hands)?.snapshot)
}
