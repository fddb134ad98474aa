//! Files of every kind as documents, and files that lie.

use std::io::{Cursor, Write};

use serde_json::json;
use zip::write::SimpleFileOptions;

use crate::it::knowledge_ground::Knowledge;

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A picture of one dot.
const DOT: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0, 0, 1, 8, 6,
    0, 0, 0, 0x1F, 0x15, 0xC4, 0x89, 0, 0, 0, 13, b'I', b'D', b'A', b'T', 0x78, 0x9C, 0x63, 0, 1, 0, 0, 5, 0, 1, 0x0D,
    0x0A, 0x2D, 0xB4, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xAE, 0x42, 0x60, 0x82,
];

fn docx() -> Vec<u8> {
    let body = r#"<?xml version="1.0"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"
        xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"
        xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><w:body>
        <w:p><w:r><w:t>A walrus in a letter.</w:t></w:r></w:p>
        <w:p><w:r><w:drawing><a:blip r:embed="rId1"/></w:drawing></w:r></w:p></w:body></w:document>"#;
    let relations = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
        <Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" Target="media/image1.png"/></Relationships>"#;
    zipped(&[
        ("word/document.xml", body.as_bytes()),
        ("word/_rels/document.xml.rels", relations.as_bytes()),
        ("word/media/image1.png", DOT),
    ])
}

fn pptx() -> Vec<u8> {
    let slide = r#"<?xml version="1.0"?><p:sld xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"
        xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><p:cSld><p:spTree><p:sp><p:txBody><a:p><a:r>
        <a:t>A walrus on a slide.</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:sld>"#;
    let presentation = r#"<?xml version="1.0"?><p:presentation xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"
        xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><p:sldIdLst><p:sldId id="256" r:id="rId1"/>
        </p:sldIdLst></p:presentation>"#;
    let relations = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
        <Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/slide" Target="slides/slide1.xml"/></Relationships>"#;
    zipped(&[
        ("ppt/presentation.xml", presentation.as_bytes()),
        ("ppt/_rels/presentation.xml.rels", relations.as_bytes()),
        ("ppt/slides/slide1.xml", slide.as_bytes()),
    ])
}

fn pdf() -> Vec<u8> {
    let stream = "BT /F1 24 Tf 72 700 Td (A walrus on a page.) Tj ET";
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{stream}\nendstream", stream.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let (mut file, mut places) = ("%PDF-1.4\n".to_owned(), Vec::new());
    for (number, object) in (1..).zip(&objects) {
        places.push(file.len());
        file.push_str(&format!("{number} 0 obj\n{object}\nendobj\n"));
    }
    let table = file.len();
    file.push_str(&format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1));
    for place in places {
        file.push_str(&format!("{place:010} 00000 n \n"));
    }
    file.push_str(&format!("trailer << /Size {} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF", objects.len() + 1));
    file.into_bytes()
}

