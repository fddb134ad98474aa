//! `datasource`: the root of a pipeline; puts out the document that the run was started for.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value as Json;

use super::fields::{self, LooseText, ParameterFields};
use super::messages::{Listener, spent};
use super::parameter::{Filled, Parameter};
use crate::capabilities::{DatasourceCall, DatasourceError, Datasources};
use crate::graph::NodeSpec;
use crate::node::{Node, NodeError, Outcome, Step, Visit};
use crate::pool;
use crate::registry::Body;
use crate::value::{File, Map, Value};

#[derive(Debug, Deserialize)]
struct Fields {
    #[serde(default)]
    plugin_id: LooseText,
    #[serde(default)]
    provider_name: LooseText,
    #[serde(default)]
    datasource_name: LooseText,
    #[serde(default, deserialize_with = "fields::null_as_default")]
    datasource_parameters: IndexMap<String, Option<ParameterFields>>,
}

#[derive(Debug)]
struct Datasource {
    plugin_id: String,
    provider: String,
    datasource: String,
    parameters: Vec<(String, Parameter)>,
}

/// Where a document comes from: `sys.datasource_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    LocalFile,
    OnlineDocument,
    WebsiteCrawl,
    OnlineDrive,
}

impl Source {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "local_file" => Self::LocalFile,
            "online_document" => Self::OnlineDocument,
            "website_crawl" => Self::WebsiteCrawl,
            "online_drive" => Self::OnlineDrive,
            _ => return None,
        })
    }
}

const KIND: &str = "DatasourceNodeError";

pub(crate) fn build(spec: &NodeSpec) -> Result<Body, String> {
    let fields: Fields = fields::read(spec)?;
    let parameters = fields.datasource_parameters.into_iter().filter_map(|(name, fields)| Some((name, fields?)));
    let parameters = parameters.map(|(name, fields)| Ok(Parameter::build(fields)?.map(|parameter| (name, parameter))));
    let node = Datasource {
        plugin_id: fields.plugin_id.0,
        provider: fields.provider_name.0,
        datasource: fields.datasource_name.0,
        parameters: parameters.filter_map(Result::transpose).collect::<Result<_, String>>()?,
    };
    Ok(Body::Leaf(Arc::new(node)))
}

impl Node for Datasource {
    fn start(&self, visit: &Visit<'_>) -> Step {
        let (mut parameters, mut inputs) = (Map::new(), Map::new());
        for (name, parameter) in &self.parameters {
            // A variable that leads nowhere is left out: what a pipeline needs, its datasource checks.
            if let Ok(Filled { value, shown }) = parameter.fill(&visit.variables) {
                parameters.insert(name.clone(), value);
                inputs.insert(name.clone(), shown);
            }
        }
        let fail = |message: String| Step::Done(Err(NodeError::new(KIND, message).with_inputs(inputs.clone())));
        let system = |name: &str| visit.variables.variable(pool::SYSTEM, name).filter(|value| value.is_truthy());
        let Some(kind) = system("datasource_type").map(Value::text) else {
            return fail("Datasource type is not set".to_owned());
        };
        let Some(info) = system("datasource_info").cloned() else {
            return fail("Datasource info is not set".to_owned());
        };
        let Some(source) = Source::parse(&kind) else {
            return fail(format!("Unsupported datasource provider: {kind}"));
        };
        let shown = info.to_json();
        if source == Source::WebsiteCrawl {
            let mut outputs = info.as_object().cloned().unwrap_or_default();
            outputs.insert("datasource_type".to_owned(), Value::from(kind));
            return Step::ok(outcome(inputs, outputs, shown));
        }
        let Some(datasources) = visit.run.capabilities.datasources.clone() else {
            return fail("datasources are not available here".to_owned());
        };
        let call = DatasourceCall {
            plugin_id: self.plugin_id.clone(),
            provider: self.provider.clone(),
            datasource: self.datasource.clone(),
            info: shown.clone(),
            parameters,
            settings: Arc::clone(&visit.spec.data),
        };
        let listener = Listener {
            signals: visit.signals(),
            node: Arc::clone(&visit.spec.id),
            kind: KIND,
            max: visit.run.limits.max_answer_text,
        };
        Step::pending(async move {
            match fetch(source, call, datasources.as_ref(), &listener).await {
                Ok(Fetched::File(file)) => {
                    let outputs = Map::from_iter([
                        ("file".to_owned(), Value::File(Arc::new(file))),
                        ("datasource_type".to_owned(), Value::from(kind)),
                    ]);
                    Ok(outcome(inputs, outputs, shown))
                }
                Ok(Fetched::Variables(variables, usage)) => {
                    let mut outcome = outcome(inputs, variables, shown);
                    spent(&mut outcome, usage);
                    Ok(outcome)
                }
                Err(error) => Err(error.with_inputs(inputs)),
            }
        })
    }
}

#[expect(clippy::large_enum_variant, reason = "made once and taken apart at once")]
enum Fetched {
    File(File),
    Variables(Map, Option<crate::usage::Usage>),
}

async fn fetch(
    source: Source,
    call: DatasourceCall,
    datasources: &dyn Datasources,
    listener: &Listener,
) -> Result<Fetched, NodeError> {
    Ok(match source {
        Source::LocalFile => Fetched::File(datasources.uploaded(call).await?),
        Source::OnlineDrive => Fetched::File(datasources.drive_file(call).await?),
        Source::OnlineDocument | Source::WebsiteCrawl => {
            let gathered = listener.gather(datasources.document(call).await?).await?;
            Fetched::Variables(gathered.variables, gathered.usage)
        }
    })
}

fn outcome(inputs: Map, outputs: Map, info: Json) -> Outcome {
    let mut outcome = Outcome { inputs, outputs, ..Outcome::default() };
    outcome.metadata.datasource_info = Some(info);
    outcome
}

impl From<DatasourceError> for NodeError {
    fn from(error: DatasourceError) -> Self {
        Self::new(KIND, error.to_string())
    }
}
