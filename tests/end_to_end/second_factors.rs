//! Logins that need more than a password or a key: keyboard-interactive, several credentials, one-time codes.

use causeway_tests::clients::python;
use causeway_tests::openssh::{answering, lets_in};
use causeway_tests::{Configuration, Server};

/// The key of `tests/python/codes.py`.
const TOTP: &str = "otpauth://totp/Test:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const INTERACTIVE: [&str; 2] = ["-o", "PreferredAuthentications=keyboard-interactive"];
const KEY_FIRST: [&str; 2] = ["-o", "PreferredAuthentications=publickey,keyboard-interactive"];

/// What became of these logins, one a line: see `tests/python/logins.py`.
fn logins(server: &Server, logins: &[&str]) -> Vec<String> {
    python(server, "logins.py", logins).lines().map(str::to_owned).collect()
}

/// The codes of so many steps from now, all of one moment.
fn codes<const N: usize>(server: &Server, steps: [&str; N]) -> [String; N] {
    let printed = python(server, "codes.py", &[&[""][..], &steps].concat());
    let codes: Vec<String> = printed.lines().map(str::to_owned).collect();
    codes.try_into().unwrap()
}

fn with_codes() -> Server {
    Server::start(Configuration::standard().alice("multi_factor_authentication", TOTP))
}

#[test]
fn openssh_logs_in_by_keyboard_interactive() {
    let server = Server::start(Configuration::standard());
    let asked = format!("(alice@{}) Password:", server.address);
    let (questions, let_in) = answering(&server, "alice", &INTERACTIVE, &["correct horse"]);
    assert_eq!((questions, let_in), (vec![asked.clone()], true));
    let (questions, let_in) = answering(&server, "alice", &INTERACTIVE, &["wrong"]);
    assert_eq!((questions, let_in), (vec![asked.clone()], false));
    // Who does not exist is asked the same.
    let (questions, let_in) = answering(&server, "nobody", &INTERACTIVE, &["correct horse"]);
    assert_eq!((questions, let_in), (vec![asked.replace("alice", "nobody")], false));
}

#[test]
fn paramiko_and_asyncssh_log_in_by_keyboard_interactive() {
    let server = with_codes();
    assert_eq!(
        python(&server, "logins_asyncssh.py", &["alice", "correct horse", "{0}"]),
        "Password:\nVerification code:\nlet in\n"
    );
    assert_eq!(python(&server, "logins_asyncssh.py", &["alice", "wrong", "{0}"]), "Password:\nrefused\n");
    assert_eq!(
        logins(&server, &["alice;interactive=correct horse|{1}", "nobody;interactive=correct horse|{1}"]),
        ["(Password:) (Verification code:) let in", "refused"]
    );
}

#[test]
fn b33_password_and_key_each_alone_are_partial_and_both_in_either_order_succeed() {
    let configuration = Configuration::standard().alice("required_credentials", "password, ssh-key");
    let server = Server::start(configuration);
    assert!(!lets_in(&server, "alice"));
    let told = logins(
        &server,
        &[
            "alice;key",
            "alice;password=correct horse",
            "alice;key;password=correct horse",
            "alice;password=correct horse;key",
            "alice;interactive=correct horse;key",
            "alice;key;interactive=correct horse",
            "alice;key;password=wrong",
            "alice;key;key",
        ],
    );
    assert_eq!(
        told,
        [
            "needs password,keyboard-interactive",
            "needs publickey",
            "needs password,keyboard-interactive; let in",
            "needs publickey; let in",
            "(Password:) needs publickey; let in",
            "needs password,keyboard-interactive; (Password:) let in",
            "needs password,keyboard-interactive; refused",
            "needs password,keyboard-interactive; not offered",
        ]
    );
    server.wait_for_event("the first half", |e| e.id == 20126 && e.message.contains("ssh-key"));
    // OpenSSH goes on by itself.
    let (questions, let_in) = answering(&server, "alice", &KEY_FIRST, &["correct horse"]);
    assert_eq!((questions.len(), let_in), (1, true));
}

#[test]
fn v04_what_alice_has_proven_counts_for_nobody_else() {
    let server = Server::start(
        Configuration::standard().account("bob").alice("required_credentials", "password, ssh-key").set(
            "accounts/bob-id",
            "required_credentials",
            "password, ssh-key",
        ),
    );
    let told = logins(
        &server,
        &[
            "alice;password=correct horse;user=bob;key",
            "alice;key;user=bob;password=correct horse",
            "alice;password=correct horse;user=bob;key;user=alice;key",
            "alice;password=correct horse;user=nobody;password=x;user=alice;key;password=correct horse",
        ],
    );
    assert_eq!(
        told,
        [
            "needs publickey; needs password,keyboard-interactive",
            "needs password,keyboard-interactive; needs publickey",
            "needs publickey; needs password,keyboard-interactive; needs password,keyboard-interactive",
            "needs publickey; refused; needs password,keyboard-interactive; let in",
        ]
    );
}

#[test]
fn b32_a_code_behind_the_password_logs_in_once_and_not_two_steps_late() {
    let mut server = with_codes();
    let [two_late, late, now, next] = codes(&server, ["-2", "-1", "0", "1"]);
    let attempts = [
        format!("alice;password=correct horse{two_late}"),
        format!("alice;password=correct horse{late}"),
        format!("alice;password=correct horse{late}"),
        format!("alice;interactive=correct horse{now}"),
        format!("alice;password=correct horse{now}"),
        "alice;password=correct horse000000".to_owned(),
        format!("alice;password={next}"),
    ];
    let told = logins(&server, &attempts.each_ref().map(String::as_str));
    assert_eq!(told, ["refused", "let in", "refused", "(Password:) let in", "refused", "refused", "refused"]);
    server.wait_for_events("alice", &[20127, 20137]);
    server.wait_for_event("the refusal", |e| e.id == 20142 && e.message.contains("used before"));
    // A crash forgets nothing.
    server.kill();
    server.run();
    let attempts = [&now, &next].map(|code| format!("alice;password=correct horse{code}"));
    assert_eq!(logins(&server, &attempts.each_ref().map(String::as_str)), ["refused", "let in"]);
}

