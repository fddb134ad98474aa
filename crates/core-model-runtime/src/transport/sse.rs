//! An incremental decoder for server-sent events, and for lines of JSON, whose memory is bounded.
//!
//! Feed it bytes as they come; events may be cut anywhere, also inside a character.

/// What ends an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// A blank line, as the standard says.
    BlankLine,
    /// Every data line is an event of its own, for servers that send no blank lines.
    EveryLine,
    /// Every line that is not blank is an event, without field names (newline-delimited JSON).
    JsonLines,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SseError {
    #[error("an event is larger than {0} bytes")]
    TooLarge(usize),
    #[error("an event is not valid UTF-8")]
    InvalidUtf8,
}

pub(crate) struct SseDecoder {
    buffer: Vec<u8>,
    /// Start of the unread part of the buffer.
    read: usize,
    /// Up to here the unread part holds no line end.
    scanned: usize,
    name: String,
    data: String,
    has_data: bool,
    delivered: bool,
    framing: Framing,
    limit: usize,
}

impl SseDecoder {
    pub(crate) fn new(framing: Framing, limit: usize) -> Self {
        Self {
            buffer: Vec::new(),
            read: 0,
            scanned: 0,
            name: String::new(),
            data: String::new(),
            has_data: false,
            delivered: false,
            framing,
            limit,
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        if self.read > 0 {
            self.buffer.drain(..self.read);
            self.scanned -= self.read;
            self.read = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Moves to the next complete event; `false` asks for more bytes.
    pub(crate) fn advance(&mut self) -> Result<bool, SseError> {
        self.forget_delivered();
        while let Some(end) = self.line_end() {
            let complete = self.take_line(end)?;
            self.read = end + 1;
            self.scanned = self.read;
            if complete {
                self.delivered = true;
                return Ok(true);
            }
        }
        let pending = self.buffer.len() - self.read + self.data.len();
        if pending > self.limit { Err(SseError::TooLarge(self.limit)) } else { Ok(false) }
    }

    /// After the last byte: the event that was never ended by a blank line, if there is one.
    pub(crate) fn finish(&mut self) -> Result<bool, SseError> {
        self.forget_delivered();
        if self.read < self.buffer.len() {
            let end = self.buffer.len();
            let complete = self.take_line(end)?;
            self.read = end;
            self.scanned = end;
            if complete {
                self.delivered = true;
                return Ok(true);
            }
        }
        self.delivered = self.has_data;
        Ok(self.has_data)
    }

    /// Name and data of the event that [`Self::advance`] or [`Self::finish`] moved to.
    pub(crate) fn event(&self) -> (&str, &str) {
        (&self.name, &self.data)
    }

    fn forget_delivered(&mut self) {
        if self.delivered {
            self.name.clear();
            self.data.clear();
            self.has_data = false;
            self.delivered = false;
        }
    }

    fn line_end(&mut self) -> Option<usize> {
        let found = self.buffer.get(self.scanned..)?.iter().position(|&byte| byte == b'\n');
        match found {
            Some(at) => Some(self.scanned + at),
            None => {
                self.scanned = self.buffer.len();
                None
            }
        }
    }

    /// Reads the line up to `end`; `true` when it completes an event.
    fn take_line(&mut self, end: usize) -> Result<bool, SseError> {
        let line = self.buffer.get(self.read..end).unwrap_or_default();
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        if line.is_empty() {
            if !self.has_data {
                self.name.clear();
            }
            return Ok(self.has_data);
        }
        let data = if self.framing == Framing::JsonLines { Some(line) } else { field(line, b"data") };
        if let Some(value) = data {
            let value = std::str::from_utf8(value).map_err(|_invalid| SseError::InvalidUtf8)?;
            if self.data.len() + value.len() > self.limit {
                return Err(SseError::TooLarge(self.limit));
            }
            if self.has_data {
                self.data.push('\n');
            }
            self.data.push_str(value);
            self.has_data = true;
            return Ok(self.framing != Framing::BlankLine);
        }
        if let Some(value) = field(line, b"event") {
            let value = std::str::from_utf8(value).map_err(|_invalid| SseError::InvalidUtf8)?;
            self.name.clear();
            self.name.push_str(value);
        }
        // Comments, ids, retry times and unknown fields mean nothing here.
        Ok(false)
    }
}

fn field<'l>(line: &'l [u8], name: &[u8]) -> Option<&'l [u8]> {
    let value = line.strip_prefix(name)?;
    if value.is_empty() {
        return Some(value);
    }
    let value = value.strip_prefix(b":")?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests {
    use super::*;

    fn decode(framing: Framing, chunks: &[&[u8]]) -> Result<Vec<(String, String)>, SseError> {
        let mut decoder = SseDecoder::new(framing, 64);
        let mut events = Vec::new();
        let mut keep = |decoder: &SseDecoder| {
            let (name, data) = decoder.event();
            events.push((name.to_owned(), data.to_owned()));
        };
        for chunk in chunks {
            decoder.push(chunk);
            while decoder.advance()? {
                keep(&decoder);
            }
        }
        while decoder.finish()? {
            keep(&decoder);
        }
        Ok(events)
    }

    /// Whole, and cut at every byte.
    fn check(input: &str, expected: &[(&str, &str)]) {
        let bytes: Vec<&[u8]> = input.as_bytes().chunks(1).collect();
        for chunks in [vec![input.as_bytes()], bytes] {
            let found = decode(Framing::BlankLine, &chunks).unwrap();
            let found: Vec<_> = found.iter().map(|(name, data)| (name.as_str(), data.as_str())).collect();
            assert_eq!(found, expected, "{input:?}");
        }
    }

    #[test]
    fn events_are_found_however_they_are_cut() {
        check("data: a\n\ndata: b\n\n", &[("", "a"), ("", "b")]);
        check("data:a\r\n\r\ndata: b\r\n\r\n", &[("", "a"), ("", "b")]);
        check("event: x\ndata: a\n\ndata: b\n\n", &[("x", "a"), ("", "b")]);
        check(": comment\n\n: more\ndata: a\nid: 1\nretry: 5\n\n", &[("", "a")]);
        check("data: a\ndata: b\n\n", &[("", "a\nb")]);
        check("data: \u{4f60}\u{1f600}\n\n", &[("", "\u{4f60}\u{1f600}")]);
        check("\u{feff}data: a\n\n", &[("", "a")]);
        check("\n\n\nevent: lost\n\ndata\n\n", &[("", "")]);
    }

    #[test]
    fn the_last_blank_line_may_be_missing() {
        check("data: a\n\ndata: [DONE]", &[("", "a"), ("", "[DONE]")]);
        check("data: a\n\ndata: [DONE]\n", &[("", "a"), ("", "[DONE]")]);
        check("data: a\n\nevent: x", &[("", "a")]);
    }

    #[test]
    fn lines_may_be_events() {
        let found = decode(Framing::EveryLine, &[b"data: a\ndata: b\n\ndata: c"]).unwrap();
        assert_eq!(found.iter().map(|(_, data)| data.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    #[test]
    fn bare_lines_may_be_events() {
        let found = decode(Framing::JsonLines, &[b"{\"a\":", b"1}\r\n\n{\"b\":2}\n{}"]).unwrap();
        let data: Vec<_> = found.iter().map(|(_, data)| data.as_str()).collect();
        assert_eq!(data, ["{\"a\":1}", "{\"b\":2}", "{}"]);
        let endless = [b'x'; 80];
        assert_eq!(decode(Framing::JsonLines, &[&endless]), Err(SseError::TooLarge(64)));
    }

    #[test]
    fn memory_is_bounded() {
        let endless = [b'x'; 40];
        assert_eq!(decode(Framing::BlankLine, &[b"data: ", &endless, &endless]), Err(SseError::TooLarge(64)));
        let line = [b"data: ".as_slice(), &endless, b"\n"].concat();
        assert_eq!(decode(Framing::BlankLine, &[&line, &line]), Err(SseError::TooLarge(64)));
    }

    #[test]
    fn invalid_text_is_an_error() {
        assert_eq!(decode(Framing::BlankLine, &[b"data: \xff\xfe\n\n"]), Err(SseError::InvalidUtf8));
        assert!(decode(Framing::BlankLine, &[b": \xff\n\ndata: a\n\n"]).is_ok());
    }
}
