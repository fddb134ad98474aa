//! The routes of datasets, their documents and segments.

use actix_web::web::{ServiceConfig, delete, get, patch, post, put};

use super::resource;
use crate::{dataset_metadata, datasets, external_knowledge, segment_import};

/// Fixed names before the ids of datasets and documents, which would swallow them.
pub(super) fn datasets_routes(config: &mut ServiceConfig) {
    use datasets::{
        add, documents, downloads, estimate, hits, indexing, list, relations, settings, sources, summaries, write,
    };
    config
        .service(resource("/datasets").route(get().to(list::list)).route(post().to(write::create)))
        .service(resource("/datasets/retrieval-setting").route(get().to(settings::retrieval)))
        .service(resource("/datasets/retrieval-setting/{vector_type}").route(get().to(settings::retrieval_of)))
        .service(resource("/datasets/api-base-info").route(get().to(settings::api_base)))
        .service(resource("/datasets/process-rule").route(get().to(settings::process_rule)))
        .service(resource("/datasets/init").route(post().to(add::init)))
        .service(resource("/datasets/indexing-estimate").route(post().to(estimate::of_files)))
        .service(
            resource("/datasets/{dataset_id}")
                .route(get().to(list::find))
                .route(patch().to(write::change))
                .route(delete().to(write::delete)),
        )
        .service(resource("/datasets/{dataset_id}/api-keys/{action}").route(post().to(write::set_api)))
        .service(resource("/datasets/{dataset_id}/use-check").route(get().to(relations::use_check)))
        .service(resource("/datasets/{dataset_id}/related-apps").route(get().to(relations::related_apps)))
        .service(resource("/datasets/{dataset_id}/permission-part-users").route(get().to(relations::members)))
        .service(resource("/datasets/{dataset_id}/auto-disable-logs").route(get().to(relations::auto_disabled)))
        .service(resource("/datasets/{dataset_id}/hit-testing").route(post().to(hits::try_out)))
        .service(
            resource("/datasets/{dataset_id}/external-hit-testing")
                .route(post().to(crate::external_hits::external_hit_testing)),
        )
        .service(resource("/datasets/{dataset_id}/queries").route(get().to(hits::queries)))
        .service(resource("/datasets/{dataset_id}/indexing-status").route(get().to(indexing::of_dataset)))
        .service(resource("/datasets/{dataset_id}/error-docs").route(get().to(indexing::failed)))
        .service(resource("/datasets/{dataset_id}/batch/{batch}/indexing-status").route(get().to(indexing::of_batch)))
        .service(resource("/datasets/{dataset_id}/batch/{batch}/indexing-estimate").route(get().to(estimate::of_batch)))
        .service(resource("/datasets/{dataset_id}/notion/sync").route(get().to(sources::sync_all_notion)))
        .service(resource("/datasets/{dataset_id}/retry").route(post().to(indexing::retry)))
        .service(
            resource("/datasets/{dataset_id}/documents")
                .route(get().to(documents::list))
                .route(post().to(add::create))
                .route(delete().to(documents::delete_several)),
        )
        .service(resource("/datasets/{dataset_id}/documents/download-zip").route(post().to(downloads::all)))
        .service(resource("/datasets/{dataset_id}/documents/generate-summary").route(post().to(summaries::generate)))
        .service(resource("/datasets/{dataset_id}/documents/status/{action}/batch").route(patch().to(documents::act)))
        .configure(dataset_document_routes);
}

fn dataset_document_routes(config: &mut ServiceConfig) {
    use datasets::{children, documents, downloads, estimate, indexing, segments, sources, summaries};
    const DOCUMENT: &str = "/datasets/{dataset_id}/documents/{document_id}";
    let below = |rest: &str| resource(&format!("{DOCUMENT}{rest}"));
    config
        .service(below("").route(get().to(documents::find)).route(delete().to(documents::delete)))
        .service(below("/indexing-status").route(get().to(indexing::of_document)))
        .service(below("/indexing-estimate").route(get().to(estimate::of_document)))
        .service(below("/summary-status").route(get().to(summaries::state)))
        .service(below("/download").route(get().to(downloads::link)))
        .service(below("/website-sync").route(get().to(sources::sync_website)))
        .service(below("/notion/sync").route(get().to(sources::sync_notion)))
        .service(below("/pipeline-execution-log").route(get().to(sources::pipeline_log)))
        .service(below("/processing/{action}").route(patch().to(indexing::pause)))
        .service(below("/rename").route(post().to(documents::rename)))
        .service(below("/metadata").route(put().to(documents::describe)))
        .service(below("/segment").route(post().to(segments::create)))
        .service(below("/segment/{action}").route(patch().to(segments::act)))
        .service(below("/segments").route(get().to(segments::list)).route(delete().to(segments::delete_several)))
        .service(
            below("/segments/{segment_id}").route(patch().to(segments::change)).route(delete().to(segments::delete)),
        )
        .service(
            below("/segments/{segment_id}/child_chunks")
                .route(get().to(children::list))
                .route(post().to(children::create))
                .route(patch().to(children::set)),
        )
        .service(
            below("/segments/{segment_id}/child_chunks/{child_chunk_id}")
                .route(patch().to(children::change))
                .route(delete().to(children::delete)),
        );
}

/// Before the ids of datasets and documents, which would swallow these names.
pub(super) fn metadata_routes(config: &mut ServiceConfig) {
    use dataset_metadata::{built_in, change_values, create, delete as remove, list, rename, switch_built_in};
    config
        .service(resource("/datasets/metadata/built-in").route(get().to(built_in)))
        .service(resource("/datasets/{dataset_id}/metadata").route(get().to(list)).route(post().to(create)))
        .service(
            resource("/datasets/{dataset_id}/metadata/{metadata_id}")
                .route(patch().to(rename))
                .route(delete().to(remove)),
        )
        .service(resource("/datasets/{dataset_id}/metadata/built-in/{action}").route(post().to(switch_built_in)))
        .service(resource("/datasets/{dataset_id}/documents/metadata").route(post().to(change_values)));
}

/// Before the ids of datasets, which would swallow these names.
pub(super) fn external_routes(config: &mut ServiceConfig) {
    use external_knowledge::{change, create, create_dataset, delete as remove, find, list, use_check};
    config
        .service(resource("/datasets/external-knowledge-api").route(get().to(list)).route(post().to(create)))
        .service(
            resource("/datasets/external-knowledge-api/{api_id}")
                .route(get().to(find))
                .route(patch().to(change))
                .route(delete().to(remove)),
        )
        .service(resource("/datasets/external-knowledge-api/{api_id}/use-check").route(get().to(use_check)))
        .service(resource("/datasets/batch_import_status/{job_id}").route(get().to(segment_import::state)))
        .service(
            resource("/datasets/{dataset_id}/documents/{document_id}/segments/batch_import")
                .route(post().to(segment_import::begin)),
        )
        .service(resource("/datasets/external").route(post().to(create_dataset)));
}
