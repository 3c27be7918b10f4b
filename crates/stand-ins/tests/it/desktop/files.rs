//! The `.qwc` file, and adding an application.

use std::collections::HashMap;
use std::time::Duration;

use counterfoil_stand_ins::web_connector::Qwc;

use super::service::Service;

async fn file() -> (Service, String) {
    let service = Service::start(HashMap::new()).await;
    let file = service.qwc();
    (service, file)
}

#[tokio::test]
async fn a_file_is_read() {
    let (_service, file) = file().await;
    let qwc = Qwc::read(&file).expect("right");
    assert_eq!((qwc.user_name.as_str(), qwc.run_every, qwc.is_read_only), ("qbd_1", Some(Duration::from_secs(60)), false));
    let seconds = file.replace(
        "<RunEveryNMinutes>1</RunEveryNMinutes>",
        "<RunEveryNSeconds>5</RunEveryNSeconds><RunEveryNMinutes>1</RunEveryNMinutes>",
    );
    assert_eq!(Qwc::read(&seconds).expect("right").run_every, Some(Duration::from_secs(5)));
}

#[tokio::test]
async fn a_wrong_file_is_refused_with_its_code() {
    let (service, file) = file().await;
    let port = service.url.rsplit(':').next().expect("a port");
    for (right, wrong, code) in [
        (format!("{}/qbwc", service.url), format!("http://127.0.0.1:{port}/qbwc"), 1_001),
        (format!("{}/support", service.url), "https://[::1]/support".to_owned(), 1_002),
        (format!("{}/support", service.url), "https://example.com/support".to_owned(), 1_000),
        (format!("{}/qbwc", service.url), "http://example.com/qbwc".to_owned(), 1_010),
        ("<AppID></AppID>".to_owned(), String::new(), 1_039),
        ("<UserName>qbd_1</UserName>".to_owned(), String::new(), 1_039),
        ("<UserName>qbd_1</UserName>".to_owned(), "<UserName> </UserName>".to_owned(), 1_039),
        ("Checks &amp; bills".to_owned(), "x".repeat(81), 1_039),
        ("QBFS".to_owned(), "QBPOS".to_owned(), 1_039),
        ("{aaaaaaaa-".to_owned(), "{aaaaaaaa".to_owned(), 1_039),
        ("<IsReadOnly>".to_owned(), "<Password>x</Password><IsReadOnly>".to_owned(), 1_039),
        ("</QBWCXML>".to_owned(), String::new(), 1_039),
    ] {
        let problem = Qwc::read(&file.replace(&right, &wrong)).expect_err(&wrong);
        assert_eq!(problem.code, code, "{wrong}: {problem}");
    }
}

#[tokio::test]
async fn the_pages_must_answer_and_the_company_must_accept_the_stamp() {
    let (service, file) = file().await;
    for (right, wrong, code) in
        [("/qbwc<", "/nowhere<", 1_048), ("/support<", "/nowhere<", 1_003), ("<IsReadOnly>false", "<IsReadOnly>true", 1_039)]
    {
        let problem = service.connector_of(&file.replace(right, wrong)).await.err().expect(wrong);
        assert_eq!(problem.code, code, "{problem}");
    }
    let company = super::company_file::company(1);
    company.stamp(super::company_file::OWNER, "{another}").expect("the first");
    let options = counterfoil_stand_ins::web_connector::Options::new("p");
    let added = counterfoil_stand_ins::web_connector::WebConnector::add(Qwc::read(&file).expect("right"), options, company).await;
    assert_eq!(added.err().expect("refused").code, 1_039);
}
