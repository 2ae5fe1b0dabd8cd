//! The manifest of a bundle that has none: directories, and everything else at what `wasi-vfs pack` promises.

use std::path::{Path, PathBuf};

use super::{
    Attributes, AttributesAt, BASE, DIRECTORY_MODE, FILE_MODE, HostPath, Limit, Limits, Link,
    Manifest, Mount, Permissions, Request, RequestKind, Symlinks, Timestamps,
};
use crate::path::GuestPath;
use crate::report::Text;

/// A directory of this machine, or an archive, and where the program sees what is in it.
#[derive(Debug, Clone)]
pub struct Directory {
    pub(crate) host: PathBuf,
    pub(crate) guest: GuestPath,
    /// Whether `guest` says that it is a directory.
    pub(crate) guest_slash: bool,
    /// How it was asked for.
    pub(crate) written: String,
}

impl Directory {
    /// The directory at `host`, a path from the working directory, to be seen at `guest`.
    #[must_use]
    pub fn new(host: impl Into<PathBuf>, guest: GuestPath) -> Self {
        let host = host.into();
        let written = format!("{}::{guest}", host.display());
        Self {
            host,
            guest,
            guest_slash: false,
            written,
        }
    }

    /// Says that the guest path is a directory's, as a slash at its end does: a single file can't be there.
    #[must_use]
    pub fn guest_is_directory(mut self) -> Self {
        self.guest_slash = true;
        self
    }

    /// How messages show it: the option that it was given with. `HOST::GUEST` unless this is called.
    #[must_use]
    pub fn written(mut self, written: impl Into<String>) -> Self {
        self.written = written.into();
        self
    }
}

impl Manifest {
    /// A manifest that embeds all of each directory, the later over the earlier.
    ///
    /// Its text is the command line that means the same; labels of later stages point into it.
    pub(crate) fn of_directories(input: &Path, output: &Path, directories: &[Directory]) -> Self {
        let mut line = Line("wasi-vfs pack ".to_owned());
        let input = line.path(input, &input.display().to_string());
        let attributes = Attributes {
            permissions: Permissions::fixed(FILE_MODE),
            dir_permissions: Permissions::fixed(DIRECTORY_MODE),
            timestamps: Timestamps::Fixed(0),
            at: AttributesAt::default(),
        };
        let requests = directories
            .iter()
            .map(|directory| {
                line.0.push(' ');
                let source = line.path(&directory.host, &directory.written);
                Request {
                    name: directory.guest.to_string(),
                    span: source.span.clone(),
                    guest: directory.guest.clone(),
                    guest_slash: directory.guest_slash,
                    overrides: true,
                    attributes: attributes.clone(),
                    point: None,
                    kind: RequestKind::Mount(Box::new(everything(HostPath {
                        written: directory.host.display().to_string(),
                        ..source
                    }))),
                }
            })
            .collect();
        line.0.push_str(" -o ");
        let output = line.path(output, &output.display().to_string());
        Self {
            text: Text::new("the command line", &line.0),
            path: PathBuf::new(),
            profile: BASE.to_owned(),
            profiles: Vec::new(),
            from_profiles: Vec::new(),
            vars: Vec::new(),
            warnings: Vec::new(),
            input,
            output,
            beside: Vec::new(),
            limits: Limits {
                // What an image can hold is said by the image.
                image_size: no_limit(),
                file_size: no_limit(),
                files: no_limit(),
                archive_size: no_limit(),
            },
            link: Link::default(),
            env: Vec::new(),
            args: Vec::new(),
            preinit: None,
            implied: attributes,
            requests,
        }
    }
}

/// A command line in the making.
struct Line(String);

impl Line {
    /// Appends `written`, which stands for `path`.
    fn path(&mut self, path: &Path, written: &str) -> HostPath {
        let start = self.0.len();
        self.0.push_str(written);
        HostPath {
            written: written.to_owned(),
            span: start..self.0.len(),
            path: path.to_owned(),
        }
    }
}

fn no_limit() -> Limit {
    Limit {
        value: u64::MAX,
        span: None,
    }
}

fn everything(source: HostPath) -> Mount {
    Mount {
        source,
        include: Vec::new(),
        exclude: Vec::new(),
        default_excludes: false,
        gitignore: false,
        refuses: false,
        rules: Vec::new(),
        symlinks: Symlinks::default(),
        strip_prefix: None,
        optional: false,
    }
}
