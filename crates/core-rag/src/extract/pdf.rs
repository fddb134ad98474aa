//! PDF: the text layer, page by page. Scanned pages have none.

mod pictures;
mod shape;

use pdf_oxide::PdfDocument;

use super::Page;
use super::budget::Budget;
use super::error::{ExtractError, Limit};

const FORMAT: &str = "PDF";

const MAX_PAGES: usize = 20_000;

/// Pages one after the other, a line break between them.
pub(super) fn text(bytes: &[u8], budget: &Budget) -> Result<String, ExtractError> {
    let pages = pages(bytes, budget)?;
    Ok(pages.into_iter().map(|page| page.text).collect::<Vec<_>>().join("\n"))
}

/// One page a page. A page that cannot be read is empty, unless none can.
pub(super) fn pages(bytes: &[u8], budget: &Budget) -> Result<Vec<Page>, ExtractError> {
    shape::check(bytes, budget)?;
    let document = PdfDocument::from_bytes(bytes.to_vec()).map_err(broken)?;
    // An empty password, which only restricts printing and the like, has been tried already.
    if document.is_encrypted() && !document.is_authenticated() {
        return Err(ExtractError::Encrypted { format: FORMAT });
    }
    let count = document.page_count().map_err(broken)?;
    if count > MAX_PAGES {
        return Err(ExtractError::TooLarge(Limit::Pages(MAX_PAGES)));
    }
    let mut pages = Vec::new();
    let mut failure = None;
    for index in 0..count {
        budget.check_time()?;
        let text = match document.extract_text(index) {
            Ok(text) if budget.has_room_for_pictures() => {
                let pictures = pictures::of_page(&document, index, budget)?;
                budget.accept(format!("{}{pictures}", text.trim_end()).trim_start_matches('\n').to_owned())?
            }
            Ok(text) => budget.accept(text.trim_end().to_owned())?,
            Err(error) => {
                tracing::debug!(page = index + 1, %error, "a page of a PDF cannot be read");
                failure = Some(error);
                String::new()
            }
        };
        pages.push(Page { text, number: u32::try_from(index + 1).ok(), sheet: None });
    }
    match failure {
        Some(error) if pages.iter().all(|page| page.text.is_empty()) => Err(broken(error)),
        _ => Ok(pages),
    }
}

fn broken(error: pdf_oxide::Error) -> ExtractError {
    if matches!(error, pdf_oxide::Error::EncryptedPdf) {
        return ExtractError::Encrypted { format: FORMAT };
    }
    ExtractError::broken(FORMAT, error)
}
