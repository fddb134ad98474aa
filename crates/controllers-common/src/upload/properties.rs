use actix_web::http::header::HeaderMap;
use futures::stream;
use proptest::prelude::*;
use proptest::sample::Index;

use super::tests::files;
use super::*;

const BOUNDARY: &str = "x-boundary-x";

/// What came of a body in these pieces: name and bytes of the file and the user beside it, or the fault.
fn read(body: &[u8], cuts: &[Index]) -> Result<(String, Bytes, Option<String>), (u16, String)> {
    let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(body.len() + 1)).collect();
    at.extend([0, body.len()]);
    at.sort_unstable();
    let pieces: Vec<_> = at
        .windows(2)
        .filter(|ends| ends[0] < ends[1])
        .map(|ends| Ok::<_, actix_web::error::PayloadError>(Bytes::copy_from_slice(&body[ends[0]..ends[1]])))
        .collect();
    let mut headers = HeaderMap::new();
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_str(&kind).unwrap());
    let upload = Upload {
        multipart: Multipart::new(&headers, stream::iter(pieces)),
        declared: true,
        default_type: None,
        guard: None,
    };
    // The pool of a store of files wants one, though nothing asks it.
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let read = runtime.block_on(async { upload.read(&files()).await });
    read.map(|received| (received.name, received.bytes, received.form.user))
        .map_err(|error| (error.status().as_u16(), error.code().to_owned()))
}

fn part(head: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n");
    [head.as_bytes(), content, b"\r\n"].concat()
}

/// A file with a field before it and its end.
fn body(name: &str, content: &[u8], user: &str) -> Vec<u8> {
    let file = format!("name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/plain");
    let end = format!("--{BOUNDARY}--\r\n");
    [part("name=\"user\"", user.as_bytes()), part(&file, content), end.into_bytes()].concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_file_arrives_as_it_was_sent(
        name in "[a-zA-Z0-9 _\u{e9}\u{4f60}-]{1,30}\\.txt", content: Vec<u8>, user in "[a-z0-9]{1,12}", cuts: Vec<Index>,
    ) {
        let body = body(&name, &content, &user);
        let (read_name, read_bytes, read_user) = read(&body, &cuts).unwrap();
        prop_assert_eq!((read_name, read_user), (name, Some(user)));
        prop_assert_eq!(&*read_bytes, content.as_slice());
    }

    #[test]
    fn a_body_without_its_end_is_refused(content: Vec<u8>, end: Index, cuts: Vec<Index>) {
        let whole = body("a.txt", &content, "somebody");
        // The last two bytes are a line's end that nobody needs.
        let cut = &whole[..end.index(whole.len() - 4)];
        let (status, _) = read(cut, &cuts).unwrap_err();
        prop_assert_eq!(status, 400);
    }

    #[test]
    fn bytes_of_any_kind_are_no_fault_of_ours(
        pieces in prop::collection::vec(prop_oneof![
            any::<Vec<u8>>(),
            Just(format!("--{BOUNDARY}\r\n").into_bytes()),
            Just(format!("\r\n--{BOUNDARY}--").into_bytes()),
            Just(b"Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n".to_vec()),
            Just(b"Content-Disposition: form-data; name=\"user\"\r\n\r\n".to_vec()),
            Just(b"Content-Disposition: form-data; name*=UTF-8''%FF; filename*=UTF-8''%FF%00\r\n".to_vec()),
            Just(b"Content-Type: text/plain; charset=\xff\r\n\r\n".to_vec()),
            Just(b"Content-Length: 99999999999999999999\r\n\r\n".to_vec()),
            Just(b"\r\n".to_vec()),
        ], 0..12),
        cuts: Vec<Index>,
    ) {
        let body = pieces.concat();
        match (read(&body, &[]), read(&body, &cuts)) {
            (Err((whole, _)), Err((cut, _))) => {
                prop_assert!((400..500).contains(&whole) && (400..500).contains(&cut), "{} {}", whole, cut);
            }
            (whole, cut) => prop_assert_eq!(whole, cut),
        }
    }
}
