use proptest::prelude::*;
use serde::Deserialize;
use validator::Validate as _;

use super::*;
use crate::paging::PageQuery;

#[derive(Debug, PartialEq, Deserialize)]
struct Asked {
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    ids: Vec<String>,
    #[serde(default)]
    small: Option<u8>,
    #[serde(default)]
    number: Option<f64>,
    #[serde(default)]
    flag: Option<bool>,
    #[serde(default, deserialize_with = "nearest")]
    page: Option<i64>,
}

fn encoded(text: &str) -> String {
    let pair = serde_urlencoded::to_string([("x", text)]).unwrap();
    pair.trim_start_matches("x=").to_owned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn texts_survive_a_query(text: String, ids in prop::collection::vec(any::<String>(), 0..5)) {
        let query: String = ids.iter().map(|id| format!("ids={}&", encoded(id))).collect::<String>() + "text=" + &encoded(&text);
        let asked = read::<Asked>(&query).unwrap();
        let plain = |text: &String| text.replace('\0', "");
        prop_assert_eq!(asked.text, Some(plain(&text)));
        prop_assert_eq!(asked.ids, ids.iter().map(plain).collect::<Vec<_>>());
    }

    #[test]
    fn numbers_are_whole_and_in_range(number: i64) {
        for text in [number.to_string(), format!("{number}.0"), format!(" {number} ")] {
            let asked = read::<Asked>(&format!("small={}", encoded(&text)));
            prop_assert_eq!(asked.ok().and_then(|asked| asked.small), u8::try_from(number).ok(), "{}", text);
        }
    }

    #[test]
    fn numbers_of_any_size_are_the_nearest(number: i128, digits in "-?[1-9][0-9]{0,60}") {
        let near = i64::try_from(number).unwrap_or(if number > 0 { i64::MAX } else { i64::MIN });
        for (text, near) in [
            (number.to_string(), near),
            (format!("{number}.00"), near),
            (format!("{digits}{:020}", 0), if digits.starts_with('-') { i64::MIN } else { i64::MAX }),
        ] {
            prop_assert_eq!(read::<Asked>(&format!("page={text}")).unwrap().page, Some(near), "{}", text);
        }
        let no_number = format!("page={digits}x");
        prop_assert!(read::<Asked>(&no_number).is_err());
        prop_assert_eq!(read::<Asked>("text=").unwrap().page, None);
    }

    #[test]
    fn pages_are_in_range_or_refused(page in "(-?[0-9]{1,25}(\\.[0-9]{1,3})?|\\PC{0,6})", limit in "(-?[0-9]{1,25}|1e9|\\PC{0,6})") {
        let query = format!("page={}&limit={}", encoded(&page), encoded(&limit));
        if let Ok(asked) = read::<PageQuery>(&query) {
            let fits = (1..=99_999).contains(&asked.page) && (1..=100).contains(&asked.limit);
            prop_assert_eq!(asked.validate().is_ok(), fits);
        }
    }

    #[test]
    fn a_query_of_any_kind_is_read_or_refused(query in "(\\PC{0,60}|((text|ids|small|number|flag|page)=[%0-9A-Fa-z+.-]{0,8}&){0,6})") {
        if let Ok(asked) = read::<Asked>(&query) {
            prop_assert!(!asked.text.unwrap_or_default().contains('\0'));
        }
    }
}
