//! Files and folders that a person chose or dropped: what each is for. Opens none of them.

use std::path::PathBuf;

use super::rank::RankAction;
use super::{Action, AppState, DataAction, Page, PickPurpose};
use crate::engine::Command;

impl AppState {
    pub(super) fn picked(&mut self, purpose: PickPurpose, path: PathBuf) -> Vec<Command> {
        match purpose {
            PickPurpose::DataFile | PickPurpose::DataFolder => self.apply(Action::Data(DataAction::Inspect(path))),
            PickPurpose::Tokenizer => self.apply(Action::Data(DataAction::ImportTokenizer(path))),
            PickPurpose::NewProject => self.open_project(path, true),
            PickPurpose::OpenProject => self.open_project(path, false),
            PickPurpose::SaveTable | PickPurpose::SavePicture => self.pretrain.write_export(path),
            PickPurpose::ExportModel => self.export_model(path),
            PickPurpose::SaveVotes | PickPurpose::SaveSurvey => self.write_votes(path),
            PickPurpose::Answers => {
                let name = self.rank.import_as.take();
                self.import_answers(path, name)
            }
        }
    }

    pub(super) fn dropped(&mut self, paths: Vec<PathBuf>) -> Vec<Command> {
        let more = paths.len() > 1;
        let Some(path) = paths.into_iter().next() else {
            return Vec::new();
        };
        if path.extension().is_some_and(|extension| extension == "lyceum") {
            return self.open_project(path, false);
        }
        if more {
            self.notices.info("One file at a time: the first was taken. Drop their folder to bring in all of them");
        }
        if path.to_string_lossy().ends_with(".answers.json") {
            return self.apply(Action::Rank(RankAction::ImportAnswers { path, annotator: None }));
        }
        self.page = Page::Data;
        self.apply(Action::Data(DataAction::Inspect(path)))
    }
}
