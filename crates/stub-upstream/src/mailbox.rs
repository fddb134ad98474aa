//! A mail server that keeps what it gets, for tests that read codes and links out of mails.

use std::collections::HashSet;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::letter::ReceivedMail;

/// A mail is there within this time or not at all.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running mail server; it stops when dropped.
pub struct StubMailServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    _stop: DropGuard,
}

#[derive(Default)]
struct Shared {
    mails: Mutex<Vec<ReceivedMail>>,
    refused: Mutex<HashSet<String>>,
    came: Notify,
}

impl StubMailServer {
    /// Listens on a free port of the loopback interface.
    #[expect(clippy::expect_used, reason = "a test without its mail server cannot go on")]
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let (shared, stop) = (Arc::<Shared>::default(), CancellationToken::new());
        tokio::spawn(accept(listener, Arc::clone(&shared), stop.clone()));
        Self { address, shared, _stop: stop.drop_guard() }
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Says no to this receiver from now on.
    pub fn refuse(&self, to: &str) {
        self.shared.refused.lock().insert(to.to_owned());
    }

    /// The next mail to this receiver, which is taken out of the box.
    #[expect(clippy::expect_used, reason = "a test without its mail cannot go on")]
    pub async fn mail_to(&self, to: &str) -> ReceivedMail {
        let found = async {
            loop {
                let came = self.shared.came.notified();
                if let Some(mail) = self.shared.take(to) {
                    return mail;
                }
                came.await;
            }
        };
        tokio::time::timeout(PATIENCE, found).await.expect("a mail that was waited for came")
    }

    /// How many mails lie in the box.
    pub fn waiting(&self) -> usize {
        self.shared.mails.lock().len()
    }
}

impl Shared {
    fn take(&self, to: &str) -> Option<ReceivedMail> {
        let mut mails = self.mails.lock();
        let place = mails.iter().position(|mail| mail.to == to)?;
        Some(mails.remove(place))
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, stop: CancellationToken) {
    while let Some(Ok((socket, _peer))) = stop.run_until_cancelled(listener.accept()).await {
        let shared = Arc::clone(&shared);
        let stop = stop.clone();
        tokio::spawn(async move { stop.run_until_cancelled(serve(socket, &shared)).await });
    }
}

/// One conversation. Errors end it, which the client sees.
async fn serve(socket: TcpStream, shared: &Shared) -> io::Result<()> {
    let (reader, mut writer) = socket.into_split();
    let mut lines = BufReader::new(reader).lines();
    let mut receiver = String::new();
    writer.write_all(b"220 stub\r\n").await?;
    while let Some(line) = lines.next_line().await? {
        let command = line.to_ascii_uppercase();
        let answer = if command.starts_with("EHLO") {
            "250-stub\r\n250 8BITMIME\r\n"
        } else if command.starts_with("RCPT TO:") {
            receiver = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
            let refused = shared.refused.lock().contains(&receiver);
            if refused { "550 no such mailbox\r\n" } else { "250 ok\r\n" }
        } else if command == "DATA" {
            writer.write_all(b"354 go on\r\n").await?;
            let mut raw = String::new();
            while let Some(line) = lines.next_line().await? {
                if line == "." {
                    break;
                }
                raw.push_str(line.strip_prefix('.').unwrap_or(&line));
                raw.push('\n');
            }
            shared.mails.lock().push(ReceivedMail::read(&receiver, raw));
            shared.came.notify_waiters();
            "250 kept\r\n"
        } else if command == "QUIT" {
            writer.write_all(b"221 bye\r\n").await?;
            return Ok(());
        } else {
            "250 ok\r\n"
        };
        writer.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}
