//! Mounts with rules of their own, and what the program is started with.

use super::{lines, plan, roots};
use crate::plan::{MountKind, Plan};
use crate::settings::Host;
use crate::source::MemorySource;

/// One line a mount: kind, path, limit, whether it is required, and the table that asked for it.
fn mounts(plan: &Plan) -> Vec<String> {
    let line = |mount: &crate::plan::Mount| {
        let kind = match mount.kind {
            MountKind::Writable => "writable",
            MountKind::Tmpfs => "tmpfs",
            MountKind::Host => "host",
        };
        let limit = mount
            .size_limit
            .map_or("-".to_owned(), |limit| limit.to_string());
        let required = if mount.required { " required" } else { "" };
        format!("{kind} {} {limit}{required}", mount.path)
    };
    plan.mounts().iter().map(line).collect()
}

#[test]
fn mounts_are_directories_of_the_plan() {
    let src = MemorySource::new().file("m/lib/x", "x");
    let text = "[defaults]\ndir-permissions = '0700'\n\
                [[mount]]\nguest = 'data'\nkind = 'host'\nrequired = true\n\
                [[mount]]\nguest = '/var/tmp'\nkind = 'tmpfs'\nsize-limit = '1 MiB'\ndir-permissions = '1777'\n\
                [[mount]]\nguest = '/usr/lib'\nsource = 'lib'\nwritable = true\n\
                [[mount]]\nguest = '/usr/none'\nsource = 'none'\nwritable = true\noptional = true\n";
    let plan = plan(text, &src);
    assert_eq!(
        lines(&plan),
        [
            "d0700 /",
            "d0700 /usr",
            "d0700 /usr/lib",
            "f0644 /usr/lib/x 1",
            "d0700 /usr/none",
            "d0700 /var",
            "d1777 /var/tmp",
            "d0700 data",
        ]
    );
    assert_eq!(roots(&plan), ["/", "data"]);
    assert_eq!(
        mounts(&plan),
        [
            "writable /usr/lib -",
            "writable /usr/none -",
            "tmpfs /var/tmp 1048576",
            "host data - required",
        ]
    );
    assert!(plan.is_writable() && plan.warnings().is_empty());
}

#[test]
fn two_mounts_of_one_directory_are_one() {
    let src = MemorySource::new().file("m/a/x", "x").file("m/b/y", "y");
    let text = "[[mount]]\nname = 'a'\nguest = '/d'\nsource = 'a'\nwritable = true\n\
                [[mount]]\nname = 'b'\nguest = '/d/'\nsource = 'b'\nwritable = true\nsize-limit = 5\n\
                [[mount]]\nname = 'c'\nguest = '/d'\nsource = 'a'\noverrides = true\n";
    let plan = plan(text, &src);
    assert_eq!(mounts(&plan), ["writable /d 5"]);
    assert_eq!(
        lines(&plan),
        ["d0755 /", "d0755 /d", "f0644 /d/x 1", "f0644 /d/y 1"]
    );
}

#[test]
fn mounts_may_be_inside_each_other() {
    let src = MemorySource::new().file("m/a/b/c/x", "x");
    let text = "[[mount]]\nguest = '/'\nsource = 'a'\nwritable = true\n\
                [[mount]]\nguest = '/b'\nkind = 'tmpfs'\n\
                [[mount]]\nguest = '/b/c'\nkind = 'host'\n";
    assert_eq!(
        mounts(&plan(text, &src)),
        ["writable / -", "tmpfs /b -", "host /b/c -"]
    );
}

/// A file under a name that may be changed and one that may not is two files.
#[test]
fn names_in_two_mounts_are_two_files() {
    let mut src = MemorySource::new();
    for name in ["a/x", "a/y", "lib/x", "lib/y"] {
        let path = format!("m/s/{name}");
        src = src
            .file(&path, "same")
            .with(&path, |it| it.link_id = Some((1, 7)));
    }
    let text = "[[mount]]\nguest = '/'\nsource = 's'\n[[mount]]\nguest = '/lib'\nkind = 'tmpfs'\n";
    assert_eq!(
        lines(&plan(text, &src)),
        [
            "d0755 /",
            "d0755 /a",
            "f0644 /a/x 4",
            "h0644 /a/y = /a/x",
            "d0755 /lib",
            "f0644 /lib/x 4",
            "h0644 /lib/y = /lib/x",
        ]
    );
}

/// A table that replaces what is above a mount with a directory leaves the mount where it is.
#[test]
fn a_directory_that_overrides_keeps_the_mount() {
    let src = MemorySource::new().file("m/s/a/x", "");
    let text = "[[file]]\nguest = '/t'\ncontent = ''\n\
                [[mount]]\nguest = '/t'\nkind = 'tmpfs'\noverrides = true\n\
                [[mount]]\nguest = '/t'\nsource = 's'\n";
    let plan = plan(text, &src);
    assert_eq!(mounts(&plan), ["tmpfs /t -"]);
    assert_eq!(
        lines(&plan),
        ["d0755 /", "d0755 /t", "d0755 /t/a", "f0644 /t/a/x 0"]
    );
}

#[test]
fn environment_and_arguments_are_passed_on() {
    let src = MemorySource::new();
    let text = "[link]\nhost = 'override'\nenv = 'fixed'\n\
                [env]\nB = '2'\nA-C = ''\nA = 'x=y'\n'caf\u{e9}' = 'z'\n\
                [args]\ndefault = ['-m', '', 'app']\n";
    let plan = plan(text, &src);
    let start = plan.start();
    let variables: Vec<_> = start
        .environment
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        variables,
        [("A", "x=y"), ("A-C", ""), ("B", "2"), ("caf\u{e9}", "z")]
    );
    assert_eq!(start.arguments, ["program", "-m", "", "app"]);
    assert_eq!(
        (start.host, start.environment_fixed),
        (Host::Override, true)
    );
    // Neither is a file, but there is something to do.
    assert!(plan.warnings().is_empty() && !plan.is_writable());

    let named = super::plan("[args]\nprogram = 'app'\n", &src);
    assert_eq!(named.start().arguments, ["app"]);
    let none = super::plan("[env]\n", &src);
    assert_eq!(*none.start(), crate::plan::Start::default());
}
