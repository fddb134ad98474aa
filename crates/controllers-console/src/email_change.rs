//! Another e-mail address: a code to the old one, a code to the new one, the change.

use actix_web::{HttpRequest, web};
use controllers_common::auth::{ConsoleUser, SetUp};
use controllers_common::error::ApiError;
use controllers_common::links::Links;
use controllers_common::valid::Lenient;
use serde::Deserialize;
use services::people::{AddressChange, ChangeStep, People, PeopleError};
use utoipa::ToSchema;
use validator::Validate;

use crate::account::AccountDto;
use crate::answers::{SUCCESS, Success};
use crate::audit::Remark;
use crate::proofs::{Mailed, ProofBody, Proved, asker};

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ChangeMailBody {
    email: String,
    language: Option<String>,
    /// `new_email` for the second code.
    phase: Option<String>,
    /// The proof of the old address, for the second code.
    token: Option<String>,
}

/// Mails a code: to the old address, or with its proof to the new one.
#[utoipa::path(post, path = "/console/api/account/change-email", request_body = ChangeMailBody, responses((status = 200, body = Mailed)))]
pub(crate) async fn ask(
    user: ConsoleUser,
    request: HttpRequest,
    Lenient(body): Lenient<ChangeMailBody>,
    people: web::Data<People>,
) -> Result<web::Json<Mailed>, ApiError> {
    let step = if body.phase.as_deref() == Some("new_email") {
        ChangeStep::New { proof: body.token.as_deref().ok_or(PeopleError::InvalidToken)? }
    } else {
        ChangeStep::Old
    };
    let asker = asker(&request, body.language.as_deref());
    let token = people.ask_to_change_email(&user.account, &body.email, step, asker).await?;
    Ok(web::Json(Mailed::new(token)))
}

/// Shows one of the codes.
#[utoipa::path(post, path = "/console/api/account/change-email/validity", request_body = ProofBody, responses((status = 200, body = Proved)))]
pub(crate) async fn prove(
    user: ConsoleUser,
    Lenient(body): Lenient<ProofBody>,
    people: web::Data<People>,
) -> Result<web::Json<Proved>, ApiError> {
    Ok(web::Json(people.prove_for_change(&user.account, body.proof()).await?.into()))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct NewAddressBody {
    new_email: String,
    /// The proof of the new address.
    token: String,
}

/// Changes the address.
#[utoipa::path(post, path = "/console/api/account/change-email/reset", request_body = NewAddressBody, responses((status = 200, body = AccountDto)))]
pub(crate) async fn change(
    user: ConsoleUser,
    links: Links,
    Lenient(body): Lenient<NewAddressBody>,
    people: web::Data<People>,
    remark: Remark,
) -> Result<web::Json<AccountDto>, ApiError> {
    let change = AddressChange { email: &body.new_email, token: &body.token };
    let account = people.change_email(&user.account, change).await?;
    remark.detail("from", user.account.email.as_str());
    remark.detail("to", account.email.as_str());
    Ok(web::Json(AccountDto::new(account, &links)))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct AddressBody {
    email: String,
}

/// Whether no account has the address.
#[utoipa::path(post, path = "/console/api/account/change-email/check-email-unique", request_body = AddressBody, responses((status = 200, body = Success)))]
pub(crate) async fn check_unused(
    _set_up: SetUp,
    Lenient(body): Lenient<AddressBody>,
    people: web::Data<People>,
) -> Result<web::Json<Success>, ApiError> {
    people.require_unused(&body.email).await?;
    Ok(web::Json(SUCCESS))
}
