//! The command line: what the `ferrify` program and the programs of single tiers do before, beside and after serving.
//!
//! [`ferrify`] is the whole command line, [`tier`] a program that only serves one tier. Both read the settings once,
//! write results to standard output and everything else to standard error, and end with 0 (done), 1 (failed) or 2
//! (wrong use). Only this crate prints.

mod accounts;
mod arguments;
mod datasets;
mod dead_letters;
mod doctor;
mod error;
mod ground;
mod openapi;
mod output;
mod port;
mod serve;
mod up;
mod workflow;

use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use config::Tier;

use arguments::{Command, DatasetsCommand, Ferrify, JobsCommand, TierProgram, WorkflowCommand};
use error::CliError;

/// The `ferrify` program.
#[must_use]
pub fn ferrify() -> ExitCode {
    if is_reader() {
        return core_rag::extract::isolated::serve();
    }
    match Ferrify::try_parse() {
        Ok(arguments) => end(run(arguments)),
        Err(e) => explain(&e),
    }
}

/// A program that serves one tier.
#[must_use]
pub fn tier(tier: Tier) -> ExitCode {
    if is_reader() {
        return core_rag::extract::isolated::serve();
    }
    match TierProgram::try_parse() {
        Ok(arguments) => end(blocking(up::serve_tier(tier, arguments.listen))),
        Err(e) => explain(&e),
    }
}

/// Whether this process was started by another one of this program to read one document.
fn is_reader() -> bool {
    std::env::args_os().nth(1).is_some_and(|argument| argument == core_rag::extract::isolated::ARGUMENT)
}

fn run(arguments: Ferrify) -> Result<(), CliError> {
    match arguments.command {
        Command::Up { listen, data } => blocking(up::up(listen, data)),
        Command::Stop { data, delete_data } => ground::stop(&data.data, delete_data),
        Command::Migrate { data } => blocking(ground::migrate(data)),
        Command::Doctor { data, json } => blocking(doctor::doctor(data, json)),
        Command::ResetPassword { email, password, data } => blocking(accounts::reset_password(data, email, password)),
        Command::CreateWorkspace { name, email, data } => blocking(accounts::create_workspace(data, name, email)),
        Command::Openapi { tier, json } => openapi::print(tier.into(), json),
        Command::Workflow { command } => match command {
            WorkflowCommand::Run { file, inputs, query, json, quiet } => {
                let given = workflow::Given { inputs, query: query.unwrap_or_default(), json };
                blocking(workflow::run(file.path, given, quiet))
            }
            WorkflowCommand::Check { file } => workflow::check(&file.path),
        },
        Command::Datasets { command: DatasetsCommand::Move { datasets, all, to, wait, data } } => {
            let which = if all { datasets::Which::All } else { datasets::Which::These(datasets) };
            blocking(datasets::move_to(data, which, to, wait))
        }
        Command::Jobs { command } => match command {
            JobsCommand::List { filter, limit, data, json } => blocking(dead_letters::list(data, filter, limit, json)),
            JobsCommand::Retry { filter, data } => blocking(dead_letters::retry(data, filter)),
            JobsCommand::Purge { filter, data } => blocking(dead_letters::purge(data, filter)),
        },
    }
}

/// Everything that talks to servers runs on a multi-threaded runtime: migrations and streams need one.
fn blocking(work: impl Future<Output = Result<(), CliError>>) -> Result<(), CliError> {
    // An error means that it is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

fn end(result: Result<(), CliError>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            output::complain(&e);
            ExitCode::from(e.exit_code())
        }
    }
}

/// Help and version are wanted answers; everything else is wrong use.
fn explain(e: &clap::Error) -> ExitCode {
    // Nothing is left to do when even this cannot be written.
    let _ = e.print();
    let wanted = matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    if wanted { ExitCode::SUCCESS } else { ExitCode::from(2) }
}
