//! The description of this tier, made from its handlers.

use utoipa::OpenApi;

use crate::{
    annotations, app, audio, chat, completion, conversations, datasets, end_users, feedbacks, files, messages,
    variables, workflows,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ferrify Service API",
        description = "What programs call with an app's key.",
        license(name = "Apache-2.0")
    ),
    paths(
        app::index,
        app::info,
        app::parameters,
        app::meta,
        app::site,
        end_users::find,
        chat::create,
        chat::stop,
        completion::create,
        completion::stop,
        workflows::run,
        crate::workflow_history::run,
        crate::reattach::workflow,
        crate::reattach::task,
        crate::tasks::find,
        crate::workflow_history::logs,
        workflows::run_version,
        workflows::stop,
        crate::human_forms::get,
        crate::human_forms::submit,
        conversations::list,
        conversations::delete,
        conversations::rename,
        variables::list,
        variables::change,
        messages::list,
        messages::suggested,
        feedbacks::give,
        feedbacks::list,
        crate::openai::models::list,
        crate::openai::completions::create,
        audio::listen,
        audio::speak,
        files::upload,
        files::preview,
        annotations::list,
        annotations::create,
        annotations::change,
        annotations::delete,
        annotations::switch_reply,
        annotations::switch_state,
        datasets::list::list,
        datasets::list::find,
        datasets::write::create,
        datasets::write::change,
        datasets::write::delete,
        datasets::hits::retrieve,
        datasets::models::by_type,
        datasets::pipeline_files::upload,
        datasets::metadata::built_in,
        datasets::metadata::list,
        datasets::metadata::create,
        datasets::metadata::rename,
        datasets::metadata::delete,
        datasets::metadata::switch_built_in,
        datasets::metadata::change_values,
        datasets::tags::list,
        datasets::tags::create,
        datasets::tags::rename,
        datasets::tags::delete,
        datasets::tags::bind,
        datasets::tags::unbind,
        datasets::tags::of_dataset,
        datasets::by_text::create,
        datasets::by_text::update,
        datasets::by_file::create,
        datasets::by_file::update,
        datasets::documents::list,
        datasets::documents::indexing_status,
        datasets::documents::find,
        datasets::documents::delete,
        datasets::documents::act,
        datasets::downloads::all,
        datasets::downloads::link,
        datasets::segments::create,
        datasets::segments::list,
        datasets::segments::find,
        datasets::segments::change,
        datasets::segments::delete,
        datasets::children::create,
        datasets::children::list,
        datasets::children::change,
        datasets::children::delete
    )
)]
struct Description;

/// The OpenAPI document.
pub fn document() -> utoipa::openapi::OpenApi {
    Description::openapi()
}
