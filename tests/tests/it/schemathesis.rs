//! Requests made up from the published description of the Service API, valid and invalid ones, and their answers held
//! against it. The description is another project's: where it is not beside the checkout, there is nothing to do.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::it::ground::Ground;
use crate::it::sdk;

/// Where the description and the script that prepares it may be.
fn shared(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared").join(file)
}

/// What an app's key opens.
const OF_APPS: [&str; 2] = ["--exclude-path-regex", "^/(datasets|workspaces)"];
/// What a dataset key opens, but for the routes of pipelines that run data sources, which this release does not have.
const OF_DATASETS: [&str; 4] =
    ["--include-path-regex", "^/(datasets|workspaces)", "--exclude-path-regex", "/pipeline/(datasource|run)"];
/// How an answer may not differ from the description.
const CONFORMANCE: &str =
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance";
/// From which requests are made up unless `SCHEMATHESIS_SEED` names another number.
const SEED: &str = "1";
/// Requests per operation and phase.
const EXAMPLES: &str = "5";

/// What is asked, and how much the answers are held against.
struct Round {
    key: String,
    /// Of which operations.
    which: &'static [&'static str],
    mode: &'static str,
    checks: &'static str,
}

#[expect(clippy::disallowed_methods, reason = "a choice of whoever runs the tests, not a setting of the platform")]
fn seed() -> String {
    std::env::var("SCHEMATHESIS_SEED").unwrap_or_else(|_unset| SEED.to_owned())
}

fn runs(base: &str, description: &Path, round: &Round) {
    let mut command = Command::new(sdk::schemathesis());
    command
        // It keeps notes where it is run.
        .current_dir(sdk::shelf("schemathesis"))
        .arg("run")
        .arg(description)
        .args(["--url", &format!("{base}/v1"), "--header", &format!("Authorization: Bearer {}", round.key)])
        // The same requests each time: some numbers are too large for any server, whatever the description says.
        .args(["--seed", &seed(), "--mode", round.mode, "--checks", round.checks, "--max-examples", EXAMPLES])
        .args(round.which)
        .args(["--phases", "examples,coverage,fuzzing", "--warnings", "off", "--no-shrink", "--no-color"])
        .args(["--output-truncate", "false", "--generation-database", "none"]);
    sdk::run(&mut command, "the virtual environment is broken: remove it");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_published_description_holds() {
    let published = shared("contract/openapi_service.json");
    if !published.exists() {
        eprintln!("skipped: {} is not there", published.display());
        return;
    }
    let ground = Ground::of("chat").await;
    let app = ground.console.api_key(&ground.app).await;
    let datasets = ground.console.post_json("/datasets/api-keys", &json!({})).await.expect(200).text_at("/token");
    let base = ground.server.base().to_owned();
    let rounds = [(&app, OF_APPS.as_slice()), (&datasets, OF_DATASETS.as_slice())].map(|(key, which)| {
        [("positive", CONFORMANCE), ("negative", "not_a_server_error")].map(|(mode, checks)| Round {
            key: key.clone(),
            which,
            mode,
            checks,
        })
    });
    let tried = tokio::task::spawn_blocking(move || {
        let prepared = sdk::shelf("schemathesis").join(format!("description-{}.json", std::process::id()));
        let mut prepare = Command::new("python3");
        sdk::run(prepare.arg(shared("tools/relax_openapi.py")).arg(&published).arg(&prepared), "install Python 3");
        for round in rounds.iter().flatten() {
            runs(&base, &prepared, round);
        }
        std::fs::remove_file(prepared).unwrap();
    });
    tried.await.unwrap();
}
