//! What a person can ask for from the menu, the palette or the keyboard: one closed list with name, explanation, icon, keys. Draws nothing.

use super::page::Page;
use super::{Action, AppState, Modal, RunAction, SettingsAction, icon};

/// Keys held together. `key` is a name that egui knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keys {
    pub ctrl: bool,
    pub shift: bool,
    pub key: &'static str,
}

const fn plain(key: &'static str) -> Keys {
    Keys { ctrl: false, shift: false, key }
}
const fn ctrl(key: &'static str) -> Keys {
    Keys { ctrl: true, shift: false, key }
}
const fn ctrl_shift(key: &'static str) -> Keys {
    Keys { ctrl: true, shift: true, key }
}

/// A thing a person can ask for from anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserCommand {
    NewProject,
    OpenProject,
    OpenSample,
    AddData,
    ExportCurves,
    GoData,
    GoPretrain,
    GoLabel,
    GoTune,
    GoRank,
    GoRlhf,
    GoPrompt,
    GoRuns,
    GoLearn,
    PauseOrContinue,
    StepOnce,
    SaveCheckpoint,
    StopRun,
    Undo,
    Redo,
    PurgeDeleted,
    Palette,
    Keys,
    About,
    ToggleTheme,
    ZoomIn,
    ZoomOut,
    ZoomReset,
    Fullscreen,
    Quit,
}

impl UserCommand {
    pub const ALL: [Self; 30] = [
        Self::NewProject,
        Self::OpenProject,
        Self::OpenSample,
        Self::AddData,
        Self::ExportCurves,
        Self::GoData,
        Self::GoPretrain,
        Self::GoLabel,
        Self::GoTune,
        Self::GoRank,
        Self::GoRlhf,
        Self::GoPrompt,
        Self::GoRuns,
        Self::GoLearn,
        Self::PauseOrContinue,
        Self::StepOnce,
        Self::SaveCheckpoint,
        Self::StopRun,
        Self::Undo,
        Self::Redo,
        Self::PurgeDeleted,
        Self::Palette,
        Self::Keys,
        Self::About,
        Self::ToggleTheme,
        Self::ZoomIn,
        Self::ZoomOut,
        Self::ZoomReset,
        Self::Fullscreen,
        Self::Quit,
    ];

