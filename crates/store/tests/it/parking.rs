//! The folder of parked grants: grants are read back unchanged, and unfinished files are not read.

use std::path::PathBuf;

use counterfoil_core::model::kept_answer::{AnswerOf, KeptAnswer};
use counterfoil_core::model::platform::PlatformName;
use counterfoil_core::model::secret::Sealed;
use counterfoil_core::port::parking::{Parked, Parking as _};
use counterfoil_core::port::store::StoreError;
use counterfoil_core::port::store::vault::Commit;
use counterfoil_store::parking::{Folder, ParkedMessage, read};
use counterfoil_testkit::fixture::{START, connection};
use jiff::ToSpan as _;

use crate::harness::commit;

/// A folder for each test, which is deleted with it.
struct Place(PathBuf);

impl Place {
    fn of(test: &str) -> Self {
        Self(std::env::temp_dir().join(format!("counterfoil-parking-{test}-{}", std::process::id())))
    }

    fn folder(&self) -> Folder {
        Folder::new(&self.0)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A parked grant with every field set.
fn whole(company_key: &str) -> Parked {
    let connection = connection(company_key);
    let wanted_until = Some(START + 24.hours());
    let commit = Commit { wanted_until, in_doubt: true, ..commit(&connection, &format!("commit_{company_key}")) };
    Parked { connection: connection.id, commit }
}

/// A parked grant with as few fields as possible.
fn bare(company_key: &str) -> Parked {
    let Parked { connection, mut commit } = whole(company_key);
    commit.grant.refresh_token = None;
    commit.grant.refresh_token_expires_at = None;
    commit.grant.hard_expires_at = None;
    commit.grant.missing_scopes.clear();
    (commit.due_at, commit.wanted_until, commit.in_doubt) = (None, None, false);
    Parked { connection, commit }
}

fn same(one: &ParkedMessage, other: &Parked) -> bool {
    let ParkedMessage::Grant(one) = one else { return false };
    let Commit { epoch, commit_id, grant, at, due_at, wanted_until, in_doubt } = &one.commit;
    let theirs = &other.commit;
    one.connection == other.connection
        && (epoch, commit_id, at) == (&theirs.epoch, &theirs.commit_id, &theirs.at)
        && (due_at, wanted_until, in_doubt) == (&theirs.due_at, &theirs.wanted_until, &theirs.in_doubt)
        && *grant == theirs.grant
}

#[tokio::test]
async fn r6_a_grant_parked_in_a_folder_is_read_back_unchanged_until_it_is_deleted() {
    let place = Place::of("round-trip");
    assert!(place.folder().parked().expect("no folder holds nothing").is_empty());
    let parked = [whole("whole"), bare("bare")];
    for one in &parked {
        place.folder().park(one).await.expect("a folder to write to");
        place.folder().park(one).await.expect("again is once");
    }
    let found = place.folder().parked().expect("a folder to read");
    assert_eq!(found.len(), parked.len());
    for one in &parked {
        let (file, _) = found.iter().find(|(_, found)| same(found, one)).expect("it comes back as it was");
        place.folder().forget(file).expect("a file to forget");
    }
    assert!(place.folder().parked().expect("a folder to read").is_empty());
}

#[tokio::test]
async fn an_unreadable_answer_is_parked_like_a_grant() {
    let place = Place::of("answer");
    let of = AnswerOf::Connection(connection("acme").id);
    let text = Sealed::from_bytes(vec![0, 1, 255]);
    let kept = KeptAnswer { of, epoch: 3, hash: "0123456789abcdef".to_owned(), platform: PlatformName::Zoho, at: START, text };
    place.folder().park_answer(&kept).await.expect("a folder to write to");
    let (_, waiting) = place.folder().parked().expect("a folder to read").remove(0);
    let ParkedMessage::Answer(found) = waiting else { panic!("it is no grant") };
    assert!(found.text == kept.text);
    assert_eq!((found.of, found.epoch, found.hash, found.platform, found.at), (kept.of, 3, kept.hash, kept.platform, START));
}

#[tokio::test]
async fn r6_an_unfinished_file_is_not_read() {
    let place = Place::of("killed");
    place.folder().park(&whole("acme")).await.expect("a folder to write to");
    let (file, _) = place.folder().parked().expect("a folder to read").remove(0);
    let text = std::fs::read_to_string(&file).expect("a file");
    std::fs::write(place.0.join("commit_killed.unfinished"), &text[..text.len() / 2]).expect("a folder to write to");
    assert_eq!(place.folder().parked().expect("a folder to read").len(), 1);
    let beside: Vec<_> =
        std::fs::read_dir(&place.0).expect("a folder").filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    assert!(!beside.contains(&"commit_acme.unfinished".to_owned()), "{beside:?}");
}

#[tokio::test]
async fn an_error_names_a_damaged_file_without_its_content() {
    let place = Place::of("damaged");
    place.folder().park(&whole("acme")).await.expect("a folder to write to");
    let (file, _) = place.folder().parked().expect("a folder to read").remove(0);
    let text = std::fs::read_to_string(&file).expect("a file");
    std::fs::write(&file, &text[..text.len() - 9]).expect("a file to write to");
    let error = place.folder().parked().err().expect("half a grant").to_string();
    assert!(error.contains("commit_acme.json"), "{error}");
    assert!(!error.contains("access") && !error.contains("default"), "{error}");
}

#[test]
fn a_message_that_is_not_a_parked_grant_is_damaged() {
    for text in ["", "{}", "[]", r#"{"partner":"default"}"#] {
        assert!(matches!(read(text).err(), Some(StoreError::Damaged { .. })), "{text:?}");
    }
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_to_says_so() {
    let place = Place::of("no-folder");
    std::fs::write(&place.0, "a file").expect("a place to write to");
    let error = place.folder().park(&whole("acme")).await.expect_err("no folder");
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    std::fs::remove_file(&place.0).expect("a file to remove");
}

/// A parked grant is sealed, and nobody but its owner can read it.
#[tokio::test]
async fn a_parked_grant_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::of("modes");
    place.folder().park(&whole("acme")).await.expect("parked");
    let mode = |path: &std::path::Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    let parked = place.folder().parked().expect("readable");
    assert_eq!((mode(&place.0), mode(&parked[0].0)), (0o700, 0o600));
}
