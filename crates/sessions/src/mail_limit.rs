//! How many mails one client address may have sent. Who goes over it twice within an hour is frozen for an hour.

use std::net::IpAddr;
use std::sync::LazyLock;

use redis::Script;

use crate::Sessions;
use crate::error::SessionsError;

static ASK: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("lua/mail_limit.lua")));
const HOUR: u64 = 3600;

impl Sessions {
    /// Whether somebody at this address may have another mail sent; counts it if so. No limit when `per_minute` is 0.
    ///
    /// # Errors
    /// When Redis fails: then no mail is asked for.
    pub async fn may_send_mail(&self, address: IpAddr, per_minute: u32) -> Result<bool, SessionsError> {
        if per_minute == 0 {
            return Ok(true);
        }
        let key = |what: &str| format!("email_send_ip_limit_{what}:{address}");
        let mut script = ASK.key(key("minute"));
        script.key(key("hour")).key(key("freeze")).arg(per_minute).arg(HOUR).arg(HOUR);
        let may: u8 = script.invoke_async(&mut self.link.conn()).await?;
        Ok(may == 1)
    }
}
