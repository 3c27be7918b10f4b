//! The bytes of requests in every encoding that Windows programs use.

use counterfoil_desktop::qbxml::Element;
use counterfoil_desktop::soap::{Call, decode};
use proptest::prelude::*;

const TEXT: &str = "<a>Größe €</a>";

fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn utf_8_and_utf_16_are_read_with_and_without_a_byte_order_mark() {
    for mark in ["", "\u{feff}"] {
        let text = format!("{mark}{TEXT}");
        for bytes in [text.clone().into_bytes(), utf_16(&text, u16::to_le_bytes), utf_16(&text, u16::to_be_bytes)] {
            for content_type in [None, Some("text/xml; charset=utf-8"), Some("text/xml; charset=utf-16")] {
                assert_eq!(decode(&bytes, content_type), TEXT, "{bytes:?} {content_type:?}");
            }
        }
    }
}

#[test]
fn western_encodings_are_named_by_the_content_type_or_by_the_declaration() {
    let body = b"<a>Gr\xf6\xdfe \x80</a>";
    for content_type in ["text/xml; charset=windows-1252", "text/xml;Charset=\"ISO-8859-1\"", "text/xml; a=b; charset='latin1'"] {
        assert_eq!(decode(body, Some(content_type)), TEXT, "{content_type}");
    }
    for declaration in
        ["<?xml version='1.0' encoding='ISO-8859-1'?>", "<?xml version=\"1.0\" encoding = \"Windows-1252\" standalone='yes'?>"]
    {
        let bytes = [declaration.as_bytes(), body].concat();
        assert_eq!(decode(&bytes, Some("text/xml")), format!("{declaration}{TEXT}"));
        assert_eq!(decode(&bytes, Some("text/xml; charset=utf-8")), format!("{declaration}<a>Gr\u{fffd}\u{fffd}e \u{fffd}</a>"));
    }
}

#[test]
fn a_declaration_that_contradicts_its_bytes_does_not_count() {
    for encoding in ["utf-16", "UTF-8", "shift_jis", ""] {
        let xml = format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>{TEXT}");
        assert_eq!(decode(xml.as_bytes(), None), xml);
    }
    let mark = [b"\xef\xbb\xbf".as_slice(), TEXT.as_bytes()].concat();
    assert_eq!(decode(&mark, Some("text/xml; charset=iso-8859-1")), TEXT);
}

proptest! {
    #[test]
    fn no_bytes_make_the_readers_panic(bytes: Vec<u8>, content_type: Option<String>) {
        let text = decode(&bytes, content_type.as_deref());
        let _ = Element::parse(&text);
        let _ = Call::parse(&text);
    }
}
