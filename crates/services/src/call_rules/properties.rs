use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;

fn addresses() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any::<u32>().prop_map(|bits| Ipv4Addr::from(bits).into()),
        any::<u128>().prop_map(|bits| Ipv6Addr::from(bits).into()),
        any::<u32>().prop_map(|bits| Ipv4Addr::from(bits).to_ipv6_mapped().into()),
    ]
}

fn rules(networks: &[String]) -> CallRules {
    CallRules { networks: networks.iter().map(|n| n.parse().unwrap()).collect(), ..CallRules::default() }
}

proptest! {
    #[test]
    fn a_network_admits_who_is_in_it(address in addresses(), length in 0_u8..=32, other in addresses()) {
        let length = if address.is_ipv4() { length } else { length + 96 };
        let saved = network(&format!("{address}/{length}")).unwrap();
        prop_assert_eq!(network(&saved).unwrap(), saved.clone(), "its spelling stays");
        let rules = rules(&[saved]);
        prop_assert!(rules.admits(Some(address.to_canonical())));
        prop_assert!(!rules.admits(None));
        let (one, two) = (address.to_canonical(), other.to_canonical());
        if let (IpAddr::V4(one), IpAddr::V4(two)) = (one, two) {
            let length = if address.is_ipv4() { length } else { length - 96 };
            let mask = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
            let inside = u32::from(one) & mask == u32::from(two) & mask;
            prop_assert_eq!(rules.admits(Some(two.into())), inside);
        } else if one.is_ipv4() != two.is_ipv4() {
            prop_assert!(!rules.admits(Some(two)));
        }
    }

    #[test]
    fn an_address_admits_itself_alone(address in addresses(), other in addresses()) {
        let rules = rules(&[network(&format!("  {address} ")).unwrap()]);
        prop_assert!(rules.admits(Some(address.to_canonical())));
        prop_assert_eq!(rules.admits(Some(other.to_canonical())), address.to_canonical() == other.to_canonical());
    }

    #[test]
    fn other_texts_are_networks_or_refused(text in "(\\PC{0,40}|[0-9a-f:./%]{0,30})") {
        if let Ok(saved) = network(&text) {
            prop_assert!(saved.parse::<IpNet>().is_ok());
        }
    }
}
