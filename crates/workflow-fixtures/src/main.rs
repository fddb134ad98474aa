//! Runs every case of a folder: one line a case, and a count at the end.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use workflow_fixtures::case::{Case, CaseKind, Folder, RunExpectation};
use workflow_fixtures::compare::compare;
use workflow_fixtures::run::{World, run};

/// Runs the cases of folders with workflow files and a `cases.json`.
#[derive(Debug, Parser)]
struct Arguments {
    /// Folders; each holds workflow files and a `cases.json`.
    #[arg(required = true)]
    folders: Vec<PathBuf>,
    /// Only cases whose id contains this text.
    #[arg(long)]
    only: Option<String>,
    /// Nodes that may run at the same time; each case runs once for each number.
    #[arg(long, value_delimiter = ',', default_value = "1,4")]
    workers: Vec<usize>,
}

#[expect(clippy::print_stdout, reason = "a program for a terminal")]
#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let world = World::new().context("the sandbox cannot be used")?;
    let (mut passed, mut failed) = (0, 0);
    for path in &arguments.folders {
        let folder = Folder::read(path)?;
        for case in &folder.cases {
            if arguments.only.as_ref().is_some_and(|only| !case.id.contains(only.as_str())) {
                continue;
            }
            let differences = check(&world, &folder, case, &arguments.workers).await;
            if differences.is_empty() {
                passed += 1;
                println!("ok      {}", case.id);
                continue;
            }
            failed += 1;
            println!("FAILED  {}", case.id);
            for difference in differences {
                println!("        {difference}");
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn check(world: &World, folder: &Folder, case: &Case, workers: &[usize]) -> Vec<String> {
    match case.kind {
        CaseKind::Run => {
            let expected: RunExpectation = match serde_json::from_value(case.expect.clone()) {
                Ok(expected) => expected,
                Err(error) => return vec![format!("the expectation cannot be read: {error}")],
            };
            let mut differences = Vec::new();
            for workers in workers {
                let transcript = run(world, folder, case, *workers).await;
                let found = compare(&expected, &transcript, *workers);
                differences.extend(found.into_iter().map(|line| format!("{workers} workers: {line}")));
            }
            differences
        }
        CaseKind::Import => vec!["imports cannot be run yet".to_owned()],
    }
}
