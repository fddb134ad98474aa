//! The signed-in person's own account.

use actix_web::web;
use controllers_common::auth::{ConsoleUser, NewcomerToo};
use controllers_common::error::ApiError;
use controllers_common::links::Links;
use controllers_common::valid::Lenient;
use models::account::Account;
use models::account_integrate::AccountIntegrate;
use serde::{Deserialize, Serialize};
use services::accounts::{Accounts, ProfileChange};
use services::people::People;
use services::social::{Social, SocialProvider};
use utoipa::ToSchema;
use validator::Validate;

use crate::answers::{Data, SUCCESS, Success, seconds};

/// A person as that person sees it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AccountDto {
    id: String,
    name: String,
    avatar: Option<String>,
    avatar_url: Option<String>,
    email: String,
    is_password_set: bool,
    interface_language: Option<String>,
    interface_theme: Option<String>,
    timezone: Option<String>,
    last_login_at: Option<i64>,
    last_login_ip: Option<String>,
    created_at: i64,
}

/// The picture itself where it is a link, else a signed link to the upload.
pub(crate) fn avatar_url(avatar: Option<&str>, links: &Links) -> Option<String> {
    let avatar = avatar.filter(|a| !a.is_empty())?;
    if avatar.starts_with("http") { Some(avatar.to_owned()) } else { links.file_preview(avatar) }
}

impl AccountDto {
    pub(crate) fn new(account: Account, links: &Links) -> Self {
        Self {
            id: account.id.to_string(),
            avatar_url: avatar_url(account.avatar.as_deref(), links),
            name: account.name,
            avatar: account.avatar,
            email: account.email,
            is_password_set: account.password.is_some(),
            interface_language: account.interface_language,
            interface_theme: account.interface_theme,
            timezone: account.timezone,
            last_login_at: account.last_login_at.map(seconds),
            last_login_ip: account.last_login_ip,
            created_at: seconds(account.created_at),
        }
    }
}

