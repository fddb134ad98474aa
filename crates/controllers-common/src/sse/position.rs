//! The position that a client comes back with.

use std::pin::Pin;

use actix_web::{FromRequest, HttpRequest, dev};
use runs::Cursor;
use serde::Deserialize;

use crate::error::ApiError;

const LAST_EVENT_ID: &str = "Last-Event-ID";

/// The last event that the client has: header `Last-Event-ID`, else `?cursor=`. Empty ones count as missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position(pub Option<Cursor>);

#[derive(Deserialize)]
struct CursorQuery {
    #[serde(default)]
    cursor: Option<String>,
}

impl Position {
    fn of(request: &HttpRequest) -> Result<Self, ApiError> {
        if let Some(value) = request.headers().get(LAST_EVENT_ID).filter(|value| !value.is_empty()) {
            let text = value.to_str().map_err(|_no_text| malformed("The Last-Event-ID"))?;
            return parse(text, "The Last-Event-ID").map(Self);
        }
        let query = crate::query::read::<CursorQuery>(request.query_string());
        let cursor = query.map_err(|e| ApiError::invalid_field("cursor", e.to_string()))?.cursor;
        match cursor.filter(|text| !text.is_empty()) {
            Some(text) => parse(&text, "The cursor").map(Self),
            None => Ok(Self(None)),
        }
    }
}

fn parse(text: &str, what: &str) -> Result<Option<Cursor>, ApiError> {
    text.trim().parse().map(Some).map_err(|_shape| malformed(what))
}

fn malformed(what: &str) -> ApiError {
    ApiError::invalid_field("cursor", format!("{what} is not the id of an event."))
}

impl FromRequest for Position {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        let position = Self::of(request);
        Box::pin(async move { position })
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn check(uri: &str, header: Option<&str>, expected: Option<Option<&str>>) {
        let mut request = TestRequest::with_uri(uri);
        if let Some(header) = header {
            request = request.insert_header((LAST_EVENT_ID, header));
        }
        let found = Position::of(&request.to_http_request()).ok().map(|position| position.0.map(|c| c.to_string()));
        assert_eq!(found, expected.map(|cursor| cursor.map(str::to_owned)), "{uri} {header:?}");
    }

    proptest::proptest! {
        #[test]
        fn positions_of_any_kind_are_read_or_refused(text in "(\\PC{0,40}|[0-9]{0,22}-[0-9]{0,22})") {
            let Ok(value) = actix_web::http::header::HeaderValue::from_str(&text) else { return Ok(()) };
            let request = TestRequest::default().insert_header((LAST_EVENT_ID, value)).to_http_request();
            match Position::of(&request) {
                Ok(Position(found)) => {
                    proptest::prop_assert_eq!(found, text.trim().parse().ok());
                    proptest::prop_assert_eq!(found.is_none(), text.is_empty());
                }
                Err(error) => proptest::prop_assert_eq!(error.status().as_u16(), 400),
            }
        }
    }

    #[test]
    fn the_header_wins_over_the_query() {
        check("/?cursor=1-2", Some("3-4"), Some(Some("3-4")));
        check("/?cursor=1-2", Some(""), Some(Some("1-2")));
        check("/?cursor=", None, Some(None));
        check("/", None, Some(None));
        check("/?cursor=1", None, None);
        check("/?cursor=1-2", Some("x"), None);
    }
}
