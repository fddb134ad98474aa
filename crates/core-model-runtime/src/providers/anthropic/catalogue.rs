//! The model descriptions, in display order.

pub(super) const MODELS: &[&str] = &[
    include_str!("models/claude-opus-5-5.yaml"),
    include_str!("models/claude-sonnet-5-5.yaml"),
    include_str!("models/claude-haiku-5-5.yaml"),
    include_str!("models/claude-opus-5.yaml"),
    include_str!("models/claude-opus-4-6.yaml"),
    include_str!("models/claude-sonnet-4-6.yaml"),
    include_str!("models/claude-opus-4-5-20251101.yaml"),
    include_str!("models/claude-sonnet-4-5-20250929.yaml"),
    include_str!("models/claude-haiku-4-5-20251001.yaml"),
    include_str!("models/claude-opus-4-1-20250805.yaml"),
    include_str!("models/claude-opus-4-20250514.yaml"),
    include_str!("models/claude-sonnet-4-20250514.yaml"),
    include_str!("models/claude-3-7-sonnet-20250219.yaml"),
    include_str!("models/claude-3-5-sonnet-20241022.yaml"),
    include_str!("models/claude-3-5-sonnet-20240620.yaml"),
    include_str!("models/claude-3-5-haiku-20241022.yaml"),
    include_str!("models/claude-3-opus-20240229.yaml"),
    include_str!("models/claude-3-haiku-20240307.yaml"),
];
