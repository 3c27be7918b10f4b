use super::*;

const DEPLOYED: Permitted = Permitted { loopback: false };
const LAPTOP: Permitted = Permitted { loopback: true };

fn refused(permitted: Permitted, text: &str) -> Option<Refused> {
    permitted.read(text).err()
}

#[test]
fn a6_a_public_https_address_is_permitted() {
    for url in [
        "https://hooks.example.com/counterfoil?tenant=7",
        "https://hooks.example.com:8443/",
        "https://hooks.example.com:1024",
        "https://hooks.example.com:65535",
        "https://8.8.8.8/hooks",
        "https://[2606:4700::1111]/hooks",
        "HTTPS://Hooks.Example.Com",
        "https://bücher.example",
    ] {
        assert_eq!(refused(DEPLOYED, url), None, "{url}");
    }
}

#[test]
fn a6_every_spelling_of_an_address_that_is_not_public_is_refused() {
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "127.0.0.1.",
        "%31%32%37.0.0.1",
        "①②⑦.0.0.1",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "0.0.0.0",
        "0",
        "[::]",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.169.254",
        "169.254.43518",
        "2852039166",
        "0xa9fea9fe",
        "0xa9.0xfe.0xa9.0xfe",
        "0251.0376.0251.0376",
        "025177524776",
        "[::ffff:169.254.169.254]",
        "[::ffff:a9fe:a9fe]",
        "[fd00:ec2::254]",
        "[fe80::1]",
        "224.0.0.1",
        "255.255.255.255",
    ] {
        assert_eq!(refused(DEPLOYED, &format!("https://{host}/hooks")), Some(Refused::NotPublic), "{host}");
    }
}

#[test]
fn a6_the_form_of_an_address_is_checked() {
    for (url, why) in [
        ("http://hooks.example.com", Refused::NotHttps),
        ("ftp://hooks.example.com", Refused::NotHttps),
        ("file:///etc/passwd", Refused::NotHttps),
        ("mailto:me@example.com", Refused::NotHttps),
        ("http://127.0.0.1:8080", Refused::NotHttps),
        ("http://localhost:8080", Refused::NotHttps),
        ("hooks.example.com", Refused::Unreadable),
        ("//hooks.example.com", Refused::Unreadable),
        ("https://", Refused::Unreadable),
        ("https:hooks.example.com/a", Refused::Unreadable),
        ("https:/hooks.example.com/a", Refused::Unreadable),
        ("https:///hooks.example.com/a", Refused::Unreadable),
        ("https:\\\\hooks.example.com\\a", Refused::Unreadable),
        ("https://exa mple.com", Refused::Unreadable),
        ("https://[fe80::1%25eth0]/", Refused::Unreadable),
        ("https://999.1.1.1", Refused::Unreadable),
        ("https://hooks.example.com:65536", Refused::Unreadable),
        ("", Refused::Unreadable),
        ("https://me@hooks.example.com", Refused::Credentials),
        ("https://me:secret@hooks.example.com", Refused::Credentials),
        ("https://:secret@hooks.example.com", Refused::Credentials),
        ("https://hooks.example.com/#part", Refused::Fragment),
        ("https://hooks.example.com/#", Refused::Fragment),
        ("https://hooks.example.com:22", Refused::Port),
        ("https://hooks.example.com:25", Refused::Port),
        ("https://hooks.example.com:80", Refused::Port),
        ("https://hooks.example.com:0", Refused::Port),
        ("https://hooks.example.com:1023", Refused::Port),
    ] {
        assert_eq!(refused(DEPLOYED, url), Some(why), "{url}");
    }
    let long = |length: usize| format!("https://hooks.example.com/{}", "x".repeat(length - 26));
    assert_eq!([2_048, 2_049].map(|length| refused(DEPLOYED, &long(length))), [None, Some(Refused::TooLong)]);
}

#[test]
fn a6_only_a_laptop_permits_loopback_addresses_and_nothing_else_that_is_not_public() {
    for url in [
        "http://127.0.0.1:8080/hooks",
        "https://127.0.0.1:8443",
        "https://127.0.0.1",
        "http://[::1]:8080",
        "http://localhost:8080",
        "http://api.localhost:8080",
    ] {
        assert_eq!(refused(LAPTOP, url), None, "{url}");
        assert!(refused(DEPLOYED, url).is_some() || url.contains("localhost"), "{url}");
    }
    for (url, why) in [
        ("http://127.0.0.1/hooks", Refused::Port),
        ("http://127.0.0.1:443/hooks", Refused::Port),
        ("http://127.0.0.1:22/hooks", Refused::Port),
        ("http://hooks.example.com:8080", Refused::NotHttps),
        ("http://mylocalhost:8080", Refused::NotHttps),
        ("https://169.254.169.254", Refused::NotPublic),
        ("http://10.0.0.1:8080", Refused::NotHttps),
        ("https://[::ffff:127.0.0.1]", Refused::NotPublic),
    ] {
        assert_eq!(refused(LAPTOP, url), Some(why), "{url}");
    }
}
