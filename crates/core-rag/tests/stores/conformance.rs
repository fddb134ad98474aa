//! What every store has to do, one function a promise. [`all`] runs them one after another.

use std::sync::Arc;

use core_rag::store::{Collection, Entry, EntryMetadata, Found, MetadataKey, StoreError, Target, VectorStore};
use uuid::Uuid;

type Store = Arc<dyn VectorStore>;

pub(crate) async fn all(store: Store) {
    store.ping().await.unwrap();
    assert!(matches!(store.kind(), "pgvector" | "qdrant"));
    what_is_missing_is_empty(&store).await;
    making_twice_is_making_once(&store).await;
    several_make_at_once(&store).await;
    other_dimensions_are_told(&store).await;
    writing_again_replaces(&store).await;
    bad_vectors_are_refused(&store).await;
    the_most_similar_come_first(&store).await;
    several_collections_in_one_search(&store).await;
    filters_find_what_is_there(&store).await;
    texts_are_found_by_their_terms(&store).await;
    any_text_is_a_query(&store).await;
    deleting_takes_only_what_is_meant(&store).await;
    summaries_lead_to_their_segments(&store).await;
    vectors_can_be_read(&store).await;
    a_scan_sees_everything_once(&store).await;
    dropping_leaves_the_others(&store).await;
}

pub(crate) fn collection() -> Collection {
    let dataset = Uuid::new_v4();
    Collection { name: Collection::name_for("Vector_index", dataset), dataset, dimensions: 4 }
}

/// Of length one, in the plane of the first two axes.
fn towards(degrees: f32) -> Vec<f32> {
    let radians = degrees.to_radians();
    vec![radians.cos(), radians.sin(), 0.0, 0.0]
}

fn entry(collection: &Collection, document: Uuid, degrees: f32, text: &str) -> Entry {
    let id = Uuid::new_v4();
    Entry {
        id,
        text: text.to_owned(),
        vector: towards(degrees),
        terms: text.split_whitespace().map(str::to_lowercase).collect(),
        metadata: EntryMetadata {
            doc_id: Some(id),
            dataset_id: Some(collection.dataset),
            document_id: Some(document),
            doc_hash: Some("hash".to_owned()),
            ..EntryMetadata::default()
        },
    }
}

fn target(collection: &Collection, top_k: usize) -> Target {
    Target { collection: collection.clone(), top_k, score_threshold: 0.0 }
}

fn ids(found: &[Found]) -> Vec<Uuid> {
    found.iter().map(|found| found.id).collect()
}

async fn filled(store: &Store, entries: impl FnOnce(&Collection) -> Vec<Entry>) -> (Collection, Vec<Entry>) {
    let collection = collection();
    store.ensure(&collection).await.unwrap();
    let entries = entries(&collection);
    store.upsert(&collection, &entries).await.unwrap();
    (collection, entries)
}

async fn what_is_missing_is_empty(store: &Store) {
    let missing = collection();
    let id = Uuid::new_v4();
    assert_eq!(store.search_vector(&[target(&missing, 3)], &towards(0.0), None).await.unwrap(), []);
    assert_eq!(store.search_text(&[target(&missing, 3)], &["rust".to_owned()], None).await.unwrap(), []);
    assert_eq!(store.vectors_of(std::slice::from_ref(&missing), &[id]).await.unwrap().len(), 0);
    assert_eq!(store.count(&missing).await.unwrap(), 0);
    assert_eq!(store.scan(&missing, None, 10).await.unwrap(), []);
    assert!(!store.exists(&missing, id).await.unwrap());
    store.delete(&missing, &[id]).await.unwrap();
    store.delete_by_document(&missing, id).await.unwrap();
    store.drop_collection(&missing).await.unwrap();
    let written = store.upsert(&missing, &[entry(&missing, id, 0.0, "text")]).await;
    assert!(matches!(written, Err(StoreError::NoCollection(_))), "{written:?}");
}

