//! The model descriptions, in display order.

pub(super) const MODELS: &[&str] = &[
    include_str!("models/jina-embeddings-v4.yaml"),
    include_str!("models/jina-embeddings-v3.yaml"),
    include_str!("models/jina-clip-v2.yaml"),
    include_str!("models/jina-code-embeddings-1.5b.yaml"),
    include_str!("models/jina-code-embeddings-0.5b.yaml"),
    include_str!("models/jina-embeddings-v2-base-en.yaml"),
    include_str!("models/jina-embeddings-v2-base-zh.yaml"),
    include_str!("models/jina-embeddings-v2-base-de.yaml"),
    include_str!("models/jina-embeddings-v2-base-es.yaml"),
    include_str!("models/jina-embeddings-v2-base-code.yaml"),
    include_str!("models/jina-reranker-v3.yaml"),
    include_str!("models/jina-reranker-m0.yaml"),
    include_str!("models/jina-reranker-v2-base-multilingual.yaml"),
    include_str!("models/jina-colbert-v2.yaml"),
];
