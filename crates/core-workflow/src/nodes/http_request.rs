//! `http-request`: one request to an address that people choose, through the guarded client.

mod fields;
mod log;
mod request;
mod response;

use std::sync::Arc;
use std::time::Duration;

use egress::{Body as HttpBody, EgressError, Method, Patience, multipart};

use self::fields::{BodySpec, Credential, Fields, FormValue, HeaderLine, Timeouts};
use self::request::{Content, GENERAL, Request, fault};
use self::response::Answer;
use super::fields as common;
use crate::capabilities::{Capabilities, FileStore, NewFile};
use crate::graph::{NodeSpec, Strategy};
use crate::limits::Limits;
use crate::node::{Node, NodeError, Outcome, Step, Visit};
use crate::pool::Variables;
use crate::registry::Body;
use crate::run::RunContext;
use crate::template::Template;
use crate::value::{ArrayKind, Map, Value};

#[derive(Debug)]
struct HttpRequest {
    method: String,
    url: Template,
    credential: Option<Credential>,
    headers: Vec<HeaderLine>,
    params: Vec<(Template, Template)>,
    body: BodySpec,
    timeouts: Timeouts,
    verify_certificates: bool,
    /// An answer that is no success fails the node: somebody is prepared for it.
    fails_on_status: bool,
}

pub(crate) fn build(spec: &NodeSpec) -> Result<Body, String> {
    let fields: Fields = common::read(spec)?;
    let method = fields.method.0.trim().to_owned();
    const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];
    if !METHODS.contains(&method.to_ascii_lowercase().as_str()) {
        return Err(format!("method `{method}` is not supported"));
    }
    let retries = fields.retry_config.as_ref().and_then(|config| config.get("retry_enabled")?.as_bool());
    let node = HttpRequest {
        method,
        url: Template::parse(&fields.url.0),
        credential: fields.authorization.credential()?,
        headers: fields::headers(&fields.headers.0),
        params: fields::pairs(&fields.params.0),
        body: fields.body.body()?,
        timeouts: fields.timeout,
        verify_certificates: fields.ssl_verify.unwrap_or(true),
        fails_on_status: retries.unwrap_or(false) || spec.strategy != Strategy::None,
    };
    Ok(Body::Leaf(Arc::new(node)))
}

impl Node for HttpRequest {
    fn start(&self, visit: &Visit<'_>) -> Step {
        let request = match self.request(&visit.variables) {
            Ok(request) => request,
            Err(error) => return Step::Done(Err(error)),
        };
        let raw = log::raw(&request, &self.secrets(&visit.variables));
        let process_data = Map::from_iter([("request".to_owned(), Value::from(raw))]);
        let call = Call {
            request,
            run: Arc::clone(visit.run),
            waits: Waits::of(self.timeouts, &visit.run.limits),
            verify_certificates: self.verify_certificates,
        };
        let fails_on_status = self.fails_on_status;
        Step::pending(async move {
            match call.make().await {
                Ok((answer, files)) => finish(&answer, files, process_data, fails_on_status),
                Err(error) => Err(error.with_process_data(process_data)),
            }
        })
    }
}

fn finish(answer: &Answer, files: Vec<Value>, process_data: Map, fails: bool) -> Result<Outcome, NodeError> {
    if fails && !answer.is_success {
        let message = format!("Request failed with status code {}", answer.status);
        return Err(fault("HTTPResponseCodeError", message).with_process_data(process_data));
    }
    let headers = answer.headers.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
    let body = if answer.is_file { String::new() } else { answer.text() };
    let outputs = Map::from_iter([
        ("status_code".to_owned(), Value::Integer(answer.status.into())),
        ("body".to_owned(), Value::from(body)),
        ("headers".to_owned(), Value::object(headers)),
        ("files".to_owned(), Value::array_of(ArrayKind::File, files)),
    ]);
    Ok(Outcome { process_data, outputs, ..Outcome::default() })
}

impl HttpRequest {
    /// All texts that are filled in.
    fn templates(&self) -> Vec<&Template> {
        let mut templates = vec![&self.url];
        templates.extend(self.credential.iter().flat_map(|credential| [&credential.key, &credential.header]));
        templates.extend(self.params.iter().flat_map(|(key, value)| [key, value]));
        for line in &self.headers {
            match line {
                HeaderLine::Pair(name, value) => templates.extend([name, value]),
                HeaderLine::Whole(template) => templates.push(template),
            }
        }
        match &self.body {
            BodySpec::None | BodySpec::Binary(_) => {}
            BodySpec::RawText(text) | BodySpec::Json(text) => templates.extend(text),
            BodySpec::UrlEncoded(items) => templates.extend(items.iter().flat_map(|(key, value)| [key, value])),
            BodySpec::FormData(items) => {
                for item in items {
                    templates.push(&item.key);
                    if let FormValue::Text(text) = &item.value {
                        templates.push(text);
                    }
                }
            }
        }
        templates
    }

    /// Values of secret variables that the request holds, and what is shown instead.
    fn secrets(&self, variables: &Variables<'_>) -> Vec<(String, String)> {
        let values = self.templates().into_iter().flat_map(Template::selectors).filter_map(|s| variables.get(s));
        let secrets = values.filter(|value| matches!(value.as_ref(), Value::Secret(text) if !text.is_empty()));
        secrets.map(|secret| (secret.text(), secret.log())).collect()
    }
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy)]
struct Waits {
    connect: Duration,
    read: Duration,
    write: Duration,
}

