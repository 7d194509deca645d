//! The pages around judged answers: rules are composed, rounds follow from what the engine says, duels and the guided task are filled in.

use std::path::PathBuf;

use eframe::egui::Ui;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use lyceum::config::{Align, Judge, RunConfig, Tune};
use lyceum::engine::align::{AlignCommand, AlignEvent};
use lyceum::engine::command::{LibraryCommand, Schema, TrainCommand};
use lyceum::engine::event::{CheckpointRow, DatasetInfo, Library, RunInfo, RunRow, RunState};
use lyceum::engine::feedback::{FeedbackCommand, FeedbackEvent};
use lyceum::engine::judged::{BestReport, DuelReport};
use lyceum::engine::{Command, Event};
use lyceum::feedback::Honesty;
use lyceum::state::guided::{REQUESTS, Task};
use lyceum::state::prompt::PromptDraft;
use lyceum::state::prompt_view::PromptView;
use lyceum::state::rank::RankAction;
use lyceum::state::rlhf::{RlhfAction, RlhfDraft, RlhfView, RlhfWish};
use lyceum::state::rounds_page::DuelState;
use lyceum::state::{Action, AppState, Draft, Page, PromptAction, TuneAction};
use lyceum::train::PreferenceLoss;
use lyceum::ui::{fonts, learn, rlhf, theme};

fn checkpoint(id: i64, run: Option<i64>) -> CheckpointRow {
    CheckpointRow { id, run, name: format!("model {id}"), step: 10, bytes: 1, ..CheckpointRow::default() }
}

fn dataset(id: i64, name: &str, schema: Schema, votes: u64) -> DatasetInfo {
    DatasetInfo { id, rows: 300, bytes: 1, questions: 300, votes, ..DatasetInfo::new(name, "", schema) }
}

fn run(id: i64, tune: Tune) -> RunRow {
    RunRow {
        id,
        name: format!("run {id}"),
        config: RunConfig { tune: Some(tune), ..RunConfig::default() },
        state: RunState::Finished,
        parent_checkpoint: Some(1),
        created_at: 0,
        duration_s: 1.0,
        step: 10,
        n_params: 1_000_000,
        train_loss: None,
        val_loss: None,
        deleted: false,
    }
}

fn library() -> Library {
    Library {
        datasets: vec![
            dataset(1, REQUESTS, Schema::Prompts, 0),
            dataset(2, "Polite answers", Schema::Preference, 400),
            dataset(3, "Short answers", Schema::PromptCompletion, 0),
            dataset(8, "Chats", Schema::Messages, 0),
        ],
        runs: vec![run(5, Tune { dataset: 8, ..Tune::default() })],
        checkpoints: vec![checkpoint(1, None), checkpoint(2, Some(5))],
        ..Library::default()
    }
}

fn opened(library: Library) -> AppState {
    let mut state = AppState::default();
    for event in [Event::Opened { path: PathBuf::from("p"), read_only: false, settings: Vec::new() }, Event::Library(library)] {
        let _sent = state.handle(event);
    }
    state
}

struct Pages {
    state: AppState,
    draft: Draft,
    sent: Vec<Command>,
}

fn pages(state: AppState, size: [f32; 2]) -> Harness<'static, Pages> {
    let draw = |ui: &mut Ui, pages: &mut Pages| {
        let mut actions = Vec::new();
        match pages.state.page {
            Page::Learn => learn::page(ui, &pages.state, &mut pages.draft, &mut actions),
            _ => rlhf::page(ui, &pages.state, &mut pages.draft, &mut actions),
        }
        for action in actions {
            pages.sent.extend(pages.state.apply(action));
        }
    };
    let setup = |ctx: &eframe::egui::Context| {
        fonts::install(ctx);
        theme::install(ctx);
    };
    let pages = Pages { state, draft: Draft::default(), sent: Vec::new() };
    let mut harness = Harness::builder().with_size(size).with_context_setup(setup).build_ui_state(draw, pages);
    harness.run_steps(4);
    harness
}

