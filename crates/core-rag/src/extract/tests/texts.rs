use encoding_rs::{SHIFT_JIS, WINDOWS_1251};

use super::*;

#[tokio::test]
async fn the_extension_decides_then_the_mime_type() {
    let of = |file_name: Option<&str>, extension: Option<&str>, mime_type: Option<&str>| Document {
        bytes: Bytes::from_static(b"a=1"),
        file_name: file_name.map(str::to_owned),
        extension: extension.map(str::to_owned),
        mime_type: mime_type.map(str::to_owned),
    };
    let text = async |document| extractor(LIMITS).extract_text(document).await.map_err(|error| error.to_string());
    assert_eq!(text(of(None, Some(".TXT"), None)).await.unwrap(), "a=1");
    assert_eq!(text(of(None, Some("properties"), None)).await.unwrap(), "a: 1");
    assert_eq!(text(of(Some("a.txt"), Some(".properties"), Some("application/pdf"))).await.unwrap(), "a: 1");
    assert_eq!(text(of(Some("a.b.PY"), Some(""), None)).await.unwrap(), "a=1");
    assert_eq!(text(of(Some(".env"), None, Some("text/plain; charset=utf-8"))).await.unwrap(), "a=1");
    assert_eq!(
        text(of(Some("x.tar.GZ"), None, Some("text/plain"))).await.unwrap_err(),
        "Unsupported Extension Type: .gz"
    );
    assert_eq!(text(of(None, Some(".zip"), None)).await.unwrap_err(), "Unsupported Extension Type: .zip");
    assert_eq!(text(of(None, None, Some("image/png"))).await.unwrap_err(), "Unsupported MIME type: image/png");
    assert_eq!(
        text(of(Some("README"), None, None)).await.unwrap_err(),
        "Unable to determine file type: MIME type or file extension is missing"
    );
}

#[tokio::test]
async fn unknown_files_are_indexed_if_they_are_text() {
    assert_eq!(page_texts("notes.unheard", "plain").await, ["plain"]);
    assert_eq!(page_texts("README", utf_16("\u{feff}plain")).await, ["plain"]);
    let error = pages("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").await.unwrap_err();
    assert_eq!(error, ExtractError::UnsupportedExtension(".png".to_owned()));
}

#[tokio::test]
async fn encodings_are_found_out() {
    let russian = "Съешь же ещё этих мягких французских булок, да выпей чаю. Широкая электрификация южных губерний.";
    let japanese = "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。";
    assert_eq!(text("a.txt", WINDOWS_1251.encode(russian).0).await.unwrap(), russian);
    assert_eq!(text("a.txt", SHIFT_JIS.encode(japanese).0).await.unwrap(), japanese);
    assert_eq!(text("a.txt", encoding_rs::ISO_2022_JP.encode(japanese).0).await.unwrap(), japanese);
    assert_eq!(
        text("a.txt", encoding_rs::GBK.encode("这是一个中文文件，里面有很多文字。我们要猜它的编码。").0).await.unwrap(),
        "这是一个中文文件，里面有很多文字。我们要猜它的编码。"
    );
    assert_eq!(text("a.txt", format!("\u{feff}{japanese}")).await.unwrap(), japanese);
    assert_eq!(text("a.txt", japanese).await.unwrap(), japanese);

    assert_eq!(text("a.txt", utf_16(&format!("\u{feff}{russian}"))).await.unwrap(), russian);
    let big: Vec<u8> = format!("\u{feff}{russian}").encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(text("a.txt", big).await.unwrap(), russian);
    assert_eq!(text("a.txt", utf_16("no mark, but Latin letters")).await.unwrap(), "no mark, but Latin letters");
    let wide: Vec<u8> = format!("\u{feff}{russian}").chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    assert_eq!(text("a.txt", wide).await.unwrap(), russian);
}

#[tokio::test]
async fn nul_never_comes_out() {
    assert_eq!(text("a.txt", "one\0two").await.unwrap(), "onetwo");
    assert_eq!(text("a.properties", "k\0=v").await.unwrap(), "k: v");
}

#[tokio::test]
async fn source_files_markdown_and_html_stay_as_they_are() {
    for name in ["a.rs", "a.md", "a.html", "a.xml", "a.py", "a.tsv"] {
        assert_eq!(text(name, "<p>1</p>\n# x\t2").await.unwrap(), "<p>1</p>\n# x\t2", "{name}");
    }
}

