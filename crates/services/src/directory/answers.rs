//! What was answered about an app, as it was sent: as long as the app is remembered, so are these.

use std::collections::HashMap;

use bytes::Bytes;
use parking_lot::Mutex;
use sha2::{Digest, Sha256};

/// A body, and its name by content.
#[derive(Debug, Clone)]
pub struct KeptAnswer {
    pub body: Bytes,
    /// 64 hexadecimal digits.
    pub tag: String,
}

/// Bodies by what they answer. A change of the app makes a new, empty one.
#[derive(Debug, Default)]
pub struct KeptAnswers(Mutex<HashMap<&'static str, KeptAnswer>>);

impl KeptAnswers {
    pub fn get(&self, about: &'static str) -> Option<KeptAnswer> {
        self.0.lock().get(about).cloned()
    }

    pub fn keep(&self, about: &'static str, body: Bytes) -> KeptAnswer {
        let answer = KeptAnswer { tag: hex::encode(Sha256::digest(&body)), body };
        self.0.lock().insert(about, answer.clone());
        answer
    }
}
