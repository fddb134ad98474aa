//! Mails in files: what was written, without headers and attachments.

use mail_parser::{MessageParser, PartType};

use super::budget::Budget;
use super::error::ExtractError;
use super::html;

const FORMAT: &str = "EML";

/// The plain text of the mail, or its HTML as Markdown where there is no plain text.
pub(super) fn text(bytes: &[u8], budget: &Budget) -> Result<String, ExtractError> {
    let message = MessageParser::default().parse(bytes).filter(|message| !message.headers().is_empty());
    let message = message.ok_or_else(|| ExtractError::broken(FORMAT, "there is no header"))?;
    let mut text = budget.text();
    for part in message.text_bodies() {
        let body = match &part.body {
            PartType::Text(body) => body.trim().to_owned(),
            PartType::Html(body) => html::to_markdown(body, budget)?,
            PartType::Binary(_) | PartType::InlineBinary(_) | PartType::Message(_) | PartType::Multipart(_) => continue,
        };
        if !body.is_empty() {
            text.push_line(&body.replace("\r\n", "\n"))?;
        }
    }
    Ok(text.into_string())
}
