//! Which keys a mount of which kind has.

/// Keys that are about a source and its files.
const OF_FILES: [&str; 12] = [
    "source",
    "writable",
    "include",
    "exclude",
    "strip-prefix",
    "optional",
    "permissions",
    "symlinks",
    "hidden",
    "default-excludes",
    "gitignore",
    "rule",
];

/// Whether a mount of this kind can have this key; the kind as it is written.
pub(super) fn kind_takes(kind: &str, key: &str) -> bool {
    match key {
        "required" => kind == "host",
        "size-limit" => kind != "host",
        key if OF_FILES.contains(&key) => kind == "embed",
        _ => true,
    }
}
