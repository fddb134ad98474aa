//! Headers of any kind: what they do to a request is in the contract, or nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::from_fn;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, HttpResponse, web};
use ipnet::IpNet;
use proptest::prelude::*;

use crate::client_address::{TrustedProxies, client_address};
use crate::rules::compression::{Compressed, compress};
use crate::rules::conditional::conditional;
use crate::rules::versions::versioned;

/// A value as it can come over a connection.
fn value() -> impl Strategy<Value = HeaderValue> {
    let text = prop_oneof![
        "[ -~]{0,60}",
        "((gzip|br|identity|deflate|zstd|\\*|[a-z]{0,4})(;q=[0-9.]{0,5})?,? ?){0,5}",
        "((W/)?\"[ -!#-~]{0,12}\"|\\*|,| ){0,6}",
        "(1\\.0|latest|2\\.0|v1| 1\\.0 )",
    ];
    let bytes = prop::collection::vec(prop_oneof![32_u8..127, 128_u8..=255], 0..60);
    prop_oneof![text.prop_map(String::into_bytes), bytes].prop_map(|bytes| HeaderValue::from_bytes(&bytes).unwrap())
}

const BODY: &str = "the same again and again, so that it is worth it; ";

async fn asked(name: HeaderName, value: &HeaderValue) -> (u16, Option<String>, Vec<u8>) {
    let answer = async || HttpResponse::Ok().content_type("text/plain").body(BODY.repeat(60));
    let app = App::new()
        .app_data(web::Data::new(Compressed(true)))
        .wrap(from_fn(conditional))
        .wrap(from_fn(versioned))
        .wrap(from_fn(compress))
        .route("/", web::get().to(answer));
    let app = init_service(app).await;
    let response =
        call_service(&app, TestRequest::get().uri("/").insert_header((name, value.clone())).to_request()).await;
    let encoding = response.headers().get("content-encoding").map(|value| value.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    (status, encoding, read_body(response).await.to_vec())
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(work)
}

fn address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any::<u32>().prop_map(|bits| Ipv4Addr::from(bits).into()),
        any::<u128>().prop_map(|bits| Ipv6Addr::from(bits).into()),
        any::<u32>().prop_map(|bits| Ipv4Addr::from(bits).to_ipv6_mapped().into()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn encodings_are_those_that_were_asked_for(value in value()) {
        let (status, encoding, body) = block_on(asked(actix_web::http::header::ACCEPT_ENCODING, &value));
        prop_assert_eq!(status, 200);
        let accepted = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
        match encoding.as_deref() {
            None => prop_assert_eq!(body, BODY.repeat(60).into_bytes()),
            Some(chosen) => {
                prop_assert!(["br", "gzip"].contains(&chosen));
                prop_assert!(accepted.contains(chosen) || accepted.contains('*'), "{} for {}", chosen, accepted);
            }
        }
    }

    #[test]
    fn only_the_right_tag_is_an_answer_not_sent(value in value()) {
        let (status, _, body) = block_on(asked(actix_web::http::header::IF_NONE_MATCH, &value));
        let any = value.as_bytes().trim_ascii() == b"*";
        prop_assert_eq!((status, body.is_empty()), if any { (304, true) } else { (200, false) }, "{:?}", value);
    }

    #[test]
    fn versions_that_there_are_not_are_refused(value in value()) {
        let (status, _, _) = block_on(asked(HeaderName::from_static("api-version"), &value));
        let known = matches!(value.as_bytes().trim_ascii(), b"1.0" | b"latest");
        prop_assert_eq!(status, if known { 200 } else { 400 }, "{:?}", value);
    }

    #[test]
    fn callers_without_a_trusted_proxy_say_nothing_of_themselves(
        peer in address(), told in prop_oneof![address().prop_map(|a| a.to_string()), "[ -~]{0,30}"],
        header in prop_oneof![Just("X-Forwarded-For"), Just("CF-Connecting-IP")],
        trusted: bool,
    ) {
        let network = if trusted { IpNet::from(peer.to_canonical()) } else { "192.0.2.1/32".parse().unwrap() };
        prop_assume!(trusted || !network.contains(&peer.to_canonical()));
        let request = TestRequest::default()
            .peer_addr(SocketAddr::new(peer, 1))
            .insert_header((header, told.clone()))
            .app_data(web::Data::new(TrustedProxies(vec![network])))
            .to_http_request();
        let found = client_address(&request).unwrap();
        prop_assert_eq!(found, found.to_canonical());
        if !trusted {
            prop_assert_eq!(found, peer.to_canonical());
        } else if let Ok(told) = told.trim().parse::<IpAddr>() {
            prop_assert_eq!(found, told.to_canonical());
        }
    }
}
