//! What a model says, judged while it speaks.
//!
//! Every so many characters the whole text so far is judged, beside the model's stream: at most one judgement is under
//! way, and nobody waits for it before the end. At the end the whole text is judged once more, unless it was. What is
//! judged is always what the model has said, never what was shown instead.

use std::borrow::Cow;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;

use super::{Judge, OutputVerdict};
use crate::engine::{Interrupt, Sink};

/// How long the last judgement may take of an answer that was stopped: somebody wants it to end.
const AFTER_STOP: Duration = Duration::from_secs(10);

struct Judgement<'a> {
    verdict: BoxFuture<'a, OutputVerdict>,
    /// Bytes that are judged.
    upto: usize,
}

/// An answer that comes into being.
pub(crate) struct Speech<'a> {
    /// `None`: nobody minds.
    judge: Option<Judge<'a>>,
    /// Characters between two judgements.
    every: usize,
    said: String,
    /// What is shown in the place of so many bytes.
    instead: Option<(String, usize)>,
    refused: bool,
    /// Characters since the latest judgement began.
    new: usize,
    /// Bytes that were judged.
    judged: usize,
    under_way: Option<Judgement<'a>>,
}

/// How the last judgement left a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settled {
    AsShown,
    /// Something else is to be shown.
    Replaced,
}

impl<'a> Speech<'a> {
    pub(crate) fn new(judge: Option<Judge<'a>>) -> Self {
        let judge = judge.filter(|judge| judge.minds_answers());
        let every = judge.map_or(usize::MAX, |judge| judge.parts.settings.moderation_every.max(1));
        let said = String::new();
        Self { judge, every, said, instead: None, refused: false, new: 0, judged: 0, under_way: None }
    }

    /// The same that has begun already: nothing of it counts as judged.
    pub(crate) fn after(judge: Option<Judge<'a>>, said: &str) -> Self {
        Self { said: said.to_owned(), new: said.chars().count(), ..Self::new(judge) }
    }

    pub(crate) const fn is_judged(&self) -> bool {
        self.judge.is_some()
    }

    /// What the model has said.
    pub(crate) fn said(&self) -> &str {
        &self.said
    }

    /// What may be shown of it.
    pub(crate) fn shown(&self) -> Cow<'_, str> {
        match &self.instead {
            None => Cow::Borrowed(&self.said),
            Some((instead, upto)) => Cow::Owned(format!("{instead}{}", self.said.get(*upto..).unwrap_or_default())),
        }
    }

    pub(crate) fn into_shown(self) -> String {
        match self.instead {
            None => self.said,
            Some(_) => self.shown().into_owned(),
        }
    }

    /// Whether nothing that follows is to be shown.
    pub(crate) const fn is_refused(&self) -> bool {
        self.refused
    }

    pub(crate) fn add(&mut self, delta: &str) {
        self.said.push_str(delta);
        if self.judge.is_some() {
            self.new += delta.chars().count();
            self.begin_if_due();
        }
    }

    fn begin_if_due(&mut self) {
        if self.under_way.is_none() && self.new >= self.every && !self.refused {
            self.begin();
        }
    }

    fn begin(&mut self) {
        let Some(judge) = self.judge else { return };
        let verdict = match judge.output_at_once(&self.said, self.judged) {
            Some(verdict) => std::future::ready(verdict).boxed(),
            None => {
                let text = self.said.clone();
                async move {
                    judge.output(text).await.unwrap_or_else(|error| {
                        tracing::warn!(app.id = %judge.app, error = %error, "an answer could not be judged, and is let through");
                        OutputVerdict::Clean
                    })
                }
                .boxed()
            }
        };
        self.under_way = Some(Judgement { verdict, upto: self.said.len() });
        self.new = 0;
    }

    /// Waits until something else is to be shown; for ever, if nothing is. May be dropped at any time.
    pub(crate) async fn objection(&mut self) {
        loop {
            let Some(judgement) = &mut self.under_way else { return std::future::pending().await };
            let verdict = (&mut judgement.verdict).await;
            if self.take(verdict) == Settled::Replaced {
                return;
            }
            self.begin_if_due();
        }
    }

    /// The last judgement of all that was said.
    async fn last(&mut self) -> Settled {
        if self.refused || self.judge.is_none() {
            return Settled::AsShown;
        }
        // One that does not know the end is of no use.
        self.under_way = self.under_way.take().filter(|judgement| judgement.upto == self.said.len());
        if self.under_way.is_none() && self.judged < self.said.len() {
            self.begin();
        }
        let Some(judgement) = &mut self.under_way else { return Settled::AsShown };
        let verdict = (&mut judgement.verdict).await;
        self.take(verdict)
    }

    /// Takes note of a verdict on what is under way.
    fn take(&mut self, verdict: OutputVerdict) -> Settled {
        let upto = self.under_way.take().map_or(self.said.len(), |judgement| judgement.upto);
        self.judged = upto;
        if verdict == OutputVerdict::Clean {
            return Settled::AsShown;
        }
        let before = self.shown().into_owned();
        match verdict {
            OutputVerdict::Clean => {}
            OutputVerdict::Overridden(text) => self.instead = Some((text, upto)),
            OutputVerdict::Refused(preset) => {
                self.instead = Some((preset, self.said.len()));
                self.refused = true;
            }
        }
        // A refusal has to be heard of, whatever it says.
        if self.refused || self.shown() != before { Settled::Replaced } else { Settled::AsShown }
    }

    /// Judges the whole at its end. `stopped`: somebody wants an end.
    ///
    /// # Errors
    /// `Stopped` if somebody wants one only now, `Shutdown` if the server does.
    pub(crate) async fn settle(&mut self, sink: &Sink, stopped: bool) -> Result<Settled, Interrupt> {
        if self.judge.is_none() {
            return Ok(Settled::AsShown);
        }
        if !stopped {
            match sink.or_interrupt(self.last()).await {
                Err(Interrupt::Stopped) => {}
                settled => return settled,
            }
        }
        let in_time = tokio::time::timeout(AFTER_STOP, self.last());
        let settled = sink.or_shutdown(in_time).await?.unwrap_or_else(|_elapsed| {
            tracing::warn!("an answer that was stopped could not be judged in time, and is let through");
            Settled::AsShown
        });
        Ok(settled)
    }
}
