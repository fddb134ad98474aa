//! A line between a server under test and a service it depends on: it can be cut, frozen and mended.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;

const BACKLOG: u32 = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Open,
    /// Bytes wait. Connections are still taken, as a hung process's kernel takes them.
    Frozen,
    /// Connections are broken, new ones are refused.
    Cut,
}

#[derive(Debug, Clone, Copy)]
struct State {
    flow: Flow,
    /// Connections with smaller numbers carry nothing any more, although nobody closes them.
    lost_below: u64,
}

/// Carries TCP connections to another address until it is told otherwise.
pub struct Line {
    here: SocketAddr,
    there: String,
    state: watch::Sender<State>,
    opened: Arc<watch::Sender<u64>>,
}

impl Line {
    /// A line to the host and port of a URL. Must be called inside a tokio runtime.
    pub fn to(url: &str) -> Self {
        let there = address_of(url).to_owned();
        let listener = listen_again(TcpSocket::new_v4().expect("a socket"), ([127, 0, 0, 1], 0).into());
        let here = listener.local_addr().expect("it is bound");
        let (state, seen) = watch::channel(State { flow: Flow::Open, lost_below: 0 });
        let opened = Arc::new(watch::channel(0).0);
        tokio::spawn(accept(listener, there.clone(), seen, Arc::clone(&opened)));
        Self { here, there, state, opened }
    }

    /// The URL with this line's address in place of the service's.
    pub fn through(&self, url: &str) -> String {
        url.replacen(&self.there, &self.here.to_string(), 1)
    }

    /// Breaks all connections and refuses new ones, as when the service's process has died.
    pub async fn cut(&self) {
        self.turn(Flow::Cut);
        // The listener is closed by its own task.
        while TcpStream::connect(self.here).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Keeps connections and takes new ones, but carries nothing.
    pub fn freeze(&self) {
        self.turn(Flow::Frozen);
    }

    /// Carries again: what was frozen goes on, what was cut can be opened again.
    pub fn mend(&self) {
        self.turn(Flow::Open);
    }

    /// Carries new connections only: those that exist stay silent for ever, as after a failover without a farewell.
    pub fn lose(&self) {
        let next = *self.opened.borrow() + 1;
        self.state.send_modify(|state| *state = State { flow: Flow::Open, lost_below: next });
    }

    /// How many connections were opened so far.
    pub fn opened(&self) -> u64 {
        *self.opened.borrow()
    }

    fn turn(&self, flow: Flow) {
        self.state.send_modify(|state| state.flow = flow);
    }
}

/// `host:port` of a URL that has both.
fn address_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

fn listen_again(socket: TcpSocket, at: SocketAddr) -> TcpListener {
    reserve(&socket, at);
    socket.listen(BACKLOG).expect("the line can listen")
}

/// Holds the port without listening: connections are refused and nobody else gets it.
fn reserve(socket: &TcpSocket, at: SocketAddr) {
    socket.set_reuseaddr(true).expect("the option is known");
    socket.bind(at).expect("the line's port is free");
}

async fn accept(
    listener: TcpListener,
    there: String,
    mut state: watch::Receiver<State>,
    opened: Arc<watch::Sender<u64>>,
) {
    let here = listener.local_addr().expect("it is bound");
    let mut listener = Some(listener);
    loop {
        let cut = state.borrow_and_update().flow == Flow::Cut;
        if cut {
            drop(listener.take());
            let socket = TcpSocket::new_v4().expect("a socket");
            reserve(&socket, here);
            if state.wait_for(|state| state.flow != Flow::Cut).await.is_err() {
                return;
            }
            listener = Some(socket.listen(BACKLOG).expect("the line can listen again"));
        }
        let Some(open) = &listener else { return };
        tokio::select! {
            changed = state.changed() => if changed.is_err() { return },
            Ok((client, _)) = open.accept() => {
                opened.send_modify(|number| *number += 1);
                let number = *opened.borrow();
                tokio::spawn(carry(client, there.clone(), number, state.clone()));
            }
        }
    }
}

async fn carry(client: TcpStream, there: String, number: u64, state: watch::Receiver<State>) {
    let Ok(server) = TcpStream::connect(there).await else { return };
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    // Either direction's end is the connection's.
    tokio::select! {
        () = pump(from_client, to_server, number, state.clone()) => {}
        () = pump(from_server, to_client, number, state) => {}
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, number: u64, mut state: watch::Receiver<State>) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let moves = |s: &State| s.flow == Flow::Cut || (s.flow == Flow::Open && number >= s.lost_below);
        match state.wait_for(moves).await.map(|state| state.flow) {
            Ok(Flow::Open | Flow::Frozen) => {}
            Ok(Flow::Cut) | Err(_) => return,
        }
        let read = tokio::select! {
            biased;
            changed = state.changed() => if changed.is_ok() { continue } else { return },
            read = from.read(&mut buffer) => read.unwrap_or(0),
        };
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { return };
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_urls() {
        for (url, address) in [
            ("postgres://me:pw@127.0.0.1:5432/db?sslmode=disable", "127.0.0.1:5432"),
            ("redis://127.0.0.1:6379/3", "127.0.0.1:6379"),
            ("redis://:p%40ss@host:1", "host:1"),
        ] {
            assert_eq!(address_of(url), address);
        }
    }
}
