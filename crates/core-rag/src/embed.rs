//! Vectors on their way from a model into a store or a cache: brought to length one, and written down as text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Why a vector of a model is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VectorFault {
    #[error("the embedding is empty")]
    Empty,
    #[error("the embedding holds numbers that are none (NaN or infinite)")]
    NotFinite,
    /// It has no direction, so that no distance to it means anything.
    #[error("the embedding is zero")]
    Zero,
}

/// The same direction with length one (L2).
///
/// # Errors
/// The vector has no direction. Callers skip such a vector and say so.
pub fn normalised(mut vector: Vec<f32>) -> Result<Vec<f32>, VectorFault> {
    if vector.is_empty() {
        return Err(VectorFault::Empty);
    }
    if !vector.iter().all(|number| number.is_finite()) {
        return Err(VectorFault::NotFinite);
    }
    // In 64 bits: squares of large 32-bit numbers are infinite.
    let length = vector.iter().map(|&number| f64::from(number) * f64::from(number)).sum::<f64>().sqrt();
    if length == 0.0 {
        return Err(VectorFault::Zero);
    }
    for number in &mut vector {
        *number = single(f64::from(*number) / length);
    }
    Ok(vector)
}

#[expect(clippy::cast_possible_truncation, reason = "to the nearest 32-bit number, which is what stores keep")]
fn single(number: f64) -> f32 {
    number as f32
}

/// How Dify keeps vectors of queries in Redis: 64-bit little-endian numbers, in base64.
#[derive(Debug, Clone, Copy, Default)]
pub struct EmbeddingCodec;

impl EmbeddingCodec {
    pub fn encode(self, vector: &[f32]) -> String {
        let bytes: Vec<u8> = vector.iter().flat_map(|&number| f64::from(number).to_le_bytes()).collect();
        STANDARD.encode(bytes)
    }

    /// `None` for what this codec did not write, and for vectors that are of no use: a cache then counts as empty.
    pub fn decode(self, text: &[u8]) -> Option<Vec<f32>> {
        let bytes = STANDARD.decode(text.trim_ascii()).ok()?;
        let (numbers, rest) = bytes.as_chunks::<8>();
        if !rest.is_empty() || numbers.is_empty() {
            return None;
        }
        let vector: Vec<f32> = numbers.iter().map(|&bytes| single(f64::from_le_bytes(bytes))).collect();
        vector.iter().all(|number| number.is_finite()).then_some(vector)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_become_one() {
        assert_eq!(normalised(vec![3.0, -4.0]), Ok(vec![0.6, -0.8]));
        let long = normalised(vec![f32::MAX; 1000]).unwrap();
        let length: f64 = long.iter().map(|&x| f64::from(x).powi(2)).sum();
        assert!((length - 1.0).abs() < 1e-4, "{length}");
        let tiny = normalised(vec![f32::MIN_POSITIVE, 0.0]).unwrap();
        assert_eq!(tiny, [1.0, 0.0]);
    }

    #[test]
    fn what_has_no_direction_is_reported() {
        assert_eq!(normalised(Vec::new()), Err(VectorFault::Empty));
        assert_eq!(normalised(vec![0.0, -0.0]), Err(VectorFault::Zero));
        assert_eq!(normalised(vec![1.0, f32::NAN]), Err(VectorFault::NotFinite));
        assert_eq!(normalised(vec![f32::INFINITY]), Err(VectorFault::NotFinite));
    }

    #[test]
    fn the_codec_is_that_of_the_original() {
        // base64.b64encode(numpy.array([0.5, -1.0]).tobytes())
        let text = "AAAAAAAA4D8AAAAAAADwvw==";
        assert_eq!(EmbeddingCodec.encode(&[0.5, -1.0]), text);
        assert_eq!(EmbeddingCodec.decode(text.as_bytes()), Some(vec![0.5, -1.0]));
        let vector: Vec<f32> = (0..1536_u16).map(|n| f32::from(n).sin()).collect();
        assert_eq!(EmbeddingCodec.decode(EmbeddingCodec.encode(&vector).as_bytes()), Some(vector));
    }

    #[test]
    fn damaged_text_is_no_vector() {
        for text in ["", "?", "AAAAAAAA4D8AAA==", "AAAAAAAA+H8="] {
            assert_eq!(EmbeddingCodec.decode(text.as_bytes()), None, "{text}");
        }
    }
}
