//! The command line: the same engine and the same commands as the window, told as text or as JSON lines. Names no window.

mod align;
mod align_arguments;
mod arguments;
mod bench;
mod best;
mod best_arguments;
mod chat;
mod chat_arguments;
mod checkpoints;
mod data;
mod data_arguments;
mod datasets;
mod demo;
mod eval;
mod explain;
mod explain_arguments;
mod few_shot;
mod icl;
mod icl_arguments;
mod output;
mod prelabel;
mod prepare;
mod pretrain;
mod pretrain_arguments;
mod prompt;
mod prompt_arguments;
mod rank;
mod rank_arguments;
mod rank_draw;
mod rank_replay;
mod rank_vote;
mod runs;
mod session;
mod shots;
mod stages;
mod survey;
mod survey_arguments;
mod tune;
mod tune_arguments;
mod watch;

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory as _, Parser as _};

pub use arguments::{Arguments, Subcommand};
use output::Output;
use session::{Access, Session, count_interrupts, error_event, project_folder};
use tune::Verb;

/// What was typed. Ends the process on `--help`, `--version` and on what cannot be understood.
pub fn parse() -> Arguments {
    Arguments::parse()
}

/// Why these words would be refused; none if they are a command line. For tests of what the documentation shows.
pub fn refusal(words: &[&str]) -> Option<String> {
    Arguments::try_parse_from(words).err().filter(clap::Error::use_stderr).map(|e| e.to_string())
}

/// Carries a subcommand out.
pub fn run(arguments: Arguments) -> ExitCode {
    let json = arguments.json;
    match carry_out(arguments) {
        Ok(code) => ExitCode::from(code),
        // Whoever read the output has seen enough.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let sentence = format!("{error:#}");
            // The sentence on stderr and the exit code tell it even where stdout is closed.
            drop(error_event(&Output::new(json), &sentence));
            fail(&sentence)
        }
    }
}

fn carry_out(arguments: Arguments) -> Result<u8> {
    let Arguments { command: Some(command), project, json } = arguments else { return Ok(0) };
    let out = Output::new(json);
    if let Subcommand::Bench(a) = &command {
        // Nothing is saved, so Ctrl+C may end it as it ends any program.
        bench::bench(a, &out)?;
        return Ok(0);
    }
    let interrupts = count_interrupts()?;
    let open = |out, access| Session::open(&project_folder(project)?, access, out, interrupts.clone());
    match command {
        Subcommand::New(a) => prepare::new(&mut Session::open(&a.folder, Access::Create, out, interrupts)?, &a)?,
        Subcommand::Import(a) => data::import(&mut open(out, Access::Write)?, &a, false)?,
        Subcommand::ExportData(a) => data::export(&mut open(out, Access::Read)?, &a)?,
        Subcommand::Tokenize(a) => prepare::tokenize(&mut open(out, Access::Write)?, &a)?,
        Subcommand::Pretrain(a) => return pretrain::pretrain(&mut open(out, Access::Write)?, &a),
        Subcommand::Sft(a) => return tune::tune(&mut open(out, Access::Write)?, Verb::Sft, &a),
        Subcommand::Classify(a) => return tune::tune(&mut open(out, Access::Write)?, Verb::Classify, &a),
        Subcommand::Tag(a) => return tune::tune(&mut open(out, Access::Write)?, Verb::Tag, &a),
        Subcommand::Prelabel(a) => prelabel::prelabel(&mut open(out, Access::Write)?, &a)?,
        Subcommand::Rank(a) => rank::rank(&mut open(out, rank::access(&a))?, &a)?,
        Subcommand::Survey(a) => survey::survey(&mut open(out, survey::access(&a))?, &a)?,
        Subcommand::Reward(a) => return align::reward(&mut open(out, Access::Write)?, &a),
        Subcommand::Prefer(a) => return align::prefer(&mut open(out, Access::Write)?, &a),
        Subcommand::Rl(a) => return align::rl(&mut open(out, Access::Write)?, &a),
        Subcommand::Best(a) => return best::best(&mut open(out, Access::Write)?, &a),
        Subcommand::Duel(a) => best::duel(&mut open(out, Access::Read)?, &a)?,
        Subcommand::Eval(a) => eval::eval(&mut open(out, Access::Read)?, &a)?,
        Subcommand::Icl(a) => icl::icl(&mut open(out, icl::access(&a))?, &a)?,
        Subcommand::Generate(a) => prompt::generate(&mut open(out, Access::Read)?, &a)?,
        Subcommand::Explain(a) => explain::explain(&mut open(out, Access::Read)?, &a)?,
        Subcommand::FillMask(a) => prompt::fill_mask(&mut open(out, Access::Read)?, &a)?,
        Subcommand::Chat(a) => chat::chat(&mut open(out, chat::access(&a))?, &a)?,
        Subcommand::Stages(a) => stages::stages(&mut open(out, Access::Read)?, &a)?,
        Subcommand::Runs(a) => runs::runs(&mut open(out, runs::access(&a))?, &a)?,
        Subcommand::Demo(a) => return demo::demo(&a, out, interrupts),
        Subcommand::Bench(_) => {}
    }
    Ok(0)
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}

/// Prints the help: what is left to do where there is no window.
pub fn help() -> ExitCode {
    match Arguments::command().print_long_help() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Says one sentence on stderr; the exit code is 1.
pub fn fail(sentence: &str) -> ExitCode {
    // Where stderr is closed, the exit code still tells.
    drop(writeln!(io::stderr().lock(), "{sentence}"));
    ExitCode::FAILURE
}

/// Whether a window can be asked for: on Linux and the BSDs a display server must be named in the environment.
pub fn has_display() -> bool {
    let server = ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"];
    !cfg!(all(unix, not(target_os = "macos"))) || server.iter().any(|v| std::env::var_os(v).is_some_and(|s| !s.is_empty()))
}