async fn making_twice_is_making_once(store: &Store) {
    let (collection, _) = filled(store, |c| vec![entry(c, Uuid::new_v4(), 0.0, "text")]).await;
    store.ensure(&collection).await.unwrap();
    assert_eq!(store.count(&collection).await.unwrap(), 1);
}

async fn several_make_at_once(store: &Store) {
    let collection = collection();
    let makers = (0..4).map(|_| store.ensure(&collection));
    for made in futures::future::join_all(makers).await {
        made.unwrap();
    }
    assert_eq!(store.count(&collection).await.unwrap(), 0);
}

async fn other_dimensions_are_told(store: &Store) {
    let (collection, _) = filled(store, |_| Vec::new()).await;
    let told = |result: Result<(), StoreError>| match result {
        Err(StoreError::Dimensions { expected, got }) => (expected, got),
        other => panic!("{other:?}"),
    };
    let wider = Collection { dimensions: 5, ..collection.clone() };
    assert_eq!(told(store.ensure(&wider).await), (4, 5));
    let mut odd = entry(&collection, Uuid::new_v4(), 0.0, "text");
    odd.vector.push(0.0);
    assert_eq!(told(store.upsert(&collection, &[odd]).await), (4, 5));
    assert_eq!(told(store.search_vector(&[target(&collection, 1)], &[1.0], None).await.map(drop)), (4, 1));
    // Who asks may not know what is stored.
    let unknown = Collection { dimensions: 0, ..collection.clone() };
    assert!(matches!(store.ensure(&unknown).await, Err(StoreError::Unsupported(0))));
    assert_eq!(store.search_vector(&[target(&unknown, 1)], &towards(0.0), None).await.unwrap(), []);
    store.upsert(&collection, &[entry(&collection, Uuid::new_v4(), 0.0, "text")]).await.unwrap();
    let asked = store.search_vector(&[target(&wider, 1)], &[1.0, 0.0, 0.0, 0.0, 0.0], None).await;
    assert_eq!(told(asked.map(drop)), (4, 5));
}

async fn writing_again_replaces(store: &Store) {
    let (collection, entries) = filled(store, |c| vec![entry(c, Uuid::new_v4(), 0.0, "old words")]).await;
    let newer =
        Entry { text: "new".to_owned(), terms: vec!["new".to_owned()], vector: towards(90.0), ..entries[0].clone() };
    let between = Entry { text: "between".to_owned(), ..newer.clone() };
    store.upsert(&collection, &[between, newer.clone()]).await.unwrap();
    assert_eq!(store.count(&collection).await.unwrap(), 1);
    let found = store.search_vector(&[target(&collection, 3)], &towards(90.0), None).await.unwrap();
    assert_eq!((found[0].text.as_str(), found[0].id), ("new", newer.id));
    assert_eq!(found[0].metadata, newer.metadata);
    assert_eq!(store.search_text(&[target(&collection, 3)], &["old".to_owned()], None).await.unwrap(), []);
    assert_eq!(store.search_text(&[target(&collection, 3)], &["new".to_owned()], None).await.unwrap().len(), 1);
    store.upsert(&collection, &[]).await.unwrap();
}

async fn bad_vectors_are_refused(store: &Store) {
    let (collection, _) = filled(store, |_| Vec::new()).await;
    let mut bad = entry(&collection, Uuid::new_v4(), 0.0, "text");
    bad.vector[2] = f32::NAN;
    let good = entry(&collection, Uuid::new_v4(), 0.0, "text");
    let written = store.upsert(&collection, &[good, bad.clone()]).await;
    assert!(matches!(written, Err(StoreError::NotFinite(id)) if id == bad.id), "{written:?}");
    assert_eq!(store.count(&collection).await.unwrap(), 0, "nothing is half written");
    let asked = store.search_vector(&[target(&collection, 1)], &bad.vector, None).await;
    assert!(matches!(asked, Err(StoreError::QueryNotFinite)), "{asked:?}");
}

