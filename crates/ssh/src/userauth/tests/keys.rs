//! Logins by keys, certificates and hosts: what is signed, under which name, and by what.

use super::*;

#[test]
fn a_key_login_asks_first_and_then_signs() {
    let key = key();
    let step = begun().step(&query("änna".as_bytes(), b"ssh-ed25519", key.public_blob()));
    let LoginStep::Query(asked) = step else { panic!("{step:?}") };
    assert_eq!((asked.user(), asked.key()), ("änna", &Offered::Key(key.public().clone())));
    let (login, payloads, _) = reply(asked.acceptable());
    assert_eq!(payloads, [message(|w| _ = w.u8(60).string(b"ssh-ed25519").string(key.public_blob()))]);
    let proof = proof(login.step(&signed(&key, "änna", "änna", SESSION)));
    assert_eq!(
        proof.credential(),
        &Credential::Key { key: Offered::Key(key.public().clone()), scheme: Scheme::Ed25519, touch: None }
    );
    assert_eq!(proof.accept().user, "änna");
}

/// A certificate for the key, signed by the authority.
fn certificate(key: &HostKeyPair, authority: &HostKeyPair) -> Vec<u8> {
    let mut fields = Reader::new(key.public_blob());
    fields.string().unwrap();
    let mut blob = message(|w| {
        let name = key.public().algorithm().certificate_name();
        w.string(name.as_bytes()).string(b"nonce").raw(fields.rest());
        w.u64(3).u32(1).string(b"id").string(b"").u64(0).u64(u64::MAX);
        w.string(b"").string(b"").string(b"").string(authority.public_blob());
    });
    let signature = authority.sign(authority.algorithms()[0], &blob).unwrap();
    Writer::new(&mut blob).string(&signature);
    blob
}

/// A request with any blob, signed under the announced name by the plain key.
fn signed_as(key: &HostKeyPair, announced: &str, plain: &str, blob: &[u8]) -> Vec<u8> {
    let data = message(|w| {
        w.string(SESSION).u8(50).string(b"anna").string(b"ssh-connection");
        w.string(b"publickey").u8(1).string(announced.as_bytes()).string(blob);
    });
    let signature = key.sign(plain, &data).unwrap();
    request(b"anna", b"publickey", |w| {
        w.bool(true).string(announced.as_bytes()).string(blob).string(&signature);
    })
}

#[test]
fn a_certificate_login_asks_first_and_then_signs_with_the_plain_key() {
    for (text, name) in [
        (
            &include_bytes!("../../../../core/tests-data/sshkey/ed25519.openssh")[..],
            "ssh-ed25519-cert-v01@openssh.com",
        ),
        (
            include_bytes!("../../../../core/tests-data/sshkey/rsa2048.openssh"),
            "rsa-sha2-512-cert-v01@openssh.com",
        ),
    ] {
        let key = HostKeyPair::new(&PrivateKey::parse(text, None).unwrap()).unwrap();
        let blob = certificate(&key, &self::key());
        let expected = Offered::Certificate(Box::new(Certificate::from_blob(&blob).unwrap()));
        let step = begun().step(&query(b"anna", name.as_bytes(), &blob));
        let LoginStep::Query(asked) = step else { panic!("{step:?}") };
        assert_eq!(asked.key(), &expected);
        let (login, payloads, _) = reply(asked.acceptable());
        assert_eq!(payloads, [message(|w| _ = w.u8(60).string(name.as_bytes()).string(&blob))]);
        let proof = proof(login.step(&signed_as(&key, name, key.algorithms()[0], &blob)));
        let Credential::Key { key, .. } = proof.credential() else { panic!() };
        assert_eq!(key, &expected);
    }
}

#[test]
fn v04_a_certificate_that_its_authority_has_not_signed_is_refused_even_to_a_query() {
    let (key, name) = (key(), "ssh-ed25519-cert-v01@openssh.com");
    let mut forged = certificate(&key, &self::key());
    let at = forged.windows(2).position(|w| w == b"id").unwrap();
    forged[at] = b'I';
    for sent in [query(b"anna", name.as_bytes(), &forged), signed_as(&key, name, "ssh-ed25519", &forged)] {
        let (_, _, refused) = reply(begun().step(&sent));
        assert_eq!(refused, Some(LoginError::Authority(VerifyError::Wrong)));
    }
}

