//! The caller of the dataset routes of the Service API: a dataset key, behind which the owner of the workspace acts.

use std::ops::Deref;
use std::pin::Pin;

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, ResponseError, dev};
use models::DatasetId;
use services::knowledge::{Actor, Knowledge};

use crate::app_token::DatasetToken;
use crate::data::data;
use crate::error::ApiError;

/// Who acts behind the request's dataset key.
#[derive(Debug, Clone, Copy)]
pub struct DatasetCaller(pub Actor);

impl Deref for DatasetCaller {
    type Target = Actor;
    fn deref(&self) -> &Actor {
        &self.0
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
            let DatasetToken(tenant) = DatasetToken::extract(&request).await?;
            let owner = data::<Knowledge>(&request)?.owner(tenant).await?;
            Ok(Self(owner.ok_or_else(|| ApiError::unauthorized("The workspace has no active owner."))?))
        })
    }
}

/// Middleware: proves the key, then that the dataset in the path is there and open to programs, before any argument of
/// the handler is read.
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
    let dataset: Option<DatasetId> = request.match_info().get("dataset_id").and_then(|id| id.parse().ok());
    if let Some(dataset) = dataset {
        data::<Knowledge>(request.request())?.open_to_programs(&caller, dataset).await?;
    }
    Ok(caller)
}