/// Who is signed in.
#[utoipa::path(get, path = "/console/api/account/profile", responses((status = 200, body = AccountDto)))]
pub(crate) async fn profile(user: ConsoleUser, links: Links) -> web::Json<AccountDto> {
    std::future::ready(web::Json(AccountDto::new(user.0.account, &links))).await
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct AccountInitBody {
    interface_language: String,
    timezone: String,
}

/// Finishes an account that was invited.
#[utoipa::path(post, path = "/console/api/account/init", request_body = AccountInitBody, responses((status = 200, body = Success)))]
pub(crate) async fn init(
    user: NewcomerToo,
    Lenient(body): Lenient<AccountInitBody>,
    accounts: web::Data<Accounts>,
) -> Result<web::Json<Success>, ApiError> {
    accounts.initialize(&user.account, &body.interface_language, &body.timezone).await?;
    Ok(web::Json(SUCCESS))
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct AccountNameBody {
    name: String,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct AvatarBody {
    /// A file id or a URL.
    #[validate(length(max = 255))]
    avatar: String,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct LanguageBody {
    interface_language: String,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ThemeBody {
    interface_theme: String,
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct TimezoneBody {
    timezone: String,
}

async fn change(
    user: &ConsoleUser,
    accounts: &Accounts,
    links: &Links,
    change: ProfileChange<'_>,
) -> Result<web::Json<AccountDto>, ApiError> {
    let account = accounts.change(user.tenant_id(), user.account_id(), change).await?;
    Ok(web::Json(AccountDto::new(account, links)))
}

/// Changes the person's name.
#[utoipa::path(post, path = "/console/api/account/name", request_body = AccountNameBody, responses((status = 200, body = AccountDto)))]
pub(crate) async fn set_name(
    user: ConsoleUser,
    links: Links,
    Lenient(body): Lenient<AccountNameBody>,
    accounts: web::Data<Accounts>,
) -> Result<web::Json<AccountDto>, ApiError> {
    change(&user, &accounts, &links, ProfileChange::Name(&body.name)).await
}

/// Changes the person's picture.
#[utoipa::path(post, path = "/console/api/account/avatar", request_body = AvatarBody, responses((status = 200, body = AccountDto)))]
pub(crate) async fn set_avatar(
    user: ConsoleUser,
    links: Links,
    Lenient(body): Lenient<AvatarBody>,
    accounts: web::Data<Accounts>,
) -> Result<web::Json<AccountDto>, ApiError> {
    change(&user, &accounts, &links, ProfileChange::Avatar(&body.avatar)).await
}

/// Changes the language of the interface.
#[utoipa::path(post, path = "/console/api/account/interface-language", request_body = LanguageBody, responses((status = 200, body = AccountDto)))]
pub(crate) async fn set_language(
    user: ConsoleUser,
    links: Links,
    Lenient(body): Lenient<LanguageBody>,
    accounts: web::Data<Accounts>,
) -> Result<web::Json<AccountDto>, ApiError> {
    change(&user, &accounts, &links, ProfileChange::Language(&body.interface_language)).await
}

/// Changes the colours of the interface.
#[utoipa::path(post, path = "/console/api/account/interface-theme", request_body = ThemeBody, responses((status = 200, body = AccountDto)))]
pub(crate) async fn set_theme(
    user: ConsoleUser,
    links: Links,
    Lenient(body): Lenient<ThemeBody>,
    accounts: web::Data<Accounts>,
) -> Result<web::Json<AccountDto>, ApiError> {
    change(&user, &accounts, &links, ProfileChange::Theme(&body.interface_theme)).await
}

/// Changes the person's time zone.
#[utoipa::path(post, path = "/console/api/account/timezone", request_body = TimezoneBody, responses((status = 200, body = AccountDto)))]
pub(crate) async fn set_timezone(
    user: ConsoleUser,
    links: Links,
    Lenient(body): Lenient<TimezoneBody>,
    accounts: web::Data<Accounts>,
) -> Result<web::Json<AccountDto>, ApiError> {
    change(&user, &accounts, &links, ProfileChange::Timezone(&body.timezone)).await
}

#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct PasswordBody {
    password: Option<String>,
    new_password: String,
    repeat_new_password: String,
}

/// Changes the person's password.
#[utoipa::path(post, path = "/console/api/account/password", request_body = PasswordBody, responses((status = 200, body = AccountDto)))]
pub(crate) async fn set_password(
    user: ConsoleUser,
    links: Links,
    Lenient(body): Lenient<PasswordBody>,
    accounts: web::Data<Accounts>,
) -> Result<web::Json<AccountDto>, ApiError> {
    let old = body.password.as_deref();
    let account = accounts.change_password(&user.account, old, &body.new_password, &body.repeat_new_password).await?;
    Ok(web::Json(AccountDto::new(account, &links)))
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Integration {
    provider: &'static str,
    created_at: Option<i64>,
    is_bound: bool,
    link: Option<String>,
}

impl Integration {
    fn new(provider: SocialProvider, bound: &[AccountIntegrate], social: &Social, links: &Links) -> Self {
        let name = provider.as_str();
        let bound = bound.iter().find(|binding| binding.provider == name);
        let could_be = bound.is_none() && social.is_configured(provider);
        Self {
            provider: name,
            created_at: bound.map(|binding| seconds(binding.created_at)),
            is_bound: bound.is_some(),
            link: could_be.then(|| format!("{}/console/api/oauth/login/{name}", links.console_api())),
        }
    }
}

/// The accounts elsewhere that a person signs in with, or could.
#[utoipa::path(get, path = "/console/api/account/integrates", responses((status = 200, body = Data<Vec<Integration>>)))]
pub(crate) async fn integrations(
    user: ConsoleUser,
    links: Links,
    people: web::Data<People>,
    social: web::Data<Social>,
) -> Result<web::Json<Data<Vec<Integration>>>, ApiError> {
    let bound = people.bindings(user.account_id()).await?;
    let all = SocialProvider::ALL.map(|provider| Integration::new(provider, &bound, &social, &links));
    Ok(web::Json(Data { data: all.into() }))
}
