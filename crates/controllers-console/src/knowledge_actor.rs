//! A signed-in member as who acts on datasets.

use services::accounts::SignedIn;
use services::knowledge::Actor;

pub(crate) fn actor(user: &SignedIn) -> Actor {
    Actor { tenant: user.tenant_id(), account: user.account_id(), role: user.role }
}
