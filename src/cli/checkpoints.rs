//! Which checkpoint a command takes: the one that was named, or the newest or best that can do what is needed. Opens no model.

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use super::arguments::TunedArguments;
use super::session::Session;
use crate::config::{Align, TuneTask};
use crate::engine::event::{CheckpointRow, RunRow, RunState};
use crate::state::choices::checkpoint_name;
use crate::state::tune::best_tuned;

/// What a command needs a checkpoint for. It says which can be taken, and which of these `latest` and `best` mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Anything that stands.
    Any,
    /// To write text.
    Writer,
    /// To write text, and to learn from what is thought of it: one that was fine-tuned comes first.
    Policy,
    /// To learn to write answers. One that was only pre-trained comes first, for a fine-tuned one has learnt another task.
    StartToWrite,
    /// To get a head of its own for classes, marks or places: a decoder or an encoder, one that was only pre-trained first.
    StartOfHead,
    /// To fill masks.
    Masks,
    /// To be looked into: whatever it is, but first what writes text.
    Look,
    /// To go on with its run.
    Resume,
}

impl Need {
    /// What is missing where nothing fits.
    fn none(self) -> &'static str {
        match self {
            Self::Masks => "There is no encoder to fill masks yet; `lyceum pretrain --objective masked` trains one",
            Self::Writer | Self::Policy | Self::StartToWrite | Self::Look => {
                "There is no checkpoint that writes text yet; `lyceum pretrain` makes one"
            }
            Self::Any | Self::StartOfHead => "There is no checkpoint yet; `lyceum pretrain` makes one",
            Self::Resume => "There is no run to go on with: each has made all its steps; `lyceum pretrain` starts a new one",
        }
    }

    /// What the wrong checkpoint does not do.
    fn lacks(self) -> &'static str {
        match self {
            Self::Masks => "fills no masks",
            Self::Writer | Self::Policy | Self::StartToWrite => "writes no text",
            Self::StartOfHead => "is no start for another task",
            Self::Any | Self::Look | Self::Resume => "cannot be used here",
        }
    }
}

/// What the model of a checkpoint gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gives {
    NextTokens,
    MaskedTokens,
    /// Something else than tokens; in words, as the end of "Checkpoint 3 …".
    Other(&'static str),
}

impl Gives {
    fn in_words(self) -> &'static str {
        match self {
            Self::NextTokens => "continues texts",
            Self::MaskedTokens => "fills masks",
            Self::Other(words) => words,
        }
    }
}

impl Session {
    /// A checkpoint by id, or the latest, or the one with the lowest validation loss, that can do what is needed; of one run if asked.
    pub fn checkpoint(&self, asked: &str, run: Option<&str>, need: Need) -> Result<&CheckpointRow> {
        let run = run.map(|r| self.run(r)).transpose()?.map(|r| r.id);
        let usable = || self.usable().filter(|c| run.is_none() || c.run == run);
        let fitting = || usable().filter(|c| self.fits(c, need));
        match asked {
            "latest" => fitting().max_by_key(|c| self.rank(c, need)).context(need.none()),
            "best" => {
                // A loss on another task's rows says nothing beside the others, so what comes first is chosen from alone.
                let first = fitting().map(|c| self.rank(c, need).0).max();
                let measured = fitting().filter(|c| c.val_loss.is_some() && Some(self.rank(c, need).0) == first);
                let best = measured.min_by(|a, b| a.val_loss.unwrap_or(f32::MAX).total_cmp(&b.val_loss.unwrap_or(f32::MAX)));
                best.context("No such checkpoint has a validation loss yet; take `latest`")
            }
            id => {
                let found = usable().find(|c| c.id.to_string() == id);
                let found = found.with_context(|| format!("The project has no checkpoint '{id}'; `lyceum runs` lists them"))?;
                // Why a run cannot be resumed is told by who resumes it.
                if need != Need::Resume && !self.fits(found, need) {
                    bail!("{}", self.unfit(found, need));
                }
                Ok(found)
            }
        }
    }

    /// The same, and a line that says which it is: at the head of what a command tells.
    pub fn start(&self, asked: &str, need: Need) -> Result<CheckpointRow> {
        let row = self.checkpoint(asked, None, need)?.clone();
        self.out.line(&self.told(&row)?)?;
        Ok(row)
    }

    /// The same for what is asked, whose answer alone belongs on stdout.
    pub fn asked(&self, asked: &str, run: Option<&str>, need: Need) -> Result<CheckpointRow> {
        let row = self.checkpoint(asked, run, need)?.clone();
        self.out.note(&self.told(&row)?)?;
        Ok(row)
    }

    /// The line; programs get theirs at once.
    fn told(&self, row: &CheckpointRow) -> Result<String> {
        let name = checkpoint_name(&self.library, row);
        self.out.event(&json!({ "event": "from", "checkpoint": row.id, "name": name }))?;
        Ok(format!("From checkpoint {} ({name})", row.id))
    }

