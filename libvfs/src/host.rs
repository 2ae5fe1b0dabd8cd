//! What runs the module: its preview1 functions, as the program would call them.

use crate::errno::Result;

/// Hands the list of interposed functions to a macro: names and arguments as in preview1's witx,
/// with pointers, sizes and flags as plain integers.
macro_rules! preview1 {
    ($with:ident) => {
        $with! {
            fd_advise(fd: u32, offset: u64, len: u64, advice: u32);
            fd_allocate(fd: u32, offset: u64, len: u64);
            fd_close(fd: u32);
            fd_datasync(fd: u32);
            fd_fdstat_get(fd: u32, out: u32);
            fd_fdstat_set_flags(fd: u32, flags: u32);
            fd_fdstat_set_rights(fd: u32, base: u64, inheriting: u64);
            fd_filestat_get(fd: u32, out: u32);
            fd_filestat_set_size(fd: u32, size: u64);
            fd_filestat_set_times(fd: u32, atim: u64, mtim: u64, flags: u32);
            fd_pread(fd: u32, iovs: u32, iovs_len: u32, offset: u64, out: u32);
            fd_prestat_dir_name(fd: u32, path: u32, path_len: u32);
            fd_prestat_get(fd: u32, out: u32);
            fd_pwrite(fd: u32, iovs: u32, iovs_len: u32, offset: u64, out: u32);
            fd_read(fd: u32, iovs: u32, iovs_len: u32, out: u32);
            fd_readdir(fd: u32, buf: u32, buf_len: u32, cookie: u64, out: u32);
            fd_renumber(from: u32, to: u32);
            fd_seek(fd: u32, delta: i64, whence: u32, out: u32);
            fd_sync(fd: u32);
            fd_tell(fd: u32, out: u32);
            fd_write(fd: u32, iovs: u32, iovs_len: u32, out: u32);
            path_create_directory(fd: u32, path: u32, path_len: u32);
            path_filestat_get(fd: u32, flags: u32, path: u32, path_len: u32, out: u32);
            path_filestat_set_times(
                fd: u32, flags: u32, path: u32, path_len: u32, atim: u64, mtim: u64, set: u32
            );
            path_link(
                old_fd: u32, old_flags: u32, old_path: u32, old_len: u32,
                new_fd: u32, new_path: u32, new_len: u32
            );
            path_open(
                fd: u32, flags: u32, path: u32, path_len: u32, oflags: u32,
                base: u64, inheriting: u64, fdflags: u32, out: u32
            );
            path_readlink(fd: u32, path: u32, path_len: u32, buf: u32, buf_len: u32, out: u32);
            path_remove_directory(fd: u32, path: u32, path_len: u32);
            path_rename(
                old_fd: u32, old_path: u32, old_len: u32, new_fd: u32, new_path: u32, new_len: u32
            );
            path_symlink(target: u32, target_len: u32, fd: u32, path: u32, path_len: u32);
            path_unlink_file(fd: u32, path: u32, path_len: u32);
            poll_oneoff(subscriptions: u32, events: u32, count: u32, out: u32);
            environ_sizes_get(count: u32, size: u32);
            environ_get(pointers: u32, text: u32);
            args_sizes_get(count: u32, size: u32);
            args_get(pointers: u32, text: u32);
            sock_accept(fd: u32, flags: u32, out: u32);
            sock_recv(fd: u32, iovs: u32, iovs_len: u32, flags: u32, out: u32, out_flags: u32);
            sock_send(fd: u32, iovs: u32, iovs_len: u32, flags: u32, out: u32);
            sock_shutdown(fd: u32, how: u32);
        }
    };
}
#[cfg(any(test, target_arch = "wasm32"))]
pub(crate) use preview1;

macro_rules! host_trait {
    ($($name:ident($($arg:ident: $type:ty),* $(,)?);)*) => {
        /// The host's preview1, one method per call, pointers into the program's memory.
        ///
        /// A function that the program does not import answers `ENOSYS`: what the
        /// program can't call, the interposer can't call for it.
        #[allow(clippy::too_many_arguments, reason = "preview1's own signatures")]
        #[allow(clippy::missing_errors_doc, reason = "whatever the host answers")]
        pub trait Host {
            $(
                #[doc = concat!("Preview1's `", stringify!($name), "`.")]
                fn $name(&self, $($arg: $type),*) -> Result<()>;
            )*

            // Called for the interposer's own purposes; the program's calls of these never come here.

            /// Preview1's `clock_time_get`.
            fn clock_time_get(&self, clock: u32, precision: u64, out: u32) -> Result<()>;
            /// Preview1's `proc_exit`; returns only when the program does not import it.
            fn proc_exit(&self, code: u32);
        }
    };
}
preview1!(host_trait);
