use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use stub_upstream::{BucketRequest, StubBucket};

use super::*;

fn in_folder() -> (Storage, std::path::PathBuf) {
    let path = std::env::temp_dir().join(format!("storage-test-{}", hex::encode(rand::random::<[u8; 8]>())));
    let kind = StorageKind::Folder { path: path.to_string_lossy().into_owned() };
    (Storage::open(&StorageSettings { kind, link_life_seconds: 300 }).unwrap(), path)
}

#[tokio::test]
async fn objects_come_back() {
    let (storage, path) = in_folder();
    storage.put("a/b.txt", "hello").await.unwrap();
    assert_eq!(storage.get("a/b.txt").await.unwrap(), "hello");
    assert_eq!(storage.get_start("a/b.txt", 2).await.unwrap(), "he");
    assert_eq!(storage.get_start("a/b.txt", 99).await.unwrap(), "hello");
    let parts: Vec<Bytes> = storage.stream("a/b.txt", 1..4).await.unwrap().try_collect().await.unwrap();
    assert_eq!(parts.concat(), b"ell");
    storage.delete("a/b.txt").await.unwrap();
    storage.delete("a/b.txt").await.unwrap();
    assert!(matches!(storage.get("a/b.txt").await, Err(StorageError::NotFound(_))));
    assert!(!storage.exists("a/b.txt").await.unwrap());
    std::fs::remove_dir_all(path).unwrap();
}

#[tokio::test]
async fn uploads_appear_when_finished() {
    let (storage, path) = in_folder();
    let mut upload = storage.upload("c/d.bin").await.unwrap();
    upload.write(Bytes::from_static(b"one ")).await.unwrap();
    upload.write(Bytes::from_static(b"two")).await.unwrap();
    upload.finish().await.unwrap();
    assert_eq!(storage.get("c/d.bin").await.unwrap(), "one two");
    std::fs::remove_dir_all(path).unwrap();
}

const SECRET: &str = "a-secret-key";

fn mac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// Signature version 4 of a request to S3, computed from what arrived.
fn signature(request: &BucketRequest, region: &str) -> (String, String) {
    let sent = request.header("authorization").unwrap();
    let part = |name: &str| sent.split_once(name).unwrap().1.split([',', ' ']).next().unwrap().to_owned();
    let (names, given) = (part("SignedHeaders="), part("Signature="));
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let headers: String =
        names.split(';').map(|n| format!("{n}:{}\n", request.header(n).unwrap_or_default())).collect();
    let payload = request.header("x-amz-content-sha256").unwrap();
    let canonical = format!("{}\n{path}\n{query}\n{headers}\n{names}\n{payload}", request.method);
    let time = request.header("x-amz-date").unwrap();
    let (day, _) = time.split_once('T').unwrap();
    let scope = format!("{}/{region}/s3/aws4_request", day);
    assert!(sent.contains(&format!("Credential=an-access-key/{scope}")), "{sent}");
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex::encode(Sha256::digest(canonical)));
    let mut key = format!("AWS4{SECRET}").into_bytes();
    for piece in [day, region, "s3", "aws4_request"] {
        key = mac(&key, piece);
    }
    (given, hex::encode(mac(&key, &text)))
}

async fn there_and_back(storage: &Storage, path: &str) {
    storage.put(path, "hello").await.unwrap();
    assert_eq!(storage.get(path).await.unwrap(), "hello");
    assert_eq!(storage.size(path).await.unwrap(), 5);
    storage.delete(path).await.unwrap();
    assert!(matches!(storage.get(path).await, Err(StorageError::NotFound(_))));
}

#[tokio::test]
async fn requests_to_a_bucket_are_signed() {
    let bucket = StubBucket::start().await;
    let kind = StorageKind::S3 {
        endpoint: Some(bucket.url()),
        region: "eu-central-1".to_owned(),
        bucket: "files".to_owned(),
        access_key: Some("an-access-key".into()),
        secret_key: Some(SECRET.into()),
        path_style: true,
    };
    let storage = Storage::open(&StorageSettings { kind, link_life_seconds: 300 }).unwrap();
    there_and_back(&storage, "upload_files/a b/\u{e4}.txt").await;
    assert!(bucket.objects().is_empty());
    let requests = bucket.requests();
    let methods: Vec<_> = requests.iter().map(|request| request.method.as_str()).collect();
    for method in ["PUT", "GET", "HEAD", "DELETE"] {
        assert!(methods.contains(&method), "{methods:?}");
    }
    for request in &requests {
        assert!(request.path.starts_with("/files/upload_files/a%20b/%C3%A4.txt"), "{}", request.path);
        let (given, expected) = signature(request, "eu-central-1");
        assert_eq!(given, expected, "{} {}", request.method, request.path);
    }
}

#[tokio::test]
async fn requests_to_a_container_are_signed() {
    let container = StubBucket::start().await;
    let kind = StorageKind::Azure {
        account: "an-account".to_owned(),
        key: STANDARD.encode("a-key").into(),
        container: "files".to_owned(),
        endpoint: container.url(),
    };
    let storage = Storage::open(&StorageSettings { kind, link_life_seconds: 300 }).unwrap();
    there_and_back(&storage, "upload_files/a.txt").await;
    for request in container.requests() {
        assert!(request.path.starts_with("/files/upload_files/a.txt"), "{}", request.path);
        let signed = request.header("authorization").unwrap();
        assert!(signed.starts_with("SharedKey an-account:"), "{signed}");
    }
}

#[test]
fn a_damaged_account_of_google_is_said_at_once() {
    let kind = StorageKind::Google { bucket: "files".to_owned(), service_account_base64: Some("%".into()) };
    let opened = Storage::open(&StorageSettings { kind, link_life_seconds: 300 });
    assert!(matches!(opened, Err(StorageError::Settings(why)) if why.contains("service account")));
}
