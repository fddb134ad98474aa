//! Files for forms that people fill in: nobody is asked who they are, a token of the form is asked for.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use controllers_common::client_address::client_address;
use controllers_common::dto::FileDto;
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::upload::{Upload, no_file};
use serde::Serialize;
use services::files::Files;
use services::human_forms::{Door, FormError, HumanForms, UploadPass};
use services::remote_files::RemoteFiles;
use utoipa::ToSchema;

const TOKEN_HEADER: &str = "X-Upload-Token";

/// What lets somebody upload files for one form.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UploadToken {
    upload_token: String,
    /// Unix seconds.
    expires_at: i64,
}

impl From<UploadPass> for UploadToken {
    fn from(pass: UploadPass) -> Self {
        Self { upload_token: pass.token, expires_at: pass.expires_at }
    }
}

/// A token to upload files for a form with.
#[utoipa::path(post, path = "/api/form/human_input/{form_token}/upload-token", tag = "Human input",
    params(("form_token" = String, Path)),
    responses((status = 200, body = UploadToken), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn pass(
    request: HttpRequest,
    token: web::Path<String>,
    forms: web::Data<HumanForms>,
) -> Result<web::Json<UploadToken>, ApiError> {
    forms.admit(client_address(&request)).await?;
    Ok(web::Json(forms.upload_pass(Door::Page, &token).await?.into()))
}

/// Upload a file for a form, or have one fetched. The token is a bearer token, the header `X-Upload-Token`, or the field
/// `upload_token` before the file.
#[utoipa::path(post, path = "/api/human-input-forms/files", tag = "Human input",
    responses((status = 201, body = FileDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn upload(
    request: HttpRequest,
    upload: Upload,
    forms: web::Data<HumanForms>,
    files: web::Data<Files>,
    remote: web::Data<RemoteFiles>,
) -> Result<HttpResponse, ApiError> {
    forms.admit(client_address(&request)).await?;
    let shown = in_headers(&request);
    let upload = match &shown {
        Some(token) => {
            forms.check_pass(token)?;
            upload
        }
        None => {
            let forms = forms.clone();
            upload.guarded(move |form| {
                let token = form.upload_token.as_deref().ok_or(FormError::WrongPass)?;
                Ok(forms.check_pass(token)?)
            })
        }
    };
    let (received, form) = upload.read_optional(&files).await?;
    let token = shown.or(form.upload_token).ok_or(FormError::WrongPass)?;
    let place = forms.upload_place(&token).await?;
    let stored = match (received, form.url) {
        (Some(file), _) => file.store(&files, place.tenant, place.owner).await,
        (None, Some(url)) => remote.take(place.tenant, place.owner, &url).await.map_err(ApiError::from),
        (None, None) => Err(no_file()),
    };
    match stored {
        Ok(file) => {
            forms.keep(place, file.id).await?;
            Ok(HttpResponse::Created().json(FileDto::new(&files, file)))
        }
        Err(refusal) => {
            forms.give_back(place).await;
            Err(refusal)
        }
    }
}

fn in_headers(request: &HttpRequest) -> Option<String> {
    let text = |name: &str| request.headers().get(name)?.to_str().ok().map(str::trim);
    let bearer = text(header::AUTHORIZATION.as_str()).and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
    });
    bearer.or_else(|| text(TOKEN_HEADER)).filter(|token| !token.is_empty()).map(str::to_owned)
}
