//! Files made of apps.

use super::dataset_ids::encrypt_dataset_id;
use super::tree::Tree;
use super::{CURRENT_VERSION, dependencies, graph};
use crate::NodeType;

/// What stands for a picture, which stays where it is.
const PICTURE: (&str, &str) = ("🤖", "#FFEAD5");

/// How the app presents itself.
#[derive(Debug, Clone, Copy)]
pub struct ExportApp<'a> {
    pub name: &'a str,
    pub mode: &'a str,
    pub icon_type: Option<&'a str>,
    pub icon: Option<&'a str>,
    pub icon_background: Option<&'a str>,
    pub description: &'a str,
    pub use_icon_as_answer_icon: bool,
}

/// What the app does.
#[derive(Debug, Clone)]
pub enum ExportBody {
    Workflow(Box<ExportWorkflow>),
    ModelConfig(Tree),
}

/// A workflow; values of secret variables are readable if they are to be in the file.
#[derive(Debug, Clone)]
pub struct ExportWorkflow {
    pub graph: Tree,
    pub features: Tree,
    pub environment_variables: Vec<Tree>,
    pub conversation_variables: Vec<Tree>,
    pub rag_pipeline_variables: Vec<Tree>,
}

/// What is to be in the file.
#[derive(Debug, Clone, Copy)]
pub struct ExportOptions<'a> {
    /// Secret variables and the credentials that tools use.
    pub include_secret: bool,
    /// The workspace's id, if dataset ids are to be readable only there.
    pub hide_dataset_ids: Option<&'a str>,
}

/// The file of an app, as YAML.
pub fn export(app: &ExportApp<'_>, body: ExportBody, options: &ExportOptions<'_>) -> String {
    let mut file =
        Tree::map([("app", head(app)), ("kind", Tree::text("app")), ("version", Tree::text(CURRENT_VERSION))]);
    let dependencies = match body {
        ExportBody::Workflow(workflow) => {
            let workflow = clean(*workflow, options);
            let dependencies = dependencies::of_graph(&workflow.graph);
            file.set(
                "workflow",
                Tree::map([
                    ("graph", workflow.graph),
                    ("features", workflow.features),
                    ("environment_variables", Tree::List(workflow.environment_variables)),
                    ("conversation_variables", Tree::List(workflow.conversation_variables)),
                    ("rag_pipeline_variables", Tree::List(workflow.rag_pipeline_variables)),
                ]),
            );
            dependencies
        }
        ExportBody::ModelConfig(mut config) => {
            let dependencies = dependencies::of_model_config(&config);
            if !options.include_secret {
                let tools = config.get_mut("agent_mode").and_then(|agent| agent.get_mut("tools"));
                tools.into_iter().flat_map(Tree::items_mut).for_each(without_credential);
            }
            file.set("model_config", config);
            dependencies
        }
    };
    file.set("dependencies", Tree::List(dependencies.iter().map(|dependency| dependency.tree().clone()).collect()));
    file.to_yaml()
}

fn head(app: &ExportApp<'_>) -> Tree {
    let text = |text: Option<&str>| text.map_or(Tree::Null, Tree::text);
    let picture = app.icon_type == Some("image");
    let (icon, background) = if picture { (Some(PICTURE.0), Some(PICTURE.1)) } else { (app.icon, app.icon_background) };
    Tree::map([
        ("name", Tree::text(app.name)),
        ("mode", Tree::text(app.mode)),
        ("icon_type", text(if picture { Some("emoji") } else { app.icon_type })),
        ("icon", text(icon)),
        ("icon_background", text(background)),
        ("description", Tree::text(app.description)),
        ("use_icon_as_answer_icon", Tree::Bool(app.use_icon_as_answer_icon)),
    ])
}

fn without_credential(tool: &mut Tree) {
    tool.take("credential_id");
}

fn clean(mut workflow: ExportWorkflow, options: &ExportOptions<'_>) -> ExportWorkflow {
    if !options.include_secret {
        for variable in &mut workflow.environment_variables {
            if variable.str_at("value_type") == Some("secret") {
                variable.set("value", Tree::text(""));
            }
        }
    }
    if let Some(tenant) = options.hide_dataset_ids {
        graph::replace_dataset_ids(&mut workflow.graph, |id| Some(encrypt_dataset_id(tenant, id)));
    }
    let nodes = workflow.graph.get_mut("nodes").map(Tree::items_mut).unwrap_or_default();
    for node in nodes {
        let kind = graph::node_type(node);
        if let (Some(kind), Some(data)) = (kind, node.get_mut("data")) {
            clean_node(kind, data, options.include_secret);
        }
    }
    workflow
}

