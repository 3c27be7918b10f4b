//! The `.qwc` file.

use counterfoil_desktop::session::{DESCRIPTION_LONGEST, Guid, InvalidQwc, Qwc};

fn guid(text: &str) -> Guid {
    Guid::parse(text).expect("a GUID")
}

/// A file with other values for the texts: name, address, description, support, user.
fn file(texts: [&str; 5], is_unattended: bool) -> Result<String, InvalidQwc> {
    let (owner, file) = (guid("57f3b9b6-86f1-4fcc-b1ff-966de1813d20"), guid("90a44fb5-33d9-4815-ac85-bc87a7e7d1eb"));
    let [app_name, app_url, description, support_url, user_name] = texts;
    Qwc { app_name, app_url, description, support_url, user_name, owner: &owner, file: &file, is_unattended }.to_xml()
}

fn with_urls(app_url: &str, support_url: &str) -> Option<InvalidQwc> {
    file(["App", app_url, "Description", support_url, "user"], false).err()
}

#[test]
fn the_file_has_the_bytes_that_the_web_connector_expects() {
    let texts = ["Q & A", "https://api.example.com/qbwc", "Sync for Größe", "https://api.example.com/support?a=1&b=2", "qbd_01"];
    let expected = "<?xml version=\"1.0\"?>
<QBWCXML>
  <AppName>Q &amp; A</AppName>
  <AppID></AppID>
  <AppURL>https://api.example.com/qbwc</AppURL>
  <AppDescription>Sync for Gr&#246;&#223;e</AppDescription>
  <AppSupport>https://api.example.com/support?a=1&amp;b=2</AppSupport>
  <UserName>qbd_01</UserName>
  <OwnerID>{57F3B9B6-86F1-4FCC-B1FF-966DE1813D20}</OwnerID>
  <FileID>{90A44FB5-33D9-4815-AC85-BC87A7E7D1EB}</FileID>
  <QBType>QBFS</QBType>
  <Style>Document</Style>
  <Scheduler><RunEveryNMinutes>1</RunEveryNMinutes></Scheduler>
  <IsReadOnly>false</IsReadOnly>
</QBWCXML>
";
    assert_eq!(file(texts, false).as_deref(), Ok(expected));
    let unattended = "  <UnattendedModePref>umpRequired</UnattendedModePref>\n</QBWCXML>";
    assert_eq!(file(texts, true), Ok(expected.replace("</QBWCXML>", unattended)));
}

#[test]
fn addresses_that_a_web_connector_refuses_are_refused() {
    let https = "https://api.example.com";
    for url in
        ["https://api.example.com:8443/qbwc", "http://localhost:8080/qbwc", "https://localhost/qbwc", "HTTP://LOCALHOST/qbwc"]
    {
        assert_eq!(with_urls(url, url), None, "{url}");
    }
    for url in ["http://api.example.com/qbwc", "http://localhost.example.com/", "ftp://api.example.com/"] {
        assert_eq!(with_urls(url, https), Some(InvalidQwc::NotHttps("AppURL")), "{url}");
        assert_eq!(with_urls(https, url), Some(InvalidQwc::NotHttps("AppSupport")), "{url}");
    }
    for url in ["http://127.0.0.1:8080/qbwc", "https://10.0.0.1/", "https://[::1]/", "https://2130706433/"] {
        assert_eq!(with_urls(url, https), Some(InvalidQwc::IpAddress("AppURL")), "{url}");
    }
    for url in ["", "api.example.com", "/qbwc", "https://", "mailto:a@example.com"] {
        assert_eq!(with_urls(url, https), Some(InvalidQwc::NotAUrl("AppURL")), "{url}");
    }
    assert_eq!(with_urls(https, "https://www.example.com"), Some(InvalidQwc::OtherHost));
}

#[test]
fn texts_that_a_web_connector_refuses_are_refused() {
    let url = "https://api.example.com/";
    let with = |name, description, user| file([name, url, description, url, user], false).err();
    assert_eq!(with(" ", "d", "u"), Some(InvalidQwc::Missing("AppName")));
    assert_eq!(with("n", "", "u"), Some(InvalidQwc::Missing("AppDescription")));
    assert_eq!(with("n", "d", ""), Some(InvalidQwc::Missing("UserName")));
    let (longest, too_long) = ("ß".repeat(DESCRIPTION_LONGEST), "ß".repeat(DESCRIPTION_LONGEST + 1));
    assert_eq!([with("n", &longest, "u"), with("n", &too_long, "u")], [None, Some(InvalidQwc::DescriptionTooLong)]);
}
