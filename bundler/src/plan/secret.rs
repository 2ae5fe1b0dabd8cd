//! What looks like a secret and would go in.
//!
//! A bundle is given away, so a key in it is no key any more. `default-excludes` keeps the usual names out silently; this is for
//! what passes: other names, contents, and all of it where the default excludes are switched off. Only the name says whether a
//! file is looked into, so that a large tree costs nothing.

use std::io::Read;
use std::path::Path;

use crate::manifest::Segment;
use crate::source::Source;

/// So much of a file is looked at.
const LOOK: u64 = 4096;
/// A key without an ending is not larger.
const KEY_MAX: u64 = 16 * 1024;

/// What a name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Suspicion {
    None,
    /// It is a secret of this kind.
    Sure(&'static str),
    /// It is one if it has one of these texts in it.
    Look(&'static str, &'static [&'static str]),
}

const PRIVATE_KEY: &str = "a private key";
const PASSWORDS: &str = "stored passwords";
const CLOUD: &str = "cloud credentials";
/// What private keys start with: PEM, PuTTY.
const KEYS: &[&str] = &[
    "PRIVATE KEY-----",
    "PRIVATE KEY BLOCK-----",
    "PuTTY-User-Key-File",
];

/// Whether the file at `path` of a source may be a secret, for all that its name says.
pub(super) fn may_be(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return false;
    };
    let parent = || path.parent()?.file_name()?.to_str();
    suspicion(name, parent, 0) != Suspicion::None
}

/// The kind of secret that the file at `path` of a source is, if it is one.
pub(super) fn look(src: &dyn Source, path: &Path, size: u64) -> Option<&'static str> {
    let name = path.file_name()?.to_str()?;
    let parent = || path.parent()?.file_name()?.to_str();
    match suspicion(name, parent, size) {
        Suspicion::None => None,
        Suspicion::Sure(what) => Some(what),
        Suspicion::Look(what, texts) => {
            let mut start = Vec::new();
            // What can't be read is told when it is to be written.
            src.open(path)
                .ok()?
                .take(LOOK)
                .read_to_end(&mut start)
                .ok()?;
            let has = |text: &&str| {
                start
                    .windows(text.len())
                    .any(|part| part == text.as_bytes())
            };
            texts.iter().any(has).then_some(what)
        }
    }
}

fn suspicion<'a>(name: &str, parent: impl Fn() -> Option<&'a str>, size: u64) -> Suspicion {
    use Suspicion::{Look, None, Sure};
    if let Some(rest) = name.strip_prefix('.') {
        return match rest {
            "env.example" | "env.sample" | "env.template" => None,
            "env" => Sure("an environment file"),
            _ if rest.starts_with("env.") => Sure("an environment file"),
            "netrc" | "pypirc" | "git-credentials" | "pgpass" => Sure(PASSWORDS),
            "npmrc" => Look(PASSWORDS, &["_authToken", "_password", "_auth="]),
            _ => None,
        };
    }
    match name {
        "_netrc" => return Sure(PASSWORDS),
        "kubeconfig" => return Sure(CLOUD),
        "config" if parent() == Some(".kube") => return Sure(CLOUD),
        "credentials"
        | "credentials.json"
        | "credentials.db"
        | "access_tokens.db"
        | "application_default_credentials.json" => {
            let known = |parent: &str| matches!(parent, ".aws" | "gcloud" | ".azure");
            return if parent().is_some_and(known) {
                Sure(CLOUD)
            } else {
                None
            };
        }
        _ => {}
    }
    let Some((_, ending)) = name.rsplit_once('.') else {
        // The words that keys without an ending are named with: `id_rsa`, `deploy_key`, `ssh_host_ecdsa_key`.
        let words = ["key", "id_", "priv", "secret"];
        let named = |word: &&str| {
            let mut parts = name.as_bytes().windows(word.len());
            parts.any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
        };
        return match size <= KEY_MAX && words.iter().any(named) {
            true => Look(PRIVATE_KEY, KEYS),
            false => None,
        };
    };
    let is = |endings: &[&str]| endings.iter().any(|one| ending.eq_ignore_ascii_case(one));
    match ending.len() {
        2..=4 if is(&["pem", "key", "p8", "ppk", "asc"]) => Look(PRIVATE_KEY, KEYS),
        3 | 4 if is(&["p12", "pfx", "jks"]) => Sure("a key store"),
        4 if is(&["kdbx"]) => Sure("a password database"),
        10 if is(&["kubeconfig"]) => Sure(CLOUD),
        _ => None,
    }
}

/// Whether a pattern's last part is a name without wildcards: it names what it matches.
pub(super) fn names(segments: &[Segment]) -> bool {
    matches!(segments.last(), Some(Segment::Literal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> Suspicion {
        let path = Path::new(path);
        let parent = || path.parent()?.file_name()?.to_str();
        suspicion(path.file_name().unwrap().to_str().unwrap(), parent, 1000)
    }

    #[test]
    fn names_that_say_it() {
        for (path, expected) in [
            (".env", Some("an environment file")),
            (".env.production", Some("an environment file")),
            (".env.example", None),
            (".environment", None),
            ("env", None),
            ("app.env", None),
            (".netrc", Some(PASSWORDS)),
            ("home/.aws/credentials", Some(CLOUD)),
            ("docs/credentials", None),
            ("gcloud/credentials.json", Some(CLOUD)),
            (".kube/config", Some(CLOUD)),
            (".git/config", None),
            ("x.kdbx", Some("a password database")),
            ("x.P12", Some("a key store")),
            ("cacerts.jks", Some("a key store")),
        ] {
            let sure = match of(path) {
                Suspicion::Sure(what) => Some(what),
                Suspicion::None => None,
                look => panic!("{path}: {look:?}"),
            };
            assert_eq!(sure, expected, "{path}");
        }
    }

    #[test]
    fn names_that_are_looked_into() {
        let looked = |path: &str| matches!(of(path), Suspicion::Look(..));
        for path in [
            "a.pem",
            "A.KEY",
            "id_rsa",
            "deploy-key",
            "x.p8",
            "a.asc",
            ".npmrc",
        ] {
            assert!(looked(path), "{path}");
        }
        for path in [
            "a.py",
            "README",
            "id_rsa.pub",
            "key.txt",
            "keys.json",
            "monkey.png",
            "x",
        ] {
            assert!(!looked(path), "{path}");
        }
        assert_eq!(
            suspicion("deploy_key", || None, KEY_MAX + 1),
            Suspicion::None
        );
    }
}
