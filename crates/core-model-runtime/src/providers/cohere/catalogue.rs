//! The model descriptions, in display order.

pub(super) const MODELS: &[&str] = &[
    include_str!("models/command-a-03-2025.yaml"),
    include_str!("models/command-a-reasoning-08-2025.yaml"),
    include_str!("models/command-a-vision-07-2025.yaml"),
    include_str!("models/command-r-plus-08-2024.yaml"),
    include_str!("models/command-r-08-2024.yaml"),
    include_str!("models/command-r7b-12-2024.yaml"),
    include_str!("models/embed-v4.0.yaml"),
    include_str!("models/embed-multilingual-v3.0.yaml"),
    include_str!("models/embed-multilingual-light-v3.0.yaml"),
    include_str!("models/embed-english-v3.0.yaml"),
    include_str!("models/embed-english-light-v3.0.yaml"),
    include_str!("models/rerank-v4.0-pro.yaml"),
    include_str!("models/rerank-v4.0-fast.yaml"),
    include_str!("models/rerank-v3.5.yaml"),
    include_str!("models/rerank-multilingual-v3.0.yaml"),
    include_str!("models/rerank-english-v3.0.yaml"),
];
