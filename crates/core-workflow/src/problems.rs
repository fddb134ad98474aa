//! Everything that is wrong with a workflow file, as far as it can be seen before a run: for people who write files.

use std::collections::HashSet;

use serde_json::Value as Json;

use crate::definition::{Definition, DefinitionError};
use crate::graph::{Graph, GraphError, NodeSpec};
use crate::pool;
use crate::registry::{Body, Registry};
use crate::selector::Selector;
use crate::template::Template;
use crate::workflow::Workflow;
use crate::workflow_file::WorkflowFile;

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Problem {
    #[error(transparent)]
    Graph(#[from] GraphError),
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    #[error("node `{node}` refers to `{reference}`, but there is no node `{missing}`")]
    UnknownNode { node: String, reference: String, missing: String },
    #[error("node `{node}` refers to `{reference}`, but the file defines no such variable")]
    UnknownVariable { node: String, reference: String },
}

impl Problem {
    /// A run cannot begin. Otherwise it can, and what is referred to is not there.
    pub const fn prevents_runs(&self) -> bool {
        matches!(self, Self::Graph(_) | Self::Definition(_))
    }
}

/// Namespaces whose variables no file defines.
const OPEN_NAMESPACES: [&str; 2] = [pool::SYSTEM, "rag"];

/// Fields whose texts are code or templates of another kind.
const NO_TEMPLATES: [&str; 3] = ["code", "template", "jinja2_text"];

/// All problems of a file, in the order of its nodes; none: a run can begin.
pub fn problems(file: &WorkflowFile, registry: &Registry) -> Vec<Problem> {
    let definitions = file.environment.iter().chain(&file.conversation);
    let mut problems: Vec<Problem> =
        definitions.filter_map(|definition| definition.typed().err()).map(Problem::Definition).collect();
    let (graph, faults) = match Graph::read(&file.graph) {
        Ok(read) => read,
        Err(fault) => {
            problems.push(fault.into());
            return problems;
        }
    };
    let unread = !faults.is_empty();
    problems.extend(faults.into_iter().map(Problem::Graph));
    match graph.root(None) {
        Ok(root) => problems.extend(graph.faults(root).into_iter().map(Problem::Graph)),
        // A start that cannot be read has been told of.
        Err(_) if unread => {}
        Err(fault) => problems.push(fault.into()),
    }
    let known = Known::of(file);
    for node in &graph.nodes {
        problems.extend(of_node(&graph, node, registry).into_iter().map(Problem::Graph));
        known.look_through(node, &mut problems);
    }
    if !problems.iter().any(Problem::prevents_runs)
        && let Err(fault) = Workflow::compile(&file.graph, registry)
    {
        problems.push(fault.into());
    }
    problems
}

fn of_node(graph: &Graph, node: &NodeSpec, registry: &Registry) -> Option<GraphError> {
    let start = match registry.build(node) {
        Ok(Body::Leaf(_)) => return None,
        Ok(Body::Iteration(spec)) => spec.start_node,
        Ok(Body::Loop(spec)) => spec.start_node,
        Err(fault) => return Some(fault),
    };
    match graph.position(&start) {
        Some(start) => graph.no_circle(start).err(),
        None => Some(GraphError::MissingContainerStart { node: node.id.to_string(), start }),
    }
}

/// What references may lead to.
struct Known<'a> {
    /// Those that cannot be read too.
    nodes: HashSet<&'a str>,
    environment: HashSet<&'a str>,
    conversation: HashSet<&'a str>,
}

impl<'a> Known<'a> {
    fn of(file: &'a WorkflowFile) -> Self {
        let names = |list: &'a [Definition]| list.iter().map(|definition| definition.name.as_str()).collect();
        let nodes = file.graph.get("nodes").and_then(Json::as_array).into_iter().flatten();
        Self {
            nodes: nodes.filter_map(|node| node.get("id")?.as_str()).collect(),
            environment: names(&file.environment),
            conversation: names(&file.conversation),
        }
    }

    fn look_through(&self, node: &NodeSpec, problems: &mut Vec<Problem>) {
        let mut found = Vec::new();
        for (key, value) in node.data.iter() {
            references(key, value, false, &mut found);
        }
        for selector in found {
            let problem = self.problem(&node.id, &selector);
            problems.extend(problem.filter(|problem| !problems.contains(problem)));
        }
    }

