//! Which reader a document gets.

use super::budget::Budget;
use super::error::ExtractError;
use super::stream::{Extracted, Out};
use super::{Document, Page};
use super::{csv, doc, docx, epub, html, json, mail, markdown, msg, pdf, plain, ppt, pptx, properties, sheet};
use super::{subtitles, xml_text, yaml};

/// How far into a file of an unknown kind a NUL is looked for, which no text has.
const LOOKED_AT: usize = 8 * 1024;

/// A kind of document that is read in its own way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Plain,
    Markdown,
    Html,
    Json,
    Yaml,
    Pdf,
    Doc,
    Docx,
    Csv,
    Xls,
    Xlsx,
    Ods,
    Ppt,
    Pptx,
    Epub,
    Eml,
    Msg,
    Vtt,
    Srt,
    Properties,
    Xml,
}

impl Format {
    pub(super) const ALL: [Self; 21] = [
        Self::Plain,
        Self::Markdown,
        Self::Html,
        Self::Json,
        Self::Yaml,
        Self::Pdf,
        Self::Doc,
        Self::Docx,
        Self::Csv,
        Self::Xls,
        Self::Xlsx,
        Self::Ods,
        Self::Ppt,
        Self::Pptx,
        Self::Epub,
        Self::Eml,
        Self::Msg,
        Self::Vtt,
        Self::Srt,
        Self::Properties,
        Self::Xml,
    ];

    /// By extension, or by MIME type for a file without one.
    pub(super) fn for_text(document: &Document) -> Result<Self, ExtractError> {
        match (extension_of(document), mime_type_of(document)) {
            (Some(extension), _) => {
                Self::by_extension(&extension).ok_or(ExtractError::UnsupportedExtension(format!(".{extension}")))
            }
            (None, Some(mime_type)) => {
                Self::by_mime_type(&mime_type).ok_or(ExtractError::UnsupportedMimeType(mime_type))
            }
            (None, None) => Err(ExtractError::UnknownType),
        }
    }

    /// Likewise, but what is not known is text unless its bytes say that it is not.
    pub(super) fn for_pages(document: &Document) -> Result<Self, ExtractError> {
        Self::for_text(document).or_else(|unsupported| {
            let start = document.bytes.get(..LOOKED_AT).unwrap_or(&document.bytes);
            if plain::looks_binary(start) { Err(unsupported) } else { Ok(Self::Plain) }
        })
    }

    fn by_extension(extension: &str) -> Option<Self> {
        Some(match extension {
            "md" | "markdown" | "mdx" => Self::Markdown,
            "html" | "htm" | "xhtml" => Self::Html,
            "json" => Self::Json,
            "yaml" | "yml" => Self::Yaml,
            "pdf" => Self::Pdf,
            "doc" => Self::Doc,
            "docx" | "docm" => Self::Docx,
            "csv" => Self::Csv,
            "xls" => Self::Xls,
            "xlsx" | "xlsm" => Self::Xlsx,
            "ods" => Self::Ods,
            "ppt" => Self::Ppt,
            "pptx" | "pptm" => Self::Pptx,
            "epub" => Self::Epub,
            "eml" => Self::Eml,
            "msg" => Self::Msg,
            "vtt" => Self::Vtt,
            "srt" => Self::Srt,
            "properties" => Self::Properties,
            "xml" => Self::Xml,
            text if TEXTS.split_whitespace().any(|known| known == text) => Self::Plain,
            _ => return None,
        })
    }

