//! keyboard-interactive.

use super::*;

fn interactive(user: &[u8]) -> Vec<u8> {
    request(user, b"keyboard-interactive", |w| _ = w.string(b"en").string(b"pam"))
}

fn answers(answers: &[&[u8]]) -> Vec<u8> {
    message(|w| {
        w.u8(61).u32(answers.len().try_into().unwrap());
        answers.iter().for_each(|a| _ = w.string(a));
    })
}

fn answer(text: &[u8]) -> Vec<u8> {
    answers(&[text])
}

fn asked(step: LoginStep) -> (Dialogue, Vec<Vec<u8>>) {
    match step {
        LoginStep::Ask { dialogue, payloads } => (dialogue, payloads),
        other => panic!("{other:?}"),
    }
}

/// Title, instruction and question of a lone INFO_REQUEST.
fn question(payloads: &[Vec<u8>]) -> (String, String, String) {
    let [payload] = payloads else { panic!("{payloads:?}") };
    let mut r = Reader::new(payload);
    assert_eq!(r.u8(), Ok(60));
    let mut text = || String::from_utf8(r.string().unwrap().to_vec()).unwrap();
    let (name, instruction, language) = (text(), text(), text());
    assert_eq!((language.as_str(), r.u32()), ("", Ok(1)));
    let prompt = String::from_utf8(r.string().unwrap().to_vec()).unwrap();
    assert_eq!(r.bool(), Ok(false), "the answer is not to be shown");
    r.finish().unwrap();
    (name, instruction, prompt)
}

/// A login whose password has been proven, and that needs these.
fn partly(missing: Factors) -> Login {
    reply(proof(begun().step(&password(b"anna", b"right"))).partial(missing)).0
}

#[test]
fn a_dialogue_asks_for_the_password_and_takes_one_answer() {
    let (dialogue, payloads) = asked(begun().step(&interactive(b"anna")));
    assert_eq!(question(&payloads), (String::new(), String::new(), "Password: ".into()));
    let proof = proof(dialogue.step(&answer(b"hunter2")));
    assert_eq!((proof.user(), proof.method()), ("anna", Method::KeyboardInteractive));
    assert_eq!(proof.credential(), &Credential::Password(Secret::new(*b"hunter2")));
    let done = proof.accept();
    assert_eq!((done.payloads, done.proven), (vec![vec![52]], PASSWORD));
}

#[test]
fn a_dialogue_shows_the_texts_of_the_service_behind_the_banner() {
    let questions = Questions {
        name: "Example".into(),
        instruction: "Only for partners.\nAsk us.".into(),
        password: "Secret word: ".into(),
        ..Questions::default()
    };
    let options = LoginOptions { questions, banner: "Hello".into(), ..Default::default() };
    let login = reply(fresh(options).step(&service_request(b"ssh-userauth"))).0;
    let (dialogue, payloads) = asked(login.step(&interactive(b"anna")));
    assert_eq!(payloads[0][0], 53);
    let expected = ("Example".into(), "Only for partners.\nAsk us.".into(), "Secret word: ".into());
    assert_eq!(question(&payloads[1..]), expected);
    let needs_code = proof(dialogue.step(&answer(b"right"))).partial(CODE);
    assert_eq!(question(&asked(needs_code).1).2, "Verification code: ");
}

#[test]
fn a_code_is_asked_for_in_the_same_dialogue_and_comes_with_the_password() {
    let (dialogue, _) = asked(begun().step(&interactive(b"anna")));
    let first = proof(dialogue.step(&answer(b"right")));
    let (dialogue, payloads) = asked(first.partial(CODE));
    assert_eq!(question(&payloads).2, "Verification code: ");
    let second = proof(dialogue.step(&answer(b"123456")));
    let both =
        Credential::PasswordAndCode { password: Secret::new(*b"right"), code: Secret::new(*b"123456") };
    assert_eq!((second.credential(), second.proven()), (&both, Factors::NONE));
    assert_eq!(second.accept().proven, PASSWORD.or(CODE));
}

