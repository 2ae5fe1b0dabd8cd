//! The view of Rust's standard library, written down line by line.
//!
//! Usage: guest [image]    with `image` also the sections that only a bundle answers.

// The parts of the standard library that are about WASI are not stable yet.
#![feature(wasi_ext)]

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::wasi::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::time::UNIX_EPOCH;

fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

fn section(kind: &str, name: &str) {
    println!("## {kind} {name}");
}

fn failed(error: &io::Error) -> String {
    format!("error {:?} {}", error.kind(), error.raw_os_error().unwrap_or(0))
}

fn describe(metadata: &io::Result<Metadata>) -> String {
    match metadata {
        Err(error) => failed(error),
        Ok(m) => {
            let time = m.modified().map(|time| time.duration_since(UNIX_EPOCH).unwrap_or_default());
            let kind = if m.is_dir() { "dir" } else if m.is_file() { "file" } else if m.is_symlink() { "symlink" } else { "other" };
            let size = if m.is_dir() { String::new() } else { format!(" size {} nlink {}", m.len(), m.nlink()) };
            format!("{kind}{size} mtime {:?}", time.map_err(|error| failed(&error)))
        }
    }
}

fn paths() {
    section("read", "paths");
    for path in [
        "/", ".", "", "/dir", "/dir/", "/dir/..", "/file.txt", "/file.txt/", "/file.txt/x", "/missing", "/link-file", "/link-dir", "/link-dir/",
        "/dangling", "/loop-self", "/chain-20", "/chain-40", "/chain-41", "/..", "/日本語/ファイル.txt", "/empty-dir", "/hard-1", "/time-0", "/time-2100",
        "dir/file.txt", "./dir/../file.txt", "/dir/nested/link-up-up/file.txt",
    ] {
        println!("metadata {path} -> {}", describe(&fs::metadata(path)));
        println!("symlink_metadata {path} -> {}", describe(&fs::symlink_metadata(path)));
        println!("read_link {path} -> {}", fs::read_link(path).map_or_else(|error| failed(&error), |target| target.display().to_string()));
        println!("canonicalize {path} -> {}", fs::canonicalize(path).map_or_else(|error| failed(&error), |target| target.display().to_string()));
        println!("exists {path} -> {:?}", Path::new(path).try_exists().map_err(|error| failed(&error)));
        println!("read {path} -> {}", fs::read(path).map_or_else(|error| failed(&error), |all| format!("{} {:016x}", all.len(), fnv(&all))));
        println!("read_dir {path} -> {}", fs::read_dir(path).map_or_else(|error| failed(&error), |all| all.count().to_string()));
    }
}

fn contents() -> io::Result<()> {
    section("read", "contents");
    for name in ["size-0", "size-1", "size-4095", "size-4096", "size-65536", "size-1m", "same-as-65536"] {
        let all = fs::read(format!("/{name}"))?;
        println!("{name} -> {} {:016x}", all.len(), fnv(&all));
    }
    let text = fs::read_to_string("/text.txt")?;
    println!("lines -> {}", text.lines().count());
    let reader = BufReader::with_capacity(7, File::open("/text.txt")?);
    println!("lines through 7 bytes -> {}", reader.lines().map_while(Result::ok).count());
    println!("not UTF-8 -> {}", failed(&fs::read_to_string("/size-4096").expect_err("random bytes")));

    let mut file = File::open("/size-65536")?;
    for to in [SeekFrom::Start(100), SeekFrom::Current(-50), SeekFrom::End(-1), SeekFrom::End(1), SeekFrom::Start(1 << 33), SeekFrom::Current(-(1 << 33) - 1)] {
        println!("seek {to:?} -> {:?}", file.seek(to).map_err(|error| failed(&error)));
        let mut byte = [0];
        println!("read there -> {:?}", file.read(&mut byte).map_err(|error| failed(&error)));
    }
    let mut bytes = [0; 16];
    println!("read_at -> {:?} {:016x}", file.read_at(&mut bytes, 65530).ok(), fnv(&bytes));
    println!("read_exact_at -> {:?} {:016x}", file.read_exact_at(&mut bytes, 3).is_ok(), fnv(&bytes));
    println!("stream_position -> {:?}", file.stream_position().ok());
    println!("sync_all -> {:?}", file.sync_all().is_ok());
    println!("metadata -> {}", describe(&file.metadata()));
    println!("advise -> {:?}", file.advise(0, 0, 2).map_err(|error| failed(&error)));
    Ok(())
}

