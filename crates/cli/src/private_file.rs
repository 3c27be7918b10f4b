//! Files that only their owner may read, whatever the umask. Each is written as a whole or not at all.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

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

/// Replaces the content of a file. A reader sees the old text or the new one, even if the process is killed meanwhile.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut file = open(&unfinished, OpenOptions::new().write(true).truncate(true))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(unfinished, path)
}

/// Opens or creates a file.
pub(crate) fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let file = options.create(true).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}
