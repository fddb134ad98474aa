use std::sync::mpsc;
use std::time::Instant;

use super::sheets::{dimensions, label, xls, xlsx};
use super::*;
use crate::extract::budget::Budget;
use crate::extract::extractor::guarded;
use crate::extract::format::Format;

fn too_large<T: std::fmt::Debug>(result: Result<T, ExtractError>) -> Limit {
    let error = result.unwrap_err();
    let ExtractError::TooLarge(limit) = error else { panic!("{error}") };
    limit
}

#[tokio::test]
async fn large_files_and_long_texts() {
    let limits = ExtractLimits { max_input: 100, max_output: 50, ..LIMITS };
    let text = async |length: usize| extractor(limits).extract_text(document("a.txt", "x".repeat(length))).await;
    assert_eq!(text(50).await.unwrap().len(), 50);
    assert_eq!(too_large(text(51).await), Limit::Output(50));
    assert_eq!(too_large(text(101).await), Limit::Input(100));
}

#[tokio::test]
async fn zip_bombs() {
    let bomb = vec![b' '; 20 * 1024 * 1024];
    let inflated = Limit::Inflated(LIMITS.max_inflated);
    for (name, part) in [("a.docx", "word/document.xml"), ("a.pptx", "ppt/presentation.xml"), ("a.ods", "content.xml")]
    {
        assert_eq!(too_large(text(name, zipped(&[(part, &bomb)])).await), inflated, "{name}");
    }
    // Many small parts count together, in a reader that inflates by itself too.
    let names: Vec<String> = (0..20).map(|number| format!("xl/media/{number}")).collect();
    let parts: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &bomb[..1024 * 1024])).collect();
    assert_eq!(too_large(text("a.xlsx", zipped(&parts)).await), inflated);

    // The size that the archive states is not believed.
    let mut lying = zipped(&[("word/document.xml", &bomb)]);
    let size = (bomb.len() as u32).to_le_bytes();
    for at in 0..lying.len() - 4 {
        if lying[at..at + 4] == size {
            lying[at..at + 4].copy_from_slice(&100_u32.to_le_bytes());
        }
    }
    assert!(matches!(
        text("a.docx", lying).await.unwrap_err(),
        ExtractError::TooLarge(_) | ExtractError::Broken { .. }
    ));
}

#[tokio::test]
async fn too_many_parts() {
    let names: Vec<String> = (0..20_001).map(|number| number.to_string()).collect();
    let parts: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert_eq!(too_large(text("a.docx", zipped(&parts)).await), Limit::Entries(20_000));
}

#[tokio::test]
async fn entities_do_not_multiply() {
    let entities: String = (1..20).map(|n| format!("<!ENTITY e{n} \"&e{0};&e{0};&e{0};&e{0};\">", n - 1)).collect();
    let document = format!(
        "<!DOCTYPE x [<!ENTITY e0 \"boom\">{entities}<!ENTITY f SYSTEM \"file:///etc/passwd\">]>\
         <w:document xmlns:w=\"w\"><w:p><w:r><w:t>a&e19;&f;&lt;b</w:t></w:r></w:p></w:document>"
    );
    let file = zipped(&[("word/document.xml", document.as_bytes())]);
    assert_eq!(text("a.docx", file).await.unwrap(), "a<b");
    // YAML has the same idea.
    let aliases: String = (1..30).map(|n| format!("a{n}: &a{n} [*a{0}, *a{0}, *a{0}, *a{0}]\n", n - 1)).collect();
    let source = format!("a0: &a0 [x, x]\n{aliases}");
    assert_eq!(text("a.yaml", &source).await.unwrap(), source);
}

#[tokio::test]
async fn deep_nesting() {
    let deep = 200_000;
    let word = format!("<w:document>{}</w:document>", "<w:p>".repeat(deep));
    assert!(matches!(
        too_large(text("a.docx", zipped(&[("word/document.xml", word.as_bytes())])).await),
        Limit::Depth(_)
    ));
    let tables = "<w:tbl><w:tr><w:tc>".repeat(1000);
    assert!(matches!(
        too_large(text("a.docx", zipped(&[("word/document.xml", tables.as_bytes())])).await),
        Limit::Depth(_)
    ));
    assert!(broken(text("a.json", "[".repeat(deep)).await).contains("EOF"));
    let json = format!("{}{}", "[".repeat(deep), "]".repeat(deep));
    assert_eq!(too_large(text("a.json", json).await), Limit::Output(LIMITS.max_output));
    assert!(!broken(text("a.yaml", "[".repeat(deep / 2)).await).is_empty());
    for source in
        ["<div>".repeat(deep), "<div></span>".repeat(deep), "<div><object></div>".repeat(deep), "<b><i>".repeat(deep)]
    {
        assert!(matches!(too_large(pages("a.html", source).await), Limit::Depth(_) | Limit::Entries(_)));
    }
    let quotes = format!("{}x", "<blockquote>".repeat(300));
    assert_eq!(too_large(pages("a.html", quotes).await), Limit::Depth(256));
    // What is allowed must not overflow the stack either.
    let most = format!("{}x{}", "<div>".repeat(240), "</div>".repeat(240));
    assert_eq!(page_texts("a.html", most).await, ["x"]);
}

