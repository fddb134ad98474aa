//! Pictures that the pages of a PDF show.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pdf_oxide::PdfDocument;
use pdf_oxide::extractors::images::{PdfFilter, PdfImageHandle};

use crate::extract::budget::Budget;
use crate::extract::error::ExtractError;
use crate::extract::picture;

/// Sides in pixels below which something is a line, a bullet or a shade.
const SMALLEST: u32 = 32;

/// Pixels of a picture that is unpacked.
const MOST_PIXELS: u64 = 16_000_000;

/// One line for each picture of a page. Where it stands among the text is not known. A picture that cannot be read is left
/// out; the text is what matters.
pub(super) fn of_page(document: &PdfDocument, page: usize, budget: &Budget) -> Result<String, ExtractError> {
    let mut lines = String::new();
    let handles = quietly(|| document.page_image_handles(page).ok()).unwrap_or_default();
    for handle in handles {
        if !budget.has_room_for_pictures() {
            break;
        }
        budget.check_time()?;
        let pixels = u64::from(handle.width) * u64::from(handle.height);
        if handle.width.min(handle.height) < SMALLEST || pixels > MOST_PIXELS {
            continue;
        }
        let Some(bytes) = quietly(|| encoded(&handle)) else { continue };
        // The same picture may be on every page.
        let name = crate::chunk::digest(&bytes);
        if let Some(target) = budget.picture(&name, |max| (bytes.len() <= max).then_some(bytes)) {
            lines.push('\n');
            lines.push_str(&picture::shown(&target));
        }
    }
    Ok(lines)
}

/// JPEG as it is in the file where it is that, else PNG.
fn encoded(handle: &PdfImageHandle<'_>) -> Option<Vec<u8>> {
    let is_jpeg = matches!(handle.filter_chain.as_slice(), [PdfFilter::DCTDecode]);
    // Few programs show four colours.
    let as_it_is = (is_jpeg && handle.color_space.components() != 4).then(|| handle.raw_compressed_bytes().ok());
    let as_it_is = as_it_is.flatten().filter(|bytes| picture::kind(bytes).is_some());
    as_it_is.or_else(|| handle.decode().ok()?.to_png_bytes().ok())
}

/// A picture over which the library panics is one that cannot be read.
fn quietly<T>(work: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        tracing::debug!("a picture in a PDF cannot be read");
        None
    })
}
