//! Which dataset a command takes: by number, name or file, and whether its rows are what the command needs. Reads no row.

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use super::session::{Session, named};
use crate::engine::command::Schema;
use crate::engine::event::DatasetInfo;
use crate::state::format::plural;

impl Session {
    /// A dataset by id, by name or by the name of the file that it came from, in any case; the newest if none is asked for. Where several
    /// go by that name, it is the newest, and said.
    pub fn dataset(&self, asked: Option<&str>) -> Result<&DatasetInfo> {
        let alive = || self.library.datasets.iter().filter(|d| !d.deleted);
        let Some(asked) = asked else {
            return alive().next_back().context("The project has no dataset yet; `lyceum import FILE` adds one");
        };
        let same = |name: &str| name.to_lowercase() == asked.to_lowercase();
        let by_number: Vec<&DatasetInfo> = alive().filter(|d| d.name == asked || d.id.to_string() == asked).collect();
        let by_name: Vec<&DatasetInfo> = alive().filter(|d| same(&d.name)).collect();
        let by_file: Vec<&DatasetInfo> = alive().filter(|d| same(&d.source) || file_name(&d.source).is_some_and(same)).collect();
        let all = [by_number, by_name, by_file].into_iter().find(|found| !found.is_empty()).unwrap_or_default();
        let [others @ .., found] = all.as_slice() else {
            let there = named(alive().map(|d| (d.id, d.name.as_str())));
            bail!("The project has no dataset '{asked}'; it has {there}");
        };
        if !others.is_empty() {
            let others: Vec<String> = others.iter().map(|d| format!("--dataset {}", d.id)).collect();
            self.out.warning(&format!(
                "{} datasets go by the name {asked}; this is the newest, {}; {} takes an older one",
                all.len(),
                found.id,
                others.join(" or ")
            ))?;
        }
        Ok(found)
    }

    /// The dataset that was typed, if its rows fit; else the newest whose rows do.
    pub fn dataset_for(
        &self,
        asked: Option<&str>,
        fits: impl Fn(&DatasetInfo) -> bool,
        none: &'static str,
    ) -> Result<DatasetInfo> {
        let found = match asked {
            Some(_) => self.dataset(asked)?,
            None => self.library.datasets.iter().rfind(|d| !d.deleted && fits(d)).context(none)?,
        };
        if !fits(found) {
            bail!("{}", unfit(found));
        }
        let (id, name) = (found.id, &found.name);
        self.out.line(&format!("With dataset {id} ({name}): {}", amount(found)))?;
        self.out.event(&json!({ "event": "dataset", "dataset": id, "name": name }))?;
        Ok(found.clone())
    }
}

/// The last part of a path, whichever system wrote it.
fn file_name(source: &str) -> Option<&str> {
    source.rsplit(['/', '\\']).next().filter(|name| !name.is_empty())
}

fn amount(dataset: &DatasetInfo) -> String {
    if dataset.schema.is_feedback() {
        let votes = plural(dataset.votes, "vote", "votes");
        return format!("{}, {votes}", plural(dataset.rows, "question", "questions"));
    }
    format!("{}, {} labelled", plural(dataset.rows, "row", "rows"), crate::state::format::count(dataset.labelled))
}

/// What the rows of a dataset are instead, and what learns from them.
pub fn unfit(dataset: &DatasetInfo) -> String {
    let what = match dataset.schema {
        Schema::Text => {
            "is plain text without labels; import its file `--as classes` (or entities, pair …), or make a labelling of it on the Label page"
        }
        Schema::Classes => "holds texts with a class; `lyceum classify` learns them",
        Schema::Entities => "holds texts with marked names; `lyceum tag` learns them",
        Schema::ExtractiveQa => "holds questions answered in a text; `lyceum tag` learns them",
        Schema::Instruction
        | Schema::PromptCompletion
        | Schema::Messages
        | Schema::Conversations
        | Schema::Translation
        | Schema::Recommendation => "holds texts with written answers; `lyceum sft` learns them",
        Schema::Preference | Schema::Unpaired | Schema::Ranking if dataset.votes == 0 => {
            "holds questions without a vote yet; `lyceum rank vote` gives some, and so does the Rank page"
        }
        Schema::Preference | Schema::Unpaired | Schema::Ranking => {
            "holds questions and votes; `lyceum reward` and `lyceum prefer` learn from them"
        }
        Schema::Prompts => "holds prompts without votes; `lyceum rl` answers them, `lyceum rank draw` makes questions of them",
    };
    format!("Dataset {} ({}) does not fit: it {what}", dataset.id, dataset.name)
}
