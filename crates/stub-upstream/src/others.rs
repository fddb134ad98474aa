//! Endpoints besides chat: listings, embeddings, reranking, moderation, speech.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::reply::MODEL;
use crate::script::Script;

/// What every code is exchanged for; scripts of profiles are found by it.
const SOCIAL_TOKEN: &str = "social-token";
/// Texts that contain this are flagged by moderation.
const OBJECTIONABLE: &str = "flagme";
/// The model whose speech can be played.
const AUDIBLE: &str = "tts-1-hd";

/// `None` is an unknown path.
pub(crate) fn answer(script: &Script, path: &str, body: &Value) -> Option<(&'static str, Vec<u8>)> {
    let json = |value: Value| Some(("application/json", value.to_string().into_bytes()));
    match path {
        // Where people sign in: any code is good, unless the server refuses.
        "/login/oauth/access_token" | "/token" => json(json!({"access_token": SOCIAL_TOKEN, "token_type": "bearer"})),
        "/refusing/login/oauth/access_token" => json(json!({"error": "bad_verification_code"})),
        "/v1/models" => {
            json(json!({"object": "list", "data": [{"id": MODEL, "object": "model"}], "models": [{"name": MODEL}]}))
        }
        "/v1/embeddings" => {
            let texts = texts(body.get("input"));
            let encoded = body.get("encoding_format").and_then(Value::as_str) == Some("base64");
            let data: Vec<Value> = vectors(script, &texts)
                .iter()
                .enumerate()
                .map(|(index, vector)| {
                    let embedding = if encoded { base64(vector) } else { json!(vector) };
                    json!({"object": "embedding", "index": index, "embedding": embedding})
                })
                .collect();
            let usage = json!({"prompt_tokens": words(&texts), "total_tokens": words(&texts)});
            json(json!({"object": "list", "model": MODEL, "data": data, "usage": usage}))
        }
        "/v2/embed" => {
            let texts = texts(body.get("texts").or_else(|| body.get("images")));
            let billed = json!({"billed_units": {"input_tokens": words(&texts)}});
            let vectors = vectors(script, &texts);
            json(json!({"id": "emb-stub", "texts": texts, "embeddings": {"float": vectors}, "meta": billed}))
        }
        "/api/embed" => {
            let texts = texts(body.get("input"));
            let vectors = vectors(script, &texts);
            json(json!({"model": MODEL, "embeddings": vectors, "prompt_eval_count": words(&texts)}))
        }
        "/api/tags" => json(json!({"models": [{"name": MODEL, "model": MODEL}]})),
        "/v1/moderations" => {
            let verdict = |text: &String| json!({"flagged": text.contains(OBJECTIONABLE)});
            let results: Vec<Value> = texts(body.get("input")).iter().map(verdict).collect();
            json(json!({"id": "modr-stub", "model": MODEL, "results": results}))
        }
        "/v1/rerank" | "/v2/rerank" | "/api/rerank" => {
            let documents = texts(body.get("documents"));
            let query = body.get("query").and_then(Value::as_str).unwrap_or_default();
            let score = |text: &String| if text.contains(query) { 0.9 } else { 0.1 };
            let mut scored: Vec<(usize, f64)> = documents.iter().map(score).enumerate().collect();
            scored.sort_by(|a, b| b.1.total_cmp(&a.1));
            let most = body.get("top_n").and_then(Value::as_u64).and_then(|most| usize::try_from(most).ok());
            scored.truncate(most.unwrap_or(usize::MAX));
            let result = |(index, score)| json!({"index": index, "relevance_score": score});
            let results: Vec<Value> = scored.into_iter().map(result).collect();
            json(json!({"results": results}))
        }
        "/v1/audio/transcriptions" => json(json!({"text": "a transcript"})),
        "/v1/audio/speech" => {
            let said = |key: &str| body.get(key).and_then(Value::as_str).unwrap_or_default();
            let sound = if said("model") == AUDIBLE { silence(said("input")) } else { b"ID3stub-audio".to_vec() };
            Some(("audio/mpeg", sound))
        }
        _ => None,
    }
}

/// Silence that can be played, in MPEG frames of 26 ms: ten for every word, which stands in the first of them where
/// decoders do not look.
fn silence(text: &str) -> Vec<u8> {
    // Layer 3, 32 kbit/s, 44.1 kHz, one channel; the rest of a frame is its side information, all zeros, and its data.
    const HEAD: [u8; 4] = [0xff, 0xfb, 0x10, 0xc0];
    const LENGTH: usize = 104;
    const INFORMATION: usize = 17;
    let frame = |word: &str| {
        let mut frame = HEAD.to_vec();
        frame.resize(HEAD.len() + INFORMATION, 0);
        frame.extend(word.bytes().take(LENGTH - HEAD.len() - INFORMATION));
        frame.resize(LENGTH, 0);
        frame
    };
    let frames = text.split_whitespace().flat_map(|word| std::iter::once(word).chain(std::iter::repeat_n("", 9)));
    frames.flat_map(frame).collect()
}

fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(texts)) => texts.iter().map(text).collect(),
        _ => Vec::new(),
    }
}

/// A text, or a picture's data among texts.
fn text(value: &Value) -> String {
    value.as_str().or_else(|| value.get("image")?.as_str()).unwrap_or_default().to_owned()
}

fn words(texts: &[String]) -> usize {
    texts.iter().map(|text| text.split_whitespace().count()).sum()
}

fn vectors(script: &Script, texts: &[String]) -> Vec<Vec<f32>> {
    let count = texts.len().saturating_sub(script.missing_vectors);
    texts.iter().take(count).map(|text| vector(text, script.dimension)).collect()
}

/// Deterministic, and different for different texts.
fn vector(text: &str, dimension: usize) -> Vec<f32> {
    (17_u32..)
        .take(dimension)
        .map(|start| {
            let hash = text.bytes().fold(start, |hash, byte| hash.wrapping_mul(31).wrapping_add(u32::from(byte)));
            f32::from(u16::try_from(hash % 1000).unwrap_or_default()) / 1000.0
        })
        .collect()
}

fn base64(vector: &[f32]) -> Value {
    let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
    STANDARD.encode(bytes).into()
}
