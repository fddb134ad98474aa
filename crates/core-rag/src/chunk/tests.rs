use serde_json::json;

use super::*;
use crate::rule::ProcessRule;

mod questions;
mod streams;

const LIMIT: usize = 4000;

fn custom(separator: &str, size: usize, overlap: usize) -> ProcessRule {
    ProcessRule::from_request(&json!({"mode": "custom", "rules": {
        "pre_processing_rules": [{"id": "remove_extra_spaces", "enabled": true}, {"id": "remove_urls_emails", "enabled": true}],
        "segmentation": {"separator": separator, "max_tokens": size, "chunk_overlap": overlap},
    }}))
    .unwrap()
}

fn hierarchical(parent_mode: &str) -> ProcessRule {
    ProcessRule::from_request(&json!({"mode": "hierarchical", "rules": {
        "pre_processing_rules": [{"id": "remove_extra_spaces", "enabled": true}],
        "segmentation": {"separator": "\\n\\n", "max_tokens": 200},
        "parent_mode": parent_mode,
        "subchunk_segmentation": {"separator": "。", "max_tokens": 50},
    }}))
    .unwrap()
}

fn chunks(rule: &ProcessRule, form: DocForm, pages: &[&str]) -> Vec<Chunk> {
    let mut chunker = Chunker::new(rule, form, LIMIT).unwrap();
    let mut chunks = Vec::new();
    for page in pages {
        chunks.extend(chunker.push(page).unwrap());
    }
    chunks.extend(chunker.finish().unwrap());
    chunks
}

fn contents(chunks: &[Chunk]) -> Vec<&str> {
    chunks.iter().map(|chunk| chunk.content.as_str()).collect()
}

fn children(chunk: &Chunk) -> Vec<&str> {
    chunk.children.iter().map(|child| child.content.as_str()).collect()
}

#[test]
fn hash_of_a_content() {
    assert_eq!(content_hash("hello"), "c0a2ae6e305366764fa6ba9ff8811afa22429dff0be3e5ad30e2ee9e738efcee");
}

#[test]
fn pieces_of_a_text() {
    let chunks = chunks(
        &custom("\n", 50, 0),
        DocForm::General,
        &["# One  two\n\n\n...\n  - three me@x.io\n。四", "(next) page", " "],
    );
    assert_eq!(contents(&chunks), ["One two", "- three", "四", "next) page"]);
    assert_eq!(chunks[2].hash, content_hash("四"));
    assert!(chunks.iter().all(|chunk| chunk.answer.is_none() && chunk.children.is_empty()));
}

#[test]
fn automatic_pieces() {
    let sentence = "Twenty six characters.  It";
    let page = format!("{}\n\n\n\nEnd", [sentence; 30].join(" "));
    let chunks = chunks(&ProcessRule::automatic(), DocForm::General, &[&page, "https://kept.io"]);
    assert!(chunks.len() >= 3);
    assert!(chunks.iter().all(|chunk| chunk.content.chars().count() <= 500 && !chunk.content.contains("  ")));
    assert_eq!(chunks.last().unwrap().content, "https://kept.io");
    // The end of one piece is the start of the next.
    let start: String = chunks[1].content.chars().take(20).collect();
    assert!(chunks[0].content.contains(&start), "{start}");
}

#[test]
fn paragraphs_with_children() {
    let chunks = chunks(&hierarchical("paragraph"), DocForm::ParentChild, &["。Eins。Zwei。 \n\n(Drei)", "vier。。"]);
    assert_eq!(contents(&chunks), ["Eins。Zwei。", "(Drei)", "vier。。"]);
    assert_eq!(children(&chunks[0]), ["Eins", "Zwei"]);
    assert_eq!(children(&chunks[1]), ["(Drei)"]);
    assert_eq!(children(&chunks[2]), ["vier"]);
    assert_eq!(chunks[0].children[1].hash, content_hash("Zwei"));
}