    pub fn label(self) -> &'static str {
        match self {
            Self::NewProject => "New project…",
            Self::OpenProject => "Open project…",
            Self::OpenSample => "Open sample project",
            Self::AddData => "Add data…",
            Self::ExportCurves => "Export curves as a table…",
            Self::GoData => "Go to Data",
            Self::GoPretrain => "Go to Pre-train",
            Self::GoLabel => "Go to Label",
            Self::GoTune => "Go to Fine-tune",
            Self::GoRank => "Go to Rank",
            Self::GoRlhf => "Go to RLHF",
            Self::GoPrompt => "Go to Prompt",
            Self::GoRuns => "Go to Runs",
            Self::GoLearn => "Go to Learn",
            Self::PauseOrContinue => "Pause or continue training",
            Self::StepOnce => "Train one step",
            Self::SaveCheckpoint => "Save a checkpoint",
            Self::StopRun => "Stop training",
            Self::Undo => "Undo",
            Self::Redo => "Redo",
            Self::PurgeDeleted => "Remove deleted things for good…",
            Self::Palette => "Find a command…",
            Self::Keys => "Keyboard shortcuts",
            Self::About => "About Lyceum",
            Self::ToggleTheme => "Switch between dark and light",
            Self::ZoomIn => "Zoom in",
            Self::ZoomOut => "Zoom out",
            Self::ZoomReset => "Original size",
            Self::Fullscreen => "Full screen",
            Self::Quit => "Quit",
        }
    }

    pub fn tooltip(self) -> &'static str {
        match self {
            Self::NewProject => "Make an empty project folder",
            Self::OpenProject => "Open a project folder that exists",
            Self::OpenSample => "A small world told in simple English, ready to train on",
            Self::AddData => "Bring a text, table or folder into the project",
            Self::ExportCurves => "Every measured step of the watched run, as comma-separated values",
            Self::GoData => Page::Data.purpose(),
            Self::GoPretrain => Page::Pretrain.purpose(),
            Self::GoLabel => Page::Label.purpose(),
            Self::GoTune => Page::Tune.purpose(),
            Self::GoRank => Page::Rank.purpose(),
            Self::GoRlhf => Page::Rlhf.purpose(),
            Self::GoPrompt => Page::Prompt.purpose(),
            Self::GoRuns => Page::Runs.purpose(),
            Self::GoLearn => Page::Learn.purpose(),
            Self::PauseOrContinue => "Training waits between two steps and goes on from the same numbers",
            Self::StepOnce => "While paused: do one optimiser step and pause again",
            Self::SaveCheckpoint => "Write weights and optimiser to disk now, to come back to",
            Self::StopRun => "End the run with a checkpoint; it can be resumed on the Runs page",
            Self::Undo => "Take back the last deletion or renaming; on the Label page, the last label",
            Self::Redo => "On the Label and Rank pages: do again what was taken back",
            Self::PurgeDeleted => "Frees the disk space of deleted runs and datasets",
            Self::Palette => "Every command, found by typing a part of its name",
            Self::Keys => "All keys on one sheet",
            Self::About => "Version, renderer, frame times",
            Self::ToggleTheme => "Dark for the evening, light for the projector",
            Self::ZoomIn => "Everything larger",
            Self::ZoomOut => "Everything smaller",
            Self::ZoomReset => "Undo zooming",
            Self::Fullscreen => "Use the whole screen, or go back",
            Self::Quit => "Close the window; a run saves a checkpoint first",
        }
    }

    pub fn icon(self) -> &'static str {
        match self {
            Self::NewProject => icon::FOLDER_PLUS,
            Self::OpenProject => icon::FOLDER_OPEN,
            Self::OpenSample => icon::SPARKLE,
            Self::AddData => icon::FILE_PLUS,
            Self::ExportCurves => icon::EXPORT,
            Self::GoData => Page::Data.icon(),
            Self::GoPretrain => Page::Pretrain.icon(),
            Self::GoLabel => Page::Label.icon(),
            Self::GoTune => Page::Tune.icon(),
            Self::GoRank => Page::Rank.icon(),
            Self::GoRlhf => Page::Rlhf.icon(),
            Self::GoPrompt => Page::Prompt.icon(),
            Self::GoRuns => Page::Runs.icon(),
            Self::GoLearn => Page::Learn.icon(),
            Self::PauseOrContinue => icon::PAUSE,
            Self::StepOnce => icon::SKIP_FORWARD,
            Self::SaveCheckpoint => icon::FLOPPY_DISK,
            Self::StopRun => icon::STOP,
            Self::Undo => icon::ARROW_COUNTER_CLOCKWISE,
            Self::Redo => icon::ARROW_CLOCKWISE,
            Self::PurgeDeleted => icon::BROOM,
            Self::Palette => icon::MAGNIFYING_GLASS,
            Self::Keys => icon::KEYBOARD,
            Self::About => icon::INFO,
            Self::ToggleTheme => icon::CIRCLE_HALF,
            Self::ZoomIn => icon::PLUS,
            Self::ZoomOut => icon::MINUS,
            Self::ZoomReset => icon::CROSSHAIR,
            Self::Fullscreen => icon::LAYOUT,
            Self::Quit => icon::SIGN_OUT,
        }
    }

    /// The first is the one that is shown.
    pub fn keys(self) -> &'static [Keys] {
        match self {
            Self::NewProject => const { &[ctrl("N")] },
            Self::OpenProject => const { &[ctrl("O")] },
            Self::AddData => const { &[ctrl("I")] },
            Self::ExportCurves => const { &[ctrl("E")] },
            Self::GoData => const { &[ctrl("1")] },
            Self::GoPretrain => const { &[ctrl("2")] },
            Self::GoLabel => const { &[ctrl("3")] },
            Self::GoTune => const { &[ctrl("4")] },
            Self::GoRank => const { &[ctrl("5")] },
            Self::GoRlhf => const { &[ctrl("6")] },
            Self::GoPrompt => const { &[ctrl("7")] },
            Self::GoRuns => const { &[ctrl("8")] },
            Self::GoLearn => const { &[ctrl("9")] },
            Self::PauseOrContinue => const { &[plain("Space")] },
            Self::StepOnce => const { &[plain("Period")] },
            Self::SaveCheckpoint => const { &[ctrl("S")] },
            Self::StopRun => const { &[ctrl("Period")] },
            Self::Undo => const { &[ctrl("Z")] },
            Self::Redo => const { &[ctrl_shift("Z"), ctrl("Y")] },
            Self::Palette => const { &[ctrl("K"), ctrl("P")] },
            Self::Keys => const { &[plain("F1"), plain("Questionmark")] },
            Self::ToggleTheme => const { &[ctrl_shift("L")] },
            Self::ZoomIn => const { &[ctrl("Plus"), ctrl("Equals")] },
            Self::ZoomOut => const { &[ctrl("Minus")] },
            Self::ZoomReset => const { &[ctrl("0")] },
            Self::Fullscreen => const { &[plain("F11")] },
            Self::Quit => const { &[ctrl("Q")] },
            Self::OpenSample | Self::PurgeDeleted | Self::About => &[],
        }
    }

    /// What it sets off.
    pub fn action(self) -> Action {
        match self {
            Self::NewProject => Action::Show(Modal::NewProject),
            Self::OpenProject => Action::Show(Modal::OpenProject),
            Self::OpenSample => Action::OpenSample,
            Self::AddData => Action::Data(super::DataAction::StartAdding),
            Self::ExportCurves => Action::Pretrain(super::PretrainAction::ExportCsv),
            Self::GoData => Action::Go(Page::Data),
            Self::GoPretrain => Action::Go(Page::Pretrain),
            Self::GoLabel => Action::Go(Page::Label),
            Self::GoTune => Action::Go(Page::Tune),
            Self::GoRank => Action::Go(Page::Rank),
            Self::GoRlhf => Action::Go(Page::Rlhf),
            Self::GoPrompt => Action::Go(Page::Prompt),
            Self::GoRuns => Action::Go(Page::Runs),
            Self::GoLearn => Action::Go(Page::Learn),
            Self::PauseOrContinue => Action::Run(RunAction::PauseOrContinue),
            Self::StepOnce => Action::Run(RunAction::StepOnce),
            Self::SaveCheckpoint => Action::Run(RunAction::SaveCheckpoint),
            Self::StopRun => Action::Run(RunAction::Stop),
            Self::Undo => Action::Undo,
            Self::Redo => Action::Redo,
            Self::PurgeDeleted => Action::Show(Modal::Purge),
            Self::Palette => Action::Show(Modal::Palette),
            Self::Keys => Action::Show(Modal::Keys),
            Self::About => Action::Show(Modal::About),
            Self::ToggleTheme => Action::Settings(SettingsAction::ToggleTheme),
            Self::ZoomIn => Action::Settings(SettingsAction::ZoomBy(1)),
            Self::ZoomOut => Action::Settings(SettingsAction::ZoomBy(-1)),
            Self::ZoomReset => Action::Settings(SettingsAction::ZoomReset),
            Self::Fullscreen => Action::Settings(SettingsAction::ToggleFullscreen),
            Self::Quit => Action::Quit,
        }
    }

    /// Why it cannot be done now, if it cannot.
    pub fn refusal(self, state: &AppState) -> Option<&'static str> {
        let held = state.live.as_ref().is_some_and(super::LiveRun::is_held);
        let running = state.live.as_ref().is_some_and(super::LiveRun::is_running);
        match self {
            Self::PauseOrContinue | Self::SaveCheckpoint | Self::StopRun => (!held).then_some("Nothing is training"),
            Self::StepOnce => (!held || running).then_some("Pause the training first"),
            Self::Undo => {
                (!matches!(state.page, Page::Label | Page::Rank) && state.undo_label().is_none()).then_some("Nothing to undo")
            }
            Self::Redo => (!matches!(state.page, Page::Label | Page::Rank)).then_some("Only labels and votes can be done again"),
            Self::AddData => state.why_not_write(),
            Self::ExportCurves => {
                state.watched_curves().is_none_or(|c| c.points().is_empty()).then_some("Nothing was measured yet")
            }
            Self::PurgeDeleted => state.why_not_write().or_else(|| {
                let nothing = !state.library.runs.iter().any(|run| run.deleted)
                    && !state.library.datasets.iter().any(|dataset| dataset.deleted);
                nothing.then_some("Nothing is deleted")
            }),
            Self::NewProject
            | Self::OpenProject
            | Self::OpenSample
            | Self::GoData
            | Self::GoPretrain
            | Self::GoLabel
            | Self::GoTune
            | Self::GoRank
            | Self::GoRlhf
            | Self::GoPrompt
            | Self::GoRuns
            | Self::GoLearn
            | Self::Palette
            | Self::Keys
            | Self::About
            | Self::ToggleTheme
            | Self::ZoomIn
            | Self::ZoomOut
            | Self::ZoomReset
            | Self::Fullscreen
            | Self::Quit => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_commands_share_keys() {
        let all = UserCommand::ALL.iter().flat_map(|command| command.keys()).collect::<Vec<_>>();
        for (i, keys) in all.iter().enumerate() {
            assert!(!all.iter().skip(i + 1).any(|other| other == keys), "{keys:?} stands twice");
        }
    }

    #[test]
    fn every_page_can_be_reached_by_a_command() {
        for page in Page::ALL {
            assert!(UserCommand::ALL.iter().any(|command| command.action() == Action::Go(page)), "{page:?}");
        }
    }
}
