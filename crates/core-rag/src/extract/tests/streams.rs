//! Documents piece by piece, and their pictures.

use super::*;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n rest of a picture";

async fn extracted(
    name: &str,
    bytes: impl AsRef<[u8]>,
    pictures: PictureLimits,
) -> Vec<Result<Extracted, ExtractError>> {
    let mut extraction = extractor(LIMITS).extract_stream(document(name, bytes), pictures).await.unwrap();
    let mut items = Vec::new();
    while let Some(item) = extraction.next().await {
        items.push(item);
    }
    assert!(extraction.next().await.is_none());
    items
}

/// The text of all pages, one a line, and the pictures.
async fn with_pictures(name: &str, bytes: impl AsRef<[u8]>) -> (String, Vec<Picture>) {
    let (mut text, mut pictures) = (Vec::new(), Vec::new());
    for item in extracted(name, bytes, PictureLimits::default()).await {
        match item.unwrap() {
            Extracted::Page(page) => text.push(page.text),
            Extracted::Part(part) => panic!("{part}"),
            Extracted::Picture(picture) => pictures.push(picture),
        }
    }
    (text.join("\n"), pictures)
}

#[tokio::test]
async fn texts_come_in_parts() {
    // Larger than what may be kept as a text.
    let text = "Zeile mit Ümläuten und 数字\0\n".repeat(100_000);
    for (bytes, name) in [(text.clone().into_bytes(), "a.txt"), (utf_16(&format!("\u{feff}{text}")), "a.log")] {
        let mut joined = String::new();
        let items = extracted(name, &bytes, PictureLimits::NONE).await;
        let count = items.len();
        for (index, item) in items.into_iter().enumerate() {
            match item.unwrap() {
                Extracted::Part(part) => {
                    assert!(part.len() <= 1024 * 1024);
                    joined.push_str(&part);
                }
                Extracted::Page(page) => {
                    assert!(page.text.is_empty() && index + 1 == count);
                }
                Extracted::Picture(_) => panic!("a picture in a text"),
            }
        }
        assert!(joined == text.replace('\0', ""), "{name}");
    }
    let empty = extracted("a.txt", "", PictureLimits::NONE).await;
    assert_eq!(empty, [Ok(Extracted::Page(Page::default()))]);
}

#[tokio::test]
async fn other_documents_come_in_pages() {
    let items = extracted("a.md", "# One\ntext\n# Two\n", PictureLimits::default()).await;
    let pages: Vec<_> = items.into_iter().map(|item| item.unwrap()).collect();
    let page = |text: &str| Extracted::Page(Page { text: text.to_owned(), ..Page::default() });
    assert_eq!(pages, [page("One\ntext"), page("Two")]);
    let errors = extracted("a.docx", "no zip", PictureLimits::default()).await;
    assert!(matches!(errors.as_slice(), [Err(ExtractError::Broken { format: "DOCX", .. })]), "{errors:?}");
}

#[tokio::test]
async fn a_reader_ends_with_its_caller_and_waits_for_it() {
    let extractor = Extractor::new(LIMITS, NonZeroUsize::MIN);
    let text = "x\n".repeat(2 * 1024 * 1024);
    let mut extraction = extractor.extract_stream(document("a.txt", &text), PictureLimits::NONE).await.unwrap();
    assert!(extraction.next().await.is_some());
    drop(extraction);
    // The only place is free again.
    assert_eq!(extractor.extract_text(document("a.txt", "y")).await.unwrap(), "y");
}

#[tokio::test]
async fn pictures_of_word() {
    let body = r#"<w:document xmlns:w="w" xmlns:r="r" xmlns:a="a" xmlns:v="v"><w:body><w:p><w:r><w:t>see </w:t></w:r>
<w:r><w:drawing><a:blip r:embed="rId1"/></w:drawing></w:r><w:r><w:t> and</w:t></w:r></w:p>
<w:p><w:r><w:pict><v:imagedata r:id="rId1"/></w:pict><w:drawing><a:blip r:link="rId2"/><a:blip r:embed="rId3"/><a:blip r:embed="rId9"/></w:drawing></w:r></w:p></w:body></w:document>"#;
    let relationships = r#"<Relationships><Relationship Id="rId1" Target="media/image1.bin"/><Relationship Id="rId2" Target="https://x.io/p.png" TargetMode="External"/><Relationship Id="rId3" Target="media/drawing.emf"/></Relationships>"#;
    let file = zipped(&[
        ("word/document.xml", body.as_bytes()),
        ("word/_rels/document.xml.rels", relationships.as_bytes()),
        ("word/media/image1.bin", PNG),
        ("word/media/drawing.emf", b"\x01\0\0\0"),
    ]);
    let (text, pictures) = with_pictures("a.docx", &file).await;
    let shown = "see ![image](ferrify-picture:1) and\n![image](ferrify-picture:1)![image](https://x.io/p.png)";
    assert_eq!(text, shown);
    let png = Picture { number: 1, bytes: PNG.to_vec(), extension: "png".into(), mime_type: "image/png".into() };
    assert_eq!(pictures, [png]);
    assert_eq!(page_texts("a.docx", &file).await, ["see  and"]);

    let linked = with_links(&text, |number| (number == 1).then(|| "/files/7/file-preview".to_owned()));
    assert_eq!(linked, shown.replace("ferrify-picture:1", "/files/7/file-preview"));
    assert_eq!(with_links(&text, |_| None), "see  and\n![image](https://x.io/p.png)");
    assert_eq!(
        with_links("ferrify-picture: ![a](ferrify-picture:x) (ferrify-picture:1", |_| None),
        "ferrify-picture: ![a](ferrify-picture:x) (ferrify-picture:1"
    );

    let small = PictureLimits { max_bytes: PNG.len() - 1, ..PictureLimits::default() };
    assert_eq!(extracted("a.docx", &file, small).await.len(), 1);
}

