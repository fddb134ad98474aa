//! Forms that people fill in while a run waits, shown by the program that started it.

use actix_web::web;
use controllers_common::app_token::{AppToken, asker, required_user};
use controllers_common::dto::human_form::{FormAnswer, FormTaken, HumanFormDto};
use controllers_common::error::{ApiError, ErrorBody};
use controllers_common::valid::Valid;
use serde::Deserialize;
use serde_json::{Map, Value};
use services::end_users::EndUsers;
use services::human_forms::{Door, HumanForms};
use utoipa::ToSchema;
use validator::Validate;

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct SubmitRequest {
    /// Values by the names of the inputs.
    #[schema(value_type = Object)]
    inputs: Map<String, Value>,
    /// The id of the button.
    action: String,
    /// A name of the person, unique within the app.
    #[schema(value_type = String)]
    user: Option<Value>,
}

fn door(app: &AppToken) -> Door {
    Door::Service { tenant: app.app.tenant_id, app: app.app.id }
}

/// A form that waits.
#[utoipa::path(get, path = "/v1/form/human_input/{form_token}", tag = "Human input",
    params(("form_token" = String, Path)),
    responses((status = 200, body = HumanFormDto), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn get(
    app: AppToken,
    token: web::Path<String>,
    forms: web::Data<HumanForms>,
) -> Result<web::Json<HumanFormDto>, ApiError> {
    Ok(web::Json(forms.open(door(&app), &token).await?.into()))
}

/// Fill in a form; its run goes on.
#[utoipa::path(post, path = "/v1/form/human_input/{form_token}", tag = "Human input",
    params(("form_token" = String, Path)), request_body = SubmitRequest,
    responses((status = 200, body = FormTaken), (status = "4XX", body = ErrorBody)))]
pub(crate) async fn submit(
    app: AppToken,
    token: web::Path<String>,
    Valid(body): Valid<SubmitRequest>,
    forms: web::Data<HumanForms>,
    end_users: web::Data<EndUsers>,
) -> Result<web::Json<FormTaken>, ApiError> {
    let user = required_user(body.user.as_ref())?;
    let end_user = app.end_user(&end_users, Some(&user)).await?;
    let answer = FormAnswer { inputs: body.inputs, action: body.action };
    forms.submit(door(&app), &token, answer.by(Some(asker(&end_user).caller))).await?;
    Ok(web::Json(FormTaken {}))
}
