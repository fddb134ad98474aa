use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn cursors_survive_their_text(epoch: u64, number: u64) {
        let cursor = Cursor::new(epoch, number);
        prop_assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
    }

    #[test]
    fn cursors_are_ordered_as_their_numbers(one: (u64, u64), other: (u64, u64)) {
        prop_assert_eq!(Cursor::new(one.0, one.1).cmp(&Cursor::new(other.0, other.1)), one.cmp(&other));
    }

    #[test]
    fn what_is_read_is_two_numbers(text in "(\\PC{0,40}|[0-9]{0,22}-[0-9]{0,22})") {
        if let Ok(cursor) = text.parse::<Cursor>() {
            let digits = |part: &str| part.trim_start_matches('0').to_owned();
            let (epoch, number) = text.split_once('-').unwrap();
            let shown = cursor.to_string();
            let (shown_epoch, shown_number) = shown.split_once('-').unwrap();
            prop_assert_eq!((digits(epoch), digits(number)), (digits(shown_epoch), digits(shown_number)));
        }
    }
}
