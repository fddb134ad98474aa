//! The plugins that an app needs, as files name them.

use super::graph;
use super::tree::Tree;
use crate::NodeType;

/// One entry of a file's `dependencies`: `{type, value, current_identifier}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency(Tree);

/// Tools that every installation has.
const BUILTIN_TOOLS: [&str; 4] = ["audio", "code", "time", "webscraper"];

impl Dependency {
    /// `None` for what has not the shape of one.
    pub fn read(tree: &Tree) -> Option<Self> {
        let known = matches!(tree.str_at("type"), Some("marketplace" | "github" | "package"));
        let value = tree.get("value")?.as_map()?;
        let mut entry = Tree::map([
            ("type", tree.get("type")?.clone()),
            ("value", Tree::Map(value.clone())),
            ("current_identifier", tree.get("current_identifier").cloned().unwrap_or(Tree::Null)),
        ]);
        if !matches!(entry.get("current_identifier"), Some(Tree::Text(_))) {
            entry.set("current_identifier", Tree::Null);
        }
        known.then_some(Self(entry))
    }

    fn of_plugin(plugin: &str) -> Self {
        let value = Tree::map([("marketplace_plugin_unique_identifier", Tree::text(plugin)), ("version", Tree::Null)]);
        Self(Tree::map([("type", Tree::text("marketplace")), ("value", value), ("current_identifier", Tree::Null)]))
    }

    /// The plugin without version and checksum: `organisation/name`.
    pub fn plugin(&self) -> Option<&str> {
        let value = self.0.get("value")?;
        let keys =
            ["marketplace_plugin_unique_identifier", "github_plugin_unique_identifier", "plugin_unique_identifier"];
        let identifier = keys.iter().find_map(|key| value.str_at(key))?;
        identifier.split(['@', ':']).next()
    }

    pub const fn tree(&self) -> &Tree {
        &self.0
    }
}

/// `langgenius/openai/openai` and the old `openai` are of the same plugin.
fn plugin_of_model(provider: &str) -> Option<String> {
    match provider.split('/').collect::<Vec<_>>().as_slice() {
        [organisation, plugin, _] if !organisation.is_empty() && !plugin.is_empty() => {
            Some(format!("{organisation}/{plugin}"))
        }
        ["google"] => Some("langgenius/gemini".to_owned()),
        [name] if !name.is_empty() => Some(format!("langgenius/{name}")),
        _ => None,
    }
}

fn plugin_of_tool(tool: &Tree) -> Option<String> {
    if !matches!(tool.str_at("provider_type"), Some("builtin" | "plugin") | None) {
        return None;
    }
    let provider = tool.str_at("provider_id").or_else(|| tool.str_at("provider_name"))?;
    match provider {
        name if BUILTIN_TOOLS.contains(&name) => None,
        "jina" | "siliconflow" | "stepfun" | "gitee_ai" => Some(format!("langgenius/{provider}_tool")),
        // Ids of API and workflow tools are UUIDs.
        id if uuid::Uuid::parse_str(id).is_ok() => None,
        other => plugin_of_model(other),
    }
}

fn collect(plugins: impl Iterator<Item = String>) -> Vec<Dependency> {
    let mut plugins: Vec<String> = plugins.collect();
    plugins.sort_unstable();
    plugins.dedup();
    plugins.iter().map(|plugin| Dependency::of_plugin(plugin)).collect()
}

/// What the nodes of a graph need.
pub(super) fn of_graph(graph: &Tree) -> Vec<Dependency> {
    collect(graph::nodes(graph).filter_map(|node| {
        let data = node.get("data")?;
        let kind = graph::node_type(node)?;
        if kind == NodeType::Tool {
            plugin_of_tool(data)
        } else if kind == NodeType::KnowledgeRetrieval {
            plugin_of_model(retrieval_provider(data)?)
        } else if graph::names_model(kind) {
            plugin_of_model(data.get("model")?.str_at("provider")?)
        } else {
            None
        }
    }))
}

fn retrieval_provider(data: &Tree) -> Option<&str> {
    if data.str_at("retrieval_mode") == Some("single") {
        return data.get("single_retrieval_config")?.get("model")?.str_at("provider");
    }
    let config = data.get("multiple_retrieval_config")?;
    match config.str_at("reranking_mode") {
        Some("weighted_score") => config.get("weights")?.get("vector_setting")?.str_at("embedding_provider_name"),
        _ => config.get("reranking_model")?.str_at("provider"),
    }
}

/// What the configuration of a chat, agent or completion app needs.
pub(super) fn of_model_config(config: &Tree) -> Vec<Dependency> {
    let model = config.get("model").and_then(|model| plugin_of_model(model.str_at("provider")?));
    let datasets = config.get("dataset_configs");
    let reranking =
        datasets.and_then(|d| plugin_of_model(d.get("reranking_model")?.str_at("reranking_provider_name")?));
    let tools = config.get("agent_mode").and_then(|agent| agent.get("tools")).map(Tree::items).unwrap_or_default();
    collect(model.into_iter().chain(reranking).chain(tools.iter().filter_map(plugin_of_tool)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_are_derived() {
        let graph = Tree::from_json(
            r#"{"nodes":[
            {"data":{"type":"llm","model":{"provider":"langgenius/openai/openai"}}},
            {"data":{"type":"question-classifier","model":{"provider":"openai"}}},
            {"data":{"type":"parameter-extractor","model":{"provider":"google"}}},
            {"data":{"type":"tool","provider_id":"time","provider_type":"builtin"}},
            {"data":{"type":"tool","provider_id":"junjiem/json/json","provider_type":"builtin"}},
            {"data":{"type":"tool","provider_id":"0f3c8a1e-0000-4000-8000-000000000000","provider_type":"workflow"}},
            {"data":{"type":"knowledge-retrieval","retrieval_mode":"multiple","multiple_retrieval_config":{"reranking_mode":"reranking_model","reranking_model":{"provider":"langgenius/cohere/cohere"}}}},
            {"data":{"type":"knowledge-retrieval","retrieval_mode":"multiple","multiple_retrieval_config":{"reranking_mode":"weighted_score","weights":{"vector_setting":{"embedding_provider_name":"jina"}}}}},
            {"data":{"type":"start"}}]}"#,
        )
        .unwrap();
        let found = of_graph(&graph);
        let plugins: Vec<_> = found.iter().filter_map(Dependency::plugin).collect();
        assert_eq!(
            plugins,
            ["junjiem/json", "langgenius/cohere", "langgenius/gemini", "langgenius/jina", "langgenius/openai"]
        );
    }

    #[test]
    fn entries_are_read() {
        let read = |json: &str| Dependency::read(&Tree::from_json(json).unwrap());
        let one = read(
            r#"{"type":"marketplace","value":{"marketplace_plugin_unique_identifier":"a/b:0.1.0@c0ffee","version":null},"x":1}"#,
        );
        assert_eq!(one.unwrap().plugin(), Some("a/b"));
        let two = read(
            r#"{"type":"github","value":{"repo":"r","github_plugin_unique_identifier":"a/c:1@f"},"current_identifier":"i"}"#,
        );
        assert_eq!(two.unwrap().plugin(), Some("a/c"));
        for odd in ["5", "{}", r#"{"type":"magic","value":{}}"#, r#"{"type":"package","value":[]}"#] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
