//! Where a request comes from: `CF-Connecting-IP`, else the first `X-Forwarded-For` entry, else the peer. The headers
//! count only when the peer is a proxy that is trusted.

use std::net::IpAddr;

use actix_web::dev::RequestHead;
use actix_web::{HttpRequest, web};
use ipnet::IpNet;

/// Peers whose headers are believed.
#[derive(Debug, Clone, Default)]
pub struct TrustedProxies(pub Vec<IpNet>);

/// The address of the client; `None` when the connection has none.
pub fn client_address(request: &HttpRequest) -> Option<IpAddr> {
    let trusted = request.app_data::<web::Data<TrustedProxies>>();
    let peer = request.peer_addr().map(|peer| peer.ip())?;
    Some(resolve(peer, request.head(), trusted.map_or(&[], |t| t.0.as_slice())))
}

fn resolve(peer: IpAddr, head: &RequestHead, trusted: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    if !trusted.iter().any(|net| net.contains(&peer)) {
        return peer;
    }
    let header = |name: &str| head.headers().get(name).and_then(|v| v.to_str().ok());
    let told = header("CF-Connecting-IP").or_else(|| header("X-Forwarded-For")?.split(',').next());
    told.and_then(|text| text.trim().parse::<IpAddr>().ok()).map_or(peer, |told| told.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn check(peer: &str, headers: &[(&'static str, &str)], expected: &str) {
        let mut request = TestRequest::default().peer_addr(format!("{peer}:1").parse().unwrap());
        for (name, value) in headers {
            request = request.insert_header((*name, *value));
        }
        let trusted = TrustedProxies(vec!["10.0.0.0/8".parse().unwrap()]);
        let request = request.app_data(web::Data::new(trusted)).to_http_request();
        assert_eq!(client_address(&request).unwrap().to_string(), expected);
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        check("203.0.113.9", &[("X-Forwarded-For", "1.2.3.4")], "203.0.113.9");
        check("10.1.2.3", &[("X-Forwarded-For", "1.2.3.4, 10.0.0.1")], "1.2.3.4");
        check("10.1.2.3", &[("X-Forwarded-For", "1.2.3.4"), ("CF-Connecting-IP", "5.6.7.8")], "5.6.7.8");
        check("10.1.2.3", &[("X-Forwarded-For", "::ffff:1.2.3.4")], "1.2.3.4");
        check("10.1.2.3", &[("X-Forwarded-For", "nonsense")], "10.1.2.3");
        check("10.1.2.3", &[], "10.1.2.3");
    }
}