#[test]
fn v04_a_certificate_goes_under_the_name_of_its_key_alone() {
    let key = key();
    let blob = certificate(&key, &self::key());
    for name in [
        "ssh-ed25519",
        "rsa-sha2-512-cert-v01@openssh.com",
        "ssh-rsa-cert-v01@openssh.com",
        "x-cert-v01@openssh.com",
    ] {
        let (_, _, refused) = reply(begun().step(&query(b"anna", name.as_bytes(), &blob)));
        assert!(
            matches!(refused, Some(LoginError::Key(_) | LoginError::Signature(_))),
            "{name}: {refused:?}"
        );
    }
    let name = b"ssh-ed25519-cert-v01@openssh.com";
    let (_, _, refused) = reply(begun().step(&query(b"anna", name, key.public_blob())));
    assert!(matches!(refused, Some(LoginError::Certificate(_))), "{refused:?}");
}

#[test]
fn a_signature_algorithm_that_the_service_does_not_list_is_refused() {
    let options = LoginOptions { signatures: vec!["rsa-sha2-512"], ..LoginOptions::default() };
    let begun = || reply(fresh(options.clone()).step(&service_request(b"ssh-userauth"))).0;
    let key = key();
    let certificate = certificate(&key, &key);
    for sent in [
        query(b"anna", b"ssh-ed25519", key.public_blob()),
        query(b"anna", b"ssh-ed25519-cert-v01@openssh.com", &certificate),
        signed(&key, "anna", "anna", SESSION),
    ] {
        let (_, _, refused) = reply(begun().step(&sent));
        assert_eq!(refused, Some(LoginError::NotAllowed("ssh-ed25519")));
    }
}

fn host_request(key: &HostKeyPair, host: &[u8], user: &[u8], signed_user: &[u8]) -> Vec<u8> {
    let data = message(|w| {
        w.string(SESSION).u8(50).string(b"anna").string(b"ssh-connection").string(b"hostbased");
        w.string(b"ssh-ed25519").string(key.public_blob()).string(host).string(signed_user);
    });
    let signature = key.sign("ssh-ed25519", &data).unwrap();
    request(b"anna", b"hostbased", |w| {
        w.string(b"ssh-ed25519").string(key.public_blob()).string(host).string(user).string(&signature);
    })
}

#[test]
fn a_host_that_has_signed_for_its_user_is_asked_about_where_that_is_offered() {
    let offered = LoginOptions { methods: Methods::ALL.with(Method::HostBased), ..LoginOptions::default() };
    let begun = || reply(fresh(offered.clone()).step(&service_request(b"ssh-userauth"))).0;
    let key = key();
    let (_, payloads, _) = reply(begun().step(&none(b"anna")));
    assert_eq!(failure(&payloads), ("publickey,password,keyboard-interactive,hostbased".into(), false));
    let proof = proof(begun().step(&host_request(&key, b"Files.Example.com.", b"anna", b"anna")));
    let (host, user) = ("files.example.com".to_owned(), "anna".to_owned());
    let expected = Credential::Host { key: key.public().clone(), scheme: Scheme::Ed25519, host, user };
    assert_eq!(proof.credential(), &expected);
    assert_eq!(proof.accept().proven, KEY);
    let (_, _, refused) = reply(begun().step(&host_request(&key, b"h", b"root", b"anna")));
    assert_eq!(refused, Some(VerifyError::Wrong.into()));
    for host in [&b""[..], b".", b"a b", "hä".as_bytes(), &[b'a'; 256]] {
        let (_, _, refused) = reply(begun().step(&host_request(&key, host, b"anna", b"anna")));
        assert_eq!(refused, Some(LoginError::HostName), "{host:?}");
    }
    let (_, _, refused) = reply(self::begun().step(&host_request(&key, b"h", b"anna", b"anna")));
    assert_eq!(refused, Some(LoginError::Method("hostbased".into())), "it is off by default");
}

