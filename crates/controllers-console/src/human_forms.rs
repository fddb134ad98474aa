//! Forms of drafts that are tried: the builder fills them in.

use actix_web::web;
use controllers_common::auth::Editor;
use controllers_common::dto::human_form::{FormAnswer, FormTaken, HumanFormDto};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::valid::Valid;
use models::Caller;
use services::human_forms::{Door, HumanForms};

/// A form that waits.
#[utoipa::path(get, path = "/console/api/form/human_input/{form_token}", params(("form_token" = String, Path)),
    responses((status = 200, body = HumanFormDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn get(
    editor: Editor,
    token: web::Path<String>,
    forms: web::Data<HumanForms>,
) -> Result<web::Json<HumanFormDto>, ApiError> {
    Ok(web::Json(forms.open(Door::Console { tenant: editor.tenant_id() }, &token).await?.into()))
}

/// Fill in a form; its run goes on.
#[utoipa::path(post, path = "/console/api/form/human_input/{form_token}", params(("form_token" = String, Path)),
    request_body = FormAnswer, responses((status = 200, body = FormTaken), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn submit(
    editor: Editor,
    token: web::Path<String>,
    Valid(body): Valid<FormAnswer>,
    forms: web::Data<HumanForms>,
) -> Result<web::Json<FormTaken>, ApiError> {
    let by = Caller::Account(editor.account.id);
    forms.submit(Door::Console { tenant: editor.tenant_id() }, &token, body.by(Some(by))).await?;
    Ok(web::Json(FormTaken {}))
}
