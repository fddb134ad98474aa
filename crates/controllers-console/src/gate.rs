//! What is checked before the arguments of a handler are read: the right, then that the app or the dataset in the path
//! is there for the caller.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage as _, ResponseError, web};
use controllers_common::auth::{Right, SetUp, sign_in};
use controllers_common::envelope::no_such_method;
use controllers_common::error::ApiError;
use models::{AppId, DatasetId, InstalledAppId, TenantId};
use services::accounts::SignedIn;
use services::apps::Apps;
use services::installed_apps::InstalledApps;
use services::knowledge::Knowledge;

use crate::datasets::actor;
use crate::rights::right_of;
use crate::routes::PREFIX;

/// Patterns of routes on one app go on from here.
const OF_APP: &str = "/apps/{app_id}";
/// The same of one installed app.
const OF_INSTALLED: &str = "/installed-apps/{installed_app_id}";
/// The same of one dataset.
const OF_DATASET: &str = "/datasets/{dataset_id}";

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
    // What is in no table is open to nobody: a mounted route without a right cannot be reached.
    let right = right_of(request.method(), &pattern).ok_or_else(no_such_method)?;
    match right {
        // These prove themselves in their handlers.
        Right::Public | Right::AdminKey => return Ok(()),
        Right::SetUp => return SetUp::extract(request.request()).await.map(drop),
        Right::Newcomer | Right::Member | Right::Editor | Right::DatasetEditor | Right::Admin | Right::Owner => {}
    }
    let signed_in = sign_in(request.request(), right).await?;
    if let Some(app) = app_in(request.path(), &pattern) {
        return require_app(request, signed_in.tenant_id(), app).await;
    }
    if let Some(installed) = installed_in(request.path(), &pattern) {
        return require_installed(request, signed_in.tenant_id(), installed).await;
    }
    match dataset_in(request.path(), &pattern) {
        Some(dataset) => require_dataset(request, &signed_in, dataset).await,
        None => Ok(()),
    }
}

/// The app in a path, if its route is on one; an id that cannot be read finds no route later.
fn app_in(path: &str, pattern: &str) -> Option<AppId> {
    subject(path, pattern, OF_APP, "/apps/")?.parse().ok()
}

/// The same for installed apps.
fn installed_in(path: &str, pattern: &str) -> Option<InstalledAppId> {
    subject(path, pattern, OF_INSTALLED, "/installed-apps/")?.parse().ok()
}

/// The same for datasets.
fn dataset_in(path: &str, pattern: &str) -> Option<DatasetId> {
    subject(path, pattern, OF_DATASET, "/datasets/")?.parse().ok()
}

/// What a path of such routes is about.
fn subject<'a>(path: &'a str, pattern: &str, routes: &str, before: &str) -> Option<&'a str> {
    let rest = pattern.strip_prefix(PREFIX)?.strip_prefix(routes)?;
    if !(rest.is_empty() || rest.starts_with('/')) {
        return None;
    }
    path.strip_prefix(PREFIX)?.strip_prefix(before)?.split('/').next()
}

async fn require_app(request: &ServiceRequest, tenant: TenantId, app: AppId) -> Result<(), ApiError> {
    let Some(apps) = request.app_data::<web::Data<Apps>>() else { return Ok(()) };
    Ok(apps.find(tenant, app).await.map(drop)?)
}

async fn require_installed(
    request: &ServiceRequest,
    tenant: TenantId,
    installed: InstalledAppId,
) -> Result<(), ApiError> {
    let Some(apps) = request.app_data::<web::Data<InstalledApps>>() else { return Ok(()) };
    let row = apps.find(tenant, installed).await?;
    // Who answers needs it again.
    request.extensions_mut().insert(row);
    Ok(())
}

async fn require_dataset(request: &ServiceRequest, user: &SignedIn, dataset: DatasetId) -> Result<(), ApiError> {
    let Some(knowledge) = request.app_data::<web::Data<Knowledge>>() else { return Ok(()) };
    Ok(knowledge.require(&actor(user), dataset).await?)
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::middleware::from_fn;
    use actix_web::test::{TestRequest, call_service, init_service};

    use super::*;

    #[actix_web::test]
    async fn a_route_without_a_right_is_not_there() {
        let answers = async || actix_web::HttpResponse::Ok().finish();
        let forgotten = web::scope(PREFIX)
            .wrap(from_fn(gate))
            .service(web::resource("/ping").route(web::get().to(answers)).route(web::put().to(answers)))
            .service(web::resource("/forgotten").route(web::get().to(answers)));
        let app = init_service(App::new().service(forgotten)).await;
        for (request, status) in [
            (TestRequest::get().uri("/console/api/ping"), 200),
            (TestRequest::put().uri("/console/api/ping"), 405),
            (TestRequest::get().uri("/console/api/forgotten"), 405),
            (TestRequest::get().uri("/console/api/nowhere"), 404),
        ] {
            let response = call_service(&app, request.to_request()).await;
            assert_eq!(response.status().as_u16(), status, "{:?}", response.request());
        }
    }

    #[test]
    fn apps_are_found_in_paths() {
        let id = AppId::random();
        let path = format!("/console/api/apps/{id}/name");
        assert_eq!(app_in(&path, "/console/api/apps/{app_id}/name"), Some(id));
        assert_eq!(app_in(&format!("/console/api/apps/{id}"), "/console/api/apps/{app_id}"), Some(id));
        assert_eq!(app_in("/console/api/apps/imports", "/console/api/apps/imports"), None);
        assert_eq!(app_in("/console/api/tags", "/console/api/tags"), None);
    }

    #[test]
    fn datasets_are_found_in_paths() {
        let id = DatasetId::random();
        let pattern = "/console/api/datasets/{dataset_id}/documents";
        assert_eq!(dataset_in(&format!("/console/api/datasets/{id}/documents"), pattern), Some(id));
        assert_eq!(dataset_in("/console/api/datasets/init", "/console/api/datasets/init"), None);
        assert_eq!(dataset_in(&format!("/console/api/apps/{id}"), "/console/api/apps/{app_id}"), None);
    }
}
