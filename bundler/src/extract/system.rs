//! What differs between systems when files are made.

use std::fs::{self, File, FileTimes};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use filetime::FileTime;

fn system_time(time_ns: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_nanos(time_ns)
}

/// Gives a file its time and its mode, whatever the umask.
pub(super) fn finish_file(file: &File, mode: u32, time_ns: u64) -> io::Result<()> {
    let time = system_time(time_ns);
    file.set_times(FileTimes::new().set_accessed(time).set_modified(time))?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(mode))?;
    #[cfg(not(unix))]
    let _ = mode;
    Ok(())
}

/// The same for a directory, which is finished last.
pub(super) fn finish_directory(path: &Path, mode: u32, time_ns: u64) -> io::Result<()> {
    let time = FileTime::from_system_time(system_time(time_ns));
    filetime::set_file_times(path, time, time)?;
    set_mode(path, mode)
}

/// A directory that nobody else may put anything into before it is finished.
pub(super) fn make_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Lets us write to a directory that is there.
pub(super) fn open_directory(path: &Path) -> io::Result<()> {
    set_mode(path, 0o700)
}

fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    #[cfg(unix)]
    return fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    {
        let _ = (path, mode);
        Ok(())
    }
}

/// A file that was not there; never what a symlink leads to.
pub(super) fn make_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(unix)]
pub(super) fn make_symlink(target: &str, path: &Path, time_ns: u64) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)?;
    let time = FileTime::from_system_time(system_time(time_ns));
    filetime::set_symlink_file_times(path, time, time)
}

#[cfg(not(unix))]
pub(super) fn make_symlink(_target: &str, _path: &Path, _time_ns: u64) -> io::Result<()> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "symlinks can't be made on this system: extract into a .tar",
    ))
}