#[test]
fn v04_what_a_dialogue_had_asked_for_is_forgotten_when_it_fails_or_is_left() {
    let until_code = || {
        let (dialogue, _) = asked(begun().step(&interactive(b"anna")));
        asked(proof(dialogue.step(&answer(b"right"))).partial(CODE)).0
    };
    // The code is wrong: the next dialogue asks for the password again.
    let (login, payloads, _) = reply(proof(until_code().step(&answer(b"000000"))).refuse());
    assert_eq!(failure(&payloads), ("publickey,password,keyboard-interactive".into(), false));
    assert_eq!(question(&asked(login.step(&interactive(b"anna"))).1).2, "Password: ");
    // Left for another dialogue, of the same or of another user.
    for user in [&b"anna"[..], b"bert"] {
        let (dialogue, payloads) = asked(until_code().step(&interactive(user)));
        assert_eq!(question(&payloads).2, "Password: ");
        let next = proof(dialogue.step(&answer(b"x")));
        assert_eq!((next.user().as_bytes(), next.proven()), (user, Factors::NONE));
        assert_eq!(next.credential(), &Credential::Password(Secret::new(*b"x")));
    }
    // Left for a password: it is no code.
    let next = proof(until_code().step(&password(b"anna", b"000000")));
    assert_eq!(next.credential(), &Credential::Password(Secret::new(*b"000000")));
}

#[test]
fn after_a_partial_success_only_the_code_is_asked_for_by_either_method() {
    let (dialogue, payloads) = asked(partly(CODE).step(&interactive(b"anna")));
    assert_eq!(question(&payloads).2, "Verification code: ");
    let code = Credential::Code(Secret::new(*b"123456"));
    let by_dialogue = proof(dialogue.step(&answer(b"123456")));
    assert_eq!((by_dialogue.credential(), by_dialogue.proven()), (&code, PASSWORD));
    let by_password = proof(partly(CODE).step(&password(b"anna", b"123456")));
    assert_eq!((by_password.credential(), by_password.proven()), (&code, PASSWORD));
    assert_eq!(by_password.accept().proven, PASSWORD.or(CODE));
    // A code is no password where the key came first.
    let key = key();
    let (login, payloads, _) =
        reply(proof(begun().step(&signed(&key, "anna", "anna", SESSION))).partial(PASSWORD.or(CODE)));
    assert_eq!(failure(&payloads), ("password,keyboard-interactive".into(), true));
    let next = proof(login.step(&password(b"anna", b"123456")));
    assert_eq!(next.credential(), &Credential::Password(Secret::new(*b"123456")));
}

#[test]
fn a_code_and_a_key_that_are_missing_can_come_in_either_order() {
    let key = key();
    let (login, payloads, _) = reply(proof(begun().step(&password(b"anna", b"right"))).partial(KEY.or(CODE)));
    assert_eq!(failure(&payloads), ("publickey,password,keyboard-interactive".into(), true));
    let (login, payloads, _) = reply(proof(login.step(&password(b"anna", b"123456"))).partial(KEY));
    assert_eq!(failure(&payloads), ("publickey".into(), true));
    let last = proof(login.step(&signed(&key, "anna", "anna", SESSION)));
    assert_eq!(last.accept().proven, PASSWORD.or(KEY).or(CODE));
    let login = partly(KEY.or(CODE));
    let (login, payloads, _) = reply(proof(login.step(&signed(&key, "anna", "anna", SESSION))).partial(CODE));
    assert_eq!(failure(&payloads), ("password,keyboard-interactive".into(), true));
    assert_eq!(question(&asked(login.step(&interactive(b"anna"))).1).2, "Verification code: ");
}

#[test]
fn v04_who_is_told_to_begin_anew_has_proven_nothing() {
    let (login, payloads, _) = reply(proof(partly(CODE).step(&password(b"anna", b"1"))).refuse_and_forget());
    assert_eq!(failure(&payloads), ("publickey,password,keyboard-interactive".into(), false));
    let next = proof(login.step(&password(b"anna", b"1")));
    assert_eq!(
        (next.proven(), next.credential()),
        (Factors::NONE, &Credential::Password(Secret::new(*b"1")))
    );
}

