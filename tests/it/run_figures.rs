//! What is said of runs of different kinds: each in the figures that its loss allows, with the names of what it learnt from; and what the next one starts from.

use lyceum::config::{Align, RunConfig, Tune, TuneTask};
use lyceum::engine::Event;
use lyceum::engine::command::Schema;
use lyceum::engine::event::{CheckpointRow, DatasetInfo, Library, RunRow};
use lyceum::state::run_figures::{Measure, data, steps, tokenizer};
use lyceum::state::tune::{TuneDraft, checkpoint_name};
use lyceum::state::{Action, TuneAction};
use lyceum::train::PreferenceLoss;

use crate::state::{checkpoint, dataset, opened, run_row};

fn tuned(id: i64, tune: Tune) -> RunRow {
    let config = RunConfig { tune: Some(tune), steps: 1_000_000, ..RunConfig::default() };
    RunRow { config, parent_checkpoint: Some(1), val_loss: Some(-0.62), ..run_row(id) }
}

#[test]
fn perplexity_and_bits_stand_only_where_the_loss_is_of_text() {
    let rl = Tune { align: Some(Align::Rl(Box::default())), ..Tune::default() };
    let live = Align::Live { loss: PreferenceLoss::default(), steps: 4, replay: 4 };
    let kinds = [
        (RunConfig::default(), (true, true)),
        (tuned(2, Tune { task: TuneTask::Text, ..Tune::default() }).config, (true, false)),
        (tuned(2, Tune { task: TuneTask::Classes, ..Tune::default() }).config, (false, false)),
        (tuned(2, rl.clone()).config, (false, false)),
        (tuned(2, Tune { align: Some(live.clone()), ..Tune::default() }).config, (false, false)),
    ];
    for (config, expected) in kinds {
        let measure = Measure::of(&config);
        assert_eq!((measure.has_perplexity(), measure.has_bits_a_byte()), expected, "{measure:?}");
    }
    let reward = Measure::of(&tuned(2, rl).config);
    assert_eq!((reward.name(), reward.value(Some(-0.62)).as_str()), ("Reward", "0.620"));
    assert!(!steps(&tuned(2, Tune { align: Some(live), ..Tune::default() })).contains("1,000,000"));
}

#[test]
fn a_tuned_run_names_its_rows_and_the_tokenizer_of_its_start() {
    let rows = DatasetInfo { schema: Schema::Messages, name: "Chats".into(), ..dataset(3) };
    let tune = Tune { dataset: 3, task: TuneTask::Text, ..Tune::default() };
    let mut pretrained = run_row(1);
    pretrained.config.corpus = 7;
    let library = Library {
        datasets: vec![dataset(1), rows],
        runs: vec![pretrained, tuned(2, tune)],
        checkpoints: vec![checkpoint(1, 1, 100), checkpoint(2, 2, 10)],
        ..Library::default()
    };
    assert_eq!(data(&library, &library.runs[1]), Some("Chats"));
    // Nothing is said of a tokenizer that is not known.
    assert_eq!(tokenizer(&library, &library.runs[1]), None);
    let mut state = opened();
    let _sent = state.handle(Event::Library(library));
    assert!(state.learnt_to_chat(2) && !state.learnt_to_chat(1));
}

#[test]
fn a_start_stays_until_somebody_chooses_another() {
    let rows = |id: i64, name: &str| DatasetInfo { schema: Schema::Messages, name: name.into(), labelled: 50, ..dataset(id) };
    let starter = CheckpointRow { run: None, name: "starter".into(), ..checkpoint(1, 1, 0) };
    let mut library =
        Library { datasets: vec![rows(3, "Chats"), rows(4, "Others")], checkpoints: vec![starter], ..Library::default() };
    let mut draft = TuneDraft::default();
    draft.settle(&library, None);
    assert_eq!(draft.from, Some(1));
    // A tiny run of one's own does not take its place, not even with other rows.
    library.runs.push(run_row(2));
    library.checkpoints.push(checkpoint(2, 2, 20));
    draft.tune.dataset = 3;
    draft.settle(&library, None);
    assert_eq!(draft.from, Some(1));
    // Another page asks for a start; it stays, too.
    let mut state = opened();
    let _sent = state.apply(Action::Tune(TuneAction::DatasetFrom(4, 2)));
    draft.settle(&library, state.tune.wish.as_ref());
    assert_eq!((draft.tune.dataset, draft.from), (4, Some(2)));
    draft.tune.dataset = 3;
    draft.settle(&library, state.tune.wish.as_ref());
    assert_eq!(draft.from, Some(2));
    assert_eq!(checkpoint_name(&library, &library.checkpoints[0]), "starter (sample)");
}
