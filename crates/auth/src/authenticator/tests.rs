//! Logins by the accounts of a configuration, judged as a service has them judged.

mod certificates;
mod fixture;
mod groups;
mod hosts;
mod inactivity;
mod key_options;
mod keys;
mod life;
mod own_password;
mod passwords;
mod policies;
mod revoked;
mod second_factors;
mod several;
mod sources;
mod work;
