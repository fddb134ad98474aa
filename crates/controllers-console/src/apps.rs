//! Apps: the list, one app, and everything that changes one.

mod body;
mod card;
mod change;
mod detail;
mod model_config;
mod site;

pub(crate) use body::icon_url;
pub(crate) use card::*;
pub(crate) use change::*;
pub(crate) use detail::*;
pub(crate) use model_config::*;
pub(crate) use site::*;
