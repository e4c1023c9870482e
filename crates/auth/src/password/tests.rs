//! Known answers come from passlib 1.7.4, argon2-cffi and `openssl passwd`.

use proptest::prelude::*;

use super::*;

const LONG: &str = "correct horse battery staple";

fn parse(stored: &str) -> Result<PasswordHash, PasswordHashError> {
    PasswordHash::parse(&Secret::new(stored))
}

fn check(stored: &str, password: &str, scheme: Scheme) {
    let hash = parse(stored).unwrap();
    assert_eq!(hash.scheme(), scheme, "{stored}");
    assert!(hash.verify(&Secret::new(password)), "{stored}");
    assert!(!hash.verify(&Secret::new(format!("{password}x"))), "{stored}");
    assert!(!hash.verify(&Secret::new("")), "{stored}");
}

#[test]
fn sha256_crypt_gives_the_known_answers() {
    let scheme = |rounds, salt_length| Scheme::Sha256Crypt { rounds, salt_length };
    check("$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", "Hello world!", scheme(5000, 10));
    check("$5$abc$qsg6EHbUzHQzF1POlD7zUwBINSELQxypPaeDcZe6vH0", "secret", scheme(5000, 3));
    check(
        "$5$rounds=80000$eC7.x/Qm0aPnl2Zb$b7Ko0pe6PyF2Vwjy6pTNy5v0X1fE3b2gRUAWh4hZyYB",
        LONG,
        scheme(80000, 16),
    );
    check("$5$rounds=1000$$wo1UeT2aXrNcCmF9QK2zyOEWymk0pqZGRcBOM2XDoHB", &"é".repeat(75), scheme(1000, 0));
    check(
        "$5$rounds=77777$short$JiO1O3ZpDAxGJeaDIuqCoEFysAe1mZNJRs3pw0KQRd/",
        "we have a short salt string but not a short password",
        scheme(77777, 5),
    );
}

#[test]
fn sha512_crypt_gives_the_known_answers() {
    let scheme = |rounds, salt_length| Scheme::Sha512Crypt { rounds, salt_length };
    check(
        "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
        "Hello world!",
        scheme(5000, 10),
    );
    check(
        "$6$abc$IdWKNKTJEb8LxY7CGg8YBXlvtfZzFw7Mp/r6niK9YB2mdvgY..TKjv1T..8RadRt2qvUHYRLr/TsVArtr91iR1",
        "secret",
        scheme(5000, 3),
    );
    check(
        "$6$rounds=80000$eC7.x/Qm0aPnl2Zb$8bTTqWslrl6/JBg1gW46HDCoE6PpVcjNmi/DQZXdL31ywv/2pN826tdLAiGcde2DIWEShxHaBnonKLCFldJB10",
        LONG,
        scheme(80000, 16),
    );
    check(
        "$6$rounds=1000$$1c44OC.PTqhUSNT65az9hE9Xa/NOH8KxdI3XSgvtRRuUTdu1lQX6YM/FYX/w2J33j5spfyzsXSwADCkwDB4z/1",
        &"é".repeat(75),
        scheme(1000, 0),
    );
}

#[test]
fn pbkdf2_gives_the_known_answers() {
    check(
        "$pbkdf2-sha256$80000$AAECAwQFBgcICQoLDA0ODw$tY0w8Tto8lwGc1xcY5C9ydPqDgKQwZ9xVI/mlGJDlwU",
        LONG,
        Scheme::Pbkdf2Sha256 { rounds: 80000 },
    );
    check(
        "$pbkdf2-sha256$1212$//777w$F.9/Lq8YDdWZC3nS1h03SsmzDsaoiupVLX2gFYUzXsc",
        "password",
        Scheme::Pbkdf2Sha256 { rounds: 1212 },
    );
    check(
        "$pbkdf2-sha512$80000$AAECAwQFBgcICQoLDA0ODw$WecE4OmxlL653byYd1bHDglb0PBe8ooICoTHijWuqyQ43UCawGz/N8vVRRPqkbqZK1ks3TPaAXwpEydhFMVkkg",
        LONG,
        Scheme::Pbkdf2Sha512 { rounds: 80000 },
    );
    check(
        "$pbkdf2-sha512$1212$//777w$63ACxdKvoP/N1JQolgdACeMAg3x.HTNAbps3ki6qbwvo5X4.cYrbsusKZTLVYpEQzdwCS.dPLqpd4FPJiFvEWQ",
        "password",
        Scheme::Pbkdf2Sha512 { rounds: 1212 },
    );
}

#[test]
fn argon2id_gives_the_known_answers() {
    let scheme = |memory_kib, passes, lanes| Scheme::Argon2id { memory_kib, passes, lanes };
    check(
        "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$gYJZtjEAJqjg26xdLmknq8/bB7MiWPrE9hsYuA+SkIU",
        LONG,
        scheme(19456, 2, 1),
    );
    check(
        "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQx$6EoQh6ci9+NWAuC9TWzYllyIDoCWgauAJm7vYFy3hBk",
        "password",
        scheme(65536, 3, 4),
    );
    check("$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQx$DswvPwFwQ7A15evlRoJRnQ", "password", scheme(64, 1, 1));
}

