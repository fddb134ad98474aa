//! Frames of one flush, each as what differs from the one before it.
//!
//! The frames of a run repeat its ids, so that most of a frame is the beginning and the end of its neighbour. A packed
//! frame is two lengths (LEB128) of what is taken from the neighbour's beginning and end, and what stands between.

use bytes::Bytes;

/// What `frame` adds to `before`.
pub(crate) fn pack(before: &[u8], frame: &[u8]) -> Vec<u8> {
    let shared = |(a, b): &(&u8, &u8)| a == b;
    let head = before.iter().zip(frame).take_while(shared).count();
    let (before, rest) = (before.get(head..).unwrap_or_default(), frame.get(head..).unwrap_or_default());
    let tail = before.iter().rev().zip(rest.iter().rev()).take_while(shared).count();
    let middle = rest.get(..rest.len() - tail).unwrap_or_default();
    let mut packed = Vec::with_capacity(middle.len() + 8);
    push(&mut packed, head);
    push(&mut packed, tail);
    packed.extend_from_slice(middle);
    packed
}

/// The frame again; `None` for what was never packed after `before`.
pub(crate) fn unpack(before: &[u8], packed: &[u8]) -> Option<Bytes> {
    let (head, packed) = pull(packed)?;
    let (tail, middle) = pull(packed)?;
    let beginning = before.get(..head)?;
    let end = before.get(before.len().checked_sub(tail)?..)?;
    Some([beginning, middle, end].concat().into())
}

fn push(bytes: &mut Vec<u8>, mut length: usize) {
    while length > 0x7f {
        bytes.push(u8::try_from(length & 0x7f).unwrap_or(0x7f) | 0x80);
        length >>= 7;
    }
    bytes.push(u8::try_from(length).unwrap_or(0x7f));
}

fn pull(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let end = bytes.iter().position(|byte| byte & 0x80 == 0)?;
    let (digits, rest) = bytes.split_at_checked(end + 1)?;
    let digit = |length: usize, byte: &u8| length.checked_mul(0x80)?.checked_add(usize::from(byte & 0x7f));
    let length = digits.iter().rev().try_fold(0, digit)?;
    Some((length, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(frames: &[&[u8]]) -> usize {
        let (mut before, mut read, mut size) = (Bytes::new(), Bytes::new(), 0);
        for frame in frames {
            let packed = pack(&before, frame);
            size += packed.len();
            read = unpack(&read, &packed).unwrap();
            assert_eq!(&read, frame);
            before = Bytes::copy_from_slice(frame);
        }
        size
    }

    #[test]
    fn frames_come_back_as_they_were() {
        check(&[b"", b"a", b"a", b"aa", b"aaa", b"a", b"", b"xyz", b"xz", b"xyyz"]);
        let long = vec![b'q'; 100_000];
        let mut other = long.clone();
        other.insert(50_000, b'!');
        assert!(check(&[&long, &long, &other, &long]) < 100_050);
    }

    #[test]
    fn deltas_of_an_answer_cost_little_more_than_their_text() {
        let frame = |text: &str| format!(r#"{{"event":"message","task_id":"7a2c1f9e","answer":"{text}","x":null}}"#);
        let frames: Vec<String> = ["Hel", "lo ", "wor", "ld"].into_iter().map(frame).collect();
        let all: Vec<&[u8]> = frames.iter().map(String::as_bytes).collect();
        assert!(check(&all) < frames.first().unwrap().len() + 20);
    }

    #[test]
    fn damage_is_no_panic() {
        for packed in
            [&b""[..], b"\x80", b"\x05\x00x", b"\x00\x05x", b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x00"]
        {
            assert_eq!(unpack(b"abc", packed), None, "{packed:?}");
        }
    }
}
