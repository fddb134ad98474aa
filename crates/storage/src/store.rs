//! The object store.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use config::{StorageKind, StorageSettings};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use opendal::layers::{RetryLayer, TimeoutLayer};
use opendal::services::{Azblob, Fs, Gcs, S3};
use opendal::{ErrorKind, Operator};
use secrecy::ExposeSecret;

/// Longest wait for one request to a bucket.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Longest silence while bytes flow.
const IO_TIMEOUT: Duration = Duration::from_secs(30);
const RETRIES: usize = 3;

/// The bytes of an object, as they arrive.
pub type ByteStream = BoxStream<'static, Result<Bytes, StorageError>>;

/// What can go wrong with an object.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error("`{0}` is not in the storage")]
    NotFound(String),
    #[error("the storage settings cannot be used: {0}")]
    Settings(String),
    #[error("the storage failed at `{path}`")]
    Failed { path: String, source: opendal::Error },
    #[error("the storage failed while `{path}` was read")]
    Read { path: String, source: std::io::Error },
}

/// A handle on the installation's object store; cheap to clone.
#[derive(Clone, Debug)]
pub struct Storage {
    operator: Operator,
}

impl Storage {
    /// Opens the store named by the settings. A folder is made when the first object is written.
    pub fn open(settings: &StorageSettings) -> Result<Self, StorageError> {
        // An error means that the program has chosen a provider already.
        drop(rustls::crypto::ring::default_provider().install_default());
        opendal::install_default();
        // With this choice of features opendal itself does not.
        opendal_http_transport_reqwest::install_default();
        let operator = operator(&settings.kind)?
            .layer(TimeoutLayer::new().with_timeout(TIMEOUT).with_io_timeout(IO_TIMEOUT))
            .layer(RetryLayer::new().with_max_times(RETRIES).with_jitter());
        Ok(Self { operator })
    }

    /// Stores an object, replacing what was there.
    pub async fn put(&self, path: &str, bytes: impl Into<Bytes> + Send) -> Result<(), StorageError> {
        let bytes: Bytes = bytes.into();
        self.operator.write(path, bytes).await.map(drop).map_err(|e| failed(path, e))
    }

    /// Begins to store an object piece by piece.
    pub async fn upload(&self, path: &str) -> Result<Upload, StorageError> {
        let writer = self.operator.writer(path).await.map_err(|e| failed(path, e))?;
        Ok(Upload { writer, path: path.to_owned() })
    }

    /// A whole object.
    pub async fn get(&self, path: &str) -> Result<Bytes, StorageError> {
        Ok(self.operator.read(path).await.map_err(|e| failed(path, e))?.to_bytes())
    }

    /// At most the first `limit` bytes of an object.
    pub async fn get_start(&self, path: &str, limit: u64) -> Result<Bytes, StorageError> {
        let size = self.size(path).await?;
        let part = self.operator.read_with(path).range(0..size.min(limit)).await;
        Ok(part.map_err(|e| failed(path, e))?.to_bytes())
    }

    /// How many bytes an object has.
    pub async fn size(&self, path: &str) -> Result<u64, StorageError> {
        Ok(self.operator.stat(path).await.map_err(|e| failed(path, e))?.content_length())
    }

    /// The bytes of an object, or of a part of it.
    pub async fn stream(&self, path: &str, range: std::ops::Range<u64>) -> Result<ByteStream, StorageError> {
        let reader = self.operator.reader(path).await.map_err(|e| failed(path, e))?;
        let stream = reader.into_bytes_stream(range).await.map_err(|e| failed(path, e))?;
        let path = path.to_owned();
        Ok(stream.map_err(move |source| StorageError::Read { path: path.clone(), source }).boxed())
    }

    pub async fn exists(&self, path: &str) -> Result<bool, StorageError> {
        self.operator.exists(path).await.map_err(|e| failed(path, e))
    }

    /// Removes an object; no error if there is none.
    pub async fn delete(&self, path: &str) -> Result<(), StorageError> {
        self.operator.delete(path).await.map_err(|e| failed(path, e))
    }

    /// Whether the store answers.
    pub async fn check(&self) -> Result<(), StorageError> {
        self.operator.check().await.map_err(|e| failed("/", e))
    }
}

/// An object in the making. Dropped without [`Upload::finish`], nothing appears in the store.
pub struct Upload {
    writer: opendal::Writer,
    path: String,
}

impl Upload {
    pub async fn write(&mut self, piece: Bytes) -> Result<(), StorageError> {
        self.writer.write(piece).await.map_err(|e| failed(&self.path, e))
    }

    /// Makes the object visible.
    pub async fn finish(mut self) -> Result<(), StorageError> {
        self.writer.close().await.map(drop).map_err(|e| failed(&self.path, e))
    }

    /// Gives the object up.
    pub async fn abort(mut self) -> Result<(), StorageError> {
        self.writer.abort().await.map_err(|e| failed(&self.path, e))
    }
}

fn failed(path: &str, source: opendal::Error) -> StorageError {
    let path = path.to_owned();
    if source.kind() == ErrorKind::NotFound {
        StorageError::NotFound(path)
    } else {
        StorageError::Failed { path, source }
    }
}

fn operator(kind: &StorageKind) -> Result<Operator, StorageError> {
    let built = match kind {
        StorageKind::Folder { path } => {
            let absolute = std::path::absolute(path).map_err(|e| StorageError::Settings(e.to_string()))?;
            Operator::new(Fs::default().root(&absolute.to_string_lossy()))
        }
        StorageKind::S3 { endpoint, region, bucket, access_key, secret_key, path_style } => {
            let mut s3 = S3::default().bucket(bucket).region(region);
            if let Some(endpoint) = endpoint {
                s3 = s3.endpoint(endpoint);
            }
            if let (Some(access), Some(secret)) = (access_key, secret_key) {
                s3 = s3.access_key_id(access.expose_secret()).secret_access_key(secret.expose_secret());
            }
            if !path_style && endpoint.is_none() {
                s3 = s3.enable_virtual_host_style();
            }
            Operator::new(s3)
        }
        StorageKind::Azure { account, key, container, endpoint } => Operator::new(
            Azblob::default()
                .container(container)
                .endpoint(endpoint)
                .account_name(account)
                .account_key(key.expose_secret()),
        ),
        StorageKind::Google { bucket, service_account_base64 } => {
            let mut gcs = Gcs::default().bucket(bucket);
            if let Some(account) = service_account_base64 {
                let text = account.expose_secret();
                STANDARD.decode(text).map_err(|e| StorageError::Settings(format!("the service account: {e}")))?;
                gcs = gcs.credential(text);
            }
            Operator::new(gcs)
        }
    };
    built.map_err(|e| StorageError::Settings(e.to_string()))
}

#[cfg(test)]
mod tests;
