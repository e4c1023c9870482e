//! Logins by the accounts of a configuration, judged as a service has them judged.

mod fixture;
mod groups;
mod inactivity;
mod keys;
mod life;
mod passwords;
mod sources;
mod work;
