//! Several files as one ZIP archive, made while it is sent: in memory is a piece of one file at a time.

use std::collections::HashSet;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use models::upload_file::UploadFile;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;
use zip::ZipWriter;
use zip::write::{SimpleFileOptions, StreamWriter};

use super::names::plain;
use super::{FileError, Files};

/// A file of the archive.
#[derive(Debug, Clone)]
pub struct Archived {
    /// As people named it: anything.
    pub name: String,
    pub file: UploadFile,
}

/// The bytes of an archive. An error ends them early, so that nobody takes half of it for the whole.
pub type ArchiveStream = BoxStream<'static, Result<Bytes, io::Error>>;

/// Pieces that wait to be sent.
const AHEAD: usize = 2;
/// Of the bytes of a file that are packed at once.
const PIECE: usize = 64 * 1024;
/// How long a reader may take for one piece.
const PATIENCE: Duration = Duration::from_secs(60);
/// Files that are looked for at the same time.
const LOOKED_FOR: usize = 8;
/// Packing is to be quick: most kinds of documents are packed already.
const EFFORT: i64 = 1;

impl Files {
    /// # Errors
    /// `NotFound` where the bytes of one are gone, before anything is sent.
    pub(crate) async fn archive(
        &self,
        archived: Vec<Archived>,
        tasks: &TaskTracker,
    ) -> Result<ArchiveStream, FileError> {
        let sizes = archived.iter().map(|one| self.size(&one.file));
        let sizes: Vec<u64> = stream::iter(sizes).buffered(LOOKED_FOR).try_collect().await?;
        let (sender, receiver) = mpsc::channel(AHEAD);
        let files = self.clone();
        tasks.spawn(async move {
            if let Err(error) = files.pack(archived, sizes, &sender).await {
                tracing::warn!(error = %error, "an archive was not sent to its end");
                // Whoever left does not want to know.
                let _ = sender.send(Err(error)).await;
            }
        });
        Ok(stream::unfold(receiver, async |mut pieces| Some((pieces.recv().await?, pieces))).boxed())
    }

    async fn size(&self, file: &UploadFile) -> Result<u64, FileError> {
        match self.storage.size(&file.key).await {
            Ok(size) => Ok(size),
            Err(storage::StorageError::NotFound(_)) => Err(FileError::NotFound),
            Err(other) => Err(other.into()),
        }
    }

    async fn pack(
        &self,
        archived: Vec<Archived>,
        sizes: Vec<u64>,
        sender: &mpsc::Sender<Result<Bytes, io::Error>>,
    ) -> Result<(), io::Error> {
        let packed = Packed::default();
        let mut zip = ZipWriter::new_stream(packed.clone());
        let mut names = Names::default();
        for (one, size) in archived.iter().zip(sizes) {
            let options = SimpleFileOptions::default()
                .compression_method(zip::CompressionMethod::Deflated)
                .compression_level(Some(EFFORT))
                .large_file(size > u64::from(u32::MAX / 2));
            zip.start_file(names.next(&one.name, &one.file.extension), options)?;
            let mut bytes = self.storage.stream(&one.file.key, 0..size).await.map_err(io::Error::other)?;
            while let Some(piece) = bytes.next().await {
                for piece in piece.map_err(io::Error::other)?.chunks(PIECE) {
                    zip.write_all(piece)?;
                    packed.send(sender).await?;
                }
            }
        }
        let _: StreamWriter<Packed> = zip.finish()?;
        packed.send(sender).await
    }
}

/// What was packed and not sent yet.
#[derive(Clone, Default)]
struct Packed(Arc<Mutex<Vec<u8>>>);

impl Write for Packed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Packed {
    async fn send(&self, sender: &mpsc::Sender<Result<Bytes, io::Error>>) -> Result<(), io::Error> {
        let ready = std::mem::take(&mut *self.0.lock());
        if ready.is_empty() {
            return Ok(());
        }
        let sent = tokio::time::timeout(PATIENCE, sender.send(Ok(ready.into()))).await;
        sent.map_err(|_elapsed| io::Error::from(io::ErrorKind::TimedOut))?
            .map_err(|_gone| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

/// Names inside one archive.
#[derive(Default)]
struct Names(HashSet<String>);

impl Names {
    /// A name that leads nowhere else where the archive is unpacked, and that no file before has, in any case.
    fn next(&mut self, wanted: &str, extension: &str) -> String {
        let name = plain(wanted, extension);
        let (stem, extension) = match name.rsplit_once('.') {
            Some((stem, extension)) if !stem.is_empty() => (stem.to_owned(), format!(".{extension}")),
            _ => (name, String::new()),
        };
        let numbers = std::iter::once(String::new()).chain((2..).map(|number: u64| format!(" ({number})")));
        for number in numbers {
            let name = format!("{stem}{number}{extension}");
            if self.0.insert(name.to_lowercase()) {
                return name;
            }
        }
        unreachable!("there are more numbers than names")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_harmless_and_different() {
        let mut names = Names::default();
        for (wanted, expected) in [
            ("a.txt", "a.txt"),
            ("A.TXT", "A (2).TXT"),
            ("a.txt", "a (3).txt"),
            ("a (2).txt", "a (2) (2).txt"),
            ("../../etc/passwd", ".._.._etc_passwd.txt"),
            ("C:\\boot.ini", "C__boot.ini.txt"),
            ("..", "document.txt"),
            ("", "document (2).txt"),
            ("con", "_con.txt"),
            ("in\u{202e}voice\n.txt", "invoice.txt"),
            ("end. . ", "end.txt"),
            ("notes", "notes.txt"),
        ] {
            assert_eq!(names.next(wanted, "txt"), expected, "{wanted:?}");
        }
        let long = names.next(&"\u{4f60}".repeat(300), "txt");
        assert!(long.len() <= 240 && long.ends_with(".txt"), "{long}");
        assert_eq!(Names::default().next("plain", ""), "plain");
    }
}
