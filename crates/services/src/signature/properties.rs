use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

const NOW: i64 = 1_700_000_000;

fn secret() -> SecretString {
    SecretString::from("fsig-secret")
}

/// A request as a caller would send it.
fn requests() -> impl Strategy<Value = (String, String, Vec<u8>)> {
    ("(GET|POST|PUT|DELETE|PATCH)", "/[a-z0-9/.?=&%-]{0,40}", any::<Vec<u8>>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_signature_survives_its_header((method, target, body) in requests(), drift in -WINDOW..=WINDOW) {
        let request = SignedRequest { method: &method, target: &target, body: &body };
        let signature = Signature::new(&secret(), request, NOW + drift);
        let read = Signature::parse(&signature.to_string());
        prop_assert_eq!(read.as_ref(), Some(&signature));
        prop_assert!(signature.proves(&secret(), request, NOW));
        prop_assert!(!signature.proves(&secret(), request, NOW + drift + WINDOW + 1));
        prop_assert!(!signature.proves(&secret(), request, NOW + drift - WINDOW - 1));
    }

    #[test]
    fn another_request_is_another_signature((method, target, body) in requests(), (m, t, b) in requests()) {
        prop_assume!((&method, &target, &body) != (&m, &t, &b));
        let signature = Signature::new(&secret(), SignedRequest { method: &method, target: &target, body: &body }, NOW);
        let proved = signature.proves(&secret(), SignedRequest { method: &m, target: &t, body: &b }, NOW);
        prop_assert!(!proved);
    }

    #[test]
    fn any_other_byte_of_the_body_counts((method, target, mut body) in requests(), at: Index, bits in 1_u8..) {
        prop_assume!(!body.is_empty());
        let signature = Signature::new(&secret(), SignedRequest { method: &method, target: &target, body: &body }, NOW);
        let at = at.index(body.len());
        body[at] ^= bits;
        let proved = signature.proves(&secret(), SignedRequest { method: &method, target: &target, body: &body }, NOW);
        prop_assert!(!proved);
    }

    #[test]
    fn any_other_sign_of_the_header_counts((method, target, body) in requests(), at: Index, other in "[ -~]") {
        let request = SignedRequest { method: &method, target: &target, body: &body };
        let header = Signature::new(&secret(), request, NOW).to_string();
        let at = at.index(header.len());
        // Capitals are the same digits.
        prop_assume!(!header.get(at..=at).unwrap().eq_ignore_ascii_case(&other));
        let mut changed = header.clone();
        changed.replace_range(at..=at, &other);
        let read = Signature::parse(&changed);
        prop_assert!(!read.is_some_and(|signature| signature.proves(&secret(), request, NOW)), "{}", changed);
    }

    #[test]
    fn whatever_a_header_says_it_is_read_or_refused(header in "\\PC{0,200}", now: i64) {
        if let Some(signature) = Signature::parse(&header) {
            let proved = signature.proves(&secret(), SignedRequest { method: "GET", target: "/", body: b"" }, now);
            prop_assert!(!proved);
        }
    }
}
