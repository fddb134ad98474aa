//! The kinds of nodes a graph may hold.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

macro_rules! node_types {
    ($($(#[$meta:meta])* $variant:ident => $text:literal $(| $alias:literal)?),+ $(,)?) => {
        /// What a node does: `data.type` of its JSON.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum NodeType {
            $($(#[$meta])* $variant,)+
        }

        impl NodeType {
            /// Every type, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The text in graphs and events.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// The type of a text, `None` if no such type exists.
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text $(| $alias)? => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }
    };
}

node_types! {
    Start => "start",
    End => "end",
    Answer => "answer",
    Llm => "llm",
    KnowledgeRetrieval => "knowledge-retrieval",
    KnowledgeIndex => "knowledge-index",
    IfElse => "if-else",
    Code => "code",
    TemplateTransform => "template-transform",
    QuestionClassifier => "question-classifier",
    HttpRequest => "http-request",
    Tool => "tool",
    Datasource => "datasource",
    VariableAggregator => "variable-aggregator",
    /// The aggregator's name in old files.
    LegacyVariableAggregator => "variable-assigner",
    Loop => "loop",
    LoopStart => "loop-start",
    LoopEnd => "loop-end",
    Iteration => "iteration",
    IterationStart => "iteration-start",
    ParameterExtractor => "parameter-extractor",
    /// Writes conversation and loop variables.
    Assigner => "assigner",
    DocumentExtractor => "document-extractor",
    ListOperator => "list-operator",
    Agent => "agent",
    TriggerWebhook => "trigger-webhook",
    TriggerSchedule => "trigger-schedule",
    TriggerPlugin => "trigger-plugin",
    HumanInput => "human-input",
}

impl NodeType {
    /// A run may begin here.
    pub const fn starts_runs(self) -> bool {
        matches!(self, Self::Start | Self::Datasource) || self.is_trigger()
    }

    pub const fn is_trigger(self) -> bool {
        matches!(self, Self::TriggerWebhook | Self::TriggerSchedule | Self::TriggerPlugin)
    }

    /// Streams a template to the client.
    pub const fn is_response(self) -> bool {
        matches!(self, Self::Answer | Self::End | Self::KnowledgeIndex)
    }

    /// Chooses one of its handles.
    pub const fn is_branch(self) -> bool {
        matches!(self, Self::IfElse | Self::QuestionClassifier | Self::HumanInput)
    }

    /// Runs other nodes in rounds.
    pub const fn is_container(self) -> bool {
        matches!(self, Self::Iteration | Self::Loop)
    }

    /// The pseudo-node a container's rounds begin at; it makes no events.
    pub const fn starts_rounds(self) -> bool {
        matches!(self, Self::IterationStart | Self::LoopStart)
    }

    /// Runs again after a failure when it is told to.
    pub const fn retries(self) -> bool {
        matches!(self, Self::Code | Self::HttpRequest | Self::Tool | Self::Llm)
    }
}

impl fmt::Display for NodeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for NodeType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for NodeType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format_args!("unknown node type `{text}`")))
    }
}