#[test]
fn a_plain_password_is_compared_whole() {
    check("sesame", "sesame", Scheme::Plain);
    let hash = parse("sesame").unwrap();
    assert!(!hash.verify(&Secret::new("sesam")));
    assert_eq!(format!("{hash:?}"), "PasswordHash(Plain)");
}

#[test]
fn a_new_password_is_argon2id_and_no_two_hashes_are_alike() {
    let random = Random::predictable(7);
    let (a, b) =
        (hash_new(&Secret::new(LONG), &random).unwrap(), hash_new(&Secret::new(LONG), &random).unwrap());
    assert_ne!(a, b);
    check(&a, LONG, Scheme::NEW);
    check(&b, LONG, Scheme::NEW);
}

#[test]
fn v18_hashes_that_ask_for_too_much_work_are_refused() {
    use PasswordHashError::*;
    let digest = "5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5";
    assert!(parse(&format!("$5$rounds=10000000$salt${digest}")).is_ok());
    assert_eq!(parse(&format!("$5$rounds=10000001$salt${digest}")).unwrap_err(), TooManyRounds);
    assert_eq!(parse(&format!("$5$rounds=99999999999$salt${digest}")).unwrap_err(), TooManyRounds);
    assert_eq!(parse(&format!("$5$rounds=999$salt${digest}")).unwrap_err(), TooFewRounds);
    let digest = "tY0w8Tto8lwGc1xcY5C9ydPqDgKQwZ9xVI/mlGJDlwU";
    assert!(parse(&format!("$pbkdf2-sha256$10000000$AAEC${digest}")).is_ok());
    assert_eq!(parse(&format!("$pbkdf2-sha256$10000001$AAEC${digest}")).unwrap_err(), TooManyRounds);
    assert_eq!(parse(&format!("$pbkdf2-sha256$0$AAEC${digest}")).unwrap_err(), TooFewRounds);
    let argon = |params: &str| parse(&format!("$argon2id$v=19${params}$c29tZXNhbHQx$DswvPwFwQ7A15evlRoJRnQ"));
    assert!(argon("m=262144,t=16,p=16").is_ok());
    for params in ["m=262145,t=1,p=1", "m=64,t=17,p=1", "m=64,t=1,p=17"] {
        assert_eq!(argon(params).unwrap_err(), TooExpensive, "{params}");
    }
}

#[test]
fn damaged_and_foreign_hashes_are_refused_and_never_taken_for_passwords() {
    for stored in [
        "",
        "$",
        "$5",
        "$5$",
        "$5$salt",
        "$5$salt$short",
        "$5$rounds=x$salt$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5",
        "$5$salt$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEcz",
        "$5$salt$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc!",
        "$5$salt$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5$",
        "$pbkdf2-sha256$80000$AAECAwQFBgcICQoLDA0ODw",
        "$pbkdf2-sha256$80000$AAECAwQFBgcICQoLDA0ODw$AAEC",
        "$pbkdf2-sha1$80000$AAECAwQFBgcICQoLDA0ODw$AAEC",
        "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQx",
        "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQx$AAECAw",
        "$argon2id$v=18$m=64,t=1,p=1$c29tZXNhbHQx$DswvPwFwQ7A15evlRoJRnQ",
        "$argon2id$v=19$m=64,t=1,p=1,keyid=AAAA$c29tZXNhbHQx$DswvPwFwQ7A15evlRoJRnQ",
        "$argon2i$v=19$m=64,t=1,p=1$c29tZXNhbHQx$DswvPwFwQ7A15evlRoJRnQ",
        "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
        "$1$abc$xyz",
    ] {
        assert!(parse(stored).is_err(), "{stored}");
    }
    assert_eq!(parse(&"x".repeat(151)).unwrap_err(), PasswordHashError::TooLong);
    assert!(parse(&"é".repeat(150)).is_ok());
}

#[test]
fn the_hash_of_nobody_takes_the_same_scheme_and_fits_no_password() {
    let random = Random::predictable(1);
    for scheme in [
        Scheme::Plain,
        Scheme::Sha256Crypt { rounds: 1000, salt_length: 0 },
        Scheme::Sha512Crypt { rounds: 1000, salt_length: 8 },
        Scheme::Pbkdf2Sha256 { rounds: 100 },
        Scheme::Pbkdf2Sha512 { rounds: 100 },
        Scheme::Argon2id { memory_kib: 64, passes: 1, lanes: 1 },
    ] {
        let hash = PasswordHash::of_nobody(scheme, &random).unwrap();
        assert_eq!(hash.scheme(), scheme);
        assert!(!hash.verify(&Secret::new("")));
        assert!(!hash.verify(&Secret::new("password")));
    }
}

#[test]
fn lengths_count_characters_and_bytes_only_where_there_are_none() {
    assert!(!is_too_long(&Secret::new("é".repeat(150))));
    assert!(is_too_long(&Secret::new("é".repeat(151))));
    assert!(!is_too_long(&Secret::new([0xff; 150])));
    assert!(is_too_long(&Secret::new([0xff; 151])));
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_fall(text in "\\$?(5|6|argon2id|pbkdf2-sha(256|512))?\\$?[ -~]{0,120}") {
        if let Ok(hash) = parse(&text) {
            prop_assert!(hash.scheme().memory_kib() <= MAX_MEMORY_KIB);
        }
    }
}