#[test]
fn a_whole_document_is_one_parent() {
    let chunks = chunks(&hierarchical("full-doc"), DocForm::ParentChild, &["Eins  。\n\n\n\nZwei", "Drei\0。vier"]);
    assert_eq!(contents(&chunks), ["Eins  。\n\n\n\nZwei\nDrei。vier"]);
    assert_eq!(children(&chunks[0]), ["Eins", "Zwei\nDrei", "vier"]);
    let chunker = Chunker::new(&hierarchical("full-doc"), DocForm::ParentChild, LIMIT).unwrap();
    assert_eq!(chunker.children_of("a。b").unwrap().len(), 2);
    assert_eq!(chunker.finish().unwrap(), []);
}

#[test]
fn whole_documents_have_a_limit() {
    let mut chunker = Chunker::new(&hierarchical("full-doc"), DocForm::ParentChild, LIMIT).unwrap();
    let mebibyte = "x".repeat(1024 * 1024);
    let error = (0..20).find_map(|_| chunker.push(&mebibyte).err()).unwrap();
    assert_eq!(error, ChunkError::TooLong(16 * 1024 * 1024));
    let mut chunker = Chunker::new(&hierarchical("full-doc"), DocForm::ParentChild, LIMIT).unwrap();
    chunker.push(&"x。".repeat(100_001)).unwrap();
    assert_eq!(chunker.finish().unwrap_err(), ChunkError::TooManyChildren(100_000));
}

#[test]
fn sizes_that_are_not_accepted() {
    let new = |rule: &ProcessRule, form| Chunker::new(rule, form, 1000).map(|_| ());
    let error = |size| Err(ChunkError::Size { size, min: 50, max: 1000 });
    assert_eq!(new(&custom("\n", 49, 0), DocForm::General), error(49));
    assert_eq!(new(&custom("\n", 1001, 0), DocForm::General), error(1001));
    assert_eq!(new(&custom("\n", 50, 51), DocForm::General), Err(ChunkError::Overlap { size: 50, overlap: 51 }));
    assert_eq!(new(&custom("\n", 1000, 1000), DocForm::General), Ok(()));
    assert_eq!(new(&custom("\n", 100, 0), DocForm::ParentChild), Err(ChunkError::NoChildRule));
    assert_eq!(new(&ProcessRule::automatic(), DocForm::ParentChild), Err(ChunkError::NoChildRule));
    let without = ProcessRule::stored("custom", Some("{}")).unwrap();
    assert_eq!(new(&without, DocForm::General), Err(ChunkError::NoSize));
    let text = ChunkError::Size { size: 49, min: 50, max: 1000 }.to_string();
    assert_eq!(text, "the length of a chunk must be between 50 and 1000 characters, but it is 49");
}

#[test]
fn estimates_are_what_indexing_does() {
    let page = (0..40).map(|number| format!("Line {number}.")).collect::<Vec<_>>().join("\n");
    for (rule, form, total, shown) in [
        (custom("\n", 50, 0), DocForm::General, 41, 10),
        (custom("\n", 50, 0), DocForm::QuestionAnswer, 41 * 20, 1),
        (hierarchical("paragraph"), DocForm::ParentChild, 3, 3),
        (hierarchical("full-doc"), DocForm::ParentChild, 1, 1),
    ] {
        let mut estimator = Estimator::new(&rule, form, LIMIT, 2).unwrap();
        estimator.push(&page).unwrap();
        estimator.push("end").unwrap();
        let estimate = estimator.finish().unwrap();
        assert_eq!((estimate.total_segments, estimate.preview.len()), (total, shown), "{rule:?}");
        let chunks = chunks(&rule, form, &[&page, "end"]);
        for (preview, chunk) in estimate.preview.iter().zip(&chunks) {
            assert_eq!(preview.content, chunk.content);
            let children = (form == DocForm::ParentChild).then(|| children(chunk));
            let limit = if rule.is_full_doc() { 2 } else { usize::MAX };
            let seen = preview.child_chunks.as_ref().map(|seen| seen.iter().map(String::as_str).collect::<Vec<_>>());
            assert_eq!(seen, children.map(|children| children.into_iter().take(limit).collect()));
        }
    }
    let one = Preview { content: "x".into(), child_chunks: None };
    let mut sum = Estimate { total_segments: 8, preview: vec![one.clone(); 8] };
    sum.merge(Estimate { total_segments: 5, preview: vec![one; 5] }, DocForm::General);
    assert_eq!((sum.total_segments, sum.preview.len()), (13, 10));
}
