//! What can be typed about judged answers: `lyceum best`, `lyceum duel`, and who judges. Knows no engine.

use clap::Args;

use crate::config::Judge;
use crate::feedback::RuleSet;

/// What judges answers; at least one of these.
#[derive(Args, Debug, Default)]
pub struct JudgeArguments {
    /// A checkpoint that gives answers a number; `ID` or `ID*WEIGHT`; may be repeated.
    #[arg(long, value_name = "ID")]
    pub reward_model: Vec<String>,
    /// A classifier, and the class that is wanted; `ID:CLASS` or `ID:CLASS*WEIGHT`; may be repeated.
    #[arg(long, value_name = "ID:CLASS")]
    pub class: Vec<String>,
    /// Rules, separated by semicolons, each with its weight (in quotes: 'polite*2; words 5-25'): any, all, lacks, starts (words by
    /// commas), words A-B, pattern, ends, no-repeats, reference, polite; may be repeated.
    #[arg(long, value_name = "RULES")]
    pub rules: Vec<String>,
    /// Taken off an answer that came to no end of its own.
    #[arg(long, default_value_t = 1.0, value_name = "X")]
    pub missing_end: f64,
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lyceum best -p my.lyceum --prompts \"Customer requests\" --rules 'polite*2; words 5-25; ends' --n 8 --into Kept\n  \
    lyceum best -p my.lyceum --prompts requests --reward-model 12 --keep 2 --at-least 0.5 --into Kept\n  \
    lyceum best -p my.lyceum --prompts \"Customer requests\" --rules 'polite*2; words 5-25; ends' --rounds 3")]
pub struct BestArguments {
    /// Dataset whose prompts are answered, by id or name.
    #[arg(long, value_name = "ID|NAME")]
    pub prompts: String,
    /// Who answers: a checkpoint's id, or `latest`, or `best` of those that write text, a fine-tuned one first.
    #[arg(long, default_value = "latest", value_name = "ID")]
    pub from: String,
    #[command(flatten)]
    pub judge: JudgeArguments,
    /// Answers to each prompt.
    #[arg(long, default_value_t = 8, value_name = "N")]
    pub n: usize,
    /// Of each prompt's answers, keep so many at most.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub keep: usize,
    /// Keep only answers worth this much or more (rejection sampling).
    #[arg(long, value_name = "X")]
    pub at_least: Option<f64>,
    /// Name of the dataset that the kept answers become.
    #[arg(long, default_value = "Best answers", value_name = "NAME")]
    pub into: String,
    /// Iterative training: draw, keep, fine-tune on what was kept, measure on prompts kept aside; so many times. 0: draw and keep only.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub rounds: u32,
    /// With --rounds: how often each kept answer is learnt.
    #[arg(long, default_value_t = 2.0, value_name = "N")]
    pub epochs: f64,
    /// With --rounds: times the learning rate that suits the model's size.
    #[arg(long, default_value_t = 0.5, value_name = "X")]
    pub rate: f64,
    /// With --rounds: prompts kept aside that are answered after each, at most.
    #[arg(long, default_value_t = 64, value_name = "N")]
    pub measured: usize,
    /// Prompts at most.
    #[arg(long, default_value_t = 400, value_name = "N")]
    pub limit: usize,
    /// Tokens of an answer at most.
    #[arg(long, default_value_t = 40, value_name = "N")]
    pub max_tokens: usize,
    #[arg(long, default_value_t = 1.0, value_name = "T", allow_negative_numbers = true)]
    pub temperature: f64,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lyceum duel -p my.lyceum --checkpoint latest --prompts \"Customer requests\" --rules 'polite*2; words 5-25'\n  \
    lyceum duel -p my.lyceum --checkpoint 14 --against 1 --prompts requests --reward-model 12 --show 5")]
pub struct DuelArguments {
    /// The checkpoint that is measured: an id, or `latest`, or `best` of those that write text, a fine-tuned one first.
    #[arg(long, short, default_value = "latest", value_name = "ID")]
    pub checkpoint: String,
    /// The one to hold it against; the one that its run started from if none is given.
    #[arg(long, value_name = "ID")]
    pub against: Option<String>,
    /// Dataset whose prompts, those kept aside, both answer, by id or name.
    #[arg(long, value_name = "ID|NAME")]
    pub prompts: String,
    #[command(flatten)]
    pub judge: JudgeArguments,
    /// Prompts at most.
    #[arg(long, default_value_t = 200, value_name = "N")]
    pub limit: usize,
    #[arg(long, default_value_t = 40, value_name = "N")]
    pub max_tokens: usize,
    #[arg(long, default_value_t = 0.7, value_name = "T", allow_negative_numbers = true)]
    pub temperature: f64,
    #[arg(long, default_value_t = 77)]
    pub seed: u64,
    /// Show this many prompts with both answers.
    #[arg(long, default_value_t = 3, value_name = "N")]
    pub show: usize,
}

impl JudgeArguments {
    /// The error is a sentence.
    pub fn judges(&self) -> Result<Vec<Judge>, String> {
        let mut judges = Vec::new();
        for typed in &self.reward_model {
            let (id, weight) = weighed(typed)?;
            let checkpoint = id.parse().map_err(|_error| format!("--reward-model takes a checkpoint's number, not “{id}”"))?;
            judges.push(Judge::Model { checkpoint, weight });
        }
        for typed in &self.class {
            let (rest, weight) = weighed(typed)?;
            let (id, label) = rest.split_once(':').ok_or_else(|| format!("--class takes ID:CLASS, not “{rest}”"))?;
            let checkpoint =
                id.trim().parse().map_err(|_error| format!("--class takes a checkpoint's number first, not “{id}”"))?;
            judges.push(Judge::Class { checkpoint, label: label.trim().to_owned(), weight });
        }
        for typed in &self.rules {
            let rules = RuleSet::parse(typed).and_then(|rules| rules.check().map(|_checked| rules));
            judges.push(Judge::Rules { rules: rules.map_err(|error| error.to_string())?, weight: 1.0 });
        }
        if judges.is_empty() {
            return Err(
                "Nothing judges the answers; give --rules 'polite*2; words 5-25', or --reward-model, or --class".to_owned()
            );
        }
        Ok(judges)
    }
}

/// What stands before a weight, and the weight.
fn weighed(typed: &str) -> Result<(&str, f64), String> {
    match typed.rsplit_once('*') {
        Some((rest, weight)) => {
            let weight = weight.trim().parse().map_err(|_error| format!("“{weight}” is no weight; write, say, 12*0.5"))?;
            Ok((rest.trim(), weight))
        }
        None => Ok((typed.trim(), 1.0)),
    }
}