#[tokio::test]
async fn json_is_indented() {
    let source = r#"{"a":[1,2.50,1e999,{"b":null}],"e":{},"l":[ ],"s":"\u4f60\u597d \"q\" , ] \\","lone":"\ud800"}"#;
    let expected = "{\n  \"a\": [\n    1,\n    2.50,\n    1e999,\n    {\n      \"b\": null\n    }\n  ],\n  \"e\": {},\n  \
                    \"l\": [],\n  \"s\": \"你好 \\\"q\\\" , ] \\\\\",\n  \"lone\": \"\\ud800\"\n}";
    assert_eq!(text("a.json", source).await.unwrap(), expected);
    assert_eq!(text("a.json", " 17 ").await.unwrap(), "17");
    assert_eq!(page_texts("a.json", source).await, [source]);
    assert!(broken(text("a.json", "{\"a\":").await).contains("EOF"));
}

#[tokio::test]
async fn yaml_is_checked() {
    let source = "# comment\na: &x [1, 2]\nb: *x\n---\nc: ü\n";
    assert_eq!(text("a.yaml", source).await.unwrap(), source);
    assert!(!broken(text("a.yml", "a: [1").await).is_empty());
}

#[tokio::test]
async fn speakers_of_subtitles() {
    let source = "WEBVTT\n\nNOTE --\n\n1\n00:00.000 --> 00:01.000 align:start\n<v Ann>Hello</v>\n\n\
                  00:01.000 --> 00:02.000\n<v.loud Ann>my <i>dear</i> Bob &amp; all</v>\n\n\
                  00:02.000 --> 00:03.000\n<v Bob>Hi</v>\n\n00:03.000 --> 00:04.000\nnobody\n\n\
                  00:04.000 --> 00:05.000\nspeaks\nhere\n";
    let expected = "Ann \"Hello my dear Bob & all\"\nBob \"Hi\"\n\"nobody\"\n\"speaks\nhere\"";
    assert_eq!(text("a.vtt", source).await.unwrap(), expected);
    assert_eq!(text("a.vtt", "WEBVTT\n").await.unwrap(), "");
    let srt =
        "1\r\n00:00:01,000 --> 00:00:02,000\r\n<b>One</b>\r\nline\r\n\r\n2\r\n00:00:02,000 --> 00:00:03,000\r\nTwo\r\n";
    assert_eq!(text("a.srt", srt).await.unwrap(), "One\nline\nTwo");
}

#[tokio::test]
async fn properties_one_a_line() {
    let source = "# note\n\n  key = a=b \nurl:http://x\nbare\n! old";
    assert_eq!(text("a.properties", source).await.unwrap(), "# note\n\nkey: a=b\nurl: http://x\nbare: \n! old");
}

#[tokio::test]
async fn markdown_is_indexed_by_section() {
    let source = "intro <b>bold</b>, a < b\n# One #\ntext\n```\n# no heading\n```\n## Two\n\n#tag\n### \n";
    let expected = ["intro bold, a < b", "One\ntext\n```\n# no heading\n```", "Two\n\n#tag"];
    assert_eq!(page_texts("a.md", source).await, expected);
}

#[tokio::test]
async fn html_is_indexed_as_what_is_seen() {
    let source = "<html><head><title>T</title><style>p{}</style></head><body><h1>Über</h1><p>a &amp; b<br>c</p>\
                  <script>alert(1)</script><ul><li>x<li>y</ul><table><tr><th>k<th>v<tr><td>1<td>2</table></body>";
    let text = page_texts("a.html", source).await.remove(0);
    for seen in ["# Über", "a & b", "x", "y", "| k | v |", "| 1 | 2 |"] {
        assert!(text.contains(seen), "{seen} in {text}");
    }
    assert!(!text.contains("alert") && !text.contains("p{}"), "{text}");
}

#[tokio::test]
async fn mails() {
    let plain = "From: a@x.io\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMIME-Version: 1.0\r\n\
                 Content-Type: text/plain; charset=windows-1251\r\nContent-Transfer-Encoding: base64\r\n\r\nz/Do4uXy\r\n";
    assert_eq!(text("a.eml", plain).await.unwrap(), "Привет");
    let both = "Subject: s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n\
                --b\r\nContent-Type: text/plain\r\n\r\nthe plain\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>the html</p>\r\n--b--\r\n";
    assert_eq!(text("a.eml", both).await.unwrap(), "the plain");
    let html = "Subject: s\r\nContent-Type: text/html\r\n\r\n<h2>Hi</h2><p>there</p>\r\n";
    assert_eq!(text("a.eml", html).await.unwrap(), "## Hi\n\nthere");
}
