//! What can be said of a graph without building it.

use super::tree::Tree;
use crate::NodeType;

/// Why a graph cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    #[error("the graph must be an object")]
    NoObject,
    #[error("nodes in workflow graph must be a list")]
    Nodes,
    #[error("edges in workflow graph must be a list")]
    Edges,
    #[error("every node and edge of a workflow graph must be an object")]
    Item,
    #[error("'{0}' is not a valid NodeType")]
    UnknownType(String),
    #[error("Start node and trigger nodes cannot coexist in the same workflow")]
    StartAndTrigger,
}

/// A model that a node names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelUse {
    /// The id of the node.
    pub node: String,
    pub provider: String,
    pub model: String,
}

/// The nodes that run: everything but notes.
pub(super) fn nodes(graph: &Tree) -> impl Iterator<Item = &Tree> {
    graph
        .get("nodes")
        .map(Tree::items)
        .unwrap_or_default()
        .iter()
        .filter(|node| node.str_at("type") != Some("custom-note"))
}

pub(super) fn node_type(node: &Tree) -> Option<NodeType> {
    NodeType::parse(node.get("data")?.str_at("type")?)
}

/// Whether nodes of a type have a language model in `data.model`.
pub(super) const fn names_model(kind: NodeType) -> bool {
    matches!(kind, NodeType::Llm | NodeType::QuestionClassifier | NodeType::ParameterExtractor)
}

/// Checks what holds for every draft, finished or not.
///
/// # Errors
/// The first thing that is wrong.
pub fn check_graph(graph: &Tree) -> Result<(), GraphError> {
    if graph.as_map().is_none() {
        return Err(GraphError::NoObject);
    }
    for (key, wrong) in [("nodes", GraphError::Nodes), ("edges", GraphError::Edges)] {
        match graph.get(key) {
            None => {}
            Some(Tree::List(items)) if items.iter().all(|item| item.as_map().is_some()) => {}
            Some(Tree::List(_)) => return Err(GraphError::Item),
            Some(_) => return Err(wrong),
        }
    }
    let (mut start, mut trigger) = (false, false);
    for node in nodes(graph) {
        // A node without a type is not finished; one with a type that nobody knows never will be.
        let Some(text) = node.get("data").and_then(|data| data.str_at("type")).filter(|text| !text.is_empty()) else {
            continue;
        };
        let kind = NodeType::parse(text).ok_or_else(|| GraphError::UnknownType(text.to_owned()))?;
        start |= kind == NodeType::Start;
        trigger |= kind.is_trigger();
    }
    if start && trigger { Err(GraphError::StartAndTrigger) } else { Ok(()) }
}

/// Whether a graph begins with something that happens by itself.
pub fn holds_trigger(graph: &Tree) -> bool {
    nodes(graph).filter_map(node_type).any(NodeType::is_trigger)
}

/// The language models that nodes name.
pub fn model_uses(graph: &Tree) -> Vec<ModelUse> {
    let text = |tree: &Tree, key: &str| tree.str_at(key).unwrap_or_default().to_owned();
    nodes(graph)
        .filter(|node| node_type(node).is_some_and(names_model))
        .filter_map(|node| {
            let model = node.get("data")?.get("model")?;
            Some(ModelUse { node: text(node, "id"), provider: text(model, "provider"), model: text(model, "name") })
        })
        .collect()
}

/// The ids of datasets that nodes search, each once.
pub fn dataset_uses(graph: &Tree) -> Vec<&str> {
    let searching = nodes(graph).filter(|node| node_type(node) == Some(NodeType::KnowledgeRetrieval));
    let lists = searching.filter_map(|node| node.get("data")?.get("dataset_ids"));
    let mut ids: Vec<&str> = lists.flat_map(Tree::items).filter_map(Tree::as_str).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// Gives each dataset that a graph names another id; `None` takes it out.
pub fn replace_dataset_ids(graph: &mut Tree, mut other: impl FnMut(&str) -> Option<String>) {
    let Some(nodes) = graph.get_mut("nodes") else { return };
    for node in nodes.items_mut() {
        if node_type(node) != Some(NodeType::KnowledgeRetrieval) {
            continue;
        }
        let Some(data) = node.get_mut("data") else { continue };
        let ids = data.get("dataset_ids").map(Tree::items).unwrap_or_default();
        let ids: Vec<Tree> = ids.iter().filter_map(Tree::as_str).filter_map(&mut other).map(Tree::Text).collect();
        data.set("dataset_ids", Tree::List(ids));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(json: &str) -> Tree {
        Tree::from_json(json).unwrap()
    }

    #[test]
    fn graphs_are_checked() {
        for (json, expected) in [
            (r#"{}"#, Ok(())),
            (r#"{"nodes":[],"edges":[]}"#, Ok(())),
            (r#"{"nodes":[{"id":"n","type":"custom-note","data":{"type":"anything"}}]}"#, Ok(())),
            (r#"{"nodes":[{"id":"1"},{"data":{"type":""}},{"data":{"type":"llm"}}]}"#, Ok(())),
            (r#"[]"#, Err(GraphError::NoObject)),
            (r#"{"nodes":{}}"#, Err(GraphError::Nodes)),
            (r#"{"edges":null}"#, Err(GraphError::Edges)),
            (r#"{"nodes":[1]}"#, Err(GraphError::Item)),
            (r#"{"nodes":[{"data":{"type":"quantum"}}]}"#, Err(GraphError::UnknownType("quantum".to_owned()))),
            (
                r#"{"nodes":[{"data":{"type":"start"}},{"data":{"type":"trigger-webhook"}}]}"#,
                Err(GraphError::StartAndTrigger),
            ),
        ] {
            assert_eq!(check_graph(&graph(json)), expected, "{json}");
        }
    }

    #[test]
    fn models_are_found() {
        let graph = graph(
            r#"{"nodes":[{"id":"1","data":{"type":"llm","model":{"provider":"p","name":"m"}}},{"id":"2","data":{"type":"code"}},
            {"id":"3","data":{"type":"parameter-extractor","model":{}}}]}"#,
        );
        let uses = model_uses(&graph);
        assert_eq!(uses.len(), 2);
        assert_eq!((uses[0].provider.as_str(), uses[0].model.as_str(), uses[1].model.as_str()), ("p", "m", ""));
    }
}
