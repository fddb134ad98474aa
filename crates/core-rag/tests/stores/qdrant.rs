//! Vectors in Qdrant: a stub always, a real server where `QDRANT_URL` names one.

use std::sync::Arc;

use config::{Environment, QdrantSettings, Settings};
use core_rag::store::{Collection, Qdrant, StoreError, Target, VectorStore};
use serde_json::json;
use uuid::Uuid;

use crate::conformance;
use crate::qdrant_stub::{KEY, QdrantStub};

fn settings(url: &str, key: &str) -> QdrantSettings {
    let pairs = [("QDRANT_URL", url), ("QDRANT_API_KEY", key), ("QDRANT_CLIENT_TIMEOUT", "2")];
    Settings::read(&Environment::of_pairs(pairs)).unwrap().vectors.qdrant
}

#[tokio::test]
async fn it_does_what_every_store_does() {
    let (stub, url) = QdrantStub::start().await;
    conformance::all(Arc::new(Qdrant::new(&settings(&url, KEY)).unwrap())).await;
    assert_eq!(stub.faults(), Vec::<String>::new());
}

#[tokio::test]
async fn a_real_server_agrees() {
    let environment = Environment::of_process(std::path::Path::new(".")).unwrap();
    let settings = Settings::read(&environment).unwrap().vectors.qdrant;
    if settings.url.is_some() {
        conformance::all(Arc::new(Qdrant::new(&settings).unwrap())).await;
    }
}

#[tokio::test]
async fn datasets_that_share_a_collection_do_not_see_each_other() {
    let (stub, url) = QdrantStub::start().await;
    let store = Qdrant::new(&settings(&url, KEY)).unwrap();
    let of = |dataset| Collection { name: "Vector_index_shared_Node".to_owned(), dataset, dimensions: 2 };
    let (mine, theirs) = (of(Uuid::new_v4()), of(Uuid::new_v4()));
    store.ensure(&mine).await.unwrap();
    store.ensure(&theirs).await.unwrap();
    // As Dify writes points: without terms.
    let (a, b) = (Uuid::new_v4(), Uuid::new_v4());
    for (id, owner) in [(a, &mine), (b, &theirs)] {
        let metadata = json!({"doc_id": id, "dataset_id": owner.dataset, "document_id": Uuid::nil(), "doc_hash": "h"});
        let payload = json!({"page_content": "text", "metadata": metadata, "group_id": owner.dataset});
        stub.put(&mine.name, &id.to_string(), &[1.0, 0.0], payload);
    }
    let target = |collection: &Collection| Target { collection: collection.clone(), top_k: 5, score_threshold: 0.0 };
    let before = stub.requests();
    let found = store.search_vector(&[target(&mine), target(&theirs)], &[1.0, 0.0], None).await.unwrap();
    assert_eq!(stub.requests() - before, 1, "one request for a collection");
    let pairs: Vec<(Uuid, Uuid)> = found.iter().map(|found| (found.dataset, found.id)).collect();
    assert_eq!(pairs, [(mine.dataset, a), (theirs.dataset, b)]);
    assert!(!store.exists(&mine, b).await.unwrap());
    store.delete(&mine, &[a, b]).await.unwrap();
    assert_eq!((store.count(&mine).await.unwrap(), store.count(&theirs).await.unwrap()), (0, 1));
    store.drop_collection(&mine).await.unwrap();
    assert_eq!((store.count(&theirs).await.unwrap(), stub.count()), (1, 1));
    assert_eq!(stub.faults(), Vec::<String>::new());
}

#[tokio::test]
async fn failures_are_told_apart() {
    let (stub, url) = QdrantStub::start().await;
    let wrong_key = Qdrant::new(&settings(&url, "another")).unwrap();
    let refused = wrong_key.ping().await.unwrap_err();
    assert!(matches!(&refused, StoreError::Refused { status: 401, .. }) && !refused.is_outage(), "{refused}");
    let store = Qdrant::new(&settings(&url, KEY)).unwrap();
    stub.answer_with(503, "overloaded");
    let busy = store.ping().await.unwrap_err();
    assert!(busy.is_outage() && busy.to_string().contains("overloaded"), "{busy}");
    stub.answer_with(200, "<html>");
    assert!(matches!(store.ping().await, Err(StoreError::Answer(_))));
    stub.answer_with(404, "");
    let old = store.count(&conformance::collection()).await;
    assert!(matches!(old, Err(StoreError::Refused { status: 404, .. })), "an unknown path is no empty answer: {old:?}");
    let named = Collection { name: "../../x".to_owned(), dataset: Uuid::nil(), dimensions: 2 };
    assert!(matches!(store.ensure(&named).await, Err(StoreError::Name(_))));
    let nobody = Qdrant::new(&settings("http://127.0.0.1:1", KEY)).unwrap();
    assert!(nobody.ping().await.unwrap_err().is_outage());
}
