//! The laboratory through the engine: tuning in context with a resume, curves with controls, prompt or weights, distillation, bad input.

use super::runs::{config, ready, run_ended};
use super::tuning::{import, resumes_to_the_same_bits};
use super::{Engine, Place, library, until};

use lyceum::config::{Dims, InContext, RunConfig, Tune};
use lyceum::data::supervised::Split;
use lyceum::engine::command::{LabCommand, Schema, TrainCommand};
use lyceum::engine::event::{AlignEvent, LabEvent, RunState};
use lyceum::engine::lab::{Condition, CurveRequest, DistilRequest, LabMaterial, WeightsRequest};
use lyceum::engine::{Command, Event};

/// Two tasks: which sign a text has. The words for it differ.
pub fn tasks(engine: &Engine, place: &Place) -> i64 {
    let words = [["aa", "bb"], ["cc", "dd"]];
    let row = |i: usize| {
        let (task, class) = (i % 2, i / 2 % 2);
        let sign = ["x", "o"][class];
        format!(
            "{{\"task\": \"t{task}\", \"instruction\": \"say\", \"input\": \"{sign}{}\", \"output\": \"{}\"}}",
            i / 4,
            words[task][class]
        )
    };
    let rows: Vec<String> = (0..64).map(row).collect();
    import(engine, place, Schema::Instruction, &["instruction", "input", "output"], &rows)
}

fn longer(corpus: i64, steps: u64) -> RunConfig {
    let dims = Dims { context: 64, ..config(corpus, steps).dims };
    RunConfig { dims, prompts: Vec::new(), ..config(corpus, steps) }
}

fn material(dataset: i64) -> LabMaterial {
    LabMaterial { dataset, split: Split::Train, draws: 2, queries: 6, ..LabMaterial::default() }
}

fn failed(event: &Event) -> Option<String> {
    if let Event::JobFailed { message, .. } = event { Some(message.clone()) } else { None }
}

#[test]
fn a_run_in_context_resumes_to_the_same_bits() {
    let (place, engine, corpus) = ready();
    engine.send(Command::Train(TrainCommand::StartRun { config: longer(corpus, 3), from: None }));
    let from = until(&engine, run_ended).1.unwrap();
    let dataset = tasks(&engine, &place);
    let own = InContext { shots: 4, episodes: 64, ..InContext::default() };
    let tune = Tune { dataset, epochs: 0.0, in_context: Some(own), metric_rows: 4, answer_tokens: 4, ..Tune::default() };
    let run = RunConfig { tune: Some(tune), checkpoint_every: 4, lr: 1e-2, ..longer(0, 8) };
    engine.send(Command::Train(TrainCommand::StartRun { config: run, from: Some(from) }));
    let mut copying = 0;
    let (state, whole) = until(&engine, |event| {
        if let Event::Align(AlignEvent::Series { points, .. }) = event {
            copying += points.iter().filter(|point| point.name == lyceum::train::probe_series::COPY).count();
        }
        run_ended(event)
    });
    assert_eq!(state, RunState::Finished);
    assert!(copying >= 2, "copying is measured at every validation");
    resumes_to_the_same_bits(&engine, dataset, whole.unwrap());
}