    fn problem(&self, node: &str, selector: &Selector) -> Option<Problem> {
        let (first, name) = (selector.node().as_ref(), selector.name().as_ref());
        let defined = match first {
            pool::ENVIRONMENT => &self.environment,
            pool::CONVERSATION => &self.conversation,
            _ if self.nodes.contains(first) || OPEN_NAMESPACES.contains(&first) => return None,
            _ => {
                let (node, reference) = (node.to_owned(), selector.dotted());
                return Some(Problem::UnknownNode { node, reference, missing: first.to_owned() });
            }
        };
        let unknown = Problem::UnknownVariable { node: node.to_owned(), reference: selector.dotted() };
        (!defined.contains(name)).then_some(unknown)
    }
}

/// Selectors in a node's fields. `chosen`: a neighbouring field says that `value` is a variable.
fn references(key: &str, value: &Json, chosen: bool, found: &mut Vec<Selector>) {
    match value {
        Json::String(text) if !NO_TEMPLATES.contains(&key) => {
            found.extend(Template::parse(text).selectors().cloned());
        }
        Json::Array(items) => {
            let named = key.ends_with("selector") || matches!(key, "variable" | "variables");
            let parts: Option<Vec<&str>> = items.iter().map(Json::as_str).collect();
            match parts {
                Some(parts) if named || (chosen && key == "value") => found.extend(Selector::new(parts)),
                _ => items.iter().for_each(|item| references(key, item, false, found)),
            }
        }
        Json::Object(map) => {
            let is_variable = |name: &&str| map.get(*name).and_then(Json::as_str) == Some("variable");
            let chosen = ["type", "input_type", "value_type"].iter().any(is_variable);
            map.iter().for_each(|(key, value)| references(key, value, chosen, found));
        }
        Json::String(_) | Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(yaml: &str) -> Vec<String> {
        let file = WorkflowFile::parse(yaml).unwrap();
        problems(&file, &Registry::standard()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn all_problems_are_found_at_once() {
        let problems = found(
            "
workflow:
  environment_variables: [{name: A, value_type: number, value: x}, {name: B, value_type: thing}]
  graph:
    nodes:
      - {id: start, data: {type: start}}
      - {id: hook, data: {type: trigger-webhook}}
      - {id: odd, data: {type: teleporter}}
      - {id: a, data: {type: answer}}
      - {id: b, data: {type: iteration, start_node_id: nowhere}}
    edges:
      - {source: start, target: odd}
      - {source: start, target: gone}
      - {source: start, target: a}
      - {source: a, target: start}
      - {source: hook, target: a}",
        );
        for (at, part) in [
            "variable `A`: expected a value of type number",
            "variable `B` has the unknown type `thing`",
            "node `odd`: unknown node type `teleporter`",
            "MISSING_NODE: the edge from `start` to `gone`",
            "TRIGGER_START_NODE_CONFLICT",
            "CYCLE: the nodes `a` -> `start` -> `a`",
        ]
        .iter()
        .enumerate()
        {
            assert!(problems.get(at).is_some_and(|problem| problem.contains(part)), "{part}: {problems:#?}");
        }
        assert!(
            problems.iter().any(|problem| problem.contains("node `a` (answer): field `.`: missing field `answer`")),
            "{problems:#?}"
        );
        assert!(problems.iter().any(|problem| problem.contains("start node `nowhere`")), "{problems:#?}");
    }

    #[test]
    fn references_to_nothing_do_not_prevent_runs() {
        let yaml = "
workflow:
  environment_variables: [{name: A, value_type: string, value: x}]
  graph:
    nodes:
      - {id: start, data: {type: start}}
      - {id: t, data: {type: template-transform, template: '{{#ghost.x#}}', variables: [{variable: x, value_selector: [ghost, x]}]}}
      - {id: answer, data: {type: answer, answer: '{{#sys.query#}}{{#env.A#}}{{#env.B#}}{{#t.output#}}{{#other.x#}}{{#other.x#}}'}}
      - {id: as, data: {type: assigner, version: '2', items: [{variable_selector: [conversation, c], input_type: variable, operation: over-write, value: [nobody, x]}, {variable_selector: [t, x], input_type: constant, operation: set, value: [a, b]}]}}
    edges: [{source: start, target: t}, {source: t, target: answer}]";
        let file = WorkflowFile::parse(yaml).unwrap();
        let problems = problems(&file, &Registry::standard());
        assert!(!problems.iter().any(Problem::prevents_runs));
        assert_eq!(
            problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "node `t` refers to `ghost.x`, but there is no node `ghost`",
                "node `answer` refers to `env.B`, but the file defines no such variable",
                "node `answer` refers to `other.x`, but there is no node `other`",
                "node `as` refers to `conversation.c`, but the file defines no such variable",
                "node `as` refers to `nobody.x`, but there is no node `nobody`",
            ]
        );
    }
}
