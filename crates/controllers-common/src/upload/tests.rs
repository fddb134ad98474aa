use actix_web::test::TestRequest;
use config::{Environment, Settings};
use models::db::Pool;
use storage::{LinkSigner, Storage};

use super::*;

/// Nothing here reaches the database or the store.
pub(super) fn files() -> Files {
    let settings = Settings::read(&Environment::default()).unwrap();
    let pool = Pool::new(&"postgres://nobody@127.0.0.1:1/none".into(), 1, std::time::Duration::from_secs(1)).unwrap();
    let links = LinkSigner::new(settings.deployment.secret_key.clone(), 300);
    let limits = config::UploadSettings { image_mb: 0, file_mb: 1, ..settings.uploads };
    Files::new(pool, Storage::open(&settings.storage).unwrap(), links, limits, "", "local")
}

/// `(headers of the part after its name, body)`
type Part<'a> = (&'a str, &'a str);

fn body(parts: &[Part<'_>]) -> String {
    let part = |(head, body): &Part<'_>| format!("--b\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n");
    parts.iter().map(part).collect::<String>() + "--b--\r\n"
}

async fn read_as(content_type: &str, body: String) -> Result<Received, ApiError> {
    let request = TestRequest::post().insert_header(("content-type", content_type)).set_payload(body);
    let (request, mut payload) = request.to_http_parts();
    let upload = Upload::from_request(&request, &mut payload).await.unwrap();
    upload.read(&files()).await
}

async fn read(parts: &[Part<'_>]) -> Result<Received, ApiError> {
    read_as("multipart/form-data; boundary=b", body(parts)).await
}

async fn refused(parts: &[Part<'_>]) -> (u16, String) {
    let error = read(parts).await.unwrap_err();
    (error.status().as_u16(), error.code().to_owned())
}

const NOTE: Part<'static> = ("name=\"file\"; filename=\"note.txt\"\r\nContent-Type: text/plain", "hello");

#[actix_web::test]
async fn a_file_comes_with_its_form_in_any_order() {
    for parts in [[("name=\"user\"", "abc"), NOTE], [NOTE, ("name=\"user\"", "abc")]] {
        let received = read(&parts).await.unwrap();
        assert_eq!((received.name.as_str(), &*received.bytes), ("note.txt", b"hello".as_slice()));
        assert_eq!(received.mime_type.as_deref(), Some("text/plain"));
        assert_eq!((received.form.user.as_deref(), received.form.for_datasets()), (Some("abc"), false));
    }
    assert!(read(&[NOTE, ("name=\"source\"", "datasets")]).await.unwrap().form.for_datasets());
}

#[actix_web::test]
async fn the_first_of_two_files_counts() {
    let second = ("name=\"file\"; filename=\"b.txt\"\r\nContent-Type: text/plain", "second");
    assert_eq!(read(&[NOTE, second]).await.unwrap().name, "note.txt");
}

#[actix_web::test]
async fn empty_files_and_names_without_extension_pass() {
    let received = read(&[("name=\"file\"; filename=\"README\"\r\nContent-Type: text/plain", "")]).await.unwrap();
    assert_eq!((received.name.as_str(), received.bytes.len()), ("README", 0));
    let named = read(&[("name=\"file\"; filename=\"résumé.txt\"\r\nContent-Type: text/plain", "x")]).await.unwrap();
    assert_eq!(named.name, "résumé.txt");
}

#[actix_web::test]
async fn the_shape_is_checked() {
    let bad = |code: &str| (400, code.to_owned());
    assert_eq!(refused(&[("name=\"user\"", "abc")]).await, bad("no_file_uploaded"));
    assert_eq!(refused(&[("name=\"file\"", "no file")]).await, bad("no_file_uploaded"));
    let other = ("name=\"other\"; filename=\"b.txt\"\r\nContent-Type: text/plain", "x");
    assert_eq!(refused(&[NOTE, other]).await, bad("too_many_files"));
    assert_eq!(
        refused(&[("name=\"file\"; filename=\"\"\r\nContent-Type: text/plain", "x")]).await,
        bad("filename_not_exists_error")
    );
    assert_eq!(
        refused(&[("name=\"file\"; filename=\"a:b.txt\"\r\nContent-Type: text/plain", "x")]).await,
        bad("invalid_param")
    );
    let untyped = refused(&[("name=\"file\"; filename=\"a.txt\"", "x")]).await;
    assert_eq!(untyped, (415, "unsupported_file_type".to_owned()));
    let json = read_as("application/json", "{}".to_owned()).await.unwrap_err();
    assert_eq!((json.status().as_u16(), json.code()), (400, "no_file_uploaded"));
    let cut = read_as("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; na".to_owned()).await;
    assert_eq!(cut.unwrap_err().code(), "bad_request");
}

#[actix_web::test]
async fn size_is_limited_by_kind() {
    let large = (413, "file_too_large".to_owned());
    assert_eq!(refused(&[("name=\"file\"; filename=\"a.png\"\r\nContent-Type: image/png", "x")]).await, large);
    let megabyte = "x".repeat(1024 * 1024);
    let text = "name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain";
    assert_eq!(read(&[(text, &megabyte)]).await.unwrap().bytes.len(), megabyte.len());
    assert_eq!(refused(&[(text, &format!("{megabyte}x"))]).await, large);
    let field = refused(&[("name=\"user\"", &megabyte), NOTE]).await;
    assert_eq!(field, (413, "request_entity_too_large".to_owned()));
}
