use super::*;

const DOCUMENT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<w:document xmlns:w="w" xmlns:r="r" xmlns:mc="mc"><w:body>
<w:p><w:pPr><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr><w:r><w:t>First </w:t></w:r><w:r><w:t xml:space="preserve">paragraph &amp; &#252;</w:t></w:r></w:p>
<w:p/><w:p/>
<w:p><w:r><w:t>See </w:t></w:r><w:hyperlink r:id="rId1"><w:r><w:t>the site</w:t></w:r></w:hyperlink><w:r><w:tab/><w:t>end</w:t></w:r><w:del><w:r><w:delText>gone</w:delText><w:t>gone</w:t></w:r></w:del></w:p>
<w:tbl>
<w:tr><w:tc><w:p><w:r><w:t>Name</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Age</w:t></w:r></w:p></w:tc></w:tr>
<w:tr><w:tc><w:p><w:r><w:t>Ann</w:t></w:r></w:p><w:p><w:r><w:t>Lee|x</w:t></w:r></w:p></w:tc><w:tc><w:tbl><w:tr><w:tc><w:p><w:r><w:t>4</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>2</w:t></w:r></w:p></w:tc></w:tr></w:tbl><w:p/></w:tc></w:tr>
<w:tr><w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr><w:p><w:r><w:t>both</w:t></w:r></w:p></w:tc></w:tr>
</w:tbl>
<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>box</w:t></w:r></w:p></w:txbxContent></mc:Choice><mc:Fallback><w:p><w:r><w:t>box</w:t></w:r></w:p></mc:Fallback></mc:AlternateContent></w:r><w:r><w:t> after</w:t></w:r></w:p>
</w:body></w:document>"#;
const RELATIONSHIPS: &str =
    r#"<Relationships><Relationship Id="rId1" Target="https://x.io/?a=1&amp;b=2"/></Relationships>"#;

fn docx() -> Vec<u8> {
    zipped(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("word/document.xml", DOCUMENT.as_bytes()),
        ("word/_rels/document.xml.rels", RELATIONSHIPS.as_bytes()),
    ])
}

#[tokio::test]
async fn paragraphs_and_tables_of_word_in_order() {
    let expected = "First paragraph & ü\n\nSee the site\tend\n| Name | Age |\n| --- | --- |\n| Ann Lee\\|x | 4 2 |\n\
                    | both |  |\nbox after";
    assert_eq!(text("a.docx", docx()).await.unwrap(), expected);
    // A new document under an old name.
    assert_eq!(text("a.doc", docx()).await.unwrap(), expected);
    let indexed = page_texts("a.docx", docx()).await.remove(0);
    assert!(indexed.contains("See [the site](https://x.io/?a=1&b=2)\tend"), "{indexed}");
}

#[tokio::test]
async fn slides_in_the_order_of_the_presentation() {
    let slide = |body: &str| format!(r#"<p:sld xmlns:p="p" xmlns:a="a"><p:txBody>{body}</p:txBody></p:sld>"#);
    let first = slide(
        "<a:p><a:r><a:t>Title ü</a:t></a:r></a:p><a:p><a:r><a:t>one</a:t></a:r><a:br/><a:r><a:t>two</a:t></a:r></a:p>",
    );
    let second = slide(
        "<a:tbl><a:tr><a:tc><a:p><a:r><a:t>k</a:t></a:r></a:p></a:tc><a:tc><a:p><a:r><a:t>v</a:t></a:r></a:p></a:tc></a:tr>\
         <a:tr><a:tc><a:p><a:r><a:t>1</a:t></a:r></a:p></a:tc><a:tc><a:p/></a:tc></a:tr></a:tbl>",
    );
    let file = zipped(&[
        ("ppt/presentation.xml", br#"<p:presentation xmlns:r="r"><p:sldIdLst><p:sldId id="256" r:id="rId9"/><p:sldId id="257" r:id="rId2"/></p:sldIdLst></p:presentation>"#),
        ("ppt/_rels/presentation.xml.rels", br#"<Relationships><Relationship Id="rId2" Target="slides/slide1.xml"/><Relationship Id="rId9" Target="/ppt/slides/slide2.xml"/></Relationships>"#),
        ("ppt/slides/slide1.xml", second.as_bytes()),
        ("ppt/slides/slide2.xml", first.as_bytes()),
    ]);
    let table = "| k | v |\n| --- | --- |\n| 1 |  |";
    assert_eq!(text("a.pptx", &file).await.unwrap(), format!("Title ü\none\ntwo\n\n{table}"));
    let pages = pages("a.pptx", &file).await.unwrap();
    assert_eq!(pages.iter().map(|page| page.number).collect::<Vec<_>>(), [Some(1), Some(2)]);
    assert_eq!(pages[1].text, table);
}

#[tokio::test]
async fn chapters_of_a_book() {
    let file = zipped(&[
        ("mimetype", b"application/epub+zip"),
        ("META-INF/container.xml", br#"<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>"#),
        ("OEBPS/book.opf", br#"<package><manifest><item id="b" href="text/two%20b.xhtml#x" media-type="application/xhtml+xml"/><item id="a" href="../one.xhtml" media-type="application/xhtml+xml"/><item id="c" href="missing.xhtml" media-type="application/xhtml+xml"/><item id="p" href="p.png" media-type="image/png"/></manifest><spine><itemref idref="a"/><itemref idref="b"/><itemref idref="b"/><itemref idref="c"/><itemref idref="p"/></spine></package>"#),
        ("one.xhtml", b"<html><head><title>t</title></head><body><h1>One</h1><p>first</p></body></html>"),
        ("OEBPS/text/two b.xhtml", "<html><body><p>zweites – Kapitel</p></body></html>".as_bytes()),
        ("OEBPS/p.png", b"\x89PNG"),
    ]);
    assert_eq!(text("a.epub", &file).await.unwrap(), "# One\n\nfirst\n\nzweites – Kapitel");
}

#[tokio::test]
async fn what_is_no_office_file_is_broken() {
    assert!(!broken(text("a.docx", "not a zip").await).is_empty());
    assert_eq!(broken(text("a.docx", zipped(&[("x", b"y")])).await), "there is no word/document.xml in it");
    assert_eq!(
        broken(text("a.epub", zipped(&[("META-INF/container.xml", b"<c/>")])).await),
        "its container names no package document"
    );
    let encrypted = compound(&[("/EncryptedPackage", b"secret"), ("/EncryptionInfo", b"how")]);
    for (name, format) in [("a.docx", "DOCX"), ("a.pptx", "PPTX"), ("a.xlsx", "XLSX")] {
        assert_eq!(text(name, &encrypted).await.unwrap_err(), ExtractError::Encrypted { format }, "{name}");
    }
}