#[test]
fn rounds_are_set_up_with_composed_rules_and_followed_to_their_end() {
    let mut state = opened(library());
    let _sent = state.apply(Action::Go(Page::Rlhf));
    for task in [Task::Rounds] {
        for action in task.actions(&state) {
            let _sent = state.apply(action);
        }
    }
    let mut harness = pages(state, [1376.0, 900.0]);
    assert!(harness.query_by_label("Rules in words").is_some());
    harness.get_by_label("Start the rounds").click();
    harness.run_steps(4);
    let asked = harness.state().sent.iter().find_map(|command| match command {
        Command::Align(AlignCommand::Best { job, wish }) => Some((*job, wish.clone())),
        _ => None,
    });
    let (job, wish) = asked.expect("what the start is worth is asked first");
    assert!(wish.into.is_none() && wish.n == 1 && wish.draw.dataset == 1, "{wish:?}");
    let [Judge::Rules { rules, .. }] = wish.draw.judges.as_slice() else { panic!("{wish:?}") };
    assert_eq!(rules.rules.len(), 4);
    assert_eq!(harness.state().state.rlhf.view, RlhfView::Rounds);

    // What the engine says leads on: draw, learn, measure; and what it brought is kept in the project.
    let state = &mut harness.state_mut().state;
    let report = |mean: f64, dataset| {
        let rewards = vec![mean; 4];
        let best =
            BestReport { prompts: 4, answers: 32, mean, kept: 4, kept_mean: 4.0, dataset, rewards, ..BestReport::default() };
        move |job| Event::Align(AlignEvent::Best { job, best: Box::new(best.clone()) })
    };
    let next = state.handle(report(2.0, None)(job));
    let [Command::Align(AlignCommand::Best { job, wish })] = next.as_slice() else { panic!("{next:?}") };
    assert!(wish.into.as_deref().is_some_and(|name| name.contains("round 1")) && wish.n > 1);
    let next = state.handle(report(2.1, Some(9))(*job));
    let [Command::Train(TrainCommand::StartRun { config, from: Some(2) })] = next.as_slice() else { panic!("{next:?}") };
    assert_eq!(config.tune.as_ref().map(|tune| tune.dataset), Some(9));
    let info = RunInfo { n_params: 1, tokens_per_step: 1, train_tokens: 1, val_tokens: 1, replicas: 1, ..RunInfo::default() };
    let _sent = state.handle(Event::RunStarted { run: 11, config: config.clone(), info });
    let ended = Event::RunEnded { run: 11, state: RunState::Finished, checkpoint: Some(40), message: String::new() };
    let next = state.handle(ended);
    let [Command::Align(AlignCommand::Best { job, wish })] = next.as_slice() else { panic!("{next:?}") };
    assert_eq!((wish.checkpoint, wish.into.as_deref()), (40, None));
    let next = state.handle(report(3.0, None)(*job));
    let [Command::Align(AlignCommand::Best { job, .. })] = next.as_slice() else { panic!("{next:?}") };
    let message = "the disk is full".to_owned();
    let next = state.handle(Event::JobFailed { job: *job, message });
    let [Command::Library(LibraryCommand::SaveSetting { key, value })] = next.as_slice() else { panic!("{next:?}") };
    assert!(key == "rounds" && value.contains("the disk is full"), "{value}");
    let kept = &state.rlhf.rounds.kept[0];
    assert_eq!((kept.rounds.len(), kept.rounds[0].before, kept.rounds[0].after, kept.rounds[0].win_rate), (1, 2.0, 3.0, 1.0));
    harness.run_steps(2);
    assert!(harness.query_by_label_contains("the disk is full").is_some());
    assert!(harness.query_by_label("3.000").is_some());
}

#[test]
fn a_duel_is_asked_for_and_shown() {
    let mut state = opened(library());
    for action in Task::Duel.actions(&state) {
        let _sent = state.apply(action);
    }
    let mut harness = pages(state, [960.0, 700.0]);
    harness.get_by_label("Compare").click();
    harness.run_steps(3);
    let sent = &harness.state().sent;
    let wish = sent.iter().find_map(|command| match command {
        Command::Align(AlignCommand::Duel { wish, .. }) => Some(wish.clone()),
        _ => None,
    });
    let wish = wish.expect("a duel");
    assert_eq!((wish.checkpoint, wish.against, wish.draw.dataset), (2, Some(1), 1));
    let DuelState::Asked(job) = harness.state().state.rlhf.rounds.duel else { panic!("not asked") };
    let duel = DuelReport {
        names: ("new".to_owned(), "old".to_owned()),
        prompts: 4,
        wins: 3,
        losses: 1,
        rate: 0.75,
        ..DuelReport::default()
    };
    let _sent = harness.state_mut().state.handle(Event::Align(AlignEvent::Duelled { job, duel: Box::new(duel) }));
    harness.run_steps(3);
    assert!(harness.query_by_label("new against old").is_some());
    assert!(Task::Duel.is_done(&harness.state().state));
}

