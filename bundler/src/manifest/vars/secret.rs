//! What looks like a secret.

/// Words between `_` of a name that is a secret's, in capitals.
const WORDS: [&str; 18] = [
    "TOKEN",
    "TOKENS",
    "SECRET",
    "SECRETS",
    "PASSWORD",
    "PASSWORDS",
    "PASSWD",
    "PASSPHRASE",
    "CREDENTIAL",
    "CREDENTIALS",
    "APIKEY",
    "API_KEY",
    "PRIVATE_KEY",
    "ACCESS_KEY",
    "SECRET_KEY",
    "SIGNING_KEY",
    "ENCRYPTION_KEY",
    "SSH_KEY",
];

/// Starts of tokens that services give out: the start, how many letters, digits, `-` and `_` follow at least, whose.
const TOKENS: [(&str, usize, &str); 14] = [
    ("ghp_", 20, "a GitHub token"),
    ("gho_", 20, "a GitHub token"),
    ("ghu_", 20, "a GitHub token"),
    ("ghs_", 20, "a GitHub token"),
    ("ghr_", 20, "a GitHub token"),
    ("github_pat_", 20, "a GitHub token"),
    ("glpat-", 16, "a GitLab token"),
    ("AKIA", 16, "an AWS access key"),
    ("ASIA", 16, "an AWS access key"),
    ("AIza", 30, "a Google API key"),
    ("npm_", 30, "an npm token"),
    ("pypi-", 30, "a PyPI token"),
    ("sk-", 20, "an API key"),
    ("sk_live_", 16, "an API key"),
];

/// The word in a name that says it is a secret's.
pub(super) fn word(name: &str) -> Option<&'static str> {
    let bounded = format!("_{}_", name.to_ascii_uppercase().replace('-', "_"));
    // The longest says it best.
    let found = WORDS
        .iter()
        .filter(|word| bounded.contains(&format!("_{word}_")));
    found.max_by_key(|word| word.len()).copied()
}

/// By what a value looks like a secret; says nothing of the value itself.
pub(super) fn value(value: &str) -> Option<String> {
    if value.contains("-----BEGIN ") && value.contains("PRIVATE KEY") {
        return Some("has a private key in it".to_owned());
    }
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut words = value.split(|c| !letter(c));
    let of = words.find_map(|word| {
        let token = TOKENS.iter().find(|(start, least, _)| {
            word.strip_prefix(start)
                .is_some_and(|rest| rest.len() >= *least)
        });
        let slack = word.len() > 15
            && word.starts_with("xox")
            && word[3..].starts_with(|c: char| c.is_ascii_lowercase())
            && word[4..].starts_with('-');
        token
            .map(|(.., whose)| *whose)
            .or(slack.then_some("a Slack token"))
    });
    if let Some(of) = of {
        return Some(format!("has {of} in it"));
    }
    has_password(value).then(|| "is an address with a password in it".to_owned())
}

/// Whether it has `SCHEME://USER:PASSWORD@HOST` in it.
fn has_password(value: &str) -> bool {
    value.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', '?', '#', ' ', '\n']).next();
        let user = authority.and_then(|authority| authority.rsplit_once('@'));
        user.and_then(|(user, _)| user.split_once(':'))
            .is_some_and(|(_, password)| !password.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(word("GITHUB_TOKEN"), Some("TOKEN"));
        assert_eq!(word("db_password"), Some("PASSWORD"));
        assert_eq!(word("AWS_SECRET_ACCESS_KEY"), Some("ACCESS_KEY"));
        assert_eq!(word("my-api-key"), Some("API_KEY"));
        for harmless in [
            "VERSION",
            "TOKENIZER",
            "PASSED",
            "KEYBOARD",
            "PUBLIC_KEY",
            "KEY",
            "SECRETARY",
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
}