#[tokio::test]
async fn pictures_of_slides_and_books() {
    let slide = r#"<p:sld xmlns:p="p" xmlns:a="a" xmlns:r="r"><a:p><a:r><a:t>Title</a:t></a:r></a:p><p:pic><a:blip r:embed="rId5"/></p:pic></p:sld>"#;
    let file = zipped(&[
        ("ppt/presentation.xml", br#"<p:presentation xmlns:r="r"><p:sldId id="256" r:id="rId2"/></p:presentation>"#),
        (
            "ppt/_rels/presentation.xml.rels",
            br#"<Relationships><Relationship Id="rId2" Target="slides/slide1.xml"/></Relationships>"#,
        ),
        ("ppt/slides/slide1.xml", slide.as_bytes()),
        (
            "ppt/slides/_rels/slide1.xml.rels",
            br#"<Relationships><Relationship Id="rId5" Target="../media/a.png"/></Relationships>"#,
        ),
        ("ppt/media/a.png", PNG),
    ]);
    let (text, pictures) = with_pictures("a.pptx", &file).await;
    assert_eq!((text.as_str(), pictures.len()), ("Title\n![image](ferrify-picture:1)", 1));

    let file = zipped(&[
        ("META-INF/container.xml", br#"<c><rootfile full-path="O/b.opf"/></c>"#),
        ("O/b.opf", br#"<package><manifest><item id="a" href="t/a.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="a"/></spine></package>"#),
        ("O/t/a.xhtml", br#"<p>one</p><img alt="A" src="../p%201.png"/><img src="gone.png"/>"#),
        ("O/p 1.png", PNG),
    ]);
    let (text, pictures) = with_pictures("a.epub", &file).await;
    assert!(text.contains("![A](ferrify-picture:1)") && text.contains("gone.png"), "{text}");
    assert_eq!(pictures.len(), 1);
}

#[tokio::test]
async fn pictures_inside_addresses_are_no_text() {
    use base64::Engine;
    let data = base64::prelude::BASE64_STANDARD.encode(PNG);
    let source =
        format!(r#"<p>one</p><img alt="A" src="data:image/png;base64,{data}"><img src="data:image/svg+xml,<svg>">"#);
    let (text, pictures) = with_pictures("a.html", &source).await;
    assert!(text.contains("![A](ferrify-picture:1)") && !text.contains("data:"), "{text}");
    assert_eq!(pictures.len(), 1);
    assert!(!page_texts("a.html", &source).await.concat().contains(&data));
}

#[tokio::test]
async fn pictures_of_pdf() {
    let pixels = "ff0080".repeat(40 * 40);
    let image = format!(
        "<< /Type /XObject /Subtype /Image /Width 40 /Height 40 /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /ASCIIHexDecode /Length {} >>\nstream\n{pixels}>\nendstream",
        pixels.len() + 1
    );
    let content = "BT /F1 12 Tf 72 720 Td (Hello) Tj ET q 40 0 0 40 0 0 cm /I Do Q q 40 0 0 40 0 0 cm /I Do Q";
    let file = super::pdf::pdf(&[
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> /XObject << /I 6 0 R >> >> >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
        image,
    ]);
    let (text, pictures) = with_pictures("a.pdf", &file).await;
    assert_eq!(text, "Hello\n![image](ferrify-picture:1)\n![image](ferrify-picture:1)");
    assert_eq!(pictures.iter().map(|picture| picture.extension.as_str()).collect::<Vec<_>>(), ["png"]);
    assert_eq!(page_texts("a.pdf", &file).await, ["Hello"]);
}

#[tokio::test]
async fn xml_is_indexed_by_its_text() {
    let source = "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"boom\">]><a x=\"1\">one &amp; &b;<b>two\n</b><c/><![CDATA[three]]></a>";
    assert_eq!(page_texts("a.xml", source).await, ["one &\ntwo\nthree"]);
    assert_eq!(page_texts("a.xml", "<a b=\"1\"/>").await, ["<a b=\"1\"/>"]);
    assert_eq!(page_texts("a.xml", "<a>x</b>").await, ["<a>x</b>"]);
    assert_eq!(text("a.xml", "<a>x</a>").await.unwrap(), "<a>x</a>");
}
