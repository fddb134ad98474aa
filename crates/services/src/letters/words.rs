//! The words of letters, in English and in simplified Chinese.

use serde::{Deserialize, Serialize};

use super::layout::Line;
use super::letter::Letter;
use super::plain_text::plain_text;

/// A language that letters are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    #[serde(rename = "en-US")]
    English,
    #[serde(rename = "zh-Hans")]
    Chinese,
}

impl Language {
    /// English unless Chinese is asked for.
    pub fn of(asked: Option<&str>) -> Self {
        if asked == Some("zh-Hans") { Self::Chinese } else { Self::English }
    }
}

/// Subject and paragraphs.
pub(super) fn words(letter: &Letter, language: Language) -> (String, Vec<Line>) {
    match language {
        Language::English => english(letter),
        Language::Chinese => chinese(letter),
    }
}

/// As whoever wrote it wants it.
fn finished(subject: &str, html: &str) -> (String, Vec<Line>) {
    plain(subject, plain_text(html))
}

fn with_code(subject: &str, before: &str, code: &str, after: &str) -> (String, Vec<Line>) {
    let lines = vec![Line::Text(before.to_owned()), Line::Code(code.to_owned()), Line::Text(after.to_owned())];
    (subject.to_owned(), lines)
}

fn with_link(subject: String, before: String, url: &str) -> (String, Vec<Line>) {
    (subject, vec![Line::Text(before), Line::Link(url.to_owned())])
}

/// Where no address of the Console is configured, people find their way without one.
fn perhaps_with_link(subject: &str, before: &str, url: Option<&String>) -> (String, Vec<Line>) {
    match url {
        Some(url) => with_link(subject.to_owned(), before.to_owned(), url),
        None => plain(subject, before.to_owned()),
    }
}

fn plain(subject: &str, text: String) -> (String, Vec<Line>) {
    (subject.to_owned(), vec![Line::Text(text)])
}

fn english(letter: &Letter) -> (String, Vec<Line>) {
    const NOT_YOU: &str = "The code is valid for a few minutes. If you did not ask for it, you can ignore this mail.";
    match letter {
        Letter::Invitation { inviter, workspace, url } => with_link(
            format!("{inviter} invites you to {workspace}"),
            format!("{inviter} invites you to work together in the workspace \"{workspace}\". Accept here:"),
            url,
        ),
        Letter::SignInCode { code } => with_code("Your sign-in code", "Enter this code to sign in:", code, NOT_YOU),
        Letter::ResetCode { code } => {
            with_code("Set a new password", "Enter this code to set a new password:", code, NOT_YOU)
        }
        Letter::NoAccount { register_url } => perhaps_with_link(
            "Set a new password",
            "Somebody, perhaps you, wanted to set a new password for this address. There is no account with it.",
            register_url.as_ref(),
        ),
        Letter::RegistrationCode { code } => {
            with_code("Confirm your address", "Enter this code to go on with your registration:", code, NOT_YOU)
        }
        Letter::AccountExists { sign_in_url } => perhaps_with_link(
            "You have an account already",
            "Somebody, perhaps you, wanted to register with this address. It has an account already: please sign in.",
            sign_in_url.as_ref(),
        ),
        Letter::ChangeCode { code } => {
            with_code("Change your address", "Enter this code to change the address of your account:", code, NOT_YOU)
        }
        Letter::NewAddressCode { code } => with_code(
            "Confirm your new address",
            "Enter this code to use this address for your account:",
            code,
            NOT_YOU,
        ),
        Letter::AddressChanged { address } => {
            plain("Your address was changed", format!("The address of your account is now {address}."))
        }
        Letter::TransferCode { workspace, code } => with_code(
            "Give a workspace away",
            &format!("Enter this code to make somebody else the owner of \"{workspace}\":"),
            code,
            NOT_YOU,
        ),
        Letter::OwnershipGiven { workspace, new_owner } => plain(
            "You gave a workspace away",
            format!(
                "{new_owner} is now the owner of the workspace \"{workspace}\"; you are one of its administrators."
            ),
        ),
        Letter::OwnershipGot { workspace } => {
            plain("A workspace is yours", format!("You are now the owner of the workspace \"{workspace}\"."))
        }
        Letter::DeletionCode { code } => with_code(
            "Delete your account",
            "Enter this code to delete your account. This cannot be undone:",
            code,
            NOT_YOU,
        ),
        Letter::AccountDeleted => {
            plain("Your account was deleted", "Your account was deleted, as you asked for.".to_owned())
        }
        Letter::Finished { subject, html } => finished(subject, html),
    }
}

fn chinese(letter: &Letter) -> (String, Vec<Line>) {
    const NOT_YOU: &str = "验证码几分钟内有效。如果不是您本人操作，请忽略此邮件。";
    match letter {
        Letter::Invitation { inviter, workspace, url } => with_link(
            format!("{inviter} 邀请您加入 {workspace}"),
            format!("{inviter} 邀请您加入工作空间“{workspace}”。请点击以下链接接受邀请："),
            url,
        ),
        Letter::SignInCode { code } => with_code("您的登录验证码", "请输入以下验证码登录：", code, NOT_YOU),
        Letter::ResetCode { code } => with_code("重置密码", "请输入以下验证码设置新密码：", code, NOT_YOU),
        Letter::NoAccount { register_url } => {
            perhaps_with_link("重置密码", "有人请求为此邮箱重置密码，但此邮箱没有对应的账户。", register_url.as_ref())
        }
        Letter::RegistrationCode { code } => with_code("验证您的邮箱", "请输入以下验证码继续注册：", code, NOT_YOU),
        Letter::AccountExists { sign_in_url } => perhaps_with_link(
            "您已有账户",
            "有人请求使用此邮箱注册，但此邮箱已有账户，请直接登录。",
            sign_in_url.as_ref(),
        ),
        Letter::ChangeCode { code } => with_code("更改邮箱", "请输入以下验证码更改账户邮箱：", code, NOT_YOU),
        Letter::NewAddressCode { code } => {
            with_code("验证新邮箱", "请输入以下验证码将此邮箱用于您的账户：", code, NOT_YOU)
        }
        Letter::AddressChanged { address } => plain("邮箱已更改", format!("您的账户邮箱已更改为 {address}。")),
        Letter::TransferCode { workspace, code } => {
            with_code("转移工作空间所有权", &format!("请输入以下验证码转移“{workspace}”的所有权："), code, NOT_YOU)
        }
        Letter::OwnershipGiven { workspace, new_owner } => {
            plain("工作空间所有权已转移", format!("{new_owner} 现在是工作空间“{workspace}”的所有者，您现在是管理员。"))
        }
        Letter::OwnershipGot { workspace } => {
            plain("您已成为工作空间所有者", format!("您现在是工作空间“{workspace}”的所有者。"))
        }
        Letter::DeletionCode { code } => {
            with_code("删除账户", "请输入以下验证码删除您的账户，此操作无法撤销：", code, NOT_YOU)
        }
        Letter::AccountDeleted => plain("账户已删除", "您的账户已按您的请求删除。".to_owned()),
        Letter::Finished { subject, html } => finished(subject, html),
    }
}
