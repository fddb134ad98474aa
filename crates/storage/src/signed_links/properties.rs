use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

fn signer() -> LinkSigner {
    LinkSigner::new(SecretString::from("sk-0123456789abcdef"), 300)
}

/// The parts of a link in the order in which they are signed.
fn parts(id: &str) -> Vec<String> {
    let Signature { timestamp, nonce, sign } = signer().sign(LinkKind::FilePreview, id);
    vec![id.to_owned(), timestamp, nonce, sign]
}

fn holds(parts: &[String]) -> bool {
    let [id, timestamp, nonce, sign] = parts else { unreachable!("a link has four parts") };
    let signature = Signature { timestamp: timestamp.clone(), nonce: nonce.clone(), sign: sign.clone() };
    signer().verify(LinkKind::FilePreview, id, &signature)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn another_sign_anywhere_breaks_a_link(id in "[0-9a-f-]{36}", part in 0_usize..4, at: Index, other in "[ -~]") {
        let mut link = parts(&id);
        prop_assert!(holds(&link));
        let at = at.index(link[part].len());
        prop_assume!(link[part][at..=at] != other);
        link[part].replace_range(at..=at, &other);
        prop_assert!(!holds(&link), "{link:?}");
    }

    /// Whoever has the key may have signed any time.
    #[test]
    fn a_link_of_any_time_is_too_old_or_not(
        timestamp in prop_oneof![any::<i64>().prop_map(|at| at.to_string()), "[-+]?[0-9]{1,40}", "-?[0-9]{1,20}[.e][0-9]{1,3}"],
        ago in -1000_i64..1000,
    ) {
        let now = chrono::Utc::now().timestamp();
        prop_assume!((ago - 300).abs() > 30);
        for timestamp in [timestamp, (now - ago).to_string()] {
            let digest = signer().digest(&format!("{}|id", LinkKind::FilePreview.as_str()), &timestamp, "n");
            let link = ["id", &timestamp, "n", &URL_SAFE.encode(digest)].map(str::to_owned);
            let young = timestamp.parse::<i64>().is_ok_and(|at| i128::from(now) - i128::from(at) <= 300);
            prop_assert_eq!(holds(&link), young, "{}", timestamp);
        }
    }

    #[test]
    fn more_and_less_break_a_link(id in "[0-9a-f-]{36}", part in 0_usize..4, at: Index, more in "\\PC{1,3}") {
        let link = parts(&id);
        let at = at.index(link[part].len());
        let mut longer = link.clone();
        longer[part].insert_str(at, &more);
        prop_assert!(!holds(&longer), "{longer:?}");
        let mut shorter = link;
        shorter[part].remove(at);
        prop_assert!(!holds(&shorter), "{shorter:?}");
    }

    /// Who has something odd signed as an id has no link to anything else.
    #[test]
    fn parts_do_not_run_into_each_other(id in "[0-9a-f|]{1,40}", cut: Index, second: Index) {
        let signed = parts(&id);
        let text = signed[..3].join("|");
        let bars: Vec<usize> = text.match_indices('|').map(|(at, _)| at).collect();
        let (first, second) = (bars[cut.index(bars.len())], bars[second.index(bars.len())]);
        prop_assume!(first < second);
        let other = [&text[..first], &text[first + 1..second], &text[second + 1..], &signed[3]].map(str::to_owned);
        prop_assert_eq!(holds(&other), other[..] == signed[..], "{:?}", other);
    }

    #[test]
    fn nothing_made_up_is_a_link(id in "\\PC{0,40}", timestamp in "\\PC{0,20}", nonce in "\\PC{0,40}", sign in "\\PC{0,60}") {
        prop_assert!(!holds(&[id, timestamp, nonce, sign]));
    }
}
