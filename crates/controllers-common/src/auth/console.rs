//! The extractors.

use std::ops::Deref;
use std::pin::Pin;

use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev, web};
use services::accounts::{Accounts, Presented, SignedIn};

use super::Right;
use super::csrf_exempt::is_exempt;
use crate::cookies::SessionCookies;
use crate::data::data;
use crate::error::ApiError;

const CSRF_HEADER: &str = "X-CSRF-Token";
const WORKSPACE_HEADER: &str = "X-WORKSPACE-ID";
const NOT_ALLOWED: &str = "You don't have the permission to access the requested resource. It is either read-protected or not readable by the server.";

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T, ApiError>>>>;

/// What a request carries, taken out of it so that it can be looked at later.
struct Carried {
    accounts: web::Data<Accounts>,
    access_token: Option<String>,
    csrf_header: Option<String>,
    csrf_cookie: Option<String>,
    csrf_exempt: bool,
    init_validated: bool,
    workspace: Option<String>,
}

fn header_text(request: &HttpRequest, name: &str) -> Option<String> {
    request.headers().get(name)?.to_str().ok().map(str::to_owned)
}

fn bearer(request: &HttpRequest) -> Option<String> {
    let text = header_text(request, header::AUTHORIZATION.as_str())?;
    let (scheme, token) = text.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

impl Carried {
    fn from(request: &HttpRequest) -> Result<Self, ApiError> {
        let cookies = data::<SessionCookies>(request)?;
        let accounts = data::<Accounts>(request)?;
        let proof = cookies.init_proof(request);
        Ok(Self {
            init_validated: proof.is_some_and(|proof| accounts.is_init_proof(&proof)),
            accounts,
            access_token: cookies.access(request).or_else(|| bearer(request)),
            csrf_header: header_text(request, CSRF_HEADER),
            csrf_cookie: cookies.csrf(request),
            csrf_exempt: is_exempt(request.path()),
            workspace: header_text(request, WORKSPACE_HEADER),
        })
    }

    async fn authenticate(self, right: Right) -> Result<SignedIn, ApiError> {
        let presented = Presented {
            access_token: self.access_token.as_deref(),
            csrf_header: self.csrf_header.as_deref(),
            csrf_cookie: self.csrf_cookie.as_deref(),
            csrf_exempt: self.csrf_exempt,
            init_validated: self.init_validated,
            workspace: self.workspace.as_deref().and_then(|id| id.parse().ok()),
            uninitialized_too: right == Right::Newcomer,
        };
        let signed_in = self.accounts.authenticate(&presented).await?;
        if right.allows(signed_in.role) { Ok(signed_in) } else { Err(ApiError::forbidden(NOT_ALLOWED)) }
    }
}

/// Finds out who calls, and remembers it for the extractors of this request.
///
/// Several extractors of one handler run side by side; a gate that calls this before them fixes the order of checks.
pub fn sign_in(request: &HttpRequest, right: Right) -> Extracted<SignedIn> {
    let carried = Carried::from(request);
    let request = request.clone();
    Box::pin(async move {
        let signed_in = carried?.authenticate(right).await?;
        request.extensions_mut().insert(Known(signed_in.clone()));
        Ok(signed_in)
    })
}

/// Who calls, once that is known.
struct Known(SignedIn);

/// Who was found to call by an extractor or gate of this request.
pub fn known(request: &HttpRequest) -> Option<SignedIn> {
    request.extensions().get::<Known>().map(|known| known.0.clone())
}

fn extract<T: 'static>(request: &HttpRequest, right: Right, wrap: fn(SignedIn) -> T) -> Extracted<T> {
    if let Some(Known(signed_in)) = request.extensions().get::<Known>() {
        let allowed = right.allows(signed_in.role);
        let known = if allowed { Ok(wrap(signed_in.clone())) } else { Err(ApiError::forbidden(NOT_ALLOWED)) };
        return Box::pin(std::future::ready(known));
    }
    let carried = Carried::from(request);
    Box::pin(async move { carried?.authenticate(right).await.map(wrap) })
}

macro_rules! callers {
    ($($(#[$meta:meta])* $name:ident => $right:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone)]
        pub struct $name(pub SignedIn);

        impl $name {
            /// What this extractor asks for.
            pub const RIGHT: Right = Right::$right;
        }

        impl Deref for $name {
            type Target = SignedIn;
            fn deref(&self) -> &SignedIn {
                &self.0
            }
        }

        impl FromRequest for $name {
            type Error = ApiError;
            type Future = Extracted<Self>;

            fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
                extract(request, Right::$right, Self)
            }
        }
    )+};
}

callers! {
    /// Any member of a workspace.
    ConsoleUser => Member,
    /// Anybody with an account, initialised or not.
    NewcomerToo => Newcomer,
    /// Owner, administrator or editor.
    Editor => Editor,
    /// An editor or a dataset operator.
    DatasetEditor => DatasetEditor,
    /// Owner or administrator.
    Admin => Admin,
    Owner => Owner,
}

/// Nobody in particular, but the installation is set up.
#[derive(Debug, Clone, Copy)]
pub struct SetUp;

impl FromRequest for SetUp {
    type Error = ApiError;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        let carried = Carried::from(request);
        Box::pin(async move {
            let carried = carried?;
            carried.accounts.require_setup(carried.init_validated).await?;
            Ok(Self)
        })
    }
}

/// Whoever holds the installation's admin key.
#[derive(Debug, Clone, Copy)]
pub struct AdminKey;

impl FromRequest for AdminKey {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        let shown = bearer(request).unwrap_or_default();
        let checked = data::<Accounts>(request).and_then(|accounts| {
            if accounts.is_admin_key(&shown) { Ok(Self) } else { Err(ApiError::unauthorized("API key is invalid.")) }
        });
        std::future::ready(checked)
    }
}
