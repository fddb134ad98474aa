use chrono::{DateTime, FixedOffset};
use proptest::prelude::*;

use super::*;

/// All that this process can name, years beyond those of Postgres among them.
fn times() -> impl Strategy<Value = NaiveDateTime> {
    let seconds = NaiveDateTime::MIN.and_utc().timestamp()..=NaiveDateTime::MAX.and_utc().timestamp();
    let common = -99_999_999_999_i64..=999_999_999_999;
    prop_oneof![seconds, common].prop_map(|seconds| DateTime::from_timestamp(seconds, 0).unwrap().naive_utc())
}

fn read(text: &str) -> Option<NaiveDateTime> {
    time("created_at__after", text).ok().flatten()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn times_of_four_digits_are_read_and_others_refused(at in times(), hours in -23_i32..=23) {
        let known = YEARS.contains(&at.year()).then_some(at);
        prop_assert_eq!(read(&at.format("%Y-%m-%dT%H:%M:%S").to_string()), known);
        prop_assert_eq!(read(&at.format("%Y-%m-%dT%H:%M:%SZ").to_string()), known);
        let day = at.date();
        prop_assert_eq!(read(&day.to_string()), known.map(|at| at.date().and_time(NaiveTime::MIN)));
        let elsewhere = FixedOffset::east_opt(hours * 3600).unwrap();
        if let Some(local) = at.checked_add_offset(elsewhere) {
            let text = format!("{}{elsewhere}", local.format("%Y-%m-%dT%H:%M:%S"));
            // A year of more digits may be one of four at another place.
            prop_assert_eq!(read(&text), known.filter(|_| YEARS.contains(&local.year())), "{}", text);
        }
    }

    #[test]
    fn other_texts_are_times_that_can_be_asked_for_or_refused(
        text in "(\\PC{0,30}|[-+]?[0-9]{1,9}-[0-9]{1,3}-[0-9]{1,3}([T ][0-9:.]{0,20}([-+Z][0-9:]{0,9})?)?)",
    ) {
        match time("created_at__after", &text) {
            Ok(Some(at)) => prop_assert!(YEARS.contains(&at.year()), "{}", text),
            Ok(None) => prop_assert!(text.is_empty()),
            Err(refused) => prop_assert_eq!(refused.status(), 400),
        }
    }
}
