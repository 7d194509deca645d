//! What a person does to a run under way: pause, knobs, rewind, a look at a batch, stop. Trains nothing.

use super::Hands;
use super::active::{ActiveRun, Task};
use crate::engine::command::{CheckpointId, Knob};
use crate::engine::event::{Event, Mark, MarkKind, RunState};

impl ActiveRun {
    pub fn pause(&mut self, hands: &mut Hands<'_>) {
        if self.state == RunState::Running {
            self.set_state(RunState::Paused, hands);
        }
    }

    pub fn go_on(&mut self, hands: &mut Hands<'_>) {
        self.stepping_once = false;
        self.tasks.retain(|task| !matches!(task, Task::Pause));
        self.set_state(RunState::Running, hands);
    }

    pub fn step_once(&mut self, hands: &mut Hands<'_>) {
        self.stepping_once = true;
        self.set_state(RunState::Running, hands);
    }

    pub fn set_knob(&mut self, knob: Knob, hands: &mut Hands<'_>) {
        match check_knob(knob) {
            Ok(()) => {
                let from = self.turn_knob(knob, hands);
                self.turned.push(from);
            }
            Err(message) => hands.refuse(message),
        }
    }

    pub fn undo_knob(&mut self, hands: &mut Hands<'_>) {
        match self.turned.pop() {
            Some(old) => {
                self.turn_knob(old, hands);
            }
            None => hands.refuse("No knob was turned since this run was started or resumed"),
        }
    }

    fn turn_knob(&mut self, to: Knob, hands: &mut Hands<'_>) -> Knob {
        let from = self.trainer.set_knob(to);
        let label = knob_label(from, to);
        self.mark(Mark { step: self.trainer.step(), kind: MarkKind::Knob { from, to }, label }, hands);
        from
    }

    /// Back to a checkpoint of this run. A new checkpoint follows at once, so that a crash does not bring the abandoned steps back.
    pub fn rewind(&mut self, checkpoint: CheckpointId, lr_scale: f64, hands: &mut Hands<'_>) {
        if let Err(message) = self.try_rewind(checkpoint, lr_scale, hands) {
            hands.refuse(message);
        }
    }

    fn try_rewind(&mut self, checkpoint: CheckpointId, lr_scale: f64, hands: &mut Hands<'_>) -> Result<(), String> {
        if !(lr_scale > 0.0 && lr_scale.is_finite()) {
            return Err(format!("The learning rate cannot be scaled by {lr_scale}; choose a number above 0, say 0.5"));
        }
        let row = hands.desk.ask(move |project| project.checkpoint(checkpoint)).map_err(|error| error.to_string())?;
        if row.run != Some(self.id) {
            return Err("This checkpoint belongs to another run; branch from it instead".to_owned());
        }
        let from_step = self.trainer.step();
        self.trainer.rewind(&row.path, lr_scale).map_err(|error| error.to_string())?;
        self.rewind_live(&row.path)?;
        let step = self.trainer.step();
        self.tasks.clear();
        self.sampling = None;
        self.write(hands);
        let id = self.id;
        hands.desk.tell(true, move |project| project.trim_after(id, step));
        self.recall_best(hands)?;
        let label = format!("Rewound from step {from_step} to {step}, learning rate × {lr_scale}");
        self.mark(Mark { step: from_step, kind: MarkKind::Rewind { to_step: step }, label }, hands);
        self.last_checkpoint = Some((checkpoint, u64::MAX));
        self.save_checkpoint(hands);
        if self.state == RunState::Alarm {
            self.set_state(RunState::Running, hands);
        }
        Ok(())
    }

    pub fn inspect(&self, step: u64, hands: &mut Hands<'_>) {
        match self.trainer.batch_view(step, &|id| self.tokenizer.token_text(id)) {
            Some(batch) => hands.outbox.send(Event::Batch { run: self.id, batch }),
            None => hands.refuse(format!("The batch of step {step} is not at hand; only those of the latest steps are kept")),
        }
    }

    /// Ends the run with a checkpoint. If that cannot be written the run stays, paused; a second stop ends it all the same.
    pub fn stop(&mut self, hands: &mut Hands<'_>, message: &str) {
        let tried_before = self.save_failed;
        if self.save_checkpoint(hands) {
            self.close(RunState::Stopped, message.to_owned(), hands);
        } else if tried_before {
            self.close(RunState::Stopped, format!("{message}; its last checkpoint could not be written"), hands);
        }
    }
}

/// Refuses a value that no training survives.
fn check_knob(knob: Knob) -> Result<(), String> {
    let wrong = match knob {
        Knob::Lr(rate) => !(rate > 0.0 && rate <= 1.0),
        Knob::GradAccum(count) => count == 0 || count > 1 << 16,
        Knob::WeightDecay(decay) => !(0.0..=10.0).contains(&decay),
        Knob::Dropout(share) => !(0.0..1.0).contains(&share),
        Knob::EvalEvery(_) | Knob::SampleEvery(_) | Knob::CheckpointEveryS(_) => false,
    };
    if wrong { Err(format!("{} is out of range; nothing was changed", name(knob))) } else { Ok(()) }
}

fn name(knob: Knob) -> String {
    match knob {
        Knob::Lr(rate) => format!("A learning rate of {rate}"),
        Knob::GradAccum(count) => format!("Accumulating {count} batches"),
        Knob::WeightDecay(decay) => format!("A weight decay of {decay}"),
        Knob::Dropout(share) => format!("A dropout of {share}"),
        Knob::EvalEvery(steps) => format!("Validating every {steps} steps"),
        Knob::SampleEvery(steps) => format!("Sampling every {steps} steps"),
        Knob::CheckpointEveryS(seconds) => format!("Saving every {seconds} s"),
    }
}

/// As it stands on the curve.
fn knob_label(from: Knob, to: Knob) -> String {
    let value = |knob| match knob {
        Knob::Lr(x) | Knob::WeightDecay(x) | Knob::Dropout(x) => x.to_string(),
        Knob::GradAccum(n) => n.to_string(),
        Knob::EvalEvery(n) | Knob::SampleEvery(n) | Knob::CheckpointEveryS(n) => n.to_string(),
    };
    let what = match to {
        Knob::Lr(_) => "Learning rate",
        Knob::GradAccum(_) => "Accumulation",
        Knob::WeightDecay(_) => "Weight decay",
        Knob::Dropout(_) => "Dropout",
        Knob::EvalEvery(_) => "Validation interval",
        Knob::SampleEvery(_) => "Sample interval",
        Knob::CheckpointEveryS(_) => "Checkpoint interval",
    };
    format!("{what} {} → {}", value(from), value(to))
}
