//! Requests that QuickBooks, or the way to it, cannot carry out.

use counterfoil_core::model::desktop::job::JobFailure;
use counterfoil_core::model::secret::Secret;
use counterfoil_core::service::desktop::receive::{Progress, Received, connection_failed, receive};
use counterfoil_core::service::desktop::sign_in::SignIn;
use counterfoil_core::service::job::ask::AskError;
use counterfoil_desktop::protocol::Protocol;

use super::harness::{ANSWER, Desk, HOST, checks, new_check, signed_in, wanted, work};

#[tokio::test]
async fn a_connection_error_ends_every_request_that_waits() {
    let desk = Desk::new().await;
    let waiting = [desk.asking(&checks(1)).await, desk.asking(&checks(2)).await];
    let ticket = work(&desk.web, &desk.user).await;
    connection_failed(&desk.web, &ticket, "0x80040420", "denied").await.expect("stored");
    assert!(desk.jobs().await.is_empty());
    for asking in waiting {
        let ended = asking.end(&desk).await;
        let expected = JobFailure::QuickBooks { hresult: "0x80040420".to_owned(), message: "denied".to_owned() };
        assert!(matches!(&ended, Err(AskError::Failed(failure)) if *failure == expected), "{ended:?}");
    }
    assert!(matches!(signed_in(&desk.web, &desk.user).await, SignIn::Idle));
}

async fn failed(desk: &Desk, ticket: &Secret, document: &str, hresult: &str, message: &str) -> Progress {
    let (document, hresult, message) = (Secret::new(document), hresult.to_owned(), message.to_owned());
    receive(&desk.web, ticket, Received { document, hresult, message }, &Protocol).await.expect("stored")
}

#[tokio::test]
async fn a_request_that_quickbooks_fails_on_ends_alone() {
    let desk = Desk::new().await;
    let first = desk.asking(&checks(1)).await;
    let second = desk.asking(&checks(2)).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    assert_eq!(failed(&desk, &ticket, "", "0x80040400", "parse").await, Progress::GoOn);
    assert!(matches!(first.end(&desk).await, Err(AskError::Failed(JobFailure::QuickBooks { .. }))));
    assert!(desk.next(&ticket).await.is_some());
    // An answer without a document, and without an error.
    assert_eq!(failed(&desk, &ticket, "", "", "").await, Progress::GoOn);
    assert!(matches!(second.end(&desk).await, Err(AskError::Failed(JobFailure::QuickBooks { .. }))));
}

#[tokio::test]
async fn a_write_that_was_sent_may_have_been_carried_out_if_nothing_or_a_connection_error_comes_back() {
    let desk = Desk::new().await;
    for is_connection in [false, true] {
        let asking = desk.asking_for(new_check("x")).await;
        let ticket = work(&desk.web, &desk.user).await;
        desk.first(&ticket).await.expect("a request");
        if is_connection {
            connection_failed(&desk.web, &ticket, "0x80040401", "gone").await.expect("stored");
        } else {
            assert_eq!(failed(&desk, &ticket, "", "", "").await, Progress::GoOn);
        }
        let ended = asking.end(&desk).await;
        assert!(matches!(&ended, Err(AskError::Failed(JobFailure::OutcomeUnknown))), "{ended:?}");
    }
}

#[tokio::test]
async fn a_write_that_was_sent_is_refused_only_by_an_error_that_says_so() {
    let desk = Desk::new().await;
    for (hresult, is_refusal) in [
        ("0x80040400", true),
        ("0x80040423", true),
        ("0x80040420", true),
        ("0x80010105", false),
        ("0x800706BE", false),
        ("0x8004040D", false),
        ("0x80040402", false),
        ("broken", false),
    ] {
        for wanted in [new_check("x"), wanted(&checks(1))] {
            let is_write = wanted.is_write;
            let asking = desk.asking_for(wanted).await;
            let ticket = work(&desk.web, &desk.user).await;
            desk.first(&ticket).await.expect("a request");
            assert_eq!(failed(&desk, &ticket, "", hresult, "gone").await, Progress::GoOn);
            let ended = asking.end(&desk).await;
            let is_unknown = matches!(&ended, Err(AskError::Failed(JobFailure::OutcomeUnknown)));
            assert_eq!(is_unknown, is_write && !is_refusal, "{hresult}: {ended:?}");
            assert!(is_unknown || matches!(&ended, Err(AskError::Failed(JobFailure::QuickBooks { .. }))), "{hresult}: {ended:?}");
        }
    }
}

#[tokio::test]
async fn an_error_that_does_not_fit_into_an_item_is_cut() {
    let desk = Desk::new().await;
    let long = "ü".repeat(500_000);
    for is_connection in [false, true] {
        let asking = desk.asking(&checks(1)).await;
        let ticket = work(&desk.web, &desk.user).await;
        desk.first(&ticket).await.expect("a request");
        if is_connection {
            connection_failed(&desk.web, &ticket, &long, &long).await.expect("stored");
        } else {
            assert_eq!(failed(&desk, &ticket, "", &long, &long).await, Progress::GoOn);
        }
        let ended = asking.end(&desk).await;
        let Err(AskError::Failed(JobFailure::QuickBooks { hresult, message })) = ended else { panic!("{ended:?}") };
        assert!(hresult.len() < 100 && message.len() < 5_000 && message.starts_with("üü"));
    }
}

#[tokio::test]
async fn a_quickbooks_that_is_too_old_gets_no_request_and_each_caller_is_told() {
    let desk = Desk::new().await;
    for host in [HOST, ""] {
        let asking = desk.asking(&checks(1)).await;
        let ticket = work(&desk.web, &desk.user).await;
        assert_eq!(desk.next_of(&ticket, host, 7).await, None);
        assert!(desk.last_words(&ticket).await.is_some_and(|words| words.contains("too old")));
        let ended = asking.end(&desk).await;
        assert!(matches!(ended, Err(AskError::Failed(JobFailure::TooOld))), "{ended:?}");
    }
}

#[tokio::test]
async fn a_request_is_written_in_a_version_that_quickbooks_speaks() {
    let desk = Desk::new().await;
    let asking = desk.asking(&checks(1)).await;
    let ticket = work(&desk.web, &desk.user).await;
    let request = desk.next_of(&ticket, HOST, 8).await.expect("a request");
    assert!(request.contains("<?qbxml version=\"8.0\"?>"), "{request}");
    desk.answered(&ticket, ANSWER).await;
    asking.end(&desk).await.expect("an answer");
}
