//! How requests and answers are stored: sealed, in parts, and for a limited time.

use counterfoil_core::model::desktop::job::KEPT_FOR;
use counterfoil_core::service::desktop::receive::Progress;
use counterfoil_core::service::job::ask::{Ask, AskError};
use counterfoil_testkit::fixture::Item;

use super::harness::{Desk, PATIENCE, checks, new_check, wanted, work};

/// A text that does not compress well: of 64 different characters in a random order.
pub(super) fn incompressible(seed: u32, length: usize) -> String {
    let mut state = seed;
    let letters = std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from(b'0' + u8::try_from(state >> 26).expect("six bits"))
    });
    letters.take(length).collect()
}

#[tokio::test]
async fn an_answer_of_five_megabytes_comes_back_whole() {
    let desk = Desk::new().await;
    let asking = desk.asking(&checks(100)).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    let document = incompressible(7, 5_000_000);
    assert_eq!(desk.answered(&ticket, &document).await, Progress::GoOn);
    assert!(asking.end(&desk).await.is_ok_and(|answer| answer == document));
}

#[tokio::test]
async fn a_request_that_does_not_fit_into_an_item_is_refused() {
    let desk = Desk::new().await;
    let asking = desk.asking_for(new_check(&incompressible(7, 900_000))).await;
    let ended = asking.end(&desk).await;
    assert!(matches!(ended, Err(AskError::TooLarge)), "{ended:?}");
    assert!(desk.jobs().await.is_empty());
}

#[tokio::test]
async fn the_table_has_no_plain_text_of_a_request_or_an_answer_nor_of_a_ticket_or_a_password() {
    let desk = Desk::new().await;
    let read = desk.asking_for(Ask { wait: PATIENCE * 2, ..wanted(&checks(4_711)) }).await;
    let write = desk.asking_for(new_check("Plaintext")).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    let answer = format!("<Plaintext>{}</Plaintext>", incompressible(3, 1_000_000));
    desk.answered(&ticket, &answer).await;
    let password = desk.user.password.expose().to_owned();
    let parts = [answer.get(500_000..500_040).expect("a part"), "<MaxReturned>4711", "Plaintext", ticket.expose(), &password];
    let items = desk.everything().await;
    assert!(items.iter().any(|item| format!("{:?}", item["PK"]).contains("JOB_END#")));
    for part in parts {
        for item in &items {
            assert!(!contains(item, part), "{part} is in {:?} {:?}", item["PK"], item["SK"]);
        }
    }
    drop((read, write));
}

fn contains(item: &Item, part: &str) -> bool {
    item.values().any(|value| {
        value.as_s().is_ok_and(|text| text.contains(part))
            || value.as_b().is_ok_and(|bytes| bytes.as_ref().windows(part.len()).any(|window| window == part.as_bytes()))
            || value.as_m().is_ok_and(|fields| contains(fields, part))
    })
}

#[tokio::test]
async fn jobs_their_ends_and_sessions_of_the_setup_are_deleted_by_ttl() {
    let desk = Desk::new().await;
    let read = desk.asking(&checks(1)).await;
    let waiting = desk.asking(&checks(2)).await;
    let ticket = work(&desk.web, &desk.user).await;
    desk.first(&ticket).await.expect("a request");
    desk.answered(&ticket, &incompressible(3, 1_000_000)).await;
    let (mut jobs, mut ends, mut sessions) = (0, 0, 0);
    for item in desk.everything().await {
        let kind = format!("{:?}{:?}", item["PK"], item["SK"]);
        let counted = match &*kind {
            kind if kind.contains("JOB_END#") => &mut ends,
            kind if kind.contains("JOB#") => &mut jobs,
            kind if kind.contains("AUTH_SESSION#") => &mut sessions,
            _ => continue,
        };
        *counted += 1;
        let ttl: i64 = item["ttl"].as_n().expect("a number").parse().expect("a number");
        let left = ttl - desk.app.now().as_second();
        let least = i64::try_from(KEPT_FOR.as_secs()).expect("small");
        assert!((least..=31 * 86_400).contains(&left), "{kind}: {left}");
    }
    // The answers of the setup's request and of this one, in its parts.
    assert!(jobs == 1 && ends > 3 && sessions == 1, "{jobs} {ends} {sessions}");
    drop((read, waiting));
}
