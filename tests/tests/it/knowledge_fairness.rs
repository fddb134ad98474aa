//! Workspaces share the workers: whoever has very many documents does not keep another one waiting.

use models::job::NewJob;
use models::{DocumentId, TenantId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::it::console_people::{home, stranger};
use crate::it::knowledge_ground::{Knowledge, comes_to};

const MANY: usize = 10_000;

/// As many documents like this one, on their way to the index as if they had been put up together.
async fn multiplied(ground: &Knowledge, document: &str) {
    let copies = format!(
        "INSERT INTO documents SELECT copy.* FROM documents d CROSS JOIN generate_series(1, {MANY}) AS n \
         CROSS JOIN LATERAL jsonb_populate_record(d, jsonb_build_object( \
            'id', gen_random_uuid(), 'position', n + 1, 'name', 'copy ' || n, 'indexing_status', 'waiting', \
            'processing_started_at', null, 'parsing_completed_at', null, 'splitting_completed_at', null, \
            'completed_at', null, 'word_count', null, 'tokens', null)) AS copy WHERE d.id = $1::uuid"
    );
    assert_eq!(ground.server.db().execute(&copies, &[document]).await, MANY);
    let rows = ground.server.db().all("SELECT id FROM documents WHERE indexing_status = 'waiting'", &[]).await;
    let ids: Vec<DocumentId> = rows.iter().map(|row| row["id"].as_str().unwrap().parse().unwrap()).collect();
    let tenant = TenantId(home(&ground.server).await.parse::<Uuid>().unwrap());
    let job = |id: &DocumentId| NewJob {
        queue: "dataset",
        kind: "index_document",
        tenant: Some(tenant),
        payload: json!({"document": id}),
        priority: 0,
        run_at: None,
        max_attempts: 40,
        dedup_key: None,
    };
    let jobs: Vec<NewJob<'_>> = ids.iter().map(job).collect();
    let mut conn = ground.server.database().conn().await;
    assert_eq!(models::job::insert(&mut conn, &jobs).await.unwrap().len(), MANY);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_documents_of_one_do_not_hold_up_another() {
    let ground = Knowledge::set_up().await;
    let dataset = ground.dataset("Many", "economy").await;
    let document = ground.indexed_text(&dataset, "first.txt", "Foxes run.").await;
    let elsewhere = stranger(&ground.server).await;
    let key = elsewhere.post_json("/datasets/api-keys", &json!({})).await.expect(200).text_at("/token");
    let service = ground.server.service(&key);
    let few = service.post_json("/datasets", &json!({"name": "Few", "indexing_technique": "economy"})).await;
    let few = few.expect(200).text_at("/id");

    multiplied(&ground, &document).await;
    let mut batches = Vec::new();
    for number in 0..10 {
        let body =
            json!({"name": format!("{number}.txt"), "text": "Cats purr.", "process_rule": {"mode": "automatic"}});
        let made = service.post_json(&format!("/datasets/{few}/document/create-by-text"), &body).await.expect(200);
        batches.push(made.text_at("/batch"));
    }
    for batch in &batches {
        comes_to(&service, &few, batch, "completed").await;
    }
    let states = "SELECT count(*) FILTER (WHERE indexing_status = 'waiting') AS waiting, \
                  count(*) FILTER (WHERE indexing_status = 'completed') AS completed, \
                  count(*) FILTER (WHERE indexing_status = 'error') AS failed \
                  FROM documents WHERE dataset_id = $1::uuid";
    let left: Value = ground.server.db().one(states, &[&dataset]).await;
    // All of theirs are done while most of the others wait, and these go on beside them.
    assert!(left["waiting"].as_u64().unwrap() > 5_000, "{left}");
    assert!(left["completed"].as_u64().unwrap() > 1, "{left}");
    assert_eq!(left["failed"], json!(0), "{left}");
}
