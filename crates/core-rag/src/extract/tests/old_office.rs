use super::*;

/// A Word 97 document of two pieces: one of one byte a character, one of two.
fn doc(flags: u16) -> Vec<u8> {
    let (first, second) =
        (b"Caf\xE9 \x13 HYPERLINK \"x\" \x14link\x15\rcell\x07next\x07\x07".as_slice(), "Привет\rnote");
    let main = first.len() + "Привет\r".chars().count();
    let total = first.len() + second.chars().count();
    let mut document = vec![0; 0x400];
    let put = |document: &mut Vec<u8>, at: usize, bytes: &[u8]| document[at..at + bytes.len()].copy_from_slice(bytes);
    put(&mut document, 0, &0xA5EC_u16.to_le_bytes());
    put(&mut document, 2, &0x00C1_u16.to_le_bytes());
    put(&mut document, 0x0A, &flags.to_le_bytes());
    put(&mut document, 0x4C, &(main as u32).to_le_bytes());
    document.extend_from_slice(first);
    document.resize(0x600, 0);
    document.extend(utf_16(second));

    let mut pieces = Vec::new();
    for position in [0, first.len(), total] {
        pieces.extend((position as u32).to_le_bytes());
    }
    for place in [0x4000_0800_u32, 0x600] {
        pieces.extend([0, 0]);
        pieces.extend(place.to_le_bytes());
        pieces.extend([0, 0]);
    }
    let mut table = vec![0xFF; 10];
    table.extend([1, 3, 0, 9, 9, 9, 2]);
    table.extend((pieces.len() as u32).to_le_bytes());
    table.extend(&pieces);
    put(&mut document, 0x1A2, &10_u32.to_le_bytes());
    let length = (table.len() - 10) as u32;
    put(&mut document, 0x1A6, &length.to_le_bytes());
    compound(&[("/WordDocument", &document), ("/1Table", &table)])
}

#[tokio::test]
async fn word_97() {
    assert_eq!(text("a.doc", doc(0x0200)).await.unwrap(), "Café link\ncell\tnext\t\nПривет");
    assert_eq!(text("a.doc", doc(0x0300)).await.unwrap_err(), ExtractError::Encrypted { format: "DOC" });
    assert_eq!(broken(text("a.doc", doc(0)).await), "there is no /0Table in it");
    assert_eq!(broken(text("a.doc", "{\\rtf1 x}").await), "it is no Word document");
}

fn record(version: u16, kind: u16, content: &[u8]) -> Vec<u8> {
    [&version.to_le_bytes()[..], &kind.to_le_bytes(), &(content.len() as u32).to_le_bytes(), content].concat()
}

#[tokio::test]
async fn powerpoint_97() {
    let outline = record(0xF, 0x03E8, &record(0xF, 0x0FF0, &record(0, 0x0FA0, &utf_16("Заголовок\rline"))));
    let master = record(0xF, 0x03F8, &record(0, 0x0FA8, b"Click to edit"));
    let slide = record(0xF, 0x03EE, &[record(0, 0x0FA8, b"in a b\xF6x"), record(0, 0x0FA8, b"in a b\xF6x")].concat());
    let file = compound(&[("/PowerPoint Document", &[outline, master, slide].concat())]);
    assert_eq!(text("a.ppt", &file).await.unwrap(), "Заголовок\nline\nin a böx");
    let user = record(0, 0x0FF6, &[&20_u32.to_le_bytes()[..], &0xF3D1_C4DF_u32.to_le_bytes()].concat());
    let locked = compound(&[("/PowerPoint Document", b""), ("/Current User", &user)]);
    assert_eq!(text("a.ppt", locked).await.unwrap_err(), ExtractError::Encrypted { format: "PPT" });
}

#[tokio::test]
async fn messages_of_outlook() {
    let with = |name: &str, body: &[u8]| compound(&[("/__properties_version1.0", &[0; 32]), (name, body)]);
    assert_eq!(
        text("a.msg", with("/__substg1.0_1000001F", &utf_16("Grüße\r\nan alle\r\n"))).await.unwrap(),
        "Grüße\nan alle"
    );
    assert_eq!(text("a.msg", with("/__substg1.0_1000001E", b"eight bits")).await.unwrap(), "eight bits");
    assert_eq!(text("a.msg", with("/__substg1.0_10130102", b"<p>as <b>html</b></p>")).await.unwrap(), "as **html**");
    assert_eq!(broken(text("a.msg", with("/__substg1.0_10090102", b"rtf")).await), "its text is stored as RTF only");
    assert_eq!(text("a.msg", with("/__substg1.0_0037001F", b"")).await.unwrap(), "");
    assert!(broken(text("a.msg", compound(&[("/other", b"")])).await).contains("__properties"));
}