/// Keys of `ssh-keygen`, one of each type.
#[test]
fn every_type_of_key_logs_in_with_each_of_its_algorithms() {
    for text in [
        &include_bytes!("../../../../core/tests-data/sshkey/ecdsa256.openssh")[..],
        include_bytes!("../../../../core/tests-data/sshkey/ecdsa384.openssh"),
        include_bytes!("../../../../core/tests-data/sshkey/ecdsa521.openssh"),
        include_bytes!("../../../../core/tests-data/sshkey/rsa2048.openssh"),
    ] {
        let key = HostKeyPair::new(&PrivateKey::parse(text, None).unwrap()).unwrap();
        for name in key.algorithms() {
            let data = reply::signed_data(SESSION, "anna", name, key.public_blob());
            let signature = key.sign(name, &data).unwrap();
            let sent = request(b"anna", b"publickey", |w| {
                w.bool(true).string(name.as_bytes()).string(key.public_blob()).string(&signature);
            });
            assert_eq!(proof(begun().step(&sent)).user(), "anna");
        }
    }
}

#[test]
fn v04_a_signature_for_another_session_or_user_proves_nothing() {
    let key = key();
    for sent in [signed(&key, "anna", "anna", &[8; 32]), signed(&key, "anna", "bert", SESSION)] {
        let (_, payloads, refused) = reply(begun().step(&sent));
        assert_eq!(failure(&payloads), ("publickey,password,keyboard-interactive".into(), false));
        assert_eq!(refused, Some(LoginError::Signature(VerifyError::Wrong)));
    }
}

#[test]
fn keys_that_cannot_be_used_reach_nobody_and_the_cause_is_kept() {
    let key = key();
    let refused = |algorithm: &[u8], blob: &[u8]| match begun().step(&query(b"anna", algorithm, blob)) {
        LoginStep::Reply { refused, .. } => *refused.unwrap(),
        other => panic!("{other:?}"),
    };
    let rsa = PrivateKey::parse(include_bytes!("../../../../core/tests-data/sshkey/rsa2048.openssh"), None)
        .unwrap();
    let sha1 = refused(b"ssh-rsa", rsa.public().blob());
    assert_eq!(sha1.cause, LoginError::NotAllowed("ssh-rsa"));
    assert_eq!(sha1.key.as_deref(), Some(rsa.public()));
    assert!(matches!(
        refused(b"rsa-sha2-256", key.public_blob()).cause,
        LoginError::Signature(VerifyError::DoesNotFit { .. })
    ));
    assert_eq!(refused(b"ssh-ed25519", b"").cause, LoginError::Key(KeyError::Damaged));
    let cut = &key.public_blob()[..50];
    assert_eq!(refused(b"ssh-ed25519", cut).cause, LoginError::Key(KeyError::Damaged));
}

#[test]
fn v04_a_way_to_sign_that_is_not_accepted_reaches_nobody() {
    let rsa = PrivateKey::parse(include_bytes!("../../../../core/tests-data/sshkey/rsa2048.openssh"), None)
        .unwrap();
    let ask = |signatures: &[&'static str], algorithm: &[u8]| {
        let options = LoginOptions { signatures: signatures.to_vec(), ..Default::default() };
        let login = Login::new(Arc::new(options), SESSION);
        let login = match login.step(&service_request(b"ssh-userauth")) {
            LoginStep::Reply { login, .. } => login,
            other => panic!("{other:?}"),
        };
        matches!(login.step(&query(b"anna", algorithm, rsa.public().blob())), LoginStep::Query(_))
    };
    assert!(ask(&["rsa-sha2-256"], b"rsa-sha2-256"));
    assert!(!ask(&["rsa-sha2-256"], b"rsa-sha2-512"));
    assert!(!ask(&["ssh-ed25519"], b"rsa-sha2-256"));
    assert!(!ask(&Scheme::NAMES, b"ssh-rsa"));
    assert!(ask(&["ssh-rsa"], b"ssh-rsa"));
    assert!(!ask(&["ssh-rsa"], b"rsa-sha2-256"));
}
