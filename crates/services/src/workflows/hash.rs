//! The hash by which a client says which draft it changed: the SHA-256 of graph and features as JSON with sorted keys,
//! with `None` after it, like the original's.

use core_workflow::dsl::Tree;
use sha2::{Digest, Sha256};
use tokio::task::{JoinError, spawn_blocking};

/// Longer texts are read beside the runtime's threads.
const LONG: usize = 128 * 1024;

/// Runs what takes as long as the text is, where it does not hold up others.
pub(crate) async fn for_text<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, JoinError> {
    if bytes > LONG { spawn_blocking(work).await } else { Ok(work()) }
}

fn digest(graph: &str, features: &str) -> String {
    let read = |text: &str| Tree::from_json(text);
    let mut hash = Sha256::new();
    match (read(graph), read(features)) {
        (Ok(graph), Ok(features)) => {
            hash.update(Tree::map([("graph", graph), ("features", features)]).to_sorted_json());
        }
        // A row that somebody else wrote; it has a hash all the same.
        _ => {
            hash.update(graph);
            hash.update([0]);
            hash.update(features);
        }
    }
    hash.update("None");
    hex::encode(hash.finalize())
}

/// The hash of a workflow's JSON texts.
pub(super) async fn hash_of(graph: &str, features: &str) -> Result<String, JoinError> {
    let bytes = graph.len() + features.len();
    if bytes <= LONG {
        return Ok(digest(graph, features));
    }
    let (graph, features) = (graph.to_owned(), features.to_owned());
    spawn_blocking(move || digest(&graph, &features)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_originals() {
        // hashlib.sha256((json.dumps({"graph": {"nodes": [], "edges": []}, "features": {"a": "ü"}}, sort_keys=True) + "None").encode())
        let hash = digest(r#"{"nodes":[],"edges":[]}"#, r#"{"a": "ü"}"#);
        assert_eq!(hash, "b4d8259d499220517c771d6c518bd24156b3e49ec199b1cd495dd8d16201fd14");
        assert_eq!(digest(r#"{"edges":[], "nodes":[]}"#, r#"{"a":"\u00fc"}"#), hash);
        assert_ne!(digest("{broken", "{}"), digest("{broken2", "{}"));
    }
}