/// Takes out what belongs to this installation only.
fn clean_node(kind: NodeType, data: &mut Tree, include_secret: bool) {
    if kind == NodeType::Tool && !include_secret {
        without_credential(data);
    } else if kind == NodeType::Agent && !include_secret {
        let tools = data.get_mut("agent_parameters").and_then(|p| p.get_mut("tools")?.get_mut("value"));
        tools.into_iter().flat_map(Tree::items_mut).for_each(without_credential);
    } else if kind == NodeType::TriggerSchedule {
        data.set("config", fresh_schedule());
    } else if kind == NodeType::TriggerWebhook {
        data.set("webhook_url", Tree::text(""));
        data.set("webhook_debug_url", Tree::text(""));
    } else if kind == NodeType::TriggerPlugin {
        data.set("subscription_id", Tree::text(""));
    }
}

fn fresh_schedule() -> Tree {
    let number = |text: &str| Tree::Number(text.to_owned());
    Tree::map([
        ("mode", Tree::text("visual")),
        ("frequency", Tree::text("daily")),
        ("timezone", Tree::text("UTC")),
        (
            "visual_config",
            Tree::map([
                ("time", Tree::text("12:00 AM")),
                ("on_minute", number("0")),
                ("weekdays", Tree::List(vec![Tree::text("sun")])),
                ("monthly_days", Tree::List(vec![number("1")])),
            ]),
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsl::{AppFile, Contents, decrypt_dataset_id};

    const TENANT: &str = "1c3a7f0e-2f7a-4a55-9a5a-0c8d5e6f7a8b";
    const DATASET: &str = "0f3c8a1e-0000-4000-8000-000000000000";

    fn app() -> ExportApp<'static> {
        ExportApp {
            name: "Flow: 1",
            mode: "workflow",
            icon_type: Some("image"),
            icon: Some("a-file"),
            icon_background: None,
            description: "two\nlines",
            use_icon_as_answer_icon: true,
        }
    }

    fn workflow() -> ExportWorkflow {
        let json = |text: &str| Tree::from_json(text).unwrap();
        ExportWorkflow {
            graph: json(&format!(
                r#"{{"nodes":[{{"id":"1","data":{{"type":"tool","provider_id":"a/b/c","credential_id":"hidden-1"}}}},
                {{"id":"2","data":{{"type":"agent","agent_parameters":{{"tools":{{"value":[{{"credential_id":"hidden-2","x":1}}]}}}}}}}},
                {{"id":"3","data":{{"type":"trigger-webhook","webhook_url":"http://hidden-3"}}}},
                {{"id":"4","data":{{"type":"trigger-plugin","subscription_id":"hidden-4"}}}},
                {{"id":"5","data":{{"type":"trigger-schedule","config":{{"cron":"hidden-5"}}}}}},
                {{"id":"6","data":{{"type":"knowledge-retrieval","dataset_ids":["{DATASET}"]}}}}],
                "edges":[],"viewport":{{"zoom":0.70,"x":1.0}}}}"#
            )),
            features: json(r#"{"unknown_key":[1]}"#),
            environment_variables: vec![json(
                r#"{"id":"e","name":"K","value_type":"secret","value":"hidden-6","extra":1}"#,
            )],
            conversation_variables: vec![],
            rag_pipeline_variables: vec![],
        }
    }

    #[test]
    fn what_belongs_to_the_installation_stays_there() {
        let options = ExportOptions { include_secret: false, hide_dataset_ids: Some(TENANT) };
        let yaml = export(&app(), ExportBody::Workflow(Box::new(workflow())), &options);
        assert!(!yaml.contains("hidden-"), "{yaml}");
        assert!(!yaml.contains(DATASET), "{yaml}");
        assert!(yaml.contains("zoom: 0.70") && yaml.contains("x: 1.0"), "{yaml}");
        let keys: Vec<&str> =
            yaml.lines().filter(|l| !l.starts_with([' ', '-'])).filter_map(|l| l.split(':').next()).collect();
        assert_eq!(keys, ["app", "dependencies", "kind", "version", "workflow"]);
        let file = AppFile::read(&yaml, CURRENT_VERSION).unwrap();
        assert_eq!((file.head().icon, file.head().icon_background), (Some("🤖"), Some("#FFEAD5")));
        let Contents::Workflow(part) = file.contents().unwrap() else { panic!() };
        let hidden = part.graph.get("nodes").unwrap().items()[5].get("data").unwrap().get("dataset_ids").unwrap();
        assert_eq!(decrypt_dataset_id(TENANT, hidden.items()[0].as_str().unwrap()).as_deref(), Some(DATASET));
        assert_eq!(part.features.to_json(), r#"{"unknown_key":[1]}"#);
        assert_eq!(file.dependencies()[0].plugin(), Some("a/b"));
    }

    #[test]
    fn secrets_are_there_when_asked_for() {
        let options = ExportOptions { include_secret: true, hide_dataset_ids: None };
        let yaml = export(&app(), ExportBody::Workflow(Box::new(workflow())), &options);
        for kept in ["hidden-1", "hidden-2", "hidden-6", DATASET] {
            assert!(yaml.contains(kept), "{kept}: {yaml}");
        }
        for gone in ["hidden-3", "hidden-4", "hidden-5"] {
            assert!(!yaml.contains(gone), "{gone}: {yaml}");
        }
    }
}
