//! Serving: everything at once, or one tier.

use std::net::{IpAddr, SocketAddr};

use config::{Settings, Tier};
use models::db::{DbError, Pool};
use models::setup::Setup;

use crate::arguments::{Data, Listen};
use crate::error::CliError;
use crate::ground;
use crate::output::{Paint, line, paint};
use crate::port::{self, Wish};
use crate::serve;

/// All tiers and the worker in one process.
pub(crate) async fn up(listen: Listen, data: Data) -> Result<(), CliError> {
    let mut settings = ground::settings(&data.data)?;
    let traces = serve::init_logs(&settings, Tier::All)?;
    let bind = listen.bind.unwrap_or_else(|| settings.deployment.bind.clone());
    let wish = match listen.port.or(settings.deployment.port) {
        Some(port) => Wish::Asked(port),
        None => Wish::Preferred(Tier::All.default_port()),
    };
    // First, because it fails fast.
    let listener = port::listen(&bind, wish)?;
    ground::provide(&mut settings, data.data).await?;
    let shown = settings.clone();
    serve::serve(settings, Tier::All, listener, traces, async move |address| {
        // A greeting that cannot look the state up greets all the same.
        let fresh = is_fresh(&shown).await.unwrap_or(true);
        for text in greeting(&shown, address, fresh) {
            line(text);
        }
    })
    .await
}

/// One tier, on exactly the port that it is given: who deploys it has written that port down elsewhere.
pub(crate) async fn serve_tier(tier: Tier, listen: Listen) -> Result<(), CliError> {
    let settings = Settings::load()?;
    let traces = serve::init_logs(&settings, tier)?;
    let bind = listen.bind.unwrap_or_else(|| settings.deployment.bind.clone());
    let port = listen.port.or(settings.deployment.port).unwrap_or_else(|| tier.default_port());
    let listener = port::listen(&bind, Wish::Asked(port))?;
    serve::serve(settings, tier, listener, traces, async |_address| {}).await
}

async fn is_fresh(settings: &Settings) -> Result<bool, CliError> {
    let pool = Pool::new(ground::database_url(settings)?, 1, settings.database.pool_timeout)?;
    Ok(Setup::find(&mut *pool.get().await?).await.map_err(DbError::from)?.is_none())
}

fn greeting(settings: &Settings, address: SocketAddr, fresh: bool) -> Vec<String> {
    let base = base_url(address);
    let mut lines = vec![
        String::new(),
        paint("Ferrify is up.", Paint::Bold),
        format!("  Start page    {base}/"),
        format!("  Console API   {base}/console/api"),
        format!("  Service API   {base}/v1"),
        format!("  Web API       {base}/api"),
        format!("  Probes        {base}/health  {base}/ready  {base}/metrics"),
        String::new(),
    ];
    if fresh {
        lines.extend([
            "Set up the first account: open /install of the web frontend, or".to_owned(),
            String::new(),
            format!("  curl {base}/console/api/setup -H 'Content-Type: application/json' \\"),
            "    -d '{\"email\": \"you@example.com\", \"name\": \"You\", \"password\": \"choose-a-password-1\"}'"
                .to_owned(),
            String::new(),
        ]);
    }
    if settings.generation.demo_model {
        lines.push("Without a model provider, the demonstration model answers.".to_owned());
    }
    lines.extend([
        "Ask a chat app, with a key that the Console made for it:".to_owned(),
        String::new(),
        format!("  curl -N {base}/v1/chat-messages -H 'Authorization: Bearer app-...' -H 'Content-Type: application/json' \\"),
        "    -d '{\"inputs\": {}, \"query\": \"Hello!\", \"response_mode\": \"streaming\", \"user\": \"me\"}'".to_owned(),
        String::new(),
        "Ctrl-C stops it; private Postgres and Redis servers stay until `ferrify stop`.".to_owned(),
    ]);
    lines
}

/// An address that can be opened: one that means "all" is reached by the loopback.
fn base_url(address: SocketAddr) -> String {
    let reachable = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(_) => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
    };
    format!("http://{}", SocketAddr::new(reachable, address.port()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_can_be_opened() {
        for (address, url) in [
            ("127.0.0.1:5001", "http://127.0.0.1:5001"),
            ("0.0.0.0:80", "http://127.0.0.1:80"),
            ("[::]:5001", "http://[::1]:5001"),
            ("10.0.0.7:5001", "http://10.0.0.7:5001"),
        ] {
            assert_eq!(base_url(address.parse().unwrap()), url);
        }
    }
}
