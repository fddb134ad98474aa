//! Segments as embedding models see them: topics, narrower subjects within each, and texts around those. Uniform noise
//! would have no neighbourhoods to find.

use core_rag::store::{Collection, Entry, EntryMetadata};
use uuid::Uuid;

pub(super) const DIMENSIONS: usize = 768;
const TOPICS: u64 = 200;
const SUBJECTS: u64 = 20;
/// Lengths of what a subject adds to its topic, a text to its subject, and a question to a text. Two texts of a subject
/// have a similarity of about 0.83, of a topic 0.67, others about 0.
const SUBJECT: f32 = 0.5;
const TEXT: f32 = 0.5;
const QUESTION: f32 = 0.3;
const VOCABULARY: f64 = 30_000.0;
const WORDS: usize = 80;
/// The most frequent words are those that analysers drop.
const STOP_WORDS: u64 = 30;

/// Splitmix64.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x1234_5678_9ABC_DEF0)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    #[expect(clippy::cast_precision_loss, reason = "random bits")]
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Nearly normal: the sum of four 16-bit numbers, of variance one.
    fn normal(&mut self) -> f32 {
        let bits = self.next();
        let sum: u64 = (0..4).map(|part| (bits >> (part * 16)) & 0xFFFF).sum();
        #[expect(clippy::cast_precision_loss, reason = "18 bits")]
        let centred = sum as f32 / 65_536.0 - 2.0;
        centred * 3.0_f32.sqrt()
    }

    /// A random direction times a length.
    fn direction(&mut self, length: f32) -> Vec<f32> {
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let scale = length / (DIMENSIONS as f32).sqrt();
        (0..DIMENSIONS).map(|_| self.normal() * scale).collect()
    }

    /// Word numbers as in languages: the n-th is n times rarer than the first.
    fn word(&mut self) -> String {
        loop {
            let place = VOCABULARY.powf(self.unit());
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to the vocabulary's size")]
            let place = place as u64;
            if place > STOP_WORDS {
                return format!("w{place}");
            }
        }
    }
}

fn add(to: &mut [f32], what: &[f32]) {
    to.iter_mut().zip(what).for_each(|(a, b)| *a += b);
}

/// The vector of a segment; of the same number always the same.
pub(super) fn vector(number: u64) -> Vec<f32> {
    let mut random = Random::new(number + 1_000_000);
    let topic = random.below(TOPICS);
    let subject = topic * SUBJECTS + random.below(SUBJECTS);
    let mut vector = Random::new(topic).direction(1.0);
    add(&mut vector, &Random::new(100_000 + subject).direction(SUBJECT));
    add(&mut vector, &random.direction(TEXT));
    normalised(vector)
}

/// A question near a segment.
pub(super) fn question(number: u64) -> Vec<f32> {
    let mut vector = vector(number);
    add(&mut vector, &Random::new(number + 50_000_000).direction(QUESTION));
    normalised(vector)
}

fn normalised(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|x| *x /= length);
    vector
}

fn words(number: u64) -> Vec<String> {
    let mut random = Random::new(number + 90_000_000);
    (0..WORDS).map(|_| random.word()).collect()
}

/// Four words of a segment.
pub(super) fn question_words(number: u64) -> Vec<String> {
    words(number).into_iter().step_by(WORDS / 4).collect()
}

pub(super) fn entry(collection: &Collection, number: u64) -> Entry {
    let id = Uuid::from_u64_pair(collection.dataset.as_u64_pair().0, number);
    let terms = words(number);
    // A document of a hundred segments.
    let document = Uuid::from_u128(u128::from(number / 100));
    let metadata = EntryMetadata {
        doc_id: Some(id),
        dataset_id: Some(collection.dataset),
        document_id: Some(document),
        doc_hash: Some(format!("{number:064}")),
        ..EntryMetadata::default()
    };
    Entry { id, text: terms.join(" "), vector: vector(number), terms, metadata }
}