async fn the_most_similar_come_first(store: &Store) {
    let document = Uuid::new_v4();
    let angles = [170.0, 10.0, 60.0, 30.0];
    let (collection, entries) = filled(store, |c| angles.map(|a| entry(c, document, a, "text")).to_vec()).await;
    let found = store.search_vector(&[target(&collection, 2)], &towards(0.0), None).await.unwrap();
    assert_eq!(ids(&found), [entries[1].id, entries[3].id]);
    assert!((found[0].score - f64::from(10.0_f32.to_radians().cos())).abs() < 1e-5, "{}", found[0].score);
    let all = store.search_vector(&[target(&collection, 9)], &towards(0.0), None).await.unwrap();
    assert_eq!(all.len(), 3, "a negative similarity is under the threshold of zero");
    let strict = Target { score_threshold: 0.6, ..target(&collection, 9) };
    assert_eq!(store.search_vector(&[strict], &towards(0.0), None).await.unwrap().len(), 2);
    assert_eq!(store.search_vector(&[], &towards(0.0), None).await.unwrap(), []);
}

async fn several_collections_in_one_search(store: &Store) {
    let document = Uuid::new_v4();
    let (one, in_one) =
        filled(store, |c| vec![entry(c, document, 20.0, "alpha"), entry(c, document, 50.0, "beta")]).await;
    let (two, in_two) =
        filled(store, |c| vec![entry(c, document, 10.0, "alpha"), entry(c, document, 40.0, "beta")]).await;
    let targets = [target(&one, 1), target(&collection(), 5), target(&two, 2)];
    let found = store.search_vector(&targets, &towards(0.0), None).await.unwrap();
    let of = |dataset| ids(&found.iter().filter(|f| f.dataset == dataset).cloned().collect::<Vec<_>>());
    assert_eq!(of(one.dataset), [in_one[0].id]);
    assert_eq!(of(two.dataset), [in_two[0].id, in_two[1].id]);
    let words = store.search_text(&targets, &["beta".to_owned()], None).await.unwrap();
    let mut pairs: Vec<_> = words.iter().map(|f| (f.dataset, f.id)).collect();
    let mut expected = vec![(one.dataset, in_one[1].id), (two.dataset, in_two[1].id)];
    pairs.sort();
    expected.sort();
    assert_eq!(pairs, expected);
}

async fn filters_find_what_is_there(store: &Store) {
    let (rare, common) = (Uuid::new_v4(), Uuid::new_v4());
    // The document that is asked for is the least similar one.
    let (collection, entries) = filled(store, |c| {
        let many = (0..300_u16).map(|n| entry(c, common, f32::from(n) / 10.0, "common words"));
        many.chain((0..5_u16).map(|n| entry(c, rare, 80.0 + f32::from(n), "rare words"))).collect()
    })
    .await;
    let found = store.search_vector(&[target(&collection, 5)], &towards(0.0), Some(&[rare])).await.unwrap();
    assert_eq!(ids(&found), entries[300..].iter().map(|e| e.id).collect::<Vec<_>>());
    let words = store.search_text(&[target(&collection, 9)], &["words".to_owned()], Some(&[rare])).await.unwrap();
    assert_eq!(words.len(), 5);
    let none = store.search_vector(&[target(&collection, 5)], &towards(0.0), Some(&[])).await.unwrap();
    assert_eq!(none, [], "no document is not every document");
    assert_eq!(store.search_text(&[target(&collection, 5)], &["words".to_owned()], Some(&[])).await.unwrap(), []);
}

