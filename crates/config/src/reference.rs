//! The reference of the options, made from their structs: a page for people, a JSON schema for programs.

use std::fmt::Write;

use crate::definition::{Definition, OptionDefinition, Options};
use crate::options::*;

/// One kind of section: its options in one or two structs.
#[derive(Debug)]
pub struct Kind {
    /// As it is written, without the id.
    pub family: &'static str,
    /// Value of the option `type`, where there are several or it must be written.
    pub component_type: Option<&'static str>,
    pub definitions: Vec<&'static Definition>,
}

/// From when on a changed option holds, in a server that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// For whoever is connected, too.
    Sessions,
    /// From the next login on.
    Logins,
    /// From the next connection on.
    Connections,
    /// The service listens anew; its sessions go on.
    Listening,
    /// The handler ends and begins anew at the event it had come to.
    Handler,
    /// For everything that happens from then on.
    AtOnce,
    /// From the next start of the process on.
    Restart,
    /// It is for people: nothing depends on it.
    Note,
}

impl Effect {
    fn text(self) -> &'static str {
        match self {
            Effect::Sessions => "at once, for sessions that exist too",
            Effect::Logins => "from the next login on",
            Effect::Connections => "from the next connection on",
            Effect::Listening => "at once: the service listens anew, sessions that exist go on",
            Effect::Handler => "at once: the handler begins anew at the event it had come to",
            Effect::AtOnce => "at once",
            Effect::Restart => "from the next start of the server on",
            Effect::Note => "a note: nothing depends on it",
        }
    }
}

/// All kinds of sections that are honoured.
pub fn kinds() -> Vec<Kind> {
    let kind = |family, component_type, definitions| Kind { family, component_type, definitions };
    vec![
        kind("server", None, vec![ServerOptions::definition()]),
        kind("services", Some("ssh"), vec![ServiceOptions::definition(), SshOptions::definition()]),
        kind("accounts", Some("application"), vec![AccountOptions::definition()]),
        kind("groups", None, vec![GroupOptions::definition()]),
        kind(
            "authentications",
            Some("application"),
            vec![AuthenticationOptions::definition(), ApplicationAuthentication::definition()],
        ),
        kind("security-policies", None, vec![SecurityPolicyOptions::definition()]),
        kind("resources", Some("sqlite"), vec![SqliteOptions::definition()]),
        kind("resources", Some("analytics"), vec![AnalyticsOptions::definition()]),
        kind("vault-items", None, vec![VaultItemOptions::definition()]),
        kind(
            "event-handlers",
            Some("local-file"),
            vec![HandlerOptions::definition(), LocalFileOptions::definition()],
        ),
        kind(
            "event-handlers",
            Some("standard-stream"),
            vec![HandlerOptions::definition(), StandardStreamOptions::definition()],
        ),
    ]
}

/// From when on a change of the option holds. None: nobody has said so.
pub fn effect(family: &str, option: &str) -> Option<Effect> {
    Some(match (family, option) {
        (_, "description") | ("accounts", "email" | "created" | "changed") => Effect::Note,
        ("server", "uuid" | "account") => Effect::Restart,
        ("server", "name") => Effect::Handler,
        (
            "server",
            "umask"
            | "atomic_uploads"
            | "upload_sync"
            | "partial_keep"
            | "blocking_filesystem"
            | "ssh_revoked_keys_path",
        ) => Effect::Sessions,
        ("server", "authentications") => Effect::Logins,
        ("server", "ssh_server_keys") => Effect::Connections,
        ("server", "audit_sync" | "audit_failure" | "spool_keep" | "spool_max_size" | "stop_grace") => {
            Effect::AtOnce
        }
        (
            "server",
            "password_minimum_strength"
            | "password_minimum_length"
            | "password_character_requirements"
            | "password_history",
        )
        | ("groups", "allow_own_password_change") => Effect::AtOnce,
        ("services", "enabled" | "address" | "port") => Effect::Listening,
        ("services", "authentications" | "security_policy") => Effect::Logins,
        (
            "services",
            "name"
            | "idle_connection_timeout"
            | "maximum_concurrent_connections"
            | "login_grace"
            | "connections_before_login"
            | "connections_before_login_per_source"
            | "login_attempts"
            | "sftp"
            | "scp"
            | "ssh_server_keys"
            | "before_login_message"
            | "keyboard_interactive_message"
            | "ssh_cipher_list"
            | "dh_prime_size"
            | "ignore_create_permissions"
            | "rekey_bytes"
            | "rekey_seconds"
            | "client_alive_interval"
            | "client_alive_count_max"
            | "block_source_at_connection"
            | "proxy_protocol_networks",
        ) => Effect::Connections,
        (
            "accounts" | "groups",
            "enabled"
            | "group"
            | "home_folder_path"
            | "create_home_folder"
            | "home_folder_structure"
            | "file_write_size"
            | "permissions"
            | "source_ip_filter"
            | "require_post_quantum"
            | "virtual_folders"
            | "amend_write_name"
            | "expire_datetime"
            | "password_lifetime"
            | "disable_on_inactivity"
            | "last_password_update"
            | "link_roots"
            | "ssh_user_ca_keys"
            | "ssh_principals"
            | "ssh_delete_delay",
        ) => Effect::Sessions,
        ("accounts", "name") => Effect::Sessions,
        ("groups", "name") => Effect::Note,
        (
            "accounts" | "groups",
            "required_credentials"
            | "password"
            | "multi_factor_authentication"
            | "recovery_codes"
            | "ssh_authorized_keys_content"
            | "ssh_authorized_keys_path",
        ) => Effect::Logins,
        ("groups", "ssh_hostbased_auth") => Effect::Connections,
        ("authentications", "enabled" | "allowed_groups" | "strict_group_access") => Effect::Sessions,
        ("authentications", "name") => Effect::Note,
        ("security-policies", "deny_usernames" | "source_ip_filter") => Effect::Sessions,
        ("security-policies", "source_ip_ban_after_count" | "source_ip_ban_interval") => Effect::Logins,
        ("security-policies", "name") => Effect::Note,
        ("vault-items" | "resources", "name") => Effect::Note,
        ("resources", "path") => Effect::Restart,
        ("resources", _) => Effect::AtOnce,
        ("vault-items", "content" | "certificate") => Effect::Connections,
        ("event-handlers", _) => Effect::Handler,
        _ => return None,
    })
}

