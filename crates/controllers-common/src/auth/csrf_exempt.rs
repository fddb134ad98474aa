//! The one place where the browser cannot send a header: the beacon that saves a workflow when its page is closed.

const PREFIX: &str = "/console/api/apps/";
const SUFFIX: &str = "/workflows/draft";

/// Whether the path begins like an app's workflow draft.
pub(super) fn is_exempt(path: &str) -> bool {
    let Some(rest) = path.strip_prefix(PREFIX) else { return false };
    let Some((id, rest)) = rest.split_once('/') else { return false };
    let is_id = !id.is_empty() && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    // `rest` has lost the slash that the suffix begins with.
    is_id && SUFFIX.strip_prefix('/').is_some_and(|suffix| rest.starts_with(suffix))
}

#[cfg(test)]
mod tests {
    use super::is_exempt;

    #[test]
    fn only_drafts_are_exempt() {
        let id = "0f3c8a1e-0000-4000-8000-000000000000";
        assert!(is_exempt(&format!("/console/api/apps/{id}/workflows/draft")));
        assert!(is_exempt(&format!("/console/api/apps/{id}/workflows/draft/run")));
        assert!(!is_exempt(&format!("/console/api/apps/{id}/workflows/publish")));
        assert!(!is_exempt("/console/api/apps/../workflows/draft"));
        assert!(!is_exempt("/console/api/apps//workflows/draft"));
        assert!(!is_exempt("/v1/apps/aa/workflows/draft"));
    }
}
