//! The flags of `lyceum icl`. Knows no engine.

use clap::Args;

use super::data_arguments::SplitName;

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  \
    lyceum icl -p my.lyceum --shots 0,1,2,4,8 --controls\n  \
    lyceum icl -p my.lyceum --checkpoint 1 --checkpoint latest --dataset \"In-context tasks\" --json\n  \
    lyceum icl -p my.lyceum --weights --shots 1,2,4,8\n  \
    lyceum icl -p my.lyceum --distil \"sort drinks weather\" --save drinks")]
pub struct IclArguments {
    /// A checkpoint, by id, or `latest` or `best` of those that write text; may be repeated, and each gets a curve.
    #[arg(long, short, value_name = "ID")]
    pub checkpoint: Vec<String>,
    /// Id or name of the dataset, or the file that it came from; the newest whose rows name their task if none is given, else the newest with labels.
    #[arg(long, value_name = "ID|NAME")]
    pub dataset: Option<String>,
    /// Only this task, by name; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub task: Vec<String>,
    /// The part whose rows are asked.
    #[arg(long, value_enum, default_value = "test")]
    pub split: SplitName,
    /// Numbers of examples.
    #[arg(long, value_delimiter = ',', default_value = "0,1,2,4,8", value_name = "K,K,…")]
    pub shots: Vec<usize>,
    /// How often queries, examples and their order are drawn anew; the bands are over these.
    #[arg(long, value_name = "N")]
    pub draws: Option<usize>,
    /// Queries of a draw.
    #[arg(long, value_name = "N")]
    pub queries: Option<usize>,
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Also with shuffled labels, and without the instruction.
    #[arg(long)]
    pub controls: bool,
    /// Let the models write their answers, too.
    #[arg(long)]
    pub generate: bool,
    /// Show this many prompts of every point as the model read them.
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub show: usize,
    /// Compare the examples in the prompt with the same examples learnt by a copy of the weights.
    #[arg(long)]
    pub weights: bool,
    /// Take this task's instruction and examples into a copy of the weights (context distillation).
    #[arg(long, value_name = "TASK", conflicts_with_all = ["weights", "controls", "generate"])]
    pub distil: Option<String>,
    /// Keep what was distilled in the project under this name.
    #[arg(long, value_name = "NAME", requires = "distil")]
    pub save: Option<String>,
    /// Steps of learning, with --weights or --distil.
    #[arg(long, value_name = "N")]
    pub steps: Option<usize>,
    /// Their learning rate.
    #[arg(long, value_name = "RATE")]
    pub lr: Option<f64>,
}
