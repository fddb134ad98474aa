//! Load and latency figures of the whole server over real HTTP, Postgres and Redis, with a stub where the model would
//! be. The program starts itself three times: as the server under test, as the stub, and as the load generator, so that
//! memory is measured of the server alone.

mod client;
mod database;
mod engine;
mod figures;
mod history;
mod hold;
mod indexing;
mod load;
mod process;
mod reattach;
mod report;
mod retrieval;
mod setup;
mod steady;

use std::net::TcpListener;

use anyhow::Context;
use clap::{Parser, Subcommand};
use config::{Settings, Tier};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Measures throughput, latency and memory of the server.
#[derive(Parser)]
struct Arguments {
    /// Seconds per figure.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Chats that are held open at once.
    #[arg(long, default_value_t = 1000)]
    hold: usize,
    /// Seconds for which the upstream holds them.
    #[arg(long, default_value_t = 30)]
    hold_seconds: u64,
    /// Streams that are held open in silence.
    #[arg(long, default_value_t = 5000)]
    streams: usize,
    /// Only figures whose name contains this. Names: "GET /v1/parameters", "POST /v1/chat-messages streaming" and
    /// "blocking", "workflow", "overhead", "round trips", "requests" (or one of its rows: "messages", "conversations",
    /// "upload", "replay"), "cuts" (re-attaching on another replica), "overload" (12 times --seconds), "hold",
    /// "streams" (7 times --seconds).
    #[arg(long)]
    only: Option<String>,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Subcommand)]
enum Role {
    /// Figures of the workflow engine alone, without a server.
    Engine,
    /// Figures of searching vectors and texts in Postgres, without a server.
    Retrieval {
        /// Segments of the large dataset.
        #[arg(long, default_value_t = 100_000)]
        segments: usize,
    },
    /// Figures of indexing documents, with the worker in a process of its own.
    Indexing {
        /// Small documents.
        #[arg(long, default_value_t = 1_000)]
        documents: usize,
        /// Size of the large file.
        #[arg(long, default_value_t = 100)]
        megabytes: usize,
        /// How often the worker is killed.
        #[arg(long, default_value_t = 20)]
        kills: u32,
    },
    /// The server under test; settings from the environment. Used by the program itself.
    #[command(hide = true)]
    Serve { port: u16, tier: TierName },
    /// The stub upstream. Used by the program itself.
    #[command(hide = true)]
    Stub { port: u16, hold_seconds: u64 },
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum TierName {
    All,
    Service,
    Worker,
}

impl From<TierName> for Tier {
    fn from(name: TierName) -> Self {
        match name {
            TierName::All => Self::All,
            TierName::Service => Self::Service,
            TierName::Worker => Self::Worker,
        }
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    match arguments.role {
        Some(Role::Serve { port, tier }) => {
            // Without a collector there is nothing to end.
            let _traces = telemetry::init_logs("warn", telemetry::LogFormat::Pretty, None)?;
            let listener =
                TcpListener::bind(("127.0.0.1", port)).context("the port for the server under test is taken")?;
            Ok(Box::pin(server::serve(Settings::load()?, tier.into(), listener)).await?)
        }
        Some(Role::Stub { port, hold_seconds }) => process::serve_stub(port, hold_seconds).await,
        Some(Role::Engine) => {
            let mut report = report::Report::default();
            figures::describe_machine(&mut report);
            engine::run(&mut report).await
        }
        Some(Role::Retrieval { segments }) => {
            let mut report = report::Report::default();
            figures::describe_machine(&mut report);
            retrieval::run(&mut report, segments).await
        }
        Some(Role::Indexing { documents, megabytes, kills }) => {
            let mut report = report::Report::default();
            figures::describe_machine(&mut report);
            indexing::run(&mut report, indexing::Amounts { documents, megabytes, kills }).await
        }
        None => figures::run(&arguments).await,
    }
}
