//! Two Web Connectors with the file and the password of one connection.

use counterfoil_core::model::desktop::job::JobFailure;
use counterfoil_core::service::desktop::receive::Progress;
use counterfoil_core::service::job::ask::AskError;

use super::harness::{ANSWER, Desk, checks, new_check, work};

#[tokio::test]
async fn two_web_connectors_that_end_each_others_sessions_send_no_write_twice() {
    let desk = Desk::new().await;
    let read = desk.asking(&checks(100)).await;
    let write = desk.asking_for(new_check("once")).await;
    let one = work(&desk.web, &desk.user).await;
    assert!(desk.first(&one).await.is_some_and(|request| request.contains("<MaxReturned>100<")));
    let other = work(&desk.web, &desk.user).await;
    assert!(desk.first(&other).await.is_some_and(|request| request.contains("<MaxReturned>50<")));
    assert_eq!(desk.answered(&one, "<Late/>").await, Progress::UnknownSession);
    assert_eq!(desk.answered(&other, ANSWER).await, Progress::GoOn);
    assert_eq!(read.end(&desk).await.ok().as_deref(), Some(ANSWER));

    assert!(desk.next(&other).await.is_some_and(|request| request.contains("once")));
    let waiting = desk.asking(&checks(3)).await;
    let one = work(&desk.web, &desk.user).await;
    assert!(desk.first(&one).await.is_some_and(|request| request.contains("<MaxReturned>3<")));
    assert_eq!(desk.answered(&other, ANSWER).await, Progress::UnknownSession);
    assert_eq!(desk.answered(&one, ANSWER).await, Progress::GoOn);
    assert_eq!(desk.next(&one).await, None);
    assert_eq!(waiting.end(&desk).await.ok().as_deref(), Some(ANSWER));
    assert!(matches!(write.end(&desk).await, Err(AskError::Failed(JobFailure::OutcomeUnknown))));
}
