//! What several targets share.

pub mod ssh {
    //! Two sides of an SSH connection in memory.

    use std::sync::{Arc, LazyLock};

    use causeway_core::sshkey::PrivateKey;
    use causeway_ssh::algorithms::Algorithms;
    use causeway_ssh::keys::HostKeyPair;
    use causeway_ssh::{ClientConfig, HostKey, RxBuf, ServerConfig, ServerKeyCheck, TxBuf};

    /// The server's key; where users log in with keys, it is also the one that would be let in.
    pub static HOST_KEY: LazyLock<Arc<dyn HostKey>> = LazyLock::new(|| {
        let text = include_bytes!("../../crates/core/tests-data/sshkey/ed25519.openssh");
        let key = PrivateKey::parse(text, None).expect("a key made for tests");
        Arc::new(HostKeyPair::new(&key).expect("it signs"))
    });

    pub fn server_config() -> Arc<ServerConfig> {
        Arc::new(ServerConfig { host_keys: vec![HOST_KEY.clone()], ..ServerConfig::default() })
    }

    /// A client that trusts every server, and prefers what is quick. It asks for groups too, if the server has nothing else.
    pub fn client_config() -> Arc<ClientConfig> {
        let mut algorithms = Algorithms::default();
        algorithms
            .kex
            .retain(|k| ["curve25519-sha256", "diffie-hellman-group-exchange-sha256"].contains(&k.name()));
        Arc::new(ClientConfig {
            ident: Default::default(),
            algorithms,
            host_key_algorithms: vec!["ssh-ed25519".to_owned()],
            check: Arc::new(TrustAll),
            rekey: Default::default(),
        })
    }

    #[derive(Debug)]
    struct TrustAll;

    impl ServerKeyCheck for TrustAll {
        fn check(&self, _: &str, _: &[u8], _: &[u8], _: &[u8]) -> Result<(), String> {
            Ok(())
        }
    }

    /// Takes all that is pending from one side to the other, as far as it has room.
    pub fn carry(from: &mut TxBuf, to: &mut RxBuf) {
        let space = to.space();
        let n = from.pending().len().min(space.len());
        space[..n].copy_from_slice(&from.pending()[..n]);
        to.filled(n);
        from.wrote(n);
    }
}
