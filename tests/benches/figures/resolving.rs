//! `plan`, beside a walk over the same tree that prints as much.

use std::fs;
use std::process::Command;

use wasi_vfs_tests::guest;

use crate::Bench;
use crate::measure::{millis, pair};
use crate::row::Row;

pub(crate) fn run(bench: &Bench) {
    for (directories, files) in [(1, 10_000), (100, 1_000), (10_000, 10)] {
        let root = bench.folder.join(format!("walk-{directories}-{files}"));
        for directory in 0..directories {
            let path = root.join(format!("d{}/e{directory}", directory % 100));
            fs::create_dir_all(&path).expect("can't create a tree");
            for file in 0..files {
                let name = format!("file-{file}.txt");
                fs::write(path.join(name), format!("{directory} {file}"))
                    .expect("can't write a file");
            }
        }
        let manifest = root.with_extension("toml");
        let module = guest::bench();
        let text = format!(
            "manifest-version = 1\n[limits]\nfiles = 1000000\n[module]\ninput = {module:?}\noutput = \"out.wasm\"\n\
             [defaults]\ntimestamps = \"source\"\n[[mount]]\nguest = \"/\"\nsource = {root:?}\n\
             include = [\"**/*.txt\"]\nexclude = [\"**/nothing/**\", \"**/*.tmp\"]\noptional = true\n"
        );
        fs::write(&manifest, text).expect("can't write the manifest");
        let mut find = Command::new("find");
        find.arg(&root).args(["-printf", "%M %s %T@ %p\\n"]);
        let took = pair(
            7,
            || millis(bench.tool(&["plan", "--quiet", "-m"]).arg(&manifest)),
            || millis(&mut find),
        );
        Row {
            group: "resolving",
            case: &format!("{directories} directories of {files} files"),
            what: "plan",
            ours: took.ours,
            theirs: took.theirs,
            unit: "ms",
            versus: "find -printf",
            ratio: took.ratio,
            budget: None,
            peak_mib: None,
        }
        .print();
    }
}
