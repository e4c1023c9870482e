//! The machine's names, as `{host.name}` and `{host.fqdn}` in the path of a log mean them.

use std::fs;

/// The name, and the name with its domain where the machine itself knows it (`/etc/hosts`); the network is not
/// asked.
pub(super) fn names() -> (String, String) {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned();
    let hosts = fs::read_to_string("/etc/hosts").unwrap_or_default();
    let fqdn = qualified(&name, &hosts);
    (name.split('.').next().unwrap_or_default().to_owned(), fqdn)
}

fn qualified(name: &str, hosts: &str) -> String {
    if name.contains('.') {
        return name.to_owned();
    }
    let line = |line: &'_ str| -> Option<String> {
        let mut words = line.split('#').next()?.split_whitespace().skip(1);
        let all: Vec<&str> = words.by_ref().collect();
        all.contains(&name)
            .then(|| all.iter().find(|w| w.starts_with(&format!("{name}."))).map(|w| (*w).to_owned()))?
    };
    hosts.lines().find_map(line).unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::qualified;

    #[test]
    fn the_domain_comes_from_the_name_itself_or_the_hosts_file() {
        assert_eq!(qualified("edge.example.com", ""), "edge.example.com");
        let hosts = "127.0.0.1 localhost\n# 10.0.0.1 edge.old edge\n127.0.1.1 edge.example.com edge # us\n";
        assert_eq!(qualified("edge", hosts), "edge.example.com");
        assert_eq!(qualified("other", hosts), "other");
    }
}
