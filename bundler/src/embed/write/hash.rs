//! Hashing beside reading and writing, which take about as long.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use sha2::{Digest, Sha256};

/// For less a thread is not worth its while.
const WORTH: u64 = 1 << 20;

/// Buffers on their way, besides the one that is being filled.
const SPARE: usize = 2;

/// Takes the pieces of a content in their order.
pub(super) enum Hasher {
    Here(Sha256),
    Beside {
        full: Sender<(Vec<u8>, usize)>,
        empty: Receiver<Vec<u8>>,
    },
}

impl Hasher {
    /// Hashes the first bytes of `piece`, now or later, and leaves a buffer of the same size there.
    pub(super) fn update(&mut self, piece: &mut Vec<u8>, filled: usize) {
        match self {
            Self::Here(hasher) => hasher.update(&piece[..filled]),
            Self::Beside { full, empty } => {
                // The other end is there until this one goes.
                if let Ok(other) = empty.recv() {
                    let _ = full.send((std::mem::replace(piece, other), filled));
                }
            }
        }
    }
}

/// Calls `work` with a hasher, which has a thread of its own when there are many `bytes` to come; the digest of what it got.
///
/// # Errors
/// That of `work`.
pub(super) fn beside<E>(
    bytes: u64,
    buffer: &mut Vec<u8>,
    work: impl FnOnce(&mut Vec<u8>, &mut Hasher) -> Result<(), E>,
) -> Result<[u8; 32], E> {
    thread::scope(|scope| {
        let (full, pieces) = channel::<(Vec<u8>, usize)>();
        let (give, empty) = channel();
        for _ in 0..SPARE {
            // `empty` is here.
            let _ = give.send(vec![0; buffer.len()]);
        }
        let hash = move || {
            let mut hasher = Sha256::new();
            for (piece, filled) in pieces {
                hasher.update(&piece[..filled]);
                // Nobody wants it back when that was the last one.
                let _ = give.send(piece);
            }
            hasher
        };
        let thread = (bytes >= WORTH)
            .then(|| thread::Builder::new().spawn_scoped(scope, hash).ok())
            .flatten();
        let mut hasher = match thread {
            Some(_) => Hasher::Beside { full, empty },
            None => Hasher::Here(Sha256::new()),
        };
        work(buffer, &mut hasher)?;
        let hasher = match (hasher, thread) {
            (Hasher::Here(hasher), _) => hasher,
            (beside, thread) => {
                // Without its other end the thread comes to its own.
                drop(beside);
                let thread = thread.expect("this hasher has a thread");
                thread.join().expect("hashing does not fail")
            }
        };
        Ok(hasher.finalize().into())
    })
}
