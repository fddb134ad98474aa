//! The nodes: one file each, and here the list of them.

pub(crate) mod agent;
pub(crate) mod answer;
pub(crate) mod assigner;
pub(crate) mod code;
pub(crate) mod conditions;
pub(crate) mod datasource;
pub(crate) mod document_extractor;
pub(crate) mod end;
pub(crate) mod fields;
pub(crate) mod http_request;
pub(crate) mod human_input;
pub(crate) mod if_else;
pub mod iteration;
pub(crate) mod knowledge_index;
pub(crate) mod knowledge_retrieval;
pub(crate) mod list_operator;
pub(crate) mod llm;
pub mod r#loop;
pub(crate) mod marker;
pub(crate) mod messages;
pub(crate) mod model;
pub(crate) mod parameter;
pub(crate) mod parameter_extractor;
pub(crate) mod question_classifier;
pub mod start;
pub(crate) mod template_transform;
pub(crate) mod tool;
pub(crate) mod trigger;
pub(crate) mod variable_aggregator;

use crate::node_type::NodeType;
use crate::registry::Build;

/// Every node by type and version; of one type the last is the latest.
pub(crate) const ALL: &[(NodeType, &str, Build)] = &[
    (NodeType::Start, "1", start::build),
    (NodeType::End, "1", end::build),
    (NodeType::Answer, "1", answer::build),
    (NodeType::IfElse, "1", if_else::build),
    (NodeType::Code, "1", code::build),
    (NodeType::TemplateTransform, "1", template_transform::build),
    (NodeType::VariableAggregator, "1", variable_aggregator::build),
    (NodeType::LegacyVariableAggregator, "1", variable_aggregator::build),
    (NodeType::Assigner, "1", assigner::first::build),
    (NodeType::Assigner, "2", assigner::second::build),
    (NodeType::Llm, "1", llm::build),
    (NodeType::QuestionClassifier, "1", question_classifier::build),
    (NodeType::ParameterExtractor, "1", parameter_extractor::build),
    (NodeType::KnowledgeRetrieval, "1", knowledge_retrieval::build),
    (NodeType::Tool, "1", tool::build),
    (NodeType::Tool, "2", tool::build),
    (NodeType::Agent, "1", agent::build),
    (NodeType::Agent, "2", agent::build),
    (NodeType::DocumentExtractor, "1", document_extractor::build),
    (NodeType::HttpRequest, "1", http_request::build),
    (NodeType::HumanInput, "1", human_input::build),
    (NodeType::TriggerWebhook, "1", trigger::webhook::build),
    (NodeType::TriggerSchedule, "1", trigger::schedule),
    (NodeType::TriggerPlugin, "1", trigger::plugin),
    (NodeType::Datasource, "1", datasource::build),
    (NodeType::KnowledgeIndex, "1", knowledge_index::build),
    (NodeType::ListOperator, "1", list_operator::build),
    (NodeType::Iteration, "1", iteration::build),
    (NodeType::IterationStart, "1", marker::build),
    (NodeType::Loop, "1", r#loop::build),
    (NodeType::LoopStart, "1", marker::build),
    (NodeType::LoopEnd, "1", marker::build),
];
