//! Records what was done that matters for security.
//!
//! Which routes those are stands in one table; the middleware writes the entry when the handler has succeeded: who
//! called from where, the parts of the path, and what the handler had to add with a [`Remark`]. Handlers of sign-ins say
//! who came in.

use std::collections::HashMap;
use std::future::{Ready, ready};
use std::sync::LazyLock;

use actix_web::body::MessageBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, web};
use controllers_common::auth::known;
use controllers_common::client_address::client_address;
use controllers_common::error::ApiError;
use controllers_common::headers::RequestId;
use models::AccountId;
use models::audit_entry::AuditAction as Action;
use serde_json::{Map, Value};
use services::audit::{Audit, Deed};

use crate::rights::without_expressions;
use crate::routes::PREFIX;

/// A method, a path below the prefix, what is done there, and the part of the path that it is done to.
#[rustfmt::skip]
pub(crate) const RECORDED: &[(&str, &str, Action, Option<&str>)] = &[
    ("POST", "/login", Action::SignedIn, None),
    ("POST", "/email-code-login/validity", Action::SignedIn, None),
    ("POST", "/email-register", Action::SignedIn, None),
    ("GET", "/oauth/authorize/{provider}", Action::SignedIn, None),
    ("POST", "/logout", Action::SignedOut, None),
    ("POST", "/forgot-password/resets", Action::PasswordReset, None),
    ("POST", "/account/password", Action::PasswordChanged, None),
    ("POST", "/account/change-email/reset", Action::EmailChanged, None),
    ("POST", "/account/delete", Action::AccountDeleted, None),
    ("POST", "/workspaces/current/members/invite-email", Action::MembersInvited, None),
    ("PUT", "/workspaces/current/members/{member_id}/update-role", Action::MemberRoleChanged, Some("member_id")),
    ("DELETE", "/workspaces/current/members/{member_id}", Action::MemberRemoved, Some("member_id")),
    ("POST", "/workspaces/current/members/{member_id}/owner-transfer", Action::OwnershipTransferred, Some("member_id")),
    ("POST", "/apps/{app_id}/api-keys", Action::ApiKeyCreated, None),
    ("DELETE", "/apps/{app_id}/api-keys/{key_id}", Action::ApiKeyDeleted, Some("key_id")),
    ("POST", "/datasets/api-keys", Action::ApiKeyCreated, None),
    ("DELETE", "/datasets/api-keys/{key_id}", Action::ApiKeyDeleted, Some("key_id")),
    ("POST", "/datasets/{dataset_id}/api-keys", Action::ApiKeyCreated, None),
    ("DELETE", "/datasets/{dataset_id}/api-keys/{key_id}", Action::ApiKeyDeleted, Some("key_id")),
    ("POST", "/datasets/{dataset_id}/api-keys/{action}", Action::DatasetApiSwitched, Some("dataset_id")),
    ("POST", "/workspaces/current/model-providers/{provider}/credentials", Action::CredentialCreated, Some("provider")),
    ("PUT", "/workspaces/current/model-providers/{provider}/credentials", Action::CredentialChanged, Some("provider")),
    ("DELETE", "/workspaces/current/model-providers/{provider}/credentials", Action::CredentialDeleted, Some("provider")),
    ("POST", "/workspaces/current/model-providers/{provider}/credentials/switch", Action::CredentialChanged, Some("provider")),
    ("POST", "/workspaces/current/model-providers/{provider}/models/credentials", Action::CredentialCreated, Some("provider")),
    ("PUT", "/workspaces/current/model-providers/{provider}/models/credentials", Action::CredentialChanged, Some("provider")),
    ("DELETE", "/workspaces/current/model-providers/{provider}/models/credentials", Action::CredentialDeleted, Some("provider")),
    ("POST", "/workspaces/current/model-providers/{provider}/models/credentials/switch", Action::CredentialChanged, Some("provider")),
    ("DELETE", "/workspaces/current/model-providers/{provider}/models", Action::CredentialDeleted, Some("provider")),
    ("PUT", "/apps/{app_id}/call-rules", Action::CallRulesChanged, Some("app_id")),
    ("POST", "/apps/{app_id}/call-rules/signing-secret", Action::SigningSecretCreated, Some("app_id")),
    ("DELETE", "/apps/{app_id}/call-rules/signing-secret", Action::SigningSecretDeleted, Some("app_id")),
    ("GET", "/apps/{server_id}/server/refresh", Action::McpCodeRefreshed, Some("server_id")),
    ("DELETE", "/apps/{app_id}", Action::AppDeleted, Some("app_id")),
    ("DELETE", "/datasets/{dataset_id}", Action::DatasetDeleted, Some("dataset_id")),
    ("POST", "/api-based-extension", Action::ExtensionCreated, None),
    ("POST", "/api-based-extension/{extension_id}", Action::ExtensionChanged, Some("extension_id")),
    ("DELETE", "/api-based-extension/{extension_id}", Action::ExtensionDeleted, Some("extension_id")),
    ("POST", "/datasets/external-knowledge-api", Action::KnowledgeApiCreated, None),
    ("PATCH", "/datasets/external-knowledge-api/{api_id}", Action::KnowledgeApiChanged, Some("api_id")),
    ("DELETE", "/datasets/external-knowledge-api/{api_id}", Action::KnowledgeApiDeleted, Some("api_id")),
];