    fn unfit(&self, row: &CheckpointRow, need: Need) -> String {
        let instead = self.usable().filter(|c| self.fits(c, need)).max_by_key(|c| self.rank(c, need));
        let instead = instead.map_or_else(
            || need.none().to_owned(),
            |other| format!("take {} ({})", other.id, checkpoint_name(&self.library, other)),
        );
        let (name, does) = (checkpoint_name(&self.library, row), self.does(row));
        format!("Checkpoint {} ({name}) {does} and {}; {instead}", row.id, need.lacks())
    }

    /// Whether it predicts the next token.
    pub fn writes(&self, row: &CheckpointRow) -> bool {
        self.gives(row) == Gives::NextTokens
    }

    /// What it does, as the end of "Checkpoint 3 …".
    pub fn does(&self, row: &CheckpointRow) -> &'static str {
        self.gives(row).in_words()
    }

    /// Those with a folder, of runs that were not deleted.
    fn usable(&self) -> impl Iterator<Item = &CheckpointRow> {
        self.library.checkpoints.iter().filter(|c| !c.missing && !self.run_of(c).is_some_and(|run| run.deleted))
    }

    fn run_of(&self, row: &CheckpointRow) -> Option<&RunRow> {
        self.library.runs.iter().find(|run| Some(run.id) == row.run)
    }

    fn gives(&self, row: &CheckpointRow) -> Gives {
        let tune = self.run_of(row).and_then(|run| run.config.tune.as_ref());
        let tokens = if row.is_encoder { Gives::MaskedTokens } else { Gives::NextTokens };
        tune.map_or(tokens, |tune| match (tune.task, &tune.align) {
            (TuneTask::Text, Some(Align::Reward { .. })) => Gives::Other("rates texts"),
            (TuneTask::Text, _) => tokens,
            (TuneTask::Classes, _) => Gives::Other("sorts texts into classes"),
            (TuneTask::Tags, _) => Gives::Other("marks names"),
            (TuneTask::Spans, _) => Gives::Other("finds answers in a text"),
        })
    }

    fn fits(&self, row: &CheckpointRow, need: Need) -> bool {
        let gives = self.gives(row);
        match need {
            Need::Writer | Need::Policy | Need::StartToWrite => gives == Gives::NextTokens,
            Need::StartOfHead => matches!(gives, Gives::NextTokens | Gives::MaskedTokens),
            Need::Masks => gives == Gives::MaskedTokens,
            // Attention and embeddings are there to be seen in all of them.
            Need::Any | Need::Look => true,
            Need::Resume => self.run_of(row).is_some_and(|run| {
                let live = run.config.tune.as_ref().is_some_and(|tune| matches!(tune.align, Some(Align::Live { .. })));
                let of_run = self.library.checkpoints.iter().filter(|c| c.run == row.run);
                let reached = of_run.map(|c| c.step).max().unwrap_or(row.step);
                !live && run.state != RunState::Finished && reached < run.config.steps
            }),
        }
    }

    /// What `latest` prefers: the greatest. A run's own work comes before what the project was filled with.
    fn rank(&self, row: &CheckpointRow, need: Need) -> (bool, bool, i64, i64) {
        let tuned = self.run_of(row).is_some_and(|run| run.config.tune.is_some());
        let first = match need {
            Need::StartToWrite | Need::StartOfHead => !tuned,
            Need::Policy => tuned,
            Need::Look => self.writes(row),
            Need::Any | Need::Writer | Need::Masks | Need::Resume => true,
        };
        // Of what no run made the eldest came with the project; the others were made of another checkpoint.
        let eldest = matches!(need, Need::StartToWrite | Need::StartOfHead) && row.run.is_none();
        let sign = if eldest { -1 } else { 1 };
        (first, row.run.is_some(), sign * row.created_at, sign * row.id)
    }

    /// A fine-tuned checkpoint: the best of a run that learnt from rows, unless another is named.
    pub fn tuned(&self, asked: &TunedArguments) -> Result<&CheckpointRow> {
        if asked.checkpoint != "tuned" {
            return self.checkpoint(&asked.checkpoint, asked.run.as_deref(), Need::Any);
        }
        let run = asked.run.as_deref().map(|r| self.run(r)).transpose()?.map(|run| run.id);
        match run {
            None => {
                best_tuned(&self.library, None).context("Nothing was fine-tuned yet; `lyceum classify`, `tag` or `sft` does it")
            }
            Some(run) => {
                let of = self.library.checkpoints.iter().filter(|row| row.run == Some(run) && !row.missing);
                of.max_by_key(|row| (row.best, row.step, row.id)).context("This run has no checkpoint; `lyceum runs` lists them")
            }
        }
    }
}
