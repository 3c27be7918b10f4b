//! Which company file is open.

use counterfoil_core::model::desktop::job::JobFailure;
use counterfoil_core::service::job::ask::AskError;

use super::harness::{Desk, checks, work};

/// What QuickBooks says of a company with these stamps of an owner and a file.
fn company(name: &str, stamps: &[(&str, &str)]) -> String {
    let stamp = |(owner, file): &(&str, &str)| {
        format!(
            "<DataExtRet><OwnerID>{owner}</OwnerID><DataExtName>FileID</DataExtName><DataExtType>STR255TYPE</DataExtType><DataExtValue>{file}</DataExtValue></DataExtRet>"
        )
    };
    let stamps: String = stamps.iter().map(stamp).collect();
    format!(
        "<QBXML><QBXMLMsgsRs><CompanyQueryRs statusCode=\"0\"><CompanyRet><CompanyName>{name}</CompanyName>{stamps}</CompanyRet></CompanyQueryRs></QBXMLMsgsRs></QBXML>"
    )
}

const OTHER: &str = "{00000000-0000-0000-0000-000000000001}";

async fn owner_and_file(desk: &Desk) -> (String, String) {
    let connection = desk.connection().await;
    let (_, rest) = connection.qwc.split_once("<OwnerID>").expect("an owner");
    (rest.split_once('<').expect("an owner").0.to_owned(), connection.file_id)
}

#[tokio::test]
async fn a_session_with_another_company_file_is_refused_and_the_message_names_the_company() {
    let desk = Desk::new().await;
    let (owner, _) = owner_and_file(&desk).await;
    let waiting = [desk.asking(&checks(1)).await, desk.asking(&checks(2)).await];
    let ticket = work(&desk.web, &desk.user).await;
    assert_eq!(desk.next_of(&ticket, &company("Harbor", &[(&owner, OTHER)]), 13).await, None);
    for asking in waiting {
        let ended = asking.end(&desk).await;
        let Err(AskError::Failed(JobFailure::WrongCompanyFile(message))) = ended else { panic!("{ended:?}") };
        assert!(message.contains("Harbor"), "{message}");
    }
    // Nothing is sent in this session any more.
    let later = desk.asking(&checks(3)).await;
    assert_eq!(desk.next(&ticket).await, None);
    assert!(desk.last_words(&ticket).await.is_some_and(|words| words.contains("Harbor")));
    drop(later);
}

#[tokio::test]
async fn a_file_of_this_connection_or_without_a_stamp_of_this_partner_is_served() {
    let desk = Desk::new().await;
    let (owner, file) = owner_and_file(&desk).await;
    let lower = file.to_lowercase();
    for stamps in [vec![], vec![(OTHER, OTHER)], vec![(&*owner, &*file)], vec![(&*owner, OTHER), (&*owner, &*lower)]] {
        let asking = desk.asking(&checks(1)).await;
        let ticket = work(&desk.web, &desk.user).await;
        assert!(desk.next_of(&ticket, &company("Larkspur", &stamps), 13).await.is_some(), "{stamps:?}");
        desk.answered(&ticket, super::harness::ANSWER).await;
        asking.end(&desk).await.expect("an answer");
    }
}

#[tokio::test]
async fn a_file_without_a_stamp_is_another_one_after_that_of_the_connection_was_seen() {
    let desk = Desk::new().await;
    let (owner, file) = owner_and_file(&desk).await;
    let seen = desk.asking(&checks(1)).await;
    let ticket = work(&desk.web, &desk.user).await;
    assert!(desk.next_of(&ticket, &company("Larkspur", &[(&owner, &file)]), 13).await.is_some());
    desk.answered(&ticket, super::harness::ANSWER).await;
    seen.end(&desk).await.expect("an answer");
    let asking = desk.asking(&checks(2)).await;
    let ticket = work(&desk.web, &desk.user).await;
    assert_eq!(desk.next_of(&ticket, &company("Harbor", &[]), 13).await, None);
    let ended = asking.end(&desk).await;
    assert!(matches!(&ended, Err(AskError::Failed(JobFailure::WrongCompanyFile(_)))), "{ended:?}");
}

#[tokio::test]
async fn a_name_of_a_company_that_does_not_fit_into_an_item_is_cut() {
    let desk = Desk::new().await;
    let (owner, _) = owner_and_file(&desk).await;
    let asking = desk.asking(&checks(1)).await;
    let ticket = work(&desk.web, &desk.user).await;
    assert_eq!(desk.next_of(&ticket, &company(&"ü".repeat(500_000), &[(&owner, OTHER)]), 13).await, None);
    let ended = asking.end(&desk).await;
    assert!(matches!(&ended, Err(AskError::Failed(JobFailure::WrongCompanyFile(message))) if message.len() < 1_000), "{ended:?}");
}
