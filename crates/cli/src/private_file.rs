//! Files and folders that only their owner may read, whatever the umask.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

pub(crate) use counterfoil_store::private_file::{open, replace};

/// The permissions of everybody but the owner, and those to write among them.
const OTHERS: u32 = 0o077;
const OTHERS_WRITE: u32 = 0o022;

/// Creates a folder and its parents. An existing folder that others may use is closed to them if it is empty, or if `is_ours` says that
/// Counterfoil has used it. Any other folder stays as it is, because it may be shared on purpose.
///
/// # Errors
/// `PermissionDenied` if the folder stays open to others, and the operating system's errors.
pub(crate) fn make_folder(path: &Path, is_ours: impl Fn() -> bool) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let open = fs::metadata(path)?.permissions().mode() & OTHERS;
    if open == 0 {
        return Ok(());
    }
    let is_empty = fs::read_dir(path)?.next().is_none();
    // Others may have put files into a folder to which they can write.
    if !is_empty && (open & OTHERS_WRITE != 0 || !is_ours()) {
        let message = "other users of this machine may read or write it; run chmod 700 on it";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
    }
    fs::set_permissions(path, Permissions::from_mode(0o700))
}

/// Removes the permissions of everybody but the owner.
pub(crate) fn tighten(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(0o600))
}
