//! What the ways by mail have in common on the wire.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::HttpRequest;
use controllers_common::client_address::client_address;
use serde::{Deserialize, Serialize};
use services::people::{Asker, Proof, Proven};
use utoipa::ToSchema;
use validator::Validate;

/// Where a request comes from; those without an address are counted together.
pub(crate) fn address(request: &HttpRequest) -> IpAddr {
    client_address(request).unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

pub(crate) fn asker<'a>(request: &HttpRequest, language: Option<&'a str>) -> Asker<'a> {
    Asker { address: address(request), language }
}

/// Asks for a mail.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct MailBody {
    pub email: String,
    /// `zh-Hans`, or anything else for English.
    pub language: Option<String>,
}

/// A mail is on its way.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Mailed {
    result: &'static str,
    /// The token to show together with the code.
    data: String,
}

impl Mailed {
    pub(crate) fn new(token: String) -> Self {
        Self { result: "success", data: token }
    }
}

/// Shows a code.
#[derive(Debug, Deserialize, Validate, ToSchema)]
pub(crate) struct ProofBody {
    pub email: String,
    pub code: String,
    pub token: String,
}

impl ProofBody {
    pub(crate) fn proof(&self) -> Proof<'_> {
        Proof { email: &self.email, code: &self.code, token: &self.token }
    }
}

/// The code was right.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Proved {
    is_valid: bool,
    email: String,
    /// For the next step.
    token: String,
}

impl From<Proven> for Proved {
    fn from(proven: Proven) -> Self {
        Self { is_valid: true, email: proven.email, token: proven.token }
    }
}
