//! The scripts and how they are called.

use std::sync::LazyLock;
use std::time::Duration;

use redis::{RedisResult, Script};
use redis_link::RedisLink;

use crate::limiter::Limiter;

/// The limiters' Lua halves and the loop over them, as one script.
static ADMIT: LazyLock<Script> = LazyLock::new(|| {
    Script::new(concat!(
        "local limiters = {}\n",
        include_str!("lua/daily_quota.lua"),
        include_str!("lua/concurrency.lua"),
        include_str!("lua/sliding_window.lua"),
        include_str!("lua/token_bucket.lua"),
        include_str!("lua/admit.lua"),
    ))
});
static RENEW: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lua/renew.lua")));

pub(crate) enum Answer {
    Admitted,
    /// Refused by the limiter at this place.
    Refused {
        by: usize,
        retry_after: Duration,
    },
}

pub(crate) async fn ask(link: &RedisLink, limiters: &[Box<dyn Limiter + Send + Sync + '_>]) -> RedisResult<Answer> {
    let mut script = ADMIT.prepare_invoke();
    for limiter in limiters {
        let call = limiter.call();
        script.arg(limiter.name()).arg(call.keys.len()).arg(call.arguments.len()).arg(call.arguments);
        script.key(call.keys);
    }
    let refused: Vec<u64> = script.invoke_async(&mut link.conn()).await?;
    Ok(match refused.as_slice() {
        [by, wait] => Answer::Refused {
            by: usize::try_from(*by).unwrap_or(usize::MAX),
            retry_after: Duration::from_millis(*wait),
        },
        _ => Answer::Admitted,
    })
}

pub(crate) async fn renew(link: &RedisLink, leases: &[(String, String)]) -> RedisResult<u64> {
    let mut script = RENEW.prepare_invoke();
    for (key, field) in leases {
        script.key(key).arg(field);
    }
    script.invoke_async(&mut link.conn()).await
}
