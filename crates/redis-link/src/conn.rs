//! The counting connection.

use std::sync::Arc;

use futures::FutureExt;
use redis::aio::ConnectionLike;
use redis::{Cmd, Pipeline, RedisFuture, Value};
use server_timing::{Waited, waiting};

use crate::door::Door;
use crate::meter::Meter;

/// A handle for sending commands. Cheap; get a fresh one from the link whenever one is needed.
#[derive(Clone)]
pub struct Conn {
    door: Arc<Door>,
    meter: Arc<Meter>,
    database: i64,
}

impl Conn {
    pub(crate) fn new(door: Arc<Door>, meter: Arc<Meter>, database: i64) -> Self {
        Self { door, meter, database }
    }
}

/// A refused connection means that nothing was sent, so sending again is safe. The first refusal may be an old one:
/// the shared connection remembers its failure until someone asks.
impl ConnectionLike for Conn {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        self.meter.count(1);
        let answer = async move {
            let mut entry = self.door.enter()?;
            let answer = match entry.manager.send_packed_command(cmd).await {
                Err(e) if e.is_connection_refusal() => entry.manager.send_packed_command(cmd).await,
                answer => answer,
            };
            answer.inspect_err(|e| self.door.learn(&entry, e))
        };
        waiting(Waited::Redis, answer).boxed()
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        self.meter.count(pipeline.len());
        let answers = async move {
            let mut entry = self.door.enter()?;
            let answer = match entry.manager.send_packed_commands(pipeline, offset, count).await {
                Err(e) if e.is_connection_refusal() => {
                    entry.manager.send_packed_commands(pipeline, offset, count).await
                }
                answer => answer,
            };
            answer.inspect_err(|e| self.door.learn(&entry, e))
        };
        waiting(Waited::Redis, answers).boxed()
    }

    fn get_db(&self) -> i64 {
        self.database
    }
}
