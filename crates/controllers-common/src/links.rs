//! URLs in answers: where the parts of the platform are reached, and signed links to files. What is not configured is
//! derived from the request.

use actix_web::{HttpRequest, web};
use config::UrlSettings;
use models::UploadFileId;
use storage::LinkSigner;

/// The installation's addresses.
#[derive(Debug, Clone)]
pub struct Addresses {
    pub urls: UrlSettings,
    pub signer: LinkSigner,
}

/// The addresses as one request sees them.
#[derive(Debug, Clone)]
pub struct Links {
    addresses: web::Data<Addresses>,
    /// Scheme and host of the request.
    origin: String,
}

impl Links {
    fn or_origin<'a>(&'a self, configured: &'a str) -> &'a str {
        if configured.is_empty() { &self.origin } else { configured }
    }

    /// Base of the Console API, without its prefix.
    pub fn console_api(&self) -> &str {
        self.or_origin(&self.addresses.urls.console_api)
    }

    /// Base of the Console's pages.
    pub fn console_web(&self) -> &str {
        self.or_origin(&self.addresses.urls.console_web)
    }

    /// Base of the Service API, with its prefix.
    pub fn service_api(&self) -> String {
        format!("{}/v1", self.or_origin(&self.addresses.urls.service_api))
    }

    /// Base of published pages.
    pub fn app_web(&self) -> &str {
        self.or_origin(&self.addresses.urls.app_web)
    }

    /// A link to an uploaded file that works for a short time; `None` for what is no id, for that is never signed.
    pub fn file_preview(&self, upload_file_id: &str) -> Option<String> {
        let id: UploadFileId = upload_file_id.parse().ok()?;
        Some(self.addresses.signer.file_preview_url(self.or_origin(&self.addresses.urls.files), &id.to_string()))
    }
}

impl actix_web::FromRequest for Links {
    type Error = crate::error::ApiError;
    type Future = std::future::Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut actix_web::dev::Payload) -> Self::Future {
        let addresses = crate::data::data::<Addresses>(request);
        let info = request.connection_info();
        let origin = format!("{}://{}", info.scheme(), info.host());
        std::future::ready(addresses.map(|addresses| Self { addresses, origin }))
    }
}
