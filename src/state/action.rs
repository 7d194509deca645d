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
