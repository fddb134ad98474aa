use proptest::prelude::*;
use proptest::sample::Index;

use super::*;

type Events = Vec<(String, String)>;

/// What comes out of a stream that arrives in these pieces.
fn decoded(framing: Framing, pieces: &[&[u8]]) -> Result<Events, SseError> {
    let mut decoder = SseDecoder::new(framing, 1 << 20);
    let mut events = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        while decoder.advance()? {
            events.push((decoder.event().0.to_owned(), decoder.event().1.to_owned()));
        }
    }
    while decoder.finish()? {
        events.push((decoder.event().0.to_owned(), decoder.event().1.to_owned()));
    }
    Ok(events)
}

/// The same bytes, cut at these places.
fn pieces<'a>(bytes: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    at.extend([0, bytes.len()]);
    at.sort_unstable();
    at.windows(2).map(|ends| &bytes[ends[0]..ends[1]]).collect()
}

fn framings() -> impl Strategy<Value = Framing> {
    prop_oneof![Just(Framing::BlankLine), Just(Framing::EveryLine), Just(Framing::JsonLines)]
}

/// Lines as servers send them, and lines as they should not.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "data: ?\\PC{0,20}",
        2 => "event: ?[a-z_]{0,8}",
        1 => ":\\PC{0,10}",
        1 => "(id|retry): [0-9]{1,3}",
        2 => Just(String::new()),
        1 => "\\PC{0,12}",
        1 => Just("\u{feff}data: x".to_owned()),
    ]
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let ends = prop_oneof![Just("\n"), Just("\r\n"), Just("\n\n"), Just("\r\n\r\n")];
    prop::collection::vec((line(), ends), 0..20)
        .prop_map(|lines| lines.into_iter().flat_map(|(line, end)| (line + end).into_bytes()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn wherever_a_stream_is_cut_its_events_are_the_same(
        framing in framings(), bytes in stream(), cuts: Vec<Index>,
    ) {
        let whole = decoded(framing, &[&bytes]);
        prop_assert!(whole.is_ok());
        prop_assert_eq!(decoded(framing, &pieces(&bytes, &cuts)), whole);
    }

    #[test]
    fn bytes_of_any_kind_are_events_or_a_fault(framing in framings(), bytes: Vec<u8>, cuts: Vec<Index>) {
        prop_assert_eq!(decoded(framing, &pieces(&bytes, &cuts)), decoded(framing, &[&bytes]));
    }

    #[test]
    fn what_was_sent_arrives(events in prop::collection::vec(("[a-z]{0,6}", "\\PC{1,30}"), 0..10), cuts: Vec<Index>) {
        let text: String = events.iter().map(|(name, data)| format!("event: {name}\ndata: {data}\n\n")).collect();
        prop_assert_eq!(decoded(Framing::BlankLine, &pieces(text.as_bytes(), &cuts)), Ok(events));
    }

    #[test]
    fn no_event_is_larger_than_its_limit(bytes: Vec<u8>, more in 0_usize..3000, limit in 16_usize..2000) {
        let mut decoder = SseDecoder::new(Framing::BlankLine, limit);
        let mut text = b"data: ".to_vec();
        text.extend(std::iter::repeat_n(b'x', more));
        text.extend(bytes);
        for piece in text.chunks(64) {
            decoder.push(piece);
            match decoder.advance() {
                // The end of a line that fills the limit is one byte more.
                Ok(true) => prop_assert!(decoder.event().1.len() <= limit + 1),
                Ok(false) => prop_assert!(decoder.buffer.len() - decoder.read + decoder.data.len() <= limit),
                Err(SseError::TooLarge(_) | SseError::InvalidUtf8) => return Ok(()),
            }
        }
    }
}
