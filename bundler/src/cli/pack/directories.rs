//! `--dir` and `--mapdir`, in the order in which they were given.

use std::path::{Component, Path};

use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Args, Command, FromArgMatches};
use wasi_vfs::pack::Directory;
use wasi_vfs::path::GuestPath;

const DIR: &str = "dir";
const MAPDIR: &str = "mapdir";

/// What goes in, later over earlier, whichever of the two options named it.
pub(super) struct Directories {
    pub(super) in_order: Vec<Directory>,
}

impl Args for Directories {
    fn augment_args(command: Command) -> Command {
        let argument = |name: &'static str| Arg::new(name).long(name).action(ArgAction::Append);
        command
            .arg(
                argument(DIR)
                    .value_name("HOST[::GUEST]")
                    .value_parser(dir)
                    .help("A directory or an archive, and its guest path; without GUEST, the same path"),
            )
            .arg(
                argument(MAPDIR)
                    .value_name("GUEST::HOST")
                    .value_parser(mapdir)
                    .help("The same in the order of earlier versions"),
            )
            .group(
                ArgGroup::new("directories")
                    .args([DIR, MAPDIR])
                    .multiple(true),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Directories {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut given: Vec<(usize, Directory)> = Vec::new();
        for name in [DIR, MAPDIR] {
            let (Some(places), Some(values)) = (
                matches.indices_of(name),
                matches.get_many::<Directory>(name),
            ) else {
                continue;
            };
            given.extend(places.zip(values.cloned()));
        }
        given.sort_by_key(|(place, _)| *place);
        let in_order = given.into_iter().map(|(_, directory)| directory).collect();
        Ok(Self { in_order })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn dir(text: &str) -> Result<Directory, String> {
    let (host, guest) = match halves(text)? {
        Some(halves) => halves,
        None => (text, text),
    };
    directory(host, guest, format!("--{DIR} {text}"))
}

fn mapdir(text: &str) -> Result<Directory, String> {
    let (guest, host) = halves(text)?.ok_or("there is no `::` between GUEST and HOST")?;
    directory(host, guest, format!("--{MAPDIR} {text}"))
}

fn halves(text: &str) -> Result<Option<(&str, &str)>, String> {
    match text.split_once("::") {
        Some((_, rest)) if rest.contains("::") => {
            Err("there is more than one `::`, so it can't be told where the path ends".to_owned())
        }
        halves => Ok(halves),
    }
}

fn directory(host: &str, guest: &str, written: String) -> Result<Directory, String> {
    const ORDER: &str = "`--dir` takes HOST::GUEST, `--mapdir` GUEST::HOST";
    let path = Path::new(host);
    if host.is_empty() {
        return Err("HOST is empty; `.` is the working directory".to_owned());
    }
    if path.components().eq([Component::RootDir]) {
        return Err(format!("HOST is `/`, all of this machine; {ORDER}"));
    }
    if !path.exists() && guest != "/" && Path::new(guest).exists() {
        return Err(format!(
            "there is a `{guest}` here and no `{host}`; {ORDER}"
        ));
    }
    let slash = guest.ends_with('/');
    let guest = GuestPath::parse(guest).map_err(|error| {
        format!("invalid guest path `{guest}`: {error}; such as `{host}::/data` gives another")
    })?;
    let directory = Directory::new(host, guest).written(written);
    Ok(match slash {
        true => directory.guest_is_directory(),
        false => directory,
    })
}