/// The page.
pub fn markdown() -> String {
    let mut out = String::from(INTRODUCTION);
    for kind in kinds() {
        section(&mut out, &kind);
    }
    out
}

const INTRODUCTION: &str = "\
# Options

Generated from the structs in `crates/config`; a test compares the two. Change the structs, then run
`cargo xtask docs`.

Every option of `server.ini` that this version honours, by kind of section. Options that are Causeway's own say so; all
others have the names, defaults and meanings of SFTPPlus. *Restricts* means that a value which cannot be honoured makes the
component refuse; of others the default is taken instead. *Secret* values are never shown. The last column says from when on a
change holds in a server that runs. Services, authentications, resources, vault items and event handlers also need the option `type`, with
what the heading says; an account may have it. The only resources that count are `DEFAULT-SQLITE` and `DEFAULT-ANALYTICS`. The same is in `schema/` as JSON schemas.
";

fn section(out: &mut String, kind: &Kind) {
    let id = if kind.family == "server" { "" } else { "/ID" };
    // Writing to a String cannot fail, here and below.
    let _ = write!(out, "\n## `[{}{id}]`", kind.family);
    if let Some(component_type) = kind.component_type {
        let _ = write!(out, ", type `{component_type}`");
    }
    out.push_str("\n\n| Option | Default | Meaning | A change holds |\n|---|---|---|---|\n");
    for (name, option) in kind.definitions.iter().flat_map(|d| d.options()) {
        row(out, kind.family, name, option);
    }
}

fn row(out: &mut String, family: &str, name: &str, option: &OptionDefinition) {
    let default = match &option.default {
        _ if option.required => "required".to_owned(),
        Some(text) if !text.is_empty() => format!("`{}`", text.replace('|', "\\|")),
        _ => "empty".to_owned(),
    };
    let marks = match (option.restricts, option.secret) {
        (true, true) => " *Restricts, secret.*",
        (true, false) => " *Restricts.*",
        (false, true) => " *Secret.*",
        (false, false) => "",
    };
    let about = option.about.replace('\n', " ").replace('|', "\\|");
    let effect = effect(family, name).map_or("", Effect::text);
    let _ = writeln!(out, "| `{name}` | {default} | {about}{marks} | {effect} |");
}

/// The JSON schema of one kind of section: file name and text.
pub fn schema(kind: &Kind) -> (String, String) {
    let mut definitions = kind.definitions.iter();
    let mut schema = definitions.next().map(|d| d.schema().clone()).unwrap_or_default();
    for more in definitions {
        for part in ["properties", "required", "$defs"] {
            merge(&mut schema, part, more.schema().get(part));
        }
    }
    let name = match kind.component_type {
        Some(component_type) => format!("{}.{component_type}", kind.family),
        None => kind.family.to_owned(),
    };
    schema.insert("title".to_owned(), name.clone().into());
    schema.insert("additionalProperties".to_owned(), false.into());
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    (format!("{name}.json"), text + "\n")
}

fn merge(schema: &mut schemars::Schema, part: &str, more: Option<&serde_json::Value>) {
    let Some(more) = more else { return };
    match (schema.get_mut(part), more) {
        (Some(serde_json::Value::Object(here)), serde_json::Value::Object(more)) => {
            here.extend(more.clone());
        }
        (Some(serde_json::Value::Array(here)), serde_json::Value::Array(more)) => {
            here.extend(more.iter().cloned());
        }
        _ => {
            schema.insert(part.to_owned(), more.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    fn folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference")
    }

    fn compare(path: &Path, text: &str) {
        if std::env::var_os("CAUSEWAY_WRITE_PAGES").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(written == text, "{} is not up to date: run `cargo xtask docs`", path.display());
    }

    #[test]
    fn the_reference_page_of_the_options_equals_the_structs() {
        compare(&folder().join("options.md"), &markdown());
    }

    #[test]
    fn the_json_schemas_equal_the_structs() {
        for kind in kinds() {
            let (name, text) = schema(&kind);
            compare(&folder().join("schema").join(name), &text);
        }
    }

    #[test]
    fn of_every_option_is_said_when_a_change_holds() {
        for kind in kinds() {
            for (name, _) in kind.definitions.iter().flat_map(|d| d.options()) {
                assert!(effect(kind.family, name).is_some(), "{} {name}", kind.family);
            }
        }
    }
}
