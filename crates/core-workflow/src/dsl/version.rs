//! Versions of files, compared like versions of Python packages.

use std::cmp::Ordering;
use std::sync::LazyLock;

use regex::Regex;

use super::app_file::ImportStatus;

/// A version that can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    epoch: u64,
    release: Vec<u64>,
    /// Development, alpha, beta, candidate, final, later; with its number.
    phase: (u8, u64),
}

static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)^\s* v? (?:(?<epoch>[0-9]+)!)? (?<release>[0-9]+(?:\.[0-9]+)*)
        (?:[-_.]?(?<pre>alpha|beta|preview|pre|rc|a|b|c)[-_.]?(?<pre_n>[0-9]*))?
        (?:(?:-(?<post_dash>[0-9]+))|(?:[-_.]?(?<post>post|rev|r)[-_.]?(?<post_n>[0-9]*)))?
        (?:[-_.]?(?<dev>dev)[-_.]?(?<dev_n>[0-9]*))?
        (?<local>\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)? \s*$",
    )
    .ok()
});

impl Version {
    /// `None` for a text that is no version.
    pub fn parse(text: &str) -> Option<Self> {
        let found = FORM.as_ref()?.captures(text)?;
        // Digits only: what does not fit is larger than every version there will be.
        let whole = |digits: &str| digits.parse().unwrap_or(u64::MAX);
        let number = |name: &str| found.name(name).map(|m| m.as_str()).filter(|m| !m.is_empty()).map_or(0, whole);
        let mut release: Vec<u64> = found.name("release")?.as_str().split('.').map(whole).collect();
        while release.len() > 1 && release.last() == Some(&0) {
            release.pop();
        }
        let phase = if found.name("post").is_some() {
            (6, number("post_n"))
        } else if found.name("post_dash").is_some() {
            (6, number("post_dash"))
        } else if let Some(pre) = found.name("pre") {
            let kind = match pre.as_str().to_ascii_lowercase().as_str() {
                "a" | "alpha" => 1,
                "b" | "beta" => 2,
                _ => 3,
            };
            (kind, number("pre_n"))
        } else if found.name("dev").is_some() {
            (0, number("dev_n"))
        } else if found.name("local").is_some() {
            (5, 0)
        } else {
            (4, 0)
        };
        Some(Self { epoch: number("epoch"), release, phase })
    }

    fn part(&self, index: usize) -> u64 {
        self.release.get(index).copied().unwrap_or(0)
    }

    /// What importing a file of this version into an installation of version `current` comes to.
    pub(super) fn status(&self, current: &Self) -> ImportStatus {
        if self > current || self.part(0) < current.part(0) {
            ImportStatus::Pending
        } else if self.part(1) < current.part(1) {
            ImportStatus::CompletedWithWarnings
        } else {
            ImportStatus::Completed
        }
    }

    /// Whether files of this version name what they depend on.
    pub(super) fn names_dependencies(&self) -> bool {
        *self > Self { epoch: 0, release: vec![0, 1, 5], phase: (4, 0) }
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.epoch, &self.release, self.phase).cmp(&(other.epoch, &other.release, other.phase))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_decide() {
        use ImportStatus::{Completed, CompletedWithWarnings, Pending};
        for (imported, current, expected) in [
            ("0.5.0", "0.5.0", Completed),
            ("0.5.9", "0.5.0", Pending),
            ("0.5", "0.5.0", Completed),
            ("v0.5.0", "0.5.0", Completed),
            ("0.5.0", "0.5.3", Completed),
            ("0.4.99", "0.5.0", CompletedWithWarnings),
            ("0.1.0", "0.5.0", CompletedWithWarnings),
            ("0.6.0", "0.5.0", Pending),
            ("1.0.0", "0.5.0", Pending),
            ("0.9.0", "1.0.0", Pending),
            ("0.6.0rc1", "0.5.0", Pending),
            ("0.5.0rc1", "0.5.0", Completed),
            ("0.5.0.post1", "0.5.0", Pending),
            ("0.5.0+local", "0.5.0", Pending),
            ("99999999999999999999999", "0.5.0", Pending),
        ] {
            let (file, ours) = (Version::parse(imported).unwrap(), Version::parse(current).unwrap());
            assert_eq!(file.status(&ours), expected, "{imported} into {current}");
        }
        for text in ["", "latest", "0.5.x", "0..5", "0.5.0.", "0.5 0"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
        assert!(!Version::parse("0.1.5").unwrap().names_dependencies());
        assert!(Version::parse("0.1.6").unwrap().names_dependencies());
    }
}
