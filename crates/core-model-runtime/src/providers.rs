//! The built-in providers, one folder each.
//!
//! A new provider is a folder with its description and catalogue, its wire types, pure mapping functions and a
//! client, and one line here. A vendor that speaks the OpenAI dialect needs no code besides locating its endpoint.

mod anthropic;
mod cohere;
mod demo;
mod jina;
mod ollama;
mod openai;
mod openai_api_compatible;
mod openai_dialect;
mod relevance;

use crate::registry::{Builtin, BuiltinOptions};

/// In display order.
pub(crate) fn all(options: BuiltinOptions) -> Vec<Builtin> {
    let mut all = vec![
        openai::builtin(),
        anthropic::builtin(),
        ollama::builtin(),
        cohere::builtin(),
        jina::builtin(),
        openai_api_compatible::builtin(),
    ];
    if options.demo {
        all.push(demo::builtin());
    }
    all
}