#[test]
fn a_code_is_asked_for_after_a_password_or_a_key_and_is_needed() {
    let server = with_codes();
    assert!(!lets_in(&server, "alice"));
    let [now, next] = codes(&server, ["0", "1"]);
    let (questions, let_in) = answering(&server, "alice", &INTERACTIVE, &["correct horse", &now]);
    let ask = |question: &str| format!("(alice@{}) {question}", server.address);
    assert_eq!((questions, let_in), (vec![ask("Password:"), ask("Verification code:")], true));
    let (questions, let_in) = answering(&server, "alice", &KEY_FIRST, &[&next]);
    assert_eq!((questions, let_in), (vec![ask("Verification code:")], true));
    let (_, let_in) = answering(&server, "alice", &KEY_FIRST, &["123456"]);
    assert!(!let_in);
    let told = logins(
        &server,
        &[
            "alice;password=correct horse;key",
            "alice;key;interactive=000000",
            "alice;interactive=wrong|{1}",
            "alice;interactive=correct horse|000000;interactive=correct horse|000000",
        ],
    );
    assert_eq!(
        told,
        [
            "needs password,keyboard-interactive; not offered",
            "needs password,keyboard-interactive; refused",
            "refused",
            "refused; refused",
        ]
    );
}

#[test]
fn b31_a_password_of_151_characters_is_refused_and_so_is_an_empty_one() {
    let long = "x".repeat(150);
    let hash = causeway_tests::program::output_with_input(&["password", "hash"], &format!("{long}\n"));
    let hash = String::from_utf8(hash.stdout).unwrap();
    let server = Server::start(Configuration::standard().alice("password", hash.trim()));
    let longer = format!("{long}x");
    let attempts: Vec<String> = [&long, &longer, ""]
        .iter()
        .flat_map(|text| [format!("alice;password={text}"), format!("alice;interactive={text}")])
        .collect();
    let attempts: Vec<&str> = attempts.iter().map(String::as_str).collect();
    let told = logins(&server, &attempts);
    assert_eq!(told, ["let in", "(Password:) let in", "refused", "refused", "refused", "refused"]);
    assert_eq!(logins(&server, &[&format!("{longer};password=x")]), ["refused"]);
}

#[test]
fn v24_a_uri_that_cannot_be_honoured_lets_nobody_in() {
    let mut server = with_codes();
    let ways = [
        "alice;key",
        "alice;password=correct horse",
        "alice;password=correct horse{0}",
        "alice;key;password={0}",
    ];
    for uri in ["otpauth://totp/x?secret=AAAA", "otpauth://hotp/x?secret=GEZDGNBVGY3TQOJQ&counter=1", "x"] {
        server.reconfigure(|c| c.alice("multi_factor_authentication", uri));
        for told in logins(&server, &ways) {
            assert!(told.starts_with("refused"), "{uri}: {told}");
        }
        assert!(!server.command(&["check"]).status.success());
    }
}

#[test]
fn v24_recovery_codes_made_by_a_command_count_once_each() {
    let server = with_codes();
    let made = server.command(&["account", "set", "alice", "--new-recovery-codes"]);
    assert!(made.status.success(), "{made:?}");
    let said = String::from_utf8(made.stdout).unwrap();
    let codes: Vec<&str> =
        said.lines().map(str::trim).filter(|l| l.len() == 19 && !l.starts_with('[')).collect();
    assert_eq!(codes.len(), 10, "{said}");
    let (first, second) = (codes[0], codes[1]);
    let told = logins(
        &server,
        &[
            &format!("alice;interactive=correct horse|{first}"),
            &format!("alice;interactive=correct horse|{first}"),
            &format!("alice;password=correct horse{second}"),
            &format!("alice;password={}", codes[2]),
            &format!("alice;key;interactive={}", codes[2]),
        ],
    );
    assert_eq!(
        told,
        [
            "(Password:) (Verification code:) let in",
            "refused",
            "let in",
            "refused",
            "needs password,keyboard-interactive; (Verification code:) let in",
        ]
    );
    server.wait_for_event("the use", |e| e.id == 70070 && e.message.contains("9 are left"));
    let ini = std::fs::read_to_string(server.server_ini()).unwrap();
    assert!(!codes.iter().any(|code| ini.contains(code)), "a code is in the file");
}

#[test]
fn a_new_key_for_codes_is_set_and_shown_by_a_command() {
    let server = Server::start(Configuration::standard());
    let made = server.command(&["account", "set", "alice", "--new-totp"]);
    assert!(made.status.success(), "{made:?}");
    let said = String::from_utf8(made.stdout).unwrap();
    let uri =
        said.lines().find(|line| line.starts_with("otpauth://totp/")).unwrap_or_else(|| panic!("{said}"));
    let secret = uri.split("secret=").nth(1).unwrap().split('&').next().unwrap();
    assert!(!lets_in(&server, "alice"));
    let code = python(&server, "codes.py", &[secret, "0"]);
    assert_eq!(logins(&server, &[&format!("alice;key;password={}", code.trim())]).len(), 1);
    server.wait_for_events("alice", &[20127, 20137]);
}
