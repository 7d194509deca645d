//! The sample project's content, compiled into the program so that it works from any folder. Knows no importer and no model.

use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::files;

/// A small world told in simple English.
const TEXT: &str = include_str!("../../sample_data/world.txt");
/// Beginnings for a model to go on from, one a line; `\n` stands for a line break.
const PROMPTS: &str = include_str!("../../sample_data/prompts.txt");
const STARTER: [(&str, &[u8]); 3] = [
    ("model.safetensors", include_bytes!("../../assets/starter/model.safetensors")),
    ("config.json", include_bytes!("../../assets/starter/config.json")),
    ("tokenizer.json", include_bytes!("../../assets/starter/tokenizer.json")),
];

/// One labelled dataset: name, file, and its three parts.
pub struct Task {
    pub name: &'static str,
    pub file: &'static str,
    parts: [&'static str; 3],
}

macro_rules! task {
    ($name:literal, $file:literal) => {
        Task {
            name: $name,
            file: $file,
            parts: [
                include_str!(concat!("../../sample_data/tasks/", $file, ".train.jsonl")),
                include_str!(concat!("../../sample_data/tasks/", $file, ".validation.jsonl")),
                include_str!(concat!("../../sample_data/tasks/", $file, ".test.jsonl")),
            ],
        }
    };
}

/// The labelled datasets over the sample world, in the order of the list; two ask and are judged, the last is many small tasks.
pub const TASKS: [Task; 14] = [
    task!("Sentiment of reviews", "sentiment"),
    task!("Topics", "topic"),
    task!("Spam", "spam"),
    task!("Named entities", "entities"),
    task!("Questions on a text", "questions"),
    task!("Short answers", "answers"),
    task!("Translation into Larkish", "translation"),
    task!("Summaries", "summaries"),
    task!("Chats", "chat"),
    task!("Recommendations", "recommendation"),
    task!("Ratings", "ratings"),
    task!("Customer requests", "customer_requests"),
    task!("Polite answers", "politeness"),
    task!("In-context tasks", "in_context"),
];

/// Name of the dataset and its file.
pub const TEXT_NAME: &str = "A small world";
const TEXT_FILE: &str = "world.txt";
/// Name of the tokenizer.
pub const TOKENIZER_NAME: &str = "Small world pieces";
/// Name of the model that came with the program.
pub const STARTER_NAME: &str = "starter";
/// Seed and share of the sample's split.
pub const SPLIT_SEED: u64 = 1;
pub const VAL_FRACTION: f64 = 0.05;
/// Text of the project's pinned prompts as one setting: each on a line, line breaks within as `\n`.
pub fn prompts_setting() -> &'static str {
    PROMPTS.trim()
}

/// Setting under which a project keeps its pinned prompts.
pub const PROMPTS_SETTING: &str = "pinned_prompts";
/// Setting that says that the labelled datasets were put in once.
pub const TASKS_SETTING: &str = "sample_tasks";
/// Setting that says that the sample is whole.
pub const FILLED_SETTING: &str = "sample_filled";

/// Where the sample project stands.
pub fn default_path() -> PathBuf {
    super::recent::default_projects_dir().join("Sample.lyceum")
}

/// Lines of the prompts that a new sample project pins.
pub fn prompts() -> Vec<String> {
    PROMPTS.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| line.replace("\\n", "\n")).collect()
}

/// Writes the text where an importer can read it.
pub fn write_text(dir: &Path) -> Result<PathBuf, StoreError> {
    let path = dir.join(TEXT_FILE);
    std::fs::write(&path, TEXT).map_err(|source| StoreError::io("write", &path, source))?;
    Ok(path)
}

/// Writes the parts of a labelled dataset side by side; gives the first.
pub fn write_task(task: &Task, dir: &Path) -> Result<PathBuf, StoreError> {
    let name = |part: &str| dir.join(format!("{}.{part}.jsonl", task.file));
    for (part, text) in ["train", "validation", "test"].into_iter().zip(task.parts) {
        let path = name(part);
        std::fs::write(&path, text).map_err(|source| StoreError::io("write", &path, source))?;
    }
    Ok(name("train"))
}

/// Whether a trained model came with the program.
pub fn has_starter() -> bool {
    STARTER.iter().all(|(_, content)| !content.is_empty())
}

/// Writes the trained model as a Hugging Face folder.
pub fn write_starter(dir: &Path) -> Result<(), StoreError> {
    files::create_dir(dir)?;
    for (name, content) in STARTER {
        let path = dir.join(name);
        std::fs::write(&path, content).map_err(|source| StoreError::io("write", &path, source))?;
    }
    Ok(())
}

/// The tokenizer that the trained model was trained with.
pub fn write_starter_tokenizer(path: &Path) -> Result<(), StoreError> {
    let content = STARTER.iter().find(|(name, _)| *name == "tokenizer.json").map_or(&[][..], |(_, content)| content);
    std::fs::write(path, content).map_err(|source| StoreError::io("write", path, source))
}
