//! Rust's standard library changing a directory in every way it has, written down line by line.
//!
//! Usage: guest-change ROOT [make | seed]    `make` lays out the start first, `seed` does only that
//!
//! The same lines on a directory of the host, on a tmpfs mount and on a writable mount.

// The parts of the standard library that are about WASI are not stable yet.
#![feature(wasi_ext)]

use std::ffi::{c_char, c_int, CString};
use std::fmt::Write as _;
use std::fs::{self, File, FileTimes, OpenOptions};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::wasi::fs::{symlink_path, FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// `fs::hard_link` goes through `linkat`, which answers ENOENT for two absolute paths in the wasi-libc of 2022.
fn hard_link(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
    extern "C" {
        fn link(from: *const c_char, to: *const c_char) -> c_int;
    }
    let text = |path: &Path| CString::new(path.to_str().expect("UTF-8")).expect("no NUL");
    let (from, to) = (text(from.as_ref()), text(to.as_ref()));
    // SAFETY: both are strings that end in NUL and live until the call is over.
    match unsafe { link(from.as_ptr(), to.as_ptr()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

fn section(name: &str) {
    println!("## change {name}");
}

/// `label -> value`, or the error's kind and number.
fn say<T: std::fmt::Debug>(label: &str, result: io::Result<T>) {
    match result {
        Ok(value) => println!("{label} -> {value:?}"),
        Err(error) => println!("{label} -> error {:?} {}", error.kind(), error.raw_os_error().unwrap_or(0)),
    }
}

fn noise(size: usize, mut seed: u64) -> Vec<u8> {
    (0..size)
        .map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 56) as u8
        })
        .collect()
}

/// Where the work happens.
struct Root(PathBuf);

impl Root {
    fn at(&self, name: &str) -> PathBuf {
        if name.is_empty() { self.0.clone() } else { self.0.join(name) }
    }

    /// The whole tree, sorted: type, size, links, contents.
    fn dump(&self, name: &str) -> String {
        let mut text = String::new();
        let Ok(entries) = fs::read_dir(self.at(name)) else { return format!("{name} can't be listed\n") };
        let mut names: Vec<String> = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
        names.sort();
        for entry in names {
            let path = if name.is_empty() { entry } else { format!("{name}/{entry}") };
            let full = self.at(&path);
            let about = fs::symlink_metadata(&full).expect("is there");
            if about.is_dir() {
                let _ = writeln!(text, "{path}/");
                text.push_str(&self.dump(&path));
            } else if about.is_symlink() {
                let _ = writeln!(text, "{path} to {}", fs::read_link(&full).expect("a link").display());
            } else {
                let content = fs::read(&full).map_or(0, |all| fnv(&all));
                let _ = writeln!(text, "{path} size {} nlink {} fnv {content:016x}", about.len(), about.nlink());
            }
        }
        text
    }

    fn seed(&self) -> io::Result<()> {
        fs::create_dir_all(self.at("dir/sub"))?;
        fs::create_dir(self.at("empty"))?;
        fs::write(self.at("file"), "one line\nanother line\n")?;
        fs::write(self.at("big"), noise(300_000, 3))?;
        fs::write(self.at("dir/a"), "a\n")?;
        fs::write(self.at("dir/sub/b"), "bb\n")?;
        symlink_path("file", self.at("link"))?;
        symlink_path("nowhere", self.at("dangling"))?;
        hard_link(self.at("file"), self.at("dir/hard"))?;
        for name in ["file", "big", "dir/a", "dir/sub/b", "dir/sub", "dir", "empty"] {
            let time = UNIX_EPOCH + Duration::new(1_400_000_000 + name.len() as u64, 5);
            File::open(self.at(name))?.set_times(FileTimes::new().set_modified(time).set_accessed(time))?;
        }
        Ok(())
    }

    fn opens(&self) {
        section("open options");
        for name in ["file", "missing", "dir", "link", "dangling", "dir/missing", "missing/x", "file/x"] {
            for bits in 1_u32..64 {
                let on = |bit: u32| bits & (1 << bit) != 0;
                let opened = OpenOptions::new().read(on(0)).write(on(1)).append(on(2)).truncate(on(3)).create(on(4)).create_new(on(5)).open(self.at(name));
                say(&format!("open {name} {bits:06b}"), opened.map(|_| ()));
                for made in ["missing", "nowhere", "dir/missing"] {
                    if fs::remove_file(self.at(made)).is_ok() {
                        println!("  made {made}");
                    }
                }
                if fs::metadata(self.at("file")).is_ok_and(|about| about.len() == 0) {
                    println!("  emptied file");
                    fs::write(self.at("file"), "one line\nanother line\n").expect("can be written");
                }
            }
        }
    }

    fn contents(&self) -> io::Result<()> {
        section("contents");
        let path = self.at("new");
        let mut file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
        say("write", file.write(b"hello, world"));
        say("write_at", file.write_at(b"W", 7));
        say("seek", file.seek(SeekFrom::Current(-5)));
        let mut text = String::new();
        say("read to the end", file.read_to_string(&mut text));
        println!("text -> {text}");
        say("set_len", file.set_len(3));
        say("seek behind", file.seek(SeekFrom::Start(10_000)));
        say("write there", file.write(b"!"));
        say("length", file.metadata().map(|about| about.len()));
        say("rewind", file.rewind());
        let mut all = Vec::new();
        say("read all", file.read_to_end(&mut all));
        println!("fnv -> {:016x}", fnv(&all));
        say("read_at behind the end", file.read_at(&mut [0; 4], 20_000));
        say("write_all_at", file.write_all_at(&noise(100_000, 9), 50_000));
        say("read_exact_at over the end", file.read_exact_at(&mut vec![0; 100], 149_950));
        say("sync_all", file.sync_all());
        say("sync_data", file.sync_data());
        drop(file);
        say("copy", fs::copy(&path, self.at("copy")));
        println!("equal -> {}", fs::read(&path)? == fs::read(self.at("copy"))?);
        let mut log = OpenOptions::new().append(true).open(self.at("copy"))?;
        for n in 0..1000 {
            writeln!(log, "line {n}")?;
        }
        println!("appended -> {:016x}", fnv(&fs::read(self.at("copy"))?));

        let mut out = BufWriter::new(File::create(self.at("lines"))?);
        for n in 0..20_000 {
            writeln!(out, "line {n} of many")?;
        }
        out.flush()?;
        drop(out);
        let sum: usize = BufReader::new(File::open(self.at("lines"))?).lines().map(|line| line.map_or(0, |line| line.len())).sum();
        println!("bytes of lines -> {sum}");
        // Parts of a file of the start, changed in place.
        let file = OpenOptions::new().read(true).write(true).open(self.at("big"))?;
        for at in [0, 4095, 4096, 65_535, 131_072, 299_999, 300_000, 310_000] {
            file.write_all_at(b"#", at)?;
        }
        println!("big -> {:016x}", fnv(&fs::read(self.at("big"))?));
        for name in ["new", "copy", "lines"] {
            say("remove_file", fs::remove_file(self.at(name)));
        }
        Ok(())
    }

    fn names(&self) -> io::Result<()> {
        section("names");
        say("create_dir", fs::create_dir(self.at("d")));
        say("create_dir again", fs::create_dir(self.at("d")));
        say("create_dir_all", fs::create_dir_all(self.at("d/e/f/g")));
        say("create_dir_all again", fs::create_dir_all(self.at("d/e/f/g")));
        say("create_dir_all through a file", fs::create_dir_all(self.at("file/x/y")));
        say("write", fs::write(self.at("d/e/x"), "x"));
        say("remove_dir", fs::remove_dir(self.at("d")));
        say("remove_dir of a file", fs::remove_dir(self.at("file")));
        say("remove_file of a directory", fs::remove_file(self.at("d")));
        say("rename a directory", fs::rename(self.at("d/e"), self.at("moved")));
        say("rename into itself", fs::rename(self.at("moved"), self.at("moved/f/own")));
        say("rename over a directory", fs::rename(self.at("moved"), self.at("d")));
        say("rename a file over a directory", fs::rename(self.at("file"), self.at("d")));
        say("rename a directory over a file", fs::rename(self.at("d"), self.at("file")));
        print!("{}", self.dump(""));
        say("hard_link", hard_link(self.at("d/x"), self.at("d/y")));
        say("hard_link again", hard_link(self.at("d/x"), self.at("d/y")));
        say("hard_link of a directory", hard_link(self.at("d"), self.at("e")));
        say("nlink", fs::metadata(self.at("d/x")).map(|about| about.nlink()));
        println!("one inode -> {}", fs::metadata(self.at("d/x"))?.ino() == fs::metadata(self.at("d/y"))?.ino());
        say("symlink", symlink_path("../file", self.at("d/s")));
        say("symlink again", symlink_path("../file", self.at("d/s")));
        say("read through it", fs::read_to_string(self.at("d/s")));
        say("symlink to nothing", symlink_path("gone", self.at("d/t")));
        say("exists", self.at("d/t").try_exists());
        say("write through it", fs::write(self.at("d/t"), "made"));
        say("read what it made", fs::read_to_string(self.at("d/gone")));
        say("remove_dir_all", fs::remove_dir_all(self.at("d")));
        say("remove_dir_all again", fs::remove_dir_all(self.at("d")));
        say("remove_dir_all of the start's", fs::remove_dir_all(self.at("dir")));
        say("exists", self.at("dir").try_exists());
        say("the other name of a file", fs::metadata(self.at("file")).map(|about| about.nlink()));
        say("again", fs::create_dir(self.at("dir")));
        say("and empty", fs::read_dir(self.at("dir")).map(Iterator::count));
        Ok(())
    }

    fn times(&self) -> io::Result<()> {
        section("times");
        let path = self.at("file");
        let set = UNIX_EPOCH + Duration::new(1_234_567_890, 123_456_789);
        let file = OpenOptions::new().write(true).open(&path)?;
        say("set_times", file.set_times(FileTimes::new().set_accessed(set).set_modified(set + Duration::from_secs(1))));
        let show = |label: &str| {
            let about = fs::metadata(&path).expect("is there");
            let since = |time: io::Result<SystemTime>| time.map(|time| time.duration_since(UNIX_EPOCH).unwrap_or_default());
            say(label, since(about.accessed()));
            say(label, since(about.modified()));
        };
        show("after");
        say("set_modified", file.set_modified(UNIX_EPOCH));
        show("after");
        drop(file);
        fs::write(&path, "one line\nanother line\n")?;
        let age = SystemTime::now().duration_since(fs::metadata(&path)?.modified()?).unwrap_or_default();
        println!("fresh after a write -> {}", age < Duration::from_secs(60));
        println!("readonly -> {}", fs::metadata(&path)?.permissions().readonly());
        Ok(())
    }

    fn many(&self) -> io::Result<()> {
        section("many");
        // Files and the program's memory by turns.
        let mut blocks = Vec::new();
        for n in 0..40_u8 {
            blocks.push(vec![n; 1 << 20]);
            let dir = self.at(&format!("many/{}/{n}", n % 4));
            fs::create_dir_all(&dir)?;
            for k in 0..20 {
                fs::write(dir.join(k.to_string()), noise(usize::from(n) * 100 + k, u64::from(n)))?;
            }
        }
        println!("wrong bytes -> {}", blocks.iter().enumerate().map(|(n, block)| block.iter().filter(|byte| usize::from(**byte) != n).count()).sum::<usize>());
        let text = self.dump("many");
        println!("lines -> {}, fnv {:016x}", text.lines().count(), fnv(text.as_bytes()));
        let mut half = 0;
        for entry in fs::read_dir(self.at("many/1"))? {
            let path = entry?.path();
            if path.extension().is_none() && half < 3 {
                fs::remove_dir_all(&path)?;
                half += 1;
            }
        }
        println!("left -> {}", fs::read_dir(self.at("many/1"))?.count());
        say("remove_dir_all", fs::remove_dir_all(self.at("many")));
        Ok(())
    }
}

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let root = Root(Path::new(&args[1]).to_owned());
    let what = args.get(2).map_or("", String::as_str);
    if !what.is_empty() {
        root.seed()?;
    }
    if what == "seed" {
        return Ok(());
    }
    section("start");
    print!("{}", root.dump(""));
    root.opens();
    root.contents()?;
    root.names()?;
    root.times()?;
    root.many()?;
    section("end");
    print!("{}", root.dump(""));
    println!("done");
    Ok(())
}
