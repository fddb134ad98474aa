//! The house has floors, and arrows point down only (ARCHITECTURE.md).

use std::collections::BTreeMap;
use std::process::Command;

use serde_json::Value;

/// Every crate of the workspace, by floor. A crate may depend on lower floors.
const FLOORS: &[(u32, &[&str])] = &[
    (1, &["config", "telemetry", "egress", "json-text", "redis-link", "private-servers", "server-timing"]),
    (2, &["models", "storage", "cache", "rate-limit", "runs", "jobs", "sessions", "mail", "idempotency"]),
    (3, &["core-model-runtime", "core-sandbox", "core-workflow", "core-rag", "core-agent", "core-tools"]),
    (4, &["core-app"]),
    (5, &["services"]),
    (6, &["controllers-common"]),
    (
        7,
        &[
            "controllers-console",
            "controllers-service",
            "controllers-web",
            "controllers-files",
            "controllers-mcp",
            "controllers-inner",
            "pages",
        ],
    ),
    (8, &["server"]),
    (9, &["cli"]),
    (10, &["ferrify", "api-console", "api-service", "api-web", "worker"]),
];

/// Arrows within a floor that are meant.
const SIDEWAYS: &[(&str, &str)] =
    &[("redis-link", "server-timing"), ("egress", "server-timing"), ("jobs", "models"), ("core-agent", "core-tools")];

/// Scaffolding: may depend on anything, and nothing that ships may depend on it.
const DEVELOPMENT: &[&str] = &["test-kit", "stub-upstream", "workflow-fixtures", "tests", "bench"];

fn floor(name: &str) -> Option<u32> {
    FLOORS.iter().find(|(_, crates)| crates.contains(&name)).map(|(floor, _)| *floor)
}

/// What is wrong with an arrow between two crates of the workspace. Tests of a crate may use any crate of its own floor
/// and below.
fn fault(from: &str, to: &str, for_tests: bool) -> Option<String> {
    if DEVELOPMENT.contains(&from) {
        return None;
    }
    if DEVELOPMENT.contains(&to) {
        return (!for_tests).then(|| format!("{from} -> {to}: what ships does not depend on what tests"));
    }
    let (Some(above), Some(below)) = (floor(from), floor(to)) else {
        return Some(format!("{from} -> {to}: one of them has no floor"));
    };
    if above > below || (above == below && for_tests) || SIDEWAYS.contains(&(from, to)) {
        return None;
    }
    let direction = if above == below { "sideways" } else { "upward" };
    Some(format!("{from} (floor {above}) -> {to} (floor {below}) points {direction}"))
}

/// Crates of the workspace, with their dependencies: name, and whether for tests only.
fn workspace() -> BTreeMap<String, Vec<(String, bool)>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let packages = metadata.get("packages").and_then(Value::as_array).expect("metadata lists packages");
    let of = |package: &Value| {
        let dependencies = package.get("dependencies").and_then(Value::as_array).cloned().unwrap_or_default();
        dependencies.iter().map(|d| (text(d, "name"), text(d, "kind") == "dev")).collect()
    };
    packages.iter().map(|package| (text(package, "name"), of(package))).collect()
}

#[test]
fn arrows_point_down() {
    let workspace = workspace();
    let mut faults = Vec::new();
    for (from, dependencies) in &workspace {
        if floor(from).is_none() && !DEVELOPMENT.contains(&from.as_str()) {
            faults.push(format!("{from} has no floor; give it one here and in ARCHITECTURE.md"));
        }
        let inside = dependencies.iter().filter(|(to, _)| workspace.contains_key(to));
        faults.extend(inside.filter_map(|(to, for_tests)| fault(from, to, *for_tests)));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn faults_are_found() {
    assert!(fault("services", "models", false).is_none());
    assert!(fault("jobs", "models", false).is_none());
    assert!(fault("jobs", "test-kit", true).is_none());
    assert!(fault("redis-link", "private-servers", true).is_none());
    assert!(fault("redis-link", "private-servers", false).unwrap().contains("sideways"));
    assert!(fault("models", "services", false).unwrap().contains("upward"));
    assert!(fault("models", "jobs", false).unwrap().contains("sideways"));
    assert!(fault("services", "test-kit", false).unwrap().contains("what ships"));
    assert!(fault("services", "surprise", false).unwrap().contains("no floor"));
}
