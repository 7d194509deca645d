//! Which actions change the project: these are refused where it can only be read. Changes nothing itself.

use super::action::Action;
use super::data::DataAction;
use super::label::LabelAction;
use super::rank::RankAction;
use super::rlhf::RlhfAction;
use super::runs::RunsAction;

impl Action {
    pub(super) fn writes(&self) -> bool {
        match self {
            Self::Data(action) => action.writes(),
            Self::Runs(action) => action.writes(),
            Self::Rank(action) => action.writes(),
            Self::Rlhf(action) => matches!(action, RlhfAction::Start { .. } | RlhfAction::StartRounds(_)),
            Self::Label(action) => action.writes(),
            Self::Purge => true,
            Self::Tick { .. }
            | Self::Go(_)
            | Self::Pretrain(_)
            | Self::Tune(_)
            | Self::Redo
            | Self::Prompt(_)
            | Self::Talk(_)
            | Self::Learn(_)
            | Self::Run(_)
            | Self::Settings(_)
            | Self::NewProject(_)
            | Self::OpenProject(_)
            | Self::OpenSample
            | Self::Opening { .. }
            | Self::Remember(_)
            | Self::Show(_)
            | Self::CloseModal
            | Self::CancelJob(_)
            | Self::DismissNotice(_)
            | Self::TakeOffer(_)
            | Self::DismissBanner
            | Self::Undo
            | Self::CopyText(_)
            | Self::Picked { .. }
            | Self::PickFailed { .. }
            | Self::Dropped(_)
            | Self::Quit => false,
        }
    }
}

impl DataAction {
    fn writes(&self) -> bool {
        match self {
            Self::Import { .. }
            | Self::Delete(_)
            | Self::Restore(_)
            | Self::TrainTokenizer { .. }
            | Self::ImportTokenizer(_)
            | Self::BuildCorpus { .. }
            | Self::MakeAgree { .. }
            | Self::Split { .. }
            | Self::LeaveOut { .. }
            | Self::CreateLabelling { .. }
            | Self::Inspect(_) => true,
            Self::StartAdding
            | Self::Pick(_)
            | Self::Discard
            | Self::View(_)
            | Self::Tab(_)
            | Self::Search(_)
            | Self::NeedRows { .. }
            | Self::Measure(_)
            | Self::CutText { .. }
            | Self::PreviewTraining { .. }
            | Self::Export { .. }
            | Self::PreviewVocab { .. } => false,
        }
    }
}

impl RunsAction {
    fn writes(&self) -> bool {
        match self {
            Self::Rename { .. } | Self::Pin { .. } | Self::Delete(_) | Self::Restore(_) | Self::Resume(_) => true,
            Self::Focus(_) | Self::Toggle(_) | Self::ShowDeleted(_) | Self::Unfold { .. } | Self::Export(_) => false,
        }
    }
}

impl RankAction {
    fn writes(&self) -> bool {
        match self {
            Self::Create { .. }
            | Self::Vote(_)
            | Self::Undo
            | Self::Redo
            | Self::SaveSettings(_)
            | Self::SetAnnotator(_)
            | Self::ExportSurvey(_)
            | Self::PickAnswers { .. }
            | Self::WriteTo { .. }
            | Self::ImportAnswers { .. }
            | Self::KeepMended { .. }
            | Self::StartLive { .. } => true,
            Self::Open(_) | Self::Ask(_) | Self::Export(_) => false,
        }
    }
}

impl LabelAction {
    fn writes(&self) -> bool {
        match self {
            Self::Decide { .. }
            | Self::Flag { .. }
            | Self::Note { .. }
            | Self::Keep { .. }
            | Self::Undo
            | Self::Redo
            | Self::SaveLabels(_)
            | Self::SetAnnotator(_)
            | Self::Score { .. }
            | Self::Draft { .. }
            | Self::Settle { .. } => true,
            Self::Show(_)
            | Self::Open(_)
            | Self::ShowRow { .. }
            | Self::Filter(_)
            | Self::Order(_)
            | Self::Search(_)
            | Self::Blind(_)
            | Self::Go(_)
            | Self::Next
            | Self::Previous
            | Self::DropDraft
            | Self::Reload => false,
        }
    }
}
