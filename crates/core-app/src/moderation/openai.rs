//! OpenAI's moderation model, with the workspace's own key.

use core_model_runtime::ModelType;

use super::Judge;
use crate::error::GenerateError;

const PROVIDER: &str = "langgenius/openai/openai";
const MODEL: &str = "omni-moderation-latest";

impl Judge<'_> {
    /// Whether the model finds the text objectionable.
    pub(super) async fn flagged_by_openai(self, text: String) -> Result<bool, GenerateError> {
        if text.is_empty() {
            return Ok(false);
        }
        let model = self.parts.models.model(self.tenant, PROVIDER, MODEL, ModelType::Moderation).await?;
        Ok(self.parts.runtime.moderate(&model, &[text]).await?)
    }
}
