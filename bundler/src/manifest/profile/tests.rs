//! Selecting a profile gives the manifest that one gets by writing it out by hand.

mod model;

use std::path::Path;

use super::super::{Choice, Manifest, ManifestError};
use crate::report::Text;
use miette::Diagnostic as _;
use model::{Model, Random};

fn read(text: &str, profile: Option<&str>) -> Result<Manifest, ManifestError> {
    let choice = Choice {
        profile: profile.map(str::to_owned),
        ..Choice::default()
    };
    Manifest::parse(text, "wasi-vfs.toml", Path::new("m"), &choice)
}

/// All of a manifest but where it is written.
fn meaning(manifest: Manifest) -> String {
    let bare = Manifest {
        text: Text::new("", ""),
        profile: String::new(),
        profiles: Vec::new(),
        from_profiles: Vec::new(),
        warnings: Vec::new(),
        ..manifest
    };
    let shown = format!("{bare:#?}");
    let place = |line: &&str| {
        let ends = line.trim().trim_end_matches(',');
        let ends = ends.split(": ").last().unwrap_or_default();
        !ends.split_once("..").is_some_and(|(start, end)| {
            !start.is_empty()
                && (start.to_owned() + end)
                    .bytes()
                    .all(|byte| byte.is_ascii_digit())
        })
    };
    shown.lines().filter(place).collect::<Vec<_>>().join("\n")
}

/// The codes of what is wrong, sorted.
fn codes(error: &ManifestError) -> Vec<String> {
    let codes = error.problems().iter().filter_map(|problem| problem.code());
    let mut codes: Vec<_> = codes.map(|code| code.to_string()).collect();
    codes.sort();
    codes
}

/// For random bases and chains of profiles: the manifest of a profile is the one of the text that a person gets who
/// writes out what the profile means; and where that is no manifest, the same things are wrong.
#[test]
fn a_profile_is_what_it_looks_like_when_written_out() {
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    let (mut good, mut bad) = (0, 0);
    for round in 0..250 {
        let model = Model::random(&mut random);
        let text = model.text();
        for profile in model.profiles() {
            let flat = model.flat(profile);
            match (read(&text, Some(profile)), read(&flat, None)) {
                (Ok(merged), Ok(written)) => {
                    assert_eq!(merged.profile(), profile);
                    let (merged, written) = (meaning(merged), meaning(written));
                    assert!(
                        merged == written,
                        "round {round}, profile {profile}:\n{text}\n--- written out\n{flat}\n--- merged\n{merged}\n--- written\n{written}"
                    );
                    good += 1;
                }
                (Err(merged), Err(written)) => {
                    assert_eq!(
                        codes(&merged),
                        codes(&written),
                        "round {round}, profile {profile}:\n{text}\n--- written out\n{flat}"
                    );
                    bad += 1;
                }
                (merged, written) => panic!(
                    "round {round}, profile {profile}:\n{text}\n--- written out\n{flat}\n{:?}\n{:?}",
                    merged.map(drop).map_err(miette::Report::new),
                    written.map(drop).map_err(miette::Report::new)
                ),
            }
        }
    }
    assert!(good > 250 && bad > 100, "{good} manifests, {bad} reports");
}

/// A place in a flat text and in a profile are told alike: by what comes earlier in it.
#[test]
fn the_place_of_profiles_in_the_text_does_not_matter() {
    let base = "[[mount]]\nname = \"a\"\nguest = \"/a\"\nsource = \"a\"\n";
    let profile = "[[profile.dev.mount]]\nname = \"b\"\nguest = \"/b\"\nsource = \"b\"\n";
    let module = "manifest-version = 1\n[module]\ninput = \"a.wasm\"\noutput = \"b.wasm\"\n";
    let [before, after] = [[module, profile, base], [module, base, profile]].map(|parts| {
        let manifest = read(&parts.concat(), Some("dev")).expect("it is a manifest");
        meaning(manifest)
    });
    assert_eq!(before, after);
    assert!(before.find("\"a\"").unwrap() < before.find("\"b\"").unwrap());
}

/// What a profile removes can be written anew in it, with nothing left of the old one.
#[test]
fn removed_and_written_anew() {
    let text = "manifest-version = 1\n[module]\ninput = \"a.wasm\"\noutput = \"b.wasm\"\n\
        [[mount]]\nname = \"a\"\nguest = \"/a\"\nsource = \"a\"\nexclude = [\"x\"]\n\
        [profile.dev]\nremove = [\"a\"]\n[[profile.dev.mount]]\nname = \"a\"\nguest = \"/a\"\nsource = \"new\"\n";
    let manifest = read(text, Some("dev")).expect("it is a manifest");
    let told: Vec<_> = manifest
        .from_profiles()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        told,
        [
            "mount.a.name = \"a\"  (profile dev, line 13)",
            "mount.a.guest = \"/a\"  (profile dev, line 14)",
            "mount.a.source = \"new\"  (profile dev, line 15)",
        ]
    );
    assert!(!meaning(manifest).contains("\"x\""));
}

/// A mount that was called by its guest path can be moved under that name, and is still found by it.
#[test]
fn a_mount_that_is_moved_keeps_its_name() {
    let text = "manifest-version = 1\n[module]\ninput = \"a.wasm\"\noutput = \"b.wasm\"\n\
        [[mount]]\nguest = \"/a\"\nsource = \"a\"\n\
        [profile.one]\nmount = [{ name = \"/a\", guest = \"/b\" }]\n\
        [profile.two]\ninherits = \"one\"\nmount = [{ name = \"/a\", source = \"c\" }]\n";
    let manifest = read(text, Some("two")).expect("it is a manifest");
    let [mount] = &manifest.requests[..] else {
        panic!("{:?}", manifest.requests);
    };
    assert_eq!((mount.name.as_str(), mount.guest.as_str()), ("/a", "/b"));
}

/// However many inherit from each other.
#[test]
fn a_long_chain_of_profiles() {
    use std::fmt::Write as _;
    let mut text =
        "manifest-version = 1\n[module]\ninput = \"a.wasm\"\noutput = \"b.wasm\"\n".to_owned();
    let mut parent = "base".to_owned();
    for number in 0..200 {
        let name = format!("p{number}");
        writeln!(
            text,
            "[profile.{name}]\ninherits = \"{parent}\"\nenv.V{number} = \"x\""
        )
        .unwrap();
        parent = name;
    }
    let manifest = read(&text, Some("p199")).expect("it is a manifest");
    assert_eq!((manifest.env.len(), manifest.profiles().len()), (200, 200));
    assert_eq!(manifest.profiles()[..3], ["p0", "p1", "p2"]);
}
