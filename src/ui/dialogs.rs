//! The desktop's file dialogs, asked without ever making the window wait. The only file that names `rfd`.

use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use eframe::egui;

use crate::state::{Action, PickPurpose};

type Asked = Pin<Box<dyn Future<Output = Option<rfd::FileHandle>>>>;

/// The dialog that is open, if any.
#[derive(Default)]
pub struct Dialogs {
    open: Option<(PickPurpose, Instant, Asked)>,
}

/// A dialog that closes sooner than a person can was never shown.
const TOO_SOON: Duration = Duration::from_millis(400);

struct Repaint(egui::Context);

impl Wake for Repaint {
    fn wake(self: Arc<Self>) {
        self.0.request_repaint();
    }
}

impl Dialogs {
    /// Opens a dialog; one at a time.
    pub fn ask(&mut self, purpose: PickPurpose) {
        if self.open.is_some() {
            return;
        }
        let dialog = rfd::AsyncFileDialog::new();
        let asked: Asked = match purpose {
            PickPurpose::DataFile => {
                let kinds = ["txt", "md", "jsonl", "json", "csv", "tsv", "parquet"];
                let dialog = dialog.set_title("Add data").add_filter("Text and tables", &kinds).add_filter("All files", &["*"]);
                Box::pin(dialog.pick_file())
            }
            PickPurpose::Tokenizer => {
                let dialog = dialog.set_title("Load a tokenizer").add_filter("tokenizer.json", &["json"]);
                Box::pin(dialog.pick_file())
            }
            PickPurpose::DataFolder => Box::pin(dialog.set_title("Add a folder of texts").pick_folder()),
            PickPurpose::OpenProject => Box::pin(dialog.set_title("Open a project").pick_folder()),
            PickPurpose::SaveTable => {
                Box::pin(dialog.set_title("Save the curves as a table").set_file_name("curves.csv").save_file())
            }
            PickPurpose::SavePicture => {
                Box::pin(dialog.set_title("Save a picture of the curves").set_file_name("curves.png").save_file())
            }
            PickPurpose::ExportModel => {
                Box::pin(dialog.set_title("Export the model as a folder").set_file_name("model").save_file())
            }
            PickPurpose::SaveVotes => Box::pin(dialog.set_title("Save the votes").set_file_name("votes.jsonl").save_file()),
            PickPurpose::SaveSurvey => {
                Box::pin(dialog.set_title("Save the questionnaire").set_file_name("questions.html").save_file())
            }
            PickPurpose::Answers => {
                let dialog = dialog.set_title("Answers to a questionnaire").add_filter("Answers", &["json"]);
                Box::pin(dialog.pick_file())
            }
            PickPurpose::NewProject => Box::pin(dialog.set_title("New project").set_file_name("project.lyceum").save_file()),
        };
        self.open = Some((purpose, Instant::now(), asked));
    }

    /// What was chosen since the last frame.
    pub fn poll(&mut self, ctx: &egui::Context) -> Option<Action> {
        let (purpose, since, asked) = self.open.as_mut()?;
        let waker = Waker::from(Arc::new(Repaint(ctx.clone())));
        match asked.as_mut().poll(&mut TaskContext::from_waker(&waker)) {
            Poll::Pending => None,
            Poll::Ready(handle) => {
                let (purpose, soon) = (*purpose, since.elapsed() < TOO_SOON);
                self.open = None;
                let path = handle.map(|handle| PathBuf::from(handle.path()));
                Some(if path.is_none() && soon {
                    Action::PickFailed { purpose, message: NO_DIALOG.to_owned() }
                } else {
                    Action::Picked { purpose, path }
                })
            }
        }
    }

    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }
}

const NO_DIALOG: &str =
    "This desktop offers no file dialog (no xdg-desktop-portal answers). Type the path, or drop the file on the window";