#[tokio::test]
async fn deep_and_packed_pdfs() {
    let file = |object: &[u8]| {
        let mut file = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n".to_vec();
        file.extend_from_slice(object);
        file.extend_from_slice(b"\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n");
        file
    };
    let packed = |content: &[u8], dictionary: &str| {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(content).unwrap();
        let mut object = format!("<< /Filter /FlateDecode {dictionary} >>\nstream\r\n").into_bytes();
        object.extend(encoder.finish().unwrap());
        object.extend(b"\nendstream");
        file(&object)
    };
    for nested in [
        "[".repeat(200_000),
        "<</A".repeat(200_000),
        "[(])".repeat(200_000),
        "([)]".repeat(200_000) + &"[".repeat(20_000),
        "[%]\n".repeat(200_000),
        "<</A %>>\r".repeat(200_000),
        "%(\n".to_owned() + &"[(])".repeat(200_000),
        "(%\n".to_owned() + &"[%]\n".repeat(200_000),
        "(\\".to_owned() + &"[(\\)])".repeat(200_000),
        "(".repeat(10_000) + &"[(])".repeat(200_000),
    ] {
        assert_eq!(too_large(text("a.pdf", file(nested.as_bytes())).await), Limit::Depth(10_000));
        assert_eq!(too_large(text("a.pdf", packed(nested.as_bytes(), "/Type /ObjStm")).await), Limit::Depth(10_000));
    }
    let bomb = vec![b' '; 20 * 1024 * 1024];
    assert_eq!(too_large(text("a.pdf", packed(&bomb, "")).await), Limit::Inflated(LIMITS.max_inflated));
    // As deep as is allowed, the stack holds.
    let most = format!("{}{}", "[".repeat(9_000), "]".repeat(9_000));
    assert!(!matches!(text("a.pdf", file(most.as_bytes())).await, Err(ExtractError::TooLarge(_))));
    // Brackets of real files, and of noise, are not believed to be open.
    let lines = "[(a[b\\)c) -120 (\\\\)] TJ % [[[\n<</A [<00>]/B (>>)>>\n".repeat(100_000);
    assert!(!matches!(text("a.pdf", packed(lines.as_bytes(), "")).await, Err(ExtractError::TooLarge(_))));
    let mut state = 1_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_be_bytes()[0]
    })
    .take(LIMITS.max_input / 2)
    .collect();
    assert!(!matches!(text("a.pdf", file(&noise)).await, Err(ExtractError::TooLarge(_))));
    let brown = packed(&vec![b'['; 100_000], "/Type /XObject /Subtype /Image");
    assert!(!matches!(text("a.pdf", brown).await, Err(ExtractError::TooLarge(_))));
}

#[tokio::test]
async fn html_that_grows() {
    let mut formatting: String = (0..2000).map(|number| format!("<b id={number}>")).collect();
    formatting += &"<p>x".repeat(20_000);
    assert!(matches!(too_large(pages("a.html", formatting).await), Limit::Depth(_) | Limit::Entries(_)));
    let quotes = format!("{}{}", "<blockquote>".repeat(200), "x<br>".repeat(100_000));
    assert_eq!(too_large(pages("a.html", quotes).await), Limit::Output(LIMITS.max_output));
}

#[tokio::test]
async fn sheets_of_a_billion_cells() {
    let corners = r#"<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>"#;
    let expected = "| 1 |  |\n| --- | --- |\n|  | 2 |";
    assert_eq!(text("a.xlsx", xlsx(&[("S", corners)])).await.unwrap(), expected);

    let ods = |rows: &str, columns: &str| {
        let content = format!(
            "<t:table><t:table-row t:number-rows-repeated=\"{rows}\"><t:table-cell t:number-columns-repeated=\"{columns}\">\
             <x:p>long value</x:p></t:table-cell></t:table-row></t:table>"
        );
        zipped(&[("content.xml", content.as_bytes())])
    };
    assert!(matches!(too_large(text("a.ods", ods("1048576", "16384")).await), Limit::Cells(_) | Limit::Output(_)));
    assert!(matches!(too_large(text("a.ods", ods("4294967295", "1")).await), Limit::Cells(_) | Limit::Output(_)));
    assert!(text("a.ods", ods("99999999999999999999", "-1")).await.unwrap().starts_with("| long value |"));

    let claims = [dimensions((0, u32::MAX), (0, 0xFFFF)), dimensions((10, 1), (3, 1)), label(0, 0, "only")].concat();
    assert_eq!(text("a.xls", xls(&[], &claims)).await.unwrap(), "| only |\n| --- |");
    let corners = [label(0, 0, "a"), label(65_535, 255, "b")].concat();
    assert!(matches!(too_large(text("a.xls", xls(&[], &corners)).await), Limit::Cells(_)));
}

