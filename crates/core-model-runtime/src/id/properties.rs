use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn ids_survive_their_text(organization in "[a-z0-9_-]{1,12}", plugin in "[a-z0-9_-]{1,12}", provider in "[a-z0-9_-]{1,12}") {
        for text in [format!("{organization}/{plugin}/{provider}"), provider] {
            let id: ProviderId = text.parse().unwrap();
            prop_assert_eq!(id.to_string().parse::<ProviderId>().unwrap(), id.clone());
            prop_assert_eq!(serde_json::from_str::<ProviderId>(&serde_json::to_string(&id).unwrap()).unwrap(), id);
        }
    }

    #[test]
    fn what_is_read_has_plain_parts(text in "(\\PC{0,30}|[a-zA-Z0-9_/. -]{0,30})") {
        if let Ok(id) = text.parse::<ProviderId>() {
            for part in [&id.organization, &id.plugin, &id.provider] {
                prop_assert!(is_part(part));
            }
        }
    }
}
