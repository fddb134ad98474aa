//! Every case of the project's own folder, and of the shared one where it lies beside the checkout: whole, and cut.

#![expect(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::path::{Path, PathBuf};

use workflow_fixtures::case::{Case, CaseKind, Folder, RunExpectation};
use workflow_fixtures::compare::{compare, results};
use workflow_fixtures::import;
use workflow_fixtures::run::{Cut, World, run, run_cut};
use workflow_fixtures::transcript::Transcript;

fn folders() -> Vec<Folder> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let candidates: [PathBuf; 2] = [here.join("fixtures"), here.join("../../../shared/fixtures/workflow")];
    let own = candidates.iter().filter(|path| path.join("cases.json").is_file());
    own.map(|path| Folder::read(path).unwrap()).collect()
}

fn cases(folder: &Folder, kind: CaseKind) -> impl Iterator<Item = (&Case, String)> {
    let cases = folder.cases.iter().map(|entry| entry.case.as_ref().unwrap());
    cases.filter(move |case| case.kind == kind).map(|case| (case, folder.text(case).unwrap()))
}

fn run_cases(folder: &Folder) -> impl Iterator<Item = (&Case, String, RunExpectation)> {
    cases(folder, CaseKind::Run).map(|(case, text)| (case, text, RunExpectation::read(&case.expect).unwrap()))
}

#[tokio::test]
async fn every_case_produces_what_it_must() {
    let world = World::new();
    let mut faults = Vec::new();
    for folder in folders() {
        for (case, text, expected) in run_cases(&folder) {
            for workers in [1, 4] {
                let transcript = run(&world, &text, case, workers).await;
                let differences = compare(&expected, &transcript, workers);
                faults.extend(differences.iter().map(|line| format!("{} ({workers} workers): {line}", case.id)));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_import_answers_what_it_must() {
    let mut faults = Vec::new();
    for folder in folders() {
        for (case, text) in cases(&folder, CaseKind::Import) {
            let differences = import::compare(case, &text);
            faults.extend(differences.iter().map(|line| format!("{}: {line}", case.id)));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

/// Same results, and no execution that ended was ended again.
fn faults_of_cut(case: &Case, expected: &RunExpectation, found: &Transcript, cut: Cut) -> Vec<String> {
    // Text of a model that was cut while it spoke is spoken again.
    let expected = RunExpectation { streamed: None, events: None, ..expected.clone() };
    let mut faults = results(&expected, found);
    let mut finished = found.finished.clone();
    finished.sort_unstable();
    let before = finished.len();
    finished.dedup();
    if before != finished.len() {
        faults.push("a finished node ran again".to_owned());
    }
    faults.into_iter().map(|line| format!("{} cut {cut:?}: {line}", case.id)).collect()
}

#[tokio::test]
async fn a_run_that_is_cut_at_every_node_comes_to_the_same() {
    let world = World::new();
    let mut faults = Vec::new();
    for folder in folders() {
        for (case, text, expected) in run_cases(&folder) {
            let found = run_cut(&world, &text, case, Cut::EveryBoundary).await;
            faults.extend(faults_of_cut(case, &expected, &found, Cut::EveryBoundary));
            let whole = run(&world, &text, case, 1).await;
            if (&found.streamed, &found.events) != (&whole.streamed, &whole.events) {
                faults.push(format!("{}: {:?} instead of {:?}", case.id, found.events, whole.events));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[tokio::test]
async fn a_run_that_is_cut_after_any_event_comes_to_the_same() {
    let world = World::new();
    let mut faults = Vec::new();
    for folder in folders() {
        for (case, text, expected) in run_cases(&folder) {
            let events = run(&world, &text, case, 1).await.events.len();
            for after in 1..events {
                let found = run_cut(&world, &text, case, Cut::Once(after)).await;
                faults.extend(faults_of_cut(case, &expected, &found, Cut::Once(after)));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
