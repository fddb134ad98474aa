//! What a node tells while it works.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use tokio::sync::mpsc;

use crate::run::FrameId;

/// Where a signal comes from: the frame, and the node's place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    pub frame: FrameId,
    pub node: u32,
}

#[derive(Debug)]
pub(crate) enum Signal {
    /// A piece of one of the node's outputs.
    Chunk {
        name: String,
        text: String,
        is_final: bool,
    },
    Reasoning {
        text: String,
        is_final: bool,
    },
    AgentLog(Json),
    RetrieverResources(Vec<Json>),
}

/// Signals that may wait until the run takes them; a node that streams faster waits.
pub(crate) const SIGNALS_IN_FLIGHT: usize = 64;

/// A working node's voice. Nothing here fails: a run that is over no longer listens, and its nodes are dropped.
#[derive(Debug, Clone)]
pub struct Signals {
    pub(crate) origin: Origin,
    pub(crate) sender: mpsc::Sender<(Origin, Signal)>,
}

impl Signals {
    /// A piece of an output's text. The last one is [`finish`](Self::finish).
    pub async fn chunk(&self, name: &str, text: impl Into<String>) {
        self.send(Signal::Chunk { name: name.to_owned(), text: text.into(), is_final: false }).await;
    }

    /// The output is complete. Clients see an empty last piece.
    pub async fn finish(&self, name: &str) {
        self.send(Signal::Chunk { name: name.to_owned(), text: String::new(), is_final: true }).await;
    }

    pub async fn reasoning(&self, text: impl Into<String>, is_final: bool) {
        self.send(Signal::Reasoning { text: text.into(), is_final }).await;
    }

    pub async fn agent_log(&self, entry: Json) {
        self.send(Signal::AgentLog(entry)).await;
    }

    pub async fn retriever_resources(&self, resources: Vec<Json>) {
        self.send(Signal::RetrieverResources(resources)).await;
    }

    async fn send(&self, signal: Signal) {
        // A closed channel: the run is over, and this node with it.
        let _ = self.sender.send((self.origin, signal)).await;
    }
}