    fn by_mime_type(mime_type: &str) -> Option<Self> {
        Some(match mime_type {
            "text/markdown" | "text/x-markdown" => Self::Markdown,
            "text/html" | "text/htm" | "application/xhtml+xml" => Self::Html,
            "application/json" => Self::Json,
            "application/yaml" | "application/x-yaml" | "text/yaml" | "text/x-yaml" => Self::Yaml,
            "application/pdf" => Self::Pdf,
            "application/msword" => Self::Doc,
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => Self::Docx,
            "text/csv" => Self::Csv,
            "application/vnd.ms-excel" => Self::Xls,
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => Self::Xlsx,
            "application/vnd.oasis.opendocument.spreadsheet" => Self::Ods,
            "application/vnd.ms-powerpoint" => Self::Ppt,
            "application/vnd.openxmlformats-officedocument.presentationml.presentation" => Self::Pptx,
            "application/epub+zip" => Self::Epub,
            "message/rfc822" => Self::Eml,
            "application/vnd.ms-outlook" => Self::Msg,
            "text/vtt" => Self::Vtt,
            "application/x-subrip" => Self::Srt,
            "text/properties" | "text/x-java-properties" => Self::Properties,
            "application/xml" | "text/xml" => Self::Xml,
            "application/javascript" | "application/x-sh" | "application/toml" | "application/sql" => Self::Plain,
            text if text.starts_with("text/") => Self::Plain,
            _ => return None,
        })
    }

    /// For messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "text",
            Self::Markdown => "Markdown",
            Self::Html => "HTML",
            Self::Json => "JSON",
            Self::Yaml => "YAML",
            Self::Pdf => "PDF",
            Self::Doc => "DOC",
            Self::Docx => "DOCX",
            Self::Csv => "CSV",
            Self::Xls => "XLS",
            Self::Xlsx => "XLSX",
            Self::Ods => "ODS",
            Self::Ppt => "PPT",
            Self::Pptx => "PPTX",
            Self::Epub => "EPUB",
            Self::Eml => "EML",
            Self::Msg => "MSG",
            Self::Vtt => "VTT",
            Self::Srt => "SRT",
            Self::Properties => "properties",
            Self::Xml => "XML",
        }
    }

    /// One text for a workflow.
    pub(super) fn text(self, bytes: &[u8], budget: &Budget) -> Result<String, ExtractError> {
        match self {
            // The node hands HTML on as it is: attributes and scripts may be what a workflow is after.
            Self::Plain | Self::Markdown | Self::Html | Self::Xml => plain::text(bytes, budget),
            Self::Json => json::text(bytes, budget),
            Self::Yaml => yaml::text(bytes, budget),
            Self::Pdf => pdf::text(bytes, budget),
            Self::Doc => doc::text(bytes, budget),
            Self::Docx => docx::text(bytes, budget, docx::Links::Plain),
            Self::Csv => csv::text(bytes, budget),
            Self::Xls => sheet::text(sheet::Kind::Xls, bytes, budget),
            Self::Xlsx => sheet::text(sheet::Kind::Xlsx, bytes, budget),
            Self::Ods => sheet::text(sheet::Kind::Ods, bytes, budget),
            Self::Ppt => ppt::text(bytes, budget),
            Self::Pptx => pptx::text(bytes, budget),
            Self::Epub => epub::text(bytes, budget),
            Self::Eml => mail::text(bytes, budget),
            Self::Msg => msg::text(bytes, budget),
            Self::Vtt => subtitles::vtt(bytes, budget),
            Self::Srt => subtitles::srt(bytes, budget),
            Self::Properties => properties::text(bytes, budget),
        }
    }

    /// Pieces for a knowledge base.
    pub(super) fn pages(self, bytes: &[u8], budget: &Budget) -> Result<Vec<Page>, ExtractError> {
        let text = match self {
            Self::Pdf => return pdf::pages(bytes, budget),
            Self::Csv => return csv::pages(bytes, budget),
            Self::Xls => return sheet::pages(sheet::Kind::Xls, bytes, budget),
            Self::Xlsx => return sheet::pages(sheet::Kind::Xlsx, bytes, budget),
            Self::Ods => return sheet::pages(sheet::Kind::Ods, bytes, budget),
            Self::Pptx => return pptx::pages(bytes, budget),
            Self::Markdown => return markdown::pages(bytes, budget),
            Self::Html => html::visible_text(bytes, budget)?,
            Self::Xml => xml_text::text(bytes, budget)?,
            Self::Docx => docx::text(bytes, budget, docx::Links::Markdown)?,
            // Indexed as they were written.
            Self::Plain | Self::Json | Self::Yaml | Self::Vtt | Self::Srt | Self::Properties => {
                plain::text(bytes, budget)?
            }
            Self::Doc | Self::Ppt | Self::Epub | Self::Eml | Self::Msg => self.text(bytes, budget)?,
        };
        Ok(vec![Page::of(text)])
    }

    /// The same pieces one after the other, and the pictures that they show. Text files come in parts.
    pub(super) fn stream(self, bytes: &[u8], budget: &Budget, out: &mut Out<'_>) -> Result<(), ExtractError> {
        if self.is_text() {
            return plain::stream(bytes, budget, out);
        }
        let pages = self.pages(bytes, budget)?;
        for picture in budget.take_pictures() {
            out(Extracted::Picture(picture))?;
        }
        for page in pages {
            out(Extracted::Page(page))?;
        }
        Ok(())
    }

    /// Whether its reader is simple enough to be trusted with any file: no parser that goes down by recursion, nothing
    /// that is unpacked.
    pub(super) fn is_harmless(self) -> bool {
        self.is_text() || matches!(self, Self::Markdown | Self::Csv)
    }

    /// Whether it is indexed as it was written.
    pub(super) fn is_text(self) -> bool {
        matches!(self, Self::Plain | Self::Json | Self::Yaml | Self::Vtt | Self::Srt | Self::Properties)
    }
}

