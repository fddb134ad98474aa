use super::*;

/// Objects of a PDF with their cross-reference table.
pub(super) fn pdf(objects: &[String]) -> Vec<u8> {
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    for (number, object) in objects.iter().enumerate() {
        places.push(file.len());
        file.extend(format!("{} 0 obj\n{object}\nendobj\n", number + 1).into_bytes());
    }
    let start = file.len();
    file.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).into_bytes());
    for place in places {
        file.extend(format!("{place:010} 00000 n \n").into_bytes());
    }
    let trailer = format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1);
    file.extend(trailer.into_bytes());
    file
}

fn stream(content: &str) -> String {
    format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len())
}

/// Three pages: Latin, Cyrillic by a character map, and one without text.
fn sample() -> Vec<u8> {
    let to_unicode = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n1 begincodespacerange <0000> <FFFF> endcodespacerange\n\
                      6 beginbfchar\n<0001> <041F>\n<0002> <0440>\n<0003> <0438>\n<0004> <0432>\n<0005> <0435>\n<0006> <0442>\nendbfchar\nendcmap end end";
    let page = |content: u32| {
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {content} 0 R /Resources << /Font << /F1 9 0 R /F2 10 0 R >> >> >>"
        )
    };
    pdf(&[
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R 4 0 R 5 0 R] /Count 3 >>".to_owned(),
        page(6),
        page(7),
        page(8),
        stream("BT /F1 12 Tf 72 720 Td (Hello caf\\351) Tj 0 -20 Td (second line) Tj ET"),
        stream("BT /F2 12 Tf 72 720 Td <000100020003000400050006> Tj ET"),
        stream("0 0 10 10 re f"),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
        "<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /DescendantFonts [11 0 R] /ToUnicode 12 0 R >>".to_owned(),
        "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /X /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /DW 600 >>".to_owned(),
        stream(to_unicode),
    ])
}

#[tokio::test]
async fn pages_of_a_pdf() {
    let pages = pages("a.pdf", sample()).await.unwrap();
    assert_eq!(pages.iter().map(|page| page.number).collect::<Vec<_>>(), [Some(1), Some(2), Some(3)]);
    assert_eq!(
        pages.iter().map(|page| page.text.as_str()).collect::<Vec<_>>(),
        ["Hello café\nsecond line", "Привет", ""]
    );
    assert_eq!(text("a.pdf", sample()).await.unwrap(), "Hello café\nsecond line\nПривет\n");
}

#[tokio::test]
async fn what_is_no_pdf() {
    assert!(!broken(text("a.pdf", "not a pdf at all").await).is_empty());
    let truncated = sample();
    // Whatever comes of a file that is cut off, it is an answer.
    for length in (0..truncated.len()).step_by(97) {
        let _ = text("a.pdf", &truncated[..length]).await;
    }
}

#[tokio::test]
async fn a_pdf_with_a_password() {
    let file =
        pdf(&["<< /Type /Catalog /Pages 2 0 R >>".to_owned(), "<< /Type /Pages /Kids [] /Count 0 >>".to_owned()]);
    let encrypt = format!(
        "/Encrypt << /Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O <{0}> /U <{0}> >> /ID [<00> <00>] /Size",
        "ab".repeat(32)
    );
    let file = String::from_utf8(file).unwrap().replace("/Size", &encrypt);
    assert_eq!(text("a.pdf", file).await.unwrap_err(), ExtractError::Encrypted { format: "PDF" });
}