async fn texts_are_found_by_their_terms(store: &Store) {
    let texts = ["rust web server", "rust compiler", "garden plants", "机器 学习"];
    let (collection, entries) = filled(store, |c| texts.map(|text| entry(c, Uuid::new_v4(), 0.0, text)).to_vec()).await;
    let terms = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    let found = store.search_text(&[target(&collection, 9)], &terms(&["rust", "web"]), None).await.unwrap();
    assert_eq!(ids(&found), [entries[0].id, entries[1].id]);
    assert!(found.iter().all(|f| f.score > 0.0 && f.score <= 1.0), "{found:?}");
    assert!(found[0].score > found[1].score);
    assert_eq!(found[0].text, "rust web server");
    let chinese = store.search_text(&[target(&collection, 9)], &terms(&["学习"]), None).await.unwrap();
    assert_eq!(ids(&chinese), [entries[3].id]);
    assert_eq!(store.search_text(&[target(&collection, 1)], &terms(&["rust"]), None).await.unwrap().len(), 1);
    assert_eq!(store.search_text(&[target(&collection, 9)], &terms(&["nowhere"]), None).await.unwrap(), []);
}

async fn any_text_is_a_query(store: &Store) {
    let (collection, _) = filled(store, |c| vec![entry(c, Uuid::new_v4(), 0.0, "text")]).await;
    let long = "x".repeat(3000);
    for word in ["", "'", "\\", "a'b", "a\\'b", "& | !", "(", ":*", "\0", "<->", "\"", "$1", &long] {
        let found = store.search_text(&[target(&collection, 3)], &[word.to_owned()], None).await;
        assert!(found.as_ref().is_ok_and(Vec::is_empty), "{word:?}: {found:?}");
        let mut odd = entry(&collection, Uuid::new_v4(), 0.0, "odd");
        odd.terms = vec![word.to_owned()];
        odd.text = format!("with {word}");
        let written = store.upsert(&collection, &[odd.clone()]).await;
        assert!(written.is_ok(), "{word:?}: {written:?}");
        store.delete(&collection, &[odd.id]).await.unwrap();
    }
}

async fn deleting_takes_only_what_is_meant(store: &Store) {
    let (first, second) = (Uuid::new_v4(), Uuid::new_v4());
    let (collection, entries) = filled(store, |c| {
        let mut entries = vec![
            entry(c, first, 0.0, "a"),
            entry(c, first, 0.0, "b"),
            entry(c, second, 0.0, "c"),
            entry(c, second, 0.0, "d"),
        ];
        entries[3].metadata.annotation_id = Some(entries[3].id);
        entries
    })
    .await;
    store.delete(&collection, &[entries[0].id, Uuid::new_v4()]).await.unwrap();
    assert!(!store.exists(&collection, entries[0].id).await.unwrap());
    assert!(store.exists(&collection, entries[1].id).await.unwrap());
    store.delete(&collection, &[]).await.unwrap();
    store.delete_by_document(&collection, first).await.unwrap();
    assert_eq!(store.count(&collection).await.unwrap(), 2);
    let annotation = entries[3].id.to_string();
    store.delete_by_metadata(&collection, MetadataKey::AnnotationId, &annotation).await.unwrap();
    store.delete_by_metadata(&collection, MetadataKey::AppId, "nobody's").await.unwrap();
    assert!(store.exists(&collection, entries[2].id).await.unwrap());
    assert_eq!(store.count(&collection).await.unwrap(), 1);
}

