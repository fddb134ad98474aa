//! The script around a script: call `main`, print what it returned.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::call::Language;

/// Stands before and after the result. No `<` inside the result survives as such, so only the two last ones count.
const TAG: &str = "<<RESULT>>";

/// The whole script to send. What is added stands after the code and declares no name.
pub(super) fn calling_main(language: Language, code: &str, arguments: &str) -> String {
    let arguments = STANDARD.encode(arguments);
    match language {
        Language::Python3 => format!(
            r#"{code}

print("{TAG}" + __import__("json").dumps(
    main(**__import__("json").loads(__import__("base64").b64decode("{arguments}").decode("utf-8"))),
    allow_nan=False,
).replace("<", "\\u003c") + "{TAG}")
"#
        ),
        Language::JavaScript => format!(
            r#"{code}

;(async () => main(JSON.parse(Buffer.from("{arguments}", "base64").toString("utf-8"))))()
  .then((value) => console.log("{TAG}" + JSON.stringify(value).replace(/</g, "\\u003c") + "{TAG}"))
  .catch((error) => console.error(error instanceof Error ? `${{error}}\n${{error.stack}}` : String(error)));
"#
        ),
    }
}

/// What stands between the last two tags.
pub(super) fn result(stdout: &str) -> Option<&str> {
    let (before, _after) = stdout.rsplit_once(TAG)?;
    before.rsplit_once(TAG).map(|(_printed, result)| result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_result_counts() {
        assert_eq!(result("<<RESULT>>1<<RESULT>>\n<<RESULT>>{\"a\": 2}<<RESULT>>\n"), Some("{\"a\": 2}"));
        assert_eq!(result("printed <<RESULT>>{}<<RESULT>> late"), Some("{}"));
        assert_eq!(result("<<RESULT>>"), None);
        assert_eq!(result(""), None);
    }
}
