//! Accuracy by the number of examples on the pages: set up by name, then shown beside the run.

use egui_kittest::kittest::Queryable as _;
use lyceum::config::ShotsOf;
use lyceum::engine::Event;
use lyceum::engine::event::{AlignEvent, SeriesPoint};
use lyceum::state::Action;
use lyceum::state::pretrain::{PretrainAction, SideTab};

use super::{NARROW, RUN, WIDE, library, opened, pages, training};
use crate::state::task_rows;

#[test]
fn tasks_to_ask_are_chosen_by_name() {
    let mut all = library(Vec::new(), Vec::new());
    all.datasets.push(task_rows("Small tasks"));
    let mut harness = pages(opened(all), WIDE);
    assert_eq!(harness.state().draft.pretrain.setup.config.shots_of, ShotsOf::Own);
    harness.get_by_label("Learning from examples").click_accesskit();
    harness.run_steps(20);
    harness.get_by_label("Tasks to ask while the model learns").click_accesskit();
    harness.run_steps(4);
    harness.get_by_label("Small tasks").click_accesskit();
    harness.run_steps(4);
    assert_eq!(harness.state().draft.pretrain.setup.config.shots_of, ShotsOf::Dataset(4));
}

#[test]
fn curves_by_the_number_of_examples_are_read() {
    for size in [WIDE, NARROW] {
        let mut state = training();
        let _sent = state.apply(Action::Pretrain(PretrainAction::Tab(SideTab::Context)));
        let mut harness = pages(state, size);
        assert!(harness.query_by_label("Right answers").is_none());
        let point = |step: u64, name: &str, value: f32| SeriesPoint { step, name: name.to_owned(), value };
        let points = [0, 50, 100].into_iter().flat_map(|step| {
            let share = step as f32 / 200.0;
            let loss = 2.0 - share;
            [
                point(step, "context/shots-0", 0.4),
                point(step, "context/shots-10", 0.25 + share),
                point(step, "context/shots-4", 0.4),
                point(step, "context/shots-guessing", 0.38),
                point(step, "context/answer-loss-10", loss),
            ]
        });
        let series = AlignEvent::Series { run: RUN, points: points.collect() };
        let _sent = harness.state_mut().state.handle(Event::Align(series));
        harness.run_steps(4);
        // Ten is more than four.
        for text in ["Right answers", "75 % with 10 examples", "Loss of the answer", "1.50 nats with 10 examples"] {
            harness.get_by_label(text);
        }
    }
}
