//! Real files, made by the tests, and hostile ones.

mod hostile;
mod isolated;
mod office;
mod old_office;
mod pdf;
mod sheets;
mod streams;
mod texts;

use std::io::{Cursor, Write};
use std::num::NonZeroUsize;
use std::time::Duration;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

const LIMITS: ExtractLimits = ExtractLimits {
    max_input: 8 * 1024 * 1024,
    max_output: 1024 * 1024,
    max_inflated: 8 * 1024 * 1024,
    // On a machine that is busy with other tests.
    timeout: Duration::from_secs(60),
};

fn extractor(limits: ExtractLimits) -> Extractor {
    Extractor::new(limits, NonZeroUsize::new(2).unwrap())
}

fn document(name: &str, bytes: impl AsRef<[u8]>) -> Document {
    Document { bytes: Bytes::copy_from_slice(bytes.as_ref()), file_name: Some(name.to_owned()), ..Document::default() }
}

async fn text(name: &str, bytes: impl AsRef<[u8]>) -> Result<String, ExtractError> {
    extractor(LIMITS).extract_text(document(name, bytes)).await
}

async fn pages(name: &str, bytes: impl AsRef<[u8]>) -> Result<Vec<Page>, ExtractError> {
    extractor(LIMITS).extract_pages(document(name, bytes)).await
}

async fn page_texts(name: &str, bytes: impl AsRef<[u8]>) -> Vec<String> {
    pages(name, bytes).await.unwrap().into_iter().map(|page| page.text).collect()
}

fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (name, content) in streams {
        file.create_stream(name).unwrap().write_all(content).unwrap();
    }
    file.flush().unwrap();
    file.into_inner().into_inner()
}

fn utf_16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn broken(result: Result<String, ExtractError>) -> String {
    let error = result.unwrap_err();
    let ExtractError::Broken { reason, .. } = error else { panic!("{error}") };
    reason
}
