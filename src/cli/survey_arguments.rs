//! What can be typed about questionnaires: `lyceum survey` and its flags. Knows no engine.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::feedback::Way;

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lyceum survey -p my.lyceum export --dataset pairs --out pairs.html\n  \
    lyceum survey -p my.lyceum export --dataset pairs --way rate --most 30 --out rate.html\n  \
    lyceum survey -p my.lyceum import ann.answers.json bo.answers.json\n  \
    lyceum survey -p my.lyceum list")]
pub struct SurveyArguments {
    #[command(subcommand)]
    pub action: SurveyAction,
}

#[derive(clap::Subcommand, Debug)]
pub enum SurveyAction {
    /// Write questions as one web page that works offline in any browser.
    Export(SurveyExportArguments),
    /// Read files of answers that the page saved. A damaged file, or one that came already, is refused whole.
    Import(SurveyImportArguments),
    /// Show what was asked, and who answered.
    List(SurveyListArguments),
}

#[derive(Args, Debug)]
pub struct SurveyExportArguments {
    /// Id or name of the dataset, or the file that it came from; the newest with questions if none is given.
    #[arg(long, value_name = "ID|NAME")]
    pub dataset: Option<String>,
    /// The page to write; one that stands there is replaced.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// What stands above it; the dataset's name if none is given.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub title: String,
    /// How answers are judged.
    #[arg(long, value_enum, default_value = "compare")]
    pub way: WayName,
    /// Questions at most.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub most: usize,
    /// Questions that each person is asked once more, sides swapped; one in ten if it is not given.
    #[arg(long, value_name = "N")]
    pub again: Option<usize>,
    /// Only questions that nobody answered yet.
    #[arg(long)]
    pub unanswered: bool,
}

#[derive(Args, Debug)]
pub struct SurveyImportArguments {
    /// Files that the page saved.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Import under this name instead of the one in the file.
    #[arg(long, value_name = "NAME")]
    pub annotator: Option<String>,
}

#[derive(Args, Debug)]
pub struct SurveyListArguments {
    /// Only those of this dataset.
    #[arg(long, value_name = "ID|NAME")]
    pub dataset: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WayName {
    /// The better one, or an order.
    Compare,
    /// Each by criteria, 1 to 5.
    Rate,
    /// Thumbs up or down on each.
    Thumbs,
}

impl WayName {
    pub fn way(self) -> Way {
        match self {
            Self::Compare => Way::Compare,
            Self::Rate => Way::Rate,
            Self::Thumbs => Way::Thumbs,
        }
    }
}
