//! One struct per family or type. Doc comments are the manual of the options; `x-restricts` says that a bad
//! value makes the component refuse.

mod account;
mod authentication;
mod group;
mod handler;
mod policy;
mod resource;
mod server;
mod service;
mod vault;

pub use account::{AccountOptions, RequiredCredentials};
pub use authentication::{ApplicationAuthentication, AuthenticationOptions};
pub use group::GroupOptions;
pub use handler::{HandlerOptions, LocalFileOptions, StandardStreamOptions};
pub use policy::SecurityPolicyOptions;
pub use resource::{AnalyticsOptions, SqliteOptions};
pub use server::{AuditFailure, AuditSync, ServerOptions, UploadSync};
pub use service::{ServiceOptions, SshOptions};
pub use vault::VaultItemOptions;

use crate::definition::options;

options!(
    AccountOptions,
    AnalyticsOptions,
    ApplicationAuthentication,
    AuthenticationOptions,
    GroupOptions,
    HandlerOptions,
    LocalFileOptions,
    SecurityPolicyOptions,
    ServerOptions,
    ServiceOptions,
    SqliteOptions,
    SshOptions,
    StandardStreamOptions,
    VaultItemOptions,
);

/// Defaults that more than one struct uses.
mod default {
    pub(super) fn yes() -> bool {
        true
    }
}