type Found = (Action, Option<&'static str>);

static BY_ROUTE: LazyLock<HashMap<(&str, String), Found>> = LazyLock::new(|| {
    let rows = RECORDED.iter();
    rows.map(|(method, path, action, subject)| ((*method, format!("{PREFIX}{path}")), (*action, *subject))).collect()
});

fn recorded(method: &Method, pattern: &str) -> Option<Found> {
    BY_ROUTE.get(&(method.as_str(), without_expressions(pattern))).copied()
}

/// What a handler adds to its entry. Never secrets.
#[derive(Debug)]
pub(crate) struct Remark(HttpRequest);

#[derive(Debug, Default)]
struct Remarked {
    account: Option<AccountId>,
    subject: Option<String>,
    tried_address: Option<String>,
    refused: Option<String>,
    detail: Map<String, Value>,
}

impl Remark {
    fn note(&self, add: impl FnOnce(&mut Remarked)) {
        let mut extensions = self.0.extensions_mut();
        if !extensions.contains::<Remarked>() {
            extensions.insert(Remarked::default());
        }
        if let Some(remarked) = extensions.get_mut::<Remarked>() {
            add(remarked);
        }
    }

    /// Whose account it is, where nobody was signed in before.
    pub(crate) fn account(&self, account: AccountId) {
        self.note(|remarked| remarked.account = Some(account));
    }

    /// What it is done to, where the path does not say.
    pub(crate) fn subject(&self, subject: impl ToString) {
        self.note(|remarked| remarked.subject = Some(subject.to_string()));
    }

    /// The address that somebody tries to sign in with.
    pub(crate) fn tried(&self, address: &str) {
        self.note(|remarked| remarked.tried_address = Some(address.to_owned()));
    }

    /// A sign-in was refused, with an answer that is no error.
    pub(crate) fn refused(&self, why: impl Into<String>) {
        self.note(|remarked| remarked.refused = Some(why.into()));
    }

    pub(crate) fn detail(&self, name: &str, value: impl Into<Value>) {
        self.note(|remarked| drop(remarked.detail.insert(name.to_owned(), value.into())));
    }
}

impl FromRequest for Remark {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.clone())))
    }
}

/// Middleware of the whole scope, within the gate.
pub(crate) async fn record<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let found = request.match_pattern().and_then(|pattern| recorded(request.method(), &pattern));
    let response = next.call(request).await?;
    if let Some((action, subject)) = found
        && let Some(audit) = response.request().app_data::<web::Data<Audit>>().cloned()
        && let Some(deed) = deed(&response, action, subject)
    {
        audit.record(deed).await;
    }
    Ok(response)
}

fn deed<B>(response: &ServiceResponse<B>, action: Action, subject: Option<&str>) -> Option<Deed> {
    let request = response.request();
    let Remarked { account, subject: made, tried_address, refused, mut detail } =
        request.extensions_mut().remove::<Remarked>().unwrap_or_default();
    let known = known(request);
    let (status, account) = (response.status(), account.or_else(|| known.as_ref().map(|user| user.account_id())));
    let action = if action == Action::SignedIn && account.is_none() {
        // Whoever shows nothing is not refused.
        if tried_address.is_none() && refused.is_none() {
            return None;
        }
        let fault = response.response().error().and_then(|error| error.as_error::<ApiError>());
        let code = fault.filter(|_| status.is_client_error()).map(|fault| fault.code().to_owned());
        detail.insert("reason".to_owned(), refused.or(code)?.into());
        Action::SignInRefused
    } else if action == Action::SignedIn || (status.is_success() && (action != Action::SignedOut || account.is_some()))
    {
        action
    } else {
        // It was not done, or the session was over already.
        return None;
    };
    for (name, value) in request.match_info().iter() {
        if Some(name) != subject {
            detail.insert(name.to_owned(), value.into());
        }
    }
    Some(Deed {
        action,
        tenant: known.map(|user| user.tenant_id()),
        account,
        tried_address,
        subject: made.or_else(|| request.match_info().get(subject?).map(str::to_owned)),
        client_address: client_address(request).map(|address| address.to_string()),
        request_id: request.extensions().get::<RequestId>().map(|id| id.0.clone()),
        detail,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rights::ROUTES;

    #[test]
    fn every_recorded_route_is_there() {
        for (method, path, _, subject) in RECORDED {
            assert!(ROUTES.iter().any(|(m, p, _)| (m, p) == (method, path)), "{method} {path}");
            assert!(subject.is_none_or(|name| path.contains(&format!("{{{name}}}"))), "{path}");
        }
        assert_eq!(BY_ROUTE.len(), RECORDED.len(), "a route stands twice in the table");
    }

    #[test]
    fn every_action_is_recorded_somewhere() {
        for action in Action::ALL.iter().filter(|action| **action != Action::SignInRefused) {
            assert!(RECORDED.iter().any(|(_, _, done, _)| done == action), "{action}");
        }
    }
}
