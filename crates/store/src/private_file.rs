//! Files that only their owner may read, whatever the umask. Each is written as a whole or not at all.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// Replaces the content of a file. A reader sees the old text or the new one, even if the process is killed or the power fails meanwhile.
///
/// # Errors
/// The file system's errors.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let unfinished = path.with_extension("unfinished");
    let mut file = open(&unfinished, OpenOptions::new().write(true).truncate(true))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(unfinished, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Opens or creates a file.
///
/// # Errors
/// The file system's errors.
pub fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let file = options.create(true).mode(0o600).open(path)?;
    // Set again, because the umask or an existing file may have other permissions.
    file.set_permissions(Permissions::from_mode(0o600))?;
    Ok(file)
}
