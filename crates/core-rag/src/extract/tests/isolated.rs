//! Documents that are read by this test program once more.

use std::os::fd::AsFd;

use super::*;
use crate::extract::isolated::{Program, serve};

/// The process that reads. As a test it has nothing to do.
#[test]
fn child() {
    let stdin = rustix::stdio::stdin();
    let is_socket = rustix::fs::fstat(stdin.as_fd())
        .is_ok_and(|stat| rustix::fs::FileType::from_raw_mode(stat.st_mode) == rustix::fs::FileType::Socket);
    if is_socket {
        let _ = serve();
    }
}

fn program(arguments: &[&str]) -> Program {
    let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    Program { arguments, ..Program::current() }
}

fn isolated(limits: ExtractLimits) -> Extractor {
    extractor(limits).in_processes_of(program(&["extract::tests::isolated::child", "--exact"]))
}

#[tokio::test]
async fn the_same_comes_out() {
    let files = [
        ("a.html", b"<h1>One</h1><p>two".to_vec()),
        (
            "a.xlsx",
            sheets::xlsx(&[(
                "One",
                r#"<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row><row r="2"><c r="A2"><v>3</v></c></row>"#,
            )]),
        ),
        ("a.docx", b"no zip".to_vec()),
        ("a.doc", compound(&[("/EncryptedPackage", b"secret")])),
        ("a.txt", b"text".to_vec()),
    ];
    for (name, bytes) in files {
        let document = || document(name, &bytes);
        assert_eq!(
            isolated(LIMITS).extract_text(document()).await,
            extractor(LIMITS).extract_text(document()).await,
            "{name}"
        );
        assert_eq!(
            isolated(LIMITS).extract_pages(document()).await,
            extractor(LIMITS).extract_pages(document()).await,
            "{name}"
        );
        let mut streams = Vec::new();
        for extractor in [isolated(LIMITS), extractor(LIMITS)] {
            let mut stream = extractor.extract_stream(document(), PictureLimits::default()).await.unwrap();
            let mut items = Vec::new();
            while let Some(item) = stream.next().await {
                items.push(item);
            }
            streams.push(items);
        }
        assert_eq!(streams[0], streams[1], "{name}");
    }
}

#[tokio::test]
async fn limits_hold_there_too() {
    let long = format!("<p>{}</p>", "word ".repeat(1000));
    let short = ExtractLimits { max_output: 1000, ..LIMITS };
    let error = isolated(short).extract_text(document("a.eml", format!("Subject: s\n\n{long}"))).await.unwrap_err();
    assert_eq!(error, ExtractError::TooLarge(Limit::Output(1000)));
}

#[tokio::test]
async fn a_reader_that_dies_is_an_error() {
    for arguments in [["no such test", "--exact"], ["--no-such-argument", ""]] {
        let extractor = extractor(LIMITS).in_processes_of(program(&arguments));
        let error = extractor.extract_text(document("a.docx", "x".repeat(1024 * 1024))).await.unwrap_err();
        assert_eq!(error, ExtractError::Panicked { format: "DOCX" });
    }
    let gone = Program { path: "/no/such/program".into(), arguments: Vec::new() };
    let error = extractor(LIMITS).in_processes_of(gone).extract_text(document("a.pdf", "x")).await.unwrap_err();
    assert_eq!(error, ExtractError::Panicked { format: "PDF" });
}

/// Nesting that is hidden from the count of brackets: in an object stream whose filter is not looked into.
fn hidden_nesting() -> Vec<u8> {
    let hexadecimal = |bytes: &[u8]| format!("{}>", hex::encode(bytes));
    let stream = |dictionary: &str, bytes: &[u8]| {
        let data = hexadecimal(bytes);
        let length = data.len();
        format!("<< {dictionary} /Filter /ASCIIHexDecode /Length {length} >>\nstream\n{data}\nendstream")
    };
    let nested = [b"5 0 ".as_slice(), &b"[".repeat(300_000)].concat();
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources 5 0 R /Contents 5 0 R >>".to_owned(),
        stream("/Type /ObjStm /N 1 /First 4", &nested),
    ];
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut entries = vec![0_u8; 7];
    for (number, object) in objects.iter().enumerate() {
        entries.extend([&[1], &u32::try_from(file.len()).unwrap().to_be_bytes()[..], &[0, 0]].concat());
        file.extend(format!("{} 0 obj\n{object}\nendobj\n", number + 1).into_bytes());
    }
    // Object 5 is the first one in object 4.
    entries.extend([2, 0, 0, 0, 4, 0, 0]);
    let start = file.len();
    entries.extend([&[1], &u32::try_from(start).unwrap().to_be_bytes()[..], &[0, 0]].concat());
    let table = stream("/Type /XRef /Size 7 /W [1 4 2] /Root 1 0 R", &entries);
    file.extend(format!("6 0 obj\n{table}\nendobj\nstartxref\n{start}\n%%EOF\n").into_bytes());
    file
}

#[tokio::test]
async fn a_stack_that_overflows_ends_the_reader_only() {
    let limits = ExtractLimits { max_input: 16 * 1024 * 1024, ..LIMITS };
    let result = isolated(limits).extract_pages(document("a.pdf", hidden_nesting())).await;
    assert_eq!(result, Err(ExtractError::Panicked { format: "PDF" }));
}
