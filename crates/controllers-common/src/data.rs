//! What the server put into the app's data.

use actix_web::{HttpRequest, web};

use crate::error::ApiError;

#[derive(Debug, thiserror::Error)]
#[error("this tier was built without {0}")]
struct Missing(&'static str);

/// Shared data of type `T`.
pub(crate) fn data<T: 'static>(request: &HttpRequest) -> Result<web::Data<T>, ApiError> {
    let found = request.app_data::<web::Data<T>>().cloned();
    found.ok_or_else(|| ApiError::internal(&Missing(std::any::type_name::<T>())))
}
