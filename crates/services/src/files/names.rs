//! Names that files come with.

use storage::sniff;

/// Characters that no file name may have.
const FORBIDDEN: [char; 9] = ['/', '\\', ':', '*', '?', '"', '<', '>', '|'];
/// Characters of a name; more are cut off.
const LONGEST_NAME: usize = 200;
/// What is longer is no extension.
const LONGEST_EXTENSION: usize = 50;

/// A name that can be shown and stored, and its extension.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub shown: String,
    /// Lower case, without the dot; empty if there is none.
    pub extension: String,
}

impl Name {
    /// `None`: the name has characters that no file name may have, or none that are seen.
    pub(super) fn read(given: &str) -> Option<Self> {
        if given.contains(FORBIDDEN) || given.chars().any(char::is_control) {
            return None;
        }
        let visible: String = given.chars().filter(|&character| !is_trick(character)).collect();
        let name = visible.trim();
        if name.is_empty() {
            return None;
        }
        let extension = Some(sniff::extension(name)).filter(|e| e.chars().count() <= LONGEST_EXTENSION);
        let extension = extension.unwrap_or_default();
        let shown = if name.chars().count() <= LONGEST_NAME {
            name.to_owned()
        } else {
            let stem: String = name.chars().take(LONGEST_NAME).collect();
            if extension.is_empty() { stem } else { format!("{stem}.{extension}") }
        };
        Some(Self { shown, extension })
    }

    /// Of a text that is not a file of the person's: any words, and the extension of texts.
    pub(super) fn of_text(given: &str) -> Self {
        let seen = given.chars().filter(|character| !character.is_control() && !is_trick(*character));
        Self { shown: seen.take(LONGEST_NAME).collect(), extension: "txt".to_owned() }
    }

    /// The extension by which some systems would open the file: they ignore dots and spaces at the end.
    pub(super) fn effective_extension(&self) -> String {
        sniff::extension(self.shown.trim_end_matches(['.', ' '])).trim().to_owned()
    }

    /// As a part of a path in the storage: nothing of a user's choice that could mean something there.
    pub(super) fn path_extension(&self) -> &str {
        let plain = self.extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if plain { &self.extension } else { "" }
    }
}

/// What people see of a name, without what is only there to deceive them; `None` where that is nothing.
pub(crate) fn seen(name: &str) -> Option<String> {
    let seen: String = name.chars().filter(|character| !character.is_control() && !is_trick(*character)).collect();
    let seen = seen.trim();
    (!seen.is_empty()).then(|| seen.to_owned())
}

/// Bytes of a name that every file system takes, with room for a number.
const LONGEST_PLAIN: usize = 220;
/// What some systems take for devices, whatever the extension.
const DEVICES: [&str; 8] = ["con", "prn", "aux", "nul", "com1", "com2", "lpt1", "lpt2"];

/// A name with its extension that is the name of one file, on every system.
pub(super) fn plain(name: &str, extension: &str) -> String {
    let seen = seen(name).unwrap_or_default();
    let harmless: String = seen.chars().map(|c| if FORBIDDEN.contains(&c) { '_' } else { c }).collect();
    let harmless = harmless.trim_end_matches(['.', ' ']);
    let ending = format!(".{extension}");
    let has_ending = !extension.is_empty() && harmless.to_lowercase().ends_with(&ending.to_lowercase());
    let (stem, ending) = match harmless.len().checked_sub(ending.len()).and_then(|at| harmless.split_at_checked(at)) {
        Some(parts) if has_ending => parts,
        _ => (harmless, if extension.is_empty() { "" } else { ending.as_str() }),
    };
    let stem = if stem.trim_matches(['.', ' ']).is_empty() { "document" } else { stem };
    let first = stem.split('.').next().unwrap_or_default().trim().to_lowercase();
    let mark = if DEVICES.contains(&first.as_str()) { "_" } else { "" };
    let mut short = String::new();
    for c in stem.chars() {
        if short.len() + c.len_utf8() + ending.len() > LONGEST_PLAIN {
            break;
        }
        short.push(c);
    }
    format!("{mark}{short}{ending}")
}

/// Characters that are not seen but change how the rest is read: directions of writing, marks of the byte order.
fn is_trick(character: char) -> bool {
    matches!(character,
        '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(given: &str, shown: &str, extension: &str) {
        let expected = Name { shown: shown.to_owned(), extension: extension.to_owned() };
        assert_eq!(Name::read(given), Some(expected), "{given:?}");
    }

    #[test]
    fn names_stay_as_they_are() {
        check("Notes \u{e4}.TXT", "Notes \u{e4}.TXT", "txt");
        check("\u{62a}\u{642}\u{631}\u{6cc}\u{631}.pdf", "\u{62a}\u{642}\u{631}\u{6cc}\u{631}.pdf", "pdf");
        check("README", "README", "");
        check("..", "..", "");
        check("a.tar.gz", "a.tar.gz", "gz");
    }

    #[test]
    fn tricks_are_taken_out() {
        check("invoice\u{202e}fdp.exe", "invoicefdp.exe", "exe");
        check(" \u{feff}a.txt\u{200f} ", "a.txt", "txt");
        for refused in ["", " ", "\u{202e}", "../a.txt", "a\\b.txt", "c:a", "a\n.txt", "a\u{0}.txt", "a|b"] {
            assert_eq!(Name::read(refused), None, "{refused:?}");
        }
    }

    #[test]
    fn long_names_are_cut() {
        let long = "\u{4f60}".repeat(300);
        check(&format!("{long}.pdf"), &format!("{}.pdf", "\u{4f60}".repeat(200)), "pdf");
        check(&long, &"\u{4f60}".repeat(200), "");
        check(&format!("a.{}", "x".repeat(300)), &format!("a.{}", "x".repeat(198)), "");
    }

    #[test]
    fn extensions_for_paths_and_lists() {
        let name = |given: &str| Name::read(given).unwrap();
        assert_eq!(name("a.p d f").path_extension(), "");
        assert_eq!(name("a.\u{e4}").path_extension(), "");
        assert_eq!(name("a.PDF").path_extension(), "pdf");
        assert_eq!(name("a.exe. .").effective_extension(), "exe");
        assert_eq!(name("a.").effective_extension(), "");
    }
}
