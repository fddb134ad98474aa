//! A folder in which almost everything is wrong: every case has its answer, and the next one is run.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use workflow_fixtures::case::Folder;
use workflow_fixtures::check::check;
use workflow_fixtures::run::World;

#[tokio::test]
async fn what_is_wrong_is_said_and_the_rest_is_run() {
    let folder = Arc::new(Folder::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken")).unwrap());
    let world = Arc::new(World::new());
    let limit = Duration::from_millis(1500);
    for (id, reason) in [
        ("passes", None),
        ("other outputs", Some("1 workers: outputs: expected ")),
        ("no file", Some("nowhere.yml cannot be read")),
        ("no YAML", Some("\"invalid\", Some(\"Invalid YAML format: ")),
        ("nothing expected", Some("the expectation names no status")),
        ("unknown kind", Some("the case is not in the format: unknown variant `dance`")),
        ("case 6", Some("the case is not in the format: missing field `id`")),
        ("case 7", Some("the case is not in the format: ")),
        ("too slow", Some("the case takes more than 1 seconds")),
        ("import passes", None),
        ("import differs", Some("into 0.6.0: status: expected \"completed\", found \"completed-with-warnings ")),
    ] {
        let entry = folder.cases.iter().find(|entry| entry.id == id).unwrap();
        let differences = match &entry.case {
            Ok(case) => check(&world, &folder, case, &[1], limit).await,
            Err(reason) => vec![reason.clone()],
        };
        match reason {
            None => assert!(differences.is_empty(), "{id}: {differences:?}"),
            Some(reason) => assert!(differences.join("\n").contains(reason), "{id}: {differences:?}"),
        }
    }
}

#[test]
fn a_folder_without_cases_is_refused() {
    let error = Folder::read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_err();
    assert!(error.to_string().ends_with("cases.json cannot be read"), "{error:#}");
}
