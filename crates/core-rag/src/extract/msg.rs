//! Messages of Outlook: what was written, without headers and attachments.
//!
//! MS-OXMSG: each property is a stream named after its tag and type.

use encoding_rs::UTF_16LE;

use super::budget::Budget;
use super::compound::Compound;
use super::error::ExtractError;
use super::{html, plain};

const FORMAT: &str = "MSG";

/// `PidTagBody` as Unicode and in the code page of the sender.
const BODY: &str = "/__substg1.0_1000001F";
const BODY_8_BIT: &str = "/__substg1.0_1000001E";
/// `PidTagHtml`, as bytes and as a string.
const HTML: &str = "/__substg1.0_10130102";
const HTML_UNICODE: &str = "/__substg1.0_1013001F";
/// `PidTagRtfCompressed`.
const RTF: &str = "/__substg1.0_10090102";

/// The plain text, or the HTML as Markdown where there is no plain text.
pub(super) fn text(bytes: &[u8], budget: &Budget) -> Result<String, ExtractError> {
    let mut file = Compound::open(FORMAT, bytes, budget)?;
    if let Some(body) = file.stream(BODY)? {
        return budget.accept(tidy(&UTF_16LE.decode(&body).0));
    }
    if let Some(body) = file.stream(BODY_8_BIT)? {
        return budget.accept(tidy(&plain::decode(&body)));
    }
    if let Some(body) = file.stream(HTML_UNICODE)? {
        return html::to_markdown(&UTF_16LE.decode(&body).0, budget);
    }
    if let Some(body) = file.stream(HTML)? {
        return html::visible_text(&body, budget);
    }
    if file.stream(RTF)?.is_some() {
        return Err(ExtractError::broken(FORMAT, "its text is stored as RTF only"));
    }
    // A message may have a subject only; a file without properties is none.
    file.needed("/__properties_version1.0").map(|_properties| String::new())
}

fn tidy(text: &str) -> String {
    text.replace("\r\n", "\n").trim().to_owned()
}
