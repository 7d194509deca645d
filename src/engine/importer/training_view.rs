//! What would train: rows of a dataset as tokens with their mask, as a fine-tuning run would see them. Trains nothing.

use super::training_heads::{HeadRow, HeadView};
use super::{Failure, Session};
use crate::config::Tune;
use crate::data::supervised::{Example, OddLabel, RenderOptions, RenderedPiece, TaskTemplate, odd_labels, render};
use crate::engine::command::{CheckpointId, DatasetId, JobId};
use crate::engine::event::{Event, TrainingPiece, TrainingRow, TrainingView};
use crate::formats::read_config;
use crate::tokenizer::{ChatTemplate, Tokenizer};

/// Rows that are shown at once.
const SHOWN: usize = 60;

impl Session<'_> {
    /// Renders all rows, shows some: first those that lose something, for they are what a person must know of.
    pub(super) fn preview_training(
        &mut self,
        job: JobId,
        dataset: DatasetId,
        checkpoint: CheckpointId,
        (tune, first): (&Tune, usize),
    ) -> Result<(), Failure> {
        let row = self.desk.ask(move |project| project.checkpoint(checkpoint))?;
        let model = read_config(&row.path.join("config.json"))?;
        let tokenizer = Tokenizer::load(&row.path)?;
        let name = |id: Option<u32>| id.map(|id| tokenizer.token_text(id)).unwrap_or_default();
        let (bos, eos) = (name(model.bos_token_id), name(model.eos_token_id.or(tokenizer.special().eos)));
        let template = ChatTemplate::choose(tune.template, &row.path, &bos, &eos).map_err(|e| Failure::Because(e.to_string()))?;
        let words = tune.words.as_ref().map(|(prompt, answer)| TaskTemplate::new(prompt, answer));
        let max_len = if tune.max_len == 0 { model.max_len } else { tune.max_len.min(model.max_len) };
        let options = RenderOptions {
            train_prompt: tune.train_prompt,
            last_answer_only: tune.last_answer_only,
            begin: model.bos_token_id.filter(|bos| Some(*bos) == model.eos_token_id),
            ..RenderOptions::new(max_len)
        };
        let (stored, choices) =
            self.desk.ask(move |project| Ok((project.examples(dataset, None)?, project.label_set(dataset)?)))?;
        let heads = HeadView::new(tune.task, &stored, &tokenizer, &model, max_len);
        let odd = odd_labels(stored.iter().map(|row| &row.example), &choices).iter().map(OddLabel::sentence).collect();
        let mut view = TrainingView { max_len, odd, ..TrainingView::default() };
        let (mut losing, mut whole) = (Vec::new(), Vec::new());
        let most = first + SHOWN;
        for stored in &stored {
            let shown = match &heads {
                Some(heads) => counted(heads.row(stored), &stored.example, &mut view),
                None => self::shown(&stored.example, &template, words.as_ref(), &tokenizer, &options, &mut view),
            };
            let Some(mut shown) = shown else { continue };
            shown.row = stored.row;
            let rows = if shown.warning.is_some() { &mut losing } else { &mut whole };
            if rows.len() < most {
                rows.push(shown);
            }
        }
        view.rows = losing.into_iter().chain(whole).skip(first).take(SHOWN).collect();
        self.outbox.send(Event::TrainingView { job, dataset, view });
        Ok(())
    }
}

/// One row as it would be read; counted either way.
fn shown(
    example: &Example,
    template: &ChatTemplate,
    words: Option<&TaskTemplate>,
    tokenizer: &Tokenizer,
    options: &RenderOptions,
    view: &mut TrainingView,
) -> Option<TrainingRow> {
    let words = words.cloned().unwrap_or_else(|| TaskTemplate::default_for(example));
    match render(template, &words, example, tokenizer, options) {
        Ok(row) => {
            view.trained_rows += 1;
            view.tokens += row.ids.len() as u64;
            view.trained_tokens += row.trained_tokens() as u64;
            view.cut_rows += u64::from(row.cut > 0);
            let piece =
                |piece: &RenderedPiece| TrainingPiece { text: piece.text.clone(), trained: piece.trained, says: String::new() };
            let pieces = row.pieces.iter().map(piece).collect();
            Some(TrainingRow { row: 0, line: example.line, pieces, warning: row.warning() })
        }
        Err(why) => {
            leave_out(view, why.reason(), || format!("line {}: {why}", example.line));
            None
        }
    }
}

/// A head's row, counted like those that are written.
fn counted(row: Result<HeadRow, &'static str>, example: &Example, view: &mut TrainingView) -> Option<TrainingRow> {
    match row {
        Ok(HeadRow { pieces, cut }) => {
            view.trained_rows += 1;
            view.tokens += pieces.len() as u64;
            view.trained_tokens += pieces.iter().filter(|piece| piece.trained).count() as u64;
            view.cut_rows += u64::from(cut > 0);
            let warning = (cut > 0).then(|| format!("{cut} tokens are cut from its end"));
            Some(TrainingRow { row: 0, line: example.line, pieces, warning })
        }
        Err(why) => {
            leave_out(view, why, || format!("the first at line {}", example.line));
            None
        }
    }
}

fn leave_out(view: &mut TrainingView, reason: &str, first: impl FnOnce() -> String) {
    match view.left_out.iter_mut().find(|(known, ..)| known == reason) {
        Some((_, count, _)) => *count += 1,
        None => view.left_out.push((reason.to_owned(), 1, first())),
    }
}
