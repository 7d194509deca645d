//! No subcommand: the window; else the command line. Nothing more.

use std::process::ExitCode;

use lyceum::cli;

fn main() -> ExitCode {
    let arguments = cli::parse();
    if arguments.command.is_some() {
        return cli::run(arguments);
    }
    window(arguments)
}

#[cfg(feature = "gui")]
fn window(arguments: cli::Arguments) -> ExitCode {
    if !cli::has_display() {
        return cli::fail("There is no display for the window; `lyceum demo` shows the whole story in the terminal");
    }
    match lyceum::app::run(arguments.project) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            cli::fail(&format!("The window could not be opened: {error:#}; `lyceum demo` shows the whole story in the terminal"))
        }
    }
}

#[cfg(not(feature = "gui"))]
fn window(_arguments: cli::Arguments) -> ExitCode {
    cli::help()
}