fn epub() -> Vec<u8> {
    let container = r#"<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
        <rootfile full-path="book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"#;
    let package = r#"<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf"><manifest>
        <item id="c1" href="one.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="c1"/></spine></package>"#;
    let chapter = "<html><body><p>A walrus in a book.</p></body></html>";
    zipped(&[
        ("mimetype", b"application/epub+zip"),
        ("META-INF/container.xml", container.as_bytes()),
        ("book.opf", package.as_bytes()),
        ("one.xhtml", chapter.as_bytes()),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_file_is_found() {
    let ground = Knowledge::set_up_with(&[("ETL_TYPE", "Unstructured")]).await;
    let dataset = ground.dataset("Files", "economy").await;
    let data = json!({"process_rule": {"mode": "automatic"}});
    for (name, bytes, expected) in [
        ("a.txt", b"A walrus in a text.".to_vec(), "A walrus in a text."),
        ("a.md", b"# Animals\n\nA walrus in Markdown.".to_vec(), "A walrus in Markdown."),
        (
            "a.html",
            b"<html><script>x</script><body><p>A walrus in HTML.</p></body></html>".to_vec(),
            "A walrus in HTML.",
        ),
        ("a.csv", b"animal,place\nwalrus,table\n".to_vec(), "animal: walrus;place: table"),
        ("a.xml", b"<a><b>A walrus in XML.</b></a>".to_vec(), "A walrus in XML."),
        (
            "a.eml",
            b"From: a@example.com\r\nTo: b@example.com\r\nSubject: hi\r\n\r\nA walrus in a mail.\r\n".to_vec(),
            "A walrus in a mail.",
        ),
        ("a.docx", docx(), "A walrus in a letter."),
        ("a.pptx", pptx(), "A walrus on a slide."),
        ("a.epub", epub(), "A walrus in a book."),
        ("a.pdf", pdf(), "A walrus on a page."),
    ] {
        let made = ground.add_file(&dataset, name, bytes, &data).await.expect(200);
        ground.comes_to(&dataset, &made.text_at("/batch"), "completed").await;
        let contents = ground.contents(&dataset, &made.text_at("/document/id")).await;
        assert!(contents.iter().any(|text| text.contains(expected)), "{name}: {contents:?}");
    }
    let asked = json!({"query": "walrus", "retrieval_model": {
        "search_method": "keyword_search", "reranking_enable": false, "top_k": 50, "score_threshold_enabled": false}});
    let found = ground.service.post_json(&format!("/datasets/{dataset}/retrieve"), &asked).await.expect(200);
    assert_eq!(found.json["records"].as_array().unwrap().len(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn pictures_are_kept_and_shown() {
    let ground = Knowledge::set_up().await;
    let dataset = ground.dataset("Pictures", "economy").await;
    let data = json!({"process_rule": {"mode": "automatic"}});
    let made = ground.add_file(&dataset, "a.docx", docx(), &data).await.expect(200);
    ground.comes_to(&dataset, &made.text_at("/batch"), "completed").await;
    let path = format!("/datasets/{dataset}/documents/{}", made.text_at("/document/id"));
    let segments = ground.service.get(&format!("{path}/segments")).await.expect(200);
    let segment = &segments.json["data"][0];
    let attachment = segment["attachments"][0].clone();
    let id = attachment["id"].as_str().unwrap();
    assert!(segment["content"].as_str().unwrap().contains(&format!("(/files/{id}/image-preview)")), "{segment}");
    assert_eq!((&attachment["mime_type"], &attachment["extension"]), (&json!("image/png"), &json!("png")));
    let signed = segment["sign_content"].as_str().unwrap();
    let link = signed.split(['(', ')']).find(|part| part.contains("sign=")).unwrap_or_else(|| panic!("{signed}"));
    let link = link.split_once("/files/").map(|(_, rest)| format!("/files/{rest}")).unwrap();
    let picture = ground.server.client().get(&link).await.expect(200);
    assert_eq!(picture.header("content-type"), Some("image/png"));
    // They go with the document.
    let _ = ground.service.delete(&path).await.expect(204);
    let begun = std::time::Instant::now();
    while ground.server.db().count("upload_files", "true", &[]).await > 0 {
        assert!(begun.elapsed().as_secs() < 30);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_cannot_be_read_say_why() {
    let ground = Knowledge::set_up_with(&[("UPLOAD_FILE_SIZE_LIMIT", "1")]).await;
    let dataset = ground.dataset("Broken", "economy").await;
    let data = json!({"process_rule": {"mode": "automatic"}});
    for (name, bytes, told) in [
        ("empty.txt", Vec::new(), "empty"),
        ("blank.txt", b" \n \n ".to_vec(), "no text"),
        ("lies.pdf", b"this is no PDF".to_vec(), ""),
        ("lies.docx", b"PK no archive".to_vec(), ""),
        ("nothing.docx", zipped(&[("other.xml", b"<a/>")]), ""),
        ("bomb.docx", zipped(&[("word/document.xml", &vec![b' '; 300 * 1024 * 1024])]), ""),
    ] {
        let made = ground.add_file(&dataset, name, bytes, &data).await.expect(200);
        let state = ground.comes_to(&dataset, &made.text_at("/batch"), "error").await;
        let error = state["error"].as_str().unwrap();
        assert!(error.len() > 10 && error.to_lowercase().contains(told), "{name}: {error}");
        assert!(state["stopped_at"].is_i64() && state["completed_at"].is_null());
    }
    let listed = ground.service.get(&format!("/datasets/{dataset}/documents?status=error")).await.expect(200);
    assert_eq!(listed.json["total"], 6);
    assert_eq!(ground.server.db().count("document_segments", "true", &[]).await, 0);

    let refuse = |name: &str, bytes: Vec<u8>| {
        let (ground, dataset, name) = (&ground, dataset.clone(), name.to_owned());
        async move { ground.add_file(&dataset, &name, bytes, &json!({})).await }
    };
    assert_eq!(refuse("a.exe", b"x".to_vec()).await.expect(400).code(), "invalid_param");
    assert_eq!(refuse("big.txt", vec![b'x'; 1024 * 1024 + 1]).await.expect(413).code(), "file_too_large");
    assert_eq!(refuse("../../a.txt", b"x".to_vec()).await.expect(400).code(), "invalid_param");
    for rule in [
        json!({"mode": "magic"}),
        json!({"mode": "custom"}),
        json!({"mode": "custom", "rules": {"pre_processing_rules": [], "segmentation": {"separator": "", "max_tokens": 100}}}),
    ] {
        let refused =
            ground.add_file(&dataset, "a.txt", b"x".to_vec(), &json!({"process_rule": rule})).await.expect(400);
        assert_eq!(refused.code(), "invalid_param", "{}", refused.text());
    }
    // Limits of sizes are known when the text is cut.
    let tiny = json!({"mode": "custom", "rules": {"pre_processing_rules": [], "segmentation": {"separator": "\n", "max_tokens": 10}}});
    let made =
        ground.add_file(&dataset, "a.txt", b"some words".to_vec(), &json!({"process_rule": tiny})).await.expect(200);
    let state = ground.comes_to(&dataset, &made.text_at("/batch"), "error").await;
    assert!(state["error"].as_str().unwrap().contains("50"), "{state}");
    let other = json!({"process_rule": {"mode": "automatic"}, "doc_form": "qa_model"});
    assert_eq!(ground.add_file(&dataset, "b.txt", b"x".to_vec(), &other).await.expect(400).code(), "invalid_param");
}
