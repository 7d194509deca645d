//! What a person can do and what the window then has to do: closed lists, matched everywhere without a wildcard. Does nothing itself.

use std::path::PathBuf;

use super::data::DataAction;
use super::label::LabelAction;
use super::learn::LearnAction;
use super::page::Page;
use super::pretrain::PretrainAction;
use super::prompt::PromptAction;
use super::rank::RankAction;
use super::rlhf::RlhfAction;
use super::runs::RunsAction;
use super::settings::{Settings, SettingsAction};
use super::talk::TalkAction;
use super::tune::TuneAction;
use crate::engine::command::JobId;

/// Something a person did. Pages have their own lists.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// The window's clock, in seconds; sent once a frame.
    Tick {
        now_s: f64,
    },
    Go(Page),
    Data(DataAction),
    Pretrain(PretrainAction),
    Label(LabelAction),
    Rank(RankAction),
    Rlhf(RlhfAction),
    Tune(TuneAction),
    Prompt(PromptAction),
    Talk(TalkAction),
    Runs(RunsAction),
    Learn(LearnAction),
    /// On the run at hand, from any page.
    Run(RunAction),
    Settings(SettingsAction),
    /// Make a project in this folder.
    NewProject(PathBuf),
    OpenProject(PathBuf),
    OpenSample,
    /// The workers were started on this project.
    Opening {
        path: PathBuf,
        sample: bool,
    },
    /// Settings as the last start left them.
    Remember(Settings),
    Show(Modal),
    CloseModal,
    CancelJob(JobId),
    DismissNotice(u64),
    /// The button of a message.
    TakeOffer(u64),
    DismissBanner,
    Undo,
    /// The label that was taken back.
    Redo,
    /// Remove for good what was deleted.
    Purge,
    CopyText(String),
    /// The desktop's dialog answered; None: closed without a choice.
    Picked {
        purpose: PickPurpose,
        path: Option<PathBuf>,
    },
    /// No dialog could be shown.
    PickFailed {
        purpose: PickPurpose,
        message: String,
    },
    /// Files were dropped on the window.
    Dropped(Vec<PathBuf>),
    Quit,
}

/// What a person can do to the run at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunAction {
    PauseOrContinue,
    StepOnce,
    SaveCheckpoint,
    Stop,
}

/// What is shown over the page and wants an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Modal {
    NewProject,
    OpenProject,
    Palette,
    Keys,
    About,
    /// Says what is lost, then does it.
    Purge,
    /// Says what is lost, then does it.
    Confirm {
        title: String,
        body: String,
        yes: String,
        action: Box<Action>,
    },
}

/// What a chosen path is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PickPurpose {
    DataFile,
    DataFolder,
    Tokenizer,
    NewProject,
    OpenProject,
    /// A run's curves as a table.
    SaveTable,
    /// A picture of a run's curves.
    SavePicture,
    /// A checkpoint as a folder for other programs.
    ExportModel,
    /// Votes for other programs.
    SaveVotes,
    /// Questions for a browser.
    SaveSurvey,
    /// What somebody answered there.
    Answers,
}

/// What only the window can do, asked for by the state.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    Pick(PickPurpose),
    /// Shut the workers down and start them on another project.
    Open {
        path: PathBuf,
        create: bool,
    },
    OpenSample,
    CopyText(String),
    /// Settings changed: show and remember them.
    Settings(Settings),
    /// Switch to the theme that is not shown now.
    ToggleTheme,
    ToggleFullscreen,
    Quit,
}

impl Action {
    /// Whether it changes the project, so that it is refused where the project can only be read.
    pub(super) fn writes(&self) -> bool {
        match self {
            Action::Data(action) => match action {
                DataAction::Import { .. }
                | DataAction::Delete(_)
                | DataAction::Restore(_)
                | DataAction::TrainTokenizer { .. }
                | DataAction::ImportTokenizer(_)
                | DataAction::BuildCorpus { .. }
                | DataAction::MakeAgree { .. }
                | DataAction::Split { .. }
                | DataAction::LeaveOut { .. }
                | DataAction::CreateLabelling { .. }
                | DataAction::Inspect(_) => true,
                DataAction::StartAdding
                | DataAction::Pick(_)
                | DataAction::Discard
                | DataAction::View(_)
                | DataAction::Tab(_)
                | DataAction::Search(_)
                | DataAction::NeedRows { .. }
                | DataAction::Measure(_)
                | DataAction::CutText { .. }
                | DataAction::PreviewTraining { .. }
                | DataAction::Export { .. }
                | DataAction::PreviewVocab { .. } => false,
            },
            Action::Runs(action) => match action {
                RunsAction::Rename { .. }
                | RunsAction::Pin { .. }
                | RunsAction::Delete(_)
                | RunsAction::Restore(_)
                | RunsAction::Resume(_) => true,
                RunsAction::Focus(_)
                | RunsAction::Toggle(_)
                | RunsAction::ShowDeleted(_)
                | RunsAction::Unfold { .. }
                | RunsAction::Export(_) => false,
            },
            Action::Rank(action) => match action {
                RankAction::Create { .. }
                | RankAction::Vote(_)
                | RankAction::Undo
                | RankAction::Redo
                | RankAction::SaveSettings(_)
                | RankAction::SetAnnotator(_)
                | RankAction::ExportSurvey(_)
                | RankAction::PickAnswers { .. }
                | RankAction::WriteTo { .. }
                | RankAction::ImportAnswers { .. }
                | RankAction::KeepMended { .. }
                | RankAction::StartLive { .. } => true,
                RankAction::Open(_) | RankAction::Ask(_) | RankAction::Export(_) => false,
            },
            Action::Rlhf(action) => matches!(action, RlhfAction::Start { .. } | RlhfAction::StartRounds(_)),
            Action::Label(action) => match action {
                LabelAction::Decide { .. }
                | LabelAction::Flag { .. }
                | LabelAction::Note { .. }
                | LabelAction::Keep { .. }
                | LabelAction::Undo
                | LabelAction::Redo
                | LabelAction::SaveLabels(_)
                | LabelAction::SetAnnotator(_)
                | LabelAction::Score { .. }
                | LabelAction::Draft { .. }
                | LabelAction::Settle { .. } => true,
                LabelAction::Show(_)
                | LabelAction::Open(_)
                | LabelAction::ShowRow { .. }
                | LabelAction::Filter(_)
                | LabelAction::Order(_)
                | LabelAction::Search(_)
                | LabelAction::Blind(_)
                | LabelAction::Go(_)
                | LabelAction::Next
                | LabelAction::Previous
                | LabelAction::DropDraft
                | LabelAction::Reload => false,
            },
            Action::Purge => true,
            Action::Tick { .. }
            | Action::Go(_)
            | Action::Pretrain(_)
            | Action::Tune(_)
            | Action::Redo
            | Action::Prompt(_)
            | Action::Talk(_)
            | Action::Learn(_)
            | Action::Run(_)
            | Action::Settings(_)
            | Action::NewProject(_)
            | Action::OpenProject(_)
            | Action::OpenSample
            | Action::Opening { .. }
            | Action::Remember(_)
            | Action::Show(_)
            | Action::CloseModal
            | Action::CancelJob(_)
            | Action::DismissNotice(_)
            | Action::TakeOffer(_)
            | Action::DismissBanner
            | Action::Undo
            | Action::CopyText(_)
            | Action::Picked { .. }
            | Action::PickFailed { .. }
            | Action::Dropped(_)
            | Action::Quit => false,
        }
    }
}
