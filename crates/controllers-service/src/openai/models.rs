//! The one model that a key opens: its app.

use actix_web::web;
use controllers_common::app_token::AppToken;
use serde::Serialize;
use services::directory::LiveApp;
use utoipa::ToSchema;

use crate::openai::fault::OpenAiError;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelList {
    object: &'static str,
    data: Vec<Model>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Model {
    /// The app's name in lower case, with hyphens.
    id: String,
    object: &'static str,
    /// Unix seconds.
    created: i64,
    /// The workspace's id.
    owned_by: String,
}

impl Model {
    fn of(app: &LiveApp) -> Self {
        Self {
            id: slug(app),
            object: "model",
            created: app.app.created_at.and_utc().timestamp(),
            owned_by: app.app.tenant_id.to_string(),
        }
    }
}

/// The app as a model.
#[utoipa::path(get, path = "/v1/models", tag = "OpenAI",
    responses((status = 200, body = ModelList), (status = "4XX", body = OpenAiError)))]
pub(crate) async fn list(app: AppToken) -> web::Json<ModelList> {
    web::Json(ModelList { object: "list", data: vec![Model::of(&app)] })
}

/// What a model of the app is called: letters and digits of any script, the rest as single hyphens.
pub(crate) fn slug(app: &LiveApp) -> String {
    let slug = slug_of(&app.app.name);
    if slug.is_empty() { app.app.id.to_string() } else { slug }
}

fn slug_of(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::slug_of;

    #[test]
    fn names_become_slugs() {
        for (name, slug) in [
            ("Support Desk", "support-desk"),
            ("  A & B (v2.1)!", "a-b-v2-1"),
            ("Überblick", "überblick"),
            ("翻译 助手", "翻译-助手"),
            ("!?", ""),
        ] {
            assert_eq!(slug_of(name), slug);
        }
    }
}
