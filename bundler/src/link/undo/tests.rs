use super::*;

/// Tells `old` by `new`, and tells the result by restoring it.
fn told(old: &[u8], new: &[u8]) -> (usize, Vec<u8>) {
    let mut steps = Steps::default();
    compare(old, new, 0, &mut steps);
    let undo = Undo {
        size: old.len() as u32,
        image_at: new.len() as u32,
        digest: Some(Sha256::digest(old).into()),
        steps: steps.finish(),
    };
    let section = undo.encode([0; 32]);
    let restored = restore(&section, new, &[]).unwrap();
    (section.len(), restored)
}

fn noise(seed: u32, size: usize) -> Vec<u8> {
    let mut state = seed;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..size).map(next).collect()
}

#[test]
fn whatever_was_changed_comes_back() {
    let old = noise(1, 50_000);
    for (at, remove, add) in [
        (0, 0, 3),
        (0, 5, 0),
        (20_000, 5, 5),
        (20_000, 1, 6),
        (20_000, 900, 0),
        (20_000, 0, 9_000),
        (49_990, 10, 0),
        (49_999, 1, 1),
        (50_000, 0, 800),
    ] {
        let mut new = old.clone();
        new.splice(at..at + remove, noise(2, add));
        let (size, restored) = told(&old, &new);
        assert!(restored == old, "{at} {remove} {add}");
        assert!(size < 90 + remove, "{at} {remove} {add}: {size} bytes");
    }
    assert!(told(&[], &old).1.is_empty());
    assert_eq!(told(&old, &[]).1, old);
    let zeros = vec![0; 9_999];
    assert_eq!(
        told(&zeros, &[&zeros[..99], &[1], &zeros].concat()).1,
        zeros
    );
}

/// Whatever a linked section is made of, the old one comes back: both are put together at random of pieces that they share, pieces
/// in which numbers changed, and pieces that only one of them has.
#[test]
fn random_changes_come_back() {
    let mut state = 7;
    let mut random = |below: usize| {
        state = u32::wrapping_add(u32::wrapping_mul(state, 1_664_525), 1_013_904_223);
        (state >> 8) as usize % below
    };
    for seed in 0..100 {
        let (mut old, mut new) = (Vec::new(), Vec::new());
        for piece in 0..random(12) {
            let bytes = noise(seed * 100 + piece as u32, random(700));
            match random(5) {
                0 => old.extend_from_slice(&bytes),
                1 => new.extend_from_slice(&bytes),
                2 => {
                    let moved = bytes.chunks(4).flat_map(|word| {
                        let mut word = word.to_vec();
                        word[0] = word[0].wrapping_add(5);
                        word
                    });
                    new.extend(moved);
                    old.extend_from_slice(&bytes);
                }
                _ => {
                    old.extend_from_slice(&bytes);
                    new.extend_from_slice(&bytes);
                }
            }
        }
        assert!(told(&old, &new).1 == old, "seed {seed}");
    }
}

/// Debug information of code that has moved: every fourth word is larger by the same number.
#[test]
fn moved_addresses_take_a_hundredth() {
    let old: Vec<u8> = (0u32..40_000)
        .flat_map(|word| match word % 4 {
            0 => (word * 7 + 300).to_le_bytes(),
            _ => word.wrapping_mul(2_654_435_761).to_le_bytes(),
        })
        .collect();
    let moved = |(index, word): (usize, &[u8])| {
        let value = u32::from_le_bytes(word.try_into().unwrap());
        let by = if index % 4 == 0 {
            5 + value / 50_000
        } else {
            0
        };
        value.wrapping_add(by).to_le_bytes()
    };
    let new: Vec<u8> = old.chunks(4).enumerate().flat_map(moved).collect();
    let (size, restored) = told(&old, &new);
    assert!(restored == old);
    assert!(size < old.len() / 100, "{size} of {} bytes", old.len());
}

#[test]
fn what_does_not_fit_is_refused() {
    let old = noise(1, 500);
    let mut steps = Steps::default();
    compare(&old, &old, 0, &mut steps);
    let undo = Undo {
        size: 500,
        image_at: 500,
        digest: None,
        steps: steps.finish(),
    };
    let section = undo.encode(Sha256::digest(&old).into());
    assert_eq!(restore(&section, &old, &[]).as_deref(), Some(&old[..]));
    for at in 0..500 {
        let mut other = old.clone();
        other[at] ^= 1;
        assert_eq!(restore(&section, &other, &[]), None);
    }
    assert_eq!(restore(&section, &old[..499], &old[499..]), None);
    for at in 0..section.len() {
        assert_eq!(restore(&section[..at], &old, &[]), None);
        for change in 1..=255 {
            let mut other = section.clone();
            other[at] ^= change;
            // A number may have several forms; what comes out is right or nothing.
            let restored = restore(&other, &old, &[]);
            assert!(restored.is_none_or(|restored| restored == old), "{at}");
        }
    }
}
