//! Datasets that are moved from one vector store to another, and what `ferrify doctor` says of stores.

use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::process::Command;

use crate::it::knowledge_ground::Knowledge;
use crate::it::qdrant_stub::{KEY, QdrantStub};

fn command(ground: &Knowledge, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tier-under-test"));
    command.args(arguments).env_clear().envs(ground.server.environment());
    command.current_dir(std::env::temp_dir()).stdin(Stdio::null()).kill_on_drop(true);
    command
}

async fn ferrify(ground: &Knowledge, arguments: &[&str]) -> Output {
    let ended = tokio::time::timeout(Duration::from_secs(90), command(ground, arguments).output()).await;
    ended.expect("the command ends").unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A server that knows a Qdrant, and that.
async fn both() -> (Knowledge, QdrantStub) {
    let (stub, url) = QdrantStub::start().await;
    let ground = Knowledge::set_up_with(&[("QDRANT_URL", &url), ("QDRANT_API_KEY", KEY)]).await;
    (ground, stub)
}

async fn kind(ground: &Knowledge, dataset: &str) -> String {
    let query = "SELECT index_struct FROM datasets WHERE id = $1::uuid";
    let stored = ground.server.db().one(query, &[dataset]).await["index_struct"].clone();
    let stored: Value = serde_json::from_str(stored.as_str().unwrap()).unwrap();
    stored["type"].as_str().unwrap().to_owned()
}

async fn table_exists(ground: &Knowledge, dataset: &str) -> bool {
    let table = format!("embedding_vector_index_{}_node", dataset.replace('-', "_"));
    ground.server.db().count("pg_tables", "tablename = $1::name::text", &[&table]).await == 1
}

const FOX: &str = "The red fox runs through the forest at night.";

/// Waits until no job is left that could change the index.
async fn at_rest(ground: &Knowledge) {
    for _ in 0..600 {
        if ground.server.db().count("ferrify_jobs", "payload ->> 'dataset' IS NOT NULL", &[]).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("jobs that never end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_moves_there_and_back() {
    let (ground, stub) = both().await;
    let dataset = ground.dataset("Moving", "high_quality").await;
    let facts = format!("{FOX}\n\nTaxes are due in April of every year.");
    let document = ground.indexed_text(&dataset, "facts", &facts).await;
    let full_text = json!({"query": "forest fox", "retrieval_model": {"search_method": "full_text_search",
        "reranking_enable": false, "top_k": 1, "score_threshold_enabled": false}});
    for (to, from) in [("qdrant", "pgvector"), ("pgvector", "qdrant")] {
        let moved = ferrify(&ground, &["datasets", "move", "--dataset", &dataset, "--to", to]).await;
        assert_eq!(moved.status.code(), Some(0), "{}", said(&moved));
        let told = said(&moved);
        assert!(told.contains(&format!("moved from {from}: 2 vectors")), "{told}");
        assert!(told.contains("pass 1: 2 of 2 vectors"), "{told}");
        assert_eq!(kind(&ground, &dataset).await, to);
        assert_eq!(table_exists(&ground, &dataset).await, to == "pgvector");
        assert_eq!(stub.count(), if to == "qdrant" { 2 } else { 0 });
        assert_eq!(ground.found(&dataset, "Where does the fox run?").await[0], FOX, "{to}");
        let found = ground.service.post_json(&format!("/datasets/{dataset}/retrieve"), &full_text).await.expect(200);
        assert_eq!(found.text_at("/records/0/segment/content"), FOX, "{to}");
        // New segments go where the dataset is now.
        let more = json!({"segments": [{"content": format!("In {to} penguins swim.")}]});
        let path = format!("/datasets/{dataset}/documents/{document}/segments");
        let made = ground.service.post_json(&path, &more).await.expect(200).text_at("/data/0/id");
        ground.comes_to_say(&dataset, &format!("In {to} penguins swim"), |said| said[0].contains("penguins")).await;
        let _ = ground.service.delete(&format!("{path}/{made}")).await.expect(204);
        at_rest(&ground).await;
        let again = ferrify(&ground, &["datasets", "move", "--all", "--to", to]).await;
        assert_eq!(again.status.code(), Some(0), "{}", said(&again));
        assert!(said(&again).contains(&format!("is in {to} already")), "{}", said(&again));
    }
    assert_eq!(stub.faults(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_is_interrupted_and_begun_again() {
    let (ground, stub) = both().await;
    let dataset = ground.dataset("Large", "high_quality").await;
    let paragraphs: Vec<String> =
        (0..1500).map(|n| format!("Paragraph number {n} tells something of its own.")).collect();
    let document = ground.indexed_text(&dataset, "large", &paragraphs.join("\n\n")).await;
    // An old copy with entries that are gone by now.
    let mut process = command(&ground, &["datasets", "move", "--dataset", &dataset, "--to", "qdrant"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    for _ in 0..2000 {
        if stub.count() >= 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    process.kill().await.unwrap();
    assert!(stub.count() >= 200, "it was killed too early");
    assert_eq!(ground.found(&dataset, "Paragraph number 7 tells").await.len(), 4);
    let path = format!("/datasets/{dataset}/documents/{document}/segments");
    let first = ground.service.get(&format!("{path}?limit=1")).await.expect(200).text_at("/data/0/id");
    let _ = ground.service.delete(&format!("{path}/{first}")).await.expect(204);
    at_rest(&ground).await;
    let moved = ferrify(&ground, &["datasets", "move", "--dataset", &dataset, "--to", "qdrant"]).await;
    assert_eq!(moved.status.code(), Some(0), "{}", said(&moved));
    assert_eq!((kind(&ground, &dataset).await.as_str(), stub.count()), ("qdrant", 1499));
    assert!(!table_exists(&ground, &dataset).await);
    assert_eq!(ground.found(&dataset, "Paragraph number 7 tells").await.len(), 4);
    assert_eq!(stub.faults(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_a_dataset_from_moving_is_told() {
    let (ground, stub) = both().await;
    let dataset = ground.dataset("Busy", "high_quality").await;
    let to_qdrant = ["datasets", "move", "--dataset", &dataset, "--to", "qdrant", "--wait", "0"];
    let empty = ferrify(&ground, &to_qdrant).await;
    assert_eq!(empty.status.code(), Some(0), "{}", said(&empty));
    assert!(said(&empty).contains("has no vectors"), "{}", said(&empty));
    ground.indexed_text(&dataset, "facts", FOX).await;
    let db = ground.server.db();
    db.execute("UPDATE documents SET indexing_status = 'splitting'", &[]).await;
    let busy = ferrify(&ground, &to_qdrant).await;
    assert_eq!(busy.status.code(), Some(1), "{}", said(&busy));
    assert!(said(&busy).contains("being indexed") && said(&busy).contains("--wait"), "{}", said(&busy));
    db.execute("UPDATE documents SET indexing_status = 'completed'", &[]).await;

    stub.answer_with(503, "overloaded");
    let down = ferrify(&ground, &to_qdrant).await;
    assert_eq!(down.status.code(), Some(1), "{}", said(&down));
    assert!(said(&down).contains("overloaded") && said(&down).contains("run the command again"), "{}", said(&down));
    let nobody = uuid::Uuid::new_v4().to_string();
    let unknown = ferrify(&ground, &["datasets", "move", "--dataset", &nobody, "--to", "qdrant"]).await;
    assert!(unknown.status.code() == Some(1) && said(&unknown).contains("no dataset"), "{}", said(&unknown));
    for wrong in [&["datasets", "move", "--to", "qdrant"][..], &["datasets", "move", "--all", "--to", "milvus"]] {
        assert_eq!(ferrify(&ground, wrong).await.status.code(), Some(2), "{wrong:?}");
    }
    let mut without = command(&ground, &to_qdrant);
    let without = without.env_remove("QDRANT_URL").output().await.unwrap();
    assert!(without.status.code() == Some(1) && said(&without).contains("QDRANT_URL"), "{}", said(&without));
    assert_eq!(kind(&ground, &dataset).await, "pgvector");
    assert_eq!(ground.found(&dataset, "fox").await, [FOX]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_looks_at_vector_stores() {
    let (ground, _stub) = both().await;
    let look = async |settings: &[(&str, &str)]| {
        let mut doctor = command(&ground, &["doctor", "--json"]);
        let output = doctor.envs(settings.iter().copied()).output().await.unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let checks = report["checks"].as_array().unwrap().iter().filter(|check| check["name"] == "vector store");
        let told = |check: &Value| {
            (check["status"].as_str().unwrap().to_owned(), check["detail"].as_str().unwrap().to_owned())
        };
        (checks.map(told).collect::<Vec<_>>(), output.status.code())
    };
    let ok = |detail: &str| ("ok".to_owned(), detail.to_owned());
    assert_eq!(look(&[]).await.0, [ok("pgvector"), ok("qdrant, beside pgvector")]);
    assert_eq!(look(&[("VECTOR_STORE", "qdrant")]).await.0, [ok("qdrant")]);
    for (settings, advice) in [
        ([("QDRANT_URL", "http://127.0.0.1:1"), ("VECTOR_STORE", "qdrant")], "set QDRANT_URL"),
        ([("QDRANT_API_KEY", "wrong"), ("VECTOR_STORE", "qdrant")], "QDRANT_API_KEY"),
        ([("QDRANT_API_KEY", ""), ("VECTOR_STORE", "milvus")], "milvus"),
    ] {
        let (told, code) = look(&settings).await;
        let [(status, detail)] = told.as_slice() else { panic!("{told:?}") };
        assert!(status == "failed" && detail.contains(advice) && code == Some(1), "{told:?}");
    }
}