async fn summaries_lead_to_their_segments(store: &Store) {
    let (document, segments) = (Uuid::new_v4(), [Uuid::new_v4(), Uuid::new_v4()]);
    let (collection, entries) = filled(store, |c| {
        let mut entries = vec![entry(c, document, 0.0, "segment words")];
        for (segment, degrees) in segments.iter().zip([10.0, 20.0]) {
            let mut summary = entry(c, document, degrees, "summary words");
            summary.metadata.is_summary = Some(true);
            summary.metadata.original_chunk_id = Some(*segment);
            entries.push(summary);
        }
        entries
    })
    .await;
    let of = |found: Vec<Found>| -> Vec<(Uuid, Option<bool>, Option<Uuid>)> {
        found.iter().map(|f| (f.id, f.metadata.is_summary, f.metadata.original_chunk_id)).collect()
    };
    let (first, second) =
        ((entries[1].id, Some(true), Some(segments[0])), (entries[2].id, Some(true), Some(segments[1])));
    let similar = store.search_vector(&[target(&collection, 9)], &towards(0.0), None).await.unwrap();
    assert_eq!(of(similar), [(entries[0].id, None, None), first, second]);
    let worded = store.search_text(&[target(&collection, 9)], &["summary".to_owned()], None).await.unwrap();
    let mut worded = of(worded);
    worded.sort();
    let mut expected = [first, second];
    expected.sort();
    assert_eq!(worded, expected);
    let scanned = store.scan(&collection, None, 9).await.unwrap();
    assert_eq!(scanned.iter().filter(|e| e.metadata.is_summary == Some(true)).count(), 2);
    let segment = segments[0].to_string();
    store.delete_by_metadata(&collection, MetadataKey::OriginalChunkId, &segment).await.unwrap();
    assert!(!store.exists(&collection, entries[1].id).await.unwrap());
    assert_eq!(store.count(&collection).await.unwrap(), 2);
    store.delete_by_document(&collection, document).await.unwrap();
    assert_eq!(store.count(&collection).await.unwrap(), 0);
}

async fn vectors_can_be_read(store: &Store) {
    let (one, in_one) = filled(store, |c| vec![entry(c, Uuid::new_v4(), 20.0, "a")]).await;
    let (two, in_two) = filled(store, |c| vec![entry(c, Uuid::new_v4(), 70.0, "b")]).await;
    let asked = [in_one[0].id, in_two[0].id, Uuid::new_v4()];
    let read = store.vectors_of(&[one.clone(), collection(), two], &asked).await.unwrap();
    assert_eq!(read.len(), 2);
    for (read, written) in read[&in_one[0].id].iter().zip(&in_one[0].vector) {
        assert!((read - written).abs() < 1e-6);
    }
    let foreign = store.vectors_of(&[one], &[in_two[0].id]).await.unwrap();
    assert_eq!(foreign.len(), 0, "another collection's vector");
}

async fn a_scan_sees_everything_once(store: &Store) {
    let document = Uuid::new_v4();
    let (collection, entries) =
        filled(store, |c| (0..25_u16).map(|n| entry(c, document, f32::from(n), "text")).collect()).await;
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.scan(&collection, after, 10).await.unwrap();
        assert!(page.len() <= 10);
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        seen.extend(page);
    }
    let mut expected: Vec<Uuid> = entries.iter().map(|e| e.id).collect();
    expected.sort();
    assert_eq!(seen.iter().map(|e| e.id).collect::<Vec<_>>(), expected);
    let original = entries.iter().find(|e| e.id == seen[0].id).unwrap();
    assert_eq!((&seen[0].text, &seen[0].metadata), (&original.text, &original.metadata));
    assert_eq!(seen[0].vector.len(), 4);
}

async fn dropping_leaves_the_others(store: &Store) {
    let (one, _) = filled(store, |c| vec![entry(c, Uuid::new_v4(), 0.0, "a")]).await;
    // Under the same name, as datasets of one embedding model are in stores that group them.
    let (two, _) = filled(store, |c| vec![entry(c, Uuid::new_v4(), 0.0, "b")]).await;
    store.drop_collection(&one).await.unwrap();
    assert_eq!(store.count(&one).await.unwrap(), 0);
    assert_eq!(store.count(&two).await.unwrap(), 1);
    store.ensure(&one).await.unwrap();
    store.upsert(&one, &[entry(&one, Uuid::new_v4(), 0.0, "c")]).await.unwrap();
    assert_eq!(store.count(&one).await.unwrap(), 1);
}
