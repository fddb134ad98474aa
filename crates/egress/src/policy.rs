//! Which targets are allowed.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use url::{Host, Url};

use crate::address;
use crate::error::Refusal;

/// Where requests may go and how long connecting may take.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Switches the address check off: for private installations and tests.
    pub allow_private: bool,
    /// Host names whose addresses are not checked, compared without case.
    pub allow_hosts: Vec<String>,
    /// Networks that are allowed although they are not public.
    pub allow_cidrs: Vec<IpNet>,
    /// Sends everything through this proxy (`http`, `https`, `socks5h`); it then resolves names.
    pub proxy: Option<Url>,
    pub connect_timeout: Duration,
    pub max_redirects: usize,
    pub user_agent: String,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            allow_private: false,
            allow_hosts: Vec::new(),
            allow_cidrs: Vec::new(),
            proxy: None,
            connect_timeout: Duration::from_secs(10),
            max_redirects: 5,
            user_agent: concat!("ferrify/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

impl Policy {
    /// Checks scheme, credentials and a literal address. Names are checked when they are resolved.
    pub(crate) fn check_url(&self, url: &Url) -> Result<(), Refusal> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refusal::InvalidUrl { reason: format!("the scheme `{}` is not supported", url.scheme()) });
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refusal::InvalidUrl { reason: "credentials in the URL are not supported".to_owned() });
        }
        match url.host() {
            None => Err(Refusal::InvalidUrl { reason: "the host is missing".to_owned() }),
            Some(Host::Ipv4(ip)) => self.check_literal(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => self.check_literal(IpAddr::V6(ip)),
            Some(Host::Domain(_)) => Ok(()),
        }
    }

    fn check_literal(&self, ip: IpAddr) -> Result<(), Refusal> {
        if self.allows(ip) || self.trusts_name(&ip.to_string()) {
            Ok(())
        } else {
            Err(Refusal::Forbidden { host: ip.to_string() })
        }
    }

    pub(crate) fn allows(&self, ip: IpAddr) -> bool {
        self.allow_private || address::is_public(ip) || {
            let ip = ip.to_canonical();
            self.allow_cidrs.iter().any(|net| net.contains(&ip))
        }
    }

    /// Names the operator has named: the exceptions and the proxy itself.
    pub(crate) fn trusts_name(&self, name: &str) -> bool {
        let name = name.trim_end_matches('.');
        self.allow_hosts.iter().any(|allowed| allowed.eq_ignore_ascii_case(name))
            || self.proxy.as_ref().and_then(Url::host_str).is_some_and(|proxy| proxy.eq_ignore_ascii_case(name))
    }

    /// The addresses of `name` that a connection may use.
    pub(crate) fn filter(&self, name: &str, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Refusal> {
        if found.is_empty() {
            return Err(Refusal::Resolve { host: name.to_owned() });
        }
        if self.trusts_name(name) {
            return Ok(found);
        }
        let allowed: Vec<_> = found.into_iter().filter(|address| self.allows(address.ip())).collect();
        if allowed.is_empty() { Err(Refusal::Forbidden { host: name.to_owned() }) } else { Ok(allowed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(policy: &Policy, url: &str) -> Result<(), Refusal> {
        policy.check_url(&Url::parse(url).unwrap())
    }

    #[test]
    fn every_spelling_of_a_private_address_is_refused() {
        let policy = Policy::default();
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://127.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:a9fe:a9fe]/",
            "http://169.254.169.254/latest/meta-data",
            "http://0/",
            "http://[fd00::1]/",
            "http://[64:ff9b::7f00:1]/",
        ] {
            assert!(matches!(check(&policy, url), Err(Refusal::Forbidden { .. })), "{url}");
        }
        assert!(check(&policy, "https://1.1.1.1/").is_ok());
        assert!(check(&policy, "https://example.com/").is_ok());
    }

    #[test]
    fn only_plain_http_urls_pass() {
        let policy = Policy::default();
        for url in ["ftp://example.com/", "file:///etc/passwd", "http://user@example.com/", "http://a:b@127.0.0.1/"] {
            assert!(matches!(check(&policy, url), Err(Refusal::InvalidUrl { .. })), "{url}");
        }
    }

    #[test]
    fn exceptions_are_named_by_the_operator() {
        let policy = Policy {
            allow_hosts: vec!["Ollama.internal".to_owned()],
            allow_cidrs: vec!["10.1.0.0/16".parse().unwrap()],
            ..Policy::default()
        };
        let private: SocketAddr = "192.168.1.1:80".parse().unwrap();
        assert!(policy.filter("ollama.internal.", vec![private]).is_ok());
        assert!(policy.filter("other.internal", vec![private]).is_err());
        assert!(check(&policy, "http://10.1.2.3/").is_ok());
        assert!(check(&policy, "http://10.2.2.3/").is_err());
        let public: SocketAddr = "1.1.1.1:80".parse().unwrap();
        assert_eq!(policy.filter("mixed.test", vec![private, public]).unwrap(), [public]);
    }
}
