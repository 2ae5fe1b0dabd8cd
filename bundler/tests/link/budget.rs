//! How much code a program gets: 12 KiB when it only reads, whatever it sees of the host, and 64 KiB with everything.

use wasi_vfs::link::{Host, Memory, Options, link};

use crate::support::wasm;

/// What a C program imports that opens, reads, lists and stats; parameters are `i` for `i32` and `I` for `i64`.
const READING: [(&str, &str); 14] = [
    ("fd_close", "i"),
    ("fd_fdstat_get", "ii"),
    ("fd_fdstat_set_flags", "ii"),
    ("fd_filestat_get", "ii"),
    ("fd_pread", "iiiIi"),
    ("fd_prestat_dir_name", "iii"),
    ("fd_prestat_get", "ii"),
    ("fd_read", "iiii"),
    ("fd_readdir", "iiiIi"),
    ("fd_seek", "iIii"),
    ("fd_write", "iiii"),
    ("path_filestat_get", "iiiii"),
    ("path_open", "iiiiiIIii"),
    ("path_readlink", "iiiiii"),
];

/// What one imports in addition that does everything.
const WRITING: [(&str, &str); 26] = [
    ("args_get", "ii"),
    ("args_sizes_get", "ii"),
    ("clock_time_get", "iIi"),
    ("environ_get", "ii"),
    ("environ_sizes_get", "ii"),
    ("fd_advise", "iIIi"),
    ("fd_allocate", "iII"),
    ("fd_datasync", "i"),
    ("fd_fdstat_set_rights", "iII"),
    ("fd_filestat_set_size", "iI"),
    ("fd_filestat_set_times", "iIIi"),
    ("fd_pwrite", "iiiIi"),
    ("fd_renumber", "ii"),
    ("fd_sync", "i"),
    ("fd_tell", "ii"),
    ("path_create_directory", "iii"),
    ("path_filestat_set_times", "iiiiIIi"),
    ("path_link", "iiiiiii"),
    ("path_remove_directory", "iii"),
    ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"),
    ("poll_oneoff", "iiii"),
    ("sock_recv", "iiiiii"),
    ("sock_send", "iiiii"),
    ("sock_shutdown", "ii"),
];

fn program(calls: &[(&str, &str)]) -> Vec<u8> {
    let mut text = String::from("(module ");
    for (name, letters) in calls {
        let params: String = letters
            .chars()
            .map(|letter| if letter == 'I' { "i64 " } else { "i32 " })
            .collect();
        text += &format!(
            r#"(import "wasi_snapshot_preview1" "{name}" (func (param {params}) (result i32)))"#
        );
    }
    // It grows its memory, as programs do.
    text += r#"(memory (export "memory") 1)
        (func (param i32) (result i32) (memory.grow (local.get 0))))"#;
    wasm(&text)
}

#[test]
fn code_stays_within_its_budget() {
    let reading = program(&READING);
    let everything = program(&[&READING[..], &WRITING[..]].concat());
    for (program, host, writable, limit) in [
        (&reading, Host::None, false, 12 << 10),
        (&reading, Host::Fallback, false, 12 << 10),
        (&reading, Host::Override, false, 12 << 10),
        (&everything, Host::Fallback, true, 64 << 10),
    ] {
        for memory in [Memory::Single, Memory::Isolated] {
            let options = Options {
                memory,
                host,
                requires_host: writable,
                writable,
                environment: writable,
                arguments: writable,
                ..Options::default()
            };
            let linked = link(program, &options).expect("it links");
            let added = linked.added_code();
            assert!(
                added <= limit,
                "{options:?}: {added} bytes of code, {limit} are allowed"
            );
        }
    }
}
