//! One thing that is known, as it lies in a file: the version of this tool, what it is about, what it is, and a digest of all that.
//!
//! What another version wrote is not read: it may have judged otherwise.

use sha2::{Digest as _, Sha256};

use crate::digest::hex;

/// What every entry begins with.
const MAGIC: &[u8] = concat!("wasi-vfs ", env!("CARGO_PKG_VERSION"), " cache 1\n").as_bytes();

/// The name of an entry's file.
pub(super) fn name(kind: &str, key: &[u8; 32]) -> String {
    format!("{kind}-{}", hex(key))
}

/// The contents of the file `name`.
pub(super) fn encode(name: &str, said: &[u8]) -> Vec<u8> {
    let mut bytes = [MAGIC, name.as_bytes(), b"\n", said].concat();
    let digest = Sha256::digest(&bytes);
    bytes.extend_from_slice(&digest);
    bytes
}

/// What the file `name` says; `None` when it is damaged, another's, or of another version.
pub(super) fn decode(name: &str, mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let digest: [u8; 32] = *bytes.last_chunk()?;
    bytes.truncate(bytes.len() - digest.len());
    let said = bytes.strip_prefix(MAGIC)?.strip_prefix(name.as_bytes())?;
    let start = bytes.len() - said.strip_prefix(b"\n")?.len();
    if Sha256::digest(&bytes)[..] != digest {
        return None;
    }
    bytes.drain(..start);
    Some(bytes)
}
