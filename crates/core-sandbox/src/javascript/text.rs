//! Text and bytes between JavaScript and Rust: strings with halves of surrogate pairs, `Buffer`'s encodings.

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose};
use rquickjs::{ArrayBuffer, Ctx, Exception, Function, Object, Result, TypedArray};

/// As lenient as Node is with what it decodes.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A string of the engine; halves of surrogate pairs become U+FFFD.
pub(super) fn lossy<'js>(ctx: &Ctx<'js>, text: &rquickjs::String<'js>) -> String {
    if let Ok(text) = text.to_string() {
        return text;
    }
    // As JSON, such halves are escaped.
    let json = ctx.json_stringify(text.clone()).ok().flatten().and_then(|json| json.to_string().ok());
    json.and_then(|json| crate::returned_json::parse(json.as_bytes()).ok())
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Gives `native` the two functions on which `Buffer` and the text coders stand.
pub(super) fn install<'js>(ctx: &Ctx<'js>, native: &Object<'js>) -> Result<()> {
    native.set("bytes", Function::new(ctx.clone(), bytes)?)?;
    native.set("text", Function::new(ctx.clone(), text)?)
}

fn bytes<'js>(ctx: Ctx<'js>, source: rquickjs::String<'js>, encoding: String) -> Result<ArrayBuffer<'js>> {
    let source = lossy(&ctx, &source);
    let bytes = match encoding.as_str() {
        "base64" | "base64url" => from_base64(&source),
        "hex" => from_hex(&source),
        "latin1" => source.chars().map(|c| u8::try_from(u32::from(c) & 0xff).unwrap_or_default()).collect(),
        _ => source.into_bytes(),
    };
    // A copy in the engine's memory, where it counts.
    ArrayBuffer::new_copy(ctx, bytes)
}

fn text<'js>(ctx: Ctx<'js>, source: TypedArray<'js, u8>, encoding: String) -> Result<String> {
    let bytes = copied(&source);
    let length = bytes.len().saturating_mul(2);
    if length > (1 << 29) {
        return Err(Exception::throw_range(&ctx, "String too long"));
    }
    Ok(match encoding.as_str() {
        "base64" => general_purpose::STANDARD.encode(&bytes),
        "base64url" => general_purpose::URL_SAFE_NO_PAD.encode(&bytes),
        "hex" => bytes.iter().fold(String::with_capacity(length), |mut text, byte| {
            text.extend([byte >> 4, byte & 0xf].map(|digit| char::from_digit(u32::from(digit), 16).unwrap_or('0')));
            text
        }),
        "latin1" => bytes.iter().copied().map(char::from).collect(),
        _ => String::from_utf8_lossy(&bytes).into_owned(),
    })
}

#[expect(unsafe_code, reason = "the engine's own memory is read; it does not run while the slice lives")]
fn copied(source: &TypedArray<'_, u8>) -> Vec<u8> {
    // SAFETY: the bytes are copied before anything is called that could run a script.
    unsafe { source.as_bytes() }.map(<[u8]>::to_vec).unwrap_or_default()
}

/// Both alphabets; foreign characters are skipped and the end may be missing, as in Node.
fn from_base64(source: &str) -> Vec<u8> {
    let mut digits: Vec<u8> = source
        .bytes()
        .take_while(|byte| *byte != b'=')
        .filter_map(|byte| match byte {
            b'-' => Some(b'+'),
            b'_' => Some(b'/'),
            b'+' | b'/' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => Some(byte),
            _ => None,
        })
        .collect();
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    LENIENT.decode(digits).unwrap_or_default()
}

/// Until the first pair that is none, as in Node.
fn from_hex(source: &str) -> Vec<u8> {
    let digit = |byte: Option<&u8>| byte.and_then(|byte| char::from(*byte).to_digit(16));
    source
        .as_bytes()
        .chunks_exact(2)
        .map_while(|pair| u8::try_from(digit(pair.first())? * 16 + digit(pair.last())?).ok())
        .collect()
}
