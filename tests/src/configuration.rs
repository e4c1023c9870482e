//! Configurations, written by hand as an administrator would.

use std::fmt::Write;

/// The password of every account made by [`Configuration::account`].
pub const PASSWORD: &str = "correct horse";

/// SHA-512 crypt of [`PASSWORD`].
const HASH: &str =
    "$6$causewaytests$CECBkAvs/9rjK2WmggnfrBtTA4Doh1DR4fpnMQcssTwvAG7Wsi.PRFhwZYrQkct6WooEtEHjhLrBPfRC.S.3U/";

/// Sections in order. `@ROOT@`, `@ADDRESS@`, `@PORT@` and `@KEY@` (the public key of the test) are filled in when the
/// server starts.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    sections: Vec<Section>,
}

#[derive(Debug, Clone)]
struct Section {
    name: String,
    options: Vec<(String, String)>,
}

impl Configuration {
    /// One SSH service, a group whose members may do everything in a home of their own, the account `alice`, and a
    /// log that the harness can read.
    pub fn standard() -> Self {
        Self::default()
            .set("server", "uuid", "node-of-the-test")
            .set("server", "name", "node of the test")
            .set("server", "account", "")
            .set("server", "atomic_uploads", "Yes")
            .set("server", "authentications", "DEFAULT-AUTHENTICATION")
            .set("server", "ssh_server_keys", "host-ed25519, host-ecdsa")
            .set("vault-items/host-ed25519", "name", "Ed25519 host key")
            .set("vault-items/host-ed25519", "type", "ssh-private")
            .set("vault-items/host-ed25519", "content", "external-file:configuration/host_ed25519")
            .set("vault-items/host-ecdsa", "name", "ECDSA host key")
            .set("vault-items/host-ecdsa", "type", "ssh-private")
            .set("vault-items/host-ecdsa", "content", "external-file:configuration/host_ecdsa")
            .set("authentications/DEFAULT-AUTHENTICATION", "name", "accounts of this file")
            .set("authentications/DEFAULT-AUTHENTICATION", "type", "application")
            .set("services/sftp", "name", "SFTP")
            .set("services/sftp", "type", "ssh")
            .set("services/sftp", "address", "@ADDRESS@")
            .set("services/sftp", "port", "@PORT@")
            // Tests fail to log in as often as they like; those of bans say otherwise.
            .set("security-policies/DEFAULT-SECURITY-POLICY", "name", "policy of the tests")
            .set("security-policies/DEFAULT-SECURITY-POLICY", "source_ip_ban_after_count", "0")
            .set("groups/DEFAULT_GROUP", "name", "DEFAULT_GROUP")
            .set("groups/DEFAULT_GROUP", "home_folder_path", "@ROOT@/data/${USER}")
            .set("groups/DEFAULT_GROUP", "create_home_folder", "Yes")
            .set("groups/DEFAULT_GROUP", "permissions", "allow-full-control")
            .set("event-handlers/DEFAULT-FILE", "name", "log of the test")
            .set("event-handlers/DEFAULT-FILE", "type", "local-file")
            .set("event-handlers/DEFAULT-FILE", "path", "log/server.log")
            .set("event-handlers/DEFAULT-FILE", "entry_content", crate::log::ENTRY)
            .account("alice")
    }

    /// Adds an account with the key of the test and [`PASSWORD`].
    #[must_use]
    pub fn account(self, name: &str) -> Self {
        let section = format!("accounts/{name}-id");
        self.set(&section, "name", name)
            .set(&section, "group", "DEFAULT_GROUP")
            .set(&section, "create_home_folder", "Inherit")
            .set(&section, "ssh_authorized_keys_content", "@KEY@")
            .set(&section, "password", HASH)
    }

    /// Removes a section.
    #[must_use]
    pub fn without(mut self, section: &str) -> Self {
        self.sections.retain(|s| s.name != section);
        self
    }

    /// Sets an option of a section, making the section when it is new. Lines of a value after the first are indented.
    #[must_use]
    pub fn set(mut self, section: &str, option: &str, value: &str) -> Self {
        let at = self.sections.iter().position(|s| s.name == section).unwrap_or_else(|| {
            self.sections.push(Section { name: section.to_owned(), options: Vec::new() });
            self.sections.len() - 1
        });
        let options = &mut self.sections[at].options;
        options.retain(|(name, _)| name != option);
        options.push((option.to_owned(), value.to_owned()));
        self
    }

    /// Sets an option of the account `alice`.
    #[must_use]
    pub fn alice(self, option: &str, value: &str) -> Self {
        self.set("accounts/alice-id", option, value)
    }

    /// Sets the permissions of the group that `alice` is in.
    #[must_use]
    pub fn permissions(self, lines: &[&str]) -> Self {
        self.set("groups/DEFAULT_GROUP", "permissions", &lines.join("\n"))
    }

    /// The text of `server.ini`.
    pub fn text(&self, placeholders: &[(&str, String)]) -> String {
        let mut text = String::new();
        for section in &self.sections {
            writeln!(text, "[{}]", section.name).unwrap();
            for (name, value) in &section.options {
                writeln!(text, "{name} = {}", value.replace('\n', "\n    ")).unwrap();
            }
            text.push('\n');
        }
        placeholders.iter().fold(text, |text, (name, value)| text.replace(name, value))
    }
}