#[test]
fn curves_weights_and_distillation_are_measured() {
    let (place, engine, corpus) = ready();
    engine.send(Command::Train(TrainCommand::StartRun { config: longer(corpus, 20), from: None }));
    let checkpoint = until(&engine, run_ended).1.unwrap();
    let dataset = tasks(&engine, &place);
    let measure = || {
        let request = CurveRequest {
            checkpoints: vec![checkpoint],
            material: material(dataset),
            shots: vec![2, 0, 2],
            controls: true,
            generate: true,
        };
        engine.send(Command::Lab(LabCommand::Curves { job: 31, request: Box::new(request) }));
        until(&engine, |event| if let Event::Lab(LabEvent::Curves { curves, .. }) = event { Some(curves.clone()) } else { None })
    };
    let curves = measure();
    assert_eq!(curves.tasks, ["t0", "t1"]);
    assert!((curves.chance - 0.5).abs() < 1e-9);
    assert_eq!(curves.curves.iter().map(|curve| curve.condition).collect::<Vec<_>>(), Condition::ALL);
    for curve in &curves.curves {
        assert_eq!(curve.points.iter().map(|point| point.k).collect::<Vec<_>>(), [0, 2]);
        for point in &curve.points {
            let band = point.accuracy.unwrap();
            assert!((0.0..=1.0).contains(&band.low) && band.low <= band.mean && band.mean <= band.high);
            assert!(point.loss.mean > 0.0 && !point.shown.is_empty());
            assert_eq!(point.calibrated.is_some(), curve.condition == Condition::Plain);
            let shown = &point.shown[0];
            let lines = point.k + 1 + usize::from(curve.condition != Condition::Bare);
            assert_eq!(shown.prompt.lines().count(), lines, "{}", shown.prompt);
            assert_eq!(shown.prompt.starts_with("say\n"), curve.condition != Condition::Bare);
            let sum: f64 = shown.labels.iter().map(|(_, p, _)| p).sum();
            assert!((sum - 1.0).abs() < 1e-9 && shown.labels.iter().any(|(label, ..)| *label == shown.truth));
        }
    }
    // The same seed measures the same.
    assert_eq!(measure().curves, curves.curves);

    let request = WeightsRequest { checkpoint, material: material(dataset), shots: vec![0, 4], steps: 40, lr: 2e-2 };
    engine.send(Command::Lab(LabCommand::Weights { job: 32, request: Box::new(request) }));
    let weights =
        until(
            &engine,
            |event| if let Event::Lab(LabEvent::Weights { weights, .. }) = event { Some(weights.clone()) } else { None },
        );
    assert_eq!(weights.points.iter().map(|point| point.k).collect::<Vec<_>>(), [4], "nothing is learnt from no examples");
    // Four examples a task, learnt by heart: their words are far likelier than before.
    assert!(weights.points[0].weights_loss.mean < weights.points[0].prompt_loss.mean, "{weights:?}");

    let request =
        DistilRequest { checkpoint, material: material(dataset), shots: 2, steps: 40, lr: 1e-2, save: Some("distilled".into()) };
    engine.send(Command::Lab(LabCommand::Distil { job: 33, request: Box::new(request) }));
    let distilled = until(&engine, |event| {
        if let Event::Lab(LabEvent::Distilled { distilled, .. }) = event { Some(distilled.clone()) } else { None }
    });
    assert_eq!((distilled.losses.len(), distilled.task.as_str()), (40, "t0"));
    // So small a model says nearly the same with a context and without; that the divergence falls is the loss's own test.
    assert!(distilled.losses.iter().all(|loss| loss.is_finite() && *loss >= 0.0), "{distilled:?}");
    assert!(distilled.before.kl >= 0.0 && distilled.after != distilled.before, "{distilled:?}");
    let kept = distilled.checkpoint.unwrap();
    assert!(library(&engine).checkpoints.iter().any(|row| row.id == kept && row.name == "distilled"));
}

#[test]
fn what_cannot_be_measured_is_said() {
    let (place, engine, corpus) = ready();
    engine.send(Command::Train(TrainCommand::StartRun { config: longer(corpus, 3), from: None }));
    let checkpoint = until(&engine, run_ended).1.unwrap();
    let dataset = tasks(&engine, &place);
    let ask = |request: CurveRequest| {
        engine.send(Command::Lab(LabCommand::Curves { job: 41, request: Box::new(request) }));
        until(&engine, failed)
    };
    let good = CurveRequest {
        checkpoints: vec![checkpoint],
        material: material(dataset),
        shots: vec![0],
        controls: false,
        generate: false,
    };
    let said = ask(CurveRequest { checkpoints: Vec::new(), ..good.clone() });
    assert!(said.contains("needs a checkpoint"), "{said}");
    let said = ask(CurveRequest { checkpoints: vec![checkpoint + 77], ..good.clone() });
    assert!(said.contains("checkpoint"), "{said}");
    let unknown = LabMaterial { tasks: vec!["t9".into()], ..material(dataset) };
    let said = ask(CurveRequest { material: unknown, ..good.clone() });
    assert!(said.contains("no task 't9'; it has t0, t1"), "{said}");
    let said = ask(CurveRequest { material: LabMaterial { split: Split::Test, ..material(dataset) }, ..good });
    assert!(said.contains("No task has two test rows"), "{said}");
}