fn walk(dir: &Path, found: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        let letter = if kind.is_dir() { 'd' } else if kind.is_symlink() { 'l' } else { 'f' };
        found.push(format!("{letter} {} {}", entry.path().display(), entry.metadata()?.ino() != 0));
        // What lies below `/mode` is not for everyone to see; the C guest looks at it.
        if kind.is_dir() && entry.path() != Path::new("/mode") {
            walk(&entry.path(), found)?;
        }
    }
    Ok(())
}

fn tree() -> io::Result<()> {
    section("read", "tree");
    let mut found = Vec::new();
    walk(Path::new("/"), &mut found)?;
    found.sort();
    println!("entries -> {} {:016x}", found.len(), fnv(found.join("\n").as_bytes()));
    let mut names: Vec<String> = fs::read_dir("/dir")?.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned())).collect::<io::Result<_>>()?;
    names.sort();
    println!("read_dir /dir -> {names:?}");
    Ok(())
}

fn memory() {
    section("read", "memory");
    let blocks: Vec<Vec<u8>> = (0..400_usize).map(|n| vec![n as u8; 1000 + n * 300]).collect();
    let mut read = 0;
    for n in 0..300 {
        read += fs::read(format!("/many/entry-{n:03}")).map_or(0, |all| all.len());
    }
    println!("bytes read -> {read}");
    let wrong: usize = blocks.iter().enumerate().map(|(n, block)| block.iter().filter(|byte| **byte != n as u8).count()).sum();
    println!("wrong bytes -> {wrong}");
}

fn changes() {
    section("image", "changes");
    let show = |what: &str, result: io::Result<()>| println!("{what} -> {}", result.map_or_else(|error| failed(&error), |()| "done".to_owned()));
    show("write", fs::write("/file.txt", "x"));
    show("create", File::create("/new").map(drop));
    show("create_new", File::create_new("/file.txt").map(drop));
    show("append", OpenOptions::new().append(true).open("/file.txt").map(drop));
    show("read and write", OpenOptions::new().read(true).write(true).open("/file.txt").map(drop));
    show("truncate", OpenOptions::new().write(true).truncate(true).open("/file.txt").map(drop));
    show("create_dir", fs::create_dir("/new"));
    show("create_dir existing", fs::create_dir("/dir"));
    show("create_dir_all existing", fs::create_dir_all("/dir/nested"));
    show("create_dir_all", fs::create_dir_all("/dir/a/b"));
    show("remove_file", fs::remove_file("/file.txt"));
    show("remove_file missing", fs::remove_file("/missing"));
    show("remove_dir", fs::remove_dir("/empty-dir"));
    show("remove_dir_all", fs::remove_dir_all("/dir"));
    show("rename", fs::rename("/file.txt", "/new"));
    show("copy", fs::copy("/file.txt", "/new").map(drop));
    show("hard_link", fs::hard_link("/file.txt", "/new"));
    show("write to a file opened for reading", File::open("/file.txt").and_then(|mut file| file.write_all(b"x")));
    show("set_len", File::open("/file.txt").and_then(|file| file.set_len(0)));
}

fn main() -> io::Result<()> {
    paths();
    contents()?;
    tree()?;
    memory();
    if std::env::args().any(|arg| arg == "image") {
        changes();
    }
    section("read", "end");
    let mut input = String::new();
    io::stdin().read_line(&mut input)?;
    print!("stdin -> {input}");
    println!("done");
    Ok(())
}
