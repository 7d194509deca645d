//! Saving a run: written beside its place, synced, renamed, listed, the old ones thinned. Knows no schedule.

use std::time::Instant;

use super::Hands;
use super::active::ActiveRun;
use super::live_log::save_learnt;
use crate::config::Objective;
use crate::engine::command::CheckpointId;
use crate::engine::event::{Event, RunState};
use crate::store::{Draft, KeepRule, NewCheckpoint};

impl ActiveRun {
    /// Saves the last finished step, if that was not done yet. When it fails, the run pauses and says why: going on would
    /// risk what cannot be saved. True when the checkpoint stands.
    pub fn save_checkpoint(&mut self, hands: &mut Hands<'_>) -> bool {
        self.write(hands);
        let step = self.trainer.step();
        if let Some((checkpoint, _)) = self.last_checkpoint.filter(|(_, at)| *at == step) {
            hands.outbox.send(Event::CheckpointSaved { run: self.id, checkpoint, step });
            return true;
        }
        let saved = self.try_save(step, hands);
        self.saved_at = Instant::now();
        self.save_failed = saved.is_err();
        match saved {
            Ok(checkpoint) => {
                self.last_checkpoint = Some((checkpoint, step));
                hands.outbox.send(Event::CheckpointSaved { run: self.id, checkpoint, step });
                self.thin(hands);
                true
            }
            Err(message) => {
                hands.warn(format!("The checkpoint of step {step} could not be written, so the run is paused. {message}"));
                self.set_state(RunState::Paused, hands);
                false
            }
        }
    }

    fn try_save(&self, step: u64, hands: &mut Hands<'_>) -> Result<CheckpointId, String> {
        let draft = Draft::within(&hands.paths.run_dir(self.id)).map_err(|error| error.to_string())?;
        self.trainer.save(draft.path(), Some(&self.tokenizer_path)).map_err(|error| error.to_string())?;
        if let Some(live) = &self.live {
            save_learnt(&live.learnt(), draft.path())?;
        }
        let draft = draft.seal().map_err(|error| error.to_string())?;
        let new = NewCheckpoint {
            run: self.id,
            step,
            train_loss: self.trainer.last_train_loss(),
            val_loss: self.last_val.filter(|(at, _)| *at == step).map(|(_, loss)| loss),
            best: self.best.step() == Some(step),
            is_encoder: self.trainer.plan().config().objective == Objective::Masked,
        };
        let row = hands.desk.change(move |project| project.commit_checkpoint(draft, &new)).map_err(|error| error.to_string())?;
        Ok(row.id)
    }

    fn thin(&self, hands: &Hands<'_>) {
        let config = self.trainer.plan().config();
        let rule = KeepRule { keep_last: config.keep_last, keep_every: config.keep_every };
        let run = self.id;
        hands.desk.tell(true, move |project| project.thin_checkpoints(run, rule).map(|_removed| ()));
    }
}
