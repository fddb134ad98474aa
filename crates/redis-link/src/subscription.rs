//! Listening on a channel, through every loss of connection.

use std::time::Duration;

use futures::StreamExt;
use futures::future::BoxFuture;
use redis::aio::{PubSubSink, PubSubStream};
use redis::{Client, ErrorKind, RedisError, RedisResult};
use tokio::time::{Instant, sleep, sleep_until, timeout};

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What a subscription tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubscriptionEvent {
    /// From now on messages arrive. After the first time it means that messages may have been missed before.
    Connected,
    Message(Vec<u8>),
}

/// One channel. It works only while [`Self::next`] is awaited, and never ends by itself.
pub struct Subscription {
    client: Client,
    channel: String,
    connect_timeout: Duration,
    answer_timeout: Duration,
    ping_every: Duration,
    pause: Duration,
    state: State,
}

enum State {
    Lost,
    Connecting(BoxFuture<'static, RedisResult<Connected>>),
    Connected(Box<Connected>),
}

struct Connected {
    sink: PubSubSink,
    stream: PubSubStream,
    next_ping: Instant,
}

impl Subscription {
    pub(crate) fn new(client: Client, settings: &crate::RedisSettings, channel: String) -> Self {
        Self {
            client,
            channel,
            connect_timeout: settings.connect_timeout,
            answer_timeout: settings.response_timeout,
            ping_every: settings.subscription_ping,
            pause: Duration::ZERO,
            state: State::Lost,
        }
    }

    /// The next event. Cancel safe: nothing is lost when the future is dropped and asked for again.
    pub async fn next(&mut self) -> SubscriptionEvent {
        loop {
            match &mut self.state {
                State::Lost => self.state = State::Connecting(self.attempt()),
                State::Connecting(attempt) => match attempt.await {
                    Ok(connected) => {
                        self.pause = Duration::ZERO;
                        self.state = State::Connected(Box::new(connected));
                        return SubscriptionEvent::Connected;
                    }
                    Err(e) => self.lost(&e),
                },
                State::Connected(connected) => match connected.next(self.ping_every, self.answer_timeout).await {
                    Ok(payload) => return SubscriptionEvent::Message(payload),
                    Err(e) => self.lost(&e),
                },
            }
        }
    }

    fn lost(&mut self, error: &RedisError) {
        // Said once per outage: the first attempt after a loss comes without a pause.
        if self.pause.is_zero() {
            tracing::warn!(channel = %self.channel, error = %error, "subscription to Redis lost, reconnecting");
        }
        self.pause = (self.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        self.state = State::Lost;
    }

    fn attempt(&self) -> BoxFuture<'static, RedisResult<Connected>> {
        let (client, channel, pause) = (self.client.clone(), self.channel.clone(), self.pause);
        let (limit, next_ping) = (self.connect_timeout + self.answer_timeout, self.ping_every);
        Box::pin(async move {
            sleep(pause).await;
            let connect = async {
                let (mut sink, stream) = client.get_async_pubsub().await?.split();
                sink.subscribe(&channel).await?;
                Ok(Connected { sink, stream, next_ping: Instant::now() + next_ping })
            };
            timeout(limit, connect).await.unwrap_or_else(|_elapsed| Err(late()))
        })
    }
}

impl Connected {
    /// The next message, or why there will be none. Asks a silent connection whether it still lives: a peer that
    /// vanished without closing would be silent for ever.
    async fn next(&mut self, ping_every: Duration, answer_timeout: Duration) -> RedisResult<Vec<u8>> {
        loop {
            tokio::select! {
                message = self.stream.next() => {
                    let message = message.ok_or_else(|| RedisError::from((ErrorKind::Io, "connection closed")))?;
                    return Ok(message.get_payload_bytes().to_vec());
                }
                () = sleep_until(self.next_ping) => {
                    let pong: RedisResult<redis::Value> =
                        timeout(answer_timeout, self.sink.ping()).await.unwrap_or_else(|_elapsed| Err(late()));
                    pong?;
                    self.next_ping = Instant::now() + ping_every;
                }
            }
        }
    }
}

fn late() -> RedisError {
    RedisError::from((ErrorKind::Io, "no answer in time"))
}
