//! Whether a request was made on the server's own machine, by whoever runs it there.

use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header;

/// A connection from the loopback interface that no proxy made, to a name of the loopback interface: pages of other
/// hosts that have pointed their own name here are not meant.
pub(crate) fn is_local(request: &HttpRequest) -> bool {
    let from_here = request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback());
    let headers = request.headers();
    let forwarded = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "cf-connecting-ip"]
        .iter()
        .any(|name| headers.contains_key(*name));
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).or_else(|| request.uri().host());
    from_here && !forwarded && host.is_some_and(is_loopback_name)
}

fn is_loopback_name(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_this_machine_is_local() {
        let asked = |peer: &str, headers: &[(&'static str, &'static str)]| {
            let mut request = TestRequest::default().peer_addr(peer.parse().unwrap());
            for pair in headers {
                request = request.insert_header(*pair);
            }
            is_local(&request.to_http_request())
        };
        for host in ["127.0.0.1:5001", "localhost", "LOCALHOST:80", "[::1]:5001"] {
            assert!(asked("127.0.0.1:9", &[("Host", host)]), "{host}");
        }
        for host in ["rebound.example:5001", "10.0.0.1", "localhost.example", "", "127.0.0.1.example"] {
            assert!(!asked("127.0.0.1:9", &[("Host", host)]), "{host}");
        }
        assert!(!asked("10.0.0.9:9", &[("Host", "localhost")]));
        assert!(!asked("127.0.0.1:9", &[("Host", "localhost"), ("X-Forwarded-For", "1.2.3.4")]));
    }
}
