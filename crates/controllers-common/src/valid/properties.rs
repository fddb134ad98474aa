use std::pin::Pin;

use actix_web::error::PayloadError;
use actix_web::test::TestRequest;
use bytes::Bytes;
use futures::{Stream, stream};
use proptest::prelude::*;
use proptest::sample::Index;
use serde::Deserialize;

use super::*;

#[derive(Debug, PartialEq, Deserialize, Validate)]
struct Body {
    #[validate(length(min = 1, max = 8))]
    name: String,
    count: Option<u8>,
    #[serde(default)]
    rest: Vec<Value>,
}

/// The body as it comes over a connection in these pieces.
fn over<T: FromRequest>(body: &[u8], cuts: &[Index]) -> Result<T, T::Error> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
    at.extend([0, body.len()]);
    at.sort_unstable();
    let pieces: Vec<_> = at.windows(2).map(|ends| Ok(Bytes::copy_from_slice(&body[ends[0]..ends[1]]))).collect();
    let request = TestRequest::post().insert_header(("content-type", "application/json")).to_http_request();
    let body: Pin<Box<dyn Stream<Item = Result<Bytes, PayloadError>>>> = Box::pin(stream::iter(pieces));
    let mut payload = dev::Payload::Stream { payload: body };
    futures::executor::block_on(T::from_request(&request, &mut payload))
}

/// JSON as text: with numbers beyond all types, halves of surrogate pairs, NUL.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "(null|true|false)",
        "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?",
        any::<String>().prop_map(|text| Value::from(text).to_string()),
        "\"(\\\\u[0-9a-fA-F]{4}|\\\\ud[89a-f][0-9a-f]{2}|\\\\u0000|[a-z ])*\"",
    ];
    leaf.prop_recursive(6, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(("(name|count|rest|a\\\\u0000b|[a-z]{0,3})", inner), 0..5).prop_map(|fields| {
                let fields: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn objects_alone_are_bodies_and_none_has_a_nul(text in json()) {
        match parse(text.as_bytes()) {
            Ok(value) => prop_assert!(value.is_object() && !has_nul(&value)),
            Err(error) => prop_assert_eq!((error.status().as_u16(), error.code()), (400, "bad_request")),
        }
        let is_object = text.starts_with('{');
        prop_assert!(is_object || parse(text.as_bytes()).is_err());
    }

    #[test]
    fn whatever_a_body_is_it_is_read_or_refused(text in json(), cuts: Vec<Index>) {
        for (text, named) in [(text.clone(), false), (format!("{{\"name\":\"x\",\"rest\":[{text}]}}"), true)] {
            let whole = over::<Valid<Body>>(text.as_bytes(), &[]);
            let cut = over::<Valid<Body>>(text.as_bytes(), &cuts);
            match (whole, cut) {
                (Ok(Valid(whole)), Ok(Valid(cut))) => {
                    prop_assert_eq!(&whole, &cut);
                    prop_assert!((1..=8).contains(&whole.name.chars().count()));
                }
                (Err(whole), Err(cut)) => {
                    prop_assert_eq!(whole.code(), cut.code());
                    prop_assert_eq!(whole.status().as_u16(), 400);
                    let about_fields = whole.code() == "invalid_param" && !named;
                    prop_assert!(about_fields || whole.code() == "bad_request", "{:?}", whole);
                }
                (whole, cut) => prop_assert!(false, "{:?} and {:?}", whole, cut),
            }
        }
    }

    #[test]
    fn bytes_of_any_kind_are_no_fault_of_ours(bytes: Vec<u8>, cuts: Vec<Index>) {
        let fault = |status: u16| status == 400;
        if let Err(error) = over::<Valid<Body>>(&bytes, &cuts) {
            prop_assert!(fault(error.status().as_u16()));
        }
        if let Err(error) = over::<Lenient<Body>>(&bytes, &cuts) {
            prop_assert!(fault(error.status().as_u16()));
        }
    }

    #[test]
    fn depth_is_a_fault_and_no_end(depth in 100_usize..20_000, inside in "(\\[|\\{\"a\":)") {
        let body = format!("{{\"name\":\"x\",\"rest\":[{}", inside.repeat(depth));
        let error = over::<Valid<Body>>(body.as_bytes(), &[]).unwrap_err();
        prop_assert_eq!((error.status().as_u16(), error.code()), (400, "bad_request"));
    }
}
