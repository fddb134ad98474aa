//! Forms that people fill in while a run waits. Whoever has the link may: nobody is asked who they are.

use actix_web::{HttpRequest, web};
use controllers_common::client_address::client_address;
use controllers_common::dto::human_form::{FormAnswer, FormTaken, HumanFormDto};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::links::Addresses;
use controllers_common::valid::Valid;
use serde::Serialize;
use services::app_facts::AppFacts;
use services::branding::Branding;
use services::directory::Directory;
use services::files::Files;
use services::human_forms::{Door, FormError, HumanForms};
use utoipa::ToSchema;

use crate::app::Page;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FormPage {
    #[serde(flatten)]
    form: HumanFormDto,
    site: Page,
}

/// A form that waits, and how its page looks.
#[utoipa::path(get, path = "/api/form/human_input/{form_token}", tag = "Human input",
    params(("form_token" = String, Path)),
    responses((status = 200, body = FormPage), (status = "4XX", body = ErrorBody)))]
#[expect(clippy::too_many_arguments, reason = "each is one thing that the page shows")]
pub(crate) async fn get(
    request: HttpRequest,
    token: web::Path<String>,
    forms: web::Data<HumanForms>,
    directory: web::Data<Directory>,
    facts: web::Data<AppFacts>,
    branding: web::Data<Branding>,
    files: web::Data<Files>,
    addresses: web::Data<Addresses>,
) -> Result<web::Json<FormPage>, ApiError> {
    forms.admit(client_address(&request)).await?;
    let form = forms.open(Door::Page, &token).await?;
    let app = directory.app(form.row.app_id).await?.ok_or(FormError::NotFound)?;
    app.check_usable()?;
    let (site, placeholder) = facts.site(app.app.id).await?.ok_or(FormError::NotFound)?;
    let branding = branding.of(app.app.tenant_id).await?;
    let site = Page::new(&app.app, (&site, placeholder), None, &branding, (&files, &addresses));
    Ok(web::Json(FormPage { form: form.into(), site }))
}

/// Fill in a form; its run goes on.
#[utoipa::path(post, path = "/api/form/human_input/{form_token}", tag = "Human input",
    params(("form_token" = String, Path)), request_body = FormAnswer,
    responses((status = 200, body = FormTaken), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn submit(
    request: HttpRequest,
    token: web::Path<String>,
    Valid(body): Valid<FormAnswer>,
    forms: web::Data<HumanForms>,
) -> Result<web::Json<FormTaken>, ApiError> {
    forms.admit(client_address(&request)).await?;
    forms.submit(Door::Page, &token, body.by(None)).await?;
    Ok(web::Json(FormTaken {}))
}
