//! One case: everything in which it differs from what was expected, and no more time than it may have.

use std::sync::Arc;
use std::time::Duration;

use crate::case::{Case, CaseKind, Folder, RunExpectation};
use crate::compare::compare;
use crate::import;
use crate::run::{World, run};

/// Differences, each in one line; none: the case has passed. The case works in a task of its own: one that panics or
/// does not end has failed, and the next one begins.
pub async fn check(
    world: &Arc<World>,
    folder: &Arc<Folder>,
    case: &Case,
    workers: &[usize],
    limit: Duration,
) -> Vec<String> {
    let work = {
        let (world, folder, case, workers) = (Arc::clone(world), Arc::clone(folder), case.clone(), workers.to_vec());
        tokio::spawn(async move { differences(&world, &folder, &case, &workers).await })
    };
    let abort = work.abort_handle();
    match tokio::time::timeout(limit, work).await {
        Ok(Ok(differences)) => differences,
        Ok(Err(error)) => vec![format!("the case could not be run to its end: {error}")],
        Err(_elapsed) => {
            abort.abort();
            vec![format!("the case takes more than {} seconds", limit.as_secs())]
        }
    }
}

async fn differences(world: &World, folder: &Folder, case: &Case, workers: &[usize]) -> Vec<String> {
    let text = match folder.text(case) {
        Ok(text) => text,
        Err(error) => return vec![format!("{error:#}")],
    };
    if case.kind == CaseKind::Import {
        return import::compare(case, &text);
    }
    let expected = match RunExpectation::read(&case.expect) {
        Ok(expected) => expected,
        Err(error) => return vec![error],
    };
    let mut differences = Vec::new();
    for workers in workers {
        let transcript = run(world, &text, case, *workers).await;
        let found = compare(&expected, &transcript, *workers);
        differences.extend(found.into_iter().map(|line| format!("{workers} workers: {line}")));
    }
    differences
}
