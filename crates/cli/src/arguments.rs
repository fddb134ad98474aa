//! The command line as it is typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use config::Tier;

/// The backend of an LLM-application platform, compatible with Dify's APIs.
///
/// Settings come from the environment and from `.env` in the working folder; `ferrify doctor` shows all of them.
#[derive(Debug, Parser)]
#[command(name = "ferrify", version, propagate_version = true)]
pub(crate) struct Ferrify {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Serves one tier. Needs DATABASE_URL and REDIS_URL; further settings are shown by `ferrify doctor`.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct TierProgram {
    #[command(flatten)]
    pub(crate) listen: Listen,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve all tiers and the worker on one port, with private Postgres and Redis when none are configured
    Up {
        #[command(flatten)]
        listen: Listen,
        #[command(flatten)]
        data: Data,
    },
    /// Stop the private Postgres and Redis that `up` has started
    Stop {
        #[command(flatten)]
        data: Data,
        /// Also delete their data and all stored files of that folder
        #[arg(long)]
        delete_data: bool,
    },
    /// Bring the database to the schema of this release
    Migrate {
        #[command(flatten)]
        data: Data,
    },
    /// Check settings, servers and storage, and say what is wrong
    Doctor {
        #[command(flatten)]
        data: Data,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Set a new password for an account and end its sessions
    ResetPassword {
        /// The account's address
        #[arg(long)]
        email: String,
        /// The new password; a random one is made and printed when this is left out
        #[arg(long)]
        password: Option<String>,
        #[command(flatten)]
        data: Data,
    },
    /// Make a further workspace for an existing account
    CreateWorkspace {
        /// The name of the workspace
        #[arg(long)]
        name: String,
        /// The address of the account that will own it
        #[arg(long)]
        email: String,
        #[command(flatten)]
        data: Data,
    },
    /// Print the OpenAPI description of a tier, as YAML
    Openapi {
        #[arg(value_enum)]
        tier: DescribedTier,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Run or check a workflow file, without a server
    Workflow {
        #[command(subcommand)]
        command: WorkflowCommand,
    },
    /// Where the vectors of datasets are
    Datasets {
        #[command(subcommand)]
        command: DatasetsCommand,
    },
    /// Background jobs that failed for good
    Jobs {
        #[command(subcommand)]
        command: JobsCommand,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum DatasetsCommand {
    /// Move the vectors of datasets from one vector store to another, while they are searched
    ///
    /// Copies the vectors, switches the dataset to the new store when nothing of it has changed meanwhile, and removes the
    /// old vectors. Nothing is embedded anew. The servers and workers may go on: until the switch everything is read from
    /// the old store and written into it. May be interrupted and run again at any time; run it once at a time.
    ///
    /// Both stores must be configured for this command, and for all servers and workers: pgvector is in the database,
    /// Qdrant needs QDRANT_URL. VECTOR_STORE says where datasets go whose first document is yet to come; set it to the new
    /// store before, so that none of them begins in the old one.
    ///
    /// Ends with 0 if all datasets are where they are to be, and 1 if one of them could not be moved.
    Move {
        /// A dataset's id, as in the Console's address of it; may be given more than once
        #[arg(long = "dataset", value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
        datasets: Vec<models::DatasetId>,
        /// All datasets of all workspaces
        #[arg(long)]
        all: bool,
        /// Where they are to be
        #[arg(long, value_enum)]
        to: StoreKind,
        /// How long to wait for each dataset whose documents are being indexed, in seconds
        #[arg(long, value_name = "SECONDS", default_value_t = 600)]
        wait: u64,
        #[command(flatten)]
        data: Data,
    },
}

/// Stores of vectors.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum StoreKind {
    /// The database
    Pgvector,
    /// The server at QDRANT_URL
    Qdrant,
}

impl StoreKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Pgvector => "pgvector",
            Self::Qdrant => "qdrant",
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum JobsCommand {
    /// List dead letters, latest first
    List {
        #[command(flatten)]
        filter: DeadLetters,
        /// How many at most
        #[arg(long, default_value_t = 50)]
        limit: u32,
        #[command(flatten)]
        data: Data,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make dead letters ready again
    Retry {
        #[command(flatten)]
        filter: DeadLetters,
        #[command(flatten)]
        data: Data,
    },
    /// Delete dead letters
    Purge {
        #[command(flatten)]
        filter: DeadLetters,
        #[command(flatten)]
        data: Data,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum WorkflowCommand {
    /// Run a workflow file, and print its result as JSON
    ///
    /// Needs no Postgres, no Redis and no settings. Code runs in the sandbox. What only a server has (models, tools,
    /// knowledge) is not there: nodes that need it fail. The streamed text and the progress go to standard error.
    /// Ends with 0 if the run has succeeded, 1 if it has not, and 2 if the file or the inputs are wrong.
    Run {
        #[command(flatten)]
        file: WorkflowPath,
        /// A value for a field of the form, as NAME=VALUE; may be given more than once
        #[arg(long = "input", value_name = "NAME=VALUE")]
        inputs: Vec<String>,
        /// The question that a chat workflow answers
        #[arg(long, value_name = "TEXT")]
        query: Option<String>,
        /// A file with a JSON object of values; `--input` goes before it
        #[arg(long, value_name = "FILE")]
        json: Option<PathBuf>,
        /// Show neither progress nor streamed text
        #[arg(long)]
        quiet: bool,
    },
    /// Say what is wrong with a workflow file, or what is in it
    ///
    /// Ends with 0 if the file can be run, and 2 if it cannot.
    Check {
        #[command(flatten)]
        file: WorkflowPath,
    },
}

#[derive(Debug, Args)]
pub(crate) struct WorkflowPath {
    /// A workflow file: an exported app as YAML, or a graph alone
    #[arg(value_name = "FILE")]
    pub(crate) path: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Listen {
    /// The port to listen on [default: the tier's own, or DIFY_PORT]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,
    /// The address to listen on [default: 127.0.0.1, or DIFY_BIND_ADDRESS]
    #[arg(long)]
    pub(crate) bind: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Data {
    /// The folder of the private servers' data and of stored files
    #[arg(long, default_value = ".data", value_name = "FOLDER")]
    pub(crate) data: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct DeadLetters {
    /// Only of this kind
    #[arg(long)]
    pub(crate) kind: Option<String>,
    /// Only of this queue
    #[arg(long)]
    pub(crate) queue: Option<String>,
    /// Only these jobs; may be given more than once
    #[arg(long = "id", value_name = "ID")]
    pub(crate) ids: Vec<models::JobId>,
    /// Only those that died at least so many days ago
    #[arg(long, value_name = "DAYS")]
    pub(crate) older_than_days: Option<u32>,
}

impl From<DeadLetters> for jobs::dead::DeadFilter {
    fn from(typed: DeadLetters) -> Self {
        Self {
            tenant: None,
            queue: typed.queue,
            kind: typed.kind,
            ids: Some(typed.ids).filter(|ids| !ids.is_empty()),
            older_than: typed.older_than_days.map(|days| Duration::from_secs(u64::from(days) * 86_400)),
        }
    }
}

/// Tiers with a description.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum DescribedTier {
    All,
    Console,
    Service,
    Web,
}

impl From<DescribedTier> for Tier {
    fn from(typed: DescribedTier) -> Self {
        match typed {
            DescribedTier::All => Self::All,
            DescribedTier::Console => Self::Console,
            DescribedTier::Service => Self::Service,
            DescribedTier::Web => Self::Web,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_lines_are_consistent() {
        Ferrify::command().debug_assert();
        TierProgram::command().debug_assert();
    }

    #[test]
    fn every_argument_has_a_help_text() {
        fn check(command: &clap::Command) {
            for argument in command.get_arguments().filter(|a| a.get_id() != "tier") {
                assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
            }
            for inner in command.get_subcommands() {
                assert!(inner.get_about().is_some(), "{}", inner.get_name());
                check(inner);
            }
        }
        check(&Ferrify::command());
    }
}
