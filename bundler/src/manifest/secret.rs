//! What looks like a secret in the texts that go into a bundle: `[vars]`, `[env]`, `[preinit.env]`, arguments, `content`.
//!
//! Files have a guard of their own, `plan/secret.rs`. A name says that its value is a secret, or a value says it itself. What is
//! meant goes through a variable with `public = true`.

/// Words between `_` of a name that is a secret's, in capitals.
const WORDS: [&str; 24] = [
    "TOKEN",
    "TOKENS",
    "SECRET",
    "SECRETS",
    "PASSWORD",
    "PASSWORDS",
    "PASSWD",
    "PASSPHRASE",
    "PGPASSWORD",
    "MYSQL_PWD",
    "DB_PASS",
    "SMTP_PASS",
    "MAIL_PASS",
    "REDIS_PASS",
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

/// Last words of a name that tells something about a secret, such as where it is: `PASSWORD_FILE`, `TOKEN_URL`.
const ABOUT: [&str; 34] = [
    "FILE",
    "FILES",
    "PATH",
    "DIR",
    "URL",
    "URI",
    "ENDPOINT",
    "NAME",
    "HEADER",
    "FIELD",
    "PARAM",
    "PREFIX",
    "LENGTH",
    "SIZE",
    "COUNT",
    "LIMIT",
    "MAX",
    "MIN",
    "TTL",
    "EXPIRY",
    "EXPIRES",
    "LIFETIME",
    "TIMEOUT",
    "TYPE",
    "ALGORITHM",
    "FORMAT",
    "POLICY",
    "PATTERN",
    "ISSUER",
    "AUDIENCE",
    "ENABLED",
    "REQUIRED",
    "STORE",
    "PROVIDER",
];

/// Values that keep nothing secret, in lower case.
const HARMLESS: [&str; 18] = [
    "",
    "true",
    "false",
    "yes",
    "no",
    "on",
    "off",
    "none",
    "null",
    "0",
    "1",
    "auto",
    "changeme",
    "change-me",
    "placeholder",
    "example",
    "dummy",
    "test",
];

/// Starts of tokens that services give out: the start, how many letters, digits, `-` and `_` follow at least, whose.
const TOKENS: [(&str, usize, &str); 20] = [
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
    ("rk_live_", 16, "an API key"),
    ("whsec_", 24, "a webhook's secret"),
    ("hf_", 30, "a Hugging Face token"),
    ("dop_v1_", 32, "a DigitalOcean token"),
    ("shpat_", 24, "a Shopify token"),
    ("AGE-SECRET-KEY-1", 40, "a private key"),
];

/// The word in a name that says it is a secret's.
pub(super) fn word(name: &str) -> Option<&'static str> {
    let mut bounded = String::from("_");
    let mut before = ' ';
    for char in name.trim_start_matches('-').chars() {
        // `apiKey` has two words.
        if char.is_ascii_uppercase() && before.is_ascii_lowercase() {
            bounded.push('_');
        }
        bounded.push(if matches!(char, '-' | '.') {
            '_'
        } else {
            char.to_ascii_uppercase()
        });
        before = char;
    }
    let last = bounded.rsplit('_').find(|word| !word.is_empty());
    if last.is_some_and(|last| ABOUT.contains(&last)) {
        return None;
    }
    bounded.push('_');
    // The longest says it best.
    let found = WORDS
        .iter()
        .filter(|word| bounded.contains(&format!("_{word}_")));
    found.max_by_key(|word| word.len()).copied()
}

/// By what a value that has a name looks like a secret; says nothing of the value itself.
pub(super) fn named(name: &str, value: &str) -> Option<String> {
    let by_name = || {
        let word = word(name)?;
        (!is_harmless(word, value)).then(|| format!("`{name}` has `{word}` in it"))
    };
    self::value(value)
        .map(|because| format!("its value {because}"))
        .or_else(by_name)
}

/// Whether a value keeps nothing secret although its name has this word: a switch, a number of tokens, a path, a reference.
fn is_harmless(word: &str, value: &str) -> bool {
    let value = value.trim();
    let is_path = value.starts_with(['/', '.', '~'])
        && value.contains('/')
        && value.split('/').all(|part| part.len() <= 32)
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/._-~@".contains(&byte));
    let is_number = word == "TOKENS" && value.bytes().all(|byte| byte.is_ascii_digit());
    let is_reference = value.starts_with('$') || value.starts_with('<') && value.ends_with('>');
    HARMLESS.contains(&value.to_ascii_lowercase().as_str()) || is_path || is_number || is_reference
}

/// By which arguments a program is given a secret: the place of each in the list, and what says so.
pub(super) fn arguments(arguments: &[&str]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, argument) in arguments.iter().enumerate() {
        let option = argument.starts_with('-');
        let because = match argument.split_once('=') {
            // `--token=...`, `TOKEN=...`
            Some((name, value)) if option || is_name(name) => named(name, value),
            _ => value(argument).map(|because| format!("it {because}")),
        };
        let because = because.or_else(|| {
            // `--token ...`
            let name = arguments[..at]
                .last()
                .filter(|before| before.starts_with('-') && !before.contains('='))?;
            named(name, argument).filter(|_| !option)
        });
        found.extend(because.map(|because| (at, because)));
    }
    found
}

/// By what the content of a file looks like a secret: anywhere in it, or in a line of an environment file.
pub(super) fn content(guest: &str, content: &str) -> Option<String> {
    let name = guest.rsplit('/').next().unwrap_or(guest);
    let is_env = name == ".env" || name.starts_with(".env.") || name.ends_with(".env");
    let line = |line: &str| {
        let (name, value) = line.trim().trim_start_matches("export ").split_once('=')?;
        named(name.trim(), value.trim().trim_matches(['"', '\'']))
    };
    let of_lines = || content.lines().filter(|_| is_env).find_map(line);
    value(content)
        .map(|because| format!("it {because}"))
        .or_else(of_lines)
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// By what a value looks like a secret; says nothing of the value itself.
pub(super) fn value(value: &str) -> Option<String> {
    if value.contains("-----BEGIN ") && value.contains("PRIVATE KEY") {
        return Some("contains a private key".to_owned());
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
            .or(is_web_token(value, word).then_some("a JSON web token"))
    });
    if let Some(of) = of {
        return Some(format!("has {of} in it"));
    }
    if has_bearer(value) {
        return Some("has a bearer token in it".to_owned());
    }
    has_password(value).then(|| "has an address with a password in it".to_owned())
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

/// Whether `word` begins a JSON web token in `value`: two JSON objects in base64, with a dot between.
fn is_web_token(value: &str, word: &str) -> bool {
    let start = word.as_ptr() as usize - value.as_ptr() as usize;
    let rest = &value[start + word.len()..];
    word.len() > 16 && word.starts_with("eyJ") && rest.starts_with(".eyJ")
}

/// Whether it has `Bearer TOKEN` in it.
fn has_bearer(value: &str) -> bool {
    let token = |char: &char| char.is_ascii_alphanumeric() || "-._~+/=".contains(*char);
    let digit = |rest: &str| {
        rest.chars()
            .take_while(token)
            .any(|char| char.is_ascii_digit())
    };
    value
        .split("Bearer ")
        .skip(1)
        .any(|rest| rest.chars().take_while(token).count() >= 20 && digit(rest))
}

#[cfg(test)]
mod tests;
