//! Runs every case of folders: one line a case, and a count at the end.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use workflow_fixtures::case::Folder;
use workflow_fixtures::check::check;
use workflow_fixtures::run::World;

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
    /// Seconds that one case may take.
    #[arg(long, default_value = "60")]
    limit: u64,
}

/// Cases that were run.
#[derive(Debug, Default)]
struct Counts {
    passed: usize,
    failed: usize,
}

impl Counts {
    #[expect(clippy::print_stdout, reason = "a program for a terminal")]
    fn tell(&mut self, id: &str, differences: &[String]) {
        if differences.is_empty() {
            self.passed += 1;
            println!("ok      {id}");
            return;
        }
        self.failed += 1;
        println!("FAILED  {id}");
        for difference in differences {
            println!("        {difference}");
        }
    }
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Runtime::new().context("the runtime cannot be started")?;
    let code = runtime.block_on(run(&arguments));
    // A case that never ends does not keep the program.
    runtime.shutdown_background();
    Ok(code)
}

#[expect(clippy::print_stdout, reason = "a program for a terminal")]
async fn run(arguments: &Arguments) -> ExitCode {
    let world = Arc::new(World::new());
    let limit = Duration::from_secs(arguments.limit);
    let mut counts = Counts::default();
    for path in &arguments.folders {
        let folder = match Folder::read(path) {
            Ok(folder) => Arc::new(folder),
            Err(error) => {
                counts.tell(&path.display().to_string(), &[format!("{error:#}")]);
                continue;
            }
        };
        for entry in &folder.cases {
            if arguments.only.as_ref().is_some_and(|only| !entry.id.contains(only.as_str())) {
                continue;
            }
            let differences = match &entry.case {
                Ok(case) => check(&world, &folder, case, &arguments.workers, limit).await,
                Err(reason) => vec![reason.clone()],
            };
            counts.tell(&entry.id, &differences);
        }
    }
    println!("{} passed, {} failed", counts.passed, counts.failed);
    if counts.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