#[tokio::test]
async fn one_string_in_every_cell() {
    let value = "v".repeat(1000);
    let cells: String = (1..5000)
        .map(|row| format!("<row r=\"{row}\"><c r=\"A{row}\" t=\"inlineStr\"><is><t>{value}</t></is></c></row>"))
        .collect();
    assert_eq!(too_large(text("a.xlsx", xlsx(&[("S", &cells)])).await), Limit::Output(LIMITS.max_output));
    let spans =
        format!("<w:tbl><w:tr>{}</w:tr></w:tbl>", "<w:tc><w:gridSpan w:val=\"99999999\"/></w:tc>".repeat(40_000));
    assert!(matches!(
        too_large(text("a.docx", zipped(&[("word/document.xml", spans.as_bytes())])).await),
        Limit::Cells(_)
    ));
}

#[tokio::test]
async fn a_million_pages() {
    let kids = "3 0 R ".repeat(30_000);
    let file = |count: &str, kids: &str| {
        pdf::pdf(&[
            "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
            format!("<< /Type /Pages /Kids [{kids}] /Count {count} >>"),
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>".to_owned(),
        ])
    };
    assert_eq!(too_large(text("a.pdf", file("30000", &kids)).await), Limit::Pages(20_000));
    // A claim alone costs nothing.
    let started = Instant::now();
    let _ = text("a.pdf", file("8000000", "3 0 R")).await;
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn paths_stay_in_the_package() {
    let file = zipped(&[
        ("META-INF/container.xml", br#"<c><rootfile full-path="../../../../etc/passwd"/></c>"#),
        ("../../escape", b"x"),
        ("/etc/passwd", b"x"),
    ]);
    assert!(broken(text("a.epub", file).await).contains("there is no ../../../../etc/passwd"));
    // Names that are no UTF-8.
    let mut odd = zipped(&[("word/document.xml", b"<w:p><w:r><w:t>x</w:t></w:r></w:p>"), ("QQQQ", b"x")]);
    for at in 0..odd.len() - 4 {
        if &odd[at..at + 4] == b"QQQQ" {
            odd[at..at + 4].copy_from_slice(b"\xFF\xFE\x80\x81");
        }
    }
    assert_eq!(text("a.docx", odd).await.unwrap(), "x");
}

#[tokio::test]
async fn damaged_files_are_answers() {
    let samples = [
        ("a.docx", zipped(&[("word/document.xml", b"<w:p><w:r><w:t>x</w:t></w:r></w:p>")])),
        ("a.xlsx", xlsx(&[("S", r#"<row r="1"><c r="A1"><v>1</v></c></row>"#)])),
        ("a.xls", xls(&[], &label(0, 0, "x"))),
        ("a.msg", compound(&[("/__substg1.0_1000001F", &utf_16("text"))])),
    ];
    for (name, sample) in samples {
        for at in (0..sample.len()).step_by(sample.len() / 150 + 1) {
            let mut damaged = sample.clone();
            damaged[at] ^= 0xFF;
            let _ = text(name, &damaged).await;
            let _ = text(name, &sample[..at]).await;
        }
    }
}

#[test]
fn panics_are_errors() {
    let result: Result<(), _> = guarded(Format::Pdf, || panic!("bad font"));
    assert_eq!(result.unwrap_err(), ExtractError::Panicked { format: "PDF" });
}

#[test]
fn a_reader_ends_when_its_time_is_up() {
    let budget = |deadline: Instant, abandoned: bool| {
        Budget::new(LIMITS, deadline, std::sync::Arc::new(std::sync::atomic::AtomicBool::new(abandoned)))
    };
    let past = Instant::now();
    let later = Instant::now() + Duration::from_secs(60);
    for budget in [budget(past, false), budget(later, true)] {
        let mut text = budget.text();
        let ended = (0..10_000).find_map(|_| text.push("x").err());
        assert_eq!(ended, Some(ExtractError::TimedOut(LIMITS.timeout)));
    }
    assert!(budget(later, false).check_time().is_ok());
}

#[tokio::test]
async fn overstaying_readers_keep_their_places() {
    let limits = ExtractLimits { timeout: Duration::from_millis(100), ..LIMITS };
    let extractor = Extractor::new(limits, NonZeroUsize::MIN);
    let (release, wait) = mpsc::channel::<()>();
    let stuck = extractor
        .read(Format::Pdf, document("a.pdf", ""), move |_, _| {
            // A parser that never looks at the clock.
            let _ = wait.recv();
            Ok(())
        })
        .await;
    assert_eq!(stuck.unwrap_err(), ExtractError::TimedOut(limits.timeout));
    let refused = extractor.extract_text(document("a.txt", "x")).await;
    assert_eq!(refused.unwrap_err(), ExtractError::Busy);

    release.send(()).unwrap();
    let mut read = Err(ExtractError::Busy);
    for _ in 0..50 {
        read = extractor.extract_text(document("a.txt", "x")).await;
        if read.is_ok() {
            break;
        }
    }
    assert_eq!(read.unwrap(), "x");
}