impl Waits {
    fn of(timeouts: Timeouts, limits: &Limits) -> Self {
        let (connect, read, write) = limits.http_timeouts;
        let seconds = |own: Option<f64>, default: u64| {
            let longest = limits.max_time;
            let own = own.filter(|seconds| *seconds > 0.0).and_then(|s| Duration::try_from_secs_f64(s).ok());
            own.unwrap_or(Duration::from_secs(default)).min(longest)
        };
        let (own_connect, own_read, own_write) = (timeouts.connect, timeouts.read, timeouts.write);
        Self { connect: seconds(own_connect, connect), read: seconds(own_read, read), write: seconds(own_write, write) }
    }

    const fn patience(&self) -> Patience {
        Patience { connect: self.connect, write: self.write, head: self.read }
    }
}

/// A request on its way.
struct Call {
    request: Request,
    run: Arc<RunContext>,
    waits: Waits,
    verify_certificates: bool,
}

impl Call {
    /// The answer, and the files that it is.
    async fn make(self) -> Result<(Answer, Vec<Value>), NodeError> {
        let capabilities = &self.run.capabilities;
        let client =
            capabilities.http.as_ref().ok_or_else(|| fault(GENERAL, "HTTP requests are not available here"))?;
        let mut headers = self.request.header_map()?;
        let Request { method, url, headers: _, content } = self.request;
        let payload = Payload::of(content, capabilities, self.run.limits.max_file_bytes).await?;
        let sent_to = url.clone();
        let mut builder = client.request(method.clone(), url.as_str()).map_err(|e| failed(&e))?;
        if !self.verify_certificates {
            builder = builder.any_certificate();
        }
        builder = match payload {
            Payload::Nothing => builder,
            Payload::Bytes(bytes) => builder.body(bytes),
            Payload::Form(form) => builder.multipart(form),
        };
        headers.entry(egress::header::ACCEPT).or_insert(egress::header::HeaderValue::from_static("*/*"));
        let sending = builder.headers(headers).patience(self.waits.patience()).send();
        let response = sending.await.map_err(|e| failed(&e))?;
        let answer = response::read(response, &self.run.limits, self.waits.read).await?;
        if !answer.is_file || method == Method::HEAD {
            return Ok((answer, Vec::new()));
        }
        let url_name = sent_to.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
        let file = keep(&answer, url_name, capabilities.files.as_deref()).await?;
        Ok((answer, vec![file]))
    }
}

fn failed(error: &EgressError) -> NodeError {
    let kind = if matches!(error, EgressError::InvalidUrl { .. }) { "InvalidURLError" } else { GENERAL };
    fault(kind, error.to_string())
}

/// Keeps the file that an answer is.
async fn keep(answer: &Answer, url_name: &str, files: Option<&dyn FileStore>) -> Result<Value, NodeError> {
    let files = files.ok_or_else(|| fault(GENERAL, "files cannot be kept here: there is no file storage"))?;
    let mime_type = answer.mime_type(url_name);
    let given = answer.file_name.as_deref().unwrap_or(url_name);
    // The last part of a path, whoever's way of writing paths it is.
    let name = given.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    let name = match name {
        "" | "." | ".." => {
            let extension = mime_guess::get_mime_extensions_str(&mime_type).and_then(<[_]>::first);
            extension.map_or_else(|| "file".to_owned(), |extension| format!("file.{extension}"))
        }
        name => name.to_owned(),
    };
    let file = files.store(NewFile { name, mime_type, bytes: answer.body.clone() }).await;
    file.map(|file| Value::File(Arc::new(file))).map_err(|e| fault(GENERAL, e.to_string()))
}

/// A body with its files' bytes.
enum Payload {
    Nothing,
    Bytes(HttpBody),
    Form(multipart::Form),
}

impl Payload {
    /// `max`: bytes of all files together.
    async fn of(content: Content, capabilities: &Capabilities, max: usize) -> Result<Self, NodeError> {
        let mut left = max;
        Ok(match content {
            Content::None => Self::Nothing,
            Content::Text(text) => Self::Bytes(text.into()),
            Content::Form(pairs) => {
                let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
                Self::Bytes(text.into())
            }
            Content::File(file) => Self::Bytes(read_file(&file, capabilities, &mut left).await?.into()),
            Content::Multipart { texts, files } => {
                let mut form = multipart::Form::new();
                for (key, value) in texts {
                    form = form.text(key, value);
                }
                for (key, file) in files {
                    let bytes = read_file(&file, capabilities, &mut left).await?;
                    let name = file.filename.clone().unwrap_or_default();
                    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                    let part = multipart::Part::stream_with_length(bytes, length).file_name(name);
                    let mime = file.mime_type.as_deref().filter(|mime| mime.parse::<mime_guess::Mime>().is_ok());
                    let mime = mime.unwrap_or("application/octet-stream");
                    let part = part.mime_str(mime).map_err(|e| fault(GENERAL, format!("`{mime}`: {e}")))?;
                    form = form.part(key, part);
                }
                Self::Form(form)
            }
        })
    }
}

async fn read_file(
    file: &crate::value::File,
    capabilities: &Capabilities,
    left: &mut usize,
) -> Result<bytes::Bytes, NodeError> {
    const KIND: &str = "FileFetchError";
    let files = capabilities.files.as_ref();
    let files = files.ok_or_else(|| fault(KIND, "files cannot be read here: there is no file storage"))?;
    let bytes = files.read(file, *left).await.map_err(|e| fault(KIND, e.to_string()))?;
    *left = left
        .checked_sub(bytes.len())
        .ok_or_else(|| fault(KIND, format!("the files of this request are larger than {} bytes", *left)))?;
    Ok(bytes)
}
