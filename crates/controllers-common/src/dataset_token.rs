//! The caller of the dataset routes of the Service API: a dataset key, behind which the owner of the workspace acts.
//! There are keys of the workspace, and keys of one dataset, which open nothing but its routes and the list of models.

use std::ops::Deref;
use std::pin::Pin;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, ResponseError, dev};
use models::DatasetId;
use services::knowledge::{Actor, Knowledge, KnowledgeError};

use crate::app_token::DatasetToken;
use crate::data::data;
use crate::error::ApiError;

/// Who acts behind the request's dataset key.
#[derive(Debug, Clone, Copy)]
pub struct DatasetCaller {
    actor: Actor,
    /// The only dataset that the key opens.
    only: Option<DatasetId>,
}

impl Deref for DatasetCaller {
    type Target = Actor;
    fn deref(&self) -> &Actor {
        &self.actor
    }
}

impl FromRequest for DatasetCaller {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        let known = request.extensions().get::<Self>().copied();
        let request = request.clone();
        Box::pin(async move {
            if let Some(known) = known {
                return Ok(known);
            }
            let DatasetToken(scope) = DatasetToken::extract(&request).await?;
            let owner = data::<Knowledge>(&request)?.owner(scope.tenant).await?;
            let actor = owner.ok_or_else(|| ApiError::unauthorized("The workspace has no active owner."))?;
            Ok(Self { actor, only: scope.only })
        })
    }
}

/// Middleware: proves the key, then that the dataset in the path is there, open to programs and to this key, before any
/// argument of the handler is read.
///
/// # Errors
/// Whatever the service behind it fails with.
pub async fn dataset_keys_only<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B, BoxBody>>, Error> {
    match check(&request).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            Ok(next.call(request).await?.map_into_left_body())
        }
        Err(refusal) => Ok(request.into_response(refusal.error_response()).map_into_right_body()),
    }
}

async fn check(request: &ServiceRequest) -> Result<DatasetCaller, ApiError> {
    let caller = DatasetCaller::extract(request.request()).await?;
    if let Some(dataset) = dataset_of(&caller, request)? {
        data::<Knowledge>(request.request())?.open_to_programs(&caller, dataset).await?;
    }
    Ok(caller)
}

/// The one route that is not about datasets.
const MODELS: &str = "/workspaces/current/models/";

/// The dataset that has to be open for this request; an id that cannot be read finds no route later.
fn dataset_of(caller: &DatasetCaller, request: &ServiceRequest) -> Result<Option<DatasetId>, ApiError> {
    let named = request.match_info().get("dataset_id");
    let id: Option<DatasetId> = named.and_then(|id| id.parse().ok());
    let Some(only) = caller.only else { return Ok(id) };
    match named {
        Some(_) if id == Some(only) => Ok(id),
        Some(_) => Err(KnowledgeError::NoSuchDataset.into()),
        None if request.match_pattern().is_some_and(|pattern| pattern.contains(MODELS)) => Ok(Some(only)),
        None => Err(ApiError::forbidden("The key opens one dataset only.")),
    }
}
