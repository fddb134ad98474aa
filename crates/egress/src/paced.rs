//! The body of a request that tells how it goes out.
//!
//! The HTTP client asks a body for its next piece when it has room for it. A server that does not read lets the sockets'
//! and the client's buffers fill up, and then nobody asks any more: that is what [`Patience::write`] limits.
//!
//! [`Patience::write`]: crate::Patience::write

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::patience::Progress;

/// Bytes handed over at once.
const PIECE: usize = 64 * 1024;

pub(crate) struct Paced {
    inner: crate::Body,
    /// Of the inner body's latest piece, what was not handed over.
    left: Bytes,
    progress: Progress,
}

impl Paced {
    pub(crate) fn new(inner: crate::Body, progress: Progress) -> Self {
        Self { inner, left: Bytes::new(), progress }
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = reqwest::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.progress.asked();
        while self.left.is_empty() {
            match ready!(Pin::new(&mut self.inner).poll_frame(context)) {
                None => {
                    self.progress.over();
                    return Poll::Ready(None);
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => self.left = data,
                    Err(other) => return Poll::Ready(Some(Ok(other))),
                },
            }
        }
        let length = self.left.len().min(PIECE);
        let piece = self.left.split_to(length);
        if self.is_end_stream() {
            // Whoever knows that nothing follows does not ask again.
            self.progress.over();
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (inner, left) = (self.inner.size_hint(), u64::try_from(self.left.len()).unwrap_or(u64::MAX));
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower().saturating_add(left));
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper.saturating_add(left));
        }
        hint
    }
}
