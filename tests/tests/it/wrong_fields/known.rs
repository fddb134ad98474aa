//! What is there, so that routes about it get somewhere.

use serde_json::json;
use test_kit::{Client, Console};

use crate::it::ground::{Ground, MODEL, question};
use crate::it::knowledge_holdings::{Holdings, Place};

/// What the ids in paths stand for.
pub(super) struct Known {
    pub(super) chat: String,
    pub(super) completion: String,
    pub(super) workflow: String,
    /// The chat and the completion app, as the explore page has them.
    installed: [String; 2],
    pub(super) conversation: String,
    pub(super) message: String,
    pub(super) page_conversation: String,
    pub(super) page_message: String,
    pub(super) holdings: Holdings,
}

async fn installed(console: &Console, app: &str) -> String {
    console.get(&format!("/installed-apps?app_id={app}")).await.expect(200).text_at("/installed_apps/0/id")
}

impl Known {
    pub(super) async fn of(ground: &Ground, page: &Client) -> Self {
        let completion = ground.console.create_ready_app("completion", ground.provider, MODEL).await;
        let workflow = ground.console.create_app("workflow", "A workflow").await;
        let asked = ground.service.post_json("/chat-messages", &question("Hi")).await.expect(200);
        let of_page = page.post_json("/chat-messages", &json!({"inputs": {}, "query": "Hi"})).await.expect(200);
        let Ground { server, console, stub, app, .. } = ground;
        let place = Place { server, console, stub, app: &app.id };
        let installed =
            [installed(&ground.console, &ground.app.id).await, installed(&ground.console, &completion.id).await];
        Self {
            installed,
            chat: ground.app.id.clone(),
            completion: completion.id,
            workflow: workflow.id,
            conversation: asked.text_at("/conversation_id"),
            message: asked.text_at("/message_id"),
            page_conversation: of_page.text_at("/conversation_id"),
            page_message: of_page.text_at("/message_id"),
            holdings: Holdings::fill(&place).await,
        }
    }

    pub(super) fn fill(&self, path: &str) -> String {
        let app = match path {
            p if p.contains("completion-messages") => &self.completion,
            p if p.contains("/workflow") => &self.workflow,
            _ => &self.chat,
        };
        let [installed_chat, installed_completion] = &self.installed;
        let installed = if path.contains("completion-messages") { installed_completion } else { installed_chat };
        let id = match path {
            p if p.starts_with("/api/conversations") => &self.page_conversation,
            p if p.starts_with("/api/messages") => &self.page_message,
            p if p.contains("/messages/") => &self.message,
            _ => &self.conversation,
        };
        let mut filled = self
            .holdings
            .fill_in(path)
            .replace("{installed_app_id}", installed)
            .replace("{app_id}", app)
            .replace("{id}", id)
            .replace("{provider}", "langgenius/openai_api_compatible/openai_api_compatible");
        // Everything else in a path is an id of something; this one is of something else.
        while let Some((before, (_, after))) =
            filled.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            filled = format!("{before}{}{after}", self.message);
        }
        filled
    }
}
