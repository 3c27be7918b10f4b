//! Files that only their owner may read, whatever the umask, written whole or not at all.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// The rights of everybody but the owner, and those that let them write.
const OTHERS: u32 = 0o077;
const OTHERS_WRITE: u32 = 0o022;

/// Makes a folder, and those above it, where there is none. One that others may use is closed to them if it is empty or
/// `is_ours` says that we have used it before; we close no folder that somebody may share on purpose.
///
/// # Errors
/// `PermissionDenied` where it stays open; what the operating system says.
pub(crate) fn make_folder(path: &Path, is_ours: impl Fn() -> bool) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let open = fs::metadata(path)?.permissions().mode() & OTHERS;
    if open == 0 {
        return Ok(());
    }
    let is_empty = fs::read_dir(path)?.next().is_none();
    // What others could write, they may have planted.
    if !is_empty && (open & OTHERS_WRITE != 0 || !is_ours()) {
        let message = "other users of this machine may read or write it; run chmod 700 on it";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
    }
    fs::set_permissions(path, Permissions::from_mode(0o700))
}

/// Takes a file's rights from everybody but its owner.
pub(crate) fn tighten(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(0o600))
}

/// Puts a text in place of a file: whoever reads it sees the old text or the new one, also if we are killed here.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut file = open(&unfinished, OpenOptions::new().write(true).truncate(true))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(unfinished, path)
}

/// Opens a file, or makes it.
pub(crate) fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let file = options.create(true).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}