fn extension_of(document: &Document) -> Option<String> {
    let given = document.extension.as_deref().map(|extension| extension.trim().trim_start_matches('.'));
    let named = || {
        let (stem, extension) = document.file_name.as_deref()?.trim().rsplit_once('.')?;
        // `.env` has no extension, nor has the last folder of a path.
        (!stem.is_empty() && !extension.contains(['/', '\\'])).then_some(extension)
    };
    let extension = given.filter(|extension| !extension.is_empty()).or_else(named)?;
    (!extension.is_empty()).then(|| extension.to_lowercase())
}

/// Without parameters: `text/plain; charset=utf-8` is `text/plain`.
fn mime_type_of(document: &Document) -> Option<String> {
    let essence = document.mime_type.as_deref()?.split(';').next()?.trim().to_lowercase();
    (!essence.is_empty()).then_some(essence)
}

/// Plain text, data and source files: handed on as they are.
const TEXTS: &str = "\
    txt text log rst adoc asciidoc org tex bib nfo tsv jsonl ndjson json5 jsonc ipynb geojson xsl xslt xsd dtd \
    rss atom svg plist ini cfg conf config toml env editorconfig gitignore dockerignore dockerfile makefile mk cmake \
    gradle sbt bazel bzl nix tf tfvars hcl proto thrift avsc graphql gql sql prisma c h cc cpp cxx c++ hh hpp hxx \
    h++ m mm cs vb fs fsx fsi java kt kts scala groovy clj cljs cljc edn js mjs cjs jsx ts mts cts tsx vue svelte \
    astro css scss sass less styl py pyi pyx rb erb php pl pm lua tcl r rmd jl go rs swift dart zig nim d v sv vhd \
    vhdl ada adb ads pas pp f f77 f90 f95 for cob cbl asm s hs lhs ml mli elm ex exs erl hrl lisp el scm rkt coffee \
    cr sol vy wat wgsl glsl hlsl vert frag sh bash zsh fish ksh csh bat cmd ps1 psm1 psd1 awk sed vim applescript \
    diff patch j2 jinja jinja2 tpl tmpl mustache hbs handlebars ejs pug haml liquid twig po pot strings ass ssa lrc \
    ics vcf";
