//! Random trees with mounts, an environment and arguments: what is read back is what was planned, and damage is found.

use std::collections::BTreeMap;

use vfs_image::fuzz::{Rng, exercise, mutate};
use vfs_image::layout::HeaderRecord;
use vfs_image::{Image, NodeId};

use super::build::write;
use super::random::entries;
use crate::image::{check, list, mounts, start};
use crate::plan::{Entry, EntryKind, GuestPath, Mount, MountKind, Origin, Plan, Start};
use crate::settings::Host;
use crate::source::MemorySource;

/// The nearest mount at or above a path.
fn around<'m>(mounts: &'m [Mount], path: &GuestPath) -> Option<&'m Mount> {
    let above = |mount: &&Mount| *path == mount.path || path.is_below(&mount.path);
    let depth = |mount: &&Mount| match mount.path.name() {
        None => 0,
        Some(_) => mount.path.as_str().len(),
    };
    mounts.iter().filter(above).max_by_key(depth)
}

fn some_mounts(rng: &mut Rng, entries: &[Entry]) -> Vec<Mount> {
    let mut mounts = Vec::new();
    for entry in entries {
        if !matches!(entry.kind, EntryKind::Directory) || rng.below(4) > 0 {
            continue;
        }
        let kind = [MountKind::Writable, MountKind::Tmpfs, MountKind::Host][rng.below(3)];
        let host = kind == MountKind::Host;
        mounts.push(Mount {
            path: entry.path.clone(),
            kind,
            size_limit: (!host && rng.below(2) == 0).then(|| rng.number() >> rng.below(64)),
            required: host && rng.below(2) == 0,
            origin: Origin::IMPLIED,
        });
    }
    mounts
}

fn some_start(rng: &mut Rng) -> Start {
    const TEXTS: [&str; 8] = ["", "a", "x=y", "/", "a b", "é\n", "long-text-", "A"];
    let text = |rng: &mut Rng| TEXTS[rng.below(TEXTS.len())].repeat(1 + rng.below(5));
    let mut environment = BTreeMap::new();
    for number in 0..rng.below(6) {
        environment.insert(format!("N{}", "-".repeat(number)), text(rng));
    }
    Start {
        host: [Host::Fallback, Host::Override, Host::None][rng.below(3)],
        environment: environment.into_iter().collect(),
        environment_fixed: rng.below(2) == 0,
        arguments: (0..rng.below(4)).map(|_| text(rng)).collect(),
    }
}

/// A plan of everything that a manifest can ask for.
fn furnished(rng: &mut Rng, most: usize) -> Plan {
    let mut entries = entries(rng, most);
    let mounts = some_mounts(rng, &entries);
    // No file has names in two mounts.
    entries.retain(|entry| match &entry.kind {
        EntryKind::HardLink { to } => around(&mounts, to) == around(&mounts, &entry.path),
        _ => true,
    });
    let start = some_start(rng);
    Plan::assemble(entries)
        .with_mounts(mounts)
        .with_start(start)
}

fn bytes_of(plan: &Plan) -> Vec<u8> {
    write(plan, &MemorySource::new()).0
}

#[test]
fn what_is_read_is_what_was_planned() {
    let mut in_mounts = 0;
    for seed in 0..300 {
        let plan = furnished(&mut Rng::new(seed), 80);
        let bytes = bytes_of(&plan);
        let checked = check(&bytes);
        assert!(checked.is_ok(), "seed {seed}: {checked:?}");
        let observed = exercise(&bytes);
        assert!(
            observed.opened && observed.refusals == 0,
            "seed {seed}: {observed:?}"
        );
        assert_eq!(start(&bytes).as_ref(), Ok(plan.start()), "seed {seed}");

        let image = Image::open(&bytes[..]).unwrap();
        let rows = list(&bytes).unwrap();
        let found = mounts(&bytes).unwrap();
        assert_eq!(found.len(), plan.mounts().len());
        for row in &rows {
            let path = GuestPath::parse(&row.path).unwrap();
            let number = image.node(NodeId::new(row.node)).unwrap().mount;
            let mount = number.checked_sub(1).map(|index| &found[index as usize]);
            let expected = around(plan.mounts(), &path);
            let told = |mount: &Mount| (mount.kind, mount.size_limit, mount.required);
            assert_eq!(
                mount.map(|mount| (mount.kind, mount.size_limit, mount.message.is_some())),
                expected.map(told),
                "seed {seed}: {path}"
            );
            if let (Some(mount), Some(expected)) = (mount, expected) {
                assert_eq!(mount.node == row.node, expected.path == path);
                let message = mount.message.as_deref();
                assert!(message.is_none_or(|text| text.contains(&format!("`{}`", expected.path))));
                in_mounts += 1;
            }
        }
    }
    assert!(in_mounts > 1000, "only {in_mounts} entries were in mounts");
}

#[test]
fn damage_is_found() {
    let mut rng = Rng::new(7);
    let mut opened = 0;
    for _ in 0..60 {
        let good = bytes_of(&furnished(&mut rng, 30));
        let metadata = HeaderRecord::decode(good.first_chunk().unwrap()).contents_offset as usize;
        for _ in 0..60 {
            let mut bytes = good.clone();
            mutate(&mut bytes, metadata, &mut rng);
            bytes[..16].copy_from_slice(&good[..16]);
            opened += u32::from(exercise(&bytes).opened);
            assert!(check(&bytes).is_err() || bytes == good);
            let _ = (list(&bytes), mounts(&bytes), start(&bytes));
        }
    }
    assert!(opened > 1800, "only {opened} got past the header");
}
