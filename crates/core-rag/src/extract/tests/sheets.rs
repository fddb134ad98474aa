use super::*;

pub(super) fn xlsx(sheets: &[(&str, &str)]) -> Vec<u8> {
    let mut list = String::new();
    let mut relationships = String::new();
    let mut parts = Vec::new();
    for (number, (name, rows)) in sheets.iter().enumerate() {
        list += &format!(r#"<sheet name="{name}" sheetId="{0}" r:id="rId{0}"/>"#, number + 1);
        relationships += &format!(
            r#"<Relationship Id="rId{0}" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet{0}.xml"/>"#,
            number + 1
        );
        let sheet = format!(
            r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheetData>{rows}</sheetData><hyperlinks><hyperlink ref="B3" r:id="rId1"/></hyperlinks></worksheet>"#
        );
        parts.push((format!("xl/worksheets/sheet{}.xml", number + 1), sheet.into_bytes()));
        parts.push((
            format!("xl/worksheets/_rels/sheet{}.xml.rels", number + 1),
            br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" Target="https://x.io" TargetMode="External"/></Relationships>"#.to_vec(),
        ));
    }
    parts.push(("xl/workbook.xml".into(), format!(r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>{list}</sheets></workbook>"#).into_bytes()));
    parts.push(("xl/_rels/workbook.xml.rels".into(), format!(r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relationships}</Relationships>"#).into_bytes()));
    parts.push(("xl/sharedStrings.xml".into(), br#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>Name</t></si><si><r><t>Over</t></r><r><t>view | "x"</t></r></si></sst>"#.to_vec()));
    parts.push(("xl/styles.xml".into(), br#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#.to_vec()));
    parts.push(("_rels/.rels".into(), br#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#.to_vec()));
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
    zipped(&parts)
}

const ROWS: &str = r#"<row r="1"><c r="A1" t="s"><v>1</v></c></row><row r="2"><c r="A2" t="s"><v>0</v></c><c r="B2" t="inlineStr"><is><t>Wert</t></is></c><c r="D2" t="str"><v>When</v></c></row><row r="3"><c r="A3" t="inlineStr"><is><t>Ä
b</t></is></c><c r="B3"><v>3</v></c><c r="D3" s="1"><v>45352.5</v></c></row><row r="5"><c r="A5" t="b"><v>1</v></c><c r="B5"><v>0.25</v></c></row>"#;

#[tokio::test]
async fn workbooks() {
    let file = xlsx(&[("One", ROWS), ("Empty", ""), ("Two", r#"<row r="1"><c r="C1"><v>7</v></c></row>"#)]);
    let one = "| Overview \\| \"x\" |  |  |\n| --- | --- | --- |\n| Name | Wert | When |\n\
               | Ä b | [3](https://x.io) | 2024-03-01 12:00:00 |\n| True | 0.25 |  |\n";
    assert_eq!(text("a.xlsx", &file).await.unwrap(), format!("{one}\n| 7 |\n| --- |"));
    assert_eq!(text("renamed.xls", &file).await.unwrap(), format!("{one}\n| 7 |\n| --- |"));
    let pages = pages("a.xlsx", &file).await.unwrap();
    assert_eq!(pages.len(), 2);
    assert_eq!(pages[0].text, "\"Name\":\"Ä\nb\";\"Wert\":\"[3](https://x.io)\";\"When\":\"2024-03-01 12:00:00\"");
    assert_eq!(pages[1].text, "\"Name\":\"True\";\"Wert\":\"0.25\";\"When\":\"\"");
    assert_eq!((pages[1].number, pages[1].sheet.as_deref()), (Some(2), Some("One")));
}

#[tokio::test]
async fn spreadsheets_of_open_document() {
    let content = r#"<office:document-content xmlns:table="t" xmlns:text="x"><table:table table:name="S">
<table:table-row><table:table-cell><text:p>k</text:p></table:table-cell><table:table-cell table:number-columns-repeated="3"/><table:table-cell><text:p>v</text:p><office:annotation><text:p>secret</text:p></office:annotation></table:table-cell><table:table-cell table:number-columns-repeated="16379"/></table:table-row>
<table:table-row table:number-rows-repeated="2"><table:table-cell table:number-columns-repeated="2"><text:p>a<text:s text:c="2"/>b</text:p><text:p>c</text:p></table:table-cell></table:table-row>
<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
</table:table></office:document-content>"#;
    let file = zipped(&[("content.xml", content.as_bytes())]);
    let expected = "| k |  | v |\n| --- | --- | --- |\n| a  b c | a  b c |  |\n| a  b c | a  b c |  |";
    assert_eq!(text("a.ods", &file).await.unwrap(), expected);
    assert_eq!(page_texts("a.ods", &file).await, ["\"k\":\"a  b\nc\"", "\"k\":\"a  b\nc\""]);
    let locked = zipped(&[("META-INF/manifest.xml", b"<m><encryption-data/></m>"), ("content.xml", b"?")]);
    assert_eq!(text("a.ods", locked).await.unwrap_err(), ExtractError::Encrypted { format: "ODS" });
}

fn biff(kind: u16, data: &[u8]) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &(data.len() as u16).to_le_bytes(), data].concat()
}

/// A workbook of Excel 97 with one sheet of the given records.
pub(super) fn xls(globals: &[u8], records: &[u8]) -> Vec<u8> {
    let bof = |kind: u8| biff(0x0809, &[0, 6, kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let name = "Лист";
    let mut sheet = vec![0, 0, name.chars().count() as u8, 1];
    sheet.extend(utf_16(name));
    let start = bof(5).len() + globals.len() + 4 + 4 + sheet.len() + 4;
    sheet.splice(0..0, (start as u32).to_le_bytes());
    let stream =
        [bof(5), globals.to_vec(), biff(0x85, &sheet), biff(0x0A, &[]), bof(0x10), records.to_vec(), biff(0x0A, &[])];
    compound(&[("/Workbook", &stream.concat())])
}

pub(super) fn label(row: u16, column: u16, text: &str) -> Vec<u8> {
    let mut data = [row, column, 0, text.chars().count() as u16].map(u16::to_le_bytes).concat();
    data.push(1);
    data.extend(utf_16(text));
    biff(0x0204, &data)
}

pub(super) fn dimensions(rows: (u32, u32), columns: (u16, u16)) -> Vec<u8> {
    let mut data = [rows.0.to_le_bytes(), rows.1.to_le_bytes()].concat();
    data.extend([columns.0, columns.1, 0].map(u16::to_le_bytes).concat());
    biff(0x0200, &data)
}

#[tokio::test]
async fn workbooks_of_excel_97() {
    let number = biff(0x0203, &[&[2, 0, 3, 0, 0, 0][..], &2.5_f64.to_le_bytes()].concat());
    let records = [label(1, 1, "имя"), label(1, 3, "value"), label(2, 1, "Ёж"), number].concat();
    let file = xls(&[], &records);
    assert_eq!(text("a.xls", &file).await.unwrap(), "| имя | value |\n| --- | --- |\n| Ёж | 2.5 |");
    assert_eq!(text("renamed.xlsx", &file).await.unwrap(), "| имя | value |\n| --- | --- |\n| Ёж | 2.5 |");
    assert_eq!(page_texts("a.xls", &file).await, ["\"имя\":\"Ёж\";\"value\":\"2.5\""]);
    let locked = xls(&biff(0x2F, &[1, 0]), &records);
    assert_eq!(text("a.xls", locked).await.unwrap_err(), ExtractError::Encrypted { format: "XLS" });
}

#[tokio::test]
async fn csv_files() {
    let source = "name,note\nAnn,\"two\r\nlines | \"\"q\"\"\"\nBob\n";
    assert_eq!(
        text("a.csv", source).await.unwrap(),
        "| name | note |\n| --- | --- |\n| Ann | two lines \\| \"q\" |\n| Bob |\n"
    );
    let source = "name,note\nAnn,x\nBob\ntoo,many,cells\n";
    let pages = pages("a.csv", source).await.unwrap();
    assert_eq!(
        pages.iter().map(|page| page.text.as_str()).collect::<Vec<_>>(),
        ["name: Ann;note: x", "name: Bob;note: "]
    );
    assert_eq!(pages[1].number, Some(1));
    assert_eq!(text("a.csv", "").await.unwrap(), "");
}
