//! What is taken for a secret and what is not.

use super::*;

#[test]
fn names() {
    assert_eq!(word("GITHUB_TOKEN"), Some("TOKEN"));
    assert_eq!(word("db_password"), Some("PASSWORD"));
    assert_eq!(word("AWS_SECRET_ACCESS_KEY"), Some("ACCESS_KEY"));
    assert_eq!(word("my-api-key"), Some("API_KEY"));
    assert_eq!(word("--dbPassword"), Some("PASSWORD"));
    assert_eq!(word("spring.datasource.password"), Some("PASSWORD"));
    assert_eq!(word("PGPASSWORD"), Some("PGPASSWORD"));
    assert_eq!(word("AWS_ACCESS_KEY_ID"), Some("ACCESS_KEY"));
    for harmless in [
        "VERSION",
        "TOKENIZER",
        "PASSED",
        "KEYBOARD",
        "PUBLIC_KEY",
        "KEY",
        "SECRETARY",
        "PASSWORD_FILE",
        "TOKEN_URL",
        "SECRET_NAME",
        "TOKENIZERS_PARALLELISM",
        "SSH_AUTH_SOCK",
        "KEY_LAYOUT",
        "BYPASS",
        "MONKEY",
        "AUTHOR",
        "PASS_THROUGH",
        "FIRST_PASS",
        "ACCESS_KEYBOARD",
        "KEYSTORE_PATH",
    ] {
        assert_eq!(word(harmless), None, "{harmless}");
    }
}

#[test]
fn values() {
    let long = "0123456789abcdefghijABCDEFGHIJ0123456789";
    assert!(value("-----BEGIN RSA PRIVATE KEY-----\nMII").is_some());
    assert!(value("-----BEGIN PUBLIC KEY-----\nMII").is_none());
    for start in ["ghp_", "github_pat_", "AKIA", "sk-", "xoxb-", "glpat-"] {
        assert!(value(&format!("{start}{long}")).is_some(), "{start}");
        assert!(value(&format!("a={start}{long};")).is_some(), "{start}");
        assert!(value(start).is_none(), "{start}");
    }
    assert!(value("https://me:hunter2@example.org/x").is_some());
    for harmless in [
        "1.2.3",
        "https://example.org/a:b@c",
        "sk-learn",
        "v1@2",
        "postgres://me@host/db",
        "",
    ] {
        assert_eq!(value(harmless), None, "{harmless}");
    }
}

#[test]
fn tokens_of_several_parts() {
    let jwt = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
    assert_eq!(value(jwt).as_deref(), Some("has a JSON web token in it"));
    assert_eq!(
        value("Authorization: Bearer 0123456789abcdefABCDEF").as_deref(),
        Some("has a bearer token in it")
    );
    for harmless in [
        "Bearer of the ring",
        "WWW-Authenticate: Bearer realm",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
        "Bearer <your-token-goes-here-please>",
        "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "0123456789abcdef0123456789abcdef01234567",
        "550e8400-e29b-41d4-a716-446655440000",
        "https://user@example.org:8080/a?b=c:d@e",
        "sk-SK.UTF-8",
        "npm_config_registry",
        "hf_hub_download",
    ] {
        assert_eq!(value(harmless), None, "{harmless}");
    }
}

#[test]
fn names_with_values() {
    for (name, text) in [
        ("GITHUB_TOKEN", "ghp_0123456789abcdefghij0123"),
        ("GITHUB_TOKEN", "0123"),
        ("X", "ghp_0123456789abcdefghij0123"),
        (
            "AWS_SECRET_ACCESS_KEY",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ),
        ("DB_PASSWORD", "hunter2"),
        ("DB_PASSWORD", "12345"),
        ("DB_PASS", "/x!"),
        ("dbPassword", "hunter2"),
        ("DATABASE_URL", "postgres://me:hunter2@db/x"),
        ("SECRET_KEY", "/9j4AAQSkZJRgABAQEASABIAAD2wBDAAMCAgICAg"),
    ] {
        assert!(named(name, text).is_some(), "{name}={text}");
    }
    for (name, text) in [
        ("TOKENIZERS_PARALLELISM", "false"),
        ("PASSWORD_FILE", "/run/secrets/x"),
        ("SSH_AUTH_SOCK", "/tmp/agent.1"),
        ("KEY_LAYOUT", "dvorak"),
        ("MAX_TOKENS", "4096"),
        ("USE_TOKEN", "true"),
        ("DB_PASSWORD", ""),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/secrets/gcp.json"),
        ("SSH_KEY", "~/.ssh/id_rsa"),
        ("API_KEY", "<your key>"),
        ("TOKEN_URL", "https://example.org/oauth/token"),
        ("DB_PASSWORD", "${DB_PASSWORD}"),
        ("DB_PASSWORD", "changeme"),
        ("PUBLIC_KEY", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ"),
        ("PATH", "/usr/bin:/bin"),
        ("PYTHONHASHSEED", "0"),
        ("GIT_COMMIT", "0123456789abcdef0123456789abcdef01234567"),
        ("SESSION_COOKIE_NAME", "sid"),
        ("KEYBOARD", "us"),
        ("TZ", "Europe/Berlin"),
    ] {
        assert_eq!(named(name, text), None, "{name}={text}");
    }
}

#[test]
fn lists_of_arguments() {
    let found =
        |list: &[&str]| -> Vec<usize> { arguments(list).into_iter().map(|(at, _)| at).collect() };
    assert_eq!(found(&["--token", "abc", "run"]), [1]);
    assert_eq!(
        found(&["--token=abc", "-DdbPassword=x", "API_KEY=x"]),
        [0, 1, 2]
    );
    assert_eq!(
        found(&["-H", "Authorization: Bearer 0123456789abcdefABCDEF"]),
        [1]
    );
    assert_eq!(found(&["x", "ghp_0123456789abcdefghij0123"]), [1]);
    for harmless in [
        &["--token-file", "/run/secrets/x"][..],
        &["--password-stdin", "--quiet"],
        &["--token", "--verbose"],
        &["--max-tokens", "100"],
        &["--secret=/run/secrets/x"],
        &["token", "password"],
        &["a sentence with a = and a password in it"],
        &["--key", "value"],
    ] {
        assert_eq!(found(harmless), [] as [usize; 0], "{harmless:?}");
    }
}

#[test]
fn contents() {
    let key = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3";
    assert!(content("/etc/x", key).is_some());
    assert!(content("/app/.env", "A=1\nexport DB_PASSWORD=\"hunter2\"\n").is_some());
    assert!(content("/app/prod.env", "API_KEY=0123\n").is_some());
    for (guest, harmless) in [
        ("/app/main.py", "token = get_token()\npassword = input()\n"),
        (
            "/app/.env",
            "DB_PASSWORD=\nTOKENIZERS_PARALLELISM=false\n# a token\n",
        ),
        ("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"),
        ("/etc/motd", "Welcome: bring your password.\n"),
    ] {
        assert_eq!(content(guest, harmless), None, "{guest}");
    }
}