#[test]
fn two_votes_are_told_beside_the_start_and_so_is_a_bias() {
    let mut few = library();
    few.datasets[1].votes = 2;
    let mut draft = RlhfDraft::default();
    draft.settle(&few);
    let said = draft.assembled(&few).unwrap_err();
    assert!(said.contains("2 votes are too few"), "{said}");

    let mut state = opened(library());
    let _sent = state.apply(Action::Rlhf(RlhfAction::Show(RlhfView::SetUp)));
    let mut harness = pages(state, [1376.0, 900.0]);
    harness.run_steps(2);
    let asked = |sent: &[Command]| {
        sent.iter().filter(|it| matches!(it, Command::Feedback(FeedbackCommand::LoadHonesty { dataset: 2 }))).count()
    };
    assert_eq!(asked(&harness.state().sent), 1, "asked once, not with every frame");
    let cycles = vec!["“a” and “b”, to “p”".to_owned()];
    let honesty = Box::new(Honesty { votes: 400, decided: 400, cycles, ..Honesty::default() });
    let _sent = harness.state_mut().state.handle(Event::Feedback(FeedbackEvent::Honesty { dataset: 2, honesty }));
    harness.run_steps(3);
    assert!(harness.query_by_label_contains("in a circle").is_some());
}

#[test]
fn the_guided_task_is_ticked_off_by_what_the_project_shows() {
    let state = opened(library());
    let done = |state: &AppState| Task::ALL.iter().filter(|task| task.is_done(state)).copied().collect::<Vec<_>>();
    assert_eq!(done(&state), [Task::TeachAnswering]);
    assert!(Task::Click.why_not(&state).is_some() && Task::Rounds.why_not(&state).is_none());
    let mut more = library();
    more.datasets.push(dataset(4, "Polite or not", Schema::Preference, 12));
    let align = Align::Live { loss: PreferenceLoss::default(), steps: 4, replay: 4 };
    more.runs.push(run(6, Tune { dataset: 4, align: Some(align), ..Tune::default() }));
    // A run on rewards that the task did not set up is none of its steps.
    more.runs.push(run(7, Tune { dataset: 1, align: Some(Align::Rl(Box::default())), ..Tune::default() }));
    more.checkpoints.extend([checkpoint(3, Some(6)), checkpoint(4, Some(7))]);
    let state = opened(more);
    assert_eq!(done(&state), [Task::TeachAnswering, Task::BeginVotes, Task::LearnLive, Task::Click]);

    // It goes on from what was fine-tuned in its second step, not from the newest model.
    let wished = |task: Task| task.actions(&state);
    let from = wished(Task::LearnLive).into_iter().find_map(|action| match action {
        Action::Rank(RankAction::StartLive { from, .. }) => Some(from),
        _ => None,
    });
    assert_eq!(from, Some(2));
    assert!(
        wished(Task::Rounds)
            .iter()
            .any(|it| { matches!(it, Action::Rlhf(RlhfAction::Wish(RlhfWish::Learn { from: Some(2), .. }))) })
    );
    assert!(wished(Task::TeachAnswering).contains(&Action::Tune(TuneAction::DatasetFrom(8, 1))));

    let mut state = opened(library());
    let _sent = state.apply(Action::Prompt(PromptAction::Show(PromptView::Chat)));
    for action in Task::AskBase.actions(&state) {
        let _sent = state.apply(action);
    }
    assert_eq!(state.prompt.view, PromptView::Complete);
    let mut typed = PromptDraft::default();
    typed.take_wish(&state.prompt);
    assert!(typed.prompt.contains("six beds") && !Task::AskBase.is_done(&state));

    let mut state = opened(library());
    let _sent = state.apply(Action::Go(Page::Learn));
    let open = lyceum::state::LearnAction::Open(lyceum::state::learn::Lesson::Polite);
    let _sent = state.apply(Action::Learn(open));
    let mut harness = pages(state, [1376.0, 2400.0]);
    harness.get_by_label("Begin a collection of votes").click();
    harness.run_steps(2);
    let created = harness
        .state()
        .sent
        .iter()
        .any(|command| matches!(command, Command::Feedback(FeedbackCommand::Create { name, .. }) if name == "Polite or not"));
    assert!(created && harness.state().state.page == Page::Rank);
    assert_eq!(harness.state().state.rank.asking.prompts, Some(1));
}
