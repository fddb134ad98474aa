//! What is checked before the arguments of a handler are read: the right, then that the app in the path exists.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, ResponseError, web};
use controllers_common::auth::{Right, SetUp, sign_in};
use controllers_common::error::ApiError;
use models::{AppId, TenantId};
use services::apps::Apps;

use crate::rights::right_of;
use crate::routes::PREFIX;

/// Patterns of routes on one app go on from here.
const OF_APP: &str = "/apps/{app_id}";

/// Middleware of the whole scope.
pub(crate) async fn gate<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    match check(&request).await {
        Ok(()) => Ok(next.call(request).await?.map_into_left_body()),
        Err(refusal) => {
            let response = refusal.error_response();
            Ok(request.into_response(response).map_into_right_body())
        }
    }
}

async fn check(request: &ServiceRequest) -> Result<(), ApiError> {
    let Some(pattern) = request.match_pattern() else { return Ok(()) };
    let Some(right) = right_of(request.method(), &pattern) else { return Ok(()) };
    match right {
        // These prove themselves in their handlers.
        Right::Public | Right::AdminKey => return Ok(()),
        Right::SetUp => return SetUp::extract(request.request()).await.map(drop),
        Right::Newcomer | Right::Member | Right::Editor | Right::DatasetEditor | Right::Admin | Right::Owner => {}
    }
    let signed_in = sign_in(request.request(), right).await?;
    match app_in(request.path(), &pattern) {
        Some(app) => require_app(request, signed_in.tenant_id(), app).await,
        None => Ok(()),
    }
}

/// The app in a path, if its route is on one; an id that cannot be read finds no route later.
fn app_in(path: &str, pattern: &str) -> Option<AppId> {
    let rest = pattern.strip_prefix(PREFIX)?.strip_prefix(OF_APP)?;
    if !(rest.is_empty() || rest.starts_with('/')) {
        return None;
    }
    path.strip_prefix(PREFIX)?.strip_prefix("/apps/")?.split('/').next()?.parse().ok()
}

async fn require_app(request: &ServiceRequest, tenant: TenantId, app: AppId) -> Result<(), ApiError> {
    let Some(apps) = request.app_data::<web::Data<Apps>>() else { return Ok(()) };
    Ok(apps.find(tenant, app).await.map(drop)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apps_are_found_in_paths() {
        let id = AppId::random();
        let path = format!("/console/api/apps/{id}/name");
        assert_eq!(app_in(&path, "/console/api/apps/{app_id}/name"), Some(id));
        assert_eq!(app_in(&format!("/console/api/apps/{id}"), "/console/api/apps/{app_id}"), Some(id));
        assert_eq!(app_in("/console/api/apps/imports", "/console/api/apps/imports"), None);
        assert_eq!(app_in("/console/api/tags", "/console/api/tags"), None);
    }
}