#[test]
fn answers_of_the_wrong_number_or_form_reach_nobody() {
    let long = vec![b'x'; 1025];
    let endless = message(|w| _ = w.u8(61).u32(u32::MAX));
    for (sent, cause) in [
        (answers(&[]), LoginError::Answers(0)),
        (answers(&[b"a", b"b"]), LoginError::Answers(2)),
        (endless, LoginError::Answers(u32::MAX)),
        (answer(b"\xff"), LoginError::PasswordNotText),
        (answer(&long), LoginError::PasswordLength),
    ] {
        let (dialogue, _) = asked(begun().step(&interactive(b"anna")));
        let LoginStep::Reply { payloads, refused, .. } = dialogue.step(&sent) else { panic!("{cause}") };
        assert_eq!(failure(&payloads), ("publickey,password,keyboard-interactive".into(), false));
        let refused = refused.unwrap();
        assert_eq!((refused.user, refused.method), (b"anna".to_vec(), b"keyboard-interactive".to_vec()));
        assert_eq!(refused.cause, cause);
    }
    for sent in [&answer(b"right")[..4], &[&answer(b"right")[..], b"x"].concat()] {
        let (dialogue, _) = asked(begun().step(&interactive(b"anna")));
        assert!(matches!(ended(dialogue.step(sent)), (Disconnect::ProtocolError, LoginError::Malformed(_))));
    }
}

#[test]
fn v18_questions_that_are_left_unanswered_count_as_failures() {
    let mut step = begun().step(&interactive(b"anna"));
    for _ in 0..5 {
        step = asked(step).0.step(&interactive(b"anna"));
    }
    let end = asked(step).0.step(&interactive(b"anna"));
    assert_eq!(ended(end), (Disconnect::NoMoreAuthMethods, LoginError::TooManyFailures));
}

#[test]
fn v04_in_a_dialogue_nothing_but_an_answer_or_another_request_is_taken() {
    for number in 0..=255u8 {
        let (dialogue, _) = asked(begun().step(&interactive(b"anna")));
        match (number, dialogue.step(&[&[number], &[0; 64][..]].concat())) {
            // No answers at all, as its count says.
            (61, step) => assert_eq!(reply(step).2, Some(LoginError::Answers(0))),
            (5 | 50, step) => {
                assert!(matches!(ended(step).1, LoginError::Malformed(_) | LoginError::Service(_)));
            }
            (54..=79, step) => {
                assert!(matches!(step, LoginStep::Unimplemented(Waiting::Dialogue(_))), "{number}");
            }
            (_, step) => {
                assert_eq!(ended(step), (Disconnect::ProtocolError, LoginError::Unexpected(number)));
            }
        }
    }
}

#[test]
fn answers_are_not_printed() {
    let (dialogue, _) = asked(begun().step(&interactive(b"anna")));
    let first = proof(dialogue.step(&answer(b"hunter2")));
    let shown = format!("{first:?}");
    let (dialogue, _) = asked(first.partial(CODE));
    let shown = format!("{shown} {dialogue:?}");
    let shown = format!("{shown} {:?}", dialogue.step(&answer(b"123456")));
    assert!(!shown.contains("hunter2") && !shown.contains("123456"), "{shown}");
}

proptest! {
    #[test]
    fn no_bytes_make_a_dialogue_panic_or_succeed(
        messages in proptest::collection::vec(
            (prop_oneof![Just(61u8), Just(50u8), any::<u8>()], proptest::collection::vec(any::<u8>(), 0..80)),
            1..10,
        ),
    ) {
        let mut step = begun().step(&interactive(b"anna"));
        for (number, body) in messages {
            let sent = [&[number], &body[..]].concat();
            step = match step {
                LoginStep::Ask { dialogue, .. } => dialogue.step(&sent),
                LoginStep::Reply { login, .. } => login.step(&sent),
                LoginStep::Prove(proof) => proof.partial(CODE),
                LoginStep::Query(query) => query.refuse(),
                LoginStep::Unimplemented(Waiting::Login(login)) => login.step(&sent),
                LoginStep::Unimplemented(Waiting::Dialogue(dialogue)) => dialogue.step(&sent),
                LoginStep::Disconnect { .. } => break,
            };
        }
    }
}
